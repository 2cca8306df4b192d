"""Moments of pairs, and moments along axes."""

import numpy as np
import pytest

from mmclassic.align import CCA, RidgeMapping
from mmclassic.moments import FoldedMoments, Moments, PairMoments, Reduction
from mmclassic.views import Views

WIDTHS = {"a": 6, "b": 5, "c": 4}


def make_views(seed, *, offset=0.0, missing=0.4, n=200):
    rng = np.random.default_rng(seed)
    blocks = {name: offset + rng.normal(size=(n, p)) for name, p in WIDTHS.items()}
    return Views(blocks, rng.random((n, 3)) >= missing)


def assert_same_pairs(found, expected, tolerance=1e-10):
    for a in WIDTHS:
        np.testing.assert_allclose(found.mean(a), expected.mean(a), rtol=tolerance)
        for b in WIDTHS:
            assert found.n_rows(a, b) == expected.n_rows(a, b)
            assert found.sample_size(a, b) == pytest.approx(expected.sample_size(a, b))
            np.testing.assert_allclose(
                found.covariance(a, b), expected.covariance(a, b), atol=tolerance
            )


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_pairs_are_those_of_all_combinations(seed, offset, missing):
    views = make_views(seed, offset=offset, missing=missing)
    weight = np.random.default_rng(seed).integers(0, 3, 200).astype(float)
    tolerance = 1e-6 if offset else 1e-10
    for w in (None, weight):
        found = PairMoments().update(views, w)
        assert_same_pairs(found, Moments().update(views, w), tolerance)
        pieces = PairMoments().update(views[:50], None if w is None else w[:50])
        pieces.update(views[50:], None if w is None else w[50:])
        assert_same_pairs(pieces, found, tolerance)


def test_memory_does_not_grow_with_the_combinations():
    moments = PairMoments().update(make_views(0))
    assert len(moments.parts) == 7
    assert len(moments.products) == 6
    assert not any(part.products for part in moments.parts)


def test_what_pairs_do_not_hold_is_refused():
    moments = PairMoments().update(make_views(0))
    with pytest.raises(ValueError, match="no covariance over rows with further views"):
        moments.covariance("a", "b", rows_with=("c",))
    with pytest.raises(ValueError, match="CCA learns from Moments; got PairMoments"):
        CCA(ridge=1.0).fit_moments(moments)
    with pytest.raises(ValueError, match=r"RidgeMapping learns from FoldedMoments\(Moments\)"):
        RidgeMapping(ridge="cv").fit_moments(FoldedMoments(PairMoments).update(make_views(0)))


@pytest.mark.parametrize("kind", [Moments, PairMoments])
def test_moments_in_axes_are_those_of_the_coordinates(kind):
    views, rng = make_views(0, offset=3.0), np.random.default_rng(1)
    axes = {"a": np.linalg.qr(rng.normal(size=(6, 2)))[0], "c": 3}
    blocks = {"a": views["a"] @ axes["a"], "b": views["b"], "c": views["c"][:, :3]}
    expected = kind().update(Views(blocks, views.present))
    found = kind().update(views).in_axes(axes)
    assert found.widths == expected.widths
    assert_same_pairs(found, expected)
    folded = FoldedMoments(kind).update(views).in_axes(axes)
    assert_same_pairs(folded.total(), expected)


def test_a_wide_view_is_judged_by_its_leading_axes(monkeypatch):
    """With few axes the choice is that on rows reduced to these."""
    monkeypatch.setattr("mmclassic.align._held_out._MOST_AXES", 8)
    rng = np.random.default_rng(0)
    hidden = 3 * rng.normal(size=(300, 4))
    X, Y = (hidden @ rng.normal(size=(4, p)) + rng.normal(size=(300, p)) for p in (30, 6))
    fitted = CCA(3).fit(Views({"x": X, "y": Y}))
    reduced = Reduction(X, max_rank=8, random_state=np.random.RandomState(0)).apply(X)
    narrow = CCA(3).fit(Views({"x": reduced, "y": Y}))
    np.testing.assert_allclose(
        fitted.held_out_correlations_, narrow.held_out_correlations_, atol=0.02
    )
