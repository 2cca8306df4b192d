"""Features found again: the same rows, only for the same content and parameters."""

import os
import pickle
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from PIL import Image

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import HOG, AudioVectorizer, ImageVectorizer
from mmclassic.features.image import _vectorizer as image_module


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for i in range(7):
        path = tmp_path / f"{i}.png"
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(path)
        paths.append(str(path))
    return pd.Series([*paths, None], name="photo")


@pytest.fixture
def reads(monkeypatch):
    """What was decoded."""
    seen = []
    read = image_module.read_picture
    monkeypatch.setattr(
        image_module, "read_picture", lambda cell, *a, **k: seen.append(cell) or read(cell, *a, **k)
    )
    return seen


def vectorizer(folder, **parameters):
    return ImageVectorizer(size=(32, 32), cache=folder, **parameters)


def test_the_second_time_nothing_is_decoded_and_rows_are_the_same(pictures, tmp_path, reads):
    plain = vectorizer(None).fit_transform(pictures)
    reads.clear()
    first = vectorizer(tmp_path / "cache").fit_transform(pictures)
    assert len(reads) == 7
    second = vectorizer(tmp_path / "cache").fit_transform(pictures)
    assert len(reads) == 7
    np.testing.assert_array_equal(first, plain)
    np.testing.assert_array_equal(second, plain)


def test_nothing_is_kept_unless_asked(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    ImageVectorizer(size=(32, 32)).fit(pictures)
    assert sorted(tmp_path.rglob("*")) == before


def test_content_counts_and_not_the_name(pictures, tmp_path, reads):
    fitted = vectorizer(tmp_path / "cache").fit(pictures)
    reads.clear()
    shutil.copy(pictures[0], tmp_path / "copy.png")
    moved = fitted.transform([str(tmp_path / "copy.png")])
    from_bytes = fitted.transform([(tmp_path / "copy.png").read_bytes()])
    assert reads == []
    np.testing.assert_array_equal(moved, from_bytes)
    shutil.copy(pictures[1], pictures[0])
    np.testing.assert_array_equal(*fitted.transform([pictures[0], pictures[1]]))


def test_a_mixture_of_known_and_new_cells_keeps_its_order(pictures, tmp_path):
    plain = vectorizer(None).fit_transform(pictures)
    folder = tmp_path / "cache"
    vectorizer(folder).fit(pictures.iloc[[1, 4, 5]])
    np.testing.assert_array_equal(vectorizer(folder).fit_transform(pictures), plain)
    np.testing.assert_array_equal(
        vectorizer(folder).fit_transform(pictures.iloc[::-1]), plain[::-1]
    )


@pytest.mark.parametrize(
    "other", [{"descriptors": [("hog", HOG(6))]}, {"descriptors": [("hog", HOG(7))]}]
)
def test_other_parameters_find_nothing(pictures, tmp_path, reads, other):
    folder = tmp_path / "cache"
    vectorizer(folder, descriptors=[("hog", HOG(8))]).fit(pictures)
    reads.clear()
    vectorizer(folder, **other).fit(pictures)
    assert len(reads) == 7
    ImageVectorizer(size=(48, 48), cache=folder).fit(pictures)
    assert len(reads) == 14


def test_failures_are_not_kept(pictures, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    cells = pd.concat([pictures, pd.Series([str(broken), str(tmp_path / "gone.png")])])
    fresh = vectorizer(tmp_path / "cache", on_error="missing")
    for _ in range(2):
        with pytest.warns(CellWarning, match=r"2 cell\(s\)"):
            fresh.fit(cells)
    shutil.copy(pictures[0], broken)
    assert not np.isnan(fresh.transform([str(broken)])).any()
    with pytest.raises(CellError, match="file not found"):
        vectorizer(tmp_path / "cache").fit([str(tmp_path / "gone.png")])


def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(CellError, match="not a regular file"):
        vectorizer(tmp_path / "cache").fit([str(tmp_path / "pipe.png")])


def test_damaged_entries_are_computed_again(pictures, tmp_path):
    folder = tmp_path / "cache"
    plain = vectorizer(folder).fit_transform(pictures)
    for path in folder.rglob("*.row"):
        path.write_bytes(path.read_bytes()[:50])
    np.testing.assert_array_equal(vectorizer(folder).fit_transform(pictures), plain)
    np.testing.assert_array_equal(vectorizer(folder).fit_transform(pictures), plain)


def test_processes_may_share_a_folder(pictures, tmp_path):
    plain = vectorizer(None).fit_transform(pictures)
    folder = tmp_path / "cache"
    runs = Parallel(n_jobs=2)(delayed(vectorizer(folder).fit_transform)(pictures) for _ in range(4))
    for rows in runs:
        np.testing.assert_array_equal(rows, plain)
    assert not list(folder.rglob("*.part"))
    assert len(list(folder.rglob("*.row"))) == 7


def test_sounds_are_kept_before_scaling(tmp_path):
    rng = np.random.default_rng(0)
    clips = [(rng.normal(size=4000), 8000) for _ in range(4)]
    folder = tmp_path / "cache"
    expected = AudioVectorizer().fit_transform(clips)
    AudioVectorizer(cache=folder).fit(clips[:2])
    # Rounding of products hangs on how many rows are computed at a time.
    close = {"rtol": 0, "atol": 1e-4}
    np.testing.assert_allclose(
        AudioVectorizer(cache=folder).fit_transform(clips), expected, **close
    )
    again = pickle.loads(pickle.dumps(AudioVectorizer(cache=folder).fit(clips)))
    np.testing.assert_allclose(again.transform(clips), expected, **close)


@pytest.mark.parametrize("seed", range(3))
def test_no_flipped_bit_changes_a_feature(pictures, tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path / "cache"
    fitted = vectorizer(folder).fit(pictures)
    plain = fitted.transform(pictures)
    for _ in range(4):
        for path in folder.rglob("*.row"):
            data = bytearray(path.read_bytes())
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
            path.write_bytes(data)
        np.testing.assert_array_equal(fitted.transform(pictures), plain)


def test_an_entry_in_the_place_of_another_is_not_taken(pictures, tmp_path):
    folder = tmp_path / "cache"
    fitted = vectorizer(folder).fit(pictures)
    plain = fitted.transform(pictures)
    first, second, third, *_ = folder.rglob("*.row")
    shutil.copy(first, second)
    third.write_bytes(b"")
    np.testing.assert_array_equal(fitted.transform(pictures), plain)


def full(path, **options):
    raise OSError(28, "No space left on device", str(path))


def not_allowed(path, **options):
    raise PermissionError(13, "Permission denied", str(path))


def checked_with_one_warning(pictures, folder, words):
    plain = vectorizer(None).fit_transform(pictures)
    with pytest.warns(UserWarning, match=words) as caught:
        found = vectorizer(folder).fit_transform(pictures)
    assert len(caught) == 1
    assert "cannot be written to" in str(caught[0].message)
    np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("writer", [full, not_allowed])
def test_a_folder_that_takes_nothing_is_one_warning(pictures, tmp_path, monkeypatch, writer):
    monkeypatch.setattr("mmclassic.features._cache.atomic_write", writer)
    words = {full: "No space left", not_allowed: "Permission denied"}[writer]
    checked_with_one_warning(pictures, tmp_path / "cache", words)


def test_a_file_for_a_folder_is_one_warning(pictures, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    checked_with_one_warning(pictures, tmp_path / "file", "Not a directory")


def test_folders_in_the_place_of_entries(pictures, tmp_path):
    folder = tmp_path / "cache"
    vectorizer(folder).fit(pictures)
    for path in folder.rglob("*.row"):
        path.unlink()
        path.mkdir()
    checked_with_one_warning(pictures, folder, "it is a folder, not a file")


def test_a_full_cache_is_no_warning_to_those_who_find_all(pictures, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    vectorizer(folder).fit(pictures)
    monkeypatch.setattr("mmclassic.features._cache.atomic_write", full)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vectorizer(folder).fit(pictures)
