"""What stands between spaces, with what is made of it."""

_MOST, _LONGEST = 2**17, 32
_AROUND = ',.;:!?()"'  # signs that say nothing at the end of a piece
_BEFORE = _AROUND.replace(".", "")  # as in .NET


def plain_ascii(piece):
    """A piece of ASCII in small letters and without the signs around it, which has the terms."""
    return piece.lstrip(_BEFORE).rstrip(_AROUND).lower()


class Pieces(dict):
    """Terms by piece of text, made by `split` when first asked for.

    Threads may share it: what two of them make of a piece is the same. Copies are empty.
    """

    def __init__(self, split):
        self._split, self._older = split, {}

    def __missing__(self, piece):
        terms = self._older.get(piece)
        if terms is None:
            plain = plain_ascii(piece) if piece.isascii() else piece
            terms = self._split(piece) if plain == piece else self[plain]
        # A long piece is a clause without spaces, or an address, and seldom comes again.
        if len(piece) <= _LONGEST:
            if len(self) >= _MOST // 2:
                # What is asked for again comes back from here.
                self._older = dict(self)
                self.clear()
            self[piece] = tuple(terms)  # which the garbage collector need not look into
        return terms

    def __reduce__(self):
        return type(self), (self._split,)
