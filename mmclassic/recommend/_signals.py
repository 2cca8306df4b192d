"""What others who used the catalogue say of an item: terms beside those of its content.

Every term is (n_askers, n_candidates) float32, a mean over what an asker likes.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mmclassic.recommend._additive import shares_of
from mmclassic.recommend._content import Profiles
from mmclassic.recommend._expected import expected_popularity, popularity_profile
from mmclassic.utils import is_array, is_finite, require, scale_rows, sparse_product, top_k
from mmclassic.views import Views

COLLABORATIVE = "collaborative"
NEW_ITEMS = "collaborative (new items)"
USERS = "users alike"
POPULARITY = "popularity"
NEW_POPULARITY = "popularity (new items)"
LIKING = "liking"
NEW_SIGNALS = (NEW_ITEMS, NEW_POPULARITY)  # of items that nobody likes yet
SIGNALS = (COLLABORATIVE, NEW_ITEMS, USERS, POPULARITY, NEW_POPULARITY, LIKING)
_SHRINK = 5.0  # interactions of an item at which its neighbours say as much as they do
_N_NEIGHBOURS = 50  # items
_N_LIKED = 100  # liked items that speak for an item
_FEWEST_ALIKE, _MOST_ALIKE = 100, 1000  # users, an eighth of all in between
_MOST_LIKERS = 200  # of an item's neighbours: with more, matrices of large shops would not fit
_DENSE = 0.1  # filled share of a matrix above which a dense product is faster
_MOST_ENTRIES = 1 << 25  # of a dense matrix, 256 MiB


@dataclass(frozen=True, eq=False)
class Signals:
    """What interactions say, made of them and of the items' neighbours by content.

    `near` is `nearest_items` of the items. `smoothed` is CSR (n_items, n_users): who likes an item,
    blended with who likes its neighbours. `alike` is CSR (n_items, n_items), what a liked item
    (row) says for each other one. `likes` is
    CSR (n_users, n_items), `users` are the users' profiles and `mean` their mean, `with_mean` the
    products of each with it, `mean_square` that of the mean itself, and `lengths` how long profiles
    are about it. `warm` is whether somebody likes an item, `popularity` and `liking` are what the
    items have of these; `expected` is how popular those should be that nobody likes, 0 of others,
    and `expecting` the profile that says so.
    """

    near: sp.csr_matrix
    smoothed: sp.csr_matrix
    alike: sp.csr_matrix
    likes: sp.csr_matrix
    users: Profiles
    mean: Profiles
    with_mean: np.ndarray
    mean_square: float
    lengths: np.ndarray
    warm: np.ndarray
    popularity: np.ndarray
    liking: np.ndarray
    expected: np.ndarray
    expecting: Profiles

    def _check_state(self):
        for matrix in (self.near, self.smoothed, self.alike, self.likes):
            fits = sp.issparse(matrix) and matrix.format == "csr" and is_finite(matrix)
            require(fits, self, "what users like is no matrix.")
        n_users, n_items = self.likes.shape
        square = {self.near.shape, self.alike.shape} == {(n_items, n_items)}
        fits = square and self.smoothed.shape == (n_items, n_users)
        require(fits, self, "smoothed is of other items.")
        for profiles, n in ((self.users, n_users), (self.mean, 1), (self.expecting, 1)):
            fits = isinstance(profiles, Profiles) and profiles.support.shape[:1] == (n,)
            require(fits and len(profiles.rows) == n, self, "profiles are of other users.")
        for values in (self.lengths, self.with_mean):
            require(is_array(values, "f", (n_users,)), self, "numbers are of other users.")
        require(is_array(self.warm, "b", (n_items,)), self, "numbers are of other items.")
        for values in (self.popularity, self.liking, self.expected):
            require(is_array(values, "f", (n_items,)), self, "numbers are of other items.")
        require(isinstance(self.mean_square, float), self, "mean_square is no number.")


def nearest_items(content, rows, features, own=None):
    """CSR (n_rows, n_items) of the fitted items nearest to prepared rows, each row summing to 1.

    `own` are the places of the rows among the items, which are not their own neighbours.
    """
    n_rows, n_items = len(rows), len(features)
    k = min(_N_NEIGHBOURS, n_items)
    places, values = [], []
    step = max(1, _MOST_ENTRIES // 8 // max(n_items, 1))
    for start in range(0, n_rows, step):
        part = slice(start, min(start + step, n_rows))
        found = content.scores(content.of_rows(rows[part]), features)
        if own is not None:
            found.scores[np.arange(part.stop - start), own[part]] = -np.inf
        order, scores = found.best(k)
        places.append(order)
        values.append(np.maximum(scores, 0))
    columns = np.concatenate([*places, np.empty((0, k), dtype=np.int64)])
    weights = np.concatenate([*values, np.empty((0, k), dtype=np.float32)]).astype(np.float64)
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    pointers = np.arange(n_rows + 1) * k
    near = sp.csr_matrix((weights.ravel(), columns.ravel(), pointers), shape=(n_rows, n_items))
    near.sort_indices()
    near.eliminate_zeros()
    return near.astype(np.float32)


def derive_signals(content, features, preferences, near, items=None, *, expects=True):
    """Signals of CSR preferences (n_users, n_items); `near` is `nearest_items` of the items.

    With `items`, positions, what liked items say is derived for these alone; without `expects` no
    popularity is expected of any.
    """
    preferences = sp.csr_matrix(preferences, copy=True)
    preferences.data = np.sign(preferences.data) * np.log2(1 + np.abs(preferences.data))
    preferences.eliminate_zeros()
    of_users = np.asarray(abs(preferences).sum(axis=1)).ravel()
    of_items = np.asarray(abs(preferences).sum(axis=0)).ravel()
    likes = scale_rows(preferences, 1 / np.sqrt(of_users + _SHRINK)).astype(np.float32)
    by_item = scale_rows(likes.T.tocsr(), 1 / np.sqrt(np.where(of_items > 0, of_items, 1)))
    own = of_items / (of_items + _SHRINK)
    smoothed = scale_rows(by_item, own) + _of_neighbours(near, by_item, 1 - own)
    smoothed = sp.csr_matrix(smoothed).astype(np.float32)
    users = content.profiles(preferences, features)
    mean_profile = _mean_profile(users)
    with_mean = content.between(users, mean_profile)[:, 0]
    mean_square = float(content.with_themselves(mean_profile)[0])
    own_square = content.with_themselves(users) - 2 * with_mean + mean_square
    signed = np.asarray(preferences.sum(axis=0)).ravel()
    mean = signed.sum() / max(of_items.sum(), 1e-12)
    warm, popularity = of_items > 0, np.log2(1 + of_items)
    told = warm if expects else np.zeros_like(warm)
    expecting = popularity_profile(content, features, popularity, told)
    expected = np.zeros(warm.size, dtype=np.float32)
    expected[~warm] = expected_popularity(content, expecting, features[~warm])
    return Signals(
        near=near,
        smoothed=smoothed,
        alike=_alike_items(smoothed, np.arange(len(features)) if items is None else items),
        likes=sp.csr_matrix(likes),
        users=users,
        mean=mean_profile,
        with_mean=with_mean,
        mean_square=mean_square,
        lengths=np.sqrt(np.maximum(own_square, 0)),
        warm=warm,
        popularity=popularity,
        liking=(signed + _SHRINK * mean) / (of_items + _SHRINK) - mean,
        expected=expected,
        expecting=expecting,
    )


def _of_neighbours(near, by_item, shares):
    """Who likes the neighbours of items, times the items' shares: the users that count most."""
    parts, step = [], max(1, _MOST_ENTRIES // 8 // max(1, by_item.shape[1]))
    for start in range(0, near.shape[0], step):
        rows = slice(start, start + step)
        part = scale_rows(sp.csr_matrix(near[rows] @ by_item), shares[rows])
        if np.diff(part.indptr).max(initial=0) > _MOST_LIKERS:
            part = _largest(part, _MOST_LIKERS)
        parts.append(part)
    return sp.vstack(parts, format="csr") if parts else near @ by_item


def _largest(matrix, k):
    """CSR of the k entries of every row that are furthest from 0."""
    dense = matrix.toarray()
    best = np.sort(top_k(np.abs(dense), k), axis=1)
    values = np.take_along_axis(dense, best, axis=1)
    pointers = np.arange(len(best) + 1) * k
    kept = sp.csr_matrix((values.ravel(), best.ravel(), pointers), shape=matrix.shape)
    kept.eliminate_zeros()
    return kept


def signal_terms(signals, content, features, history, profiles, candidates, names=SIGNALS):
    """Yield name and term of CSR histories, whose content profiles are at hand, and candidates."""
    known = candidates.positions >= 0
    warm = np.zeros(known.size, dtype=bool)
    warm[known] = signals.warm[candidates.positions[known]]

    def of_candidates():
        weights = _alike_to(signals, content, features, candidates)
        expected = candidates.of(signals.expected)
        expected[~known] = expected_popularity(
            content, signals.expecting, candidates.features[~known]
        )
        return weights, candidates.columns(signals.likes), expected

    weights, likes, expected = candidates.once(of_candidates)
    if COLLABORATIVE in names or NEW_ITEMS in names:
        liked = sparse_product(shares_of(history).astype(np.float32), weights)
        for name, of in ((COLLABORATIVE, warm), (NEW_ITEMS, ~warm)):
            if name in names:
                yield name, liked * of
    if USERS in names:
        yield USERS, _users_alike(signals, content, profiles, likes)
    told = {
        POPULARITY: candidates.of(signals.popularity),
        NEW_POPULARITY: expected,
        LIKING: candidates.of(signals.liking),
    }
    for name, values in told.items():
        if name in names:
            yield name, np.broadcast_to(values.astype(np.float32), (history.shape[0], known.size))


def collaborative_parts(signals, content, features, history, asked):
    """Liked items and the parts of either collaborative term for one history and one item."""
    weights = _alike_to(signals, content, features, asked)
    parts = sp.csr_matrix(shares_of(history).multiply(weights.T))
    return parts.indices, parts.data


def _alike_to(signals, content, features, candidates):
    """CSR (n_items, n_candidates): what liking an item says for a candidate."""
    if candidates.are_all:
        return signals.alike
    weights = sp.csr_matrix(signals.alike[:, np.maximum(candidates.positions, 0)])
    new = np.flatnonzero(candidates.positions < 0)
    if not new.size:
        return weights
    near = nearest_items(content, candidates.features[new], features)
    own = np.full(new.size, -1)
    found = _alike(near @ signals.smoothed, signals.smoothed, own).T.tocsr()
    order = np.arange(candidates.positions.size)
    order[new] = candidates.positions.size + np.arange(new.size)
    return sp.csr_matrix(sp.hstack([weights, found], format="csc")[:, order])


def _alike_items(smoothed, items):
    """CSR (n_items, n_items) of what liked items (rows) say for some of the items."""
    found = _alike(smoothed[items], smoothed, items).tocoo()
    places = found.col, items[found.row]
    return sp.csr_matrix((found.data, places), shape=(smoothed.shape[0],) * 2)


def _alike(rows, smoothed, own):
    """CSR (n_rows, n_items) of the items whose smoothed likes are most like those of rows.

    `own` is the place of each row among the items, or -1.
    """
    likers, k = smoothed.T.tocsr(), min(_N_LIKED, smoothed.shape[0])
    parts = [sp.csr_matrix((0, smoothed.shape[0]), dtype=np.float32)]
    step = max(1, _MOST_ENTRIES // 8 // max(1, smoothed.shape[0]))
    for start in range(0, rows.shape[0], step):
        part = slice(start, min(start + step, rows.shape[0]))
        found = _product(rows[part], likers)
        known = np.flatnonzero(own[part] >= 0)
        found[known, own[part][known]] = 0
        best = top_k(found, k)
        values = np.maximum(np.take_along_axis(found, best, axis=1), 0)
        pointers = np.arange(len(best) + 1) * k
        parts.append(sp.csr_matrix((values.ravel(), best.ravel(), pointers), shape=found.shape))
    alike = sp.vstack(parts, format="csr")
    alike.sort_indices()
    alike.eliminate_zeros()
    return alike


def users_alike_parts(signals, content, features, history, asked):
    """Liked items and their parts of the term of users alike for one history and one item."""
    shares = shares_of(history)
    one_each = np.sign(shares.data), shares.indices, np.arange(shares.nnz + 1)
    one_each = sp.csr_matrix(one_each, shape=(shares.nnz, len(features)))
    users = _alike_users(user_similarities(signals, content, content.profiles(history, features)))
    likes = asked.columns(signals.likes)[users.indices].toarray()[:, 0]
    # Products about the mean add up over what is liked: each has its share of what it says.
    products = _about_mean(signals, content, content.profiles(one_each, features))
    products = np.abs(shares.data)[:, None] * products[:, users.indices]
    whole = products.sum(axis=0)
    return shares.indices, products @ (users.data * likes / whole)


def _users_alike(signals, content, profiles, likes):
    """What the users like whose profiles are most alike, in CSR (n_users, n_candidates).

    Means weighted by how alike they are.
    """
    n_askers, parts = len(profiles.rows), []
    step = max(1, _MOST_ENTRIES // 8 // max(1, len(signals.users.rows)))
    for start in range(0, max(1, n_askers), step):
        some = profiles[start : start + step]
        parts.append(_alike_users(user_similarities(signals, content, some)))
    return _product(sp.vstack(parts, format="csr").astype(np.float32), likes)


def _alike_users(alike):
    """CSR (n_askers, n_users) of the users most alike, each row summing to 1."""
    n_users = alike.shape[1]
    k = min(n_users, int(np.clip(n_users // 8, _FEWEST_ALIKE, _MOST_ALIKE)))
    nearest = top_k(alike, k)
    weights = np.maximum(np.take_along_axis(alike, nearest, axis=1), 0)
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    pointers = np.arange(len(nearest) + 1) * k
    shape = (len(nearest), n_users)
    weights = sp.csr_matrix((weights.ravel(), nearest.ravel(), pointers), shape=shape)
    weights.sort_indices()
    weights.eliminate_zeros()
    return weights


def user_similarities(signals, content, profiles):
    """Cosines (n_askers, n_users) of profiles about the mean of all, float32."""
    products = _about_mean(signals, content, profiles)
    with_mean = content.between(profiles, signals.mean)[:, 0]
    own = content.with_themselves(profiles) - 2 * with_mean + signals.mean_square
    size = np.sqrt(np.maximum(own, 0))[:, None] * signals.lengths
    return np.divide(products, size, out=np.zeros_like(products), where=size > 1e-9).astype(
        np.float32
    )


def _about_mean(signals, content, profiles):
    """Products (n_profiles, n_users) with the users' profiles, the mean taken out of both."""
    products = content.between(profiles, signals.users)
    products -= content.between(profiles, signals.mean) - signals.mean_square
    products -= signals.with_mean
    return products


def _mean_profile(users):
    """The mean of profiles, as one."""
    blocks = {}
    for name, block in users.rows.items():
        mean = np.asarray(block.mean(axis=0)).reshape(1, -1)
        blocks[name] = sp.csr_matrix(mean) if sp.issparse(block) else mean
    return Profiles(Views(blocks), users.support.mean(axis=0, keepdims=True))


def _product(A, B):
    """A times B, dense, with the same numbers whatever other rows there are."""
    largest = max(A.shape[0] * A.shape[1], B.shape[0] * B.shape[1])
    if min(_filled(A), _filled(B)) < _DENSE or largest > _MOST_ENTRIES:
        return sparse_product(sp.csr_matrix(A), B)
    # Rounded, for the last bits of a dense product hang on its shape.
    return (A.toarray().astype(np.float64) @ B.toarray().astype(np.float64)).astype(np.float32)


def _filled(matrix):
    return matrix.nnz / max(1, matrix.shape[0] * matrix.shape[1])
