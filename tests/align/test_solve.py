"""Whitening and the generalised eigenproblem."""

import numpy as np
import pytest
import scipy.linalg as la

from mmclassic.align._solve import solve, whiten
from mmclassic.utils._linalg import leading_singular_triplets

SEEDS = [0, 1, 2]


def gram(rng, size, rank):
    X = rng.normal(size=(rank, size))
    return X.T @ X / rank


@pytest.mark.parametrize("seed", SEEDS)
def test_solve_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    A, B = gram(rng, 6, 9), gram(rng, 6, 20)
    values, vectors = solve(A, B, 3)
    expected, _ = la.eigh(A, B)
    np.testing.assert_allclose(values, expected[::-1][:3], rtol=1e-9)
    np.testing.assert_allclose(A @ vectors, B @ vectors * values, atol=1e-9)
    np.testing.assert_allclose(vectors.T @ B @ vectors, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_solve_leaves_out_what_a_singular_matrix_does_not_see(seed):
    rng = np.random.default_rng(seed)
    B = gram(rng, 8, 5)
    A = B @ gram(rng, 8, 30) @ B
    values, vectors = solve(A, B)
    assert values.size == 5
    np.testing.assert_allclose(vectors.T @ B @ vectors, np.eye(5), atol=1e-8)
    np.testing.assert_allclose(A @ vectors, B @ vectors * values, atol=1e-8 * values[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rank", [4, 30])
@pytest.mark.parametrize("ridge", [0.0, 0.5])
@pytest.mark.parametrize("in_place", [False, True])
def test_whitening_whitens_what_has_variance(seed, rank, ridge, in_place):
    rng = np.random.default_rng(seed)
    C = np.asfortranarray(gram(rng, 7, rank))
    before = C.copy()
    white = whiten(C, ridge, n_rows=None if in_place else rank + 1, in_place=in_place)
    W = white.weights(np.eye(white.rank))
    inner = W.T @ (before + ridge * np.eye(7)) @ W
    np.testing.assert_allclose(inner, np.eye(white.rank), atol=1e-8)
    M = rng.normal(size=(7, 3))
    np.testing.assert_allclose(white.reduce(M), W.T @ M, atol=1e-9)
    np.testing.assert_allclose(white.reduce_right(M.T.copy()), M.T @ W, atol=1e-9)
    white.release()
    np.testing.assert_allclose(C, before, rtol=1e-15)
    if not in_place or ridge == 0:
        assert white.rank == min(7, rank)


@pytest.mark.parametrize("shape", [(300, 250), (250, 400), (30, 20)])
def test_leading_singular_triplets_equal_those_of_all(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    matrix[:, :5] *= 5
    left, singular, right = leading_singular_triplets(matrix, 6)
    expected = la.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(singular, expected[1][:6], rtol=1e-12)
    np.testing.assert_allclose(matrix @ right, left * singular, atol=1e-10 * singular[0])
    for U in (left, right):
        np.testing.assert_allclose(U.T @ U, np.eye(6), atol=1e-12)


def test_leading_singular_triplets_of_a_low_rank_matrix_stay_orthonormal():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(300, 3)) @ rng.normal(size=(3, 260))
    left, singular, right = leading_singular_triplets(matrix, 8)
    np.testing.assert_allclose(singular[3:], 0, atol=1e-9 * singular[0])
    np.testing.assert_allclose(left.T @ left, np.eye(8), atol=1e-9)
    np.testing.assert_allclose(right.T @ right, np.eye(8), atol=1e-9)
