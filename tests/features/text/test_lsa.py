"""Components of terms: the decomposition, what it leaves out, and reading row by row."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import parametrize_with_checks

from mmclassic.features import LSA
from mmclassic.features.text import _lsa
from mmclassic.utils import normalize_rows


@parametrize_with_checks([LSA()])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def weights(n_rows=80, n_terms=60, seed=0):
    return sp.random(n_rows, n_terms, 0.1, "csr", np.float32, random_state=seed)


def test_the_components_are_those_of_the_unit_rows():
    rng = np.random.default_rng(0)
    X = sp.csr_matrix(rng.random((80, 5)) ** 4 @ rng.random((5, 60)) ** 4)
    lsa = LSA(5).fit(X)
    _, _, right = np.linalg.svd(normalize_rows(X).toarray())
    assert_allclose(np.abs(np.sum(lsa.components_ * right[:5], axis=1)), 1, atol=1e-4)
    rows = normalize_rows(X) @ right[:5].T
    expected = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    found = lsa.transform(X)
    assert found.dtype == np.float32
    assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)


def test_a_row_is_read_alone_as_among_others_and_a_length_does_not_count():
    X = weights()
    lsa = LSA().fit(X)
    assert lsa.n_components_ == LSA.default_components(*X.shape) == 15
    whole = lsa.transform(X)
    assert_array_equal(np.vstack([lsa.transform(X[i]) for i in range(5)]), whole[:5])
    assert_allclose(lsa.transform(3 * X), whole, atol=1e-5)
    assert not lsa.transform(sp.csr_matrix((1, 60))).any()
    assert lsa.transform(X[:0]).shape == (0, 15)


def test_only_the_terms_of_most_rows_count_where_they_are_many(monkeypatch):
    monkeypatch.setattr(_lsa, "_MOST_TERMS", 20)
    monkeypatch.setattr(_lsa, "_MOST_ROWS", 50)
    X = weights()
    lsa = LSA(4).fit(X)
    assert lsa.terms_.size == 20
    assert_array_equal(lsa.transform(X), LSA(4).fit(X).transform(X))
    rare = np.setdiff1d(np.arange(60), lsa.terms_)
    row = sp.csr_matrix((np.ones(1, np.float32), ([0], [rare[0]])), shape=(1, 60))
    assert not lsa.transform(row).any()


def test_more_components_than_there_are_are_refused():
    with pytest.raises(ValueError, match=r"n_components=61 is more than \d+ row"):
        LSA(61).fit(weights())


def test_components_of_other_terms_are_refused_when_loaded():
    lsa = LSA(4).fit(weights())
    lsa.components_ = lsa.components_[:, 1:]
    with pytest.raises(ValueError, match="components_"):
        lsa._check_state()
