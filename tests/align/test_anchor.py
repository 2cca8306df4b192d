"""Anchors: cosines by hand, spaces that differ by a rotation, growing, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity

import mmclassic
from mmclassic.align import AnchorAligner
from mmclassic.match import match, similarity
from mmclassic.metrics import retrieval_recall_at_k
from mmclassic.testing import check_view_estimator, make_views
from mmclassic.views import Views


def turned_pairs(seed, n=300, width=12, other=20, noise=0.0):
    """Two views that are the same but for a rotation into more columns, a shift and noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, width)) * np.linspace(1.5, 0.5, width)
    turn = np.linalg.qr(rng.normal(size=(other, width)))[0]
    return X, X @ turn.T + 3 + noise * rng.normal(size=(n, other))


def test_cosines_by_hand():
    # Means (0, 0) and (1,): centred anchors (3, 4) / 5 and (-3, -4) / 5; 1 and -1.
    views = Views({"a": np.array([[3.0, 4.0], [-3.0, -4.0]]), "b": np.array([[3.0], [-1.0]])})
    aligner = AnchorAligner(power=1.0).fit(views)
    space = aligner.transform(Views({"a": np.array([[1.0, 0.0], [0, 0]]), "b": [[0.0], [1.0]]}))
    np.testing.assert_allclose(space["a"], [[0.6, -0.6], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(space["b"], [[-1, 1], [0, 0]], atol=1e-12)
    squared = AnchorAligner(power=2.0).fit(views).transform(views)
    np.testing.assert_allclose(squared["a"], [[1, -1], [-1, 1]], atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
def test_places_are_cosines_of_centred_rows(seed, convert):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(40, 6)), np.maximum(rng.normal(size=(40, 9)), 0)
    views = Views({"x": X, "y": convert(Y)})
    aligner = AnchorAligner(7, power=1.0, random_state=seed).fit(views[:30])
    space, mean = aligner.transform(views[30:]), Y[:30].mean(axis=0)
    anchors = Y[aligner.anchor_rows_["y"]] - mean
    np.testing.assert_allclose(space["y"], cosine_similarity(Y[30:] - mean, anchors), atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_rotation_and_a_shift_change_no_place(seed):
    X, Y = turned_pairs(seed)
    aligner = AnchorAligner(40, random_state=seed).fit(Views({"x": X[:100], "y": Y[:100]}))
    space = aligner.transform(Views({"x": X[100:], "y": Y[100:]}))
    np.testing.assert_allclose(space["x"], space["y"], atol=1e-9)
    np.testing.assert_array_equal(match(space["x"], space["y"]).columns, np.arange(200))


@pytest.mark.parametrize("anchors", ["random", "kmeans++"])
def test_anchors_are_rows_with_all_views(anchors):
    views = make_views(80, missing=0.3)
    complete = np.flatnonzero(views.present.all(axis=1))
    aligner = AnchorAligner(10, anchors=anchors).fit(views)
    for rows in aligner.anchor_rows_.values():
        assert np.unique(rows).size == 10
        assert set(rows) <= set(complete)
    assert aligner.transform(views)["text"].shape == (80, 10)
    everything = AnchorAligner().fit(views)
    np.testing.assert_array_equal(everything.anchor_rows_["text"], complete)
    given = AnchorAligner(anchors=complete[[5, 2]]).fit(views)
    np.testing.assert_array_equal(given.anchor_rows_["image"], complete[[5, 2]])


def test_far_anchors_are_spread():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(195, 2)) * 0.1 + [3, 3], np.eye(2).repeat(3, 0)[:5] * -9])
    rows = AnchorAligner(6, anchors="kmeans++").fit(Views({"x": X, "y": X})).anchor_rows_["x"]
    assert (rows >= 195).any()


def test_the_power_suits_the_rows():
    X, Y = turned_pairs(0, noise=0.5)
    aligner = AnchorAligner().fit(Views({"x": X, "y": Y}))
    assert aligner.power_ in (1.0, 2.0, 4.0)
    assert AnchorAligner(power=3.0).fit(Views({"x": X, "y": Y})).power_ == 3.0


def few_pairs(seed, n_known=10, n_alone=400, noise=0.5):
    """A few pairs, rows of one view alone that belong together unknown to all, and new pairs."""
    n = n_known + n_alone
    X, Y = turned_pairs(seed, n=n + 300, width=32, other=40, noise=noise)
    alone = np.arange(n_known, n)
    has_x = np.repeat([True, True, False], [n_known, n_alone, n_alone])
    has_y = np.repeat([True, False, True], [n_known, n_alone, n_alone])
    blocks = {"x": np.vstack([X[:n], X[alone]]), "y": np.vstack([Y[:n], Y[alone[::-1]]])}
    known = Views(blocks, np.column_stack([has_x, has_y]))
    return known, Views({"x": X[n:], "y": Y[n:]})


def recall(aligner, new):
    space = aligner.transform(new)
    return retrieval_recall_at_k(similarity(space["x"], space["y"]), 1)


def test_growing_finds_pairs_that_help():
    gains = []
    for seed in range(3):
        known, new = few_pairs(seed)
        plain = AnchorAligner().fit(known)
        grown = AnchorAligner(n_rounds=4).fit(known)
        assert plain.n_components_ == grown.n_known_ == 10
        assert grown.n_components_ > 50
        for name in ("x", "y"):
            rows = grown.anchor_rows_[name]
            np.testing.assert_array_equal(rows[:10], np.arange(10))
            assert known.mask(name)[rows].all()
            assert np.unique(rows).size == rows.size
        gains.append(recall(grown, new) - recall(plain, new))
    assert min(gains) > 0.1


def test_growing_without_rows_of_one_view_changes_nothing():
    X, Y = turned_pairs(0)
    views = Views({"x": X, "y": Y})
    assert AnchorAligner(5, n_rounds=2).fit(views).n_components_ == 5


def test_the_promises_of_aligners():
    check_view_estimator(AnchorAligner(6))


def test_a_single_view_and_one_anchor():
    X = turned_pairs(0)[0]
    assert AnchorAligner(3).fit_transform(X).shape == (300, 3)
    assert AnchorAligner(1).fit(Views({"x": X, "y": X})).power_ == 1


def test_what_is_refused():
    X, Y = turned_pairs(0, n=6)
    views = Views({"x": X, "y": Y})
    holes = np.ones((6, 2), dtype=bool)
    holes[4, 1] = False
    cases = [
        (AnchorAligner(7), views, "at most n_samples=6, the rows with all"),
        (AnchorAligner(anchors=[0, 4]), Views(views.blocks, holes), "row 4 lacks some"),
        (AnchorAligner(anchors=[0, 6]), views, r"positions in \[0, 5\]; got 0 to 6"),
        (AnchorAligner(anchors=[0, 0]), views, "different whole numbers"),
        (AnchorAligner(n_rounds=1), make_views(20), "grows anchors from two views"),
        (AnchorAligner(), Views(views.blocks, np.eye(2, dtype=bool)[[0, 1] * 3]), "there are none"),
    ]
    for aligner, rows, message in cases:
        with pytest.raises(ValueError, match=message):
            aligner.fit(rows)


def test_a_file_gives_the_same_and_a_damaged_one_is_refused(tmp_path):
    views = make_views(40)
    aligner = AnchorAligner(5).fit(views)
    mmclassic.save(aligner, tmp_path / "anchors.skops")
    again = mmclassic.load(tmp_path / "anchors.skops").transform(views)
    np.testing.assert_array_equal(again["text"], aligner.transform(views)["text"])
    aligner.means_["text"] = aligner.means_["text"][:1]
    with pytest.raises(ValueError, match=r"damaged: means_\['text'\] has not"):
        aligner._check_state()
