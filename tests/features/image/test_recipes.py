"""The recipes that ImageVectorizer knows by name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from mmclassic.features import GIST, HOG, Block, ColorHistogram, ImageVectorizer


@pytest.fixture(scope="module")
def pictures():
    return list(np.random.default_rng(0).integers(0, 256, (7, 40, 64, 3), dtype=np.uint8))


# By recipe the columns of every descriptor, and its (total variance or mean square, centred).
RECIPES = {
    "gist": {"hog": (324, 1, True), "color": (125, 1, False), "gist": (288, 0.5, True)},
    "compact": {"hog": (324, 1, True), "color": (125, 0.5, False)},
    "rows": {"hog": (108, 1, False), "color": (512, 1, False)},
}


@pytest.mark.parametrize("name", RECIPES)
def test_widths_and_weights(pictures, name):
    vectorizer = ImageVectorizer(name, size=(40, 64))
    rows = vectorizer.fit_transform(pictures)
    expected = RECIPES[name]
    assert vectorizer.widths_ == {part: width for part, (width, _, _) in expected.items()}
    parts = np.split(rows, np.cumsum(list(vectorizer.widths_.values()))[:-1], axis=1)
    for part, (_, weight, centred) in zip(parts, expected.values()):
        assert_allclose((part.astype(float) ** 2).sum(axis=1).mean(), weight, rtol=1e-4)
        assert np.allclose(part.mean(axis=0), 0, atol=1e-6) == centred
    assert_array_equal(vectorizer.transform(pictures[2:3])[0], rows[2])


def test_the_default_is_the_one_with_gist(pictures):
    default = ImageVectorizer(size=(32, 32)).fit(pictures)
    assert {name: type(d) for name, d in default.descriptors_.items()} == {
        "hog": HOG,
        "color": ColorHistogram,
        "gist": GIST,
    }
    named = ImageVectorizer("gist", size=(32, 32))
    assert_array_equal(default.transform(pictures), named.fit_transform(pictures))


@pytest.mark.parametrize("name", ["gist", "compact"])
def test_the_columns_do_not_depend_on_the_size(pictures, name):
    sizes = [(8, 8), (30, 47), (128, 96)]
    widths = {tuple(ImageVectorizer(name, size=s).fit(pictures).widths_.items()) for s in sizes}
    assert len(widths) == 1


def test_a_recipe_is_what_its_blocks_are(pictures):
    blocks = [
        ("hog", Block(HOG(pixels_per_cell=(8, 8)))),
        ("color", Block(ColorHistogram(bins=5, root=4), scaling="rows", weight=0.5)),
    ]
    expected = ImageVectorizer(blocks, size=(32, 32)).fit_transform(pictures)
    assert_array_equal(ImageVectorizer("compact", size=(32, 32)).fit_transform(pictures), expected)


def test_raw_columns_of_a_recipe(pictures):
    raw = ImageVectorizer("compact", size=(32, 32), scale=False).fit(pictures)
    assert raw.scaler_ is None
    shares = raw.transform(pictures)[:, 324:].astype(float) ** 4
    assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_a_name_is_a_parameter_like_others(pictures):
    vectorizer = clone(ImageVectorizer("compact"))
    assert vectorizer.get_params()["descriptors"] == "compact"
    assert vectorizer.set_params(descriptors="rows", size=(32, 32)).fit(pictures).widths_ == {
        "hog": 36,
        "color": 512,
    }


def test_gray_pictures_keep_their_shape_whatever_little_colour_they_have():
    """Scaled to the weight of shape, a few tinted pixels would decide who is a neighbour."""
    rng = np.random.default_rng(1)
    stripes = np.kron(np.eye(2, dtype=np.uint8) * 200 + 30, np.ones((16, 16), dtype=np.uint8))
    shapes = [stripes, stripes[:, ::-1], np.where(np.arange(32) % 8 < 4, 220, 30)[:, None]]
    pictures, shape = [], []
    for i in range(12):
        gray = np.broadcast_to(shapes[i % 3], (32, 32)).astype(int) + rng.integers(-9, 10, (32, 32))
        picture = np.repeat(gray[..., None], 3, axis=2)
        picture[0, : 4 * (i % 4), 0] += 60
        pictures.append(picture.clip(0, 255).astype(np.uint8))
        shape.append(i % 3)
    rows = ImageVectorizer(size=(32, 32)).fit_transform(pictures)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    similarities = rows @ rows.T - 2 * np.eye(12)
    assert (np.array(shape)[similarities.argmax(axis=1)] == shape).all()


def test_one_picture_alone_can_be_fitted(pictures):
    rows = ImageVectorizer(size=(32, 32)).fit_transform(pictures[:1])
    assert np.isfinite(rows).all()
    assert_allclose((rows**2).sum(), 1, rtol=1e-5)  # its colour; nothing else differs from the mean


@pytest.mark.parametrize("name", ["", "colour", "GIST"])
def test_refuses_other_names(pictures, name):
    with pytest.raises(ValueError, match=r"'descriptors' parameter of ImageVectorizer.*'compact'"):
        ImageVectorizer(name).fit(pictures)
