"""Any clip to one channel of finite samples at one rate."""

from numbers import Real

import numpy as np
import soundfile
import soxr

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features._truncation import truncation

# Below this there is no band left in which a mel filter bank tells sounds apart.
MIN_RATE = 4000
# Above this a header is damaged: no recorder is within a factor of two.
MAX_RATE = 1_000_000
_BLOCK_FRAMES = 1 << 18


def read_clip(cell, sr, *, array_sr=None):
    """Decode an audio cell.

    Parameters
    ----------
    cell : str, path, bytes, (samples, rate) or ndarray of shape (n_samples,)
        The cell.
    sr : int > 0, Hz
        Rate of the result.
    array_sr : int > 0, Hz, default=None
        Rate of cells that are bare arrays; None refuses them.

    Returns
    -------
    y : ndarray of float32 of shape (n_samples,)
        Samples, the mean of all channels.

    Raises
    ------
    CellError
        If the cell is not a clip that can be decoded completely, or there is
        nothing to hear in it.
    """
    if is_encoded(cell):
        y, rate = _decode(open_source(cell))
    elif isinstance(cell, tuple):
        y, rate = _unpack(cell)
    elif isinstance(cell, np.ndarray):
        y, rate = _as_samples(cell), _array_rate(array_sr)
    else:
        raise CellError(
            "a clip must be a path, encoded bytes, a tuple (samples, rate) or a 1-D array; "
            f"got {type(cell).__name__}"
        )
    reason = clip_fault(y) or _rate_fault(rate)
    if reason:
        raise CellError(reason)
    if rate == sr:
        return y
    return soxr.resample(y, rate, sr, quality="HQ")


def clip_rate(cell):
    """Sampling rate of a cell, from its header alone.

    Parameters
    ----------
    cell : object
        An audio cell.

    Returns
    -------
    rate : float or None
        Hz; None where the cell does not tell, or tells nonsense.
    """
    try:
        if isinstance(cell, tuple):
            rate = _unpack(cell)[1]
        elif is_encoded(cell):
            rate = soundfile.info(open_source(cell)).samplerate
        else:
            return None
    except (CellError, RuntimeError, OSError):
        # The same cell fails again, with its reason, when it is decoded.
        return None
    return None if _rate_fault(rate) else rate


def clip_fault(y):
    """Say why nothing can be heard in a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Samples.

    Returns
    -------
    reason : str or None
        None if the clip is fine.
    """
    if y.size == 0:
        return "the clip has no samples (zero length)"
    if not np.isfinite(y).all():
        return "the clip holds NaN or infinite samples"
    if y.max() == y.min():
        return f"the clip is silent (all {y.size:,} samples are {y[0]:g})"
    return None


def _rate_fault(rate):
    if MIN_RATE <= rate <= MAX_RATE:
        return None
    return f"the sampling rate is {rate:g} Hz; it must be from {MIN_RATE:,} to {MAX_RATE:,} Hz"


def _unpack(cell):
    if len(cell) != 2 or not isinstance(cell[1], Real) or np.ndim(cell[0]) == 0:
        kinds = ", ".join(type(part).__name__ for part in cell)
        raise CellError(f"a tuple must be (samples, rate in Hz); got ({kinds})")
    return _as_samples(np.asarray(cell[0])), cell[1]


def _array_rate(array_sr):
    if array_sr is None:
        raise CellError(
            "a bare array does not tell its sampling rate; pass (samples, rate) or set sr"
        )
    return array_sr


def _as_samples(samples):
    """One channel of float32; signed integers are scaled by their full range."""
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        raise CellError(
            f"an array of shape {samples.shape} has more channels than samples; "
            "(samples, channels) is expected"
        )
    if samples.ndim not in (1, 2):
        raise CellError(f"samples must be 1-D or (samples, channels); got shape {samples.shape}")
    if samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    elif samples.dtype.kind != "f":
        raise CellError(f"samples must be float or signed integers; got {samples.dtype}")
    return _downmix(samples.astype(np.float32, copy=False))


def _downmix(samples):
    return samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)


def _decode(source):
    """Samples and rate of a file; a shorter clip than the header promises is an error."""
    try:
        with soundfile.SoundFile(source) as file:
            blocks, promised, rate = _read_blocks(file), file.frames, file.samplerate
    except Exception as error:
        raise CellError(f"the clip cannot be decoded ({error})") from error
    y = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)
    if y.size < promised:
        raise CellError(f"the clip is truncated: read {y.size:,} of {promised:,} samples")
    reason = _container_fault(source)
    if reason:
        raise CellError(reason)
    return y, rate


def _read_blocks(file):
    blocks = []
    while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        blocks.append(_downmix(block))
    return blocks


def _container_fault(source):
    if not isinstance(source, str):
        return truncation(source)
    with open(source, "rb") as file:
        return truncation(file)
