"""Clusters: K-means with a learned metric, hierarchical ones, and those of items and terms."""

import numpy as np
import pytest
import scipy.linalg as la
import scipy.sparse as sp
from scipy.cluster.hierarchy import dendrogram
from sklearn.cluster import AgglomerativeClustering, KMeans, SpectralCoclustering
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score

import mmclassic
from mmclassic.align import AgglomerativeAligner, KMeansAligner, SpectralCoclusterAligner
from mmclassic.views import Views


def groups(seed=0, *, n=400, k=4, apart=3.0, missing=0.0, noise_view=False):
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    blocks = {
        name: apart * rng.normal(size=(k, p))[y] + rng.normal(size=(n, p))
        for name, p in {"image": 8, "text": 5}.items()
    }
    if noise_view:
        blocks["noise"] = rng.normal(size=(n, 12))
    present = rng.random((n, len(blocks))) >= missing
    present[~present.any(1), 0] = True
    return Views(blocks, present), y


def stretched(seed, n=600, k=4):
    """Clusters that are thin in some directions and wide in others: K-means cuts the wide ones."""
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    return Views(
        {
            name: rng.normal(size=(k, p))[y]
            + 4 * rng.normal(size=(n, 2)) @ rng.normal(size=(2, p))
            + 0.3 * rng.normal(size=(n, p))
            for name, p in {"image": 12, "text": 9}.items()
        }
    ), y


@pytest.mark.parametrize("seed", range(3))
def test_inertia_is_that_of_scikit_learn_on_one_view(seed):
    X = load_iris().data
    Z = (X - X.mean(0)) / X.std(0) / 2
    aligner = KMeansAligner(3, metric="euclidean", random_state=seed).fit(X)
    peer = KMeans(3, n_init=10, random_state=seed).fit(Z)
    assert aligner.inertia_ == pytest.approx(peer.inertia_, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_learned_distances_find_what_euclidean_ones_cut(seed):
    views, y = stretched(seed)
    found = [
        adjusted_rand_score(y, KMeansAligner(4, metric=m, random_state=0).fit(views).labels_)
        for m in ("euclidean", "within")
    ]
    assert found[0] < 0.5 < 0.95 < found[1]


def test_whiteners_make_clusters_round():
    views, _ = stretched(0)
    aligner = KMeansAligner(4, n_init=2, random_state=0).fit(views)
    X, n, p = views["image"], len(views), 12
    Z = (X - X.mean(0)) / X.std(0) / np.sqrt(p)
    own = Z - aligner.cluster_centers_["image"][aligner.labels_]
    covariance = (own.T @ own + 3 * p * np.eye(p) / p) / (n + 3 * p)
    whitener = aligner.whiteners_["image"]
    np.testing.assert_allclose(whitener.T @ covariance @ whitener, np.eye(p), atol=1e-9)


def test_centres_and_metric_worked_by_hand():
    """Two clusters of two rows, standardised to -9/s, -7/s, 7/s, 9/s with s^2 = 65."""
    X = np.array([[-9.0], [-7.0], [7.0], [9.0]])
    aligner = KMeansAligner(2, random_state=0).fit(X)
    np.testing.assert_allclose(
        np.sort(aligner.cluster_centers_["x0"][:, 0]), np.array([-8, 8]) / np.sqrt(65)
    )
    # Scatter within 4/65, a prior of three rows of variance 1, over 4 + 3 rows.
    variance = (4 / 65 + 3) / 7
    np.testing.assert_allclose(aligner.whiteners_["x0"], [[1 / np.sqrt(variance)]])
    assert aligner.inertia_ == pytest.approx(4 / 65)
    assert aligner.objective_ == pytest.approx(7 * np.log(variance) / 2)
    assert aligner.view_weights_ == {"x0": 1.0}


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_order_of_views_and_rows_changes_no_cluster(missing):
    views, _ = groups(missing=missing)
    aligner = KMeansAligner(4, random_state=0)
    labels = aligner.fit(views).labels_
    np.testing.assert_array_equal(aligner.fit(views.select("text", "image")).labels_, labels)
    order = np.random.default_rng(1).permutation(len(views))
    assert adjusted_rand_score(aligner.fit(views[order]).labels_, labels[order]) == 1


def test_content_of_absent_cells_is_never_read():
    views, _ = groups(missing=0.3)
    other = {name: np.where(views.mask(name)[:, None], b, 1e6) for name, b in views.items()}
    a, b = (KMeansAligner(4).fit(v) for v in (views, Views(other, views.present)))
    np.testing.assert_array_equal(a.labels_, b.labels_)
    np.testing.assert_array_equal(a.whiteners_["text"], b.whiteners_["text"])


def test_a_view_given_twice_changes_no_cluster():
    views, _ = groups(apart=1.0)
    one = KMeansAligner(4).fit(Views({"a": views["text"]}))
    two = KMeansAligner(4).fit(Views({"a": views["text"], "b": views["text"]}))
    assert adjusted_rand_score(one.labels_, two.labels_) == 1
    assert two.view_weights_ == pytest.approx({"a": 0.5, "b": 0.5})
    assert two.objective_ == pytest.approx(2 * one.objective_)


def test_a_view_of_noise_weighs_little():
    views, y = groups(noise_view=True, apart=1.5)
    aligner = KMeansAligner(4).fit(views)
    assert adjusted_rand_score(y, aligner.labels_) > 0.95
    assert aligner.view_weights_["noise"] < 0.05
    assert sum(aligner.view_weights_.values()) == pytest.approx(1)


def test_scaling_and_mixing_the_columns_of_a_view_hardly_matters():
    views, y = stretched(0)
    turn = la.qr(np.random.default_rng(0).normal(size=(12, 12)))[0]
    mixed = Views({"image": 7 * views["image"] @ turn, "text": views["text"]})
    assert adjusted_rand_score(y, KMeansAligner(4).fit(mixed).labels_) > 0.95


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_batches_find_what_all_rows_find(missing):
    views, y = groups(n=6000, missing=missing)
    batched = KMeansAligner(4, batch_size=500, n_init=3).fit(views)
    assert adjusted_rand_score(y, batched.labels_) > 0.97
    np.testing.assert_array_equal(batched.predict(views), batched.labels_)
    whole = KMeansAligner(4, n_init=3).fit(views)
    assert adjusted_rand_score(whole.labels_, batched.labels_) > 0.99
    assert batched.inertia_ == pytest.approx(whole.inertia_, rel=0.01)
    all_at_once = KMeansAligner(4, batch_size=6000, n_init=3).fit(views)
    np.testing.assert_array_equal(all_at_once.labels_, whole.labels_)


def test_views_clustered_alone_are_brought_to_the_same_columns():
    views, y = groups(missing=0.2, apart=4)
    aligner = KMeansAligner(4, joint=False).fit(views)
    assert adjusted_rand_score(y, aligner.labels_) > 0.95
    both = views.present.all(axis=1)
    image, text = (aligner.predict(views.select(n))[both] for n in ("image", "text"))
    assert (image == text).mean() > 0.9
    for name in views.names:
        assert sorted(aligner.cluster_map_[name]) == [0, 1, 2, 3]
        alone = KMeansAligner(4).fit(Views({name: views.present_rows(name)}))
        mapped = aligner.cluster_map_[name][alone.labels_]
        np.testing.assert_array_equal(mapped, aligner.predict(views.select(name))[views.mask(name)])


def test_views_that_share_no_row_cannot_be_brought_together():
    views, _ = groups(n=40)
    present = np.zeros((40, 2), dtype=bool)
    present[:20, 0] = present[20:, 1] = True
    apart = Views(views.blocks, present)
    with pytest.raises(ValueError, match="'text' and 'image' have no row in common"):
        KMeansAligner(3, joint=False).fit(apart)
    with pytest.raises(ValueError, match="rows of view 'image'=20 should be >= n_clusters=21"):
        KMeansAligner(21, joint=False).fit(apart)


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("metric", ["within", "euclidean"])
def test_the_number_of_clusters_is_found(joint, metric):
    views, _ = groups(k=5, apart=4)
    aligner = KMeansAligner(None, joint=joint, metric=metric, n_init=3).fit(views)
    assert aligner.n_components_ == 5
    assert list(aligner.cluster_scores_) == list(range(2, 21))
    assert aligner.transform(views)["text"].shape == (400, 5)
    assert aligner.cross_transform(views)["text"].shape == (400, 5)


def test_the_number_of_clusters_takes_three_rows():
    with pytest.raises(ValueError, match="n_samples=2 should be >= n_clusters=3"):
        KMeansAligner(None).fit(np.eye(2))


def test_wide_views_are_reduced():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    X = rng.normal(size=(3, 700))[y] + rng.normal(size=(300, 700))
    aligner = KMeansAligner(3, n_init=2).fit(X)
    assert aligner.cluster_centers_["x0"].shape == (3, 256)
    assert adjusted_rand_score(y, aligner.labels_) == 1


@pytest.mark.parametrize("parameters", [{}, {"joint": False}, {"batch_size": 50}])
def test_saved_and_loaded(tmp_path, parameters):
    views, _ = groups(missing=0.2)
    aligner = KMeansAligner(3, **parameters).fit(views)
    mmclassic.save(aligner, tmp_path / "a.skops")
    again = mmclassic.load(tmp_path / "a.skops")
    np.testing.assert_array_equal(again.predict(views), aligner.labels_)
    np.testing.assert_array_equal(again.transform(views)["text"], aligner.transform(views)["text"])


# --- hierarchical --------------------------------------------------------------------------------


@pytest.mark.parametrize("linkage", ["ward", "average", "complete", "single"])
@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_tree_is_that_of_scikit_learn(linkage, k):
    views, _ = groups(n=120, apart=0.7)
    Z = np.hstack([(b - b.mean(0)) / b.std(0) / np.sqrt(b.shape[1]) for _, b in views.items()])
    aligner = AgglomerativeAligner(k, linkage=linkage).fit(views)
    peer = AgglomerativeClustering(k, linkage=linkage, compute_distances=True).fit(Z)
    assert adjusted_rand_score(peer.labels_, aligner.labels_) == 1
    np.testing.assert_allclose(aligner.linkage_matrix_[:, 2], peer.distances_, rtol=1e-6)
    assert len(set(dendrogram(aligner.linkage_matrix_, no_plot=True)["leaves"])) == 120


def test_a_view_whose_clusters_agree_with_none_weighs_little():
    views, y = groups(n=120, apart=0.7)
    noise = np.random.default_rng(0).normal(size=(120, 2))
    noisy = Views({**views.blocks, "noise": noise})
    Z = np.hstack([(b - b.mean(0)) / b.std(0) / np.sqrt(b.shape[1]) for b in noisy.blocks.values()])
    plain = AgglomerativeClustering(4).fit_predict(Z)
    aligner = AgglomerativeAligner(4).fit(noisy)
    assert adjusted_rand_score(y, aligner.labels_) > adjusted_rand_score(y, plain) + 0.1


def test_a_tree_worked_by_hand():
    """0, 1, 4 and 9 standardise to steps of 1, 3 and 5 over s, s^2 = 12.25."""
    aligner = AgglomerativeAligner(2, linkage="single").fit(np.array([[0.0], [1], [4], [9]]))
    np.testing.assert_allclose(aligner.linkage_matrix_[:, 2], np.array([1, 3, 5]) / 3.5)
    assert aligner.linkage_matrix_[:, 3].tolist() == [2, 3, 4]
    assert aligner.labels_.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_merged_rows_are_the_planted_ones(missing):
    views, y = groups(missing=missing)
    views.present[0] = False
    aligner = AgglomerativeAligner(4).fit(views)
    assert adjusted_rand_score(y[1:], aligner.labels_[1:]) > 0.8
    assert aligner.labels_[0] == aligner.predict(views)[0] == -1
    assert (aligner.predict(views) == aligner.labels_).mean() > 0.9
    assert len(aligner.linkage_matrix_) == len(views) - 2
    swapped = AgglomerativeAligner(4).fit(views.select("text", "image"))
    np.testing.assert_array_equal(swapped.labels_, aligner.labels_)
    other = {n: np.where(views.mask(n)[:, None], b, 1e6) for n, b in views.items()}
    again = AgglomerativeAligner(4).fit(Views(other, views.present))
    np.testing.assert_array_equal(again.linkage_matrix_, aligner.linkage_matrix_)


def test_rows_without_a_common_view_are_as_far_as_random_ones():
    X = np.array([[-1.0], [1], [-1], [1]])
    present = np.array([[1, 1], [1, 1], [1, 0], [0, 1]], dtype=bool)
    merges = (
        AgglomerativeAligner(2, linkage="single")
        .fit(Views({"a": X, "b": X}, present))
        .linkage_matrix_
    )
    # Rows 2 and 0 are alike in a, rows 3 and 1 in b; the rest is as far as two clusters are.
    assert sorted(map(tuple, merges[:2, :2])) == [(0, 2), (1, 3)]
    np.testing.assert_allclose(merges[:2, 2], 0, atol=1e-6)
    assert merges[2, 2] == pytest.approx(2)


def test_too_few_or_too_many_rows_for_a_tree():
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=8"):
        AgglomerativeAligner().fit(np.eye(3))
    with pytest.raises(ValueError, match=r"at most 10000 rows.*got 10001\. Fit a sample"):
        AgglomerativeAligner().fit(np.zeros((10001, 1)))


# --- items and terms -----------------------------------------------------------------------------


def shop(seed=0, *, n=200, k=3, missing=0.0):
    """Terms 5 c to 5 c + 4 belong to cluster c, and one term to all."""
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    rates = np.kron(np.eye(k), np.ones(5))[y] * 1.5 + 0.05
    text = rng.poisson(np.hstack([rates, np.full((n, 1), 0.5)]))
    image = 3 * rng.normal(size=(k, 6))[y] + rng.normal(size=(n, 6))
    present = np.ones((n, 2), dtype=bool)
    present[:, 1] = rng.random(n) >= missing
    return Views({"image": image, "text": sp.csr_matrix(text, dtype=float)}, present), y


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_items_and_terms_are_clustered_together(missing):
    views, y = shop(missing=missing)
    aligner = SpectralCoclusterAligner(3).fit(views)
    assert aligner.view_ == "text"
    assert adjusted_rand_score(y, aligner.labels_) > 0.9
    assert adjusted_rand_score(y, aligner.predict(views.select("image"))) > 0.9
    assert adjusted_rand_score(np.repeat([0, 1, 2], 5), aligner.column_labels_[:15]) == 1
    found = aligner.words([f"w{i}" for i in range(16)], k=6)
    own = [set(words) - {"w15"} for words in found]
    assert sorted(own, key=sorted) == sorted(
        ({f"w{i}" for i in range(a, a + 5)} for a in (0, 5, 10)), key=sorted
    )
    for c in range(3):
        assert aligner.column_shares_[aligner.column_labels_ == c].sum() == pytest.approx(1)


def test_coclusters_are_those_of_scikit_learn():
    views, _ = shop(n=80)
    aligner = SpectralCoclusterAligner(3).fit(views)
    peer = SpectralCoclustering(3, random_state=0).fit(views["text"])
    assert adjusted_rand_score(peer.row_labels_, aligner.labels_) == 1
    assert adjusted_rand_score(peer.column_labels_, aligner.column_labels_) == 1


def test_rows_and_terms_without_any_count():
    views, _ = shop(n=60)
    text = views["text"].toarray()
    text[3], text[:, 7] = 0, 0
    aligner = SpectralCoclusterAligner(3).fit(
        Views({"image": views["image"], "text": sp.csr_matrix(text)})
    )
    assert aligner.column_labels_[7] == -1
    assert aligner.column_shares_[7] == 0
    assert aligner.labels_[3] in {0, 1, 2}


def test_what_coclusters_refuse():
    views, _ = shop(n=40)
    with pytest.raises(ValueError, match="view='sound' is none of the views"):
        SpectralCoclusterAligner(2, view="sound").fit(views)
    with pytest.raises(ValueError, match="2 are sparse; say by view="):
        SpectralCoclusterAligner(2).fit(Views({"a": views["text"], "b": views["text"]}))
    with pytest.raises(ValueError, match="view 'image', row 0; terms are counts"):
        SpectralCoclusterAligner(2, view="image").fit(views)
    with pytest.raises(ValueError, match="16 terms should be >= n_clusters=20"):
        SpectralCoclusterAligner(20).fit(views)
    aligner = SpectralCoclusterAligner(2).fit(views)
    with pytest.raises(ValueError, match="'text' has 16 columns; got 1 names"):
        aligner.words(["w"])


@pytest.mark.parametrize(
    "aligner", [AgglomerativeAligner(3), SpectralCoclusterAligner(3)], ids=repr
)
def test_other_clusters_saved_and_loaded(tmp_path, aligner):
    views, _ = shop(missing=0.2)
    mmclassic.save(aligner.fit(views), tmp_path / "a.skops")
    again = mmclassic.load(tmp_path / "a.skops")
    np.testing.assert_array_equal(again.labels_, aligner.labels_)
    np.testing.assert_array_equal(again.transform(views)["text"], aligner.transform(views)["text"])
