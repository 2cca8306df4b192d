"""From a table of files, texts and numbers to Views."""

from functools import partial

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._base import CellVectorizer
from mmclassic.features._cells import failures_frame, warn_failures
from mmclassic.features._modalities import (
    as_list,
    check_columns,
    check_frame,
    check_modalities,
    column_of,
    is_available,
    prepare,
)
from mmclassic.utils import PlainLabelsMixin, require
from mmclassic.views import Views, ViewsTransformerMixin


class ModalityExtractor(PlainLabelsMixin, ViewsTransformerMixin, _BaseComposition):
    """Turn columns of a DataFrame into Views, one view per modality.

    Parameters
    ----------
    modalities : list of (str, vectorizer, column)
        The name of the view, what makes it, and a column name or a list of
        them. Several text columns are joined for `TextVectorizer`; several
        numeric columns go to `NumericVectorizer` as a table. Any scikit-learn
        transformer serves too: one of texts gets the list of present cells, any
        other the table of rows that have a value. So does a class of your own
        with ``fit_extract`` and ``extract`` (the guide says what they give).
        Parameters are reached as ``name__parameter``.
    on_error : {"raise", "missing"}, default=None
        Overrides `on_error` of every vectorizer that has it; None leaves them.

    Attributes
    ----------
    vectorizers_ : dict
        The fitted vectorizers by view name.
    view_widths_out_ : dict
        Number of features of every view.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason. For those
        of a later table see `extract`.
    n_features_in_ : int
        Number of columns of the fitted table.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Columns of the fitted table.

    Notes
    -----
    A row whose cell is None or NaN is absent from that view. At `transform` the
    table may have a part of the columns, as a query with a text only: the Views
    then have the views that can be made. Other columns are ignored. Errors name
    the row by its index label, the column and the file.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mmclassic.features import ImageVectorizer, ModalityExtractor, TextVectorizer
    >>> items = pd.DataFrame({
    ...     "photo": [np.zeros((9, 9), dtype=np.uint8), None],
    ...     "title": ["black square", "红条纹"],
    ... })
    >>> extractor = ModalityExtractor([
    ...     ("image", ImageVectorizer(size=(64, 64)), "photo"),
    ...     ("text", TextVectorizer(), "title"),
    ... ])
    >>> extractor.fit_transform(items)
    Views(image: dense float32 (2, 737), 1 absent; text: CSR float32 (2, 7))
    >>> extractor.transform(pd.DataFrame({"title": ["square"]})).names
    ('text',)
    """

    _labels = ("_failures", "modalities", "feature_names_in_")
    _parameter_constraints: dict = {
        "modalities": [list, tuple],
        "on_error": [StrOptions({"raise", "missing"}), None],
    }

    def __init__(self, modalities, *, on_error=None):
        self.modalities = modalities
        self.on_error = on_error

    @property
    def _named(self):
        """The (name, vectorizer) pairs that scikit-learn's nested parameters need."""
        # A malformed list is reported by fit, as scikit-learn asks, and not by get_params.
        try:
            return [(name, vectorizer) for name, vectorizer, _ in self.modalities]
        except (TypeError, ValueError):
            return []

    @_named.setter
    def _named(self, pairs):
        columns = [column for *_, column in self.modalities]
        self.modalities = [(*pair, column) for pair, column in zip(pairs, columns)]

    def get_params(self, deep=True):
        """Return the parameters of the extractor and of its vectorizers.

        Parameters
        ----------
        deep : bool, default=True
            Also return the vectorizers and their parameters.

        Returns
        -------
        params : dict
            Values by name.
        """
        return self._get_params("_named", deep=deep)

    def set_params(self, **params):
        """Set parameters of the extractor or of its vectorizers.

        Parameters
        ----------
        **params : dict
            Values by name, such as ``image__size=(64, 64)``.

        Returns
        -------
        self : object
            The extractor.
        """
        self._set_params("_named", **params)
        return self

    def fit(self, X, y=None):
        """Read the columns and fit every vectorizer.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The table.
        y : array-like of shape (n_rows,), default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted extractor.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Fit every vectorizer and return the Views, reading every cell once.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The table.
        y : array-like of shape (n_rows,), default=None
            Ignored.

        Returns
        -------
        views : Views
            One view per modality.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        ValueError
            If a column is not in the table, or has no usable cell.
        """
        self._validate_params()
        check_modalities(self.modalities)
        self._validate_names([name for name, *_ in self.modalities])
        check_columns(self.modalities, X)
        self.vectorizers_ = {
            name: prepare(vectorizer, column, self.on_error)
            for name, vectorizer, column in self.modalities
        }
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        names = [name for name, *_ in self.modalities]
        views, self._failures = self._extract(
            X, names, lambda name, vectorizer, cells: vectorizer.fit_extract(cells), fitting=True
        )
        self.view_widths_out_ = views.widths
        return views

    def transform(self, X):
        """Turn a table into Views.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The table; it may have only some of the fitted columns.

        Returns
        -------
        views : Views
            The views whose columns are there.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        ValueError
            If no view can be made from the columns.
        """
        return self.extract(X)[0]

    def extract(self, X):
        """Turn a table into Views, and list the cells that could not be used.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The table; it may have only some of the fitted columns.

        Returns
        -------
        views : Views
            The views whose columns are there, as `transform` gives them.
        failures : DataFrame
            The cells of this table that could not be used: row, column, path,
            reason. `failures_` stays that of `fit`.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        ValueError
            If no view can be made from the columns.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.features import ModalityExtractor, TextVectorizer
        >>> items = pd.DataFrame({"title": ["red shirt", "tin robot"]})
        >>> extractor = ModalityExtractor([("text", TextVectorizer(), "title")]).fit(items)
        >>> views, failures = extractor.extract(items[:1])
        >>> len(views), len(failures)
        (1, 0)
        """
        views, failures = self._extract(
            X, self._names_in(X), lambda name, vectorizer, cells: vectorizer.extract(cells)
        )
        return views, failures_frame(failures)

    def extract_queries(self, X):
        """Turn a table of queries into Views, and say what unknown words were read as.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_columns)
            The queries; some of the fitted columns are enough.

        Returns
        -------
        views : Views
            As `extract` gives them, but that vectorizers with `extract_queries` read
            their column by it.
        readings : dict of str to list of WordReading
            By view of texts. A word that one of the views of the table knows is not read
            as another in the others.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.
        ValueError
            If no view can be made from the columns.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.features import ModalityExtractor, TextVectorizer
        >>> items = pd.DataFrame({"title": ["red shirt", "tin robot"]})
        >>> extractor = ModalityExtractor([("text", TextVectorizer(), "title")]).fit(items)
        >>> views, readings = extractor.extract_queries(pd.DataFrame({"title": ["robott"]}))
        >>> readings["text"][0].read_as
        ('robot',)
        """
        names = self._names_in(X)
        readings = {}

        def read(name, vectorizer, cells):
            if not hasattr(vectorizer, "extract_queries"):
                return vectorizer.extract(cells)
            others = [self.vectorizers_[other] for other in names if other != name]
            extraction = vectorizer.extract_queries(cells, known=partial(_is_known, others))
            readings[name] = extraction.readings
            return extraction

        return self._extract(X, names, read)[0], readings

    def get_feature_names_out(self, input_features=None):
        """List the names of the features: ``view__feature``.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str
            Names over all views in order.
        """
        check_is_fitted(self)
        names = [
            f"{view}__{feature}"
            for view, vectorizer in self.vectorizers_.items()
            for feature in vectorizer.get_feature_names_out()
        ]
        return np.array(names, dtype=object)

    @property
    def failures_(self):
        """Cells that `fit` could not use: a DataFrame (row, column, path, reason)."""
        check_is_fitted(self)
        return failures_frame(self._failures)

    def _check_state(self):
        """Raise ValueError unless the loaded vectorizers make what is said of them."""
        names = [name for name, *_ in self.modalities]
        fits = names == list(self.vectorizers_) == list(self.view_widths_out_)
        require(fits, self, f"its vectorizers are not those of {names}.")
        for name, _, column in self.modalities:
            vectorizer = self.vectorizers_[name]
            if isinstance(vectorizer, CellVectorizer):
                width = len(vectorizer.get_feature_names_out())
                fits = width == self.view_widths_out_[name]
                require(fits, self, f"the vectorizer of {name!r} makes {width} features.")
            read = list(getattr(vectorizer, "feature_names_in_", as_list(column)))
            require(read == as_list(column), self, f"the vectorizer of {name!r} reads {read}.")

    def _names_in(self, X):
        """The fitted views whose columns a table has."""
        check_is_fitted(self)
        check_frame(X)
        names = [
            name
            for name, _, column in self.modalities
            if is_available(name, self.vectorizers_[name], column, X)
        ]
        if not names:
            known = {name: column for name, _, column in self.modalities}
            raise ValueError(
                f"ModalityExtractor was fitted on the columns {known} (view: column); the table "
                f"has none of them, only {list(X.columns)}."
            )
        return names

    def _extract(self, X, names, read, *, fitting=False):
        """Views of the names, and the failures as ``(row, column, path, reason)``.

        `read` makes an Extraction of a name, its vectorizer and its cells.
        """
        blocks, present, failures = {}, [], []
        for name, _, column in self.modalities:
            if name not in names:
                continue
            vectorizer = self.vectorizers_[name]
            cells, failed = column_of(X, column, vectorizer)
            warn_failures(failed, fitting=fitting)
            extraction = read(name, vectorizer, cells)
            blocks[name] = extraction.block
            present.append(extraction.present)
            failures += [*failed, *extraction.failures]
        return Views(blocks, np.stack(present, axis=1)), tuple(failures)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _is_known(vectorizers, word):
    return any(v.knows(word) for v in vectorizers if hasattr(v, "knows"))
