"""What users say beside the content: the terms by hand, their sums, and what they are worth."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mmclassic.recommend import Interactions, KNNRecommender, _signal_weights, _signals
from mmclassic.recommend._candidates import Candidates
from mmclassic.recommend._held_out import as_new_rows
from mmclassic.recommend._signals import (
    COLLABORATIVE,
    LIKING,
    NEW_ITEMS,
    NEW_POPULARITY,
    POPULARITY,
    USERS,
    _alike_users,
    derive_signals,
    nearest_items,
    signal_terms,
    users_alike_parts,
)
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(3))


def planted(seed, n_items=80, n_users=120, per_user=12):
    """Users with tastes of four things, of which the content of items shows one."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_items, 4))
    content = hidden[:, :1] @ rng.normal(size=(1, 6)) + rng.normal(size=(n_items, 6))
    taste = rng.normal(size=(n_users, 4))
    appeal = 2 * taste @ hidden.T + rng.gumbel(size=(n_users, n_items))
    liked = np.argsort(-appeal, axis=1)[:, :per_user]
    frame = pd.DataFrame(
        {"user_id": np.repeat(np.arange(n_users), per_user), "item_id": liked.ravel()}
    )
    return Views({"x": content}), frame


def all_of(model):
    places = np.arange(model.item_ids_.size)
    return Candidates(model.item_ids_, places, model.features_, are_all=True)


@SEEDS
def test_the_terms_by_their_formulas(seed):
    views, frame = planted(seed, n_items=30, n_users=20, per_user=6)
    model = KNNRecommender({"x": 1.0}).fit(views, frame, ids=range(30))
    content, X = model._content(), model.interactions_.toarray()
    X[:, :3] = 0  # nobody likes these yet
    near = nearest_items(content, model.features_, model.features_, np.arange(30))
    signals = derive_signals(content, model.features_, sp.csr_matrix(X), near)
    history = sp.csr_matrix(X[:5])
    profiles = content.profiles(history, model.features_)
    terms = dict(signal_terms(signals, content, model.features_, history, profiles, all_of(model)))

    counts, activity = X.sum(axis=0), X.sum(axis=1)
    own = X / np.sqrt(activity + 5)[:, None] / np.sqrt(np.maximum(counts, 1))
    share = (counts / (counts + 5))[:, None]
    smoothed = share * own.T + (1 - share) * (near.toarray() @ own.T)
    shares = X[:5] / np.maximum(X[:5].sum(axis=1, keepdims=True), 1)
    products = smoothed @ smoothed.T
    np.fill_diagonal(products, 0)
    collaborative = shares @ products
    warm = counts > 0
    np.testing.assert_allclose(terms[COLLABORATIVE], collaborative * warm, atol=1e-6)
    np.testing.assert_allclose(terms[NEW_ITEMS], collaborative * ~warm, atol=1e-6)
    assert (terms[NEW_ITEMS][:, :3] > 0).any()

    x = model.features_["x"].astype(np.float64)
    profile = X @ x / np.maximum(activity, 1)[:, None]
    about = profile - profile.mean(axis=0)
    unit = about / np.linalg.norm(about, axis=1, keepdims=True)
    alike = np.maximum(unit[:5] @ unit.T, 0)
    expected = alike / alike.sum(axis=1, keepdims=True) @ (X / np.sqrt(activity + 5)[:, None])
    np.testing.assert_allclose(terms[USERS], expected, atol=1e-5)
    np.testing.assert_allclose(terms[POPULARITY][0], np.log2(1 + counts), rtol=1e-6)
    np.testing.assert_allclose(terms[LIKING], 0, atol=1e-6, err_msg="all are likes")

    products = x @ x.T / model.similarity_.scales_["x"]  # rows are centred
    of_warm, popularity = products[np.ix_(warm, warm)], np.log2(1 + counts[warm])
    of_warm += np.trace(of_warm) / warm.sum() * np.eye(warm.sum())
    expected = products[:, warm] @ np.linalg.solve(of_warm, popularity - popularity.mean())
    np.testing.assert_allclose(terms[NEW_POPULARITY][0], expected * ~warm, atol=1e-3)
    assert np.abs(expected[:3]).min() > 0.01
    rows = Candidates(np.arange(3), np.full(3, -1), model.features_[:3])
    asked = signal_terms(signals, content, model.features_, history, profiles, rows)
    np.testing.assert_allclose(dict(asked)[NEW_POPULARITY][0], expected[:3], atol=1e-3)


def test_neighbours_by_hand():
    x = np.array([[1.0, 0], [1, 0.1], [0, 1], [0.1, 1]])
    model = KNNRecommender({"x0": 1.0}).fit(x)
    near = nearest_items(model._content(), model.features_, model.features_, np.arange(4)).toarray()
    np.testing.assert_array_equal(near.argmax(axis=1), [1, 0, 3, 2])
    np.testing.assert_array_equal(near.diagonal(), 0)
    np.testing.assert_allclose(near.sum(axis=1), 1)


@SEEDS
def test_they_are_used_where_they_help_and_explained(seed):
    views, frame = planted(seed)
    model = KNNRecommender().fit(views, frame, ids=range(80))
    assert model.held_out_likes_["low"] > 0
    weights = model.signals_["weight"]
    assert weights[COLLABORATIVE] > 0
    lists = model.recommend(k=3)
    for row in lists.groupby("user_id").head(1).head(10).itertuples():
        parts = model.explain(row.user_id, row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, rel=1e-4)
        liked = set(frame.loc[frame["user_id"] == row.user_id, "item_id"])
        for view in (COLLABORATIVE, USERS):
            assert set(parts.loc[parts["view"] == view, "item_id"]) <= liked


@pytest.mark.parametrize(("n_users", "heard"), [(40, 40), (700, 100), (2400, 300), (9000, 1000)])
def test_an_eighth_of_the_users_is_heard(n_users, heard):
    alike = np.random.default_rng(0).uniform(0.1, 1, size=(2, n_users)).astype(np.float32)
    found = _alike_users(alike)
    assert np.diff(found.indptr).tolist() == [heard, heard]
    nearest = np.sort(np.argsort(-alike[0])[:heard])
    np.testing.assert_array_equal(found[0].indices, nearest)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_users_alike_are_explained_by_what_is_liked_and_disliked():
    views, frame = planted(0)
    frame["weight"] = np.where(np.arange(len(frame)) % 5, 1.0, -2.0)
    model = KNNRecommender().fit(views, frame, ids=range(80))
    history = model.interactions_[[3]]
    asked = model._candidates(None, None)[[7]]
    own = model._content(), model.features_
    profiles = own[0].profiles(history, model.features_)
    terms = dict(signal_terms(model._signals, *own, history, profiles, asked, [USERS]))
    liked, parts = users_alike_parts(model._signals, *own, history, asked)
    assert terms[USERS][0, 0] != 0
    np.testing.assert_array_equal(liked, history.indices)
    np.testing.assert_allclose(parts.sum(), terms[USERS][0, 0], rtol=1e-5)


def test_many_users_are_compared_with_some_askers_at_a_time(monkeypatch):
    views, frame = planted(0)
    model = KNNRecommender().fit(views, frame, ids=range(80))
    history = model.interactions_[:10]
    content, candidates = model._content(), model._candidates(None, None)
    profiles = content.profiles(history, model.features_)
    asked = model._signals, content, model.features_, history, profiles, candidates, [USERS]
    whole = dict(signal_terms(*asked))[USERS]
    sizes, compare = [], _signals.user_similarities
    monkeypatch.setattr(_signals, "_MOST_ENTRIES", 8 * 3 * 120)  # of three among 120 users
    monkeypatch.setattr(
        _signals, "user_similarities", lambda *a: sizes.append(len(a[2].rows)) or compare(*a)
    )
    np.testing.assert_allclose(dict(signal_terms(*asked))[USERS], whole, rtol=1e-6)
    assert sizes == [3, 3, 3, 1]


def test_held_back_likes_are_ranked_among_drawn_items_and_their_own(monkeypatch):
    views, frame = planted(0)
    model = KNNRecommender({"x": 1.0}).fit(views, frame, ids=range(80))
    content, X = model._content(), model.interactions_
    near = nearest_items(content, model.features_, model.features_, np.arange(80))

    def fold():
        found = np.random.RandomState(0)
        return _signal_weights._fold(content, model.features_, X, near, found)

    monkeypatch.setattr(_signal_weights, "_MOST_CANDIDATES", 30)
    whole = fold()
    monkeypatch.setattr(_signal_weights, "_BLOCK", 7)
    parts = fold()
    np.testing.assert_allclose(parts.terms, whole.terms, atol=1e-6)
    np.testing.assert_array_equal(parts.liked, whole.liked)
    np.testing.assert_array_equal(parts.hidden, whole.hidden)
    assert (whole.liked.sum(axis=1) == 2).all()  # a fifth of twelve likes
    allowed = (~whole.hidden).sum(axis=1)
    assert (allowed >= 30 - 12).all()
    assert (allowed <= 30 + 2).all()
    assert not (whole.liked & whole.hidden).any()


def test_columns_of_all_users_and_of_each():
    wanted = sp.csr_matrix(np.array([[1, 0, 0, 1, 0], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]]))
    places, hidden = _signal_weights._places(wanted, 2, np.random.RandomState(0))
    assert [sorted(row[~gone]) for row, gone in zip(places, hidden)] == [
        [0, 1, 3],
        [0, 1, 2, 3, 4],
        [0, 1],
    ]


@SEEDS
def test_content_that_tells_nothing_has_weights_that_are_numbers(seed):
    """Items share no feature, and users like what chance has them like."""
    rng = np.random.default_rng(seed)
    liked = np.argsort(rng.random((40, 30)))[:, :6]
    frame = pd.DataFrame({"user_id": np.repeat(np.arange(40), 6), "item_id": liked.ravel()})
    model = KNNRecommender().fit(np.eye(30), frame, ids=range(30))
    assert np.isfinite(model.signals_["weight"]).all()
    assert model.signals_["weight"].max() == model.signals_["weight"]["content"] == 1


@SEEDS
def test_users_without_taste_leave_the_content_alone(seed):
    rng = np.random.default_rng(seed)
    views, frame = planted(seed)
    frame["item_id"] = rng.integers(0, 80, len(frame))
    model = KNNRecommender().fit(views, frame.drop_duplicates(), ids=range(80))
    assert model.signals_["weight"].drop("content").eq(0).all()
    assert model._signals is None


def test_given_weights_have_no_signals():
    views, frame = planted(0)
    for weights in ({"x": 1.0}, "agreement"):
        assert KNNRecommender(weights).fit(views, frame, ids=range(80)).signals_ is None
    few = frame[frame["user_id"] < 5]
    assert KNNRecommender().fit(views, few, ids=range(80)).signals_ is None


def test_ratings_are_likes_of_different_strength():
    views, frame = planted(0)
    rng = np.random.default_rng(0)
    dull = pd.DataFrame({"user_id": frame["user_id"], "item_id": rng.integers(0, 80, len(frame))})
    rated = pd.concat([frame.assign(rating=5.0), dull.assign(rating=2.0)])
    rated = rated.drop_duplicates(["user_id", "item_id"])
    model = KNNRecommender().fit(views, Interactions.from_frame(rated, items=range(80)))
    preferences = model._preferences(model.interactions_)
    ratings = model.interactions_.data
    assert (preferences.data[ratings == 5] > 0).all()
    assert (preferences.data[ratings == 2] <= 0).all()
    assert (preferences.data[ratings == 2] < 0).any()
    assert model.signals_["weight"][COLLABORATIVE] > 0


@SEEDS
def test_new_items_are_as_popular_as_their_content_says(seed):
    views, frame = planted(seed)
    model = KNNRecommender().fit(views[:60], frame[frame["item_id"] < 60], ids=range(60))
    new = {"items": views[60:], "ids": np.arange(60, 80)}
    before = model.recommend(0, 20, **new).set_index("item_id")["score"]
    model._signal_columns["weight"][NEW_POPULARITY] += 3.0
    expected = dict.fromkeys(before.index, 0.0)
    for item in expected:
        parts = model.explain(0, item, items=views[[item]])
        told = parts.loc[parts["view"] == NEW_POPULARITY, "contribution"]
        expected[item] = told.item()
        after = model.recommend(0, 1, items=views[[item]], ids=[item])["score"].item()
        assert parts["contribution"].sum() == pytest.approx(after, rel=1e-4, abs=1e-6)
    gains = model.recommend(0, 20, **new).set_index("item_id")["score"] - before
    weight = model.signals_["weight"][NEW_POPULARITY]
    told = pd.Series(expected)[gains.index] * 3 / weight
    np.testing.assert_allclose(gains, told, rtol=1e-3, atol=1e-5)
    model.add_items(views[60:], ids=range(60, 80))
    added = model.recommend(0, 20, candidates=range(60, 80)).set_index("item_id")["score"]
    np.testing.assert_allclose(added[gains.index], before + gains, rtol=1e-3, atol=1e-4)


def test_rows_held_back_lack_the_words_that_no_other_has():
    text = sp.csr_matrix(np.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 2]]))
    number = np.arange(3.0)[:, None]
    views = Views({"text": text, "number": number})
    rows = as_new_rows(views, np.array([0]), np.array([1, 2]))
    np.testing.assert_array_equal(rows["text"].toarray(), [[0, 1, 0]])
    np.testing.assert_array_equal(rows["number"], [[0.0]])
    rows = as_new_rows(views, np.array([1, 0]), np.array([2]))
    assert rows.present.tolist() == [[True, True], [False, True]]
    np.testing.assert_array_equal(rows["text"].toarray(), [[0, 0, 1], [0, 0, 0]])
