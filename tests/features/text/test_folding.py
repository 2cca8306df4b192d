"""What people type finds what is written: one form of letters, numbers and compounds."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmclassic.features import MixedAnalyzer, TextVectorizer
from mmclassic.features.text._fold import fold
from mmclassic.features.text._html import strip_markup

ANALYZER = MixedAnalyzer()
WORDS = MixedAnalyzer(stem=False)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Straße", "STRASSE"),
        ("Weiß", "weiss"),
        ("İstanbul", "istanbul"),
        ("Diyarbakır", "DIYARBAKIR"),
        ("ΟΔΟΣ", "οδός"),
        ("Αθήνα", "ΑΘΗΝΑ"),
        ("ﬁne", "fine"),
        ("soft\u00adware", "software"),
        ("zero\u200bwidth\u2060s", "zerowidths"),
        ("\u202bred\u202c \ufeffshirt", "red shirt"),
        ("م\u06cc\u200cخواهم", "م\u064aخواهم"),
        ("क्\u200dष", "क्ष"),
        ("葛\U000e0100", "葛"),
        ("محـــمد", "محمد"),
        ("مُحَمَّد", "محمد"),
        ("أحمد إسلام آية", "احمد اسلام ايه"),
        ("کتاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("ܫܠܳܡܳܐ", "ܫܠܡܐ"),
        ("ＡＢＣ　１２３", "abc 123"),
        ("ｶﾞｲﾄﾞ", "がいど"),
        ("らーめん", "ラーメン"),
        ("ゔ", "ヴ"),
        ("か\u200d\u3099", "ガ"),
        ("น\u0e4d\u0e49า", "น\u0e49\u0e33"),
        ("٣٤٥ ३ ๕", "345 3 5"),
        ("Crème Brûlée", "creme brulee"),
        ("Łódź Ærø Đà Nẵng", "lodz aero da nang"),
        ("cafe\u0301", "café"),
        ("ёлка", "елка"),
        ("1,000", "1000"),
        ("1,234,567.5", "1234567.5"),
        ("1.234.567,5", "1234567.5"),
        ("12,34,567", "1234567"),
        ("1’000", "1000"),
        ("5kg", "5 kg"),
        ("1.5L", "1.5 l"),
        ("1,5 l", "1.5l"),
        ("5-kg", "5 KG"),
        ("128GB", "128 gb"),
        ("10 м 5кг", "10м 5 кг"),
        ("T\u2011shirt", "t-shirt"),
        ("women\u2019s", "women's"),
        ("C\u266f", "c#"),
    ],
)  # fmt: skip
def test_two_ways_of_writing_one_thing(written, typed):
    assert ANALYZER(written) == ANALYZER(typed) != []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("e-mail", "email"),
        ("T-Shirt", "tshirt"),
        ("T-Shirt", "t shirt"),
        ("wi-fi", "WiFi"),
        ("covid-19", "covid19"),
        ("Levi's", "levis"),
        ("L'Oréal", "loreal"),
        ("rock'n'roll", "rocknroll"),
        ("3-D", "3d"),
        (".NET", "net"),
        ("ASP.NET", ".net"),
        ("version 3.11", "3"),
    ],
)
def test_a_compound_is_found_by_its_parts_and_as_one_word(written, typed):
    assert set(ANALYZER(written)) & set(ANALYZER(typed))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("C++ C# C", ["c++", "c#", "c"]),
        ("F#, c/C++; c++17", ["f#", "c", "c++", "c++", "17"]),
        (".NET (.net) end.Next ...and", [".net", "net", ".net", "net", "end", "next", "and"]),
        ("Disney+ #red a#b", ["disney", "red", "a", "b"]),
        ("e-mail", ["e", "mail", "email"]),
        ("state-of-the-art", ["state", "of", "the", "art", "stateoftheart"]),
        ("- a -b c- 'd'", ["a", "b", "c", "d"]),
        ("3d 4K 5s", ["3d", "4k", "5s"]),
        ("24.01.2026 1990-1995 5'10", ["24", "01", "2026", "1990", "1995", "5", "10"]),
        ("1.5", ["1.5", "1", "5"]),
        ("1.5-2.5", ["1.5", "1", "5", "2.5", "2", "5"]),
        ("iPhone15 3in1 a1,5", ["iphone15", "3in1", "a1", "5"]),
        ("x 5\u0301kg", ["x", "5", "kg"]),
        ("йод", ["йод"]),
        ("が", ["ガ"]),
        ("हिन्दी", ["हिन्दी"]),
        # Letters and vowel signs above the basic plane: Chakma.
        ("\U00011107\U0001112c red", ["\U00011107\U0001112c", "red"]),
    ],
)  # fmt: skip
def test_terms_of_signs_and_numbers(text, terms):
    assert WORDS(text) == terms


@pytest.mark.parametrize(
    ("clause", "part", "terms"),
    [
        ("ร้านอาหารไทย", "อาหาร", ["อา", "หา", "ร", "อาหา", "หาร"]),
        ("ລາຄາຖືກຫຼາຍ", "ຖືກ", ["ຖື", "ກ", "ຖືກ"]),
        ("ភាសាខ្មែរ", "ខ្មែរ", ["ខ្មែ", "រ", "ខ្មែរ"]),
        ("မြန်မာဘာသာစကား", "ဘာသာ", ["ဘာ", "သာ", "ဘာသာ"]),
        ("ꦧꦱꦗꦮ", "ꦗꦮ", ["ꦗ", "ꦮ", "ꦗꦮ"]),
        ("བོད་སྐད", "སྐད", ["སྐད"]),
        ("紅茶ショップ", "しょっぷ", ["シ", "ョ", "ッ", "プ", "ショ", "ョッ", "ップ"]),
    ],
)
def test_a_part_of_a_clause_is_found(clause, part, terms):
    assert ANALYZER(part) == terms
    assert set(terms) <= set(ANALYZER(clause))
    # Of the same length and script, without anything in common.
    block = TextVectorizer().fit([clause, "x"]).transform([part])
    assert block.nnz == len(set(terms))


@pytest.mark.parametrize(
    "text",
    ["ที่นี่เก้าอี้", "ក្រុងភ្នំពេញ", "ကျွန်ုပ်", "ນໍ້າ", "ꦄꦏ꧀ꦱꦫ", "हिन्दी", "か\u3099"],
)
def test_no_term_begins_with_a_mark(text):
    assert not [t for t in ANALYZER(text) if unicodedata.category(t[0]) in ("Mn", "Mc")]


@pytest.mark.parametrize("strip_accents", [True, False])
def test_a_folded_character_stays_and_case_is_nothing(strip_accents):
    for code in [*range(0xD800), *range(0xE000, 0x1FFFF), *range(0xE0000, 0xE0200)]:
        once = fold(chr(code), strip_accents=strip_accents)
        if once != chr(code):
            assert fold(once, strip_accents=strip_accents) == once
            assert fold(chr(code).upper(), strip_accents=strip_accents) == once


PIECES = (
    "ab1.,'-+# İıßée\u0301\u0307\u0327\u200d\u00adかガ\u3099กเา\u0e49ខ្ម\u064bأ\u0640\u05b0ש"
    "kg👍\ufe0f红한"
)


@given(st.text(st.sampled_from(PIECES), max_size=8) | st.text(max_size=8))
def test_a_term_finds_itself(text):
    for term in WORDS(text):
        assert term in WORDS(term)


def test_accents_stay_by_request():
    analyzer = MixedAnalyzer(strip_accents=False, stem=False)
    assert analyzer("Café Größe İzmir ёлка") == ["café", "grösse", "izmir", "ёлка"]
    assert analyzer("cafe\u0301") == ["café"]
    assert analyzer != ANALYZER
    assert len({analyzer, ANALYZER, MixedAnalyzer(strip_html=True)}) == 3
    names = TextVectorizer(strip_accents=False).fit(["Café"]).get_feature_names_out()
    assert names.tolist() == ["café"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>tin &amp; <b>r</b>ed</p>", " tin & red "),
        ("a<br>b<BR/>c<br />d", "a b c d"),
        ("H<sub>2</sub>O", "H2O"),
        ('<a href="x>y" title=\'"\'>link</a>', "link"),
        ("<script type=x>var a = '<b>';</script>red<style>p {}</style>", " red "),
        ("a<!-- <p>no</p> -->b<!doctype html>c<?xml ?>d", "a b c d"),
        ("<script>never closed", " "),
        ("&eacute;&#233;&#xe9; &lt;b&gt; &nosuch;", "ééé <b> &nosuch;"),
        ("2 < 3 and 4 > 1, <3", "2 < 3 and 4 > 1, <3"),
        ("plain", "plain"),
        ("<![CDATA[<p>red</p> shoe]]>", "  red  shoe "),
    ],
)
def test_markup(markup, text):
    assert strip_markup(markup) == text


def test_markup_is_text_unless_asked():
    assert ANALYZER("<b>a</b>&amp;") == ["b", "a", "b", "amp"]
    names = TextVectorizer(strip_html=True).fit(["<b>red</b>&amp;"]).get_feature_names_out()
    assert names.tolist() == ["red"]
    for options in (
        {"strip_html": True},
        {"strip_accents": False},
        {"stem": False},
        {"language": "de"},
    ):
        with pytest.raises(ValueError, match="let your own analyzer do that"):
            TextVectorizer(str.split, **options).fit(["a"])


@pytest.mark.parametrize(
    "unit",
    ["<", "<a ", '<a "', "<!--", "<script>", "&", "a-", "1,", "1.5", ".a", "a\u0301", "เ", "c+"],
)
def test_time_grows_with_the_length_and_no_faster(unit):
    MixedAnalyzer(strip_html=True)(unit * 30_000)  # minutes, were it the square
