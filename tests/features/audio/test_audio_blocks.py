"""Blocks of sounds: level, trim and pooling of each, the default, and descriptors of any make."""

import pickle
import warnings
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import (
    MFCC,
    AudioBlock,
    AudioVectorizer,
    Block,
    Chroma,
    LogMel,
    Modulation,
    SpectralShape,
    Tempo,
)
from mmclassic.features.audio._loudness import frame_energies, heard, levels
from mmclassic.features.audio._vectorizer import _LEARN_SAMPLES

SR = 8000


def noise(size, seed=0, loud=0.1):
    return (loud * np.random.default_rng(seed).standard_normal(size)).astype(np.float32)


def clips(n=6):
    return [noise(3000 + 800 * i, i, 0.5**i) for i in range(n)]


def raw(descriptors, **options):
    return AudioVectorizer(descriptors, sr=SR, scale=False, **options)


def test_the_default_is_five_blocks_of_their_weights():
    fitted = AudioVectorizer(sr=SR)
    block = fitted.fit_transform(clips())
    widths = {"course": 78, "lagged": 169, "timbre": 40, "modulation": 70, "shape": 16}
    assert fitted.widths_ == widths
    assert block.shape == (6, 373)
    assert len(fitted.get_feature_names_out()) == 373
    starts = np.cumsum([0, *widths.values()])
    shares = [(block[:, a:b] ** 2).sum(axis=1).mean() for a, b in pairwise(starts)]
    assert_allclose(shares, [1, 1, 0.5, 0.5, 0.25], rtol=1e-4)


def test_the_default_of_before_has_a_name():
    named = AudioVectorizer("mfcc", sr=SR).fit_transform(clips())
    assert_array_equal(named, AudioVectorizer([("mfcc", MFCC())], sr=SR).fit_transform(clips()))
    assert named.shape == (6, 52)
    with pytest.raises(ValueError, match="'descriptors' parameter of AudioVectorizer"):
        AudioVectorizer("mfc", sr=SR).fit(clips())


@pytest.mark.parametrize("recipe", [None, "mfcc"])
def test_rows_are_the_same_bits_whatever_comes_with_them(recipe, monkeypatch):
    cells = clips(9)
    fitted = raw(recipe).fit(cells)
    together = fitted.transform(cells)
    alone = np.concatenate([fitted.transform([y]) for y in cells])
    assert_array_equal(together, alone)
    monkeypatch.setattr("mmclassic.features.audio._vectorizer._LONG_SAMPLES", 4000)
    assert_array_equal(fitted.transform(cells), together)


@pytest.mark.parametrize("kind", [MFCC, LogMel, SpectralShape, Chroma])
def test_level_makes_gain_count_for_nothing(kind):
    block = AudioBlock(kind(), level=True, trim_db=40)
    y = noise(6000) * np.linspace(0, 1, 6000, dtype=np.float32)
    rows = raw([("x", block)]).fit_transform([y, np.float32(1e-4) * y])
    assert_allclose(rows[1], rows[0], rtol=2e-3, atol=2e-3)


def test_level_and_trim_of_mel_bands_are_those_of_the_samples():
    y = np.r_[np.zeros(4000, np.float32), noise(8000), np.zeros(4000, np.float32)]
    x = raw([("x", AudioBlock(LogMel(), level=True, trim_db=40))]).fit_transform([y])[0]
    gain = 10 ** (-levels([y], *frame_energies([y], SR), SR) / 20)
    frames = LogMel().frames((y * gain).astype(np.float32), SR)
    ((first, stop),) = heard(*frame_energies([y], SR), SR, 40)
    inside = frames[:, -(-first // 80) : -(-stop // 80)]
    assert 100 < inside.shape[1] < 110
    assert_allclose(x, [*inside.mean(axis=1), *inside.std(axis=1)], atol=1e-3)
    assert_allclose(levels([y * gain], *frame_energies([y * gain], SR), SR), 0, atol=1e-4)


@pytest.mark.parametrize("sr", [8000, 11025])  # at which 50 ms are and are not whole hops of 10 ms
@pytest.mark.parametrize("level", [False, True])
def test_a_block_is_the_same_with_others_whose_spectra_it_shares(sr, level):
    own = AudioBlock(SpectralShape(window=0.025, hop=0.05), level=level, trim_db=30)
    cells = [(y, sr) for y in [*clips(), noise(520), noise(60_000)]]
    options = {"sr": sr, "scale": False}
    alone = AudioVectorizer([("shape", own)], **options).fit_transform(cells)
    pairs = [("mel", LogMel(3)), ("shape", own), ("again", own), ("mfcc", MFCC())]
    together = AudioVectorizer(pairs, **options).fit_transform(cells)
    assert_array_equal(together[:, 6:22], alone)
    assert_array_equal(together[:, 22:38], alone)


def test_padding_with_silence_changes_a_trimmed_block_little():
    y = noise(8000)
    padded = np.r_[np.zeros(8000, np.float32), y, np.zeros(2000, np.float32)]
    blocks = [("x", AudioBlock(LogMel(), level=True, trim_db=30, pooling=["p50"]))]
    rows = raw(blocks).fit_transform([y, padded])
    assert_allclose(rows[0], rows[1], atol=1)


@pytest.mark.parametrize("descriptor", [MFCC(), LogMel(), SpectralShape(), Chroma(), Tempo()])
@pytest.mark.parametrize("hop", [0.01, 0.2])
def test_any_descriptor_describes_a_click_that_is_trimmed(descriptor, hop):
    click = np.zeros(20_000, dtype=np.float32)
    click[9999] = 0.3
    block = AudioBlock(clone(descriptor).set_params(hop=hop), level=True, trim_db=20)
    assert np.isfinite(raw([("x", block)]).fit_transform([click])).all()


def test_options_of_the_vectorizer_hold_for_all_blocks_that_pool():
    blocks = [
        ("a", AudioBlock(MFCC(2, delta=False), segments=3)),
        ("b", LogMel(5)),
        ("c", AudioBlock(Modulation(3))),
        ("d", Block(LogMel(4), scaling="rows")),
    ]
    widths = raw(blocks).fit(clips()).widths_
    assert widths == {"a": 12, "b": 10, "c": 21, "d": 8}
    fitted = raw(blocks, pooling=("p10", "p50", "p90"), segments=2, normalize=True).fit(clips())
    assert fitted.widths_ == {"a": 12, "b": 30, "c": 21, "d": 24}
    assert len(fitted.get_feature_names_out()) == 87
    with pytest.raises(ValueError, match=r"makes every mean 0 .* segments=1 .* of 'b'"):
        raw(blocks, normalize=True).fit(clips())
    with pytest.raises(ValueError, match="pooling of block 'a' of AudioVectorizer must name"):
        raw([("a", AudioBlock(MFCC(), pooling=["median"]))]).fit(clips())


def test_parameters_of_blocks_are_reached_by_name():
    vectorizer = AudioVectorizer([("a", AudioBlock(MFCC())), ("b", Peaks())], sr=SR)
    vectorizer.set_params(a__descriptor__n_mfcc=3, a__segments=2)
    assert clone(vectorizer).fit(clips()).widths_ == {"a": 24, "b": 4}
    assert "AudioBlock" in repr(vectorizer)


class Peaks:
    """No estimator: two methods, and it learns."""

    def __init__(self, answer=None):
        self.answer = answer
        self.top, self.given = 1.0, None

    def fit(self, clips, sr):
        self.given = [y.shape for y in clips], sr
        self.top = max(float(np.abs(y).max()) for y in clips)

    def frames(self, y, sr):
        if self.answer is not None:
            return self.answer(y)
        y /= self.top  # its own copy
        return np.abs(y[: y.size // 100 * 100]).reshape(-1, 100).max(axis=1)[None].repeat(2, axis=0)

    def frame_names(self):
        return ["peak", "again"]


class Row:
    def row(self, y, sr):
        return [y.size, sr]

    def row_names(self):
        return ("size", "rate")


def test_any_object_with_the_methods_is_a_descriptor():
    cells = clips()
    given = Peaks()
    vectorizer = raw([("own", given), ("mfcc", MFCC(2)), ("row", Row())], random_state=0)
    expected = vectorizer.fit_transform(cells)
    own = vectorizer.descriptors_["own"]
    assert given.given is None
    assert own.given[1] == SR
    assert sorted(own.given[0]) == [(y.size,) for y in cells]
    assert_allclose(
        expected[:, :2].max(), np.abs(cells[0]).reshape(-1, 100).max(1).mean() / own.top
    )
    assert_array_equal(expected[:, -2:], [[y.size, SR] for y in cells])
    assert_array_equal(clone(vectorizer).fit_transform(cells), expected)
    assert_array_equal(pickle.loads(pickle.dumps(vectorizer)).transform(cells), expected)
    assert vectorizer.get_params()["own"] is given
    assert "Peaks" in repr(vectorizer)
    vectorizer.set_params(own=Row())
    assert vectorizer.fit(cells).widths_ == {"own": 2, "mfcc": 8, "row": 2}


def test_what_a_descriptor_learns_from_is_bounded():
    long = noise(_LEARN_SAMPLES + 5000)
    fitted = raw([("own", Peaks())], fit_clips=3, random_state=0).fit([long] * 5)
    assert fitted.descriptors_["own"].given[0] == [(_LEARN_SAMPLES,)] * 3
    with pytest.raises(CellError, match="row 1"):
        raw([("own", Peaks())]).fit([noise(3000), b"no sound"])


BAD = {
    "shape (30,)": lambda y: np.ones(30),
    "shape (3, 5)": lambda y: np.ones((3, 5)),
    "shape (2, 0)": lambda y: np.ones((2, 0)),
    "its features are not finite": lambda y: np.full((2, 5), np.nan),
    "array of real numbers; got list of <U1": lambda y: [["a"], ["b"]],
    "array of real numbers; got ndarray of complex128": lambda y: np.ones((2, 5)) * 1j,
    "array of real numbers; got NoneType": lambda y: None if y.size else y,
}


@pytest.mark.parametrize("message", BAD)
def test_what_is_no_frames_names_descriptor_and_row(message):
    answer = BAD[message] if message[-4:] != "Type" else lambda y: Peaks
    pairs = [("own", Peaks(answer))]
    words = message if message[-4:] != "Type" else "array of real numbers; got type"
    with pytest.raises(CellError) as caught:
        raw(pairs).fit(clips())
    assert "row 0" in str(caught.value)
    assert "'own'" in str(caught.value)
    assert words in str(caught.value)


def test_a_value_error_fails_the_cell_and_others_go_through():
    def picky(y):
        if y.size < 4000:
            raise ValueError("at least 4000, please")
        return np.ones((2, 5))

    with pytest.warns(CellWarning, match="descriptor 'own': at least 4000, please"):
        block = raw([("own", Peaks(picky))], on_error="missing").fit_transform(clips())
    assert np.isnan(block).any(axis=1).tolist() == [True, True, False, False, False, False]

    def broken(y):
        raise KeyError("left out")

    with pytest.raises(KeyError, match="left out") as caught:
        raw([("own", Peaks(broken))], on_error="missing").fit(clips())
    assert "descriptor 'own'" in " ".join(caught.value.__notes__)
    assert "row 0" in " ".join(caught.value.__notes__)


class Growing(Peaks):
    def frame_names(self):
        return ["peak", "again", "more"][: 2 if self.given is None or self.answer is None else 3]


def test_names_that_are_none_or_change():
    with pytest.raises(TypeError, match=r"descriptor 'own' .* must have frames"):
        raw([("own", object())]).fit(clips())
    nameless = Peaks()
    nameless.frame_names = lambda: "peak"
    with pytest.raises(TypeError, match=r"frame_names\(\) of descriptor 'own' must give"):
        raw([("own", nameless)]).fit(clips())
    fitted = raw([("own", Growing())]).fit(clips())
    fitted.descriptors_["own"].answer = Peaks().frames
    with pytest.raises(ValueError, match="'own' of AudioVectorizer named 4 features when it was"):
        fitted.get_feature_names_out()


class Halved(MFCC):
    """A subclass with frames of its own."""

    def frames(self, y, sr):
        return super().frames(y, sr) / 2


def test_a_subclass_with_frames_of_its_own_is_asked_for_them():
    rows = raw([("x", Halved(3))]).fit_transform(clips())
    assert_allclose(rows, raw([("x", MFCC(3))]).fit_transform(clips()) / 2, rtol=1e-5, atol=1e-6)


def test_a_descriptor_that_may_change_unnoticed_is_not_cached(tmp_path):
    class Scale(Peaks):
        factor = 1.0

        def frames(self, y, sr):
            return self.factor * super().frames(y, sr)

    def rows(descriptor):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = raw([("own", descriptor)], cache=tmp_path, random_state=0).fit_transform(
                clips()
            )
        return found, [str(w.message) for w in caught]

    first, said = rows(Scale())
    assert len(said) == 1
    assert "does not use its cache" in said[0]
    assert "attribute `version`" in said[0]
    Scale.factor = 2.0  # as a changed helper or a class of the same name
    assert_allclose(rows(Scale())[0], 2 * first, rtol=1e-6)
    assert not list(tmp_path.rglob("*.row"))
    Scale.version = "1"
    kept, said = rows(Scale())
    assert said == []
    assert list(tmp_path.rglob("*.row"))
    Scale.factor = 3.0
    assert_array_equal(rows(Scale())[0], kept)
    Scale.version = "2"
    assert_allclose(rows(Scale())[0], 3 * first, rtol=1e-6)
