"""The facade from a table of files to recommendations, and back through saving."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, KFold

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA, KMeansAligner, MLPAligner
from mmclassic.datasets import make_catalog
from mmclassic.evaluate import cold_item_scorer
from mmclassic.exceptions import CellError, CellWarning, QueryWarning, UnknownIdError
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.recommend import Interactions, KNNRecommender, PopularRecommender

SIMILARITIES = pytest.mark.parametrize("similarity", ["calibrated", "shared"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    return make_catalog(
        80, 20, folder=folder, image_size=48, audio_seconds=0.3, missing=0.1, random_state=0
    )


@pytest.fixture(scope="module", params=["calibrated", "shared"])
def model(shop, request):
    return MultimodalRecommender(
        image="picture", text="comment", audio="sound", similarity=request.param
    ).fit(shop.items, shop.interactions)


def test_recommendations_are_exactly_k_sorted_and_unseen(model, shop):
    ranked = model.recommend(k=7)
    bought = set(zip(shop.interactions["user_id"], shop.interactions["item_id"]))
    assert len(ranked) == 7 * shop.interactions["user_id"].nunique()
    for user, rows in ranked.groupby("user_id"):
        assert rows["rank"].tolist() == list(range(1, 8))
        assert (np.diff(rows["score"]) <= 0).all()
        assert not {(user, item) for item in rows["item_id"]} & bought


def test_a_user_gets_the_same_list_alone_and_in_company(model, shop):
    users = shop.interactions["user_id"].unique()[:5]
    together = model.recommend(users, 5)
    for user in users:
        alone = model.recommend([user], 5)
        expected = together[together["user_id"] == user].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected)


def test_explanations_sum_to_the_score_by_modality_and_by_liked_item(model, shop):
    user = shop.interactions["user_id"].iloc[0]
    for row in model.recommend([user], 3).itertuples():
        parts = model.explain(user, row.item_id)
        assert parts["contribution"].sum() == pytest.approx(row.score, abs=1e-6)
        there = shop.items.set_index("item_id").loc[row.item_id]
        has = {"image": "picture", "text": "comment", "audio": "sound"}
        views = {v for v, column in has.items() if pd.notna(there[column])}
        if model.similarity == "calibrated":
            views |= {"shared"} | {f"{view} (latent)" for view in views & {"text"}}
            signals = model.recommender_.signals_
            views |= set() if signals is None else set(signals.index)
        assert set(parts["view"]) <= views
        bought = shop.interactions.query("user_id == @user")["item_id"]
        assert set(parts["item_id"].dropna()) <= set(bought)


@SIMILARITIES
def test_new_items_are_recommended_and_found_similar_without_refitting(similarity, shop):
    known, new = shop.items.iloc[:60], shop.items.iloc[60:]
    bought = shop.interactions[shop.interactions["item_id"].isin(known["item_id"])]
    model = MultimodalRecommender(text="comment", audio="sound", similarity=similarity)
    model.fit(known, bought)
    ranked = model.recommend(bought["user_id"].unique()[:2], 4, items=new)
    assert set(ranked["item_id"]) <= set(new["item_id"])
    near = model.similar(new.iloc[:2], 3)
    assert near["query_id"].tolist() == [i for i in new["item_id"].iloc[:2] for _ in range(3)]
    assert set(near["item_id"]) <= set(known["item_id"])


def test_an_item_is_not_its_own_neighbour_and_its_copy_is_the_nearest(model, shop):
    item = shop.items.iloc[[3]].assign(item_id="copy")
    assert model.similar(item, 1)["item_id"].tolist() == [shop.items["item_id"].iloc[3]]
    own = shop.items["item_id"].iloc[3]
    assert own not in set(model.similar([own], 5)["item_id"])


def test_search_by_text_by_picture_and_by_both(model, shop):
    complete = shop.items.dropna(subset=["picture", "comment"])
    row = complete.iloc[0]
    for query in (
        {"text": row["comment"]},
        {"image": row["picture"]},
        {"text": row["comment"], "image": row["picture"]},
    ):
        found = model.search(k=5, **query)
        assert row["item_id"] in set(found["item_id"])
        assert (np.diff(found["score"]) <= 0).all()
    several = model.search(text=complete["comment"].tolist()[:3], k=2)
    assert several["query"].tolist() == [0, 0, 1, 1, 2, 2]


def test_search_in_one_modality_only_returns_items_that_have_it(model, shop):
    without = set(shop.items.loc[shop.items["picture"].isna(), "item_id"])
    n_with = len(shop.items) - len(without)
    found = model.search(text="red", k=n_with, target="image")
    assert without
    assert not without & set(found["item_id"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, r"search by one or more of \['image', 'text', 'audio'\]; got \[\]"),
        ({"video": "x"}, r"got \['video'\]"),
        ({"text": ["a", "b"], "image": ["x"]}, "one length"),
        ({"text": []}, "above 0"),
        ({"text": "red", "target": "video"}, "no view named 'video'"),
    ],
)
def test_search_errors(model, query, message):
    with pytest.raises(ValueError, match=message):
        model.search(**query)


def test_a_text_of_unknown_words_says_nothing(model, shop):
    with pytest.raises(ValueError, match=r"query 1 says nothing.*no word of it"):
        model.search(text=["red", "zzyzx"])
    picture = shop.items["picture"].dropna().iloc[0]
    with pytest.warns(QueryWarning, match="left out 'zzyzx'"):
        both = model.search(text="zzyzx", image=picture, k=3)
    assert both.pop("weak").all()
    pd.testing.assert_frame_equal(both, model.search(image=picture, k=3).drop(columns="weak"))


def test_unknown_words_say_nothing_to_components_either(shop):
    extractor = ModalityExtractor(
        [
            ("text", TextVectorizer(n_components=5, random_state=0), "comment"),
            ("audio", AudioVectorizer(), "sound"),
        ]
    )
    model = MultimodalRecommender(extractor=extractor).fit(shop.items)
    with pytest.raises(ValueError, match="query 0 says nothing"):
        model.search(text="zzyzx")


def test_a_query_that_cannot_be_read_is_named(model, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    with pytest.raises(CellError, match=r"broken\.png.*not a picture"):
        model.search(image=str(broken))


def test_consistency_finds_swapped_comments(shop):
    items = make_catalog(300, 5, image_size=48, audio_seconds=0.3, noise=0.3).items
    model = MultimodalRecommender(image="picture", text="comment", audio="sound")
    model.fit(items.iloc[:200])
    held = items.iloc[200:]
    swapped = held.assign(comment=held["comment"].to_numpy()[::-1])
    right, wrong = model.consistency(held), model.consistency(swapped)
    assert right["agreement"].mean() > wrong["agreement"].mean() + 0.05
    assert right["p_value"].mean() < wrong["p_value"].mean() - 0.1
    own = model.consistency()
    assert own.index.tolist() == items["item_id"].iloc[:200].tolist()
    assert own.columns.tolist() == ["agreement", "p_value"]
    # Fitted items are judged without themselves however they come, and new ones beside them.
    again = model.consistency(items.iloc[:200])
    np.testing.assert_allclose(again, own, atol=1e-6)
    mixed = model.consistency(items.iloc[150:260].drop(columns="sound"))
    np.testing.assert_allclose(
        mixed["agreement"].iloc[50:],
        model.consistency(items.iloc[200:260].drop(columns="sound"))["agreement"],
        atol=1e-6,
    )
    # A fitted item with another comment is a new one.
    changed = items.iloc[:200].assign(comment=items["comment"].iloc[:200].to_numpy()[::-1])
    assert model.consistency(changed)["p_value"].mean() > own["p_value"].mean() + 0.1


def test_transform_gives_one_vector_an_item(model, shop):
    fused = model.transform(shop.items.iloc[:5])
    assert fused.shape == (5, model.aligner_.n_components_)
    text = model.transform(shop.items[["comment"]].dropna().iloc[:2])
    assert text.shape == (2, model.aligner_.n_components_)


@SIMILARITIES
@pytest.mark.parametrize(
    "parts",
    [
        {"aligner": "passthrough"},
        {"aligner": KMeansAligner(6, random_state=0)},
        {"aligner": MLPAligner(4, max_iter=20, random_state=0)},
        {"aligner": CCA(4), "fuser": ConcatFusion({"image": 1, "text": 2, "audio": 1})},
        {"recommender": PopularRecommender()},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")
def test_every_part_can_be_replaced_and_saved(parts, similarity, shop, tmp_path):
    model = MultimodalRecommender(
        image="picture", text="comment", audio="sound", similarity=similarity, **parts
    )
    fitted = clone(model).fit(shop.items, shop.interactions)
    expected = fitted.recommend(k=5)
    path = mmclassic.save(fitted, tmp_path / "model.skops")
    loaded = mmclassic.load(path)
    pd.testing.assert_frame_equal(loaded.recommend(k=5), expected)
    pd.testing.assert_frame_equal(loaded.search(text="red", k=3), fitted.search(text="red", k=3))


def test_numbers_and_several_texts(shop):
    items = shop.items.assign(weight=np.arange(80.0), title="thing " + shop.items["category"])
    model = MultimodalRecommender(numeric=["price", "weight"], text=["title", "comment"])
    model.fit(items, shop.interactions)
    assert model.space_.names == ("text", "numeric")
    assert len(model.recommend(k=3)) == 3 * shop.interactions["user_id"].nunique()


def test_embeddings_of_the_user_are_one_more_view(shop):
    items = shop.items.assign(vector=list(shop.latent))
    extractor = ModalityExtractor(
        [("text", TextVectorizer(), "comment"), ("mine", NumericVectorizer(scale=False), "vector")]
    )
    model = MultimodalRecommender(extractor=extractor).fit(items, shop.interactions)
    assert model.search(mine=shop.latent[4], k=1, target="mine")["item_id"].tolist() == [
        items["item_id"].iloc[4]
    ]


@SIMILARITIES
def test_grid_search_over_cold_items(similarity, shop):
    """Plain GridSearchCV: folds are items, the scorer ranks the held-out ones for known users."""
    interactions = Interactions.from_frame(shop.interactions, items=shop.items["item_id"])
    model = MultimodalRecommender(
        text="comment",
        audio="sound",
        aligner=CCA(),
        unknown_items="ignore",
        similarity=similarity,
    )
    search = GridSearchCV(
        model,
        {"aligner__n_components": [2, 6], "aligner__ridge": [0.1, 1.0]},
        scoring=cold_item_scorer(interactions, k=5, metric="ndcg"),
        cv=KFold(3, shuffle=True, random_state=0),
        n_jobs=2,
    )
    search.fit(shop.items, interactions=interactions)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.aligner_.n_components_ in (2, 6)


def test_grid_search_by_held_out_correlation(shop):
    model = MultimodalRecommender(text="comment", audio="sound", aligner=CCA())
    search = GridSearchCV(model, {"aligner__ridge": [0.1, 10.0]}, cv=3, error_score="raise")
    search.fit(shop.items.drop(columns="picture"))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_interactions_reach_every_fold_whole_even_if_as_many_as_items(shop):
    """scikit-learn cuts fit arguments of the rows' length; Interactions must not be cut."""
    eighty = Interactions.from_frame(shop.interactions.iloc[:80], items=shop.items["item_id"])
    model = MultimodalRecommender(text="comment", unknown_items="ignore")
    seen = []

    def scorer(fitted, items, y=None):
        seen.append(int(fitted.recommender_.interactions_.sum()))
        return 0.0

    GridSearchCV(model, {"item_id": ["item_id"]}, scoring=scorer, cv=2, refit=False).fit(
        shop.items, interactions=eighty
    )
    assert sum(seen) == 80


def test_without_interactions_only_recommendations_are_refused(shop):
    model = MultimodalRecommender(text="comment").fit(shop.items.dropna(subset=["comment"]))
    assert len(model.search(text="red", k=3)) == 3
    with pytest.raises(ValueError, match="fitted without interactions, so it knows no users"):
        model.recommend(["user-0001"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "name at least one column"),
        ({"text": "nothing"}, ValueError, r"no column \['nothing'\]"),
        ({"text": "comment", "item_id": "sku"}, ValueError, "no column 'sku'"),
        (
            {"text": "comment", "extractor": ModalityExtractor([])},
            ValueError,
            "either an extractor",
        ),
        ({"text": "comment", "aligner": "cca"}, ValueError, "'aligner' parameter"),
        ({"text": "comment", "recommender": PCA()}, ValueError, "'recommender' parameter"),
    ],
)
def test_wrong_set_ups(arguments, error, message, shop):
    with pytest.raises(error, match=message):
        MultimodalRecommender(**arguments).fit(shop.items)


def test_wrong_tables(shop):
    model = MultimodalRecommender(text="comment")
    with pytest.raises(TypeError, match=r"a pandas DataFrame.*got list"):
        model.fit([1, 2])
    twice = pd.concat([shop.items.iloc[:2], shop.items.iloc[:1]])
    with pytest.raises(ValueError, match="item-"):
        model.fit(twice)
    stranger = pd.DataFrame({"user_id": ["u"], "item_id": ["item-9999"]})
    with pytest.raises(UnknownIdError, match="item-9999"):
        model.fit(shop.items, stranger)


def test_the_index_names_items_that_have_no_column_of_identifiers(shop):
    items = shop.items.set_index("item_id")
    model = MultimodalRecommender(text="comment").fit(items, shop.interactions)
    assert model.item_ids_.tolist() == items.index.tolist()


# --- a user's messy folder -----------------------------------------------------------------------


@pytest.fixture
def messy(tmp_path):
    """Three missing pictures, one truncated JPEG, one empty WAV, an empty text, a bare row."""
    shop = make_catalog(40, 10, folder=tmp_path, image_size=48, audio_seconds=0.3, random_state=1)
    items = shop.items
    for row in (3, 8, 21):
        items.loc[row, "picture"] = str(tmp_path / "gone" / f"{row}.png")
    jpeg = next(i for i in range(40) if items.loc[i, "picture"].endswith((".jpg", ".jpeg")))
    path = Path(items.loc[jpeg, "picture"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    Path(items.loc[5, "sound"]).write_bytes(b"")
    items.loc[6, "comment"] = ""
    items.loc[9, ["picture", "comment", "sound"]] = None
    return items, shop.interactions, jpeg


def test_a_messy_folder_raises_with_row_column_and_file(messy):
    items, interactions, jpeg = messy
    model = MultimodalRecommender(image="picture", text="comment", audio="sound")
    with pytest.raises(CellError) as raised:
        model.fit(items, interactions)
    bad = [3, 8, 21, jpeg]
    assert raised.value.row in bad
    assert raised.value.column == "picture"
    assert raised.value.source == items.loc[raised.value.row, "picture"]
    assert "on_error='missing'" in str(raised.value)


@SIMILARITIES
def test_a_messy_folder_fits_with_missing_and_loses_nothing_else(messy, similarity):
    items, interactions, jpeg = messy
    model = MultimodalRecommender(
        image="picture",
        text="comment",
        audio="sound",
        on_error="missing",
        similarity=similarity,
    )
    with pytest.warns(CellWarning, match=r"4 cell\(s\) could not be used"):
        model.fit(items, interactions)
    assert sorted(model.failures_["row"]) == sorted([3, 8, 21, jpeg, 5])
    present = pd.DataFrame(model.space_.present, columns=model.space_.names)
    assert not present.loc[[3, 8, 21, jpeg], "image"].any()
    assert present["image"].sum() == 40 - 4 - 1
    assert not present.loc[5, "audio"]
    assert present.loc[6, "text"]  # an empty text is there, and empty
    assert not present.loc[9].any()
    ids = items["item_id"]
    for row in (3, 8, 21, jpeg, 5, 6):
        assert len(model.similar([ids[row]], 3)) == 3
        assert np.isfinite(model.similar([ids[row]], 3)["score"]).all()
    user = model.recommender_.user_ids_[0]
    unseen = 40 - int((interactions["user_id"] == user).sum())
    everything = model.recommend([user], unseen)
    bought = set(interactions.loc[interactions["user_id"] == user, "item_id"])
    assert set(everything["item_id"]) == set(ids) - bought
    assert np.isfinite(everything["score"]).all()


# --- saving --------------------------------------------------------------------------------------


def test_save_and_load_give_the_same_answers(model, shop, tmp_path):
    path = mmclassic.save(model, tmp_path / "shop.skops")
    loaded = mmclassic.load(path)
    pd.testing.assert_frame_equal(loaded.recommend(k=5), model.recommend(k=5))
    row = shop.items.dropna(subset=["picture"]).iloc[0]
    for query in ({"text": "红色"}, {"image": row["picture"]}):
        pd.testing.assert_frame_equal(loaded.search(k=5, **query), model.search(k=5, **query))
    user = shop.interactions["user_id"].iloc[0]
    item = model.recommend([user], 1)["item_id"].iloc[0]
    pd.testing.assert_frame_equal(loaded.explain(user, item), model.explain(user, item))


@SIMILARITIES
@pytest.mark.parametrize("seed", range(3))
def test_fitting_is_silent_on_clean_data(similarity, seed):
    """Pictures and comments of little noise: the views support each other, and add up."""
    shop = make_catalog(80, 40, image_size=48, audio_seconds=0.3, noise=0.3, random_state=seed)
    model = MultimodalRecommender(image="picture", text="comment", similarity=similarity)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(shop.items, shop.interactions)


@SIMILARITIES
def test_the_whole_way_beats_chance_on_planted_data(similarity):
    """Several seeds, new items, known users: hits among the top ten against what chance gives."""
    hits, chance = [], []
    for seed in (0, 1, 2):
        shop = make_catalog(240, 40, image_size=48, audio_seconds=0.3, noise=0.5, random_state=seed)
        known, new = shop.items.iloc[:180], shop.items.iloc[180:]
        old = shop.interactions["item_id"].isin(known["item_id"])
        model = MultimodalRecommender(
            image="picture", text="comment", audio="sound", similarity=similarity
        )
        model.fit(known, shop.interactions[old])
        later = shop.interactions[~old]
        later = later[later["user_id"].isin(model.recommender_.user_ids_)]
        ranked = model.recommend(later["user_id"].unique(), 10, items=new)
        found = later.merge(ranked, on=["user_id", "item_id"])
        hits.append(len(found) / len(later))
        chance.append(10 / 60)
    assert np.mean(hits) > 1.5 * np.mean(chance)


def test_steps_are_plain_scikit_learn():
    assert isinstance(clone(MultimodalRecommender(text="t")), MultimodalRecommender)
    model = MultimodalRecommender(aligner=CCA(), recommender=KNNRecommender())
    model.set_params(aligner__ridge=0.5, recommender__weights=None)
    assert model.get_params()["aligner__ridge"] == 0.5
    assert WeightedFusion().get_params() == {"weights": None}
    assert ImageVectorizer().get_params()["size"] == (128, 128)


def test_kept_columns_are_the_models_own():
    items = pd.DataFrame(
        {"item_id": ["a", "b"], "title": ["red shirt", "tin robot"], "price": [1.5, 2.5]}
    )
    items["note"] = ["x" * 1001, None]
    model = MultimodalRecommender(text="title", keep=["price", "note"]).fit(items)
    items["price"] *= 10
    items.loc[0, "price"] = 99.0
    assert model.kept_["price"].tolist() == [1.5, 2.5]
    assert model.kept_["note"].tolist() == ["x" * 999 + "…", None]
    assert model.kept_.index.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"no column \['size'\]"):
        MultimodalRecommender(text="title", keep=["size"]).fit(items)
