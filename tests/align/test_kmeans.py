"""The clustering aligner."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from mmclassic.align import KMeansAligner
from mmclassic.views import Views

SEEDS = [0, 1, 2]


def clusters(seed, *, n=300, k=4, missing=0.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    blocks = {
        name: 3 * rng.normal(size=(k, p))[labels] + rng.normal(size=(n, p))
        for name, p in {"image": 10, "text": 6}.items()
    }
    present = rng.random((n, 2)) >= missing
    present[~present.any(1), 0] = True
    return Views(blocks, present), labels


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_planted_clusters_are_found_and_predicted(seed, missing):
    views, labels = clusters(seed, missing=missing)
    aligner = KMeansAligner(4, random_state=seed).fit(views)
    assert adjusted_rand_score(labels, aligner.labels_) > 0.95
    np.testing.assert_array_equal(aligner.predict(views), aligner.labels_)
    by_text = aligner.predict(views.select("text"))[views.mask("text")]
    assert adjusted_rand_score(labels[views.mask("text")], by_text) > 0.8


def test_complete_data_equal_k_means_on_equal_energy_columns():
    views, _ = clusters(0)
    joined = np.hstack(
        [(b - b.mean(0)) / b.std(0) / np.sqrt(b.shape[1]) for b in views.blocks.values()]
    )
    aligner = KMeansAligner(4, metric="euclidean", random_state=0).fit(views)
    peer = KMeans(4, n_init=10, random_state=0).fit(joined)
    assert aligner.inertia_ == pytest.approx(peer.inertia_, rel=1e-6)
    assert aligner.objective_ == pytest.approx(aligner.inertia_)


def test_rounds_never_worsen_the_objective():
    views, _ = clusters(1, missing=0.4)
    for metric in ("euclidean", "within"):
        aligner = KMeansAligner(4, metric=metric, n_init=1, random_state=0)
        found = [aligner.set_params(max_iter=m).fit(views).objective_ for m in (1, 2, 5, 50)]
        assert (np.diff(found) <= 1e-9).all()


def test_memberships_are_probabilities_and_soften_with_temperature():
    views, _ = clusters(0)
    sharp = KMeansAligner(4, temperature=0.05, random_state=0).fit_transform(views)["image"]
    soft = KMeansAligner(4, temperature=5.0, random_state=0).fit_transform(views)["image"]
    np.testing.assert_allclose(sharp.sum(1), 1)
    np.testing.assert_allclose(soft.sum(1), 1)
    assert sharp.max(1).mean() > soft.max(1).mean()


def test_rows_on_their_centres_have_hard_memberships():
    X = np.repeat(np.eye(3), 4, axis=0)
    Z = KMeansAligner(3, random_state=0).fit_transform(Views({"a": X, "b": X}))
    np.testing.assert_array_equal(np.sort(Z["a"], axis=1), np.tile([0, 0, 1], (12, 1)))


def test_sparse_text_and_a_row_without_any_view():
    views, labels = clusters(0)
    text = sp.csr_matrix(np.maximum(views["text"], 0))
    present = views.present.copy()
    present[0] = False
    aligner = KMeansAligner(4, random_state=0).fit(
        Views({"image": views["image"], "text": text}, present)
    )
    predicted = aligner.predict(Views({"image": views["image"], "text": text}, present))
    assert predicted[0] == -1
    assert adjusted_rand_score(labels[1:], predicted[1:]) > 0.9


def test_too_many_clusters():
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=8"):
        KMeansAligner().fit(np.eye(3))
