"""compare: differences, p and verdicts against what is known."""

import numpy as np
import pandas as pd
import pytest
from evaluate_models import planted
from scipy.stats import permutation_test

from mmclassic.evaluate import Evaluation, RandomSplit, compare, evaluate
from mmclassic.evaluate._compare import _holm, _sign_flip_test
from mmclassic.recommend import KNNRecommender, PopularRecommender


def made(values, metric="ndcg", confidence=0.95, n_resamples=500):
    """An evaluation of these values (by model) of users 0, 1, ..."""
    tables = [
        pd.DataFrame(
            {"model": model, "user_id": range(len(v)), "metric": metric, "k": 10, "value": v}
        )
        for model, v in values.items()
    ]
    return Evaluation(
        per_user=pd.concat(tables, ignore_index=True),
        runs=pd.DataFrame({"model": list(values)}),
        metrics=(metric,),
        k=(10,),
        n_folds=1,
        n_dropped=0,
        confidence=confidence,
        n_resamples=n_resamples,
        seed=0,
    )


def test_differences_by_hand():
    values = {"a": [0.1, 0.2, np.nan, 0.4], "b": [0.2, 0.2, 0.5, 0.7], "c": [0.0, 0.1, 0.1, np.nan]}
    table = compare(made(values))
    assert table.columns.tolist() == [
        "metric", "k", "model", "baseline", "difference", "low", "high", "p", "p_adjusted",
        "n_users", "verdict",
    ]  # fmt: skip
    assert table[["model", "baseline"]].to_numpy().tolist() == [["b", "a"], ["c", "a"], ["c", "b"]]
    np.testing.assert_allclose(table["difference"], [0.4 / 3, -0.1, (-0.2 - 0.1 - 0.4) / 3])
    assert table["n_users"].tolist() == [3, 2, 3]
    assert (table["low"] <= table["difference"]).all()
    assert (table["verdict"] == "too few users to tell").all()
    other = compare(made(values), "b", "ndcg", 10)
    assert other["model"].tolist() == ["a", "c"]
    assert other["difference"].iloc[0] == pytest.approx(-0.4 / 3)


def test_p_is_that_of_all_signs():
    rng = np.random.default_rng(0)
    differences = rng.normal(0.3, 1, (9, 3))
    found = _sign_flip_test(differences, 100_000, np.random.RandomState(0))
    expected = [
        permutation_test((column,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
        for column in differences.T
    ]
    np.testing.assert_allclose(found, expected, atol=0.006)
    three = _sign_flip_test(np.array([[0.1], [0.2], [0.3]]), 40_000, np.random.RandomState(1))
    assert three[0] == pytest.approx(2 / 8, abs=0.01)
    assert _sign_flip_test(np.zeros((5, 1)), 10, np.random.RandomState(0)).tolist() == [1.0]


def test_p_is_uniform_where_models_are_alike():
    rng = np.random.default_rng(0)
    p = _sign_flip_test(rng.normal(size=(40, 400)), 500, np.random.RandomState(0))
    assert abs(np.mean(p < 0.05) - 0.05) < 0.035
    assert abs(np.mean(p) - 0.5) < 0.05


def test_holm_by_hand():
    np.testing.assert_allclose(_holm(np.array([0.04, 0.01, 0.03])), [0.06, 0.03, 0.06])
    np.testing.assert_allclose(_holm(np.array([0.9, 0.8])), [1, 1])


def test_verdicts():
    rng = np.random.default_rng(0)
    base = rng.random(400)
    values = {
        "base": base,
        "much": base + rng.normal(0.1, 0.2, 400),
        "less": base - rng.normal(0.1, 0.2, 400),
        "same": base + rng.normal(0, 0.001, 400),
        "unsure": base + rng.normal(0.01, 0.4, 400),
    }
    verdicts = compare(made(values), "base").set_index("model")["verdict"].to_dict()
    assert verdicts == {
        "much": "better",
        "less": "worse",
        "same": "no difference worth having",
        "unsure": "too few users to tell",
    }
    errors = compare(made(values, "rmse"), "base").set_index("model")["verdict"]
    assert (errors["much"], errors["less"]) == ("worse", "better")
    neither = compare(made(values, "popularity_bias"), "base").set_index("model")["verdict"]
    assert (neither["much"], neither["less"]) == ("higher", "lower")
    # A sure difference that is worth nothing is none; how much is worth having can be said.
    tiny = {"base": base, "tiny": base + 0.001}
    assert compare(made(tiny))["verdict"].tolist() == ["no difference worth having"]
    assert compare(made(tiny), worth=0)["verdict"].tolist() == ["better"]
    assert compare(made({"base": [0.5], "one": [0.9]}))["verdict"].tolist() == [
        "too few users to tell"
    ]


@pytest.mark.parametrize(("n_users", "told"), [(1, False), (30, False), (450, False), (700, True)])
def test_users_who_do_not_differ_tell_little_of_those_not_drawn(n_users, told):
    """3 / n of all may differ by as much as a value is large: less than .005 from n = 600 on."""
    base = np.tile([0.0, 1.0], n_users)[:n_users]
    verdict = compare(made({"base": base, "same": base}))["verdict"].item()
    assert verdict == ("no difference worth having" if told else "too few users to tell")


def test_rare_differences_are_seldom_denied():
    """Two users in a hundred gain .3 on average, and the worth of a difference is .002."""
    rng = np.random.default_rng(0)
    denied = 0
    for _ in range(100):
        base = np.full(30, 0.2)
        better = base + 0.3 * (rng.random(30) < 0.02)
        verdict = compare(made({"base": base, "better": better}), n_resamples=99)["verdict"].item()
        denied += verdict == "no difference worth having"
    assert denied <= 5


def test_correction_and_seeds():
    rng = np.random.default_rng(1)
    base = rng.random(60)
    values = {"base": base} | {str(i): base + rng.normal(0.02, 0.2, 60) for i in range(4)}
    plain = compare(made(values), correction=None)
    held = compare(made(values))
    assert (plain["p"] == plain["p_adjusted"]).all()
    assert (held["p_adjusted"] >= held["p"]).all()
    np.testing.assert_array_equal(plain["p"], held["p"])
    pd.testing.assert_frame_equal(compare(made(values)), held)
    again = compare(made(values), random_state=5)
    assert not again["p"].equals(held["p"])
    pd.testing.assert_frame_equal(compare(made(values), random_state=5), again)


def test_a_real_evaluation_and_its_strata():
    items, interactions = planted(0, n_users=90)
    X = items.drop(columns="item_id").to_numpy()
    models = {"popular": PopularRecommender(), "knn": KNNRecommender(), "again": KNNRecommender()}
    split = RandomSplit(random_state=0)
    names = ["recall", "ndcg", "coverage"]
    found = evaluate(models, X, interactions, split, k=[5, 10], metrics=names, random_state=0)
    table = compare(found, "popular", n_resamples=1000)
    assert len(table) == 2 * 2 * 2
    assert (table["verdict"] == "better").all()
    alike = compare(found, "knn", "ndcg", 5, n_resamples=1000).set_index("model")
    assert alike.loc["again", ["difference", "p"]].tolist() == [0, 1]
    assert alike.loc["again", "verdict"] == "too few users to tell"  # 90
    divided = compare(found.by("activity", edges=[12]), "popular", "ndcg", 10, n_resamples=100)
    assert divided.columns[0] == "stratum"


def test_wrong_questions():
    values = made({"a": [0.1, 0.2], "b": [0.2, 0.3]})
    with pytest.raises(ValueError, match=r"baseline must be one of \['a', 'b'\]; got 'c'"):
        compare(values, "c")
    with pytest.raises(ValueError, match=r"no values by user of metric 'map'; there are \['ndcg'"):
        compare(values, "a", "map")
    with pytest.raises(ValueError, match="no values by user of k 3"):
        compare(values, "a", k=3)
    with pytest.raises(ValueError, match=r"needs two models; these values are of \['a'\]"):
        compare(made({"a": [0.1]}))
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(made({"a": [0.1, np.nan], "b": [np.nan, 0.2]}))
    with pytest.raises(ValueError, match="'correction' parameter of compare"):
        compare(values, correction="fdr")
    with pytest.raises(ValueError, match="'evaluation' parameter of compare"):
        compare(values.summary())
