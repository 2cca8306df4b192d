"""SpatialPyramid: the grid, the weights and the kernel of the paper, and nesting."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from mmclassic.features import ColorHistogram, ImageVectorizer, LocalBinaryPattern, SpatialPyramid
from mmclassic.features.image._spatial_pyramid import level_weights


def pictures(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("levels", "weights"),
    [
        ((1,), [1]),
        ((3,), [1 / 9]),
        ((1, 2), [1 / 2, 1 / 8]),
        ((1, 2, 4), [1 / 4, 1 / 16, 1 / 32]),
        ((1, 3, 5), [1 / 4, 1 / 36, 1 / 50]),
    ],
)
def test_weights_are_those_of_the_paper_shared_by_the_cells(levels, weights):
    assert_allclose(level_weights(levels), weights)
    assert sum(w * cells**2 for w, cells in zip(level_weights(levels), levels)) == 1


def test_a_row_by_hand():
    picture = np.zeros((1, 4, 6), dtype=np.uint8)
    picture[0, :2, :3] = 255  # the upper left quarter is white
    row = SpatialPyramid(ColorHistogram(2)).transform(picture)[0].reshape(5, 8)[:, [0, 7]]
    whole, quarter = 1 / 2, 1 / 8
    expected = np.array([[0.75, 0.25], [0, 1], [1, 0], [1, 0], [1, 0]])
    expected *= np.array([whole, quarter, quarter, quarter, quarter])[:, None]
    assert_allclose(row, expected, rtol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_intersection_is_the_pyramid_match_kernel(seed):
    first, second = pictures(seed, 2, 16, 16, 3) // 3 + np.uint8(60 * seed)
    first[:8] //= 2
    descriptor = ColorHistogram(4)

    def intersection(cells):
        """Equation 1, in shares: matches of the cells of one grid."""
        side = 16 // cells
        total = 0
        for i in range(0, 16, side):
            for j in range(0, 16, side):
                parts = [p[None, i : i + side, j : j + side] for p in (first, second)]
                total += np.minimum(*(descriptor.transform(p)[0] for p in parts)).sum()
        return total / cells**2

    # Equation 2: matches that are new at a level count for half of those of the finer level.
    coarse, middle, fine = (intersection(cells) for cells in (1, 2, 4))
    kernel = fine + (middle - fine) / 2 + (coarse - middle) / 4
    rows = SpatialPyramid(descriptor, levels=(1, 2, 4)).transform(np.stack([first, second]))
    assert np.minimum(*rows).sum() == pytest.approx(kernel, rel=1e-5)
    assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)


def test_cells_of_odd_pictures_cover_every_pixel_once():
    batch = pictures(0, 2, 7, 11, 3)

    class Count(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return np.full((len(X), 1), X[0].size / 3)

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.requires_fit = False
            return tags

    counts = SpatialPyramid(Count(), levels=(4,)).transform(batch) * 16
    assert counts.shape == (2, 16)
    assert_allclose(counts.sum(axis=1), 77)
    assert set(counts[0]) <= {2, 3, 4, 6}


def test_roots_have_length_one():
    batch = pictures(1, 3, 20, 20, 3)
    plain = SpatialPyramid(LocalBinaryPattern(), levels=(1, 2, 4)).transform(batch)
    rooted = SpatialPyramid(LocalBinaryPattern(), levels=(1, 2, 4), root=True).transform(batch)
    assert_allclose(rooted**2, plain, rtol=1e-5)
    assert_allclose(np.linalg.norm(rooted, axis=1), 1, rtol=1e-5)


class Mean(TransformerMixin, BaseEstimator):
    """A descriptor that learns: pictures against the mean of the fitted ones."""

    def fit(self, X, y=None):
        self.mean_ = X.mean()
        return self

    def transform(self, X):
        return X.reshape(len(X), -1).mean(axis=1, keepdims=True) - self.mean_


def test_a_learning_descriptor_is_fitted_on_whole_pictures():
    batch = pictures(2, 4, 8, 8, 3)
    given = Mean()
    pyramid = SpatialPyramid(given)
    assert get_tags(pyramid).requires_fit
    with pytest.raises(NotFittedError):
        pyramid.transform(batch)
    rows = pyramid.fit_transform(batch)
    assert not hasattr(given, "mean_")
    assert rows.mean() == pytest.approx(0, abs=1e-4)
    assert_array_equal(pyramid.transform(batch[:2]), rows[:2])


def test_nested_parameters_in_a_vectorizer():
    vectorizer = ImageVectorizer([("grid", SpatialPyramid(ColorHistogram()))], size=(16, 16))
    vectorizer.set_params(grid__descriptor__bins=2, grid__levels=(1, 2, 4))
    assert vectorizer.fit([pictures(3, 9, 9)]).widths_ == {"grid": 8 * 21}


@pytest.mark.parametrize("levels", [(), (0,), (1.0,), (2, 1), (1, 1)])
def test_refuses_bad_levels(levels):
    with pytest.raises(ValueError, match="levels of SpatialPyramid must be increasing whole"):
        SpatialPyramid(ColorHistogram(), levels=levels).fit(pictures(0, 1, 9, 9))


def test_refuses_more_cells_than_pixels():
    with pytest.raises(ValueError, match="cannot divide pictures of 9 x 3 pixels into 4 x 4 cells"):
        SpatialPyramid(ColorHistogram(), levels=(1, 4)).transform(pictures(0, 1, 9, 3))
