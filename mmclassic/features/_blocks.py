"""How the columns of a descriptor stand beside those of the others."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import StrOptions

from mmclassic.utils import POSITIVE_REAL, is_finite, normalize_rows, product_by_rows, require

# Of the mean variance of the axes, what is added to each before it is evened out.
_WHITENING_RIDGE = 0.1
# An axis of less of the deviation of the first is rounding.
_REAL_AXIS = 1e-6
BATCH_ROWS = 4096


class Block(BaseEstimator):
    """A descriptor, and how much it counts beside the others of a vectorizer.

    Parameters
    ----------
    descriptor : object
        The descriptor.
    scaling : {"rows", "block", "features", "whiten"}, default="block"
        How its columns are brought to one scale. "rows" gives every row the Euclidean
        length 1 and learns nothing. The others subtract the means of the fitted rows and
        then multiply all columns by one factor ("block"), every column by its own so
        that all vary equally ("features"), or every principal axis by its own so
        that the strong ones stand out half as much ("whiten": axes of variance v are
        divided by (v + m / 10)^(1/4), m the mean of v, and turned back).
    weight : float > 0, default=1.0
        The mean squared distance of the fitted rows from their mean, by which blocks
        share in what a neighbour is; with "rows", the squared length. None leaves
        every column with variance 1 ("features") or the block with 1.

    Notes
    -----
    Columns that do not vary in the fitted rows become 0, unless none of the block varies: then
    they are only centred, so that later rows still differ. "whiten" takes O(n p^2 + p^3)
    for n rows of p columns.

    References
    ----------
    A. Kessy, A. Lewin and K. Strimmer, "Optimal whitening and decorrelation", The American
    Statistician 72(4), 2018, section 3.1: the axes are turned back as by ZCA; half the exponent,
    and the ridge, are ours.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import HOG, Block, ColorHistogram, ImageVectorizer
    >>> rng = np.random.default_rng(0)
    >>> pictures = list(rng.integers(0, 256, size=(9, 64, 64, 3), dtype=np.uint8))
    >>> blocks = [("hog", Block(HOG())), ("color", Block(ColorHistogram(), weight=2.0))]
    >>> features = ImageVectorizer(blocks, size=(64, 64)).fit_transform(pictures)
    >>> print(f"{(features ** 2).sum(axis=1).mean():.2f}")
    3.00
    """

    _parameter_constraints: dict = {
        "scaling": [StrOptions({"rows", "block", "features", "whiten"})],
        "weight": [*POSITIVE_REAL, None],
    }

    def __init__(self, descriptor, *, scaling="block", weight=1.0):
        self.descriptor = descriptor
        self.scaling = scaling
        self.weight = weight


class BlockScaler(BaseEstimator):
    """Bring the blocks of columns of one matrix to their scales and weights.

    `parts` lists (width, scaling, weight) of consecutive columns, as `Block` has them. After
    `fit` there are by part the means, the factors of the columns and the axes, each None where
    it has none.
    """

    def __init__(self, parts):
        self.parts = parts

    def fit(self, X, y=None):
        """Learn from rows, float32 of shape (n, n_features)."""
        learnt = [
            _learn(X[:, columns], scaling, weight) for columns, scaling, weight in self._columns()
        ]
        self.means_, self.factors_, self.axes_ = map(list, zip(*learnt))
        return self

    def transform(self, X):
        """Scale rows, float32 of shape (n, n_features), in place; no row depends on the others."""
        for i, (columns, scaling, _) in enumerate(self._columns()):
            part = X[:, columns]
            if scaling == "rows":
                part[:] = normalize_rows(part)
            else:
                part -= self.means_[i].astype(part.dtype)
            if self.axes_[i] is not None:
                part[:] = product_by_rows(np.ascontiguousarray(part), self.axes_[i])
            part /= self.factors_[i].astype(part.dtype)
        return X

    def _columns(self):
        """The parts, with the slice of their columns."""
        start = 0
        for width, scaling, weight in self.parts:
            yield slice(start, start + width), scaling, weight
            start += width

    def _check_state(self):
        """Raise ValueError unless what was learnt is of the widths of the parts."""
        n = len(self.parts)
        learnt = (self.means_, self.factors_, self.axes_)
        require(all(len(values) == n for values in learnt), self, f"it has not {n} parts.")
        for (width, scaling, _), mean, factor, axes in zip(self.parts, *learnt):
            fits = (mean is None) == (scaling == "rows") and (axes is None) == (scaling != "whiten")
            fits = fits and (mean is None or np.shape(mean) == (width,))
            fits = fits and np.shape(factor) in ((), (width,))
            fits = fits and (axes is None or np.shape(axes) == (width, width))
            require(fits, self, f"what it learnt is not of {width} columns.")
            known = [part for part in (mean, axes) if part is not None]
            finite = all(map(is_finite, known)) and not np.isnan(factor).any()
            require(finite and np.all(factor), self, "it scales by what is not finite.")


def _learn(X, scaling, weight):
    """Means, divisors and axes of the columns of one block."""
    if scaling == "rows":
        return None, np.float64(1 / np.sqrt(1.0 if weight is None else weight)), None
    usual = StandardScaler()
    # By batches, for it takes several times the memory of the rows that it is given.
    for rows in gen_batches(len(X), BATCH_ROWS):
        usual.partial_fit(X[rows])
    # It has scale 1 for columns that vary by rounding alone, or not at all.
    varied = (usual.scale_ != 1) | (usual.var_ == 1)
    if not varied.any():
        axes = np.eye(X.shape[1], dtype=np.float32) if scaling == "whiten" else None
        return usual.mean_, np.float64(1.0), axes
    if scaling == "features":
        if weight is None:
            return usual.mean_, usual.scale_, None
        scales = np.where(varied, usual.scale_, np.inf)
        return usual.mean_, scales * np.sqrt(varied.sum() / weight), None
    weight = 1.0 if weight is None else weight
    if scaling == "block":
        return usual.mean_, np.sqrt(usual.var_[varied].sum() / weight), None
    axes, total = _half_whitening(X - usual.mean_)
    return usual.mean_, np.sqrt(total / weight), axes


def _half_whitening(centred):
    """The matrix that evens out the principal axes by half, and the total variance after it."""
    covariance = centred.T @ centred / len(centred)
    variances, axes = np.linalg.eigh(covariance)
    real = variances > _REAL_AXIS**2 * variances[-1]
    variances, axes = variances[real], axes[:, real]
    gains = (variances + _WHITENING_RIDGE * variances.mean()) ** -0.25
    # Turned back, so that columns keep their names and no sign of an axis is left to chance.
    return ((axes * gains) @ axes.T).astype(np.float32), (variances * gains**2).sum()
