"""The rows of the guide on model files and the cache: every one is a case here."""

import datetime
import json
import os
import re
import shutil
import warnings
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

import mmclassic
from mmclassic.align import CCA
from mmclassic.exceptions import CellWarning, ModelFileError, UntrustedTypeError
from mmclassic.features import ImageVectorizer, TextVectorizer
from mmclassic.recommend import KNNRecommender

from ..fault_page import pattern, rows_of_page
from . import crafted

ERRORS = {e.__name__: e for e in (ModelFileError, UntrustedTypeError, OSError, TypeError)}


def saved(model):
    """The bytes of the file of a model."""

    def make(folder):
        return mmclassic.save(model, folder / "saved").read_bytes()

    return make


def cca(folder):
    return saved(CCA().fit(np.eye(4)))(folder)


def knn():
    items, likes = crafted.table(), crafted.likes()
    X = np.random.default_rng(0).normal(size=(24, 9))
    return KNNRecommender().fit(X, likes, ids=items["item_id"])


def sparse():
    texts = crafted.table()["title"]
    return KNNRecommender().fit(TextVectorizer().fit_transform(texts), ids=range(24))


def changed(model, **attributes):
    for name, change in attributes.items():
        setattr(model, name, change(getattr(model, name)))
    return model


def with_member(name, change):
    def make(folder):
        parts = crafted.members(cca(folder))
        return crafted.packed({**parts, name: change(parts.get(name))})

    return make


def without_member(folder):
    parts = crafted.members(cca(folder))
    return crafted.packed({name: data for name, data in parts.items() if name != "1.npy"})


def twice(folder):
    parts = crafted.members(cca(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return crafted.packed([*parts.items(), ("1.npy", parts["1.npy"])])


def flipped(folder):
    data = bytearray(cca(folder))
    data[data.index(b"\x93NUMPY") + 130] ^= 1
    return bytes(data)


def compressed(folder):
    return crafted.packed({"1.npy": b"", **crafted.members(cca(folder))}, compression=8)


def bomb(folder):
    parts = crafted.members(saved(sparse())(folder))
    name = next(name for name in parts if name.endswith(".npz"))
    inner = crafted.members(parts[name])
    inner["data.npy"] = crafted.npy(np.zeros(40_000_000))
    return crafted.packed({**parts, name: crafted.packed(inner, compression=8)})


def doubled(folder):
    part = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []}
    held = {**part, "__id__": 1}
    for number in range(2, 60):
        held = {**part, "content": [held, {**part, "__id__": number - 1}], "__id__": number}
    return crafted.packed({"schema.json": json.dumps({**held, "protocol": 2})})


def far_columns(folder):
    def change(name, array):
        return array + 10_000_000 if name == "indices.npy" else array

    return crafted.with_arrays(saved(sparse())(folder), change)


def named_cache(folder):
    fitted = ImageVectorizer(size=(32, 32)).fit([np.zeros((40, 40), np.uint8)])

    def change(schema):
        schema["content"]["content"]["cache"]["content"] = '"/home"'

    return crafted.with_schema(saved(fitted)(folder), change)


def own_type(folder):
    class Own:
        pass

    Own.__module__, Own.__qualname__ = "shop", "Own"
    return saved(FunctionTransformer(kw_args={"x": Own()}))(folder)


def later_version(folder):
    parts = crafted.members(cca(folder))
    versions = {**json.loads(parts["versions.json"]), "mmclassic": "7.1"}
    parts |= {"versions.json": json.dumps(versions), "schema.json": b"[]"}
    return crafted.packed(parts)


FILES = {
    "an empty file": lambda folder: b"",
    "a text file": lambda folder: b"some text",
    "a file cut off": lambda folder: (data := cca(folder))[: int(0.6 * len(data))],
    "a bit flipped in an array": flipped,
    "a member that is not there": without_member,
    "two members of one name": twice,
    "a member called ../../evil.npy": with_member("../../evil.npy", lambda _: b""),
    "a compressed member": compressed,
    "a matrix of 0.3 MB that unpacks to 0.3 GB": bomb,
    "an array header of 24 TB": with_member(
        "1.npy",
        lambda _: crafted.npy(np.zeros(3)).replace(b"(3,), }" + b" " * 12, b"(3000000000000,), }"),
    ),
    "an array of Python objects": with_member(
        "1.npy", lambda _: crafted.npy(np.array([len], dtype=object))
    ),
    "a schema that is a list": with_member("schema.json", lambda _: b"[]"),
    "a million lists in one another": with_member("schema.json", lambda _: b"[" * 10**6),
    "60 lists, each of which holds the one before twice": doubled,
    "column indices outside a sparse matrix": far_columns,
    "fewer ids than rows": lambda f: saved(changed(knn(), item_ids_=lambda ids: ids[:-1]))(f),
    "NaN among the features of items": lambda f: saved(
        changed(knn(), features_=lambda v: type(v)({"x0": v["x0"] * np.nan}))
    )(f),
    "a cache folder named in the file": named_cache,
    "a type of yours": own_type,
    "a file of another version that cannot be read": later_version,
}
PATHS = {
    "a missing file": lambda folder: folder / "gone",
    "a folder": lambda folder: folder,
    "a device": lambda folder: Path("/dev/zero"),
}
SAVED = {
    "a lambda for a parameter": FunctionTransformer(lambda X: X),
    "a date for a parameter": FunctionTransformer(kw_args={"x": datetime.date(2026, 1, 1)}),
}
TARGETS = {
    "a path that is a device": lambda folder: Path("/dev/null"),
    "a path that is a folder": lambda folder: folder,
}
ROWS = rows_of_page(["Model files"])
BY_NAME = {what: row for (_, what), row in ROWS.items()}


def of(cases):
    return pytest.mark.parametrize("what", cases)


def raises(what):
    kind, words = BY_NAME[what]
    return pytest.raises(ERRORS[kind], match=pattern(words))


def test_the_page_and_the_cases_are_of_the_same_things():
    others = {"a full disk", "a link to a file of mode 0600", *LABELS}
    assert set(BY_NAME) == {*FILES, *PATHS, *SAVED, *TARGETS, *others}
    assert {kind for kind, _ in ROWS.values()} == {*ERRORS, "loaded"}


@of(FILES)
def test_files_are_refused_with_path_and_reason(what, tmp_path):
    path = tmp_path / "m.skops"
    path.write_bytes(FILES[what](tmp_path))
    with raises(what) as caught:
        mmclassic.load(path)
    assert repr(str(path)) in str(caught.value)
    assert str(caught.value).endswith(".") or "load." in str(caught.value)


@of(PATHS)
def test_paths_that_are_no_files(what, tmp_path):
    with raises(what):
        mmclassic.load(PATHS[what](tmp_path))


@of(SAVED)
def test_what_cannot_be_loaded_is_not_saved(what, tmp_path):
    with raises(what):
        mmclassic.save(SAVED[what], tmp_path / "m.skops")
    assert os.listdir(tmp_path) == []


@of(TARGETS)
def test_targets_that_are_no_files(what, tmp_path):
    with raises(what):
        mmclassic.save(CCA(), TARGETS[what](tmp_path))
    assert os.listdir(tmp_path) == []


def test_a_full_disk(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = mmclassic.save(CCA(), tmp_path / "m.skops")
    monkeypatch.setattr("os.fsync", full)
    with raises("a full disk"):
        mmclassic.save(CCA().fit(np.eye(4)), path)
    assert os.listdir(tmp_path) == ["m.skops"]
    mmclassic.load(path)


LABELS = {
    "failures with dates for row labels": (datetime.date(2026, 1, 1), datetime.date(2026, 1, 1)),
    "failures with paths for row labels": (PurePosixPath("a/b"), "a/b"),
}


@of(LABELS)
def test_labels(what, tmp_path):
    label, expected = LABELS[what]
    with pytest.warns(CellWarning):
        fitted = TextVectorizer(on_error="missing").fit(pd.Series(["red", 5], index=[0, label]))
    loaded = mmclassic.load(mmclassic.save(fitted, tmp_path / "m.skops"))
    assert loaded.failures_["row"].tolist() == [expected]
    assert BY_NAME[what][0] == "loaded"


# --- the cache -----------------------------------------------------------------------------------

CACHE = {what: row for (_, what), row in rows_of_page(["Cache"]).items()}


def change_bit(entries):
    data = bytearray(entries[0].read_bytes())
    data[len(data) // 2] ^= 16
    entries[0].write_bytes(data)


def make_folder(entries):
    entries[0].unlink()
    entries[0].mkdir()


DAMAGE = {
    "an entry with a flipped bit": change_bit,
    "an entry cut off": lambda entries: entries[0].write_bytes(entries[0].read_bytes()[:99]),
    "an entry in the place of another": lambda entries: shutil.copy(*entries[:2]),
    "an entry that is a folder": make_folder,
}
NUMBERS = {"a folder without the permission to write": 13, "a full disk": 28}


@of(CACHE)
def test_the_cache_never_changes_a_feature(what, tmp_path, monkeypatch):
    pictures = list(np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8))
    plain = ImageVectorizer(size=(32, 32)).fit_transform(pictures)
    folder = tmp_path / "cache"
    if what == "a folder that is a file":
        folder.write_bytes(b"")
    elif what in NUMBERS:

        def writer(path, **_):
            raise OSError(NUMBERS[what], os.strerror(NUMBERS[what]), str(path))

        monkeypatch.setattr("mmclassic.features._cache.atomic_write", writer)
    else:
        ImageVectorizer(size=(32, 32), cache=folder).fit(pictures)
        DAMAGE[what](sorted(folder.rglob("*.row")))
    kind, words = CACHE[what]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = ImageVectorizer(size=(32, 32), cache=folder).fit_transform(pictures)
    np.testing.assert_array_equal(found, plain)
    assert len(caught) == (kind == "warning")
    if caught:
        assert re.search(pattern(words), str(caught[0].message))


def test_every_row_of_the_cache_is_a_case():
    assert set(CACHE) == {*DAMAGE, *NUMBERS, "a folder that is a file"}
