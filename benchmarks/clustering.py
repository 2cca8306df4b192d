"""Clusters over several views against K-means on one view, on all columns, and mvlearn."""

import importlib.util

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import (
    adjusted_rand_score,
    normalized_mutual_info_score,
    silhouette_score,
)
from sklearn.preprocessing import StandardScaler

from benchmarks._labelled import kept_away
from benchmarks._report import Row
from mmclassic.align import AgglomerativeAligner, KMeansAligner
from mmclassic.datasets import fetch_uci_mfeat
from mmclassic.metrics import clustering_accuracy
from mmclassic.utils import measure
from mmclassic.views import Views

DESCRIPTION = "clusters of rows over several views: planted ones, digits, articles, flags, emoji"

N_CLUSTERS = 10
MISSING = 0.3
BATCH = 5000
N_OTHERS = 5  # seeds of the other methods
MOST_OF_A_TREE = 5000
_SIX_VIEWS = ("fac", "fou", "kar", "mor", "pix", "zer")
_TWO_VIEWS = ("pix", "fac")  # those that K-means finds most in, each alone
_LOOKED_AT = "these labels were looked at, on one seed, as learned distances were chosen"
_HOW_MANY = (3, 6, 12)
_CASES = {
    "round": {"apart": 1.5},
    "overlapping": {"apart": 0.9},
    "one view more of noise": {"apart": 1.5, "noise": 60},
    "30% of the cells missing": {"apart": 1.5, "missing": MISSING},
}
_WIDTHS = {"image": 30, "text": 20, "sound": 12, "noise": 25}


def run(quick):
    """Find clusters, planted ones and those of real rows; a quick run has fewer rows and seeds."""
    rows = _many(20_000 if quick else 200_000)  # first, for memory is that of the process
    for n in (2000,) if quick else (2000, 20_000):
        for missing in (0.0, MISSING):
            rows += _planted(n, missing, range(3 if n < 20_000 else 1))
    rows += _digits(0.0, range(3 if quick else 20)) + _digits(MISSING, range(3 if quick else 20))
    rows += _numbers(range(1 if quick else N_OTHERS))
    return rows + _kept_away(range(1 if quick else N_OTHERS))


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
    target = "" if missing else "target: NMI and ARI of at least 0.92; "
    rows = _rows(case, found, f"{target}{_LOOKED_AT}")
    return rows if missing else rows + _mvlearn(case, mfeat)


def _numbers(seeds):
    """How often each criterion finds as many clusters as were planted."""
    rows = []
    for title, given in _CASES.items():
        right = {"KMeansAligner(None)": [], "mean silhouette, z-scored concatenation": []}
        for n_clusters in _HOW_MANY:
            for seed in seeds:
                views = _round_clusters(seed, n_clusters, **given)
                for found, count in zip(right.values(), _counts(views, seed)):
                    found.append(count == n_clusters)
        case = f"number of clusters, 500 rows in 3, 6 or 12 of them: {title}"
        note = f"share of {len(_HOW_MANY) * len(seeds)} draws; 2 to 20 are tried."
        for method, found in right.items():
            rows.append(Row(case, method, "number is right", float(np.mean(found)), note=note))
    return rows


def _round_clusters(seed, n_clusters, apart, noise=0, missing=0.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_clusters, size=500)
    blocks = {
        name: share * apart * rng.normal(size=(n_clusters, width))[y]
        + rng.normal(size=(500, width))
        for name, width, share in (("image", 8, 1.0), ("text", 10, 0.6))
    }
    if noise:
        blocks["noise"] = rng.normal(size=(500, noise))
    return with_gaps(Views(blocks), missing, rng)


def _counts(views, seed):
    yield KMeansAligner(None, n_init=2, random_state=seed).fit(views).n_components_
    filled = [
        np.where(views.mask(name)[:, None], block, block[views.mask(name)].mean(axis=0))
        for name, block in views.items()
    ]
    X = np.hstack([_z_scored(block) for block in filled])
    kmeans = (KMeans(k, n_init=2, random_state=seed) for k in range(2, 21))
    yield 2 + int(np.argmax([silhouette_score(X, one.fit_predict(X)) for one in kmeans]))


def _kept_away(seeds):
    """Real sets that nobody had asked while the methods were made, in a single look."""
    rows = []
    for title, (views, y) in kept_away().items():
        case = f"kept away, {title}"
        found = _all_methods([(views, y)] * len(seeds), peers=True)
        rows += _rows(case, found, "looked at once")
    return rows


def _all_methods(cases, *, peers, n_init=10):
    """Agreement by method, of ours for every case and of the others for the first few."""
    found = {}
    for seed, (views, y) in enumerate(cases):
        n_clusters = len(np.unique(y))
        aligner = KMeansAligner(n_clusters, n_init=n_init, random_state=seed)
        found.setdefault("KMeansAligner", []).append(_agreement(y, aligner.fit(views).labels_))
        if seed < N_OTHERS:
            others = _others(views, n_clusters, seed, peers=peers, n_init=n_init)
            for method, labels in others:
                found.setdefault(method, []).append(_agreement(y, labels))
    return found


def _gaps(missing):
    return f", {missing:.0%} of the cells missing" if missing else ""


def _others(views, n_clusters, seed, *, peers, n_init):
    euclidean = KMeansAligner(n_clusters, metric="euclidean", n_init=n_init, random_state=seed)
    yield "KMeansAligner, Euclidean", euclidean.fit(views).labels_
    if len(views) <= MOST_OF_A_TREE:
        yield "AgglomerativeAligner, Ward", AgglomerativeAligner(n_clusters).fit(views).labels_
    if not peers:
        return
    kmeans = KMeans(n_clusters, n_init=n_init, random_state=seed)
    blocks = {name: _z_scored(block) for name, block in views.items()}
    for name, block in blocks.items():
        yield f"K-means on {name}", kmeans.fit(block).labels_
        if sp.issparse(views[name]):
            yield f"K-means on {name}, not z-scored", kmeans.fit(views[name]).labels_
    yield "K-means, z-scored concatenation", kmeans.fit(np.hstack(list(blocks.values()))).labels_


def _z_scored(block):
    return StandardScaler().fit_transform(block.toarray() if sp.issparse(block) else block)


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
    """Its spectral clustering of all views, and K-means of two, for it takes no more of them."""
    tasks = {
        "co-regularised spectral clustering": ("MultiviewCoRegSpectralClustering", _SIX_VIEWS, 1),
        "MultiviewKMeans of two views": ("MultiviewKMeans", _TWO_VIEWS, N_OTHERS),
        "MultiviewSphericalKMeans of two views": ("MultiviewSphericalKMeans", _TWO_VIEWS, N_OTHERS),
    }
    # It loads all of these, and stops without.
    needed = ("mvlearn", "matplotlib", "seaborn")
    absent = [package for package in needed if importlib.util.find_spec(package) is None]
    rows = []
    for title, (name, views, n_seeds) in tasks.items():
        method = f"mvlearn, {title}"
        if absent:
            rows.append(Row(case, method, "NMI", None, note=f"{absent[0]} is not installed"))
            continue
        make = getattr(importlib.import_module("mvlearn.cluster"), name)
        blocks = [_z_scored(mfeat.data[view]) for view in views]
        labels = [
            make(N_CLUSTERS, random_state=seed).fit_predict(blocks) for seed in range(n_seeds)
        ]
        rows += _rows(case, {method: [_agreement(mfeat.target, found) for found in labels]}, "")
    return rows


def _many(n):
    """Many rows in batches: agreement, time and the peak of the memory of the process."""
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
