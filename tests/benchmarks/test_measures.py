"""What the accuracy benchmarks do to the data, checked where the truth is known."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold

from benchmarks import digits, flags
from benchmarks._front import main
from benchmarks._retrieval import (
    aligned,
    chosen_settings,
    extractor,
    fit,
    vector_column,
)
from mmclassic.align import CCA
from mmclassic.features import ImageVectorizer
from mmclassic.metrics import retrieval_scorer

COLUMNS = {"image": ("vector", "a"), "audio": ("scaled vector", "b")}


def pairs(n_rows=60, seed=0):
    """Two columns of vectors that share six coordinates."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n_rows, 6))
    blocks = [shared + 0.05 * rng.normal(size=(n_rows, 6)), -shared]
    index = pd.RangeIndex(n_rows)
    return pd.DataFrame({name: vector_column(b, index) for name, b in zip("ab", blocks)})


def test_grid_search_gets_its_groups_and_tells_what_it_chose():
    table = pairs()
    groups = np.arange(60) % 3
    search = GridSearchCV(
        aligned(COLUMNS, CCA()),
        {"align__n_components": [1, 2]},
        scoring=retrieval_scorer(),
        cv=GroupKFold(3),
    )
    fitted = fit(search, table, None, groups)
    assert chosen_settings([fitted, fitted]) == "chosen in 2 training parts: n_components=2 (2)"
    assert chosen_settings([fitted.best_estimator_]) == ""
    assert not hasattr(search, "best_params_")


@pytest.mark.parametrize(("n_columns", "share"), [(2, 0.2), (3, 0.2), (2, 0.5)])
def test_dropped_cells_are_the_share_asked_for_and_no_row_is_empty(n_columns, share):
    names = list("abc")[:n_columns]
    table = pd.DataFrame({name: [f"{name}{i}" for i in range(50)] for name in names})
    holes = digits.drop_cells(table, names, share)
    assert holes.isna().to_numpy().sum() == round(share * 50 * n_columns)
    assert holes.notna().any(axis=1).all()
    assert not table.isna().to_numpy().any()
    kept = holes.notna()
    assert (holes == table).equals(kept)


def test_pictures_have_the_scales_of_the_fitted_rows_alone():
    pictures = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    table = pd.DataFrame({"a": list(pictures)})
    fitted = [extractor({"image": ("picture", "a")}).fit(table[:n]) for n in (9, 6)]
    expected = ImageVectorizer().fit(list(pictures[:6])).transform(list(pictures[6:]))
    np.testing.assert_array_equal(fitted[1].transform(table[6:])["image"], expected)
    assert not np.allclose(fitted[0].transform(table[6:])["image"], expected)


def test_a_single_modality_guesses_the_majority_where_it_is_missing():
    table = pd.DataFrame({"digit": [3, 3, 5, 5, 3, 5], "speaker": list("aabbcc")})
    vectors = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 1]])
    table["hog"] = vector_column(vectors, table.index)
    has = np.array([True, True, True, False, True, False])
    model = digits._classifier(("image",), ("fuse", digits.ConcatFusion()))
    model.set_params(knn__n_neighbors=1)
    table.loc[~has, "hog"] = None
    hits, _ = digits._single(model, table, [(np.arange(4), np.arange(4, 6))], has)
    # Row 4 is recognised; row 5 lacks the picture, and 3 is the first of the most frequent.
    assert np.isnan(hits[:4]).all()
    assert hits[4:].tolist() == [1, 0]


def test_a_speaker_is_never_in_both_parts():
    speakers = np.array(list("abcabc"))
    folds = digits._folds(speakers, 3)
    assert len(folds) == 3
    for train, test in folds:
        assert set(speakers[train]).isdisjoint(speakers[test])
        assert np.sort(np.concatenate([train, test])).tolist() == list(range(6))


def test_flags_quick_on_real_data(real_data, tmp_path, capsys, monkeypatch):
    methods = flags._methods
    asked = ("chance", "CCA", "CCA, chosen", "CCA, control", "CCA, shuffled pairs")
    monkeypatch.setattr(flags, "_methods", lambda quick: {m: methods(quick)[m] for m in asked})
    target = tmp_path / "flags.json"
    assert main(["flags", "--quick", "--json", str(target)]) == 0
    assert "| CCA, chosen |" in capsys.readouterr().out
    case = "text -> flag, pool of 48"
    rows = {
        (row["method"], row["metric"]): row
        for row in json.loads(target.read_text(encoding="utf-8"))["rows"]
        if row["case"] == case
    }

    def value(method, metric="recall@10"):
        return rows[method, metric]["value"]

    assert value("chance") == pytest.approx(10 / 48)
    assert value("chance", "recall@1") == pytest.approx(1 / 48)
    assert value("CCA") > 0.6
    assert value("CCA, chosen") > 0.6
    assert value("CCA") > value("CCA, control") + 0.2
    assert value("CCA, shuffled pairs") < 0.35
    assert "chosen in 5 training parts" in rows["CCA, chosen", "MRR"]["note"]
