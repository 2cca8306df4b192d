"""KNNRecommender.search: the formula, what is compared, and what is asked by without weight."""

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import ShortListWarning
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend import KNNRecommender
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(4))
ROOT2 = np.sqrt(2)
IDS = ["v", "w", "x", "y", "z"]


def five_items():
    """Of the five, the last lacks "a", and three have "b"."""
    return Views(
        {
            "a": np.array([[2.0, 0], [1, 0], [0, 3], [0, 1], [np.nan, np.nan]]),
            "b": np.array([[2.0], [np.nan], [-3], [np.nan], [5]]),
        },
        present=[[True, True], [True, False], [True, True], [True, False], [False, True]],
    )


def fitted(weights=None, **parameters):
    weights = {"a": 2, "b": 1} if weights is None else weights
    return KNNRecommender(weights, **parameters).fit(five_items(), ids=IDS)


def test_by_hand():
    # a: centre (1/2, 1/2) and deviation sqrt(2)/3; b: centre 1/3 and deviation 4 sqrt(2)/9 (see the
    # tests of CalibratedSimilarity). The query is (1/2, -1/2) about the centre of a, so its product
    # is 1/2 with v and w and -1/2 with x and y; in b it is -4/3: products -8/9, 16/9 and -8/9.
    found = fitted().search(Views({"a": np.array([[7.0, 0]]), "b": np.array([[-1.0]])}), 5)
    assert found.columns.tolist() == ["query", "item_id", "rank", "score"]
    assert found["query"].tolist() == [0] * 5
    a, b = 1.5 / ROOT2, 0.5 * 2 / ROOT2
    expected = pd.Series({"v": a - b, "w": a, "x": -a + 2 * b, "y": -a, "z": -b})
    expected = expected.sort_values(ascending=False, kind="stable")
    # v and x tie, but for the rounding of their rows to float32.
    assert expected.index.tolist() == ["w", "v", "x", "z", "y"]
    assert found["item_id"].tolist() in (["w", "v", "x", "z", "y"], ["w", "x", "v", "z", "y"])
    np.testing.assert_allclose(found["score"], expected, rtol=1e-6)
    # z has no "a" to be compared in: it is no better than x and y, which are unlike the query.
    only_a = fitted().search(Views({"a": np.array([[7.0, 0]])}), 4)
    assert only_a["item_id"].tolist() == ["v", "w", "x", "y"]
    np.testing.assert_allclose(only_a["score"], [a, a, -a, -a], rtol=1e-6)


@SEEDS
def test_is_the_sum_over_views(planted_views, seed):
    views, _ = planted_views(seed, 60, missing=0.4)
    known, asked = views[np.arange(45)], views[np.arange(45, 60)]
    weights = {"image": 1.0, "text": 0.5, "audio": 0.8}
    model = KNNRecommender(weights).fit(known)
    asked = asked[asked.present.any(axis=1)]
    z = CalibratedSimilarity(weights).fit(known).similarity(asked, known)
    with pytest.warns(ShortListWarning):
        found = model.search(asked, len(known))
    expected = z[found["query"], found["item_id"]]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-5, atol=1e-6)
    for query, rows in found.groupby("query"):
        assert rows["score"].is_monotonic_decreasing
        common = (known.present & asked.present[query]).any(axis=1)
        assert sorted(rows["item_id"]) == np.flatnonzero(common).tolist()
    for query in range(len(asked)):  # each is asked alone as in company
        alone = model.search(asked[[query]], 5).drop(columns="query")
        first = found[found["query"] == query].head(5).drop(columns="query")
        pd.testing.assert_frame_equal(alone, first.reset_index(drop=True))


def test_a_query_that_says_nothing_is_refused():
    rng = np.random.default_rng(0)
    views = Views({"a": rng.normal(size=(20, 3)), "b": np.ones((20, 2))})
    model = KNNRecommender({"a": 1, "b": 1}).fit(views)
    present = [[True, True], [False, True]]  # all are alike in "b"
    asked = Views({"a": rng.normal(size=(2, 3)), "b": np.ones((2, 2))}, present)
    with pytest.raises(ValueError, match="query 1 says nothing that the items could be compared"):
        model.search(asked, 3)
    with pytest.raises(ValueError, match=r"query 0 says nothing .*: they have \['b'\]"):
        model.search(asked[[0]].select("a"), 3, among=model.features_.select("b"))


def test_cosine_searches_by_the_mean_over_common_views():
    model = KNNRecommender({"a": 3, "b": 1}, metric="cosine").fit(five_items(), ids=IDS)
    query = Views({"a": np.array([[3.0, 4.0]]), "b": np.array([[-1.0]])})
    found = model.search(query, 5).set_index("item_id")["score"]
    # v: (3 * .6 - 1) / 4, x: (3 * .8 + 1) / 4, w and y have a alone, z has b alone.
    np.testing.assert_allclose(found[IDS], [0.2, 0.6, 0.85, 0.8, -1], rtol=1e-6)


def test_among_a_view_leaves_out_items_without_it():
    model = fitted()
    query = Views({"a": np.array([[7.0, 0]]), "b": np.array([[-1.0]])})
    with pytest.warns(ShortListWarning, match=r"1 of 1 queries have fewer than k=5.*among 5"):
        found = model.search(query, 5, among=model.features_.select("b"))
    assert found["item_id"].tolist() == ["x", "v", "z"]
    np.testing.assert_allclose(found["score"], 0.5 * np.array([4, -2, -2]) / ROOT2, rtol=1e-6)
    everything = model.search(query, 5)
    pd.testing.assert_frame_equal(model.search(query, 5, among=model.features_), everything)


def test_items_without_any_view_are_not_found():
    views = Views(
        {"a": np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]])}, [[True], [True], [False], [True]]
    )
    model = KNNRecommender().fit(views, ids=IDS[:4])
    query = Views({"a": np.array([[1.0, 0.0]])})
    found = model.search(query, 2)
    assert found["item_id"].tolist() == ["v", "w"]
    with pytest.warns(ShortListWarning):
        assert len(model.search(query, 4)) == 2


@pytest.mark.parametrize("rows", [[0], [0, 1, 2, 3], [0, 1, 2, 3, 4, 4]])
def test_among_must_be_of_all_items(rows):
    model = fitted()
    with pytest.raises(
        ValueError,
        match=rf"among must have a row for each of the 5 fitted items; got {len(rows)}",
    ):
        model.search(five_items()[:1], 2, among=model.features_[rows])


@pytest.mark.parametrize("metric", ["calibrated", "cosine"])
@SEEDS
def test_a_query_is_no_item_whatever_its_number(metric, seed):
    """Items are named by numbers that are also numbers of queries: none of them is left out."""
    X = np.random.default_rng(seed).normal(size=(12, 3))
    model = KNNRecommender(metric=metric).fit(X, ids=np.arange(12))
    found = model.search(X, 12)
    for query, rows in found.groupby("query"):
        assert sorted(rows["item_id"]) == list(range(12))
        by_itself = rows.loc[rows["item_id"] == query, "score"].iloc[0]
        if metric == "cosine":
            assert by_itself == pytest.approx(1, abs=1e-6)
    assert 3 not in set(model.similar(3, 11)["item_id"])


@SEEDS
def test_a_view_that_weighs_nothing_can_be_asked_by(planted_views, seed):
    """What users follow says nothing of what somebody searches by."""
    views, _ = planted_views(seed, 50, missing=0.2)
    model = KNNRecommender({"image": 1, "text": 0, "audio": 0}).fit(views)
    single = KNNRecommender().fit(views.select("text"))
    rows = np.flatnonzero(views.present.all(axis=1))[:3]
    asked = views.select("text")[rows]
    here = np.count_nonzero(views.mask("text"))
    among = model.features_.select("text")
    found = model.search(asked, here, among=among)
    pd.testing.assert_frame_equal(found, single.search(asked, here))
    both = views.select("text", "audio")[rows]
    even = KNNRecommender({"image": 0, "text": 1, "audio": 1}).fit(views)
    pd.testing.assert_frame_equal(model.search(both, 9), even.search(both, 9))
    # With a view that weighs anything the weights hold, and in lists for users they always do.
    all_views = views[rows]
    image = model.search(all_views.select("image"), 9)
    pd.testing.assert_frame_equal(model.search(all_views, 9), image)


@pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning")
def test_derived_views_are_asked_beside_the_others():
    rng = np.random.default_rng(0)
    classes = rng.integers(5, size=100)
    image = 3 * rng.normal(size=(5, 8))[classes] + rng.normal(size=(100, 8))
    views = Views({"image": image, "text": rng.normal(size=(100, 8)), "joint": np.eye(5)[classes]})
    rows = [(f"u{n:02d}", i) for n in range(30) for i in np.flatnonzero(classes == n % 5)[:9]]
    likes = pd.DataFrame(rows, columns=["user_id", "item_id"])
    model = KNNRecommender(derived=["joint"]).fit(views, likes)
    weights = {"image": 0.0, "text": 0.0, "joint": 1.0}
    model.view_weights_.update(weights)  # as if learned: users follow the shared space alone
    asked = views.select("text", "joint")[[0, 1]]
    expected = KNNRecommender({"image": 0, "text": 1, "joint": 1}).fit(views).search(asked, 5)
    pd.testing.assert_frame_equal(model.search(asked, 5), expected)
    given = KNNRecommender(weights, derived=["joint"]).fit(views)
    only = given.search(asked.select("joint"), 5)
    pd.testing.assert_frame_equal(given.search(asked, 5), only)


def test_errors():
    model = fitted()
    with pytest.raises(ValueError, match="k must be an integer of at least 1; got 0"):
        model.search(five_items(), 0)
    with pytest.raises(ValueError, match="was fitted on views"):
        model.search(Views({"c": np.ones((1, 2))}), 1)
