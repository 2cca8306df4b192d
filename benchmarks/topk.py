"""Exact top-50 lists: what choosing costs beside the bare products, and the peers."""

import importlib.util

import numpy as np
import scipy.sparse as sp

from benchmarks._ratios import race
from benchmarks._report import Row
from mmclassic.match import nearest
from mmclassic.utils import normalize_rows

DESCRIPTION = "exact top-50 of dense and of sparse rows, against the bare product and peers"

K = 50
OURS = "mmclassic nearest"
_TILE = 1024, 2624  # as fast as one product of all, which may not fit


def run(quick):
    """Time dense and sparse rows; a quick run has fewer of them."""
    n_runs = 3 if quick else 7
    rows = []
    for n, n_queries in [(10_000, 2000)] if quick else [(10_000, 10_000), (50_000, 4000)]:
        rows += _dense(n, 128, n_queries, n_runs)
    n, n_queries = (10_000, 200) if quick else (50_000, 1000)
    return rows + _sparse(n, 30_000, n_queries, n_runs)


def _dense(n, width, n_queries, n_runs):
    gallery = np.random.default_rng(0).standard_normal((n, width)).astype(np.float32)
    gallery = normalize_rows(gallery)
    queries = gallery[:n_queries]
    tasks = {
        "product alone": lambda: _product_alone(queries, gallery),
        OURS: lambda: nearest(queries, gallery, K, metric="dot"),
    }
    case = f"dense: {n_queries} queries, {n} x {width}, float32"
    absent = _peer(case, "faiss", "faiss IndexFlatIP", tasks, lambda: _faiss(queries, gallery))
    target = "target: at most 1.7 times the time of the product alone, and less than that of faiss"
    return [*_race(case, tasks, n_queries, n_runs, target), *absent]


def _sparse(n, width, n_queries, n_runs):
    gallery = _texts(n, width, terms=100)
    queries = gallery[:n_queries]
    columns = gallery.T.tocsr()
    tasks = {
        "SciPy product alone": lambda: queries @ columns,
        OURS: lambda: nearest(queries, gallery, K, metric="dot"),
    }
    case = f"sparse: {n_queries} queries, {n} x {width}, {gallery.nnz // n} features a row"
    peer = "sparse_dot_topn"
    absent = _peer(case, peer, peer, tasks, lambda: _sparse_dot_topn(queries, gallery))
    target = "target: at most 1.3 times the time of sparse_dot_topn"
    return [*_race(case, tasks, n_queries, n_runs, target), *absent]


def _race(case, tasks, n_queries, n_runs, target):
    return race(case, tasks, n_items=n_queries, item="query", n_runs=n_runs, target=target)


def _peer(case, package, name, tasks, make):
    """Add the task of a peer, or give the row that says why there is none."""
    if importlib.util.find_spec(package) is None:
        note = f"{package} is not installed"
        return [Row(case, name, "time of a query", None, unit="ms", note=note)]
    tasks[name] = make()
    return []


def _product_alone(queries, gallery):
    room = np.empty(_TILE[0] * _TILE[1], dtype=np.float32)
    for i in range(0, len(queries), _TILE[0]):
        for j in range(0, len(gallery), _TILE[1]):
            left, right = queries[i : i + _TILE[0]], gallery[j : j + _TILE[1]]
            out = room[: len(left) * len(right)].reshape(len(left), len(right))
            np.matmul(left, right.T, out=out)


def _faiss(queries, gallery):
    faiss = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(gallery.shape[1])
    index.add(gallery)
    return lambda: index.search(queries, K)


def _sparse_dot_topn(queries, gallery):
    multiply = importlib.import_module("sparse_dot_topn").sp_matmul_topn
    return lambda: multiply(queries, gallery.T.tocsr(), top_n=K, sort=True, n_threads=1)


def _texts(n, width, terms):
    """TF-IDF-like rows of length 1: features by a law like Zipf's."""
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, width + 1) ** 0.8
    chosen = rng.choice(width, size=n * terms, p=share / share.sum())
    rows = np.repeat(np.arange(n), terms)
    counts = sp.csr_matrix((np.ones(chosen.size), (rows, chosen)), shape=(n, width))
    rarity = np.log((n + 1) / (np.bincount(counts.indices, minlength=width) + 1)) + 1
    weights = sp.csr_matrix(
        ((1 + np.log(counts.data)) * rarity[counts.indices], counts.indices, counts.indptr),
        shape=counts.shape,
    )
    return normalize_rows(weights).astype(np.float32)
