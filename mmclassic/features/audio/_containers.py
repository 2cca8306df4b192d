"""What a decoder is to open for all of a sound: the file as it is, or streams made of its parts."""

import io
from contextlib import contextmanager
from typing import NamedTuple

from mmclassic.features.audio._declared import KINDS_WITH_LENGTH, declared_pieces
from mmclassic.features.audio._flac import flac_streams
from mmclassic.features.audio._mpeg import mpeg_frames, tag_size
from mmclassic.features.audio._ogg import ogg_links
from mmclassic.features.audio._spliced import Spliced


class Stream(NamedTuple):
    """What soundfile opens, the number of samples where they were counted, and a remark."""

    source: object
    n_samples: int | None = None
    remark: str | None = None
    is_mpeg: bool = False


@contextmanager
def sound_streams(source):
    """The `Stream`s that follow one another in a path or a stream of bytes.

    Raises `CellError` if the end of the sound is missing.
    """
    with open(source, "rb") if isinstance(source, str) else source as file:
        yield _streams(file, source)


def _streams(file, source):
    size, start = file.seek(0, io.SEEK_END), 0
    while tag := tag_size(file, start):
        start += tag
    if 0 < start < size:
        source = file = Spliced(file, [(start, size)])
        size -= start
    file.seek(0)
    mark = file.read(4)
    if mark == b"fLaC":
        return [_stream(source, file, size, *found) for found in flac_streams(file, size)]
    if mark == b"OggS":
        return [_stream(source, file, size, [link]) for link in ogg_links(file, size)]
    if mark in KINDS_WITH_LENGTH:
        return [_stream(source, file, size, declared_pieces(file, size))]
    frames = mpeg_frames(file, size)
    if frames is None:
        return [_stream(source, file, size, None)]
    spliced = Spliced(file, frames.pieces, frames.size)
    return [Stream(spliced, frames.n_samples, _mpeg_remark(frames), is_mpeg=True)]


def _stream(source, file, size, pieces, n_samples=None):
    """A stream; of a path where all of it is wanted as it is, as libsndfile reads that itself."""
    if pieces in (None, [(0, size)]):
        return Stream(source if isinstance(source, str) else Spliced(file, [(0, size)]), n_samples)
    return Stream(Spliced(file, pieces), n_samples)


def _mpeg_remark(frames):
    if not frames.passed_over:
        return None
    return (
        f"{frames.passed_over:,} bytes among its MPEG frames are no sound, as where a file is "
        "damaged, and were passed over"
    )
