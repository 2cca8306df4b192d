"""What the benchmark of words is asked: texts, queries, and what is right for each."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmclassic.datasets import fetch_countries_flags, fetch_openmoji

CITATIONS = "citeulike-t, articles by the text of one that cites them"
_ARTICLES_FOLDER = "citeulike-t"
_HIDDEN = 0.2
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENDINGS = ("s", "es", "ed", "ing")
_MOST_RIGHT = 100


@dataclass(frozen=True, eq=False)
class Task:
    """Texts by view, each with None for a gap; queries, and what is right for each.

    `right` are positions of items by query; `excluded` are positions that do not count for it.
    Queries ask the view `asks`, and of items only `target` counts where it is given.
    """

    title: str
    texts: dict
    queries: list
    right: list
    note: str
    excluded: list = field(default_factory=list)
    asks: str = "text"
    target: str | None = None

    def some(self, n):
        """The same task with `n` of the queries at most, at random."""
        rows = np.sort(np.random.default_rng(0).permutation(len(self.queries))[:n])
        some = {
            name: [getattr(self, name)[row] for row in rows]
            for name in ("queries", "right", "excluded")
            if getattr(self, name)
        }
        return Task(**{**vars(self), **some})


def emoji_tasks():
    """Emoji by their tags: known, in another inflexion, hidden from their item, mistyped.

    Settings were chosen on the half of the emoji that is not here.
    """
    table = _other_half()
    names, tags = table["annotation"].tolist(), list(map(_listed, table["tags"]))
    texts = [f"{name}\n{', '.join(own)}" for name, own in zip(names, tags)]
    return [
        _known(texts, tags),
        _inflected(texts),
        _hidden(names, tags),
        _mistyped(texts),
    ]


def _other_half():
    table = fetch_openmoji()
    table = table[table["annotation"].notna() & table["tags"].notna()]
    half = np.random.default_rng(0).permutation(len(table)) % 2
    return table[half == 1].reset_index(drop=True)


def _known(texts, tags):
    found = _places(tags)
    return _task(
        "openmoji, tags that are there", texts, found, "every tag of the item is in its text"
    )


def _inflected(texts):
    """Words of another set that are an emoji's word and an ending, and are no emoji's word."""
    places = _places([words_of(text) for text in texts])
    others = {word for text in country_texts() for word in words_of(text)} - set(places)
    found = {}
    for word in sorted(others):
        for ending in _ENDINGS:
            base = word.removesuffix(ending)
            if base != word and len(base) > 3 and base in places:
                found.setdefault(word, set()).update(places[base])
    note = "words of the countries' texts that end in s, es, ed or ing after a word of the emoji"
    return _task("openmoji, words in a form that no text has", texts, found, note)


def _hidden(names, tags):
    """A fifth of all tags is taken out; each searches the items that it was taken from."""
    rng = np.random.default_rng(0)
    texts, hidden = [], []
    for name, own in zip(names, tags):
        out = rng.random(len(own)) < _HIDDEN
        text = f"{name}\n{', '.join(tag for tag, hide in zip(own, out) if not hide)}"
        texts.append(text)
        there = _beginnings(text)
        # Of what the text has in another form something would be left to find.
        gone = [tag for tag, hide in zip(own, out) if hide]
        hidden.append([tag for tag in gone if not _beginnings(tag) & there])
    found = _places(hidden)
    with_tag = [_beginnings(text) for text in texts]
    known = set().union(*with_tag)
    found = {tag: places for tag, places in found.items() if _beginnings(tag) & known}
    excluded = [np.flatnonzero([bool(_beginnings(tag) & own) for own in with_tag]) for tag in found]
    note = (
        "a fifth of the tags hidden; searched by those that other items have still, which "
        "themselves do not count"
    )
    return _task("openmoji, tags hidden from their item", texts, found, note, excluded=excluded)


def _mistyped(texts):
    """Words with one letter left out, doubled, changed or swapped with the next."""
    rng = np.random.default_rng(0)
    places = _places([words_of(text) for text in texts])
    found = {}
    for word in sorted(places):
        if len(word) < 5:
            continue
        at = int(rng.integers(1, len(word) - 1))
        other = "abcdefghijklmnopqrstuvwxyz"[int(rng.integers(26))]
        slips = [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + other + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
        slip = slips[int(rng.integers(len(slips)))]
        if slip not in places:
            found[slip] = places[word]
    return _task(
        "openmoji, words with one slip",
        texts,
        found,
        "words of five letters or more, once mistyped",
    )


def countries():
    """Countries by a resource, religion or language that another column of theirs names."""
    table = fetch_countries_flags()
    named = [
        [part for name in ("natural_resources", "religions", "languages") for part in row[name]]
        for row in _plain_names(table)
    ]
    found = {name: at for name, at in _places(named).items() if len(at) > 2}
    note = "history and economy are searched; what has the name in another column is right"
    return _task("countries by what they have", country_texts(), found, note)


def country_texts():
    """What is said of the history and the economy of every country."""
    table = fetch_countries_flags()
    columns = ["background", "exports", "agriculture", "industries"]
    return table[columns].fillna("").agg("\n".join, axis=1).tolist()


def _plain_names(table):
    for _, row in table[["natural_resources", "religions", "languages"]].fillna("").iterrows():
        yield {
            column: [
                name
                for part in re.split("[,;(]", cell)
                if (name := " ".join(words_of(part))) and len(name.split()) < 3
            ]
            for column, cell in row.items()
        }


def citations(n_articles):
    """Articles by the whole text of one that cites them; None without the copy of the set."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / _ARTICLES_FOLDER
    if not (folder / "mult.dat").is_file():
        return None
    words = np.array((folder / "vocabulary.dat").read_text(encoding="utf-8").split("\n"))
    lines = (folder / "mult.dat").read_text().splitlines()[:n_articles]
    texts = [_spelled(line, words) for line in lines]
    cited = [
        {int(other) for other in line.split()[1:] if int(other) < len(texts)} - {place}
        for place, line in enumerate(
            (folder / "citations.dat").read_text().splitlines()[: len(texts)]
        )
    ]
    half = np.random.default_rng(0).permutation(len(texts)) % 2
    asked = [i for i in range(len(texts)) if half[i] == 1 and cited[i] and texts[i]]
    return Task(
        CITATIONS,
        {"text": texts},
        [texts[i] for i in asked],
        [cited[i] for i in asked],
        "articles of the half that nothing was chosen by",
        excluded=[np.array([i]) for i in asked],
    )


def _spelled(line, words):
    parts = [part.split(":") for part in line.split()[1:]]
    return " ".join(word for at, count in parts for word in [words[int(at)]] * int(count))


def across_languages():
    """Chinese texts by an English word; the other half of the emoji has both languages."""
    table = fetch_openmoji()
    names = ["name_en", "keywords_en", "name_zh", "keywords_zh"]
    table = table.dropna(subset=names).reset_index(drop=True)
    english = (table["name_en"] + "\n" + table["keywords_en"]).tolist()
    chinese = (table["name_zh"] + "\n" + table["keywords_zh"]).tolist()
    both = np.random.default_rng(1).permutation(len(table)) % 2 == 0
    known = {word for text, has in zip(english, both) if has for word in words_of(text)}
    places = _places([[] if has else words_of(text) for text, has in zip(english, both)])
    found = {word: at for word, at in places.items() if word in known}
    shown = [text if has else None for text, has in zip(english, both)]
    return _task(
        "openmoji, Chinese texts by an English word",
        {"english": shown, "chinese": chinese},
        found,
        "half of the emoji have both languages; the others, of which the English is hidden, count",
        excluded=[np.flatnonzero(both)] * len(found),
        asks="english",
        target="chinese",
    )


def words_of(text):
    """Words of letters, in small ones."""
    return _WORD.findall(text.lower())


def _listed(cell):
    return [tag.strip() for tag in cell.split(",") if tag.strip()]


def _beginnings(text):
    """Words without what inflects them, roughly: no more than five letters."""
    return {word[:5] for word in words_of(text)}


def _places(lists):
    """By entry, in small letters, the positions of the lists that have it."""
    found = {}
    for place, entries in enumerate(lists):
        for entry in entries:
            found.setdefault(entry.lower(), set()).add(place)
    return found


def _task(title, texts, found, note, *, excluded=(), **options):
    texts = texts if isinstance(texts, dict) else {"text": texts}
    queries = list(found)
    keep = [
        i for i, query in enumerate(queries) if words_of(query) and len(found[query]) <= _MOST_RIGHT
    ]
    return Task(
        title,
        texts,
        [queries[i] for i in keep],
        [found[queries[i]] for i in keep],
        note,
        [excluded[i] for i in keep] if len(excluded) else [],
        **options,
    )
