"""A user's table of words that mean the same, for queries."""

import csv
import os
from pathlib import Path

from mmclassic.exceptions import TableError
from mmclassic.features.text._lexicon import is_unspaced
from mmclassic.utils import detect_encoding

SEPARATOR = "\x1f"  # between the terms of one entry; no analyser of ours gives it
_ARROW = "=>"


def synonym_pairs(synonyms):
    """``(place, words, meaning)`` of a dict, or of a file with a group or an arrow a line."""
    if isinstance(synonyms, dict):
        return list(_of_dict(synonyms))
    return list(_of_file(os.fspath(synonyms)))


def analyzed_pairs(synonyms, analyzer):
    """The terms of the words and of what they mean, each joined, a list of pairs."""
    pairs = {}
    for place, *entry in synonym_pairs(synonyms):
        terms = [SEPARATOR.join(analyzer(text)) for text in entry]
        if not all(terms):
            empty = entry[terms.index("")]
            raise _error(place, f"{empty!r} has no term that could be searched for")
        if terms[0] != terms[1]:
            pairs[tuple(terms)] = None
    return list(pairs)


def _of_dict(synonyms):
    for key, values in synonyms.items():
        values = [values] if isinstance(values, str) else values
        listed = isinstance(values, (list, tuple, set, frozenset)) and values
        if not (isinstance(key, str) and listed and all(isinstance(v, str) for v in values)):
            raise ValueError(
                "synonyms maps a word to another or to a list of them, as in {'sofa': ['couch']}; "
                f"got {key!r}: {values!r}."
            )
        for value in sorted(values) if isinstance(values, (set, frozenset)) else values:
            yield f"synonyms[{key!r}]", key, value


def _of_file(path):
    for number, line in enumerate(_text(path).splitlines(), 1):
        place = path, number
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        left, arrow, right = line.partition(_ARROW)
        if not arrow:
            group = _entries(line, place)
            if len(group) < 2:
                raise _error(
                    place,
                    f"a line has two words or more that mean the same, with commas or tabs between "
                    f"them; got {line.strip()!r}",
                )
            yield from ((place, a, b) for a in group for b in group if a != b)
            continue
        words, meanings = _entries(left, place), _entries(right, place)
        if not words or not meanings:
            raise _error(place, f"there is nothing on one side of {_ARROW!r}")
        yield from ((place, a, b) for a in words for b in meanings if a != b)


def _entries(line, place):
    separator = "\t" if "\t" in line else ","
    try:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise _error(place, f"a quote is not closed or stands within a word ({error})") from error
    return list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))


def _text(path):
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = detect_encoding([data])
        if encoding is None:
            raise TableError(
                f"{path!r}: the file is not UTF-8, and what encoding it is in is not certain; save "
                "it as UTF-8."
            ) from None
        text = data.decode(encoding)
    if "\0" in text:
        raise TableError(f"{path!r}: the file holds the character NUL; save it as UTF-8.")
    return text


def _error(place, what):
    if isinstance(place, str):
        return ValueError(f"{place}: {what}.")
    path, line = place
    return TableError(f"{path!r}, line {line}: {what}.", line)


class Synonyms:
    """What terms in a row stand for."""

    def __init__(self, keys, values):
        self._by_first = {}
        for key, value in zip(keys, values):
            key = tuple(key.split(SEPARATOR))
            self._by_first.setdefault(key[0], []).append((key, value.split(SEPARATOR)))

    def of(self, terms):
        """The terms that those of a query, in their order, also stand for."""
        found = []
        for place, term in enumerate(terms):
            for key, value in self._by_first.get(term, ()):
                if _follows(key, terms, place):
                    found.extend(value)
        return found

    def __contains__(self, term):
        return term in self._by_first


def _follows(key, terms, place):
    if any(map(is_unspaced, key)):
        # Characters come before pairs, so that those of a word are not side by side; but its pairs
        # are there only where its characters are neighbours.
        return set(key) <= set(terms)
    return tuple(terms[place : place + len(key)]) == key
