"""Tell from the container whether the end of a sound file is missing.

Decoders read what is there of WAV, AIFF and OGG without complaint; only the
container knows how much there should be.
"""

import struct

# Writers that stream to a pipe cannot know the length and say so with this value.
_UNKNOWN_SIZE = 0xFFFFFFFF
_LARGEST_OGG_PAGE = 27 + 255 + 255 * 255
_OGG_LAST_PAGE = 4


def truncation(file):
    """What is missing at the end of a seekable file; None for nothing, or if it does not tell."""
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _compare(*_wav_data_bytes(file))
    if head[:4] == b"FORM":
        declared = struct.unpack(">I", head[4:8])[0]
        return _compare(declared, file.seek(0, 2) - 8)
    if head[:4] == b"OggS" and not _has_last_ogg_page(file):
        return "the clip is truncated: the last page of the OGG stream is missing"
    return None


def _compare(declared, there):
    if there >= declared:
        return None
    return f"the clip is truncated: its header declares {declared:,} bytes, there are {there:,}"


def _wav_data_bytes(file):
    """Bytes of samples that the header declares, and bytes that follow."""
    while len(header := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", header)
        if kind == b"data":
            start = file.tell()
            return (0 if size == _UNKNOWN_SIZE else size), file.seek(0, 2) - start
        file.seek(size + size % 2, 1)
    return 0, 0


def _has_last_ogg_page(file):
    """Whether the file ends with a whole page that is marked as the last."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LARGEST_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or not page[5] & _OGG_LAST_PAGE:
        return False
    segments = page[26]
    return len(page) >= 27 + segments + sum(page[27 : 27 + segments])
