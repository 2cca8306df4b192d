"""Blocks of columns: their scales and weights."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from mmclassic.features import (
    HOG,
    Block,
    ColorHistogram,
    ImageVectorizer,
    _block_vectorizer,
    _blocks,
)
from mmclassic.features._blocks import BlockScaler

RNG = np.random.default_rng(0)


def _rows(n=40, p=6):
    mixing = RNG.normal(size=(p, p)) * 10.0 ** np.arange(p)[:, None]
    return (RNG.normal(size=(n, p)) @ mixing + 5).astype(np.float32)


@pytest.mark.parametrize("scaling", ["block", "features", "whiten"])
def test_the_total_variance_is_the_weight(scaling):
    rows = _rows()
    scaled = BlockScaler([(6, scaling, 2.5)]).fit(rows).transform(rows.copy())
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    assert (scaled.astype(float) ** 2).sum(axis=1).mean() == pytest.approx(2.5, rel=1e-4)


def test_rows_have_the_weight_as_squared_length():
    rows = _rows()
    scaled = BlockScaler([(2, "rows", 4.0), (4, "rows", None)]).fit(rows).transform(rows.copy())
    np.testing.assert_allclose(np.linalg.norm(scaled[:, :2], axis=1), 2, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(scaled[:, 2:], axis=1), 1, rtol=1e-6)


def test_features_without_weight_are_those_of_the_standard_scaler():
    rows = _rows()
    scaled = BlockScaler([(6, "features", None)]).fit(rows).transform(rows.copy())
    np.testing.assert_array_equal(scaled, StandardScaler().fit_transform(rows))


def test_one_factor_keeps_the_proportions_of_distances():
    rows = _rows()
    scaled = BlockScaler([(6, "block", 1.0)]).fit(rows).transform(rows.copy())
    before, after = (
        np.linalg.norm(np.diff(x.astype(float), axis=0), axis=1) for x in (rows, scaled)
    )
    np.testing.assert_allclose(after / after[0], before / before[0], rtol=1e-5)


def test_half_whitened_axes_have_the_variances_of_the_formula():
    # Diagonal and exact: columns of variance 16 and 1, mean 8.5, ridge .85.
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], np.float32)
    rows = signs * np.array([4, 1], np.float32) + 3
    scaled = BlockScaler([(2, "whiten", None)]).fit(rows).transform(rows.copy())
    wanted = np.array([16 / 16.85**0.5, 1 / 1.85**0.5])
    np.testing.assert_allclose(scaled.var(axis=0), wanted / wanted.sum(), rtol=1e-5)
    np.testing.assert_array_equal(np.sign(scaled), signs)


def test_whitening_of_fewer_rows_than_columns_is_finite_and_uses_their_span_alone():
    rows = _rows(4, 12)
    scaler = BlockScaler([(12, "whiten", 1.0)]).fit(rows)
    scaled = scaler.transform(rows.copy())
    assert np.isfinite(scaled).all()
    assert np.linalg.matrix_rank(scaler.axes_[0], tol=1e-4 * np.abs(scaler.axes_[0]).max()) == 3


@pytest.mark.parametrize("scaling", ["block", "features", "whiten"])
def test_what_did_not_vary_is_nothing_unless_all_is_so(scaling):
    rows = _rows(10, 3)
    rows[:, 1] = 1000.0
    later = rows[:2] + np.array([[0, 50, 0]], np.float32)
    scaler = BlockScaler([(3, scaling, 1.0)]).fit(rows)
    if scaling != "block":
        np.testing.assert_allclose(
            scaler.transform(later.copy()), scaler.transform(rows[:2].copy()), atol=1e-4
        )
    alone = BlockScaler([(3, scaling, 1.0)]).fit(rows[:1])
    assert not alone.transform(rows[:1].copy()).any()
    np.testing.assert_allclose(alone.transform(rows[1:2].copy()), rows[1:2] - rows[:1], rtol=1e-6)


@pytest.mark.parametrize("scaling", ["rows", "block", "features", "whiten"])
def test_a_row_does_not_depend_on_those_that_come_with_it(scaling):
    rows = _rows(200, 30)
    scaler = BlockScaler([(30, scaling, 1.0)]).fit(rows)
    whole = scaler.transform(rows.copy())
    for i in (0, 7, 199):
        np.testing.assert_array_equal(scaler.transform(rows[i : i + 1].copy())[0], whole[i])


def test_blocks_and_bare_descriptors_stand_side_by_side():
    pictures = list(RNG.integers(0, 256, size=(12, 32, 32, 3), dtype=np.uint8))
    blocks = [("hog", HOG()), ("color", Block(ColorHistogram(), scaling="features", weight=3.0))]
    vectorizer = ImageVectorizer(blocks, size=(32, 32))
    features = vectorizer.fit_transform(pictures)
    width = vectorizer.widths_["hog"]
    np.testing.assert_allclose(np.linalg.norm(features[:, :width], axis=1), 1, rtol=1e-5)
    assert (features[:, width:] ** 2).sum(axis=1).mean() == pytest.approx(3, rel=1e-4)
    raw = ImageVectorizer(blocks, size=(32, 32), scale=False).fit_transform(pictures)
    np.testing.assert_array_equal(raw[:, width:], ColorHistogram().transform(np.stack(pictures)))


def test_parameters_of_a_block_are_reached_by_name():
    vectorizer = ImageVectorizer([("color", Block(ColorHistogram()))])
    vectorizer.set_params(color__weight=2.0, color__descriptor__root=True)
    twin = clone(vectorizer)
    assert dict(twin.descriptors)["color"].weight == 2.0
    assert dict(twin.descriptors)["color"].descriptor.root is True


@pytest.mark.parametrize("wrong", [{"scaling": "zscore"}, {"weight": 0.0}, {"weight": "much"}])
def test_wrong_parameters_of_a_block_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ImageVectorizer([("color", Block(ColorHistogram(), **wrong))]).fit(
            [np.zeros((9, 9), np.uint8)]
        )


def test_batches_of_rows_change_nothing_and_absent_rows_take_no_part(monkeypatch):
    pictures = list(np.random.default_rng(0).integers(0, 256, (11, 32, 32, 3), dtype=np.uint8))
    whole = ImageVectorizer().fit_transform(pictures)
    for module in (_blocks, _block_vectorizer):
        monkeypatch.setattr(module, "BATCH_ROWS", 4)
    np.testing.assert_allclose(ImageVectorizer().fit_transform(pictures), whole, atol=1e-5)
    gaps = ImageVectorizer().fit_transform([None, *pictures[:5], None, *pictures[5:]])
    np.testing.assert_allclose(np.delete(gaps, [0, 6], axis=0), whole, atol=1e-5)
    assert np.isnan(gaps[[0, 6]]).all()
