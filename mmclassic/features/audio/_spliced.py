"""Parts of a file, one after another, as a file of their own."""

import os
from bisect import bisect_right
from itertools import accumulate

# MPEG decoders look here for a tag before they trust the size of a file.
_TAIL = 128


class Spliced:
    """What a decoder reads instead of a file; it has one position and no memory of its own.

    `pieces` are bytes, or ranges (start, stop) of `file`. With a `size` beyond what they hold the
    end is said to be there, and reading stops where the pieces do.
    """

    def __init__(self, file, pieces, size=0):
        self._file = file
        self._pieces = [p for p in pieces if _length(p)]
        self._starts = [0, *accumulate(map(_length, self._pieces))]
        self._size = max(size, self._starts[-1])
        self._at = 0

    def readinto(self, buffer):
        """Fill the buffer as far as the pieces go; how many bytes these are."""
        view, done = memoryview(buffer).cast("B"), 0
        if self._starts[-1] < self._size - _TAIL <= self._at:
            done = min(len(view), self._size - self._at)
            view[:done] = bytes(done)
            self._at += done
        while done < len(view) and (part := self._some(len(view) - done)):
            view[done : done + len(part)] = part
            done += len(part)
        return done

    def read(self, n_bytes):
        """So many bytes, or as many as there are."""
        buffer = bytearray(n_bytes)
        return bytes(buffer[: self.readinto(buffer)])

    def seek(self, offset, whence=os.SEEK_SET):
        """Go to a position; damaged headers ask for any, and get the nearest there is."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        # An exception would be printed by the decoder's callback, and the number used in its place.
        self._at = min(max(0, base + offset), self._size)
        return self._at

    def tell(self):
        """The position."""
        return self._at

    def _some(self, n_bytes):
        if self._at >= self._starts[-1]:
            return b""
        i = bisect_right(self._starts, self._at) - 1
        inside, piece = self._at - self._starts[i], self._pieces[i]
        if isinstance(piece, bytes):
            found = piece[inside : inside + n_bytes]
        else:
            self._file.seek(piece[0] + inside)
            found = self._file.read(min(n_bytes, piece[1] - piece[0] - inside))
        self._at += len(found)
        return found


def _length(piece):
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
