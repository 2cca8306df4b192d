"""Digits spoken by a speaker who was never heard: the nearest recording by warping.

The tested speaker takes no part in any choice, as in `_spoken_digits`, whose pooled features are
measured on the same recordings.
"""

from collections import Counter
from itertools import product

import numpy as np
import soundfile

from benchmarks import _spoken_digits
from benchmarks._report import Row
from mmclassic.datasets import fetch_fsdd
from mmclassic.features import MFCC
from mmclassic.sync import dtw

HOP = 0.020  # seconds
BAND = 0.3
SETTINGS = list(product((False, True), ("euclidean", "cosine")))  # slopes of frames, metric


def rows(quick):
    """Accuracy by warping and by pooled MFCC; a quick run has a quarter of the recordings."""
    n_each = 1 if quick else 4
    table = fetch_fsdd()
    table = table[table["index"] < n_each].reset_index(drop=True)
    digits, speakers = table["digit"].to_numpy(), table["speaker"].to_numpy()
    case = f"spoken digits, {n_each} of each by 6 speakers, every speaker tested by the other five"
    distances = [_distances(table["recording"], speakers, *setting) for setting in SETTINGS]
    value, chosen = _chosen(distances, digits, speakers)
    names = {k: f"slopes={slopes}, {metric}" for k, (slopes, metric) in enumerate(SETTINGS)}
    counts = " | ".join(f"{names[k]} ({n})" for k, n in Counter(chosen).most_common())
    note = (
        f"1-NN by the normalised cost of symmetric2, band {BAND:.0%}; MFCC every "
        f"{HOP * 1000:g} ms, standardised within the recording. The best of {len(SETTINGS)} "
        f"settings by leaving out each of the five other speakers; chosen: {counts}."
    )
    pooled = _spoken_digits._candidates(table["recording"], quick=True)
    hits, pooled_note = _spoken_digits._chosen(pooled, digits, speakers)
    return [
        Row(case, "DTW, settings chosen", "1-NN", value, note=note),
        Row(case, "pooled MFCC", "1-NN", float(np.mean(list(hits.values()))), note=pooled_note),
    ]


def _distances(recordings, speakers, slopes, metric):
    """Costs between recordings of different speakers; infinite among those of one."""
    frames = [_frames(path, slopes) for path in recordings]
    found = np.full((len(frames), len(frames)), np.inf)
    for i, X in enumerate(frames):
        for j in range(i):
            if speakers[i] != speakers[j]:
                warped = dtw(X, frames[j], metric=metric, step_pattern="symmetric2", band=BAND)
                found[i, j] = found[j, i] = warped.normalized_cost
    return found


def _frames(path, slopes):
    """Standardised coefficients of every frame, the level left out."""
    frames = MFCC(hop=HOP, delta=slopes).frames(*soundfile.read(path)).T
    frames = np.delete(frames, [0, 13] if slopes else [0], axis=1)
    return (frames - frames.mean(axis=0)) / (frames.std(axis=0) + 1e-9)


def _chosen(distances, digits, speakers):
    """Accuracy with the setting that is best without the tested speaker, and these settings."""
    names, right, chosen = np.unique(speakers), [], []
    for name in names:
        others = speakers != name
        inner = [_hits(D[np.ix_(others, others)], digits[others]).mean() for D in distances]
        chosen.append(int(np.argmax(inner)))
        right.append(_hits(distances[chosen[-1]], digits)[~others].mean())
    return float(np.mean(right)), chosen


def _hits(distances, digits):
    """Whether the nearest recording of another speaker is of the same digit."""
    return digits[np.argmin(distances, axis=1)] == digits
