"""Results on standard output or in a file: as a table, JSON, CSV or a page of pictures."""

import csv
import json
import os
import sys
from pathlib import Path

import pandas as pd

from mmclassic.cli._arguments import chosen_format
from mmclassic.cli._sheet import contact_sheet
from mmclassic.interactions import ITEM, QUERY_ID, USER
from mmclassic.utils import atomic_write

BECAUSE = "because"
_LONGEST = 80


def check_output(path, *read):
    """Refuse a file that cannot be written, or is one of those `read`, before work is done."""
    if path is None:
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    if target.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder; name a file in it.")
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"there is no folder {str(target.parent)!r} to write {target.name!r} to; create it "
            "first."
        )
    if not target.exists():
        return
    if not target.is_file():
        raise OSError(f"{str(path)!r} is a device, pipe or socket, not a file.")
    if any(other is not None and other.exists() and other.samefile(target) for other in read):
        raise ValueError(f"{str(path)!r} is what is read; write to another file.")


def write_table(table, options, *, title="", files=()):
    """Write a table as the options ask; `files` are its columns of files, `title` heads a page."""
    kind = chosen_format(options)
    if kind == "json":
        text = table.to_json(orient="records", force_ascii=_ascii_only(options), indent=2) + "\n"
    elif kind == "csv":
        text = _as_csv(table)
    elif kind == "html":
        text = contact_sheet(table, title=title, files=files)
    else:
        text = _as_words(table, files)
    _write(text, options.output)


def write_mapping(mapping, options):
    """Write facts by name on standard output, as words or JSON."""
    if chosen_format(options) == "json":
        _write(json.dumps(mapping, ensure_ascii=_ascii_only(options), indent=2, default=str) + "\n")
        return
    lines = []
    for key, value in mapping.items():
        if isinstance(value, dict):
            lines.append(f"{key}:")
            for name, inner in value.items():
                lines.append(f"  {name}: " + ", ".join(f"{k} {v}" for k, v in inner.items()))
        else:
            lines.append(f"{key}: {value}")
    _write("\n".join(lines) + "\n")


def _as_csv(table):
    text = table.to_csv(index=False, lineterminator="\n")
    if "\r" in text:  # of a cell, which before Python 3.13 stays without quotes
        text = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return text


def _as_words(table, files):
    """The table in columns; texts are cut, but not what leads somewhere or says why."""
    whole = {USER, ITEM, QUERY_ID, BECAUSE, *files}
    shown = {n: c if n in whole else c.map(_shortened) for n, c in table.items()}
    words = pd.DataFrame(shown).to_string(index=False, float_format=lambda value: f"{value:.4f}")
    return words + "\n"


def _shortened(cell):
    long = isinstance(cell, str) and len(cell) > _LONGEST
    return cell[: _LONGEST - 1] + "…" if long else cell


def _ascii_only(options):
    """Whether JSON must escape all else: its reader would not undo a terminal's escapes."""
    if getattr(options, "output", None) is not None or sys.stdout is None:
        return False
    return not (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def _write(text, path=None):
    if path is not None:
        with atomic_write(path) as file:
            file.write(text.encode("utf-8", errors="surrogateescape"))
    elif sys.stdout is None:
        raise ValueError("standard output is closed, so there is nowhere to write to.")
    else:
        sys.stdout.write(text)
