"""What a batch of pictures is."""

import numpy as np

from mmclassic.utils import keep_freed_memory

# ITU-R BT.601, in thousandths.
_LUMA = np.array([299, 587, 114], dtype=np.float32)


def as_picture_batch(X, name):
    """Check that `X` is uint8 (n, height, width) or (n, height, width, 3), and make ready for it.

    `name` says in errors who asks: a TypeError for other values, a ValueError for other shapes.
    """
    keep_freed_memory()
    batch = np.asarray(X)
    if batch.ndim not in (3, 4) or (batch.ndim == 4 and batch.shape[3] != 3):
        raise ValueError(
            f"{name} takes a batch of shape (n, height, width) or (n, height, width, 3); got "
            f"{batch.shape}. A single picture goes in as picture[None]."
        )
    if batch.dtype != np.uint8:
        raise TypeError(
            f"{name} takes uint8 values from 0 to 255; got {batch.dtype}. ImageVectorizer converts "
            "files and arrays of other types."
        )
    if 0 in batch.shape[1:]:
        raise ValueError(f"{name} got pictures without pixels: shape {batch.shape}.")
    return batch


def as_gray(picture):
    """Rounded luma of ITU-R BT.601 as uint8; a gray picture is left as it is."""
    if picture.ndim == 2:
        return picture
    # Whole numbers below 2 ** 24, which float32 holds, and divides so that none is rounded wrongly.
    thousandths = picture.reshape(-1, 3).astype(np.float32) @ _LUMA
    thousandths += 500
    thousandths /= 1000
    return thousandths.astype(np.uint8).reshape(picture.shape[:2])
