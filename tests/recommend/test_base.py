"""What recommenders share: which items, whose interactions, short lists, threads."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from mmclassic import load, save
from mmclassic.exceptions import ShortListWarning, UnknownIdError
from mmclassic.metrics import RankedLists
from mmclassic.recommend import (
    BaseRecommender,
    CrossModalSearch,
    Interactions,
    KNNRecommender,
    PopularRecommender,
)
from mmclassic.recommend._ranking import rank_shared
from mmclassic.views import Views

BOTH = pytest.mark.parametrize("make", [KNNRecommender, PopularRecommender])
X = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]])
# u has seen everything, v all but d, w only a.
SEEN = pd.DataFrame({"user_id": list("uuuuvvvw"), "item_id": list("abcdabca")})


def fitted(make, **options):
    return make().fit(X, SEEN, ids=list("abcd"), **options)


@pytest.mark.parametrize("estimator", [KNNRecommender({"x0": 2.0}), PopularRecommender()])
def test_parameters_survive_cloning(estimator):
    assert clone(estimator).get_params() == estimator.get_params()
    assert repr(clone(estimator)) == repr(estimator)


def test_a_subclass_must_say_how_to_score():
    class Silent(BaseRecommender):
        pass

    with pytest.raises(NotImplementedError, match="Silent must define _score_block"):
        Silent().fit([[1.0], [2.0]])._score_block(sp.csr_matrix((1, 2)), None)


@BOTH
def test_short_lists_by_hand(make):
    model = fitted(make)
    with pytest.warns(ShortListWarning, match=r"2 of 3 users have fewer than k=2") as caught:
        lists = model.rank(k=2)
    assert len(caught) == 1
    assert lists.lengths.tolist() == [0, 1, 2]
    assert lists.order[:2].tolist() == [[-1, -1], [3, -1]]
    assert np.isnan(lists.scores[0]).all()
    assert lists.askers.tolist() == ["u", "v", "w"]
    assert lists.items.tolist() == list("abcd")
    np.testing.assert_array_equal(lists.seen.toarray(), [[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]])
    with pytest.warns(ShortListWarning) as caught:
        table = model.recommend(k=2)
    assert len(caught) == 1
    assert table["user_id"].tolist() == ["v", "w", "w"]
    assert table["rank"].tolist() == [1, 1, 2]
    pd.testing.assert_frame_equal(table.drop(columns="basis"), lists.to_frame())
    with pytest.warns(ShortListWarning, match="1 of 1 users"):
        assert model.recommend("u").empty
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(model.recommend("w", k=3)) == 3


@BOTH
def test_ids_without_rows_choose_items_unless_candidates_do(make):
    model = fitted(make)
    assert model.recommend("w", k=1, ids=["c"])["item_id"].tolist() == ["c"]
    with pytest.raises(ValueError, match="there are no items; candidates alone choose by id"):
        model.recommend("w", k=1, ids=["c"], candidates=["b"])
    with pytest.raises(ValueError, match="there are no items"):
        model.rank("w", k=1, ids=["c"], candidates=["c"])


@BOTH
def test_seen_items_can_be_included(make):
    model = fitted(make)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lists = model.rank(k=4, include_seen=True)
    assert lists.lengths.tolist() == [4, 4, 4]
    assert lists.seen.nnz == 8
    assert model.recommend("w", 1, include_seen=True)["item_id"].tolist() == ["a"]


@BOTH
def test_more_places_than_candidates_cost_no_memory(make):
    with pytest.warns(ShortListWarning):
        assert len(fitted(make).recommend("w", 10**12)) == 3
    with pytest.warns(ShortListWarning, match="among 0"):
        assert fitted(make).recommend(ids=[]).empty


@BOTH
def test_one_user_several_or_all(make):
    model = fitted(make)
    alone = model.recommend("w", 1)
    for users in (["w"], ("w",), np.array(["w"]), pd.Series(["w"]), np.str_("w")):
        pd.testing.assert_frame_equal(model.recommend(users, 1), alone)
    numbered = make().fit(X, SEEN.assign(user_id=[1, 1, 1, 1, 2, 2, 2, 3]), ids=list("abcd"))
    for users in (3, np.int64(3), np.uint8(3), [3]):
        assert numbered.recommend(users, 1)["user_id"].tolist() == [3]
    with pytest.raises(UnknownIdError, match="are str"):
        model.recommend(3, 1)
    with pytest.raises(ValueError, match="1-D"):
        model.recommend([["w"]], 1)
    assert model.recommend(["w", "w"], 1)["user_id"].tolist() == ["w", "w"]


@BOTH
@pytest.mark.parametrize("k", [0, -1, 2.0, "3", None, True])
def test_bad_lengths(make, k):
    with pytest.raises(ValueError, match="k must be an integer of at least 1"):
        fitted(make).rank(k=k)


def test_items_of_every_kind_are_fitted_alike():
    table = pd.DataFrame({"item_id": list("abcd"), "x": X[:, 0], "name": "n", "y": X[:, 1]})
    interactions = Interactions.from_frame(SEEN, items=list("abcd"))
    expected = KNNRecommender().fit(X, interactions).recommend("w", 3)
    for items, liked, options in [
        (X, interactions, {}),
        (X.tolist(), SEEN, {"ids": list("abcd")}),
        (sp.csr_array(X), interactions, {}),
        (Views({"x0": X}), interactions, {}),
        (table, SEEN, {}),
        (table, interactions, {}),
        (table.set_index("item_id"), SEEN, {}),
        (table.iloc[::-1], interactions, {}),
        (table.assign(item_id=range(4)), SEEN, {"ids": list("abcd")}),
        (table, SEEN.rename(columns={"user_id": "who"}), {"columns": {"user_id": "who"}}),
    ]:
        found = KNNRecommender().fit(items, liked, **options).recommend("w", 3)
        pd.testing.assert_frame_equal(found, expected)


def test_ids_of_plain_rows():
    numbered = SEEN.assign(item_id=[0, 1, 2, 3, 0, 1, 2, 0])
    assert KNNRecommender().fit(X, numbered).item_ids_.tolist() == [0, 1, 2, 3]
    few = Interactions.from_frame(numbered.iloc[4:])
    assert KNNRecommender().fit(X, few).item_ids_.tolist() == [0, 1, 2, 3]
    turned = Interactions.from_frame(numbered, items=[3, 2, 1, 0])
    assert KNNRecommender().fit(X, turned).item_ids_.tolist() == [3, 2, 1, 0]
    # Numbers in the order in which they happen to appear might number the rows.
    jumbled = Interactions.from_frame(numbered.iloc[[2, 0, 1, 3]])
    with pytest.raises(ValueError, match=r"first appearance \(\[2, 0, 1\].*ids=range"):
        KNNRecommender().fit(X, jumbled)
    by_number = KNNRecommender().fit(X, jumbled, ids=range(4))
    assert by_number.item_ids_.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="4 rows and interactions have 3 items"):
        KNNRecommender().fit(X, Interactions.from_frame(SEEN.iloc[4:]))
    with pytest.raises(UnknownIdError, match=r"are int.*are str"):
        KNNRecommender().fit(X, SEEN)
    # Some rows of a catalog, as in a fold, are not the first rows of it.
    every = Interactions.from_frame(numbered, items=range(4))
    for rows in (X[[1, 3]], np.vstack([X, X])):
        with pytest.raises(ValueError, match=r"rows and interactions have 4 items.*ids="):
            KNNRecommender().fit(rows, every)


def test_popularity_needs_no_items():
    model = PopularRecommender().fit(None, SEEN)
    assert model.recommend("w", 3)["item_id"].tolist() == ["b", "c", "d"]
    assert PopularRecommender().fit(None, SEEN, ids=list("dcba")).item_ids_.tolist() == list("dcba")
    text = pd.DataFrame({"item_id": list("abcd"), "title": "words"})
    assert PopularRecommender().fit(text, SEEN).recommend("w", 1)["item_id"].tolist() == ["b"]
    with pytest.raises(ValueError, match="nothing to fit"):
        PopularRecommender().fit(None)


def test_tables_of_new_items():
    table = pd.DataFrame({"item_id": list("abcd"), "x": X[:, 0], "y": X[:, 1]})
    model = KNNRecommender().fit(table, SEEN)
    new = pd.DataFrame({"y": [1.0, 0.0], "z": [9, 9], "x": [0.0, 1.0], "item_id": ["new", "b"]})
    found = model.recommend(["v", "w"], 1, items=new)
    assert found["item_id"].tolist() == ["new", "b"], "v has seen b"
    renamed = model.recommend("w", 2, items=new, ids=["p", "q"])
    assert renamed["item_id"].tolist() == ["q", "p"]
    near = model.similar(new, 1)
    assert near[["query_id", "item_id"]].to_numpy().tolist() == [["new", "c"], ["b", "a"]]
    assert not model.explain("w", "new", items=new.iloc[[0]]).empty
    with pytest.raises(ValueError, match="yet now missing:\n- y"):
        model.recommend("w", 1, items=new[["item_id", "x"]])


def test_similar_takes_one_id_ids_or_rows():
    model = KNNRecommender().fit(X, ids=list("abcd"))
    one = model.similar("a", 2)
    assert one["item_id"].tolist() == ["b", "c"]
    for same in (["a"], np.array(["a"]), pd.Index(["a"]), pd.Series(["a"])):
        pd.testing.assert_frame_equal(model.similar(same, 2), one)
    for rows in (X[[0]], X[[0]].tolist(), sp.csr_array(X[[0]]), Views({"x0": X[[0]]})):
        pd.testing.assert_frame_equal(model.similar(rows, 2, ids=["a"]), one)
    assert model.similar(np.empty(0, dtype=np.int64)).empty
    with pytest.warns(ShortListWarning, match="2 of 2 queries have fewer than k=4"):
        assert len(model.similar(["a", "b"], 4)) == 6
    assert len(model.similar(X[[0]], 4, ids="new")) == 4


@BOTH
def test_the_part_of_rows_to_rank(make):
    model = fitted(make)
    lists = model.rank(["w"], 1, ids=["d", "b"])
    assert lists.items.tolist() == ["d", "b"]
    assert lists.order.tolist() == [[1]]
    assert lists.seen.toarray().tolist() == [[0, 0]]
    mixed = model.rank(["v"], 2, items=X[[0, 2, 1]], ids=["new", "a", "newer"])
    assert mixed.seen.toarray().tolist() == [[0, 1, 0]]
    assert set(mixed.order[0]) == {0, 2}


@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.integers(0, 6),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.3, 0.8, 1.0]),
)
def test_shared_scores_rank_as_a_table_of_them_would(seed, k, n_rows, n_candidates, density):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, n_candidates).astype(float)
    hidden = rng.random((n_rows, n_candidates)) < density
    order, values = rank_shared(scores, sp.csr_matrix(hidden), k)
    assert order.shape == (n_rows, min(k, n_candidates))
    for row in range(n_rows):
        best = [i for i in np.argsort(-scores, kind="stable") if not hidden[row, i]][:k]
        filled = order[row] >= 0
        assert order[row][filled].tolist() == best
        assert not filled[len(best) :].any()
        np.testing.assert_array_equal(values[row][filled], scores[best])
        assert np.isnan(values[row][~filled]).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_all_that_are_left_and_never_a_seen_one(seed, k):
    rng = np.random.default_rng(seed)
    n_items = int(rng.integers(1, 9))
    pairs = rng.integers(0, [4, n_items], size=(int(rng.integers(1, 30)), 2))
    frame = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    seen = frame.groupby("user_id")["item_id"].agg(set)
    for make in (KNNRecommender, PopularRecommender):
        model = make().fit(rng.normal(size=(n_items, 3)), frame)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ShortListWarning)
            lists = model.rank(k=k)
        for user, order in zip(lists.askers, lists.order):
            ranked = set(order[order >= 0].tolist())
            assert not ranked & seen[user]
            assert len(ranked) == min(k, n_items - len(seen[user]))


def ask_everything(model):
    """Whatever a recommender can be asked."""
    rows = np.array([[0.5, 0.5], [0.1, -0.9]])
    answers = [model.rank(k=2).order, model.recommend(["v", "w"], 2), model.recommend("w", 1)]
    answers.append(model.recommend(k=2, items=rows, ids=["new", "a"], include_seen=True))
    if isinstance(model, KNNRecommender):
        answers += [model.similar("a", 2), model.similar(rows, 2, ids=["p", "q"])]
        answers += [model.explain("w", "b"), model.explain("w", "new", items=rows[:1])]
    return [a.to_numpy().tolist() if isinstance(a, pd.DataFrame) else a.tolist() for a in answers]


@BOTH
@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.ShortListWarning")
def test_eight_threads_get_what_one_gets_and_nothing_changes(make):
    model = fitted(make)
    before = joblib.hash(vars(model))
    expected = ask_everything(model)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask_everything(model), range(64)))
    assert all(answers == expected for answers in found)
    assert joblib.hash(vars(model)) == before


def test_eight_threads_search_one_gallery():
    rng = np.random.default_rng(0)
    search = CrossModalSearch().fit(rng.normal(size=(40, 5)))
    queries = rng.normal(size=(6, 5))
    before = joblib.hash(vars(search))
    expected = search.search(queries, 4)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: search.search(queries, 4), range(64)))
    assert all(answer.equals(expected) for answer in found)
    assert joblib.hash(vars(search)) == before


@BOTH
def test_ids_survive_every_kind_of_copy(make, tmp_path):
    model = fitted(make)
    expected = model.recommend("w", 2)
    copies = [pickle.loads(pickle.dumps(model)), load(save(model, tmp_path / "m.skops"))]
    for copy in copies:
        assert copy.user_ids_.dtype == copy.item_ids_.dtype == object
        pd.testing.assert_frame_equal(copy.recommend("w", 2), expected)


def test_lists_are_ranked_lists():
    assert isinstance(fitted(KNNRecommender).rank("w", 1), RankedLists)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda m: m.recommend(1.0), ValueError, "user ids must be a 1-D sequence"),
        (lambda m: m.recommend(None, 2, ids=[["a"]]), ValueError, "item ids must be a 1-D"),
        (lambda m: m.similar([0.5]), TypeError, "all str or all int; got floating"),
        (lambda m: m.similar(None), ValueError, "item ids must be a 1-D sequence"),
        (lambda m: m.similar([[1, 2], [3]]), ValueError, "inhomogeneous"),
        (lambda m: m.explain(["w"], "a"), ValueError, "user ids must be a 1-D sequence"),
        (lambda m: m.explain("w", ["a"]), ValueError, "item ids must be a 1-D sequence"),
        (lambda m: m.explain("w", "z", items=X), ValueError, "items have 4 rows and ids 1"),
        (lambda m: m.recommend("w", items=X), ValueError, "pass their item ids as ids="),
        (lambda m: m.recommend("w", items=X, ids=list("abca")), ValueError, "distinct"),
        (lambda m: m.recommend("w", items=X, ids=[1, 2, 3, 4]), UnknownIdError, "convert"),
        (lambda m: m.recommend("w", items=X * np.nan, ids=list("abcd")), ValueError, "NaN"),
    ],
)
def test_questions_that_make_no_sense(ask, error, message):
    with pytest.raises(error, match=message):
        ask(fitted(KNNRecommender))


@pytest.mark.parametrize("metric", ["calibrated", "cosine"])
def test_long_lists_and_short_ones_say_the_same(metric):
    rng = np.random.default_rng(0)
    views = Views({"x": rng.normal(size=(300, 7)), "y": sp.random(300, 50, 0.1, rng=rng).tocsr()})
    likes = pd.DataFrame({"user_id": np.repeat(range(6), 5), "item_id": rng.permutation(300)[:30]})
    model = KNNRecommender({"x": 1.0, "y": 0.5}, metric=metric).fit(views, likes, ids=range(300))
    short, long = model.rank(k=5), model.rank(k=290)
    np.testing.assert_array_equal(short.order, long.order[:, :5])
    np.testing.assert_array_equal(short.scores, long.scores[:, :5])
    boost = {3: 1.0, 4: -2.0}
    boosted = model.rank(k=5, boost=boost), model.rank(k=290, boost=boost)
    np.testing.assert_array_equal(boosted[0].scores, boosted[1].scores[:, :5])
