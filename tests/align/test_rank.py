"""As many components as there are in common: rounding and disagreement are none."""

import warnings

import numpy as np
import pytest
import scipy.linalg as la
from sklearn.model_selection import GridSearchCV

from mmclassic.align import CCA, GCCA, PLS, KernelCCA
from mmclassic.align._objectives import block_matrix
from mmclassic.views import Views

RIDGES = [0, 0.01, 1.0]
WIDTHS = {"x": 8, "y": 6, "z": 5}


def low_rank(n_views, seed, *, rank=3, twice=False):
    """Views that are wholly one hidden signal of `rank` columns."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(400, rank))
    blocks = {}
    for name in list(WIDTHS)[:n_views]:
        block = hidden @ rng.normal(size=(rank, WIDTHS[name]))
        blocks[name] = np.hstack([block, block[:, :3]]) if twice else block
    return blocks


def one_hot(n_views, seed):
    """Noisy labels of 4, 5 and 6 classes, one column each: ranks 3, 4 and 5."""
    rng = np.random.default_rng(seed)
    label = rng.integers(4, size=400)
    noisy = [
        np.where(rng.random(400) < 0.3, rng.integers(4 + i, size=400), label)
        for i in range(n_views)
    ]
    return {f"v{i}": np.eye(4 + i)[codes] for i, codes in enumerate(noisy)}


def as_views(blocks, dtype, offset):
    return Views({name: (block + offset).astype(dtype) for name, block in blocks.items()})


def rank_in_common(views):
    """Positive eigenvalues of the matrix of pairs of the whitened views, from clean data."""
    bases = []
    for block in views.values():
        left, values, _ = la.svd(block - block.mean(axis=0), full_matrices=False)
        bases.append(left[:, values > 1e-8 * values[0]])
    joint = np.hstack(bases).T @ np.hstack(bases)
    joint -= la.block_diag(*[basis.T @ basis for basis in bases])
    return int(np.count_nonzero(la.eigvalsh(joint) > 1e-8))


DATA = {
    "low rank": low_rank,
    "columns twice": lambda n_views, seed: low_rank(n_views, seed, twice=True),
    "one-hot": one_hot,
}


@pytest.mark.filterwarnings("ignore:view .* without a ridge")
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("offset", [0, 1e4, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_views", [2, 3])
@pytest.mark.parametrize("data", DATA)
def test_components_are_the_rank_in_common(data, n_views, dtype, offset, seed):
    blocks = DATA[data](n_views, seed)
    known, new = (
        as_views({n: b[rows] for n, b in blocks.items()}, dtype, offset)
        for rows in (slice(300), slice(300, None))
    )
    rank = rank_in_common({n: b[:300] for n, b in blocks.items()})
    assert rank == 3 or n_views > 2
    assert PLS().fit(known).n_components_ == rank
    for ridge in RIDGES:
        cca, gcca = CCA(ridge=ridge).fit(known), GCCA(ridge=ridge).fit(known)
        assert cca.n_components_ == rank
        assert KernelCCA(kernel="linear", ridge=ridge).fit(known).n_components_ == rank
        assert gcca.n_components_ == rank if ridge == 0 else 1 <= gcca.n_components_ <= rank
        # A ridge turns shared variables towards what varies most, which is no rounding.
        assert gcca.score(new) > cca.score(new) - (0.02 if ridge < 1 else 0.15)
        if ridge == 0:
            assert (gcca.agreements_ > 1 / n_views).all()


@pytest.mark.parametrize("ridge", RIDGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_low_rank_wide_views(ridge, dtype):
    """More columns than rows: the reduction leaves no axes of rounding."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(60, 3))
    blocks = {n: hidden @ rng.normal(size=(3, 90)) for n in "ab"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for aligner in (CCA(ridge=ridge), GCCA(ridge=ridge), PLS()):
            assert aligner.fit(as_views(blocks, dtype, 0)).n_components_ == 3


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("ridge", RIDGES)
@pytest.mark.parametrize("n_views", [2, 3])
def test_a_search_over_gcca_does_not_collapse(n_views, ridge, seed):
    """Noisy views of rank 3: what only some of them agree on is no component of all."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(300, 3))
    views = Views(
        {
            n: hidden @ rng.normal(size=(3, WIDTHS[n])) + 2 * rng.normal(size=(300, WIDTHS[n]))
            for n in list(WIDTHS)[:n_views]
        }
    )
    cca = GridSearchCV(CCA(), {"ridge": [ridge]}, cv=3).fit(views).best_score_
    gcca = GridSearchCV(GCCA(), {"ridge": [ridge]}, cv=3).fit(views).best_score_
    assert gcca > 0.1
    assert gcca > cca - 0.05


@pytest.mark.parametrize("k", [1, None])
def test_gcca_reaches_past_what_one_view_has_alone(k):
    """With a ridge, strong variables of one view come first; the weak agreed one is found."""
    X = np.random.default_rng(0).normal(size=(500, 9))
    Q = la.qr(X - X.mean(axis=0), mode="economic")[0]
    views = Views({"x": Q[:, :5] * [30, 30, 30, 30, 1], "y": Q[:, 4:] * [1, 30, 30, 30, 30]})
    fitted = GCCA(k, ridge=0.01).fit(views)
    assert fitted.n_components_ == 1
    assert fitted.agreements_[0] < 0.2
    assert fitted.score(views) == pytest.approx(1)


def test_views_without_anything_in_common_have_one_component():
    X = np.random.default_rng(0).normal(size=(40, 3))
    for aligner in (CCA(ridge=1.0), CCA(ridge=0), GCCA(ridge=0), PLS(), KernelCCA(kernel="linear")):
        fitted = aligner.fit(Views({"x": X, "y": np.ones((40, 2))}))
        assert fitted.n_components_ == 1
        assert np.isfinite(fitted.transform(Views({"x": X}))["x"]).all()


def test_more_components_than_are_real_are_refused():
    views = as_views(low_rank(2, 0), np.float64, 0)
    for aligner in (CCA(4), GCCA(4), PLS(4), KernelCCA(4, kernel="linear")):
        with pytest.raises(ValueError, match=r"n_components=4, .* at most 3 components in common"):
            aligner.fit(views)


@pytest.mark.parametrize("diagonal", [False, True])
def test_block_matrix_writes_the_lower_triangle(diagonal):
    blocks = {("a", "a"): 1, ("a", "b"): 2, ("b", "b"): 3}
    sizes = {"a": 1, "b": 2}
    matrix = block_matrix(
        sizes, lambda a, b: np.full((sizes[a], sizes[b]), blocks[a, b]), diagonal=diagonal
    )
    own = np.array([[1, 0, 0], [0, 3, 3], [0, 3, 3]]) if diagonal else 0
    np.testing.assert_array_equal(matrix, own + np.array([[0, 0, 0], [2, 0, 0], [2, 0, 0]]))
