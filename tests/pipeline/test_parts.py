"""What the facade takes besides a table, and what its parts may lack."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA
from mmclassic.fuse import ConcatFusion
from mmclassic.interactions import Interactions
from mmclassic.metrics import RankedLists
from mmclassic.recommend import KNNRecommender, PopularRecommender
from mmclassic.testing import make_views
from mmclassic.views import Views

IDS = [f"sku-{i:02d}" for i in range(60)]


@pytest.fixture(scope="module")
def orders():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"user_id": [f"u{i}" for i in rng.integers(8, size=60)], "item_id": rng.permutation(IDS)}
    )


@pytest.fixture(scope="module")
def interactions(orders):
    return Interactions.from_frame(orders, items=IDS)


@pytest.fixture(scope="module")
def table():
    words = ["red", "blue", "green", "cotton", "silk", "wool"]
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "item_id": IDS,
            "title": [" ".join(rng.choice(words, 2, replace=False)) for _ in IDS],
            "plot": [" ".join(rng.choice(words, 3, replace=False)) for _ in IDS],
            "price": rng.normal(size=60),
            "mass": rng.normal(size=60),
        }
    )


def features():
    return make_views(60, missing=0.2)


# --- Views directly ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("similarity", "aligner", "fuser"),
    [
        ("calibrated", None, None),
        ("calibrated", None, ConcatFusion()),
        ("calibrated", CCA(2), None),
        ("calibrated", CCA(2), ConcatFusion()),
        ("calibrated", "passthrough", None),
        *product(["shared"], [None, "passthrough", CCA(2)], [None, "passthrough", ConcatFusion()]),
    ],
    ids=str,
)
def test_views_of_the_user_go_the_whole_way(similarity, aligner, fuser, interactions, tmp_path):
    views = features()
    model = MultimodalRecommender(fuser=fuser, aligner=aligner, similarity=similarity)
    model.fit(views, interactions)
    assert model.item_ids_.tolist() == IDS
    assert model.extractor_ is None
    assert len(model.failures_) == 0
    ranked = model.recommend("u1", 5)
    assert len(ranked) == 5
    for row in ranked.itertuples():
        parts = model.explain("u1", row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
        here = views.present[IDS.index(row.item_id)]
        possible = {n for n, there in zip(views.names, here) if there}
        possible |= {"shared"} if similarity == "calibrated" and aligner != "passthrough" else set()
        assert set(parts["view"]) <= possible
    near = model.similar("sku-03", 3)
    assert near["query_id"].tolist() == ["sku-03"] * 3
    query = views[np.flatnonzero(views.mask("image"))[:1]]
    found = model.search(image=query["image"][0], k=4)
    assert len(found) == 4
    both = model.search(image=query["image"], k=4)
    pd.testing.assert_frame_equal(found, both)
    loaded = mmclassic.load(mmclassic.save(model, tmp_path / "m.skops"))
    pd.testing.assert_frame_equal(loaded.recommend("u1", 5), ranked)
    pd.testing.assert_frame_equal(loaded.search(image=query["image"], k=4), both)


def test_a_matrix_is_one_view_and_ids_may_be_given(orders):
    X = np.random.default_rng(0).normal(size=(60, 4))
    model = MultimodalRecommender().fit(X, orders, ids=IDS)
    assert model.space_.names == ("x0",)
    new = model.recommend("u1", 2, items=X[:3] + 1, ids=["n1", "n2", "n3"])
    assert set(new["item_id"]) <= {"n1", "n2", "n3"}
    sparse = MultimodalRecommender().fit(sp.csr_array(X), orders, ids=IDS)
    pd.testing.assert_frame_equal(sparse.recommend("u1", 5), model.recommend("u1", 5))
    with pytest.raises(ValueError, match="60 rows and ids 59"):
        MultimodalRecommender().fit(X, ids=IDS[:-1])


def test_columns_of_the_orders_may_have_other_names(table, orders):
    theirs = orders.rename(columns={"user_id": "customer", "item_id": "article"})
    names = {"user_id": "customer", "item_id": "article"}
    model = MultimodalRecommender(text="title").fit(table, theirs, columns=names)
    same = MultimodalRecommender(text="title").fit(table, orders)
    pd.testing.assert_frame_equal(model.recommend(k=3), same.recommend(k=3))


def test_views_with_columns_named_are_refused():
    with pytest.raises(TypeError, match="columns of it are named"):
        MultimodalRecommender(text="title").fit(features())


# --- passthrough and bypass ----------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["calibrated", "cosine"])
@pytest.mark.parametrize("parts", [{"similarity": "shared", "fuser": "passthrough"}, {}], ids=str)
def test_passthrough_hands_every_view_to_the_recommender(parts, metric, interactions):
    views = features()
    model = MultimodalRecommender(
        aligner="passthrough", recommender=KNNRecommender(metric=metric), **parts
    ).fit(views, interactions)
    alone = KNNRecommender(metric=metric).fit(views, interactions)
    pd.testing.assert_frame_equal(model.recommend(k=5), alone.recommend(k=5))
    pd.testing.assert_frame_equal(model.similar(IDS[:3], 5), alone.similar(IDS[:3], 5))
    explained = model.explain("u1", IDS[5]).drop(columns="words", errors="ignore")
    pd.testing.assert_frame_equal(explained, alone.explain("u1", IDS[5]))
    if parts:
        assert model.transform(views).names == views.names


@pytest.mark.parametrize("fuser", ["passthrough", ConcatFusion()], ids=str)
def test_a_fuser_without_a_part_in_the_calibrated_sum_is_refused(fuser, interactions):
    model = MultimodalRecommender(aligner="passthrough", fuser=fuser)
    with pytest.raises(ValueError, match=rf"fuser={re.escape(repr(fuser))}.*similarity='shared'"):
        model.fit(features(), interactions)
    aligned = MultimodalRecommender(aligner=CCA(2), fuser="passthrough")
    with pytest.raises(ValueError, match=r"fuser='passthrough'.*similarity='shared'"):
        aligned.fit(features(), interactions)


def test_a_view_may_bypass_the_aligner_and_still_be_compared(interactions):
    views = features()
    model = MultimodalRecommender(aligner=CCA(2), bypass=["audio"]).fit(views, interactions)
    assert model.aligner_.view_widths_in_.keys() == {"image", "text"}
    assert model.recommender_.view_widths_in_ == {**views.widths, "shared": 2}
    for row in model.recommend("u2", 6).itertuples():
        parts = model.explain("u2", row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
    # A query of that view alone has no place in the shared space, but is compared in its own.
    has = np.flatnonzero(views.mask("audio"))
    only = views.select("audio")[has[:1]]
    found = model.search(audio=only["audio"], k=10)
    unit = views["audio"][has] / np.linalg.norm(views["audio"][has], axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    nearest = has[np.argsort(-centred @ centred[0], kind="stable")[:10]]
    assert found["item_id"].tolist() == [IDS[i] for i in nearest]
    assert len(model.recommend("u2", 1, items=only, ids=["new"])) == 1


def test_a_view_may_bypass_the_aligner_and_the_fuser(interactions):
    views = features()
    model = MultimodalRecommender(aligner=CCA(2), bypass=["audio"], similarity="shared")
    model.fit(views, interactions)
    assert model.aligner_.view_widths_in_.keys() == {"image", "text"}
    assert model.recommender_.view_widths_in_ == {"fused": 2, "audio": 4}
    for row in model.recommend("u2", 6).itertuples():
        parts = model.explain("u2", row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
        assert "fused" not in set(parts["view"])
    # A query of the other view alone has no place in the shared space, an item has its features.
    with pytest.raises(ValueError, match=r"do not bypass.*\['audio'\] alone"):
        model.search(audio=np.ones(4))
    only = views.select("audio")[[0]]
    assert len(model.recommend("u2", 1, items=only, ids=["new"])) == 1


@pytest.mark.parametrize("bypass", [["video"], ["image", "text", "audio"]])
def test_wrong_bypass(bypass, interactions):
    with pytest.raises(ValueError, match="bypass must be a list of some, not all"):
        MultimodalRecommender(bypass=bypass).fit(features(), interactions)


def test_several_columns_of_a_modality_are_views_of_their_own(table, orders):
    model = MultimodalRecommender(
        text={"title": "title", "plot": ["plot", "title"]}, numeric={"size": ["price", "mass"]}
    ).fit(table, orders)
    assert model.space_.names == ("title", "plot", "size")
    assert len(model.search("red cotton", k=3)) == 3
    pd.testing.assert_frame_equal(model.search("red cotton"), model.search(text="red cotton"))
    by_one = model.search(title="red cotton", k=3)
    assert len(by_one) == 3
    numbers = model.search(size=[np.array([0.0, 1.0]), np.array([1.0, 0.0])], k=2)
    assert numbers["query"].tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match=r"a value for each of \['price', 'mass'\]; got 3"):
        model.search(size=np.zeros(3))
    with pytest.raises(ValueError, match=r"need different names; got \['title'\] twice"):
        MultimodalRecommender(text={"title": "title"}, numeric={"title": "price"}).fit(table)


# --- what one calls ------------------------------------------------------------------------------


def test_the_first_argument_of_search_is_the_text(table):
    model = MultimodalRecommender(text="title").fit(table)
    pd.testing.assert_frame_equal(model.search("red"), model.search(text="red"))
    pd.testing.assert_frame_equal(model.search("red", 3), model.search(text="red", k=3))
    assert model.search(["red", "blue"], k=1)["query"].tolist() == [0, 1]
    with pytest.raises(TypeError, match="first positional argument of search is the text"):
        model.search(5, text="red")
    with pytest.raises(ValueError, match="given twice"):
        model.search("red", text="blue")


def test_text_finds_the_texts_of_a_foreign_vectorizer(table):
    from sklearn.feature_extraction.text import TfidfVectorizer

    from mmclassic.features import ModalityExtractor

    extractor = ModalityExtractor([("words", TfidfVectorizer(), "title")])
    model = MultimodalRecommender(extractor=extractor).fit(table)
    assert len(model.search("red", k=2)) == 2


def test_a_model_without_texts_says_so(table):
    model = MultimodalRecommender(numeric=["price", "mass"]).fit(table)
    with pytest.raises(ValueError, match=r"reads no texts; search by one or more of \['numeric'\]"):
        model.search("red")


def test_unknown_words_mean_the_same_everywhere(table, orders):
    """They count as absent: a query of them alone is refused, an item of them alone scores 0."""
    model = MultimodalRecommender(text="title", numeric=["price", "mass"], aligner=CCA(2))
    model.fit(table, orders)
    stranger = pd.DataFrame({"item_id": ["new"], "title": ["xylophone"]})
    with pytest.raises(ValueError, match="query 0 says nothing"):
        model.search("xylophone")
    with pytest.raises(ValueError, match="item 'new' says nothing"):
        model.similar(stranger)
    with pytest.warns(mmclassic.exceptions.EmptyRowWarning):
        assert model.recommend("u1", 1, items=stranger)["score"].tolist() == [0.0]
    # With something else to say, the others decide alone.
    told = stranger.assign(price=0.5, mass=-0.5)
    without = told.drop(columns="title")
    pd.testing.assert_frame_equal(model.similar(told, 5), model.similar(without, 5))
    pd.testing.assert_frame_equal(
        model.recommend("u1", 1, items=told), model.recommend("u1", 1, items=without)
    )


def test_one_id_will_do_and_lists_come_by_position_too(interactions):
    model = MultimodalRecommender().fit(features(), interactions)
    pd.testing.assert_frame_equal(model.recommend("u1", 4), model.recommend(["u1"], 4))
    lists = model.rank("u1", 4)
    assert isinstance(lists, RankedLists)
    assert lists.items[lists.order[0]].tolist() == model.recommend("u1", 4)["item_id"].tolist()
    everything = model.rank("u1", 60, include_seen=True)
    assert everything.lengths.tolist() == [60]


def test_a_user_who_has_seen_everything_does_not_stop_a_batch(table):
    hungry = pd.DataFrame({"user_id": "all", "item_id": IDS})
    other = pd.DataFrame({"user_id": ["some"], "item_id": [IDS[0]]})
    model = MultimodalRecommender(text="title").fit(table, pd.concat([hungry, other]))
    with pytest.warns(mmclassic.exceptions.ShortListWarning, match="1 of 2 users"):
        ranked = model.recommend(k=59)
    assert ranked["user_id"].tolist() == ["some"] * 59
    assert IDS[0] not in set(ranked["item_id"])


@pytest.mark.parametrize("part", ["extractor", "aligner", "fuser", "recommender"])
def test_parameters_of_a_part_that_is_not_set(part):
    given = {"aligner": "ridge=0.1", "extractor": "on_error=0.1"}.get(part, "weights=0.1")
    name = given.split("=")[0]
    with pytest.raises(ValueError, match=rf"{part} is None.*{part}=\w+\({given}\)"):
        MultimodalRecommender().set_params(**{f"{part}__{name}": 0.1})
    model = MultimodalRecommender().set_params(aligner=CCA(), aligner__ridge=0.1)
    assert model.aligner.ridge == 0.1


def test_score_means_one_thing_and_says_where_it_cannot_be_computed(interactions):
    views = features()
    model = MultimodalRecommender(aligner=CCA(2)).fit(views)
    assert model.score(views) == CCA(2).fit(views).score(views)
    plain = MultimodalRecommender(aligner="passthrough").fit(views)
    with pytest.raises(ValueError, match=r"score is the correlation.*without one"):
        plain.score(views)
    with pytest.raises(ValueError, match=r"consistency compares.*without one"):
        plain.consistency()


# --- parts that conform to the protocol and no more ----------------------------------------------


class Smallest(BaseEstimator):
    """A recommender of two methods."""

    def fit(self, items, interactions):
        self.ids_ = interactions.items
        self.users_ = interactions.users
        return self

    def recommend(self, users=None, k=10):
        users = self.users_ if users is None else users
        return pd.DataFrame(
            [(u, i, r + 1, -r) for u in users for r, i in enumerate(self.ids_[:k])],
            columns=["user_id", "item_id", "rank", "score"],
        )


class Scaler(StandardScaler):
    """An aligner of one view, without a score."""

    def fit(self, X, y=None):
        return super().fit(X["image"])

    def transform(self, X):
        return Views({"image": super().transform(X["image"])}, X.select("image").present)


class Sum(BaseEstimator):
    """A fuser of two methods: it cannot say what each view adds."""

    def fit(self, X, y=None):
        self.n_ = X.shape[1]
        return self

    def transform(self, X):
        return sum(np.nan_to_num(X[name]) for name in X.names)


def test_what_a_recommender_lacks_is_not_offered(interactions):
    model = MultimodalRecommender(recommender=Smallest())
    for name in ("rank", "similar", "explain"):
        assert not hasattr(model, name)
    model.fit(features(), interactions)
    assert len(model.recommend(["u1"], 3)) == 3
    for name in ("rank", "similar", "explain"):
        assert not hasattr(model, name)
        with pytest.raises(AttributeError) as raised:
            getattr(model, name)
        assert f"the recommender Smallest has no {name}" in str(raised.value.__cause__)
    popular = MultimodalRecommender(recommender=PopularRecommender()).fit(features(), interactions)
    assert hasattr(popular, "rank")
    assert not hasattr(popular, "explain")


def test_what_an_aligner_or_a_fuser_lacks_is_not_offered(interactions):
    views = Views({"image": np.random.default_rng(0).normal(size=(60, 3))})
    model = MultimodalRecommender(aligner=Scaler()).fit(views, interactions)
    assert not hasattr(model, "score")
    for similarity, views in (
        ("calibrated", {"image", "text", "audio", "shared"}),
        ("shared", {"fused"}),
    ):
        model = MultimodalRecommender(aligner=CCA(2), fuser=Sum(), similarity=similarity)
        model.fit(make_views(60), interactions)
        assert set(model.explain("u1", IDS[0])["view"]) == views
        row = model.recommend("u1", 1).iloc[0]
        whole = model.explain("u1", row["item_id"])["contribution"].sum()
        assert whole == pytest.approx(row["score"], abs=1e-6)


class Fixed(BaseEstimator):
    """An extractor of two methods, of the numbers in a table."""

    def fit_transform(self, X, y=None):
        return self.transform(X)

    def transform(self, X):
        return Views({"size": X[["price", "mass"]].to_numpy()})


def test_an_extractor_needs_two_methods(table, orders):
    model = MultimodalRecommender(extractor=Fixed()).fit(table, orders)
    assert len(model.recommend("u1", 3)) == 3
    assert len(model.similar(table.head(2).assign(item_id=["a", "b"]), 3)) == 6
    assert model.failures_.empty
    with pytest.raises(ValueError, match=r"this model's extractor is a Fixed; ask by rows"):
        model.search(size=[1.0, 2.0])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bypass": ["image"]},
        {"similarity": "shared"},
        {"similarity": "shared", "bypass": ["image"]},
        {"similarity": "shared", "fuser": "passthrough"},
    ],
)
def test_the_command_line_tells_of_models_on_features(options, interactions, tmp_path, capsys):
    views = features()
    model = MultimodalRecommender(**options).fit(views, interactions)
    path = mmclassic.save(model, tmp_path / "m.skops")
    assert mmclassic.cli.main(["info", str(path)]) == 0
    shown = capsys.readouterr().out
    for name in views.names:
        n = int(views.mask(name).sum())
        assert f"{name}: column (features), width {views.widths[name]}, items with it {n}" in shown
    assert mmclassic.cli.main(["recommend", str(path), "--user", "u1", "-k", "2"]) == 0
    assert mmclassic.cli.main(["search", str(path), "--text", "red"]) == 1
    assert "a query of 'text' is a vector or a matrix of numbers; got 'red'" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "options",
    [{}, {"similarity": "shared"}, {"similarity": "shared", "fuser": "passthrough"}],
    ids=str,
)
def test_explanations_sum_to_scores_that_are_not_linear_in_the_item(options, interactions):
    """Calibrated scores have a centre: the fused vector of several views is explained as one."""
    model = MultimodalRecommender(recommender=KNNRecommender(metric="calibrated"), **options)
    model.fit(features(), interactions)
    for row in model.recommend("u3", 4).itertuples():
        parts = model.explain("u3", row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)


def test_a_view_may_be_called_like_the_first_argument(interactions):
    views = Views({"words": features()["text"], "image": np.nan_to_num(features()["image"])})
    model = MultimodalRecommender().fit(views, interactions)
    assert len(model.search(words=views["words"][[0]].toarray(), k=2)) == 2


def test_wrong_interactions_are_told_before_any_file_is_read(table):
    reading = table.assign(photo="no such file")
    stranger = pd.DataFrame({"user_id": ["u"], "item_id": ["nothing"]})
    with pytest.raises(mmclassic.exceptions.UnknownIdError, match="nothing"):
        MultimodalRecommender(image="photo").fit(reading, stranger)
