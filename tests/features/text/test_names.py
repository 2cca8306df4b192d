"""Columns of names: each name is one whole term."""

import pickle

import numpy as np
import pandas as pd
import pytest

import mmclassic
from mmclassic.exceptions import CellError
from mmclassic.features import ModalityExtractor, NameAnalyzer, TextVectorizer

CAST = [
    "Tom Hanks, Meg Ryan",
    "Tom Cruise; Penélope Cruz",
    "周星驰、吴孟达",
    "Meg Ryan|Tom Cruise",
    None,
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Tom Hanks,Meg  Ryan ,", ["tom hanks", "meg ryan"]),
        ("Action|Sci-Fi|Children's", ["action", "sci-fi", "children's"]),
        ("a;b\nc\td\r\ne", ["a", "b", "c", "d", "e"]),
        ("周星驰、吴孟达，莫文蔚；朱茵｜罗家英", ["周星驰", "吴孟达", "莫文蔚", "朱茵", "罗家英"]),
        ("عمر، فاتن", ["عمر", "فاتن"]),
        ("汤姆·汉克斯, トム・ハンクス", ["汤姆 汉克斯", "トム ハンクス"]),
        ("Tchéky Karyo, TCHEKY KARYO", ["tcheky karyo", "tcheky karyo"]),
        ("J. R. R. Tolkien, J.R.R. Tolkien", ["j r r tolkien"] * 2),
        ("Robert Downey Jr.; Web 2.0; C++; C#", ["robert downey jr", "web 2.0", "c++", "c#"]),
        ("['Action', 'Drama']", ["action", "drama"]),
        ('["Sci-Fi", "Film‑Noir"]', ["sci-fi", "film-noir"]),
        ("Who?, «Wham!», “Queen”", ["who", "wham", "queen"]),
        ("(500) Days, AC/DC, Simon & Garfunkel", ["(500) days", "ac/dc", "simon & garfunkel"]),
        (" , ;|? ", []),
        ("", []),
    ],
)
def test_names_of_a_text(text, names):
    assert NameAnalyzer()(text) == names


def test_separators_accents_and_markup():
    assert NameAnalyzer("")("Davis, Sammy\nHanks, Tom") == ["davis, sammy", "hanks, tom"]
    assert NameAnalyzer("/")("A / B，C") == ["a", "b,c"]
    assert NameAnalyzer("，")("a,b") == ["a", "b"]  # of any width
    assert NameAnalyzer(strip_accents=False)("Cruz, Penélope") == ["cruz", "penélope"]
    assert NameAnalyzer(strip_html=True)("<b>Tom</b> Hanks, R&amp;B") == ["tom hanks", "r&b"]


def test_features_are_whole_names():
    fitted = TextVectorizer("names", sublinear_tf=False).fit(CAST)
    names = ["meg ryan", "penelope cruz", "tom cruise", "tom hanks", "吴孟达", "周星驰"]
    assert fitted.get_feature_names_out().tolist() == names
    extraction = fitted.extract(["tom hanks", "Tom", "Penelope Cruz, MEG RYAN", None])
    # Of 4 texts, 2 have Meg Ryan, 1 Penélope Cruz: idf = log(5 / (df + 1)) + 1.
    meg, penelope = np.log(5 / 3) + 1, np.log(5 / 2) + 1
    expected = np.zeros((4, 6))
    expected[0, 3] = 1
    expected[2, :2] = np.array([meg, penelope]) / np.hypot(meg, penelope)
    np.testing.assert_allclose(extraction.block.toarray(), expected, rtol=1e-6)
    assert extraction.present.tolist() == [True, True, True, False]
    assert fitted.forms_ is None
    assert fitted.language_ is None


def test_lists_of_names_in_cells():
    lists = [
        ["Tom Hanks", "Meg Ryan"],
        ("Tom Hanks",),
        np.array(["Meg Ryan"], object),
        [],
        [None, "X"],
    ]
    texts = ["Tom Hanks, Meg Ryan", "Tom Hanks", "Meg Ryan", "", "X"]
    block = TextVectorizer("names").fit_transform(pd.Series(lists))
    assert (block != TextVectorizer("names").fit_transform(texts)).nnz == 0
    words = TextVectorizer().fit([["red shirt", "cotton"]])
    assert words.get_feature_names_out().tolist() == ["cotton", "red", "shirt"]
    for cell, kind in [([3, "x"], "int"), ([["x"]], "list"), (np.zeros(2), "float64")]:
        with pytest.raises(CellError, match=f"row 1.*must hold str alone; got {kind}"):
            TextVectorizer("names").fit(pd.Series(["x", cell]))


@pytest.mark.parametrize(
    ("query", "found", "read_as"),
    [
        ("Tom Hanks", ["tom hanks"], []),
        ("films with tom hanks and Meg Ryan", ["meg ryan", "tom hanks"], []),
        ("吴孟达和周星驰的电影", ["吴孟达", "周星驰"], []),
        ("tom hancks", ["tom hanks"], [("tom hanks",)]),
        ("Penelope Crus, Tom Hanks", ["penelope cruz", "tom hanks"], [("penelope cruz",)]),
        ("hanks", ["tom hanks"], [("tom hanks",)]),
        ("1234", [], []),
    ],
)
def test_queries_find_names(query, found, read_as):
    fitted = TextVectorizer("names").fit(CAST)
    extraction = fitted.extract_queries([query])
    names = fitted.get_feature_names_out()
    assert sorted(names[extraction.block.indices]) == found
    assert [reading.read_as for reading in extraction.readings] == read_as


def test_a_known_query_is_what_transform_makes_of_it():
    fitted = TextVectorizer("names").fit(CAST)
    assert (fitted.extract_queries(["Meg Ryan"]).block != fitted.transform(["Meg Ryan"])).nnz == 0


def test_the_longest_name_is_found_within_a_query():
    known = {"new", "new york", "york", "red"}
    assert NameAnalyzer().find("red new york, NEW", known) == ["red", "new york", "new"]
    assert NameAnalyzer().find("a b, newer", known) == ["a b", "newer"]


def test_reading_of_queries_can_be_off():
    fitted = TextVectorizer("names", query_spelling=False, query_grams=None).fit(CAST)
    extraction = fitted.extract_queries(["tom hancks"])
    assert extraction.block.nnz == 0
    assert [reading.read_as for reading in extraction.readings] == [()]


def test_synonyms_of_names():
    fitted = TextVectorizer("names", synonyms={"Stephen Chow": "周星驰"}).fit(CAST)
    extraction = fitted.extract_queries(["Stephen Chow"])
    assert fitted.get_feature_names_out()[extraction.block.indices].tolist() == ["周星驰"]
    assert extraction.readings == []


def test_columns_know_each_others_names():
    table = pd.DataFrame(
        {"plot": ["thanks to a robot", "a shop"], "cast": ["Tom Hanks", "Meg Ryan"]}
    )
    extractor = ModalityExtractor(
        [("plot", TextVectorizer(), "plot"), ("cast", TextVectorizer("names"), "cast")]
    ).fit(table)
    for query in ["Tom Hanks", "hanks"]:
        views, readings = extractor.extract_queries(
            pd.DataFrame({"plot": [query], "cast": [query]})
        )
        assert views["plot"].nnz == 0  # Hanks is not read as thanks
        assert views["cast"].nnz == 1
        assert readings["plot"] == []


def test_words_are_no_part_of_names():
    for given in [{"stop_words": ["x"]}, {"language": "en"}]:
        with pytest.raises(
            ValueError, match=r"go with analyzer='mixed' and 'words'; names are whole"
        ):
            TextVectorizer("names", **given).fit(["x"])


def test_saved_and_equal(tmp_path):
    fitted = TextVectorizer("names", query_grams="always").fit(CAST)
    mmclassic.save(fitted, tmp_path / "names.skops")
    again = mmclassic.load(tmp_path / "names.skops")
    assert again.analyzer_ == fitted.analyzer_ == pickle.loads(pickle.dumps(NameAnalyzer()))
    assert len({again.analyzer_, NameAnalyzer(), NameAnalyzer("/")}) == 2
    queries = ["tom hancks", "Meg Ryan"]
    before, after = (f.extract_queries(queries) for f in (fitted, again))
    assert (before.block != after.block).nnz == 0
    assert before.readings == after.readings
