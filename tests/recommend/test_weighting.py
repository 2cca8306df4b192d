"""FeatureWeighting: literals worked by hand."""

import numpy as np
import pytest
import scipy.sparse as sp

from mmclassic.recommend._weighting import FeatureWeighting

X = sp.csr_matrix(np.array([[4.0, 1, 0], [0, 1, 9], [0, 1, 0], [0, 0, -1], [0, 0, 0]]))


def test_tfidf_by_hand():
    found = FeatureWeighting("tfidf").fit(X).transform(X).toarray()
    once, twice, thrice = np.log(5 / np.array([2, 3, 4]))
    expected = [[2 * once, thrice, 0], [0, thrice, 3 * twice], [0, thrice, 0], [0, 0, -twice]]
    np.testing.assert_allclose(found, [*expected, [0, 0, 0]], rtol=1e-14)


def test_bm25_by_hand():
    weighting = FeatureWeighting("bm25", k1=2.0, b=0.5).fit(X)
    assert weighting.average_ == 17 / 5
    idf = np.log(5 / np.array([2, 4, 3]))
    found = weighting.transform(X).toarray()
    # The first row sums to 5: 2 (1/2 + 1/2 * 5 / 3.4) = 1 + 5 / 3.4.
    damping = 1 + 5 / 3.4
    assert found[0, 0] == pytest.approx(4 * 3 / (damping + 4) * idf[0], rel=1e-14)
    assert found[0, 1] == pytest.approx(1 * 3 / (damping + 1) * idf[1], rel=1e-14)
    assert found[3, 2] == pytest.approx(-1 * 3 / (1 + 1 / 3.4 + 1) * idf[2], rel=1e-14)


@pytest.mark.parametrize("weighting", ["tfidf", "bm25"])
def test_what_all_rows_have_says_nothing(weighting):
    everywhere = sp.csr_matrix(np.array([[1.0, 1], [2, 0], [3, 0]]))
    found = FeatureWeighting(weighting).fit(everywhere).transform(everywhere).toarray()
    assert (found[:, 0] == 0).all()
    assert found[0, 1] > 0


@pytest.mark.parametrize("weighting", [None, "tfidf", "bm25"])
def test_new_rows_are_weighed_as_the_fitted_ones(weighting):
    fitted = FeatureWeighting(weighting).fit(X)
    np.testing.assert_array_equal(
        fitted.transform(X[1:3]).toarray(), fitted.transform(X)[1:3].toarray()
    )
    assert fitted.transform(sp.csr_matrix((2, 3))).nnz == 0
    assert FeatureWeighting(weighting).fit(sp.csr_matrix((0, 3))).transform(X).shape == (5, 3)
