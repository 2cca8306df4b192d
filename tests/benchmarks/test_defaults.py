"""Methods, splits and rows of the benchmark of defaults, where the truth is known."""

import os
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.linalg as la

from benchmarks import _default_tasks as tasks
from benchmarks import defaults
from benchmarks._results import _check_cells
from benchmarks._textbook import CANDIDATES, FormerCV, TextbookCCA
from mmclassic.align import CCA, similarity
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.views import Views


def shared(n_rows, widths=(4, 3), seed=0):
    """Views of two common components in noise."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n_rows, 2))
    return Views(
        {
            name: common @ rng.normal(size=(2, width)) + 1.5 * rng.normal(size=(n_rows, width))
            for name, width in zip("ab", widths)
        }
    )


def by_hand(views, ridge):
    """Canonical correlations and weights, from the definition."""
    centred = [views[name] - views[name].mean(axis=0) for name in "ab"]
    roots = []
    for X in centred:
        C = X.T @ X / len(X)
        roots.append(la.inv(la.sqrtm(C + ridge * np.trace(C) / len(C) * np.eye(len(C)))).real)
    left, values, right = la.svd(roots[0] @ (centred[0].T @ centred[1] / len(views)) @ roots[1])
    k = min(values.size, len(views) - 1)
    return values[:k], [roots[0] @ left[:, :k], roots[1] @ right[:k].T]


@pytest.mark.parametrize("widths", [(4, 3), (40, 3), (40, 30)], ids=["narrow", "one wide", "wide"])
@pytest.mark.parametrize("ridge", [0.01, 1.0, 10.0])
def test_a_ridge_is_in_units_of_the_average_variance_of_all_columns(widths, ridge):
    views = shared(25, widths)
    model = TextbookCCA(ridge).fit(views)
    expected, weights = by_hand(views, ridge)
    found = model.cca_.canonical_correlations_
    np.testing.assert_allclose(found, expected[: found.size], atol=1e-8)
    new = shared(10, widths, seed=1)
    space = model.transform(new)
    A, B = ((new[n] - views[n].mean(axis=0)) @ w * expected for n, w in zip("ab", weights))
    np.testing.assert_allclose(space["a"] @ space["b"].T, A @ B.T, atol=1e-8)


def test_narrow_views_are_left_to_cca():
    views = shared(50)
    expected = CCA(ridge=0.3, correlation_power=1.0).fit(views).transform(views)
    space = TextbookCCA(0.3).fit(views).transform(views)
    for name in views.names:
        np.testing.assert_array_equal(space[name], expected[name])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("widths", [(4, 3), (60, 3)], ids=["narrow", "wide"])
def test_the_former_cv_is_the_sum_of_held_out_correlations_of_every_fifth_row(seed, widths):
    views = shared(60, widths, seed)
    fold = np.arange(60) % 5
    sums = np.zeros(len(CANDIDATES))
    for f in range(5):
        known, held_out = views[fold != f], views[fold == f]
        for i, ridge in enumerate(CANDIDATES):
            variates = [held_out[n] @ w for n, w in zip("ab", by_hand(known, ridge)[1])]
            sums[i] += sum(np.corrcoef(a, b)[0, 1] for a, b in zip(*(v.T for v in variates)))
    model = FormerCV().fit(views)
    assert model.ridge_ == CANDIDATES[sums.argmax()]
    again = TextbookCCA(model.ridge_).fit(views).transform(views)
    np.testing.assert_array_equal(model.transform(views)["a"], again["a"])


def test_folds_hold_out_each_row_once_a_shuffle_in_random_order():
    parts = tasks.folds(np.arange(100), quick=False)
    assert len(parts) == tasks.N_FOLDS * tasks.N_SHUFFLES
    counts = np.bincount(np.concatenate([test for _, test in parts]))
    np.testing.assert_array_equal(counts, tasks.N_SHUFFLES)
    for train, test in parts:
        assert not set(train) & set(test)
        assert (np.diff(train) < 0).any()


def test_folds_keep_the_shares_of_classes():
    labels = np.repeat([0, 1], [80, 20])
    for _, test in tasks.folds(labels, False, labels):
        assert labels[test].sum() == 4


def test_features_of_training_rows_do_not_see_held_out_rows():
    table = pd.DataFrame({"x": [f"word{i % 7} thing{i % 3}" for i in range(50)]})
    columns = {"one": ("text", "x"), "two": ("text", "x")}
    task = tasks._table_task("t", table, columns, True)
    (_, test), split = tasks.folds(table, True)[0], next(task.splits())
    spoilt = table.copy()
    spoilt.loc[test, "x"] = "unheard"
    other = next(tasks._table_task("t", spoilt, columns, True).splits())
    assert (split.train["one"] != other.train["one"]).nnz == 0
    assert split.test["one"].nnz
    assert not other.test["one"].nnz


@pytest.fixture
def wikipedia(monkeypatch):
    """Training rows of three classes; whoever asks for a test part gets an AttributeError."""
    y = np.arange(90) % 3
    rng = np.random.default_rng(0)
    blocks = {n: 5 * np.eye(3)[y] + rng.normal(2, 3, size=(90, 3)) for n in ("image", "text")}
    data = SimpleNamespace(train=Views(blocks), train_target=y)
    monkeypatch.setattr(tasks, "fetch_wikipedia", lambda: data)
    return data


def test_wikipedia_is_asked_on_folds_of_its_training_part(wikipedia):
    task = tasks.wikipedia(False)
    splits = list(task.splits())
    assert len(splits) == 10
    assert task.test_share == 0.25
    assert "pool of 18" in task.note
    for split in splits:
        np.testing.assert_allclose(split.train["image"].mean(axis=0), 0, atol=1e-12)
        assert abs(split.test["image"].mean(axis=0)).max() > 1e-6
        assert np.bincount(split.test_labels).tolist() == [6, 6, 6]
    raw = next(tasks.wikipedia(False, scaled=False).splits())
    assert raw.train["image"].mean() > 2


def test_semantic_matching_is_compared_as_posteriors_and_to_its_default(wikipedia, monkeypatch):
    monkeypatch.setattr(tasks, "N_FOLDS", 3)
    monkeypatch.setattr(tasks, "N_SHUFFLES", 1)
    task = tasks.wikipedia(False, scaled=False)
    rows = defaults.matching_rows(task)
    _check_cells("defaults", rows)
    assert {row.case for row in rows} == {"semantic matching: wikipedia, training part"}
    found = {(row.method, row.metric): row.value for row in rows}
    expected = []
    for split in task.splits():
        model = defaults.matching_methods()["logistic regression, unscaled"][0]
        space = model.fit(split.train, split.train_labels).transform(split.test)
        same = similarity(space["image"], space["text"], metric="dot")
        relevance = label_relevance(split.test_labels, split.test_labels)
        expected += [retrieval_map(S, relevance) for S in (same, same.T)]
    unscaled = found["logistic regression, unscaled", "mAP"]
    assert unscaled == pytest.approx(np.mean(expected))
    gain = found["logistic regression, unscaled", "mAP less default"]
    assert gain == pytest.approx(unscaled - found[defaults.MATCHING, "mAP"])
    assert found["chance", "mAP"] < unscaled


@pytest.fixture(scope="module")
def measured():
    task = tasks._drawn_task(
        "small", False, 80, lambda n, seed: shared(n, seed=seed).blocks.values()
    )
    return task, defaults.measure(task, quick=False)


def test_rows_have_every_method_once_and_its_difference_to_the_default(measured):
    rows = measured[1]
    _check_cells("defaults", rows)
    value = {(row.method, row.metric): row.value for row in rows}
    names = {"chance", "default", "cv of before", "GCCA, default"}
    names |= {"ridge 0.01", "ridge 0.1", "ridge 1", "ridge 10"}
    assert {row.method for row in rows} == names
    assert {row.case for row in rows} == {"small, 80 rows"}
    for name in names - {"chance", "default"}:
        gain = value[name, tasks.RECALL] - value["default", tasks.RECALL]
        assert value[name, f"{tasks.RECALL} less default"] == pytest.approx(gain)
    assert ("chance", f"{tasks.RECALL} less default") not in value
    times = {row.method: row for row in rows if row.metric == defaults.TIME}
    assert set(times) == {"default", "GCCA, default"}
    assert all(0 < row.low <= row.value <= row.high for row in times.values())


def test_chance_is_the_pool_and_says_how_large_it_is(measured):
    chance = next(row for row in measured[1] if row.method == "chance")
    assert chance.value == pytest.approx(tasks.K / tasks.POOL)
    assert chance.low == chance.high == chance.value
    assert f"pool of {tasks.POOL}" in chance.note


def test_the_former_choice_is_told_and_made_without_held_out_rows(measured):
    task, rows = measured
    chosen = [FormerCV().fit(split.train).ridge_ for split in task.splits()]
    note = next(row.note for row in rows if row.method == "cv of before")
    assert f"chosen in {len(chosen)} training parts" in note
    for ridge in chosen:
        assert f"{ridge:g} ({chosen.count(ridge)})" in note


@pytest.mark.parametrize("ridge", [1.0, [0.1, 1.0]], ids=["given", "chosen"])
def test_only_a_chosen_ridge_is_told(ridge):
    told = defaults.chosen_ridge(CCA(ridge=ridge).fit(shared(80)))
    assert told in ([["0.1"], ["1"]] if isinstance(ridge, list) else [[]])


def test_the_view_of_noise_comes_on_top_of_the_same_draws_and_is_not_asked():
    without, task = tasks.private_factors(True), tasks.noise_view(True)
    split, other = next(task.splits()), next(without.splits())
    assert split.test.names == ("a", "b", "c")
    np.testing.assert_array_equal(split.train["a"], other.train["a"])
    np.testing.assert_array_equal(split.test["b"], other.test["b"])
    question = task.questions[tasks.RECALL]
    assert question.views == ("a", "b")
    model = TextbookCCA(0.1).fit(split.train)
    pair = defaults.answer(model, split, question)
    assert pair > 2 * defaults.answer(model, split, tasks.ONE_RIGHT)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_under_loud_private_factors_a_ridge_of_1_loses(seed):
    drawn = Views(dict(zip("ab", tasks.with_private(1500, seed=seed))))
    split = tasks.Split(drawn[:1000], drawn[1000:])
    low, high = (
        defaults.answer(TextbookCCA(ridge).fit(split.train), split, tasks.ONE_RIGHT)
        for ridge in (0.1, 1.0)
    )
    assert low > high + 0.2


def test_draws_differ_and_can_be_had_again():
    first, again = (list(tasks.planted(False, n_rows=200).splits()) for _ in range(2))
    assert len(first) == tasks.N_DRAWS
    np.testing.assert_array_equal(first[1].train["a"], again[1].train["a"])
    assert (first[0].train["a"] != first[1].train["a"]).any()
    assert (len(first[0].train), len(first[0].test)) == (200, tasks.POOL)


def test_halves_of_generated_documents_share_no_word():
    split = next(tasks.generated_documents(True).splits())
    assert split.train.widths == {"even words": 2000, "odd words": 2000}
    assert split.train["even words"].shape[1] == 2000
    assert len(split.test) == tasks.POOL


def test_sentences_end_at_full_stops():
    assert tasks.sentences(" It is. Is it? 3.5 of U. ") == ["It is.", "Is it?", "3.5 of U."]


@pytest.mark.skipif(not os.environ.get("MMCLASSIC_DATA"), reason="MMCLASSIC_DATA is not set")
def test_flags_end_to_end_on_real_data():
    rows = defaults.measure(tasks.weak_third_view(True), quick=True)
    _check_cells("defaults", rows)
    found = {(row.method, row.metric): row.value for row in rows}
    pair = f"{tasks.RECALL}, picture and description"
    assert found["chance", pair] == pytest.approx(10 / 47)
    assert found["chance", pair] < found["default", pair] > found["default", tasks.RECALL]
