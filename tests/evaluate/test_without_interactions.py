"""evaluate_pairs and evaluate_labels: what is shown, the numbers, and where they refuse."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic import MultimodalRecommender, metrics
from mmclassic.align import CCA, DiscriminantCCA
from mmclassic.evaluate import compare, evaluate_labels, evaluate_pairs
from mmclassic.match import similarity
from mmclassic.testing import make_views
from mmclassic.views import PerView, Views


def two_views(n=80, seed=0, noise=0.3, classes=None):
    """Two linear views of one latent position; with classes, around their centres."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 3))
    if classes is not None:
        latent = latent * 0.5 + 2 * rng.normal(size=(5, 3))[classes]
    A, B = rng.normal(size=(3, 6)), rng.normal(size=(3, 5))
    X, Y = (latent @ M + noise * rng.normal(size=(n, M.shape[1])) for M in (A, B))
    return Views({"image": X, "text": Y})


class Recording(BaseEstimator):
    """Passes rows through and writes down which it was fitted on; not cloned."""

    def __init__(self, log):
        self.log = log

    def __sklearn_clone__(self):
        return self

    def fit(self, views, y=None):
        self.log.append((views["a"].ravel().tolist(), None if y is None else list(y)))
        return self

    def transform(self, views):
        return views


def numbered(n=12):
    rows = np.arange(n, dtype=float)[:, None] + 1
    return Views({"a": rows, "b": np.hstack([rows, rows])})


def test_no_held_out_row_is_fitted_on():
    log = []
    cv = KFold(3)
    found = evaluate_labels(Recording(log), numbered(), list("ab" * 6), cv=cv)
    folds = list(cv.split(np.zeros(12)))
    assert [seen for seen, _ in log] == [(train + 1.0).tolist() for train, _ in folds]
    assert [y for _, y in log] == [list(np.array(list("ab" * 6))[train]) for train, _ in folds]
    assert found.n_folds == 3
    assert found.runs["n_items"].tolist() == [4, 4, 4]
    log.clear()
    with pytest.raises(ValueError, match="feature"):  # one has width 1 and the other 2
        evaluate_pairs(Recording(log), numbered(), cv=cv, k=1)
    assert log[0][0] == (folds[0][0] + 1.0).tolist()


def test_pairs_are_the_metrics_of_held_out_rows():
    views = two_views()
    folds = list(KFold(4).split(np.zeros(80)))
    found = evaluate_pairs({"cca": CCA(ridge=0.1)}, views, k=[1, 3], cv=folds, random_state=0)
    table = found.summary()
    assert table.columns.tolist() == [
        "model", "query", "gallery", "metric", "k", "value", "low", "high", "n_items",
    ]  # fmt: skip
    assert (table["n_items"] == 80).all()
    expected = {name: [] for name in ("recall 1", "recall 3", "median_rank 0", "map 0")}
    for train, test in folds:
        space = CCA(ridge=0.1).fit(views[train]).transform(views[test])
        found_by = similarity(space["image"], space["text"])
        expected["recall 1"].append(metrics.retrieval_recall_at_k(found_by, 1, per_query=True))
        expected["recall 3"].append(metrics.retrieval_recall_at_k(found_by, 3, per_query=True))
        expected["median_rank 0"].append(metrics.median_rank(found_by, per_query=True))
        expected["map 0"].append(metrics.retrieval_map(found_by, per_query=True))
    image = table[table["query"] == "image"]
    for row in image.itertuples():
        values = np.concatenate(expected[f"{row.metric} {row.k}"])
        center = np.median if row.metric == "median_rank" else np.mean
        assert row.value == pytest.approx(center(values))
        assert row.low <= row.value <= row.high
    assert found.unit == "item_id"


def test_pairs_of_a_table_by_the_whole_way():
    rng = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "black", "white", "gold"])
    chosen = [rng.choice(6, 2, replace=False) for _ in range(60)]
    items = pd.DataFrame(
        {
            "sku": [f"s{i}" for i in range(60)],
            "title": [" ".join(words[c]) for c in chosen],
            "a": [list(np.isin(range(6), c) + 0.1 * rng.normal(size=6)) for c in chosen],
        }
    )
    model = MultimodalRecommender(text="title", numeric="a", item_id="sku")
    found = evaluate_pairs(model, items, k=5, cv=3, item_id="sku", random_state=0)
    assert set(found.per_user["item_id"]) == set(items["sku"])
    assert found.models == ("MultimodalRecommender",)
    recall = found.summary().query("metric == 'recall'")
    assert recall["value"].gt(0.5).all()  # chance is a quarter
    assert {tuple(row) for row in recall[["query", "gallery"]].to_numpy()} == {
        ("text", "numeric"),
        ("numeric", "text"),
    }
    labels = [c.min() for c in chosen]
    told = evaluate_labels(model, items, labels, cv=3, item_id="sku", random_state=0).summary()
    assert set(told["view"]) == {"text", "numeric", "fused"}
    assert told.query("metric == 'accuracy'")["value"].gt(0.4).all()


def test_models_are_compared_and_seeds_repeat():
    views = two_views(noise=2.0)
    models = {"weak": CCA(ridge=100.0, n_components=1), "cca": CCA(ridge=0.1)}
    found = evaluate_pairs(models, views, k=5, cv=4, random_state=3)
    table = compare(found, "weak", "recall", n_resamples=500)
    assert table.columns[:4].tolist() == ["query", "gallery", "metric", "k"]
    assert (table["n_items"] == 80).all()
    same = evaluate_pairs({"a": CCA(), "b": CCA(ridge=2.0)}, views[:9], k=1, cv=3, random_state=3)
    assert "too few items to tell" in compare(same, n_resamples=20)["verdict"].tolist()
    ranks = compare(found, "weak", "median_rank", n_resamples=500)
    better = (ranks["difference"] < 0) & (ranks["verdict"] == "better")
    assert (better | ~ranks["verdict"].isin(["better", "worse"])).all()
    again = evaluate_pairs(models, views, k=5, cv=4, random_state=3)
    pd.testing.assert_frame_equal(again.summary(), found.summary())


def test_rows_that_lack_a_view_have_no_value():
    views = make_views(90, missing=0.3)
    found = evaluate_pairs(CCA(n_components=2), views, k=5, cv=3, random_state=0)
    counts = found.summary().query("metric == 'recall'")
    both = {
        (a, b): int((views.mask(a) & views.mask(b)).sum())
        for a in views.names
        for b in views.names
        if a != b
    }
    assert {(r.query, r.gallery): r.n_items for r in counts.itertuples()} == both
    labels = np.arange(90) % 2
    told = evaluate_labels(CCA(n_components=2), views, labels, cv=3, random_state=0).summary()
    sizes = told.query("metric == 'accuracy'").set_index("view")["n_items"]
    assert sizes["text"] == views.mask("text").sum()
    assert sizes["fused"] == views.present.any(axis=1).sum()


def test_classes_answer_where_they_are_given():
    classes = np.arange(80) % 5
    views = two_views(classes=classes, noise=2.0)
    alone = evaluate_pairs(CCA(), views, k=5, cv=4, random_state=0).summary()
    told = evaluate_pairs(CCA(), views, k=5, labels=classes, cv=4, random_state=0).summary()
    assert (told["value"][told["metric"] == "recall"] > 0.7).all()
    ranks = [t["value"][t["metric"] == "median_rank"].to_numpy() for t in (told, alone)]
    assert (ranks[0] < ranks[1]).all()


def test_votes_are_those_of_scikit_learn():
    classes = np.random.default_rng(1).integers(0, 5, 120)
    views = two_views(120, classes=classes, noise=3.0)
    names = np.array(["ash", "birch", "cedar", "elm", "fir"])[classes]
    cv = StratifiedKFold(4)
    found = evaluate_labels(
        PerView({"image": StandardScaler(), "text": StandardScaler()}), views, names,
        n_neighbors=1, cv=cv, random_state=0,
    )  # fmt: skip
    table = found.summary().set_index(["view", "metric"])["value"]
    for view in views.names:
        guesses = np.empty(120, dtype=object)
        for train, test in cv.split(np.zeros(120), names):
            model = make_pipeline(
                StandardScaler(), KNeighborsClassifier(1, metric="cosine", algorithm="brute")
            ).fit(views[view][train], names[train])
            guesses[test] = model.predict(views[view][test])
        assert table[view, "accuracy"] == pytest.approx(accuracy_score(names, guesses))
        assert table[view, "macro_f1"] == pytest.approx(f1_score(names, guesses, average="macro"))
    interval = found.summary().query("metric == 'macro_f1'")
    assert (interval["low"] < interval["value"]).all()
    assert (interval["value"] < interval["high"]).all()


def test_a_supervised_aligner_sees_the_training_labels_and_fusion_helps():
    classes = np.random.default_rng(2).integers(0, 5, 150)
    views = two_views(150, classes=classes, noise=3.0)
    models = {"cca": CCA(), "discriminant": DiscriminantCCA()}
    found = evaluate_labels(models, views, classes, cv=3, random_state=0)
    table = found.summary().query("metric == 'accuracy'").set_index(["model", "view"])["value"]
    for model in models:
        assert table[model, "fused"] > table[model].drop("fused").max() - 0.05
    verdicts = compare(found, "cca", n_resamples=200)
    assert verdicts["view"].tolist() == ["image", "text", "fused"]
    assert verdicts["metric"].eq("accuracy").all()


def test_a_matrix_and_one_view_are_fused_already():
    classes = np.arange(40) % 2
    X = two_views(40)["image"] + 3 * classes[:, None]
    table = evaluate_labels(StandardScaler(), X, classes, cv=2, random_state=0).summary()
    assert table["view"].unique().tolist() == ["fused"]
    one = Views({"x0": X})
    table = evaluate_labels(PerView({"x0": StandardScaler()}), one, classes, cv=2).summary()
    assert table["view"].unique().tolist() == ["x0"]


def test_of_equal_votes_the_nearer_win():
    near = Views({"a": np.array([[1.0, 0.0], [0.9, 0.5], [0.0, 1.0], [1.0, 0.05]])})
    found = evaluate_labels(
        Recording([]), near, ["x", "y", "z", "x"], n_neighbors=3, cv=[([0, 1, 2], [3])]
    )
    assert found.per_user["value"].tolist() == [1.0]


def test_wrong_questions():
    views = two_views(30)
    with pytest.raises(ValueError, match=r"model 'StandardScaler'.*got ndarray"):
        evaluate_pairs(StandardScaler(), views["image"], k=1)
    with pytest.raises(ValueError, match=r"k must be an integer in \[1, 6\]"):
        evaluate_pairs(CCA(ridge=0.1), views, k=10)
    with pytest.raises(ValueError, match="there are 3 items, too few for the cv=5 parts"):
        evaluate_pairs(CCA(), two_views(3))
    with pytest.raises(ValueError, match="there is no model"):
        evaluate_pairs({}, views)
    with pytest.raises(ValueError, match="labels must be one for each of 30 items"):
        evaluate_pairs(CCA(), views, labels=[1, 2])
    with pytest.raises(ValueError, match="labels must be one for each of 30 items"):
        evaluate_labels(CCA(), views, [1, 2])
    with pytest.raises(ValueError, match=r"1 label\(s\) are missing, the first of row 2"):
        evaluate_labels(CCA(), views, ["a", "b", None] + ["a"] * 27)
    with pytest.raises(ValueError, match="k must be an integer of at least 1"):
        evaluate_labels(CCA(), views, ["a"] * 30, n_neighbors=0)
    present = np.arange(30)[:, None] % 2 == [[0, 1]]
    never = Views({"a": views["image"], "b": views["text"]}, present=present)
    with pytest.raises(ValueError, match="no held-out item has two views"):
        evaluate_pairs(PerView({"a": StandardScaler()}, remainder="passthrough"), never, k=1)
