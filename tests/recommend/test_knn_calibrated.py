"""KNNRecommender with metric="calibrated": the sum as defined, its parts, what it is good for."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend import Interactions, KNNRecommender
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(5))
WEIGHTS = {"image": 1.0, "text": 0.5, "audio": 0.8}
ROOT2 = np.sqrt(2)


def make_interactions(seed, n_items, n_users=8, per_user=6):
    """Users with likes, dislikes and a weight of 0."""
    rng = np.random.default_rng(seed)
    chosen = np.argsort(rng.random((n_users, n_items)), axis=1)[:, :per_user]
    weight = rng.normal(1, 1, size=chosen.size)
    weight[3] = 0
    frame = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{i}" for i in range(n_users)], per_user),
            "item_id": chosen.ravel(),
            "weight": weight,
        }
    )
    return Interactions.from_frame(frame, items=range(n_items))


@pytest.fixture
def fitted(planted_views):
    def make(seed, n=40, weights=WEIGHTS):
        views, _ = planted_views(seed, n, missing=0.4)
        return KNNRecommender(weights, metric="calibrated").fit(views, make_interactions(seed, n))

    return make


# --- the sum --------------------------------------------------------------------------------------


def five_items():
    """Of the five, the last lacks "a", and three have "b"."""
    return Views(
        {
            "a": np.array([[2.0, 0], [1, 0], [0, 3], [0, 1], [np.nan, np.nan]]),
            "b": np.array([[2.0], [np.nan], [-3], [np.nan], [5]]),
        },
        present=[[True, True], [True, False], [True, True], [True, False], [False, True]],
    )


def test_by_hand():
    liked = pd.DataFrame({"user_id": ["u", "u"], "item_id": [0, 1], "weight": [3.0, 1.0]})
    model = KNNRecommender({"a": 2, "b": 1}, metric="calibrated").fit(five_items(), liked)
    assert model.view_weights_ == {"a": 1.0, "b": 0.5}
    # z_a is 1.5/sqrt(2) of equal rows, minus that of others; z_b(0, 2) = -sqrt(2) and z_b(0, 4) =
    # 1/sqrt(2) (see the tests of CalibratedSimilarity). Item 1 lacks b and takes a quarter.
    found = model.recommend("u", 3)
    assert found["item_id"].tolist() == [4, 3, 2]
    expected = [
        0.5 * 3 / 4 / ROOT2,
        -1.5 / ROOT2,
        -1.5 / ROOT2 - 0.5 * 3 / 4 * ROOT2,
    ]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-6)
    parts = model.explain("u", 2)
    assert parts[["item_id", "view"]].to_numpy().tolist() == [[0, "a"], [0, "b"], [1, "a"]]
    by_hand = [-0.75 * 1.5 / ROOT2, -0.375 * ROOT2, -0.25 * 1.5 / ROOT2]
    np.testing.assert_allclose(parts["contribution"], by_hand, rtol=1e-6)


@SEEDS
def test_is_the_mean_over_all_that_the_user_has(fitted, planted_views, seed):
    model = fitted(seed)
    views, _ = planted_views(seed, 40, missing=0.4)
    z = CalibratedSimilarity(WEIGHTS).fit(views).similarity(views, views)
    ratings = make_interactions(seed, 40).to_csr().toarray()
    scores = ratings @ z / np.abs(ratings).sum(axis=1, keepdims=True)
    found = model.recommend(k=34)
    users = [int(u[1:]) for u in found["user_id"]]
    np.testing.assert_allclose(found["score"], scores[users, found["item_id"]], atol=1e-5)
    similar = model.similar(np.arange(40), k=39)
    expected = z[similar["query_id"], similar["item_id"]]
    np.testing.assert_allclose(similar["score"], expected, rtol=1e-6, atol=1e-6)
    for query, rows in similar.groupby("query_id"):
        assert query not in set(rows["item_id"])
        assert rows["score"].is_monotonic_decreasing


@SEEDS
def test_explanations_sum_to_the_score(fitted, planted_views, seed):
    model = fitted(seed)
    views, _ = planted_views(seed, 40, missing=0.4)
    z = CalibratedSimilarity(WEIGHTS).fit(views).similarity(views, views)
    ratings = make_interactions(seed, 40).to_csr().toarray()
    scores = ratings @ z / np.abs(ratings).sum(axis=1, keepdims=True)
    for user in model.user_ids_:
        for item in (0, 5, 11, 17, 39):
            parts = model.explain(user, item)
            expected = scores[int(user[1:]), item]
            assert parts["contribution"].sum() == pytest.approx(expected, rel=0, abs=1e-6)
            assert parts["contribution"].abs().is_monotonic_decreasing


@SEEDS
def test_new_items_score_as_when_fitted(fitted, planted_views, seed):
    model = fitted(seed)
    views, _ = planted_views(seed, 40, missing=0.4)
    rows = np.array([7, 2, 29, 11, 20, 1, 15, 16, 17, 18])
    by_id = model.recommend(k=3, ids=rows)
    pd.testing.assert_frame_equal(model.recommend(k=3, items=views[rows], ids=rows), by_id)
    fresh = model.rank("u2", k=10, items=views[rows], ids=rows + 100)
    known = model.rank("u2", k=10, ids=rows, include_seen=True)
    np.testing.assert_array_equal(fresh.order, known.order)
    neighbours = model.similar(views[rows[:2]], 5, ids=[7, 2])
    pd.testing.assert_frame_equal(neighbours, model.similar([7, 2], 5))
    for item in rows[:3]:
        new = model.explain("u1", item + 100, items=views[[item]])
        pd.testing.assert_frame_equal(new, model.explain("u1", item))
    only = views.select("text")[rows[:4]]
    explained = model.explain("u1", 100, items=only[[0]])
    score = model.recommend("u1", 4, items=only, ids=range(100, 104)).set_index("item_id")["score"]
    assert explained["contribution"].sum() == pytest.approx(score[100], abs=1e-6)


@SEEDS
def test_a_users_list_does_not_depend_on_the_company(fitted, seed, monkeypatch):
    model = fitted(seed)
    together = model.recommend(k=10)
    for user, rows in together.groupby("user_id"):
        alone = model.recommend([user], 10)
        pd.testing.assert_frame_equal(alone, rows.reset_index(drop=True), check_exact=True)
    monkeypatch.setattr("mmclassic.recommend._ranking._BLOCK_ELEMENTS", 100)
    pd.testing.assert_frame_equal(model.recommend(k=10), together, check_exact=True)


@SEEDS
def test_sparse_and_dense_agree(fitted, planted_views, seed):
    views, _ = planted_views(seed, 40, missing=0.4)
    dense = Views({**views.blocks, "text": views["text"].toarray()}, views.present)
    one = fitted(seed)
    two = KNNRecommender(WEIGHTS, metric="calibrated").fit(dense, make_interactions(seed, 40))
    pd.testing.assert_frame_equal(one.recommend(k=9), two.recommend(k=9))
    pd.testing.assert_frame_equal(one.similar([3]), two.similar([3]))
    key = ["item_id", "view"]
    explained = [m.explain("u1", 4).sort_values(key, ignore_index=True) for m in (one, two)]
    pd.testing.assert_frame_equal(*explained)


def test_nothing_in_common_is_0_and_explained_by_nothing():
    blocks = {"a": np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]), "b": np.diag([1.0, 2, -3, 4])}
    views = Views(blocks, [[True, False], *[[True, True]] * 3])
    frame = pd.DataFrame({"user_id": ["u"], "item_id": [0]})
    model = KNNRecommender({"a": 1, "b": 1}, metric="calibrated").fit(views, frame)
    strange = Views({"b": np.array([[1.0, 0.0, 0.0, 0.0]])})
    assert model.recommend("u", 1, items=strange, ids=[9])["score"].tolist() == [0.0]
    nothing = model.explain("u", 9, items=strange)
    assert nothing.empty
    assert nothing.columns.tolist() == ["item_id", "view", "contribution"]


def test_users_whose_weights_are_all_0_score_0():
    frame = pd.DataFrame({"user_id": ["u"], "item_id": [0], "weight": [0.0]})
    model = KNNRecommender(metric="calibrated").fit(np.random.default_rng(0).normal(size=(9, 3)))
    model.fit(np.random.default_rng(0).normal(size=(9, 3)), frame)
    found = model.recommend("u", 8)
    assert found["item_id"].tolist() == list(range(1, 9))
    assert not found["score"].any()


def test_weights_and_fitted_state(planted_views):
    views, _ = planted_views(0, missing=0.2)
    model = KNNRecommender(metric="calibrated").fit(views)
    assert model.view_weights_ == CalibratedSimilarity().fit(views).view_weights_
    assert isinstance(model.similarity_, CalibratedSimilarity)
    assert all(sp.issparse(model.features_[name]) == (name == "text") for name in views.names)
    model.set_params(metric="cosine").fit(views)
    assert model.similarity_ is None
    assert sum(model.view_weights_.values()) == pytest.approx(1)
    with pytest.raises(ValueError, match="metric"):
        KNNRecommender(metric="euclidean").fit(views)
    with pytest.raises(ValueError, match="weights must give"):
        KNNRecommender({"image": 1}, metric="calibrated").fit(views)


def test_pickle_and_skops(fitted, tmp_path):
    model = fitted(0)
    expected = model.recommend(k=4)
    loaded = mmclassic.load(mmclassic.save(model, tmp_path / "m.skops"))
    for again in (pickle.loads(pickle.dumps(model)), loaded):
        pd.testing.assert_frame_equal(again.recommend(k=4), expected, check_exact=True)


# --- what it is good for --------------------------------------------------------------------------


def cold_ndcg(views, y, seed, weights=None, metric="calibrated"):
    """NDCG@10 of cold items for ten users, who like five warm items of a class each."""
    cold = np.random.default_rng(1000 + seed).permutation(len(y))[:100]
    warm = np.setdiff1d(np.arange(len(y)), cold)
    liked = [(c, i) for c in range(10) for i in warm[y[warm] == c][:5]]
    frame = pd.DataFrame(liked, columns=["user_id", "item_id"])
    model = KNNRecommender(weights, metric=metric).fit(views[warm], frame, ids=warm)
    lists = model.rank(k=10, items=views[cold], ids=cold)
    right = y[lists.items[lists.order]] == model.user_ids_[:, None]
    discount = 1 / np.log2(np.arange(2, 12))
    ideal = [discount[: np.count_nonzero(y[cold] == c)].sum() for c in model.user_ids_]
    return np.mean(right @ discount / ideal)


@SEEDS
def test_all_views_together_are_no_worse_than_the_best(planted_views, seed):
    views, y = planted_views(seed)
    together = cold_ndcg(views, y, seed)
    assert together >= max(cold_ndcg(views.select(name), y, seed) for name in views.names)
    assert together > cold_ndcg(views, y, seed, metric="cosine")


@pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning")
def test_nor_with_missing_cells(planted_views):
    together, alone = [], []
    for seed in range(5):
        views, y = planted_views(seed, missing=0.4)
        together.append(cold_ndcg(views, y, seed))
        alone.append([cold_ndcg(views.select(name), y, seed) for name in views.names])
    assert np.mean(together) >= np.mean(alone, axis=0).max()


def test_neither_noise_nor_a_copy_does_much_harm(planted_views):
    scores = {extra: [] for extra in ((), ("noise",), ("copy",))}
    for seed in range(5):
        for extra, found in scores.items():
            # The views that are there always are drawn first, so they are the same.
            views, y = planted_views(seed, extra=extra)
            found.append(cold_ndcg(views, y, seed))
    means = {extra: np.mean(found) for extra, found in scores.items()}
    assert means[("copy",)] == pytest.approx(means[()], abs=1e-3)
    assert means[("noise",)] == pytest.approx(means[()], abs=0.02)


@SEEDS
def test_neighbours_do_not_follow_what_is_missing(planted_views, seed):
    views, _ = planted_views(seed, missing=0.4)
    views = views[views.present.any(axis=1)]
    single = views.present.sum(axis=1) == 1
    only_image = single & views.mask("image")
    complete = np.flatnonzero(views.present.all(axis=1))

    def shares(metric):
        """Of image-only among neighbours of such, of single views among those of the complete."""
        model = KNNRecommender(metric=metric).fit(views)
        of_image = model.similar(np.flatnonzero(only_image), 10)["item_id"]
        return only_image[of_image].mean(), single[model.similar(complete, 10)["item_id"]].mean()

    chance = only_image[views.mask("image")].mean()
    (own, few), (cosine_own, cosine_few) = shares("calibrated"), shares("cosine")
    assert own < chance + 0.1
    assert own <= cosine_own + 0.05
    # Means over the common views alone are largest where there is one to agree in.
    assert cosine_few > 0.8
    assert few < single.mean()
