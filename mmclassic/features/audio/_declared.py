"""Sound files whose header says how many bytes of samples follow, or that it does not know.

libsndfile reads without complaint what is there of a file that lacks its end. Of some kinds it
reads nothing where the writer could not go back to its header, as into a pipe, and left a number
there that is none.
"""

import re
import struct
from typing import NamedTuple

from mmclassic.exceptions import CellError

_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # behind the names of the chunks of W64
# What writers put where they do not know the length: the ends of signed and unsigned numbers, less
# some header, and 0x7f000000. In eight bytes any number is none that no disk holds.
_STAND_INS = (
    range(0x7F000000, 0x7F001000),
    range(0x7FFF0000, 0x80001000),
    range(0xFFFF0000, 0x1_0000_0000),
    range(1 << 48, 1 << 64),
)
_MOST_CHUNKS = 10_000  # before the samples; damage can make a file one of empty chunks
_NIST = re.compile(rb"^(?:sample_count|channel_count|sample_n_bytes) -i (\d+)", re.MULTILINE)


class _Kind(NamedTuple):
    """Where a kind of file has its size and its chunks, and how a size is written.

    `field` is the format of a size. The one of the whole file is at `outer` and counts what is
    behind `outer_from`; None for a kind without it. Chunks begin at `start` with a name, which is
    one of `samples` for that of the samples, and are padded to multiples of `align` bytes;
    `included` is what a size counts besides the content.
    """

    field: str
    start: int
    samples: tuple
    outer: int | None = 4
    outer_from: int = 8
    align: int = 2
    included: int = 0


_KINDS = {
    b"RIFF": _Kind("<I", 12, (b"data",)),
    b"RIFX": _Kind(">I", 12, (b"data",)),
    b"RF64": _Kind("<I", 12, (b"data",), outer=None),
    b"FORM": _Kind(">I", 12, (b"SSND", b"BODY")),
    b"caff": _Kind(">Q", 8, (b"data",), outer=None, align=1),
    b"riff": _Kind("<Q", 40, (b"data" + _GUID,), outer=16, outer_from=0, align=8, included=24),
}
KINDS_WITH_LENGTH = {*_KINDS, b".snd", b"dns.", b"NIST"}


def declared_pieces(file, size):
    """The pieces for `Spliced` of a file of so many bytes, with its length filled in.

    None if nothing is to be filled in. Raises `CellError` if less is there than declared.
    """
    head = _read(file, 0, 1024)
    if head[:4] in (b".snd", b"dns."):
        field = ">I" if head[:4] == b".snd" else "<I"
        return _filled(file, size, 8, field, _number(field, head[4:8]), finished=False)
    if head[:4] == b"NIST":
        found = list(map(int, _NIST.findall(head)))
        declared = found[0] * found[1] * found[2] if len(found) == 3 else 0
        header = head[8:16].strip()
        return _compare(declared, size - (int(header) if header.isdigit() else 0))
    return _of_chunks(file, size, _KINDS[head[:4]])


def _of_chunks(file, size, kind):
    """The pieces of a file of chunks: the size of that of the samples counts."""
    name_bytes, field_bytes = len(kind.samples[0]), struct.calcsize(kind.field)
    at, long_field = kind.start, None
    for _ in range(_MOST_CHUNKS):
        header = _read(file, at, name_bytes + field_bytes) if at < size else b""
        if len(header) < name_bytes + field_bytes:
            break
        name, content = header[:name_bytes], at + len(header)
        if name in kind.samples:
            if long_field is not None:
                return _filled(file, size, long_field, "<Q", content, finished=False)
            return _filled(
                file, size, content - field_bytes, kind.field, content, kind.included,
                finished=_is_finished(file, kind, content),
            )  # fmt: skip
        if name == b"ds64":  # of RF64: sizes too large for four bytes, the second of the samples
            long_field = content + 8
        length = _number(kind.field, header[name_bytes:]) - kind.included
        at = content + max(length, 0) + -length % kind.align
    return None


def _is_finished(file, kind, content):
    """Whether the size of the whole file was written when all was there."""
    if kind.outer is None:
        return False
    outer = _number(kind.field, _read(file, kind.outer, struct.calcsize(kind.field)))
    return not _is_stand_in(outer) and outer + kind.outer_from > content


def _filled(file, size, at, field, content, included=0, *, finished):
    """Pieces of a file with the size at a position filled in; None if it is there."""
    n_bytes = struct.calcsize(field)
    number = _number(field, _read(file, at, n_bytes))
    declared, there = number - included, size - content
    if declared > 0 and (there >= declared or not _is_stand_in(number)):
        _refuse_joined(file, content + declared)
        return _compare(declared, there)
    if there <= 0 or (finished and declared <= 0) or there + included >= 1 << 8 * n_bytes:
        return None
    return [(0, at), struct.pack(field, there + included), (at + n_bytes, size)]


def _refuse_joined(file, end):
    """Raise CellError if the samples end, but for padding, where another such file begins."""
    if _read(file, 0, 4) in _read(file, end, 12):
        raise CellError("another file follows the sound within the file; split it")


def _compare(declared, there):
    if there < declared:
        raise CellError(
            f"the clip is truncated: its header declares {declared:,} bytes, there are {there:,}"
        )


def _is_stand_in(number):
    return number <= 0 or any(number in numbers for numbers in _STAND_INS)


def _read(file, at, n_bytes):
    file.seek(at)
    return file.read(n_bytes)


def _number(field, data):
    return struct.unpack(field, data)[0] if len(data) == struct.calcsize(field) else 0
