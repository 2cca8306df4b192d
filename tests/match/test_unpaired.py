"""Pairs from distances alone: a space turned and mirrored, shares, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp

import mmclassic.match._unpaired as implementation
from mmclassic.exceptions import MissingDependencyError
from mmclassic.match import match_unpaired


def turned(seed, n=100, noise=0.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6)) * np.linspace(2, 0.5, 6)
    Y = X @ np.linalg.qr(rng.normal(size=(9, 6)))[0].T
    order = rng.permutation(n)
    return X, (Y + noise * rng.normal(size=Y.shape))[order], np.argsort(order)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_turned_space_is_found(seed, convert, metric):
    pytest.importorskip("ot")
    X, Y, truth = turned(seed, noise=0.05)
    found = match_unpaired(convert(X), Y, metric=metric)
    assert np.mean(found.partners() == truth) > 0.95
    np.testing.assert_allclose(found.scores, 1, atol=0.5)


def test_two_sides_of_different_size_share_the_mass():
    pytest.importorskip("ot")
    X, Y, _ = turned(0)
    found = match_unpaired(X[:50], Y)
    assert len(found) == found.n_rows == 50
    assert ((found.scores > 0) & (found.scores <= 1 + 1e-9)).all()
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()


def test_what_is_refused(monkeypatch):
    def absent(*args, **options):
        raise MissingDependencyError("run: pip install 'mmclassic[ot]'")

    with monkeypatch.context() as patch:
        patch.setattr(implementation, "import_optional", absent)
        with pytest.raises(MissingDependencyError, match=r"mmclassic\[ot\]"):
            match_unpaired(np.eye(3), np.eye(4))
    pytest.importorskip("ot")
    with pytest.raises(ValueError, match="B has 1"):
        match_unpaired(np.eye(3), np.eye(1))
    with pytest.raises(ValueError, match="all rows of A are the same"):
        match_unpaired(np.ones((3, 2)), np.eye(4))
