"""Queries with terms of the items that they find (RM3)."""

from numbers import Integral

import numpy as np
import scipy.sparse as sp

from mmclassic.utils import row_norms
from mmclassic.views import Views

# Half and half, and ten terms, as Abdul-Jaleel et al. and most after them.
_INTERPOLATION = 0.5
_N_TERMS = 10


def check_feedback(feedback):
    """Refuse, by an error, what is no number of items."""
    if isinstance(feedback, bool) or not isinstance(feedback, Integral) or feedback < 0:
        raise ValueError(f"feedback is a number of items, 0 or more; got {feedback!r}.")


def expand(queries, items, best, names):
    """Queries whose views of terms, some of `names`, have the strongest terms of their best items.

    `best` is a table of query, row (of the item) and score.
    """
    told = [name for name in queries.names if name in names and sp.issparse(queries[name])]
    if not told:
        raise ValueError(
            f"feedback adds terms to a query, and none of its views {list(queries.names)} has "
            "columns that are terms; ask by a text, or leave feedback out."
        )
    blocks = {name: queries[name] for name in queries.names}
    for name in told:
        rows = [
            _expanded(queries[name][[i]], items[name], found)
            for i, found in _of_queries(best, len(queries), items.mask(name))
        ]
        blocks[name] = sp.vstack(rows, format="csr").astype(queries[name].dtype)
    return Views(blocks, queries.present)


def _of_queries(best, n_queries, present):
    """Rows and scores of the items found by each query that have the view."""
    best = best[present[best["row"].to_numpy()]]
    groups = dict(list(best.groupby("query")))
    for i in range(n_queries):
        group = groups.get(i, best.iloc[:0])
        yield i, (group["row"].to_numpy(), group["score"].to_numpy(np.float64))


def _expanded(query, block, found):
    rows, scores = found
    scores = np.maximum(scores, 0.0)
    if not query.nnz or not scores.sum() > 0:
        return query
    model = sp.csr_matrix(scores / scores.sum()) @ _shares(block[rows])
    strongest = np.argsort(-model.data, kind="stable")[:_N_TERMS]
    terms = (model.data[strongest], (np.zeros_like(strongest), model.indices[strongest]))
    feedback = _shares(sp.csr_matrix(terms, shape=query.shape))
    mixed = (1 - _INTERPOLATION) * _shares(query) + _INTERPOLATION * feedback
    # As long as before, for what compares rows as they are.
    return sp.csr_matrix(mixed * (row_norms(query)[0] / np.sqrt(mixed.multiply(mixed).sum())))


def _shares(rows):
    """Rows scaled to sum to 1; those of zeros stay."""
    rows = sp.csr_matrix(rows, dtype=np.float64)
    totals = np.asarray(rows.sum(axis=1)).ravel()
    return sp.diags(np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)) @ rows
