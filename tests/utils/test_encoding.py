"""Which encoding parts share."""

import pytest

from mmclassic.utils import detect_encoding, is_plausible

LINES = ["Straße;Größe", "Füße;grün", "Öl;älter"]


@pytest.mark.parametrize("copies", [1, 2000])
def test_lines_of_a_file_in_a_code_page(copies):
    assert detect_encoding([line.encode("cp1252") for line in LINES * copies]) == "cp1252"


def test_encodings_that_read_the_same_are_no_doubt():
    # The pages 1252, 1250 and 1254 have these letters in one place.
    assert detect_encoding(["schöne grüne Äpfel".encode("cp1254")]) == "cp1252"


def test_one_part_in_another_encoding_does_not_stop_it():
    parts = ["красная рубашка".encode("cp1251")] * 9 + ["赤いシャツ".encode("cp932")]
    assert detect_encoding(parts) == "cp1251"


@pytest.mark.parametrize(
    "parts", [[b"\xff" * 9], [b"\xe9"], [b"\x81\x8d\x8f"], [bytes(range(256))]]
)
def test_nothing_is_certain_of_what_tells_nothing(parts):
    assert detect_encoding(parts) is None


def test_what_is_plausible():
    assert is_plausible("красная рубашка", "cp1251")
    assert not is_plausible("красная рубашка".encode("cp1251").decode("cp1252"), "cp1252")
    assert not is_plausible("赤いシャツ".encode("cp932").decode("gb18030"), "gb18030")
    assert is_plausible("plain", "gb18030")
