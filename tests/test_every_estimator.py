"""scikit-learn's ``check_estimator`` on every public estimator, listed, nothing left out."""

import importlib
import inspect
import os
import subprocess
import sys

import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

import mmclassic
from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    AgglomerativeAligner,
    AnchorAligner,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
    SemanticMatching,
    SpectralCoclusterAligner,
)
from mmclassic.features import HOG, LSA, ColorHistogram, NumericVectorizer
from mmclassic.fuse import ConcatFusion, SimilarityNetworkFusion, WeightedFusion
from mmclassic.match import CalibratedSimilarity
from mmclassic.recommend import (
    EASE,
    BiasRecommender,
    CrossModalSearch,
    KNNRecommender,
    PopularRecommender,
    RandomRecommender,
    RandomWalkRecommender,
    RatingKNN,
)
from mmclassic.sync import DTW, CanonicalTimeWarping
from mmclassic.views import PerView

PACKAGES = ("views", "match", "features", "align", "fuse", "recommend", "sync", "evaluate")


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


class ItemsOnlyRandom(RandomRecommender):
    """RandomRecommender fitted on items alone."""

    def fit(self, X, y=None):
        return super().fit(X)


class ItemsOnlyWalks(RandomWalkRecommender):
    """RandomWalkRecommender fitted on items alone."""

    def fit(self, X, y=None):
        return super().fit(X)


class ItemsOnlyEASE(EASE):
    """EASE fitted on items alone."""

    def fit(self, X, y=None):
        return super().fit(X)


class OneRatingBias(BiasRecommender):
    """BiasRecommender fitted on items and a rating of the first, and not asked for pairs."""

    @property
    def predict(self):
        raise AttributeError("predict takes users and items, and the checks pass rows")

    def fit(self, X, y=None):
        return super().fit(X, pd.DataFrame({"user_id": [0], "item_id": [0], "rating": [1.0]}))


class OneRatingKNN(RatingKNN):
    """RatingKNN fitted on items and a rating of the first, and not asked for pairs."""

    @property
    def predict(self):
        raise AttributeError("predict takes users and items, and the checks pass rows")

    def fit(self, X, y=None):
        return super().fit(X, pd.DataFrame({"user_id": [0], "item_id": [0], "rating": [1.0]}))


# All checks pass on these, but for the failures in EXPECTED.
MATRIX_ESTIMATORS = {
    PerView: [PerView({"x0": StandardScaler()}), PerView({"x0": StandardScaler(with_mean=False)})],
    CCA: [CCA(), CCA(n_components=1, ridge=0)],
    GCCA: [GCCA(), GCCA(n_components=1, ridge=0)],
    PLS: [PLS(n_components=1)],
    RidgeMapping: [RidgeMapping()],
    Procrustes: [Procrustes()],
    KMeansAligner: [KMeansAligner(n_clusters=2), KMeansAligner(2, joint=False, batch_size=20)],
    AgglomerativeAligner: [AgglomerativeAligner(n_clusters=2)],
    SpectralCoclusterAligner: [SpectralCoclusterAligner(n_clusters=1)],
    MLPAligner: [MLPAligner()],
    AnchorAligner: [AnchorAligner(), AnchorAligner(2, anchors="kmeans++", power=2.0)],
    KernelCCA: [KernelCCA(), KernelCCA(kernel="poly", n_landmarks=5)],
    SemanticMatching: [SemanticMatching()],
    DiscriminantCCA: [DiscriminantCCA(), DiscriminantCCA(objective="cluster")],
    LSA: [LSA(1)],
    ConcatFusion: [ConcatFusion()],
    WeightedFusion: [WeightedFusion(), WeightedFusion("classes")],
    SimilarityNetworkFusion: [SimilarityNetworkFusion()],
    NumericVectorizer: [NumericVectorizer(), NumericVectorizer(scale=False)],
    CalibratedSimilarity: [CalibratedSimilarity(), CalibratedSimilarity(n_pairs=100)],
    KNNRecommender: [
        ItemsOnlyKNN(),
        ItemsOnlyKNN(metric="calibrated"),
        ItemsOnlyKNN(mode="neighbours"),
        ItemsOnlyKNN(mode="users"),
    ],
    PopularRecommender: [ItemsOnlyPopular(), ItemsOnlyPopular("mean")],
    RandomRecommender: [ItemsOnlyRandom()],
    RatingKNN: [OneRatingKNN(), OneRatingKNN(content=1.0)],
    RandomWalkRecommender: [ItemsOnlyWalks()],
    EASE: [ItemsOnlyEASE(), ItemsOnlyEASE(content=1.0)],
    BiasRecommender: [OneRatingBias()],
    CrossModalSearch: [CrossModalSearch()],
    DTW: [DTW(), DTW(step_pattern="symmetric2", band=0.5)],
    CanonicalTimeWarping: [CanonicalTimeWarping()],
}

# What a row becomes depends on all rows, since they are frames in order, and the reference says
# how many come back.
_IN_ORDER = "rows are frames in order, warped to the times of a reference"
EXPECTED = {
    DTW: {
        "check_methods_sample_order_invariance": _IN_ORDER,
        "check_methods_subset_invariance": _IN_ORDER,
    },
}

# These take no matrix, so scikit-learn's data checks do not apply; what needs no data runs below.
NO_MATRIX = {
    "ModalityExtractor": "takes a table whose cells are files, bytes, arrays or texts",
    "ImageVectorizer": "takes a column of pictures",
    "TextVectorizer": "takes a column of texts",
    "AudioVectorizer": "takes a column of sounds",
    "VideoVectorizer": "takes a column of clips",
    "GraphSmoothing": "takes views, the links among them",
    "HOG": "takes a batch of pictures of 3 or 4 dimensions",
    "GIST": "takes a batch of pictures of 3 or 4 dimensions",
    "ColorHistogram": "takes a batch of pictures of 3 or 4 dimensions",
    "LocalBinaryPattern": "takes a batch of pictures of 3 or 4 dimensions",
    "SpatialPyramid": "takes a batch of pictures of 3 or 4 dimensions",
    "VisualWords": "takes a batch of pictures of 3 or 4 dimensions",
    "MFCC": "takes clips longer than a window",
    "LogMel": "takes clips longer than a window",
    "LaggedCovariance": "takes clips longer than a window",
    "Modulation": "takes clips longer than a window",
    "Chroma": "takes clips longer than a window",
    "SpectralShape": "takes clips longer than a window",
    "Tempo": "takes clips longer than a window",
    "AudioWords": "takes clips longer than a window",
    "FisherVector": "takes clips longer than a window",
    "WordVectors": "takes a column of texts and a file of vectors",
    "MatchCalibrator": "takes pairs that were found, and which are right",
    "AsymmetricCosine": "is a formula and has no fit",
    "Tversky": "is a formula and has no fit",
    "Block": "is a part of a list of descriptors and has no fit",
    "AudioBlock": "is a part of a list of descriptors and has no fit",
    "MultimodalRecommender": "takes a table of items and a table of interactions",
    "RandomSplit": "splits interactions and has no fit",
    "LeaveLastOut": "splits interactions and has no fit",
    "ColdItemSplit": "splits interactions and has no fit",
    "TimeSplit": "splits interactions and has no fit",
    "UserFolds": "splits interactions and has no fit",
    "SampledLeaveOneOut": "splits interactions and has no fit",
    "GivenSplit": "splits interactions and has no fit",
}
ABSTRACT = {"BaseAligner", "BaseFusion", "BaseRecommender", "ViewsEstimator"}
ARGUMENTS = {
    "ModalityExtractor": ([],),
    "SpatialPyramid": (ColorHistogram(),),
    "WordVectors": ("vectors.txt",),
    "GraphSmoothing": ("cites",),
    "Block": (HOG(),),
    "AudioBlock": (HOG(),),
    "GivenSplit": ([([0], [1])],),
}

# One check skips itself unless this variable is set before SciPy is imported; it runs in a process
# of its own below.
ARRAY_API = "SCIPY_ARRAY_API"
KNOWN_SKIPS = set() if os.environ.get(ARRAY_API) else {"check_array_api_input"}

DATA_FREE_CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_mixin_order,
]


def public_estimators():
    """Every public class that is a scikit-learn estimator, by name."""
    modules = [importlib.import_module(f"mmclassic.{package}") for package in PACKAGES]
    found = {name: getattr(module, name) for module in modules for name in module.__all__}
    found["MultimodalRecommender"] = mmclassic.MultimodalRecommender
    return {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, BaseEstimator)}


def test_no_estimator_is_left_out():
    listed = {cls.__name__ for cls in MATRIX_ESTIMATORS} | set(NO_MATRIX) | ABSTRACT
    assert set(public_estimators()) == listed


CASES = [case for cases in MATRIX_ESTIMATORS.values() for case in cases]


# By its name scikit-learn takes CCA for its own and passes a matrix as y, which gives a warning.
@pytest.mark.filterwarnings("ignore:CCA does not take a second view:UserWarning")
@pytest.mark.filterwarnings("ignore:Skipping check:sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("estimator", CASES, ids=repr)
def test_all_checks_pass(estimator, record_property):
    expected = EXPECTED.get(type(estimator), {})
    results = estimator_checks.check_estimator(
        estimator, expected_failed_checks=expected, on_skip=None, on_fail=None
    )
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    assert {r["check_name"] for r in results if r["status"] == "xfail"} == set(expected)
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert skipped <= KNOWN_SKIPS
    passed = [r for r in results if r["status"] == "passed"]
    record_property("passed", len(passed))
    assert len(passed) >= 30


@pytest.mark.skipif(ARRAY_API in os.environ, reason="this is that process")
def test_all_checks_pass_where_none_is_skipped():
    command = [sys.executable, "-m", "pytest", __file__, "-q", "-k", "all_checks_pass and not none"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist"],
        env={**os.environ, ARRAY_API: "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert f"{len(CASES)} passed" in run.stdout


@pytest.mark.parametrize("check", DATA_FREE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(NO_MATRIX))
def test_checks_without_data(name, check):
    estimator = public_estimators()[name](*ARGUMENTS.get(name, ()))
    check(name, clone(estimator))
