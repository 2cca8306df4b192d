"""Splits, gaps, baselines and rows of the fusion benchmark, where the truth is known."""

import os

import numpy as np
import pandas as pd
import pytest

from benchmarks import _fusion_tasks as tasks
from benchmarks import fusion
from benchmarks._report import Row
from benchmarks._results import _check_cells
from benchmarks._retrieval import drop_cells
from mmclassic.metrics import ndcg_at_k
from mmclassic.recommend import KNNRecommender

N_CLASSES, N_EACH = 4, 30
COLUMNS = {"clear": ("vector", "a"), "noise": ("vector", "b"), "said": ("text", "c")}


def generated(seed=0, **options):
    """Items of four classes: one view shows the class, one nothing, words name it half the time."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(N_CLASSES), N_EACH)
    clear = 4 * np.eye(N_CLASSES)[labels] + rng.normal(size=(labels.size, N_CLASSES))
    said = np.where(rng.random(labels.size) < 0.5, labels, rng.integers(N_CLASSES, size=120))
    table = pd.DataFrame({"label": labels, "c": [f"word{i} thing" for i in said]})
    table["a"] = pd.Series(list(clear), dtype=object)
    table["b"] = pd.Series(list(rng.normal(size=(labels.size, 5))), dtype=object)
    return tasks.class_task("generated", table, COLUMNS, "label", **options)


def test_each_user_likes_the_items_of_a_class():
    task = generated()
    assert task.likes.shape == (4, 120)
    np.testing.assert_array_equal(task.likes.toarray(), np.eye(4)[task.labels].T)
    assert list(task.table.columns) == ["a", "b", "c"]


@pytest.mark.parametrize("rows", [np.arange(120), np.arange(0, 120, 2)], ids=["all", "some"])
def test_splits_part_the_rows_and_test_each_once(rows):
    splits = generated().splits(rows, 5)
    assert len(splits) == 5
    for train, test in splits:
        assert not set(train) & set(test)
        assert sorted([*train, *test]) == rows.tolist()
    assert sorted(np.concatenate([test for _, test in splits])) == rows.tolist()


def test_rows_come_in_random_order_for_the_order_decides_ties():
    for train, test in generated().splits(np.arange(120), 5):
        assert (np.diff(train) < 0).any()
        assert (np.diff(test) < 0).any()


def test_a_speaker_is_on_one_side_of_a_split_also_within_training_rows():
    speakers = np.tile(list("abcdef"), 20)
    task = generated(groups=speakers)
    outer = task.splits(np.arange(120), 5)
    assert [set(speakers[test]) for _, test in outer] == [{s} for s in "abcdef"]
    train = outer[0][0]
    for known, held_out in task.splits(np.sort(train), 3):
        assert "a" not in {*speakers[known], *speakers[held_out]}
        assert not set(speakers[known]) & set(speakers[held_out])


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6])
@pytest.mark.parametrize("seed", [0, 1])
def test_gaps_have_the_share_and_leave_each_row_a_cell(share, seed):
    task = generated()
    holes = drop_cells(task.table, list("abc"), share, seed)
    there = holes.notna().to_numpy()
    assert there.sum() == 360 - round(share * 360)
    assert there.any(axis=1).all()
    assert task.table.notna().all(axis=None)


def test_gaps_never_take_the_only_cell_of_a_row_that_has_one():
    table = pd.DataFrame({"a": ["x", None, "x"], "b": [None, None, "y"]}, dtype=object)
    holes = drop_cells(table, ["a", "b"], 0.9, 0)
    # Row 0 keeps its only cell, row 1 has none to lose, row 2 loses one of two.
    np.testing.assert_array_equal(holes.notna().sum(axis=1), [1, 0, 1])
    assert holes.loc[0, "a"] == "x"


def test_splits_have_gaps_of_their_own():
    first, second = (s.known.present for s in fusion.make_splits(generated(), 0.4, 2))
    assert first.mean() == pytest.approx(0.6, abs=0.05)
    assert (first != second).any()


def test_features_are_fitted_on_training_rows_alone():
    task = generated()
    clean = fusion.make_splits(task, 0.0, 1)[0]
    spoilt = task.table.copy()
    spoilt.loc[clean.test, "c"] = "unheard words"
    other = fusion.make_splits(fusion.replace(task, table=spoilt), 0.0, 1)[0]
    assert clean.known.widths == other.known.widths
    assert (clean.known["said"] != other.known["said"]).nnz == 0
    assert other.new["said"].nnz == 0


def test_a_split_asks_for_held_out_items_of_users_with_training_likes():
    task = generated()
    split = fusion.make_splits(task, 0.0, 1)[0].part(["clear"])
    liked = pd.DataFrame({"user_id": task.labels[split.train], "item_id": split.train})
    model = KNNRecommender().fit(split.known, liked, ids=split.train)
    lists = model.rank(np.arange(4), 10, items=split.new, ids=split.test)
    relevant = [np.flatnonzero(task.labels[split.test] == user) for user in range(4)]
    assert fusion.answer(KNNRecommender(), split)[fusion.NDCG] == ndcg_at_k(relevant, lists, 10)


def test_users_without_training_or_test_likes_are_not_asked():
    task = generated()
    split = fusion.make_splits(task, 0.0, 1)[0]
    likes = task.likes.tolil()
    likes[0, split.train] = 0
    likes[1, split.test] = 0
    likes = likes.tocsr()
    likes.eliminate_zeros()
    asked = fusion.replace(split, task=fusion.replace(task, likes=likes)).part(["clear"])
    value, model = fusion.recommended(KNNRecommender(), asked)
    assert model.user_ids_.tolist() == [1, 2, 3]
    assert value == pytest.approx(1, abs=0.05)


def test_neighbours_of_the_class_are_counted_by_query():
    split = fusion.make_splits(generated(), 0.0, 1)[0]
    labels = split.task.labels
    own = {query: np.flatnonzero(labels == labels[query]) for query in split.test[:2]}
    other = np.flatnonzero(labels != labels[split.test[1]])
    items = [*own[split.test[0]][:10], *own[split.test[1]][:5], *other[:5]]
    assert fusion._class_share(pd.Series(items), split, np.array([0, 1])) == 0.75


def test_the_single_view_is_chosen_on_training_rows():
    task = generated()
    split = fusion.make_splits(task, 0.0, 1)[0]
    assert fusion.choose_view(split) == "clear"
    # Where the clear view says nothing of the training rows, the test rows do not speak for it.
    split.known["clear"][:] = np.random.default_rng(0).normal(size=split.known["clear"].shape)
    assert fusion.choose_view(split) == "said"


@pytest.fixture(scope="module")
def measured():
    return fusion.measure(generated(text="said"), "generated", 0.4, quick=False)


def values(rows, metric, case="generated"):
    return {row.method: row.value for row in rows if row.metric == metric and row.case == case}


def test_differences_are_those_of_the_means(measured):
    found = values(measured, fusion.NDCG)
    for title, baseline in {
        fusion.OVER_CHOSEN: fusion.CHOSEN,
        fusion.OVER_BEST: fusion.HINDSIGHT,
    }.items():
        gains = values(measured, title)
        assert {"concatenated, not aligned", "fused, aligned", "native views, cosine"} <= set(gains)
        for method, gain in gains.items():
            assert gain == pytest.approx(found[method] - found[baseline])


def test_hindsight_is_the_best_single_view_and_never_below_the_chosen(measured):
    found = values(measured, fusion.NDCG)
    assert found[fusion.HINDSIGHT] == max(found[f"{name} alone"] for name in COLUMNS)
    assert found[fusion.HINDSIGHT] == found["clear alone"] >= found[fusion.CHOSEN]
    assert found["popular"] < found["noise alone"] + 0.2 < found["clear alone"]
    similar = values(measured, fusion.SIMILAR)
    gain = values(measured, fusion.SIMILAR_OVER_BEST)["fused, aligned"]
    assert gain == pytest.approx(similar["fused, aligned"] - similar["clear alone"])


def test_searches_are_compared_with_the_plain_text(measured):
    case = "generated: search by said"
    found = values(measured, fusion.SEARCH, case)
    assert 0.3 < found[fusion.PLAIN] < 0.9
    gain = values(measured, fusion.SEARCH_OVER_PLAIN, case)["fused, aligned"]
    assert gain == pytest.approx(found["fused, aligned"] - found[fusion.PLAIN])


def test_every_cell_has_one_row_and_a_value(measured):
    _check_cells("fusion", measured)
    assert all(row.value is not None for row in measured)


def test_what_is_compared_with_stays_what_it_is_whatever_the_defaults_become():
    methods = {name: method.make() for name, method in fusion.methods(generated()).items()}
    assert fusion._single().metric == "cosine"
    assert methods["native views, cosine"].metric == "cosine"
    assert methods["native views, by agreement"].metric == "calibrated"
    for name in ("concatenated, not aligned", "fused, aligned"):
        assert methods[name].similarity == "shared"
    defaults = fusion.MultimodalRecommender().get_params()
    # Of Views the model cannot know which are terms; of a table it takes the same.
    assert methods[fusion.DEFAULT].get_params() == defaults | {"latent": ["said"]}


def test_films_that_are_not_there_are_a_row_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    assert tasks.films(quick=True) is None
    monkeypatch.delenv("MMCLASSIC_DATA")
    assert tasks.films(quick=True) is None
    for name in ("openmoji", "flags", "digits", "mfeat", "wikipedia", "shop"):
        monkeypatch.setattr(tasks, name, lambda quick: generated())
    monkeypatch.setattr(fusion, "measure", lambda task, case, share, quick: [])
    (row,) = fusion.run(quick=True)
    assert isinstance(row, Row)
    assert row.value is None
    assert "private" in row.note


def test_films_are_read_with_names_as_terms_and_their_own_gaps(tmp_path, monkeypatch):
    folder = tmp_path / "movies-posters"
    (folder / "posters").mkdir(parents=True)
    pd.DataFrame(
        {
            "item_id": [7, 3, 9],
            "title": ["A", "B", "C"],
            "year": [1990, None, 1999],
            "genres": ["Drama, War", "Drama", None],
            "directors": ["Ann Lee", "Bo Lee", "Ann Lee"],
            "cast": ["X Y, Z", None, "X Y"],
            "plot": ["a plot", "another", "third"],
            "poster": [None, None, None],
        }
    ).to_csv(folder / "items.csv", index=False)
    pd.DataFrame(
        {"user_id": [1, 1, 2], "item_id": [7, 3, 9], "rating": [4, 3, 5], "timestamp": 0}
    ).to_csv(folder / "ratings.csv", index=False)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path))
    task = tasks.films(quick=True)
    np.testing.assert_array_equal(task.likes.toarray(), [[1, 0, 0], [0, 0, 1]])
    kinds = {name: kind for name, (kind, _) in task.columns.items()}
    assert {name for name, kind in kinds.items() if kind == "names"} == {
        "cast",
        "directors",
        "genres",
    }
    model = fusion.extractor({"cast": task.columns["cast"], "year": task.columns["year"]})
    views = model.fit_transform(task.table)
    assert sorted(model.vectorizers_["cast"].vocabulary_) == ["x y", "z"]
    np.testing.assert_array_equal(views.present, [[1, 1], [0, 0], [1, 1]])


@pytest.mark.skipif(not os.environ.get("MMCLASSIC_DATA"), reason="MMCLASSIC_DATA is not set")
def test_flags_end_to_end_on_real_data():
    task = tasks.flags(quick=True)
    assert task.likes.shape == (10, 237)
    rows = fusion.measure(task, task.title, fusion.MISSING, quick=True)
    found = values(rows, fusion.NDCG, task.title)
    assert found["popular"] < found[fusion.HINDSIGHT] < 0.9
    assert found[fusion.CHOSEN] <= found[fusion.HINDSIGHT]
