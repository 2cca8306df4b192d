"""Photographs for the speed of features: parts of those that scikit-image brings along."""

from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

_ORIGINALS = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "retina", "rocket")


def photographs(n, size, *, seed=0):
    """Cut n different parts out of several photographs, RGB, each of (width, height)."""
    rng = np.random.default_rng(seed)
    originals = [Image.fromarray(getattr(skimage.data, name)()) for name in _ORIGINALS]
    for i in range(n):
        original = originals[i % len(originals)]
        share = rng.uniform(0.6, 1.0)
        extent = np.array(original.size) * share
        corner = rng.uniform(0, np.array(original.size) - extent)
        yield original.resize(size, box=(*corner, *(corner + extent)))


def as_batch(pictures):
    """Stack RGB pictures of one size: uint8 of shape (n, height, width, 3)."""
    return np.stack([np.asarray(picture) for picture in pictures])


def write_jpegs(folder, pictures):
    """Write pictures as JPEG files of quality 90 to a folder that exists; their paths."""
    paths = []
    for i, picture in enumerate(pictures):
        paths.append(str(Path(folder) / f"{i:05d}.jpg"))
        picture.save(paths[-1], quality=90)
    return paths
