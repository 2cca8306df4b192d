"""What the features of sounds are asked: clips, the truth about them, and what is held out."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile
from sklearn.model_selection import KFold

from benchmarks._spoken_digits import CASE as SPOKEN_DIGITS
from mmclassic.datasets import fetch_fsdd, make_catalog

WINDOW_SECONDS = 0.5
READINGS = f"readings, windows of {WINDOW_SECONDS:g} s: which of five, by the other half of each"
_READINGS = (
    "sonnet001.mp3",
    "sonnet002.mp3",
    "sonnet003.mp3",
    "multilingual/de.mp3",
    "multilingual/es.mp3",
)


@dataclass(frozen=True, eq=False)
class Task:
    """Clips as (samples, rate), what is true of each, and (training rows, test rows) by fold."""

    title: str
    clips: list
    truth: np.ndarray
    folds: list
    note: str


def spoken_digits(quick):
    """Digits by six speakers; each is tested by the others."""
    table = fetch_fsdd()
    if quick:
        table = table[table["index"] < 6].reset_index(drop=True)
    speakers = table["speaker"].to_numpy()
    folds = [_parted(speakers == name) for name in np.unique(speakers)[: 2 if quick else None]]
    clips = [soundfile.read(path, dtype="float32") for path in table["recording"]]
    note = "every speaker is tested by the others, which is all that is learnt from"
    return Task(SPOKEN_DIGITS, clips, table["digit"].to_numpy(), folds, note)


def generated(quick):
    """Generated clips; the truth is the hidden factors of each."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = make_catalog(
            300 if quick else 1000, 2, folder=folder, image_size=8, random_state=5
        )
        clips = [soundfile.read(path, dtype="float32") for path in catalog.items["sound"]]
    folds = list(KFold(5, shuffle=True, random_state=0).split(clips))[: 1 if quick else None]
    title = "generated clips, six hidden factors of which the sound shows four sharply"
    return Task(title, clips, catalog.latent, folds, "five folds")


def readings(quick):
    """Windows of five readings aloud, in three languages: whose reading is it?

    Windows of one half of each reading are found by those of the other half.
    """
    clips, truth, second = [], [], []
    for i, path in enumerate(_reading_paths()):
        samples, rate = librosa.load(path, sr=16000, mono=True)
        windows = _windows(samples, round(WINDOW_SECONDS * rate))[:: 4 if quick else 1]
        clips += [(window, rate) for window in windows]
        truth += [i] * len(windows)
        second += (np.arange(len(windows)) >= len(windows) / 2).tolist()
    second = np.array(second)
    note = (
        "five recordings in three languages, put aside while the recipes were made; "
        "each half is tested by the other"
    )
    folds = [_parted(second), _parted(~second)][: 1 if quick else None]
    return Task(READINGS, clips, np.array(truth), folds, note)


def _windows(samples, size):
    """Whole windows that are not silent, one after the other."""
    windows = list(samples[: samples.size - samples.size % size].reshape(-1, size))
    loudest = max(np.abs(window).max() for window in windows)
    return [window for window in windows if np.abs(window).max() > 0.03 * loudest]


def _reading_paths():
    folder = Path(os.environ.get("MMCLASSIC_DATA", "")) / "audiobook-align"
    paths = [folder / name for name in _READINGS]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} is not there; the readings are looked for in the folder "
            "audiobook-align of the one that MMCLASSIC_DATA names"
        )
    return paths


def _parted(tested):
    return np.flatnonzero(~tested), np.flatnonzero(tested)
