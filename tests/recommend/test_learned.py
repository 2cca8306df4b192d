"""Weights learned from interactions: what they find, and what they may be relied on for."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend import Interactions, KNNRecommender
from mmclassic.recommend import _held_out as held_out
from mmclassic.recommend import _learned as learned
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(5))
pytestmark = [
    pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning"),
    pytest.mark.filterwarnings("ignore:on held-out items of .* alone ranks as well:UserWarning"),
]


def make_items(seed, n=150):
    """Views of two kinds of class, drawn apart, and one of noise; the classes of the first."""
    rng = np.random.default_rng(seed)
    taste, other = rng.integers(6, size=(2, n))
    blocks = {
        "noise": rng.normal(size=(n, 8)),
        "taste": 2 * rng.normal(size=(6, 8))[taste] + rng.normal(size=(n, 8)) + 1,
        "other": 2 * rng.normal(size=(6, 8))[other] + rng.normal(size=(n, 8)),
    }
    return Views(blocks), taste


def make_likes(seed, classes, n_users=40, per_user=8):
    """Users who like items of one class each."""
    rng = np.random.default_rng(100 + seed)
    rows = [
        (f"u{user:02d}", int(item))
        for user in range(n_users)
        for item in rng.permutation(np.flatnonzero(classes == user % 6))[:per_user]
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def fit(seed, views=None, likes=None, **parameters):
    own, classes = make_items(seed)
    likes = make_likes(seed, classes) if likes is None else likes
    return KNNRecommender(**parameters).fit(own if views is None else views, likes)


# --- what they find -------------------------------------------------------------------------------


@SEEDS
def test_the_view_that_users_follow_weighs_most(seed):
    """By agreement the views weigh alike, for they are drawn apart.

    So strong a prior is left as far as the ranking of likes gains by it, and no further: the rest
    may keep some weight, but costs next to nothing.
    """
    model = fit(seed)
    weights = model.weights_
    assert weights["agreement"].tolist() == [1.0, 1.0, 1.0]
    assert model.view_weights_["taste"] == 1.0
    assert model.view_weights_["noise"] < 0.75
    assert model.view_weights_["other"] < 0.75
    assert weights["alone"].idxmax() == model.held_out_["best_view"] == "taste"
    assert model.held_out_["gain"] > -0.02


def test_more_users_leave_a_wrong_prior_further():
    """On the mean over seeds: noise at half the weight costs nothing in some of them."""
    found = {}
    for n_users in (10, 200):
        models = [
            fit(seed, likes=make_likes(seed, make_items(seed)[1], n_users)) for seed in range(5)
        ]
        found[n_users] = np.mean([[m.view_weights_[v] for v in ("noise", "other")] for m in models])
    assert found[200] < 0.25
    assert found[200] < found[10] - 0.1


@SEEDS
def test_noise_among_views_that_agree_has_next_to_no_weight(planted_views, seed):
    views, classes = planted_views(seed, extra=("noise",))
    model = KNNRecommender().fit(views, make_likes(seed, classes % 6, 60))
    assert max(model.view_weights_.values()) == 1.0
    assert model.view_weights_["noise"] < 0.1
    assert model.weights_["alone"].idxmin() == "noise"


@SEEDS
def test_the_form_of_weights_and_intervals(seed):
    model = fit(seed)
    weights = model.weights_
    assert weights.index.tolist() == ["noise", "taste", "other"]
    assert weights.columns.tolist() == ["weight", "low", "high", "agreement", "alone"]
    assert weights["weight"].to_dict() == model.view_weights_
    assert weights["weight"].max() == 1.0
    assert (weights.drop(columns="alone") >= 0).all(axis=None)
    assert (weights["low"] <= weights["high"]).all()
    # The ends are quantiles of weights of resampled users, so they need not hold the weight.
    assert (weights["low"] - 0.02 <= weights["weight"]).all()
    assert (weights["weight"] <= weights["high"] + 0.02).all()
    assert weights["alone"].between(0, 1).all()
    found = model.held_out_
    assert set(found) == {"n_users", "together", "best_view", "gain", "low", "high"}
    assert found["n_users"] == 40
    assert found["low"] <= found["gain"] <= found["high"]
    assert found["together"] - found["gain"] == pytest.approx(weights["alone"].max(), abs=1e-12)


def test_users_without_taste_leave_the_weights_of_agreement(planted_views):
    """Chance tells nothing of the views: in most draws (8 in 10 of a wider table) these stay."""
    kept = 0
    for seed in range(16):
        views, _ = planted_views(seed, 150)
        rng = np.random.default_rng(seed)
        rows = [(u, int(i)) for u in range(30) for i in rng.permutation(150)[:8]]
        likes = pd.DataFrame(rows, columns=["user_id", "item_id"])
        model = KNNRecommender().fit(views, likes)
        kept += model.view_weights_ == KNNRecommender("agreement").fit(views).view_weights_
    assert kept >= 9


@SEEDS
def test_learned_weights_rank_new_items_better_than_agreement(seed):
    views, classes = make_items(seed, 300)
    known, new = np.arange(150), np.arange(150, 300)
    likes = make_likes(seed, classes[:150])
    right = {}
    for weights in (None, "agreement"):
        model = KNNRecommender(weights).fit(views[known], likes)
        found = model.recommend(k=10, items=views[new], ids=new)
        asked = found["user_id"].str[1:].astype(int) % 6
        right[weights] = np.mean(classes[found["item_id"]] == asked)
    assert right[None] > right["agreement"] + 0.05


def test_a_warning_says_when_one_view_alone_does_as_well():
    views, classes = make_items(0)
    copy = Views({"taste": views["taste"], "again": views["taste"].copy()})
    with pytest.warns(
        UserWarning, match=r"held-out items of 40 users 'taste' alone ranks as well as all views"
    ):
        model = KNNRecommender().fit(copy, make_likes(0, classes))
    assert model.held_out_["gain"] == 0


def test_no_warning_where_views_add_up():
    rng = np.random.default_rng(0)
    classes = rng.integers(6, size=200)
    blocks = {
        name: rng.normal(size=(6, 8))[classes] + 1.5 * rng.normal(size=(200, 8)) for name in "ab"
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = KNNRecommender().fit(Views(blocks), make_likes(0, classes))
    assert model.held_out_["gain"] > 0.02
    assert model.held_out_["low"] > 0


# --- what they are independent of -----------------------------------------------------------------


@SEEDS
def test_fits_are_deterministic_and_the_order_of_the_table_does_not_matter(seed):
    views, classes = make_items(seed)
    likes = make_likes(seed, classes)
    model = KNNRecommender().fit(views, likes)
    for table in (likes, likes.iloc[::-1], likes.sample(frac=1, random_state=seed)):
        again = KNNRecommender().fit(views, table)
        pd.testing.assert_frame_equal(again.weights_, model.weights_, check_exact=True)
        assert again.held_out_ == model.held_out_


# --- when they are not learned --------------------------------------------------------------------


@pytest.mark.parametrize("n_users", [1, 2, 9])
@SEEDS
def test_fewer_than_ten_users_leave_the_weights_of_agreement(planted_views, seed, n_users):
    views, classes = planted_views(seed, 150)
    likes = make_likes(seed, classes % 6, n_users)
    model = KNNRecommender().fit(views, likes)
    assert model.view_weights_ == CalibratedSimilarity().fit(views).view_weights_
    assert model.held_out_ is None
    weights = model.weights_
    assert weights["weight"].tolist() == weights["agreement"].tolist()
    assert weights[["low", "high", "alone"]].isna().all(axis=None)


def test_ten_users_are_enough():
    views, classes = make_items(0)
    model = KNNRecommender().fit(views, make_likes(0, classes, 10))
    assert model.held_out_["n_users"] == 10


def test_users_of_one_like_do_not_count(planted_views):
    views, _ = planted_views(0, 60)
    likes = pd.DataFrame({"user_id": range(40), "item_id": range(40)})
    model = KNNRecommender().fit(views, likes)
    assert model.held_out_ is None
    assert model.view_weights_ == KNNRecommender("agreement").fit(views).view_weights_


@SEEDS
def test_given_weights_and_agreement_are_left_untouched(seed):
    given = {"noise": 1.0, "taste": 0.5, "other": 0.0}
    model = fit(seed, weights=given)
    assert model.view_weights_ == given
    assert model.held_out_ is None
    assert model.weights_["weight"].tolist() == [1.0, 0.5, 0.0]
    assert model.weights_.drop(columns="weight").isna().all(axis=None)
    agreed = fit(seed, weights="agreement")
    assert agreed.view_weights_ == CalibratedSimilarity().fit(make_items(seed)[0]).view_weights_
    assert agreed.held_out_ is None
    assert agreed.weights_["agreement"].to_dict() == agreed.view_weights_


def test_cosine_learns_nothing():
    model = fit(0, metric="cosine")
    assert model.view_weights_ == dict.fromkeys(["noise", "taste", "other"], 1 / 3)
    assert model.weights_ is None
    assert model.held_out_ is None


@SEEDS
def test_a_single_view_has_weight_1_in_silence(seed):
    views, classes = make_items(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        single = KNNRecommender().fit(views.select("taste"), make_likes(seed, classes))
        flat = Views({"taste": views["taste"], "flat": np.ones((150, 3))})
        beside = KNNRecommender().fit(flat, make_likes(seed, classes))
    assert single.view_weights_ == {"taste": 1.0}
    assert beside.view_weights_ == {"taste": 1.0, "flat": 0.0}
    assert single.held_out_ is beside.held_out_ is None


def test_users_who_like_everything(planted_views):
    views, _ = planted_views(0, 20)
    rows = [(user, item) for user in range(15) for item in range(20)]
    model = KNNRecommender().fit(views, pd.DataFrame(rows, columns=["user_id", "item_id"]))
    assert model.held_out_ is None
    assert model.view_weights_ == KNNRecommender("agreement").fit(views).view_weights_
    assert model.recommend(k=3).empty


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_tiny_catalogs(n):
    rng = np.random.default_rng(n)
    views = Views({"a": rng.normal(size=(n, 3)), "b": rng.normal(size=(n, 2))})
    likes = pd.DataFrame({"user_id": np.arange(24) % 12, "item_id": rng.integers(n, size=24)})
    model = KNNRecommender().fit(views, likes)
    assert max(model.view_weights_.values()) == 1.0
    found = model.recommend(k=n, include_seen=True)
    assert len(found) == 12 * n
    assert np.isfinite(found["score"]).all()


# --- wild interactions and items ------------------------------------------------------------------


@SEEDS
def test_dislikes_are_no_likes(seed):
    views, classes = make_items(seed)
    likes = make_likes(seed, classes)
    against = make_likes(seed + 50, (classes + 3) % 6, per_user=4)
    against = against.assign(weight=-1.0)
    model = KNNRecommender().fit(views, pd.concat([likes.assign(weight=1.0), against]))
    assert model.view_weights_["taste"] == 1.0
    assert model.view_weights_["noise"] < 0.75
    none = KNNRecommender().fit(views, likes.assign(weight=-1.0))
    assert none.held_out_ is None


@SEEDS
def test_items_that_lack_views(seed):
    views, classes = make_items(seed)
    present = np.random.default_rng(seed).random((150, 3)) > 0.4
    model = KNNRecommender().fit(Views(views.blocks, present), make_likes(seed, classes))
    assert model.view_weights_["taste"] == 1.0
    assert model.view_weights_["noise"] < 0.75
    present[1:, 2] = False  # one row makes no pair, so the view has no scale and says nothing
    present[0, 2] = True
    rare = KNNRecommender().fit(Views(views.blocks, present), make_likes(seed, classes))
    assert rare.view_weights_["other"] == 0.0
    assert rare.view_weights_["taste"] == 1.0
    assert np.isnan(rare.weights_.loc["other", "alone"])


@SEEDS
def test_sparse_and_dense_views_learn_the_same(seed):
    views, classes = make_items(seed)
    likes = make_likes(seed, classes)
    dense = KNNRecommender().fit(views, likes).weights_
    sparse = Views({name: sp.csr_matrix(block) for name, block in views.items()})
    found = KNNRecommender().fit(sparse, likes).weights_
    pd.testing.assert_frame_equal(found, dense, atol=2e-3)


# --- by brute force -------------------------------------------------------------------------------


def brute_ndcg(order, liked, k=10):
    gains = [1 / np.log2(place + 2) for place, item in enumerate(order[:k]) if item in liked]
    ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(liked))))
    return sum(gains) / ideal


@pytest.fixture(params=range(3))
def small(request):
    """Sixty items, some lacking a view, twelve users with dislikes, and the folds by number."""
    seed = request.param
    views, classes = make_items(seed, 60)
    present = np.random.default_rng(seed).random((60, 3)) > 0.2
    views = Views(views.blocks, present)
    likes = make_likes(seed, classes, 12, per_user=7)
    likes["weight"] = np.random.default_rng(seed).choice([-1.0, 1.0, 2.0], size=len(likes))
    interactions = Interactions.from_frame(likes, items=range(60))
    similarity = CalibratedSimilarity().fit(views)
    return views, interactions.to_csr(), similarity


def held_back(interactions, seed=0):
    """Which items the folds hold back, drawn as the code says: users first, then items."""
    rng = np.random.RandomState(seed)
    n_likes = (interactions.toarray() > 0).sum(axis=1)
    rng.permutation(np.flatnonzero(n_likes > 1))
    order = rng.permutation(interactions.shape[1])
    return [order[fold::5] for fold in range(5)]


def test_folds_are_profiles_of_the_other_items(small):
    views, interactions, similarity = small
    rng = np.random.RandomState(0)
    folds = held_out.held_out_folds(similarity, similarity.prepare(views), interactions, rng)
    parts, ratings = held_back(interactions), interactions.toarray()
    even = CalibratedSimilarity(dict.fromkeys(views.names, 1)).fit(views).parts(views, views)
    assert len(folds) == 5
    for fold, found in enumerate(folds):
        out = parts[fold]
        known = ~np.isin(np.arange(ratings.shape[1]), out)
        asked = [
            user
            for user, row in enumerate(ratings)
            if (row > 0).sum() > 1
            and (row[known] > 0).any()
            and 0 < (row[out] > 0).sum() < out.size
        ]
        assert found.users.tolist() == asked
        np.testing.assert_array_equal(found.liked, ratings[asked][:, out] > 0)
        for term, name in zip(found.terms, views.names):
            told = ratings[asked] * known
            shares = told / np.abs(told).sum(axis=1, keepdims=True)
            expected = shares @ even[name][:, out]
            np.testing.assert_allclose(term, expected, rtol=1e-5, atol=1e-6)


def test_alone_and_held_out_by_brute_force(small):
    views, interactions, similarity = small
    found = learned.learn_weights(similarity, similarity.prepare(views), interactions)
    parts, ratings = held_back(interactions), interactions.toarray()
    even = CalibratedSimilarity(dict.fromkeys(views.names, 1)).fit(views).parts(views, views)

    def ranked(weights, user):
        values = []
        for out in parts:
            known = ~np.isin(np.arange(ratings.shape[1]), out)
            liked = {item for item in out if ratings[user, item] > 0}
            if not (ratings[user][known] > 0).any() or not 0 < len(liked) < out.size:
                continue
            told = ratings[user] * known
            z = sum(weight * even[name] for name, weight in weights.items())
            scores = told @ z[:, out] / np.abs(told).sum()
            values.append(brute_ndcg(out[np.argsort(-scores, kind="stable")], liked))
        return np.mean(values) if values else None

    users = [user for user in range(len(ratings)) if ranked({"taste": 1}, user) is not None]
    alone = {name: np.array([ranked({name: 1}, user) for user in users]) for name in views.names}
    for name, values in alone.items():
        assert found.alone[name] == pytest.approx(values.mean(), abs=1e-6)
    best = max(alone, key=lambda name: alone[name].mean())
    assert found.held_out["best_view"] == best
    assert found.held_out["n_users"] == len(users)
    together = found.held_out["together"]
    assert found.held_out["gain"] == pytest.approx(together - alone[best].mean(), abs=1e-6)
    if found.weights == similarity.view_weights_:  # the prior was chosen: no one's weights differ
        by_prior = np.mean([ranked(similarity.view_weights_, user) for user in users])
        assert together == pytest.approx(by_prior, abs=1e-6)


# --- the loss -------------------------------------------------------------------------------------


@SEEDS
@pytest.mark.parametrize("strength", [1.0, 0.03])
def test_the_gradient_is_that_of_the_loss(seed, strength, monkeypatch):
    rng = np.random.default_rng(seed)
    pairs = learned.Pairs(rng.normal(0.3, 1, size=(80, 3)), rng.integers(10, size=80))
    caught = []
    true = learned.minimize

    def catch(loss, start, **options):
        caught.append(loss)
        return true(loss, start, **options)

    monkeypatch.setattr(learned, "minimize", catch)
    prior = np.array([1.0, 0.4, 0.7])
    weights = pairs.fit(prior, strength, counts=rng.integers(3, size=10))
    (loss,) = caught
    for at in (weights, np.array([0.3, 0.0, 2.0]), rng.random(3)):
        step = 1e-6 * np.eye(3)
        slopes = [(loss(at + h)[0] - loss(at - h)[0]) / 2e-6 for h in step]
        np.testing.assert_allclose(loss(at)[1], slopes, rtol=1e-5, atol=1e-8)
    value, slope = loss(weights)
    assert (weights >= 0).all()
    assert np.abs(slope[weights > 0]).max() < 1e-3
    assert (slope[weights == 0] > -1e-3).all()
    assert all(loss(np.abs(weights + d))[0] >= value - 1e-9 for d in rng.normal(0, 0.05, (20, 3)))


def test_the_loss_by_hand():
    """One pair of difference 1 in one view: log(1 + 1/e) at weight 1."""
    pairs = learned.Pairs(np.array([[1.0], [-1.0], [1.0]]), np.array([0, 0, 1]))
    # Two of three pairs are right, so the best weight has 1/(1 + exp(-w)) = 2/3: w = log 2.
    assert pairs.fit(np.array([1.0]), np.inf) == pytest.approx(np.log(2), rel=1e-4)
    # Where user 0 counts twice the shares are 2/5, 2/5 and 1/5: 3/5 are right, w = log(3/2).
    counted = pairs.fit(np.array([1.0]), np.inf, counts=np.array([2, 1]))
    assert counted == pytest.approx(np.log(1.5), rel=1e-4)


def test_a_strong_pull_is_the_prior_and_a_weak_one_is_not():
    rng = np.random.default_rng(0)
    differences = np.column_stack([rng.normal(1, 1, 400), rng.normal(0, 1, 400)])
    pairs = learned.Pairs(differences, np.arange(400) % 20)
    prior = np.array([0.5, 1.0])
    kept = pairs.fit(prior, np.inf)
    assert kept / kept.max() == pytest.approx(prior)
    ratios = [(w := pairs.fit(prior, strength))[1] / w[0] for strength in (1.0, 0.1, 0.01)]
    assert 2 > ratios[0] > ratios[1] > ratios[2] >= 0
    assert ratios[2] < 0.2
