"""Any clip to one channel of finite samples at one rate."""

from numbers import Real

import numpy as np
import soundfile
import soxr

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.audio._truncation import truncation

# Below this there is no band left in which a mel filter bank tells sounds apart.
MIN_RATE = 4000
# Above this a header is damaged: no recorder is within a factor of two.
MAX_RATE = 1_000_000
_BLOCK_FRAMES = 1 << 18
# Independent channels lose 3 dB when two are averaged, 18 dB when 64 are; only opposites lose more.
_CANCELLED = 1e-3  # 30 dB


def read_clip(cell, sr, *, array_sr=None):
    """A cell as float32 samples at the rate `sr` (Hz), mono, and a remark or None.

    The samples are the mean of all channels or, as the remark then says, the loudest if they
    cancel out. `array_sr` is the rate of bare arrays; None refuses them. Raises `CellError` for
    a clip that cannot be decoded completely, or in which there is nothing to hear.
    """
    mixer = _mix(cell, sr, array_sr)
    channel = mixer.loudest_if_cancelled()
    if channel is None:
        return mixer.finish(), None
    remark = (
        "the channels cancel out: their mean is more than 30 dB below them, as when one has its "
        f"polarity reversed; the loudest, channel {channel}, stands for the clip"
    )
    return _mix(cell, sr, array_sr, channel).finish(), remark


def _mix(cell, sr, array_sr, channel=None):
    """A mixer that has taken the whole cell."""
    if is_encoded(cell):
        return _decode(open_source(cell), sr, channel)
    if isinstance(cell, tuple):
        samples, rate = _unpack(cell)
    elif isinstance(cell, np.ndarray):
        samples, rate = _check_samples(cell), _array_rate(array_sr)
    else:
        raise CellError(
            "a clip must be a path, encoded bytes, a tuple (samples, rate) or a 1-D array; "
            f"got {type(cell).__name__}"
        )
    mixer = _Mixer(rate, sr, channel)
    for start in range(0, len(samples), _BLOCK_FRAMES):
        mixer.add(_as_float(samples[start : start + _BLOCK_FRAMES]))
    return mixer


def clip_rate(cell):
    """Sampling rate of a cell by its header, Hz; None if that is silent or tells nonsense."""
    header = _header(cell)
    return None if header is None or _rate_fault(header[1]) else header[1]


def clip_seconds(cell):
    """Length of a cell by its header; None where that does not tell."""
    header = _header(cell)
    return None if header is None or _rate_fault(header[1]) else header[0] / header[1]


def _header(cell):
    """Number of samples and rate, or None."""
    try:
        if isinstance(cell, tuple):
            samples, rate = _unpack(cell)
            return len(samples), rate
        if is_encoded(cell):
            info = soundfile.info(open_source(cell))
            return info.frames, info.samplerate
    except (CellError, RuntimeError, OSError):
        # The same cell fails again, with its reason, when it is decoded.
        return None
    return None


def clip_fault(y):
    """Why nothing can be heard in samples; None if they are fine."""
    if y.size == 0:
        return "the clip has no samples (zero length)"
    return _range_fault(y.size, y.min(), y.max())


def _range_fault(size, lowest, highest):
    # NaN spreads to both ends of the range, infinity is one of them.
    if not np.isfinite(lowest) or not np.isfinite(highest):
        return "the clip holds NaN or infinite samples"
    if lowest == highest:
        return f"the clip is silent (all {size:,} samples are {lowest:g})"
    return None


class _Mixer:
    """Mixes and resamples block by block, so that a long file is never in memory as it is.

    It goes from `rate` to `sr` (Hz); of the channels it takes one, or for None the mean of all.
    """

    def __init__(self, rate, sr, channel):
        reason = _rate_fault(rate)
        if reason:
            raise CellError(reason)
        self.size = 0
        self._channel = channel
        self._resampler = (
            None if rate == sr else soxr.ResampleStream(rate, sr, 1, dtype="float32", quality="HQ")
        )
        self._parts = []
        self._lowest, self._highest = np.inf, -np.inf
        self._sum, self._squares = 0.0, 0.0
        self._channel_sums, self._channel_squares = 0.0, 0.0

    def add(self, block):
        """Take float32 samples of shape (n,) or (n, n_channels)."""
        mono = block
        if self._channel is not None:
            mono = np.ascontiguousarray(block[:, self._channel])
        elif block.ndim == 2:
            mono = block.mean(axis=1, dtype=np.float32)
            self._measure(mono, block)
        self.size += mono.size
        # np.minimum keeps NaN, the builtin would lose it.
        self._lowest = np.minimum(self._lowest, mono.min())
        self._highest = np.maximum(self._highest, mono.max())
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        self._parts.append(mono)

    def finish(self):
        """The clip; raises `CellError` if there is nothing to hear in it."""
        if self.size == 0:
            raise CellError("the clip has no samples (zero length)")
        reason = _range_fault(self.size, self._lowest, self._highest)
        if reason:
            raise CellError(reason)
        if self._resampler is not None:
            self._parts.append(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        return self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)

    def loudest_if_cancelled(self):
        """The loudest channel, if by its variance next to nothing is left in the mean of all."""
        if self.size == 0:
            return None
        with np.errstate(all="ignore"):
            # One pass, as a file is read once: the difference loses digits to a constant offset,
            # but in float64 not the three that decide, unless the offset is 10^6 times the sound.
            mixed = self._squares - self._sum**2 / self.size
            apart = self._channel_squares - self._channel_sums**2 / self.size
            cancelled = np.mean(apart) > 0 and mixed < _CANCELLED * np.mean(apart)
        return int(np.argmax(apart)) if cancelled else None

    def _measure(self, mono, block):
        with np.errstate(all="ignore"):  # damaged files hold NaN and huge values; see finish
            self._sum += mono.sum(dtype=np.float64)
            self._squares += np.square(mono, dtype=np.float64).sum()
            self._channel_sums += block.sum(axis=0, dtype=np.float64)
            self._channel_squares += np.square(block, dtype=np.float64).sum(axis=0)


def _rate_fault(rate):
    if MIN_RATE <= rate <= MAX_RATE:
        return None
    return f"the sampling rate is {rate:g} Hz; it must be from {MIN_RATE:,} to {MAX_RATE:,} Hz"


def _unpack(cell):
    if len(cell) != 2 or not isinstance(cell[1], Real) or np.ndim(cell[0]) == 0:
        kinds = ", ".join(type(part).__name__ for part in cell)
        raise CellError(f"a tuple must be (samples, rate in Hz); got ({kinds})")
    return _check_samples(np.asarray(cell[0])), cell[1]


def _array_rate(array_sr):
    if array_sr is None:
        raise CellError(
            "a bare array does not tell its sampling rate; pass (samples, rate) or set sr"
        )
    return array_sr


def _check_samples(samples):
    if samples.ndim == 2 and samples.shape[0] < samples.shape[1]:
        raise CellError(
            f"an array of shape {samples.shape} has more channels than samples; "
            "(samples, channels) is expected"
        )
    if samples.ndim not in (1, 2):
        raise CellError(f"samples must be 1-D or (samples, channels); got shape {samples.shape}")
    if samples.dtype.kind not in "if":
        raise CellError(f"samples must be float or signed integers; got {samples.dtype}")
    return samples


def _as_float(samples):
    """Float32 samples; signed integers are scaled by their full range."""
    if samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    return samples.astype(np.float32, copy=False)


def _decode(source, sr, channel):
    """A mixer that has taken a file; a shorter clip than the header promises is an error."""
    try:
        with soundfile.SoundFile(source) as file:
            mixer, promised = _Mixer(file.samplerate, sr, channel), file.frames
            while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                mixer.add(block if block.shape[1] > 1 else block[:, 0])
    except CellError:
        raise
    except Exception as error:
        # libsndfile names a stream by its address, which is another at every call.
        words = str(error).replace(repr(source), "the bytes")
        raise CellError(f"the clip cannot be decoded ({words})") from error
    if mixer.size < promised:
        raise CellError(f"the clip is truncated: read {mixer.size:,} of {promised:,} samples")
    reason = _container_fault(source)
    if reason:
        raise CellError(reason)
    return mixer


def _container_fault(source):
    if not isinstance(source, str):
        return truncation(source)
    with open(source, "rb") as file:
        return truncation(file)
