"""The pages of an OGG file: whether the last is whole, and where one stream follows another."""

from mmclassic.exceptions import CellError

_HEADER_BYTES = 27
_FIRST_PAGE = 2
_BLOCK = 1 << 16


def ogg_links(file, size):
    """Ranges (start, stop) of the streams that follow one another in a file of so many bytes.

    A stream need not be marked as ended: recorders and live streams leave it so. Raises `CellError`
    if the last page, or the last packet, is cut.
    """
    starts, at, opening = [], 0, False
    whole = True
    while at is not None and at < size:
        page = _page(file, at)
        if page is None:
            at = _search(file, at + 1, size)
            continue
        flags, n_bytes, whole = page
        # Several streams at once begin with their first pages side by side.
        if flags & _FIRST_PAGE and not opening:
            starts.append(at)
        opening = bool(flags & _FIRST_PAGE)
        at += n_bytes
        whole = whole and at <= size
    if not whole:
        raise CellError("the clip is truncated: the last page of the OGG stream is not whole")
    starts = sorted({0, *starts})  # a damaged first page begins a stream, too
    return list(zip(starts, [*starts[1:], size]))


def _page(file, at):
    """Flags and bytes of a page, and whether its last packet ends in it; None for no page."""
    file.seek(at)
    head = file.read(_HEADER_BYTES + 255)
    if head[:4] != b"OggS":
        return None
    if len(head) < _HEADER_BYTES or len(head) < _HEADER_BYTES + head[26]:
        return 0, _HEADER_BYTES + 255, False
    sizes = head[_HEADER_BYTES : _HEADER_BYTES + head[26]]
    return head[5], _HEADER_BYTES + len(sizes) + sum(sizes), not sizes.endswith(b"\xff")


def _search(file, start, size):
    """Position of the next page; None if there is no other."""
    for at in range(start, size, _BLOCK):
        file.seek(at)
        found = file.read(_BLOCK + 3).find(b"OggS")
        if found >= 0:
            return at + found
    return None
