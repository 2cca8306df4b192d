"""Exact top-k, linear algebra, the parallel map and optional imports."""

import io
import os
import pickle
import re
import time

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmclassic.exceptions import CellError, MissingDependencyError
from mmclassic.utils._linalg import align_signs, normalize_rows, row_norms, scale_rows
from mmclassic.utils._optional import import_optional
from mmclassic.utils._parallel import map_chunks
from mmclassic.utils._resources import measure
from mmclassic.utils._topk import top_k


@given(
    arrays(np.float64, (3, 12), elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0])),
    st.integers(1, 12),
)
def test_top_k_equals_a_stable_sort(scores, k):
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_k(scores, k), expected)


@given(st.integers(0, 10**6), st.integers(1, 40))
def test_top_k_of_distinct_scores(seed, k):
    scores = np.random.default_rng(seed).permutation(120).reshape(3, 40).astype(np.float32)
    np.testing.assert_array_equal(top_k(scores, k), np.argsort(-scores, axis=1)[:, :k])


@given(
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.sampled_from([40, 64, 100, 333, 1000]),
    st.sampled_from([0, 1, 3, 1000]),
    st.sampled_from([np.float32, np.float64]),
)
def test_top_k_of_wide_rows_with_ties(seed, k, n_columns, n_levels, dtype):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, n_levels, (5, n_columns), endpoint=True).astype(dtype)
    scores[rng.random(scores.shape) < rng.choice([0, 0.5, 0.99])] = rng.choice([0, -np.inf])
    scores[0] = rng.choice([0, -np.inf])
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_k(scores, k), expected)


def test_top_k_where_the_best_share_a_group_of_columns():
    scores = np.random.default_rng(0).random((4, 4096))
    scores[:, ::256] += 10
    np.testing.assert_array_equal(top_k(scores, 12), np.argsort(-scores, axis=1)[:, :12])


def test_top_k_of_ties_is_as_fast_as_that_of_distinct_scores():
    rng = np.random.default_rng(0)
    distinct = rng.random((50, 20_000))
    tied = np.tile(rng.poisson(0.5, 20_000).astype(float), (50, 1))

    def seconds(scores):
        times = []
        for _ in range(5):
            start = time.process_time()
            top_k(scores, 10)
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(tied) < 4 * seconds(distinct)


def test_top_k_refuses_nan_in_wide_rows():
    scores = np.zeros((2, 1000))
    scores[1, 5] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        top_k(scores, 3)


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_out_of_range(k):
    with pytest.raises(ValueError, match=r"k must be in \[1, 3\]"):
        top_k(np.zeros((2, 3)), k)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_row_operations(convert):
    X = convert(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    np.testing.assert_allclose(row_norms(X), [5, 0])
    unit = normalize_rows(X)
    assert unit.dtype == np.float32
    dense = unit.toarray() if sp.issparse(unit) else unit
    np.testing.assert_allclose(dense, [[0.6, 0.8], [0, 0]], rtol=1e-6)
    scaled = scale_rows(X, [2, 7])
    dense = scaled.toarray() if sp.issparse(scaled) else scaled
    np.testing.assert_allclose(dense, [[6, 8], [0, 0]])


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize(
    ("dtype", "size"),
    [("f4", 1e-37), ("f4", 1e-25), ("f4", 1e25), ("f4", 1e37), ("f8", 1e-300), ("f8", 1e300)],
)
def test_rows_whose_squares_do_not_fit_their_type_have_a_length(convert, dtype, size):
    X = convert(np.array([[3 * size, 4 * size], [0, 0], [0.6, 0.8]], dtype=dtype))
    np.testing.assert_allclose(row_norms(X), [5 * size, 0, 1], rtol=1e-6)
    unit = normalize_rows(X)
    assert unit.dtype == dtype
    dense = unit.toarray() if sp.issparse(unit) else unit
    np.testing.assert_allclose(dense, [[0.6, 0.8], [0, 0], [0.6, 0.8]], rtol=1e-6)
    scaled = scale_rows(X, [1 / size, 1, 1])
    dense = scaled.toarray() if sp.issparse(scaled) else scaled
    np.testing.assert_allclose(dense, [[3, 4], [0, 0], [0.6, 0.8]], rtol=1e-6)


def test_signs():
    np.testing.assert_array_equal(
        align_signs(np.array([[1.0, -3.0, 0.0], [-2.0, 1.0, 0.0]])), [-1, -1, 1]
    )


@pytest.mark.parametrize("prefer", ["threads", "processes"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_chunks_come_back_in_order(prefer, n_jobs):
    chunks = map_chunks(list, range(10), chunk_size=4, n_jobs=n_jobs, prefer=prefer)
    assert list(chunks) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_workers_follow_a_change_of_folder(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found = map_chunks(_folder, range(4), chunk_size=1, n_jobs=2, prefer="processes")
        assert set(found) == {str(tmp_path / name)}


def _folder(items):
    return os.getcwd()


def test_a_chunk_is_handed_on_before_all_are_done():
    begun = []
    chunks = map_chunks(begun.append, range(100), chunk_size=1)
    next(chunks)
    assert len(begun) < 5
    list(chunks)
    assert len(begun) == 100


def fail_late_at_first(chunk):
    time.sleep(0.2 * (chunk[0] == 0))
    raise CellError("bad", row=chunk[0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("prefer", ["threads", "processes"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_first_failure_in_order_is_told(prefer, n_jobs):
    chunks = map_chunks(
        fail_late_at_first, range(4), chunk_size=1, n_jobs=n_jobs, prefer=prefer, progress="x"
    )
    with pytest.raises(CellError, match="row 0: bad"):
        list(chunks)


def test_nothing_is_begun_after_a_failure():
    begun = []

    def fail(chunk):
        begun.append(chunk)
        raise CellError("bad")

    with pytest.raises(CellError):
        list(map_chunks(fail, range(100), chunk_size=1))
    assert len(begun) == 1


def test_progress_goes_to_standard_error(capsys):
    assert list(map_chunks(len, range(10), chunk_size=4, progress="pictures")) == [4, 4, 2]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "pictures: 10/10 (" in shown.err
    assert "s left)" in shown.err


def closed_stream():
    stream = io.StringIO()
    stream.close()
    return stream


class BrokenStream(io.StringIO):
    """A stream that cannot be written to, for one of many reasons."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


@pytest.mark.parametrize(
    "stream",
    [
        None,
        closed_stream(),
        object(),
        BrokenStream(OSError(28, "No space left on device")),
        BrokenStream(BrokenPipeError()),
        BrokenStream(RuntimeError("a widget that is gone")),
    ],
    ids=["none", "closed", "no stream", "full", "broken pipe", "of somebody's own"],
)
def test_progress_that_nobody_can_see_stops_no_work(stream, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream)
    assert list(map_chunks(len, range(10), chunk_size=4, progress="pictures")) == [4, 4, 2]


def test_the_line_ends_if_the_caller_leaves(capsys):
    chunks = map_chunks(len, range(10), chunk_size=4, progress="pictures")
    next(chunks), next(chunks)
    chunks.close()
    assert re.search(r"pictures: 4/10 .*\n$", capsys.readouterr().err)


def test_without_a_title_nothing_is_shown(capsys):
    list(map_chunks(len, range(10), chunk_size=4))
    assert capsys.readouterr().err == ""


def test_nothing_to_do():
    assert list(map_chunks(len, [], chunk_size=4)) == []


def test_missing_extra_names_the_command():
    with pytest.raises(
        MissingDependencyError, match=r"Chinese words needs 'no_such'.*mmclassic\[zh\]"
    ):
        import_optional("no_such", extra="zh", purpose="Chinese words")
    assert import_optional("json", extra="x", purpose="x").dumps([1]) == "[1]"


def test_measure_sees_time_and_memory():
    with measure("a") as stage:
        held = np.ones(30_000_000)
        time.sleep(0.01)
    assert stage.name == "a"
    assert stage.seconds > 0.009
    assert stage.peak_mib > held.nbytes / 2**20


def test_cell_error_names_its_place_and_survives_pickling():
    error = CellError("truncated JPEG", row=17, column="photo", source="img/0017.jpg")
    assert str(error) == "row 17, column 'photo', 'img/0017.jpg': truncated JPEG"
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row, again.source) == (str(error), 17, "img/0017.jpg")
    assert str(CellError("empty")) == "empty"
