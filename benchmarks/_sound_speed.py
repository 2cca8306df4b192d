"""Speed of MFCC against a librosa loop, and of sound files by one and two workers."""

import librosa
import numpy as np

from benchmarks._ratios import interleaved_seconds, race, ratio_row, time_row
from benchmarks._report import Row
from mmclassic.datasets import fetch_fsdd
from mmclassic.features import MFCC, AudioVectorizer

# By length of a clip: seconds, Hz, clips of a batch, target of the ratio.
_CLIPS = {"5 s at 22050 Hz": (5.0, 22050, 16, 2.5), "0.5 s at 8000 Hz": (0.5, 8000, 64, 12)}
_FILES = "from paths of spoken digits (WAV, half a second) to MFCC, mean and deviation"


def rows(quick):
    """Clips in memory, then files; a quick run has fewer runs and files."""
    n_runs = 9 if quick else 15  # of three, one that is disturbed decides
    found = []
    for name, (seconds, sr, n_clips, target) in _CLIPS.items():
        clips = _noise(n_clips, round(seconds * sr))
        for settings, (descriptor, options) in _settings(sr).items():
            case = f"MFCC, mean and deviation, of clips of {name}; {settings}"
            found += _compare(case, descriptor, options, clips, target, n_runs)
    return [*found, *_file_rows(600 if quick else 3000, 2 if quick else 5)]


def _noise(n_clips, n_samples):
    """Noise that falls off with the frequency, as most sound does."""
    steps = np.random.default_rng(0).normal(size=(n_clips, n_samples))
    walks = steps.cumsum(axis=1)
    return (walks / np.abs(walks).max(axis=1, keepdims=True)).astype(np.float32)


def _settings(sr):
    """By name, our descriptor and what makes librosa compute the same."""
    mfcc = MFCC(sr=sr)
    window = round(mfcc.window * sr)
    return {
        "25 ms every 10 ms, 40 bands, with slopes (our defaults)": (
            mfcc,
            {
                "n_fft": 1 << (window - 1).bit_length(),
                "win_length": window,
                "hop_length": round(mfcc.hop * sr),
                "n_mels": mfcc.n_mels,
            },
        ),
        "2048 samples every 512, 128 bands (librosa's defaults)": (
            MFCC(window=2048 / sr, hop=512 / sr, n_mels=128, delta=False, sr=sr),
            {},
        ),
    }


def _compare(case, descriptor, options, clips, target, n_runs):
    def loop():
        return np.stack([_describe(clip, descriptor, options) for clip in clips])

    def batch():
        return descriptor.transform(clips)

    found = race(
        case,
        {"librosa loop": loop, "mmclassic": batch},
        n_items=len(clips),
        item="clip",
        n_runs=n_runs,
        target=f"target: at least {target} times as fast; float32",
    )
    theirs, ours = loop(), batch()
    apart = float(np.abs(theirs - ours).max() / np.abs(theirs).max())
    metric = "largest difference / largest value"
    return [*found, Row(case, "mmclassic", metric, apart * 1e6, unit="1e-6")]


def _describe(clip, descriptor, options):
    """A clip by librosa."""
    frames = librosa.feature.mfcc(y=clip, sr=descriptor.sr, n_mfcc=descriptor.n_mfcc, **options)
    if descriptor.delta:
        slopes = librosa.feature.delta(frames, width=9, mode="nearest")
        frames = np.concatenate([frames, slopes])
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)])


def _file_rows(n_files, n_runs):
    paths = fetch_fsdd()["recording"].sample(n_files, random_state=0).tolist()
    tasks = {
        "one worker": lambda: AudioVectorizer("mfcc").fit_transform(paths),
        "two workers": lambda: AudioVectorizer("mfcc", n_jobs=2).fit_transform(paths),
    }
    seconds = interleaved_seconds(tasks, n_runs)
    one, two = seconds.values()
    return [
        *(
            time_row(_FILES, name, taken, n_items=n_files, item="file")
            for name, taken in seconds.items()
        ),
        ratio_row(
            _FILES,
            "two workers",
            "gain of a second worker",
            one,
            two,
            note=f"{n_files} files; the workers are of the vectorizer's kind and already started",
        ),
    ]
