"""Ways to fuse views: neighbours of the same class, and groups that nobody named."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.metrics import normalized_mutual_info_score

from benchmarks import _fusion_tasks as tasks
from benchmarks._report import Row, split_row
from benchmarks._retrieval import drop_cells, extractor, vector_column
from benchmarks.fusion import make_splits
from mmclassic.align import CCA
from mmclassic.exceptions import EmptyRowWarning
from mmclassic.fuse import ConcatFusion, SimilarityNetworkFusion, WeightedFusion, rank_fusion
from mmclassic.match import CalibratedSimilarity, nearest
from mmclassic.metrics import RankedLists, precision_at_k

DESCRIPTION = "concatenation, averages, ranks and networks: when does which fuser win?"

K, DEPTH = 10, 100
MISSING = 0.4
N_STARTS = 5
SIMILAR, GROUPS = f"class in first {K}", "groups, NMI"
CHOSEN, HINDSIGHT = "best single view, chosen", "best single view, hindsight"


def run(quick):
    """Ask held-out rows for their neighbours, and group all rows, by every fuser's defaults.

    A quick run has two splits instead of five, and fewer rows.
    """
    rows = []
    for make in (generated, tasks.openmoji, tasks.flags, tasks.mfeat):
        task = make(quick)
        title = task.title.split(", users")[0]
        for share in (0.0, MISSING):
            case = f"{title}, {share:.0%} of the cells missing" if share else title
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EmptyRowWarning)
                warnings.filterwarnings("ignore", message="the views .* do not support each other")
                splits = make_splits(task, share, n_used=2 if quick else None)
                rows += _neighbour_rows(task, case, splits)
                rows += _group_rows(task, case, share)
    return rows


def generated(quick):
    """Rows of four groups: each of three views shows two of them as one, and a fourth is noise."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(4), 30 if quick else 100)
    table = pd.DataFrame({"class": group})
    for name, (one, other) in {"a": (0, 1), "b": (2, 3), "c": (0, 2)}.items():
        centers = rng.standard_normal((4, 10))
        centers[other] = centers[one]
        table[name] = vector_column(
            centers[group] + 1.2 * rng.standard_normal((len(group), 10)), table.index
        )
    table["noise"] = vector_column(rng.standard_normal((len(group), 10)), table.index)
    columns = {name: ("scaled vector", name) for name in ("a", "b", "c", "noise")}
    return tasks.class_task(f"generated, {len(group)} rows in 4 groups", table, columns, "class")


# --- neighbours of held-out rows -----------------------------------------------------------------


def _neighbour_rows(task, case, splits):
    """Share of a held-out row's class among its K nearest training rows."""
    single = {name: [] for name in task.columns}
    found = {name: [] for name in (CHOSEN, *_NOTES)}
    choices = []
    for split in splits:
        classes = task.labels[split.train]
        by_view = {n: _lists_by(split.new, split.known, n) for n in task.columns}
        values = {name: _share(lists, task, split) for name, lists in by_view.items()}
        for name, value in values.items():
            single[name].append(value)
        choices.append(_choose(split.known, classes))
        found[CHOSEN].append(values[choices[-1]])
        for name, lists in _fused_lists(split, classes, list(by_view.values())).items():
            found[name].append(_share(lists, task, split))
    best = max(single, key=lambda name: np.mean(single[name]))
    share = float(np.mean([split.test.size / split.train.size for split in splits]))
    counts = ", ".join(f"{name} ({n})" for name, n in Counter(choices).most_common())
    notes = {CHOSEN: f"by the same share among the training rows: {counts}.", **_NOTES}
    hindsight = f"{best}; seen on the test rows, and so in its favour."
    return [
        split_row(case, HINDSIGHT, SIMILAR, np.array(single[best]), share, hindsight),
        *(split_row(case, n, SIMILAR, np.array(v), share, notes[n]) for n, v in found.items()),
    ]


_LISTS = f"of the first {DEPTH} by each view that a row has"
_NOTES = {
    "concatenated": "ConcatFusion(), cosine.",
    "concatenated, by agreement": "ConcatFusion(weights of CalibratedSimilarity()), cosine.",
    "concatenated, by classes": "ConcatFusion('classes') with the classes of the training rows.",
    "aligned and averaged": "CCA() and WeightedFusion(), cosine.",
    "aligned and averaged, by classes": "CCA() and WeightedFusion('classes').",
    "ranks, reciprocal": f"rank_fusion 'rrf' {_LISTS}.",
    "ranks, Borda": f"rank_fusion 'borda' {_LISTS}.",
    "networks": "SimilarityNetworkFusion(), cosine of its embedding.",
}


def _fused_lists(split, classes, by_view):
    """Lists of the training rows for the test rows, by every way to fuse."""
    aligner = CCA().fit(split.known)
    shared = aligner.transform(split.known), aligner.transform(split.new)
    native = split.known, split.new
    fusers = {
        "concatenated": (ConcatFusion(), native),
        "concatenated, by agreement": (_by_agreement(split.known), native),
        "concatenated, by classes": (ConcatFusion("classes"), native),
        "aligned and averaged": (WeightedFusion(), shared),
        "aligned and averaged, by classes": (WeightedFusion("classes"), shared),
        "networks": (SimilarityNetworkFusion(), native),
    }
    found = {}
    for name, (fuser, (known, new)) in fusers.items():
        fuser.fit(known, classes)
        found[name] = _lists(fuser.transform(new), fuser.transform(known))
    found["ranks, reciprocal"] = rank_fusion(by_view)
    found["ranks, Borda"] = rank_fusion(by_view, "borda")
    return found


def _by_agreement(views):
    """Weights by how far the other views bear out who is near whom."""
    return ConcatFusion(CalibratedSimilarity().fit(views).view_weights_)


def _lists_by(new, known, name):
    """Lists by one view; empty for rows that lack it."""
    return _lists(new[name], known[name], new.mask(name), known.mask(name))


def _lists(queries, items, asks=None, there=None):
    asks = np.ones(queries.shape[0], dtype=bool) if asks is None else asks
    there = np.ones(items.shape[0], dtype=bool) if there is None else there
    k = min(DEPTH, int(there.sum()))
    order = np.full((asks.size, k), -1)
    scores = np.full((asks.size, k), np.nan)
    columns, scores[asks] = nearest(queries[asks], items[there], k)
    order[asks] = np.flatnonzero(there)[columns]
    return RankedLists(order, scores, np.arange(asks.size), np.arange(there.size))


def _share(lists, task, split):
    wanted = task.labels[split.test][:, None] == task.labels[split.train]
    return float(precision_at_k(sp.csr_matrix(wanted), lists, K))


def _choose(known, classes):
    """The view by which most training rows have neighbours of their class; none is its own."""
    shares = {}
    for name in known.names:
        order = _lists_by(known, known, name).order[:, : K + 1]
        right = (classes[order] == classes[:, None]) & (order >= 0)
        shares[name] = (right & (order != np.arange(len(known))[:, None])).mean()
    return max(shares, key=shares.get)


# --- groups of all rows --------------------------------------------------------------------------


def _group_rows(task, case, share):
    """How far groups that are found without classes are the classes."""
    columns = [column for _, column in task.columns.values()]
    table = drop_cells(task.table, columns, share) if share else task.table
    views = extractor(task.columns).fit_transform(table)
    n_groups = np.unique(task.labels).size
    found = {
        name: _spectral(views.select(name), n_groups)
        for name in views.names
        if views.mask(name).all()
    }
    joined = ConcatFusion().fit_transform(views)
    by_agreement = _by_agreement(views).fit_transform(views)
    averaged = WeightedFusion().fit_transform(CCA().fit_transform(views))
    fused = {
        "concatenated": (_spectral(joined, n_groups), "spectral clusters of ConcatFusion()."),
        "concatenated, by agreement": (
            _spectral(by_agreement, n_groups),
            "spectral clusters of ConcatFusion(weights of CalibratedSimilarity()).",
        ),
        "concatenated, k-means": (_k_means(joined, n_groups), "k-means of ConcatFusion()."),
        "aligned and averaged": (
            _spectral(averaged, n_groups),
            "spectral clusters of CCA() and WeightedFusion().",
        ),
        "mean of networks": (
            _spectral(views, n_groups),
            "spectral clusters of SimilarityNetworkFusion(n_iter=0).",
        ),
        "networks": (
            _spectral(views, n_groups, n_iter=10),
            "spectral clusters of SimilarityNetworkFusion().",
        ),
    }
    rows = []
    if found:
        scores = {name: _nmi(task.labels, groups) for name, groups in found.items()}
        best = max(scores, key=lambda name: np.mean(scores[name]))
        note = f"{best}; by the classes, and so in its favour. Spectral clusters of its network."
        rows.append(_group_row(case, HINDSIGHT, scores[best], note))
    else:
        note = "no view groups all rows: each is missing somewhere."
        rows.append(Row(case, HINDSIGHT, GROUPS, None, note=note))
    for name, (groups, note) in fused.items():
        rows.append(_group_row(case, name, _nmi(task.labels, groups), note))
    return rows


def _spectral(X, n_groups, n_iter=0):
    """Groups of rows by the networks of views, from several starts."""
    affinity = SimilarityNetworkFusion(n_iter=n_iter).fit(X).affinity_
    make = SpectralClustering(n_groups, affinity="precomputed")
    return [make.set_params(random_state=i).fit_predict(affinity) for i in range(N_STARTS)]


def _k_means(X, n_groups):
    make = KMeans(n_groups, n_init=10)
    return [make.set_params(random_state=i).fit_predict(X) for i in range(N_STARTS)]


def _nmi(labels, starts):
    return [normalized_mutual_info_score(labels, groups) for groups in starts]


def _group_row(case, method, scores, note):
    note = f"{note} Mean of {N_STARTS} starts; brackets: the smallest and the largest."
    return Row(case, method, GROUPS, float(np.mean(scores)), min(scores), max(scores), note=note)
