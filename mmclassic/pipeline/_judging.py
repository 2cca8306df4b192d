"""How well the modalities of items agree."""

import numpy as np
import pandas as pd
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import ITEM, read_ids
from mmclassic.match import consistency
from mmclassic.pipeline._parts import offers

_ROUNDING = 1e-4  # of a place's length: files read twice in other batches differ by less


class JudgingMixin:
    """Judges items by how their modalities agree in the shared space."""

    def consistency(self, items=None):
        """How well the modalities of each item agree; a large p-value marks a suspicious listing.

        Parameters
        ----------
        items : DataFrame or Views, default=None
            Rows to judge, some dozens at least, for they are compared with each
            other. None is the fitted items. Fitted items, also those among `items`, are
            judged as they were fitted, each by an aligner that was fitted without it: five more
            fits.

        Returns
        -------
        judged : DataFrame
            By item identifier: agreement, the mean similarity over the item's pairs of
            modalities in the shared space (the cosine, or what the aligner names), and
            p_value, the share of wrong partners that agree at least as well. NaN where it has
            fewer than two modalities. See `mmclassic.match.consistency`.

        Raises
        ------
        ValueError
            If the model has no aligner, or has fewer than ten fitted items and these are judged.
        """
        self._need_aligner("consistency compares modalities in the shared space of an aligner")
        metric = self._space.metric
        if items is None:
            fitted = self._space.fusable(self.views_)
            judged = consistency(self.aligner_, fitted, self._classes, metric=metric)
            return judged.set_index(pd.Index(self.item_ids_, name=ITEM))
        ids = read_ids(items, self.item_id)
        space = self._space.fusable(self._space.embed(self._read(items)))
        judged = consistency(space, metric=metric)
        positions = pd.Index(self.item_ids_).get_indexer(ids)
        rows = _known_rows(space, self._space.fusable(self.space_), positions)
        if rows.size:
            judged.iloc[rows] = self.consistency().iloc[positions[rows]]
        return judged.set_index(pd.Index(ids, name=ITEM))

    @available_if(offers("aligner", "score"))
    def score(self, items=None, y=None):
        """Mean correlation of the modalities of (held-out) items in the shared space.

        Parameters
        ----------
        items : DataFrame or Views, default=None
            Rows with at least two modalities. None is the fitted items, each in the space of an
            aligner that was fitted without it: five more fits.
        y : None
            Not used.

        Returns
        -------
        score : float
            See `BaseAligner.score`. To choose by the quality of recommendations, use
            `mmclassic.evaluate.cold_item_scorer`.

        Raises
        ------
        ValueError
            If the model has no aligner, and so no such correlation.
        """
        self._need_aligner(
            "score is the correlation of modalities in the shared space of an aligner; to choose "
            "by the quality of recommendations pass scoring=cold_item_scorer(interactions)"
        )
        if items is None:
            if not hasattr(self.aligner_, "cross_score"):
                raise ValueError(
                    f"{type(self.aligner_).__name__} has no cross_score to judge the rows it was "
                    "fitted on by; pass other items."
                )
            return self.aligner_.cross_score(self._space.fusable(self.views_), self._classes)
        return self.aligner_.score(self._space.fusable(self._read(items)))

    def _need_aligner(self, why):
        check_is_fitted(self)
        if self.aligner_ is None:
            raise ValueError(f"{why}, and this model was fitted without one.")


def _known_rows(space, known, positions):
    """The aligned rows that were fitted.

    `positions` are those of the rows' identifiers among the fitted rows, -1 for others; `known` are
    the places of these. A row with another picture or text than was fitted is a new row.
    """
    rows = np.flatnonzero(positions >= 0)
    return rows[_same_places(space[rows], known[positions[rows]])]


def _same_places(found, known):
    """Whether all views that rows have are at the places of those of fitted rows."""
    same = np.ones(len(found), dtype=bool)
    for name, block in found.items():
        has, had = found.mask(name), known.mask(name)
        both = np.flatnonzero(has & had)
        size = np.linalg.norm(known[name][both], axis=1)
        same[both] &= np.linalg.norm(block[both] - known[name][both], axis=1) <= _ROUNDING * size
        same &= had | ~has
    return same
