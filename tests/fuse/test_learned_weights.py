"""Weights that are learned by classes."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.match import CalibratedSimilarity
from mmclassic.views import Views


def labelled_views(seed, noise=(1.0, 3.0, None), n=200, width=8):
    """Views "strong", "weak" and "noise" of rows of five classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n)
    blocks = {}
    for name, level in zip(("strong", "weak", "noise"), noise):
        centers = rng.standard_normal((5, width))
        spread = rng.standard_normal((n, width))
        blocks[name] = spread if level is None else centers[y] + level * spread
    return Views(blocks), y


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_class_weights_are_mean_similarities_within_classes(form):
    views, y = labelled_views(0)
    rng = np.random.default_rng(1)
    views = Views({n: form(b) for n, b in views.items()}, rng.random((200, 3)) < 0.8)
    parts = CalibratedSimilarity(dict.fromkeys(views.names, 1)).fit(views).parts(views, views)
    expected = {}
    for name in views.names:
        has = views.mask(name)
        pairs = (y[:, None] == y) & np.outer(has, has) & ~np.eye(200, dtype=bool)
        expected[name] = max(parts[name][pairs].mean(), 0)
    with_text = np.array(list("abcde"))[y]
    for labels in (y, with_text, list(with_text)):
        fitted = ConcatFusion("classes").fit(views, labels)
        for name, weight in fitted.view_weights_.items():
            np.testing.assert_allclose(weight, expected[name] / sum(expected.values()), rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_learned_weights_find_more_neighbours_of_the_class(seed):
    views, y = labelled_views(seed)
    train, test = np.arange(120), np.arange(120, 200)

    def accuracy(fuser):
        model = make_pipeline(fuser, KNeighborsClassifier(5, metric="cosine"))
        return model.fit(views[train], y[train]).score(views[test], y[test])

    equal = accuracy(ConcatFusion())
    assert accuracy(ConcatFusion("classes")) > equal + 0.03
    assert accuracy(WeightedFusion("classes")) >= accuracy(WeightedFusion())


def test_cloned_and_reset():
    views, y = labelled_views(2)
    fuser = clone(ConcatFusion("classes"))
    assert fuser.fit(views, y).weights == "classes"
    assert ConcatFusion().fit(views, y).view_weights_["noise"] == pytest.approx(1 / 3)


@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
def test_what_is_refused():
    views, y = labelled_views(3)
    with pytest.raises(ValueError, match=r"weights='classes' learns from labels: call fit\(X, y\)"):
        ConcatFusion("classes").fit(views)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        ConcatFusion("classes").fit(views, y + 0.5)
    with pytest.raises(ValueError, match=r"a label for each of the 200 rows; got \(3,\)"):
        ConcatFusion("classes").fit(views, [0, 1, 1])
    with pytest.raises(ValueError, match="The 'weights' parameter of WeightedFusion"):
        WeightedFusion("best").fit(views)
    with pytest.warns(UserWarning, match="no more alike than others in any view; the views weigh"):
        alone = ConcatFusion("classes").fit(views, np.arange(200))
    assert alone.view_weights_["weak"] == pytest.approx(1 / 3)
