"""From the frames of clips to one row per clip."""

import re

import numpy as np

MEAN_AND_STD = ("mean", "std")
_PERCENTILE = re.compile(r"p(\d{1,2}|100)")


def check_pooling(pooling, name):
    """Check a choice of statistics.

    Parameters
    ----------
    pooling : sequence of str
        "mean", "std" and percentiles such as "p90".
    name : str
        Who asks, for the error message.

    Raises
    ------
    ValueError
        If a statistic is not known, is there twice, or there is none.
    """
    wrong = [p for p in pooling if p not in MEAN_AND_STD and not _is_percentile(p)]
    if wrong or not pooling or len(set(pooling)) < len(pooling):
        raise ValueError(
            f"pooling of {name} must name different statistics of 'mean', 'std' and percentiles "
            f"from 'p0' to 'p100'; got {pooling!r}."
        )


def pooled_names(names, pooling, segments=1):
    """List the names of pooled features: ``feature_statistic``, or ``feature_statistic_segment``.

    Parameters
    ----------
    names : list of str
        Features of a frame.
    pooling : sequence of str
        The statistics.
    segments : int > 0, default=1
        Parts that are pooled on their own.

    Returns
    -------
    pooled : list of str
        All of the first segment, then of the next; in it all features of the first
        statistic, then of the next.
    """
    parts = [""] if segments == 1 else [f"_{i}" for i in range(segments)]
    return [
        f"{name}_{statistic}{part}" for part in parts for statistic in pooling for name in names
    ]


def pool_frames(frames, lengths, pooling=MEAN_AND_STD):
    """Describe every clip by statistics over its frames.

    Parameters
    ----------
    frames : ndarray of float of shape (n_frames, n_features)
        Frames of all clips, one clip below the other.
    lengths : ndarray of int > 0 of shape (n_clips,)
        Number of frames of every clip.
    pooling : sequence of str, default=("mean", "std")
        The statistics.

    Returns
    -------
    pooled : ndarray of float32 of shape (n_clips, n_statistics * n_features)
        All features of the first statistic, then of the next.
    """
    values = {}
    if not set(MEAN_AND_STD).isdisjoint(pooling):
        values["mean"], values["std"] = moments(frames, lengths)
    percentiles = [p for p in pooling if p not in MEAN_AND_STD]
    if percentiles:
        clips = np.split(frames, np.cumsum(lengths)[:-1])
        ranks = [int(p[1:]) for p in percentiles]
        found = np.stack([np.percentile(clip, ranks, axis=0) for clip in clips], axis=1)
        values.update(zip(percentiles, found))
    return np.concatenate([values[p] for p in pooling], axis=1).astype(np.float32)


def pool_segments(frames, lengths, pooling, segments):
    """Describe every clip by statistics over each of its parts.

    Parameters
    ----------
    frames : ndarray of float of shape (n_frames, n_features)
        Frames of all clips, one clip below the other.
    lengths : ndarray of int > 0 of shape (n_clips,)
        Number of frames of every clip.
    pooling : sequence of str
        The statistics.
    segments : int > 0
        Parts of equal length. Neighbours share a frame where the border is
        within it, so that a clip of fewer frames than parts has no empty part.

    Returns
    -------
    pooled : ndarray of float32 of shape (n_clips, segments * n_statistics * n_features)
        See `pooled_names`.
    """
    if segments == 1:
        return pool_frames(frames, lengths, pooling)
    starts = (np.cumsum(lengths) - lengths)[:, None]
    edges = np.asarray(lengths)[:, None] * np.arange(segments + 1)
    first = (starts + edges[:, :-1] // segments).ravel()
    sizes = (starts - -edges[:, 1:] // segments).ravel() - first
    rows = np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    return pool_frames(frames[rows], sizes, pooling).reshape(len(lengths), -1)


def normalize_frames(frames, lengths):
    """Bring every feature to mean 0 and deviation 1 within every clip.

    Parameters
    ----------
    frames : ndarray of float of shape (n_frames, n_features)
        Frames of all clips, one clip below the other.
    lengths : ndarray of int > 0 of shape (n_clips,)
        Number of frames of every clip.

    Returns
    -------
    frames : ndarray of float64 of shape (n_frames, n_features)
        A feature that does not change within a clip becomes 0 there.
    """
    means, deviations = moments(frames, lengths)
    # Rounding leaves a tiny deviation where there is none; its quotient would be noise.
    flat = deviations <= 1e-6 * np.abs(means)
    scales = np.where(flat, np.inf, deviations)
    return (frames - np.repeat(means, lengths, axis=0)) / np.repeat(scales, lengths, axis=0)


def moments(frames, lengths):
    """Mean and standard deviation of every clip.

    Parameters
    ----------
    frames : ndarray of float of shape (n_frames, n_features)
        Frames of all clips, one clip below the other.
    lengths : ndarray of int > 0 of shape (n_clips,)
        Number of frames of every clip.

    Returns
    -------
    means, deviations : ndarray of float64 of shape (n_clips, n_features)
        Over the frames of every clip.
    """
    starts, counts = np.cumsum(lengths) - lengths, np.asarray(lengths)[:, None]
    means = np.add.reduceat(frames, starts, axis=0, dtype=np.float64) / counts
    squares = frames - np.repeat(means, lengths, axis=0)
    np.square(squares, out=squares)
    return means, np.sqrt(np.add.reduceat(squares, starts, axis=0) / counts)


def _is_percentile(name):
    return isinstance(name, str) and _PERCENTILE.fullmatch(name) is not None
