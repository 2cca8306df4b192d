"""What the alignment benchmarks do to the data, checked where the truth is known."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from benchmarks import kernel, mfeat, wikipedia
from benchmarks._wikipedia_models import (
    RidgeToLabels,
    TaughtMatching,
    ThreeViewCCA,
    _fit_to_shares,
)
from mmclassic.align import similarity
from mmclassic.metrics import label_relevance, retrieval_map
from mmclassic.views import Views


def histograms(n_rows=120, n_classes=3, seed=0):
    """Two views of proportions whose class decides which columns are large."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_rows) % n_classes
    blocks = {}
    for name, width in {"image": 9, "text": 5}.items():
        raw = rng.gamma(1 + 6 * rng.random((n_classes, width))[y])
        blocks[name] = raw / raw.sum(axis=1, keepdims=True)
    return Views(blocks), y


@pytest.mark.parametrize(
    "model",
    [ThreeViewCCA(2), RidgeToLabels(), TaughtMatching(n_landmarks=30, n_trees=20)],
    ids=lambda model: type(model).__name__,
)
def test_models_learn_classes_and_map_one_view_alone(model):
    views, y = histograms()
    train, test = views[:90], views[90:]
    space = model.fit(train, y[:90]).transform(test)
    relevance = label_relevance(y[90:], y[90:])
    found = similarity(space["image"], space["text"])
    assert retrieval_map(found, relevance) > retrieval_map(np.zeros_like(found), relevance) + 0.2


def test_a_row_counts_for_each_class_with_its_share():
    rows = np.random.default_rng(0).normal(size=(40, 2))
    target = np.zeros((40, 2))
    target[:, 0] = np.where(rows[:, 0] > 0, 0.75, 0.25)
    target[:, 1] = 1 - target[:, 0]
    fitted = _fit_to_shares(LogisticRegression(C=1e6), np.sign(rows[:, :1]), target)
    np.testing.assert_allclose(fitted.predict_proba([[1.0], [-1.0]])[:, 0], [0.75, 0.25], atol=0.01)


def test_the_pair_that_finds_best_on_held_out_rows_is_chosen():
    y = np.arange(40) % 2
    right, wrong = np.eye(2)[y], np.full((40, 2), 0.5)
    posteriors = {("image", "a"): wrong, ("image", "b"): right, ("text", "c"): right}
    folds = [(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))]
    pairs = [("a", "c"), ("b", "c")]
    best, score = wikipedia.choose_pair(pairs, posteriors, y, folds, "dot")
    assert best == ("b", "c")
    assert score == 1


def test_both_queries_of_a_document_count_as_one_observation():
    y = np.repeat([0, 1], 25)
    space = Views({"image": np.eye(2)[y], "text": np.eye(2)[np.zeros(50, dtype=int)]})
    rows = wikipedia._rows("m", space, y, "dot", "note")
    values = {row.case: row.value for row in rows if row.metric == "mAP"}
    # All texts ask for pictures of class 0: these come first, those of class 1 at places 26 to 50.
    late = np.mean([i / (25 + i) for i in range(1, 26)])
    assert values["text query"] == pytest.approx((1 + late) / 2)
    both = (values["image query"] + values["text query"]) / 2
    assert values["mean of both queries"] == pytest.approx(both)


def test_across_views_is_perfect_where_all_views_say_the_class():
    y = np.arange(12) % 3
    space = Views(dict.fromkeys(("fac", "pix"), np.eye(3)[y]))
    np.testing.assert_allclose(mfeat._across(space, y), 1)
    np.testing.assert_allclose(mfeat._across(Views(dict.fromkeys("ab", np.eye(3)[y] - 0.5)), y), 1)


def test_curves_have_one_hidden_signal():
    first, again = kernel.make_curves(50), kernel.make_curves(50)
    np.testing.assert_array_equal(first["x"], again["x"])
    assert first.widths == {"x": 20, "y": 15}
