"""What recommenders share."""

import pytest
from sklearn.base import clone

from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.recommend._base import BaseRecommender


@pytest.mark.parametrize("estimator", [KNNRecommender({"x0": 2.0}), PopularRecommender()])
def test_parameters_survive_cloning(estimator):
    assert clone(estimator).get_params() == estimator.get_params()
    assert repr(clone(estimator)) == repr(estimator)


def test_a_subclass_must_say_how_to_score():
    class Silent(BaseRecommender):
        pass

    with pytest.raises(NotImplementedError, match="Silent must define _score_block"):
        Silent().fit([[1.0], [2.0]])._score_block([0], None)
