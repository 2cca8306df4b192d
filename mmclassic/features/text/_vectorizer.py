"""A column of texts to a sparse matrix."""

import os
import warnings
from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._cells import Extraction, as_cells, name_column, require_present
from mmclassic.features.text._analysis import make_analyzer, reads_queries
from mmclassic.features.text._base import TextCellVectorizer
from mmclassic.features.text._bm25 import BM25Weighting
from mmclassic.features.text._choice import choose_terms
from mmclassic.features.text._decode import read_texts
from mmclassic.features.text._forms import OWN_WEIGHT, own_columns, stems_of
from mmclassic.features.text._language import latin_language
from mmclassic.features.text._lsa import fit_lsa, project
from mmclassic.features.text._query_reading import QueryReadingMixin
from mmclassic.features.text._stems import name_language
from mmclassic.features.text._stop_words import NAMED_LISTS
from mmclassic.features.text._term_counts import count_terms, count_words
from mmclassic.features.text._tfidf import fit_tfidf, weigh_in_place
from mmclassic.features.text._vocabulary import VocabularyStateMixin
from mmclassic.interactions import PackedIdsMixin
from mmclassic.utils import (
    N_JOBS,
    NON_NEGATIVE_REAL,
    ON_ERROR,
    POSITIVE_INTEGER,
    RANDOM_STATE,
    is_finite,
    require,
)
from mmclassic.views import scatter_rows


class TextVectorizer(PackedIdsMixin, VocabularyStateMixin, QueryReadingMixin, TextCellVectorizer):
    """Describe texts by the terms in them: TF-IDF, BM25, or components of either.

    Parameters
    ----------
    analyzer : {"mixed", "words", "names"} or callable, default="mixed"
        From a text to the list of its terms. "mixed" is `MixedAnalyzer`: whole words, and
        single characters and pairs for scripts without spaces. "words" is
        ``MixedAnalyzer(han="words")``: Chinese words, cut by rjieba (extra ``zh``).
        "names" is `NameAnalyzer`: what stands between commas and the like, whole, for
        columns such as cast, genres and tags.
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
        Words that the analyser leaves out, before they become stems. In a collection
        the two names stand for their lists, as in ``("english", "chinese", "shop")``.
        Texts and queries of stop words alone keep them.
    strip_accents : bool, default=True
        Read ``café`` as ``cafe``, as `MixedAnalyzer` does.
    strip_html : bool, default=False
        Leave out tags of HTML and resolve its entities, as `MixedAnalyzer` does.
    stem : bool, default=True
        Make stems of words, as `MixedAnalyzer` does, so that "cities" finds "city".
    language : str, default=None
        The language of the words, by name or ISO 639-1 code, such as "german" or
        "de". None is that which the script is taken for; of Latin letters the one
        whose function words lead in the fitted column, or English.
    query_spelling : bool, default=True
        Read a word of a query that no text has, of four letters or more, as a word of the
        texts that one edit makes of it: a letter too many, missing or wrong, or two swapped.
        Of several that of the most texts, where one that has a letter more, or two
        swapped, counts 25 times as much, for there are fewer slips of these kinds.
    query_grams : {"unknown", "always"} or None, default="unknown"
        Read a word of a query that no text has, and whose spelling tells nothing, as the
        five words of the texts whose character 3- to 5-grams are most alike, each weighing
        the square of its cosine. "always" adds those of known words too.
    synonyms : dict, str or path, default=None
        What words of queries stand for besides, with half of their weight: ``{"sofa":
        ["couch", "settee"]}``, or a text or CSV file with words that mean the same on a
        line, with commas or tabs between them, or ``tv => television`` for one direction.
        Lines that begin with ``#`` are left out. Read by `fit`.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Processes that analyse texts; None is 1, -1 all cores.
    progress : bool, default=False
        Show a progress line on standard error.

    Attributes
    ----------
    analyzer_ : callable
        From a text to its terms.
    vocabulary_ : dict of str to int
        Column of every term. Words have that of their stem and, unless they are what is
        most often written for it, one of their own, in quotes: ``citi`` and ``"cities"``,
        at 0.4 of its weight, so that "cities" finds "city", and "cities" first.
    forms_ : ndarray of str of shape (n_terms,) or None
        What is written for every term, most often: "city" for ``citi``, "cities" for
        ``"cities"``. None where nothing is stemmed.
    language_ : str or None
        The language of words in Latin letters that was found, or `language`. None
        where nothing is stemmed, or `analyzer` is your own.
    weighting_ : TfidfTransformer or BM25Weighting
        Weighs the counts; its ``idf_`` has the weight of every term.
    lsa_ : TruncatedSVD or None
        The components; None where the terms are kept.
    word_codes_ : ndarray of unsigned int of shape (n_letters + n_words + 1,)
        The words of letters in the texts as code points, with a line break around each,
        to read queries by; no words with an analyser of your own.
    word_columns_ : ndarray of int32 of shape (n_words,)
        The columns of their terms.
    synonym_words_, synonym_meanings_ : ndarray of str of shape (n_pairs,)
        Terms of `synonyms`, and of what they stand for.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason.

    Notes
    -----
    A cell is a str, bytes, or a list of str, which are its lines. Bytes are what their
    byte order mark says, or UTF-8. All others of a column are scored together in the
    usual encodings (GB18030, Big5, Shift-JIS, EUC-JP, EUC-KR, the code pages 1250 to
    1256 and 874, KOI8-R) by how common the characters of each reading are; a `CellWarning`
    names the one taken. Where none is plausible, or none alone, the cells are errors: a short
    text tells little, so decode a column whose encoding you know. None and NaN are missing. An
    empty text, or one of unseen words only, is present and has an empty row; a
    missing one has an empty row too, so only the mask that `extract` returns
    tells them apart. The matrix is CSR, float32.

    A column of texts without any term, such as empty ones, gives one column
    of zeros, named "", and a warning.

    Processes take a second or two to start. A sample of the texts is timed, and
    they are started only where the work would take more than 4 s, which is about
    120,000 short Chinese texts or 300,000 English ones with the default analyser.

    Only queries are read so, by `extract_queries` (which searches call), and only by the
    analysers of this class: `transform` takes every text at its words, and an unknown one
    says nothing. Numbers, words with a digit, emoji and scripts without spaces are never
    read as others. One word takes some milliseconds with 50,000 known ones.

    With BM25, a term of count f in a text of L terms weighs
    idf f / (f + k1 (1 - b + b L / mean L)), where n texts, df of them with the
    term, give idf = log(1 + (n - df + 0.5) / (df + 0.5)). Terms outside the
    vocabulary do not count in L, and a word with a term of its own beside its stem counts twice.

    With `n_components` the matrix is dense, float32; rows have Euclidean length
    1, or 0 where a text has no part in the components; missing rows are NaN.

    References
    ----------
    S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25
    and Beyond", Foundations and Trends in Information Retrieval 3(4), 2009,
    section 3.4 (the idf with the added 1 is that of Apache Lucene).

    M. D. Kernighan, K. W. Church and W. A. Gale, "A Spelling Correction Program Based
    on a Noisy Channel Model", COLING 1990, for `query_spelling`.

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
        "analyzer": [StrOptions({"mixed", "words", "names"}), callable],
        "min_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_df": [Interval(Integral, 1, None, closed="left"), Interval(Real, 0, 1, closed="both")],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "weighting": [StrOptions({"tfidf", "bm25"})],
        "sublinear_tf": ["boolean"],
        "k1": NON_NEGATIVE_REAL,
        "b": [Interval(Real, 0, 1, closed="both")],
        "n_components": [*POSITIVE_INTEGER, None],
        "random_state": RANDOM_STATE,
        "strip_accents": ["boolean"],
        "strip_html": ["boolean"],
        "stem": ["boolean"],
        "language": [str, None],
        "stop_words": [StrOptions(set(NAMED_LISTS)), list, tuple, set, frozenset, None],
        "query_spelling": ["boolean"],
        "query_grams": [StrOptions({"unknown", "always"}), None],
        "synonyms": [dict, str, os.PathLike, None],
        "on_error": ON_ERROR,
        "n_jobs": N_JOBS,
        "progress": ["boolean"],
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
        strip_accents=True,
        strip_html=False,
        stem=True,
        language=None,
        query_spelling=True,
        query_grams="unknown",
        synonyms=None,
        on_error="raise",
        n_jobs=None,
        progress=False,
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
        self.strip_accents = strip_accents
        self.strip_html = strip_html
        self.stem = stem
        self.language = language
        self.query_spelling = query_spelling
        self.query_grams = query_grams
        self.synonyms = synonyms
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress

    def get_feature_names_out(self, input_features=None):
        """The terms, or ``lsa0``, ``lsa1`` and so on for components.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            One for every column; terms are sorted. Those of words are stems, and words
            in quotes; `forms_` has what is written.
        """
        check_is_fitted(self)
        if self.lsa_ is None:
            return np.array(list(self.vocabulary_), dtype=object)
        return np.array([f"lsa{i}" for i in range(self.lsa_.n_components)], dtype=object)

    def _extract(self, X, *, fitting):
        cells = as_cells(X, type(self).__name__)
        texts, positions, failures, remarks = read_texts(cells, on_error=self.on_error)
        present = np.zeros(len(cells.values), dtype=bool)
        present[positions] = True
        if fitting:
            require_present(present, cells.column, failures)
            block = self._fit_block(texts, cells.column)
        else:
            counts, _ = count_terms(
                texts, self.analyzer_, self.vocabulary_, **self._workers(cells.column)
            )
            block = self._block(self._weigh(counts))
        return Extraction(scatter_rows(block, present), present, failures, remarks), cells.column

    def _fit_block(self, texts, column):
        self.analyzer_ = make_analyzer(self, self.language)
        counts = self._fit_vocabulary(texts, column)
        self.weighting_ = self._fit_weighting(counts)
        if self.forms_ is not None:
            self.weighting_.idf_[own_columns(self.vocabulary_)] *= OWN_WEIGHT
        weights = self._weigh(counts)
        self.lsa_ = None
        if self.n_components is not None:
            try:
                self.lsa_ = fit_lsa(weights, self.n_components, self.random_state)
            except ValueError as error:
                raise ValueError(f"{name_column(column)}: {error}") from error
        return self._block(weights)

    def _fit_vocabulary(self, texts, column):
        """Choose the terms; the counts of those."""
        counted = count_words(texts, self.analyzer_, **self._workers(column))
        self._find_language(counted)
        words, stems = counted.words, stems_of(counted, self.analyzer_)
        learnt = slice(counted.n_unspaced, None)
        counts, self.vocabulary_, self.forms_ = choose_terms(
            counted,
            stems,
            self.analyzer_,
            column,
            {name: getattr(self, name) for name in ("min_df", "max_df", "max_features")},
        )
        if not counts.nnz:
            warnings.warn(
                f"no text of {name_column(column)} has a term ({len(texts)} text(s)): every row is "
                "zero and says nothing. Leave the column out, or see to its texts and analyzer.",
                stacklevel=6,
            )
        self._learn_words(words[learnt], stems[learnt])
        return counts

    def _find_language(self, counted):
        """Let the analyser stem in the language of the column."""
        self.language_ = None
        if self.analyzer in ("mixed", "words") and self.stem:
            self.language_ = name_language(self.language)
            if self.language_ is None:
                self.language_ = latin_language(counted.words[counted.n_unspaced :], counted.totals)
            self.analyzer_ = make_analyzer(self, self.language_)

    def _workers(self, column):
        title = f"TextVectorizer {column or ''}" if self.progress else None
        return {"n_jobs": self.n_jobs, "progress": title}

    def _check_state(self):
        """Raise ValueError unless the loaded parts fit together."""
        require(callable(self.analyzer_), self, "analyzer_ cannot be called.")
        self._check_words()
        if reads_queries(self.analyzer_):
            self.analyzer_("a 红")
        if self.forms_ is not None:
            fit = isinstance(self.forms_, np.ndarray) and self.forms_.shape == (
                len(self.vocabulary_),
            )
            require(fit and set(map(type, self.forms_)) <= {str}, self, "forms_ are no words.")
        counts = sp.csr_matrix(np.ones((2, len(self.vocabulary_)), np.float32))
        finite = is_finite(self._block(self._weigh(counts)))
        require(finite, self, "it weighs terms by what is not finite.")

    def _fit_weighting(self, counts):
        if self.weighting == "bm25":
            return BM25Weighting(self.k1, b=self.b).fit(counts)
        return fit_tfidf(counts, sublinear_tf=self.sublinear_tf)

    def _weigh(self, counts):
        """The weights of counts, which a TfidfTransformer puts in their place."""
        if not counts.shape[0]:
            return counts
        if isinstance(self.weighting_, TfidfTransformer):
            return weigh_in_place(self.weighting_, counts)
        return self.weighting_.transform(counts)

    def _block(self, weights):
        return weights if self.lsa_ is None else project(self.lsa_, weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags
