"""evaluate: what models are shown, the numbers by hand, and a planted truth."""

import numpy as np
import pandas as pd
import pytest
from evaluate_models import FeatureModel, RandomModel, RecordingModel, planted, popular

from mmclassic.evaluate import (
    ColdItemSplit,
    ContentFreeModel,
    Fold,
    LeaveLastOut,
    RandomSplit,
    evaluate,
)
from mmclassic.exceptions import UnknownIdError
from mmclassic.metrics import recall_at_k
from mmclassic.recommend import Interactions

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
    )
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


def test_only_positive_weights_are_relevant():
    interactions = make_interactions([1, 1, -1, 1, -1, 1])
    log = []
    results = evaluate({"m": RecordingModel(log)}, ITEMS, interactions, FixedSplit([1, 2, 4]), k=3)
    assert results["n_users"].tolist() == [1] * 4
    assert results.set_index("metric")["value"]["precision"] == pytest.approx(1 / 3)
    assert log[1][1].tolist() == ["u"]


def test_a_warm_fold_shows_all_items():
    log = []
    evaluate({"m": RecordingModel(log)}, ITEMS, make_interactions(), FixedSplit([1, 4]), k=2)
    (_, items, seen), (_, users, asked) = log
    assert items.equals(ITEMS)
    assert seen.columns.tolist() == ["user_id", "item_id", "weight"]
    assert seen["item_id"].tolist() == ["d", "b", "e", "f"]
    assert users.tolist() == ["u", "v"]
    assert asked is None


def test_a_cold_fold_hides_the_held_out_items_from_fit():
    log = []
    split = FixedSplit([1, 2, 4], candidates=np.array(["b", "a"]))
    evaluate({"m": RecordingModel(log)}, ITEMS, make_interactions(), split, k=2)
    (_, items, seen), (_, _, asked) = log
    assert items["item_id"].tolist() == list("cdef")
    assert not set(seen["item_id"]) & {"a", "b"}
    assert asked["item_id"].tolist() == ["a", "b"]
    assert asked["price"].tolist() == [1, 2]


def test_the_catalogue_may_be_in_another_order_and_have_more():
    items = pd.concat([ITEMS.iloc[::-1], pd.DataFrame({"item_id": ["z"], "price": [9]})])
    results = evaluate(
        {"m": RecordingModel([])},
        items,
        make_interactions(),
        FixedSplit([1, 2, 4]),
        k=6,
        metrics=["mrr"],
    )
    # Shown f, e, d, c, b, a: the first hit of both users is b at rank 5.
    assert results["value"].tolist() == [1 / 5]


def test_own_metrics_and_repeatable_intervals():
    items, interactions = planted(0)
    options = {"k": 5, "metrics": {"my recall": recall_at_k}, "random_state": 7}
    split = RandomSplit(random_state=0)
    one = evaluate(
        {"a": FeatureModel(), "b": FeatureModel()}, items, interactions, split, **options
    )
    assert one["metric"].tolist() == ["my recall", "my recall"]
    assert one.loc[0, ["value", "low", "high"]].equals(one.loc[1, ["value", "low", "high"]])
    two = evaluate(
        {"a": FeatureModel(), "b": FeatureModel()}, items, interactions, split, **options
    )
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
    assert once["n_users"].tolist() == often["n_users"].tolist() == [60] * 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("split_class", [ColdItemSplit, RandomSplit])
def test_planted_factors_beat_popularity_and_chance(seed, split_class):
    items, interactions = planted(seed)
    models = {"knn": FeatureModel(), "popular": popular(), "random": RandomModel()}
    split = split_class(0.25, n_splits=2, random_state=seed)
    results = evaluate(models, items, interactions, split, k=5, random_state=0)
    table = results.pivot(index="metric", columns="model", values=["value", "low", "high"])
    assert (table["low", "knn"] > table["high", "random"]).all()
    assert (table["value", "knn"] > table["value", "popular"]).all()
    if split_class is ColdItemSplit:
        assert (table["low", "knn"] > table["high", "popular"]).all()


def test_leave_last_out_runs():
    items, interactions = planted(2)
    results = evaluate({"knn": FeatureModel()}, items, interactions, LeaveLastOut(), k=10)
    assert results.set_index("metric")["value"]["recall"] > 10 / 106


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
        (lambda t: t.iloc[:-1], ValueError, "model 'm': recommend gave 3 rows for 2 users and k=2"),
        (lambda t: t.drop(columns="rank"), ValueError, r"model 'm': .*no column \['rank'\]"),
        (lambda t: t.assign(rank=1), ValueError, "user 'u' did not get the ranks 1 to 2"),
        (lambda t: t.assign(rank=t["rank"] - 1), ValueError, "did not get the ranks"),
        (lambda t: t.assign(item_id="q"), UnknownIdError, "'q'"),
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
    with pytest.raises(ValueError, match="k=7 exceeds the 6 candidates"):
        evaluate(models, ITEMS, interactions, split, k=7)
    cold = FixedSplit([1, 4], candidates=np.array(["a", "b"]))
    with pytest.raises(ValueError, match="k=3 exceeds the 2 candidates"):
        evaluate(models, ITEMS, interactions, cold, k=3)
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
    with pytest.raises(TypeError, match="takes Interactions; got DataFrame"):
        evaluate(models, ITEMS, interactions.to_frame(), split, k=2)
    with pytest.raises(TypeError, match="non-empty dict"):
        evaluate({}, ITEMS, interactions, split, k=2)


@pytest.mark.parametrize("split", [ColdItemSplit(0.3, random_state=0), RandomSplit(random_state=0)])
def test_the_content_free_baseline_equals_popularity(split):
    items, interactions = planted(3)
    models = {"baseline": ContentFreeModel(), "popular": popular()}
    results = evaluate(models, items, interactions, split, k=5, random_state=0)
    values = results.pivot(index="metric", columns="model", values="value")
    pd.testing.assert_series_equal(values["baseline"], values["popular"], check_names=False)
