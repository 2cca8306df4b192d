"""From the frames of clips to one row per clip."""

import re

import numpy as np

MEAN_AND_STD = ("mean", "std")
_PERCENTILE = re.compile(r"p(\d{1,2}|100)")


def check_pooling(pooling, name):
    """Refuse statistics that are unknown or there twice, and a choice of none."""
    wrong = [p for p in pooling if p not in MEAN_AND_STD and not _is_percentile(p)]
    if wrong or not pooling or len(set(pooling)) < len(pooling):
        raise ValueError(
            f"pooling of {name} must name different statistics of 'mean', 'std' and percentiles "
            f"from 'p0' to 'p100'; got {pooling!r}."
        )


def pooled_names(names, pooling, segments=1):
    """Names of pooled features: ``feature_statistic``, with segments ``feature_statistic_segment``.

    All of the first segment come first, and in it all features of the first statistic.
    """
    parts = [""] if segments == 1 else [f"_{i}" for i in range(segments)]
    return [
        f"{name}_{statistic}{part}" for part in parts for statistic in pooling for name in names
    ]


def pool_frames(frames, lengths, pooling=MEAN_AND_STD):
    """One float32 row of statistics for every clip, in the order of `pooled_names`.

    `frames` (n_frames, n_features) has one clip below the other, `lengths` their numbers of frames.
    """
    values = {}
    if not set(MEAN_AND_STD).isdisjoint(pooling):
        values["mean"], values["std"] = moments(frames, lengths)
    percentiles = [p for p in pooling if p not in MEAN_AND_STD]
    if percentiles:
        # Clips of unequal length cannot be sorted together, so these go clip by clip.
        clips = np.split(frames, np.cumsum(lengths)[:-1])
        ranks = [int(p[1:]) for p in percentiles]
        found = np.stack([np.percentile(clip, ranks, axis=0) for clip in clips], axis=1)
        values.update(zip(percentiles, found))
    return np.concatenate([values[p] for p in pooling], axis=1).astype(np.float32)


def pool_segments(frames, lengths, pooling, segments):
    """One float32 row for every clip: the statistics of each of its parts of equal length.

    Neighbours share a frame where the border is within it, so that a clip of fewer frames than
    parts has no empty part.
    """
    if segments == 1:
        return pool_frames(frames, lengths, pooling)
    # A part begins at the floor and ends at the ceiling of its exact borders.
    starts = (np.cumsum(lengths) - lengths)[:, None]
    edges = np.asarray(lengths)[:, None] * np.arange(segments + 1)
    first = (starts + edges[:, :-1] // segments).ravel()
    sizes = (starts - -edges[:, 1:] // segments).ravel() - first
    rows = np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    return pool_frames(frames[rows], sizes, pooling).reshape(len(lengths), -1)


def normalize_frames(frames, lengths):
    """Bring every feature to mean 0 and deviation 1 within every clip; a constant one to 0."""
    averages, deviations = moments(frames, lengths)
    # Rounding leaves a tiny deviation where there is none; its quotient would be noise. Float32
    # rounds to 6e-8 of the mean, so what is smaller than 1e-6 of it has a digit at most.
    flat = deviations <= 1e-6 * np.abs(averages)
    scales = np.where(flat, np.inf, deviations)
    return (frames - np.repeat(averages, lengths, axis=0)) / np.repeat(scales, lengths, axis=0)


def moments(frames, lengths):
    """Mean and standard deviation over the frames of every clip, float64 (n_clips, n_features)."""
    # Two passes. Mean of squares less square of the mean saves one, but in float32 is 3 % off at a
    # mean of 300 and a deviation of 1, as the first coefficient of an MFCC can be. What is left of
    # float32 once its mean is off has digits enough; only the sums are in float64.
    averages = means(frames, lengths)
    squares = frames - np.repeat(averages.astype(frames.dtype), lengths, axis=0)
    np.square(squares, out=squares)
    return averages, np.sqrt(means(squares, lengths))


def means(frames, lengths):
    """Mean over the frames of every clip, float64 (n_clips, n_features)."""
    # Sums by reduceat over all clips take a fifth of the time of a loop at 50 frames a clip.
    starts, counts = np.cumsum(lengths) - lengths, np.asarray(lengths)[:, None]
    return np.add.reduceat(frames, starts, axis=0, dtype=np.float64) / counts


def _is_percentile(name):
    return isinstance(name, str) and _PERCENTILE.fullmatch(name) is not None
