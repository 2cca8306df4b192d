"""What the views say of items to those who liked others: sums of products with profiles."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.sparse as sp

from mmclassic.recommend._additive import (
    additive_scores,
    common_weight,
    mean_rows,
    shares_of,
)
from mmclassic.recommend._exact import Approximate
from mmclassic.utils import balance_rows, normalize_rows, row_norms, scale_rows
from mmclassic.views import Views

_PAIR_ENTRIES = 1 << 22  # of float64 rows at a time
_EPS = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class Profiles:
    """What askers are compared by: a row for each view, and the share of each view behind it."""

    rows: Views
    support: np.ndarray

    def __getitem__(self, rows):
        return Profiles(self.rows[rows], self.support[rows])

    def select(self, names):
        """The profiles in some of the views."""
        columns = [self.rows.names.index(name) for name in names]
        return Profiles(self.rows.select(*names), self.support[:, columns])


class CalibratedContent:
    """Scores in deviations from chance, the mean over all liked items, see `KNNRecommender`."""

    def __init__(self, similarity, weights):
        self.similarity = similarity
        self.weights = weights

    def profiles(self, history, features):
        """Of CSR histories over the items of `features`."""
        return self.combined(shares_of(history), features)

    def combined(self, factors, features):
        """Sums of the items times CSR factors (n_profiles, n_items)."""
        return Profiles(*mean_rows(factors, features))

    def of_rows(self, rows):
        """Of prepared rows that ask for themselves."""
        return Profiles(rows, rows.present.astype(np.float64))

    def scores(self, profiles, items):
        """Approximate scores (n_profiles, n_items)."""
        shape = len(profiles.rows), len(items)
        total, error = None, np.zeros(shape[0])
        for name, term in self._terms(profiles, items):
            # Added in place to the first: a sum begun with zeros reads and writes them once more.
            total = term if total is None else np.add(total, term, out=total)
            factor = self.weights[name] / self.similarity.scales_[name]
            error += factor * _rounding(profiles, name, items)
        total = np.zeros(shape, dtype=np.float32) if total is None else total
        pairs, whole = partial(self.pairs, profiles, items), partial(self.whole, profiles, items)
        return Approximate(total, error, pairs, whole)

    def whole(self, profiles, items):
        """Scores (n_profiles, n_items) in float64."""
        rows, total = _as_float64(profiles.rows), np.zeros((len(profiles.rows), len(items)))
        for part in _parts(len(items), items):
            terms = self.similarity.terms(
                rows, _as_float64(items[part]), support=profiles.support, weights=self.weights
            )
            for _, term in terms:
                total[:, part] += term
        return total

    def pairs(self, profiles, items, rows, columns):
        """Scores of pairs of a profile and an item, (n_pairs,), float64."""
        total = np.zeros(rows.size)
        for part in _parts(rows.size, items):
            some, others = profiles[rows[part]], items[columns[part]]
            views = _as_float64(some.rows), _as_float64(others)
            pairs = self.similarity.pairs(*views, support=some.support, weights=self.weights)
            for _, term in pairs:
                total[part] += term
        return total

    def between(self, profiles, others):
        """Products (n_profiles, n_others) of profiles, the centres of the views taken out."""
        total = np.zeros((len(profiles.rows), len(others.rows)))
        for _, term in self._products(self.similarity.terms, profiles, others):
            total += term
        return total

    def with_themselves(self, profiles):
        """Product of every profile with itself, (n_profiles,)."""
        total = np.zeros(len(profiles.rows))
        for _, term in self._products(self.similarity.pairs, profiles, profiles):
            total += term
        return total

    def _products(self, products, profiles, others):
        return products(
            dense_as_float64(profiles.rows),
            dense_as_float64(others.rows),
            support=profiles.support,
            item_support=others.support,
            weights=self.weights,
        )

    def _terms(self, profiles, items):
        return self.similarity.terms(
            profiles.rows, items, support=profiles.support, weights=self.weights
        )

    def explain(self, history, features, target):
        """Yield view, liked items and their contributions to the score of one prepared item."""
        shares = shares_of(history)
        liked, target = _as_float64(features[shares.indices]), _as_float64(target)
        for view, term in self.similarity.terms(liked, target, weights=self.weights):
            has = liked.mask(view) & target.mask(view)[0]
            if has.any():
                yield view, shares.indices[has], (shares.data * term[:, 0])[has]


class CosineContent:
    """Mean cosines over the views that a profile and an item have, see `KNNRecommender`."""

    def __init__(self, weights):
        self.weights = weights

    def profiles(self, history, features):
        """Of CSR histories over the items of `features`."""
        ratings = balance_rows(history)
        magnitudes = abs(ratings)
        blocks, present = {}, []
        for name in features.names:
            mass = magnitudes @ features.mask(name).astype(np.float64)
            inverse = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
            blocks[name] = scale_rows(ratings, inverse).astype(np.float32) @ features[name]
            present.append(mass > 0)
        return self.of_rows(Views(blocks, np.column_stack(present)))

    def of_rows(self, rows):
        """Of prepared rows that ask for themselves."""
        return Profiles(rows, rows.present.astype(np.float64))

    def scores(self, profiles, items):
        """Approximate scores (n_profiles, n_items)."""
        total = additive_scores(profiles.rows, items, self.weights)
        error = np.zeros(len(profiles.rows))
        for name in items.names:
            if name in profiles.rows:
                error += _rounding(profiles, name, items)
        pairs, whole = partial(self.pairs, profiles, items), partial(self.whole, profiles, items)
        return Approximate(total, error, pairs, whole)

    def whole(self, profiles, items):
        """Scores (n_profiles, n_items) in float64."""
        rows = _as_float64(profiles.rows)
        parts = _parts(len(items), items)
        nothing = [np.zeros((len(rows), 0))]
        found = [additive_scores(rows, _as_float64(items[part]), self.weights) for part in parts]
        return np.hstack(nothing + found)

    def pairs(self, profiles, items, rows, columns):
        """Scores of pairs of a profile and an item, (n_pairs,), float64."""
        total = np.zeros(rows.size)
        names = [name for name in items.names if name in profiles.rows and self.weights[name] > 0]
        for part in _parts(rows.size, items):
            some, others = _as_float64(profiles.rows[rows[part]]), _as_float64(items[columns[part]])
            support = np.zeros(rows[part].size)
            for name in names:
                total[part] += self.weights[name] * products_of_pairs(some[name], others[name])
                support += self.weights[name] * (some.mask(name) & others.mask(name))
            total[part] /= np.where(support > 0, support, 1.0)
        return total

    def explain(self, history, features, target):
        """Yield view, liked items and their contributions to the score of one prepared item."""
        profile = self.profiles(history, features.select(*target.names)).rows
        shared = {name: self.weights[name] for name in target.names}
        support = common_weight(profile, target, shared)[0, 0]
        ratings = balance_rows(history)
        for view in target.names:
            if shared[view] > 0 and profile.mask(view)[0] and target.mask(view)[0]:
                has = features.mask(view)[ratings.indices]
                liked, weights = ratings.indices[has], ratings.data[has]
                cosines = _products(features[view][liked], target[view])
                shares = weights / np.abs(weights).sum()
                yield view, liked, shared[view] / support * shares * cosines


def products_of_pairs(A, B):
    """Inner products of every row of A with the same row of B, (n_rows,)."""
    if sp.issparse(A) or sp.issparse(B):
        product = A.multiply(B) if sp.issparse(A) else B.multiply(A)
        return np.asarray(product.sum(axis=1), dtype=np.float64).ravel()
    return np.einsum("ij,ij->i", A, B)


def cosines(block):
    """Cosines of all pairs of rows, (n, n); 0 of rows of zeros."""
    rows = normalize_rows(block)
    found = rows @ rows.T
    return found.toarray() if sp.issparse(found) else found


def _rounding(profiles, name, items):
    """How far products in float32 of profiles with rows of length 2 at most are off.

    Errors of n roundings add up to less than 6 sqrt(n) of them, but for one product in billions
    (Higham and Mary 2019, A new approach to probabilistic rounding error analysis).
    """
    block = items[name]
    terms = np.diff(block.indptr).max(initial=0) if sp.issparse(block) else block.shape[1]
    support = np.abs(profiles.support[:, profiles.rows.names.index(name)])
    lengths = 2 * row_norms(profiles.rows[name]) + support
    return (6 * np.sqrt(terms) + 8) * _EPS * lengths


def _parts(n_pairs, items):
    width = sum(1 if sp.issparse(block) else block.shape[1] for block in items.blocks.values())
    step = max(1, _PAIR_ENTRIES // max(1, width))
    return [slice(start, min(start + step, n_pairs)) for start in range(0, n_pairs, step)]


def dense_as_float64(views):
    """Products of sparse rows have the same last bits in any block, and need it not."""
    blocks = {
        name: block if sp.issparse(block) else block.astype(np.float64, copy=False)
        for name, block in views.items()
    }
    return Views(blocks, views.present)


def _as_float64(views):
    blocks = {name: views[name].astype(np.float64, copy=False) for name in views.names}
    return Views(blocks, views.present)


def _products(rows, row):
    """Inner products of rows with a single row, float64."""
    products = rows.astype(np.float64) @ row.astype(np.float64).T
    return (products.toarray() if sp.issparse(products) else products).ravel()
