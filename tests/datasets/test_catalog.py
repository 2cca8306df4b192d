import dataclasses
import re
import tempfile
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic.datasets import Catalog, make_catalog
from mmclassic.datasets._catalog_latent import FACTORS, draw_missing
from mmclassic.datasets._catalog_text import draw_comment
from mmclassic.datasets._catalog_users import draw_interactions
from mmclassic.datasets._catalog_words import CATEGORIES, LEVELS, NOUNS

SMALL = {"image_size": 32, "audio_seconds": 0.2}
SMALL_SOUND = {"audio_seconds": 0.05}
PROBED = {"n_items": 300, "n_users": 20, "image_size": 48, "audio_seconds": 0.5}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return make_catalog(90, 30, folder=tmp_path_factory.mktemp("shop"), missing=0.2, **SMALL)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_shapes_columns_and_names(catalog):
    assert isinstance(catalog, Catalog)
    assert list(catalog.items.columns) == [
        "item_id",
        "category",
        "picture",
        "comment",
        "sound",
        "price",
    ]
    assert catalog.items["item_id"].tolist()[:2] == ["item-0000", "item-0001"]
    assert len(catalog.items) == 90
    assert catalog.latent.shape == (90, 6)
    assert catalog.user_latent.shape == (30, 6)
    assert set(catalog.items["category"]) <= set(CATEGORIES)
    assert (catalog.items["price"] > 0).all()
    assert repr(catalog).startswith("Catalog(90 items, 30 users, ")
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.folder = None


def test_interactions_are_distinct_known_and_in_time_order(catalog):
    frame = catalog.interactions
    assert list(frame.columns) == ["user_id", "item_id", "timestamp"]
    assert set(frame["item_id"]) <= set(catalog.items["item_id"])
    assert frame["user_id"].nunique() == 30
    assert not frame.duplicated(["user_id", "item_id"]).any()
    assert frame["timestamp"].is_monotonic_increasing
    assert 15 < frame.groupby("user_id").size().mean() < 25


def test_every_file_decodes_to_the_size_asked_for(catalog):
    pictures = catalog.items["picture"].dropna()
    for path in pictures:
        with Image.open(path) as image:
            image.load()
            assert image.size == (32, 32)
            assert image.mode == "RGB"
            assert image.format == {".png": "PNG", ".jpg": "JPEG"}[path[-4:]]
    assert {path[-4:] for path in pictures} == {".png", ".jpg"}
    for path in catalog.items["sound"].dropna():
        samples, rate = soundfile.read(path)
        assert samples.shape == (3200,)
        assert rate == 16000
        assert 0.05 < np.abs(samples).max() < 1


def test_tables_on_disk_are_relative_and_otherwise_equal(catalog):
    stored = pd.read_csv(catalog.folder / "items.csv")
    for column in ("picture", "sound"):
        present = stored[column].notna()
        assert (present == catalog.items[column].notna()).all()
        assert not stored[column].dropna().str.startswith("/").any()
        resolved = [str(catalog.folder / cell) for cell in stored.loc[present, column]]
        assert resolved == catalog.items.loc[present, column].tolist()
    same = ["item_id", "category", "comment", "price"]
    pd.testing.assert_frame_equal(stored[same], catalog.items[same], check_dtype=False)
    purchases = pd.read_csv(catalog.folder / "interactions.csv", parse_dates=["timestamp"])
    pd.testing.assert_frame_equal(purchases, catalog.interactions, check_dtype=False)


def test_same_seed_same_bytes_whatever_the_number_of_threads(tmp_path):
    one = make_catalog(70, 8, folder=tmp_path / "one", n_jobs=1, missing=0.1, **SMALL)
    two = make_catalog(70, 8, folder=tmp_path / "two", n_jobs=2, missing=0.1, **SMALL)
    other = make_catalog(70, 8, folder=tmp_path / "other", random_state=1, **SMALL)
    assert files(one.folder) == files(two.folder)
    assert files(one.folder) != files(other.folder)
    assert np.array_equal(one.latent, two.latent)


def test_blocks_of_users_do_not_change_purchases(tmp_path, monkeypatch):
    whole = make_catalog(40, 9, folder=tmp_path, **SMALL).interactions
    monkeypatch.setattr("mmclassic.datasets._catalog_users._BLOCK_SCORES", 80)
    blocked = make_catalog(40, 9, folder=tmp_path, **SMALL).interactions
    pd.testing.assert_frame_equal(whole, blocked)


def test_memory_of_purchases_does_not_grow_with_users_times_items(monkeypatch):
    monkeypatch.setattr("mmclassic.datasets._catalog_users._BLOCK_SCORES", 1 << 16)
    rng = np.random.default_rng(0)
    latent, tastes = rng.standard_normal((10_000, 6)), rng.standard_normal((400, 6))
    tracemalloc.start()
    user, item, _ = draw_interactions(
        0, latent, tastes, popularity=rng.standard_normal(10_000), per_user=5, noise=1.0
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1500 < user.size == item.size < 2500
    # All scores at once would be 16 MB in single precision.
    assert peak < 6e6


def test_default_folder_is_fresh_and_temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first = make_catalog(2, 1, **SMALL)
    second = make_catalog(2, 1, **SMALL)
    assert first.folder != second.folder
    assert first.folder.name.startswith("mmclassic-catalog-")
    assert first.folder.parent == tmp_path


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 2 / 3])
def test_missing_share_is_as_asked_and_no_row_is_empty(share):
    missing = draw_missing(np.random.default_rng(0), 40_000, share)
    # Five standard deviations of a share of 40,000 draws.
    assert missing.mean(axis=0) == pytest.approx(share, abs=5 * 0.5 / 200)
    assert not missing.all(axis=1).any()


def test_missing_cells_reach_the_table(tmp_path):
    items = make_catalog(400, 2, folder=tmp_path, missing=0.3, image_size=8, **SMALL_SOUND).items
    gaps = items[["picture", "comment", "sound"]].isna()
    assert gaps.mean().to_numpy() == pytest.approx(0.3, abs=0.1)
    assert not gaps.all(axis=1).any()
    assert len(list((tmp_path / "pictures").iterdir())) == 400 - gaps["picture"].sum()


@pytest.mark.parametrize("share", [0.0, 1 / 3, 1.0])
def test_chinese_share_is_exact(tmp_path, share):
    comments = make_catalog(60, 2, folder=tmp_path, chinese_share=share, **SMALL).items["comment"]
    chinese = comments.str.contains("[\u4e00-\u9fff]")
    latin = comments.str.contains("[A-Za-z]")
    assert chinese.sum() == round(60 * share)
    assert (chinese != latin).all()


def test_noiseless_comment_names_every_level_and_the_thing():
    levels = np.full(6, 0.99)
    comment = draw_comment(levels, 3, np.random.default_rng(0), "en", noise=0.0)
    words = set(re.findall("[a-z]+", comment.lower()))
    assert words & set(NOUNS["en"][3])
    for factor in FACTORS:
        assert len(words & set(LEVELS["en"][factor][-1])) == 2, factor
        for lower in LEVELS["en"][factor][:-1]:
            assert not words & set(lower)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_word_means_two_levels(language):
    words = [
        word for levels in LEVELS[language].values() for synonyms in levels for word in synonyms
    ]
    assert len(words) == len(set(words))
    assert len(NOUNS[language]) == len(CATEGORIES)


def picture_statistics(path):
    """Mean and spread of the channels: what a colour histogram would see."""
    with Image.open(path) as image:
        pixels = np.asarray(image, dtype=float)
        hue = np.asarray(image.convert("HSV"))[..., 0].ravel()
    histogram = np.bincount(hue // 16, minlength=16) / hue.size
    gradient = [np.abs(np.diff(pixels.mean(axis=2), axis=axis)).mean() for axis in (0, 1)]
    return np.concatenate([pixels.mean((0, 1)), pixels.std((0, 1)), np.sqrt(histogram), gradient])


def sound_statistics(path):
    """Shape of the mean spectrum and how the loudness changes."""
    samples, _ = soundfile.read(path)
    frames = samples[: samples.size // 256 * 256].reshape(-1, 256)
    power = np.abs(np.fft.rfft(frames * np.hanning(256), axis=1)) ** 2
    bands = np.log(power.mean(axis=0)[:128].reshape(32, 4).sum(axis=1) + 1e-6)
    loudness = np.log(power.sum(axis=1) + 1e-6)
    return np.concatenate([bands, [loudness.std(), np.abs(np.diff(loudness)).mean()]])


def modality_features(catalog):
    items = catalog.items
    return {
        "picture": np.array([picture_statistics(path) for path in items["picture"]]),
        "comment": CountVectorizer().fit_transform(items["comment"]).toarray(),
        "sound": np.array([sound_statistics(path) for path in items["sound"]]),
    }


def probe(X, latent):
    """Cross-validated R^2 of every factor."""
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 4, 9)))
    residual = latent - cross_val_predict(model, X, latent, cv=5)
    return dict(zip(FACTORS, 1 - (residual**2).mean(axis=0) / latent.var(axis=0)))


def probe_each(catalog):
    features = modality_features(catalog)
    return {modality: probe(X, catalog.latent) for modality, X in features.items()}


SHARP = {
    "picture": {"tone", "light"},
    "comment": {"tone", "slant", "grain", "pace"},
    "sound": {"size", "light", "grain"},
}
DIM = {
    "picture": {"grain", "pace"},
    "comment": {"size", "light"},
    "sound": {"tone", "slant"},
}


@pytest.mark.parametrize("seed", [0, 1])
def test_modalities_are_useful_imperfect_and_complementary(tmp_path, seed):
    catalog = make_catalog(folder=tmp_path, chinese_share=0.0, random_state=seed, **PROBED)
    features = modality_features(catalog)
    together = np.mean(list(probe(np.hstack(list(features.values())), catalog.latent).values()))
    table = {modality: probe(X, catalog.latent) for modality, X in features.items()}
    for modality, scores in table.items():
        assert together > np.mean(list(scores.values())) + 0.1, modality
        sharp = [scores[factor] for factor in SHARP[modality]]
        dim = [scores[factor] for factor in DIM[modality]]
        assert min(sharp) > 0.3, (modality, scores)
        assert max(sharp) < 0.95, (modality, scores)
        assert np.mean(sharp) > np.mean(dim) + 0.2, (modality, scores)


def test_less_noise_shows_more(tmp_path):
    settings = {"folder": tmp_path, "chinese_share": 0.0, **PROBED}
    clean = probe_each(make_catalog(noise=0.2, **settings))
    dirty = probe_each(make_catalog(noise=2.0, **settings))
    for modality in SHARP:
        for factor in SHARP[modality]:
            assert clean[modality][factor] > dirty[modality][factor] + 0.1, (modality, factor)


def test_users_buy_near_their_taste(tmp_path):
    catalog = make_catalog(200, 40, folder=tmp_path, image_size=8, **SMALL_SOUND)
    item = catalog.interactions["item_id"].str[-4:].astype(int)
    user = catalog.interactions["user_id"].str[-4:].astype(int)
    bought = np.linalg.norm(catalog.latent[item] - catalog.user_latent[user], axis=1).mean()
    anyhow = np.linalg.norm(catalog.latent[:, None] - catalog.user_latent, axis=2).mean()
    assert bought < 0.75 * anyhow


def test_one_item_one_user(tmp_path):
    catalog = make_catalog(1, 1, folder=tmp_path / "new" / "shop", noise=0.0, **SMALL)
    assert catalog.interactions["item_id"].tolist() == ["item-0000"]
    assert (tmp_path / "new" / "shop" / "items.csv").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_items": 0}, "'n_items' parameter of make_catalog"),
        ({"n_users": -1}, "'n_users' parameter of make_catalog"),
        ({"noise": -0.1}, "'noise' parameter of make_catalog"),
        ({"missing": 0.7}, "'missing' parameter of make_catalog"),
        ({"chinese_share": 1.1}, "'chinese_share' parameter of make_catalog"),
        ({"image_size": 4}, "'image_size' parameter of make_catalog"),
        ({"audio_seconds": 0}, "'audio_seconds' parameter of make_catalog"),
        ({"interactions_per_user": 0}, "'interactions_per_user' parameter of make_catalog"),
    ],
)
def test_parameters_out_of_range_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_catalog(**wrong)
