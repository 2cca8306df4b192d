"""NumericVectorizer."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import NumericVectorizer

NAN = np.nan
TABLE = pd.DataFrame({"a": [1.0, 3.0, NAN, NAN], "b": [10.0, NAN, 30.0, NAN]}, index=list("pqrs"))


def test_gaps_become_means_and_empty_rows_are_missing():
    extraction = NumericVectorizer(scale=False).fit_extract(TABLE)
    assert extraction.block.tolist()[:3] == [[1, 10], [3, 20], [2, 30]]
    assert np.isnan(extraction.block[3]).all()
    assert extraction.present.tolist() == [True, True, True, False]


def test_scaling_equals_scikit_learn():
    rows = NumericVectorizer(scale=False).fit_transform(TABLE)[:3]
    assert_allclose(
        NumericVectorizer().fit_transform(TABLE)[:3], StandardScaler().fit_transform(rows)
    )


@pytest.mark.parametrize(
    "X",
    [
        TABLE[["a"]],
        TABLE["a"],
        TABLE["a"].astype("Float64"),
        TABLE["a"].astype(object).where(TABLE["a"].notna(), None),
        TABLE[["a"]].to_numpy(),
        TABLE["a"].map(lambda value: None if np.isnan(value) else np.array([value])),
        [np.array([1.0]), [3], None, float("nan")],
    ],
    ids=["frame", "series", "nullable", "object", "array", "cells", "list"],
)
def test_containers(X):
    extraction = NumericVectorizer(scale=False).fit_extract(X)
    assert_array_equal(extraction.block, [[1], [3], [NAN], [NAN]])
    assert extraction.present.tolist() == [True, True, False, False]


def test_embeddings():
    cells = pd.Series([np.arange(3.0), None, np.arange(3.0) + 2], name="emb")
    fitted = NumericVectorizer().fit(cells)
    block = fitted.transform(cells)
    assert_array_equal(block, [[-1, -1, -1], [NAN] * 3, [1, 1, 1]])
    assert fitted.n_features_in_ == 3
    assert fitted.get_feature_names_out().tolist() == ["x0", "x1", "x2"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    X = np.arange(6, dtype=dtype).reshape(3, 2)
    for data in (X, pd.DataFrame(X, columns=["a", "b"]), list(X)):
        assert NumericVectorizer().fit_transform(data).dtype == dtype


def test_large_values_are_left_alone():
    ids = pd.DataFrame({"stamp": [1_700_000_001, 1_700_000_002]})
    assert NumericVectorizer(scale=False).fit_transform(ids).ravel().tolist() == [
        1_700_000_001,
        1_700_000_002,
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([np.zeros(2), np.zeros(3), np.ones(2)], "row 1: the array has 3 numbers where 2 are"),
        ([np.zeros(2), "x"], "row 1: the cell must be a 1-D array of numbers; got str"),
        ([np.zeros(2), np.zeros((1, 2))], "row 1: the cell must be a 1-D array .* got ndarray"),
        ([np.zeros(2), np.array(["a", "b"])], "row 1: the cell must be a 1-D array of numbers"),
        ([np.zeros(2), np.array([1, np.inf])], "row 1: the row holds an infinite value"),
        (pd.DataFrame({"price": [1, "n/a"]}), "row 1, column 'price': 'price' holds 'n/a', which"),
        (pd.DataFrame({"price": [1, np.inf]}), "row 1, column 'price': the row holds an infinite"),
        (np.array([[1, 2], [np.inf, 1]]), "row 1: the row holds an infinite value"),
        (pd.DataFrame({"day": [1, -(2**63)]}), "row 1, column 'day': .* which a missing date"),
        (
            np.array([[1, 2], [3, -(2.0**63)]]),
            r"row 1: the row holds -9\.22\d+e\+18, which a missing",
        ),
        (pd.Series([1, -(2**63) / 1e9], name="s"), "row 1, column 's': .* a missing date"),
        ([np.zeros(2), np.array([0, -9223372036854776])], "row 1: .* which a missing date"),
    ],
)
def test_what_is_not_a_row_of_numbers(cells, message):
    with pytest.raises(CellError, match=message):
        NumericVectorizer().fit(cells)
    lenient = NumericVectorizer(on_error="missing")
    with pytest.warns(CellWarning, match=message):
        extraction = lenient.fit_extract(cells)
    assert not extraction.present[1]
    assert extraction.present[0]
    assert np.isnan(extraction.block[1]).all()
    assert lenient.failures_["row"].tolist() == [1]


@pytest.mark.parametrize(
    ("dtype", "scale"), [("f8", 1e-300), ("f8", 1e160), ("f8", 1e300), ("f4", 1e-36), ("f4", 1e36)]
)
def test_columns_of_any_unit_are_scaled(dtype, scale):
    X = np.array([[1.0, 5.0], [2.0, NAN], [4.0, 6.0]])
    expected = NumericVectorizer().fit_transform(X)
    other = (X * [scale, 1]).astype(dtype)
    fitted = NumericVectorizer().fit(other)
    np.testing.assert_allclose(fitted.transform(other), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fitted.means_, [7 / 3 * scale, 5.5], rtol=1e-6)


def test_another_length_at_transform_is_a_failure():
    fitted = NumericVectorizer().fit([np.zeros(2), np.ones(2)])
    with pytest.raises(CellError, match="row 0: the array has 3 numbers where 2 are expected"):
        fitted.transform([np.zeros(3)])
    assert np.isnan(fitted.transform([None])).all()


def test_a_column_without_any_value_is_refused_by_name():
    with pytest.raises(ValueError, match=r"finds no value at all in \['b'\]"):
        NumericVectorizer().fit(pd.DataFrame({"a": [1.0, 2.0], "b": [NAN, NAN]}))


def test_nothing_at_all_is_refused_by_name():
    with pytest.raises(ValueError, match=r"column 'a' has no usable cell"):
        NumericVectorizer().fit(pd.Series([None, NAN], name="a"))


def test_dates_are_refused():
    frame = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", None])})
    with pytest.raises(TypeError, match="column 'day' holds datetime64"):
        NumericVectorizer().fit(frame)


def test_column_names_are_remembered():
    fitted = NumericVectorizer().fit(TABLE)
    assert fitted.get_feature_names_out().tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        fitted.transform(TABLE.rename(columns={"b": "c"}))


def test_absent_rows_do_not_enter_the_means():
    X = np.array([[1.0, 2.0], [NAN, NAN], [3.0, 4.0]])
    fitted = NumericVectorizer().fit(X)
    assert fitted.scaler_.mean_.tolist() == [2.0, 3.0]
    assert NumericVectorizer(scale=False).fit(X).scaler_ is None


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("value", [0.1, -1e30, 1.7e18, 16777217.0, 1e-30])
def test_a_column_of_one_value_is_zero(kind, value):
    # Sums of equal numbers round: their mean in float64 was off by 1e14 for 1e30.
    X = np.full((7, 1), value, dtype=kind)
    assert NumericVectorizer().fit_transform(X).tolist() == [[0.0]] * 7
    gaps = np.column_stack([X, np.arange(7, dtype=kind)])
    gaps[2, 0] = NAN
    assert NumericVectorizer().fit_transform(gaps)[:, 0].tolist() == [0.0] * 7
