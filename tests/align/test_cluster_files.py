"""Files of clusters and anchors: what comes back, and that damaged ones are refused."""

import numpy as np
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.align import (
    AgglomerativeAligner,
    AnchorAligner,
    KMeansAligner,
    SpectralCoclusterAligner,
)
from mmclassic.exceptions import ModelFileError
from mmclassic.views import Views

ALIGNERS = {
    "kmeans": KMeansAligner(3, n_init=2),
    "alone": KMeansAligner(3, n_init=2, joint=False),
    "tree": AgglomerativeAligner(3),
    "terms": SpectralCoclusterAligner(3),
    "anchors": AnchorAligner(5),
}


def shop(n=60):
    """Dense pictures in few columns, sounds in more than are kept, and counts of terms."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    text = rng.poisson(np.kron(np.eye(3), np.ones(4))[y] + 0.2)
    blocks = {
        "image": 3 * np.eye(3)[y] + rng.normal(size=(n, 3)),
        "sound": np.repeat(np.eye(3)[y], 100, axis=1) + rng.normal(size=(n, 300)),
        "text": sp.csr_matrix(text, dtype=float),
    }
    present = np.ones((n, 3), dtype=bool)
    present[4, 0] = present[7] = False
    return Views(blocks, present)


@pytest.mark.parametrize("kind", ALIGNERS)
def test_files_give_the_same(kind, tmp_path):
    views, aligner = shop(), ALIGNERS[kind]
    mmclassic.save(aligner.fit(views), tmp_path / "a.skops")
    again = mmclassic.load(tmp_path / "a.skops")
    for name, found in aligner.transform(views).items():
        np.testing.assert_array_equal(again.transform(views)[name], found)
    if kind != "anchors":
        np.testing.assert_array_equal(again.predict(views), aligner.predict(views))


def damage(aligner, way, change):
    """Change what stands at the end of a way of attributes and keys."""
    *steps, last = way.split(".")
    parts = vars(aligner)
    for step in steps:
        parts = parts[step] if isinstance(parts[step], dict) else vars(parts[step])
    parts[last] = change(parts[last])


def _shorter(value):
    return value[:-1]


def _not_finite(value):
    return np.full_like(value, np.nan)


def _too_many(value):
    return np.full_like(value, 3)


DAMAGES = [
    ("kmeans", "n_components_", lambda k: k + 1, "cluster_centers_"),
    ("kmeans", "n_components_", float, "no number of clusters"),
    ("kmeans", "cluster_centers_.image", _shorter, "cluster_centers_"),
    ("kmeans", "cluster_centers_.text", _not_finite, "cluster_centers_"),
    ("kmeans", "whiteners_.sound", _shorter, "whiteners_"),
    ("kmeans", "labels_", _too_many, "labels_ are not all numbers of its 3 clusters"),
    ("kmeans", "labels_", lambda labels: labels.astype(float), "labels_"),
    ("kmeans", "_scales", lambda scales: {"image": 1.0}, "its scales are no variances"),
    ("kmeans", "view_weights_.image", lambda w: -w, "view_weights_ are no weights"),
    ("kmeans", "_coordinates.image", lambda c: None, "the coordinates of 'image'"),
    ("kmeans", "_coordinates.image.mean", _shorter, "scale has not a number for every column"),
    ("kmeans", "_coordinates.image.scale", _not_finite, "scale has not a number"),
    ("kmeans", "_coordinates.text.scale", lambda s: np.ones(2), "one number as scale"),
    ("kmeans", "_coordinates.text.reduction", lambda r: None, "needs a reduction"),
    ("kmeans", "_coordinates.sound.reduction", lambda r: 1.0, "reduction is none"),
    ("kmeans", "_coordinates.sound.reduction.axes", _shorter, "axes has not the shape"),
    ("kmeans", "_coordinates.text.reduction.mean", _shorter, "has not the shape"),
    ("alone", "cluster_map_.text", _too_many, "cluster_map_"),
    ("alone", "cluster_map_.text", _shorter, "cluster_map_"),
    ("tree", "linkage_matrix_", _shorter, "linkage_matrix_ is no tree of 59 rows"),
    ("tree", "linkage_matrix_", lambda merges: merges[::-1].copy(), "is no tree"),
    ("tree", "cluster_centers_.image", _shorter, "cluster_centers_"),
    ("terms", "column_labels_", _too_many, "column_labels_"),
    ("terms", "column_shares_", _shorter, "column_shares_ are not 12 numbers"),
    ("terms", "view_", lambda view: "texts", "view_ is none of its views"),
    ("anchors", "weights_.image", _not_finite, "weights_"),
    ("anchors", "power_", lambda power: -power, "power_ is no exponent"),
    ("anchors", "anchor_rows_.text", _shorter, "anchor_rows_"),
    ("anchors", "n_known_", lambda n: 6, "n_known_ is no number of its anchors"),
]


@pytest.mark.parametrize(("kind", "way", "change", "message"), DAMAGES)
def test_damaged_files_are_refused(kind, way, change, message, tmp_path):
    aligner = ALIGNERS[kind].fit(shop())
    damage(aligner, way, change)
    mmclassic.save(aligner, tmp_path / "a.skops")
    with pytest.raises(ModelFileError, match=message):
        mmclassic.load(tmp_path / "a.skops")
