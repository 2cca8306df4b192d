"""What users of implicit, RecTools and LensKit expect of a recommender, said in our words."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mmclassic.evaluate import LeaveLastOut, RandomSplit, TimeSplit, UserFolds
from mmclassic.exceptions import ShortListWarning
from mmclassic.interactions import Interactions
from mmclassic.recommend import (
    EASE,
    KNNRecommender,
    PopularRecommender,
    RandomRecommender,
    RandomWalkRecommender,
)
from mmclassic.views import Views

N_USERS, N_ITEMS = 30, 50


def make_likes(seed=0):
    """Users of two tastes, who like even or odd items."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, 2 * item + user % 2, 100 * user + item)
        for user in range(N_USERS)
        for item in rng.permutation(N_ITEMS // 2)[:9]
    ]
    return pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])


def make_views():
    rng = np.random.default_rng(1)
    return Views({"x": np.eye(2)[np.arange(N_ITEMS) % 2] + 0.3 * rng.normal(size=(N_ITEMS, 2))})


MODELS = {
    "profile": lambda: KNNRecommender(),
    "neighbours": lambda: KNNRecommender(mode="neighbours", n_neighbors=20),
    "users": lambda: KNNRecommender(mode="users", n_neighbors=10),
    "EASE": lambda: EASE(ridge=5.0),
    "walks": lambda: RandomWalkRecommender(),
    "popular": lambda: PopularRecommender(),
    "random": lambda: RandomRecommender(random_state=0),
}
PERSONAL = pytest.mark.parametrize("name", [n for n in MODELS if n not in ("popular", "random")])
EVERY = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(scope="module")
def fitted():
    return {
        n: make().fit(make_views(), make_likes(), ids=range(N_ITEMS)) for n, make in MODELS.items()
    }


# --- implicit -------------------------------------------------------------------------------------


@EVERY
def test_exactly_n_whatever_is_filtered(fitted, name):
    model, likes = fitted[name], make_likes()
    seen = likes.groupby("user_id")["item_id"].agg(set)
    banned = list(range(0, N_ITEMS, 3))
    found = model.recommend(k=10, exclude=banned)
    assert (found.groupby("user_id").size() == 10).all()
    assert not set(found["item_id"]) & set(banned)
    for user, rows in found.groupby("user_id"):
        assert not set(rows["item_id"]) & seen[user], "already liked"
    allowed = [1, 2, 3, 44, 45]
    among = model.recommend(0, 5, candidates=allowed, include_seen=True)
    assert set(among["item_id"]) == set(allowed)
    with pytest.warns(ShortListWarning):
        everything = model.recommend(0, 10**6)
    assert len(everything) == N_ITEMS - 9


@EVERY
def test_liked_items_come_back_when_asked_for(fitted, name):
    found = fitted[name].recommend(3, N_ITEMS, include_seen=True)
    assert sorted(found["item_id"]) == list(range(N_ITEMS))


@PERSONAL
def test_users_get_what_suits_their_taste(fitted, name):
    found = fitted[name].recommend(k=8)
    share = (found["item_id"] % 2 == found["user_id"] % 2).mean()
    assert share > 0.9, "nearly all unseen items of the own taste come first"


@PERSONAL
def test_a_user_by_id_and_by_history_is_the_same(fitted, name):
    model, likes = fitted[name], make_likes()
    history = likes[likes["user_id"] == 7].drop(columns="timestamp")
    by_history = model.recommend(k=6, history=history)
    pd.testing.assert_frame_equal(by_history, model.recommend(7, 6))


@pytest.mark.parametrize("name", ["neighbours", "users", "EASE", "walks", "popular"])
def test_later_interactions_are_as_good_as_early_ones(name):
    likes = make_likes()
    late = likes.sample(frac=0.3, random_state=0)
    early = likes.drop(late.index)
    model = MODELS[name]().fit(make_views(), early, ids=range(N_ITEMS)).update(late)
    whole = MODELS[name]().fit(make_views(), pd.concat([early, late]), ids=range(N_ITEMS))
    pd.testing.assert_frame_equal(model.recommend(k=7), whole.recommend(k=7))


# --- RecTools: hot, warm and cold -----------------------------------------------------------------


@pytest.fixture(scope="module")
def with_gaps():
    """Items 40 to 49 have features and no interactions; user 99 has neither."""
    likes = make_likes()
    return KNNRecommender().fit(make_views(), likes[likes["item_id"] < 40], ids=range(N_ITEMS))


def test_warm_items_are_recommended_by_their_features(with_gaps):
    found = with_gaps.recommend(k=3, candidates=range(40, 50))
    assert (found["item_id"] % 2 == found["user_id"] % 2).mean() > 0.9


def test_cold_items_come_as_rows(with_gaps):
    new = Views({"x": np.eye(2)})
    found = with_gaps.recommend([0, 1], 1, items=new, ids=[100, 101])
    assert found["item_id"].tolist() == [100, 101]


def test_hot_and_cold_users_in_one_request(with_gaps):
    found = with_gaps.recommend([4, 99], 3)
    assert found["user_id"].tolist() == [4, 4, 4, 99, 99, 99]
    assert found["basis"].tolist() == ["history"] * 3 + ["popularity"] * 3
    assert found["rank"].tolist() == [1, 2, 3] * 2
    likes = make_likes()
    counts = likes[likes["item_id"] < 40]["item_id"].value_counts()
    popular = found[found["user_id"] == 99]
    np.testing.assert_array_equal(popular["score"], counts[popular["item_id"]])
    assert popular["score"].iloc[0] == counts.max()


# --- LensKit --------------------------------------------------------------------------------------


@EVERY
def test_lists_are_sorted_numbered_and_without_repeats(fitted, name):
    for _, rows in fitted[name].recommend(k=10).groupby("user_id"):
        assert rows["rank"].tolist() == list(range(1, 11))
        assert rows["score"].is_monotonic_decreasing
        assert rows["item_id"].is_unique


def test_parts_of_a_split_have_nothing_in_common():
    interactions = Interactions.from_frame(make_likes())
    pairs = set(zip(interactions.user_index, interactions.item_index))
    for split in (RandomSplit(0.2, random_state=0), LeaveLastOut(2), TimeSplit(0.2)):
        for fold in split.split(interactions):
            train, test = (
                set(zip(part.user_index, part.item_index)) for part in (fold.train, fold.test)
            )
            assert not train & test
            assert train | test <= pairs
            assert len(train) + len(test) + fold.n_dropped == len(pairs)
    folds = list(UserFolds(3, random_state=0).split(interactions))
    users = [set(fold.test.user_index) for fold in folds]
    assert sum(map(len, users)) == len(set.union(*users)) == N_USERS, "each user is tested once"
    assert not any(set(f.train.user_index) & u for f, u in zip(folds, users))


def test_the_last_ones_are_the_last():
    interactions = Interactions.from_frame(make_likes())
    (fold,) = LeaveLastOut(2).split(interactions)
    last = fold.test.to_frame().groupby("user_id")["timestamp"].min()
    first = fold.train.to_frame().groupby("user_id")["timestamp"].max()
    assert (last > first[last.index]).all()


@pytest.mark.parametrize(
    "model",
    [
        KNNRecommender(),
        KNNRecommender(mode="neighbours"),
        KNNRecommender(mode="users"),
        EASE(5.0),
        RandomWalkRecommender(),
    ],
)
@pytest.mark.parametrize("form", ["dict", "positions", "by id", "by id in another order"])
def test_boosts_by_id_or_position_are_explained(model, form):
    rng = np.random.default_rng(0)
    ids = [f"i{k}" for k in range(20)]
    liked = np.argsort(rng.random((8, 20)))[:, :5]
    names = np.array(ids)[liked.ravel()]
    liked = pd.DataFrame({"user_id": np.repeat(range(8), 5), "item_id": names})
    model = clone(model).fit(rng.normal(size=(20, 3)), liked, ids=ids)
    boost = pd.Series(rng.normal(size=20), index=ids)
    boost = {
        "dict": boost.to_dict(),
        "positions": boost.to_numpy(),
        "by id": boost,
        "by id in another order": boost[::-1],
    }[form]
    found = model.recommend(0, k=3, boost=boost)
    expected = model.recommend(0, k=3, boost=_by_id(boost, ids))
    pd.testing.assert_frame_equal(found, expected)
    for item, score in zip(found["item_id"], found["score"]):
        parts = model.explain(0, item, boost=boost)
        assert parts["contribution"].sum() == pytest.approx(score, abs=1e-4)


def _by_id(boost, ids):
    return dict(zip(ids, boost)) if isinstance(boost, np.ndarray) else dict(boost)


def test_a_series_that_names_other_rows_is_refused():
    model = KNNRecommender({"x0": 1.0}).fit(
        np.eye(3), pd.DataFrame({"user_id": [1], "item_id": [0]})
    )
    shelf = pd.Series([True, False, True], index=[4, 5, 6])
    with pytest.raises(ValueError, match="neither ids nor positions of the 3 items"):
        model.recommend(1, where=shelf)


@pytest.mark.parametrize("history", [[], {}])
def test_an_empty_history_gets_what_is_popular(history):
    liked = pd.DataFrame({"user_id": [1, 2, 2], "item_id": [0, 0, 1]})
    model = KNNRecommender({"x0": 1.0}).fit(np.eye(3), liked, ids=range(3))
    found = model.recommend(history=history, k=2)
    assert found["item_id"].tolist() == [0, 1]
    assert (found["basis"] == "popularity").all()
