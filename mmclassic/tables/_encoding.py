"""The encoding of a text file: named, marked, valid UTF-8, or the only one that reads as words.

One byte stands for "è" in Paris, for "č" in Prague and for "и" in Moscow. A detector that always
answers turns names into other names, so an encoding is only taken where the words of the file are
words of a language written in it, and the other encodings make no such sense of them.
"""

import codecs
import re
import warnings

from mmclassic.exceptions import TableError, TableWarning
from mmclassic.tables._words import readings

_MARKS = [  # that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_SAMPLE = 5000  # lines: enough to know a language by
_MUCH = 1_000_000  # bytes: enough to know how often it has accents
_COMMON = ("cp1252", "cp1250", "cp1251", "gb18030", "big5", "cp932", "cp949")


def to_utf8(data, encoding, where):
    """The bytes of a text file in UTF-8, without a byte order mark."""
    if encoding is not None:
        recoded = _recoded(data, encoding, where)
        if not codecs.lookup(encoding).name.startswith("utf"):
            _tell_if_utf8(data, encoding, where)
        return recoded
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _recoded(data[len(mark) :], marked, where)
    if b"\0" in data:
        encoding = _evident_utf(data)
    elif _is_valid(data, "utf-8"):
        _refuse_escapes(data, where)
        return data
    else:
        encoding = _likely(data, where)
    if encoding is None:
        return data  # the NUL is told with its line
    warnings.warn(
        f"{str(where)!r} does not say its encoding; read as {encoding}. If names look wrong, name "
        "it with encoding=NAME.",
        TableWarning,
        stacklevel=4,
    )
    return _recoded(data, encoding, where)


def _tell_if_utf8(data, encoding, where):
    """The encoding of one of two tables may have been meant; hardly any other text is UTF-8."""
    if not data.isascii() and _is_valid(data, "utf-8"):
        warnings.warn(
            f"{str(where)!r} is read as encoding={encoding!r}, but all of it is UTF-8; if names "
            "look wrong, save all tables in one encoding and leave it out.",
            TableWarning,
            stacklevel=5,
        )


def _recoded(data, encoding, where):
    try:
        text = data.decode(encoding)
    except LookupError as error:
        raise TableError(f"there is no text encoding of the name encoding={encoding!r}.") from error
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise TableError(
            f"{str(where)!r}, line {line}: byte {error.start} is not {encoding} ({error.reason}); "
            "the file is damaged, or in another encoding to be named with encoding=NAME."
        ) from error
    return text.lstrip("\ufeff").encode("utf-8", errors="replace")


def _is_valid(data, encoding):
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_escapes(data, where):
    if b"\x1b$" in data:
        raise TableError(
            f"{str(where)!r} holds escape sequences, as texts in ISO-2022 do; name its encoding, "
            "such as encoding='iso2022_jp'."
        )


def _evident_utf(data):
    """UTF-16 or UTF-32 with the line breaks and plain letters that a table has, or None."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if _is_valid(data, encoding):
            text = data.decode(encoding)
            plain = sum(map(str.isascii, text)) if "\0" not in text else 0
            if re.search(r"[\r\n]", text) and plain > 0.2 * len(text):
                return encoding
    return None


def _likely(data, where):
    """The one encoding that makes words of the bytes beyond ASCII."""
    lines = dict.fromkeys(line for line in re.split(rb"[\r\n]+", data) if not line.isascii())
    sample = b"\n".join(list(lines)[:_SAMPLE])
    found = [reading for reading in readings(sample) if _is_valid(data, reading.encoding)]
    if found and found[0].share >= 0.9:
        best = found[0]
        if _is_mostly_plain(data):
            # Languages of few accents, such as English, are written in cp1252; Czech, Polish or
            # Turkish have them in every other word.
            west = [reading for reading in found if reading.encoding == "cp1252"]
            best = west[0] if west and west[0].share == best.share else best
            found = [r for r in found if r is best or not (best in west and r.is_latin)]
        rivals = [reading for reading in found if reading.text != best.text]
        if all(best.is_clear_of(rival) for rival in rivals):
            return best.encoding
        found = [best, *(rival for rival in rivals if not best.is_clear_of(rival))]
        names = " or ".join(f"encoding={r.encoding!r} ({r.example!r})" for r in found[:4])
    else:
        names = ", ".join(map(repr, _COMMON))
        names = f"encoding=NAME, where NAME may be one of {names} or any other that Python knows"
    raise TableError(
        f"{str(where)!r} is not UTF-8, and its encoding cannot be told for certain; name it with "
        f"{names}, or save the table as UTF-8."
    )


def _is_mostly_plain(data):
    """Whether of at least fifty words fewer than one in ten has a byte beyond ASCII."""
    words = re.findall(rb"[A-Za-z\x80-\xff]{2,}", data[:_MUCH])
    return len(words) >= 50 and sum(not word.isascii() for word in words) < 0.1 * len(words)
