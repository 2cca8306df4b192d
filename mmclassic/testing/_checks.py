"""What scikit-learn's ``check_estimator`` is to matrices, for Views."""

import pickle

import numpy as np
import scipy.sparse as sp

from mmclassic.testing._data import fitted_on, make_views
from mmclassic.testing._reading import check_threads, check_transform_changes_nothing
from mmclassic.views import Views


def check_rows_commute(estimator):
    """Transforming some rows gives those rows of the transformed whole."""
    views = make_views(missing=0.2)
    fitted = fitted_on(estimator, views)
    rows = np.array([5, 3, 50, 11])
    _assert_same(fitted.transform(views[rows]), fitted.transform(views)[rows])


def check_view_order(estimator):
    """The order of the views at prediction does not matter."""
    views = make_views(missing=0.2)
    fitted = fitted_on(estimator, views)
    swapped = views.select("audio", "image", "text")
    _assert_same(fitted.transform(swapped), fitted.transform(views))


def check_absent_cells_unread(estimator):
    """What a block holds in absent rows changes no output."""
    views = make_views(missing=0.3, sparse=False)
    changed = {name: views[name].copy() for name in views.names}
    for name, block in changed.items():
        block[~views.mask(name)] = 1e6
    other = Views(changed, views.present)
    _assert_same(
        fitted_on(estimator, views).transform(views), fitted_on(estimator, other).transform(other)
    )


def check_subset_of_views(estimator):
    """A part of the views can be transformed; unknown names and widths raise."""
    views = make_views()
    fitted = fitted_on(estimator, views)
    part = fitted.transform(views.select("text"))
    assert part.shape[0] == len(views)
    for wrong in (
        Views({"video": views["image"]}),
        Views({"image": views["image"][:, :2]}),
    ):
        message = _message_of(fitted.transform, wrong)
        assert "was fitted on views" in message, f"{wrong!r}, fitted on {views!r}: {message}"


def check_input_unchanged(estimator):
    """Neither fit nor transform writes into the data."""
    views = make_views(missing=0.2)
    before = pickle.loads(pickle.dumps(views))
    fitted_on(estimator, views).transform(views)
    _assert_same(before, views)
    np.testing.assert_array_equal(before.present, views.present)


def check_pickle(estimator):
    """A fitted estimator survives pickling with the same output."""
    views = make_views(missing=0.2)
    fitted = fitted_on(estimator, views)
    _assert_same(pickle.loads(pickle.dumps(fitted)).transform(views), fitted.transform(views))


def check_float32(estimator):
    """float32 views stay float32 and give nearly what float64 gives."""
    views = make_views()
    single = Views({name: views[name].astype(np.float32) for name in views.names})
    low, high = (
        fitted_on(estimator, single).transform(single),
        fitted_on(estimator, views).transform(views),
    )
    for a, b in zip(_matrices(low), _matrices(high)):
        assert a.dtype == np.float32, a.dtype
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-2 * np.nanmax(np.abs(b)))


VIEW_CHECKS = (
    check_rows_commute,
    check_view_order,
    check_absent_cells_unread,
    check_subset_of_views,
    check_input_unchanged,
    check_pickle,
    check_float32,
    check_transform_changes_nothing,
    check_threads,
)


def check_view_estimator(estimator):
    """Run all checks of estimators on Views.

    Parameters
    ----------
    estimator : estimator
        An unfitted aligner, fuser or other transformer of the views "image",
        "text" and "audio".

    Raises
    ------
    AssertionError
        If a promise is broken.

    Examples
    --------
    >>> from mmclassic.align import CCA
    >>> from mmclassic.testing import check_view_estimator
    >>> check_view_estimator(CCA())
    """
    for check in VIEW_CHECKS:
        check(estimator)


def _message_of(function, argument):
    """The text of the ValueError that a call must raise."""
    try:
        function(argument)
    except ValueError as error:
        return str(error)
    return "accepted without an error"


def _matrices(output):
    """Dense matrices of an output, by view where there are several."""
    blocks = list(output.blocks.values()) if isinstance(output, Views) else [output]
    return [b.toarray() if sp.issparse(b) else np.asarray(b) for b in blocks]


def _assert_same(a, b):
    for x, y in zip(_matrices(a), _matrices(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-7, atol=1e-9)
