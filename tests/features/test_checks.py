"""scikit-learn's estimator checks.

NumericVectorizer takes plain matrices and passes all of them. The other vectorizers and the
extractor take cells or tables; their tags say so (``input_tags.two_d_array`` is False), as those
of scikit-learn's own text vectorizers do, and for such estimators scikit-learn has only checks
without data. Those and the further checks that need no matrix are run here one by one; what the
rest would cover is tested on real cells in the other files of this folder.
"""

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)

CELL_ESTIMATORS = [
    ImageVectorizer(),
    TextVectorizer(),
    AudioVectorizer(),
    ModalityExtractor([("text", TextVectorizer(), "title")]),
]
DATA_FREE_CHECKS = [
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_no_attributes_set_in_init,
    checks.check_parameters_default_constructible,
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_get_params_invariance,
    checks.check_set_params,
    checks.check_valid_tag_types,
    checks.check_estimator_tags_renamed,
    checks.check_mixin_order,
]


@parametrize_with_checks([NumericVectorizer(), NumericVectorizer(scale=False)])
def test_numeric(estimator, check):
    check(estimator)


@parametrize_with_checks(CELL_ESTIMATORS)
def test_cells(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", DATA_FREE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", CELL_ESTIMATORS, ids=lambda e: type(e).__name__)
def test_without_data(estimator, check):
    check(type(estimator).__name__, clone(estimator))
