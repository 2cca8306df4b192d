"""Queries of texts: words that the texts lack are read as words that they have."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.features._cells import Extraction, as_cells, warn_failures, warn_remarks
from mmclassic.features.text._analysis import reads_queries
from mmclassic.features.text._analyzer import MixedAnalyzer
from mmclassic.features.text._decode import read_texts
from mmclassic.features.text._forms import makes_stems, own_term
from mmclassic.features.text._lexicon import Lexicon, is_word, pack_words
from mmclassic.features.text._names import NameAnalyzer
from mmclassic.features.text._reading import QueryReader, as_counts
from mmclassic.features.text._synonyms import Synonyms, analyzed_pairs
from mmclassic.utils import require
from mmclassic.views import scatter_rows


class QueryReadingMixin:
    """Read queries by the fitted words of a `TextVectorizer`."""

    def extract_queries(self, X, *, known=None):
        """Turn queries into features, and say what was made of words that no text has.

        Parameters
        ----------
        X : Series, list or array of str or bytes of length n_rows
            The queries; None and NaN are missing.
        known : callable, default=None
            From a word to whether it is not to be read as another, such as `knows` of
            the vectorizer of another column.

        Returns
        -------
        extraction : Extraction
            As `extract` gives it, and the same bits where every word is known;
            ``readings`` lists what others were read as.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be used.

        Examples
        --------
        >>> from mmclassic.features import TextVectorizer
        >>> vectorizer = TextVectorizer().fit(["striped shirt", "tin robot"])
        >>> extraction = vectorizer.extract_queries(["stripd robot"])
        >>> [(reading.word, reading.read_as) for reading in extraction.readings]
        [('stripd', ('striped',))]
        """
        check_is_fitted(self)
        cells = as_cells(X, type(self).__name__)
        texts, positions, failures, remarks = read_texts(cells, on_error=self.on_error)
        warn_failures(failures, fitting=False)
        warn_remarks(remarks)
        present = np.zeros(len(cells.values), dtype=bool)
        present[positions] = True
        reader = self._make_reader(known)
        rows, readings = [], []
        for position, text in zip(positions, texts):
            counts, weights, read = reader.read(int(position), self._words_and_terms(text))
            sublinear = self.weighting == "tfidf" and self.sublinear_tf
            rows.append(as_counts(counts, weights, sublinear=sublinear) if weights else counts)
            readings += read
        block = self._block(self._weigh(_as_matrix(rows, len(self.vocabulary_))))
        return Extraction(scatter_rows(block, present), present, failures, remarks, readings)

    def knows(self, word):
        """Whether a fitted text has a word.

        Parameters
        ----------
        word : str
            A word.

        Returns
        -------
        known : bool
            True if one of its terms is in the vocabulary; of names, if one has the word.
        """
        if isinstance(self.analyzer_, NameAnalyzer):
            terms = self.analyzer_(word)
            return any(f" {term} " in f" {name} " for term in terms for name in self.vocabulary_)
        return any(term in self.vocabulary_ for term in self.analyzer_(word))

    def _learn_words(self, words, terms):
        """Keep the words that queries are read by, and what others stand for in the user's table.

        Those of an analyser of the user's are none: its terms may be anything.
        """
        pairs = zip(words, terms) if reads_queries(self.analyzer_) else ()
        known = sorted((w, t) for w, t in pairs if t in self.vocabulary_ and is_word(w))
        self.word_codes_ = pack_words([word for word, _ in known])
        columns = [self.vocabulary_[term] for _, term in known]
        self.word_columns_ = np.array(columns, dtype=np.int32)
        pairs = analyzed_pairs(self.synonyms or {}, self.analyzer_)
        self.synonym_words_ = _as_array([words for words, _ in pairs])
        self.synonym_meanings_ = _as_array([meaning for _, meaning in pairs])

    def _make_reader(self, known):
        reads = reads_queries(self.analyzer_)
        known = known or (lambda word: False)
        return QueryReader(
            self.vocabulary_,
            self.word_codes_,
            self.word_columns_,
            -self.weighting_.idf_,
            spelling=self.query_spelling,
            grams=self.query_grams if reads else None,
            synonyms=Synonyms(self.synonym_words_, self.synonym_meanings_),
            known=(lambda term: all(map(known, term.split()))) if reads else (lambda word: True),
            own=own_term if makes_stems(self.analyzer_) else (lambda word: None),
        )

    def _words_and_terms(self, text):
        if isinstance(self.analyzer_, MixedAnalyzer):
            return list(zip(self.analyzer_.words(text), self.analyzer_(text)))
        if isinstance(self.analyzer_, NameAnalyzer):
            names = self.analyzer_.find(text, self.vocabulary_)
            return list(zip(names, names))
        terms = self.analyzer_(text)
        return list(zip(terms, terms))

    def _check_words(self):
        """Raise ValueError unless the loaded words and synonyms can be used."""
        codes, columns = self.word_codes_, self.word_columns_
        require(codes.ndim == 1 and codes.dtype.kind == "u", self, "word_codes_ are no letters.")
        words = list(Lexicon(codes))
        require(np.array_equal(pack_words(words), codes), self, "word_codes_ are no words.")
        require(all(map(is_word, words)), self, "word_codes_ hold what is no word.")
        fits = columns.shape == (len(words),) and columns.dtype.kind == "i"
        inside = fits and bool(np.all((columns >= 0) & (columns < len(self.vocabulary_))))
        require(inside, self, "word_columns_ are not those of its words.")
        keys, values = self.synonym_words_, self.synonym_meanings_
        texts = all(isinstance(text, str) and text for text in [*keys, *values])
        require(len(keys) == len(values) and texts, self, "its synonyms are not pairs of texts.")


def _as_array(texts):
    return np.array([*texts, None], dtype=object)[:-1]


def _as_matrix(rows, n_columns):
    """Rows of columns and counts as CSR float32, columns in order."""
    ordered = [sorted(row.items()) for row in rows]
    indptr = np.cumsum([0, *map(len, ordered)])
    indices = np.array([column for row in ordered for column, _ in row], dtype=np.int32)
    data = np.array([count for row in ordered for _, count in row], dtype=np.float32)
    return sp.csr_matrix((data, indices, indptr), shape=(len(rows), n_columns))
