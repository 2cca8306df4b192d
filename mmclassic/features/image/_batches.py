"""What a batch of pictures is."""

import numpy as np

from mmclassic.utils import keep_freed_memory

# ITU-R BT.601, in thousandths.
_LUMA = (299, 587, 114)


def as_picture_batch(X, name):
    """Check a batch of pictures, and make ready to describe it.

    Parameters
    ----------
    X : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3)
        Pictures.
    name : str
        Who asks, for the error messages.

    Returns
    -------
    batch : ndarray of uint8
        `X`.

    Raises
    ------
    TypeError
        If the values are not uint8.
    ValueError
        If the shape is another one.
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
    """Turn a picture to gray.

    Parameters
    ----------
    picture : ndarray of uint8 of shape (height, width) or (height, width, 3)
        The picture.

    Returns
    -------
    gray : ndarray of uint8 of shape (height, width)
        Rounded luma of ITU-R BT.601; a gray picture is left as it is.
    """
    if picture.ndim == 2:
        return picture
    thousandths = sum(picture[..., c].astype(np.int32) * w for c, w in enumerate(_LUMA))
    return ((thousandths + 500) // 1000).astype(np.uint8)
