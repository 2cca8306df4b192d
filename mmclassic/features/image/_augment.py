"""Random variants of a picture, for what is learnt from pictures."""

import numpy as np
from PIL import Image

# A variant shows at least this share of either side of the picture.
_LEAST_SIDE = 0.8
# Standard deviation of the noise at most, grey levels of 255.
_MOST_NOISE = 8.0


def variant(picture, random_state):
    """Draw a variant of a picture, uint8 (height, width, 3): mirrored, a part of it, noisy.

    It is mirrored in one of two cases, shows a random part of 80 to 100 % of either side at
    full size, and has normal noise of a standard deviation between 0 and 8 grey levels.
    """
    size = np.array(picture.shape[1::-1])
    extent = size * random_state.uniform(_LEAST_SIDE, 1, 2)
    corner = (size - extent) * random_state.uniform(0, 1, 2)
    part = Image.fromarray(picture).resize(
        tuple(size.tolist()), Image.Resampling.BILINEAR, box=(*corner, *(corner + extent))
    )
    if random_state.uniform() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    noise = random_state.normal(0, random_state.uniform(0, _MOST_NOISE), picture.shape)
    return np.clip(np.round(np.asarray(part) + noise), 0, 255).astype(np.uint8)
