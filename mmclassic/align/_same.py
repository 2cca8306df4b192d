"""Whether what two aligners have learned may be put together."""

# Parameters that moments and solutions do not depend on: nothing is drawn from moments.
_HARMLESS = {"random_state"}


def check_same_settings(aligner, other):
    """Raise unless two aligners are of one class and one set of parameters."""
    names = [type(x).__name__ for x in (aligner, other)]
    if type(aligner) is not type(other):
        raise ValueError(f"merge needs two aligners of one class; got {names[1]} for {names[0]}.")
    mine, theirs = aligner.get_params(deep=False), other.get_params(deep=False)
    differ = [p for p in mine if p not in _HARMLESS and not _same(mine[p], theirs[p])]
    if differ:
        pairs = ", ".join(f"{p}={mine[p]!r} here and {theirs[p]!r} there" for p in differ)
        raise ValueError(
            f"merge needs two {names[0]} of the same parameters; they have {pairs}. Give both "
            "the same with set_params before their first rows."
        )


def _same(a, b):
    """Whether two parameters are equal; of a list and a tuple the values count."""
    return (
        list(a) == list(b)
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple))
        else a == b
    )
