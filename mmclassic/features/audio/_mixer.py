"""Channels to one, at one rate, block by block; and what is no sound to be heard."""

import numpy as np
import soxr

from mmclassic.exceptions import CellError

# Below this there is no band left in which a mel filter bank tells sounds apart.
MIN_RATE = 4000
# Above this a header is damaged: no recorder is within a factor of two.
MAX_RATE = 1_000_000
# Full scale is 1. Recorders and mixers leave headroom above it, but not 20 dB.
_LOUDEST = 10.0
# The largest part of full scale that is taken for a narrower type in a wider one, and the largest
# that is remarked on: 16 bits in 32 (96 dB below, where nothing is heard) and 24 in 32; 32 in 64.
_NARROW = {32: 2.0**-16, 64: 2.0**-32}
_QUIET = {32: 2.0**-8}
# Independent channels lose 3 dB when two are averaged, 18 dB when 64 are; only opposites lose more.
_CANCELLED = 1e-3  # 30 dB


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


class Mixer:
    """Mixes and resamples block by block, so that a long file is never in memory as it is.

    It goes from `rate` to `sr` (Hz); of the channels it takes one, or for None the mean of all.
    `bits` is the width of samples that were integers, as far as it decides on their scale.
    """

    def __init__(self, rate, sr, channel, bits=None):
        reason = rate_fault(rate)
        if reason:
            raise CellError(reason)
        self.rate, self.size, self.remarks = rate, 0, []
        self._channel, self._bits, self._peak = channel, bits, 0.0
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
        lowest, highest = block.min(), block.max()
        # np.maximum keeps NaN, the builtin would lose it.
        self._peak = np.maximum(self._peak, np.maximum(highest, -lowest))
        if self._channel is not None:
            mono = np.ascontiguousarray(block[:, self._channel])
        elif block.ndim == 2:
            mono = block.mean(axis=1, dtype=np.float32)
            self._measure(mono, block)
        if mono is not block:
            lowest, highest = mono.min(), mono.max()
        self.size += mono.size
        self._lowest = np.minimum(self._lowest, lowest)
        self._highest = np.maximum(self._highest, highest)
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        self._parts.append(mono)

    @property
    def is_silent(self):
        """Whether nothing came, or all samples are alike."""
        return self.size == 0 or bool(self._lowest == self._highest)

    def finish(self):
        """The clip; raises `CellError` if there is nothing to hear in it."""
        if self.size == 0:
            raise CellError("the clip has no samples (zero length)")
        reason = _range_fault(self.size, self._lowest, self._highest)
        if reason:
            raise CellError(reason)
        self._check_scale()
        if self._resampler is not None:
            self._parts.append(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        return self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)

    def _check_scale(self):
        """Refuse samples that are far beyond the scale of their type, or far below it."""
        if self._peak > _LOUDEST:
            raise CellError(
                f"the float samples reach {self._peak:.5g}, where full scale is 1; divide them by "
                "their own full scale (32,768 for 16 bits), or give integers as integers"
            )
        if self._peak <= _NARROW.get(self._bits, 0):
            own = "int16" if self._peak * 2.0 ** (self._bits - 1) <= 2**15 else "int32"
            raise CellError(
                f"the {self._bits}-bit samples reach {self._peak:.2g} of full scale, as narrower "
                f"ones in a wider type do; convert them to their own type, as by astype({own!r})"
            )
        if self._peak <= _QUIET.get(self._bits, 0):
            self.remarks.append(
                f"the {self._bits}-bit samples reach {self._peak:.2g} of full scale; if they are "
                "24 bits wide, multiply them by 256"
            )

    def loudest_if_cancelled(self):
        """The loudest channel, if by its variance next to nothing is left in the mean of all."""
        if self.size == 0 or np.ndim(self._channel_sums) == 0:  # nothing was mixed
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


def rate_fault(rate):
    """Why a sampling rate is none; None if it is fine."""
    if MIN_RATE <= rate <= MAX_RATE:
        return None
    return f"the sampling rate is {rate:g} Hz; it must be from {MIN_RATE:,} to {MAX_RATE:,} Hz"
