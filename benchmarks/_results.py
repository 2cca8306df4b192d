"""Recorded results, and the tables of the README that are made from them."""

import json
import platform
import re
from collections import Counter
from pathlib import Path

from benchmarks._report import Row, as_tables, write_json

RESULTS = Path(__file__).with_name("results")
README = Path(__file__).with_name("README.md")
MACHINE_FACTS = {"system", "architecture", "cpus"}

_MARKER = re.compile(r"^<!-- (?:begin|end) results of \w+", re.MULTILINE)
_BLOCK = re.compile(
    r"^(?P<begin><!-- begin results of (?P<name>\w+)[^>\n]*-->)$.*?"
    r"^(?P<end><!-- end results of (?P=name) -->)$",
    re.DOTALL | re.MULTILINE,
)
# Two or more steps from a root, or a drive; "m/s" and "10 / 20" are not paths.
_PATH = re.compile(r"(?<![\w./:])/[\w.+-]+/[\w.+-]+|\b[A-Za-z]:\\|\\\\\w+\\|(?<!\w)~/\w")


def record(report, folder=None):
    """Write a report to its place among the results; give the file."""
    check(report, host=platform.node())
    path = (folder or RESULTS) / f"{report['name']}.json"
    write_json(report, path)
    return path


def check(report, host=""):
    """Refuse what must not be committed, and rows that the tables would not show in full.

    `host` is the name of the machine that ran it.
    """
    name = report["name"]
    if report["quick"]:
        raise ValueError(f"{name}: results are those of full runs; run it without --quick.")
    if set(report["machine"]) != MACHINE_FACTS:
        raise ValueError(
            f"{name}: of the machine only {sorted(MACHINE_FACTS)} are recorded; "
            f"got {sorted(report['machine'])}."
        )
    rows = [Row(**row) for row in report["rows"]]
    _check_cells(name, rows)
    for text in _texts(report):
        if _PATH.search(text) or host in text.split():
            raise ValueError(f"{name}: a path or the name of a machine stands in {text!r}.")


def _check_cells(name, rows):
    """One figure a cell, one unit a column, both ends of an interval."""
    cells = Counter((row.case, row.method, row.metric) for row in rows)
    twice = [cell for cell, count in cells.items() if count > 1]
    if twice:
        raise ValueError(f"{name}: more than one row for {twice[0]}; its table would hide one.")
    units = {}
    for row in rows:
        if units.setdefault((row.case, row.metric), row.unit) != row.unit:
            raise ValueError(f"{name}: {row.metric!r} of {row.case!r} has more than one unit.")
        if (row.low is None) != (row.high is None):
            raise ValueError(f"{name}: an interval has two ends; got {row}.")


def _texts(value):
    """Every string within a report."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def read_results(folder=None):
    """The recorded reports by name; what `check` refuses is refused here too."""
    reports = {}
    for path in sorted((folder or RESULTS).glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["name"] != path.stem:
            raise ValueError(f"{path.name} holds the results of {report['name']!r}; rename it.")
        check(report)
        reports[path.stem] = report
    return reports


def with_tables(text, reports):
    """The README's text with the part between every pair of markers made anew."""
    _check_markers(text, reports)
    return _BLOCK.sub(
        lambda block: (
            f"{block['begin']}\n\n{as_tables(reports[block['name']], level=4)}\n\n{block['end']}"
        ),
        text,
    )


def stale(text, reports):
    """Names whose part of the README's text is not what their results give."""
    now, then = (
        {block["name"]: block[0] for block in _BLOCK.finditer(version)}
        for version in (with_tables(text, reports), text)
    )
    return [name for name in now if now[name] != then[name]]


def _check_markers(text, reports):
    """Every result has its place in the README, and every place its result."""
    places = [block["name"] for block in _BLOCK.finditer(text)]
    if len(_MARKER.findall(text)) != 2 * len(places):
        raise ValueError("a marker of results in the README has no partner; see its first part.")
    if sorted(places) != sorted(reports):
        raise ValueError(
            f"the README has places for the results of {sorted(places)}, and there are results of "
            f"{sorted(reports)}. A place is a pair of lines:\n"
            "<!-- begin results of NAME -->\n<!-- end results of NAME -->"
        )
