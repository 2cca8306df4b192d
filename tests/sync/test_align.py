"""One clock for several streams, against pandas and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmclassic.sync import Stream, align_timestamps


@pytest.fixture
def heat():
    return Stream([20.0, 21.0, 24.0], times=[0.0, 1.0, 4.0], name="heat")


def test_methods_by_hand(heat):
    ticks = [-1.0, 0.5, 2.0, 3.0, 9.0]
    rows = {m: align_timestamps([heat], clock=ticks, method=m) for m in ("nearest", "previous")}
    assert rows["nearest"].rows["heat"].tolist() == [0, 0, 1, 2, 2]
    assert rows["previous"].rows["heat"].tolist() == [-1, 0, 1, 1, 2]
    linear = align_timestamps([heat], clock=ticks, method="linear")
    assert linear.views.mask("heat").tolist() == [False, True, True, True, False]
    np.testing.assert_allclose(linear.views["heat"][1:4, 0], [20.5, 22.0, 23.0])
    assert linear.gaps.values.tolist() == [["heat", -1.0, -1.0, 1], ["heat", 9.0, 9.0, 1]]


def test_a_tolerance_bounds_every_method(heat):
    ticks = [0.0, 0.9, 2.0, 2.5, 4.2]
    near = align_timestamps([heat], clock=ticks, tolerance=0.25)
    assert near.rows["heat"].tolist() == [0, 1, -1, -1, 2]
    back = align_timestamps([heat], clock=ticks, method="previous", tolerance=1.0)
    assert back.rows["heat"].tolist() == [0, 0, 1, -1, 2]
    line = align_timestamps([heat], clock=ticks, method="linear", tolerance=1.0)
    assert line.views.mask("heat").tolist() == [True, True, False, False, False]
    assert line.gaps.values.tolist() == [["heat", 2.0, 4.2, 3]]


def test_clocks(heat):
    other = Stream(np.ones((4, 2)), rate=2.0, start=1.0, name="other")
    by_name = align_timestamps([heat, other], clock="other")
    np.testing.assert_array_equal(by_name.times, [1.0, 1.5, 2.0, 2.5])
    by_rate = align_timestamps([heat, other], clock=0.5)
    np.testing.assert_array_equal(by_rate.times, [0.0, 2.0, 4.0])
    assert by_rate.views.widths == {"heat": 1, "other": 2}
    with pytest.raises(ValueError, match="no stream is named 'x'"):
        align_timestamps([heat], clock="x")
    with pytest.raises(TypeError, match="the name of a stream: clock='heat'"):
        align_timestamps([heat], clock=heat)
    with pytest.raises(ValueError, match="must increase"):
        align_timestamps([heat], clock=[0.0, 0.0])
    with pytest.raises(ValueError, match="above 0 ticks"):
        align_timestamps([heat], clock=-1.0)


def test_frames_are_flattened_and_texts_are_cells():
    frames = Stream(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), rate=1.0, name="frames")
    said = Stream(["a"], times=[1.0], name="said")
    aligned = align_timestamps([frames, said], clock="frames", tolerance=0.1)
    assert aligned.views.names == ("frames",)
    np.testing.assert_array_equal(aligned.views["frames"][2], [8, 9, 10, 11])
    assert aligned.cells("said").tolist() == [None, "a", None]
    assert aligned.cells("frames")[1].shape == (2, 2)
    assert align_timestamps([said], clock=1.0).views is None
    with pytest.raises(ValueError, match="holds objects, between which nothing lies"):
        align_timestamps([said], clock=1.0, method="linear")
    mixed = align_timestamps(
        [frames, said], clock=2.0, method={"frames": "linear", "said": "previous"}
    )
    assert mixed.views["frames"][1, 0] == 2.0
    assert mixed.cells("said").tolist() == [None, None, "a", "a", "a"]


def test_what_cannot_be_aligned_is_refused(heat):
    with pytest.raises(ValueError, match=r"\['heat'\] twice"):
        align_timestamps([heat, heat], clock=1.0)
    with pytest.raises(ValueError, match="method must give one of"):
        align_timestamps([heat], clock=1.0, method="next")
    with pytest.raises(ValueError, match="tolerance must give"):
        align_timestamps([heat], clock=1.0, tolerance=-1)
    with pytest.raises(TypeError, match="list of Stream"):
        align_timestamps([[1, 2]], clock=1.0)


@pytest.mark.parametrize("start", [0.0, 0.1, 1.7e9])
@pytest.mark.parametrize("method", ["nearest", "previous", "linear"])
def test_times_that_differ_by_rounding_are_the_same(start, method):
    """An exact comparison takes the row before at many ticks, or leaves the tick without one."""
    n = 3000
    stream = Stream(np.arange(n, dtype=float), rate=30.0, start=start, name="x")
    ticks = start + np.cumsum(np.full(n, 1 / 30)) - 1 / 30 if start < 1 else stream.seconds()
    nudged = ticks * (1 - 1e-16)
    aligned = align_timestamps([stream], clock=nudged, method=method, tolerance=0.0)
    assert aligned.views.mask("x").all()
    np.testing.assert_allclose(aligned.views["x"][:, 0], np.arange(n), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=12, unique=True),
    st.lists(st.integers(-5, 65), min_size=1, max_size=12, unique=True),
    st.integers(0, 20),
    st.sampled_from(["nearest", "previous", "linear"]),
)
def test_as_a_loop_over_ticks_would(times, ticks, tolerance, method):
    times, ticks = np.sort(times) / 4.0, np.sort(ticks) / 4.0
    tolerance = tolerance / 4.0
    values = np.arange(len(times)) ** 2.0
    aligned = align_timestamps(
        [Stream(values, times=times, name="x")], clock=ticks, method=method, tolerance=tolerance
    )
    for tick, row, there, got in zip(
        ticks, aligned.rows["x"], aligned.views.mask("x"), aligned.views["x"][:, 0]
    ):
        before = [i for i, t in enumerate(times) if t <= tick and tick - t <= tolerance]
        after = [i for i, t in enumerate(times) if t >= tick and t - tick <= tolerance]
        if method == "nearest":
            both = before[-1:] + after[:1]
            wanted = min(both, key=lambda i: abs(times[i] - tick)) if both else -1
            assert row == wanted
        elif method == "previous":
            assert row == (before[-1] if before else -1)
        else:
            assert there == bool(before and after)
            if there:
                assert got == pytest.approx(np.interp(tick, times, values))
    assert aligned.gaps["ticks"].sum() == np.count_nonzero(~aligned.views.mask("x"))
