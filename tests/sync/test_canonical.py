"""Canonical time warping: planted warps, an objective that never rises, what is refused."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.exceptions import ConvergenceWarning

import mmclassic
from mmclassic.sync import CanonicalTimeWarping, dtw


def planted(seed, n=150, m=120, noise=0.1):
    """Two streams of 5 and 4 features, and the frame of the first that each of the second shows."""
    rng = np.random.default_rng(seed)
    event = gaussian_filter1d(rng.normal(size=(1000, 2)), 25, axis=0)
    event /= event.std(axis=0)
    at = np.cumsum(np.exp(gaussian_filter1d(rng.normal(size=m), 10)))
    at = (at - at[0]) / (at[-1] - at[0])
    shown = [
        np.column_stack([np.interp(999 * t, np.arange(1000), column) for column in event.T])
        for t in (np.linspace(0, 1, n), at)
    ]
    X, Y = shown[0] @ rng.normal(size=(2, 5)), shown[1] @ rng.normal(size=(2, 4))
    X, Y = (Z + noise * rng.normal(size=Z.shape) for Z in (X, Y))
    return X, Y, at * (n - 1)


@pytest.mark.parametrize("seed", range(3))
def test_planted_warps_are_found(seed):
    X, Y, truth = planted(seed)
    warping = CanonicalTimeWarping(band=0.2).fit(X, Y)
    errors = np.abs(warping.align(X, Y).positions() - truth)
    uniform = np.abs(np.linspace(0, truth[-1], len(truth)) - truth)
    assert errors.mean() < 1.5
    assert errors.mean() < 0.4 * uniform.mean()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [0.05, 1.0])
def test_the_objective_never_rises_and_is_that_of_the_path(seed, noise):
    X, Y, _ = planted(seed, noise=noise)
    warping = CanonicalTimeWarping(n_components=3).fit(X, Y)
    assert (np.diff(warping.objective_curve_) < 0).all()
    r = warping.canonical_correlations_
    assert warping.objective_curve_[-1] == pytest.approx(np.log(1 - r**2).sum() / 2)
    assert len(warping.objective_curve_) <= warping.n_iter_ + 1


def test_without_a_ridge_the_correlations_are_those_of_the_matched_frames():
    X, Y, _ = planted(0)
    warping = CanonicalTimeWarping(2, ridge=0).fit(X, Y)
    Zx, Zy = warping.transform(X, Y)
    i, j = warping.path_.T
    found = [np.corrcoef(Zx[i, k], Zy[j, k])[0, 1] for k in range(2)]
    assert found == pytest.approx(warping.canonical_correlations_)


def test_features_may_be_mixed_and_shifted_at_will():
    X, Y, _ = planted(1)
    mixed = X @ np.random.default_rng(0).normal(size=(5, 5)) * 7 + 100
    plain = CanonicalTimeWarping(ridge=0).fit(X, Y)
    other = CanonicalTimeWarping(ridge=0)
    path = plain.path_
    rounds = [other._round(stream, Y, path).objective for stream in (X, mixed)]
    assert rounds[0] == pytest.approx(rounds[1])


def test_align_warps_in_the_shared_space():
    X, Y, _ = planted(2)
    warping = CanonicalTimeWarping(band=0.3, step_pattern="symmetric2").fit(X, Y)
    Zx, Zy = warping.transform(X, Y)
    expected = dtw(Zx, Zy, metric="sqeuclidean", band=0.3, step_pattern="symmetric2")
    assert np.array_equal(warping.align(X, Y).path, expected.path)
    assert np.array_equal(warping.transform(X), Zx)
    assert Zx.shape == (150, warping.n_components_)
    assert warping.n_components_ == 4


def test_a_second_stream_of_one_feature_may_be_a_vector():
    X, Y, _ = planted(0)
    vector = CanonicalTimeWarping().fit(X, Y[:, 0])
    column = CanonicalTimeWarping().fit(X, Y[:, :1])
    assert np.array_equal(vector.path_, column.path_)
    assert np.array_equal(vector.align(X, Y[:, 0]).path, column.align(X, Y[:, :1]).path)


def test_too_few_rounds_are_told():
    X, Y, _ = planted(0)
    with pytest.warns(ConvergenceWarning, match="max_iter=1"):
        CanonicalTimeWarping(max_iter=1).fit(X, Y)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Y": None}, "requires y to be passed"),
        ({"Y": np.full((120, 4), np.nan)}, "Y contains NaN"),
        ({"Y": np.zeros((1, 4))}, "1 sample"),
        ({"X": np.zeros((1, 5))}, "1 sample"),
    ],
)
def test_bad_input(change, message):
    X, Y, _ = planted(0)
    with pytest.raises(ValueError, match=message):
        CanonicalTimeWarping().fit(**{"X": X, "Y": Y, **change})


def test_a_band_too_narrow_names_the_least():
    X, Y, _ = planted(0, n=150, m=40)
    with pytest.raises(ValueError, match="the least is band="):
        CanonicalTimeWarping(band=0).fit(X, Y)


def test_saved_and_loaded_it_maps_alike(tmp_path):
    X, Y, _ = planted(0)
    warping = CanonicalTimeWarping(2).fit(X, Y)
    mmclassic.save(warping, tmp_path / "warping.skops")
    again = mmclassic.load(tmp_path / "warping.skops")
    assert np.array_equal(again.transform(X), warping.transform(X))
    assert np.array_equal(again.align(X, Y).path, warping.align(X, Y).path)
