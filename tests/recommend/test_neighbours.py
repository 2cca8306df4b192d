"""Item and user neighbours."""

import numpy as np
import pytest
import scipy.sparse as sp

import mmclassic
from mmclassic.recommend import AsymmetricCosine
from mmclassic.recommend._neighbours import ItemNeighbours, UserNeighbours

# Users by items.
HISTORY = sp.csr_matrix(
    np.array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]])
)


def random_history(seed, *, n_users=30, n_items=20):
    rng = np.random.default_rng(seed)
    X = sp.csr_matrix(sp.random(n_users, n_items, density=0.2, rng=rng, format="csr"))
    X.data = rng.choice([-1.0, 1, 1, 2], size=X.nnz)
    return X


def test_items_by_hand():
    model = ItemNeighbours("jaccard", n_neighbors=1).fit(HISTORY.T)
    # Users of the items: {0, 1, 4}, {0, 1, 2, 4}, {1, 2}, {3}. The nearest of 0 is 1 (3 / 4), of 1
    # is 0, of 2 is 1 (2 / 4), of 3 nobody. A row is what is liked.
    np.testing.assert_allclose(
        model.weights_.toarray(), [[0, 3 / 4, 0, 0], [3 / 4, 0, 1 / 2, 0], [0] * 4, [0] * 4]
    )
    asked = sp.csr_matrix(np.array([[0, 2.0, 0, 1], [1, -1, 0, 0], [0, 0, 0, 0]]))
    np.testing.assert_allclose(
        model.score(asked), [[3 / 2, 0, 1, 0], [-3 / 4, 3 / 4, -1 / 2, 0], [0] * 4]
    )
    liked, parts = model.explain(asked[[1]], model.weights_[:, [2]])
    assert liked.tolist() == [1]
    assert parts.tolist() == [-0.5]


@pytest.mark.parametrize("weighting", [None, "tfidf", "bm25"])
@pytest.mark.parametrize("seed", range(3))
def test_parts_sum_to_the_score_and_new_items_are_linked(weighting, seed):
    X = random_history(seed)
    content = abs(sp.csr_matrix(sp.random(20, 8, density=0.5, random_state=seed, format="csr")))
    model = ItemNeighbours(n_neighbors=5, shrink=2.0, weighting=weighting)
    model.fit(content)
    scores = model.score(X)
    for item in range(20):
        parts = model.explain(X[[4]], model.weights_[:, [item]])[1]
        assert parts.sum() == pytest.approx(scores[4, item], abs=1e-5)
    new = model.score(X, model.weights_of(content[:3] * 1.0))
    assert new.shape == (30, 3)
    assert np.isfinite(new).all()


def test_users_by_hand():
    model = UserNeighbours("jaccard", n_neighbors=2).fit(HISTORY)
    asked = sp.csr_matrix(np.array([[0, 1.0, 0, 0]]))
    # {1} against {0, 1}, {0, 1, 2}, {1, 2}, {3}, {0, 1}: the nearest are users 0 and 2, by 1 / 2.
    np.testing.assert_allclose(model.score(asked), [[1 / 2, 1, 1 / 2, 0]])
    liked, parts = model.explain(asked, model.interactions_[:, [1]])
    assert liked.tolist() == [1]
    assert parts.tolist() == [1.0]


def test_somebody_fitted_is_no_neighbour_of_their_own():
    model = UserNeighbours("cosine", n_neighbors=5).fit(HISTORY)
    near = model.neighbours(HISTORY).toarray()
    assert near[np.arange(4), np.arange(4)].tolist() == [0] * 4
    # Of two with the same history the first is taken for the asker, and the other says the same.
    assert (near[0, 4], near[4, 0], near[4, 4]) == (pytest.approx(1), 0, pytest.approx(1))
    np.testing.assert_array_equal(model.score(HISTORY[[0]]), model.score(HISTORY[[4]]))


def test_dislikes_of_others_push_away():
    X = sp.csr_matrix(np.array([[1.0, 0, -1], [1, 1, 0]]))
    scores = UserNeighbours(n_neighbors=2).fit(X).score(sp.csr_matrix(np.array([[1.0, 0, 0]])))
    assert scores[0, 2] < 0 < scores[0, 1]


def test_nobody_and_nothing():
    nothing = sp.csr_matrix((0, 4))
    assert UserNeighbours().fit(nothing).score(HISTORY).tolist() == [[0.0] * 4] * 5
    assert ItemNeighbours().fit(nothing.T).score(HISTORY).tolist() == [[0.0] * 4] * 5
    assert UserNeighbours().fit(HISTORY).score(nothing).shape == (0, 4)


def test_fitting_leaves_the_data_alone():
    X = random_history(0)
    before = X.copy()
    for name in ("cosine", "jaccard", "pearson"):
        UserNeighbours(name, weighting="bm25").fit(X).score(X)
        ItemNeighbours(name, weighting="tfidf").fit(X.T).score(X)
    for one, other in zip(
        (X.data, X.indices, X.indptr), (before.data, before.indices, before.indptr)
    ):
        np.testing.assert_array_equal(one, other)


def test_weights_of_any_size():
    X = random_history(1)
    for make, fitted in ((UserNeighbours, X), (ItemNeighbours, X.T)):
        scores = make().fit(fitted).score(X)
        huge = make().fit(fitted * 1e140).score(X * 1e140)
        assert np.isfinite(huge).all()
        np.testing.assert_allclose(huge / 1e140, scores, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("weighting", [None, "bm25"])
@pytest.mark.parametrize("similarity", ["adjusted_cosine", AsymmetricCosine(0.3)], ids=str)
def test_saved_and_loaded(similarity, weighting, tmp_path):
    X = random_history(2)
    users = UserNeighbours(similarity, weighting=weighting).fit(X)
    items = ItemNeighbours(similarity, weighting=weighting).fit(X.T)
    for model, damage in ((users, "interactions_"), (items, "weights_")):
        mmclassic.save(model, tmp_path / "model.skops")
        np.testing.assert_array_equal(
            mmclassic.load(tmp_path / "model.skops").score(X), model.score(X)
        )
        setattr(model, damage, getattr(model, damage)[:, :3])
        mmclassic.save(model, tmp_path / "damaged.skops")
        with pytest.raises(ValueError, match=f"{damage} is no matrix of shape"):
            mmclassic.load(tmp_path / "damaged.skops")


@pytest.mark.parametrize(
    "wrong", [{"similarity": "manhattan"}, {"weighting": "idf"}, {"n_neighbors": 0}, {"shrink": -1}]
)
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
        ItemNeighbours(**wrong).fit(HISTORY.T)


@pytest.mark.parametrize("form", [sp.csr_array, sp.coo_matrix, sp.csc_matrix])
@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32])
def test_matrices_of_other_forms(form, dtype):
    X = abs(random_history(3)).astype(dtype)
    expected = UserNeighbours("jaccard").fit(X).score(X)
    np.testing.assert_allclose(UserNeighbours("jaccard").fit(form(X)).score(X), expected)
    np.testing.assert_allclose(
        ItemNeighbours().fit(form(X).T).weights_.toarray(),
        ItemNeighbours().fit(X.T).weights_.toarray(),
    )
