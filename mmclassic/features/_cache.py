"""Features on disk, found again by the content of a file and the parameters."""

import hashlib
import os
import tempfile
from pathlib import Path

import joblib
import numpy as np

from mmclassic.features._sources import is_encoded


class FeatureCache:
    """A folder of feature rows, one small file for each content.

    A recipe is everything but the content that features depend on: rows of another are
    never found. A row is written beside its place and moved there in one step, so that
    several processes may share a folder: a reader finds a whole row or none.
    """

    def __init__(self, folder, recipe):
        self.folder = Path(folder) / joblib.hash(recipe)

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
            return np.load(self._place(key), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None

    def store(self, key, row):
        """Keep a row, unless its cell has no key."""
        if key is None:
            return
        path = self._place(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.save(file, row, allow_pickle=False)
        os.replace(partial, path)

    def _place(self, key):
        return self.folder / key[:2] / f"{key}.npy"
