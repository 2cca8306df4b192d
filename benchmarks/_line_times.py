"""Times of the lines of a spoken text, by warping it to a reading of which they are known."""

import os
from pathlib import Path

import librosa
import numpy as np
import soundfile
import soxr

from benchmarks._report import Row
from benchmarks._synthetic_speech import Reader
from mmclassic.features import MFCC
from mmclassic.sync import dtw

RATE = 16000
HOP = 0.01  # s
BAND = 0.15
# Of silence before every line of the synthetic reading, as readers pause between lines.
PAUSE = 0.5  # s
_CASE = "line times of a sonnet read aloud"
_METRICS = ("share within 0.3 s", "median error", "mean error")
WARPED = "mmclassic dtw"
EVEN = "lines spread by their lengths alone"


def rows(quick):
    """Lines of a sonnet by a synthetic reading, and by the same reading at other speeds."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / "audiobook-align"
    if not folder.is_dir():
        note = "the readings are looked for in the folder audiobook-align of MMCLASSIC_DATA"
        return [Row(_CASE, WARPED, metric, None, note=note) for metric in _METRICS]
    y, rate = soundfile.read(folder / "sonnet001.wav", dtype="float32")
    starts, texts = _lines(folder / "syncmap" / "sonnet001.txt")
    found = _by_synthetic_reading(soxr.resample(y, rate, RATE), starts, texts)
    return [*found, *_by_own_reading(soxr.resample(y, rate, RATE), starts, 2 if quick else 10)]


def _lines(path):
    starts, texts = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        _, start, _, text = line.split(" ", 3)
        starts.append(float(start))
        texts.append(text.strip('"'))
    return np.array(starts), texts


def _by_synthetic_reading(y, starts, texts):
    """Line times against those that aeneas found by its own warping to its own synthesis."""
    case = f"{_CASE}: against a synthetic one"
    try:
        reader = Reader()
    except (ImportError, OSError) as error:
        note = f"espeakng-loader is not installed ({error})"
        return [Row(case, WARPED, metric, None, note=note) for metric in _METRICS]
    pause = np.zeros(int(PAUSE * RATE), dtype=np.float32)
    pieces = [
        np.append(pause, soxr.resample(reader.read(text), reader.rate, RATE)) for text in texts
    ]
    known = np.cumsum([0, *map(len, pieces)])[:-1] / RATE + PAUSE
    other = np.concatenate(pieces)
    other += 1e-4 * np.random.default_rng(0).normal(size=len(other)).astype(np.float32)
    note = (
        f"{len(starts)} lines; what is compared with are the times of aeneas, which warps to a "
        "synthetic reading too; 13 MFCC, each of variance 1, every 10 ms, a band of "
        f"{BAND:g}, and {PAUSE:g} s of silence before each line of the reading by eSpeak NG: the "
        "silence and the first MFCC (loudness) were chosen on these lines, the only ones with "
        "times; without both the share is .47"
    )
    even = known * len(y) / len(other)
    return [
        *_rows(case, WARPED, _warped(y, other, known), starts, note),
        *_rows(case, EVEN, even, starts, note),
    ]


def _by_own_reading(y, starts, n_seeds):
    """The reading itself, every line at a speed of its own, in noise and at another pitch."""
    case = f"{_CASE}: against itself, each line 0.7 to 1.4 times as fast"
    note = f"{n_seeds} seeds; a semitone higher, in noise 20 dB below"
    warped, even, truth = [], [], []
    ends = [*starts[1:], len(y) / RATE]
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        lines = [y[int(a * RATE) : int(b * RATE)] for a, b in zip(starts, ends)]
        speeds = rng.uniform(0.7, 1.4, size=len(lines))
        pieces = [librosa.effects.time_stretch(p, rate=s) for p, s in zip(lines, speeds)]
        other = librosa.effects.pitch_shift(np.concatenate(pieces), sr=RATE, n_steps=1)
        other += 0.1 * other.std() * rng.normal(size=len(other)).astype(np.float32)
        known = np.cumsum([0, *map(len, pieces)])[:-1] / RATE
        warped.append(_warped(y, other, known))
        even.append(known * len(y) / len(other))
        truth.append(starts)
    truth = np.concatenate(truth)
    return [
        *_rows(case, WARPED, np.concatenate(warped), truth, note),
        *_rows(case, EVEN, np.concatenate(even), truth, note),
    ]


def _warped(y, other, known):
    """Times in `y` of times in the other reading."""
    path = dtw(_frames(y), _frames(other), band=BAND)
    return np.interp(known, np.arange(path.n_frames[1]) * HOP, path.positions() * HOP)


def _frames(y):
    frames = MFCC(13, delta=False, window=0.025, hop=HOP).frames(y, RATE).T
    return (frames - frames.mean(axis=0)) / frames.std(axis=0)


def _rows(case, method, found, truth, note):
    """The measures of mir_eval.alignment: share of correct lines, median and mean error."""
    errors = np.abs(found - truth)
    values = float(np.mean(errors <= 0.3)), float(np.median(errors)), float(np.mean(errors))
    return [
        Row(case, method, metric, value, unit="" if metric.startswith("share") else "s", note=note)
        for metric, value in zip(_METRICS, values)
    ]
