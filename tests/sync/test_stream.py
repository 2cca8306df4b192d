"""Streams: their clocks, what is refused, and tables of every kind of time."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from mmclassic.sync import Stream, align_timestamps


def test_a_rate_makes_times_and_slices_keep_it():
    stream = Stream(np.arange(10.0), rate=4, start=1.0)
    np.testing.assert_array_equal(stream.seconds()[:3], [1.0, 1.25, 1.5])
    assert stream.duration == 2.5
    part = stream[2:9:3]
    assert (part.rate, part.start) == (4 / 3, 1.5)
    np.testing.assert_allclose(part.seconds(), stream.seconds()[2:9:3])
    np.testing.assert_array_equal(stream[[1, 4]].times, [1.25, 2.0])
    np.testing.assert_array_equal(stream[-3:].seconds(), stream.seconds()[-3:])


def test_between_is_half_open_and_shift_moves_every_time():
    stream = Stream([1, 2, 3], times=[0.0, 1.0, 4.0])
    np.testing.assert_array_equal(stream.between(0.0, 4.0).values, [1, 2])
    np.testing.assert_array_equal(stream.shift(-1.5).times, [-1.5, -0.5, 2.5])
    assert stream.duration == 4.0
    assert Stream([1, 2], rate=2, start=3).shift(1).seconds().tolist() == [4.0, 4.5]
    with pytest.raises(ValueError, match="no rows from 5 to 6 s"):
        stream.between(5, 6)


def test_texts_are_objects_and_numbers_keep_their_type():
    assert Stream(np.array(["a", "b"]), rate=1).values.dtype == object
    assert Stream(np.zeros((2, 3), np.uint8), rate=1).values.dtype == np.uint8
    assert Stream([{"x": 1}, None], rate=1).values.dtype == object


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"values": [1.0], "times": [0.0], "rate": 1}, "either times or a rate"),
        ({"values": [1.0]}, "either times or a rate"),
        ({"values": [], "rate": 1}, "at least one row"),
        ({"values": [1.0, np.nan], "rate": 1}, "row 1 of stream 's' is not finite"),
        ({"values": [1.0, 2.0], "times": [0.0]}, r"2 rows and times of shape \(1,\)"),
        ({"values": [1.0, 2.0], "times": [0.0, np.inf]}, "row 1 of stream 's' has the time inf"),
        ({"values": [1, 2, 3], "times": [0, 2, 2]}, "row 2 has 2 s after 2 s"),
        ({"values": [1], "rate": 0}, "rate of stream 's' must be a finite number above 0"),
        ({"values": [1], "rate": 1, "start": np.nan}, "start of stream 's' must be a finite"),
        ({"values": [1], "times": [0.0], "start": 1.0}, "takes no start"),
    ],
)
def test_what_is_no_stream_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Stream(**arguments, name="s")


def test_a_stream_is_frozen():
    with pytest.raises(AttributeError):
        Stream([1], rate=1).rate = 2


@pytest.mark.parametrize(
    "times",
    [
        [1.5, 0.0, 61.0],
        ["0:00:01.5", "0:00:00", "0:01:01"],
        ["1.5", "0", "61"],
        pd.to_timedelta([1.5, 0.0, 61.0], unit="s"),
        pd.to_datetime([1.5, 0.0, 61.0], unit="s"),
        ["1970-01-01T00:00:01.5Z", "1970-01-01 08:00:00+08:00", "1970-01-01T00:01:01"],
        [pd.Timestamp(t, unit="s").to_pydatetime() for t in (1.5, 0.0, 61.0)],
        ["0:00:01,5", "0:00:00,000", "0:01:01,00"],
        ["1.5 s", "0 s", "1 min 1 s"],
        pd.Categorical(["0:00:01.5", "0:00:00", "0:01:01"]),
    ],
)
def test_all_kinds_of_times_are_seconds_in_order(times):
    frame = pd.DataFrame({"timestamp": times, "x": [1.0, 2.0, 3.0]})
    stream = Stream.from_frame(frame, "x")
    np.testing.assert_allclose(stream.times, [0.0, 1.5, 61.0])
    np.testing.assert_array_equal(stream.values, [2.0, 1.0, 3.0])


@pytest.mark.parametrize(
    "times",
    [
        pd.to_timedelta([0.0, 1.5, 61.0], unit="s"),
        np.array([0, 1500, 61000], dtype="timedelta64[ms]"),
        pd.to_datetime([0.0, 1.5, 61.0], unit="s"),
        pd.to_datetime([0.0, 1.5, 61.0], unit="s", utc=True).tz_convert("Asia/Tokyo"),
        [pd.Timestamp(t, unit="s") for t in (0.0, 1.5, 61.0)],
        pd.Series([0.0, 1.5, 61.0], index=[5, 1, 9]),
    ],
)
def test_times_of_a_stream_and_of_a_clock_are_seconds(times):
    stream = Stream([1, 2, 3], times=times)
    np.testing.assert_allclose(stream.times, [0.0, 1.5, 61.0])
    np.testing.assert_allclose(align_timestamps([stream], clock=times).times, stream.times)


@pytest.mark.parametrize("kind", ["timestamp[us, tz=UTC]", "duration[ms]", "period"])
def test_other_types_of_times_are_no_ordinals(kind):
    times = pd.Series(pd.to_datetime([0, 86400], unit="s", utc=True))
    if kind == "period":
        times = times.dt.tz_localize(None).dt.to_period("D")
    else:
        pytest.importorskip("pyarrow")
        times = times - times[0] if kind.startswith("duration") else times
        times = times.astype(f"{kind}[pyarrow]")
    stream = Stream.from_frame(pd.DataFrame({"timestamp": times, "x": [1, 2]}))
    np.testing.assert_array_equal(stream.times, [0, 86400])


@pytest.mark.parametrize("text", ["1 2 3", "0:00:1,5,5", "1,500 ms", " , "])
def test_texts_of_which_pandas_would_make_nanoseconds_are_refused(text):
    frame = pd.DataFrame({"timestamp": ["0:00:00", text], "x": [1, 2]})
    with pytest.raises(ValueError, match="cannot be read as numbers, durations"):
        Stream.from_frame(frame)


def test_frame_numbers_are_numbers():
    for times in (pd.to_datetime(["2020", "2021"]), ["0:00:00", "0:00:01"]):
        with pytest.raises(ValueError, match="'t' cannot be read as numbers of frames"):
            Stream.from_frame(pd.DataFrame({"t": times, "x": [1, 2]}), time="t", rate=25)


def test_rows_of_tables_are_rows():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=[7, 3])
    np.testing.assert_array_equal(Stream(table, rate=1).values, table.to_numpy())
    np.testing.assert_array_equal(Stream(table["b"], rate=1).values, [3.0, 4.0])
    assert Stream(table["a"].astype(str), rate=1).values.tolist() == ["1.0", "2.0"]
    for values in ("ab", {"a": 1}, {1, 2}, csr_array(np.eye(2))):
        with pytest.raises(TypeError, match="must be rows in order; got a"):
            Stream(values, rate=1)
    with pytest.raises(ValueError, match="rows of stream 's' differ in shape"):
        Stream([[1], [1, 2]], rate=1, name="s")


def test_time_zones_are_brought_to_utc():
    zoned = pd.to_datetime(["2026-07-01 12:00", "2026-07-01 13:00"]).tz_localize("Europe/Berlin")
    plain = pd.to_datetime(["2026-07-01 10:00", "2026-07-01 11:00"])
    one, other = (
        Stream.from_frame(pd.DataFrame({"timestamp": t, "x": [0, 1]})) for t in (zoned, plain)
    )
    np.testing.assert_array_equal(one.times, other.times)


def test_rows_of_one_time():
    frame = pd.DataFrame({"t": [1, 0, 1], "x": [1.0, 5.0, 3.0], "y": [0, 0, 2]}, index=list("abc"))
    with pytest.raises(ValueError, match="rows 'a' and 'c' have the same time, 1 s"):
        Stream.from_frame(frame, time="t")
    for rule, last in {"first": [1, 0], "last": [3, 2], "mean": [2, 1]}.items():
        stream = Stream.from_frame(frame, time="t", duplicates=rule)
        np.testing.assert_array_equal(stream.values, [[5, 0], last])
        np.testing.assert_array_equal(stream.times, [0, 1])


def test_texts_of_one_time_have_no_mean():
    frame = pd.DataFrame({"timestamp": [1, 1], "x": ["a", "b"]})
    with pytest.raises(ValueError, match="duplicates='mean' takes numbers"):
        Stream.from_frame(frame, duplicates="mean")


@pytest.mark.parametrize("nothing", ["", "nan", "NaT"])
def test_a_text_that_is_no_time_is_no_duplicate(nothing):
    frame = pd.DataFrame({"timestamp": ["0:00:01", nothing], "x": [1, 2]})
    with pytest.raises(ValueError, match="row 1 has no time in column 'timestamp'"):
        Stream.from_frame(frame, duplicates="first")


def test_a_row_without_a_time_is_named():
    frame = pd.DataFrame({"timestamp": [0.0, None], "x": [1, 2]}, index=["a", "b"])
    with pytest.raises(ValueError, match="row 'b' has no time in column 'timestamp'"):
        Stream.from_frame(frame)
    with pytest.raises(ValueError, match="no column \\['z'\\]"):
        Stream.from_frame(frame, "z")
    with pytest.raises(ValueError, match="cannot be read"):
        Stream.from_frame(pd.DataFrame({"timestamp": ["soon", "later"], "x": [1, 2]}))
    # Minutes and seconds, or hours and minutes: nobody can tell.
    with pytest.raises(ValueError, match="cannot be read"):
        Stream.from_frame(pd.DataFrame({"timestamp": ["00:01.5", "01:01"], "x": [1, 2]}))
