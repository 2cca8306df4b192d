"""evaluate: what models are shown, the numbers by hand, and a planted truth."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from evaluate_models import FeatureModel, RandomModel, RecordingModel, planted, popular

from mmclassic.evaluate import (
    ColdItemSplit,
    Fold,
    LeaveLastOut,
    RandomSplit,
    evaluate,
)
from mmclassic.exceptions import ShortListWarning, UnknownIdError
from mmclassic.metrics import RankedLists, recall_at_k
from mmclassic.recommend import Interactions, KNNRecommender, PopularRecommender
from mmclassic.views import Views

ITEMS = pd.DataFrame({"item_id": list("abcdef"), "price": [1, 2, 3, 4, 5, 6]})


class FixedSplit:
    """Hold given rows out."""

    def __init__(self, held, candidates=None):
        self.held = held
        self.candidates = candidates

    def split(self, interactions):
        held = np.isin(np.arange(interactions.n_interactions), self.held)
        yield Fold(interactions.select(~held), interactions.select(held), self.candidates)


def make_interactions(weight=1.0):
    frame = pd.DataFrame(
        {"user_id": ["u", "u", "u", "v", "v", "w"], "item_id": list("dabebf"), "weight": weight}
    )
    return Interactions.from_frame(frame, items=ITEMS["item_id"])


def test_numbers_by_hand():
    # Held out: u has a and b, v has b. Everybody is shown a, b, c.
    results = evaluate(
        {"first": RecordingModel([])},
        ITEMS,
        make_interactions(),
        FixedSplit([1, 2, 4]),
        k=3,
        metrics=["precision", "recall", "f1", "ndcg", "hit_rate", "map", "mrr"],
        random_state=0,
    ).summary()
    assert results.columns.tolist() == ["model", "metric", "k", "value", "low", "high", "n_users"]
    value = results.set_index("metric")["value"]
    assert value["precision"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert value["recall"] == 1.0
    assert value["f1"] == pytest.approx((4 / 5 + 2 / 4) / 2)
    assert value["ndcg"] == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert value["hit_rate"] == 1.0
    assert value["map"] == pytest.approx((1 + 1 / 2) / 2)
    assert value["mrr"] == pytest.approx((1 + 1 / 2) / 2)
    assert (results["n_users"] == 2).all()
    assert (results["low"] <= results["value"]).all()
    assert (results["value"] <= results["high"]).all()


def test_models_that_read_nothing_need_no_items():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"user_id": np.repeat(range(20), 6), "item_id": rng.integers(0, 30, 120).astype(str)}
    )
    split, models = RandomSplit(random_state=0), {"popular": PopularRecommender()}
    found = evaluate(models, None, frame, split, k=5, random_state=0).summary()
    table = pd.DataFrame({"item_id": pd.unique(frame["item_id"])})
    expected = evaluate(models, table, frame, split, k=5, random_state=0).summary()
    pd.testing.assert_frame_equal(found, expected)


def test_only_positive_weights_are_relevant():
    interactions = make_interactions([1, 1, -1, 1, -1, 1])
    log = []
    split = FixedSplit([1, 2, 4])
    results = evaluate({"m": RecordingModel(log)}, ITEMS, interactions, split, k=3).summary()
    assert results["n_users"].tolist() == [1] * 4
    assert results.set_index("metric")["value"]["precision"] == pytest.approx(1 / 3)
    assert log[1][1].tolist() == ["u"]


def test_a_warm_fold_shows_all_items():
    log = []
    evaluate({"m": RecordingModel(log)}, ITEMS, make_interactions(), FixedSplit([1, 4]), k=2)
    (_, items, seen), (_, users, asked) = log
    assert items.equals(ITEMS)
    assert isinstance(seen, Interactions)
    assert seen.items.tolist() == list("abcdef")
    assert seen.to_frame()["item_id"].tolist() == ["d", "b", "e", "f"]
    assert users.tolist() == ["u", "v"]
    assert asked is None


def test_a_cold_fold_hides_the_held_out_items_from_fit():
    log = []
    split = FixedSplit([1, 2, 4], candidates=np.array(["b", "a"]))
    evaluate({"m": RecordingModel(log)}, ITEMS, make_interactions(), split, k=2)
    (_, items, seen), (_, _, asked) = log
    assert items["item_id"].tolist() == list("cdef")
    assert seen.items.tolist() == list("cdef")
    assert asked["item_id"].tolist() == ["a", "b"]
    assert asked["price"].tolist() == [1, 2]


def test_the_catalog_may_be_in_another_order_and_have_more():
    items = pd.concat([ITEMS.iloc[::-1], pd.DataFrame({"item_id": ["z"], "price": [9]})])
    results = evaluate(
        {"m": RecordingModel([])},
        items,
        make_interactions(),
        FixedSplit([1, 2, 4]),
        k=6,
        metrics=["mrr"],
    ).summary()
    # Shown f, e, d, c, b, a: the first hit of both users is b at rank 5.
    assert results["value"].tolist() == [1 / 5]


def test_own_metrics_and_repeatable_intervals():
    items, interactions = planted(0)
    options = {"k": 5, "metrics": {"my recall": recall_at_k}, "random_state": 7}
    split = RandomSplit(random_state=0)
    models = {"a": FeatureModel(), "b": FeatureModel()}
    one = evaluate(models, items, interactions, split, **options).summary()
    assert one["metric"].tolist() == ["my recall", "my recall"]
    assert one.loc[0, ["value", "low", "high"]].equals(one.loc[1, ["value", "low", "high"]])
    two = evaluate(models, items, interactions, split, **options).summary()
    pd.testing.assert_frame_equal(one, two)


def test_a_users_folds_are_averaged_before_resampling():
    items, interactions = planted(1)
    once = evaluate(
        {"m": RandomModel()}, items, interactions, RandomSplit(0.4, random_state=0), k=5
    )
    often = evaluate(
        {"m": RandomModel()},
        items,
        interactions,
        RandomSplit(0.4, n_splits=4, random_state=0),
        k=5,
    )
    assert once.summary()["n_users"].tolist() == often.summary()["n_users"].tolist() == [60] * 4
    assert (once.n_folds, often.n_folds) == (1, 4)
    assert len(often.runs) == 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("split_class", [ColdItemSplit, RandomSplit])
def test_planted_factors_beat_popularity_and_chance(seed, split_class):
    items, interactions = planted(seed)
    models = {"knn": FeatureModel(), "popular": popular(), "random": RandomModel()}
    split = split_class(0.25, n_splits=2, random_state=seed)
    results = evaluate(models, items, interactions, split, k=5, random_state=0).summary()
    table = results.pivot(index="metric", columns="model", values=["value", "low", "high"])
    assert (table["low", "knn"] > table["high", "random"]).all()
    assert (table["value", "knn"] > table["value", "popular"]).all()
    if split_class is ColdItemSplit:
        assert (table["low", "knn"] > table["high", "popular"]).all()


def test_leave_last_out_runs():
    items, interactions = planted(2)
    results = evaluate({"knn": FeatureModel()}, items, interactions, LeaveLastOut(), k=10)
    assert results.summary().set_index("metric")["value"]["recall"] > 10 / 106


def test_models_given_are_left_alone():
    items, interactions = planted(0)
    model = FeatureModel()
    evaluate({"m": model}, items, interactions, RandomSplit(random_state=0), k=2)
    assert not hasattr(model, "model_")


class Broken(RecordingModel):
    """Changes what a good model gives."""

    def __init__(self, change):
        super().__init__([])
        self.change = change

    def __deepcopy__(self, memo):
        return Broken(self.change)

    def recommend(self, users, k, items=None):
        return self.change(super().recommend(users, k, items))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda t: t.iloc[1:], ValueError, "model 'm': user 'u' did not get the ranks 1 to"),
        (lambda t: pd.concat([t, t.iloc[:1]]), ValueError, "user 'u' did not get the ranks"),
        (lambda t: t.drop(columns="rank"), ValueError, r"model 'm': .*no column \['rank'\]"),
        (lambda t: t.assign(rank=1), ValueError, "user 'u' did not get the ranks 1 to at most 2"),
        (lambda t: t.assign(rank=t["rank"] - 1), ValueError, "did not get the ranks"),
        (lambda t: t.assign(item_id="q"), UnknownIdError, "model 'm': .*'q'"),
        (lambda t: t.assign(user_id="w"), UnknownIdError, "'w'"),
        (lambda t: t.assign(item_id="a"), ValueError, "more than once"),
    ],
)
def test_models_that_break_the_contract(change, error, message):
    with pytest.raises(error, match=message):
        evaluate({"m": Broken(change)}, ITEMS, make_interactions(), FixedSplit([1, 4]), k=2)


def test_errors_of_the_caller():
    interactions, split = make_interactions(), FixedSplit([1, 4])
    models = {"m": RecordingModel([])}
    with pytest.raises(ValueError, match="k must be an integer of at least 1; got 0"):
        evaluate(models, ITEMS, interactions, split, k=[3, 0])
    with pytest.raises(ValueError, match="several different ones"):
        evaluate(models, ITEMS, interactions, split, k=[3, 3])
    with pytest.raises(ValueError, match="several different ones"):
        evaluate(models, ITEMS, interactions, split, k=[])
    with pytest.raises(ValueError, match="leaves nothing to test"):
        evaluate(models, ITEMS, interactions, FixedSplit([]), k=2)
    with pytest.raises(ValueError, match="names among"):
        evaluate(models, ITEMS, interactions, split, k=2, metrics=["accuracy"])
    with pytest.raises(ValueError, match="names among"):
        evaluate(models, ITEMS, interactions, split, k=2, metrics="recall")
    with pytest.raises(ValueError, match="no column 'sku'"):
        evaluate(models, ITEMS, interactions, split, k=2, item_id="sku")
    with pytest.raises(UnknownIdError, match="'f'"):
        evaluate(models, ITEMS.iloc[:5], interactions, split, k=2)
    with pytest.raises(TypeError, match="DataFrame, Interactions or None; got list"):
        evaluate(models, ITEMS, [("u", "a")], split, k=2)
    with pytest.raises(TypeError, match="non-empty dict"):
        evaluate({}, ITEMS, interactions, split, k=2)


SPLITS = pytest.mark.parametrize(
    "split", [ColdItemSplit(0.3, random_state=0), RandomSplit(n_splits=2, random_state=0)]
)


@SPLITS
def test_popularity_on_a_table_is_the_popularity_of_any_model(split):
    items, interactions = planted(3)
    models = {"bare": PopularRecommender(), "wrapped": popular()}
    results = evaluate(models, items, interactions, split, k=5, random_state=0).summary()
    values = results.pivot(index="metric", columns="model", values="value")
    pd.testing.assert_series_equal(values["bare"], values["wrapped"], check_names=False)


@SPLITS
def test_rows_of_any_kind_and_either_form_of_interactions_give_the_same(split):
    items, interactions = planted(1)
    X = items.drop(columns="item_id").to_numpy()
    models = {"knn": KNNRecommender(), "popular": PopularRecommender()}
    options = {"k": [5, 2], "random_state": 0}
    expected = evaluate(models, items, interactions, split, **options)
    assert expected.summary()["value"].gt(0).all()
    for rows in (X, Views({"x0": X}), sp.csr_array(X), X.tolist(), items):
        found = evaluate(models, rows, interactions, split, **options)
        pd.testing.assert_frame_equal(found.per_user, expected.per_user)
    renamed = interactions.to_frame().rename(columns={"user_id": "who", "item_id": "sku"})
    found = evaluate(
        models,
        items,
        renamed,
        split,
        columns={"user_id": "who", "item_id": "sku"},
        **options,
    )
    pd.testing.assert_frame_equal(found.per_user, expected.per_user)
    indexed = items.set_index("item_id")
    found = evaluate(models, indexed, interactions, split, **options)
    pd.testing.assert_frame_equal(found.per_user, expected.per_user)
    named = items.rename(columns={"item_id": "sku"})
    found = evaluate(models, named, interactions, split, item_id="sku", **options)
    pd.testing.assert_frame_equal(found.per_user, expected.per_user)


def test_plain_rows_with_a_table_of_interactions_go_by_row_number():
    frame = pd.DataFrame({"user_id": [1, 1, 1, 2, 2, 2], "item_id": [3, 1, 0, 3, 2, 1]})
    found = evaluate(
        {"p": PopularRecommender()}, np.eye(5), frame, FixedSplit([1, 5]), k=3, metrics=["recall"]
    )
    # Learnt: 3 twice, 0 and 2 once. Item 1 has none left and comes after the unseen of these two.
    assert found.per_user["value"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="5 rows and interactions have 6 items"):
        evaluate({"p": PopularRecommender()}, np.eye(5), make_interactions(), FixedSplit([1]))


def test_several_lengths_cost_one_ranking_and_equal_single_runs():
    items, interactions = planted(0)
    split = RandomSplit(0.4, random_state=0)
    log = []

    class Counting(FeatureModel):
        def recommend(self, users, k, items=None):
            log.append(k)
            return super().recommend(users, k, items)

    together = evaluate(
        {"m": Counting()}, items, interactions, split, k=[3, 10], random_state=0
    ).summary()
    assert log == [10]
    assert together["k"].tolist() == [3, 10] * 4
    for k in (3, 10):
        alone = evaluate({"m": FeatureModel()}, items, interactions, split, k=k, random_state=0)
        expected = together[together["k"] == k].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone.summary(), expected)


def test_the_evaluation_keeps_what_comes_after():
    interactions = make_interactions()
    found = evaluate(
        {"first": RecordingModel([]), "popular": PopularRecommender()},
        ITEMS,
        interactions,
        FixedSplit([1, 2, 4]),
        k=[1, 3],
        metrics=["recall", "mrr"],
        confidence=0.9,
        n_resamples=50,
        random_state=3,
    )
    assert found.models == ("first", "popular")
    assert (found.metrics, found.k) == (("recall", "mrr"), (1, 3))
    assert (found.n_folds, found.n_dropped) == (1, 0)
    assert (found.confidence, found.n_resamples) == (0.9, 50)
    assert found.per_user.columns.tolist() == ["model", "user_id", "metric", "k", "value"]
    first = found.per_user[found.per_user["model"] == "first"]
    # u has a and b, v has b; both are shown a, b, c.
    assert first[["user_id", "metric", "k", "value"]].to_numpy().tolist() == [
        ["u", "recall", 1, 0.5],
        ["v", "recall", 1, 0.0],
        ["u", "recall", 3, 1.0],
        ["v", "recall", 3, 1.0],
        ["u", "mrr", 1, 1.0],
        ["v", "mrr", 1, 0.0],
        ["u", "mrr", 3, 1.0],
        ["v", "mrr", 3, 0.5],
    ]
    runs = found.runs
    assert runs["model"].tolist() == ["first", "popular"]
    assert (runs[["fit_seconds", "rank_seconds"]] >= 0).all().all()
    assert runs["n_users"].tolist() == [2, 2]
    assert runs["n_short"].tolist() == [0, 0]
    summary = found.summary()
    assert len(summary) == 8
    assert "Evaluation of 2 model(s) on 1 fold(s)" in repr(found)
    assert found._repr_html_().count("<tr") == 9
    summary["value"] = 0
    assert found.summary()["value"].gt(0).any(), "the caller's copy is the caller's"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.k = (2,)
    again = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(again.summary(), found.summary())


def test_short_lists_count_as_they_are_with_one_warning():
    split = FixedSplit([1, 2, 4], candidates=np.array(["a", "b"]))
    models = {"knn": KNNRecommender(), "popular": PopularRecommender()}
    with pytest.warns(ShortListWarning, match=r"'knn' 2 of 2, 'popular' 2 of 2") as caught:
        found = evaluate(models, ITEMS, make_interactions(), split, k=4, metrics=["precision"])
    assert len(caught) == 1
    assert found.runs["n_short"].tolist() == [2, 2]
    # u has a and b, v has b, and both were shown these two.
    assert found.summary()["value"].tolist() == [3 / 8, 3 / 8]


class ByPosition(RecordingModel):
    """Gives what its function makes of users, k and items."""

    def __init__(self, give):
        super().__init__([])
        self.give = give

    def __deepcopy__(self, memo):
        return ByPosition(self.give)

    def rank(self, users, k, items=None):
        ids = (self.items if items is None else items)["item_id"].to_numpy(dtype=object)
        return self.give(np.asarray(users), k, ids)


def in_order(users, k, ids):
    order = np.tile(np.arange(k), (len(users), 1))
    return RankedLists(order, -order.astype(float), users, ids)


@pytest.mark.parametrize("candidates", [None, np.array(["c", "a", "b"])])
def test_lists_over_other_items_are_read_by_id(candidates):
    split = FixedSplit([1, 2, 4], candidates)
    turned = ByPosition(lambda users, k, ids: in_order(users, k, ids[::-1]))
    asked = {"turned": turned, "plain": RecordingModel([])}
    found = evaluate(asked, ITEMS.iloc[::-1], make_interactions(), split, k=3, metrics=["mrr"])
    values = found.per_user.groupby("model")["value"].apply(list)
    # turned shows a, b, c; plain f, e, d or c, b, a.
    assert values["turned"] == [1.0, 0.5]
    assert values["plain"] == ([0.0, 0.0] if candidates is None else [0.5, 0.5])


@pytest.mark.parametrize(
    ("give", "error", "message"),
    [
        (lambda u, k, ids: np.zeros((len(u), k)), TypeError, "model 'm': rank must give Ranked"),
        (lambda u, k, ids: in_order(u[::-1], k, ids), ValueError, "one list for every user"),
        (lambda u, k, ids: in_order(u, k - 1, ids), ValueError, "lists of 2 places.*got 1"),
        (lambda u, k, ids: in_order(u, k, ids + "x"), UnknownIdError, "model 'm': .*'ax'"),
    ],
)
def test_models_that_break_the_contract_of_rank(give, error, message):
    with pytest.raises(error, match=message):
        evaluate({"m": ByPosition(give)}, ITEMS, make_interactions(), FixedSplit([1, 4]), k=2)
