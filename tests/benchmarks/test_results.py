"""Recorded results: what may be recorded, and that the README's tables are made from them."""

import json
import platform
import re
from dataclasses import asdict, replace

import pytest

from benchmarks import _front, _results
from benchmarks._front import benchmark_names, main
from benchmarks._report import Row, as_report, as_tables
from benchmarks._results import README, check, read_results, record, stale, with_tables

FIGURES = ("value", "low", "high")
NUMBER = r"-?\d+\.\d{3}"
PLACE = "before\n<!-- begin results of {0} (how) -->\nold\n<!-- end results of {0} -->\nafter\n"
ROWS = [
    Row("one", "a", "recall", 0.5, 0.25, 0.75, note="default"),
    Row("one", "a", "time", 2.0, unit="ms", note="default"),
    Row("one", "b", "recall", None, note="b is not installed"),
    Row("two (of two)", "a", "median rank", 2.0, note="other"),
    Row("two (of two)", "c; d", "median rank", -3.125),
    Row("two (of two)", "e | f", "largest difference", 4.0, unit="1e-6"),
]


def report(*rows, name="name", quick=False):
    return as_report(name, rows, quick=quick, seconds=12)


def parse(text):
    """The rows of tables, without notes: the reverse of `as_tables`."""
    rows, case, titles = [], None, None
    for line in text.splitlines():
        if line.startswith("#### "):
            case, titles = line.removeprefix("#### "), None
        if not line.startswith("| "):
            continue
        cells = [c.strip().replace(r"\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if titles is None:
            titles = cells
        elif cells[0] != "---":
            rows += [
                cell_row(case, cells[0], title, cell)
                for title, cell in zip(titles[1:], cells[1:], strict=True)
                if cell
            ]
    return rows


def cell_row(case, method, title, cell):
    metric, unit = re.fullmatch(r"(.*?)(?: \((s|ms|MB|MiB|x|%|1e-6)\))?", title).groups(default="")
    if cell.startswith("none: "):
        return Row(case, method, metric, None, unit=unit, note=cell.removeprefix("none: "))
    figures = re.fullmatch(rf"({NUMBER})(?: \[({NUMBER}), ({NUMBER})\])?", cell).groups()
    return Row(case, method, metric, *(x and float(x) for x in figures), unit=unit)


def shown(row):
    """What a table shows of a row."""
    cut = {name: x and round(x, 3) for name, x in asdict(row).items() if name in FIGURES}
    return replace(row, **cut, note=row.note if row.value is None else "")


def test_tables_can_be_read_back():
    assert parse(as_tables(report(*ROWS), level=4)) == [shown(row) for row in ROWS]


@pytest.mark.parametrize("name", read_results())
def test_the_readme_holds_every_figure_of_the_results(name):
    text = README.read_text(encoding="utf-8")
    start, stop = (text.index(f"<!-- {end} results of {name}") for end in ("begin", "end"))
    rows = [shown(Row(**row)) for row in read_results()[name]["rows"]]
    assert rows
    assert len(rows) == len(set(rows))
    assert set(parse(text[start:stop])) == set(rows)


def test_every_benchmark_has_results():
    assert sorted(read_results()) == benchmark_names()


def test_the_readme_is_up_to_date():
    assert stale(README.read_text(encoding="utf-8"), read_results()) == []


def test_only_what_stands_between_the_markers_changes():
    reports = {name: report(*ROWS, name=name) for name in ("x", "y")}
    text = with_tables(PLACE.format("x") + PLACE.format("y"), reports)
    assert text.count("before\n<!-- begin results of ") == text.count("-->\nafter\n") == 2
    assert "old" not in text
    assert text.count(as_tables(reports["x"], level=4)) == 2  # x and y have the same rows
    assert with_tables(text, reports) == text


def test_a_changed_figure_makes_the_readme_stale():
    reports = {name: report(*ROWS, name=name) for name in ("x", "y")}
    text = with_tables(PLACE.format("x") + PLACE.format("y"), reports)
    assert stale(text, reports) == []
    assert stale(text.replace("0.500 [", "0.501 [", 1), reports) == ["x"]
    changed = report(*ROWS[:-1], replace(ROWS[-1], value=5.0), name="y")
    assert stale(text, {**reports, "y": changed}) == ["y"]
    assert stale(text.replace("before", "other words"), reports) == []


@pytest.mark.parametrize(
    "text",
    [
        "no place at all",
        PLACE.format("x") + PLACE.format("z"),
        PLACE.format("x") * 2,
    ],
)
def test_places_and_results_must_match(text):
    with pytest.raises(ValueError, match="the README has places for the results of"):
        with_tables(text, {"x": report(*ROWS, name="x")})


@pytest.mark.parametrize(
    "text",
    [
        "<!-- begin results of x -->\n",
        "<!-- end results of x -->\n<!-- begin results of x -->\n",
        "<!-- begin results of x -->\n" + PLACE.format("y"),
        "<!-- begin results of x -->\n<!-- end results of y -->\n",
    ],
)
def test_a_marker_without_its_partner(text):
    with pytest.raises(ValueError, match=r"has no partner|has places for"):
        with_tables(text, {"x": report(*ROWS, name="x")})


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (report(*ROWS, quick=True), "full runs"),
        ({**report(*ROWS), "machine": {"system": "Linux", "node": "pc"}}, "of the machine only"),
        (report(Row("c", "m", "x", None, note="failed: /home/me/data is not there")), "a path"),
        (report(Row("c", "m", "x", 1.0, note=r"see C:\data")), "a path"),
        (report(Row("c", "m", "x", 1.0), Row("c", "m", "x", 2.0)), "more than one row"),
        (report(Row("c", "m", "x", 1.0, unit="s"), Row("c", "n", "x", 2.0)), "more than one unit"),
        (report(Row("c", "m", "x", 1.0, low=0.5)), "two ends"),
    ],
)
def test_what_is_not_recorded(bad, match, tmp_path):
    with pytest.raises(ValueError, match=match):
        record(bad, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_the_machine_is_not_recorded(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "node", lambda: "the-host")
    record(report(Row("c", "m", "x", 1.0, note="the host")), tmp_path)
    with pytest.raises(ValueError, match="name of a machine"):
        record(report(Row("c", "m", "x", 1.0, note="on the-host it took")), tmp_path)


@pytest.mark.parametrize("note", ["5 m/s", "time / decode", "docs/guide", "https://a.b/c/d", "1/2"])
def test_what_only_looks_like_a_path(note):
    check(report(Row("c", "m", "x", 1.0, note=note)))


def test_a_file_is_named_after_its_benchmark(tmp_path):
    record(report(*ROWS), tmp_path)
    assert list(read_results(tmp_path)) == ["name"]
    (tmp_path / "name.json").rename(tmp_path / "other.json")
    with pytest.raises(ValueError, match=r"other\.json holds the results of 'name'"):
        read_results(tmp_path)


def test_committed_files_are_refused_like_new_ones(tmp_path):
    path = record(report(*ROWS), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"cpus"', '"host"'), encoding="utf-8")
    with pytest.raises(ValueError, match="of the machine only"):
        read_results(tmp_path)


class Benchmark:
    """Stands in for a benchmark module."""

    DESCRIPTION = "some figures"

    @staticmethod
    def run(quick):
        return ROWS


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """The front door with one benchmark, a README and a folder of its own."""
    monkeypatch.setattr(_front, "benchmark_names", lambda: ["x"])
    monkeypatch.setattr(_front, "_module", lambda name: Benchmark)
    monkeypatch.setattr(_front, "README", tmp_path / "README.md")
    monkeypatch.setattr(_results, "RESULTS", tmp_path / "results")
    (tmp_path / "README.md").write_text(PLACE.format("x"), encoding="utf-8")
    return tmp_path


def test_from_a_run_to_the_readme(elsewhere, capsys):
    assert main(["x", "--record"]) == 0
    assert "python -m benchmarks --readme" in capsys.readouterr().out
    recorded = json.loads((elsewhere / "results" / "x.json").read_text(encoding="utf-8"))
    assert recorded["rows"] == [asdict(row) for row in ROWS]
    assert main(["--check"]) == 1
    assert "tables of x are not those" in capsys.readouterr().err
    assert main(["--readme"]) == 0
    assert main(["--check"]) == 0
    assert "| a | 0.500 [0.250, 0.750] | 2.000 |" in (elsewhere / "README.md").read_text()


def test_nothing_is_recorded_unless_asked(elsewhere):
    assert main(["x"]) == 0
    assert not (elsewhere / "results").exists()


def test_a_result_without_a_place(elsewhere, capsys):
    assert main(["x", "--record"]) == 0
    (elsewhere / "README.md").write_text("words only", encoding="utf-8")
    for option in ("--check", "--readme"):
        assert main([option]) == 1
        assert "<!-- begin results of NAME -->" in capsys.readouterr().err
    assert (elsewhere / "README.md").read_text(encoding="utf-8") == "words only"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--quick", "--record"], "leave --quick out"),
        (["--record"], "--record needs the name of a benchmark"),
        (["x", "--readme"], "stand alone"),
        (["--check", "--json", "out.json"], "stand alone"),
    ],
)
def test_wrong_usage(elsewhere, capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
