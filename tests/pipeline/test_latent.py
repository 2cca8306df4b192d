"""Views of texts by what occurs together, derived within the score."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.features import LSA, ModalityExtractor, TextVectorizer
from mmclassic.recommend import KNNRecommender
from mmclassic.views import Views


def table(n_items=240, seed=0):
    """Texts of one of 20 things, each by one of its two names; every tenth is missing."""
    rng = np.random.default_rng(seed)
    titles = [
        f"{'first' if (i // 20) % 2 else 'second'}{i % 20}x red{i % 20}x big{i % 20}x old{i % 20}x"
        for i in range(n_items)
    ]
    titles[::10] = [None] * len(titles[::10])
    numbers = rng.normal(size=(n_items, 2)) + 3 * np.arange(n_items)[:, None] % 2
    return pd.DataFrame({"title": titles, "x": numbers[:, 0], "y": numbers[:, 1]})


ITEMS = table()
LIKES = pd.DataFrame({"user_id": [0, 0, 1, 1], "item_id": [1, 3, 2, 4]})


@pytest.fixture(scope="module")
def model():
    return MultimodalRecommender(text="title", numeric=["x", "y"]).fit(ITEMS, LIKES)


def test_a_word_finds_what_says_the_same_in_other_words(model):
    same = ["second1x" in title for title in ITEMS["title"].fillna("")]
    found = {}
    for latent in (False, True):
        model = MultimodalRecommender(text="title", latent=latent).fit(ITEMS)
        found[latent] = np.sum(np.array(same)[model.search("first1x", k=12)["item_id"]])
    assert found[False] <= 1
    assert found[True] == sum(same) == 6


def test_it_weighs_half_of_the_words_and_the_aligner_does_not_see_it(model):
    weights = model.weights_["weight"]
    assert weights["text (latent)"] == weights["text"] / 2 > 0
    assert (
        model.aligner_.view_widths_in_.keys() == model.views_.widths.keys() == {"text", "numeric"}
    )
    off = MultimodalRecommender(text="title", numeric=["x", "y"], latent=False).fit(ITEMS, LIKES)
    assert "text (latent)" not in off.weights_.index
    assert_allclose(off.weights_["weight"], weights.drop("text (latent)"))
    assert_allclose(off.space_["text"], model.space_["text"])


def test_parts_add_up_with_new_items_and_missing_texts(model):
    new = pd.DataFrame({"title": ["first1x red3x", None], "x": [0.5, 1.0], "y": [0.1, 2.0]})
    scores = model.recommend([0], k=2, items=new, ids=[900, 901]).set_index("item_id")["score"]
    for i, name in enumerate([900, 901]):
        parts = model.explain(0, name, items=new.iloc[[i]])
        assert parts["contribution"].sum() == pytest.approx(scores[name], abs=1e-5)
        assert ("text (latent)" in set(parts["view"])) == (name == 900)
        assert (parts.loc[parts["view"] == "text (latent)", "words"] == "").all()
    text_alone = model.search("first1x", k=5, target="text")
    assert len(text_alone) == 5


def test_a_saved_model_has_it_and_refuses_components_of_other_terms(model, tmp_path):
    mmclassic.save(model, tmp_path / "model.skops")
    loaded = mmclassic.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(loaded.search("first1x"), model.search("first1x"))
    loaded._comparison.latent.parts["text"] = LSA(3).fit(np.eye(50, dtype=np.float32))
    with pytest.raises(ValueError):
        loaded._check_state()


def test_features_of_ones_own_have_it_where_they_are_named():
    terms = TextVectorizer().fit_transform(ITEMS["title"].fillna(""))
    views = Views({"a": terms, "b": ITEMS[["x", "y"]].to_numpy()})
    assert "a (latent)" not in MultimodalRecommender().fit(views).weights_.index
    assert "a (latent)" in MultimodalRecommender(latent=["a"]).fit(views).weights_.index
    for wrong in (["b"], ["c"]):
        with pytest.raises(ValueError, match=r"latent must name views of terms, CSR, of \['a'\]"):
            MultimodalRecommender(latent=wrong).fit(views)


@pytest.mark.parametrize(
    "options",
    [
        {"similarity": "shared"},
        {"recommender": KNNRecommender(metric="cosine")},
        {"extractor": ModalityExtractor([("text", TextVectorizer(n_components=5), "title")])},
    ],
)
def test_where_the_calibrated_sum_has_no_terms_there_is_none(options):
    columns = {} if "extractor" in options else {"text": "title", "numeric": ["x", "y"]}
    model = MultimodalRecommender(**columns, **options).fit(ITEMS, LIKES)
    known = getattr(model.recommender_, "view_widths_in_", {})
    assert not [name for name in known if "latent" in name]


def test_few_texts_have_none_and_a_name_in_use_is_refused():
    few = MultimodalRecommender(text="title").fit(ITEMS[:44])
    assert list(few.weights_.index) == ["text"]
    columns = {"a": "title", "a (latent)": "title"}
    with pytest.raises(ValueError, match=r"no view may be called 'a \(latent\)'"):
        MultimodalRecommender(text=columns).fit(ITEMS)
    MultimodalRecommender(text=columns, latent=False).fit(ITEMS)


def test_given_weights_need_not_name_it():
    given = KNNRecommender({"text": 1, "numeric": 0.5, "shared": 0})
    model = MultimodalRecommender(text="title", numeric=["x", "y"], recommender=given)
    assert model.fit(ITEMS, LIKES).weights_["weight"]["text (latent)"] == 0.5
    with pytest.raises(ValueError, match="derived must name some, not all"):
        KNNRecommender(derived={"a": "b"}).fit(Views({"a": np.eye(3)}), ids=range(3))
