"""Features on disk, found again by the content of a file and the parameters."""

import hashlib
import io
import os
from pathlib import Path

import joblib
import numpy as np

from mmclassic.features._sources import is_encoded
from mmclassic.utils import atomic_write

_DIGEST_SIZE = 32


class FeatureCache:
    """A folder of feature rows, one small file for each content.

    A recipe is everything but the content that features depend on: rows of another are
    never found. A row is written beside its place and moved there in one step, so that
    several processes may share a folder: a reader finds a whole row or none. Every file begins
    with a digest of its place and its row, so that one that is damaged, cut off, moved or made for
    another width counts as not there.
    """

    def __init__(self, folder, recipe, width):
        self.folder = Path(folder) / joblib.hash(recipe)
        self.width = width

    def key(self, cell):
        """A hash of the content of a cell; None for a file that cannot be read."""
        if isinstance(cell, (bytes, bytearray, memoryview)):
            return hashlib.sha256(cell).hexdigest()
        if not is_encoded(cell):
            return joblib.hash(cell)
        try:
            # Opening a pipe or a device would wait or never end.
            if not os.path.isfile(cell):
                return None
            with open(cell, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError):
            return None

    def load(self, key):
        """The row of a key; None if it is not there, or is damaged."""
        if key is None:
            return None
        try:
            entry = self._place(key).read_bytes()
        except OSError:
            return None
        digest, data = entry[:_DIGEST_SIZE], entry[_DIGEST_SIZE:]
        if digest != self._digest(key, data):
            return None
        row = np.load(io.BytesIO(data), allow_pickle=False)
        return row if row.dtype == np.float32 and row.shape == (self.width,) else None

    def store(self, rows):
        """Keep rows by key, unless a cell has none; gives what hindered it, or None."""
        try:
            for key, row in rows:
                if key is not None:
                    self._store(key, row)
        except OSError as error:  # what goes wrong with one will go wrong with the others
            return str(error)
        return None

    def _store(self, key, row):
        data = io.BytesIO()
        np.save(data, np.asarray(row, dtype=np.float32), allow_pickle=False)
        path = self._place(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, durable=False) as file:
            file.write(self._digest(key, data.getvalue()))
            file.write(data.getvalue())

    def _digest(self, key, data):
        place = f"{self.folder.name}/{key}\n".encode()
        return hashlib.blake2b(place + data, digest_size=_DIGEST_SIZE).digest()

    def _place(self, key):
        return self.folder / key[:2] / f"{key}.row"
