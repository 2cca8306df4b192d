"""The parameter ``ridge``: a number, one by view, or candidates to choose from."""

from numbers import Real

from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.moments import N_FOLDS, FoldedMoments, Moments

_CANDIDATES = (0.001, 0.01, 0.1, 1.0, 10.0)


class RidgeMixin:
    """Reads ``ridge``, and keeps moments by fold where it holds candidates."""

    _parameter_constraints: dict = {
        "ridge": [Interval(Real, 0, None, closed="left"), dict, tuple, list, StrOptions({"cv"})],
    }

    def _new_moments(self):
        return Moments() if self._candidates() is None else FoldedMoments()

    def _candidates(self):
        """The ridges to choose from, or None where the ridge is given."""
        if isinstance(self.ridge, str):
            return _CANDIDATES
        if isinstance(self.ridge, (Real, dict)):
            return None
        if not len(self.ridge) or not all(isinstance(r, Real) and r >= 0 for r in self.ridge):
            raise ValueError(
                f"ridge must be a number, a dict, 'cv' or candidates >= 0; got {self.ridge!r}."
            )
        return tuple(self.ridge)

    def _given_ridges(self, names):
        names = list(names)
        if not isinstance(self.ridge, dict):
            return dict.fromkeys(names, float(self.ridge))
        wrong = {n: r for n, r in self.ridge.items() if not (isinstance(r, Real) and r >= 0)}
        if set(self.ridge) != set(names) or wrong:
            raise ValueError(
                f"ridge must give a number >= 0 for each of the views {names}; got {self.ridge}."
            )
        return dict(self.ridge)


def check_folds(moments, pairs):
    """Raise if moments do not allow choosing a ridge on held-out rows.

    Parameters
    ----------
    moments : FoldedMoments or Moments
        What was seen; only the former will do.
    pairs : list of tuple of str
        Views that every fold needs together in at least two rows.
    """
    if not isinstance(moments, FoldedMoments):
        raise ValueError(
            "choosing the ridge needs moments by fold, which partial_fit keeps only if ridge "
            "holds candidates from its first call on."
        )
    for a, b in pairs:
        fewest = min(m.n_rows(a, b) if m.widths else 0 for m in moments.folds)
        if fewest < 2:
            raise ValueError(
                f"choosing the ridge takes {N_FOLDS} folds with at least 2 rows that have both "
                f"{a!r} and {b!r}; the smallest has {fewest}. Give one ridge instead."
            )
