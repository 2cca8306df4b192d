"""A score of a fused vector, split by what the vector is the sum of; and the words of texts."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from mmclassic.interactions import CONTRIBUTION, ITEM, VIEW, find_ids
from mmclassic.utils import row_norms
from mmclassic.views import Views

_N_WORDS = 3
_TOLERANCE = 1e-6  # parts are often float32, so they sum to the whole only to that precision


def split_by_part(whole, parts, explain, fused):
    """The lines of an explanation for the view `fused`, split by the parts of the item's vector.

    A recommender that compares directions scores a row by the inner product of its unit row, so
    the score of a sum of rows is the sum of their scores, each times the length of the row over
    the length of the sum. What views beside the fused one take of the score is a common factor,
    read off the whole. A recommender whose scores do not add up so keeps its own explanation.
    """
    ours = whole[VIEW] == fused
    length = row_norms(sum(parts.values()))[0]
    tables = []
    for name, row in parts.items():
        share = row_norms(row)[0] / length if length > 0 else 0.0
        if share > 0:
            table = explain(Views({fused: row}))
            tables.append(table.assign(**{VIEW: name, CONTRIBUTION: share * table[CONTRIBUTION]}))
    if not tables or not ours.any():
        return whole
    split = pd.concat(tables, ignore_index=True)
    expected = whole[ours].groupby(ITEM)[CONTRIBUTION].sum()
    found = split.groupby(ITEM)[CONTRIBUTION].sum().reindex(expected.index, fill_value=0.0)
    scale = float(found @ found)
    factor = float(expected @ found) / scale if scale > 0 and not ours.all() else 1.0
    if np.abs(factor * found - expected).max() > _TOLERANCE * max(1.0, np.abs(expected).max()):
        return whole
    split[CONTRIBUTION] *= factor
    split = pd.concat([split, whole[~ours]], ignore_index=True)
    order = np.argsort(-split[CONTRIBUTION].abs().to_numpy(), kind="stable")
    return split.iloc[order].reset_index(drop=True)


def add_words(parts, item, row, known, terms):
    """The lines of an explanation with the words that speak for the text views among them.

    `row` holds a new item as the recommender `known` compares it, None is the fitted `item`;
    `terms` are by view what its columns stand for.
    """
    words = np.full(len(parts), "", dtype=object)
    features = known.features_
    if row is None:
        target = features[np.flatnonzero(known.item_ids_ == item)]
    else:
        target = known.similarity_.prepare(row)
    places = find_ids(known.item_ids_, parts[ITEM].to_numpy())
    for line, (place, view) in enumerate(zip(places, parts[VIEW])):
        if view in terms and issparse(features[view]) and view in target:
            both = features[view][[place]].multiply(target[view]).tocsr()
            best = np.argsort(-both.data, kind="stable")[:_N_WORDS]
            words[line] = ", ".join(terms[view][both.indices[best]])
    return parts.assign(words=words)
