"""Clusters over several views against K-means on one view, on all columns, and mvlearn."""

import importlib.util

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.preprocessing import StandardScaler

from benchmarks._report import Row
from mmclassic.align import AgglomerativeAligner, KMeansAligner
from mmclassic.datasets import fetch_uci_mfeat
from mmclassic.metrics import clustering_accuracy
from mmclassic.utils import measure
from mmclassic.views import Views

DESCRIPTION = "clusters of rows over several views: planted ones, handwritten digits, 200,000 rows"

N_CLUSTERS = 10
MISSING = 0.3
BATCH = 5000
N_OTHERS = 5  # seeds of the other methods
MOST_OF_A_TREE = 5000
_WIDTHS = {"image": 30, "text": 20, "sound": 12, "noise": 25}


def run(quick):
    """Find planted clusters and those of handwritten digits; a quick run has three seeds of 20."""
    rows = []
    for n in (2000,) if quick else (2000, 20_000):
        for missing in (0.0, MISSING):
            rows += _planted(n, missing, range(3 if n < 20_000 else 1))
    rows += _digits(0.0, range(3 if quick else 20)) + _digits(MISSING, range(3 if quick else 20))
    return rows + _many(20_000 if quick else 200_000)


def planted(seed, n, missing=0.0):
    """Views whose clusters are thin in most directions and wide in three, and a view of noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(N_CLUSTERS, size=n)
    blocks = {}
    for name, width in _WIDTHS.items():
        centers = (name != "noise") * rng.normal(size=(N_CLUSTERS, width))
        wide = rng.normal(size=(n, 3)) @ rng.normal(size=(3, width))
        blocks[name] = 0.8 * centers[y] + wide + rng.normal(size=(n, width))
    return with_gaps(Views(blocks), missing, rng), y


def with_gaps(views, missing, rng):
    """The views without a share of their cells; every row keeps one."""
    if not missing:
        return views
    present = rng.random(views.present.shape) >= missing
    bare = np.flatnonzero(~present.any(axis=1))
    present[bare, rng.integers(present.shape[1], size=bare.size)] = True
    return Views(views.blocks, present)


def _planted(n, missing, seeds):
    case = f"planted: {n} rows, 10 clusters, 3 views and one of noise{_gaps(missing)}"
    cases = (planted(seed, n, missing) for seed in seeds)
    found = _all_methods(cases, peers=not missing, n_init=10 if n < 20_000 else 3)
    return _rows(case, found, "" if missing else "target: ARI of at least 0.97")


def _digits(missing, seeds):
    mfeat = fetch_uci_mfeat()
    case = f"uci-mfeat: 2,000 digits, six views{_gaps(missing)}"
    data = (with_gaps(mfeat.data, missing, np.random.default_rng(seed)) for seed in seeds)
    found = _all_methods(((views, mfeat.target) for views in data), peers=not missing)
    rows = _rows(case, found, "" if missing else "target: NMI and ARI of at least 0.92")
    return rows if missing else rows + _mvlearn(case, mfeat)


def _all_methods(cases, *, peers, n_init=10):
    """Agreement by method, of ours for every case and of the others for the first few."""
    found = {}
    for seed, (views, y) in enumerate(cases):
        aligner = KMeansAligner(N_CLUSTERS, n_init=n_init, random_state=seed)
        found.setdefault("KMeansAligner", []).append(_agreement(y, aligner.fit(views).labels_))
        if seed < N_OTHERS:
            for method, labels in _others(views, seed, peers=peers, n_init=n_init):
                found.setdefault(method, []).append(_agreement(y, labels))
    return found


def _gaps(missing):
    return f", {missing:.0%} of the cells missing" if missing else ""


def _others(views, seed, *, peers, n_init):
    euclidean = KMeansAligner(N_CLUSTERS, metric="euclidean", n_init=n_init, random_state=seed)
    yield "KMeansAligner, Euclidean", euclidean.fit(views).labels_
    if len(views) <= MOST_OF_A_TREE:
        yield "AgglomerativeAligner, Ward", AgglomerativeAligner(N_CLUSTERS).fit(views).labels_
    if not peers:
        return
    kmeans = KMeans(N_CLUSTERS, n_init=n_init, random_state=seed)
    blocks = {name: StandardScaler().fit_transform(block) for name, block in views.items()}
    for name, block in blocks.items():
        yield f"K-means on {name}", kmeans.fit(block).labels_
    yield "K-means, z-scored concatenation", kmeans.fit(np.hstack(list(blocks.values()))).labels_


def _agreement(y, labels):
    return {
        "NMI": normalized_mutual_info_score(y, labels),
        "ARI": adjusted_rand_score(y, labels),
        "accuracy": clustering_accuracy(y, labels),
    }


def _rows(case, found, target):
    """Means over the seeds; brackets are a standard deviation to both sides."""
    rows = []
    for method, values in found.items():
        note = f"mean of {len(values)} seeds, brackets: one standard deviation to both sides"
        if len(values) == 1:
            note = "one seed"
        if target and method == "KMeansAligner":
            note = f"{target}; {note}"
        for metric in values[0]:
            every = [value[metric] for value in values]
            mean, deviation = float(np.mean(every)), float(np.std(every))
            low, high = (mean - deviation, mean + deviation) if len(every) > 1 else (None, None)
            rows.append(Row(case, method, metric, mean, low, high, note=f"{note}."))
    return rows


def _mvlearn(case, mfeat):
    method = "mvlearn, co-regularised spectral clustering"
    # It loads matplotlib too, and stops without.
    absent = [p for p in ("mvlearn", "matplotlib") if importlib.util.find_spec(p) is None]
    if absent:
        return [Row(case, method, "NMI", None, note=f"{absent[0]} is not installed")]
    cluster = importlib.import_module("mvlearn.cluster")
    model = cluster.MultiviewCoRegSpectralClustering(N_CLUSTERS, random_state=0)
    blocks = [StandardScaler().fit_transform(block) for _, block in mfeat.data.items()]
    found = {method: [_agreement(mfeat.target, model.fit_predict(blocks))]}
    return _rows(case, found, "")


def _many(n):
    """Many rows in batches: agreement, time and what memory it takes beyond the data."""
    case = f"planted: {n} rows by batches of {BATCH}"
    views, y = planted(0, n)
    tasks = {
        "KMeansAligner": lambda: KMeansAligner(N_CLUSTERS, batch_size=BATCH).fit(views).labels_,
        "MiniBatchKMeans, z-scored concatenation": lambda: _mini_batch(views),
    }
    rows = []
    for method, task in tasks.items():
        with measure(method) as stage:
            labels = task()
        found = _agreement(y, labels)
        rows += [Row(case, method, metric, found[metric]) for metric in ("NMI", "ARI")]
        rows += [
            Row(case, method, "time", stage.seconds, unit="s"),
            Row(case, method, "peak memory", stage.peak_mib, unit="MiB"),
        ]
    return rows


def _mini_batch(views):
    joined = np.hstack([StandardScaler().fit_transform(block) for _, block in views.items()])
    model = MiniBatchKMeans(N_CLUSTERS, batch_size=BATCH, n_init=10, random_state=0)
    return model.fit(joined).labels_
