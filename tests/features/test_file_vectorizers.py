"""ImageVectorizer and AudioVectorizer: the contract they share, and what each adds."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import HOG, MFCC, AudioVectorizer, ColorHistogram, ImageVectorizer
from mmclassic.features.image import _vectorizer as image_module

CASES = [(ImageVectorizer(size=(64, 64)), "photo", 103), (AudioVectorizer(), "clip", 105)]
both = pytest.mark.parametrize(("vectorizer", "column", "absent"), CASES, ids=["image", "audio"])


@both
class TestContract:
    def test_block_mask_and_names(self, vectorizer, column, absent, items):
        fitted = clone(vectorizer)
        extraction = fitted.fit_extract(items[column])
        block, present = extraction.block, extraction.present
        assert block.dtype == np.float32
        assert block.shape == (12, len(fitted.get_feature_names_out()))
        assert present.tolist() == (items.index != absent).tolist()
        assert np.isnan(block[~present]).all()
        assert np.isfinite(block[present]).all()
        assert extraction.failures == []
        assert list(fitted.failures_.columns) == ["row", "column", "path", "reason"]

    def test_all_ways_to_the_features_agree(self, vectorizer, column, absent, items):
        block = clone(vectorizer).fit_transform(items[column])
        fitted = clone(vectorizer).fit(items[column])
        assert_array_equal(fitted.transform(items[column]), block)
        assert_array_equal(fitted.transform(items[[column]]), block)
        assert_array_equal(fitted.transform(items[column].tolist()), block)
        assert_array_equal(fitted.extract(items[column].iloc[4:6]).block, block[4:6])
        assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(items[column]), block)

    def test_workers_change_nothing(self, vectorizer, column, absent, items):
        many = [cell for cell in items[column] for _ in range(9)]
        block = clone(vectorizer).fit_transform(many)
        parallel = clone(vectorizer).set_params(n_jobs=2)
        assert_array_equal(parallel.fit_transform(many), block)

    def test_raise_names_row_column_and_file(self, vectorizer, column, absent, items):
        items.loc[104, column] = "gone.bin"
        for parallel in (None, 2):
            fresh = clone(vectorizer).set_params(n_jobs=parallel)
            with pytest.raises(CellError) as caught:
                fresh.fit(items[column])
            assert str(caught.value) == (
                f"row 104, column {column!r}, 'gone.bin': file not found; repair or remove it, or "
                "pass on_error='missing' to treat such cells as missing"
            )

    def test_missing_warns_once_and_lists_all(self, vectorizer, column, absent, broken):
        broken.loc[[109, 110], column] = "gone.bin"
        fresh = clone(vectorizer).set_params(on_error="missing")
        with pytest.warns(CellWarning, match=r"cell\(s\) could not be used .* the first: ") as seen:
            extraction = fresh.fit_extract(broken[column])
        assert len(seen) == 1
        failed = fresh.failures_.set_index("row")
        assert {109, 110} <= set(failed.index)
        assert set(failed["column"]) == {column}
        assert failed.loc[109, "path"] == "gone.bin"
        assert failed.loc[109, "reason"] == "file not found"
        gone = broken.index.isin([absent, *failed.index])
        assert_array_equal(extraction.present, ~gone)
        assert np.isnan(extraction.block[gone]).all()

    def test_a_failed_row_changes_no_other(self, vectorizer, column, absent, items):
        fitted = clone(vectorizer).set_params(on_error="missing").fit(items[column])
        block = fitted.transform(items[column])
        items.loc[106, column] = "gone.bin"
        with pytest.warns(CellWarning, match="row 106"):
            other = fitted.transform(items[column])
        assert_array_equal(np.delete(other, 6, axis=0), np.delete(block, 6, axis=0))

    def test_only_missing_cells(self, vectorizer, column, absent, items):
        fitted = clone(vectorizer).fit(items[column])
        extraction = fitted.extract([None, float("nan")])
        assert np.isnan(extraction.block).all()
        assert not extraction.present.any()
        assert fitted.transform([]).shape == (0, extraction.block.shape[1])
        empty = items[column].where(items.index < 0, None)
        with pytest.raises(ValueError, match=f"column {column!r} has no usable cell .* 12 row"):
            fitted.fit(empty)

    def test_fit_tells_the_first_reason_if_every_cell_failed(
        self, vectorizer, column, absent, items
    ):
        fresh = clone(vectorizer).set_params(on_error="missing")
        with pytest.raises(ValueError, match=r"2 failed, the first: 'gone.bin': file not found"):
            fresh.fit(["gone.bin", "gone.too"])

    def test_unfitted(self, vectorizer, column, absent, items):
        with pytest.raises(NotFittedError):
            clone(vectorizer).transform(items[column])
        with pytest.raises(NotFittedError):
            clone(vectorizer).get_feature_names_out()
        assert not hasattr(clone(vectorizer), "failures_")

    def test_progress_goes_to_standard_error(self, vectorizer, column, absent, items, capsys):
        clone(vectorizer).set_params(progress=True).fit(items[column])
        out, err = capsys.readouterr()
        assert out == ""
        assert f"{type(vectorizer).__name__} {column}: 11/11" in err

    @pytest.mark.parametrize("bad", [[], ["hog"], [("a", HOG(), 1)], [("a__b", HOG())]])
    def test_refuses_malformed_descriptors(self, vectorizer, column, absent, items, bad):
        with pytest.raises(ValueError, match=r"non-empty list of|must not contain __"):
            type(vectorizer)(bad).fit(items[column])

    def test_pandas_output(self, vectorizer, column, absent, items):
        fresh = clone(vectorizer).set_output(transform="pandas")
        frame = fresh.fit_transform(items[[column]])
        assert list(frame.columns) == list(fresh.get_feature_names_out())
        assert frame.index.tolist() == items.index.tolist()


def test_each_bare_descriptor_has_length_one():
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    vectorizer = ImageVectorizer("rows", size=(64, 64))
    row = vectorizer.fit_transform([picture])[0]
    assert vectorizer.widths_ == {"hog": 324, "color": 512}
    hog = HOG(pixels_per_cell=(16, 16)).transform(picture[None])[0]
    color = np.sqrt(ColorHistogram().transform(picture[None])[0])
    assert_allclose(row[:324], hog / np.linalg.norm(hog), rtol=1e-5)
    assert_allclose(row[324:], color, rtol=1e-5)


def test_a_picture_is_decoded_once_for_all_descriptors(items, monkeypatch):
    calls = []
    read = image_module.read_picture
    monkeypatch.setattr(
        image_module, "read_picture", lambda *a, **k: calls.append(a) or read(*a, **k)
    )
    ImageVectorizer(size=(64, 64)).fit_transform(items["photo"])
    assert len(calls) == 11


def test_nested_parameters_of_descriptors(items):
    vectorizer = ImageVectorizer([("hog", HOG()), ("rgb", ColorHistogram())], size=(32, 32))
    assert vectorizer.get_params()["hog__orientations"] == 9
    vectorizer.set_params(hog__orientations=4, rgb__bins=2)
    assert vectorizer.fit(items["photo"]).widths_ == {"hog": 144, "rgb": 8}
    vectorizer.set_params(hog=ColorHistogram(3))
    assert clone(vectorizer).fit(items["photo"]).widths_ == {"hog": 27, "rgb": 8}
    assert vectorizer.get_feature_names_out()[[0, -1]].tolist() == ["hog__0", "rgb__7"]


def test_fit_does_not_change_the_descriptors_given(items):
    given = HOG()
    fitted = ImageVectorizer([("hog", given)], size=(32, 32)).fit(items["photo"])
    assert fitted.descriptors_["hog"] is not given


@pytest.mark.parametrize("size", [(64,), (0, 64), (64.0, 64), (64, 64, 3)])
def test_refuses_bad_sizes(size, items):
    with pytest.raises(ValueError, match=r"size must be \(height, width\) in pixels"):
        ImageVectorizer(size=size).fit(items["photo"])


def test_a_size_too_small_for_the_descriptor_says_so(items):
    with pytest.raises(ValueError, match=r"HOG needs pictures of at least \(32, 32\) pixels"):
        ImageVectorizer("rows", size=(16, 16)).fit(items["photo"])


def clip(sr, seconds=0.5, pitch=440):
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(sr * seconds)) / sr), sr


def test_audio_features_are_pooled_frames():
    y, sr = clip(16000)
    row = AudioVectorizer("mfcc", scale=False).fit_transform([(y, sr)])[0]
    assert_array_equal(row, MFCC().transform(y[None].astype(np.float32))[0])
    names = AudioVectorizer("mfcc").fit([(y, sr)]).get_feature_names_out()
    assert names[0] == "mfcc__mfcc0_mean"
    assert names[-1] == "mfcc__delta12_std"


def test_audio_features_are_standardised_over_the_fitted_clips():
    clips = [clip(16000, pitch=pitch) for pitch in (200, 400, 800)] + [None]
    raw = AudioVectorizer("mfcc", scale=False).fit_transform(clips)
    fitted = AudioVectorizer("mfcc").fit(clips)
    assert_allclose(fitted.transform(clips), StandardScaler().fit_transform(raw), rtol=1e-4)
    (one,) = fitted.transform([clips[1]])
    assert_allclose(one, fitted.transform(clips)[1], rtol=1e-6)


@pytest.mark.parametrize(
    ("rates", "common"),
    [([8000, 44100], 8000), ([44100, 48000], 16000), ([11025], 11025), ([16000, 1], 16000)],
)
def test_the_lowest_rate_of_the_collection_is_common(rates, common):
    clips = [clip(rate) if rate > 1 else (np.ones(9), 1) for rate in rates]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CellWarning)
        assert AudioVectorizer(on_error="missing").fit(clips).sr_ == common


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_features_depend_little_on_the_rate_of_the_source(rate):
    def tones(sr):
        parts = [clip(sr, 1.0, pitch)[0] for pitch in (200, 500, 900, 1700, 2600)]
        return sum(parts) / 5, sr

    rows = AudioVectorizer(scale=False).fit_transform([tones(8000), tones(rate)])
    other = AudioVectorizer(sr=8000, scale=False).fit_transform([clip(8000)])
    apart = np.linalg.norm(rows[0] - rows[1])
    assert apart < 0.1 * np.linalg.norm(rows[0] - other[0])


def test_bare_arrays_need_a_stated_rate():
    y = clip(8000)[0]
    with pytest.raises(CellError, match=r"row 0, '<float64 array .* set sr"):
        AudioVectorizer().fit([y])
    stated = AudioVectorizer(sr=8000).fit_transform([y])
    assert_array_equal(stated, AudioVectorizer().fit_transform([(y, 8000)]))
    assert_array_equal(AudioVectorizer(sr=8000).fit_transform(y[None]), stated)


def test_a_clip_too_short_for_the_descriptor_is_a_failure():
    with pytest.raises(CellError, match=r"row 1, .*too short: 100 samples \(0.013 s\) at 8000 Hz"):
        AudioVectorizer().fit([clip(8000), (clip(8000)[0][:100], 8000)])


@pytest.mark.parametrize("sr", [0, 100, "high"])
def test_refuses_bad_rates(sr):
    with pytest.raises(ValueError, match="'sr' parameter of AudioVectorizer"):
        AudioVectorizer(sr=sr).fit([clip(8000)])


def test_nested_parameters_of_audio_descriptors():
    vectorizer = AudioVectorizer([("a", MFCC(5)), ("b", MFCC(3, delta=False))])
    vectorizer.set_params(a__n_mfcc=4)
    assert vectorizer.fit([clip(8000)]).widths_ == {"a": 16, "b": 6}


@pytest.mark.parametrize("crop", [None, "center", "fit"])
@pytest.mark.parametrize("denoise", [False, True])
def test_image_preparation_reaches_the_decoder(crop, denoise):
    cell = np.random.default_rng(0).integers(0, 256, (40, 90, 4), dtype=np.uint8)
    options = {"crop": crop, "denoise": denoise, "background": "navy"}
    picture = image_module.read_picture(cell, (32, 32), **options)
    vectorizer = ImageVectorizer([("color", ColorHistogram())], size=(32, 32), **options)
    expected = ColorHistogram().transform(picture[None])
    expected /= np.linalg.norm(expected)
    assert_allclose(vectorizer.fit_transform([cell]), expected, rtol=1e-6)


def test_image_limit_names_the_cell():
    cells = [np.zeros((10, 10), np.uint8), np.zeros((10, 11), np.uint8)]
    with pytest.raises(CellError, match=r"row 1.*11 x 10 pixels .* limit of 100 \(max_pixels\)"):
        ImageVectorizer(max_pixels=100).fit(cells)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crop": "left"}, "'crop' parameter of ImageVectorizer"),
        ({"max_pixels": 0}, "'max_pixels' parameter of ImageVectorizer"),
        ({"background": "no colour"}, "background must be an opaque colour"),
    ],
)
def test_image_preparation_refuses_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        ImageVectorizer(**options).fit([np.zeros((40, 40), np.uint8)])
