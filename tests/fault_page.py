"""The rows of the page that says what happens to bad input."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "guide" / "faults.md"


def rows_of_page(sections):
    """The rows of some sections, by section and what comes: what happens here, and in what words.

    Sections of other columns than what comes, what others do, here and words are not asked for.
    """
    rows, section = {}, None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        if section in sections and line.startswith("| ") and not line.startswith("| what comes"):
            what, _, kind, words = (cell.strip() for cell in line[1:-1].split("|"))
            rows[section, what] = kind, words
    return rows


def pattern(words):
    """The message of a row as a regular expression; dots stand for words of others."""
    assert words.startswith("`"), "messages stand between backticks"
    return ".*".join(map(re.escape, words.strip("`").split("...")))
