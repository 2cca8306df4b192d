"""Encodings: the right words with a word about it, or an error, and never other words."""

import codecs
import warnings

import pytest

from mmclassic.exceptions import TableError, TableWarning

WORDS = {
    "cp1252": [
        "Größe",
        "Müsli mit Äpfeln",
        "Süße Öle",
        "Straße",
        "Grüne Bohnen",
        "Kühlschrank – 9 €",
    ],
    "cp1252 French": [
        "Thé à la menthe",
        "Crème brûlée",
        "Forêt noire",
        "Cœur",
        "Île flottante",
        "Pâté",
    ],
    "cp1252 Spanish": ["Niño", "Pantalón azul", "Paño", "¿Qué?", "Señal", "Jamón ibérico"],
    "cp850": ["Größe", "Müsli mit Äpfeln", "Süße Öle", "Straße", "Grüne Bohnen", "Kühlschrank"],
    "mac_roman": ["Größe", "Müsli mit Äpfeln", "Süße Öle", "Straße", "Grüne Bohnen", "Kühlschrank"],
    "cp1250": ["Łódź", "Żółta koszula", "Źródło", "Gęś", "Ciepła czapka", "Książka"],
    "cp1250 Czech": ["Žlutý kůň", "Řeka", "Dívčí šaty", "Košile", "Čepice", "Židle"],
    "cp1251": [
        "Красная рубашка",
        "Синие брюки",
        "Зелёная шапка",
        "Дом",
        "Книга о вкусной пище",
        "Чай",
    ],
    "koi8-r": [
        "Красная рубашка",
        "Синие брюки",
        "Зелёная шапка",
        "Дом",
        "Книга о вкусной пище",
        "Чай",
    ],
    "cp866": [
        "Красная рубашка",
        "Синие брюки",
        "Зелёная шапка",
        "Дом",
        "Книга о вкусной пище",
        "Чай",
    ],
    "cp1253": ["Κόκκινο πουκάμισο", "Μπλε παντελόνι", "Καπέλο", "Βιβλίο", "Τραπέζι", "Καρέκλα"],
    "cp1254": ["Kırmızı gömlek", "Şapka", "Yeşil ağaç", "Işık", "İstanbul", "Küçük masa"],
    "cp874": ["เสื้อสีแดง", "กางเกงสีฟ้า", "หมวก", "หนังสือ", "โต๊ะ", "เก้าอี้"],
    "gb18030": ["红色条纹衬衫", "蓝色裤子", "绿色帽子", "桌子", "不锈钢保温杯", "防水手表"],
    "big5": ["紅色條紋襯衫", "藍色褲子", "綠色帽子", "桌子", "不鏽鋼保溫杯", "防水手錶"],
    "cp932": ["赤い縞のシャツ", "青いズボン", "緑の帽子", "テーブル", "電気スタンド", "防水時計"],
    "euc_jp": ["赤い縞のシャツ", "青いズボン", "緑の帽子", "テーブル", "電気スタンド", "防水時計"],
    "cp949": ["빨간 줄무늬 셔츠", "파란 바지", "초록 모자", "책상", "보온병", "장난감 자동차"],
}


def table_of(words, encoding):
    rows = "".join(f"{i:03d};{word};{i},50\n" for i, word in enumerate(words))
    return f"item_id;title;price\n{rows}".encode(encoding.partition(" ")[0])


@pytest.mark.parametrize("encoding", WORDS)
def test_six_titles_tell_their_encoding(encoding, read):
    words = WORDS[encoding]
    with pytest.warns(TableWarning, match="does not say its encoding; read as ") as caught:
        table = read(table_of(words, encoding))
    assert table["title"].tolist() == words
    assert encoding.partition(" ")[0] in str(caught[0].message)
    assert "encoding=NAME" in str(caught[0].message)


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_fewer_titles_are_read_rightly_or_refused(encoding, n, read):
    words = WORDS[encoding]
    for start in range(len(words)):
        some = (words * 2)[start : start + n]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", TableWarning)
                table = read(table_of(some, encoding))
        except TableError:
            continue  # its words are told below
        assert table["title"].tolist() == some


@pytest.mark.parametrize("encoding", WORDS)
def test_an_encoding_that_is_given_is_taken_without_a_word(encoding, read):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = read(table_of(WORDS[encoding], encoding), encoding=encoding.partition(" ")[0])
    assert table["title"].tolist() == WORDS[encoding]


PLAIN = ["soft and warm shirt of red cotton"] * 10


def test_a_few_accents_among_plain_words_are_western(read):
    words = ["naïve café", "it’s £5", "résumé", *PLAIN]
    with pytest.warns(TableWarning, match="read as cp1252"):
        assert read(table_of(words, "cp1252"))["title"].tolist() == words


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Дом", "cp1251"), ("Wałęsa", "cp1250"), ("红", "gb18030"), ("Dvořák", "cp1250")],
)
def test_a_name_among_plain_words_is_read_rightly_or_refused(name, encoding, read):
    words = [name, *PLAIN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TableWarning)
            table = read(table_of(words, encoding))
    except TableError:
        return
    assert table["title"].tolist() == words


MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
MIXED = ["Größe", "红色条纹衬衫", "Дом", "👍"]


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("given", [None, "same"])
def test_marks(encoding, given, read):
    content = MARKS[encoding] + table_of(MIXED, encoding)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = read(content, encoding=given and encoding)
    assert table.columns.tolist() == ["item_id", "title", "price"]
    assert table["title"].tolist() == MIXED


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1251"])
def test_text_that_is_utf8_all_the_same_is_told(encoding, read):
    with pytest.warns(TableWarning, match=f"read as encoding='{encoding}', but all of it is UTF-8"):
        assert read(table_of(["Größe"], "utf-8"), encoding=encoding)["title"].tolist() != ["Größe"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(table_of(["Größe"], "utf-8"), encoding="U8")["title"].tolist() == ["Größe"]
        assert read(table_of(["plain"], "utf-8"), encoding=encoding)["title"].tolist() == ["plain"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_characters_without_a_mark(encoding, read):
    with pytest.warns(TableWarning, match=f"read as {encoding}"):
        assert read(table_of(MIXED, encoding))["title"].tolist() == MIXED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (table_of(["Дом"], "cp1251"), r"encoding='cp1251' \('Дом'\) or encoding='cp1253'"),
        (table_of(["Crème"], "cp1252"), r"encoding='cp1252' \('Crème'\) or encoding='cp1250'"),
        (table_of(["红"], "gb18030"), r"encoding='gb18030' \('红'\)"),
        (b"id;title\n1;\xff\xfe\xfd\x81\n", r"one of 'cp1252', 'cp1250', 'cp1251', 'gb18030'"),
    ],
)
def test_what_may_be_several_is_refused_with_what_it_may_be(content, words, read):
    with pytest.raises(TableError, match=f"is not UTF-8, and its encoding cannot be told.*{words}"):
        read(content)


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"a,b\n1,\xe9\n", {"encoding": "utf-8"}, "line 2: byte 6 is not utf-8"),
        (b"\xef\xbb\xbfa,b\n1,\xe9\n", {}, "line 2: byte 6 is not utf-8"),
        (b"\xff\xfea\0,\0b", {}, "is not utf-16-le"),
        (b"a,b\n", {"encoding": "klingon"}, "no text encoding of the name encoding='klingon'"),
        (b"a,b\n", {"encoding": "base64"}, "no text encoding of the name encoding='base64'"),
        ("a,b\n1,赤\n".encode("iso2022_jp"), {}, "encoding='iso2022_jp'"),
    ],
)
def test_what_is_in_no_encoding(content, options, words, read):
    with pytest.raises(TableError, match=words):
        read(content, **options)
