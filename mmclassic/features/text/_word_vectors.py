"""A column of texts to means of word vectors that the user brings."""

import os
from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._cells import Extraction, as_cells, require_present
from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._base import TextCellVectorizer
from mmclassic.features.text._decode import read_texts
from mmclassic.features.text._fold import fold
from mmclassic.features.text._term_counts import count_terms
from mmclassic.features.text._vector_files import read_vectors
from mmclassic.features.text._vocabulary import VocabularyStateMixin
from mmclassic.interactions import PackedIdsMixin
from mmclassic.utils import (
    N_JOBS,
    ON_ERROR,
    POSITIVE_INTEGER,
    is_array,
    is_finite,
    leading_eigenpairs,
    product_by_rows,
    require,
    row_norms,
    scale_rows,
)
from mmclassic.views import scatter_rows

_FEWEST_TEXTS = 20  # the direction that fewer have in common may be all that they say
_NOISE = 1e-6


class WordVectors(PackedIdsMixin, VocabularyStateMixin, TextCellVectorizer):
    """Describe texts by vectors of their words, from a file of yours.

    The mean of the vectors of a text's words, each weighed by a / (a + p) for a word that makes up
    the share p of the column, so that frequent words count little, less its part along the
    direction that the fitted texts have most in common (smooth inverse frequency, SIF).
    It knows words that the catalogue does not, and that two of them mean the same.

    Parameters
    ----------
    path : str or path
        Vectors of words: lines of a word and its numbers, with or without a first line of the two
        sizes, as GloVe, fastText and word2vec write text (UTF-8, also packed by gzip), or .npz
        with the arrays ``words`` (str) and ``vectors``. It is read in `fit` alone.
    a : float > 0, default=0.001
        Words of a larger share of the column count less than half.
    max_words : int > 0, default=100000
        How many words of the file the model keeps for texts to come, from the first on; None keeps
        all. Words of the fitted column are kept in any case.
    analyzer : {"mixed", "words"} or callable, default="mixed"
        From a text to its words, as in `TextVectorizer`, but never to stems. With a callable the
        words of the file are looked up as they are, else without case and accents.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Processes that analyse texts; None is 1, -1 all cores.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Row of every word that is known.
    vectors_ : ndarray of float32 of shape (n_words, n_features)
        The vectors, as they are in the file.
    weights_ : ndarray of float32 of shape (n_words,)
        a / (a + p) of every word; 1 for words that the fitted column does not have.
    component_ : ndarray of float32 of shape (n_features,)
        The direction that is taken out, of length 1; 0 with fewer than 20 fitted texts.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason.

    Raises
    ------
    ValueError
        In `fit`, if the file cannot be used: it names the file and the line.

    Notes
    -----
    Cells are those of `TextVectorizer`. Rows have Euclidean length 1, or 0 where a text has no
    known word, which a search tells as it tells unknown words; missing rows are NaN. Of words that
    differ in case or accents alone the first of the file counts. A model keeps, and its file holds,
    4 bytes a number: 120 MB for 100,000 words of 300 numbers.

    References
    ----------
    S. Arora, Y. Liang and T. Ma, "A simple but tough-to-beat baseline for sentence embeddings",
    ICLR 2017, algorithm 1.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from mmclassic.features import WordVectors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "words.txt")
    ...     with open(path, "w") as file:
    ...         _ = file.write("ship 1 0\\nboat 0.9 0.1\\nrose 0 1\\n")
    ...     vectors = WordVectors(path).fit(["a ship", "a rose"])
    >>> boat, ship, rose = vectors.transform(["boat", "Ship", "rose"])
    >>> bool(boat @ ship > boat @ rose)
    True
    """

    _parameter_constraints: dict = {
        "path": [str, os.PathLike],
        "a": [Interval(Real, 0, None, closed="neither")],
        "max_words": [*POSITIVE_INTEGER, None],
        "analyzer": [StrOptions({"mixed", "words"}), callable],
        "on_error": ON_ERROR,
        "n_jobs": N_JOBS,
    }

    _beside = "vectors_"

    def __init__(
        self,
        path,
        *,
        a=0.001,
        max_words=100_000,
        analyzer="mixed",
        on_error="raise",
        n_jobs=None,
    ):
        self.path = path
        self.a = a
        self.max_words = max_words
        self.analyzer = analyzer
        self.on_error = on_error
        self.n_jobs = n_jobs

    def get_feature_names_out(self, input_features=None):
        """The names of the columns: ``vector0``, ``vector1`` and so on.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            One for every column.
        """
        check_is_fitted(self)
        return np.array([f"vector{i}" for i in range(self.vectors_.shape[1])], dtype=object)

    def _extract(self, X, *, fitting):
        cells = as_cells(X, type(self).__name__)
        texts, positions, failures, remarks = read_texts(cells, on_error=self.on_error)
        present = np.zeros(len(cells.values), dtype=bool)
        present[positions] = True
        if fitting:
            require_present(present, cells.column, failures)
            self._fit_texts(texts)
        block = self._block(self._count(texts, self.vocabulary_)[0])
        return Extraction(scatter_rows(block, present), present, failures, remarks), cells.column

    def _fit_texts(self, texts):
        own = not isinstance(self.analyzer, str)
        han = "words" if self.analyzer == "words" else "characters"
        self.analyzer_ = self.analyzer if own else MixedAnalyzer(han=han, stem=False)
        counts, terms = self._count(texts)
        words, self.vectors_ = read_vectors(
            self.path, _as_it_is if own else _folded, self.max_words, terms
        )
        self.vocabulary_ = {word: row for row, word in enumerate(words)}
        totals = np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
        shares = totals / max(totals.sum(), 1.0)
        of_words = np.array([shares[terms[word]] if word in terms else 0.0 for word in words])
        self.weights_ = (self.a / (self.a + of_words)).astype(np.float32)
        means = self._means(self._count(texts, self.vocabulary_)[0])
        telling = means[row_norms(means) > 0].astype(np.float64)
        self.component_ = np.zeros(means.shape[1], dtype=np.float32)
        if len(telling) >= _FEWEST_TEXTS:
            axes = leading_eigenpairs(telling.T @ telling, 1)[1]
            self.component_ = axes[:, 0].astype(np.float32)

    def _count(self, texts, vocabulary=None):
        return count_terms(texts, self.analyzer_, vocabulary, n_jobs=self.n_jobs)

    def _means(self, counts):
        """Weighed means of the vectors of each row's words."""
        lengths = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return scale_rows((counts @ sp.diags(self.weights_)) @ self.vectors_, inverse)

    def _block(self, counts):
        means = np.ascontiguousarray(self._means(counts), dtype=np.float32)
        before = row_norms(means)
        axis = self.component_[:, None]
        means -= product_by_rows(means, axis) * axis.T
        norms = row_norms(means)
        meant = norms > _NOISE * before  # the rest of a text along the direction alone is rounding
        block = scale_rows(means, np.divide(1.0, norms, out=np.zeros_like(norms), where=meant))
        return np.asarray(block, dtype=np.float32)

    def __getstate__(self):
        # Files of models hold no other kinds of paths.
        return {**super().__getstate__(), "path": os.fspath(self.path)}

    def _check_state(self):
        """Raise ValueError unless every word has a vector and a weight."""
        require(callable(self.analyzer_), self, "analyzer_ cannot be called.")
        n_words = len(self.vocabulary_)
        fits = is_array(self.vectors_, "f", (n_words, None)) and is_finite(self.vectors_)
        require(fits, self, "vectors_ has not a row of numbers for every word.")
        fits = is_array(self.weights_, "f", (n_words,)) and is_finite(self.weights_)
        require(fits, self, "weights_ has not a number for every word.")
        shape = self.vectors_.shape[1:]
        fits = is_array(self.component_, "f", shape) and is_finite(self.component_)
        require(fits, self, "component_ is of another width.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags


def _folded(word):
    return fold(word, strip_accents=True)


def _as_it_is(word):
    return word
