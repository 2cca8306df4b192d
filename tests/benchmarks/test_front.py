"""The front door: what it lists, refuses and writes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import _front
from benchmarks._front import benchmark_names, main
from benchmarks._report import Row

ROOT = Path(__file__).parents[2]
ROW_KEYS = {"case", "method", "metric", "value", "low", "high", "unit", "note"}
REPORT_KEYS = {"name", "date", "quick", "seconds", "machine", "versions", "rows"}


class Benchmark:
    """Stands in for a benchmark module."""

    DESCRIPTION = "two figures"

    @staticmethod
    def run(quick):
        return [
            Row("case", "ours", "recall", 0.25 if quick else 0.5, 0.2, 0.6, note="default"),
            Row("case", "peer", "recall", None, note="peer is not installed"),
        ]


@pytest.fixture
def stand_in(monkeypatch):
    monkeypatch.setattr(_front, "benchmark_names", lambda: ["stand_in"])
    monkeypatch.setattr(_front, "_module", lambda name: Benchmark)


def test_lists_every_benchmark_with_one_line(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == benchmark_names()
    assert {"flags", "digits", "import", "features"} <= set(benchmark_names())
    assert all(len(line.split()) > 3 for line in lines)


def test_module_runs_from_the_command_line():
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "no-such"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert run.stderr.startswith("there is no benchmark 'no-such'; there are ")
    assert "flags" in run.stderr
    assert run.stdout == ""


def test_private_modules_are_no_benchmarks(capsys):
    assert main(["_report"]) == 2
    assert "no benchmark '_report'" in capsys.readouterr().err


def test_prints_a_table_and_writes_the_same_rows(stand_in, tmp_path, capsys):
    target = tmp_path / "new" / "out.json"
    assert main(["stand_in", "--quick", "--json", str(target)]) == 0
    printed = capsys.readouterr().out
    assert "| ours | 0.250 [0.200, 0.600] |" in printed
    assert "| peer | none: peer is not installed |" in printed
    report = json.loads(target.read_text(encoding="utf-8"))
    assert set(report) == REPORT_KEYS
    assert report["name"] == "stand_in"
    assert report["quick"] is True
    assert [set(row) for row in report["rows"]] == [ROW_KEYS, ROW_KEYS]
    assert [row["value"] for row in report["rows"]] == [0.25, None]


def test_without_quick_the_full_run(stand_in, capsys):
    assert main(["stand_in"]) == 0
    assert "| ours | 0.500 [0.200, 0.600] |" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["flags", "digits", "features", "fusion", "defaults"])
def test_data_that_are_not_there(name, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "nowhere"))
    assert main([name, "--quick"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"benchmark {name!r} has no data: MMCLASSIC_DATA is set to" in captured.err


def test_import_benchmark_times_this_package_and_names_absent_peers(monkeypatch):
    module = _front._module("import")
    monkeypatch.setattr(module, "PEERS", {"a peer": "no_such_module_for_sure"})
    asked, take = [], module.import_seconds

    def import_seconds(statements, n_runs):
        asked.append(statements)
        return take("mmclassic", n_runs)  # the facade takes ten times as long

    monkeypatch.setattr(module, "import_seconds", import_seconds)
    rows = {(row.method, row.metric): row for row in module.run(quick=True)}
    ours = rows["mmclassic", "time"]
    assert 0 < ours.low <= ours.value <= ours.high
    assert ours.value < 0.2
    peer = rows["a peer", "time"]
    assert peer.value is None
    assert peer.note == "a peer is not installed"
    assert asked == ["mmclassic", "mmclassic; mmclassic.MultimodalRecommender"]
