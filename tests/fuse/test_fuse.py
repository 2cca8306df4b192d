"""Fusers: weights, what a row lacks, and the parts that explain a row."""

import numpy as np
import pytest
import scipy.sparse as sp
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.exceptions import EmptyRowWarning
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.testing import (
    VIEW_CHECKS,
    check_threads,
    check_transform_changes_nothing,
    make_views,
)
from mmclassic.views import Views

# What reading leaves alone is asked in tests/test_reading_changes_nothing.py.
CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.EmptyRowWarning")
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(check):
    check(ConcatFusion({"image": 1, "text": 2, "audio": 0.5}))


def shared_space(missing=True):
    present = [[True, True], [True, False], [False, True]] if missing else None
    return Views(
        {
            "image": np.array([[1.0, 0], [2, 2], [9, 9]]),
            "text": np.array([[3.0, 4], [9, 9], [0, 8]]),
        },
        present,
    )


def test_weighted_average_over_what_a_row_has():
    fused = WeightedFusion({"image": 3, "text": 1}).fit_transform(shared_space())
    np.testing.assert_allclose(fused, [[1.5, 1], [2, 2], [0, 8]])
    np.testing.assert_allclose(WeightedFusion().fit_transform(shared_space())[0], [2, 2])


def test_a_weight_of_zero_leaves_a_view_out():
    fused = WeightedFusion({"image": 1, "text": 0}).fit(shared_space(missing=False))
    np.testing.assert_allclose(fused.transform(shared_space(missing=False))[0], [1, 0])


def test_concatenation_products_are_weighted_sums_of_the_views_products():
    views = make_views(40)
    weights = {"image": 0.5, "text": 0.2, "audio": 0.3}
    fuser = ConcatFusion(weights).fit(views)
    fused = fuser.transform(views)
    assert sp.issparse(fused)
    gram = (fused @ fused.T).toarray()
    dense = {n: v.toarray() if sp.issparse(v) else v for n, v in views.blocks.items()}
    scaled = {n: fuser.view_scales_[n] ** 2 * X @ X.T for n, X in dense.items()}
    np.testing.assert_allclose(gram, sum(w * scaled[name] for name, w in weights.items()))
    # Every view has the same energy before the weights.
    np.testing.assert_allclose([np.diag(products).mean() for products in scaled.values()], 1)


def test_concatenation_rescales_what_remains():
    views = Views(
        {"a": np.ones((2, 1)), "b": np.ones((2, 1))}, np.array([[True, True], [False, True]])
    )
    np.testing.assert_allclose(
        ConcatFusion().fit_transform(views), [[np.sqrt(0.5), np.sqrt(0.5)], [0, 1]]
    )


def test_a_query_with_some_views_keeps_the_fitted_columns():
    views = make_views()
    fuser = ConcatFusion().fit(views)
    query = fuser.transform(views.select("audio"))
    assert query.shape == (60, views.shape[1])
    assert query[:, :15].nnz == 0
    dense = ConcatFusion().fit(make_views(sparse=False))
    assert isinstance(dense.transform(views.select("image")), np.ndarray)


@pytest.mark.parametrize("fuser", [ConcatFusion(), WeightedFusion()])
def test_parts_sum_to_the_fused_rows(fuser):
    views = shared_space()
    parts = fuser.fit(views).parts(views)
    assert set(parts) == {"image", "text"}
    np.testing.assert_allclose(sum(parts.values()), fuser.transform(views))
    assert not np.asarray(parts["image"])[2].any()


@pytest.mark.parametrize("fuser", [ConcatFusion(), WeightedFusion()])
def test_a_row_without_any_view_is_reported(fuser):
    views = Views(shared_space().blocks, np.array([[True, True], [False, False], [True, True]]))
    fuser.fit(shared_space())
    with pytest.warns(EmptyRowWarning, match="1 row.s. have none of the modalities.*row 1"):
        fused = fuser.transform(views)
    assert not fused[1].any()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"image": 1}, "for each of the views .'image', 'text'.*got {'image': 1}"),
        ({"image": 1, "video": 1}, "for each of the views .'image', 'text'"),
        ({"image": 1, "text": 1, "video": 1}, "for each of the views .'image', 'text'"),
        ({"image": -1, "text": 1}, "a finite number of at least 0"),
        ({"image": np.inf, "text": 1}, "a finite number of at least 0"),
        ({"image": np.nan, "text": 1}, "a finite number of at least 0"),
        ({"image": "1", "text": 1}, "a finite number of at least 0"),
        ({"image": 0, "text": 0}, "not all be 0"),
        ({}, "for each of the views"),
    ],
)
@pytest.mark.parametrize("fuser", [ConcatFusion, WeightedFusion])
def test_unusable_weights(fuser, weights, message):
    with pytest.raises(ValueError, match=f"^weights must .*{message}"):
        fuser(weights).fit(shared_space())


def test_averaging_different_widths_is_refused():
    with pytest.raises(ValueError, match=r"averages views of one width.*Align them first"):
        WeightedFusion().fit(make_views())


def test_a_view_of_zeros_adds_nothing():
    views = Views({"a": np.zeros((3, 2)), "b": np.eye(3)})
    assert np.isfinite(ConcatFusion().fit_transform(views)).all()


def test_skops():
    views = shared_space()
    fitted = WeightedFusion().fit(views)
    data = dumps(fitted)
    restored = loads(data, trusted=get_untrusted_types(data=data))
    np.testing.assert_array_equal(restored.transform(views), fitted.transform(views))
