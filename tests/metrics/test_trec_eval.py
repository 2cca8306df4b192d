"""The ranking metrics are those of trec_eval, by both packages that give it."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic import metrics

N_USERS, N_ITEMS, K = 40, 60, 10


@pytest.fixture(scope="module")
def judged():
    """Lists of ten for every user, and grades from 0 to 4 of a quarter of the items."""
    rng = np.random.default_rng(0)
    order = np.argsort(rng.random((N_USERS, N_ITEMS)), axis=1)[:, :K]
    known = rng.random((N_USERS, N_ITEMS)) < 0.25
    grades = np.where(known, rng.integers(0, 5, (N_USERS, N_ITEMS)), 0)
    qrels = {
        str(u): {str(i): int(grades[u, i]) for i in np.flatnonzero(known[u])}
        for u in range(N_USERS)
    }
    run = {str(u): {str(i): float(K - r) for r, i in enumerate(order[u])} for u in range(N_USERS)}
    return order, sp.csr_array(grades), qrels, run


def ours(order, grades):
    """Our values by the names of trec_eval."""
    liked = sp.csr_array(grades > 0)
    options = {"per_user": True}
    return {
        "P_10": metrics.precision_at_k(liked, order, 10, **options),
        "P_5": metrics.precision_at_k(liked, order, 5, **options),
        "recall_10": metrics.recall_at_k(liked, order, 10, **options),
        "success_5": metrics.hit_rate_at_k(liked, order, 5, **options),
        "map_cut_5": metrics.map_at_k(liked, order, 5, divisor="relevant", **options),
        "map": metrics.map_at_k(liked, order, 10, divisor="relevant", **options),
        "recip_rank": metrics.mrr(liked, order, 10, **options),
        "Rprec": metrics.r_precision(liked, order, 10, **options),
        "ndcg_cut_10": metrics.graded_ndcg_at_k(grades, order, 10, **options),
        "ndcg_cut_5": metrics.graded_ndcg_at_k(grades, order, 5, **options),
    }


def test_pytrec_eval(judged):
    pytrec_eval = pytest.importorskip(
        "pytrec_eval", reason="pytrec-eval-terrier, the reference, is not installed"
    )
    order, grades, qrels, run = judged
    for name, values in ours(order, grades).items():
        theirs = pytrec_eval.RelevanceEvaluator(qrels, {name}).evaluate(run)
        expected = [theirs[str(user)][name] for user in range(N_USERS)]
        np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12, err_msg=name)


def test_ir_measures(judged):
    ir_measures = pytest.importorskip(
        "ir_measures", reason="ir_measures, the reference, is not installed"
    )
    order, grades, qrels, run = judged
    names = {"P@10": "P_10", "R@10": "recall_10", "Success@5": "success_5", "AP@5": "map_cut_5"}
    names |= {"AP": "map", "RR": "recip_rank", "Rprec": "Rprec", "nDCG@10": "ndcg_cut_10"}
    found = ours(order, grades)
    measures = [ir_measures.parse_measure(name) for name in names]
    for measure, ours_name in zip(measures, names.values()):
        theirs = {m.query_id: m.value for m in ir_measures.iter_calc([measure], qrels, run)}
        expected = [theirs[str(user)] for user in range(N_USERS)]
        np.testing.assert_allclose(found[ours_name], expected, rtol=1e-12, atol=1e-12)


def test_exponential_gain_is_that_of_ir_measures(judged):
    ir_measures = pytest.importorskip(
        "ir_measures", reason="ir_measures, the reference, is not installed"
    )
    order, grades, qrels, run = judged
    measure = ir_measures.nDCG(dcg="exp-log2") @ 10
    try:
        theirs = {m.query_id: m.value for m in ir_measures.iter_calc([measure], qrels, run)}
    except ValueError as error:
        pytest.skip(f"none of its providers knows it here: {error}")
    found = metrics.graded_ndcg_at_k(grades, order, 10, gain="exponential", per_user=True)
    expected = [theirs[str(user)] for user in range(N_USERS)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=6e-6)  # it prints five digits
