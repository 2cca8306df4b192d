"""How the benchmark of features computes its ratios, sizes and folds, where the truth is known."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import _emoji, _feature_memory, _jpeg_speed, _ratios
from benchmarks._child import measure
from benchmarks._photographs import photographs, write_jpegs
from mmclassic.align import CCA, similarity
from mmclassic.features import ImageVectorizer
from mmclassic.views import Views

STATUS = "Name:\tpython\nVmPeak:\t  900000 kB\nVmHWM:\t  123 kB\nVmRSS:\t  100 kB\n"


class Clock:
    """Time that passes only where a task says so."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.log = []
        for clock in ("perf_counter", "process_time"):
            monkeypatch.setattr(_ratios.time, clock, lambda: self.now)

    def task(self, name, *seconds):
        """A task that takes so long in its first run, its second and so on."""
        durations = iter(seconds)

        def run():
            self.log.append(name)
            self.now += next(durations)

        return run


def test_tasks_take_turns_and_the_first_run_does_not_count(monkeypatch):
    clock = Clock(monkeypatch)
    tasks = {"a": clock.task("a", 50, 1, 2), "b": clock.task("b", 60, 3, 5)}
    seconds = _ratios.interleaved_seconds(tasks, 2)
    assert clock.log == ["a", "b"] * 3
    assert {name: values.tolist() for name, values in seconds.items()} == {"a": [1, 2], "b": [3, 5]}


def test_the_ratio_is_the_median_of_ratios_and_not_a_ratio_of_medians():
    above, below = np.array([2.0, 4.0, 9.0]), np.array([1.0, 1.0, 3.0])
    row = _ratios.ratio_row("case", "ours", "gain", above, below, note="target: 3")
    assert (row.low, row.value, row.high) == (2, 3, 4)
    assert row.note.startswith("target: 3; median of 3 interleaved runs")


def test_a_race_says_how_many_times_as_fast_the_others_are(monkeypatch):
    clock = Clock(monkeypatch)
    rows = _ratios.race(
        "case",
        {"loop": clock.task("loop", 9, 6, 8, 6), "ours": clock.task("ours", 9, 1, 2, 3)},
        n_items=4,
        item="clip",
        n_runs=3,
        target="target: 2",
    )
    found = {(row.method, row.metric): (row.low, row.value, row.high) for row in rows}
    assert found == {
        ("loop", "time of a clip"): (None, 1500, None),
        ("ours", "time of a clip"): (None, 500, None),
        ("ours", "times as fast as loop"): (2, 4, 6),
    }


def test_a_child_gets_its_arguments_and_its_failure_is_seen():
    code = "import json, sys; print(json.dumps([sys.argv[1:], __import__('os').getpid()]))"
    arguments, process = measure(code, "a b", 3)
    assert arguments == ["a b", "3"]
    assert process != measure(code)[1]
    with pytest.raises(subprocess.CalledProcessError):
        measure("raise SystemExit(3)")


def test_peak_memory_is_the_high_water_mark_of_the_process():
    assert _feature_memory.peak_bytes(STATUS) == 123 * 1024
    with pytest.raises(ValueError, match=r"VmHWM in kB; got '7 MB'"):
        _feature_memory.peak_bytes("Name:\tpython\nVmHWM:\t7 MB\n")


def test_memory_that_is_not_the_matrix_is_told_apart():
    rows = _feature_memory.growth_rows(
        "case",
        "ours",
        {"peak": 100_000_000, "matrix": 2_000_000},
        {"peak": 150_000_000, "matrix": 20_000_000},
    )
    assert [row.value for row in rows] == [100, 150, 50, 18, 32]
    assert {row.unit for row in rows} == {"MB"}


def test_a_child_measures_the_files_that_it_is_told(tmp_path):
    write_jpegs(tmp_path, photographs(3, (64, 48)))
    name, make = next(iter(_feature_memory._VECTORIZERS.items()))
    found = measure(_feature_memory._MEASURE, tmp_path, 2, name)
    paths = [tmp_path / f"0000{i}.jpg" for i in range(2)]
    assert found["matrix"] == make().fit_transform(paths).nbytes
    assert found["peak"] > 30_000_000  # NumPy alone takes as much


def test_all_photographs_differ(tmp_path):
    paths = write_jpegs(tmp_path, photographs(14, (64, 48)))
    assert len({Path(path).read_bytes() for path in paths}) == 14
    with Image.open(paths[-1]) as image:
        assert image.size == (64, 48)


def test_decode_alone_reduces_no_further_than_the_vectorizer_needs(tmp_path):
    (path,) = write_jpegs(tmp_path, photographs(1, (640, 480)))
    assert _jpeg_speed.draft_decode(path, ImageVectorizer().size).size == (320, 240)
    assert _jpeg_speed.draft_decode(path, (120, 120)).size == (160, 120)


def test_times_of_files_become_ratios():
    seconds = {
        "Pillow's draft decode alone": np.array([1.0, 2.0, 4.0]),
        "compact": np.array([1.0, 1.0, 4.0]),
        "gist": np.array([2.0, 3.0, 4.0]),
        "two workers": np.array([1.0, 2.0, 4.0]),
        "busy thread": np.array([3.0, 3.0, 3.0]),
        "two busy threads": np.array([2.0, 2.0, 2.0]),
    }
    rows = _jpeg_speed.as_rows("case", "ours", seconds, 512)
    (gain,) = (row for row in rows if row.method == "ours")
    compact, ratio = (row for row in rows if row.metric == "time / decode")
    assert (compact.method, ratio.method) == ('"compact", ours', '"gist", ours')
    assert (compact.low, compact.value, compact.high) == (0.5, 1, 1)
    (control,) = (row for row in rows if row.method.startswith("the machine"))
    assert (control.metric, control.value) == (gain.metric, 1.5)
    assert (ratio.low, ratio.value, ratio.high) == (1, 1.5, 2)
    assert (gain.low, gain.value, gain.high) == (1, 1.5, 2)


def test_a_decoder_that_is_not_installed_is_a_row_without_value(monkeypatch):
    monkeypatch.setattr(_jpeg_speed.importlib.util, "find_spec", lambda name: None)
    (row,) = _jpeg_speed._decoder_rows("case", "with simplejpeg", "", "nowhere", 1)
    assert row.value is None
    assert row.note == "simplejpeg is not installed"


@pytest.mark.parametrize(
    ("decoder", "absent"), [("without simplejpeg", True), ("with simplejpeg", False)]
)
def test_the_optional_decoder_is_kept_from_one_of_the_processes(decoder, absent):
    pytest.importorskip("simplejpeg")
    code = "\ntry: import simplejpeg; print('false')\nexcept ImportError: print('true')"
    assert measure(_jpeg_speed._DECODERS[decoder] + code) is absent


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_subgroup_is_never_on_both_sides(seed):
    groups = np.random.default_rng(seed).integers(0, 20, size=200).astype(str)
    for split, apart in ((_emoji.grouped_folds, True), (_emoji.random_folds, False)):
        folds = split(5, groups)
        assert np.sort(np.concatenate([test for _, test in folds])).tolist() == list(range(200))
        for train, test in folds:
            assert set(train).isdisjoint(test)
            assert set(groups[train]).isdisjoint(groups[test]) is apart


def emoji(seed=0, n_rows=90):
    """Texts and pictures that share a number, in groups of three rows."""
    rng = np.random.default_rng(seed)
    hidden = rng.integers(0, 9, size=(n_rows, 6))
    texts = np.array([" ".join(f"w{i}x{v}" for i, v in enumerate(row)) for row in hidden])
    blocks = {
        "noise": rng.normal(size=(n_rows, 12)).astype(np.float32),
        "shape": np.eye(9, dtype=np.float32)[hidden].reshape(n_rows, -1),
    }
    return texts.astype(object), blocks, np.arange(n_rows) // 3


def test_settings_are_chosen_without_the_test_rows_in_folds_of_the_same_kind(monkeypatch):
    monkeypatch.setattr(_emoji, "_WIDTH", 20)
    texts, blocks, groups = emoji()
    train, test = _emoji.grouped_folds(5, groups)[0]
    seen = []

    def split(n_folds, of_rows):
        seen.append(of_rows)
        return _emoji.grouped_folds(n_folds, of_rows)

    values, chosen = _emoji._fold(texts, blocks, groups, split, (0.1, 10.0), train, test)
    (of_rows,) = seen
    assert of_rows.tolist() == groups[train].tolist()
    assert values["shape"]["recall@1"].mean() > 0.5 > values["noise"]["recall@1"].mean()
    texts[test] = texts[test][::-1]
    mixed, again = _emoji._fold(texts, blocks, groups, split, (0.1, 10.0), train, test)
    assert again == chosen
    assert mixed["shape"]["recall@1"].mean() < 0.5


def test_the_first_components_are_those_of_a_smaller_model():
    rng = np.random.default_rng(0)
    views = Views({"image": rng.normal(size=(60, 20)), "text": rng.normal(size=(60, 30))})
    spaces = [CCA(n, ridge=0.1).fit_transform(views) for n in (5, 20)]
    small, large = (similarity(s["image"][:, :5], s["text"][:, :5]) for s in spaces)
    np.testing.assert_allclose(small, large, atol=1e-10)


def test_only_opaque_pixels_are_counted(tmp_path):
    pixels = np.zeros((4, 4, 4), dtype=np.uint8)
    pixels[:2] = (255, 0, 0, 127)
    pixels[2:] = (0, 64, 255, 128)
    pixels[3, :2] = (128, 0, 0, 255)
    Image.fromarray(pixels).save(tmp_path / "half.png")
    roots = _emoji.opaque_colors(tmp_path / "half.png")
    assert np.flatnonzero(roots).tolist() == [1 * 4 + 3, 2 * 16]
    np.testing.assert_allclose(roots[[7, 32]] ** 2, [0.75, 0.25], rtol=1e-6)
    Image.fromarray(np.zeros((4, 4, 4), dtype=np.uint8)).save(tmp_path / "none.png")
    assert not _emoji.opaque_colors(tmp_path / "none.png").any()


def test_chance_has_the_size_of_the_pools_and_the_note_counts_the_settings():
    metrics = {"recall@1": np.ones(20), "recall@10": np.ones(20), "median rank": np.full(20, 3.0)}
    answers = [({"shape": metrics}, {"shape": (0.1, 16)})] * 2
    rows = _emoji._rows("case", {"shape": None}, [20, 20], answers)
    found = {(row.method, row.metric): row for row in rows}
    assert found["chance", "recall@1"].value == pytest.approx(1 / 20)
    assert found["chance", "recall@10"].value == pytest.approx(1 / 2)
    assert found["chance", "median rank"].value == 10.5
    assert found["shape", "median rank"].value == 3
    assert found["shape", "recall@1"].note.endswith(
        "chosen in 2 training parts: ridge=0.1, n_components=16 (2)"
    )
