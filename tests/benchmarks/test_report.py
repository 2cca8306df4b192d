"""Rows, tables and the facts about the run."""

import json
import platform

import numpy as np
import pytest

from benchmarks._report import (
    Row,
    as_markdown,
    as_report,
    machine,
    mean_row,
    split_row,
    versions,
    write_json,
)


def report(*rows):
    return as_report("name", rows, quick=False, seconds=1.25)


def table_lines(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def test_a_table_has_a_line_a_method_and_a_column_a_metric():
    text = as_markdown(
        report(
            Row("retrieval", "chance", "recall@1", 0.1),
            Row("retrieval", "CCA", "recall@1", 0.5, 0.4, 0.6),
            Row("retrieval", "CCA", "time", 2.0, unit="s"),
        )
    )
    assert table_lines(text) == [
        "| method | recall@1 | time (s) |",
        "| --- | ---: | ---: |",
        "| chance | 0.100 |  |",
        "| CCA | 0.500 [0.400, 0.600] | 2.000 |",
    ]


def test_every_case_has_its_own_table():
    text = as_markdown(report(Row("one", "m", "x", 1.0), Row("two", "m", "y", 2.0)))
    assert text.index("### one") < text.index("| m | 1.000 |") < text.index("### two")
    assert "| m | 2.000 |" in text


def test_a_note_stands_once_and_names_the_case_only_where_notes_differ():
    text = as_markdown(
        report(
            Row("one", "a", "x", 1.0, note="same"),
            Row("two", "a", "x", 1.0, note="same"),
            Row("one", "b", "x", 1.0, note="first"),
            Row("two", "b", "x", 1.0, note="second"),
            Row("one", "c", "x", None, note="not installed"),
        )
    )
    assert text.splitlines()[-3:] == ["- a: same", "- b (one): first", "- b (two): second"]
    assert "| c | none: not installed |" in text


def test_no_value_without_a_reason():
    with pytest.raises(ValueError, match="without a value must say why"):
        Row("case", "peer", "time", None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_figures_are_finite(bad):
    with pytest.raises(ValueError, match="figures must be finite"):
        Row("case", "method", "metric", bad)
    with pytest.raises(ValueError, match="figures must be finite"):
        Row("case", "method", "metric", 0.5, low=bad, high=1.0)


def test_mean_row_leaves_out_those_that_could_not_ask():
    row = mean_row("case", "method", "metric", np.array([1.0, 0.0, np.nan, 1.0, 0.0]))
    assert row.value == 0.5
    assert 0 <= row.low < 0.5 < row.high <= 1


def test_json_says_null_and_keeps_every_letter(tmp_path):
    path = tmp_path / "out.json"
    write_json(report(Row("红", "peer", "time", None, unit="s", note="absent")), path)
    text = path.read_text(encoding="utf-8")
    assert '"value": null' in text
    (row,) = json.loads(text)["rows"]
    assert row == {
        "case": "红",
        "method": "peer",
        "metric": "time",
        "value": None,
        "low": None,
        "high": None,
        "unit": "s",
        "note": "absent",
    }


def test_the_machine_is_described_without_its_name():
    facts = machine()
    assert set(facts) == {"system", "architecture", "cpus"}
    assert facts["cpus"] >= 1
    assert platform.node() not in json.dumps(facts)


def test_versions_name_what_the_figures_depend_on():
    found = versions()
    assert found["numpy"] == np.__version__
    assert found["python"] == platform.python_version()
    assert found["mmclassic"] is not None


def test_the_heading_says_what_was_not_installed():
    ran = {**report(Row("c", "m", "x", 1.0)), "versions": {"numpy": "2.4.6", "simplejpeg": None}}
    assert "; numpy 2.4.6, no simplejpeg. Brackets" in as_markdown(ran)


def test_notes_and_cells_stay_on_their_line():
    text = as_markdown(
        report(
            Row("c", "a", "x", 1.0, note="two\nlines"),
            Row("c", "b | b", "x", None, note="failed:\na | b"),
        )
    )
    assert "- a: two lines" in text
    assert r"| b \| b | none: failed: a \| b |" in text


def test_the_interval_allows_for_splits_that_share_training_rows():
    row = split_row("case", "m", "gain", np.array([0.1, 0.2, 0.3]), 0.5, "note")
    # t(.975, 2) = 4.3027; variance .01 (1/3 + 1/2).
    assert row.value == pytest.approx(0.2)
    assert row.high - row.value == pytest.approx(4.302653 * (0.01 * 5 / 6) ** 0.5, rel=1e-6)
    assert row.value - row.low == pytest.approx(row.high - row.value)


def test_two_splits_have_no_interval():
    row = split_row("case", "m", "gain", np.array([0.1, 0.3]), 0.25, "note")
    assert (row.value, row.low, row.high) == (pytest.approx(0.2), None, None)
