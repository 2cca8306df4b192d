"""The streams of a FLAC file, and how long one is whose encoder could not go back and say so."""

import re
from functools import lru_cache
from itertools import islice

from mmclassic.exceptions import CellError

_MARK = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_BLOCK = 1 << 20
# Where a stream tells the samples of a frame, and of all frames (36 bits of 5 bytes), and the first
# place where a frame can be.
_BLOCK_SIZE, _TOTAL, _LEAST = 10, 21, 42
_FRAME = re.compile(rb"\xff[\xf8\xf9]")
# A frame is smaller than its samples: at most 65,535 of eight channels of 32 bits.
_LARGEST_FRAME = 1 << 21
_MOST_SAMPLES = 1 << 36
# Of the places that look like the beginning of a frame, one in 256 passes the check of a header.
_CANDIDATES = 8
_LONGEST_HEADER = 16
_ID3V1 = 128  # bytes of a tag that some programs hang on
# Samples of a frame by the four bits of its header; two of them stand for a number that follows.
_SIZES = {1: 192, **{i: 576 << i - 2 for i in range(2, 6)}, **{i: 1 << i for i in range(8, 16)}}


def flac_streams(file, size):
    """Of each stream in a file of so many bytes: its pieces for `Spliced`, and number of samples.

    Raises `CellError` if a stream does not tell its length, and its last frame is cut.
    """
    starts = sorted({0, *_marks(file, size)})  # a damaged mark begins a stream, too
    return [_stream(file, *ends) for ends in zip(starts, [*starts[1:], size])]


def _marks(file, size):
    for at in range(0, size, _BLOCK):
        file.seek(at)
        for match in _MARK.finditer(file.read(_BLOCK + 7)):
            yield at + match.start()


def _stream(file, start, stop):
    file.seek(start)
    head = file.read(_LEAST)
    field = int.from_bytes(head[_TOTAL : _TOTAL + 5])
    total = field & _MOST_SAMPLES - 1
    if total or stop - start <= _LEAST:
        return [(start, stop)], total
    total = _count(file, start, stop, int.from_bytes(head[_BLOCK_SIZE : _BLOCK_SIZE + 2]))
    head = head[:_TOTAL] + (field | total).to_bytes(5) + head[_TOTAL + 5 :]
    return [head, (start + len(head), stop)], total


def _count(file, start, stop, block_size):
    """Number of samples by the last frame, which says where it begins."""
    at = max(start + _LEAST, stop - _LARGEST_FRAME)
    file.seek(at)
    tail = file.read(stop - at)
    if tail[-_ID3V1:].startswith(b"TAG"):
        tail = tail[:-_ID3V1]
    for frame, end in islice(_last_frames(tail, block_size), _CANDIDATES):
        if _crc(frame, 16, 0x8005) == 0:
            return end
    raise CellError(
        "the clip is truncated: its header does not tell its length, and the last FLAC frame is "
        "not whole"
    )


def _last_frames(tail, block_size):
    """What may be the last frame, from the end on, and the number of the sample behind it."""
    for match in reversed(list(_FRAME.finditer(tail))):
        frame = tail[match.start() :]
        end = _end_of(frame, block_size)
        if end is not None and end < _MOST_SAMPLES:
            yield frame, end


def _end_of(frame, block_size):
    """Number of the sample behind a frame; None if it has no valid header."""
    header = frame[:_LONGEST_HEADER].ljust(_LONGEST_HEADER, b"\0")
    size_code, rate_code = header[2] >> 4, header[2] & 15
    # The number of the frame, or of its first sample, is coded as a character of UTF-8 is.
    ones = 8 - (header[4] ^ 0xFF).bit_length()
    if ones in (1, 8) or size_code == 0:
        return None
    at = 4 + max(ones, 1)
    number = header[4] & (0x7F >> ones)
    for byte in header[5:at]:
        number = number << 6 | byte & 0x3F
    extra = {6: 1, 7: 2}.get(size_code, 0)
    n_samples = int.from_bytes(header[at : at + extra]) + 1 if extra else _SIZES[size_code]
    at += extra + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if _crc(header[:at], 8, 0x07) != header[at]:
        return None
    counts_samples = header[1] & 1
    return n_samples + number * (1 if counts_samples else block_size)


def _crc(data, width, polynomial):
    """The check sum of bytes, most significant bit first."""
    table = _crc_table(width, polynomial)
    crc, mask = 0, (1 << width) - 1
    for byte in data:
        crc = (crc << 8 & mask) ^ table[(crc >> width - 8) ^ byte]
    return crc


@lru_cache
def _crc_table(width, polynomial):
    table, top = [], 1 << width - 1
    for value in range(256):
        crc = value << width - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & (1 << width) - 1
        table.append(crc)
    return table
