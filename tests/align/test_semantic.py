"""Semantic matching: posteriors by view, whatever the classifier."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from mmclassic.align import CCA, SemanticMatching, similarity
from mmclassic.align._logistic import CommonScaler
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.testing import VIEW_CHECKS, check_threads, check_transform_changes_nothing
from mmclassic.views import PerView, Views


def labelled_views(n_rows=200, n_classes=4, seed=0, noise=1.0):
    """Two views whose class means differ, and the classes."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n_rows)
    blocks = {}
    for name, width in {"image": 8, "text": 5}.items():
        means = 2 * rng.normal(size=(n_classes, width))
        blocks[name] = means[y] + noise * rng.normal(size=(n_rows, width))
    return Views(blocks), y


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_space_is_what_each_classifier_says(seed):
    views, y = labelled_views(seed=seed)
    space = SemanticMatching(GaussianNB()).fit(views, y).transform(views)
    for name in views.names:
        expected = GaussianNB().fit(views[name], y).predict_proba(views[name])
        np.testing.assert_allclose(space[name], expected)


# What reading leaves alone is asked in tests/test_reading_changes_nothing.py.
CHECKS = [c for c in VIEW_CHECKS if c not in (check_threads, check_transform_changes_nothing)]
# What the default classifier, whose choice by folds takes most of the time, has a part in.
OF_THE_CLASSIFIER = {"check_float32", "check_pickle"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_view_contract(check):
    default = check.__name__ in OF_THE_CLASSIFIER
    check(SemanticMatching() if default else SemanticMatching(LogisticRegression()))


def test_a_classifier_for_each_view_and_names_as_labels():
    views, y = labelled_views()
    labels = np.array(["d", "a", "c", "b"])[y]
    chosen = {"text": KNeighborsClassifier(5), "image": LinearDiscriminantAnalysis()}
    matching = SemanticMatching(chosen).fit(views, labels)
    assert matching.classes_.tolist() == ["a", "b", "c", "d"]
    expected = KNeighborsClassifier(5).fit(views["text"], labels).predict_proba(views["text"])
    np.testing.assert_allclose(matching.transform(views)["text"], expected)


def test_ensembles_which_have_no_length_before_they_are_fitted():
    views, y = labelled_views(60)
    trees = RandomForestClassifier(5, random_state=0)
    space = SemanticMatching(trees).fit(views, y).transform(views)
    expected = RandomForestClassifier(5, random_state=0).fit(views["text"], y)
    np.testing.assert_allclose(space["text"], expected.predict_proba(views["text"]))


def test_centres_are_the_mean_posteriors_of_the_fitted_rows():
    views, y = labelled_views()
    views = Views(views.blocks, np.random.default_rng(0).random((200, 2)) < 0.7)
    matching = SemanticMatching().fit(views, y)
    space = matching.transform(views)
    for name in views.names:
        np.testing.assert_allclose(matching.centers_[name], np.nanmean(space[name], axis=0))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rows_of_one_class_meet_across_views(seed):
    views, y = labelled_views(seed=seed)
    train, test = views[:150], views[150:]
    relevance = label_relevance(y[150:], y[150:])
    space = SemanticMatching().fit(train, y[:150]).transform(test)
    found = similarity(space["image"], space["text"], metric="dot")
    assert retrieval_map(found, relevance) > 0.8
    assert retrieval_map(np.zeros_like(found), relevance) < 0.4


def test_a_class_that_a_view_never_shows_has_probability_zero_there():
    views, y = labelled_views(n_classes=3)
    present = np.ones((200, 2), dtype=bool)
    present[y == 1, 1] = False
    matching = SemanticMatching().fit(Views(views.blocks, present), y)
    space = matching.transform(views)
    assert (space["text"][:, 1] == 0).all()
    assert (space["image"][:, 1] > 0).all()
    for name in views.names:
        np.testing.assert_allclose(space[name].sum(axis=1), 1)


def test_semantic_correlation_matching_is_a_pipeline():
    views, y = labelled_views()
    scm = Pipeline([("align", CCA()), ("match", SemanticMatching())])
    space = scm.fit(views, y).transform(views)
    aligned = CCA().fit(views).transform(views)["image"]
    logistic = clone(scm["match"].classifiers_["image"]).fit(aligned, y)
    np.testing.assert_allclose(space["image"], logistic.predict_proba(aligned))


def test_grid_search_reaches_the_classifiers():
    views, y = labelled_views()
    pipeline = make_pipeline(
        PerView({"image": StandardScaler()}), SemanticMatching(LogisticRegression())
    )
    grid = {"semanticmatching__classifier__C": [1e-4, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(views, y)
    assert set(search.best_params_) == set(grid)
    search = GridSearchCV(SemanticMatching(), {"classifier": [None, GaussianNB()]}, cv=3)
    assert np.isfinite(search.fit(views, y).best_score_)


def test_sparse_views_stay_sparse_on_their_way_to_the_default_classifier():
    views, y = labelled_views()
    blocks = {"image": np.abs(views["image"]), "text": sp.csr_matrix(np.abs(views["text"]))}
    space = SemanticMatching().fit(Views(blocks), y).transform(Views(blocks))
    np.testing.assert_allclose(space["text"].sum(axis=1), 1)


def held_out_log_loss(model, views, y):
    train, test = views[:150], views[150:]
    space = model.fit(train, y[:150]).transform(test)
    return np.mean([log_loss(y[150:], space[name]) for name in space.names])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("noise", [0.5, 4.0, 40.0])
def test_the_default_chooses_its_penalty(seed, noise):
    views, y = labelled_views(seed=seed, noise=noise)
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    chosen = held_out_log_loss(SemanticMatching(), views, y)
    assert chosen < held_out_log_loss(SemanticMatching(plain), views, y) + 0.02
    assert chosen < np.log(4) + 0.05  # what knowing nothing costs


@pytest.mark.parametrize("informative", ["widest", "narrowest"])
def test_the_default_chooses_its_scaling(informative):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=300)
    spread = np.where(np.arange(60) < 6, 30.0, 1.0)
    if informative == "narrowest":
        spread = 1 / spread
    block = rng.normal(size=(300, 60))
    block[:, :6] += rng.normal(size=(3, 6))[y]
    matching = SemanticMatching().fit(Views({"image": block * spread}), y)
    kind = StandardScaler if informative == "narrowest" else CommonScaler
    assert type(matching.classifiers_["image"]["scale"]) is kind


def test_the_choice_does_not_depend_on_the_units():
    views, y = labelled_views(noise=4.0)
    matching = SemanticMatching().fit(views, y)
    other = Views({name: 1e-4 * block + 3 for name, block in views.items()})
    found = SemanticMatching().fit(other, y).transform(other)
    for name, block in matching.transform(views).items():
        np.testing.assert_allclose(found[name], block, atol=1e-3)


@pytest.mark.parametrize("counts", [(1, 1), (2, 1), (1, 1, 1, 1), (40, 1), (40, 2, 1), (2, 2)])
def test_classes_of_very_few_rows(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    views = Views({"image": np.random.default_rng(0).normal(size=(len(y), 4))})
    space = SemanticMatching().fit(views, y).transform(views)
    np.testing.assert_allclose(space["image"].sum(axis=1), 1)
    assert space.widths["image"] == len(counts)


@pytest.mark.parametrize(
    ("classifier", "labels", "error", "message"),
    [
        (None, None, ValueError, "requires y to be passed"),
        (None, np.zeros(200), ValueError, "at least 2 classes in y"),
        (None, np.zeros(7), ValueError, "inconsistent numbers of samples"),
        (None, np.linspace(0, 1, 200), ValueError, "Unknown label type"),
        (LinearSVC(), None, TypeError, "'image', LinearSVC, has no predict_proba"),
        (
            {"image": GaussianNB()},
            None,
            ValueError,
            "classifier must give .* for each of the",
        ),
    ],
)
def test_errors(classifier, labels, error, message):
    views, y = labelled_views()
    if classifier is not None:
        labels = y
    with pytest.raises(error, match=message):
        SemanticMatching(classifier).fit(views, labels)


def test_a_view_of_one_class_is_named():
    views, y = labelled_views(n_classes=2)
    with pytest.raises(ValueError, match="have view 'text' are of class 1"):
        SemanticMatching().fit(Views(views.blocks, np.column_stack([y >= 0, y == 1])), y)
