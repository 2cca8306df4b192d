"""AudioWords and FisherVector against scikit-learn and scikit-image."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage.feature import fisher_vector
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import pairwise_distances_argmin
from sklearn.mixture import GaussianMixture

import mmclassic
from mmclassic.features import MFCC, AudioBlock, AudioVectorizer, AudioWords, FisherVector, LogMel
from mmclassic.features.audio import _audio_words as words_module

SR = 8000
LEARNING = [AudioWords(6, random_state=0), FisherVector(3, random_state=0)]


def sounds(seed, *sizes):
    """Noise that falls off with the frequency, and swells."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=n).cumsum() * np.linspace(0.1, 1, n) / n).astype(np.float32) for n in sizes
    ]


CLIPS = sounds(0, 4000, 2500, 300, 6000)


def standardized(fitted, clip):
    return (fitted.descriptor_.frames(clip, SR).T - fitted.mean_) / fitted.scale_


def as_mixture(fitted):
    """What a FisherVector learnt as an estimator of scikit-learn."""
    mixture = GaussianMixture(fitted.n_components, covariance_type="diag")
    mixture.weights_, mixture.means_, mixture.covariances_ = (
        part.astype(np.float64) for part in (fitted.weights_, fitted.means_, fitted.variances_)
    )
    mixture.precisions_cholesky_ = mixture.covariances_**-0.5
    return mixture


@pytest.mark.parametrize("root", [False, True])
def test_words_are_shares_of_the_nearest_centres(root):
    fitted = AudioWords(9, root=root, random_state=1).fit(CLIPS, sr=SR)
    rows = fitted.rows_of(CLIPS, SR)
    for clip, row in zip(CLIPS, rows):
        nearest = pairwise_distances_argmin(standardized(fitted, clip), fitted.words_)
        shares = np.bincount(nearest, minlength=9) / len(nearest)
        # A frame may lie between two words to within rounding.
        assert abs((row**2 if root else row) - shares).sum() <= 2 / len(nearest) + 1e-6
    assert_allclose((rows**2 if root else rows).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("descriptor", [None, MFCC(5, delta=False)])
def test_fisher_vectors_are_those_of_scikit_image(descriptor):
    fitted = FisherVector(3, descriptor=descriptor, random_state=0).fit(CLIPS, sr=SR)
    mixture = as_mixture(fitted)
    for clip, row in zip(CLIPS, fitted.rows_of(CLIPS, SR)):
        # First the gradients in the weights; those in the deviations have the opposite sign there.
        expected = fisher_vector(standardized(fitted, clip), mixture)[3:]
        expected[expected.size // 2 :] *= -1
        expected = np.sign(expected) * np.sqrt(np.abs(expected))
        assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-4)


def test_the_gradient_is_that_of_the_likelihood():
    fitted = FisherVector(2, descriptor=MFCC(3, delta=False), random_state=0).fit(CLIPS, sr=SR)
    frames = standardized(fitted, CLIPS[1])
    row = fitted.row(CLIPS[1], SR)
    found, i = row * np.abs(row), 0
    expected = np.empty(12)
    for part in ("means_", "covariances_"):
        for k, j in np.ndindex(2, 3):
            values = []
            for step in (1e-5, -1e-5):
                mixture = as_mixture(fitted)
                deviation = np.sqrt(mixture.covariances_[k, j])
                if part == "means_":
                    mixture.means_[k, j] += step
                else:
                    mixture.covariances_[k, j] = (deviation + step) ** 2
                mixture.precisions_cholesky_ = mixture.covariances_**-0.5
                values.append(mixture.score(frames))
            information = (1 if part == "means_" else 2) * fitted.weights_[k] / deviation**2
            expected[i] = (values[0] - values[1]) / 2e-5 / np.sqrt(information)
            i += 1
    assert_allclose(found, expected / np.abs(expected).sum(), atol=1e-4)


def test_the_mixture_is_that_of_scikit_learn():
    fitted = FisherVector(3, random_state=4).fit(CLIPS, sr=SR)
    frames = np.concatenate([standardized(fitted, clip) for clip in CLIPS])
    usual = GaussianMixture(3, covariance_type="diag", reg_covar=1e-3, random_state=4).fit(frames)
    # The bound that expectation maximisation stops at is 1e-3.
    assert abs(as_mixture(fitted).score(frames) - usual.score(frames)) < 0.05


@pytest.mark.parametrize("descriptor", LEARNING)
def test_a_row_does_not_depend_on_its_neighbours(descriptor):
    fitted = clone(descriptor).fit(CLIPS, sr=SR)
    together = fitted.rows_of(CLIPS, SR)
    for i, clip in enumerate(CLIPS):
        assert_array_equal(fitted.rows_of([clip], SR)[0], together[i])
    assert_array_equal(fitted.rows_of(CLIPS[::-1], SR)[::-1], together)
    assert together.dtype == np.float32
    assert len(fitted.row_names()) == together.shape[1] == len(set(fitted.row_names()))


@pytest.mark.parametrize("descriptor", LEARNING)
def test_the_seed_fixes_what_is_learnt(descriptor):
    first, again, other = (
        clone(descriptor).set_params(random_state=s).fit(CLIPS, sr=SR).rows_of(CLIPS, SR)
        for s in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_frames_to_learn_from_are_bounded_and_shared_by_the_clips(monkeypatch):
    seen = []
    clusters = words_module.MiniBatchKMeans

    class Watched(clusters):
        def fit(self, X):
            seen.append(X.shape)
            return super().fit(X)

    monkeypatch.setattr(words_module, "MiniBatchKMeans", Watched)
    monkeypatch.setattr(AudioWords, "_fit_frames", 60)
    AudioWords(5, random_state=0).fit(CLIPS, sr=SR)
    # 15 of every clip, of which one has 4.
    assert seen == [(49, 26)]


def test_a_feature_that_never_varies_says_nothing():
    fitted = FisherVector(2, descriptor=MFCC(2, delta=False), random_state=0).fit(CLIPS, sr=SR)
    assert np.isfinite(fitted.scale_).all()
    still = [np.tile(sounds(1, 80)[0], 40)[:SR]] * 2
    learnt = FisherVector(2, random_state=0).fit(still, sr=SR)
    assert np.isfinite(learnt.rows_of(CLIPS, SR)).all()


@pytest.mark.parametrize("descriptor", LEARNING)
def test_what_cannot_be_described(descriptor):
    name = type(descriptor).__name__
    with pytest.raises(NotFittedError):
        clone(descriptor).row(CLIPS[0], SR)
    with pytest.raises(ValueError, match=f"{name} cannot learn from no clips"):
        clone(descriptor).fit([], sr=SR)
    with pytest.raises(ValueError, match=f"clip 1 of the batch: the clip is too short.*{name}"):
        clone(descriptor).fit([CLIPS[0], CLIPS[1][:100]], sr=SR)
    with pytest.raises(ValueError, match=r"clip 0 of the batch: .*silent"):
        clone(descriptor).fit([np.zeros(SR, dtype=np.float32)], sr=SR)
    with pytest.raises(ValueError, match="'descriptor' parameter"):
        clone(descriptor).set_params(descriptor="mfcc").fit(CLIPS, sr=SR)
    fitted = clone(descriptor).fit(CLIPS, sr=SR)
    with pytest.raises(ValueError, match="too short"):
        fitted.row(CLIPS[0][:100], SR)


def test_too_few_frames_to_learn_from():
    with pytest.raises(ValueError, match="cannot learn 128 words from 4 frames"):
        AudioWords().fit(CLIPS[2:3], sr=SR)
    with pytest.raises(ValueError, match="cannot fit 4 components to 4 frames"):
        FisherVector().fit(CLIPS[2:3], sr=SR)


def vectorizer(**parameters):
    block = AudioBlock(FisherVector(2, random_state=0), level=True, trim_db=40, scaling="block")
    words = AudioWords(5, descriptor=LogMel(12), random_state=0)
    return AudioVectorizer([("fisher", block), ("words", words)], random_state=0, **parameters)


def test_the_vectorizer_fits_them_on_what_the_block_hears(tmp_path):
    clips = [(clip, SR) for clip in CLIPS]
    fitted = vectorizer(scale=False).fit(clips)
    found = fitted.transform(clips)
    assert fitted.widths_ == {"fisher": 2 * 2 * 26, "words": 5}
    assert len(fitted.get_feature_names_out()) == found.shape[1]
    # At another level the same, to the block that levels.
    quiet = fitted.transform([(clip / 100, SR) for clip in CLIPS])
    assert_allclose(quiet[:, :104], found[:, :104], atol=1e-3)
    parallel = vectorizer(scale=False, n_jobs=2).fit(clips)
    assert_array_equal(parallel.transform(clips[:1])[0], found[0])
    mmclassic.save(fitted, tmp_path / "sounds.skops")
    assert_array_equal(mmclassic.load(tmp_path / "sounds.skops").transform(clips), found)
    pickled = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(pickled.transform(clips), found)


def test_the_speech_recipe_is_the_default_with_a_fisher_vector():
    clips = [(clip, SR) for clip in sounds(5, 4000, 3000, 5000)]
    usual, speech = (AudioVectorizer(r, random_state=0).fit(clips) for r in (None, "speech"))
    assert list(speech.widths_) == ["fisher" if n == "timbre" else n for n in usual.widths_]
    assert speech.widths_["fisher"] == 208
    row = speech.transform(clips[1:2])
    assert_array_equal(row[0], speech.transform(clips)[1])


@pytest.mark.parametrize(
    ("descriptor", "name", "value", "message"),
    [
        (LEARNING[0], "words_", np.zeros((6, 3)), "not 6 words of 26"),
        (LEARNING[0], "words_", np.full((6, 26), np.nan), "words are not finite"),
        (LEARNING[0], "mean_", np.zeros(3), "not of 26 features"),
        (LEARNING[1], "scale_", np.zeros(26), "not a mean and a deviation"),
        (LEARNING[1], "means_", np.zeros((2, 26)), "not 3 components"),
        (LEARNING[1], "variances_", np.zeros((3, 26)), "weights or variances"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, descriptor, name, value, message):
    fitted = clone(descriptor).fit(CLIPS, sr=SR)
    setattr(fitted, name, value)
    mmclassic.save(fitted, tmp_path / "damaged.skops")
    with pytest.raises(ValueError, match=message):
        mmclassic.load(tmp_path / "damaged.skops")
