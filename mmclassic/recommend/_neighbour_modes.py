"""What `KNNRecommender` compares by mode="neighbours" and mode="users", once fitted."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.recommend._content import cosines
from mmclassic.recommend._neighbours import ItemNeighbours, UserNeighbours
from mmclassic.recommend._weighting import FeatureWeighting
from mmclassic.utils import are_numbers, canonical_csr, is_finite, is_weight, per_view, require
from mmclassic.views import Views

INTERACTIONS = "interactions"
ITEMS_ALIKE, USERS_ALIKE = "items alike", "users alike"


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks that stand side by side: their weights and widths, and how each is weighed by itself.

    A block is multiplied by its weight first. Those of a weight of 0 are left out.
    """

    weights: dict
    widths: dict
    weightings: dict

    @classmethod
    def fit(cls, blocks, weights, weighting):
        """Learn from blocks by name; `weighting` is None or a dict, see `KNNRecommender`."""
        weighting = per_view(
            weighting,
            blocks,
            parameter="weighting",
            accepts=lambda value: value in (None, "tfidf", "bm25"),
            expected="None, 'tfidf' or 'bm25'",
        )
        fitted = cls(weights, {name: block.shape[1] for name, block in blocks.items()}, {})
        for name, block in fitted._weighted(blocks):
            fitted.weightings[name] = FeatureWeighting(weighting[name]).fit(block)
        return fitted

    def stack(self, blocks, n_rows):
        """CSR (n_rows, n_features) of blocks by name; those that are not there hold zeros."""
        nothing = {name: sp.csr_matrix((n_rows, width)) for name, width in self.widths.items()}
        parts = self._weighted({**nothing, **blocks})
        weighed = [self.weightings[name].transform(block) for name, block in parts]
        return sp.hstack(weighed, format="csr")

    def _weighted(self, blocks):
        for name, weight in self.weights.items():
            if weight > 0:
                yield name, canonical_csr(sp.csr_matrix(blocks[name], dtype=float) * weight, name)

    def _check_state(self):
        require(are_numbers(self.weights, self.widths), self, "weights are not those of blocks.")
        fits = set(self.weightings) == {n for n, weight in self.weights.items() if weight > 0}
        require(fits, self, "weightings are not those of blocks.")

    @property
    def n_features(self):
        """How many there are side by side."""
        return sum(self.widths[name] for name, weight in self.weights.items() if weight > 0)


@dataclass(frozen=True, eq=False)
class ItemsAlike:
    """Items by who used them and by their views, side by side."""

    blocks: Blocks
    neighbours: ItemNeighbours

    @classmethod
    def fit(cls, neighbours, features, preferences, weights, weighting):
        """Of Views or None, CSR preferences (n_users, n_items), and a fresh ItemNeighbours."""
        blocks = {} if features is None else dict(features.blocks)
        blocks[INTERACTIONS] = preferences.T
        apart = isinstance(weighting, dict)
        stack = Blocks.fit(blocks, weights, weighting if apart else None)
        neighbours.set_params(weighting=None if apart else weighting)
        return cls(stack, neighbours.fit(stack.stack(blocks, preferences.shape[1])))

    def score(self, history, candidates):
        """Scores (n_askers, n_candidates) for CSR histories (n_askers, n_items)."""
        weights = candidates.once(lambda: self.weights_of(candidates))
        return self.neighbours.score(history, weights)

    def explain(self, history, candidates):
        """Yield view, liked items and their contributions to the score of one candidate."""
        yield ITEMS_ALIKE, *self.neighbours.explain(history, self.weights_of(candidates))

    def weights_of(self, candidates):
        """What liked items (rows) say for candidates: CSR (n_items, n_candidates)."""
        found = candidates.columns(self.neighbours.weights_)
        new = np.flatnonzero(candidates.positions < 0)
        if candidates.features is None or not new.size:
            return found
        of_new = self.neighbours.weights_of(self._stack(candidates.features[new]))
        places = np.ones(new.size, dtype=np.float32), (np.arange(new.size), new)
        return found + of_new @ sp.csr_matrix(places, shape=(new.size, found.shape[1]))

    def similarities(self, candidates):
        """Similarities (n_candidates, n_items) to the fitted items."""
        return self.neighbours.nearest_.similarities(*self._compared(candidates))

    def alike(self, candidates):
        """Cosines (n_candidates, n_candidates)."""
        return cosines(self._compared(candidates)[0])

    def _compared(self, candidates):
        """Rows as they are compared, and their squared lengths."""
        known = candidates.positions >= 0
        rows, lengths = self.neighbours.nearest_.fitted(candidates.positions[known])
        if known.all():
            return rows, lengths
        if candidates.features is None:
            raise ValueError(
                "this KNNRecommender was fitted on interactions alone, so that new rows have "
                "nothing to be compared by; ask by ids, or fit it on items."
            )
        new, of_new = self.neighbours.compared(self._stack(candidates.features[~known]))
        order = np.argsort(np.concatenate([np.flatnonzero(known), np.flatnonzero(~known)]))
        rows = sp.vstack([rows, new], format="csr")
        return rows[order], np.concatenate([lengths, of_new])[order]

    def _stack(self, views):
        """Rows of new items, which nobody has used."""
        return self.blocks.stack(views.blocks, len(views))

    def check(self, owner):
        """Raise ValueError unless the loaded state fits that of the recommender."""
        n_users, n_items = owner.interactions_.shape
        given = {} if owner.features_ is None else owner.view_widths_in_
        fits = self.blocks.widths == {**given, INTERACTIONS: n_users}
        require(fits, owner, "what items are compared by is not what was fitted.")
        weights, rows = self.neighbours.weights_, self.neighbours.nearest_.columns_
        fits = weights.shape == (n_items,) * 2 and rows.shape == (self.blocks.n_features, n_items)
        require(fits, owner, f"neighbours_ is no matrix of shape {(n_items, n_items)}.")


@dataclass(frozen=True, eq=False)
class UsersAlike:
    """Users by what they did."""

    neighbours: UserNeighbours

    def score(self, history, candidates):
        """Scores (n_askers, n_candidates) for CSR histories (n_askers, n_items)."""
        given = candidates.once(lambda: candidates.columns(self.neighbours.interactions_))
        return self.neighbours.score(history, given)

    def explain(self, history, candidates):
        """Yield view, liked items and their contributions to the score of one candidate."""
        given = candidates.columns(self.neighbours.interactions_)
        yield USERS_ALIKE, *self.neighbours.explain(history, given)

    def check(self, owner):
        """Raise ValueError unless the loaded state fits that of the recommender."""
        shape = owner.interactions_.shape
        rows, given = self.neighbours.nearest_.columns_, self.neighbours.interactions_
        fits = rows.shape == shape[::-1] and given.shape == shape
        require(fits, owner, f"users are not compared by a matrix of shape {shape}.")


def fit_neighbours(model, preferences):
    """What a `KNNRecommender` compares, and the weights of its blocks or None.

    Its parameters and `features_` count, and CSR preferences (n_users, n_items).
    """
    settings = {"n_neighbors": model.n_neighbors, "shrink": model.shrink}
    if model.mode == "users":
        users = UserNeighbours(model.similarity, weighting=model.weighting, **settings)
        return UsersAlike(users.fit(preferences)), None
    items = ItemNeighbours(model.similarity, **settings)
    weights = block_weights(model.weights, model.features_)
    found = ItemsAlike.fit(items, model.features_, preferences, weights, model.weighting)
    return found, weights


def block_weights(weights, features):
    """Weight of every view of Views or None, and of the interactions, as they were given."""
    names = () if features is None else features.names
    if INTERACTIONS in names:
        raise ValueError(
            f"a view is called {INTERACTIONS!r}, as mode='neighbours' calls who used an item; "
            "rename the view."
        )
    if isinstance(weights, str):
        raise ValueError(
            f"weights={weights!r} is for mode='profile'; with mode='neighbours' give a dict of "
            "weights, or None."
        )
    weights = per_view(
        1.0 if weights is None else weights,
        (*names, INTERACTIONS),
        parameter="weights",
        accepts=is_weight,
        expected="a finite number of at least 0 (which leaves it out)",
    )
    if not any(weights.values()):
        raise ValueError(f"weights must not all be 0; got {weights}.")
    return {name: float(weight) for name, weight in weights.items()}


def rows_in_float32(views):
    """Views as they are, in float32; ValueError where a number is too large for it."""
    blocks = {}
    for name, block in views.items():
        with np.errstate(over="ignore"):
            blocks[name] = block.astype(np.float32, copy=False)
        if not is_finite(blocks[name]):
            raise ValueError(
                f"view {name!r}: its largest number is beyond the range of float32; divide the "
                "view by one number."
            )
    return Views(blocks, views.present)
