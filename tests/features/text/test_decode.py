"""Bytes of texts: which encoding a column of them is in."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmclassic.exceptions import CellError, CellWarning
from mmclassic.features import ModalityExtractor, TextVectorizer
from mmclassic.features._cells import as_cells
from mmclassic.features.text._decode import read_texts

COLUMNS = {
    "gb18030": ["纯棉衬衫", "红色连衣裙", "新款手机壳"],
    "big5": ["純棉襯衫", "紅色連衣裙，新款", "臺灣的手機"],
    "cp932": ["赤いシャツ", "綿のワンピース", "新しい電話"],
    "euc_jp": ["赤いシャツ", "綿のワンピース", "新しい電話"],
    "cp949": ["빨간 셔츠", "면 원피스", "새로운 전화기"],
    "cp1252": ["crème brûlée", "hôtel à Orléans", "tête-à-tête"],
    "cp1250": ["żółta koszula", "książka", "ćwiczenia"],
    "cp1254": ["kırmızı gömlek", "yeşil elbise", "çağdaş"],
    "cp1251": ["красная рубашка", "зелёное платье", "Чайник"],
    "koi8_r": ["красная рубашка", "зелёное платье", "Чайник"],
    "koi8_u": ["червоні черевики", "дитячий одяг із бавовни", "Чайник із їжаком"],
    "cp1253": ["κόκκινο πουκάμισο", "πράσινο φόρεμα", "Αθήνα"],
    "cp1255": ["חולצה אדומה", "שמלה ירוקה של הילדה", "תפוחים וענבים"],
    "cp1256": ["قميص أحمر", "فستان أخضر", "هاتف جديد"],
    "cp874": ["เสื้อสีแดง", "กระโปรงสีเขียว", "โทรศัพท์ใหม่"],
}


def encoded(encoding):
    return [text.encode(encoding) for text in COLUMNS[encoding]]


def read(column, on_error="raise"):
    return read_texts(as_cells(pd.Series(column, name="t", dtype=object), "x"), on_error=on_error)


@pytest.mark.parametrize("encoding", COLUMNS)
def test_a_column_of_short_texts_tells_its_encoding(encoding):
    texts, positions, failures, remarks = read(
        [*encoded(encoding), "plain", None, b"ascii", "ü".encode()]
    )
    assert texts == [*COLUMNS[encoding], "plain", "ascii", "ü"]
    assert positions == [0, 1, 2, 3, 5, 6]
    assert failures == []
    # Encodings that read the same are the same to us.
    assert [row for row, *_ in remarks] == [0, 1, 2]
    assert f"taken for {encoding};" in remarks[0][-1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("text", ["red shirt", "红色条纹。red", "\U0001f44d"])
def test_a_byte_order_mark_is_a_word(encoding, text):
    assert read([text.encode(encoding)]) == ([text], [0], [], [])


def test_big_endian_marks():
    texts = ["\ufeffred 红".encode(e) for e in ("utf-16-be", "utf-32-be")]
    assert read(texts)[0] == ["red 红"] * 2


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("红色", "gb18030"), ("很好", "gb18030"), ("café", "cp1252"), ("Größe 42", "cp1252"),
        ("シャツ", "cp932"), ("こんにちは", "euc_jp"), ("안녕하세요", "cp949"),
        ("Привет, мир", "koi8_r"),
    ],
)  # fmt: skip
def test_one_short_text_that_is_plain(text, encoding):
    assert read([text.encode(encoding)])[0] == [text]


@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff", bytes(range(128, 256)), b"\xe9", b"\x81\x00\xfe"]
)
def test_what_is_not_certain_is_an_error(data):
    with pytest.raises(CellError, match=r"row 0, column 't'.*not UTF-8.* is not certain; decode"):
        read([data])


def test_a_cell_in_another_encoding_than_its_column_fails_alone():
    column = [*encoded("cp932") * 3, "Größe".encode("cp1252")]
    texts, _, failures, _ = read(column, on_error="missing")
    assert texts == COLUMNS["cp932"] * 3
    assert [(row, reason) for row, *_, reason in failures] == [
        (
            9,
            "the bytes are neither UTF-8 nor cp932, as others of the column are taken to be; "
            "decode them to str first",
        )
    ]


def test_a_long_text_is_cut_between_characters_or_not():
    for text in ("红色连衣裙" * 4001, "a" + "红色连衣裙" * 4001):
        assert read([text.encode("gb18030")])[0] == [text]


def test_the_remark_names_the_encoding_once_for_a_column():
    column = pd.Series(encoded("cp1251"), index=list("pqr"), name="title")
    message = (
        r"3 cell\(s\) are used, but not as they are; the first: row 'p', column 'title', "
        r"'<15 bytes>': the bytes are not UTF-8 and taken for cp1251; decode them to str first"
    )
    with pytest.warns(CellWarning, match=message) as caught:
        block = TextVectorizer().fit_transform(column)
    assert len(caught) == 1
    expected = TextVectorizer().fit_transform(COLUMNS["cp1251"])
    assert (block != expected).nnz == 0


def test_joined_columns_are_remarked_too():
    frame = pd.DataFrame({"a": encoded("cp949"), "b": ["x", None, "y"]})
    extractor = ModalityExtractor([("text", TextVectorizer(), ["a", "b"])])
    with pytest.warns(CellWarning, match="column 'a'.*taken for cp949"):
        extractor.fit(frame)
    assert "x" in extractor.vectorizers_["text"].vocabulary_


@given(st.lists(st.binary(max_size=12), min_size=1, max_size=5))
def test_any_bytes_are_read_or_refused(column):
    texts, _, failures, _ = read(column, on_error="missing")
    assert len(texts) + len(failures) == len(column)
    assert all(isinstance(text, str) and "\0" not in text for text in texts)
