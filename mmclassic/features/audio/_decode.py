"""Any clip to one channel of finite samples at one rate."""

import re
from numbers import Real

import numpy as np
import soundfile

from mmclassic.exceptions import CellError
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.audio._containers import sound_streams
from mmclassic.features.audio._mixer import Mixer, rate_fault

_BLOCK_FRAMES = 1 << 18
# Kinds of sound files whose end is checked, or whose header tells no length; no others are read.
_FORMATS = {"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "NIST", "FLAC", "OGG", "MP3"}
_FORMATS |= {"SVX", "IRCAM", "PAF", "PVF"}
_ADDRESS = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>")


def read_clip(cell, sr, *, array_sr=None):
    """A cell as float32 samples at the rate `sr` (Hz), mono, and a remark or None.

    The samples are the mean of all channels or, as the remark then says, the loudest if they
    cancel out. `array_sr` is the rate of bare arrays; None refuses them. Raises `CellError` for
    a clip that cannot be decoded completely, or in which there is nothing to hear.
    """
    mixer = _mix(cell, sr, array_sr)
    channel = mixer.loudest_if_cancelled()
    if channel is not None:
        remark = (
            "the channels cancel out: their mean is more than 30 dB below them, as when one has "
            f"its polarity reversed; the loudest, channel {channel}, stands for the clip"
        )
        mixer = _mix(cell, sr, array_sr, channel)
        mixer.remarks.append(remark)
    return mixer.finish(), "; ".join(mixer.remarks) or None


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
    bits = 8 * samples.dtype.itemsize if samples.dtype.kind == "i" else None
    mixer = Mixer(rate, sr, channel, bits)
    for start in range(0, len(samples), _BLOCK_FRAMES):
        mixer.add(_as_float(samples[start : start + _BLOCK_FRAMES]))
    return mixer


def clip_rate(cell):
    """Sampling rate of a cell by its header, Hz; None if that is silent or tells nonsense."""
    header = _header(cell)
    return None if header is None or rate_fault(header[1]) else header[1]


def clip_seconds(cell):
    """Length of a cell by its header; None where that does not tell."""
    header = _header(cell)
    return None if header is None or rate_fault(header[1]) else header[0] / header[1]


def _header(cell):
    """Number of samples and rate, or None."""
    try:
        if isinstance(cell, tuple):
            samples, rate = _unpack(cell)
            return len(samples), rate
        if is_encoded(cell):
            return _encoded_header(cell)
    except (CellError, RuntimeError, OSError):
        # The same cell fails again, with its reason, when it is decoded.
        return None
    return None


def _encoded_header(cell):
    """Number of samples, of which a header may know nothing, and rate of a file."""
    size = 0
    with sound_streams(open_source(cell)) as streams:
        for stream in streams:
            with soundfile.SoundFile(stream.source) as file:
                size += file.frames if stream.n_samples is None else stream.n_samples
                rate = file.samplerate
    return size, rate


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
        raise CellError(
            f"samples must be float or signed integers; got {samples.dtype}. Unsigned ones have "
            "their zero at half their range: subtract that first"
        )
    return samples


def _as_float(samples):
    """Float32 samples; signed integers are scaled by their full range."""
    if samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    with np.errstate(over="ignore"):  # what becomes infinite is refused as that
        return samples.astype(np.float32, copy=False)


def _decode(source, sr, channel):
    """A mixer that has taken a file; a shorter clip than the header promises is an error."""
    try:
        with sound_streams(source) as streams:
            mixer = None
            for stream in streams:
                mixer = _add_stream(mixer, stream, sr, channel)
    except CellError:
        raise
    except Exception as error:
        # libsndfile names a stream by its address, which is another at every call.
        words = _ADDRESS.sub("the bytes", str(error))
        raise CellError(f"the clip cannot be decoded ({words})") from error
    return mixer


def _add_stream(mixer, stream, sr, channel):
    """The mixer (a new one for None) when it has taken a stream, too."""
    with soundfile.SoundFile(stream.source) as file:
        _check_format(file, stream)
        if mixer is None:
            mixer = Mixer(file.samplerate, sr, channel, 32 if file.subtype == "PCM_32" else None)
            mixer.n_channels = file.channels
        elif (mixer.rate, mixer.n_channels) != (file.samplerate, file.channels):
            raise CellError(
                f"the sound changes from {mixer.rate} Hz, {mixer.n_channels} channel(s) to "
                f"{file.samplerate} Hz, {file.channels} channel(s) within the file; split it"
            )
        before = mixer.size
        while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
            mixer.add(block if block.shape[1] > 1 else block[:, 0])
        read, promised = mixer.size - before, file.frames
    if stream.n_samples is not None:
        promised = stream.n_samples
    if read < promised:
        raise CellError(f"the clip is truncated: read {read:,} of {promised:,} samples")
    if stream.remark is not None:
        mixer.remarks.append(stream.remark)
    return mixer


def _check_format(file, stream):
    if file.format not in _FORMATS:
        raise CellError(
            f"files of the kind {file.format} are not read, as it cannot be told whether their end "
            "is missing; convert it to WAV or FLAC"
        )
    if file.format == "MP3" and not stream.is_mpeg:
        raise CellError("the clip cannot be decoded (no run of MPEG frames)")
