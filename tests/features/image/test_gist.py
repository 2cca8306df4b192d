"""GIST against the formulas with whole spectra in float64, and what it promises."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from mmclassic.features import GIST
from mmclassic.features.image._batches import as_gray


def pictures(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def textures(seed, n, side):
    """Noise of neighbouring scales, which unlike white noise fills no frequency evenly."""
    small = pictures(seed, n, side // 4, side // 4)
    return small.repeat(4, axis=1).repeat(4, axis=2) // 2 + pictures(seed + 1, n, side, side) // 4


def by_the_formulas(picture, size, frequencies, n_orientations, grid, whole=False):
    """One row from whole spectra, filter by filter and cell by cell, in float64."""
    if picture.ndim == 3:
        luma = picture.astype(float) @ [0.299, 0.587, 0.114]
        picture = np.floor(luma + 0.5 + 1e-9).astype(np.uint8)
    small = np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))
    margin = size // 8
    logs = np.pad(np.log(1.0 + small), margin, mode="symmetric")
    side = len(logs)
    y, x = np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side), indexing="ij")
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    # exp(-(r / s)^2) with s = 4 cycles / sqrt(log 2), as the authors write it.
    low = np.exp(-((radius * side / (4 / np.sqrt(np.log(2)))) ** 2))
    high = logs - np.fft.ifft2(np.fft.fft2(logs) * low).real
    deviation = np.sqrt(np.abs(np.fft.ifft2(np.fft.fft2(high**2) * low).real))
    spectrum = np.fft.fft2(high / (0.2 + deviation))
    row = []
    for frequency in frequencies:
        for k in range(n_orientations):
            direction = k * np.pi / n_orientations
            apart = np.angle(np.exp(1j * (angle - direction)))
            with np.errstate(divide="ignore"):
                gain = np.exp(-0.5 * (np.log(radius / frequency) / 0.55) ** 2)
            gain *= np.exp(-0.5 * (apart / (np.pi / n_orientations / 1.2)) ** 2)
            # The quarter of the spectrum around the peak.
            for axis, share in ((0, np.sin(direction)), (1, np.cos(direction))):
                steps = np.arange(side) - round(frequency * side * share)
                inside = (steps + side // 4) % side < side // 2
                if not whole:
                    gain = gain * (inside[:, None] if axis == 0 else inside)
            strength = np.abs(np.fft.ifft2(spectrum * gain))[margin:-margin, margin:-margin]
            cell = size // grid
            for i in range(grid):
                for j in range(grid):
                    part = strength[i * cell : (i + 1) * cell, j * cell : (j + 1) * cell]
                    row.append((part if whole else part[::2, ::2]).mean())
    return row


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 64, 64), {}),
        ((2, 128, 96, 3), {}),
        ((1, 20, 31), {"size": 32, "frequencies": (0.5, 0.2), "n_orientations": 5, "grid": 2}),
        ((1, 50, 50, 3), {"size": 48, "frequencies": [0.3], "n_orientations": 1, "grid": 3}),
    ],
)
def test_equals_the_formulas_with_whole_spectra(shape, options):
    batch = pictures(0, *shape)
    descriptor = GIST(**options)
    rows = descriptor.transform(batch)
    settings = descriptor.get_params()
    theirs = [by_the_formulas(picture, **settings) for picture in batch]
    assert_allclose(rows, theirs, rtol=2e-5, atol=2e-6)


def test_a_quarter_of_the_spectrum_tells_nearly_what_all_of_it_does():
    (picture,) = textures(3, 1, 64)
    (row,) = GIST().transform(picture[None])
    whole = by_the_formulas(picture, **GIST().get_params(), whole=True)
    assert np.corrcoef(row, whole)[0, 1] > 0.98


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_plain_picture_gives_zeros(value):
    assert not GIST().transform(np.full((1, 70, 90, 3), value, dtype=np.uint8)).any()


def test_light_that_is_doubled_changes_nothing():
    dim = pictures(1, 2, 64, 64) // 2  # at most 127; log(1 + (2 v + 1)) = log 2 + log(1 + v)
    rows = GIST().transform(dim)
    assert_allclose(GIST().transform(2 * dim + 1), rows, rtol=1e-4, atol=1e-5)
    assert rows.max() > 0.05


@pytest.mark.parametrize(("band", "step"), [(0, 4), (1, 8), (2, 16)])
@pytest.mark.parametrize("orientation", [0, 3])
def test_stripes_answer_in_their_frequency_and_orientation(band, step, orientation):
    wave = (127.5 + 80 * np.cos(2 * np.pi * np.arange(64) / step)).astype(np.uint8)
    picture = np.broadcast_to(wave, (64, 64))
    batch = (picture if orientation == 0 else picture.T)[None]
    strengths = GIST(frequencies=(1 / 4, 1 / 8, 1 / 16)).transform(batch).reshape(3, 6, 16)
    assert (strengths.reshape(18, 16).argmax(axis=0) == 6 * band + orientation).all()


def test_a_picture_and_its_mirror_image_swap_cells_and_directions():
    # The middle of the pixels moves by one in a picture of even sides, so only nearly.
    batch = textures(5, 2, 64)
    rows = GIST().transform(batch).reshape(2, 3, 6, 4, 4)
    swapped = GIST().transform(batch[:, :, ::-1]).reshape(2, 3, 6, 4, 4)[..., ::-1]
    directions = [0, 5, 4, 3, 2, 1]
    assert np.corrcoef(swapped[:, :, directions].ravel(), rows.ravel())[0, 1] > 0.98


def test_a_spot_answers_in_its_cell():
    picture = np.full((1, 64, 64), 100, dtype=np.uint8)
    picture[0, 35:45, 52:60] = 220  # third line, fourth column
    strengths = GIST().transform(picture).reshape(18, 16)
    assert (strengths[:6].argmax(axis=1) == 11).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 40}, r"multiple of 16 and of twice the grid; got size=40 and grid=4"),
        ({"grid": 3}, "got size=64 and grid=3"),
        ({"size": 0}, "'size' parameter of GIST"),
        ({"n_orientations": 0}, "'n_orientations' parameter of GIST"),
        ({"frequencies": ()}, r"frequencies of GIST must be cycles a pixel.*got \(\)"),
        ({"frequencies": (0.25, 0.6)}, r"at most 0\.5.*got \(0\.25, 0\.6\)"),
        ({"frequencies": (0.25, np.nan)}, "frequencies of GIST"),
    ],
)
def test_refuses_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        GIST(**options).transform(pictures(0, 1, 8, 8))


def test_pictures_of_one_pixel_are_plain():
    assert_array_equal(GIST().transform(pictures(2, 3, 1, 1)), np.zeros((3, 288)))


def test_gray_is_the_rounded_luma_of_every_colour():
    r, g, b = np.meshgrid(np.arange(0, 256, 3), np.arange(256), np.arange(256), indexing="ij")
    picture = np.stack([r, g, b], axis=-1).astype(np.uint8).reshape(-1, 256, 3)
    expected = (299 * r + 587 * g + 114 * b + 500) // 1000
    np.testing.assert_array_equal(as_gray(picture).ravel(), expected.ravel())
