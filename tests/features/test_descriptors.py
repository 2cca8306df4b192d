"""HOG, ColorHistogram and LocalBinaryPattern against scikit-image and NumPy."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage.color import rgb2hsv, rgb2lab
from skimage.feature import hog, local_binary_pattern
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from mmclassic.features import GIST, HOG, ColorHistogram, LocalBinaryPattern, SpatialPyramid


def pictures(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


DESCRIPTORS = [
    HOG(),
    GIST(size=32),
    ColorHistogram(),
    ColorHistogram(color_space="hsv", joint=False),
    ColorHistogram(color_space="lab", root=True),
    LocalBinaryPattern(),
    SpatialPyramid(ColorHistogram(4)),
    SpatialPyramid(LocalBinaryPattern(), levels=(1, 3), root=True),
    SpatialPyramid(HOG(), levels=(2,)),
]


@pytest.mark.parametrize("estimator", DESCRIPTORS, ids=repr)
class TestPictureDescriptors:
    def test_needs_no_fit(self, estimator):
        assert not get_tags(estimator).requires_fit
        batch = pictures(0, 2, 32, 32, 3)
        try:
            unfitted = estimator.transform(batch)
        except NotFittedError:
            pytest.fail("a stateless descriptor must not ask for fit")
        assert_array_equal(unfitted, clone(estimator).fit(batch).transform(batch))

    def test_output_type_and_pickle(self, estimator):
        batch = pictures(1, 3, 32, 32)
        features = estimator.fit_transform(batch)
        assert features.dtype == np.float32
        assert features.ndim == 2
        assert_array_equal(pickle.loads(pickle.dumps(estimator)).transform(batch), features)

    def test_empty_batch_keeps_the_width(self, estimator):
        batch = pictures(2, 1, 32, 48, 3)
        width = estimator.transform(batch).shape[1]
        assert estimator.transform(batch[:0]).shape == (0, width)

    @pytest.mark.parametrize("shape", [(32, 32), (2, 32, 32, 4), (1, 2, 32, 32, 3)])
    def test_refuses_other_shapes(self, estimator, shape):
        with pytest.raises(ValueError, match=r"takes a batch of shape \(n, height, width\)"):
            estimator.transform(np.zeros(shape, dtype=np.uint8))

    def test_refuses_other_types(self, estimator):
        with pytest.raises(TypeError, match="takes uint8 values from 0 to 255; got float64"):
            estimator.transform(np.zeros((1, 32, 32)))

    def test_refuses_pictures_without_pixels(self, estimator):
        with pytest.raises(ValueError, match="without pixels"):
            estimator.fit(np.zeros((1, 0, 32), dtype=np.uint8))

    def test_does_not_change_its_input(self, estimator):
        batch = pictures(3, 2, 32, 32, 3)
        batch.setflags(write=False)
        estimator.fit_transform(batch)

    def test_rows_do_not_depend_on_the_batch(self, estimator):
        batch = pictures(4, 21, 64, 64, 3)
        single = np.concatenate([estimator.transform(picture[None]) for picture in batch])
        assert_array_equal(estimator.transform(batch), single)


@pytest.mark.parametrize("norm", ["L1", "L1-sqrt", "L2", "L2-Hys"])
@pytest.mark.parametrize("colour", [False, True])
def test_hog_equals_scikit_image(norm, colour):
    batch = pictures(5, 3, 45, 70, *([3] if colour else []))
    ours = HOG(7, pixels_per_cell=(7, 10), cells_per_block=(3, 2), block_norm=norm)
    theirs = [hog(p, 7, (7, 10), (3, 2), norm, channel_axis=-1 if colour else None) for p in batch]
    assert_allclose(ours.fit_transform(batch), theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("orientations", [1, 4, 8, 9, 12, 18])
@pytest.mark.parametrize("seed", [0, 1])
def test_hog_bins_like_scikit_image(orientations, seed):
    # Few grey levels make gradients along the axes and diagonals, the edges of the bins, frequent.
    batch = np.random.default_rng(seed).integers(0, 4, (2, 32, 32)).astype(np.uint8) * 85
    theirs = [hog(p, orientations) for p in batch]
    # scikit-image's own default is 8 x 8 pixels and 3 x 3 cells.
    ours = HOG(orientations, cells_per_block=(3, 3)).transform(batch)
    assert_allclose(ours, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hog_takes_the_first_of_equally_strong_channels_like_scikit_image(seed):
    # Two levels make channels of the same length and another direction frequent.
    batch = np.random.default_rng(seed).integers(0, 2, (3, 24, 40, 3)).astype(np.uint8) * 255
    theirs = [hog(p, 9, (8, 8), (2, 2), channel_axis=-1) for p in batch]
    assert_allclose(HOG().transform(batch), theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", [(1, 1, 9), (2, 2, 8, 3), (1, 9, 1, 3)])
def test_hog_of_pictures_narrower_than_a_difference(shape):
    batch = pictures(9, *shape)
    channel = -1 if batch.ndim == 4 else None
    theirs = [hog(p, 9, (1, 1), (1, 1), channel_axis=channel) for p in batch]
    ours = HOG(9, pixels_per_cell=(1, 1), cells_per_block=(1, 1)).transform(batch)
    assert_allclose(ours, theirs, atol=1e-6, rtol=0)


def test_hog_of_a_constant_picture_is_zero():
    assert not HOG().transform(np.full((1, 32, 32, 3), 77, dtype=np.uint8)).any()


def test_hog_of_a_vertical_edge_is_in_the_first_direction():
    picture = np.zeros((1, 16, 16), dtype=np.uint8)
    picture[:, :, 8:] = 255
    cells = HOG(9, cells_per_block=(1, 1)).transform(picture).reshape(2, 2, 9)
    assert (cells[..., 0] > 0.99).all()
    assert not cells[..., 1:].any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"orientations": 0}, "'orientations' parameter of HOG must be an int"),
        ({"block_norm": "L3"}, "'block_norm' parameter of HOG must be a str"),
        ({"pixels_per_cell": (8,)}, "pixels_per_cell of HOG must be two whole numbers"),
        ({"pixels_per_cell": (8.5, 8)}, "pixels_per_cell of HOG must be two whole numbers"),
        ({"cells_per_block": (0, 2)}, "cells_per_block of HOG must be at least 1"),
        ({"pixels_per_cell": (32, 32)}, r"HOG needs pictures of at least \(64, 64\) pixels"),
    ],
)
def test_hog_refuses_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        HOG(**parameters).fit(pictures(0, 1, 48, 48))


@pytest.mark.parametrize("bins", [1, 2, 3, 5, 6, 8, 10, 16])
def test_histogram_equals_numpy(bins):
    batch = pictures(6, 4, 40, 30, 3)
    edges = [np.linspace(0, 256, bins + 1)] * 3
    theirs = [np.histogramdd(p.reshape(-1, 3), bins=edges)[0].ravel() / 1200 for p in batch]
    ours = ColorHistogram(bins).fit_transform(batch)
    assert_allclose(ours, theirs, rtol=1e-6)
    assert_allclose(ours.sum(axis=1), 1, rtol=1e-5)


def test_histogram_of_gray_is_the_diagonal_of_the_colour_one():
    gray = pictures(7, 2, 20, 20)
    colour = np.repeat(gray[..., None], 3, axis=3)
    ours = ColorHistogram(4).transform(gray)
    assert_array_equal(ours, ColorHistogram(4).transform(colour))
    assert set(np.flatnonzero(ours.any(axis=0))) == {0, 21, 42, 63}


@pytest.mark.parametrize(
    "parameters", [{"bins": 0}, {"bins": 257}, {"color_space": "xyz"}, {"root": 1}]
)
def test_histogram_refuses_bad_parameters(parameters):
    with pytest.raises(ValueError, match=f"{next(iter(parameters))!r} parameter of ColorHist"):
        ColorHistogram(**parameters).fit(pictures(0, 1, 8, 8))


def test_roots_of_a_histogram_have_length_one():
    batch = np.random.default_rng(0).integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    rows = ColorHistogram(4, root=True).transform(batch)
    np.testing.assert_allclose(rows**2, ColorHistogram(4).transform(batch), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("root", [2, 3, 4, 7])
def test_higher_roots_of_a_histogram(root):
    batch = np.random.default_rng(1).integers(0, 256, (3, 9, 7, 3), dtype=np.uint8)
    shares = ColorHistogram(6).transform(batch).astype(np.float64)
    rows = ColorHistogram(6, root=root).transform(batch)
    assert rows.dtype == np.float32
    assert_allclose(rows, shares ** (1 / root), rtol=1e-6)


SPACES = {
    "rgb": (lambda picture: picture, [(0, 256)] * 3),
    "hsv": (rgb2hsv, [(0, 1)] * 3),
    "lab": (rgb2lab, [(0, 100), (-128, 127), (-128, 127)]),
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("bins", [1, 5, 8])
def test_histograms_of_a_space_equal_numpy(space, bins):
    batch = pictures(8, 3, 40, 30, 3)
    # Corners of the colour cube lie at the ends of the ranges.
    batch[0] = np.where(batch[0] < 128, 0, 255)
    convert, ranges = SPACES[space]
    for picture, joint, single in zip(
        batch,
        ColorHistogram(bins, color_space=space).transform(batch),
        ColorHistogram(bins, color_space=space, joint=False).transform(batch),
    ):
        # White has L = 100 plus a rounding error.
        pixels = np.clip(convert(picture).reshape(-1, 3), *np.transpose(ranges))
        theirs = np.histogramdd(pixels, bins=bins, range=ranges)[0].ravel()
        assert_allclose(joint, theirs / 1200, rtol=1e-6)
        theirs = [np.histogram(c, bins=bins, range=r)[0] for c, r in zip(pixels.T, ranges)]
        assert_allclose(single, np.concatenate(theirs) / 3600, rtol=1e-6)


@pytest.mark.parametrize("bins", [2, 3, 8])
def test_every_gray_has_the_same_lab_chroma(bins):
    grays = np.arange(256, dtype=np.uint8).reshape(256, 1, 1)
    rows = ColorHistogram(bins, color_space="lab", joint=False).transform(grays)
    assert (rows[:, bins:] == rows[0, bins:]).all()


@pytest.mark.parametrize("space", SPACES)
def test_channel_histograms_of_pure_red(space):
    red = np.zeros((1, 3, 3, 3), dtype=np.uint8)
    red[..., 0] = 255
    row = ColorHistogram(2, color_space=space, joint=False).transform(red)[0]
    # RGB 255, 0, 0; HSV 0, 1, 1; Lab 53, 80, 67.
    ones = {"rgb": [0, 1, 1, 0, 1, 0], "hsv": [1, 0, 0, 1, 0, 1], "lab": [0, 1, 0, 1, 0, 1]}
    assert_allclose(row, np.array(ones[space]) / 3, rtol=1e-6)


@pytest.mark.parametrize(("n_points", "radius"), [(8, 1), (16, 2), (4, 1.5)])
def test_local_binary_pattern_equals_scikit_image(n_points, radius):
    batch = pictures(10, 3, 30, 41)
    rows = LocalBinaryPattern(n_points, radius=radius).transform(batch)
    for picture, row in zip(batch, rows):
        patterns = local_binary_pattern(picture, n_points, radius, method="uniform")
        counts = np.histogram(patterns, bins=n_points + 2, range=(0, n_points + 2))[0]
        assert_allclose(row, counts / patterns.size, rtol=1e-6)


def test_local_binary_pattern_of_a_spot():
    # Black ground has 8 points as bright. The spot has none. Of its 8 neighbours each sees one
    # brighter point and 7 as bright as itself, so it counts with the ground.
    picture = np.zeros((1, 7, 7), dtype=np.uint8)
    picture[0, 3, 3] = 255
    row = LocalBinaryPattern().transform(picture)[0]
    assert_allclose(row[[0, 8]], [1 / 49, 48 / 49], rtol=1e-6)
    assert not row[[1, 2, 3, 4, 5, 6, 7, 9]].any()


def test_local_binary_pattern_of_colour_is_that_of_its_luma():
    colour = pictures(11, 2, 20, 24, 3)
    luma = np.round(colour.astype(float) @ [0.299, 0.587, 0.114]).astype(np.uint8)
    rows = LocalBinaryPattern().transform(colour)
    assert_allclose(rows, LocalBinaryPattern().transform(luma), atol=3 / 480)
    assert_allclose(rows.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("parameters", [{"n_points": 0}, {"radius": 0}])
def test_local_binary_pattern_refuses_bad_parameters(parameters):
    with pytest.raises(ValueError, match=f"{next(iter(parameters))!r} parameter of LocalBinary"):
        LocalBinaryPattern(**parameters).fit(pictures(0, 1, 8, 8))
