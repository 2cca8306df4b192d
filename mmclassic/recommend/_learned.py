"""Weights of views, learned from what users like among items that were held back."""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from sklearn.utils import check_random_state

from mmclassic.metrics import bootstrap_interval
from mmclassic.recommend._held_out import N_FOLDS, held_out_folds

# How strongly weights are pulled to their prior, from as strongly as can be to hardly: the factor
# of half a squared deviation, in mean weights, beside the mean logistic loss. Times the number of
# users it says how many of them the prior is worth: less than half a one holds nothing.
_STRENGTHS = (np.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
_PRIOR_USERS = 0.5
# A shared space made of dim views is worth many of them, one beside clear words little: its share
# is a choice of its own, for the pairs' loss counts what is far from the first ranks as well.
_DERIVED_FACTORS = (0.3, 3.0, 10.0)
FEWEST_USERS = 2 * N_FOLDS  # fewer do not tell how strongly
_NEGATIVES = 10  # other items that each liked one is compared with
MOST_LIKED = 20  # liked items of a user and fold that are looked at
_MOST_PAIRS = 30_000  # more do not change weights by what users differ, and cost seconds
_RESAMPLES = 100
_NO_GAIN = 0.01  # of NDCG: an interval that ends below says that there is none worth having
_K = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """Weights by view with their bootstrap intervals, and what held-out items say of them.

    `alone` is by view the NDCG of that view alone. In `held_out`, `together` is that of all views
    with weights that were learned from other users, `gain` its mean difference to the best view.
    Ends of intervals are NaN where weights keep the ratios of the prior.
    """

    weights: dict
    low: dict
    high: dict
    alone: dict
    held_out: dict


def weight_columns(weights, by_agreement, learned):
    """Lists by column, one number for every view: plain, so that models can be saved."""
    columns = {
        "weight": weights,
        "low": {},
        "high": {},
        "agreement": by_agreement or {},
        "alone": {},
    }
    if learned is not None:
        columns |= {name: getattr(learned, name) for name in ("low", "high", "alone")}
    nothing = float("nan")
    return {
        column: [float(values.get(view, nothing)) for view in weights]
        for column, values in columns.items()
    }


def learn_weights(similarity, features, interactions, *, random_state=0):
    """Weights, the largest 1, that rank what users like first; None where nothing tells them.

    That is with fewer than two views that say anything, or too few users.

    Logistic regression on the differences of the views' terms between a liked item and another
    (Rendle et al. 2009, BPR), of weights of at least 0 that are pulled to those of `similarity`.
    How strongly, and how much more or less derived views weigh in that prior, is what ranks the
    likes of other users best; the prior stays where that is no better than it by two standard
    errors. `features` are prepared items.
    """
    rng = check_random_state(random_state)
    names = [name for name in features.names if similarity.scales_[name] > 0]
    native = [name for name in names if name not in similarity.derived]
    if len(names) < 2 or not native or interactions.shape[0] < FEWEST_USERS:
        return None
    folds = held_out_folds(similarity, features.select(*names), interactions, rng)
    users = np.unique(np.concatenate([fold.users for fold in folds] or [[]])).astype(np.int64)
    if users.size < FEWEST_USERS:
        return None
    prior = np.array([similarity.view_weights_[name] for name in names])
    pairs = Pairs.draw(folds, users, rng)
    group = rng.permutation(users.size) % N_FOLDS
    derived = np.array([name in made_of_several(similarity.derived) for name in names])
    (prior, strength), ranked = choose(pairs, folds, users, group, _settings(prior, derived, users))
    weights = pairs.fit(prior, strength)
    low, high = _intervals(pairs, prior, strength, weights, users.size, rng)
    alone = np.stack([ndcg(folds, users, one) for one in np.eye(len(names))])
    by_view = [weights / weights.max(), low, high, alone.mean(axis=1)]
    return Learned(
        *(dict(zip(names, column.tolist())) for column in by_view),
        held_out=_summary(names, alone, ranked, native),
    )


def made_of_several(derived):
    """The derived views that are not made of a single other one, as a shared space is."""
    if not isinstance(derived, dict):
        return set(derived)
    return {name for name, source in derived.items() if source is None}


def _summary(names, alone, ranked, native):
    best = max(map(names.index, native), key=alone.mean(axis=1).__getitem__)
    low, high = bootstrap_interval(ranked - alone[best], random_state=0)
    return {
        "n_users": int(ranked.size),
        "together": float(ranked.mean()),
        "best_view": names[best],
        "gain": float(np.mean(ranked - alone[best])),
        "low": low,
        "high": high,
    }


@dataclass(frozen=True, eq=False)
class Pairs:
    """Differences (n_pairs, n_views) of a liked item's terms to another's, and whose they are."""

    differences: np.ndarray
    user: np.ndarray

    @classmethod
    def draw(cls, folds, users, rng):
        differences, whose = [np.empty((0, len(folds[0].terms)))], [np.empty(0, dtype=np.int64)]
        for fold in folds:
            for i, liked in enumerate(fold.liked):
                if not fold.others(i).any():
                    continue
                some = rng.permutation(np.flatnonzero(liked))[:MOST_LIKED]
                others = rng.choice(np.flatnonzero(fold.others(i)), (some.size, _NEGATIVES))
                terms = fold.terms[:, i].astype(np.float64)
                found = terms[:, some, None] - terms[:, others]
                differences.append(found.reshape(len(terms), -1).T)
                whose.append(np.full(others.size, np.searchsorted(users, fold.users[i])))
        differences, whose = np.concatenate(differences), np.concatenate(whose)
        some = np.sort(rng.permutation(whose.size)[:_MOST_PAIRS])
        return cls(differences[some], whose[some])

    def of(self, chosen):
        """The pairs of the users whose numbers are marked."""
        keep = chosen[self.user]
        return Pairs(self.differences[keep], self.user[keep])

    def fit(self, prior, strength, *, counts=None, start=None):
        """The weights; `counts` is how often each user counts, `start` where to begin."""
        share = np.ones(self.user.size) if counts is None else counts[self.user].astype(float)
        share /= max(share.sum(), 1.0)
        prior = prior * self._scale(prior, share)
        if np.isinf(strength):
            return prior
        unit = prior.mean()

        def loss(weights):
            margins = self.differences @ weights
            doubt = 1 / (1 + np.exp(np.clip(margins, -50, 50)))
            move = (weights - prior) / unit
            value = share @ np.logaddexp(0, -margins) + strength * (move @ move) / 2
            return value, strength * move / unit - self.differences.T @ (share * doubt)

        start = prior if start is None else start
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * prior.size)
        return found.x if found.x.max() > 0 else prior

    def _scale(self, prior, share):
        """What the prior is multiplied by so that its loss is least: it knows ratios alone."""
        margins = self.differences @ prior
        found = minimize_scalar(
            lambda log: share @ np.logaddexp(0, -np.exp(log) * margins),
            bounds=(-10, 5),
            method="bounded",
        )
        return np.exp(found.x)


def _settings(prior, derived, users):
    """Priors and strengths to choose from; the first is the prior itself."""
    settings = [(prior, strength) for strength in strengths_of(users.size)]
    if derived.any() and not derived.all():
        settings += [(np.where(derived, f, 1.0) * prior, np.inf) for f in _DERIVED_FACTORS]
    return settings


def strengths_of(n_users):
    """How strongly weights may be pulled where so many users tell; the first is wholly."""
    return [strength for strength in _STRENGTHS if strength * n_users >= _PRIOR_USERS]


def choose(pairs, folds, users, group, settings):
    """The best setting, and every user's NDCG by weights learned so from the other users."""
    values = []
    for prior, strength in settings:
        weights = np.empty((users.size, prior.size))
        for number in range(N_FOLDS):
            weights[group == number] = pairs.of(group != number).fit(prior, strength)
        values.append(ndcg(folds, users, weights))
    values = np.array(values)
    chosen = int(values.mean(axis=1).argmax())
    gain = values[chosen] - values[0]
    # Users whose likes follow no view give weights of chance, which would spoil searches as well.
    if gain.mean() <= 2 * gain.std(ddof=1) / np.sqrt(users.size):
        chosen = 0
    return settings[chosen], values[chosen]


def ndcg(folds, users, weights):
    """Mean over the folds of every user's NDCG; `weights` is for all, or a row for each user."""
    total, count = np.zeros(users.size), np.zeros(users.size)
    for fold in folds:
        at = np.searchsorted(users, fold.users)
        total[at] += fold.ndcg(weights if weights.ndim == 1 else weights[at], _K)
        count[at] += 1
    return total / count


def _intervals(pairs, prior, strength, weights, n_users, rng):
    """Ends of 95 % intervals of the weights, over resampled users, relative to the largest.

    NaN of weights that follow from the prior alone.
    """
    if np.isinf(strength):
        return np.full((2, prior.size), np.nan)
    found = []
    for _ in range(_RESAMPLES):
        counts = np.bincount(rng.randint(n_users, size=n_users), minlength=n_users)
        resampled = pairs.fit(prior, strength, counts=counts, start=weights)
        found.append(resampled / resampled.max())
    return np.quantile(found, [0.025, 0.975], axis=0)


def warn_of_best(held_out):
    """Warn whoever calls `fit` if one view alone ranks as well as all together."""
    if held_out["high"] < _NO_GAIN:
        alone = held_out["together"] - held_out["gain"]
        warnings.warn(
            f"on held-out items of {held_out['n_users']} users {held_out['best_view']!r} alone "
            f"ranks as well as all views together (NDCG@10 {alone:.3f} and "
            f"{held_out['together']:.3f}, a gain of {held_out['high']:.3f} at most); the others "
            "serve searches and items that lack it.",
            UserWarning,
            stacklevel=4,
        )
