"""scikit-learn's own checks."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from mmclassic.recommend import CrossModalSearch, KNNRecommender, PopularRecommender
from mmclassic.recommend._base import BaseRecommender

# The second argument of a recommender's fit is a table of interactions and not one target for
# every row. The checks pass such a target, so they run on shells that leave it out; everything
# else in them is the real class.


class ItemsOnlyKNN(KNNRecommender):
    """KNNRecommender fitted on items alone."""

    def fit(self, X, y=None):
        return super().fit(X)


class ItemsOnlyPopular(PopularRecommender):
    """PopularRecommender fitted on items alone."""

    def fit(self, X, y=None):
        return super().fit(X)


@parametrize_with_checks([ItemsOnlyKNN(), ItemsOnlyPopular(), CrossModalSearch()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [KNNRecommender({"x0": 2.0}), PopularRecommender()])
def test_parameters_survive_cloning(estimator):
    assert clone(estimator).get_params() == estimator.get_params()
    assert repr(clone(estimator)) == repr(estimator)


def test_a_subclass_must_say_how_to_score():
    class Silent(BaseRecommender):
        pass

    with pytest.raises(NotImplementedError, match="Silent must define _score_block"):
        Silent().fit([[1.0], [2.0]])._score_block([0], None)
