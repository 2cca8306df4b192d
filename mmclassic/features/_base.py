"""What the vectorizers share: the scikit-learn contract around one hook."""

from abc import ABCMeta, abstractmethod

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._cells import (
    failures_frame,
    require_present,
    warn_failures,
    warn_remarks,
)
from mmclassic.utils import PlainLabelsMixin


class CellVectorizer(PlainLabelsMixin, TransformerMixin, BaseEstimator, metaclass=ABCMeta):
    """Base of the estimators that turn a column of cells into a matrix.

    A subclass writes `_extract` and `get_feature_names_out`. Only fitting sets
    attributes: `failures_` are those of the fit, and `extract` hands later ones out.
    The guide (docs/guide/features.md, "A vectorizer of your own") has the whole of
    what `ModalityExtractor` and the recommender ask of a vectorizer.
    """

    _labels = ("_failures",)

    @abstractmethod
    def _extract(self, X, *, fitting):
        """The Extraction of a column, learnt from first if `fitting`, and the column's name."""

    def fit(self, X, y=None):
        """Read the column and learn what is needed.

        Every cell is read, so a file that cannot be used is reported here;
        `fit_transform` reads it only once.

        Parameters
        ----------
        X : Series, list or array of cells of length n_rows
            The column; None and NaN are missing.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted vectorizer.
        """
        self.fit_extract(X)
        return self

    def fit_transform(self, X, y=None):
        """Fit and return the features, reading every cell once.

        Parameters
        ----------
        X : Series, list or array of cells of length n_rows
            The column; None and NaN are missing.
        y : object, default=None
            Ignored.

        Returns
        -------
        block : {ndarray, CSR} of shape (n_rows, n_features)
            Rows that are missing are NaN (dense) or empty (CSR).
        """
        return self.fit_extract(X).block

    def transform(self, X):
        """Turn the cells into features.

        Parameters
        ----------
        X : Series, list or array of cells of length n_rows
            The column; None and NaN are missing.

        Returns
        -------
        block : {ndarray, CSR} of shape (n_rows, n_features)
            Rows that are missing are NaN (dense) or empty (CSR).

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        """
        return self.extract(X).block

    def fit_extract(self, X):
        """Fit and return features, mask and failures, reading every cell once.

        Parameters
        ----------
        X : Series, list or array of cells of length n_rows
            The column.

        Returns
        -------
        extraction : Extraction
            Block, mask of usable rows, failures.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        ValueError
            If no cell is usable.
        """
        self._validate_params()
        extraction, column = self._extract(X, fitting=True)
        require_present(extraction.present, column, extraction.failures)
        self._failures = tuple(extraction.failures)
        return _told(extraction, fitting=True)

    def extract(self, X):
        """Turn the cells into features, and say which rows have any.

        Parameters
        ----------
        X : Series, list or array of cells of length n_rows
            The column.

        Returns
        -------
        extraction : Extraction
            Block, mask of usable rows, failures.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        """
        check_is_fitted(self)
        return _told(self._extract(X, fitting=False)[0], fitting=False)

    @property
    def failures_(self):
        """Cells that `fit` could not use: a DataFrame (row, column, path, reason)."""
        check_is_fitted(self)
        return failures_frame(self._failures)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _told(extraction, *, fitting):
    """The extraction, once its failures and remarks are warned of."""
    warn_failures(extraction.failures, fitting=fitting)
    warn_remarks(extraction.remarks)
    return extraction
