"""Speed of picture descriptors on pixels in memory, against loops over the libraries."""

import numpy as np
from skimage.feature import hog

from benchmarks._photographs import as_batch, photographs
from benchmarks._ratios import race
from benchmarks._report import Row
from mmclassic.features import HOG, ColorHistogram

_SIZE = (128, 128)
_BATCH = 32


def rows(quick):
    """HOG and the joint colour histogram."""
    n_runs = 9 if quick else 15  # of three, one that is disturbed decides
    pictures = as_batch(photographs(_BATCH, _SIZE))
    return [
        *_compare(
            "HOG of gray pictures of 128 x 128, cells of 8 x 8",
            {"scikit-image loop": _hog_loop, "mmclassic": HOG().transform},
            pictures[..., 1].copy(),
            "target: at least 15 times as fast, difference at most 1e-6",
            n_runs,
        ),
        *_compare(
            "HOG of RGB pictures of 128 x 128, cells of 8 x 8",
            {"scikit-image loop": _hog_loop, "mmclassic": HOG().transform},
            pictures,
            "target: at least 13 times as fast, difference at most 1e-6",
            n_runs,
        ),
        *_compare(
            "joint RGB histogram of pictures of 128 x 128, 8 x 8 x 8 bins",
            {
                "numpy.histogramdd loop": _histogram_loop,
                "mmclassic": ColorHistogram().transform,
            },
            pictures,
            "target: at least 10 times as fast, equal values",
            n_runs,
        ),
    ]


def _compare(case, describe, pictures, target, n_runs):
    """Two ways to describe a batch: their times and how far they are apart."""
    tasks = {name: lambda f=function: f(pictures) for name, function in describe.items()}
    found = race(case, tasks, n_items=len(pictures), item="picture", n_runs=n_runs, target=target)
    theirs, ours = (task() for task in tasks.values())
    apart = float(np.abs(theirs - ours).max())
    return [*found, Row(case, "mmclassic", "largest difference", apart * 1e6, unit="1e-6")]


def _hog_loop(pictures):
    channel_axis = None if pictures.ndim == 3 else -1
    return np.stack(
        [hog(picture, cells_per_block=(2, 2), channel_axis=channel_axis) for picture in pictures]
    )


def _histogram_loop(pictures):
    counts = [
        np.histogramdd(picture.reshape(-1, 3), bins=8, range=[(0, 256)] * 3)[0]
        for picture in pictures
    ]
    return np.stack(counts).reshape(len(pictures), -1) / np.prod(_SIZE)
