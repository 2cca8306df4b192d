"""The analyser and TextVectorizer."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.feature_extraction.text import TfidfVectorizer

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import MixedAnalyzer, TextVectorizer


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Red, COTTON  shirts!", ["red", "cotton", "shirts"]),
        ("红条纹", ["红", "条", "纹", "红条", "条纹"]),
        ("红", ["红"]),
        ("好看,不贵", ["好", "看", "不", "贵", "好看", "不贵"]),
        ("iPhone15手机 a", ["iphone15", "手", "机", "手机", "a"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("ｶﾞｲﾄﾞ", ["ガ", "イ", "ド", "ガイ", "イド"]),
        ("ラーメン・寿司", ["ラ", "ー", "メ", "ン", "寿", "司", "ラー", "ーメ", "メン", "寿司"]),
        ("人々", ["人", "々", "人々"]),
        ("한국어", ["한", "국", "어", "한국", "국어"]),
        ("한국", ["한", "국", "한국"]),
        ("naïve Größe", ["naive", "grosse"]),
        ("nai\u0308ve", ["naive"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("привет мир", ["привет", "мир"]),
        ("snake_case x", ["snake", "case", "x"]),
        ("𠮷野", ["𠮷", "野", "𠮷野"]),
        ("", []),
        (" ,.!？。", []),
    ],
)
def test_terms(text, terms):
    assert MixedAnalyzer(stem=False)(text) == terms


@given(st.text())
def test_terms_of_any_text(text):
    terms = MixedAnalyzer()(text)
    assert all(terms)
    assert not any(term.isspace() for term in terms)


def test_stop_words_are_folded_like_the_text():
    assert MixedAnalyzer(["THE", "的"])("The red 红的") == ["red", "红", "红的"]
    assert MixedAnalyzer("english")("the red one") == ["red", "one"]
    with pytest.raises(ValueError, match=r"must be 'english', 'chinese', a collection.*'french'"):
        MixedAnalyzer("french")


def test_the_analyser_can_be_pickled_and_compared():
    analyzer = MixedAnalyzer(["x"])
    assert pickle.loads(pickle.dumps(analyzer)) == analyzer != MixedAnalyzer()
    assert len({analyzer, MixedAnalyzer(["X"])}) == 1


TEXTS = ["red shirt", "blue shirt shirt", "红衬衫", "", None]


def test_equals_scikit_learn():
    ours = TextVectorizer().fit(TEXTS)
    theirs = TfidfVectorizer(analyzer=MixedAnalyzer(), sublinear_tf=True)
    expected = theirs.fit_transform(TEXTS[:4]).toarray()
    block = ours.transform(TEXTS)
    assert isinstance(block, sp.csr_matrix)
    assert block.dtype == np.float32
    assert_allclose(block[:4].toarray(), expected, rtol=1e-6)
    assert ours.get_feature_names_out().tolist() == theirs.get_feature_names_out().tolist()


def test_empty_is_present_and_none_is_missing():
    for extraction in (
        TextVectorizer().fit_extract(TEXTS),
        TextVectorizer().fit(TEXTS).extract(pd.Series(TEXTS)),
    ):
        assert extraction.present.tolist() == [True, True, True, True, False]
        assert np.diff(extraction.block.indptr).tolist() == [2, 2, 5, 0, 0]


def test_unseen_words_are_a_present_empty_row():
    extraction = TextVectorizer().fit(["red"]).extract(["blue", None])
    assert extraction.present.tolist() == [True, False]
    assert extraction.block.shape == (2, 1)
    assert extraction.block.nnz == 0


def test_only_missing_texts_can_be_transformed():
    fitted = TextVectorizer().fit(["red"])
    assert fitted.transform([None, None]).shape == (2, 1)
    assert fitted.transform([]).shape == (0, 1)


def test_parameters_reach_scikit_learn():
    texts = ["a b", "a c", "a d d d d"]
    assert TextVectorizer(min_df=2).fit(texts).get_feature_names_out().tolist() == ["a"]
    assert TextVectorizer(max_df=2).fit(texts).get_feature_names_out().tolist() == ["b", "c", "d"]
    assert TextVectorizer(max_features=1).fit(texts).get_feature_names_out().tolist() == ["d"]
    assert TextVectorizer(stop_words=["a"]).fit(texts).get_feature_names_out()[0] == "b"
    assert TextVectorizer(str.split).fit(["A a"]).get_feature_names_out().tolist() == ["A", "a"]
    plain = TextVectorizer(sublinear_tf=False).fit_transform(["b a", "a a b"]).toarray()
    assert plain[1].max() / plain[1].min() == pytest.approx(2)


@pytest.mark.parametrize("own", [str.lower, lambda text: text.split("|")[0]])
def test_an_analyzer_that_gives_a_text_is_refused(own):
    with pytest.raises(TypeError, match="must give a list of terms; of the text 'A a"):
        TextVectorizer(own).fit(["A a|b", "c"])
    with pytest.raises(TypeError, match="must give a list of terms"):
        TextVectorizer(own).fit([["A a", "b"]])


def test_a_callable_leaves_out_its_own_stop_words():
    with pytest.raises(ValueError, match=r"stop_words, .* go with analyzer='mixed' and"):
        TextVectorizer(str.split, stop_words="english").fit(["a"])


def test_no_text_at_all_names_the_column():
    with pytest.raises(ValueError, match=r"column 'title' has no usable cell.* 2 are missing"):
        TextVectorizer().fit(pd.Series([None, None], name="title"))


@pytest.mark.parametrize(
    "data",
    ["红条纹".encode(), "红条纹".encode("gb18030"), b"\xef\xbb\xbfred", "红条纹".encode("utf-16")],
)
@pytest.mark.filterwarnings("ignore:1 cell.* taken for gb18030")
def test_bytes(data):
    terms = TextVectorizer().fit([data]).get_feature_names_out().tolist()
    assert terms in (["条", "条纹", "红", "红条", "纹"], ["red"])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (b"\xff\xff\xff", r"row 1, column 't', '<3 bytes>': the bytes are not UTF-8, and what"),
        ("红色条纹。".encode("utf-16-le"), "what encoding they are in is not certain; decode"),
        ("红色，条纹".encode("utf-16-be"), "what encoding they are in is not certain; decode"),
        ("red".encode("utf-16-le"), "the bytes hold the character NUL, as texts in UTF-16 do"),
        (
            5,
            "row 1, column 't', '<int 5>': a text must be a str, bytes or a list.*got int.*Numeric",
        ),
        ([5], "'<list>': a list of texts must hold str alone; got int in it"),
    ],
)
def test_what_is_not_text(cell, message):
    column = pd.Series(["red", cell], name="t")
    with pytest.raises(CellError, match=message):
        TextVectorizer().fit(column)
    lenient = TextVectorizer(on_error="missing")
    with pytest.warns(CellWarning, match=message):
        assert lenient.fit_extract(column).present.tolist() == [True, False]
    assert lenient.failures_["row"].tolist() == [1]


def test_several_columns_are_refused():
    with pytest.raises(ValueError, match="TextVectorizer takes one column"):
        TextVectorizer().fit(pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_combine():
    frame = pd.DataFrame(
        {"a": ["x", None, None, ""], "b": ["y", b"z", None, None]}, index=list("pqrs")
    )
    joined, failures = TextVectorizer().combine(frame)
    assert failures == []
    assert joined.tolist() == ["x\ny", "z", None, ""]
    assert joined.index.tolist() == list("pqrs")
    assert joined.name == "a+b"


def test_combine_names_the_column_that_fails():
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["y", 5]}, index=[7, 8])
    with pytest.raises(CellError, match="row 8, column 'b', '<int 5>'"):
        TextVectorizer().combine(frame)
    joined, failures = TextVectorizer(on_error="missing").combine(frame)
    assert joined.tolist() == ["x\ny", "y"]
    ((row, column, source, reason),) = failures
    assert (row, column, source) == (8, "b", "<int 5>")
    assert reason.startswith("a text must be a str, bytes or a list of str; got int")


def test_pickle():
    fitted = TextVectorizer().fit(TEXTS)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.transform(TEXTS) != fitted.transform(TEXTS)).nnz == 0
