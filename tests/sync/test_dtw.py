"""Dynamic time warping against hand-worked paths, a plain reference and librosa."""

import pickle

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

import mmclassic
from mmclassic.sync import DTW, WarpingPath, dtw

STEPS = {
    "symmetric1": ((1, 1, 1), (0, 1, 1), (1, 0, 1)),
    "symmetric2": ((1, 1, 2), (0, 1, 1), (1, 0, 1)),
    "asymmetric": ((1, 1, 1), (1, 0, 1), (1, 2, 1)),
}
PATTERNS = [
    *STEPS,
    ((1, 0, 1), (0, 1, 1), (1, 1, 1)),
    ((1, 1, 1.0), (1, 2, 1.5), (2, 1, 1.5)),
    ((1, 1, 0.5), (0, 1, 0.5), (3, 0, 0.5)),
    ((1, 1, 1),),
]
METRICS = ["euclidean", "sqeuclidean", "cosine", "cityblock"]


def plain_cost(X, Y, metric, steps, frames=None, open_begin=False, open_end=False):
    """The least cost, cell by cell, with the cells outside the band infinite."""
    costs = cdist(X, Y, metric)
    n, m = costs.shape
    i, j = np.indices((n, m))
    if frames is not None:
        costs[np.abs(i * (m - 1) - j * (n - 1)) > frames * (min(n, m) - 1)] = np.inf
    total = np.full((n, m), np.inf)
    for i in range(n):
        for j in range(m):
            if i == 0 and (j == 0 or open_begin):
                total[i, j] = costs[i, j]
            for down, right, weight in steps:
                if i >= down and j >= right and costs[i, j] < np.inf:
                    before = total[i - down, j - right]
                    total[i, j] = min(total[i, j], before + weight * costs[i, j])
    return total[-1].min() if open_end else total[-1, -1]


def cost_along(path, X, Y, metric, steps):
    """What a path costs, and the weight of its steps; fails if it takes a step that is none."""
    costs, weight_of = cdist(X, Y, metric), {tuple(s[:2]): s[2] for s in steps}
    weights = [1] + [weight_of[tuple(step)] for step in np.diff(path, axis=0).tolist()]
    return float(np.dot(weights, costs[tuple(path.T)])), sum(weights)


def streams(seed, n, m, width=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)), rng.normal(size=(m, width))


# --- by hand -------------------------------------------------------------------------------------


def test_a_path_worked_by_hand():
    # Distances      0 2 4      least costs  0 2 6
    #                1 1 3                   1 1 4
    #                3 1 1                   4 2 2
    found = dtw([[0.0], [1.0], [3.0]], [[0.0], [2.0], [4.0]])
    assert found.path.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert found.cost == 2
    assert found.normalized_cost == pytest.approx(2 / 3)
    assert len(found) == 3
    assert repr(found) == "WarpingPath(3 steps, 3 x 3 frames)"


def test_symmetric2_counts_steps_of_both_twice():
    # Along the diagonal 0 + 2 * 1 + 2 * 1 = 4; by (1, 0) and (2, 1): 0 + 1 + 2 * 1 + 1 = 4 too.
    found = dtw([[0.0], [1.0], [3.0]], [[0.0], [2.0], [4.0]], step_pattern="symmetric2")
    assert found.cost == 4
    assert found.normalized_cost == 4 / 5


def test_asymmetric_takes_every_frame_of_the_first_once():
    found = dtw(
        [[0.0], [2.0], [4.0]], [[0.0], [1.0], [2.0], [3.0], [4.0]], step_pattern="asymmetric"
    )
    assert found.path.tolist() == [[0, 0], [1, 2], [2, 4]]
    assert found.cost == 0


def test_a_subsequence_and_open_ends():
    Y = [[9.0], [1.0], [3.0], [9.0]]
    assert dtw([[1.0], [3.0]], Y, subsequence=True).path.tolist() == [[0, 1], [1, 2]]
    begin = dtw([[1.0], [3.0]], Y, open_begin=True)
    assert begin.path.tolist() == [[0, 1], [1, 2], [1, 3]]
    assert begin.cost == 6
    end = dtw([[9.0], [1.0]], Y, open_end=True)
    assert end.path.tolist() == [[0, 0], [1, 1]]
    both = dtw([[1.0], [3.0]], Y, open_begin=True, open_end=True)
    assert np.array_equal(both.path, dtw([[1.0], [3.0]], Y, subsequence=True).path)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (4, 1)])
def test_single_frames(n, m):
    X, Y = streams(0, n, m)
    assert dtw(X, Y).cost == pytest.approx(cdist(X, Y).sum())
    assert dtw(X, Y, band=0).cost == pytest.approx(cdist(X, Y).sum())


def test_of_equal_steps_the_first_is_taken():
    X = Y = np.zeros((3, 1))
    assert len(dtw(X, Y)) == 3
    assert dtw(X, Y, step_pattern=STEPS["symmetric1"][::-1]).path.tolist() == [
        [0, 0], [0, 1], [0, 2], [1, 2], [2, 2]
    ]  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_a_stream_is_at_no_distance_from_itself(metric):
    X = 1e6 + streams(0, 300, 1, width=5)[0]
    found = dtw(X, X, metric=metric)
    assert found.cost == 0
    assert np.array_equal(found.path, np.repeat(np.arange(300)[:, None], 2, axis=1))


def test_frames_of_zeros_by_cosine():
    found = dtw([[0.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [2.0, 2.0]], metric="cosine")
    assert found.cost == pytest.approx(0, abs=1e-15)
    assert dtw([[0.0, 0.0]], [[3.0, 1.0]], metric="cosine").cost == pytest.approx(1)


# --- against the plain reference -----------------------------------------------------------------


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**16),
    n=st.integers(1, 9),
    m=st.integers(1, 9),
    metric=st.sampled_from(METRICS),
    pattern=st.sampled_from(PATTERNS),
    band=st.one_of(st.none(), st.integers(0, 9)),
    open_begin=st.booleans(),
    open_end=st.booleans(),
)
def test_cost_and_path_are_those_of_the_plain_reference(
    seed, n, m, metric, pattern, band, open_begin, open_end
):
    X, Y = streams(seed, n, m)
    steps = STEPS.get(pattern, pattern) if isinstance(pattern, str) else pattern
    ends = {"open_begin": open_begin, "open_end": open_end}
    expected = plain_cost(X, Y, metric, steps, band, **ends)
    if expected == np.inf:
        with pytest.raises(ValueError, match="no path leads"):
            dtw(X, Y, metric=metric, step_pattern=pattern, band=band, **ends)
        return
    found = dtw(X, Y, metric=metric, step_pattern=pattern, band=band, **ends)
    assert found.cost == pytest.approx(expected, rel=1e-9, abs=1e-12)
    cost, weight = cost_along(found.path, X, Y, metric, steps)
    assert cost == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.normalized_cost == pytest.approx(found.cost / weight)
    assert found.path[0, 0] == 0
    assert found.path[-1, 0] == n - 1
    assert open_begin or found.path[0, 1] == 0
    assert open_end or found.path[-1, 1] == m - 1
    if band is not None:
        i, j = found.path.T
        assert (np.abs(i * (m - 1) - j * (n - 1)) <= band * (min(n, m) - 1)).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("n", "m"), [(300, 700), (700, 300), (330, 330)])
def test_across_blocks_costs_are_those_of_librosa(n, m, metric):
    X, Y = streams(n, n, m, width=6)
    D, path = librosa.sequence.dtw(X.T, Y.T, metric=metric)
    found = dtw(X, Y, metric=metric)
    assert found.cost == pytest.approx(D[-1, -1], rel=1e-9)
    assert np.array_equal(found.path, path[::-1])
    if n <= m:  # librosa looks for the shorter stream in the longer
        D, path = librosa.sequence.dtw(X.T, Y.T, metric=metric, subseq=True)
        found = dtw(X, Y, metric=metric, subsequence=True)
        assert found.cost == pytest.approx(D[-1].min(), rel=1e-9)
        assert np.array_equal(found.path, path[::-1])


@pytest.mark.parametrize(("n", "m", "band"), [(400, 300, 7), (300, 400, 0.1), (350, 350, 1)])
def test_across_blocks_a_band_is_infinity_outside(n, m, band):
    X, Y = streams(n, n, m, width=3)
    costs, (i, j) = cdist(X, Y), np.indices((n, m))
    frames = band if isinstance(band, int) else int(np.ceil(band * max(n, m)))
    costs[np.abs(i * (m - 1) - j * (n - 1)) > frames * (min(n, m) - 1)] = np.inf
    D, path = librosa.sequence.dtw(C=costs)
    found = dtw(X, Y, band=band)
    assert found.cost == pytest.approx(D[-1, -1], rel=1e-9)
    assert np.array_equal(found.path, path[::-1])


def test_steps_and_weights_of_librosa():
    X, Y = streams(3, 200, 260)
    sizes, weights = np.array([[1, 1], [1, 2], [2, 1]]), np.array([1.0, 1.5, 2.0])
    D, path = librosa.sequence.dtw(X.T, Y.T, step_sizes_sigma=sizes, weights_mul=weights)
    found = dtw(X, Y, step_pattern=[(*size, w) for size, w in zip(sizes.tolist(), weights)])
    assert found.cost == pytest.approx(D[-1, -1], rel=1e-9)
    assert np.array_equal(found.path, path[::-1])


@pytest.mark.parametrize("offset", [0, 1e4])
def test_repeated_and_nearly_equal_frames_keep_their_precision(offset):
    rng = np.random.default_rng(0)
    X = offset + np.repeat(rng.normal(size=(30, 4)), 10, axis=0)
    Y = X[5:290] + 1e-5 * rng.normal(size=(285, 4))
    D = librosa.sequence.dtw(X.T, Y.T, backtrack=False)
    assert dtw(X, Y).cost == pytest.approx(D[-1, -1], rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("unit", [1e-140, 1e140, 1e-300])
def test_units_do_not_matter(metric, unit):
    X, Y = streams(0, 40, 30)
    plain, scaled = dtw(X, Y, metric=metric), dtw(X * unit, Y * unit, metric=metric)
    assert np.array_equal(plain.path, scaled.path)
    factor = {"cosine": 1.0, "sqeuclidean": unit * unit}.get(metric, unit)
    assert scaled.cost == pytest.approx(plain.cost * factor, rel=1e-9)


def test_a_band_needs_memory_for_itself_alone():
    import tracemalloc

    X, Y = streams(0, 4000, 4000)
    tracemalloc.start()
    dtw(X, Y, band=40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6  # a byte for every pair of frames is 16e6


def test_the_published_path_of_two_readings(real_data):
    folder = real_data / "audiobook-align" / "cdtw"
    X, Y = (np.loadtxt(folder / name).T for name in ("mfcc1_12_1332", "mfcc2_12_868"))
    # Cosine distances; of equal steps, one on in X alone is taken first, and in both last.
    steps = [(1, 0, 1), (0, 1, 1), (1, 1, 1)]
    found = dtw(X, Y, metric="cosine", step_pattern=steps)
    assert len(found) == 1418
    D = librosa.sequence.dtw(X.T, Y.T, metric="cosine", backtrack=False)
    assert found.cost == pytest.approx(D[-1, -1], rel=1e-9)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "Y", "more", "message"),
    [
        ([[0.0], [np.nan]], [[0.0]], {}, "X, frame 1: it holds NaN"),
        ([[0.0]], [[0.0], [0.0], [np.inf]], {}, "Y, frame 2: it holds NaN or an infinite"),
        (np.empty((0, 2)), [[0.0, 1.0]], {}, "0 sample"),
        ([[0.0]], [[0.0, 1.0]], {}, r"X has 1 feature\(s\) and Y has 2"),
        ([0.0, 1.0], [[0.0]], {}, "Expected 2D array"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"metric": "manhattan"}, "'metric' parameter"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"band": 1.5}, "'band' parameter"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": [(0, 0, 1)]}, "not both 0"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": [(1, 1, -1)]}, "weight of at least"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": [(1, 1, np.inf)]}, "a finite weight"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": [1, 1, 1]}, r"got \(1,\)"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": [(1, 1)]}, r"got \(1, 1\)"),
        (np.zeros((9, 1)), np.zeros((9, 1)), {"step_pattern": []}, "1 to 255 steps; got 0"),
        (np.zeros((3, 1)), np.zeros((9, 1)), {"step_pattern": "asymmetric"}, "3 frames to 9"),
    ],
)
def test_bad_input(X, Y, more, message):
    with pytest.raises(ValueError, match=message):
        dtw(X, Y, **more)


@pytest.mark.parametrize("pattern", ["symmetric1", "asymmetric"])
@pytest.mark.parametrize(("n", "m"), [(40, 21), (31, 40), (60, 40)])
def test_the_least_band_is_named_and_does(n, m, pattern):
    X, Y = streams(0, n, m)
    with pytest.raises(ValueError, match="the least is band=") as caught:
        dtw(X, Y, band=0, step_pattern=pattern)
    least = int(str(caught.value).split("band=")[1].split(",")[0])
    assert len(dtw(X, Y, band=least, step_pattern=pattern))
    with pytest.raises(ValueError, match=f"a band of {least - 1} frame"):
        dtw(X, Y, band=least - 1, step_pattern=pattern)


# --- the path as a value, and the estimator ------------------------------------------------------


def test_warping_takes_means_interpolates_and_leaves_gaps():
    path = np.array([[0, 1], [1, 1], [2, 2], [3, 5]])
    found = WarpingPath(path, 1.0, 0.25, (4, 7))
    expected = [np.nan, 0.5, 2, 2 + 1 / 3, 2 + 2 / 3, 3, np.nan]
    assert found.positions() == pytest.approx(expected, nan_ok=True)
    assert found.warp(10 * np.arange(4)) == pytest.approx(10 * np.array(expected), nan_ok=True)
    columns = found.warp(np.column_stack([np.arange(4), np.ones(4)]))
    assert columns[:, 0] == pytest.approx(expected, nan_ok=True)
    assert columns[1:6, 1] == pytest.approx(np.ones(5))
    with pytest.raises(ValueError, match=r"shape \(4,\) or \(4, n_columns\)"):
        found.warp(np.zeros(7))
    for values in (["a"] * 4, np.arange(4).astype("datetime64[s]"), np.full(4, 1j)):
        with pytest.raises(ValueError, match="values must be numbers"):
            found.warp(values)


def test_a_path_is_frozen():
    with pytest.raises(AttributeError):
        dtw([[0.0]], [[0.0]]).cost = 3.0


@pytest.mark.parametrize("seed", range(3))
def test_transform_undoes_a_planted_warp(seed):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, 200)
    event = np.column_stack([np.sin(12 * t), np.cos(9 * t)])
    warped = np.sort(np.concatenate([[0, 1], rng.random(148) ** 1.3]))
    other = np.column_stack([np.sin(12 * warped), np.cos(9 * warped)])
    warping = DTW().fit(event)
    assert np.abs(warping.transform(other) - event).mean() < 0.05
    assert np.abs(warping.align(other).warp(warped) - t).mean() < 0.01


def test_the_estimator_is_the_function():
    X, Y = streams(0, 50, 40)
    settings = {"metric": "cityblock", "step_pattern": "symmetric2", "band": 0.3, "open_end": True}
    warping = DTW(**settings).fit(Y)
    expected = dtw(X, Y, **settings)
    assert np.array_equal(warping.align(X).path, expected.path)
    assert np.array_equal(warping.transform(X), expected.warp(X), equal_nan=True)
    assert warping.transform(X.astype(np.float32)).dtype == np.float32


def test_the_reference_is_kept_and_not_shared():
    Y = streams(0, 20, 1)[0]
    warping = DTW().fit(Y)
    Y[:] = 0
    assert warping.reference_.any()
    with pytest.raises(ValueError, match="3 features"):
        warping.transform(np.zeros((4, 3)))


def test_saved_and_loaded_it_warps_alike(tmp_path):
    X, Y = streams(0, 30, 25)
    warping = DTW(step_pattern=((1, 1, 1), (0, 1, 1), (1, 0, 1)), band=10).fit(Y)
    expected = warping.transform(X)
    mmclassic.save(warping, tmp_path / "dtw.skops")
    for again in (mmclassic.load(tmp_path / "dtw.skops"), pickle.loads(pickle.dumps(warping))):
        assert np.array_equal(again.transform(X), expected)
