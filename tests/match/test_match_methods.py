"""CSLS, optimal transport, several candidates, thresholds: literals, plain references, POT."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning

import mmclassic.match._csls as csls_module
from mmclassic.match import SIMILARITIES, match, similarity
from mmclassic.match._transport import transport_plan

SEVERAL = ("nearest", "csls", "transport")


def noisy_pairs(n_a=60, n_b=45, p=8, noise=0.7, seed=0):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(max(n_a, n_b), p))
    return A[:n_a], (A + noise * rng.normal(size=A.shape))[:n_b]


def plain_csls(S, n_neighbors):
    r_a = np.sort(S, axis=1)[:, -n_neighbors:].mean(axis=1)
    r_b = np.sort(S, axis=0)[-n_neighbors:].mean(axis=0)
    return 2 * S - r_a[:, None] - r_b


def test_csls_by_hand():
    # Column 0 is near both rows, 1 and .9; column 1 near the second alone, .8.
    S = np.array([[1.0, 0.0], [0.9, 0.8]])
    found = match(np.eye(2), S.T, method="csls", metric="dot", n_neighbors=2, k=2)
    # r of rows .5 and .85, of columns .95 and .4: 2 - .5 - .95, 0 - .5 - .4; 1.8 - 1.8, 1.6 - 1.25.
    np.testing.assert_array_equal(found.columns, [0, 1, 1, 0])
    np.testing.assert_allclose(found.scores, [0.55, -0.9, 0.35, 0], atol=1e-6)
    np.testing.assert_allclose(found.confidence, [1, 0, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(match(np.eye(2), S.T, metric="dot").columns, [0, 0])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize(("n_a", "n_b", "p"), [(60, 45, 8), (45, 60, 8), (300, 300, 5), (5, 7, 6)])
def test_csls_equals_the_plain_formula(seed, metric, n_a, n_b, p):
    A, B = noisy_pairs(n_a, n_b, p, seed=seed)
    found = match(A, B, method="csls", metric=metric, k=3, n_neighbors=4)
    expected = plain_csls(similarity(A, B, metric=metric), 4)
    scores = found.scores.reshape(n_a, 3)
    np.testing.assert_allclose(scores, -np.sort(-expected, axis=1)[:, :3], atol=1e-5)
    np.testing.assert_allclose(found.scores, expected[found.rows, found.columns], atol=1e-5)


def test_csls_where_hubs_make_candidates_fail(monkeypatch):
    rng = np.random.default_rng(3)
    A, B = rng.normal(size=(400, 3)), rng.normal(size=(500, 3))
    B[:50] *= 0.01  # near all
    expected = plain_csls(similarity(A, B, metric="euclidean"), 2)
    for entries in (1, 2**22):
        monkeypatch.setattr(csls_module, "_BLOCK_ENTRIES", entries)
        found = match(A, B, method="csls", metric="euclidean", n_neighbors=2)
        np.testing.assert_allclose(found.scores, expected.max(axis=1), atol=1e-5)


def test_csls_of_sparse_rows():
    A, B = (np.where(X < 0, 0, X) for X in noisy_pairs(p=20))
    expected = match(A, B, method="csls", k=2)
    found = match(sp.csr_matrix(A), sp.csr_matrix(B), method="csls", k=2)
    np.testing.assert_array_equal(found.columns, expected.columns)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)


def test_csls_never_holds_all_similarities():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(8000, 4)).astype(np.float32)
    tracemalloc.start()
    match(A, A[::-1], method="csls")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8000 * 8000 * 4 / 2  # the whole matrix is 256 MB


def test_transport_by_hand():
    # Between (1, 0) and (0, 1) by symmetry the plan is [[p, q], [q, p]], 2 (p + q) = 1, and p / q
    # is exp of twice the difference 1 of similarities, each of deviation 1 / 2 from their mean.
    plan = transport_plan(np.eye(2), 1.0, np.full(2, 0.5), np.full(2, 0.5))
    share = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(plan, [[share / 2, (1 - share) / 2], [(1 - share) / 2, share / 2]])
    found = match(np.eye(2), np.eye(2), method="transport", epsilon=1.0, k=2)
    np.testing.assert_allclose(found.scores, [share, 1 - share, share, 1 - share], atol=1e-6)
    np.testing.assert_allclose(found.confidence[0], 1 - (1 - share) / share, atol=1e-6)


@pytest.mark.parametrize("epsilon", [1.0, 0.1, 0.01])
def test_transport_has_the_masses_of_rows_and_columns(epsilon):
    A, B = noisy_pairs()
    rng = np.random.default_rng(1)
    a, b = rng.dirichlet(np.ones(60)), rng.dirichlet(np.ones(45))
    plan = transport_plan(similarity(A, B), epsilon, a, b)
    np.testing.assert_allclose(plan.sum(axis=0), b, rtol=1e-3, atol=1e-6)
    assert np.abs(plan.sum(axis=1) - a).sum() < 1e-2
    # Of a plan of Sinkhorn's kind double ratios are those of the kernel, whatever the masses.
    if epsilon == 1.0:
        ratio = plan[0, 0] * plan[1, 1] / (plan[0, 1] * plan[1, 0])
        S = similarity(A, B)
        expected = (S[0, 0] + S[1, 1] - S[0, 1] - S[1, 0]) / S.std()
        np.testing.assert_allclose(np.log(ratio), expected, rtol=1e-4)


def test_transport_agrees_with_pot():
    ot = pytest.importorskip("ot")
    A, B = noisy_pairs(80, 80)
    S = similarity(A, B)
    a = np.full(80, 1 / 80)
    for epsilon in (1.0, 0.3):
        plan = transport_plan(S, epsilon, a, a)
        expected = ot.sinkhorn(a, a, -S / S.std(), epsilon, method="sinkhorn_log", stopThr=1e-10)
        assert np.abs(plan - expected).sum() < 2e-3


def test_little_entropy_gives_the_optimal_assignment():
    A, B = noisy_pairs(50, 50, noise=1.0)
    soft = match(A, B, method="transport", epsilon=0.01)
    np.testing.assert_array_equal(soft.columns, match(A, B, method="optimal").columns)


def test_rows_without_mass_have_no_partner_and_columns_without_get_none():
    A, B = noisy_pairs(4, 3)
    found = match(A, B, method="transport", k=3, marginals=([1, 0, 1, 2], [1, 0, 3]))
    assert found.partners()[1] == -1
    np.testing.assert_array_equal(np.unique(found.rows), [0, 2, 3])
    np.testing.assert_array_equal(found.scores[found.columns == 1], 0)
    with pytest.raises(ValueError, match="masses of B must be 3 numbers of at least 0"):
        match(A, B, method="transport", marginals=([1, 0, 1, 2], [1, -1, 3]))
    with pytest.raises(ValueError, match="a pair, masses of A and of B; got 3"):
        match(A, B, method="transport", marginals=[[1], [2], [3]])


def test_transport_of_rows_that_are_all_alike_is_no_choice():
    found = match(np.ones((3, 2)), np.ones((4, 2)), method="transport")
    np.testing.assert_allclose(found.scores, 0.25, atol=1e-6)
    np.testing.assert_array_equal(found.columns, 0)


def test_transport_that_does_not_converge_warns(monkeypatch):
    monkeypatch.setattr("mmclassic.match._transport._MOST_ITERATIONS", 1)
    A, B = noisy_pairs(200, 200, noise=2.0)
    with pytest.warns(ConvergenceWarning, match=r"left 0\.\d+ of the mass in wrong rows"):
        match(A, B, method="transport", epsilon=0.01)


@pytest.mark.parametrize("method", SEVERAL)
def test_the_first_candidate_is_the_partner_and_others_follow(method):
    A, B = noisy_pairs()
    one, several = match(A, B, method=method), match(A, B, method=method, k=4)
    assert len(several) == 4 * 60
    np.testing.assert_array_equal(several.rows, np.repeat(np.arange(60), 4))
    np.testing.assert_array_equal(several.partners(), one.columns)
    np.testing.assert_allclose(several.scores[::4], one.scores)
    np.testing.assert_allclose(several.confidence[::4], one.confidence, atol=1e-6)
    by_row = several.scores.reshape(60, 4)
    assert (np.diff(by_row, axis=1) <= 0).all()
    assert (several.confidence.reshape(60, 4)[:, 1:] == 0).all()
    assert len(match(A, B, method=method, k=100)) == 60 * 45


@pytest.mark.parametrize("method", [*SEVERAL, "mutual", "optimal"])
def test_what_does_not_reach_the_threshold_has_no_partner(method):
    A, B = noisy_pairs()
    found = match(A, B, method=method)
    limit = float(np.median(found.scores))
    sure = match(A, B, method=method, threshold=limit)
    kept = found.scores >= limit
    np.testing.assert_array_equal(sure.rows, found.rows[kept])
    np.testing.assert_array_equal(sure.confidence, found.confidence[kept])
    assert (sure.partners() == -1).sum() == 60 - kept.sum()
    assert len(match(A, B, method=method, threshold=1e9)) == 0


@pytest.mark.parametrize(
    ("method", "scale"), [("csls", 1e40), ("csls", 1e300), ("transport", 1e300)]
)
@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_rows_too_large_for_the_arithmetic_are_refused(method, scale, metric):
    rows = scale * np.random.default_rng(0).normal(size=(5, 3))
    with pytest.raises(ValueError, match="do not fit into float32; bring the rows"):
        match(rows, rows, method=method, metric=metric)


def test_one_row_too_large_is_refused_too():
    rows = np.random.default_rng(0).normal(size=(20, 3))
    rows[2] *= 1e40  # which is among the ten nearest of no column
    with pytest.raises(ValueError, match="do not fit into float32"):
        match(rows, np.ones((4, 3)), method="csls", metric="euclidean")


def test_settings_that_do_not_fit():
    A, B = noisy_pairs()
    for method in ("mutual", "optimal"):
        with pytest.raises(ValueError, match=f"'{method}' gives a row one partner; got k=2"):
            match(A, B, method=method, k=2)
    with pytest.raises(ValueError, match="'epsilon' parameter"):
        match(A, B, method="transport", epsilon=0)


@pytest.mark.parametrize("method", ["csls", "transport"])
def test_of_equal_rows_the_first_is_taken_without_confidence(method):
    A, B = noisy_pairs(30, 20)
    found = match(A, np.vstack([B, B]), method=method)
    assert (found.columns < 20).all()
    assert (found.confidence == 0).all()


def test_more_pairs_are_right_by_what_sees_all_rows():
    A, B = noisy_pairs(600, 600, noise=0.6)
    right = {
        method: np.mean(match(A, B, method=method).partners() == np.arange(600))
        for method in (*SEVERAL, "optimal")
    }
    assert right["nearest"] < right["csls"] < right["optimal"]
    assert right["transport"] > right["csls"]
