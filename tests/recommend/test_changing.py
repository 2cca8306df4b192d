"""update, add_items and remove_items: as if all had been there from the start, to the last bit."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.views import Views

N_ITEMS, N_NEW = 60, 12


def make_views(seed, n=N_ITEMS):
    """Views that show one of four things that users' tastes go by."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 4))
    blocks = {
        "image": latent[:, :1] @ rng.normal(size=(1, 9)) + rng.normal(size=(n, 9)),
        "text": np.maximum(latent[:, :1] @ rng.normal(size=(1, 30)) + rng.normal(size=(n, 30)), 0),
    }
    present = rng.random((n, 2)) < 0.9
    present[~present.any(axis=1)] = True
    return Views(blocks, present=present), latent


def make_likes(latent, seed, n_users=100, per_user=14):
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=(n_users, latent.shape[1]))
    noise = rng.gumbel(size=(n_users, len(latent)))
    liked = np.argsort(-(2 * taste @ latent.T + noise), axis=1)[:, :per_user]
    frame = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{i}" for i in range(n_users)], per_user),
            "item_id": [f"i{i}" for i in liked.ravel()],
        }
    )
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def names(rows):
    return [f"i{i}" for i in rows]


def with_learnt_parts(model, views, ids, interactions):
    """A model of all items and interactions at once, with what another has learned."""
    fresh = copy.deepcopy(model)
    prepared = fresh._prepare_features(fresh._validate_items(views, reset=False))
    other = PopularRecommender().fit(None, interactions, ids=ids)
    fresh.features_, fresh.item_ids_ = prepared, other.item_ids_
    fresh.user_ids_, fresh.interactions_ = other.user_ids_, other.interactions_
    fresh._refresh()
    return fresh


def assert_same(a, b):
    for ask in (
        lambda m: m.recommend(k=8),
        lambda m: m.recommend("u3", 5, include_seen=True),
        lambda m: m.recommend(history={"i3": 1.0, "i9": -1.0}, k=7),
        lambda m: m.similar(["i3", "i55"], 6),
        lambda m: m.recommend("stranger", 4),
    ):
        pd.testing.assert_frame_equal(ask(a), ask(b), check_exact=True)


@pytest.mark.parametrize("weights", [None, "agreement", {"image": 1.0, "text": 0.5}])
@pytest.mark.parametrize("seed", range(2))
def test_new_items_and_interactions_are_as_if_they_had_always_been_there(weights, seed):
    views, latent = make_views(seed)
    likes = make_likes(latent, seed)
    old = np.arange(N_ITEMS - N_NEW)
    among_old = likes["item_id"].isin(names(old))
    first = likes[among_old & (likes.index % 3 > 0)]
    model = KNNRecommender(weights).fit(views[old], first, ids=names(old))
    if weights is None:
        assert model._signals is not None
    everything = with_learnt_parts(
        model, views, names(range(N_ITEMS)), pd.concat([first, likes.drop(first.index)])
    )
    new = np.arange(N_ITEMS - N_NEW, N_ITEMS)
    changed = copy.deepcopy(model).add_items(views[new], ids=names(new))
    changed.update(likes.drop(first.index))
    assert_same(changed, everything)
    one_by_one = copy.deepcopy(model)
    for i in new:
        one_by_one.add_items(views[[i]], ids=names([i]))
    rest = likes.drop(first.index)
    for start in range(0, len(rest), 50):
        one_by_one.update(rest[start : start + 50])
    assert_same(one_by_one, everything)
    again = changed.remove_items(names(new))
    few = likes[likes["item_id"].isin(names(old))]
    order = pd.concat([first, few.drop(first.index, errors="ignore")])
    assert_same_lists(again, with_learnt_parts(model, views[old], names(old), order))


MODES = {
    "neighbours": KNNRecommender(mode="neighbours", n_neighbors=8),
    "neighbours, weighed": KNNRecommender(
        {"image": 0.2, "text": 1.0, "interactions": 2.0},
        mode="neighbours",
        weighting={"image": None, "text": "bm25", "interactions": "tfidf"},
    ),
    "users": KNNRecommender(mode="users", n_neighbors=8, weighting="bm25"),
}


@pytest.mark.parametrize("rated", [False, True], ids=["likes", "ratings"])
@pytest.mark.parametrize("name", MODES)
def test_neighbours_are_those_of_a_fit_to_all(name, rated):
    model = MODES[name]
    views, latent = make_views(0)
    did = make_likes(latent, 0)
    if rated:
        did["rating"] = np.random.default_rng(0).integers(1, 6, len(did))
        did.loc[did.index[:2], "rating"] = [1, 5]  # the scale is that of what came first
    old, new = np.arange(N_ITEMS - N_NEW), np.arange(N_ITEMS - N_NEW, N_ITEMS)
    first = did[did["item_id"].isin(names(old)) & ((did.index % 3 > 0) | (did.index < 2))]
    did = pd.concat([first, did.drop(first.index)])
    whole = clone(model).fit(views, did, ids=names(range(N_ITEMS)))
    changed = clone(model).fit(views[old], first, ids=names(old))
    changed.add_items(views[new], ids=names(new)).update(did[len(first) :])
    asked = [
        lambda m: m.recommend(k=8),
        lambda m: m.recommend(k=3, items=views[:4], ids=["x", "y", "z", "i5"]),
        lambda m: m.explain("u3", "i9"),
    ]
    if not rated:
        asked += [lambda m: m.recommend(history={"i3": 1.0, "i9": -1.0}, k=7)]
    if model.mode == "neighbours":
        asked += [lambda m: m.similar(["i3", "i55"], 6)]
    for ask in asked:
        pd.testing.assert_frame_equal(ask(changed), ask(whole), check_exact=True)
    few = did[did["item_id"].isin(names(old))]
    changed.remove_items(names(new))
    users = sorted(few["user_id"].unique())
    pd.testing.assert_frame_equal(
        changed.recommend(users, 8),
        clone(model).fit(views[old], few, ids=names(old)).recommend(users, 8),
        check_exact=True,
    )


def test_items_without_content_are_added_by_id():
    likes = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["a", "b", "a"]})
    for mode in ("neighbours", "users"):
        model = KNNRecommender(mode=mode).fit(None, likes)
        model.add_items(pd.DataFrame({"item_id": ["c"]}))
        model.update(pd.DataFrame({"user_id": ["w", "w"], "item_id": ["a", "c"]}))
        assert set(model.recommend("v", 2)["item_id"]) == {"b", "c"}
        assert (model.recommend("v", 2)["score"] > 0).all()


def assert_same_lists(a, b):
    """Users who came late with a removed item stand elsewhere; each one's list is the same."""
    users = sorted(b.user_ids_)
    assert sorted(a.user_ids_) == users
    pd.testing.assert_frame_equal(a.recommend(users, 8), b.recommend(users, 8), check_exact=True)


def test_new_items_are_found_recommended_and_explained():
    views, latent = make_views(0)
    likes = make_likes(latent, 0)
    model = KNNRecommender({"image": 1.0, "text": 1.0}).fit(views, likes, ids=names(range(60)))
    model.add_items(views[[3]], ids=["copy"])
    assert model.similar("i3", 1)["item_id"].tolist() == ["copy"]
    assert model.search(views[[3]], 2)["item_id"].tolist() == ["i3", "copy"]
    user = likes.loc[likes["item_id"] == "i3", "user_id"].iloc[0]
    found = model.recommend(user, 1, candidates=["copy"])
    parts = model.explain(user, "copy")
    assert parts["contribution"].sum() == pytest.approx(found["score"].iloc[0], rel=1e-5)
    model.remove_items("copy")
    with pytest.raises(UnknownIdError):
        model.similar("copy")


def test_weights_are_summed_and_ratings_replaced():
    bought = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"], "weight": [1.0, 2.0]})
    model = KNNRecommender().fit(np.eye(3), bought, ids=["a", "b", "c"])
    model.update(pd.DataFrame({"user_id": ["w", "u"], "item_id": ["c", "a"], "weight": [0.0, 4.0]}))
    assert model.user_ids_.tolist() == ["u", "v", "w"]
    assert model.interactions_.toarray().tolist() == [[5, 0, 0], [0, 2, 0], [0, 0, 0]]
    assert model.interactions_.nnz == 3, "a weight of 0 is seen"
    rated = bought.rename(columns={"weight": "rating"})
    model = KNNRecommender().fit(np.eye(3), rated, ids=["a", "b", "c"])
    model.update(pd.DataFrame({"user_id": ["u"], "item_id": ["a"], "rating": [2.0]}))
    assert model.interactions_.toarray().tolist() == [[2, 0, 0], [0, 2, 0]]
    with pytest.raises(ValueError, match="had ratings; these have weights"):
        model.update(bought)


def test_users_without_anything_left_are_forgotten():
    likes = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
    model = PopularRecommender().fit(None, likes, ids=["a", "b"]).remove_items(["a"])
    assert model.user_ids_.tolist() == ["v"]
    assert model.popularity_.tolist() == [1.0]
    with pytest.raises(ValueError, match="all items would be removed"):
        model.remove_items("b")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda m: m.add_items(np.eye(3)[:1], ids=["a"]), ValueError, "known already, first 'a'"),
        (lambda m: m.add_items(np.eye(3)[:1], ids=[1]), UnknownIdError, "convert"),
        (lambda m: m.add_items(np.eye(3)[:1]), ValueError, "pass their item ids"),
        (lambda m: m.add_items(np.eye(2), ids=["x", "y"]), ValueError, "3 features"),
        (lambda m: m.remove_items(["a", "z"]), UnknownIdError, "'z'"),
        (
            lambda m: m.update(pd.DataFrame({"user_id": ["u"], "item_id": ["z"]})),
            UnknownIdError,
            "'z'",
        ),
    ],
)
def test_changes_that_cannot_be_made_change_nothing(change, error, message):
    likes = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
    model = KNNRecommender().fit(np.eye(3), likes, ids=["a", "b", "c"])
    before = model.recommend(k=1)
    with pytest.raises(error, match=message):
        change(model)
    pd.testing.assert_frame_equal(model.recommend(k=1), before)
