"""Numbers that the user brings, as one more modality."""

import numpy as np
import pandas as pd
from sklearn.base import OneToOneFeatureMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from mmclassic.features._base import CellVectorizer
from mmclassic.features._cells import Extraction, cell_error, require_present
from mmclassic.features._numeric_cells import embedding_cells, frame_values, stack_cells
from mmclassic.utils import ON_ERROR, are_missing_dates, is_array, is_finite, require, times_power

# Binary exponents of columns whose squares a scaler can sum.
_SQUARED = {np.dtype(np.float32): (-100, 100), np.dtype(np.float64): (-200, 200)}


class NumericVectorizer(OneToOneFeatureMixin, CellVectorizer):
    """Use numeric columns, or a column of arrays such as precomputed embeddings.

    Parameters
    ----------
    scale : bool, default=True
        Bring every feature to mean 0 and variance 1.
    on_error : {"raise", "missing"}, default="raise"
        What a row that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.

    Attributes
    ----------
    means_ : ndarray of shape (n_features,)
        What fills the gaps of every feature.
    scaler_ : StandardScaler or None
        None without scaling. Of columns whose squares would not fit (1e60 and more, 1e-60
        and less) it scales what is left when the power of two of their largest number is out.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Column names, if a table was fitted.
    failures_ : DataFrame
        The rows that `fit` could not use: row, column, path, reason.

    Notes
    -----
    The input is a DataFrame of numeric columns, a numeric Series, a 2-D array,
    or a Series or list whose cells are 1-D arrays of equal length. A row without
    any number is missing; single gaps become the feature's mean over the fitted
    rows. A value that is not a number, an infinite value, a missing date that has become
    a number (-9.2e18), or an array of another
    length is a failure. float32 stays float32, everything else becomes float64.

    Where rows are compared by cosines, as recommenders do, one number alone counts only by its
    sign; ``SplineTransformer(8, degree=1, knots="quantile", extrapolation="constant")`` of
    scikit-learn in this place makes near numbers alike.

    Examples
    --------
    >>> import pandas as pd
    >>> from mmclassic.features import NumericVectorizer
    >>> table = pd.DataFrame({"price": [1.0, 3.0, None], "weight": [5.0, None, None]})
    >>> NumericVectorizer(scale=False).fit_transform(table)
    array([[ 1.,  5.],
           [ 3.,  5.],
           [nan, nan]])
    """

    _parameter_constraints: dict = {"scale": ["boolean"], "on_error": ON_ERROR}

    def __init__(self, scale=True, *, on_error="raise"):
        self.scale = scale
        self.on_error = on_error

    def _extract(self, X, *, fitting):
        values, faults, labels, column = self._read(X, fitting)
        for position in np.flatnonzero(np.isinf(values).any(axis=1)):
            faults.setdefault(int(position), "the row holds an infinite value")
        for position, place in zip(*np.nonzero(are_missing_dates(values))):
            faults.setdefault(
                int(position),
                f"the row holds {values[position, place]:.17g}, which a missing date (NaT) becomes "
                "as a number; convert dates with their gaps as NaN",
            )
        failures = self._settle(faults, labels, column)
        present = ~np.isnan(values).all(axis=1)
        present[list(faults)] = False
        block = np.full(values.shape, np.nan, dtype=values.dtype)
        if fitting:
            require_present(present, column, failures)
            self._fit_steps(values[present])
        if present.any():
            filled = self._fill(values[present])
            block[present] = self._scale(filled) if self.scaler_ else filled
        return Extraction(block, present, failures), column

    def _read(self, X, fitting):
        """Numbers with NaN for gaps, faults by position, row labels, column name."""
        cells = embedding_cells(X)
        if cells is not None:
            values, faults = stack_cells(cells, None if fitting else self.n_features_in_)
            if fitting:
                validate_data(self, values, reset=True, skip_check_array=True)
            return values, faults, cells.labels, cells.column
        if isinstance(X, (pd.Series, pd.DataFrame)) and X.size:
            frame = X.to_frame() if isinstance(X, pd.Series) else X
            validate_data(self, frame, reset=fitting, skip_check_array=True)
            values, faults = frame_values(frame)
            column = frame.columns[0] if frame.shape[1] == 1 else list(frame.columns)
            return values, faults, frame.index.tolist(), column
        values = validate_data(
            self, X, reset=fitting, dtype=(np.float64, np.float32), ensure_all_finite=False
        )
        return values, {}, range(len(values)), None

    def _settle(self, faults, labels, column):
        """Raise for the first fault or list all."""
        order = sorted(faults)
        if order and self.on_error == "raise":
            raise cell_error(faults[order[0]], labels[order[0]], column, None)
        return [(labels[position], column, None, faults[position]) for position in order]

    def _fit_steps(self, rows):
        empty = np.flatnonzero(np.isnan(rows).all(axis=0))
        if empty.size:
            names = self.get_feature_names_out()[empty].tolist()
            raise ValueError(
                f"NumericVectorizer finds no value at all in {names}; leave these columns out."
            )
        # Our own, and not SimpleImputer, which sums float32 in float32: of a million numbers near
        # 1000 its mean is off by 8e-3 of itself. Fed with a float64 copy it is as exact as this, in
        # twice the time and 4 times the memory (250 MB for 40 MB of numbers).
        low, high = _SQUARED[rows.dtype]
        exponents = np.frexp(np.nanmax(np.abs(rows), axis=0))[1]
        self._exponents = np.where((exponents < low) | (exponents > high), exponents, 0)
        own = times_power(rows, -self._exponents)
        # Rounding takes the mean of equal numbers from them: 1e14 away for three of 1e30.
        ends = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
        own = np.clip(np.nanmean(own, axis=0, dtype=np.float64), *ends)
        self.means_ = times_power(own, self._exponents)
        filled = times_power(self._fill(rows), -self._exponents)
        self.scaler_ = StandardScaler().fit(filled) if self.scale else None
        if self.scale:
            self.scaler_.mean_ = np.clip(self.scaler_.mean_, *ends)

    def _scale(self, rows):
        return self.scaler_.transform(times_power(rows, -self._exponents))

    def _fill(self, rows):
        # Means in the precision of the rows, or float32 would become float64.
        return np.where(np.isnan(rows), self.means_.astype(rows.dtype), rows)

    def _check_state(self):
        """Raise ValueError unless the loaded parts fit together: rows are filled and scaled."""
        fits = is_array(self.means_, "f", (self.n_features_in_,)) and is_finite(self.means_)
        require(fits, self, "means_ are not of its columns.")
        if self.scaler_ is not None:
            fits = is_array(self._exponents, "i", (self.n_features_in_,))
            require(fits, self, "its units are not of its columns.")
            scaled = self._scale(np.tile(self.means_, (2, 1)))
            require(is_finite(scaled), self, "its scales are not finite.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
