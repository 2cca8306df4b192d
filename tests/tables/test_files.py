"""Columns of files: templates and paths."""

from pathlib import Path

import pandas as pd
import pytest

from mmclassic.exceptions import TableError
from mmclassic.tables import add_file_column


def paths(tmp_path, spec, **columns):
    table = pd.DataFrame(columns, dtype=object)
    name = add_file_column(table, spec, tmp_path / "items.csv")
    assert name == spec
    return [None if pd.isna(path) else path for path in table[spec]]


@pytest.mark.parametrize(
    ("spec", "cell", "path"),
    [
        ("{a}.png", "7", "7.png"),
        ("{a}.png", 7, "7.png"),
        ("{a}.png", 7.0, "7.png"),
        ("{a:03d}.png", "7", "007.png"),
        ("{a:03d}.png", 7, "007.png"),
        ("{a:03d}.png", 7.0, "007.png"),
        ("{a:03d}.png", "0007", "007.png"),
        ("{a:03}.png", "7", "007.png"),
        ("{a:03}.png", 7, "007.png"),
        ("{a:>03}.png", "x", "00x.png"),
        ("{a:>4}.png", "7", "   7.png"),
        ("{a:.2f}.png", "7", "7.00.png"),
        ("{a:x}.png", "255", "ff.png"),
        ("{a:.3}/{a}.png", "abcdef", "abc/abcdef.png"),
        ("{{{a}}}.png", "7", "{7}.png"),
        ("x/{a}-{a}.png", "7", "x/7-7.png"),
        ("{a}", "/abs/7.png", "/abs/7.png"),
    ],
)
def test_templates(tmp_path, spec, cell, path):
    assert paths(tmp_path, spec, a=[cell, None]) == [str(tmp_path / path), None]


def test_a_template_of_several_columns_and_names_with_dots_and_spaces(tmp_path):
    found = paths(tmp_path, "{a.b}/{c d}.png", **{"a.b": ["x", "y"], "c d": ["1", None]})
    assert found == [str(tmp_path / "x" / "1.png"), None]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{b}.png", r"has no column 'b'; it has \['a'\]"),
        ("b", "has no column 'b'"),
        ("{a.__class__}.png", "has no column 'a.__class__'"),
        ("{a[0]}.png", r"has no column 'a\[0\]'"),
        ("{}.png", "has no column ''"),
        ("{0}.png", "has no column '0'"),
        ("{a!r}.png", "braces hold a column and a format such as {a:03d}, and no more"),
        ("{a:{a}}.png", "and no more"),
        ("{a:9999999d}.png", "and no more"),
        ("{a:%Y}.png", "and no more"),
        ("{a.png", "is no template"),
        ("a}.png", "is no template"),
        ("{a:d}.png", r"row 0, column 'a': 'x' does not fit the format 'd'"),
        ("{a:.2f}.png", r"row 0, column 'a': 'x' does not fit the format '.2f'"),
    ],
)
def test_what_is_no_template(tmp_path, spec, words):
    with pytest.raises(TableError, match=words):
        paths(tmp_path, spec, a=["x"])


def test_a_column_of_that_name_is_no_template(tmp_path):
    assert paths(tmp_path, "{a}.png", **{"{a}.png": ["x"]}) == [str(tmp_path / "x")]


def test_paths_lead_from_the_folder_of_the_table(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    cells = ["img/7.png", "/abs/7.png", "~/7.png", None, "", "C:/7.png", "a:b.png", "//host/x"]
    found = paths(tmp_path, "a", a=[*cells, float("nan"), b"bytes"])
    assert found == [
        str(tmp_path / "img" / "7.png"),
        "/abs/7.png",
        "/home/someone/7.png",
        None,
        "",
        str(tmp_path / "C:" / "7.png"),
        str(tmp_path / "a:b.png"),
        "//host/x",
        None,
        b"bytes",
    ]


def test_backslashes_lead_through_folders_unless_they_are_part_of_a_name(tmp_path):
    (tmp_path / "odd\\name.png").write_bytes(b"")
    found = paths(tmp_path, "a", a=["img\\x\\7.png", "odd\\name.png"])
    assert found == [str(tmp_path / "img" / "x" / "7.png"), str(tmp_path / "odd\\name.png")]


def test_addresses_of_files_are_paths(tmp_path):
    address = (tmp_path / "a b é.png").as_uri()
    assert paths(tmp_path, "a", a=[address, "file:///x/y", "file://localhost/x/y"]) == [
        str(tmp_path / "a b é.png"),
        "/x/y",
        "/x/y",
    ]
    with pytest.raises(
        TableError, match="row 0, column 'a': 'file://other/x' is a file of another"
    ):
        paths(tmp_path, "a", a=["file://other/x"])


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/7.jpg",
        "HTTP://shop.example/7.jpg",
        "http:/shop.example/7.jpg",
        "ftp://shop.example/7.jpg",
        "s3://bucket/7.jpg",
        "gs://bucket/7.jpg",
        "data:image/png;base64,AAAA",
    ],
)
@pytest.mark.parametrize("spec", ["a", "{a}"])
def test_addresses_elsewhere_are_refused(tmp_path, address, spec, read):
    words = rf"line 3, column '\{spec}': '{address}' is the address of a file elsewhere; download"
    words = words.replace(r"'\a'", "'a'")
    table = read(f'id,a\n1,x.png\n2,"{address}"\n')
    with pytest.raises(TableError, match=words):
        add_file_column(table, spec, tmp_path / "items.csv")


def test_cells_that_are_no_text_stay_as_they_are(tmp_path):
    path = Path("x.png")
    assert paths(tmp_path, "a", a=[path, 5]) == [path, 5]
