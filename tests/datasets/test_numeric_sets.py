"""The sets that come as features: Wikipedia and UCI Multiple Features."""

from io import BytesIO

import numpy as np
import pytest
from scipy.io import savemat

from mmclassic.datasets import fetch_uci_mfeat, fetch_wikipedia

VIEWS = {"fac": 216, "fou": 76, "kar": 64, "mor": 6, "pix": 240, "zer": 47}


@pytest.fixture
def small_wikipedia(site):
    features = BytesIO()
    rows = {"I_tr": np.eye(3, 4), "T_tr": np.eye(3), "I_te": np.ones((2, 4)), "T_te": np.eye(2, 3)}
    savemat(features, rows)
    site.register(
        "wikipedia-xmodal",
        "",
        {
            "raw_features.mat": features.getvalue(),
            "categories.list": b"art\nbiology\nmusic\n",
            "trainset_txt_img_cat.list": b"t-1\ti\t3\nt-2.1\tj\t1\nu-1\tk\t1\n",
            "testset_txt_img_cat.list": b"t-4\tl\t2\nt-5\tm\t3\n",
        },
    )
    return rows


def test_wikipedia_rows_and_categories_go_together(small_wikipedia, tmp_path):
    wikipedia = fetch_wikipedia(data_home=tmp_path)
    np.testing.assert_array_equal(wikipedia.train["image"], small_wikipedia["I_tr"])
    np.testing.assert_array_equal(wikipedia.train["text"], small_wikipedia["T_tr"])
    np.testing.assert_array_equal(wikipedia.test["image"], small_wikipedia["I_te"])
    np.testing.assert_array_equal(wikipedia.test["text"], small_wikipedia["T_te"])
    names = [wikipedia.target_names[k] for k in wikipedia.train_target]
    assert names == ["music", "art", "art"]
    assert wikipedia.test_target.tolist() == [1, 2]
    assert wikipedia.train_article.tolist() == ["t", "t", "u"]
    assert wikipedia.test_article.tolist() == ["t", "t"]


def test_mfeat_splits_off_the_digit(site, tmp_path):
    files = {f"mfeat-{name}.csv": b"0,1,2\n1.5,2,7\n3,4,9\n" for name in VIEWS}
    site.register("uci-mfeat", "", files)
    mfeat = fetch_uci_mfeat(data_home=tmp_path)
    assert mfeat.data.names == tuple(VIEWS)
    np.testing.assert_array_equal(mfeat.data["zer"], [[1.5, 2], [3, 4]])
    assert mfeat.target.tolist() == [7, 9]


@pytest.mark.parametrize("fetch", [fetch_wikipedia, fetch_uci_mfeat], ids=lambda f: f.__name__)
def test_absent_files_are_named(fetch, tmp_path, monkeypatch):
    monkeypatch.delenv("MMCLASSIC_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="is not complete on this machine"):
        fetch(data_home=tmp_path, download_if_missing=False)


def test_the_real_wikipedia_set(real_data):
    wikipedia = fetch_wikipedia()
    assert len(wikipedia.train) == 2173
    assert len(wikipedia.test) == 693
    assert wikipedia.train.widths == wikipedia.test.widths == {"image": 128, "text": 10}
    assert wikipedia.target_names[::9] == ["art", "warfare"]
    # The counts that the authors publish.
    counts = np.bincount(wikipedia.train_target).tolist()
    assert counts == [138, 272, 244, 248, 202, 178, 186, 144, 214, 347]
    assert np.bincount(wikipedia.test_target).tolist() == [34, 88, 96, 85, 65, 58, 51, 41, 71, 104]
    assert np.isin(wikipedia.test_article, wikipedia.train_article).sum() == 552
    for name in ("image", "text"):
        np.testing.assert_allclose(wikipedia.train[name].sum(axis=1), 1, atol=1e-6)


def test_the_real_mfeat_set(real_data):
    mfeat = fetch_uci_mfeat()
    assert mfeat.data.widths == VIEWS
    np.testing.assert_array_equal(mfeat.target, np.repeat(np.arange(10), 200))
    # Averages over windows of pixels, as the documentation of the set says.
    pixels = mfeat.data["pix"]
    assert pixels.min() == 0
    assert pixels.max() == 6
