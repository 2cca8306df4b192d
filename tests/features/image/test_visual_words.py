"""VisualWords against scikit-image and scikit-learn, and how ImageVectorizer fits what learns."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from skimage.feature import daisy
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import pairwise_distances_argmin

import mmclassic
from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import (
    HOG,
    ColorHistogram,
    ImageVectorizer,
    LocalBinaryPattern,
    SpatialPyramid,
    VisualWords,
)
from mmclassic.features.image import _vectorizer as image_module
from mmclassic.features.image import _visual_words as words_module
from mmclassic.features.image._augment import variant

SMALL = {"step": 6, "radius": 8}


def pictures(seed, *shape):
    """Noise that is enlarged, so that it has edges."""
    coarse = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("colour", [False, True])
def test_shares_of_the_nearest_words(seed, colour):
    batch = pictures(seed, 4, 10, 13, *([3] if colour else []))
    fitted = VisualWords(12, random_state=seed, **SMALL).fit(batch)
    assert fitted.words_.shape == (12, 200)
    for picture, row in zip(batch, fitted.transform(batch)):
        gray = np.round(picture @ [0.299, 0.587, 0.114]) if colour else picture
        patches = daisy(gray / 255, **SMALL).reshape(-1, 200)
        nearest = pairwise_distances_argmin(patches, fitted.words_.astype(float))
        shares = np.bincount(nearest, minlength=12) / len(nearest)
        # Two of the 24 patches may lie between two words to within rounding.
        assert abs(row - shares).sum() <= 4 / len(nearest) + 1e-6
    assert_allclose(fitted.transform(batch).sum(axis=1), 1, rtol=1e-6)


def test_words_tell_textures_apart():
    rows, columns = np.indices((48, 48))
    stripes = [((rows + i) // 4 % 2 * 255, (columns + i) // 4 % 2 * 255) for i in range(4)]
    batch = np.array(stripes, dtype=np.uint8).reshape(8, 48, 48)
    found = VisualWords(8, root=True, random_state=0, **SMALL).fit_transform(batch)
    similar = found @ found.T
    same = np.arange(8)[:, None] % 2 == np.arange(8) % 2
    assert similar[same].min() > similar[~same].max() + 0.5


def test_roots_have_length_one():
    batch = pictures(0, 3, 10, 10)
    plain = VisualWords(9, random_state=0, **SMALL).fit_transform(batch)
    rooted = VisualWords(9, random_state=0, root=True, **SMALL).fit_transform(batch)
    assert_allclose(rooted**2, plain, rtol=1e-6)


def test_the_seed_fixes_the_words():
    batch = pictures(1, 6, 10, 10)
    first, again, other = (VisualWords(9, random_state=s, **SMALL).fit(batch) for s in (0, 0, 1))
    assert_array_equal(first.words_, again.words_)
    assert not np.array_equal(first.words_, other.words_)


def test_patches_to_cluster_are_bounded_and_shared_by_the_pictures(monkeypatch):
    seen = []
    clusters = words_module.MiniBatchKMeans

    class Watched(clusters):
        def fit(self, X):
            seen.append(X.shape)
            return super().fit(X)

    monkeypatch.setattr(words_module, "MiniBatchKMeans", Watched)
    monkeypatch.setattr(words_module, "_FIT_PATCHES", 50)
    fitted = VisualWords(5, random_state=0, **SMALL).fit(pictures(2, 12, 10, 10))
    assert seen == [(50, 200)]
    assert fitted.transform(pictures(2, 12, 10, 10)).shape == (12, 5)


def test_flat_pictures_are_one_word():
    flat = np.zeros((2, 32, 32), dtype=np.uint8)
    flat[1] = 200
    fitted = VisualWords(4, random_state=0, **SMALL).fit(pictures(3, 3, 10, 10))
    rows = fitted.transform(flat)
    assert_array_equal(rows[0], rows[1])
    assert rows[0].max() == 1


def test_needs_fit_and_enough_of_everything():
    batch = pictures(0, 2, 10, 10)
    with pytest.raises(NotFittedError):
        VisualWords().transform(batch)
    with pytest.raises(ValueError, match=r"at least 31 x 31 pixels .* radius 15\); got \(30, 40\)"):
        VisualWords().fit(batch[:, :30])
    message = r"cannot learn 256 words from 32 patches of 2 picture\(s\)"
    with pytest.raises(ValueError, match=message):
        VisualWords(**SMALL).fit(batch)
    with pytest.raises(ValueError, match=r"from 0 patches of 0 picture"):
        VisualWords(**SMALL).fit(batch[:0])
    with pytest.raises(TypeError, match="takes uint8"):
        VisualWords(4, **SMALL).fit(batch / 255)
    with pytest.raises(ValueError, match="'radius' parameter of VisualWords"):
        VisualWords(radius=1).fit(batch)


# ImageVectorizer and descriptors that learn


class Brightness(TransformerMixin, BaseEstimator):
    """Learns the mean of the pictures, and remembers them."""

    def fit(self, X, y=None):
        self.seen_ = X.copy()
        self.mean_ = X.mean()
        return self

    def transform(self, X):
        return np.column_stack([X.reshape(len(X), -1).mean(axis=1), np.full(len(X), self.mean_)])


def grays(n):
    """Plain pictures of the grey levels 1 to n."""
    return [np.full((8, 8), level, dtype=np.uint8) for level in range(1, n + 1)]


def learning(**parameters):
    return ImageVectorizer([("light", Brightness())], size=(8, 8), **parameters)


def levels_seen(vectorizer):
    return vectorizer.descriptors_["light"].seen_[:, 0, 0, 0].tolist()


def test_a_learning_descriptor_sees_real_pictures():
    fitted = learning().fit([*grays(70), None])
    assert sorted(levels_seen(fitted)) == list(range(1, 71))
    assert fitted.descriptors_["light"].seen_.shape == (70, 8, 8, 3)


def test_the_sample_is_bounded_and_follows_the_seed():
    samples = [
        levels_seen(learning(fit_pictures=9, random_state=s).fit(grays(90))) for s in (0, 0, 1)
    ]
    assert len(set(samples[0])) == 9
    assert samples[0] == samples[1] != samples[2]
    parallel = learning(fit_pictures=9, random_state=0, n_jobs=2).fit(grays(90))
    assert levels_seen(parallel) == samples[0]


def test_bad_cells_in_the_sample_follow_on_error():
    cells = [*grays(20), *["gone.png"] * 20]
    with pytest.raises(CellError, match=r"row 2\d, 'gone.png': file not found"):
        learning(random_state=0).fit(cells)
    fitted = learning(fit_pictures=15, random_state=0, on_error="missing")
    with pytest.warns(CellWarning, match=r"^20 cell\(s\)") as seen:
        fitted.fit(cells)
    assert len(seen) == 1
    assert len(fitted.failures_) == 20
    # Others were drawn for those that failed.
    assert len(set(levels_seen(fitted))) == 15
    with pytest.raises(ValueError, match=r"of 3 row\(s\), 1 are missing and 2 failed, the first"):
        learning(on_error="missing").fit(["gone.png", None, "gone.png"])


def test_only_the_sample_is_decoded_twice(monkeypatch):
    calls = []
    read = image_module.read_picture
    monkeypatch.setattr(
        image_module, "read_picture", lambda *a, **k: calls.append(a) or read(*a, **k)
    )
    learning(fit_pictures=5).fit(grays(40))
    assert len(calls) == 45
    calls.clear()
    ImageVectorizer([("color", ColorHistogram())], size=(8, 8)).fit(grays(40))
    assert len(calls) == 40


def words(**parameters):
    descriptors = [
        ("hog", HOG()),
        ("words", VisualWords(6, random_state=0, **SMALL)),
        ("places", SpatialPyramid(VisualWords(4, step=4, radius=6, random_state=0))),
    ]
    return ImageVectorizer(descriptors, size=(32, 32), random_state=0, **parameters)


def test_all_ways_to_the_features_agree(tmp_path):
    cells = [*pictures(4, 9, 10, 10, 3), None]
    block = words().fit_transform(cells)
    fitted = words().fit(cells)
    assert fitted.widths_ == {"hog": 324, "words": 6, "places": 20}
    assert_array_equal(fitted.transform(cells), block)
    assert_array_equal(words(n_jobs=2).fit_transform(cells), block)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(cells), block)
    mmclassic.save(fitted, tmp_path / "words.skops")
    assert_array_equal(mmclassic.load(tmp_path / "words.skops").transform(cells), block)
    assert clone(fitted).get_params()["places__descriptor__n_words"] == 4


def test_the_cache_knows_what_was_learnt(tmp_path):
    some, others = list(pictures(5, 6, 10, 10, 3)), list(pictures(6, 6, 10, 10, 3))
    query = some[:2]
    expected = [words().fit(cells).transform(query) for cells in (some, others)]
    assert not np.array_equal(*expected)
    for _ in range(2):
        for cells, rows in zip((some, others), expected):
            cached = words(cache=tmp_path).fit(cells)
            assert_array_equal(cached.transform(query), rows)


def test_the_cache_finds_what_was_learnt_again(tmp_path, monkeypatch):
    cells = list(pictures(7, 6, 10, 10, 3))
    rows = words(cache=tmp_path).fit_transform(cells)
    fitted = pickle.loads(pickle.dumps(words(cache=tmp_path).fit(cells)))

    def refuse(*args, **kwargs):
        raise AssertionError("this picture is in the cache")

    monkeypatch.setattr(image_module, "read_picture", refuse)
    assert_array_equal(fitted.transform(cells), rows)


# Augmentation


@pytest.mark.parametrize("seed", range(5))
def test_a_variant_is_the_same_picture_a_little_different(seed):
    smooth = Image.fromarray(pictures(seed, 1, 3, 4, 3)[0]).resize((60, 48), 3)
    picture = np.asarray(smooth)
    before = picture.copy()
    one, again = (variant(picture, np.random.RandomState(seed)) for _ in range(2))
    assert_array_equal(one, again)
    assert_array_equal(picture, before)
    assert one.shape == picture.shape
    assert one.dtype == np.uint8
    assert not np.array_equal(one, picture)
    distances = [abs(one.astype(int) - p).mean() for p in (picture, picture[:, ::-1])]
    assert min(distances) < 45 < abs(one.astype(int) - picture[::-1]).mean() + 20


def test_about_half_of_the_variants_are_mirrored():
    ramp = np.linspace(0, 255, 30).astype(np.uint8)[None, :, None].repeat(20, 0).repeat(3, 2)
    random_state = np.random.RandomState(0)
    rising = [
        v[:, -5:].mean() > v[:, :5].mean() for v in (variant(ramp, random_state) for _ in range(60))
    ]
    assert 18 <= sum(rising) <= 42


def test_augmentation_changes_what_is_learnt_and_never_a_row():
    cells = list(pictures(8, 6, 3, 3, 3))
    plain, more, again, other = (
        learning(augment=n, random_state=s).fit(cells) for n, s in [(0, 0), (3, 0), (3, 0), (3, 1)]
    )
    seen = [v.descriptors_["light"].seen_ for v in (plain, more, again, other)]
    assert [len(s) for s in seen] == [6, 24, 24, 24]
    assert_array_equal(seen[1], seen[2])
    assert not np.array_equal(seen[1], seen[3])
    # The pictures themselves come first.
    assert_array_equal(seen[1][:6], seen[0])
    assert seen[1].mean() != seen[0].mean()
    means = [image_module.read_picture(c, (8, 8)).mean() for c in cells]
    for fitted in (plain, more):
        expected = np.array(means) / fitted.descriptors_["light"].mean_
        for block in (fitted.transform(cells), clone(fitted).fit_transform(cells)):
            assert_allclose(block[:, 0] / block[:, 1], expected, rtol=1e-5)


def test_augmentation_changes_the_words():
    cells = list(pictures(9, 8, 10, 10, 3))
    plain, more = (words(augment=n).fit(cells).descriptors_["words"] for n in (0, 2))
    assert not np.allclose(plain.words_, more.words_)


def test_augmentation_without_learning_is_refused():
    descriptors = [("hog", HOG()), ("grid", SpatialPyramid(LocalBinaryPattern()))]
    vectorizer = ImageVectorizer(descriptors, size=(16, 16), augment=2)
    with pytest.raises(ValueError, match=r"augment=2 .* none of \['hog', 'grid'\] learns anything"):
        vectorizer.fit(grays(3))
    with pytest.raises(ValueError, match="'augment' parameter of ImageVectorizer"):
        learning(augment=-1).fit(grays(3))
