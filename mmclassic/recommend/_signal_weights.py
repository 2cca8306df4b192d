"""Weights of the signals beside the content, learned from likes that were held back."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from mmclassic.metrics import bootstrap_interval
from mmclassic.recommend._candidates import Candidates
from mmclassic.recommend._held_out import Fold, as_new_rows
from mmclassic.recommend._learned import (
    FEWEST_USERS,
    MOST_LIKED,
    Pairs,
    choose,
    ndcg,
    strengths_of,
)
from mmclassic.recommend._signals import (
    COLLABORATIVE,
    NEW_ITEMS,
    NEW_POPULARITY,
    NEW_SIGNALS,
    SIGNALS,
    USERS,
    derive_signals,
    signal_terms,
)
from mmclassic.utils import scale_rows

CONTENT = "content"
TERMS = (CONTENT, *SIGNALS)
_HELD_OUT = 0.2  # of the likes of every user
_MOST_USERS = 3000
_ENOUGH_USERS = 1000  # fewer are asked more than once
_MOST_CANDIDATES = 2000  # drawn for all users, beside what each likes: a tenth place among so many
# is one among tens of thousands, where ten places hold too little to learn from
_BLOCK = 500  # users whose terms of all candidates are at hand at a time
_N_FOLDS = 5
_N_COLD = 3
_MOST_FOLDS = 5
_SHARES = (0.1, 0.3, 1.0, 3.0)  # in deviations of the content


@dataclass(frozen=True, eq=False)
class LearnedSignals:
    """By term the weight and the NDCG of that term alone; and what held-out likes say of all.

    A weight multiplies a term as it is: deviations are in it.
    """

    weights: dict
    alone: dict
    held_out: dict


def can_tell(preferences):
    """Whether enough users have so many likes that some of them can be held back."""
    return _n_askers(preferences) >= FEWEST_USERS


def _n_askers(preferences):
    likes = np.diff(sp.csr_matrix(preferences > 0).indptr)
    return np.count_nonzero(_HELD_OUT * likes >= 0.5)


def learn_signals(content, features, preferences, near, *, random_state=0):
    """Weights of content and signals; None where too few users tell.

    A fifth of every user's likes are held back, and the others rank them among all items. The
    weights are those of the content alone, of the content with all that users say, of equal
    deviations, or ones learned as in `learn_weights`: those that rank best, if by two standard
    errors better than the content alone.
    """
    rng = check_random_state(random_state)
    folds = _folds(content, features, preferences, near, rng)
    users = np.unique(np.concatenate([fold.users for fold in folds]))
    if users.size < FEWEST_USERS:
        return None
    deviations = np.sqrt(np.mean([_variances(fold) for fold in folds], axis=0))
    telling = deviations > 0
    for fold in folds:
        fold.terms[telling] /= deviations[telling, None, None]
        fold.terms[~telling] = 0
    pairs = Pairs.draw(folds, users, rng)
    group = rng.permutation(users.size) % _N_FOLDS
    (prior, strength), ranked = choose(pairs, folds, users, group, _settings(telling, users.size))
    weights = pairs.fit(prior, strength)
    alone = np.stack([ndcg(folds, users, one) for one in np.eye(len(TERMS))])
    found = np.divide(weights, deviations, out=np.zeros_like(weights), where=telling)
    if not found.any():  # the content alone ranks best, although it tells nothing
        found[0] = 1.0
    found /= found[0] if found[0] > 0 else found.max()
    if found[1:].any():
        of_new = _weights_of_new_items(content, features, preferences, near, rng)
        found[TERMS.index(NEW_POPULARITY)] = of_new[NEW_POPULARITY] * max(found[0], 0)
        # Old and new items are ranked together, where one signal of two weights would part them.
        heard = of_new[NEW_ITEMS] > 0 and found[0] > 0
        found[TERMS.index(NEW_ITEMS)] = found[TERMS.index(COLLABORATIVE)] if heard else 0.0
    low, high = bootstrap_interval(ranked - alone[0], random_state=0)
    return LearnedSignals(
        dict(zip(TERMS, found.tolist())),
        dict(zip(TERMS, alone.mean(axis=1).tolist())),
        {
            "n_users": int(users.size),
            "together": float(ranked.mean()),
            "gain": float(np.mean(ranked - alone[0])),
            "low": low,
            "high": high,
        },
    )


def _settings(telling, n_users):
    """Weights in deviations, and how strongly they are pulled to; the first is the content."""
    content = np.array([float(name == CONTENT) for name in TERMS])
    equal = np.array([float(name in (CONTENT, COLLABORATIVE, USERS)) for name in TERMS]) * telling
    collaborative = np.where([name == USERS for name in TERMS], 0.0, equal)
    quiet = np.where([name == CONTENT for name in TERMS], 0.3, equal)
    settings = [(prior, np.inf) for prior in (content, equal, collaborative, quiet)]
    return settings + [(equal, strength) for strength in strengths_of(n_users)[1:]]


def _weights_of_new_items(content, features, preferences, near, rng):
    """By signal of items that nobody likes its weight beside the content.

    Items are held back, a fifth at a time and three times. A signal is 0 unless what ranks their
    likes best gains two standard errors; the best one is taken first, and the other beside it.
    """
    weights = dict.fromkeys(NEW_SIGNALS, 0.0)
    order = rng.permutation(len(features))
    folds = []
    for number in range(_N_COLD):
        held = np.sort(order[number::_N_FOLDS])
        fold = _cold_fold(content, features, preferences, near, held, rng)
        if fold.users.size >= FEWEST_USERS:
            folds.append(fold)
    if not folds:
        return weights
    deviations = np.sqrt(np.mean([f.terms.var(axis=2).mean(axis=1) for f in folds], axis=0))
    telling = np.flatnonzero(deviations[1:] > 0) + 1
    if deviations[0] == 0 or not telling.size:
        return weights
    chosen = np.eye(len(deviations))[0]
    ranked = _ranked(folds, chosen)
    for _ in telling:
        tried = [
            np.where(np.arange(chosen.size) == at, share * deviations[0] / deviations[at], chosen)
            for at in telling[chosen[telling] == 0]
            for share in _SHARES
        ]
        values = np.stack([_ranked(folds, one) for one in tried])
        best = int(values.mean(axis=1).argmax())
        gain = values[best] - ranked
        if gain.mean() <= 2 * gain.std() / np.sqrt(gain.size):
            break
        chosen, ranked = tried[best], values[best]
    return dict(zip(NEW_SIGNALS, chosen[1:].tolist()))


def _ranked(folds, weights):
    return np.concatenate([fold.ndcg(weights, 10) for fold in folds])


def _cold_fold(content, features, preferences, near, held, rng):
    """Content and signals of items that are held back, of users who like some of them."""
    known = np.setdiff1d(np.arange(len(features)), held)
    near = sp.csr_matrix(near[known][:, known])
    total = np.asarray(near.sum(axis=1)).ravel()
    near = scale_rows(near, np.divide(1, total, out=np.zeros_like(total), where=total > 0))
    held = rng.permutation(held)[:_MOST_CANDIDATES]
    rows, features = as_new_rows(features, held, known), features[known]
    likes = sp.csr_matrix(preferences > 0)[:, held]
    told = sp.csr_matrix(preferences[:, known])
    signals = derive_signals(content, features, told, sp.csr_matrix(near), np.empty(0, dtype=int))
    wanted = np.diff(sp.csr_matrix(likes).indptr)
    asked = np.flatnonzero((wanted > 0) & (wanted < held.size) & (np.diff(told.indptr) > 0))
    asked = np.sort(rng.permutation(asked)[:_ENOUGH_USERS])
    candidates = Candidates(held, np.full(held.size, -1), rows)
    history = told[asked]
    profiles = content.profiles(history, features)
    terms = signal_terms(signals, content, features, history, profiles, candidates, NEW_SIGNALS)
    terms = dict(terms)
    first = content.scores(profiles, rows).scores
    stacked = np.stack([first, *(terms[name] for name in NEW_SIGNALS)])
    return Fold(asked, stacked, likes[asked].toarray())


def _hold_out(preferences, rng):
    """CSR of the likes held back: a fifth of those of every user, but never all."""
    likes = sp.csr_matrix(preferences > 0)
    return _drawn(likes, np.floor(_HELD_OUT * np.diff(likes.indptr) + 0.5), rng)


def _drawn(likes, counts, rng):
    """CSR of as many likes of every user, at random."""
    rows = np.repeat(np.arange(likes.shape[0]), np.diff(likes.indptr))
    order = np.lexsort((rng.random_sample(rows.size), rows))
    place = np.empty(rows.size, dtype=np.int64)
    place[order] = np.arange(rows.size) - likes.indptr[rows[order]]
    held = place < counts[rows]
    return sp.csr_matrix(
        (np.ones(np.count_nonzero(held)), (rows[held], likes.indices[held])), shape=likes.shape
    )


def _folds(content, features, preferences, near, rng):
    """Several divisions where users are few, for one says little of a gain."""
    n_folds = int(np.clip(np.ceil(_ENOUGH_USERS / _n_askers(preferences)), 1, _MOST_FOLDS))
    return [_fold(content, features, preferences, near, rng) for _ in range(n_folds)]


def _fold(content, features, preferences, near, rng):
    """Items drawn for all users, and those held back of each."""
    held = _hold_out(preferences, rng)
    users = np.flatnonzero(np.diff(held.indptr))
    told = sp.csr_matrix(preferences - preferences.multiply(held))
    told.eliminate_zeros()
    users = np.sort(rng.permutation(users)[:_MOST_USERS])
    history, held = told[users], held[users]
    wanted = _drawn(held, np.full(users.size, MOST_LIKED), rng)
    drawn = rng.permutation(len(features))[:_MOST_CANDIDATES]
    some = np.concatenate([drawn, np.setdiff1d(wanted.indices, drawn)])
    signals = derive_signals(content, features, told, near, some, expects=False)
    candidates = Candidates(some, some, features[some])
    seen, wanted = sp.csr_matrix(abs(history) + held - wanted)[:, some], wanted[:, some]
    places, hidden = _places(wanted, drawn.size, rng)
    liked = np.empty_like(hidden)
    terms = np.empty((len(TERMS), *places.shape), dtype=np.float32)
    for start in range(0, users.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        profiles = content.profiles(history[part], features)
        found = signal_terms(signals, content, features, history[part], profiles, candidates)
        found = {CONTENT: content.scores(profiles, candidates.features).scores, **dict(found)}
        # One signal: without it likes of new items would speak against who likes the others.
        found[COLLABORATIVE] = found[COLLABORATIVE] + found[NEW_ITEMS]
        for row, name in enumerate(TERMS):
            terms[row, part] = np.take_along_axis(found[name], places[part], axis=1)
        hidden[part] |= np.take_along_axis(seen[part].toarray() > 0, places[part], axis=1)
        liked[part] = np.take_along_axis(wanted[part].toarray() > 0, places[part], axis=1)
    liked &= ~hidden
    kept = liked.any(axis=1) & ~(liked | hidden).all(axis=1)
    return Fold(users[kept], terms[:, kept], liked[kept], hidden[kept])


def _places(wanted, n_drawn, rng):
    """Columns (n_users, width) of the items that each user ranks, and which are none, bool.

    The first `n_drawn` columns are of all, others of who wants them. The order is random, for it
    decides ties: a catalogue may be sorted by what users like.
    """
    own = sp.csr_matrix(wanted[:, n_drawn:])
    n_own = np.diff(own.indptr)
    extra = np.arange(n_own.max(initial=0)) < n_own[:, None]
    places = np.zeros((len(n_own), n_drawn + extra.shape[1]), dtype=np.int64)
    places[:, :n_drawn] = np.arange(n_drawn)
    places[:, n_drawn:][extra] = n_drawn + own.indices
    hidden = np.zeros(places.shape, dtype=bool)
    hidden[:, n_drawn:] = ~extra
    order = rng.permutation(places.shape[1])
    return places[:, order], hidden[:, order]


def _variances(fold):
    """Mean over users of every term's variance over the items that count; 0 of rounding."""
    found = np.array([_variance(term, ~fold.hidden) for term in fold.terms])
    found[[TERMS.index(name) for name in NEW_SIGNALS]] = 0  # which have weights of their own
    return found


def _variance(term, allowed):
    values = np.where(allowed, term, np.nan).astype(np.float64)
    variance = float(np.nanmean(np.nanvar(values, axis=1)))
    return variance if variance > (1e-6 * np.abs(term).max(initial=0.0)) ** 2 else 0.0
