"""Words of queries that no text has: spelling, character grams, synonyms."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from math import exp, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics.pairwise import cosine_similarity

import mmclassic
from mmclassic.exceptions import CellError, TableError
from mmclassic.features import MixedAnalyzer, ModalityExtractor, TextVectorizer
from mmclassic.features.text._lexicon import Lexicon, pack_words

from ...fault_page import pattern, rows_of_page

TEXTS = [
    "striped shirt",
    "red shirt, e-mail",
    "tin robot, robot house",
    "noise house",
    "host 2024",
    "红衬衫",
]


@pytest.fixture
def vectorizer():
    return TextVectorizer().fit(TEXTS)


def weights(vectorizer, query):
    """The weight of every term of a query, and what its unknown words were read as."""
    extraction = vectorizer.extract_queries([query])
    row, names = extraction.block, vectorizer.get_feature_names_out()
    found = {names[i]: float(w) for i, w in zip(row.indices, row.data)}
    return found, [(r.word, r.read_as, r.weak) for r in extraction.readings]


def edits(word, letters):
    """All that one edit makes of a word."""
    halves = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    made = {a + b[1:] for a, b in halves if b}
    made |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    made |= {a + c + b[1:] for a, b in halves if b for c in letters}
    return made | {a + c + b for a, b in halves for c in letters}


@given(
    st.sets(st.text("abж", min_size=1, max_size=7), min_size=1, max_size=60),
    st.text("abж", min_size=4, max_size=7),
)
def test_words_of_one_edit_are_those_that_edits_make(words, word):
    words = sorted(words - {word})
    lexicon = Lexicon(pack_words(words))
    assert list(lexicon) == words
    found = [words[i] for i in lexicon.one_edit(word)]
    assert found == [w for w in words if w in edits(word, "abж")]


@given(
    st.sets(st.text("anж", min_size=1, max_size=9), min_size=1, max_size=30),
    st.text("anж", min_size=1, max_size=9),
)
def test_grams_and_cosines_are_those_of_scikit_learn(words, word):
    words = sorted(words)
    grams = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit([*words, word])
    expected = cosine_similarity(grams.transform([word]), grams.transform(words))[0]
    found, cosines = Lexicon(pack_words(words)).nearest(word, 5)
    np.testing.assert_allclose(cosines, expected[found], rtol=1e-12)
    best = np.sort(expected[expected > 0])[::-1][:5]
    np.testing.assert_allclose(cosines, best, rtol=1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"weighting": "bm25"}, {"n_components": 2, "random_state": 0}]
)
def test_known_words_give_the_bits_of_transform(options):
    vectorizer = TextVectorizer(**options).fit(TEXTS)
    queries = [*TEXTS, "shirt shirt 红 zz9 2025 👍", None, ""]
    extraction, items = vectorizer.extract_queries(queries), vectorizer.extract(queries)
    a, b = (
        e.block.toarray() if "n_components" not in options else e.block for e in (extraction, items)
    )
    assert a.tobytes() == b.tobytes()
    assert a.dtype == np.float32
    np.testing.assert_array_equal(extraction.present, items.present)
    assert extraction.readings == []


def test_one_edit_is_corrected_in_queries_and_never_in_items(vectorizer):
    for typo in ("stripd", "strriped", "strixed", "stirped"):
        assert weights(vectorizer, typo)[1] == [(typo, ("striped",), False)]
        right = vectorizer.transform(["striped robot"]).toarray()
        assert (vectorizer.extract_queries([f"{typo} robot"]).block.toarray() == right).all()
        assert vectorizer.transform([typo]).nnz == 0


def test_words_are_corrected_as_they_are_written_and_not_their_stems():
    vectorizer = TextVectorizer(synonyms={"jogger": "runs"}).fit(["running in cities", "city"])
    found, readings = weights(vectorizer, "runninq citeis")
    assert set(found) == {"run", "citi"}
    assert readings == [("runninq", ("running",), False), ("citeis", ("cities",), False)]
    assert weights(vectorizer, "joggers") == ({"run": 1.0}, [])
    # The analyser's own stems of known words need no reading.
    assert weights(vectorizer, "runs")[1] == []


def test_the_commonest_word_wins_and_another_first_letter_is_weak(vectorizer):
    # House is in two texts, noise in one.
    assert weights(vectorizer, "hoise")[1] == [("hoise", ("house",), False)]
    assert weights(vectorizer, "ghost")[1] == [("ghost", ("host",), True)]
    common = TextVectorizer().fit(["stare spare", "spare", "mail"])
    assert weights(common, "sxare")[1] == [("sxare", ("spare",), False)]
    # A letter too few, or two swapped, though rarer: there are fewer ways to slip so.
    likely = TextVectorizer().fit(["coast", "coat", "coat"])
    assert weights(likely, "cost")[1] == [("cost", ("coast",), False)]
    assert weights(likely, "cota")[1] == [("cota", ("coat",), False)]


@pytest.mark.parametrize(
    "query", ["2023", "hos", "zz9", "robot2", "👍", "绿", "ไทย", "衬红", "..."]
)
def test_numbers_short_words_signs_and_unspaced_scripts_are_never_corrected(query):
    vectorizer = TextVectorizer(query_grams=None).fit([*TEXTS, "ไทยa", "robot1"])
    with_grams = TextVectorizer().fit([*TEXTS, "ไทยa", "robot1"])
    known = vectorizer.transform([query]).toarray()
    assert (vectorizer.extract_queries([query]).block.toarray() == known).all()
    if query != "hos":
        assert weights(with_grams, query)[1] == []


def test_grams_weigh_words_by_their_squared_cosines():
    vectorizer = TextVectorizer(stem=False).fit(["catalogue", "analogue", "tin"])
    found, ((_, read_as, weak),) = weights(vectorizer, "catalog")
    (reading,) = vectorizer.extract_queries(["catalog"]).readings
    assert read_as == ("catalogue", "analogue")
    assert not weak
    # <catalog> has 7 + 6 + 5 grams and <catalogue> 9 + 8 + 7; those with the last border are not
    # among the latter.
    assert reading.cosines[0] == pytest.approx(15 / sqrt(18 * 24))
    # Both are in one text of three, so that only the frequencies 1 + log(t) = cosine^2 differ.
    ratio = found["analogue"] / found["catalogue"]
    assert ratio == pytest.approx((reading.cosines[1] / reading.cosines[0]) ** 2, rel=1e-5)


def test_grams_beside_known_words_count_as_frequencies():
    vectorizer = TextVectorizer(stem=False, query_spelling=False).fit(["robot", "tin"])
    found, _ = weights(vectorizer, "robots tin")
    # <robots> and <robot>: 15 grams and 12, of which rob, obo, bot, <ro, and <rob, robo, obot,
    # <robo, robot are the same.
    square = 81 / (15 * 12)
    assert found["robot"] / found["tin"] == pytest.approx(square, rel=1e-5)
    both, _ = weights(vectorizer, "robots robot tin")
    assert both["robot"] / both["tin"] == pytest.approx(1 + square, rel=1e-6)
    assert exp(square) != pytest.approx(1 + square)


def test_words_like_no_other_are_told_and_weak(vectorizer):
    assert weights(vectorizer, "xyzzy") == ({}, [("xyzzy", (), True)])
    assert "left out 'xyzzy'" in str(vectorizer.extract_queries(["xyzzy"]).readings[0])


def test_grams_of_every_query_and_of_none():
    texts = ["robot", "robots", "tin"]
    plain = TextVectorizer(analyzer=MixedAnalyzer()).fit(texts)
    assert set(weights(plain, "robot")[0]) == {"robot"}
    always = TextVectorizer(query_grams="always").fit(["catalogue", "catamaran", "tin"])
    found, readings = weights(always, "catamaran")
    assert len(found) == 2
    assert max(found.values()) > 2 * min(found.values())
    assert readings == []
    none = TextVectorizer(query_grams=None, query_spelling=False).fit(texts)
    assert weights(none, "robbots") == ({}, [("robbots", (), True)])


def test_what_two_known_parts_make_together_needs_no_reading():
    vectorizer = TextVectorizer().fit(["t shirt", "skirts"])
    assert weights(vectorizer, "t-shirt")[1] == []
    assert weights(vectorizer, "t-shrit")[1] == [("shrit", ("shirt",), False)]


def test_terms_of_an_own_analyser_are_taken_as_they_are():
    vectorizer = TextVectorizer(str.split).fit(["striped shirt"])
    assert weights(vectorizer, "stripd") == ({}, [])


def test_a_query_of_stop_words_and_an_empty_vocabulary():
    with pytest.warns(UserWarning, match="no text"):
        empty = TextVectorizer().fit(["", ""])
    assert weights(empty, "robot")[0] == {}


def test_synonyms_of_a_dict_count_half():
    vectorizer = TextVectorizer(
        synonyms={
            "sofa": ["couch", "love seat"],
            "tin man": "robot",
            "红色": "red",
            "couch": "settee",
        }
    ).fit(["couch", "robot", "red", "love", "seat"])
    found, readings = weights(vectorizer, "red sofa")
    assert found == pytest.approx(
        dict(zip(["red", "couch", "love", "seat"], [2 / sqrt(7)] + [1 / sqrt(7)] * 3))
    )
    assert readings == []
    assert set(weights(vectorizer, "a tin man")[0]) == {"robot"}
    assert weights(vectorizer, "man of tin")[0] == {}
    assert set(weights(vectorizer, "红色衬衫")[0]) == {"red"}
    assert set(weights(vectorizer, "红绿色")[0]) == set()
    assert vectorizer.transform(["sofa"]).nnz == 0


def test_synonyms_of_a_file(tmp_path):
    path = tmp_path / "words.csv"
    lines = ["\ufeff# furniture", "", 'sofa,couch,"love, seat"', "TV => television"]
    path.write_bytes("\n".join([*lines, "robot\tautomaton\r\n"]).encode())
    texts = ["couch", "television", "automaton", "love seat"]
    for source in (path, str(path)):
        vectorizer = TextVectorizer(stem=False, synonyms=source).fit(texts)
        for query, found in {
            "sofa": {"couch", "love", "seat"},
            "tv": {"television"},
            "Robot": {"automaton"},
            "love seat": {"love", "seat", "couch"},
        }.items():
            assert set(weights(vectorizer, query)[0]) == found
        assert weights(vectorizer, "television")[0] == {"television": 1.0}


# The section "Synonyms" of the guide's table of bad input: every row is a case, with its words.
ROWS = {what: row for (_, what), row in rows_of_page(["Synonyms"]).items()}
WRONG = {
    "a line of one word": b"a, b\nlonely",
    "nothing beside an arrow": b"a, b\n=> b",
    "a quote that is not closed": b'a, b\n"a, b',
    "a word of signs alone": b"a, b\na, --",
    "a file in Latin-1": "Müsli, Grütze\nBär, Petz\nÖl, Schmieröl\nTür, Pforte".encode("latin-1"),
    "a file in UTF-16 without a mark": "a, b".encode("utf-16-le"),
    "a file in no encoding": b"a, \x81\xff\x8d\xfe",
    "a number for a word": {"sofa": 3},
    "no words for a word": {"sofa": []},
}


@pytest.mark.parametrize("what", ROWS)
def test_wrong_synonyms(what, tmp_path):
    kind, words = ROWS[what]
    synonyms, error = WRONG[what], ValueError
    if isinstance(synonyms, bytes):
        error, path = TableError, tmp_path / "words.txt"
        path.write_bytes(synonyms)
        synonyms = path
    vectorizer = TextVectorizer(synonyms=synonyms)
    if kind == "read":
        assert set(weights(vectorizer.fit(["Petz"]), "Bär")[0]) == {"petz"}
        return
    with pytest.raises(error, match=pattern(words)) as caught:
        vectorizer.fit(TEXTS)
    if error is TableError:
        assert str(tmp_path / "words.txt") in str(caught.value)
        assert caught.value.line == (2 if "line 2" in words else None)


def test_the_page_and_the_cases_have_the_same_rows():
    assert set(ROWS) == set(WRONG)


def test_a_file_of_synonyms_is_read_by_fit_alone(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("sofa, couch")
    vectorizer = TextVectorizer(synonyms=path).fit(["couch"])
    path.unlink()
    assert weights(vectorizer, "sofa")[0] == {"couch": 1.0}
    with pytest.raises(FileNotFoundError, match=r"words\.txt"):
        clone(vectorizer).fit(["couch"])


def test_a_saved_vectorizer_reads_the_same(tmp_path):
    vectorizer = TextVectorizer(synonyms={"sofa": "couch"}).fit([*TEXTS, "couch ähnlich Жук"])
    queries = ["stripd robtos", "sofa жуки", "xyzzy", "ghost 红色"]
    mmclassic.save(vectorizer, tmp_path / "v.skops")
    for twin in (
        mmclassic.load(tmp_path / "v.skops"),
        pickle.loads(pickle.dumps(vectorizer)),
        clone(vectorizer).fit([*TEXTS, "couch ähnlich Жук"]),
    ):
        a, b = twin.extract_queries(queries), vectorizer.extract_queries(queries)
        assert a.block.toarray().tobytes() == b.block.toarray().tobytes()
        assert a.readings == b.readings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("word_columns_", np.array([99] * 9, dtype=np.int32)),
        ("word_columns_", np.zeros(2, dtype=np.int32)),
        ("word_codes_", np.zeros(3, dtype=np.uint8)),
        ("word_codes_", pack_words(["a1"])),
        ("word_codes_", np.array([0x110000], dtype=np.uint32)),
        ("synonym_words_", np.array(["a"], dtype=object)),
    ],
)
def test_crafted_states_are_refused(vectorizer, tmp_path, name, value):
    setattr(vectorizer, name, value)
    mmclassic.save(vectorizer, tmp_path / "v.skops")
    with pytest.raises(ValueError, match="TextVectorizer"):
        mmclassic.load(tmp_path / "v.skops")


def test_eight_threads_read_what_one_does(vectorizer):
    queries = ["stripd", "robtos", "ghost", "catalog"] * 4
    alone = [vectorizer.extract_queries([q]) for q in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda q: vectorizer.extract_queries([q]), queries))
    batch = vectorizer.extract_queries(queries).block.toarray()
    for i, (a, b) in enumerate(zip(alone, together)):
        assert a.block.toarray().tobytes() == b.block.toarray().tobytes() == batch[[i]].tobytes()
        assert a.readings == b.readings


def test_an_extractor_reads_queries_of_several_columns():
    table = pd.DataFrame({"title": ["tin robot", "red shirt"], "about": ["host", "cotton"]})
    extractor = ModalityExtractor(
        [("title", TextVectorizer(), "title"), ("about", TextVectorizer(), ["about"])]
    ).fit(table)
    queries = pd.DataFrame({"title": ["coton", "cotton"], "about": ["coton", "cotton"]})
    views, readings = extractor.extract_queries(queries)
    # What one of the columns knows is no other word in the other column.
    assert views.names == ("title", "about")
    assert [(r.row, r.word, r.read_as) for r in readings["about"]] == [(0, "coton", ("cotton",))]
    assert [r.row for r in readings["title"]] == [0]
    assert views["about"][[1]].nnz == 1
    assert views["title"][[1]].nnz == 0
    with pytest.raises(CellError, match="a text must be a str"):
        extractor.extract_queries(pd.DataFrame({"title": [3]}))
