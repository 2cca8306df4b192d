"""Promises that every aligner keeps."""

import warnings

import numpy as np
import pytest
from skops.io import dumps, get_untrusted_types, loads

from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    AgglomerativeAligner,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
)
from mmclassic.testing import (
    VIEW_CHECKS,
    check_threads,
    check_transform_changes_nothing,
    make_views,
)
from mmclassic.views import Views

ALIGNERS = [
    CCA(),
    CCA(max_width=3),
    CCA(ridge=(0.1, 1.0)),
    GCCA(),
    PLS(n_components=3),
    RidgeMapping("image"),
    RidgeMapping(ridge="cv"),
    Procrustes("image"),
    KMeansAligner(n_clusters=4, random_state=0),
    AgglomerativeAligner(n_clusters=4),
    MLPAligner(n_components=3, max_iter=40),
]
# What reading leaves alone is asked in tests/test_reading_changes_nothing.py.
CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]
quick_networks = pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")


@quick_networks
@pytest.mark.parametrize("aligner", ALIGNERS, ids=repr)
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(aligner, check):
    check(aligner)


@quick_networks
@pytest.mark.parametrize("aligner", ALIGNERS, ids=repr)
def test_shared_space_has_one_width_and_keeps_the_mask(aligner):
    views = make_views(missing=0.2)
    Z = aligner.fit(views).transform(views)
    assert set(Z.widths.values()) == {aligner.n_components_}
    assert len(aligner.get_feature_names_out()) == aligner.n_components_
    np.testing.assert_array_equal(Z.present, views.present)
    for name in Z.names:
        assert np.isfinite(Z[name][Z.mask(name)]).all()
        assert np.isnan(Z[name][~Z.mask(name)]).all()


@quick_networks
@pytest.mark.parametrize("aligner", ALIGNERS, ids=repr)
def test_score_is_higher_for_true_pairs_than_for_shuffled_ones(aligner):
    views = make_views(400)
    views, held_out = views[:300], views[300:]
    aligner.fit(views)
    shuffled = Views(
        {"image": held_out["image"], "text": held_out["text"][::-1], "audio": held_out["audio"]}
    )
    assert -1 <= aligner.score(shuffled) < aligner.score(held_out) <= 1


@quick_networks
@pytest.mark.parametrize("aligner", ALIGNERS, ids=repr)
def test_skops_round_trip(aligner):
    views = make_views(missing=0.1)
    fitted = aligner.fit(views)
    data = dumps(fitted)
    trusted = get_untrusted_types(data=data)
    assert all(name.startswith("mmclassic.") for name in trusted)
    restored = loads(data, trusted=trusted)
    for name in views.names:
        np.testing.assert_array_equal(
            restored.transform(views)[name], fitted.transform(views)[name]
        )


def test_score_of_a_single_view_is_nan_and_of_too_few_pairs_an_error():
    assert np.isnan(CCA().fit(np.eye(5)).score(np.eye(5)))
    views = make_views()
    fitted = CCA().fit(views)
    assert np.isnan(fitted.score(views.select("text")))
    lonely = Views(
        {n: views[n][:3] for n in ("image", "audio")}, np.eye(3, 2, dtype=bool)[[0, 1, 1]]
    )
    with pytest.raises(
        ValueError, match="at least 2 rows that have both 'image' and 'audio'; got 0"
    ):
        fitted.score(lonely)


def test_a_second_view_as_y_is_warned_about():
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.warns(UserWarning, match=r"fit Views.from_arrays\(X, Y\)"):
        CCA().fit(X, X[:, :2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CCA().fit(X, np.arange(20))
