"""Emoji and stop words in the analyser."""

import json
import os
import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmclassic
from mmclassic.exceptions import MissingDependencyError
from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text import _analyzer, _pieces

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
DATA = os.environ.get("MMCLASSIC_DATA")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("nice👍 👍", ["nice", "👍", "👍"]),
        ("\u2764\ufe0f\u2764\u2764\ufe0e", ["\u2764"] * 3),
        ("\U0001f44d\U0001f3fdred", ["\U0001f44d\U0001f3fd", "red"]),
        (FAMILY + FAMILY, [FAMILY, FAMILY]),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", ["\U0001f3f3\u200d\U0001f308"]),
        (
            "\U0001f1e8\U0001f1f3\U0001f1eb\U0001f1f7",
            ["\U0001f1e8\U0001f1f3", "\U0001f1eb\U0001f1f7"],
        ),
        (ENGLAND, [ENGLAND]),
        ("1\ufe0f\u20e32\u20e3 3", ["1\u20e3", "2\u20e3", "3"]),
        ("红👍条", ["红", "👍", "条"]),
        ("\U0001f21a", ["\U0001f21a"]),
        ("Nike\u2122 x", ["niketm", "x"]),
        ("\u2122\ufe0fx", ["\u2122", "x"]),
        ("x\ufe0f y", ["x", "y"]),
        ("\u00a9 \u2192 \u2605", []),
    ],
)
def test_emoji(text, terms):
    assert MixedAnalyzer()(text) == terms


@given(
    st.text(st.sampled_from("a红1 \U0001f44d\U0001f3fd\u200d\ufe0f\ufe0e\u20e3\U0001f1e8\u2122"))
)
def test_no_term_holds_a_selector(text):
    terms = MixedAnalyzer()(text)
    assert all(terms)
    assert not any("\ufe0f" in term or "\ufe0e" in term for term in terms)


@pytest.mark.skipif(not DATA, reason="MMCLASSIC_DATA names no folder of data sets")
def test_every_emoji_of_a_catalog_is_one_term():
    rows = json.loads((Path(DATA) / "openmoji" / "openmoji.json").read_text(encoding="utf-8"))
    emoji = [row["emoji"] for row in rows if not row["group"].startswith("extras")]
    assert len(emoji) > 3000
    assert [e for e in emoji if len(MixedAnalyzer()(f"a{e}红")) != 3] == []


def test_chinese_stop_words_are_characters_and_pairs_of_them_alone():
    assert MixedAnalyzer("chinese")("我们的红衣") == ["红", "衣", "的红", "红衣"]
    assert MixedAnalyzer("chinese")("the 這個") == ["the"]


def test_negations_stay():
    assert MixedAnalyzer("chinese")("不没") == ["不", "没", "不没"]


def test_lists_of_both_languages_and_own_words():
    assert MixedAnalyzer(("english", "chinese", "Shop"))("the shop 的红") == ["红", "的红"]
    assert MixedAnalyzer(["english"])("the 的") == ["的"]
    names = TextVectorizer(stop_words=["english", "chinese"]).fit(["the red 的"])
    assert names.get_feature_names_out().tolist() == ["red"]


@pytest.mark.parametrize("stop", ["\u2764\ufe0f", "\u2764"])
def test_an_emoji_can_be_a_stop_word(stop):
    assert MixedAnalyzer([stop])("\u2764 \u2764\ufe0f red") == ["red"]


def test_analysers_differ_by_their_lists():
    assert MixedAnalyzer("chinese") != MixedAnalyzer()
    assert hash(MixedAnalyzer("chinese")) == hash(MixedAnalyzer(["chinese"]))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("我来到北京清华大学", ["我", "来到", "北京", "清华大学"]),
        ("研究生命起源", ["研究", "生命", "起源"]),
        ("红色条纹 T-shirt 👍", ["红色", "条纹", "t", "shirt", "tshirt", "👍"]),
        ("iPhone15手机，好看", ["iphone15", "手机", "好看"]),
        ("ＡＢＣ好看", ["abc", "好看"]),
        ("ラーメン寿司", ["ラ", "ー", "メ", "ン", "ラー", "ーメ", "メン", "寿司"]),
        ("한국中国", ["한", "국", "한국", "中国"]),
        ("", []),
    ],
)
def test_chinese_words(text, terms):
    pytest.importorskip("rjieba")
    assert MixedAnalyzer(han="words")(text) == terms


@given(st.text(st.sampled_from("红色条纹衬衫的a1。 ラ한々〇\U00020bb7")))
def test_words_and_characters_cover_the_same_text(text):
    pytest.importorskip("rjieba")
    words, characters = MixedAnalyzer(han="words")(text), MixedAnalyzer()(text)
    assert set("".join(words)) == set("".join(characters))


def test_stop_words_among_chinese_words():
    pytest.importorskip("rjieba")
    analyzer = MixedAnalyzer(("chinese", "english", "好看"), han="words")
    assert analyzer("我们的红色衬衫很好看 the") == ["红色", "衬衫"]


def test_analysers_of_words_are_kept_and_told_apart(tmp_path):
    pytest.importorskip("rjieba")
    analyzer = MixedAnalyzer(han="words")
    assert pickle.loads(pickle.dumps(analyzer)) == analyzer != MixedAnalyzer()
    assert len({analyzer, MixedAnalyzer(), MixedAnalyzer(han="words")}) == 2
    fitted = TextVectorizer("words", stop_words="chinese").fit(["红色的衬衫", "条纹 shirt"])
    assert fitted.get_feature_names_out().tolist() == ["shirt", "条纹", "红色", "衬衫"]
    again = mmclassic.load(mmclassic.save(fitted, tmp_path / "text.skops"))
    assert again.transform(["条纹红色"]).nnz == 2


def test_words_without_the_extra_name_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "rjieba", None)
    _analyzer._segmenter.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"pip install 'mmclassic\[zh\]'"):
        TextVectorizer("words").fit(["红"])
    with pytest.raises(ValueError, match="han must be 'characters' or 'words'; got 'pairs'"):
        MixedAnalyzer(han="pairs")


def test_pieces_that_come_again_are_kept(monkeypatch):
    monkeypatch.setattr(_pieces, "_MOST", 4)
    made = []
    pieces = _pieces.Pieces(lambda piece: made.append(piece) or [piece])
    for piece in "abacadaeaf":
        assert list(pieces[piece]) == [piece]
    assert made == list("abcdef")
    assert len(pieces) + len(pieces._older) <= 4
