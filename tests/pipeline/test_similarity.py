"""The facade's score: one sum over what every view says and what the shared space says."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA, DiscriminantCCA, SemanticMatching
from mmclassic.evaluate import cold_item_scorer
from mmclassic.features import ModalityExtractor, NumericVectorizer, TextVectorizer
from mmclassic.interactions import Interactions
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(3))
SIMILARITIES = pytest.mark.parametrize("similarity", ["calibrated", "shared"])
pytestmark = [
    pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning"),
    pytest.mark.filterwarnings("ignore:on held-out items of .* alone ranks as well:UserWarning"),
]
NATIVE = ("image", "text", "audio")


def make_orders(seed, classes, n_users=15, per_user=6):
    """Users who like a class each, and dislike an item."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        liked = rng.permutation(np.flatnonzero(classes == user % 5))[:per_user]
        rows += [(f"u{user:02d}", int(item), 1.0 + place) for place, item in enumerate(liked)]
        rows.append((f"u{user:02d}", int(rng.choice(np.flatnonzero(classes == 9))), -1.0))
    return pd.DataFrame(rows, columns=["user_id", "item_id", "weight"])


@pytest.fixture(scope="module")
def catalog(planted_views):
    """Features of 90 items and a model fitted on the first 80, by seed."""
    made = {}

    def make(seed, **parts):
        key = seed, repr(parts)
        if key not in made:
            views, classes = planted_views(seed, 90, missing=0.25)
            orders = make_orders(seed, classes[:80])
            model = MultimodalRecommender(**{"aligner": CCA(4), **parts})
            made[key] = views, orders, model.fit(views[np.arange(80)], orders)
        return made[key]

    return make


@pytest.fixture(scope="module")
def shop():
    """A table of 120 items of four kinds, with a title, a vector and a price, and its orders."""
    rng = np.random.default_rng(0)
    kinds = ["shirt", "robot", "teapot", "lamp"]
    words = {
        "shirt": ["cotton", "silk", "sleeve", "collar", "button"],
        "robot": ["tin", "toy", "motor", "battery", "wheel"],
        "teapot": ["china", "lid", "spout", "glazed", "handle"],
        "lamp": ["bulb", "shade", "desk", "brass", "switch"],
    }
    kind = rng.permutation(np.repeat(kinds, 30))
    titles = [f"{k} {' '.join(rng.choice(words[k], 2, replace=False))}" for k in kind]
    centers = dict(zip(kinds, 2 * rng.normal(size=(4, 6))))
    vectors = [centers[k] + rng.normal(size=6) for k in kind]
    items = pd.DataFrame(
        {
            "item_id": [f"i{n:03d}" for n in range(120)],
            "title": titles,
            "vector": vectors,
            "price": rng.normal(size=120),
            "kind": kind,
        }
    )
    items.loc[rng.permutation(120)[:30], "title"] = None
    rows = [
        (f"u{n:02d}", item)
        for n in range(16)
        for item in rng.permutation(items["item_id"][kind == kinds[n % 4]])[:6]
    ]
    return items, pd.DataFrame(rows, columns=["user_id", "item_id"])


def facade(**parts):
    return MultimodalRecommender(**{"text": "title", "numeric": {"look": "vector"}, **parts})


@pytest.fixture(scope="module")
def model(shop):
    return facade().fit(*shop)


# --- the sum, by raw features ---------------------------------------------------------------------


def unit(block):
    """Rows of length 1 as one dense array; rows of zeros stay."""
    dense = (block.toarray() if sp.issparse(block) else np.nan_to_num(block)).astype(float)
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.divide(dense, length, out=np.zeros_like(dense), where=length > 0)


def spoken(fitted, asked, items, has_asked, has_items, has_fitted):
    """What one view says of every asked row and item: 0 where either lacks it."""
    u = unit(fitted)
    has_fitted = has_fitted & (u != 0).any(axis=1)
    mu = u[has_fitted].mean(axis=0)
    centred = u[has_fitted] - mu
    sigma = (centred @ centred.T)[np.triu_indices(len(centred), 1)].std()
    z = (unit(asked) - mu) @ (unit(items) - mu).T / sigma
    there = np.outer(
        has_asked & (unit(asked) != 0).any(axis=1), has_items & (unit(items) != 0).any(axis=1)
    )
    return np.where(there, z, 0)


def by_formula(model, fitted, asked, items):
    """Sum over native views and the shared one of weight times what the view says."""
    weights, total = model.weights_["weight"], 0
    for name in set(asked.names) & set(items.names):
        masks = [v.mask(name) for v in (asked, items, fitted)]
        total = total + weights[name] * spoken(fitted[name], asked[name], items[name], *masks)
    vectors = [model.transform(v) for v in (fitted, asked, items)]
    masks = [v.present.any(axis=1) for v in (asked, items, fitted)]
    return total + weights["shared"] * spoken(*vectors, *masks)


@SEEDS
def test_recommend_is_the_mean_over_what_the_user_did(catalog, seed):
    views, orders, model = catalog(seed)
    fitted, new = views[np.arange(80)], views[np.arange(80, 90)]
    assert model.weights_.index.tolist() == [*NATIVE, "shared"]
    for items, ids in ((fitted, np.arange(80)), (new, np.arange(80, 90))):
        z = by_formula(model, fitted, fitted, items)
        given = {} if ids[0] == 0 else {"items": items, "ids": ids}
        found = model.recommend(k=len(ids), include_seen=True, **given)
        assert len(found) == 15 * len(ids)
        for user, rows in found.groupby("user_id"):
            did = orders[orders["user_id"] == user].groupby("item_id")["weight"].sum()
            if model.recommender_.signals_ is not None:
                check_sums(model, rows, items, ids[0])
                continue
            expected = did.to_numpy() @ z[did.index] / did.abs().sum()
            np.testing.assert_allclose(
                rows["score"], expected[rows["item_id"] - ids[0]], rtol=1e-5, atol=1e-5
            )


def check_sums(model, rows, items, first):
    """Where users' likes speak besides the views, explanations have both."""
    for row in rows.head(3).itertuples():
        item = None if first == 0 else items[[row.item_id - first]]
        parts = model.explain(row.user_id, row.item_id, items=item)
        assert parts["contribution"].sum() == pytest.approx(row.score, rel=1e-4, abs=1e-5)


@SEEDS
def test_similar_is_the_sum(catalog, seed):
    views, _, model = catalog(seed)
    fitted, new = views[np.arange(80)], views[np.arange(80, 90)]
    new = new[np.flatnonzero(new.present.any(axis=1))]
    z = by_formula(model, fitted, new, fitted)
    found = model.similar(new, 80, ids=np.arange(1000, 1000 + len(new)))
    expected = z[found["query_id"] - 1000, found["item_id"]]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-5, atol=1e-5)
    known = model.similar([3, 4], 79)
    expected = by_formula(model, fitted, fitted, fitted)[known["query_id"], known["item_id"]]
    np.testing.assert_allclose(known["score"], expected, rtol=1e-5, atol=1e-5)


@SEEDS
@pytest.mark.parametrize("asked", [("text",), ("image",), ("image", "text")], ids=str)
def test_search_is_the_sum(catalog, seed, asked):
    views, _, model = catalog(seed)
    fitted = views[np.arange(80)]
    here = fitted.present.any(axis=1)
    rows = np.flatnonzero(np.logical_and.reduce([fitted.mask(name) for name in asked]))[:4]
    query = fitted[rows].select(*asked)
    found = model.search(k=int(here.sum()), **{name: query[name] for name in asked})
    assert set(found["item_id"]) == set(np.flatnonzero(here))
    z = by_formula(model, fitted, query, fitted)
    expected = z[found["query"], found["item_id"]]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-5, atol=1e-5)


@SEEDS
def test_what_is_missing_adds_0(catalog, seed):
    views, _, model = catalog(seed)
    fitted = views[np.arange(80)]
    full = np.flatnonzero(fitted.present.all(axis=1))[:1]
    item = fitted[full]
    lacking = Views(item.blocks, item.present & [True, True, False])
    parts = model.explain("u00", 900, items=item)
    fewer = model.explain("u00", 900, items=lacking)
    native = parts[parts["view"].isin(["image", "text"])]
    same = fewer[fewer["view"].isin(["image", "text"])]
    pd.testing.assert_frame_equal(same.reset_index(drop=True), native.reset_index(drop=True))
    assert "audio" in set(parts["view"])
    assert "audio" not in set(fewer["view"])
    nothing = Views(item.blocks, item.present & False)
    assert model.recommend("u00", 1, items=nothing, ids=[900])["score"].tolist() == [0.0]
    assert model.explain("u00", 900, items=nothing).empty


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_do_not_follow_what_is_missing(planted_views, seed):
    """Of items with a picture alone the neighbours are such by chance, up to a tenth more."""
    views, _ = planted_views(seed, 300, missing=0.4)
    views = views[views.present.any(axis=1)]
    only = views.mask("image") & (views.present.sum(axis=1) == 1)
    model = MultimodalRecommender().fit(views)
    found = model.similar(np.flatnonzero(only), 10)["item_id"]
    chance = only[views.mask("image")].mean()
    assert only.sum() > 10
    assert only[found].mean() < chance + 0.1


# --- search ---------------------------------------------------------------------------------------


def test_items_without_text_are_found_by_text_through_the_shared_space(shop, model):
    items, _ = shop
    without = items[items["title"].isna()]
    found = model.search("teapot spout lid", k=120).set_index("item_id")["score"]
    scores = found[without["item_id"]].groupby(without["kind"].to_numpy()).mean()
    assert scores.idxmax() == "teapot"
    assert scores["teapot"] > 0 > scores.drop("teapot").max()
    assert found[without["item_id"]].ne(0).all()


def test_words_meet_words(shop, model):
    items, _ = shop
    title = items["title"].fillna("")
    both = items["item_id"][title.str.contains("brass") & title.str.contains("bulb")]
    assert len(both) > 0
    found = model.search("brass bulb", k=len(both))
    assert set(found["item_id"]) == set(both)


@pytest.mark.parametrize("target", ["text", "look"])
def test_target_restricts(shop, model, target):
    items, _ = shop
    has = items["title"].notna() if target == "text" else items["vector"].notna()
    for query in ({"text": "red cotton shirt"}, {"look": items["vector"][0]}):
        found = model.search(k=int(has.sum()), target=target, **query)
        assert set(found["item_id"]) == set(items["item_id"][has])
    assert (
        model.search("shirt", k=10, target=target)["item_id"]
        .isin(items["item_id"][items["kind"] == "shirt"])
        .mean()
        > 0.8
    )


def test_target_is_native_and_shared(catalog):
    views, _, model = catalog(0)
    fitted = views[np.arange(80)]
    asked = fitted[np.flatnonzero(fitted.mask("text"))[:3]].select("text")
    weights, has = model.weights_["weight"], fitted.mask("image")
    shared = [model.transform(v) for v in (fitted, asked)]
    embedded = np.nan_to_num(model.aligner_.transform(fitted)["image"])
    cross = spoken(
        shared[0],
        shared[1],
        embedded,
        np.ones(3, dtype=bool),
        has,
        fitted.present.any(axis=1),
    )
    found = model.search(text=asked["text"], k=int(has.sum()), target="image")
    expected = weights["shared"] * cross[found["query"], found["item_id"]]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-5, atol=1e-5)
    assert set(found["item_id"]) == set(np.flatnonzero(has))


def test_a_query_of_two_modalities(shop, model):
    items, _ = shop
    robot = items.index[(items["kind"] == "robot") & items["title"].notna()][0]
    both = model.search(text=items["title"][robot], look=items["vector"][robot], k=10)
    kinds = items.set_index("item_id")["kind"][both["item_id"]]
    assert (kinds == "robot").mean() > 0.9
    one = model.search(text=[items["title"][robot]] * 2, look=[items["vector"][robot]] * 2, k=10)
    assert one["query"].tolist() == [0] * 10 + [1] * 10
    assert one["item_id"].tolist() == both["item_id"].tolist() * 2


def test_a_view_that_no_user_follows_can_be_searched(shop):
    """Bypassing, it is compared by itself alone, whatever it weighs for users."""
    items, orders = shop
    model = facade(
        numeric={"look": "vector", "price": ["price"]},
        bypass=["price"],
        recommender=KNNRecommender({"text": 1, "look": 1, "price": 0, "shared": 1}),
    ).fit(items, orders)
    assert model.weights_.loc["price", "weight"] == 0
    found = model.search(price=[5.0], k=60)["item_id"]
    assert found.isin(items["item_id"][items["price"] > items["price"].mean()]).mean() > 0.95


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [{}, {"bypass": ["shared"]}, {"aligner": "passthrough"}], ids=str)
def test_no_view_may_be_called_as_the_shared_space(parts, shop, planted_views):
    items, _ = shop
    message = r"no view may be called 'shared'.*got the views \['text', 'shared'\].*another name"
    with pytest.raises(ValueError, match=message):
        facade(numeric={"shared": "vector"}, **parts).fit(items)
    unreadable = items.assign(vector="no vector")
    with pytest.raises(ValueError, match=message):  # before anything is read
        facade(numeric={"shared": "vector"}, **parts).fit(unreadable)
    views = planted_views(0, 30)[0]
    named = Views({"text": views["text"], "shared": views["image"]})
    with pytest.raises(ValueError, match=message):
        MultimodalRecommender(**parts).fit(named)
    old = MultimodalRecommender(similarity="shared", **parts).fit(named)
    assert len(old.similar(0, 3)) == 3


# --- explanations ---------------------------------------------------------------------------------


@SIMILARITIES
def test_explanations_sum_to_the_score_of_fitted_and_new_items(similarity, shop):
    items, orders = shop
    model = facade(similarity=similarity).fit(items.iloc[:100], orders[orders["item_id"] < "i100"])
    new = items.iloc[100:]
    for user in ("u00", "u05"):
        for given in ({}, {"items": new}):
            for row in model.recommend(user, 5, **given).itertuples():
                one = {"items": new[new["item_id"] == row.item_id]} if given else {}
                parts = model.explain(user, row.item_id, **one)
                assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-5)
                assert parts["contribution"].abs().is_monotonic_decreasing
                assert set(parts["item_id"]) <= set(orders["item_id"][orders["user_id"] == user])
                has = items.set_index("item_id").loc[row.item_id, "title"] is not None
                extra = {"shared"} if similarity == "calibrated" else set()
                assert set(parts["view"]) <= {"look", *extra, *(["text"] if has else [])}
                assert ("words" in parts) == (similarity == "calibrated")


@pytest.mark.parametrize("fresh", [False, True])
def test_words_are_those_of_both_texts_that_say_most(shop, model, fresh):
    items, _ = shop
    titles = items.set_index("item_id")["title"]
    vectorizer = model.extractor_.vectorizers_["text"]
    terms = vectorizer.forms_  # terms are stems
    seen = 0
    for item in model.recommend("u02", 6)["item_id"]:
        row = items[items["item_id"] == item].assign(item_id="new")
        parts = model.explain("u02", "new", items=row) if fresh else model.explain("u02", item)
        assert (parts.loc[parts["view"] != "text", "words"] == "").all()
        for line in parts[parts["view"] == "text"].itertuples():
            rows = [unit(vectorizer.transform([titles[i]]))[0] for i in (line.item_id, item)]
            products = rows[0] * rows[1]
            best = np.sort(products[products > 0])[::-1][:3]
            shown = [word for word in line.words.split(", ") if word]
            assert len(shown) == len(best)
            values = [products[np.flatnonzero(terms == word)[0]] for word in shown]
            np.testing.assert_allclose(values, best, rtol=1e-6)
            seen += len(shown)
    assert seen > 5


def test_components_of_texts_have_no_words(shop):
    items, orders = shop
    extractor = ModalityExtractor(
        [
            ("text", TextVectorizer(n_components=5, random_state=0), "title"),
            ("look", NumericVectorizer(), "vector"),
        ]
    )
    model = MultimodalRecommender(extractor=extractor).fit(items, orders)
    item = model.recommend("u00", 1)["item_id"].iloc[0]
    assert (model.explain("u00", item)["words"] == "").all()


# --- labels ---------------------------------------------------------------------------------------


@SIMILARITIES
@pytest.mark.parametrize(
    "aligner", [DiscriminantCCA(), SemanticMatching()], ids=lambda a: type(a).__name__
)
def test_supervised_aligners_go_the_whole_way(aligner, similarity, shop, tmp_path):
    items, orders = shop
    known, new = items.iloc[:100], items.iloc[100:].drop(columns="kind")
    model = facade(aligner=aligner, labels="kind", similarity=similarity)
    model.fit(known, orders[orders["item_id"] < "i100"])
    ranked = model.recommend("u01", 5, items=new)
    assert set(ranked["item_id"]) <= set(new["item_id"])
    assert len(model.similar(new.iloc[:2], 3)) == 6
    found = model.search("robot motor", k=10)
    kinds = items.set_index("item_id")["kind"]
    assert (kinds[found["item_id"]] == "robot").mean() > 0.8
    top = ranked["item_id"].iloc[0]
    one = new[new["item_id"] == top]
    total = model.explain("u01", top, items=one)["contribution"].sum()
    assert total == pytest.approx(ranked["score"].iloc[0], abs=1e-5)
    loaded = mmclassic.load(mmclassic.save(model, tmp_path / "m.skops"))
    pd.testing.assert_frame_equal(loaded.search("robot motor", k=10), found)


@pytest.mark.parametrize(
    ("parts", "change", "message"),
    [
        (
            {"aligner": DiscriminantCCA()},
            {},
            "DiscriminantCCA learns from the classes of items; name their column: labels=",
        ),
        ({"aligner": SemanticMatching()}, {}, "SemanticMatching learns from the classes"),
        (
            {"aligner": CCA(), "labels": "kind"},
            {},
            r"labels are for an aligner that learns from classes.*this model has CCA\.",
        ),
        ({"labels": "kind"}, {}, r"this model has CCA\."),
        ({"aligner": "passthrough", "labels": "kind"}, {}, "this model has no aligner"),
        (
            {"aligner": DiscriminantCCA(), "labels": "sort"},
            {},
            r"labels must be a column of the items; got 'sort', and \['item_id', 'title'",
        ),
        (
            {"aligner": DiscriminantCCA(), "labels": "kind"},
            {3: None, 7: np.nan},
            r"row 3 has no label in column 'kind' \(2 of 120 have none\); leave such rows out",
        ),
    ],
)
def test_wrong_labels(parts, change, message, shop):
    items, orders = shop
    items = items.copy()
    for row, value in change.items():
        items.loc[row, "kind"] = value
    with pytest.raises(ValueError, match=message):
        facade(**parts).fit(items, orders)


def test_labels_of_features_are_refused(planted_views):
    model = MultimodalRecommender(aligner=DiscriminantCCA(), labels="kind")
    with pytest.raises(ValueError, match=r"a column of the items; got 'kind', and Views"):
        model.fit(planted_views(0, 30)[0])


# --- weights and recommenders ---------------------------------------------------------------------


def test_weights_of_a_single_view(shop):
    items, orders = shop
    for parts in ({"numeric": None}, {"numeric": None, "aligner": "passthrough"}):
        weights = facade(**parts).fit(items.dropna(subset="title")).weights_
        assert weights["weight"].to_dict() == {"text": 1.0}
    one = MultimodalRecommender().fit(np.random.default_rng(0).normal(size=(20, 3)))
    assert one.weights_["weight"].to_dict() == {"x0": 1.0}
    assert facade(similarity="shared").fit(items, orders).weights_ is None


def test_without_interactions_weights_are_by_agreement(shop):
    items, orders = shop
    model = facade().fit(items)
    learned = facade().fit(items, orders)
    weights = model.weights_
    assert weights["weight"].tolist() == weights["agreement"].tolist()
    assert weights.loc["shared", "weight"] == 1.0
    assert weights["low"].isna().all()
    assert learned.weights_["agreement"].tolist() == weights["agreement"].tolist()
    assert learned.weights_["alone"].notna().all()
    assert learned.recommender_.held_out_["n_users"] == 16
    assert len(model.similar("i000", 3)) == 3
    assert len(model.search("shirt", k=3)) == 3
    with pytest.raises(ValueError, match="without interactions, so it knows no users"):
        model.explain("u00", "i000")


def test_few_users_leave_the_weights_of_agreement(shop):
    items, orders = shop
    few = orders[orders["user_id"] < "u05"]
    model = facade().fit(items, few)
    assert model.recommender_.held_out_ is None
    assert model.weights_["weight"].tolist() == facade().fit(items).weights_["weight"].tolist()
    assert len(model.recommend(k=4)) == 20


def test_popular_items_beside_a_search_by_agreement(shop):
    items, orders = shop
    model = facade(recommender=PopularRecommender()).fit(items, orders)
    without = facade().fit(items)
    pd.testing.assert_frame_equal(model.search("shirt", k=5), without.search("shirt", k=5))
    assert model.weights_ is None
    counts = orders["item_id"].value_counts()
    assert counts[model.recommend("u00", 1)["item_id"].iloc[0]] == counts.max()
    assert not hasattr(model, "explain")


def test_a_recommender_with_weights_of_its_own(shop):
    items, orders = shop
    given = {"text": 1, "look": 2, "shared": 0.5}
    model = facade(recommender=KNNRecommender(given)).fit(items, orders)
    assert model.weights_["weight"].to_dict() == {"text": 0.5, "look": 1.0, "shared": 0.25}
    assert model.weights_["agreement"].isna().all()
    assert model.recommender_ is not model.recommender
    assert model.recommender.derived == ()
    with pytest.raises(ValueError, match=r"each of the views \['text', 'look', 'shared'\]"):
        facade(recommender=KNNRecommender({"text": 1, "look": 2})).fit(items, orders)
    alone = KNNRecommender({"text": 1, "look": 0, "shared": 0})
    parts = facade(recommender=alone).fit(items, orders).explain("u00", items["item_id"][0])
    assert set(parts["view"]) <= {"text"}


def test_derived_views_of_a_recommender_are_kept(shop):
    items, orders = shop
    twice = {"look": "vector", "again": "vector"}
    model = facade(numeric=twice, recommender=KNNRecommender("agreement", derived=["again"]))
    model.fit(items, orders)
    assert set(model.recommender_.derived) == {"again", "shared"}
    assert model.weights_.loc["again", "weight"] == 1.0


def test_a_recommender_by_cosine(shop):
    items, orders = shop
    model = facade(recommender=KNNRecommender(metric="cosine")).fit(items, orders)
    for row in model.recommend("u03", 3).itertuples():
        parts = model.explain("u03", row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
        assert -1 - 1e-6 <= row.score <= 1 + 1e-6
    pd.testing.assert_frame_equal(
        model.search("lamp", k=4), facade().fit(items).search("lamp", k=4)
    )


# --- scikit-learn, files, threads -----------------------------------------------------------------


def test_grid_search_over_similarities(shop):
    items, orders = shop
    interactions = Interactions.from_frame(orders, items=items["item_id"])
    search = GridSearchCV(
        facade(unknown_items="ignore"),
        {"similarity": ["calibrated", "shared"]},
        scoring=cold_item_scorer(interactions, k=5, metric="ndcg"),
        cv=KFold(3, shuffle=True, random_state=0),
        error_score="raise",
    )
    search.fit(items, interactions=interactions)
    scores = search.cv_results_["mean_test_score"]
    assert (scores > 0.3).all()
    assert search.best_params_["similarity"] == ["calibrated", "shared"][np.argmax(scores)]
    assert search.best_estimator_.similarity == search.best_params_["similarity"]


@SIMILARITIES
def test_clone_and_parameters(similarity):
    model = facade(similarity=similarity, labels="kind", aligner=DiscriminantCCA())
    again = clone(model)
    assert again.get_params()["similarity"] == similarity
    assert again.get_params()["labels"] == "kind"
    assert again.set_params(similarity="shared").similarity == "shared"
    json.dumps(MultimodalRecommender().get_params())
    with pytest.raises(ValueError, match="'similarity' parameter"):
        facade(similarity="cosine").fit(pd.DataFrame({"title": ["a"]}))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"similarity": "shared"},
        {"aligner": "passthrough"},
        {"bypass": ["look"], "numeric": {"look": "vector", "price": ["price"]}},
        {"recommender": KNNRecommender("agreement")},
        {"recommender": KNNRecommender(metric="cosine")},
        {"recommender": PopularRecommender()},
    ],
    ids=str,
)
def test_saved_models_answer_the_same(parts, shop, tmp_path):
    items, orders = shop
    model = facade(**parts).fit(items, orders)
    loaded = mmclassic.load(mmclassic.save(model, tmp_path / "m.skops"))
    new = items.iloc[:3].assign(item_id=["a", "b", "c"])

    def answers(model):
        yield model.recommend(k=4)
        yield model.recommend("u00", 2, items=new)
        yield model.search("robot tin", k=5)
        if hasattr(model, "explain"):
            yield model.similar("i001", 4)
            yield model.explain("u00", "i002")
            yield model.explain("u00", "a", items=new.iloc[:1])
        if model.weights_ is not None:
            yield model.weights_

    for other in (loaded, pickle.loads(pickle.dumps(model))):
        for found, expected in zip(answers(other), answers(model), strict=True):
            pd.testing.assert_frame_equal(found, expected, check_exact=True)


@SIMILARITIES
def test_eight_threads_read_the_same(similarity, shop):
    items, orders = shop
    model = facade(similarity=similarity).fit(items, orders)
    expected = [
        model.recommend(k=5),
        model.search("desk lamp", k=5),
        model.similar("i004", 5),
        model.explain("u01", "i005"),
    ]

    def read(number):
        calls = [
            lambda: model.recommend(k=5),
            lambda: model.search("desk lamp", k=5),
            lambda: model.similar("i004", 5),
            lambda: model.explain("u01", "i005"),
        ]
        return number % 4, calls[number % 4]()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(64)))
    assert len(found) == 64
    for number, table in found:
        pd.testing.assert_frame_equal(table, expected[number], check_exact=True)
