"""KNNRecommender: the score by cosine as defined, and what a user of either metric may rely on."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity

from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import Interactions, KNNRecommender
from mmclassic.recommend._additive import additive_scores
from mmclassic.views import Views

N_USERS, N_ITEMS = 12, 30
SEEDS = pytest.mark.parametrize("seed", range(4))
METRICS = pytest.mark.parametrize("metric", ["calibrated", "cosine"])
# The views here are drawn apart, and so are the users: what the calibrated sum says of both.
pytestmark = [
    pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning"),
    pytest.mark.filterwarnings("ignore:on held-out items of .* alone ranks as well:UserWarning"),
]


def make_views(seed, n=N_ITEMS, missing=0.3):
    rng = np.random.default_rng(seed)
    blocks = {
        "image": rng.normal(size=(n, 5)),
        "text": sp.random(n, 40, density=0.1, format="csr", random_state=seed),
        "audio": rng.normal(size=(n, 3)).astype(np.float32),
    }
    present = rng.random((n, 3)) > missing
    present[0] = True
    for name, mask in zip(("image", "audio"), present[:, [0, 2]].T):
        blocks[name][~mask] = np.nan
    return Views(blocks, present)


def make_interactions(seed, n_items=N_ITEMS, per_user=6):
    rng = np.random.default_rng(100 + seed)
    chosen = np.argsort(rng.random((N_USERS, n_items)), axis=1)[:, :per_user]
    weight = rng.normal(1, 1, size=chosen.size)
    frame = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{i}" for i in range(N_USERS)], per_user),
            "item_id": [f"i{i}" for i in chosen.ravel()],
            "weight": weight,
        }
    )
    return Interactions.from_frame(frame, items=[f"i{i}" for i in range(n_items)])


def fitted(seed=0, weights=None, metric="cosine"):
    model = KNNRecommender(weights, metric=metric)
    return model.fit(make_views(seed), make_interactions(seed))


def cosine(weights=None):
    return KNNRecommender(weights, metric="cosine")


def dense_rows(views, name):
    block = views[name].toarray() if sp.issparse(views[name]) else views[name]
    return np.where(views.mask(name)[:, None], block, 0).astype(np.float64)


def score_by_definition(views, interactions, weights, user, item):
    """The weighted mean cosine, one pair at a time."""
    ratings = interactions.to_csr().toarray()[user]
    total = support = 0.0
    for name, weight in weights.items():
        has = views.mask(name) & (ratings != 0)
        if not (has.any() and views.mask(name)[item]):
            continue
        rows = dense_rows(views, name)
        cosines = cosine_similarity(rows[has], rows[[item]]).ravel()
        total += weight * (ratings[has] @ cosines) / np.abs(ratings[has]).sum()
        support += weight
    return total / support if support else 0.0


@SEEDS
def test_score_is_the_weighted_mean_cosine(seed):
    views, interactions = make_views(seed), make_interactions(seed)
    weights = {"image": 2.0, "text": 0.5, "audio": 1.0}
    found = cosine(weights).fit(views, interactions).recommend(k=N_ITEMS - 6)
    users = {u: i for i, u in enumerate(interactions.users.tolist())}
    expected = [
        score_by_definition(views, interactions, weights, users[u], int(i[1:]))
        for u, i in zip(found["user_id"], found["item_id"])
    ]
    np.testing.assert_allclose(found["score"], expected, atol=2e-7)
    assert found["score"].abs().max() <= 1 + 1e-6


@METRICS
@SEEDS
def test_exactly_k_sorted_unseen_items(seed, metric):
    interactions = make_interactions(seed)
    found = fitted(seed, metric=metric).recommend(k=7)
    assert found.columns.tolist() == ["user_id", "item_id", "rank", "score", "basis"]
    assert set(found["basis"]) == {"history"}
    for user, rows in found.groupby("user_id"):
        assert rows["rank"].tolist() == list(range(1, 8))
        assert rows["score"].is_monotonic_decreasing
        assert rows["item_id"].is_unique
        seen = interactions.items[
            interactions.item_index[interactions.users[interactions.user_index] == user]
        ]
        assert not set(rows["item_id"]) & set(seen)


@METRICS
@SEEDS
def test_a_users_list_does_not_depend_on_the_company(seed, metric, monkeypatch):
    model = fitted(seed, metric=metric)
    together = model.recommend(k=10)
    for user, rows in together.groupby("user_id"):
        pd.testing.assert_frame_equal(
            model.recommend([user], 10), rows.reset_index(drop=True), check_exact=True
        )
    monkeypatch.setattr("mmclassic.recommend._ranking._BLOCK_ELEMENTS", 100)
    pd.testing.assert_frame_equal(model.recommend(k=10), together, check_exact=True)


@METRICS
def test_ties_keep_the_order_of_the_candidates(metric):
    X = np.tile([0.1, 0.2, 0.3, 0.7], (50, 1)) * np.linspace(1, 9, 50)[:, None]
    frame = pd.DataFrame({"user_id": np.arange(40), "item_id": 0})
    model = KNNRecommender(metric=metric).fit(X, Interactions.from_frame(frame, items=range(50)))
    found = model.recommend(k=5)
    assert found["item_id"].tolist() == [1, 2, 3, 4, 5] * 40
    backwards = model.recommend([3], 3, ids=[9, 4, 7])
    assert backwards["item_id"].tolist() == [9, 4, 7]


@SEEDS
def test_explanations_sum_to_the_score(seed):
    weights = {"image": 2.0, "text": 0.5, "audio": 1.0}
    model = fitted(seed, weights)
    everything = model._candidates(None, None)
    names = model.features_.names
    for row, user in enumerate(model.user_ids_):
        history = model.interactions_[[row]]
        profile = model._content().profiles(history, model.features_.select(*names)).rows
        scores = additive_scores(profile, everything.features, model.view_weights_)[0]
        for column in (0, 5, 11, 17):
            parts = model.explain(user, model.item_ids_[column])
            assert parts["contribution"].sum() == pytest.approx(scores[column], rel=1e-5, abs=1e-6)
            assert parts["contribution"].abs().is_monotonic_decreasing


def test_explanation_by_hand():
    views = Views(
        {"image": np.array([[1.0, 0], [0, 1], [1, 0]]), "text": np.array([[2.0], [3], [5]])},
        present=[[True, True], [True, False], [True, True]],
    )
    frame = pd.DataFrame({"user_id": ["u", "u"], "item_id": [0, 1], "weight": [3.0, 1.0]})
    model = cosine({"image": 3, "text": 1})
    model.fit(views, Interactions.from_frame(frame, items=[0, 1, 2]))
    # image: (3 * 1 + 1 * 0) / 4, weight 3/4; text: only item 0 has it, 3 * 1 / 3, weight 1/4.
    parts = model.explain("u", 2)
    assert parts[["item_id", "view"]].to_numpy().tolist() == [
        [0, "image"],
        [0, "text"],
        [1, "image"],
    ]
    np.testing.assert_allclose(parts["contribution"], [9 / 16, 1 / 4, 0])
    assert model.recommend(["u"], 1)["score"].tolist() == [13 / 16]


def test_explain_a_new_item_and_one_without_a_common_view():
    views = Views({"a": np.eye(2), "b": np.eye(2)}, present=[[True, False], [True, True]])
    frame = pd.DataFrame({"user_id": ["u"], "item_id": ["x"]})
    model = cosine().fit(views, Interactions.from_frame(frame, items=["x", "y"]))
    new = model.explain("u", "new", items=Views({"a": np.array([[3.0, 4.0]])}))
    np.testing.assert_allclose(new["contribution"], [0.6])
    strange = Views({"b": np.array([[1.0, 0.0]])})
    nothing = model.explain("u", "new", items=strange)
    assert nothing.columns.tolist() == ["item_id", "view", "contribution"]
    assert nothing.empty
    found = model.recommend(["u"], 1, items=strange, ids=["new"])
    assert found["score"].tolist() == [0.0]


@SEEDS
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_explanations_are_linear_in_the_row_of_the_item(seed, container):
    rng = np.random.default_rng(seed)
    image, text = rng.normal(size=(2, N_ITEMS, 4))
    model = cosine().fit(container(image + text), make_interactions(seed))
    whole = model.explain("u2", "i9").set_index("item_id")["contribution"]
    total = 0.0
    for part in (image[[9]], text[[9]]):
        pieces = model.explain("u2", "part", items=container(part)).set_index("item_id")
        total = total + pieces["contribution"] * np.linalg.norm(part)
    total /= np.linalg.norm(image[9] + text[9])
    pd.testing.assert_series_equal(total.sort_index(), whole.sort_index())


def test_an_empty_row_is_explained_by_zeros():
    frame = pd.DataFrame({"user_id": ["u"], "item_id": [0]})
    model = cosine().fit(np.array([[1.0, 2.0], [0.0, 0.0]]), frame)
    assert model.explain("u", 1)["contribution"].tolist() == [0.0]


@METRICS
def test_dislikes_push_away(metric):
    X = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.2]])
    frame = pd.DataFrame({"user_id": ["u"], "item_id": [0], "weight": [-2.0]})
    model = KNNRecommender(metric=metric).fit(X, Interactions.from_frame(frame, items=[0, 1, 2]))
    assert model.recommend(["u"], 2)["item_id"].tolist() == [2, 1]


@METRICS
def test_an_interaction_of_weight_zero_is_seen_but_says_nothing(metric):
    frame = pd.DataFrame({"user_id": ["u", "u"], "item_id": [0, 1], "weight": [0.0, 1.0]})
    model = KNNRecommender(metric=metric).fit(
        np.eye(3) + 0.1, Interactions.from_frame(frame, items=[0, 1, 2])
    )
    assert model.recommend(["u"], 1)["item_id"].tolist() == [2]


@METRICS
@SEEDS
def test_absent_cells_change_nothing(seed, metric):
    views, interactions = make_views(seed), make_interactions(seed)
    image = views["image"].copy()
    image[~views.mask("image")] = 1e6
    other = Views({**views.blocks, "image": image}, views.present)
    expected = KNNRecommender(metric=metric).fit(views, interactions).recommend(k=5)
    found = KNNRecommender(metric=metric).fit(other, interactions).recommend(k=5)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@METRICS
@SEEDS
def test_order_of_views_does_not_matter(seed, metric):
    views, interactions = make_views(seed), make_interactions(seed)
    turned = views.select("audio", "text", "image")
    pd.testing.assert_frame_equal(
        KNNRecommender(metric=metric).fit(views, interactions).recommend(k=5),
        KNNRecommender(metric=metric).fit(turned, interactions).recommend(k=5),
    )


@METRICS
@SEEDS
def test_sparse_and_dense_agree(seed, metric):
    views, interactions = make_views(seed), make_interactions(seed)
    dense = Views({**views.blocks, "text": views["text"].toarray()}, views.present)
    one = KNNRecommender(metric=metric).fit(views, interactions)
    two = KNNRecommender(metric=metric).fit(dense, interactions)
    pd.testing.assert_frame_equal(one.recommend(k=9), two.recommend(k=9))
    pd.testing.assert_frame_equal(one.similar(["i3"]), two.similar(["i3"]))
    pd.testing.assert_frame_equal(one.explain("u1", "i4"), two.explain("u1", "i4"))


@METRICS
@SEEDS
def test_candidates_given_as_rows_score_as_when_fitted(seed, metric):
    views, model = make_views(seed), fitted(seed, metric=metric)
    rows = np.array([7, 2, 29, 11, 20, 1, 15, 16, 17, 18])
    ids = model.item_ids_[rows]
    by_id = model.recommend(k=3, ids=ids)
    pd.testing.assert_frame_equal(model.recommend(k=3, items=views[rows], ids=ids), by_id)
    fresh = model.recommend(k=10, items=views[rows], ids=[f"new{i}" for i in rows])
    assert len(fresh) == 10 * N_USERS, "new items cannot have been seen"


def test_candidates_may_have_fewer_views():
    views, model = make_views(0), fitted(0)
    only_text = views.select("text")[[0, 1, 2]]
    alone = cosine().fit(views.select("text"), make_interactions(0))
    pd.testing.assert_frame_equal(
        model.recommend(k=3, items=only_text, ids=["a", "b", "c"]),
        alone.recommend(k=3, items=only_text, ids=["a", "b", "c"]),
    )


def test_a_plain_matrix_is_the_view_x0():
    X = make_views(1)["text"]
    model = cosine({"x0": 1}).fit(X, make_interactions(1))
    assert set(model.explain("u0", "i0")["view"]) <= {"x0"}


@METRICS
def test_a_view_of_weight_zero_is_left_out(metric):
    views, interactions = make_views(0), make_interactions(0)
    alone = KNNRecommender(metric=metric).fit(views.select("text"), interactions).recommend(k=8)
    muted = fitted(0, {"image": 0, "text": 2, "audio": 0}, metric)
    pd.testing.assert_frame_equal(muted.recommend(k=8), alone)
    assert set(muted.explain("u0", "i0")["view"]) <= {"text"}


@SEEDS
def test_similar_is_the_nearest_by_cosine(seed):
    X = np.random.default_rng(seed).normal(size=(20, 4))
    model = cosine().fit(X)
    found = model.similar([4, 0, 4], k=19)
    assert found.columns.tolist() == ["query_id", "item_id", "rank", "score"]
    cosines = cosine_similarity(X)
    for query, start in ((4, 0), (0, 19), (4, 38)):
        rows = found.iloc[start : start + 19]
        expected = [i for i in np.argsort(-cosines[query]) if i != query]
        assert rows["item_id"].tolist() == expected
        np.testing.assert_allclose(rows["score"], cosines[query][expected], atol=1e-6)


def test_similar_for_new_rows():
    model = cosine().fit(np.eye(3))
    found = model.similar([[0.0, 2.0, 1.0]], 3, ids=[10])
    assert found["item_id"].tolist() == [1, 2, 0]
    assert found["query_id"].tolist() == [10, 10, 10]
    known = model.similar([[0.0, 2.0, 1.0]], 2, ids=1)
    assert known["item_id"].tolist() == [2, 0], "an item is not its own neighbour"


@METRICS
def test_zero_rows_score_zero(metric):
    model = KNNRecommender(metric=metric).fit([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    assert model.similar([0], 2)["score"].tolist() == [0.0, 0.0]


@METRICS
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"image": 1}, r"each of the views \['image', 'text', 'audio'\]; got {'image': 1}"),
        ({"image": 1, "text": 1, "sound": 1}, "for each of the views .*sound"),
        ({"image": 1, "text": -1, "audio": 1}, "at least 0"),
        ({"image": 1, "text": np.nan, "audio": 1}, "finite"),
        ({"image": 1, "text": "2", "audio": 1}, "a finite number.*'2'"),
        ({"image": 0, "text": 0, "audio": 0}, "must not all be 0"),
        ([1, 2, 3], "weights"),
    ],
)
def test_bad_weights(weights, message, metric):
    with pytest.raises(ValueError, match=message):
        fitted(0, weights, metric)


@METRICS
def test_errors_when_asked_for_what_is_not_there(metric):
    model = fitted(0, metric=metric)
    with pytest.raises(UnknownIdError, match=r"'U1' is 'u1' but for upper and lower case"):
        model.recommend(["u1", "U1"])
    with pytest.raises(UnknownIdError, match=r"1 user id\(s\) not in the fitted KNNRec.*'nobody'"):
        model.explain("nobody", "i1")
    with pytest.raises(UnknownIdError, match=r"are str.*are int"):
        model.recommend([1])
    with pytest.raises(ValueError, match="user ids must be a 1-D sequence; got a single value"):
        model.recommend({"u1"})
    with pytest.raises(UnknownIdError, match="'nothing'"):
        model.recommend(["u0"], k=1, ids=["i1", "nothing"])
    with pytest.raises(UnknownIdError, match="'nothing'"):
        model.similar(["nothing"])
    with pytest.raises(UnknownIdError, match="'nothing'"):
        model.explain("u1", "nothing")
    with pytest.raises(ValueError, match="items are ids already"):
        model.similar(["i1"], ids=["x"])
    with pytest.raises(ValueError, match="pass their item ids"):
        model.similar(make_views(0)[[0]])
    with pytest.raises(ValueError, match="k must be an integer of at least 1; got 0"):
        model.recommend(k=0)
    with pytest.raises(ValueError, match="item ids must be distinct"):
        model.recommend(k=1, ids=["i1", "i1"])


@METRICS
def test_errors_about_new_rows(metric):
    model, views = fitted(0, metric=metric), make_views(0)
    with pytest.raises(ValueError, match="pass their item ids"):
        model.recommend(k=1, items=views[[0]])
    with pytest.raises(ValueError, match="items have 2 rows and ids 1"):
        model.recommend(k=1, items=views[[0, 1]], ids=["new"])
    with pytest.raises(ValueError, match="items have 2 rows and ids 1"):
        model.similar(views[[0, 1]], ids=["new"])
    with pytest.raises(ValueError, match="was fitted on views"):
        model.recommend(k=1, items=Views({"text": np.ones((1, 2))}), ids=["new"])
    with pytest.raises(UnknownIdError, match=r"are str.*are int"):
        model.recommend(k=1, items=views[[0]], ids=[5])


@METRICS
def test_errors_of_fit(metric):
    with pytest.raises(ValueError, match="items have 29 rows and interactions have 30 items"):
        KNNRecommender(metric=metric).fit(make_views(0)[:29], make_interactions(0))
    with pytest.raises(TypeError, match="DataFrame, Interactions or None; got list"):
        KNNRecommender(metric=metric).fit(make_views(0), [("u", "i")])
    with pytest.raises(ValueError, match=r"KNNRecommender ranks by features.*items=None"):
        KNNRecommender(metric=metric).fit(None, make_interactions(0))
    with pytest.raises(ValueError, match=r"none besides the ids: \['item_id', 'title'\]"):
        KNNRecommender(metric=metric).fit(pd.DataFrame({"item_id": [1], "title": ["a"]}))
    with pytest.raises(ValueError, match="items have 2 rows and ids 3"):
        KNNRecommender(metric=metric).fit(np.eye(2), ids=[1, 2, 3])
    with pytest.raises(ValueError, match="distinct"):
        KNNRecommender(metric=metric).fit(np.eye(2), ids=[1, 1])


@METRICS
def test_users_without_interactions_get_what_is_popular(metric):
    frame = pd.DataFrame({"user_id": ["b"], "item_id": [0]})
    interactions = Interactions.from_frame(frame, items=[0, 1], users=["a", "b", "c"])
    model = KNNRecommender(metric=metric).fit(np.eye(2), interactions)
    assert model.recommend(k=1)["user_id"].tolist() == ["b"]
    found = model.recommend(["a", "b"], 1)
    assert found["basis"].tolist() == ["popularity", "history"]
    assert found["item_id"].tolist() == [0, 1]
    assert found["score"].tolist()[0] == 1.0


@METRICS
def test_without_interactions_there_are_no_users(metric):
    model = KNNRecommender(metric=metric).fit(np.eye(3))
    assert model.recommend(k=1).empty
    with pytest.raises(UnknownIdError):
        model.recommend([0], 1)


@METRICS
def test_pickle_and_skops(metric, tmp_path):
    skops = pytest.importorskip("skops.io")
    model = fitted(0, metric=metric)
    expected = model.recommend(k=4)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).recommend(k=4), expected)
    skops.dump(model, tmp_path / "m.skops")
    trusted = skops.get_untrusted_types(file=tmp_path / "m.skops")
    assert all(name.startswith(("mmclassic.", "scipy.sparse")) for name in trusted)
    again = skops.load(tmp_path / "m.skops", trusted=trusted)
    pd.testing.assert_frame_equal(again.recommend(k=4), expected)
