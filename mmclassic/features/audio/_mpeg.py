"""The frames of MPEG audio (MP3): its files seldom tell how many there are, so they are counted.

A decoder left to itself guesses the length from the first frame and the size of the file: it reads
a part of a file of variable bit rate, and expects more than there is behind a picture of the cover.
A table in the first frame ("Xing", "Info", "VBRI") tells the number of frames, but of two files
joined only that of the first.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from mmclassic.exceptions import CellError

# kbit/s by the four bits of the header, for MPEG-1 and (the lower rates) MPEG-2 and 2.5.
_BITRATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)
_HALVINGS = {3: 0, 2: 1, 0: 2}  # of these rates, by the version: MPEG-1, MPEG-2, MPEG-2.5
_HEADER = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][\x10-\xef]")
# Enough of a frame to see the table, which comes behind up to 36 bytes.
_PEEK = 56
_BLOCK = 1 << 16
# So many headers in a row are a sound. By chance a megabyte of noise holds two, which are believed
# at the start or where they go on as before, once in ten thousand times, and three never.
_RUN, _SURE = 2, 3
# An empty ID3 tag: libsndfile takes some MPEG streams without one for another kind.
_EMPTY_TAG = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
# What may lie before, behind or between the frames unsaid: less than two frames.
_FEW_BYTES = 2048


class Frame(NamedTuple):
    """A frame by its header: bytes, samples, rate (Hz), mono or not; all frames share the form."""

    size: int
    n_samples: int
    rate: int
    mono: bool
    form: tuple


class Frames(NamedTuple):
    """What `Spliced` needs to show a decoder all frames, and no tags.

    `n_samples` is their number, or None where a table among the frames tells it; `passed_over`
    counts the bytes that are neither frames nor tags.
    """

    pieces: list
    size: int
    n_samples: int | None
    passed_over: int


def mpeg_frames(file, size):
    """The `Frames` of a file of so many bytes; None if it is something else.

    Raises `CellError` if the end is missing, or if the sound changes its form.
    """
    first = _first_frame(file, size)
    return None if first is None else _Scan(file, size, first).frames()


class _Scan:
    """One pass over the headers of all frames from `first` on."""

    def __init__(self, file, size, first):
        self._file, self._size, self._first = file, size, first
        self._model = _parse(_peek(file, first))
        self._runs = []
        self._count = self._passed_over = self._first_size = 0
        self._tables = []
        self._cut = False

    def frames(self):
        at = self._first
        while at < self._size:
            head = _peek(self._file, at)
            frame = _parse(head)
            if frame is None or frame.form != self._model.form:
                at = self._behind_gap(at)
            elif at + frame.size > self._size:
                self._cut, at = True, self._size
            else:
                self._take(at, frame, head)
                at += frame.size
        self._check_end()
        return self._found()

    def _take(self, at, frame, head):
        table = _table_of(head, frame)
        if table is not None:
            self._tables.append(table)
            return
        self._first_size = self._first_size or frame.size
        self._count += 1
        if self._runs and self._runs[-1][1] == at:
            self._runs[-1][1] = at + frame.size
        else:
            self._runs.append([at, at + frame.size])

    def _behind_gap(self, at):
        """Where frames go on behind a tag, or behind what else lies there."""
        tag = tag_size(self._file, at)
        if tag:
            return at + tag
        found = _search(self._file, at + 1, self._size, self._size, self._model)
        found = self._size if found is None else found
        self._passed_over += found - at
        return found

    def _check_end(self):
        declared = sum(self._tables)
        # Some writers count the frame of the table, too.
        if declared > self._count + (0 if self._cut else len(self._tables)):
            raise CellError(
                f"the clip is truncated: its header declares {declared:,} MPEG frames, there are "
                f"{self._count:,}"
            )
        if self._cut and (not declared or declared != self._count):
            raise CellError("the clip is truncated: its last MPEG frame is cut")
        if not self._count:
            raise CellError("the clip has no samples (zero length)")

    def _found(self):
        pieces = [tuple(run) for run in self._runs]
        if self._tables == [self._count] and self._begins_with_table():
            # It tells besides how much silence the encoder added, so it is kept.
            table = (self._first, self._first + self._model.size)
            return Frames([_EMPTY_TAG, table, *pieces], 0, None, 0)
        # More than any decoder expects by the first frame: it then reads to the end of the pieces.
        size = (self._count + 4) * (self._first_size + 1) + sum(b - a for a, b in pieces)
        passed_over = self._passed_over if self._passed_over > _FEW_BYTES else 0
        n_samples = self._count * self._model.n_samples
        return Frames([_EMPTY_TAG, *pieces], size, n_samples, passed_over)

    def _begins_with_table(self):
        """Whether the decoder, too, knows the table; it does not know "VBRI"."""
        head = _peek(self._file, self._first)
        return _table_of(head, self._model) is not None and b"VBRI" not in head


def _peek(file, at, n_bytes=_PEEK):
    file.seek(at)
    return file.read(n_bytes)


def _first_frame(file, size):
    if _is_run(file, 0, size, _RUN, cut=True):
        return 0
    # A recorder of a stream begins anywhere in a frame.
    return _search(file, 1, min(size, _BLOCK), size, None)


def _search(file, start, stop, size, model):
    """Where the next frames begin; `model` is one of those before, if there were any."""
    for at in range(start, stop, _BLOCK):
        for match in _HEADER.finditer(_peek(file, at, min(_BLOCK, stop - at) + 2)):
            found = at + match.start()
            frame = _parse(_peek(file, found))
            if frame is None:
                continue
            alike = model is not None and frame.form == model.form
            if _is_run(file, found, size, _RUN if alike else _SURE, cut=False):
                if model is None or alike:
                    return found
                raise CellError(
                    f"the sound changes from {_form(model)} to {_form(frame)} within the file; "
                    "split it"
                )
    return None


def _form(frame):
    return f"MPEG layer {frame.form[1]} at {frame.rate} Hz, {'mono' if frame.mono else 'stereo'}"


def _is_run(file, at, size, n_frames, *, cut):
    """Whether so many frames of one form follow, or all up to the end (which may be `cut`)."""
    form = None
    for _ in range(n_frames):
        frame = _parse(_peek(file, at))
        if frame is None or form not in (None, frame.form):
            return form is not None and cut and bool(tag_size(file, at))
        form = frame.form
        at += frame.size
        if at >= size:
            return cut or at == size
    return True


def _parse(head):
    """The frame of a header, or None."""
    return _parse_header(head[:4]) if len(head) >= 4 and head[0] == 0xFF else None


@lru_cache(maxsize=1024)
def _parse_header(header):
    bits = int.from_bytes(header)
    version, layer = bits >> 19 & 3, 4 - (bits >> 17 & 3)
    bitrate, rate, padding = bits >> 12 & 15, bits >> 10 & 3, bits >> 9 & 1
    if bits >> 21 != 0x7FF or version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = _RATES[rate] >> _HALVINGS[version]
    bits_per_second = 1000 * _BITRATES[version == 3, layer][bitrate - 1]
    mono = bits >> 6 & 3 == 3
    form = (version, layer, rate, mono)
    if layer == 1:
        return Frame(4 * (12 * bits_per_second // hertz + padding), 384, hertz, mono, form)
    n_samples = 576 if layer == 3 and version != 3 else 1152
    return Frame(n_samples // 8 * bits_per_second // hertz + padding, n_samples, hertz, mono, form)


def _table_of(head, frame):
    """Number of frames by the table that a frame holds, 0 if that is silent; None for no table."""
    version, layer = frame.form[:2]
    if layer != 3 or len(head) < _PEEK:
        return None
    at = 4 + ((17 if frame.mono else 32) if version == 3 else (9 if frame.mono else 17))
    if head[at : at + 4] in (b"Xing", b"Info"):
        return int.from_bytes(head[at + 8 : at + 12]) if head[at + 7] & 1 else 0
    if head[36:40] == b"VBRI":
        return int.from_bytes(head[50:54])
    return None


def tag_size(file, at):
    """Bytes of the tag (ID3, APE) at a position; 0 if there is none."""
    head = _peek(file, at, 32)
    if head[:3] == b"TAG":
        return 128
    if head[:3] == b"ID3" and len(head) >= 10:
        # Seven bits of each byte, so that no size looks like a frame; a flag tells of a footer.
        size = sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:10]))
        return 10 + size + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) == 32:
        return 32 + int.from_bytes(head[12:16], "little")
    return 0
