"""What is saved: the same bytes for the same model, versions, and nothing that load refuses."""

import datetime
import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
import uuid
import zipfile
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA, DiscriminantCCA, SemanticMatching
from mmclassic.exceptions import CellWarning, UntrustedTypeError
from mmclassic.features import ModalityExtractor, TextVectorizer

from . import crafted

ROOT = Path(__file__).parents[2]


def again(model, tmp_path):
    return mmclassic.load(mmclassic.save(model, tmp_path / "again.skops"))


# --- bytes ---------------------------------------------------------------------------------------

SAVED = """
import sys, hashlib
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
import crafted, mmclassic
for name, model in crafted.models().items():
    path = mmclassic.save(model, sys.argv[3])
    print(name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_the_same_fit_gives_the_same_bytes_in_every_process(tmp_path):
    where = [str(ROOT), str(Path(crafted.__file__).parent)]
    runs = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SAVED, *where, str(tmp_path / f"{seed}.skops")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1")
    ]
    first, second = (run.communicate(timeout=120)[0] for run in runs)
    assert first == second
    assert first.count("\n") == len(crafted.models())


def test_the_same_model_gives_the_same_bytes_later(tmp_path, monkeypatch):
    model = CCA().fit(np.eye(4))
    first = mmclassic.save(model, tmp_path / "a").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert mmclassic.save(CCA().fit(np.eye(4)), tmp_path / "b").read_bytes() == first


def test_the_versions_can_be_read_without_loading(tmp_path):
    path = mmclassic.save(CCA().fit(np.eye(4)), tmp_path / "m.skops")
    with zipfile.ZipFile(path) as archive:
        versions = json.loads(archive.read("versions.json"))
    assert versions["mmclassic"] == mmclassic.__version__
    assert versions["numpy"] == np.__version__
    assert set(versions) == {
        "mmclassic", "python", "numpy", "scipy", "scikit-learn", "pandas", "skops",
        "snowballstemmer",
    }  # fmt: skip


def test_one_line_is_logged_to_those_who_listen(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="mmclassic"):
        again(CCA().fit(np.eye(4)), tmp_path)
    saved, loaded = caplog.messages
    assert saved.startswith(f"saved CCA to '{tmp_path}")
    assert loaded.startswith(f"loaded CCA from '{tmp_path}")


# --- files ---------------------------------------------------------------------------------------


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = mmclassic.save(CCA().fit(np.eye(4)), tmp_path / "m.skops")
    before = path.read_bytes()
    monkeypatch.setattr("mmclassic.persistence._save.skops_io.dumps", lambda m: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mmclassic.save(CCA(), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.skops"]


def test_mode_and_links_stay(tmp_path):
    path = mmclassic.save(CCA(), tmp_path / "m.skops")
    path.chmod(0o600)
    link = tmp_path / "link.skops"
    link.symlink_to(path.name)
    mmclassic.save(CCA().fit(np.eye(4)), link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    mmclassic.load(path)
    with pytest.raises(OSError, match="a device"):
        mmclassic.save(CCA(), "/dev/null")
    with pytest.raises(OSError, match="a folder"):
        mmclassic.save(CCA(), tmp_path)


def forever(path, what):
    child = os.fork()
    if child:
        return child
    try:
        while True:
            what(path)
    finally:
        os._exit(1)


def test_two_writers_and_a_reader_meet_no_half_file(tmp_path):
    path = tmp_path / "m.skops"
    models = [CCA().fit(np.eye(4)), CCA().fit(np.eye(9))]
    mmclassic.save(models[0], path)
    children = [forever(path, partial(mmclassic.save, model)) for model in models]
    try:
        end = time.time() + 1.5
        n_read = 0
        while time.time() < end:
            assert mmclassic.load(path).n_features_in_ in (4, 9)
            n_read += 1
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    assert n_read > 10
    left = [name for name in os.listdir(tmp_path) if name != path.name]
    assert len(left) <= 2
    mmclassic.load(path)


def test_kills_leave_what_was_there(tmp_path):
    attack = runpy.run_path(str(ROOT / "tests" / "attacks" / "kills.py"))
    bad, _ = attack["save_and_kill"](tmp_path, 8, np.random.default_rng(0))
    assert bad == 0


# --- labels --------------------------------------------------------------------------------------

LABELS = {
    "datetime64": pd.date_range("2026-01-01", periods=4),
    "seconds": pd.date_range("2026-01-01", periods=4, unit="s"),
    "a zone": pd.date_range("2026-03-29", periods=4, freq="h", tz="Europe/Berlin"),
    "an offset": pd.date_range("2026-01-01", periods=4, tz="+05:30"),
    "Period": pd.period_range("2026-01", periods=4, freq="M"),
    "Timedelta": pd.timedelta_range("1D", periods=4),
    "Interval": pd.interval_range(0, 4),
    "Interval of times": pd.interval_range(pd.Timestamp("2026-01-01"), periods=4),
    "UUID": [uuid.UUID(int=i) for i in range(4)],
    "Decimal": [Decimal("1.10") + i for i in range(4)],
    "date": [datetime.date(2026, 1, i + 1) for i in range(4)],
    "datetime": [datetime.datetime(2026, 1, i + 1) for i in range(4)],
    "datetime of a zone": [datetime.datetime(2026, 1, 1, i, tzinfo=datetime.UTC) for i in range(4)],
    "time": [datetime.time(i) for i in range(4)],
    "timedelta": [datetime.timedelta(i) for i in range(4)],
    "tuples": pd.MultiIndex.from_product([["a", "b"], [pd.Timestamp("2026-01-01"), pd.NaT]]),
    "Categorical": pd.CategoricalIndex(list("abcd")),
    "string": pd.Index(list("abcd"), dtype="string"),
    "Int64": pd.Index([1, 2, 3, 4], dtype="Int64"),
    "boolean": pd.Index([True, False, True, False], dtype="boolean"),
    "float": [1.5, float("inf"), -0.0, 2],
    "Arrow": pd.Index(list("abcd"), dtype="string[pyarrow]"),
    "Arrow dates": pd.date_range("2026-01-01", periods=4).astype("timestamp[us][pyarrow]"),
    "NumPy": [np.int8(1), np.float32(2), np.datetime64("2026-01-01"), np.str_("x")],
    "bytes": [b"a", b"b", b"\xff", b""],
    "complex": [1j, 2j, 3j, 4j],
    "missing": [None, pd.NA, pd.NaT, float("nan")],
}


def index_of(kind):
    labels = LABELS[kind]
    return labels if isinstance(labels, pd.Index) else pd.Index(labels, dtype=object)


def alike(ours, theirs):
    ours, theirs = list(ours), list(theirs)
    return repr(ours) == repr(theirs) and list(map(type, ours)) == list(map(type, theirs))


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_rows_come_back_as_they_were(kind, tmp_path):
    items = pd.DataFrame({"t": ["red", 5, "blue", 7]}, index=index_of(kind))
    extractor = ModalityExtractor([("text", TextVectorizer(), "t")], on_error="missing")
    with pytest.warns(CellWarning):
        extractor.fit(items)
    for model in (extractor, extractor.vectorizers_["text"]):
        rows = again(model, tmp_path).failures_["row"]
        assert len(rows) == 2
        assert alike(rows, model.failures_["row"])


@pytest.mark.parametrize("kind", [kind for kind in LABELS if kind != "missing"])
def test_labels_of_columns_come_back_as_they_were(kind, tmp_path):
    first, second = index_of(kind)[:2]
    items = pd.DataFrame([["red", "blue"]] * 2, columns=index_of(kind)[:2])
    made = [("one", TextVectorizer(), first), ("two", TextVectorizer(), second)]
    extractor = ModalityExtractor(made).fit(items)
    loaded = again(extractor, tmp_path)
    assert alike(loaded.feature_names_in_, extractor.feature_names_in_)
    assert loaded.transform(items).names == ("one", "two")


@pytest.mark.parametrize(
    ("kind", "aligner"),
    [
        *((k, DiscriminantCCA) for k in LABELS if k not in ("missing", "complex", "float")),
        ("datetime64", SemanticMatching),
        ("UUID", SemanticMatching),
    ],
)
def test_classes_of_any_kind_are_learned_and_saved(kind, aligner, tmp_path):
    if kind == "tuples":
        kinds = pd.MultiIndex.from_product([["a", "b"], [1]])
    else:
        kinds = index_of(kind)[:2]
    items = pd.DataFrame(
        {
            "a": ["red sun", "blue moon", "red hat", "blue hat"] * 2,
            "b": ["sun x", "moon y", "sun y", "moon x"] * 2,
            "class": kinds[[0, 1] * 4],
        }
    )
    model = MultimodalRecommender(text={"a": "a", "b": "b"}, labels="class", aligner=aligner())
    model.fit(items)
    loaded = again(model, tmp_path)
    assert alike(loaded.aligner_.classes_, model.aligner_.classes_)
    assert len(model.aligner_.classes_) == 2


def test_paths_as_labels_become_text(tmp_path):
    items = pd.Series(["red", 5], index=[PurePosixPath("a"), PurePosixPath("b/c")])
    with pytest.warns(CellWarning):
        fitted = TextVectorizer(on_error="missing").fit(items)
    assert again(fitted, tmp_path).failures_["row"].tolist() == ["b/c"]


# --- what cannot be stored -----------------------------------------------------------------------


def halve(X):
    return X / 2


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (lambda X: X, "<lambda>"),
        (Fraction(1, 2), "Fraction"),
        (frozenset("a"), "frozenset"),
        (PurePosixPath("a"), "PurePosixPath"),
        (pd.Timestamp("2026-01-01"), "Timestamp"),
        (datetime.date(2026, 1, 1), "date"),
        ({True: 1}, "bool"),
        ({None: 1}, "NoneType"),
        ({1: "a", "1": "b"}, "read alike"),
        ({(1, 2): 1}, "keys must be"),
        (iter([]), "list_iterator"),
        (open, ""),
    ],
)
def test_what_load_would_refuse_is_not_saved(value, words, tmp_path):
    path = tmp_path / "m.skops"
    with pytest.raises(TypeError, match=words or None):
        mmclassic.load(mmclassic.save(FunctionTransformer(kw_args={"x": value}), path))
    assert not words or not path.exists()


def test_a_part_that_holds_itself(tmp_path):
    transformer = FunctionTransformer()
    transformer.kw_args = {"x": transformer}
    with pytest.raises(TypeError, match="holds itself"):
        mmclassic.save(transformer, tmp_path / "m.skops")
    assert os.listdir(tmp_path) == []


def test_types_of_the_user_can_be_trusted(tmp_path):
    path = mmclassic.save(FunctionTransformer(halve), tmp_path / "m.skops")
    with pytest.raises(UntrustedTypeError, match="halve"):
        mmclassic.load(path)
    name = f"{halve.__module__}.halve"
    assert mmclassic.load(path, trusted=[name]).transform(np.array([[2.0]])) == [[1.0]]
