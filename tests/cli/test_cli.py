"""The command line as a user types it."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from mmclassic.cli import _main as cli
from mmclassic.datasets import make_catalog

COLUMNS = ["--image", "picture", "--text", "comment", "--audio", "sound", "--jobs", "1"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    return make_catalog(
        60, 15, folder=folder, image_size=48, audio_seconds=0.3, missing=0.05, random_state=0
    )


@pytest.fixture(scope="module")
def model(shop):
    path = shop.folder / "shop.skops"
    words = ["fit", str(shop.folder / "items.csv"), *COLUMNS, "-o", str(path)]
    words += ["--interactions", str(shop.folder / "interactions.csv")]
    assert cli.main(words) == 0
    return path


def run(capsys, *words):
    """Exit code, standard output and standard error of a command."""
    code = cli.main([str(word) for word in words])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_fit_says_what_it_learnt(model, capsys):
    code, out, _ = run(capsys, "info", model, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["items"] == 60
    assert facts["users"] == 15
    assert facts["views"]["image"]["column"] == "picture"
    code, out, _ = run(capsys, "info", model)
    assert "items: 60" in out
    assert "CCA()" in out


def test_relative_paths_lead_from_the_tables_folder(shop, model, capsys):
    written = pd.read_csv(shop.folder / "items.csv")
    assert not written["picture"].dropna().str.startswith("/").any()
    _, out, _ = run(capsys, "info", model, "--json")
    assert json.loads(out)["views"]["image"]["items with it"] == written["picture"].notna().sum()


def test_recommend(model, shop, capsys):
    user = shop.interactions["user_id"].iloc[0]
    code, out, _ = run(capsys, "recommend", model, "--user", user, "-k", 4, "--json")
    rows = json.loads(out)
    assert code == 0
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    code, out, _ = run(capsys, "recommend", model, "--user", user, "-k", 2, "--explain")
    assert "because" in out
    assert "~ item-" in out


def test_similar(model, shop, capsys):
    item = shop.items["item_id"].iloc[0]
    code, out, _ = run(capsys, "similar", model, "--item", item, "-k", 3, "--json")
    assert code == 0
    assert len(json.loads(out)) == 3
    assert item not in {row["item_id"] for row in json.loads(out)}


def test_search_by_text_picture_and_sound(model, shop, capsys):
    row = shop.items.dropna().iloc[0]
    for query in (
        ["--text", row["comment"]],
        ["--image", row["picture"]],
        ["--audio", row["sound"]],
        ["--text", row["comment"], "--target", "image"],
    ):
        code, out, _ = run(capsys, "search", model, *query, "-k", 60 if len(query) == 2 else 5)
        assert code == 0
        assert "score" in out
    code, out, _ = run(capsys, "search", model, "--image", row["picture"], "-k", 3, "--json")
    assert row["item_id"] in {found["item_id"] for found in json.loads(out)}


@pytest.mark.parametrize("split", ["warm", "last", "cold"])
def test_evaluate(shop, capsys, split):
    words = ["evaluate", shop.folder / "items.csv", "--text", "comment", "--numeric", "price"]
    words += ["--interactions", shop.folder / "interactions.csv", "--split", split, "-k", 3]
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    table = pd.DataFrame(json.loads(out))
    assert set(table["model"]) == {"popular", "text only", "numeric only", "all modalities"}
    assert table["value"].between(0, 1).all()
    assert (table["low"] <= table["value"]).all()


def test_parquet_whole_numbers_and_a_template(tmp_path, shop, capsys):
    items = shop.items.iloc[:20].reset_index(drop=True)
    items["code"] = items["item_id"]
    items["sku"] = range(100, 120)
    items["kind"] = [p.rpartition(".")[2] if pd.notna(p) else None for p in items["picture"]]
    items[["sku", "code", "kind", "comment"]].to_parquet(shop.folder / "some.parquet")
    template = "pictures/{code}.{kind}"
    model = tmp_path / "m.skops"
    liked = pd.DataFrame({"user_id": [7, 7, 9], "item_id": [100, 101, 102]})
    liked.to_parquet(tmp_path / "liked.parquet")
    words = ["fit", shop.folder / "some.parquet", "--id", "sku", "--image", template, "--text"]
    words += ["comment", "--interactions", tmp_path / "liked.parquet", "-o", model, "--jobs", 1]
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    with_picture = items["picture"].notna().sum()
    assert json.loads(out)["views"]["image"]["items with it"] == with_picture
    assert run(capsys, "recommend", model, "--user", 7, "-k", 2)[0] == 0
    code, _, err = run(capsys, "recommend", model, "--user", "seven", "-k", 2)
    assert code == 1
    assert "whole numbers; got 'seven'" in err


def test_identifiers_keep_their_leading_zeros_and_na_is_a_word(tmp_path, capsys):
    (tmp_path / "items.csv").write_text("item_id,title\n007,NA\n07,null\nNA,a b\n", "utf-8-sig")
    (tmp_path / "likes.csv").write_text("user_id,item_id\n01,007\n")
    model = tmp_path / "m.skops"
    words = ["fit", tmp_path / "items.csv", "--text", "title", "-o", model]
    assert run(capsys, *words, "--interactions", tmp_path / "likes.csv")[0] == 0
    code, out, _ = run(capsys, "recommend", model, "--user", "01", "-k", 2, "--json")
    assert code == 0
    assert {row["item_id"] for row in json.loads(out)} == {"07", "NA"}
    _, out, _ = run(capsys, "info", model, "--json")
    assert json.loads(out)["views"]["text"]["items with it"] == 3


@pytest.fixture
def broken_shop(tmp_path):
    shop = make_catalog(30, 8, folder=tmp_path, image_size=48, audio_seconds=0.3, random_state=2)
    pictures = sorted((tmp_path / "pictures").iterdir())
    for path in pictures[:3]:
        path.unlink()
    jpeg = next(p for p in pictures[3:] if p.suffix in (".jpg", ".jpeg"))
    jpeg.write_bytes(jpeg.read_bytes()[:500])
    next(iter(sorted((tmp_path / "sounds").iterdir()))).write_bytes(b"")
    return shop, jpeg


def test_on_error_raise_names_row_and_file_and_missing_goes_on(broken_shop, capsys):
    shop, _jpeg = broken_shop
    model = shop.folder / "m.skops"
    words = ["fit", shop.folder / "items.csv", *COLUMNS, "-o", model]
    words += ["--interactions", shop.folder / "interactions.csv"]
    code, out, err = run(capsys, *words)
    assert code == 1
    assert out == ""
    assert err.startswith("mmclassic: error: row 0, column 'picture', '")
    assert "file not found" in err
    assert "pass --on-error missing" in err
    assert "Traceback" not in err
    assert not model.exists()
    code, out, err = run(capsys, *words, "--on-error", "missing", "--json")
    assert code == 0
    assert json.loads(out)["unreadable cells"] == 5
    assert "4 cell(s) could not be used" in err
    item = shop.items["item_id"].iloc[0]
    assert run(capsys, "similar", model, "--item", item, "-k", 3)[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["info", "{folder}/none.skops"], "No such file or directory"),
        (["info", "{folder}/items.csv"], "is not a model file"),
        (["fit", "{folder}/none.csv", "--text", "a", "-o", "x"], "No such file"),
        (["fit", "{folder}/items.csv", "--text", "a", "-o", "x"], "no column ['a']"),
        (["fit", "{folder}/items.csv", "--image", "b", "-o", "x"], "has no column 'b'"),
        (["fit", "{folder}/items.csv", "--image", "{{b}}.png", "-o", "x"], "has no column 'b'"),
        (["fit", "{folder}/items.csv", "-o", "x"], "name at least one column"),
        (["fit", "{folder}/items.csv", "--numeric", "comment", "-o", "x"], "is not a number"),
        (["fit", "{folder}/pictures", "--text", "a", "-o", "x"], "must end in .csv"),
        (["evaluate", "{folder}/items.csv", "--text", "comment"], "needs --interactions"),
        (["search", "{model}"], "say what to search for"),
        (["search", "{model}", "--text", "the", "--target", "smell"], "no view named 'smell'"),
        (["search", "{model}", "--image", "none.png"], "'none.png': file not found"),
        (["recommend", "{model}", "--user", "nobody"], "nobody"),
        (["recommend", "{model}", "--user", "user-0001", "-k", "0"], "k must be"),
        (["similar", "{model}", "--item", "nothing"], "nothing"),
    ],
)
def test_user_errors_have_exit_code_1_one_line_and_no_traceback(
    words, message, shop, model, capsys
):
    words = [word.format(folder=shop.folder, model=model) for word in words]
    code, out, err = run(capsys, *words)
    assert code == 1
    assert out == ""
    assert err.startswith("mmclassic: error: ")
    assert message in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["fly"], ["fit"], ["recommend", "m"], ["fit", "a", "-o"]])
def test_wrong_usage_exits_with_2(words, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(words)
    assert raised.value.code == 2
    assert "usage: mmclassic" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["", "demo", "fit", "recommend", "similar", "search", "evaluate"]
)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main([*command.split(), "--help"])
    assert raised.value.code == 0
    assert "usage: mmclassic" in capsys.readouterr().out


def test_files_that_are_no_tables(tmp_path, capsys):
    empty, gbk = tmp_path / "empty.csv", tmp_path / "gbk.csv"
    empty.write_bytes(b"")
    gbk.write_bytes("title\n红色\n".encode("gbk"))
    assert "is empty" in run(capsys, "fit", empty, "--text", "title", "-o", "x")[2]
    assert "is not UTF-8" in run(capsys, "fit", gbk, "--text", "title", "-o", "x")[2]


def test_parquet_without_its_extra_names_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, out, err = run(capsys, "fit", tmp_path / "items.parquet", "--text", "t", "-o", "x")
    assert code == 1
    assert out == ""
    assert "reading Parquet tables needs 'pyarrow'" in err
    assert "pip install 'mmclassic[parquet]'" in err


def test_a_closed_pipe_is_no_error(model):
    command = f"{sys.executable} -m mmclassic.cli info {model} --json | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "{"
    assert done.stderr == ""


def test_demo(capsys, tmp_path):
    words = ["demo", "--items", 120, "--users", 30, "--folder", tmp_path / "shop", "--jobs", 1]
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    report = json.loads(out)
    results = pd.DataFrame(report["results"])
    assert set(results["split"]) == {"warm", "cold items"}
    assert len(results["model"].unique()) == 7
    assert len(report["examples"]) == 3
    for example in report["examples"]:
        assert example["sum_of_parts"] == pytest.approx(example["score"], abs=1e-6)
        assert sum(example["by_modality"].values()) == pytest.approx(example["score"], abs=1e-6)
    assert all(stage["seconds"] >= 0 for stage in report["stages"])
    assert (tmp_path / "shop" / "items.csv").exists()
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "aligned and fused" in out
    assert "Time and peak memory" in out
