"""Streams brought to one clock: planted offsets and drift, and the lines of a spoken text."""

import os
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks import _line_times, _planted_offsets
from benchmarks._report import Row

DESCRIPTION = "time: planted offsets and drift of sounds at 0 dB, line times of a spoken text"

SKEWS = (-200.0, -100.0, -50.0, 20.0, 50.0, 100.0, 200.0)


def run(quick):
    """Plant offsets in generated sounds and in three sonnets; a quick run plants fewer."""
    n_trials, skews = (6, SKEWS[:2]) if quick else (100, SKEWS)
    rng = np.random.default_rng(5)
    generated = [_planted_offsets.generated_speech(60, rng) for _ in range(3)]
    rows = _planted("generated sounds", generated, n_trials, skews)
    sonnets = _sonnets()
    if sonnets is None:
        note = "the readings are looked for in the folder audiobook-align of MMCLASSIC_DATA"
        rows.append(
            Row("three sonnets", _planted_offsets.OURS, "share within 10 ms", None, note=note)
        )
    else:
        rows += _planted("three sonnets", sonnets, n_trials, skews)
    return [*rows, *_line_times.rows(quick)]


def _planted(case, sounds, n_trials, skews):
    return [
        *_planted_offsets.offset_rows(case, sounds, n_trials),
        *_planted_offsets.chance_rows(case, sounds, n_trials),
        *_planted_offsets.drift_rows(f"{case}, drift", sounds, skews),
    ]


def _sonnets():
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / "audiobook-align"
    paths = [folder / f"sonnet00{i}.wav" for i in (1, 2, 3)]
    if not all(path.is_file() for path in paths):
        return None
    read = [soundfile.read(path) for path in paths]
    return [soxr.resample(y, rate, _planted_offsets.RATE) for y, rate in read]
