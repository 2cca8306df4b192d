"""Requests of a shop, and a model that takes in what is new each night."""

import numpy as np
import pandas as pd
import pytest

from mmclassic import MultimodalRecommender, load, save
from mmclassic.exceptions import UnknownIdError
from mmclassic.recommend import EASE, PopularRecommender

WORDS = ["red cotton shirt", "blue cotton shirt", "tin robot", "wooden robot", "red silk scarf"]


@pytest.fixture
def items():
    rng = np.random.default_rng(0)
    words = [f"{WORDS[i % 5]} {rng.choice(['summer', 'winter', 'spring'])}" for i in range(40)]
    return pd.DataFrame(
        {
            "item_id": [f"i{i}" for i in range(40)],
            "title": words,
            "price": np.where(np.arange(40) % 7 == 0, np.nan, np.arange(40.0)),
            "kind": [WORDS[i % 5].split()[-1] for i in range(40)],
            "x": rng.normal(size=40),
            "y": rng.normal(size=40),
        }
    )


@pytest.fixture
def likes():
    rng = np.random.default_rng(1)
    users = np.repeat([f"u{i}" for i in range(8)], 4)
    chosen = np.concatenate([rng.permutation(30)[:4] for _ in range(8)])
    return pd.DataFrame({"user_id": users, "item_id": [f"i{i}" for i in chosen]})


def make(**options):
    options = {"text": "title", "numeric": ["x", "y"], "keep": ["price", "kind"], **options}
    return MultimodalRecommender(**options)


@pytest.mark.parametrize("similarity", ["calibrated", "shared"])
def test_what_came_at_night_is_there_in_the_morning(items, likes, similarity, tmp_path):
    model = make(similarity=similarity).fit(items[:30], likes)
    before = model.recommend("u1", 3)
    model.add_items(items[30:])
    assert model.item_ids_.tolist() == items["item_id"].tolist()
    assert model.kept_["price"].tolist()[30:32] == [30.0, 31.0]
    found = model.search("tin robot", k=40)
    assert set(found["item_id"]) & set(items["item_id"][30:])
    night = pd.DataFrame({"user_id": ["u1", "new"], "item_id": ["i35", "i39"]})
    model.update(night)
    assert model.n_users_ == 9
    assert not model.recommend("u1", 39)["item_id"].isin(["i35"]).any()
    assert model.recommend("new", 3)["basis"].unique().tolist() == ["history"]
    assert model.explain("new", "i4")["item_id"].isin(["i39"]).all()
    again = load(save(model, tmp_path / "m.skops"))
    pd.testing.assert_frame_equal(again.recommend(k=4), model.recommend(k=4))
    model.remove_items(items["item_id"][30:].tolist())
    pd.testing.assert_frame_equal(model.recommend("u1", 3), before)
    assert len(model.views_) == len(model.space_) == len(model.kept_) == 30
    with pytest.raises(UnknownIdError):
        model.similar("i35")


def test_conditions_on_columns(items, likes):
    model = make().fit(items, likes)
    price = items.set_index("item_id")["price"]
    kind = items.set_index("item_id")["kind"]
    cheap = model.recommend(k=5, where="price < 20 and kind == 'robot'")
    assert (price[cheap["item_id"]] < 20).all()
    assert set(kind[cheap["item_id"]]) == {"robot"}
    assert (cheap.groupby("user_id").size() == 5).all()
    mask = (items["price"] < 20) & (items["kind"] == "robot")
    pd.testing.assert_frame_equal(model.recommend(k=5, where=mask), cheap)
    few = model.recommend(k=3, at_most={"kind": 1}, include_seen=True)
    assert (few.groupby("user_id").size() == 3).all()
    assert all(kind[g["item_id"]].is_unique for _, g in few.groupby("user_id"))
    assert model.rank(k=5, where="price < 20").items.size == np.sum(price < 20)
    new = items.tail(5).assign(item_id=list("abcde"))
    of_new = model.recommend("u1", 2, items=new, where="kind == 'robot'")
    assert set(of_new["item_id"]) <= set("abcde")


@pytest.mark.parametrize(
    "condition",
    [
        "price < 20",
        "20 > price",
        "`price` < 20 & kind == 'robot'",
        "5 <= price <= 19 and 0 <= rank",
        "price * 2 - 1 <= 30",
        "rank < price",
        "not price >= 20 or kind in ['robot']",
        "price in [3, 4, 10]",
        "price.between(3, 9) or kind.str.startswith('rob')",
        "kind.str.len() == 5 and price.isin([1, 2, 3, 4])",
    ],
)
def test_numbers_that_were_read_as_texts_are_compared_as_numbers(items, likes, condition):
    items = items.assign(rank=np.arange(40) % 11)
    texts = items.assign(
        price=[None if np.isnan(p) else f"{p:g}" for p in items["price"]],
        rank=items["rank"].astype(str),
    )
    keep = ["price", "kind", "rank"]
    asked = {"k": 3, "where": condition, "include_seen": True}
    numbers, words = (
        make(keep=keep).fit(table, likes).recommend(**asked) for table in (items, texts)
    )
    assert len(numbers) == 24
    pd.testing.assert_frame_equal(words, numbers)


def test_texts_are_compared_as_texts_and_words_are_no_numbers(items, likes):
    texts = items.assign(price=[f"{i:03d}" for i in range(40)], kind=[f"{i}x" for i in range(40)])
    model = make().fit(texts, likes)
    for same in ("price == '007'", "price == 7"):
        assert model.rank("u1", k=1, where=same, include_seen=True).items.tolist() == ["i7"]
    with pytest.raises(ValueError, match=r"'kind' with a number, and row 0 of that has '0x'; 40"):
        model.recommend("u1", 2, where="kind < 3")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"where": "cost < 3"}, r"'cost < 3' cannot be read.*\['price', 'kind'\]"),
        ({"where": "price +"}, "cannot be read"),
        ({"where": "price"}, "true or false for every item"),
        ({"where": "@pd.DataFrame"}, "cannot be read"),
        ({"where": "price.to_csv('stray.csv') < 3"}, "'to_csv' is none of the methods"),
        ({"where": "print(price) < 3"}, "'print' is none of the methods"),
        ({"where": [True]}, "one True or False for each of the 40 items"),
        ({"at_most": {"color": 1}}, "at_most must name one column"),
        ({"at_most": {"kind": 0}}, "integer number of 1 or more"),
        ({"diversity": 1.0}, r"number in \[0, 1\)"),
        ({"boost": {"i1": np.inf}}, "finite"),
        ({"popularity": 3}, "fewest, most"),
    ],
)
def test_requests_that_make_no_sense(items, likes, options, message):
    model = make().fit(items, likes)
    with pytest.raises(ValueError, match=message):
        model.recommend("u1", 2, **options)


def test_conditions_need_kept_columns(items, likes):
    model = make(keep=None).fit(items, likes)
    with pytest.raises(ValueError, match="keeps none; name them with keep="):
        model.recommend("u1", where="price < 3")


def test_people_without_an_account(items, likes):
    model = make().fit(items, likes)
    known = likes[likes["user_id"] == "u2"]
    by_name = model.recommend("u2", 5)
    by_history = model.recommend(k=5, history=known)
    pd.testing.assert_frame_equal(by_history, by_name)
    listed = model.recommend(k=5, history=known["item_id"].tolist())
    assert listed["item_id"].tolist() == by_name["item_id"].tolist()
    assert set(listed["user_id"]) == {0}
    turned = model.recommend(k=40, history={"i0": 1.0, "i2": -1.0}).set_index("item_id")
    assert turned.loc["i5", "rank"] < turned.loc["i7", "rank"], "shirts, and no robots"
    content = model.recommend(k=5, content={"text": ["wooden robot", "silk scarf"]})
    kind = items.set_index("item_id")["kind"]
    first = content.groupby("user_id").head(3)
    assert kind[first["item_id"]].tolist() == ["robot"] * 3 + ["scarf"] * 3
    assert set(content["basis"]) == {"history"}
    rows = model.recommend(k=5, content=items.head(1))
    assert rows["item_id"].tolist()[0] in {"i0", "i5"}
    stranger = model.recommend("stranger", 3)
    popular = PopularRecommender().fit(None, likes, ids=items["item_id"]).recommend("stranger", 3)
    assert stranger["item_id"].tolist() == popular["item_id"].tolist()
    assert set(stranger["basis"]) == {"popularity"}


def test_other_recommenders_are_asked_alike(items, likes):
    for recommender in (PopularRecommender(), EASE()):
        model = make(recommender=recommender).fit(items[:30], likes)
        model.add_items(items[30:]).update(pd.DataFrame({"user_id": ["u1"], "item_id": ["i35"]}))
        found = model.recommend("u1", 6, where="price >= 0", exclude=["i1"], boost={"i8": 100.0})
        assert found["item_id"].iloc[0] == "i8"
        assert len(found) == 6
        assert "i1" not in set(found["item_id"])


def test_boosts_and_diversity(items, likes):
    model = make().fit(items, likes)
    plain = model.recommend("u3", 10).set_index("item_id")["score"]
    last = plain.index[-1]
    boosted = model.recommend("u3", 10, boost={last: 50.0})
    assert boosted["item_id"].iloc[0] == last
    assert boosted["score"].iloc[0] == pytest.approx(plain[last] + 50, rel=1e-6)
    parts = model.explain("u3", last, boost={last: 50.0}).set_index("view")["contribution"]
    assert parts["boost"] == 50
    assert parts.sum() == pytest.approx(boosted["score"].iloc[0], rel=1e-5)
    kind = items.set_index("item_id")["kind"]
    alike = model.recommend(k=6, content={"text": "cotton shirt"})
    varied = model.recommend(k=6, content={"text": "cotton shirt"}, diversity=0.7)
    assert varied["item_id"].iloc[0] == alike["item_id"].iloc[0]
    assert kind[varied["item_id"]].nunique() >= kind[alike["item_id"]].nunique()
    assert varied["item_id"].tolist() != alike["item_id"].tolist()
