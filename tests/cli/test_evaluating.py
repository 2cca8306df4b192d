"""evaluate, compare, tune and split as a user types them."""

import json

import pandas as pd
import pytest

import mmclassic
from mmclassic.cli import _main as cli
from mmclassic.datasets import make_catalog
from mmclassic.interactions import Interactions

COLUMNS = ["--text", "comment", "--numeric", "price", "--jobs", "1"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    return make_catalog(
        60, 20, folder=folder, image_size=48, audio_seconds=0.3, missing=0.05, random_state=0
    )


def run(capsys, *words):
    """Exit code, standard output and standard error of a command."""
    code = cli.main([str(word) for word in words])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def with_users(shop, command, *words):
    """The words of a command over the shop and what its users did."""
    table, liked = shop.folder / "items.csv", shop.folder / "interactions.csv"
    return [command, table, *COLUMNS, "--interactions", liked, *words]


@pytest.mark.parametrize("split", ["warm", "time"])
def test_evaluate_by_interactions_ends_with_a_sentence(shop, capsys, split):
    code, out, err = run(capsys, *with_users(shop, "evaluate", "-k", 3, "--split", split))
    assert code == 0, err
    *_, sentence = out.splitlines()
    assert sentence.startswith("All modalities together are ")
    assert "only, the best of them in hindsight: NDCG@3" in sentence


def test_evaluate_by_pairs(shop, capsys):
    words = ["evaluate", shop.folder / "items.csv", *COLUMNS, "--by", "pairs", "-k", 4, "--json"]
    code, out, err = run(capsys, *words)
    assert code == 0, err
    table = pd.DataFrame(json.loads(out))
    assert set(zip(table["query"], table["gallery"])) == {("text", "numeric"), ("numeric", "text")}
    assert set(table.query("metric == 'recall'")["k"]) == {1, 4}
    assert table["n_items"].max() <= 60
    code, _, err = run(capsys, *words[:-3], "-k", 50)
    assert code == 1
    assert "k must be an integer in [1, " in err


def test_evaluate_by_labels(shop, capsys):
    words = ["evaluate", shop.folder / "items.csv", *COLUMNS, "--by", "labels", "--json"]
    code, out, err = run(capsys, *words, "--labels", "category")
    assert code == 0, err
    table = pd.DataFrame(json.loads(out))
    assert set(table["view"]) == {"text", "numeric", "fused"}
    assert set(table["metric"]) == {"accuracy", "macro_f1"}
    assert (table["low"] <= table["value"]).all()
    told = run(capsys, *words, "--labels", "category", "--aligner", "discriminant")
    assert told[0] == 0, told[2]
    assert json.loads(told[1])[0]["model"] == "discriminant"
    code, _, err = run(capsys, *words, "--labels", "colour")
    assert code == 1
    assert "'colour'" in err


def test_compare(shop, capsys):
    tries = ["--try", "similarity=calibrated,shared", "--try", "aligner=none,kmeans"]
    code, out, err = run(capsys, *with_users(shop, "compare", *tries, "-k", 3, "--json"))
    assert code == 0, err
    table = pd.DataFrame(json.loads(out))
    assert table["baseline"].unique().tolist() == ["similarity=calibrated aligner=none"]
    assert table["model"].tolist() == [
        "similarity=calibrated aligner=kmeans",
        "similarity=shared aligner=none",
        "similarity=shared aligner=kmeans",
    ]
    assert set(table["verdict"]) <= {
        "better",
        "worse",
        "too few users to tell",
        "no difference worth having",
    }
    assert (table["k"] == 3).all()


def test_tune_and_save_the_best(shop, tmp_path, capsys):
    best = tmp_path / "best.skops"
    tries = ["--try", "recommender=random,popular", "--try", "similarity=shared,calibrated"]
    words = with_users(shop, "tune", *tries, "--save", best, "-k", 5)
    code, out, err = run(capsys, *words)
    assert code == 0, err
    *_, sentence = out.splitlines()
    assert sentence.startswith("The best: recommender=")
    assert sentence.endswith("in the last round.")
    assert "NDCG@5" in sentence
    model = mmclassic.load(best)
    assert type(model.recommender_).__name__.startswith(("Random", "Popular"))
    assert len(model.item_ids_) == 60
    table = tmp_path / "tried.csv"
    code, out, _ = run(capsys, *words[:-4], "--candidates", 2, "-k", 5, "-o", table)
    assert (code, out) == (0, "")
    tried = pd.read_csv(table)
    assert tried["round"].tolist() == [0, 0]
    assert tried["recommender"].isin(["random", "popular"]).all()
    assert tried["similarity"].isin(["shared", "calibrated"]).all()


@pytest.mark.parametrize(
    ("split", "files"),
    [
        ("warm", {"train", "test"}),
        ("last", {"train", "test"}),
        ("time", {"train", "test"}),
        ("cold", {"train", "test", "new-items"}),
        ("users", {"train", "test", "given"}),
    ],
)
def test_split(shop, tmp_path, capsys, split, files):
    liked, folder = shop.folder / "interactions.csv", tmp_path / "parts"
    words = ["split", liked, "--split", split, "--share", "0.3", "--folder", folder, "--json"]
    code, out, err = run(capsys, *words)
    assert code == 0, err
    told = json.loads(out)
    parts = {path.stem: pd.read_csv(path) for path in folder.iterdir()}
    assert set(parts) == files
    assert all(told[str(folder / f"{name}.csv")] == len(part) for name, part in parts.items())
    rows = sum(len(part) for name, part in parts.items() if name != "new-items")
    assert rows + told["left out"] == len(pd.read_csv(liked))
    train = Interactions.from_frame(parts["train"])
    assert train.n_interactions == len(parts["train"])
    if split == "time":
        assert train.timestamp.max() <= Interactions.from_frame(parts["test"]).timestamp.min()
    if split == "cold":
        assert not set(parts["new-items"]["item_id"]) & set(parts["train"]["item_id"])
    if split == "users":
        assert not set(parts["given"]["user_id"]) & set(parts["train"]["user_id"])


def test_split_reads_other_names_of_columns_and_writes_ours(tmp_path, capsys):
    rows = [f"{u};{i};{(u * i) % 5 + 1}" for u in range(6) for i in range(8)]
    (tmp_path / "stars.csv").write_text("\n".join(["who;what;stars", *rows]) + "\n")
    words = ["split", tmp_path / "stars.csv", "--user", "who", "--item", "what"]
    words += ["--rating", "stars", "--folder", tmp_path]
    assert run(capsys, *words)[0] == 0
    assert pd.read_csv(tmp_path / "test.csv").columns.tolist() == ["user_id", "item_id", "rating"]
    code, _, err = run(capsys, "split", tmp_path / "train.csv", "--folder", tmp_path)
    assert code == 1
    assert "is what is read" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("evaluate a.csv --text a --by interactions", "evaluate needs --interactions FILE"),
        ("evaluate a.csv --text a --by pairs", "--by pairs needs two modalities"),
        ("evaluate a.csv --text a --by labels", "--by labels needs --labels COL"),
        ("evaluate a.csv --by pairs", "name at least one column"),
        ("compare a.csv --text a --try aligner=cca,none", "name --interactions FILE"),
        ("compare a.csv --text a --interactions b", "say what is to be tried"),
        ("compare a.csv --text a --interactions b --try x=1", "two values to compare"),
        ("compare a.csv --text a --interactions b --try x", "NAME=VALUE or NAME=VALUE,VALUE"),
        ("tune a.csv --text a --interactions b --try x=1,,2", "NAME=VALUE or NAME=VALUE,VALUE"),
        ("tune a.csv --text a --interactions b --try x=1 --try x=2", "--try x= comes twice"),
        ("split a.csv", "required: --folder"),
        ("split a.csv --folder b --share 1", "a number between 0 and 1; got '1'"),
        ("split a.csv --folder b --split cold-ish", "invalid choice"),
    ],
)
def test_wrong_usage_exits_with_2(words, message, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(words.split())
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tried", "message"),
    [
        ("aligner=magic,cca", "--try aligner= takes cca, "),
        ("recommender=deep,knn", "--try recommender= takes knn, popular, random"),
        ("depth=1,2", "depth"),
    ],
)
def test_settings_that_no_model_has(shop, capsys, tried, message):
    code, _, err = run(capsys, *with_users(shop, "compare", "--try", tried))
    assert code == 1
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["compare", "tune", "split"])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main([command, "--help"])
    assert raised.value.code == 0
    assert "--split" in capsys.readouterr().out
