"""A column of texts to a sparse matrix."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.exceptions import CellError
from mmclassic.features._analyzer import MixedAnalyzer
from mmclassic.features._base import CellVectorizer
from mmclassic.features._cells import (
    Extraction,
    as_cells,
    read_cells,
    require_present,
    warn_failures,
)
from mmclassic.utils._constraints import ON_ERROR
from mmclassic.views._validation import scatter_rows


class TextVectorizer(CellVectorizer):
    """Describe texts by the terms in them (TF-IDF).

    Parameters
    ----------
    analyzer : {"mixed"} or callable, default="mixed"
        From a text to its terms. "mixed" is `MixedAnalyzer`: whole words, and
        single characters and pairs for Chinese, Japanese and Korean.
    min_df : int or float, default=1
        Leave out terms of fewer documents; a float is a share.
    max_df : int or float, default=1.0
        Leave out terms of more documents; a float is a share.
    max_features : int, default=None
        Keep only the most frequent terms.
    sublinear_tf : bool, default=True
        Count a term that occurs t times as 1 + log(t).
    stop_words : {"english"} or collection of str, default=None
        Terms that the mixed analyser leaves out.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.

    Attributes
    ----------
    tfidf_ : TfidfVectorizer
        The fitted scikit-learn vectorizer.
    failures_ : DataFrame
        The cells that the last call could not use: row, column, source, reason.

    Notes
    -----
    A cell is a str or bytes, decoded as UTF-8, then as GB18030. None and NaN
    are missing. An empty text, or one of unseen words only, is present and has
    an empty row; a missing one has an empty row too, so only the mask that
    `extract` returns tells them apart. The matrix is CSR, float32, rows have
    Euclidean length 1 or 0.

    Examples
    --------
    >>> from mmclassic.features import TextVectorizer
    >>> vectorizer = TextVectorizer().fit(["red shirt", "红衬衫", None])
    >>> vectorizer.get_feature_names_out()
    array(['red', 'shirt', '红', '红衬', '衫', '衬', '衬衫'], dtype=object)
    >>> vectorizer.extract(["blue", None]).present
    array([ True, False])
    """

    _parameter_constraints: dict = {
        "analyzer": [StrOptions({"mixed"}), callable],
        "min_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "sublinear_tf": ["boolean"],
        "stop_words": [StrOptions({"english"}), list, tuple, set, frozenset, None],
        "on_error": ON_ERROR,
    }

    def __init__(
        self,
        analyzer="mixed",
        *,
        min_df=1,
        max_df=1.0,
        max_features=None,
        sublinear_tf=True,
        stop_words=None,
        on_error="raise",
    ):
        self.analyzer = analyzer
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.stop_words = stop_words
        self.on_error = on_error

    def combine(self, frame):
        """Join several text columns row by row, with a line break.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_columns)
            Text columns.

        Returns
        -------
        texts : Series of object of length n_rows
            The joined texts; None where all columns are missing.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that is not text.
        """
        return join_columns(frame, on_error=self.on_error)[0]

    def get_feature_names_out(self, input_features=None):
        """The terms.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            One for every column, sorted.
        """
        check_is_fitted(self)
        return self.tfidf_.get_feature_names_out()

    def _extract(self, X, *, fitting):
        cells = as_cells(X, type(self).__name__)
        texts, positions, failures = read_cells(
            cells.items(), decode_text, on_error=self.on_error, column=cells.column
        )
        present = np.zeros(len(cells.values), dtype=bool)
        present[positions] = True
        if fitting:
            require_present(present, cells.column, failures)
            block = self._fit_tfidf(texts, cells.column)
        elif texts:
            block = self.tfidf_.transform(texts)
        else:
            width = len(self.tfidf_.vocabulary_)
            block = sp.csr_matrix((0, width), dtype=np.float32)
        return Extraction(scatter_rows(block, present), present, failures), cells.column

    def _fit_tfidf(self, texts, column):
        self.tfidf_ = TfidfVectorizer(
            analyzer=self._resolve_analyzer(),
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=self.max_features,
            sublinear_tf=self.sublinear_tf,
            dtype=np.float32,
        )
        try:
            return self.tfidf_.fit_transform(texts)
        except ValueError as error:
            where = "the column" if column is None else f"column {column!r}"
            raise ValueError(
                f"TextVectorizer finds no vocabulary in {where} ({len(texts)} text(s)): {error}"
            ) from error

    def _resolve_analyzer(self):
        if self.analyzer == "mixed":
            return MixedAnalyzer(self.stop_words)
        if self.stop_words is not None:
            raise ValueError(
                "stop_words go with analyzer='mixed'; let your own analyzer leave them out."
            )
        return self.analyzer

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags


def decode_text(cell):
    """The text of a cell.

    Parameters
    ----------
    cell : str or bytes
        The cell.

    Returns
    -------
    text : str
        The text.

    Raises
    ------
    CellError
        If the cell is not text, or bytes in another encoding.
    """
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, (bytes, bytearray, memoryview)):
        raise CellError(
            f"a text must be a str or bytes; got {type(cell).__name__}. If the column holds "
            "numbers, use NumericVectorizer or convert it to str"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return bytes(cell).decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CellError("the bytes are neither UTF-8 nor GB18030; decode them to str first")


def join_columns(frame, *, on_error):
    """Join text columns row by row, with a line break.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Text columns.
    on_error : {"raise", "missing"}
        What a cell that is not text does.

    Returns
    -------
    texts : Series of object of length n_rows
        The joined texts; None where a row has no text in any column.
    failures : list of tuple
        ``(row, column, source, reason)``.
    """
    rows = [[] for _ in range(len(frame))]
    records = []
    for name in frame.columns:
        cells = as_cells(frame[name], "TextVectorizer")
        texts, positions, failures = read_cells(
            cells.items(), decode_text, on_error=on_error, column=name
        )
        for position, text in zip(positions, texts):
            rows[position].append(text)
        warn_failures(failures, name)
        records.extend((row, name, *rest) for row, *rest in failures)
    joined = ["\n".join(parts) if parts else None for parts in rows]
    name = "+".join(map(str, frame.columns))
    return pd.Series(joined, index=frame.index, dtype=object, name=name), records
