"""A column of texts to a sparse matrix."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.exceptions import CellError
from mmclassic.features._analyzer import MixedAnalyzer
from mmclassic.features._base import CellVectorizer
from mmclassic.features._bm25 import BM25Weighting
from mmclassic.features._cells import (
    Extraction,
    as_cells,
    read_cells,
    require_present,
    warn_failures,
)
from mmclassic.features._lsa import fit_lsa, project
from mmclassic.features._stop_words import NAMED_LISTS
from mmclassic.utils._constraints import (
    NON_NEGATIVE_REAL,
    ON_ERROR,
    POSITIVE_INTEGER,
    RANDOM_STATE,
)
from mmclassic.views._validation import scatter_rows


class TextVectorizer(CellVectorizer):
    """Describe texts by the terms in them: TF-IDF, BM25, or components of either.

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
    weighting : {"tfidf", "bm25"}, default="tfidf"
        How a term counts in a text. "tfidf" gives rows of Euclidean length 1;
        "bm25" the weights of its formula, unscaled.
    sublinear_tf : bool, default=True
        Count a term that occurs t times as 1 + log(t), with "tfidf"; BM25
        saturates by `k1`.
    k1 : float >= 0, default=1.2
        How slowly the count of a term saturates, with "bm25"; 0 only asks
        whether the term is there.
    b : float between 0 and 1, default=0.75
        How much the length of the text counts, with "bm25".
    n_components : int, default=None
        Replace the terms by so many components of latent semantic analysis, at
        most the number of texts or terms. None keeps the terms.
    random_state : int, RandomState instance or None, default=None
        For the randomised decomposition that finds the components.
    stop_words : {"english", "chinese"} or collection of str, default=None
        Terms that the analyser leaves out. In a collection the two names stand
        for their lists, as in ``("english", "chinese", "shop")``.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.

    Attributes
    ----------
    counter_ : CountVectorizer
        Counts the terms; its ``vocabulary_`` maps terms to columns.
    weighting_ : TfidfTransformer or BM25Weighting
        Weighs the counts; its ``idf_`` has the weight of every term.
    lsa_ : TruncatedSVD or None
        The components; None where the terms are kept.
    failures_ : DataFrame
        The cells that the last call could not use: row, column, path, reason.

    Notes
    -----
    A cell is a str or bytes, decoded as UTF-8, then as GB18030. None and NaN
    are missing. An empty text, or one of unseen words only, is present and has
    an empty row; a missing one has an empty row too, so only the mask that
    `extract` returns tells them apart. The matrix is CSR, float32.

    With BM25, a term of count f in a text of L terms weighs
    idf f / (f + k1 (1 - b + b L / mean L)), where n texts, df of them with the
    term, give idf = log(1 + (n - df + 0.5) / (df + 0.5)). Terms outside the
    vocabulary do not count in L.

    With `n_components` the matrix is dense, float32; rows have Euclidean length
    1, or 0 where a text has no part in the components; missing rows are NaN.

    References
    ----------
    S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25
    and Beyond", Foundations and Trends in Information Retrieval 3(4), 2009,
    section 3.4 (the idf with the added 1 is that of Apache Lucene).

    S. Deerwester et al., "Indexing by Latent Semantic Analysis", Journal of the
    American Society for Information Science 41(6), 1990.

    Examples
    --------
    >>> from mmclassic.features import TextVectorizer
    >>> vectorizer = TextVectorizer().fit(["red shirt", "红衬衫", None])
    >>> vectorizer.get_feature_names_out()
    array(['red', 'shirt', '红', '红衬', '衫', '衬', '衬衫'], dtype=object)
    >>> vectorizer.extract(["blue", None]).present
    array([ True, False])
    >>> TextVectorizer(n_components=2, random_state=0).fit_transform(["a b", "b c", "c d"]).shape
    (3, 2)
    """

    _parameter_constraints: dict = {
        "analyzer": [StrOptions({"mixed"}), callable],
        "min_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "weighting": [StrOptions({"tfidf", "bm25"})],
        "sublinear_tf": ["boolean"],
        "k1": NON_NEGATIVE_REAL,
        "b": [Interval(Real, 0, 1, closed="both")],
        "n_components": [*POSITIVE_INTEGER, None],
        "random_state": RANDOM_STATE,
        "stop_words": [StrOptions(set(NAMED_LISTS)), list, tuple, set, frozenset, None],
        "on_error": ON_ERROR,
    }

    def __init__(
        self,
        analyzer="mixed",
        *,
        min_df=1,
        max_df=1.0,
        max_features=None,
        weighting="tfidf",
        sublinear_tf=True,
        k1=1.2,
        b=0.75,
        n_components=None,
        random_state=None,
        stop_words=None,
        on_error="raise",
    ):
        self.analyzer = analyzer
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features
        self.weighting = weighting
        self.sublinear_tf = sublinear_tf
        self.k1 = k1
        self.b = b
        self.n_components = n_components
        self.random_state = random_state
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
        """The terms, or ``lsa0``, ``lsa1`` and so on for components.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            One for every column; terms are sorted.
        """
        check_is_fitted(self)
        if self.lsa_ is None:
            return self.counter_.get_feature_names_out()
        return np.array([f"lsa{i}" for i in range(self.lsa_.n_components)], dtype=object)

    def _extract(self, X, *, fitting):
        cells = as_cells(X, type(self).__name__)
        texts, positions, failures = read_cells(
            cells.items(), decode_text, on_error=self.on_error, column=cells.column
        )
        present = np.zeros(len(cells.values), dtype=bool)
        present[positions] = True
        if fitting:
            require_present(present, cells.column, failures)
            block = self._fit_block(texts, cells.column)
        else:
            block = self._block(self._weigh(texts))
        return Extraction(scatter_rows(block, present), present, failures), cells.column

    def _fit_block(self, texts, column):
        counts = self._fit_counter(texts, column)
        self.weighting_ = self._make_weighting().fit(counts)
        weights = self.weighting_.transform(counts)
        self.lsa_ = None
        if self.n_components is not None:
            self.lsa_ = fit_lsa(weights, self.n_components, self.random_state)
        return self._block(weights)

    def _fit_counter(self, texts, column):
        self.counter_ = CountVectorizer(
            analyzer=self._resolve_analyzer(),
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=self.max_features,
            dtype=np.float32,
        )
        try:
            return self.counter_.fit_transform(texts)
        except ValueError as error:
            where = "the column" if column is None else f"column {column!r}"
            raise ValueError(
                f"TextVectorizer finds no vocabulary in {where} ({len(texts)} text(s)): {error}"
            ) from error

    def _make_weighting(self):
        if self.weighting == "bm25":
            return BM25Weighting(self.k1, b=self.b)
        return TfidfTransformer(sublinear_tf=self.sublinear_tf)

    def _weigh(self, texts):
        if not texts:
            return sp.csr_matrix((0, len(self.counter_.vocabulary_)), dtype=np.float32)
        return self.weighting_.transform(self.counter_.transform(texts))

    def _block(self, weights):
        return weights if self.lsa_ is None else project(self.lsa_, weights)

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
        ``(row, column, path, reason)``.
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
