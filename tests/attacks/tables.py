"""Damaged tables: the right cells in the right columns, or a TableError, and nothing else.

Every cell says which row and column it is of, so a cell under another name, two cells in one, parts
of two rows in one and rows that vanish are seen. Damage within a row is one stroke: two that undo
each other, a separator lost here and won there, leave what nobody can tell from a whole table.

python tests/attacks/tables.py CASES [SEED]
"""

import csv
import io
import random
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from mmclassic import load
from mmclassic.cli import main as command
from mmclassic.exceptions import TableError
from mmclassic.tables import read_table

TAG = re.compile(r"r(\d+)c(\d+)z")
WORDS = [
    "Red",
    "blue shirt",
    '5" pipe',
    "a, b",
    "a; b",
    "x|y",
    "two\nlines",
    "größe",
    "红色",
    "",
    "  x",
    "9,50",
]
IN_COMMANDS = 0.01  # a fit takes longer than a table
STROKES = [
    *("delete separator", "insert separator", "trailing separator", "swap"),
    *("insert quote", "delete quote", "insert break", "delete break", "blank line"),
    *("cut", "mark", "byte", "nul"),
]


def make(rng):
    """Rows of tagged cells; some are empty, and some hold what must be between quotes."""
    width, height = rng.randint(2, 5), rng.randint(3, 12)
    rows = [[f"r{i}c{j}z{rng.choice(WORDS)}" for j in range(width)] for i in range(height)]
    for row in rows:
        for j in range(1, width):
            if rng.random() < 0.15:
                row[j] = ""
    return [f"name {j}" for j in range(width)], rows


def write(rng, names, rows):
    """The bytes of each line of the file, and the separator."""
    sep = rng.choice(",;\t|")
    style = {
        "delimiter": sep,
        "quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": rng.choice(["\n", "\r\n"]),
    }
    lines = []
    for row in [names, *rows]:
        text = io.StringIO()
        csv.writer(text, **style).writerow(row)
        lines.append(text.getvalue())
    return lines, sep


def damage(rng, lines, sep, stroke):
    """Change one line, or for a byte order mark and a cut the whole."""
    i = rng.randrange(len(lines))
    i = i or int(stroke == "delete break")
    line = lines[i]
    body = line.rstrip("\r\n")

    def at(characters):
        places = [k for k, c in enumerate(body) if c in characters]
        return rng.choice(places) if places else None

    where = rng.randrange(len(body) + 1)
    if stroke == "delete separator" and (k := at(sep)) is not None:
        line = line[:k] + line[k + 1 :]
    elif stroke == "insert separator":
        line = line[:where] + sep + line[where:]
    elif stroke == "insert quote":
        line = line[:where] + '"' + line[where:]
    elif stroke == "delete quote" and (k := at('"')) is not None:
        line = line[:k] + line[k + 1 :]
    elif stroke == "insert break":
        line = line[:where] + rng.choice(["\n", "\r", "\r\n"]) + line[where:]
    elif stroke == "delete break":
        line = body
    elif stroke == "byte":
        line = line[:where] + rng.choice("\x01\x7f\x85\xa0#'\\ £\u0153\u2028\ufeff") + line[where:]
    elif stroke == "nul":
        line = line[:where] + "\0" + line[where:]
    elif stroke == "blank line":
        line += rng.choice(["\n", "  \n", "\r\n"])
    elif stroke == "trailing separator":
        line = body + sep + line[len(body) :]
    elif stroke == "swap" and body:
        k = rng.randrange(len(body))
        line = line[:k] + rng.choice(f'{sep}"\n x') + line[k + 1 :]
    lines[i] = line
    if stroke == "cut":
        i = rng.randrange(1, len(lines))
        lines[i:] = [lines[i][: rng.randrange(len(lines[i]) + 1)], *[""] * (len(lines) - i - 1)]
    if stroke == "mark":
        lines[0] = "\ufeff" + lines[0]
    return i


def judge(table, rows, touched):
    """What is wrong with a table, or None."""
    seen = set()
    for label, row in zip(table.index, table.astype(object).where(table.notna(), "").to_numpy()):
        tags = [TAG.findall(cell) for cell in row]
        if any(len(set(found)) > 1 for found in tags):
            return f"line {label}: two cells in one: {row.tolist()}"
        of_rows = {int(r) for found in tags for r, _ in found}
        if len(of_rows) > 1:
            return f"line {label}: two rows in one: {row.tolist()}"
        for j, found in enumerate(tags):
            if found and table.columns[j] != f"name {int(found[0][1])}" and 0 not in touched:
                return f"line {label}: a cell under another name: {row.tolist()}"
            if found and int(found[0][1]) != j:
                return f"line {label}: a cell in another column: {row.tolist()}"
        seen |= of_rows
    lost = {i for i in range(len(rows)) if i + 1 not in touched} - seen
    return f"rows {lost} vanished" if lost else None


def one_case(rng, folder):
    names, rows = make(rng)
    lines, sep = write(rng, names, rows)
    strokes = rng.choices(STROKES, k=rng.choice([1, 1, 2, 3]))
    touched = set()
    for stroke in strokes:
        copy = list(lines)
        i = damage(rng, copy, sep, stroke)
        hurt = set(range(i, len(lines) if stroke == "cut" else i + 2))
        if not hurt & touched:
            touched |= hurt
            lines = copy
    text = "".join(lines)
    encoding = rng.choice(["utf-8"] * 4 + ["utf-8-sig", "utf-16", "gb18030"])
    path = folder / f"table{rng.choice(['.csv', '.tsv', '.txt'])}"
    path.write_bytes(text.encode(encoding))
    if rng.random() < IN_COMMANDS:
        return through_a_command(path)
    try:
        table = read_table(path, sep=sep if rng.random() < 0.5 else None)
    except TableError:
        return "refused", None
    wrong = judge(table, rows, touched)
    return ("wrong", (strokes, text, encoding, path.suffix, wrong)) if wrong else ("read", None)


def through_a_command(path):
    """Fit on the table as a user does: a model of its ids, or one line of complaint."""
    model = path.with_name("model.skops")
    words = [
        "fit",
        str(path),
        "--id",
        "name 0",
        "--text",
        "name 1",
        "-o",
        str(model),
        "--jobs",
        "1",
    ]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        code = command(words)
    said = said.getvalue()
    if code == 1 and said.splitlines()[-1].startswith("mmclassic: error: "):
        return "refused", None
    if code == 0:
        ids = [TAG.findall(word) for word in load(model).item_ids_]
        if all(len(found) < 2 and all(column == "0" for _, column in found) for found in ids):
            return "read", None
    return "wrong", (path.read_bytes(), code, said)


def main(n_cases, seed=0):
    """Count what becomes of so many damaged tables; wrong ones are shown."""
    warnings.simplefilter("ignore")
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(n_cases):
            outcome, story = one_case(rng, Path(folder))
            counts[outcome] += 1
            if story:
                sys.stdout.write(f"{story}\n")
    return counts


if __name__ == "__main__":
    start = time.perf_counter()
    found = main(*map(int, sys.argv[1:]))
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{found.total()} damaged tables in {seconds:.0f} s: {found['read']} read with every cell "
        f"in its place, {found['refused']} refused, {found['wrong']} wrong\n"
    )
    sys.exit(bool(found["wrong"]))
