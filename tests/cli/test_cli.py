"""The command line as a user types it."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from io import BytesIO, StringIO

import pandas as pd
import pytest
from PIL import Image
from sklearn.tree import DecisionTreeClassifier

import mmclassic
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
    assert ("signals" in facts) == ("too few" not in facts["what users did"])
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


def test_recommend_to_somebody_who_likes_items_and_under_a_condition(model, shop, capsys):
    prices = shop.items.set_index("item_id")["price"]
    cheap = f"price < {prices.median()}"
    liked = ["--liked", shop.items["item_id"].iloc[0], "--liked", shop.items["item_id"].iloc[3]]
    words = ["recommend", model, *liked, "--where", cheap, "-k", 5, "--json"]
    code, out, _ = run(capsys, *words)
    found = [row["item_id"] for row in json.loads(out)]
    assert code == 0
    assert len(found) == 5
    assert (prices[found] < prices.median()).all()
    with pytest.raises(SystemExit):
        cli.main([str(word) for word in ["recommend", model, *liked, "--explain"]])
    assert "--explain goes with users" in capsys.readouterr().err
    code, _, err = run(capsys, "recommend", model, *liked, "--where", "cost < 3")
    assert code == 1
    assert "cannot be read" in err


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
    facts = json.loads(run(capsys, "info", model, "--json")[1])
    assert facts["views"]["text"]["items with it"] == 3
    assert facts["what users did"].startswith("too few users")
    assert "signals" not in facts


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
    assert err.startswith("mmclassic: error: row 2, column 'picture', '")  # the line of the file
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
        (["fit", "{folder}/items.csv", "--text", "a", "-o", "x"], "has no column 'a'"),
        (["fit", "{folder}/items.csv", "--image", "b", "-o", "x"], "has no column 'b'"),
        (["fit", "{folder}/items.csv", "--image", "{{b}}.png", "-o", "x"], "has no column 'b'"),
        (["fit", "{folder}/items.csv", "--numeric", "comment", "-o", "x"], "is not a number"),
        (["fit", "{folder}/pictures", "--text", "a", "-o", "x"], "must end in .csv"),
        (["search", "{model}", "--text", "the", "--target", "smell"], "no view named 'smell'"),
        (["search", "{model}", "--image", "none.png"], "error: 'none.png': file not found\n"),
        (["search", "{model}", "--audio", ""], "error: '': the path is an empty string"),
        (["fit", "{folder}/items.csv", "--text", "comment", "-o", "no/m.skops"], "no folder 'no'"),
        (["fit", "{folder}/items.csv", "--text", "comment", "-o", "{folder}"], "is a folder"),
        (["search", "{model}", "--text", "a", "-o", "no/a.csv"], "no folder 'no' to write 'a.csv'"),
        (["search", "{model}", "--text", "the", "--columns", "size"], "keeps no column ['size']"),
        (["search", "{model}", "--text", "the", "-o", "/dev/null"], "is a device"),
        (["search", "{model}", "--text", "the", "-o", "{model}"], "is what is read"),
        (["fit", "{folder}/items.csv", "--text", "a", "-o", "{folder}/items.csv"], "what is read"),
        (["check", "{folder}/items.csv", "--text", "comment"], "two or more"),
        (["recommend", "{model}", "--user", "USER-0001"], "but for upper and lower case"),
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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "required: COMMAND"),
        ("fly", "invalid choice: 'fly'"),
        ("fit", "required: items, -o/--output"),
        ("fit a -o", "expected one argument"),
        ("fit a.csv -o x", "name at least one column: --image, --text, --audio or --numeric"),
        ("fit a.csv --text a,,b -o x", "column names with commas between them; got 'a,,b'"),
        ("fit a.csv --text a -o x --jobs 0", "--jobs: must not be 0"),
        ("fit a.csv --text a -o x --seed -1", "--seed: must be from 0"),
        ("recommend m", "say for whom: --user ID, --all-users or --liked ITEM"),
        ("recommend m --user u --all-users", "not allowed with"),
        ("recommend m --user u -k 0", "-k: must be 1 or more; got 0"),
        ("similar m --item i -k -3", "-k: must be 1 or more; got -3"),
        ("search m", "say what to search for: --text, --image or --audio"),
        ("search m --text a -k many", "-k: a whole number; got 'many'"),
        ("search m --text a --format xml", "invalid choice: 'xml'"),
        ("search m --text a -o found.xlsx", "cannot write .xlsx files; name a .json or .csv"),
        ("recommend m --all-users -o r.tsv", "cannot write .tsv files"),
        ("evaluate a.csv --text a --interactions b.csv -o e.html", "cannot write .html files"),
        ("check a.csv", "name at least one column"),
        ("check a.csv --text a --interactions b.csv", "unrecognized arguments: --interactions"),
        ("evaluate a.csv --text a", "evaluate needs --interactions FILE"),
        ("demo --items 0", "--items: must be 1 or more"),
    ],
)
def test_wrong_usage_exits_with_2(words, message, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(words.split())
    assert raised.value.code == 2
    told = capsys.readouterr().err
    assert "usage: mmclassic" in told
    assert message in told


@pytest.mark.parametrize(
    "command", ["", "demo", "fit", "recommend", "similar", "search", "check", "evaluate", "info"]
)
def test_help(command, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main([*command.split(), "--help"])
    assert raised.value.code == 0
    assert "usage: mmclassic" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(["--version"])
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"mmclassic {mmclassic.__version__}\n"
    done = subprocess.run(
        [sys.executable, "-m", "mmclassic", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"mmclassic {mmclassic.__version__}\n"


def test_help_and_wrong_usage_import_nothing_heavy():
    code = (
        "import sys\n"
        "from mmclassic.cli import main\n"
        "for words in (['fit', '--help'], ['search', 'm']):\n"
        "    try:\n"
        "        main(words)\n"
        "    except SystemExit:\n"
        "        pass\n"
        "heavy = {'numpy', 'pandas', 'sklearn', 'scipy', 'PIL', 'skimage', 'librosa'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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
    words = ["demo", "--items", 60, "--users", 15, "--folder", tmp_path / "small", "--jobs", 1]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "aligned and fused" in out
    assert "Time and peak memory" in out


def test_a_query_that_cannot_be_read_is_an_error_of_every_model(broken_shop, capsys):
    shop, jpeg = broken_shop
    model = shop.folder / "m.skops"
    words = ["fit", shop.folder / "items.csv", *COLUMNS, "-o", model, "--on-error", "missing"]
    assert run(capsys, *words)[0] == 0
    for query in (["--image", jpeg], ["--image", "nowhere.png"], ["--text", "a", "--audio", jpeg]):
        code, out, err = run(capsys, "search", model, *query)
        assert (code, out) == (1, "")
        assert err.startswith(f"mmclassic: error: '{query[-1]}': ")
        assert "on-error" not in err


def test_columns_of_the_table_are_shown_with_what_was_found(model, shop, capsys):
    items = shop.items.set_index("item_id")
    words = ["search", model, "--text", items["comment"].dropna().iloc[0], "-k", 7]
    words += ["--columns", "comment,price"]
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    found = json.loads(out)
    assert list(found[0]) == ["item_id", "rank", "score", "comment", "price", "picture", "sound"]
    for row in found:
        item = items.loc[row["item_id"]]
        assert row["comment"] == (None if pd.isna(item["comment"]) else item["comment"])
        assert float(row["price"]) == pytest.approx(item["price"])
        assert row["picture"] == (None if pd.isna(item["picture"]) else item["picture"])
    code, out, _ = run(capsys, *words)
    assert "comment" in out.splitlines()[0]
    paths = [row["picture"] for row in found if row["picture"]]
    assert all(path in out for path in paths)
    longest = max((row["comment"] or "" for row in found), key=len)
    assert longest[:79] + "…" in out
    assert longest not in out


def test_columns_of_any_name_and_cells_of_any_line_break(tmp_path, capsys):
    comments = ["red\rball", "blue\nball", 'a "red", round\r\ncar', "blue car"]
    columns = {"item_id": [*"abcd"], "size, cm": [1, 2, 3, 4], "<b>": comments}
    pd.DataFrame(columns).to_parquet(tmp_path / "items.parquet")
    model, found = tmp_path / "m.skops", tmp_path / "found.csv"
    words = ["fit", tmp_path / "items.parquet", "--text", "<b>", "--numeric", '"size, cm"']
    assert run(capsys, *words, "-o", model)[0] == 0
    asked = '"size, cm",<b>,<b>'
    words = ["similar", model, "--item", "d", "-k", "3", "--columns", asked, "-o", found]
    assert run(capsys, *words)[0] == 0
    table = pd.read_csv(found)
    assert table.columns.tolist() == ["query_id", "item_id", "rank", "score", "size, cm", "<b>"]
    shown = table.set_index("item_id")
    assert shown["size, cm"].to_dict() == {"a": 1, "b": 2, "c": 3}
    assert shown["<b>"].to_dict() == dict(zip("abc", comments))


def test_results_in_every_format_on_standard_output_and_in_files(model, shop, tmp_path, capsys):
    user = shop.interactions["user_id"].iloc[0]
    words = ["recommend", model, "--user", user, "-k", 3]
    rows = json.loads(run(capsys, *words, "--format", "json")[1])
    assert rows == json.loads(run(capsys, *words, "--json")[1])
    table = pd.read_csv(StringIO(run(capsys, *words, "--format", "csv")[1]))
    assert table["item_id"].tolist() == [row["item_id"] for row in rows]
    for name in ("a.json", "a.csv", "a.html", "a.txt"):
        code, out, _ = run(capsys, *words, "-o", tmp_path / name)
        assert (code, out) == (0, "")
    assert json.loads((tmp_path / "a.json").read_text()) == rows
    assert (tmp_path / "a.csv").read_text().startswith("user_id,item_id,rank,score,basis\n")
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    assert "item_id" in (tmp_path / "a.txt").read_text()
    run(capsys, *words, "-o", tmp_path / "a.txt", "--format", "json")
    assert json.loads((tmp_path / "a.txt").read_text()) == rows


def test_somebody_new_gets_what_is_popular_and_it_says_so(model, capsys):
    code, out, _ = run(capsys, "recommend", model, "--user", "nobody", "-k", 2, "--format", "json")
    assert code == 0
    assert [row["basis"] for row in json.loads(out)] == ["popularity"] * 2


def test_recommendations_for_all_users_in_a_file(model, shop, tmp_path, capsys):
    path = tmp_path / "all.csv"
    assert run(capsys, "recommend", model, "--all-users", "-k", 2, "-o", path)[0] == 0
    table = pd.read_csv(path)
    assert set(table["user_id"]) == set(shop.interactions["user_id"])
    assert (table.groupby("user_id").size() == 2).all()


class Page(HTMLParser):
    """What a page of HTML shows, and what it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.images, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))


def test_a_page_of_pictures_needs_no_other_file(model, shop, capsys):
    words = ["search", model, "--text", "<script>alert(1)</script> red & blue", "-k", 5]
    code, out, _ = run(capsys, *words, "--format", "html")
    assert code == 0
    page = Page(out)
    assert "script" not in page.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt; red &amp; blue" in out
    rows = json.loads(run(capsys, *words, "--columns", "comment", "--json")[1])
    with_picture = [row for row in rows if row["picture"]]
    assert len(page.images) == len(with_picture) > 0
    for image, row in zip(page.images, with_picture):
        kind, _, data = image["src"].partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(BytesIO(base64.b64decode(data))) as picture:
            picture.load()
            assert max(picture.size) <= 192
        assert row["item_id"] in image["alt"]
    for user in ("recommend", "similar"):
        asked = {
            "recommend": ["--user", shop.interactions["user_id"].iloc[0]],
            "similar": ["--item", shop.items["item_id"].iloc[0]],
        }[user]
        assert "<h2>" in run(capsys, user, model, *asked, "--format", "html")[1]


def test_check_lists_items_with_a_wrong_picture_first(tmp_path, capsys):
    shop = make_catalog(
        150, 5, folder=tmp_path, image_size=48, audio_seconds=0.3, noise=0.05, random_state=1
    )
    items = shop.items.copy()
    swapped = items.index[items["picture"].notna()][:10]
    items.loc[swapped, "picture"] = items.loc[swapped[::-1], "picture"].to_numpy()
    items.to_csv(tmp_path / "swapped.csv", index=False)
    words = ["--image", "picture", "--text", "comment", "--audio", "sound", "--jobs", 1]
    code, out, err = run(capsys, "check", tmp_path / "swapped.csv", *words, "-k", 15, "--json")
    assert code == 0, err
    worst = json.loads(out)
    p_values = [row["p_value"] for row in worst]
    assert p_values == sorted(p_values, reverse=True)
    hits = {row["item_id"] for row in worst} & set(items.loc[swapped, "item_id"])
    assert len(hits) >= 3  # of 10 among 150: one would be chance
    assert {"comment", "picture", "sound"} <= set(worst[0])
    model = tmp_path / "m.skops"
    assert run(capsys, "fit", tmp_path / "swapped.csv", *words, "-o", model)[0] == 0
    assert json.loads(run(capsys, "check", model, "-k", 15, "--json")[1]) == worst


def test_unknown_items_are_left_out_when_asked_and_counted(shop, tmp_path, capsys):
    likes = shop.interactions[["user_id", "item_id"]]
    more = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["gone", "lost", "gone"]})
    pd.concat([likes, more]).to_csv(tmp_path / "likes.csv", index=False)
    words = ["fit", shop.folder / "items.csv", "--text", "comment", "--interactions"]
    words += [tmp_path / "likes.csv", "-o", tmp_path / "m.skops"]
    code, _, err = run(capsys, *words)
    assert code == 1
    assert "'gone', 'lost'" in err
    assert "--unknown-items ignore leaves such interactions out" in err
    code, out, _ = run(capsys, *words, "--unknown-items", "ignore", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["interactions left out"] == f"3 of {len(likes) + 3}, of 2 unknown items"
    assert told["users"] == likes["user_id"].nunique()
    words = ["evaluate", *words[1:-2], "--unknown-items", "ignore"]
    code, _, err = run(capsys, *words)
    assert code == 0
    assert f"interactions left out: 3 of {len(likes) + 3}, of 2 unknown items" in err


@pytest.mark.parametrize("asked", ["7", "0007.0", "A7"])
def test_tables_that_never_meet_are_an_error_even_if_unknown_items_may_go(asked, tmp_path, capsys):
    (tmp_path / "items.csv").write_text("item_id,title\n0007,red\n0008,blue\na7,tin\n")
    (tmp_path / "likes.csv").write_text(f"user_id,item_id\nu,{asked}\n")
    words = ["fit", tmp_path / "items.csv", "--text", "title", "--unknown-items", "ignore"]
    words += ["--interactions", tmp_path / "likes.csv", "-o", tmp_path / "m.skops"]
    code, _, err = run(capsys, *words)
    assert code == 1
    assert f"{asked!r} is " in err
    assert "--unknown-items" not in err
    assert run(capsys, *words[:4], *words[-2:])[0] == 0
    code, _, err = run(capsys, "recommend", tmp_path / "m.skops", "--user", "u")
    assert code == 1
    assert "knows no users" in err


def test_a_file_of_other_types_advises_nothing_that_commands_cannot_do(tmp_path, capsys):
    path = mmclassic.save(DecisionTreeClassifier().fit([[0], [1]], [0, 1]), tmp_path / "t.skops")
    code, _, err = run(capsys, "info", path)
    assert code == 1
    assert "so it is not loaded" in err
    assert "trusted=" not in err


def start(*words, **options):
    words = [sys.executable, "-m", "mmclassic", *map(str, words)]
    return subprocess.Popen(
        words, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=listen, **options
    )


def listen():
    """Undo what a shell does to what it starts in the background: it ignores interruptions."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("delay", [1.0, 2.5])
def test_an_interruption_is_the_exit_code_130_and_one_line(shop, tmp_path, delay):
    words = ["fit", shop.folder / "items.csv", *COLUMNS[:-1], "2", "-o", tmp_path / "m.skops"]
    process = start(*words, stdout=subprocess.DEVNULL)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[1] == b"mmclassic: interrupted\n"
    assert process.returncode == 130
    assert not list(tmp_path.iterdir())


# Commands in children of one process: what they import takes seconds, and is imported once.
FORKED = """
import json, os, sys
from mmclassic import cli

folder, good, bad = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
cli.main([*good, "-o", f"{folder}/first.csv"])


def run(name, words, close=(), onto=None, encoding=None):
    sys.stdout.flush()
    if (child := os.fork()) == 0:
        out = os.open(onto or f"{folder}/{name}.out", os.O_WRONLY | os.O_CREAT)
        err = os.open(f"{folder}/{name}.err", os.O_WRONLY | os.O_CREAT)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for number in close:  # as the interpreter starts with a closed descriptor
            os.close(number)
            setattr(sys, {1: "stdout", 2: "stderr"}[number], None)
        if encoding:
            sys.stdout.reconfigure(encoding=encoding)
        sys.exit(cli.main(words))
    codes[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


codes = {}
run("file", [*good, "-o", f"{folder}/found.csv"], close=[1])
if os.path.exists("/dev/full"):
    run("full", good, onto="/dev/full")
run("ascii", [*good, "--json"], encoding="ascii")
run("silent", bad, close=[2])
print(json.dumps(codes))
"""


def test_standard_output_that_is_closed_full_or_of_ascii(model, shop, tmp_path):
    words = ["search", str(model), "--text", "红色 blue", "--columns", "comment"]
    command = " ".join([sys.executable, "-m", "mmclassic", *(f"'{word}'" for word in words)])
    done = subprocess.run(f"{command} >&-", shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("standard output is closed, so there is nowhere to write to.\n")

    missing = ["search", str(tmp_path / "none.skops"), *words[2:]]
    arguments = [str(tmp_path), json.dumps(words), json.dumps(missing)]
    done = subprocess.run(
        [sys.executable, "-c", FORKED, *arguments], capture_output=True, text=True, check=True
    )
    codes = json.loads(done.stdout)
    assert codes.pop("full", 1) == 1
    assert codes == {"file": 0, "ascii": 0, "silent": 1}
    if os.path.exists("/dev/full"):
        said = (tmp_path / "full.err").read_text()
        assert said == "mmclassic: error: standard output: No space left on device\n"
    assert (tmp_path / "found.csv").read_text() == (tmp_path / "first.csv").read_text()
    shown = (tmp_path / "ascii.out").read_text()
    assert shown.isascii()
    comments = {row["comment"] for row in json.loads(shown)}
    assert comments & set(shop.items["comment"])
    assert (tmp_path / "silent.out").read_text() == ""


@pytest.mark.parametrize("suffixes", [("parquet", "csv"), ("csv", "parquet")])
def test_ids_are_the_same_as_numbers_and_as_text(tmp_path, suffixes, capsys):
    items = pd.DataFrame({"item_id": [7, 8, 10], "title": ["red a", "blue b", "tin c"]})
    likes = pd.DataFrame({"user_id": ["u", "v"], "item_id": [7, 10]})
    paths = [tmp_path / f"{n}.{suffix}" for n, suffix in zip(("items", "likes"), suffixes)]
    for table, path in zip((items, likes), paths):
        if path.suffix == ".csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path)
    words = ["fit", paths[0], "--text", "title", "--interactions", paths[1]]
    code, out, err = run(capsys, *words, "-o", tmp_path / "m.skops", "--json")
    assert code == 0, err
    assert json.loads(out)["users"] == 2
    if suffixes == ("parquet", "csv"):
        paths[1].write_text("user_id,item_id\nu,07\n")
        code, _, err = run(capsys, *words, "-o", tmp_path / "m.skops")
        assert code == 1
        assert "'07'" in err


def test_ratings_are_named_as_weights_are(shop, tmp_path, capsys):
    stars = shop.interactions.assign(rating=5.0, stars=4.0)
    table = tmp_path / "stars.csv"
    stars.assign(weight=1.0).to_csv(table, index=False)
    words = ["fit", shop.folder / "items.csv", "--text", "comment", "--interactions", table]
    words += ["-o", tmp_path / "m.skops", "--jobs", "1"]
    code, _, err = run(capsys, *words)
    assert code == 1
    assert "name the one to be read with --weight COLUMN or --rating COLUMN" in err
    code, _, _ = run(capsys, *words, "--rating", "stars")
    assert code == 0
