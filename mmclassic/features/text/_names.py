"""Columns of names to whole names: cast, directors, genres, tags."""

import re
from functools import cache

from mmclassic.features.text._fold import fold
from mmclassic.features.text._html import strip_markup
from mmclassic.features.text._scripts import EAST_ASIAN, SOUTH_EAST_ASIAN

_AROUND = " '\"[]!?`«»“”„‘「」『』《》【】"  # what names stand in, and lists that became texts
# A dot ends an initial or a shortened word, but for those of numbers; interpuncts stand between the
# parts of foreign names in Chinese and Japanese.
_SPACES = re.compile(r"(?:\.(?!\d)|[·•‧・\s])+")
_LONGEST = 16  # words of a name that is looked for within a query


class NameAnalyzer:
    """Split a text of names into names, each one whole term.

    "Tom Hanks, Meg Ryan" has the terms "tom hanks" and "meg ryan", and none that "Tom Cruise"
    shares with them. Names end at separators and at line breaks and tabs. Letters are given one
    form as `MixedAnalyzer` does it, without case and accents; of a name its dots (J. R. R. is
    J.R.R.), quotes and square brackets around it count as spaces.

    Parameters
    ----------
    separators : str, default=",;|、،؛"
        Characters that end a name, in any width (，；｜ too); "" leaves line breaks and tabs
        alone, for names that have commas in them.
    strip_accents : bool, default=True
        Leave out accents, as `MixedAnalyzer` does.
    strip_html : bool, default=False
        Leave out tags of HTML and resolve its entities.

    Notes
    -----
    A name that comes twice in a text counts twice. Nothing is stemmed or left out.

    Examples
    --------
    >>> from mmclassic.features import NameAnalyzer
    >>> NameAnalyzer()("Tom Hanks, Penélope Cruz; J.R.R. Tolkien")
    ['tom hanks', 'penelope cruz', 'j r r tolkien']
    >>> NameAnalyzer()("周星驰、吴孟达，汤姆·汉克斯")
    ['周星驰', '吴孟达', '汤姆 汉克斯']
    >>> NameAnalyzer("/")("Rock, Paper & Scissors / Tag")
    ['rock, paper & scissors', 'tag']
    """

    def __init__(self, separators=",;|、،؛", *, strip_accents=True, strip_html=False):
        self.separators = separators
        self.strip_accents = strip_accents
        self.strip_html = strip_html

    def __call__(self, text):
        """Split a text.

        Parameters
        ----------
        text : str
            Names with separators between them.

        Returns
        -------
        names : list of str
            The names in their order, folded.
        """
        text = strip_markup(text) if self.strip_html else text
        ends = str.maketrans(dict.fromkeys(fold(self.separators, strip_accents=False), "\n"))
        lines = fold(text.replace("\t", "\n"), strip_accents=self.strip_accents)
        names = (
            _SPACES.sub(" ", name).strip(_AROUND) for name in lines.translate(ends).splitlines()
        )
        return [name for name in names if name]

    def find(self, text, known):
        """The names of a query, of which the known ones may stand among other words.

        Parameters
        ----------
        text : str
            The query.
        known : container of str
            Names, as calling gives them.

        Returns
        -------
        names : list of str
            What stands between separators; and instead of what is unknown the known names that
            stand in it, if any, the longest first where they overlap from the left.

        Examples
        --------
        >>> from mmclassic.features import NameAnalyzer
        >>> NameAnalyzer().find("films with Tom Hanks", {"tom hanks"})
        ['tom hanks']
        """
        found = []
        for name in self(text):
            found += [name] if name in known else _known_within(name, known) or [name]
        return found

    def __eq__(self, other):
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self):
        return hash((type(self), *vars(self).values()))


def _known_within(text, known):
    """The known names that stand in a text, from the left, the longest from each place."""
    spans = [match.span() for match in _units().finditer(text)]
    found, place = [], 0
    while place < len(spans):
        for end in range(min(len(spans), place + _LONGEST), place, -1):
            name = text[spans[place][0] : spans[end - 1][1]]
            if name in known:
                found.append(name)
                place = end - 1
                break
        place += 1
    return found


@cache
def _units():
    """Words, and single characters of scripts without spaces."""
    unspaced = f"{EAST_ASIAN}{SOUTH_EAST_ASIAN}"
    return re.compile(rf"[{unspaced}]|[^\s{unspaced}]+")
