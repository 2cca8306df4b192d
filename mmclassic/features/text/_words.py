"""Terms of what stands between spaces: words, compounds, numbers, a few names with signs."""

import re

# A number in groups of digits, with a decimal part or without: 1,000.5 or 1.000,5 or 1'000.
_GROUPED = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]+)?|[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]+)?"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}"
)
_QUANTITY = re.compile(r"([0-9]+(?:[.,'][0-9]+)*)([^\W\d_][^0-9.,'-]*)?")
_JOINERS, _POINTS, _NUMBER_SIGNS = map(re.compile, ("[-']", "[.,]", "[.,']"))
# Of one letter only these are units; 3d and 4k are words.
_UNITS = frozenset("glmhwvглмвч")


def word_terms(words):
    """The terms of the words that `word_pattern` finds."""
    terms = []
    for word in words:
        if word.isalpha() or word.isdigit():
            terms.append(word)
        else:
            terms.extend(_compound_terms(word))
    return terms


def _compound_terms(word):
    parts = _JOINERS.split(word)
    if len(parts) > 1 and word[0].isalpha():
        return _joined_terms(parts)
    if word[-1] in "+#":
        return [word]
    if word[0] == ".":
        # As in .NET; or the space before it is a slip.
        return [word, *word_terms([word[1:]])]
    quantity = _QUANTITY.fullmatch(word)
    if quantity:
        return _quantity_terms(*quantity.groups())
    if len(parts) > 1:
        return _joined_terms(parts)
    parts = _POINTS.split(word)
    return word_terms(parts) if len(parts) > 1 else parts


def _joined_terms(parts):
    """The parts, and what they make without the signs between them."""
    terms = word_terms(parts)
    joined = "".join(parts)
    # Not the years of 1990-1995.
    if any(map(str.isalpha, joined)):
        terms += [term for term in word_terms([joined]) if term not in terms]
    return terms


def _quantity_terms(number, unit):
    if _GROUPED.fullmatch(number):
        separator = next(character for character in number if not character.isdigit())
        number = number.replace(separator, "").replace(",", ".")
    terms = parts = _NUMBER_SIGNS.split(number)
    if len(parts) == 2 and "'" not in number:
        terms = [".".join(parts), *parts]
    if not unit:
        return terms
    if len(unit) == 1 and len(terms) == 1 and unit not in _UNITS:
        return [number + unit]
    return [*terms, unit]


def word_pattern(letter, marks):
    """What finds words, compounds with inner signs, and numbers; `letter` is a class with digits.

    `marks` is a pattern of those that go on with a word, or "".
    """
    word = f"{letter}++(?:{marks}{letter}*+)*+" if marks else f"{letter}++"
    number = f"[.,](?<=[0-9].)[0-9]{letter}*+"
    named = rf"[a-z](?:\+\+|#(?!{letter}))"  # C++, C#
    dotted = rf"\.(?<![\w.].)[a-z]{letter}*+"  # .NET
    return f"{named}|{word}(?:[-']{word}|{number})*+|{dotted}"
