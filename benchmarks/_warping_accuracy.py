"""What warping finds: a published path, and warps that were planted."""

import os
from pathlib import Path

import librosa
import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.preprocessing import scale

from benchmarks._report import Row, mean_row
from mmclassic.sync import CanonicalTimeWarping, dtw
from mmclassic.utils import row_norms

READINGS = "two readings of a text, 1332 x 868 frames of 12 MFCC"
NOISES = (0.05, 0.1, 0.3)
BAND = 0.2
# The rule by which the path was published: cosine distances, and of equal steps one on in the first
# reading alone before one on in the second, before both.
PUBLISHED_STEPS = ((1, 0, 1), (0, 1, 1), (1, 1, 1))
PUBLISHED = (
    "published: 1,418 steps. Cosine distances of all 12 coefficients; of equal steps one on in the "
    "first reading is taken before one on in the second, and that before both"
)


def published_path():
    """Steps of the path, and its cost beside librosa's; a row that says so without the data."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / "audiobook-align" / "cdtw"
    if not folder.is_dir():
        note = f"put {folder.name} of the readings into the folder that MMCLASSIC_DATA names"
        return [Row(READINGS, "mmclassic dtw", "steps", None, note=note)]
    X, Y = (np.loadtxt(folder / name).T for name in ("mfcc1_12_1332", "mfcc2_12_868"))
    found = dtw(X, Y, metric="cosine", step_pattern=PUBLISHED_STEPS)
    D = librosa.sequence.dtw(X.T, Y.T, metric="cosine", backtrack=False)
    return [
        Row(READINGS, "mmclassic dtw", "steps", float(len(found)), note=PUBLISHED),
        Row(READINGS, "mmclassic dtw", "cost", found.cost),
        Row(READINGS, "librosa", "cost", float(D[-1, -1])),
    ]


def planted(quick):
    """Mean error of every method, as a share of the length, by the noise of the frames."""
    n_seeds = 3 if quick else 20
    note = (
        f"{n_seeds} seeds; both streams mix 3 causes seen by both and 2 of its own each, 300 and "
        f"240 frames of 8 features; band of {BAND:.0%} for all; defaults else"
    )
    found = []
    for noise in NOISES:
        errors = [_errors(*planted_streams(seed, noise)) for seed in range(n_seeds)]
        for method in errors[0]:
            values = [100 * e[method] for e in errors]
            case = f"planted warps, noise {noise:g} of the signal"
            metric = "mean error, % of the length"
            found.append(mean_row(case, method, metric, values, note=note))
    return found


def planted_streams(seed, noise, n=300, m=240, n_shared=3, n_own=2, width=8):
    """Two streams, and where in the first, in [0, 1], what each frame of the second shows is."""
    rng = np.random.default_rng(seed)
    event = scale(gaussian_filter1d(rng.normal(size=(2000, n_shared)), 40, axis=0))
    at = np.cumsum(np.exp(1.2 * scale(gaussian_filter1d(rng.normal(size=m), m / 12)) / 2))
    at = (at - at[0]) / (at[-1] - at[0])
    streams = []
    for times in (np.linspace(0, 1, n), at):
        shown = [np.interp(1999 * times, np.arange(2000), column) for column in event.T]
        own = scale(gaussian_filter1d(rng.normal(size=(len(times), n_own)), 10, axis=0))
        mixed = np.column_stack([*shown, own]) @ rng.normal(size=(n_shared + n_own, width))
        streams.append(mixed + noise * mixed.std() * rng.normal(size=mixed.shape))
    return *streams, at


def _errors(X, Y, truth):
    scaled, level = [scale(Z) for Z in (X, Y)], [row_norms(scale(Z))[:, None] for Z in (X, Y)]
    warping = CanonicalTimeWarping(band=BAND).fit(X, Y)
    places = {
        "even speed": np.linspace(0, len(X) - 1, len(Y)),
        "DTW of standardised features": dtw(*scaled, band=BAND).positions(),
        "DTW of levels": dtw(*[scale(Z) for Z in level], band=BAND).positions(),
        "CanonicalTimeWarping": warping.align(X, Y).positions(),
    }
    return {k: float(np.abs(p / (len(X) - 1) - truth).mean()) for k, p in places.items()}
