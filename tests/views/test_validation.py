"""What fit remembers, what prediction accepts, and how absent cells are kept out."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from mmclassic.views import Views
from mmclassic.views._validation import restore_absent, scatter_rows, validate_views


@pytest.fixture
def estimator():
    return BaseEstimator()


def test_fit_remembers_names_and_widths(estimator):
    validate_views(
        estimator, Views({"image": np.ones((2, 3)), "text": np.ones((2, 5))}), reset=True
    )
    assert estimator.view_widths_in_ == {"image": 3, "text": 5}
    assert estimator.n_features_in_ == 8


def test_a_subset_in_any_order_is_put_in_the_fitted_order(estimator):
    views = Views({"a": np.ones((2, 1)), "b": np.ones((2, 2)), "c": np.ones((2, 3))})
    validate_views(estimator, views, reset=True)
    assert validate_views(estimator, views.select("c", "a"), reset=False).names == ("a", "c")


@pytest.mark.parametrize("wrong", [{"text": np.ones((2, 2))}, {"video": np.ones((2, 114))}])
def test_unknown_names_and_widths_name_both_sides(estimator, wrong):
    validate_views(estimator, Views({"text": np.ones((2, 114))}), reset=True)
    name, block = next(iter(wrong.items()))
    message = (
        rf"fitted on views \{{'text': 114\}} \(name: width\); got \{{'{name}': {block.shape[1]}"
    )
    with pytest.raises(ValueError, match=message):
        validate_views(estimator, Views(wrong), reset=False)


def test_a_plain_matrix_after_views_asks_which_view_it_is(estimator):
    validate_views(estimator, Views({"text": np.ones((2, 4))}), reset=True)
    with pytest.raises(ValueError, match="Say which view it is"):
        validate_views(estimator, np.ones((2, 4)), reset=False)


def test_a_plain_matrix_is_the_view_x0(estimator):
    views = validate_views(estimator, np.ones((2, 4), np.float32), reset=True)
    assert views.names == ("x0",)
    assert views["x0"].dtype == np.float32
    assert validate_views(estimator, Views({"x0": np.ones((1, 4))}), reset=False).names == ("x0",)


def test_nan_in_a_present_row_names_view_and_row(estimator):
    block = np.ones((4, 2))
    block[2, 1] = np.nan
    with pytest.raises(ValueError, match="view 'image', row 2: NaN or infinity"):
        validate_views(estimator, Views({"image": block}), reset=True)
    sparse = sp.csr_matrix(np.diag([1.0, 1.0, 1.0, np.inf]))
    with pytest.raises(ValueError, match="view 'text', row 3: NaN or infinity"):
        validate_views(estimator, Views({"text": sparse}), reset=True)


def test_huge_finite_values_are_no_error(estimator):
    block = np.full((3, 2), np.finfo(np.float64).max)
    assert validate_views(estimator, Views({"a": block}), reset=True)["a"] is block


@pytest.mark.parametrize("convert", [np.array, sp.csr_matrix])
def test_absent_rows_are_blanked_in_a_copy(estimator, convert):
    block = convert(np.array([[1.0, 2.0], [3.0, 4.0], [np.nan, 6.0]]))
    views = Views({"a": block}, np.array([[True], [False], [False]]))
    checked = validate_views(estimator, views, reset=True)["a"]
    dense = checked.toarray() if sp.issparse(checked) else checked
    np.testing.assert_array_equal(dense, [[1, 2], [0, 0], [0, 0]])
    original = block.toarray() if sp.issparse(block) else block
    np.testing.assert_array_equal(original, [[1, 2], [3, 4], [np.nan, 6]])


def test_complete_blocks_are_shared_not_copied(estimator):
    block = np.ones((3, 2))
    assert validate_views(estimator, Views({"a": block}), reset=True)["a"] is block


def test_a_view_that_no_row_has_is_refused_in_fit_only(estimator):
    views = Views({"a": np.ones((2, 1)), "b": np.ones((2, 1))}, np.array([[True, False]] * 2))
    with pytest.raises(ValueError, match="view 'b' has no present row"):
        validate_views(estimator, views, reset=True)
    validate_views(estimator, Views({"a": np.ones((2, 1)), "b": np.ones((2, 1))}), reset=True)
    assert len(validate_views(estimator, views, reset=False)) == 2


def test_no_rows(estimator):
    with pytest.raises(ValueError, match="at least 1 row"):
        validate_views(estimator, Views({"a": np.ones((0, 2))}), reset=True)


def test_restore_and_scatter():
    mask = np.array([True, False, True])
    restored = restore_absent(np.zeros((3, 1)), mask)
    np.testing.assert_array_equal(restored, [[0], [np.nan], [0]])
    dense = scatter_rows(np.array([[1.0], [2.0]]), mask)
    np.testing.assert_array_equal(dense, [[1], [np.nan], [2]])
    sparse = scatter_rows(sp.csr_matrix([[0.0, 1.0], [2.0, 0.0]]), mask)
    np.testing.assert_array_equal(sparse.toarray(), [[0, 1], [0, 0], [2, 0]])
    none = scatter_rows(sp.csr_matrix((0, 2)), np.zeros(3, bool))
    assert none.shape == (3, 2)


@pytest.mark.parametrize("dtype", ["Float64", "Int64", "float64[pyarrow]", "int64[pyarrow]"])
def test_tables_of_nullable_and_arrow_numbers_are_numbers(dtype):
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    block = Views({"x": table.astype(dtype)})["x"]
    assert block.dtype == np.float64
    np.testing.assert_array_equal(block, table)
    with pytest.raises(TypeError, match="view 'x' must be numeric; got dtype object"):
        Views({"x": table.astype(dtype).assign(b=["y", "z"])})
