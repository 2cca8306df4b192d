"""Emoji pictures that look for their English names and tags, by what the picture shows."""

from collections import Counter
from functools import partial

import numpy as np
from joblib import Parallel, delayed
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold, KFold

from benchmarks._report import Row, mean_row
from mmclassic.align import CCA, similarity
from mmclassic.datasets import fetch_openmoji
from mmclassic.features import (
    HOG,
    ColorHistogram,
    ImageVectorizer,
    LocalBinaryPattern,
    TextVectorizer,
)
from mmclassic.metrics import median_rank, retrieval_map, retrieval_recall_at_k
from mmclassic.views import Views

_N_FOLDS = 5
_N_INNER_FOLDS = 3
_CASE = "emoji picture -> English name and tags, pool of about 439, {}"
# Both views are brought to so many columns, which makes a search affordable.
_WIDTH = 600
_RIDGES = (0.001, 0.01, 0.1, 1.0, 10.0)
_QUICK_RIDGES = (0.1, 1.0)
_N_COMPONENTS = (16, 32, 128)
_OPAQUE = 128  # alpha from which on a pixel counts
_DESCRIPTORS = {
    "colour histogram (512 bins, roots)": [("color", ColorHistogram(root=True))],
    "HOG + LBP + colour histogram": [
        ("hog", HOG(pixels_per_cell=(16, 16))),
        ("texture", LocalBinaryPattern()),
        ("color", ColorHistogram(root=True)),
    ],
}
_METRICS = {
    "recall@1": partial(retrieval_recall_at_k, k=1),
    "recall@10": partial(retrieval_recall_at_k, k=10),
    "median rank": median_rank,
}


def random_folds(n_folds, groups):
    """(training rows, test rows) of folds that split rows whatever their groups."""
    return list(KFold(n_folds, shuffle=True, random_state=0).split(groups))


def grouped_folds(n_folds, groups):
    """(training rows, test rows) of folds that keep the rows of a group together."""
    return list(GroupKFold(n_folds).split(groups, groups=groups))


_FOLDS = {"folds at random": random_folds, "folds by subgroup": grouped_folds}


def rows(quick):
    """Every descriptor in folds that ignore subgroups, and in folds that keep them together.

    A quick run tests one fold of each kind instead of five.
    """
    table = fetch_openmoji()
    table = table[table["group"] != "flags"]
    texts = TextVectorizer().combine(table[["annotation", "tags"]])[0].to_numpy()
    blocks = describe(table["picture"])
    groups = table["subgroups"].to_numpy()
    found = []
    ridges = _QUICK_RIDGES if quick else _RIDGES
    for title, split in _FOLDS.items():
        folds = split(_N_FOLDS, groups)[: 1 if quick else None]
        answers = Parallel(n_jobs=-1)(
            delayed(_fold)(texts, blocks, groups, split, ridges, *fold) for fold in folds
        )
        sizes = [len(test) for _, test in folds]
        found += _rows(_CASE.format(title), blocks, sizes, answers)
    return found


def describe(paths):
    """Features that learn nothing from other rows, float32, by the name of the descriptors."""
    blocks = {
        "colour histogram (64 bins, roots, opaque pixels)": np.stack(
            list(map(opaque_colors, paths))
        )
    }
    for name, descriptors in _DESCRIPTORS.items():
        blocks[name] = ImageVectorizer(descriptors, n_jobs=-1).fit_transform(paths)
    return blocks


def opaque_colors(path):
    """Roots of the joint RGB histogram (64 bins) of the pixels that are not transparent.

    Zeros if all are.
    """
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGBA"))
    red, green, blue = pixels[pixels[..., 3] >= _OPAQUE][:, :3].T.astype(int) // 64
    counts = np.bincount((red * 4 + green) * 4 + blue, minlength=64)
    return np.sqrt(counts / max(1, counts.sum())).astype(np.float32)


def _fold(texts, blocks, groups, split, ridges, train, test):
    """Choose on the training rows, then answer for the test rows.

    Values are by descriptor and metric, one for every test row; settings by descriptor.
    """
    scores = {name: Counter() for name in blocks}
    for known, held_out in split(_N_INNER_FOLDS, groups[train]):
        spaces = _similarities(texts, blocks, ridges, train[known], train[held_out])
        for name, settings, found in spaces:
            scores[name][settings] += retrieval_map(found)
    chosen = {name: max(score, key=score.get) for name, score in scores.items()}
    values = {
        name: {metric: compute(found, per_query=True) for metric, compute in _METRICS.items()}
        for name, settings, found in _similarities(texts, blocks, ridges, train, test)
        if settings == chosen[name]
    }
    return values, chosen


def _similarities(texts, blocks, ridges, train, test):
    """Of test pictures to test texts, by descriptor and settings (ridge, n_components)."""
    reducer = TextVectorizer(n_components=_WIDTH, random_state=0).fit(texts[train])
    text = [reducer.transform(texts[part]) for part in (train, test)]
    for name, block in blocks.items():
        image = _principal(block, train, test)
        known, asking = (Views({"image": i, "text": t}) for i, t in zip(image, text))
        most = min(max(_N_COMPONENTS), *known.widths.values())
        for ridge in ridges:
            space = CCA(most, ridge=ridge).fit(known).transform(asking)
            for n in _N_COMPONENTS:
                # The components of a CCA with fewer are the first of these.
                yield name, (ridge, n), similarity(space["image"][:, :n], space["text"][:, :n])


def _principal(block, train, test):
    """Leading principal components of training and test rows, as the training rows have them."""
    width = min(_WIDTH, block.shape[1], len(train) - 1)
    reducer = PCA(width, random_state=0).fit(block[train])
    kept = reducer.explained_variance_ > 1e-6 * reducer.explained_variance_[0]
    return [reducer.transform(block[part])[:, kept] for part in (train, test)]


def _rows(case, blocks, sizes, answers):
    pools = [np.zeros((size, size)) for size in sizes]
    chance = {
        metric: np.concatenate([compute(pool, per_query=True) for pool in pools])
        for metric, compute in _METRICS.items()
    }
    found = _metric_rows(case, "chance", chance, "all similarities equal.")
    for name in blocks:
        values = {
            metric: np.concatenate([values[name][metric] for values, _ in answers])
            for metric in _METRICS
        }
        found += _metric_rows(case, name, values, _note([chosen[name] for _, chosen in answers]))
    return found


def _note(settings):
    counts = Counter(f"ridge={ridge:g}, n_components={n}" for ridge, n in settings)
    listed = "; ".join(f"{text} ({count})" for text, count in counts.most_common())
    return (
        f"settings chosen on the training emoji alone, {_N_INNER_FOLDS} inner folds of the same "
        f"kind, by MRR; chosen in {len(settings)} training parts: {listed}"
    )


def _metric_rows(case, name, values, note):
    """Means with intervals over emoji; ranks have a median."""
    return [
        Row(case, name, metric, float(np.median(found)), note=note)
        if metric == "median rank"
        else mean_row(case, name, metric, found, note=note)
        for metric, found in values.items()
    ]
