"""Fragments of ``_parameter_constraints`` that several estimators share."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

POSITIVE_INTEGER = [Interval(Integral, 1, None, closed="left")]
POSITIVE_REAL = [Interval(Real, 0, None, closed="neither")]
NON_NEGATIVE_REAL = [Interval(Real, 0, None, closed="left")]
OPEN_UNIT_REAL = [Interval(Real, 0, 1, closed="neither")]
N_JOBS = [Integral, None]
RANDOM_STATE = ["random_state"]
ON_ERROR = [StrOptions({"raise", "missing"})]
