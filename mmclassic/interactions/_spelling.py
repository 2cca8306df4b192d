"""Ids that would meet if they were spelled alike: what a spreadsheet or a slip has made of them."""

import re

_DECIMAL = re.compile(r"([+-]?\d+)\.0+")


def spelling_hint(known, unknown):
    """Words for how unknown ids differ from known ones, beginning with a space; or nothing."""
    for same, advice in _WAYS:
        found = _meeting(known, unknown, same)
        if found is not None:
            one, other = found
            if str(one) == str(other):
                return ""  # of different types, which the error says itself
            return f" {advice.format(unknown=one, known=other)}"
    return ""


def _meeting(known, unknown, same):
    """An unknown and a known id that are the same in one way, or None."""
    asked = {}
    for word in unknown:
        asked.setdefault(same(str(word)), word)
    for word in known:
        if same(str(word)) in asked:
            return asked[same(str(word))], word
    return None


def _without_spaces(word):
    return word.strip()


def _without_point(word):
    match = _DECIMAL.fullmatch(word.strip())
    return match[1] if match else word.strip()


def _without_zeros(word):
    word = _without_point(word)
    return (word.lstrip("0") or "0") if word.isdecimal() else word


def _without_case(word):
    return " ".join(_without_zeros(word).casefold().split())


# From the least to the most that is overlooked, so that the advice names what differs.
_WAYS = [
    (
        _without_spaces,
        "{unknown!r} is {known!r} but for the spaces around it; write both in one way.",
    ),
    (
        _without_point,
        "{unknown!r} is {known!r} but for a decimal point: one of them was read as numbers; read "
        "both as text.",
    ),
    (
        _without_zeros,
        "{unknown!r} is {known!r} but for leading zeros, which spreadsheets drop; format ids as "
        "text there, and read them as text.",
    ),
    (
        _without_case,
        "{unknown!r} is {known!r} but for upper and lower case; write both in one way.",
    ),
]
