"""Similarity network fusion: against a plain loop, with missing views, and for new rows."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.cluster import SpectralClustering
from sklearn.metrics import normalized_mutual_info_score

import mmclassic
from mmclassic.exceptions import EmptyRowWarning
from mmclassic.fuse import SimilarityNetworkFusion
from mmclassic.testing import (
    VIEW_CHECKS,
    check_threads,
    check_transform_changes_nothing,
    make_views,
)
from mmclassic.views import Views

CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.EmptyRowWarning")
@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(check):
    check(SimilarityNetworkFusion(3, n_neighbors=5, n_iter=2))


def grouped_views(seed, n_groups=4, size=40, noise=1.2):
    """Three views, each of which shows two of the groups as one."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    blocks = {}
    for name, (one, other) in {"image": (0, 1), "text": (2, 3), "audio": (0, 2)}.items():
        centers = rng.standard_normal((n_groups, 10))
        centers[other] = centers[one]
        blocks[name] = centers[group] + noise * rng.standard_normal((group.size, 10))
    return Views(blocks), group


def plain_affinity(X, k, mu):
    n = len(X)
    D = np.array([[np.sqrt(((a - b) ** 2).sum()) for b in X] for a in X])
    near = [sorted(D[i, j] for j in range(n) if j != i)[:k] for i in range(n)]
    mean = [sum(row) / len(row) for row in near]
    W = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            e = (mean[i] + mean[j] + D[i, j]) / 3
            W[i, j] = np.exp(-(D[i, j] ** 2) / (2 * (mu * e) ** 2))
    return W


def plain_full(W):
    n = len(W)
    P = np.zeros((n, n))
    for i in range(n):
        total = sum(W[i, j] for j in range(n) if j != i)
        for j in range(n):
            P[i, j] = W[i, j] / (2 * total)
    P = (P + P.T) / 2
    P[np.diag_indices(n)] = 0.5
    return P


def plain_fusion(views, present, k, mu, n_iter):
    """The steps in the paper's words, pair by pair where views are missing."""
    n = len(present)
    P, S = [], []
    for X, has in zip(views, present.T):
        where = np.flatnonzero(has)
        W = plain_affinity(X[where], k, mu)
        full, near = np.full((n, n), np.nan), np.zeros((n, n))
        full[np.ix_(where, where)] = plain_full(W)
        for a, i in enumerate(where):
            best = sorted((b for b in range(where.size) if b != a), key=lambda b: -W[a, b])[:k]
            for b in best:
                near[i, where[b]] = W[a, b] / sum(W[a, c] for c in best)
        P.append(full)
        S.append(near)
    for _ in range(n_iter):
        new = []
        for v, own in enumerate(P):
            known = ~np.isnan(own)
            others = np.array([p for w, p in enumerate(P) if w != v])
            count = (~np.isnan(others)).sum(axis=0)
            mean = np.where(count > 0, np.nansum(others, axis=0) / np.maximum(count, 1), own)
            where = known.any(axis=1)
            found = S[v] @ np.where(known, mean, 0) @ S[v].T
            full = np.full((n, n), np.nan)
            full[np.ix_(where, where)] = plain_full(found[np.ix_(where, where)])
            new.append(full)
        P = new
    count = (~np.isnan(P)).sum(axis=0)
    fused = np.nansum(P, axis=0) / np.maximum(count, 1)
    return (fused + fused.T) / 2


@pytest.mark.parametrize("n_iter", [0, 1, 4])
@pytest.mark.parametrize("missing", [False, True])
def test_agrees_with_a_plain_loop(n_iter, missing):
    rng = np.random.default_rng(n_iter)
    blocks = {name: rng.standard_normal((25, 4)) for name in ("a", "b", "c")}
    present = np.ones((25, 3), dtype=bool)
    if missing:
        present = rng.random((25, 3)) < 0.7
        present[~present.any(axis=1), 0] = True
    fitted = SimilarityNetworkFusion(2, n_neighbors=4, mu=0.6, n_iter=n_iter)
    fitted.fit(Views(blocks, present))
    expected = plain_fusion(list(blocks.values()), present, 4, 0.6, n_iter)
    np.testing.assert_allclose(fitted.affinity_, expected, atol=1e-12)
    never = ~(present.astype(int) @ present.T.astype(int) > 0)
    assert (fitted.affinity_[never] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_groups_that_no_view_shows_alone(seed):
    views, group = grouped_views(seed)

    def found(views, n_iter):
        affinity = SimilarityNetworkFusion(n_neighbors=15, n_iter=n_iter).fit(views).affinity_
        cluster = SpectralClustering(4, affinity="precomputed", random_state=0)
        return normalized_mutual_info_score(group, cluster.fit_predict(affinity))

    alone = [found(views.select(name), n_iter) for name in views.names for n_iter in (0, 10)]
    assert found(views, 10) > max(alone) + 0.05


def test_new_rows_lie_where_their_group_does():
    views, group = grouped_views(0, noise=0.6)
    train, test = np.arange(0, 160, 2), np.arange(1, 160, 2)
    fitted = SimilarityNetworkFusion(3, n_neighbors=10).fit(views[train])
    centers = np.array([fitted.embedding_[group[train] == g].mean(axis=0) for g in range(4)])
    for names in (views.names, ("image", "text")):
        embedded = fitted.transform(views[test].select(*names))
        nearest = ((embedded[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        assert np.mean(nearest == group[test]) > 0.9


def test_scale_of_a_view_does_not_matter_and_affinity_is_a_network():
    views, _ = grouped_views(1)
    fitted = SimilarityNetworkFusion(2).fit(views)
    scaled = Views({name: 1e150 * block for name, block in views.items()})
    again = SimilarityNetworkFusion(2).fit(scaled)
    np.testing.assert_allclose(again.affinity_, fitted.affinity_, rtol=1e-9)
    assert np.array_equal(fitted.affinity_, fitted.affinity_.T)
    assert (fitted.affinity_ >= 0).all()


def test_the_embedding_solves_the_eigenproblem_of_the_random_walk():
    fitted = SimilarityNetworkFusion(3).fit(grouped_views(2)[0])
    affinity, vectors = fitted.affinity_, fitted.embedding_
    walk = affinity / affinity.sum(axis=1, keepdims=True)
    values = (vectors * (walk @ vectors)).sum(axis=0) / (vectors**2).sum(axis=0)
    np.testing.assert_allclose(walk @ vectors, vectors * values, atol=1e-10)
    assert (np.diff(values) <= 0).all()


def test_sparse_equal_and_few_rows():
    views, _ = grouped_views(3)
    dense = SimilarityNetworkFusion(2).fit(views)
    csr = Views({name: sp.csr_matrix(block) for name, block in views.items()})
    np.testing.assert_allclose(
        SimilarityNetworkFusion(2).fit(csr).affinity_, dense.affinity_, rtol=1e-6
    )
    same = SimilarityNetworkFusion(n_neighbors=3).fit(np.ones((8, 2)))
    assert np.isfinite(same.embedding_).all()
    assert SimilarityNetworkFusion().fit(np.eye(3)).embedding_.shape == (3, 2)
    with pytest.raises(ValueError, match=r"takes 2 to 5000 rows.*n_samples = 1"):
        SimilarityNetworkFusion().fit(np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"takes 2 to 5000 rows.*5001"):
        SimilarityNetworkFusion().fit(np.ones((5001, 1)))


def test_rows_without_any_view():
    views = make_views(30)
    present = np.ones((30, 3), dtype=bool)
    present[4] = False
    empty = Views(views.blocks, present)
    with pytest.warns(EmptyRowWarning, match=r"1 row\(s\).*nobody's neighbours.*row 4"):
        fitted = SimilarityNetworkFusion(2, n_neighbors=5).fit(empty)
    assert (fitted.affinity_[4] == 0).all()
    assert (fitted.embedding_[4] == 0).all()
    with pytest.warns(EmptyRowWarning, match="become rows of zeros"):
        assert (fitted.transform(empty)[4] == 0).all()


def test_saved(tmp_path):
    views, _ = grouped_views(4)
    fitted = SimilarityNetworkFusion(3).fit(views)
    mmclassic.save(fitted, tmp_path / "snf.skops")
    again = mmclassic.load(tmp_path / "snf.skops")
    np.testing.assert_array_equal(again.transform(views), fitted.transform(views))
    assert again.get_feature_names_out()[0] == "similaritynetworkfusion0"
