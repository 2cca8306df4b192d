"""evaluate: ratings, every metric by name, strata, costs and splits by row numbers."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from evaluate_models import planted
from sklearn.base import BaseEstimator
from sklearn.model_selection import KFold

from mmclassic import metrics
from mmclassic.evaluate import (
    ColdItemSplit,
    Fold,
    RandomSplit,
    SampledLeaveOneOut,
    UserFolds,
    evaluate,
)
from mmclassic.interactions import Interactions
from mmclassic.metrics import RankedLists
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.views import Views

pytestmark = [
    pytest.mark.filterwarnings("ignore::mmclassic.exceptions.ShortListWarning"),
    pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning"),
]

ITEMS = pd.DataFrame({"item_id": list("abcdef"), "price": [1, 2, 3, 4, 5, 6]})
# u and v have rated d and e; held out are the others. w has nothing in training.
RATED = pd.DataFrame(
    {
        "user_id": list("uuuuvvvw"),
        "item_id": list("dabcebfa"),
        "rating": [2, 5, 4, 1, 3, 2, 1, 5],
    }
)
TRAIN, TEST = np.array([0, 4]), np.array([1, 2, 3, 5, 6, 7])


class InOrder(BaseEstimator):
    """Ranks the items in the order of the catalogue and predicts one rating."""

    def __init__(self, predicted=3.0):
        self.predicted = predicted

    def fit(self, items, interactions):
        self.ids_ = interactions.items
        return self

    def rank(self, users, k):
        order = np.tile(np.arange(k), (len(users), 1))
        return RankedLists(order, -order.astype(float), users, self.ids_)

    def predict(self, users, items):
        return np.full(len(users), self.predicted)


def value_of(found, metric):
    """The value of a summary of one model and length."""
    return found.summary().set_index("metric")["value"][metric]


def rated(k=3, **options):
    return evaluate({"m": InOrder()}, ITEMS, RATED, [(TRAIN, TEST)], k=k, random_state=0, **options)


def test_ratings_by_hand():
    found = rated()
    assert found.metrics == ("precision", "recall", "f1", "ndcg", "satisfaction", "rmse", "mae")
    # The scale is 1 to 5, so u likes a and b; v likes nothing, and w cannot be asked.
    table = found.summary().set_index("metric")
    assert table["n_users"].to_dict() == {
        **dict.fromkeys(["precision", "recall", "f1", "ndcg"], 1),
        **dict.fromkeys(["satisfaction", "rmse", "mae"], 2),
    }
    assert value_of(found, "precision") == pytest.approx(2 / 3)
    assert table["k"].to_dict()["rmse"] == 0
    # Own ratings of u: 1, 2, 4, 5, of which a, b, c are shown; of v: 1, 2, 3, of which b is.
    assert value_of(found, "satisfaction") == pytest.approx(((7 + 5 + 1) / 24 + 1 / 2) / 2)
    assert value_of(found, "mae") == pytest.approx(((2 + 1 + 2) / 3 + (1 + 2) / 2) / 2)
    expected = (np.sqrt((4 + 1 + 4) / 3) + np.sqrt((1 + 4) / 2)) / 2
    assert value_of(found, "rmse") == pytest.approx(expected)
    assert found.n_dropped == 1


def test_what_is_liked_is_the_callers_to_say():
    found = rated(min_rating=2, metrics=["recall", "graded_ndcg"])
    assert found.summary()["n_users"].tolist() == [2, 2]
    assert value_of(found, "recall") == 1.0
    # u: 5, 4, and 1 that is not liked; v: 2 at the second place.
    assert value_of(found, "graded_ndcg") == pytest.approx((1 + 1 / np.log2(3)) / 2)
    with pytest.raises(ValueError, match="min_rating is for ratings"):
        evaluate({"m": InOrder()}, ITEMS, RATED.drop(columns="rating"), [(TRAIN, TEST)],
                 min_rating=2, k=3)  # fmt: skip


def test_every_metric_is_the_function_of_that_name():
    items, interactions = planted(0, n_users=20, n_items=30)
    X = items.drop(columns="item_id").to_numpy()
    split = RandomSplit(0.4, random_state=0)
    names = ["auc", "r_precision", "map_cut", "serendipity", "novelty", "popularity_bias"]
    names += ["diversity", "coverage", "gini", "graded_ndcg", "ndcg"]
    found = evaluate({"m": KNNRecommender()}, X, interactions, split, k=5, metrics=names)
    (fold,) = split.split(interactions)
    train, test = fold.train.to_csr(), fold.test.to_csr()
    model = KNNRecommender().fit(X, fold.train)
    popular = PopularRecommender().fit(None, fold.train).rank(k=5)
    lists, counts = model.rank(k=5), np.bincount(train.indices, minlength=30)
    expected = {
        "auc": metrics.auc_at_k(test, lists, 5),
        "r_precision": metrics.r_precision(test, lists, 5),
        "map_cut": metrics.map_at_k(test, lists, 5, divisor="relevant"),
        "serendipity": metrics.serendipity_at_k(test, lists, popular, 5),
        "novelty": metrics.novelty_at_k(lists, counts, 20, 5),
        "popularity_bias": metrics.popularity_bias_at_k(lists, counts, train, 5),
        "diversity": metrics.intra_list_diversity_at_k(lists, X, 5),
        "coverage": metrics.catalog_coverage_at_k(lists, 5),
        "gini": metrics.gini_at_k(lists, 5),
        "graded_ndcg": metrics.ndcg_at_k(test, lists, 5),
        "ndcg": metrics.ndcg_at_k(test, lists, 5),
    }
    for name, value in expected.items():
        assert value_of(found, name) == pytest.approx(value, rel=1e-12), name
    table = found.summary().set_index("metric")
    assert table.loc[["coverage", "gini"], ["low", "high"]].isna().all().all()
    assert table["n_users"].eq(20).all()


def test_of_new_items_only_these_are_candidates():
    items, interactions = planted(1, n_users=20, n_items=30)
    X = items.drop(columns="item_id").to_numpy()
    names = ["auc", "coverage", "serendipity", "precision"]
    split = ColdItemSplit(0.3, random_state=0)
    found = evaluate({"m": KNNRecommender()}, X, interactions, split, k=9, metrics=names)
    # All nine new items are in every list, and nobody could have expected them.
    assert value_of(found, "coverage") == 1.0
    assert value_of(found, "serendipity") == value_of(found, "precision")
    assert 0.5 < value_of(found, "auc") <= 1
    alone = evaluate({"m": KNNRecommender()}, X, interactions, split, k=9, metrics=["gini"])
    assert value_of(alone, "gini") == 0
    assert alone.per_user.empty


def test_rows_as_scikit_learn_divides_them():
    items, interactions = planted(2)
    cv = KFold(3, shuffle=True, random_state=0)
    folds = list(cv.split(np.zeros(interactions.n_interactions)))
    found = evaluate({"p": PopularRecommender()}, items, interactions, iter(folds), k=5)
    assert found.n_folds == 3

    class Same:
        def split(self, interactions):
            for train, _ in folds:
                mask = np.isin(np.arange(interactions.n_interactions), train)
                yield Fold(interactions.select(mask), interactions.select(~mask))

    expected = evaluate({"p": PopularRecommender()}, items, interactions, Same(), k=5)
    pd.testing.assert_frame_equal(found.per_user, expected.per_user)
    for same in (cv, list(Same().split(interactions))):
        found = evaluate({"p": PopularRecommender()}, items, interactions, same, k=5)
        pd.testing.assert_frame_equal(found.per_user, expected.per_user)
    masks = [(np.isin(np.arange(interactions.n_interactions), t), v) for t, v in folds]
    found = evaluate({"p": PopularRecommender()}, items, interactions, masks, k=5)
    pd.testing.assert_frame_equal(found.per_user, expected.per_user)


@pytest.mark.parametrize(
    ("split", "error", "message"),
    [
        (5, TypeError, "a splitter, whose split"),
        ("warm", TypeError, "a splitter, whose split"),
        ([], ValueError, "the split has no fold"),
        ([([0], [1], [2])], ValueError, "must be a pair of rows"),
        ([([0], [7])], ValueError, "leaves nothing to test"),
    ],
)
def test_wrong_splits(split, error, message):
    with pytest.raises(error, match=message):
        evaluate({"m": InOrder()}, ITEMS, RATED, split, k=2)


def test_what_metrics_need_must_be_there():
    plain = RATED.drop(columns="rating")
    split = [(TRAIN, TEST)]
    for name in ("satisfaction", "satisfied", "rmse", "mae"):
        with pytest.raises(ValueError, match=f"'{name}' is measured by ratings"):
            evaluate({"m": InOrder()}, ITEMS, plain, split, metrics=[name], k=2)
    with pytest.raises(ValueError, match="need a model with predict"):
        evaluate({"m": PopularRecommender()}, ITEMS, RATED, split, metrics=["rmse"], k=2)
    with pytest.raises(ValueError, match="'diversity' compares rows"):
        evaluate({"m": InOrder()}, ITEMS, plain, split, metrics=["diversity"], k=2)
    with pytest.raises(ValueError, match="a row for each of 6 items; got 2"):
        evaluate({"m": InOrder()}, ITEMS, plain, split, features=np.eye(2), k=2)
    found = rated(metrics=["diversity"], features=np.eye(6))
    assert value_of(found, "diversity") == 1.0


def test_only_models_that_predict_have_errors():
    models = {"m": InOrder(), "popular": PopularRecommender()}
    found = evaluate(models, ITEMS, RATED, [(TRAIN, TEST)], k=3, random_state=0)
    table = found.summary()
    assert table.loc[table["metric"] == "rmse", "model"].tolist() == ["m"]
    assert set(table["model"]) == {"m", "popular"}

    class Wrong(InOrder):
        def predict(self, users, items):
            return [1.0]

    class Silent(InOrder):
        def predict(self, users, items):
            return np.full(len(users), np.nan)

    with pytest.raises(ValueError, match="model 'm': predict must give a number for each of 5"):
        evaluate({"m": Wrong()}, ITEMS, RATED, [(TRAIN, TEST)], k=3)
    with pytest.raises(ValueError, match="predicted must be finite; got nan"):
        evaluate({"m": Silent()}, ITEMS, RATED, [(TRAIN, TEST)], k=3)


def test_costs_are_recorded():
    runs = rated().runs
    assert runs.columns.tolist() == [
        "model",
        "fold",
        "n_users",
        "n_short",
        "fit_seconds",
        "fit_mib",
        "rank_seconds",
        "rank_mib",
        "rank_seconds_per_1000_users",
        "rmse",
        "mae",
    ]
    row = runs.iloc[0]
    assert row["mae"] == pytest.approx((2 + 1 + 2 + 1 + 2) / 5)
    assert row["rmse"] == pytest.approx(np.sqrt((4 + 1 + 4 + 1 + 4) / 5))
    assert row["rank_seconds_per_1000_users"] == pytest.approx(500 * row["rank_seconds"])
    assert not row["fit_mib"] <= 0


@pytest.fixture(scope="module")
def divided():
    """An evaluation of two models, some of whose items lack a view."""
    items, interactions = planted(0, n_users=40, n_items=50)
    X = items.drop(columns="item_id").to_numpy()
    present = np.ones((50, 2), dtype=bool)
    present[::3, 1] = False
    views = Views({"a": X[:, :2], "b": X[:, 2:]}, present=present)
    models = {"knn": KNNRecommender(), "popular": PopularRecommender()}
    rows = np.random.default_rng(0).random(interactions.n_interactions) < 0.4 + 0.5 * (
        interactions.user_index % 2
    )
    chosen = interactions.select(rows)
    split = RandomSplit(0.4, n_splits=2, random_state=0)
    options = {"k": [5, 10], "metrics": ["recall", "ndcg", "novelty", "coverage"]}
    return evaluate(models, views, chosen, split, random_state=0, **options)


def test_users_apart_add_up_to_all(divided):
    found = divided.by("activity", edges=[5, 8])
    assert found.summary().columns[0] == "stratum"
    assert list(dict.fromkeys(found.summary()["stratum"])) == ["<5", "5 to <8", ">=8"]
    assert found.metrics == divided.metrics
    assert set(found.per_user["metric"]) == {"recall", "ndcg", "novelty"}
    # A user with as many items in the training part of both folds is in one stratum.
    keys = ["model", "user_id", "metric", "k"]
    once = found.per_user.groupby(keys)["value"].agg(["mean", "size"])
    every = divided.per_user.set_index(keys)["value"]
    alone = once["size"] == 1
    assert alone.any()
    pd.testing.assert_series_equal(
        once.loc[alone, "mean"].sort_index(), every[alone[alone].index].sort_index(),
        check_names=False,
    )  # fmt: skip
    thirds = divided.by("activity").summary()
    sizes = thirds[(thirds["model"] == "knn") & (thirds["metric"] == "recall") & (thirds["k"] == 5)]
    assert len(sizes) == 3
    whole = divided.by(dict.fromkeys(range(40), "all"), of="users")
    pd.testing.assert_frame_equal(
        whole.per_user.drop(columns="stratum"), divided.per_user, check_like=True
    )


def test_items_apart_are_the_metric_of_these_alone(divided):
    missing = divided.by("missing")
    assert list(dict.fromkeys(missing.summary()["stratum"])) == ["complete", "without b"]
    assert set(missing.per_user["metric"]) == {"recall", "ndcg"}
    mask = np.arange(50) % 3 == 0
    masked = divided.by(mask).per_user
    expected = missing.per_user["stratum"].map({"complete": "False", "without b": "True"})
    pd.testing.assert_frame_equal(masked, missing.per_user.assign(stratum=expected))
    record = divided.record
    judge, answers = record.judges[0], record.answers["knn"][0]
    relevant = sp.csr_array(judge.relevant.toarray() & mask)
    values = metrics.recall_at_k(relevant, answers.lists.order, 5, per_user=True)
    other = metrics.recall_at_k(
        sp.csr_array(record.judges[1].relevant.toarray() & mask),
        record.answers["knn"][1].lists.order,
        5,
        per_user=True,
    )
    by_fold = [pd.Series(v, j.users) for v, j in zip((values, other), record.judges)]
    means = pd.concat(by_fold).groupby(level=0).mean()
    chosen = masked.query("stratum == 'True' and model == 'knn' and metric == 'recall' and k == 5")
    np.testing.assert_allclose(chosen["value"], means)


def test_cold_items_apart():
    items, interactions = planted(0, n_users=15, n_items=40, per_user=6)
    rows = np.arange(interactions.n_interactions)
    split = [(rows[rows % 3 > 0], rows[rows % 3 == 0])]
    options = {"k": 30, "metrics": ["recall"], "random_state": 0}
    found = evaluate({"p": PopularRecommender()}, items, interactions, split, **options)
    table = found.by("cold").summary().set_index("stratum")
    assert set(table.index) <= {"cold", "warm"}
    assert table["value"].between(0.3, 1).all()
    prices = found.by(np.arange(40.0), edges=[10, 20]).summary()
    assert prices["stratum"].tolist() == ["<10", "10 to <20", ">=20"]
    genres = pd.Series(np.where(np.arange(40) < 20, "old", None))
    assert found.by(genres).summary()["stratum"].tolist() == ["missing", "old"]


def test_ratings_of_some_items_apart():
    found = rated(metrics=["mae", "satisfaction"]).by(ITEMS["price"] < 3)
    values = found.summary().set_index(["stratum", "metric"])["value"]
    # a and b: u is off by 2 and 1, v by 1. The others: u by 2, v by 2, and v's f is not shown.
    assert values["True", "mae"] == pytest.approx((3 / 2 + 1) / 2)
    assert values["False", "mae"] == pytest.approx(2)
    assert values["True", "satisfaction"] == pytest.approx(((7 + 5) / 16 + 1 / 2) / 2)
    assert values["False", "satisfaction"] == pytest.approx(1 / 8)


def test_wrong_strata(divided):
    with pytest.raises(ValueError, match=r"one of .*items\['genre'\], say"):
        divided.by("genre")
    with pytest.raises(ValueError, match=r"each of the 50 items.*got shape \(3,\)"):
        divided.by([1, 2, 3])
    with pytest.raises(TypeError, match="a Series or dict by user id; got ndarray"):
        divided.by(np.arange(40), of="users")
    with pytest.raises(ValueError, match=r"stratum lacks 38 user\(s\), such as 1"):
        divided.by({0: "a"}, of="users")
    with pytest.raises(ValueError, match="edges are for numbers; 'cold' has none"):
        divided.by("cold", edges=[1])
    with pytest.raises(ValueError, match="edges must be increasing"):
        divided.by("activity", edges=[3, 1])
    with pytest.raises(TypeError, match="edges are for numbers"):
        divided.by(np.array(list("ab") * 25), edges=[1])
    with pytest.raises(ValueError, match="of must be 'items' or 'users'"):
        divided.by("cold", of="rows")
    with pytest.raises(ValueError, match="keeps no lists"):
        divided.by("activity").by("cold")
    with pytest.raises(ValueError, match="'missing' needs Views"):
        rated().by("missing")


def test_the_spread_over_users(divided):
    table = divided.distribution("recall", 5, quantiles=[0, 0.5, 1])
    assert table.columns.tolist() == ["model", "metric", "k", 0.0, 0.5, 1.0]
    values = divided.per_user.query("model == 'knn' and metric == 'recall' and k == 5")["value"]
    assert table.loc[0, 0.5] == values.median()
    assert len(divided.distribution("recall")) == 4
    with pytest.raises(ValueError, match="no values by user of 'coverage'"):
        divided.distribution("coverage")


def test_it_pickles_with_its_lists(divided):
    again = pickle.loads(pickle.dumps(divided))
    pd.testing.assert_frame_equal(again.by("missing").per_user, divided.by("missing").per_user)


def test_interactions_may_name_fewer_items_than_the_catalogue():
    frame = pd.DataFrame({"user_id": list("uuvv"), "item_id": list("abab")})
    few = Interactions.from_frame(frame)
    found = evaluate({"m": InOrder()}, ITEMS, few, [([0, 3], [1, 2])], k=2, metrics=["recall"])
    assert value_of(found, "recall") == 1.0


class Untold(InOrder):
    """Cannot be told of users that it was not fitted on."""


def test_users_that_are_new_are_told_of():
    items, interactions = planted(0, n_users=24)
    X = items.drop(columns="item_id").to_numpy()
    split = UserFolds(3, n_given=9, random_state=0)
    options = {"k": 5, "metrics": ["recall", "auc", "popularity_bias"], "random_state": 0}
    found = evaluate({"knn": KNNRecommender()}, X, interactions, split, **options)
    assert found.summary()["n_users"].tolist() == [24] * 3
    fold = next(split.split(interactions))
    model = KNNRecommender().fit(X, fold.train)
    judge, answers = found.record.judges[0], found.record.answers["knn"][0]
    lists = model.rank(judge.users, 5, history=fold.given)
    np.testing.assert_array_equal(answers.lists.order, lists.order)
    assert (judge.activity == 9).all()
    value = metrics.auc_at_k(judge.relevant, lists, 5)
    recorded = metrics.auc_at_k(judge.relevant, answers.lists, 5, n_candidates=judge.n_candidates)
    assert recorded == value
    with pytest.raises(TypeError, match=r"model 'm': this split asks for users .* no parameter"):
        evaluate({"m": Untold()}, X, interactions, split, k=5)


def test_known_and_new_users_may_come_together():
    items, interactions = planted(0, n_users=24)
    X = items.drop(columns="item_id").to_numpy()
    fold = next(UserFolds(2, n_given=9, random_state=0).split(interactions))
    (warm,) = RandomSplit(random_state=0).split(fold.train)
    both = Interactions.from_frame(
        pd.concat([fold.test.to_frame(), warm.test.to_frame()]).drop(columns="timestamp"),
        items=interactions.items,
    )

    class Mixed:
        def split(self, interactions):
            yield Fold(warm.train, both, given=fold.given)

    found = evaluate({"knn": KNNRecommender()}, X, interactions, Mixed(), k=5)
    model = KNNRecommender().fit(X, warm.train)
    judge, answers = found.record.judges[0], found.record.answers["knn"][0]
    assert 0 < judge.told.sum() < judge.users.size
    for part, history in ((judge.told, fold.given), (~judge.told, None)):
        lists = model.rank(judge.users[part], 5, history=history)
        np.testing.assert_array_equal(answers.lists.order[part], lists.order)


def test_pools_are_all_that_is_ranked():
    items, interactions = planted(0, n_users=12, n_items=40)
    X = items.drop(columns="item_id").to_numpy()
    split = SampledLeaveOneOut(9, random_state=0)
    options = {"k": [3, 15], "metrics": ["hit_rate", "auc", "mrr"], "random_state": 0}
    found = evaluate({"knn": KNNRecommender()}, X, interactions, split, **options)
    values = found.summary().set_index(["metric", "k"])["value"]
    assert values["hit_rate", 15] == 1.0
    (fold,) = split.split(interactions)
    model = KNNRecommender().fit(X, fold.train)
    users = found.record.judges[0].users
    rank_of = []
    for user in users:
        row = np.flatnonzero(fold.test.users == user)
        pool = fold.test.items[fold.pools[row].indices]
        ranked = model.rank([user], 10, candidates=pool)
        (target,) = fold.test.to_csr()[row].indices
        places = ranked.items[ranked.order[0]].tolist()
        rank_of.append(1 + places.index(fold.test.items[target]))
    assert values["mrr", 15] == pytest.approx(np.mean(1 / np.array(rank_of)))
    assert values["auc", 15] == pytest.approx(1 - (np.mean(rank_of) - 1) / 9)
    lists = found.record.answers["knn"][0].lists
    assert (lists.lengths == 10).all()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_popular_and_not_had_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, 9, 40), (rng.integers(0, 12, 40) ** 2) // 12
    frame = pd.DataFrame({"user_id": users, "item_id": items})
    rows = np.arange(40)
    every = Interactions.from_frame(frame, items=np.arange(12))
    found = evaluate(
        {"p": PopularRecommender()}, np.eye(12), every, [(rows[:30], rows[30:])], k=12,
        metrics=["serendipity"],
    )  # fmt: skip
    (judge,) = found.record.judges
    counts = frame[:30].drop_duplicates().groupby("item_id").size().reindex(range(12)).fillna(0)
    order = [i for i in np.argsort(-counts.to_numpy(), kind="stable") if counts[i] > 0]
    for k in (1, 4, 12):
        for row, user in enumerate(judge.users):
            had = set(frame["item_id"][:30][frame["user_id"][:30] == user])
            expected = [i for i in order if i not in had][:k]
            assert judge.popular(k)[row].tolist() == expected + [-1] * (k - len(expected))
