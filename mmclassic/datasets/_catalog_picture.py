"""Pictures of a generated catalog: a lobed shape on striped, grainy ground."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image

# Hue in [0, 1) at seven equally spaced levels of the factor "tone"; the words of the
# comments name the same colours.
_HUES = np.array([0.0, 0.07, 0.15, 0.33, 0.5, 0.63, 0.78])
_HUE_LEVELS = (np.arange(7) + 0.5) / 7


def draw_picture(levels, category, rng, size, noise):
    """One item, RGB, uint8 of shape (size, size, 3); the category gives the number of lobes.

    `rng` decides what carries no meaning: position, rotation, phase, the pattern of the grain.
    `noise` scales the meaningless part of colour and position.
    """
    tone, slant, extent, light, grain, pace = levels
    hue = np.interp(tone, _HUE_LEVELS, _HUES) + 0.01 * noise * rng.standard_normal()
    value = 0.3 + 0.6 * light
    ground = _rgb(hue, 0.75, value)
    shape_color = _rgb(hue + 0.4, 0.55, 0.25 + 0.7 * light)

    stripes = _stripes(size, slant, pace, phase=rng.uniform(0, 2 * np.pi))
    mask = _lobed_shape(size, extent, 2 + category % 5, rng, noise)
    texture = rng.standard_normal((size, size), dtype=np.float32)
    texture *= np.float32(2 + 38 * grain)

    shade = (1 + np.float32(0.35) * stripes) * (1 - mask)
    pixels = np.empty((size, size, 3), dtype=np.uint8)
    for channel in range(3):
        plane = shade * ground[channel]
        plane += mask * shape_color[channel]
        plane += texture
        np.clip(plane, 0, 255, out=plane)
        pixels[..., channel] = plane
    return pixels


def encode_picture(pixels, kind):
    """The file of a picture (RGB, uint8), as "png" or "jpg"."""
    buffer = io.BytesIO()
    if kind == "png":
        Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    else:
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()


@lru_cache(maxsize=4)
def _grid(size):
    """Coordinates in [-1, 1) of rows (column vector) and columns (row vector)."""
    axis = np.linspace(-1, 1, size, endpoint=False, dtype=np.float32)
    return axis[:, None], axis[None, :]


def _stripes(size, slant, pace, phase):
    """Waves from -1 to 1; slant turns them from lying to upright, pace makes them dense."""
    y, x = _grid(size)
    angle = slant * np.pi / 2
    frequency = 2 * np.pi * 1.5 * 8**pace
    rows = np.float32(frequency * np.cos(angle)) * y + np.float32(phase)
    return np.sin(rows + np.float32(frequency * np.sin(angle)) * x)


def _lobed_shape(size, extent, lobes, rng, noise):
    """Coverage in [0, 1] of a rounded shape; extent sets its radius."""
    y, x = _grid(size)
    cy, cx = np.float32(0.15 * min(noise, 2.0)) * rng.uniform(-1, 1, size=2).astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    radius = 0.15 + 0.6 * extent
    dy, dx = y - cy, x - cx
    distance = np.sqrt(dy * dy + dx * dx)
    angle = np.arctan2(dy, dx)
    angle *= lobes
    angle += np.float32(turn)
    edge = np.float32(radius) * (1 + np.float32(0.2) * np.cos(angle))
    coverage = (edge - distance) * np.float32(size / 2)
    return np.clip(coverage, 0, 1, out=coverage)


def _rgb(hue, saturation, value):
    """HSV to RGB, all in [0, 1] in, float32 in [0, 255] out."""
    offsets = np.array([0, 4, 2]) / 6
    wheel = np.clip(np.abs(((hue + offsets) % 1) * 6 - 3) - 1, 0, 1)
    return (255 * value * (1 - saturation * (1 - wheel))).astype(np.float32)
