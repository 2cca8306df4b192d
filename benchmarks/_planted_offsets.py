"""Excerpts of sounds whose place is known, as another microphone hears them, and who finds it."""

import numpy as np
import scipy.signal

from benchmarks._report import Row
from mmclassic.features import MFCC
from mmclassic.sync import Stream, estimate_drift, estimate_offset

RATE = 8000
HOP = 0.01  # s: the frame by which answers are judged
WINDOW = 0.025
_NOTE = "{n} trials: 8 s of a minute, each with noise of its own of the same energy (0 dB)"


def generated_speech(seconds, rng):
    """Noise in bands that change, loud and soft at the pace of syllables."""
    pieces = []
    while sum(map(len, pieces)) < seconds * RATE:
        n = int(rng.uniform(0.08, 0.35) * RATE)
        low = rng.uniform(150, 2500)
        filters = scipy.signal.butter(2, [low, low * rng.uniform(1.2, 1.5)], "band", fs=RATE)
        piece = scipy.signal.lfilter(*filters, rng.normal(size=n)) * np.hanning(n)
        pieces.append(piece / (piece.std() + 1e-9) * rng.uniform(0, 1))
    return np.concatenate(pieces)[: int(seconds * RATE)]


def offset_rows(case, sounds, n_trials):
    """Shares of trials within one frame, for every kind of two microphones."""
    rows = []
    kinds = {
        "white noise": (_in_noise, _in_noise),
        "a room, and white noise": (_in_noise, _in_a_room),
        "mains hum in both, and white noise": (_with_hum, _with_hum),
    }
    for kind, (hear_whole, hear_part) in kinds.items():
        rng = np.random.default_rng(0)
        errors = {name: [] for name in FINDERS}
        scores = []
        for trial in range(n_trials):
            sound = sounds[trial % len(sounds)]
            start = rng.uniform(0, len(sound) / RATE - 8)
            part = sound[int(start * RATE) : int((start + 8) * RATE)]
            a, b = hear_whole(sound, rng), hear_part(part, rng)
            for name, find in FINDERS.items():
                found = find(a, b)
                errors[name].append(abs(found[0] - int(start * RATE) / RATE))
                if name == OURS:
                    scores.append(found[1])
        which = f"{case}, {kind}"
        note = _NOTE.format(n=n_trials)
        for name, values in errors.items():
            share = float(np.mean(np.array(values) <= HOP))
            rows.append(Row(which, name, "share within 10 ms", share, note=note))
            median = 1000 * float(np.median(values))
            rows.append(Row(which, name, "median error", median, unit="ms", note=note))
        trusted = float(np.mean(np.array(scores) > 10))
        rows.append(Row(which, OURS, "share of confidence above 10", trusted, note=note))
    return rows


def chance_rows(case, sounds, n_trials):
    """How often the confidence trusts a place that is none."""
    rng = np.random.default_rng(1)
    scores = []
    for trial in range(n_trials):
        other = generated_speech(8, rng)
        scores.append(_features(_in_noise(sounds[trial % len(sounds)], rng), other)[1])
    note = f"{n_trials} excerpts of another sound: what is claimed is 0"
    case = f"{case}, another sound"
    shares = {bound: float(np.mean(np.array(scores) > bound)) for bound in (5, 10)}
    return [
        Row(case, OURS, f"share of confidence above {bound}", share, note=note)
        for bound, share in shares.items()
    ]


def drift_rows(case, sounds, skews):
    """Error of the rate, and what is left of the shift after it was taken back."""
    rng = np.random.default_rng(2)
    sound = np.concatenate(sounds)
    note = f"{len(skews)} skews of up to {max(skews):g} ppm over {len(sound) / RATE:.0f} s, 0 dB"
    errors = {"mmclassic estimate_drift": [], "first and last window alone": []}
    for skew in skews:
        a = _mfcc(_in_noise(sound, rng))
        b = _mfcc(_in_noise(sound, rng))
        slow = Stream(b.values, rate=b.rate * (1 + 1e-6 * skew))
        drift = estimate_drift(a, slow, window=10.0, max_offset=2.0)
        errors["mmclassic estimate_drift"].append(abs(1e6 * (drift.rate - 1) - skew))
        ends = drift.windows.iloc[[0, -1]]
        slope = np.diff(ends["offset"])[0] / np.diff(ends["time"])[0]
        errors["first and last window alone"].append(abs(1e6 * slope - skew))
    return [
        Row(
            case, name, "median error of the rate", float(np.median(values)), unit="1e-6", note=note
        )
        for name, values in errors.items()
    ]


def _in_noise(sound, rng):
    return sound + sound.std() * rng.normal(size=len(sound))


def _in_a_room(sound, rng):
    """Echoes as strong as the direct sound, decaying in 50 ms, and a microphone without lows."""
    n = int(0.2 * RATE)
    echoes = rng.normal(size=n) * np.exp(-np.arange(n) / (0.05 * RATE))
    echoes /= np.linalg.norm(echoes)
    echoes[0] = 1.0
    heard = scipy.signal.fftconvolve(sound, echoes)[: len(sound)]
    heard = scipy.signal.lfilter(*scipy.signal.butter(1, 300, "high", fs=RATE), heard)
    return _in_noise(heard, rng)


def _with_hum(sound, rng):
    """50 Hz and a harmonic, of four times the energy of the sound, at a phase of their own."""
    turns = 50 * np.arange(len(sound)) / RATE + rng.uniform(0, 1)
    hum = np.sin(2 * np.pi * turns) + 0.5 * np.sin(6 * np.pi * turns)
    return _in_noise(sound, rng) + 2 * sound.std() * hum / hum.std()


def _mfcc(y):
    frames = MFCC(13, delta=False, window=WINDOW, hop=HOP).frames(y.astype(np.float32), RATE)
    return Stream(frames.T, rate=1 / HOP)


def _features(a, b):
    found = estimate_offset(_mfcc(a), _mfcc(b))
    return found.offset, found.confidence


def _phat(a, b):
    found = estimate_offset(Stream(a, rate=RATE), Stream(b, rate=RATE), method="phat")
    return found.offset, found.confidence


def _scipy_samples(a, b):
    curve = scipy.signal.correlate(a, b, "valid")
    return np.argmax(curve) / RATE, None


def _scipy_features(a, b):
    x, y = (_mfcc(z).values for z in (a, b))
    curve = sum(scipy.signal.correlate(p, q, "valid") for p, q in zip(x.T, y.T))
    return np.argmax(curve) * HOP, None


OURS = "mmclassic estimate_offset, MFCC"
FINDERS = {
    OURS: _features,
    "mmclassic estimate_offset, GCC-PHAT": _phat,
    "scipy.signal.correlate, samples": _scipy_samples,
    "scipy.signal.correlate, MFCC as they are": _scipy_features,
}
