"""Columns of text as times: one reading, or an error that asks for the format."""

import datetime

import numpy as np
import pandas as pd
import pytest

from mmclassic.exceptions import TableError
from mmclassic.tables import as_times


def column(*cells):
    series = pd.Series(cells, dtype=object, name="day")
    series.index = pd.RangeIndex(2, 2 + len(cells), name="line")
    return series


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["2026-01-24", "2026-01-25 13:45"], ["2026-01-24", "2026-01-25T13:45"]),
        (
            ["2026-01-24T01:00:00+02:00", "2026-01-24T01:00Z"],
            ["2026-01-23T23:00", "2026-01-24T01:00"],
        ),
        (["20260124"], ["2026-01-24"]),
        (["2026/01/24"], ["2026-01-24"]),
        (["24.01.2026", "3.4.2026"], ["2026-01-24", "2026-04-03"]),
        (["03.04.2026"], ["2026-04-03"]),
        (["24.01.2026 13:45", "24.01.2026 9:05:07"], ["2026-01-24T13:45", "2026-01-24T09:05:07"]),
        (["24/01/2026", "03/04/2026"], ["2026-01-24", "2026-04-03"]),
        (["01/24/2026", "03/04/2026"], ["2026-01-24", "2026-03-04"]),
        (["24-01-2026"], ["2026-01-24"]),
        (["03/03/2026"], ["2026-03-03"]),
        (["1/24/2026 1:45 PM", "1/24/2026 12:00 am"], ["2026-01-24T13:45", "2026-01-24T00:00"]),
        (["24.01.2026", None, "", " "], ["2026-01-24", "NaT", "NaT", "NaT"]),
        ([datetime.date(2026, 1, 24)], ["2026-01-24"]),
        ([None], ["NaT"]),
    ],
)
def test_times(cells, times):
    read = as_times(column(*cells))
    expected = np.array(times, dtype="datetime64[us]")
    np.testing.assert_array_equal(read.to_numpy(dtype="datetime64[us]"), expected)
    assert read.index.equals(column(*cells).index)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1769212800", "5"], [1769212800, 5]),
        (["1769212800000000001"], [1769212800000000001]),
        (["1.5", None], [1.5, np.nan]),
        (["2026", "2025"], [2026, 2025]),
        (["46046", "-1"], [46046, -1]),
        (["9" * 25], [1e25]),
    ],
)
def test_numbers_stay_numbers(cells, numbers):
    np.testing.assert_array_equal(as_times(column(*cells)), numbers)


def test_columns_of_times_and_of_numbers_stay_as_they_are():
    for series in (pd.Series(pd.to_datetime(["2026-01-24", None])), pd.Series([1.5, 2.0])):
        assert as_times(series) is series


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["03/04/2026"],
            "line 2, column 'day': '03/04/2026' is 03 April or 04 March, and no cell of the column "
            "tells which; say how times are written: time_format='%d/%m/%Y' or "
            "time_format='%m/%d/%Y'",
        ),
        (["05/05/2026", "03-04-2026 13:45"], "line 3, .*time_format='%d-%m-%Y %H:%M' or "),
        (["3/4/2026 1:45 PM"], "time_format='%d/%m/%Y %I:%M %p' or "),
        (["24.01.26"], "a year of two digits; .* such as time_format='%d.%m.%y'"),
        (["24/01/2026", "01/24/2026"], "line 3, .*'01/24/2026' is no date in the order"),
        (["31.02.2026"], "is no date in the order of day and month"),
        (
            ["2026-01-24", "24.01.2026"],
            r"line 3, .* in another way than '2026-01-24' \('a.csv', line 2",
        ),
        (["1769212800", "2026-01-24"], "line 3, .* in another way than '1769212800'"),
        (["2026-02-30"], "line 2, .*'2026-02-30' is not a time of ISO 8601"),
        (["24 Jan 2026"], "'24 Jan 2026' is not a time; .* time_format='%d %b %Y'"),
        (["n/a"], "'n/a' is not a time; leave the cell empty"),
        (["٢٤.٠١.٢٠٢٦"], "is not a time"),
        (["1/2/2026 13:45 PM"], "is no date in the order"),
    ],
)
def test_what_is_refused(cells, words):
    with pytest.raises(TableError, match=words):
        as_times(column(*cells), where="a.csv")


@pytest.mark.parametrize(
    ("cells", "form", "time"),
    [
        (["03/04/2026"], "%d/%m/%Y", "2026-04-03"),
        (["03/04/2026"], "%m/%d/%Y", "2026-03-04"),
        (["24.01.26"], "%d.%m.%y", "2026-01-24"),
        (["24 Jan 2026"], "%d %b %Y", "2026-01-24"),
        ([20260124], "%Y%m%d", "2026-01-24"),
        ([20260124.0], "%Y%m%d", "2026-01-24"),
        (["24.01.2026 01:00 +0200"], "%d.%m.%Y %H:%M %z", "2026-01-23T23:00"),
    ],
)
def test_a_format_that_is_given(cells, form, time):
    assert as_times(column(*cells), time_format=form).to_numpy()[0] == np.datetime64(time)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("%Y-%m-%d", "'24.01.2026' is not written as time_format='%Y-%m-%d' says"),
        ("%q", "time_format='%q' is no format"),
        ("mixed", "time_format='mixed' is no format"),
    ],
)
def test_a_format_that_does_not_fit(form, words):
    with pytest.raises(TableError, match=words):
        as_times(column("24.01.2026"), time_format=form)
