"""Which of the terms of a column are kept."""

import numpy as np

from mmclassic.features._cells import name_column
from mmclassic.features.text._forms import columns_of, makes_stems, written_forms
from mmclassic.features.text._term_counts import number_terms
from mmclassic.features.text._tfidf import text_frequency


def choose_terms(counted, stems, analyzer, column, limits):
    """The counts of the terms that the limits leave, their columns, and what is written for each.

    Of texts without any term it is one column of zeros, named "".
    """
    n, forms = counted.n_unspaced, {}
    if makes_stems(analyzer):
        forms = written_forms(counted.words[n:], counted.totals, stems[n:])
    vocabulary = number_terms([*stems, *forms], n)
    if not vocabulary:
        # Most of what may follow takes no matrix without columns.
        return counted.matrix([[]], 1), {"": 0}, None
    columns = columns_of(counted, stems, vocabulary, analyzer)
    counts = counted.matrix(columns, len(vocabulary))
    kept = select_terms(counts, **limits)
    if not kept.size:
        raise ValueError(
            f"TextVectorizer keeps none of the {len(vocabulary)} terms of {name_column(column)} "
            f"({counts.shape[0]} text(s)) with min_df={limits['min_df']!r} and "
            f"max_df={limits['max_df']!r}; lower min_df or raise max_df."
        )
    if kept.size < len(vocabulary):
        terms = list(vocabulary)
        vocabulary = {terms[c]: i for i, c in enumerate(kept)}
        counts = counts[:, kept]
    if not makes_stems(analyzer):
        return counts, vocabulary, None
    written = [forms.get(term, term) for term in vocabulary]
    return counts, vocabulary, np.array(written, dtype=object)


def select_terms(counts, *, min_df, max_df, max_features):
    """Columns of the terms to keep, in order, as scikit-learn's vectorizers choose them.

    `min_df` and `max_df` bound the number of texts with the term, a float their share;
    `max_features` keeps those with the largest counts over all texts.
    """
    # The pattern alone tells the number of texts: a term is stored once a text, and never as 0.
    frequency = text_frequency(counts)
    fewest, most = (
        df if isinstance(df, (int, np.integer)) else df * counts.shape[0] for df in (min_df, max_df)
    )
    columns = np.flatnonzero((frequency >= fewest) & (frequency <= most))
    if max_features is not None and columns.size > max_features:
        totals = np.asarray(counts.sum(axis=0)).ravel()[columns]
        columns = np.sort(columns[np.argsort(-totals, kind="stable")[:max_features]])
    return columns
