"""Stems of words, pieces of text that are kept, and stop words."""

import pickle
from collections import Counter
from itertools import chain, pairwise, product
from string import ascii_lowercase

import numpy as np
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

import mmclassic
from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text import _pieces
from mmclassic.features.text._fold import fold
from mmclassic.features.text._language import latin_language
from mmclassic.features.text._stems import stem_word
from mmclassic.features.text._unspaced import split_plain, unspaced_terms

ANALYZER = MixedAnalyzer()
WORDS = MixedAnalyzer(stem=False)
SIGNS = (
    "ab1.,'-+# \u3000\xa0\n\x1f<>&;İıßé\u0301\u0307\u200d\xad\u20e3\ufe0f\u2026\uff0c\uff01"
    "红条ガかเา\u0e49한\u1100\u3099👍👨🇩🇪葛\U000e0100\u00a8\ufdfa"
)
WILD = st.text(st.sampled_from(SIGNS), max_size=12) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cities", "city"),
        ("running e-mails", "run e-mail"),
        ("города", "город"),
        ("ΔΡΌΜΟΙ", "δρόμος"),
        ("लड़कियाँ", "लड़की"),
        ("Élèves", "eleve"),
    ],
)
def test_forms_of_a_word_have_one_stem(one, other):
    assert set(ANALYZER(other)) <= set(ANALYZER(one))
    assert WORDS(other) != WORDS(one)


@pytest.mark.parametrize(
    "text",
    [
        "covid19s 3in1 5s",
        "C++ .NET",
        "红条纹们",
        "お寿司ラーメン",
        "ที่นี่เก้าอี้",
        "👍🏽",
        "ילדים",
        "naïvesкот",
    ],
)
def test_what_is_no_word_of_a_script_stays(text):
    assert ANALYZER(text) == WORDS(text)


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("german", "Häuser", ["haus"]),
        ("DE", "Häuser города", ["haus", "город"]),
        ("russian", "города cities", ["город", "citi"]),
        ("sr", "gradovi", ["gradov"]),
        ("yiddish", "cities", ["citi"]),
    ],
)
def test_a_language_is_that_of_its_script_alone(language, text, terms):
    assert MixedAnalyzer(language=language)(text) == terms


def test_stems_are_those_of_snowball():
    words = [
        "generously",
        "caresses",
        "ponies",
        "relational",
        "hopping",
        "sky",
        "skies",
        "dying",
        "news",
    ]
    expected = snowballstemmer.stemmer("english").stemWords(words)
    assert ANALYZER(" ".join(words)) == expected
    persian = "\u06a9\u062a\u0627\u0628\u0647\u0627\u06cc"
    assert MixedAnalyzer(language="fa")(persian) == [
        fold(snowballstemmer.stemmer("persian").stemWord(persian), strip_accents=True)
    ]


@pytest.mark.parametrize("start", ["b", "organ"])
def test_english_words_of_all_endings_have_the_stems_of_snowball(start):
    words = [start + "".join(end) for end in product(ascii_lowercase, repeat=3)]
    expected = snowballstemmer.stemmer("english").stemWords(words)
    assert [stem_word(word, None) for word in words] == expected


def test_languages_without_a_stemmer_are_refused_with_a_list():
    message = r"language must be None or one of arabic, .*, turkish, .*; got 'klingon'"
    with pytest.raises(ValueError, match=message):
        MixedAnalyzer(language="klingon")
    with pytest.raises(ValueError, match=message):
        TextVectorizer(language="klingon").fit(["a"])


@given(WILD, st.booleans(), st.booleans())
def test_pieces_between_spaces_say_what_the_whole_says(text, strip_accents, strip_html):
    analyzer = MixedAnalyzer(strip_accents=strip_accents, strip_html=strip_html)
    # Without a space to split at.
    (whole,) = [analyzer._all_words(" ".join(analyzer._pieces(text)))]
    assert Counter(map(analyzer.stem_term, whole)) == Counter(analyzer(text))
    assert analyzer(text) == list(map(analyzer.stem_term, analyzer.words(text))) == analyzer(text)


def test_plain_characters_are_those_that_folding_leaves():
    for code in range(0x80, 0x20000):
        plain = split_plain(chr(code))
        if plain is not None and code != 0xFF0C:
            folded = fold(chr(code), strip_accents=True)
            assert folded == chr(code) if plain[1] else WORDS(f"1 {folded} 2") == ["1", "2"]
    assert split_plain("红红，1 A") == ("\u4e00,1 a", ["红红"])


@given(
    st.lists(st.text("红条纹ガ한𠀀", min_size=1, max_size=4), max_size=6), st.sampled_from([1, 200])
)
def test_characters_and_pairs_of_runs(runs, times):
    runs = runs * times
    pairs = chain.from_iterable(map("".join, pairwise(run)) for run in runs)
    assert unspaced_terms(runs) == [*"".join(runs), *pairs]


def test_what_is_kept_is_bounded_and_stays_here(monkeypatch):
    monkeypatch.setattr(_pieces, "_MOST", 3)
    analyzer = MixedAnalyzer()
    expected = analyzer("cities")
    for i in range(20):
        assert analyzer(f"cities word{i} " + "x" * 40) == [*expected, f"word{i}", "x" * 40]
        assert len(analyzer._stems.__self__) <= 3
    again = pickle.loads(pickle.dumps(analyzer))
    assert again == analyzer
    assert len(again._stems.__self__) == 0


def test_english_stop_words_are_grammar_alone():
    assert MixedAnalyzer("english")("The fire of the bill, thick as a mine system") == [
        "fire", "bill", "thick", "mine", "system",
    ]  # fmt: skip
    assert MixedAnalyzer(["cities"])("city cities") == ["citi"]


def test_texts_of_stop_words_alone_keep_them():
    fitted = TextVectorizer(stop_words="english").fit(["the who", "the shirts of who", "red"])
    assert fitted.get_feature_names_out().tolist() == ["red", "shirt", "the", "who"]
    assert fitted.transform(["The Who", "who the", "the red"]).indices.tolist() == [2, 3, 2, 3, 0]
    assert MixedAnalyzer("chinese")("我们") == ["我", "们", "我们"]


def test_forms_are_what_is_mostly_written(tmp_path):
    fitted = TextVectorizer().fit(["Cities city", "cities 红 e-mails", "running run"])
    forms = dict(zip(fitted.get_feature_names_out(), fitted.forms_))
    assert forms["citi"] == "cities"
    assert forms["run"] == "run"  # the first of the alphabet
    assert forms['"running"'] == "running"
    assert forms["红"] == "红"
    again = mmclassic.load(mmclassic.save(fitted, tmp_path / "text.skops"))
    assert again.forms_.tolist() == fitted.forms_.tolist()
    assert again.analyzer_ == fitted.analyzer_
    assert (again.transform(["city run"]) != fitted.transform(["city run"])).nnz == 0
    old = {name: value for name, value in vars(fitted).items() if name != "forms_"}
    with pytest.raises(
        ValueError, match="has no forms_, as those of an earlier version; fit again"
    ):
        TextVectorizer().__setstate__({**old, "vocabulary_": list(fitted.vocabulary_)})
    fitted.forms_ = fitted.forms_[1:]
    with pytest.raises(ValueError, match="forms_"):
        mmclassic.load(mmclassic.save(fitted, tmp_path / "bad.skops"))
    assert TextVectorizer(stem=False).fit(["a"]).forms_ is None


@pytest.mark.parametrize(
    "titles",
    [["A red shirt", "A fire bill"], ["I love Z", "O negative"], ["cup on a table"], ["a a"]],
)
def test_one_word_of_many_languages_does_not_make_english_another(titles):
    assert TextVectorizer().fit(titles * 12).language_ == "english"


def test_the_language_of_a_column_is_found_by_its_function_words():
    german = ["der Hund und die Katzen mit dem Ball", "ein Haus ist nicht für die Katze"] * 5
    fitted = TextVectorizer().fit(german)
    assert fitted.language_ == "german"
    assert "katz" in fitted.vocabulary_
    assert fitted.transform(["Häuser"]).nnz == 1
    assert TextVectorizer().fit(["red shirts of cotton"]).language_ == "english"
    assert TextVectorizer(language="fr").fit(german).language_ == "french"
    assert TextVectorizer(str.split).fit(german).language_ is None
    # A word that several languages share tells none of them.
    assert latin_language(["de", "het", "een", "van", "hond"], [50, 60, 40, 30, 900]) == "dutch"


def test_counts_of_words_are_those_of_their_texts():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["cities", "city", "the", "红条", "run,"], 30)) for _ in range(9)]
    block = TextVectorizer(sublinear_tf=False).fit(texts)
    counts = [
        Counter([*ANALYZER(text), *map('"{}"'.format, ANALYZER.words(text))]) for text in texts
    ]
    weights = block.transform(texts).toarray() / block.weighting_.idf_
    expected = np.array([[c[t] for t in block.get_feature_names_out()] for c in counts])
    np.testing.assert_allclose(
        weights / weights.sum(1, keepdims=True),
        expected / expected.sum(1, keepdims=True),
        rtol=1e-4,
    )
