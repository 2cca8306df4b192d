"""KNNRecommender by neighbours of items and of users: by hand, against NumPy, and at limits."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.exceptions import ShortListWarning
from mmclassic.recommend import AsymmetricCosine, Interactions, KNNRecommender, Tversky
from mmclassic.views import Views

# Users by items.
HISTORY = np.array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]])
MODES = ("neighbours", "users")


def fit(history, items=None, mode="neighbours", *, weights=None, **parameters):
    interactions = Interactions.from_csr(sp.csr_matrix(history))
    return KNNRecommender(weights, mode=mode, **parameters).fit(items, interactions)


def score_table(model, **asked):
    """Scores (n_askers, n_candidates) of all pairs, by the lists."""
    n_ranked = len(asked["ids"]) if "ids" in asked else model.item_ids_.size
    lists = model.rank(k=n_ranked, include_seen=True, **asked)
    scores = np.full((len(lists.order), len(lists.items)), np.nan)
    for row, (order, values) in enumerate(zip(lists.order, lists.scores)):
        scores[row, order[order >= 0]] = values[order >= 0]
    return scores


def random_history(seed, n_users=30, n_items=20):
    rng = np.random.default_rng(seed)
    filled = rng.random((n_users, n_items)) < 0.3
    filled[np.arange(n_users), np.arange(n_users) % n_items] = True
    return filled * rng.choice([-1.0, 1, 1, 2], size=filled.shape)


def random_views(seed, n=20):
    rng = np.random.default_rng(seed)
    text = rng.random((n, 8)) * (rng.random((n, 8)) < 0.4)
    present = rng.random((n, 2)) < 0.8
    return Views({"text": sp.csr_matrix(text), "image": rng.normal(size=(n, 3))}, present)


def cosines(A, B, shrink=0.0):
    lengths = np.outer(np.linalg.norm(A, axis=1), np.linalg.norm(B, axis=1))
    return A @ B.T / np.maximum(lengths + shrink, 1e-30)


def nearest(similarities, k):
    """The k largest above 0 of every row."""
    kept = np.zeros_like(similarities)
    for row, values in enumerate(similarities):
        best = [i for i in np.argsort(-values, kind="stable")[:k] if values[i] > 0]
        kept[row, best] = values[best]
    return kept


# --- by hand -------------------------------------------------------------------------------------


def test_items_by_hand():
    model = fit(HISTORY, similarity="jaccard", n_neighbors=1)
    # Users of the items: {0, 1, 4}, {0, 1, 2, 4}, {1, 2}, {3}. The nearest of 0 is 1 (3 / 4), of 1
    # is 0, of 2 is 1 (2 / 4), of 3 nobody.
    weights = [[0, 3 / 4, 0, 0], [3 / 4, 0, 1 / 2, 0], [0] * 4, [0] * 4]
    np.testing.assert_allclose(model.neighbours_.toarray(), weights)
    found = score_table(model, history={1: 2.0, 0: -1.0})
    np.testing.assert_allclose(found, [[3 / 2, -3 / 4, 1, 0]])
    assert model.explain(2, 0).to_numpy().tolist() == [[1, "items alike", 0.75]]
    assert model.recommend(0, k=1)["item_id"].item() == 2
    assert model.view_weights_ == {"interactions": 1.0}
    assert model.features_ is None
    assert model.weights_ is None


def test_users_by_hand():
    model = fit(HISTORY, mode="users", similarity="jaccard", n_neighbors=2)
    # {1} against {0, 1}, {0, 1, 2}, {1, 2}, {3}, {0, 1}: the nearest are users 0 and 2, by 1 / 2.
    np.testing.assert_allclose(score_table(model, history=[1]), [[1 / 2, 1, 1 / 2, 0]])
    # Of user 2, {1, 2}: users 1 (2 / 3) and 0 (1 / 3). Both share item 1 with the user, which is
    # all of what 0 shares and half of what 1 does.
    parts = model.explain(2, 0)
    assert parts["item_id"].tolist() == [1, 2]
    assert set(parts["view"]) == {"users alike"}
    np.testing.assert_allclose(parts["contribution"], [1 / 3 + 1 / 3, 1 / 3], rtol=1e-6)
    assert model.neighbours_ is None
    assert model.view_weights_ is None


def test_content_beside_who_used_it_by_hand():
    # CFCBF: rows (2 x text | users), products not normalised.
    text = sp.csr_matrix(np.array([[1.0, 0], [1, 1], [0, 0]]))
    history = np.array([[1.0, 0, 1], [0, 1, 1]])
    model = fit(
        history,
        Views({"text": text}),
        weights={"text": 2.0, "interactions": 1.0},
        similarity="dot",
    )
    # Rows: (2, 0 | 1, 0), (2, 2 | 0, 1), (0, 0 | 1, 1).
    np.testing.assert_allclose(model.neighbours_.toarray(), [[0, 4, 1], [4, 0, 1], [1, 1, 0]])
    # A new item (1, 0) is alike to 0 and 1 by 2 * 2, and to 2, that has no text, by 0.
    new = score_table(model, items=Views({"text": sp.csr_matrix([[1.0, 0]])}), ids=[9])
    np.testing.assert_allclose(new, [[4.0], [4.0]])
    parts = model.explain(0, 9, items=Views({"text": sp.csr_matrix([[1.0, 0]])}))
    assert parts.to_numpy().tolist() == [[0, "items alike", 4.0]]


def test_dislikes_push_away():
    items = fit([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]])
    liked, disliked = (score_table(items, history={1: w}) for w in (1.0, -1.0))
    np.testing.assert_array_equal(liked, -disliked)
    assert disliked[0, 0] < 0
    users = fit([[1.0, 0, -1], [1, 1, 0]], mode="users")
    scores = score_table(users, history=[0])
    assert scores[0, 2] < 0 < scores[0, 1]


# --- against plain NumPy -------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, {"text": 0.5, "image": 3.0, "interactions": 2.0}])
@pytest.mark.parametrize("seed", range(3))
def test_items_equal_plain_matrices(weights, seed):
    R, views = random_history(seed), random_views(seed)
    given = weights or dict.fromkeys(("text", "image", "interactions"), 1.0)
    blocks = {"text": views["text"].toarray(), "image": views["image"]}
    rows = [given[n] * blocks[n] * views.mask(n)[:, None] for n in blocks]
    rows = np.hstack([*rows, given["interactions"] * R.T])
    alike = cosines(rows, rows, shrink=2.0)
    np.fill_diagonal(alike, 0)
    W = nearest(alike, 6).T
    model = fit(R, views, weights=weights, n_neighbors=6, shrink=2.0)
    np.testing.assert_allclose(model.neighbours_.toarray(), W, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(score_table(model), R @ W, rtol=1e-4, atol=1e-5)
    similar = model.similar([4, 4, 7], k=19)
    np.testing.assert_allclose(
        similar["score"], np.concatenate([-np.sort(-np.delete(alike[i], i)) for i in (4, 4, 7)]),
        rtol=1e-4, atol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize("shrink", [0.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_users_equal_plain_matrices(shrink, seed):
    R = random_history(seed)
    alike = cosines(R, R, shrink)
    np.fill_diagonal(alike, 0)
    model = fit(R, mode="users", n_neighbors=5, shrink=shrink)
    np.testing.assert_allclose(score_table(model), nearest(alike, 5) @ R, rtol=1e-4, atol=1e-5)


def test_new_items_are_known_by_their_content_alone():
    R, views, new = random_history(0), random_views(0), random_views(7, n=5)
    model = fit(R, views, n_neighbors=4)
    blocks = [views["text"].toarray(), views["image"]]
    rows = np.hstack([b * views.mask(n)[:, None] for n, b in zip(views.names, blocks)])
    cold = [new["text"].toarray(), new["image"]]
    cold = np.hstack([b * new.mask(n)[:, None] for n, b in zip(new.names, cold)])
    alike = (
        cold
        @ rows.T
        / np.maximum(
            np.outer(np.linalg.norm(cold, axis=1), np.linalg.norm(np.hstack([rows, R.T]), axis=1)),
            1e-30,
        )
    )
    expected = R @ nearest(alike, 4).T
    ids = np.arange(100, 105)
    np.testing.assert_allclose(
        score_table(model, items=new, ids=ids), expected, rtol=1e-4, atol=1e-5
    )
    # A fitted item is known by its id, among new ones, too.
    mixed = score_table(model, items=Views.concat([new, new[:1]]), ids=[*ids, 3])
    np.testing.assert_array_equal(mixed[:, -1], score_table(model)[:, 3])
    np.testing.assert_allclose(mixed[:, :-1], expected, rtol=1e-4, atol=1e-5)
    order = model.similar(new[[1]], k=3, ids=[100])["item_id"]
    np.testing.assert_array_equal(order, np.argsort(-alike[1], kind="stable")[:3])


def test_each_view_may_be_weighed_by_its_own():
    R, views = random_history(1), random_views(1)
    weights = {"text": 2.0, "image": 0.0, "interactions": 1.0}
    apart = fit(
        R,
        views,
        weights=weights,
        weighting={"text": "tfidf", "image": None, "interactions": "tfidf"},
    )
    together = fit(R, views, weights=weights, weighting="tfidf")
    np.testing.assert_array_equal(apart.neighbours_.toarray(), together.neighbours_.toarray())
    only = fit(R, views, weights=weights, weighting=dict.fromkeys(weights) | {"text": "bm25"})
    assert abs(only.neighbours_ - together.neighbours_).max() > 0.01
    new = views[:2]
    alike = only.similar(new, k=3, ids=[100, 101])
    assert np.isfinite(alike["score"]).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "similarity",
    ["cosine", "dot", "pearson", "adjusted_cosine", "euclidean", "dice", Tversky(0.5, 2.0)]
    + [AsymmetricCosine(0.3)],
    ids=str,
)
def test_parts_sum_to_the_score(mode, similarity):
    model = fit(random_history(2), random_views(2), mode, similarity=similarity, shrink=1.0)
    for row in model.recommend(k=2).itertuples():
        parts = model.explain(row.user_id, row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-5)
        assert set(parts["item_id"]) <= set(model.interactions_[row.user_id].indices)


@pytest.mark.parametrize("mode", MODES)
def test_ratings_are_read_as_preferences(mode):
    rng = np.random.default_rng(0)
    pairs = rng.permutation(200)[:90]
    rated = pd.DataFrame(
        {"user_id": pairs // 10, "item_id": pairs % 10, "rating": rng.integers(1, 6, 90)}
    )
    model = KNNRecommender(mode=mode).fit(None, rated)
    signed = np.zeros((20, 10))
    signed[:] = model._preferences(model.interactions_).toarray()
    assert (signed < 0).any()
    rows = signed.T if mode == "neighbours" else signed
    alike = cosines(rows, rows)
    np.fill_diagonal(alike, 0)
    kept = nearest(alike, 100)
    expected = signed @ kept.T if mode == "neighbours" else kept @ signed
    np.testing.assert_allclose(score_table(model), expected, rtol=1e-4, atol=1e-5)
    user = rated[rated["user_id"] == 3]
    pd.testing.assert_frame_equal(
        model.recommend(k=4, history=user), model.recommend(3, k=4), check_exact=True
    )


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_requests(mode):
    model = fit(random_history(3), random_views(3), mode)
    whole = model.recommend(5, k=20, include_seen=True).set_index("item_id")["score"]
    few = model.recommend(5, k=3, candidates=[3, 1, 8], include_seen=True)
    np.testing.assert_array_equal(few["score"], whole[few["item_id"]])
    assert 3 not in set(
        model.recommend(5, k=2, exclude=[3], candidates=[3, 1, 8], include_seen=True)["item_id"]
    )
    boosted = model.recommend(5, k=1, boost={8: 100.0}, include_seen=True)
    assert boosted["item_id"].item() == 8
    assert boosted["score"].item() == pytest.approx(100 + whole[8])
    spread = model.recommend(5, k=5, diversity=0.5)
    assert len(spread) == 5
    assert model.recommend(999, k=1)["basis"].item() == "popularity"
    assert model.recommend(5, k=2, where=np.arange(20) < 6, include_seen=True)["item_id"].max() < 6


@pytest.mark.parametrize("mode", MODES)
def test_a_user_does_not_depend_on_the_company(mode, monkeypatch):
    model = fit(random_history(4), random_views(4), mode)
    items = random_views(9, n=6)
    for asked in ({}, {"items": items, "ids": np.arange(100, 106)}):
        whole = model.rank(k=4, **asked)
        monkeypatch.setattr("mmclassic.recommend._answer.block_rows", lambda width: 7)
        for user in range(0, 30, 7):
            alone = model.rank([user], k=4, **asked)
            np.testing.assert_array_equal(alone.order[0], whole.order[user])
            np.testing.assert_array_equal(alone.scores[0], whole.scores[user])
        np.testing.assert_array_equal(model.rank(k=4, **asked).scores, whole.scores)


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_nobody_and_one_item(mode):
    nobody = KNNRecommender(mode=mode).fit(np.eye(3))
    assert nobody.rank(k=1).order.shape == (0, 1)
    assert nobody.recommend(history=[0], k=2)["score"].notna().all()
    with pytest.warns(ShortListWarning):
        assert fit([[1.0], [1.0]], np.ones((1, 2)), mode).recommend(k=1).empty
    assert fit([[1.0], [1.0]], mode=mode).recommend(k=1, include_seen=True)["item_id"].size == 2


def test_a_view_of_zeros_says_nothing():
    R = random_history(5)
    views = Views({"text": np.zeros((20, 4)), "image": np.eye(20)[:, :2]})
    model = fit(R, views, weights={"text": 1.0, "image": 0.0, "interactions": 1.0})
    plain = fit(R)
    np.testing.assert_array_equal(model.neighbours_.toarray(), plain.neighbours_.toarray())
    silent = model.recommend(0, k=1, items=views[:1], ids=[100])
    assert silent["score"].item() == 0.0


def test_what_is_absent_is_not_read():
    R, views = random_history(6), random_views(6)
    blocks = {"text": views["text"], "image": views["image"].copy()}
    blocks["image"][~views.mask("image")] = 1e6
    other = fit(R, Views(blocks, views.present))
    np.testing.assert_array_equal(other.neighbours_.toarray(), fit(R, views).neighbours_.toarray())


@pytest.mark.parametrize("mode", MODES)
def test_content_is_compared_only_by_modes_that_do(mode):
    model = fit(random_history(0), random_views(0), mode)
    with pytest.raises(TypeError, match=f"search compares content, as mode='profile' .*{mode}"):
        model.search(random_views(0))
    with pytest.raises(TypeError, match="a history of items by id; mode='profile' takes rows"):
        model.recommend(history=random_views(0))
    if mode == "users":
        with pytest.raises(TypeError, match="similar compares items, and mode='users'"):
            model.similar(3)
    alone = fit(random_history(0))
    assert len(alone.similar([3, 5], k=2)) == 4
    with pytest.raises(ValueError, match="fitted on interactions alone"):
        alone.similar(np.eye(3), ids=[100, 101, 102])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mode": "item"}, "mode"),
        ({"similarity": "cos"}, "similarity"),
        ({"similarity": AsymmetricCosine(2.0)}, "alpha"),
        ({"n_neighbors": 0}, "n_neighbors"),
        ({"shrink": -1.0}, "shrink"),
        ({"weighting": "idf"}, "weighting"),
        ({"weighting": {"text": "idf"}}, "weighting must give None, "),
        (
            {"weighting": {"text": None}, "mode": "users"},
            "The 'weighting' parameter of UserNeighbours",
        ),
        ({"weights": "agreement"}, "weights='agreement' is for mode='profile'"),
        ({"weights": {"text": 1.0, "image": 1.0}}, "weights must give a finite number"),
        ({"weights": {"text": 0, "image": 0, "interactions": 0}}, "must not all be 0"),
    ],
)
def test_parameters_that_cannot_be(parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(random_history(0), random_views(0), **{"mode": "neighbours", **parameters})


def test_views_that_cannot_be():
    with pytest.raises(ValueError, match="a view is called 'interactions'"):
        fit(HISTORY, Views({"interactions": np.eye(4)}))
    with pytest.raises(ValueError, match="view 'x0': its largest number is beyond"):
        fit(HISTORY, np.eye(4) * 1e200)
    with pytest.raises(ValueError, match="ranks by features of items; got items=None"):
        KNNRecommender().fit(None, pd.DataFrame({"user_id": [1], "item_id": [2]}))


def test_fitted_anew_without_items():
    model = fit(random_history(0), random_views(0))
    again = model.fit(None, Interactions.from_csr(sp.csr_matrix(HISTORY)))
    assert again.features_ is None
    assert not hasattr(again, "view_widths_in_")
    assert len(again.recommend(k=1, include_seen=True)) == 5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("items", [None, random_views(0)], ids=["alone", "views"])
def test_saved_and_loaded(mode, items, tmp_path):
    model = fit(random_history(0), items, mode, weighting="bm25", similarity=Tversky(0.4, 0.5))
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(loaded.recommend(k=4), model.recommend(k=4))
    damaged = {
        "what items are compared by is not|users are not compared by": fit(HISTORY, mode=mode),
        "what it compares is not that of mode": fit(HISTORY, np.eye(4), "profile"),
    }
    for message, other in damaged.items():
        model._neighbours = other._neighbours
        mmclassic.save(model, tmp_path / "damaged.skops")
        with pytest.raises(ValueError, match=message):
            mmclassic.load(tmp_path / "damaged.skops")
