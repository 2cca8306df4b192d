"""Scores of `KNNRecommender` by mode="profile": content, and what users say beside it."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend._content import cosines
from mmclassic.recommend._exact import nothing_said
from mmclassic.recommend._signal_weights import CONTENT, TERMS
from mmclassic.recommend._signals import (
    COLLABORATIVE,
    NEW_ITEMS,
    USERS,
    Signals,
    collaborative_parts,
    signal_terms,
    users_alike_parts,
)
from mmclassic.utils import are_numbers, require
from mmclassic.views import Views

_PARTS = {
    COLLABORATIVE: collaborative_parts,
    NEW_ITEMS: collaborative_parts,
    USERS: users_alike_parts,
}


@dataclass(frozen=True, eq=False)
class ProfileScores:
    """Scores by `content` of the prepared `features`, and by `signals`, if not None.

    `signal_weights` are those of the terms, that of the content among them.
    """

    content: object
    features: Views
    signals: Signals | None
    signal_weights: dict | None

    def score(self, history, candidates):
        """Scores (n_askers, n_candidates) for CSR histories (n_askers, n_items)."""
        return self._of(history, self.content.profiles(history, self.features), candidates)

    def score_rows(self, rows, candidates):
        """The same for those who like one prepared row each."""
        history = sp.csr_matrix((len(rows), len(self.features)))
        return self._of(history, self.content.of_rows(rows), candidates)

    def explain(self, history, asked):
        """Yield view, liked items and their contributions.

        What is said of an item whatever was liked comes without items.
        """
        found = self.content.explain(history, self.features, asked.features)
        if self.signals is None:
            yield from found
            return
        share = self.signal_weights[CONTENT]
        for view, liked, parts in found:
            yield view, liked, share * parts
        profiles = self.content.profiles(history, self.features)
        for name, term in self._said_by_users(history, profiles, asked):
            if term[0, 0] == 0:
                continue
            if name in _PARTS:
                liked, parts = _PARTS[name](
                    self.signals, self.content, self.features, history, asked
                )
                yield name, liked, self.signal_weights[name] * parts
            else:
                yield name, np.empty(0, dtype=np.int64), term[0]

    def alike(self, candidates):
        """Mean cosines (n_candidates, n_candidates)."""
        weights, n = self.content.weights, candidates.positions.size
        total = np.zeros((n, n))
        for name, block in candidates.features.items():
            total += weights[name] * cosines(block)
        return total / sum(weights.values())

    def _of(self, history, profiles, candidates):
        items = candidates.features
        common = [name for name in items.names if name in profiles.rows]
        if common:
            found = self.content.scores(profiles.select(common), items.select(*common))
        else:
            found = nothing_said(len(profiles.rows), len(items))
        if self.signals is None:
            return found
        total = np.zeros(found.scores.shape, dtype=np.float32)
        for _, term in self._said_by_users(history, profiles, candidates):
            total += term
        return found.blended(self.signal_weights[CONTENT], total)

    def _said_by_users(self, history, profiles, candidates):
        """Yield name and weighted term (n_askers, n_candidates) of the signals."""
        weights = self.signal_weights
        names = [name for name in weights if name != CONTENT and weights[name] > 0]
        terms = signal_terms(
            self.signals, self.content, self.features, history, profiles, candidates, names
        )
        for name, term in terms:
            yield name, np.float32(weights[name]) * term


def check_profile(model):
    """Raise ValueError unless the state of a loaded recommender fits together."""
    names = model.features_.names
    fits = model.features_.widths == model.view_widths_in_
    require(fits, model, f"features_ has not the widths {model.view_widths_in_}.")
    require(are_numbers(model.view_weights_, names), model, "view_weights_ are no weights.")
    if model.metric == "calibrated":
        fits = isinstance(model.similarity_, CalibratedSimilarity)
        fits = fits and model.similarity_.view_widths_in_ == model.view_widths_in_
        require(fits, model, "similarity_ is not of the fitted views.")
    else:
        require(model.similarity_ is None, model, "similarity_ belongs to another metric.")
    columns = model._weight_columns or {}
    fits = all(len(column) == len(model.view_weights_) for column in columns.values())
    require(fits, model, "weights_ has not a row for every view.")
    weights = model._signal_columns
    fits = weights is None or (
        set(weights) == {"weight", "alone"}
        and all(are_numbers(column, TERMS) for column in weights.values())
    )
    require(fits, model, "signals_ has not a row for every term.")
    signals = model._signals
    fits = signals is None or (isinstance(signals, Signals) and weights is not None)
    shape = model.user_ids_.size, model.item_ids_.size
    fits = fits and (signals is None or signals.likes.shape == shape)
    require(fits, model, "what users say is of other users or items.")
