"""Numbers to 8 bits: the one rule for arrays, pictures in memory and files."""

import numpy as np

from mmclassic.exceptions import CellError

# By which arithmetic with floats may leave the range from 0 to 1.
_ROUNDING = 1e-4
_ADVICE = "convert it to uint8 or uint16, or divide it by its full scale"


def full_scale(dtype, strips):
    """The value that is white, of numbers that `strips()` gives as arrays, one after the other.

    Bool, uint8 and uint16 tell it by their type, and floats have 1. A wider or a signed integer
    only carries a picture of another type: its values must fit 8 bits, or reach the upper
    half of one other scale, so that no smaller one would do. Raises `CellError` for others.
    """
    if dtype.kind not in "buif":
        raise CellError(
            f"a picture array must be uint8, uint16, bool, float in [0, 1] or another integer; "
            f"got {dtype}"
        )
    if dtype.kind == "b":
        return 1
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return np.iinfo(dtype).max
    low, high = _extremes(strips())
    return _scale_of_floats(low, high) if dtype.kind == "f" else _carried_scale(dtype, low, high)


def to_8bit(values, full):
    """Values as uint8, of which `full` is white; uint8 is left as it is."""
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    scaled = values.astype(np.float64)
    scaled *= 255 / full
    return np.clip(np.round(scaled, out=scaled), 0, 255, out=scaled).astype(np.uint8)


def _extremes(strips):
    ends = [(values.min(), values.max()) for values in strips]
    # NaN stays, and so does the type.
    return np.min([low for low, _ in ends]), np.max([high for _, high in ends])


def _scale_of_floats(low, high):
    if not (np.isfinite(low) and np.isfinite(high)):
        raise CellError("the picture holds NaN or infinite values")
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise CellError(
            f"a float picture must lie in [0, 1] without NaN; got {low:g} to {high:g}. "
            "Divide by its full scale first"
        )
    return 1


def _carried_scale(dtype, low, high):
    widest = int(np.iinfo(dtype).max)
    if low >= 0 and high != 1:  # 0 and 1 are a mask, or nearly black
        # All of int8 fits 8 bits, and its own scale is another.
        if high == 0 or (high <= 255 and widest > 255):
            return 255
        for full in {65535, widest}:
            if full // 2 < high <= full and widest > 255:
                return full
    raise CellError(
        f"the picture holds {dtype.name} values from {low} to {high}, and which of them is white "
        f"cannot be known; {_ADVICE}"
    )
