"""How much of a text reads as words of a language, in each of the usual encodings."""

import re
from typing import NamedTuple

_WEST = "äöüßéèêëàâçîïôœùûñáíóúãòìå"  # German, French, Spanish and Italian, and names of others
_PORTUGUESE = "áâãàçéêíóôõúü"
_NORTH = "äöåéøæüè"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"
# Letters beyond ASCII of the languages written in an encoding, each for itself.
_ALPHABETS = {
    "cp1252": [_WEST, _PORTUGUESE, _NORTH, "áéíóúýþæöð"],
    "cp1250": [
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "áéíóöőúüű",
        "čćđšž",
        "ăâîşţ",
    ],
    "cp1254": ["çğıöşüâîû"],
    "cp1257": ["ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"],
    "cp1251": [_CYRILLIC + "іїєґўјљњћџђѓќѕ"],
    "koi8-r": [_CYRILLIC],
    "cp866": [_CYRILLIC],
    "cp1253": [_GREEK],
    "cp1255": ["".join(map(chr, range(0x5D0, 0x5EB)))],
    "cp1256": ["".join(map(chr, range(0x621, 0x64B))) + "پچژگ"],
    "cp874": ["".join(map(chr, [*range(0xE01, 0xE3A), *range(0xE40, 0xE4D)]))],
    "mac_roman": [_WEST, _PORTUGUESE, _NORTH],
    "cp850": [_WEST.replace("œ", ""), _PORTUGUESE, _NORTH],
}
_LATIN = {"cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "cp850"}
_TOKEN = re.compile(r"[^\x00-/:-@\[-`{-\x7f\s\xa0’–—]+")
_OPENING, _CLOSING = "“„«‹‘¿¡£€§©±", "”“»›’…²³°®™ªº"
_DIGIT_BESIDE = re.compile(r"[0-9][^\x00-\x7f]|[^\x00-\x7f][0-9]")
_ALONE = set("àáéíóúèöåæøÀÉаиоуявскі")
_THAI_VOWELS = re.compile("[\u0e30-\u0e3a\u0e40-\u0e44\u0e2d]")
_WIDE_MARKS = re.compile(r"[\u2010-\u2027\u3000-\u3029\u30fb\u30fc\uff01-\uff60·×°]")


# Of a standard, the first bytes of the characters of its first level and of the common script.
_JAPANESE = "euc_jp", {0xA4, 0xA5, *range(0xB0, 0xD0)}
_EAST = {
    "gb18030": ("gb2312", {*range(0xB0, 0xD8)}),
    "big5": ("big5", {*range(0xA4, 0xC7)}),
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "cp949": ("euc_kr", {*range(0xB0, 0xC9)}),
}
_SURE = 12  # so many characters do not all happen to be common ones of another standard


class Reading(NamedTuple):
    """A text decoded in one encoding, and which of its tokens beyond ASCII make sense."""

    encoding: str
    text: str
    fitting: frozenset
    total: int
    example: str

    @property
    def share(self):
        return len(self.fitting) / self.total

    @property
    def is_latin(self):
        return self.encoding in _LATIN

    def is_clear_of(self, rival):
        """Whether another reading is too bad to be meant; what both read alike says nothing."""
        own = rival.fitting - self.fitting
        missing, of_rival = self.total - len(self.fitting), rival.total - len(rival.fitting)
        return not own or (rival.share <= 0.8 and missing + 2 <= of_rival)


def readings(data):
    """All readings of bytes in the usual encodings, the best first."""
    found = []
    for encoding in (*_ALPHABETS, *_EAST):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append(_read(encoding, text))
    found = [reading for reading in found if reading is not None]
    return sorted(_without_accidents(found), key=lambda reading: -reading.share)


def _without_accidents(found):
    """Leave out the standards whose characters lie where those of a narrower one lie, too.

    Every byte of EUC-KR, EUC-JP and GB2312 is one of Big5; the syllables of EUC-KR are common
    characters of GB2312.
    """
    sure = {r.encoding for r in found if len(r.fitting) == r.total >= _SURE}
    if sure & {"cp949", "euc_jp", "gb18030"}:
        found = [r for r in found if r.encoding != "big5"]
    if "cp949" in sure:
        found = [r for r in found if r.encoding not in ("gb18030", "euc_jp")]
    return found


def _read(encoding, text):
    tokens = {token for token in _TOKEN.findall(text) if not token.isascii()}
    if encoding in _EAST:
        fitting, total = _common(text, encoding)
    else:
        total = len(tokens)
        alphabets = _ALPHABETS[encoding]
        fitting = max((_fitting(tokens, letters, encoding) for letters in alphabets), key=len)
    example = max(tokens, key=len, default="")[:20]
    return Reading(encoding, text, fitting, total, example) if total else None


def _fitting(tokens, letters, encoding):
    allowed = {*letters, *letters.upper(), "İ"}
    latin = encoding in _LATIN
    fitting = frozenset(token for token in tokens if _is_word(token, allowed, latin))
    strange = sum(not c.isascii() for token in fitting for c in token if c.isalpha())
    # Even Polish writes more plain letters than others.
    if latin and strange > 0.6 * sum(c.isalpha() for token in fitting for c in token):
        return frozenset()
    if encoding == "cp874" and len(_THAI_VOWELS.findall("".join(fitting))) < 0.2 * strange:
        return frozenset()
    return fitting


def _is_word(token, allowed, latin):
    word = token.lstrip(_OPENING).rstrip(_CLOSING)
    if word.rstrip("€£¥").isdecimal() or "ς" in word[:-1]:  # a price; a letter that ends words
        return "ς" not in word
    letters = [c for c in word if not c.isascii()]
    if len(word) == 1 and letters:
        return word in _ALONE
    if any(c not in allowed for c in letters) or _DIGIT_BESIDE.search(word):
        return False
    if not latin and any(c.isascii() and c.isalpha() for c in word):
        return False
    return word == word.lower() or word == word.upper() or word[1:] == word[1:].lower()


def _common(text, encoding):
    """The wide characters that people use every day, a standard's first level; and how many."""
    codec, leads = _EAST[encoding]
    wide = {c for c in text if not c.isascii() and not _WIDE_MARKS.match(c)}
    lead = {c: _lead(c, codec) for c in wide}
    # Japanese is written with kana; without, the bytes are likelier Chinese.
    if codec == "euc_jp" and sum(byte in (0xA4, 0xA5) for byte in lead.values()) < 0.1 * len(wide):
        return frozenset(), len(wide)
    return frozenset(c for c in wide if lead[c] in leads), len(wide)


def _lead(character, codec):
    encoded = character.encode(codec, errors="ignore")
    return encoded[0] if len(encoded) == 2 else 0
