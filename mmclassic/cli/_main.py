"""The command ``mmclassic``."""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from mmclassic.align import (
    CCA,
    DiscriminantCCA,
    KMeansAligner,
    MLPAligner,
    SemanticMatching,
)
from mmclassic.cli import _demo, _tables
from mmclassic.evaluate import ColdItemSplit, LeaveLastOut, RandomSplit, evaluate
from mmclassic.interactions import ITEM
from mmclassic.metrics import bootstrap_interval
from mmclassic.persistence import load, save
from mmclassic.pipeline import MultimodalRecommender
from mmclassic.recommend import PopularRecommender

_ALL = "all modalities"
_EXAMPLES = """examples:
  mmclassic demo --folder shop
  mmclassic fit shop/items.csv --image picture --text comment --audio sound \\
      --interactions shop/interactions.csv -o shop.skops
  mmclassic recommend shop.skops --user user-0007 -k 5
  mmclassic search shop.skops --text "red striped cotton" --target image
"""


def main(arguments=None):
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the command; None takes those of the process.

    Returns
    -------
    code : int
        0 on success, 1 for an error in the data or files. Wrong usage exits
        with 2, as argparse does.
    """
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():  # restores showwarning, too
            warnings.showwarning = _show_warning
            options.run(options)
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, say) has what it wanted. Only the process's own standard output is
        # given up; who calls this from Python keeps theirs.
        if arguments is None:
            _give_up_stdout()
        return 0
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"mmclassic: error: {_in_words(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mmclassic: interrupted", file=sys.stderr)
        return 130
    return 0


def _give_up_stdout():
    """Keep the interpreter, which flushes as it ends, from complaining of the broken pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _in_words(error):
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename!r}: {error.strerror}"
    # The advice names a parameter; here it is an option.
    return str(error).replace("on_error='missing'", "--on-error missing")


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"mmclassic: warning: {message}", file=sys.stderr)


def _parser():
    parser = argparse.ArgumentParser(
        prog="mmclassic",
        description="Search and recommend items described by pictures, texts and sounds.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_demo, _add_fit, _add_recommend, _add_similar, _add_search):
        add(commands)
    _add_evaluate(commands)
    _add_info(commands)
    return parser


def _command(commands, name, run, help_text):
    command = commands.add_parser(name, help=help_text, description=help_text)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return command


def _add_demo(commands):
    command = _command(
        commands, "demo", _run_demo, "the whole way on a generated shop, without network"
    )
    command.add_argument("--items", type=int, default=1000, help="size of the shop (1000)")
    command.add_argument("--users", type=int, default=200, help="number of users (200)")
    command.add_argument("--folder", type=Path, help="keep the shop here (a temporary folder)")
    command.add_argument("--seed", type=int, default=0, help="seed of the shop (0)")
    command.add_argument("--jobs", type=int, default=-1, help="workers (-1: all cores)")


def _add_table_options(command):
    command.add_argument("items", type=Path, help="table of items: .csv, .tsv or .parquet")
    command.add_argument(
        "--id", default=None, metavar="COL", help="column of identifiers (item_id)"
    )
    command.add_argument(
        "--image",
        metavar="COL",
        help="column of picture files, or a template such as 'flags/{code}.png'; relative paths "
        "lead from the table's folder",
    )
    command.add_argument("--text", metavar="COL[,COL]", help="columns of text, joined")
    command.add_argument("--audio", metavar="COL", help="column of sound files, or a template")
    command.add_argument("--numeric", metavar="COL[,COL]", help="columns of numbers")
    command.add_argument(
        "--interactions",
        type=Path,
        metavar="FILE",
        help="table with user_id, item_id and optionally weight and timestamp",
    )
    command.add_argument(
        "--on-error",
        choices=["raise", "missing"],
        default="raise",
        help="a file that cannot be read: stop and name it, or go on without it (raise)",
    )
    command.add_argument(
        "--aligner",
        choices=["cca", "discriminant", "kmeans", "mlp", "none", "semantic"],
        default="cca",
        help="default: cca; discriminant and semantic learn from --labels",
    )
    command.add_argument("--labels", metavar="COL", help="column of the items' classes")
    command.add_argument(
        "--similarity",
        choices=["calibrated", "shared"],
        default="calibrated",
        help="compare what every modality says and what all share, or only that (calibrated)",
    )
    command.add_argument("--seed", type=int, default=0, help="seed of everything random (0)")
    command.add_argument("--jobs", type=int, default=-1, help="workers (-1: all cores)")
    command.add_argument("--progress", action="store_true", help="show progress while reading")


def _add_fit(commands):
    command = _command(commands, "fit", _run_fit, "learn from a table of items and save a model")
    _add_table_options(command)
    command.add_argument("-o", "--output", type=Path, required=True, help="file of the model")


def _add_recommend(commands):
    command = _command(commands, "recommend", _run_recommend, "items for users")
    command.add_argument("model", type=Path)
    command.add_argument("--user", action="append", required=True, help="may be repeated")
    command.add_argument("--explain", action="store_true", help="add what speaks for each item")
    command.add_argument("-k", type=int, default=10, help="items per user (10)")


def _add_similar(commands):
    command = _command(commands, "similar", _run_similar, "items like other items")
    command.add_argument("model", type=Path)
    command.add_argument("--item", action="append", required=True, help="may be repeated")
    command.add_argument("-k", type=int, default=10, help="items each (10)")


def _add_search(commands):
    command = _command(commands, "search", _run_search, "items for a text, a picture or a sound")
    command.add_argument("model", type=Path)
    command.add_argument("--text", help="words to search for")
    command.add_argument("--image", type=Path, help="picture file to search by")
    command.add_argument("--audio", type=Path, help="sound file to search by")
    command.add_argument("--target", help="compare with this modality of the items only")
    command.add_argument("-k", type=int, default=10, help="number of items (10)")


def _add_evaluate(commands):
    command = _command(
        commands, "evaluate", _run_evaluate, "compare all modalities with each and with popularity"
    )
    _add_table_options(command)
    command.add_argument(
        "--split",
        choices=["warm", "last", "cold"],
        default="warm",
        help="hold out a share of each user's items, each user's last, or whole items (warm)",
    )
    command.add_argument("-k", type=int, default=10, help="length of the lists (10)")


def _add_info(commands):
    command = _command(commands, "info", _run_info, "what a saved model holds")
    command.add_argument("model", type=Path)


def _run_demo(options):
    report = _demo.run(
        n_items=options.items,
        n_users=options.users,
        folder=options.folder,
        random_state=options.seed,
        n_jobs=options.jobs,
        say=(lambda *_: None) if options.json else print,
    )
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))


def _run_fit(options):
    table, columns = _read_items(options)
    interactions = options.interactions and _tables.read_interactions(options.interactions)
    model = _make_model(options, columns).fit(table, interactions)
    save(model, options.output)
    summary = {"model": str(options.output), **_describe(model)}
    _print_mapping(summary, as_json=options.json)


def _run_recommend(options):
    model = _load_model(options.model)
    users = [_as_id(user, model.recommender_.user_ids_, "user") for user in options.user]
    ranked = model.recommend(users, options.k)
    if options.explain:
        ranked["because"] = [
            _in_short(model.explain(row.user_id, row.item_id)) for row in ranked.itertuples()
        ]
    _print_table(ranked, as_json=options.json)


def _run_similar(options):
    model = _load_model(options.model)
    ids = [_as_id(item, model.item_ids_, "item") for item in options.item]
    _print_table(model.similar(ids, options.k), as_json=options.json)


def _run_search(options):
    model = _load_model(options.model)
    query = {name: getattr(options, name) for name in ("text", "image", "audio")}
    query = {name: value for name, value in query.items() if value is not None}
    if not query:
        raise ValueError("say what to search for: --text, --image or --audio.")
    found = model.search(k=options.k, target=options.target, **query)
    _print_table(found.drop(columns="query"), as_json=options.json)


def _run_evaluate(options):
    table, columns = _read_items(options)
    if options.interactions is None:
        raise ValueError("evaluate needs --interactions FILE to compare with.")
    interactions = _tables.read_interactions(options.interactions)
    splits = {
        "warm": RandomSplit(random_state=options.seed),
        "last": LeaveLastOut(),
        "cold": ColdItemSplit(random_state=options.seed),
    }
    models = {"popular": PopularRecommender()}
    if len(columns) > 1:
        for name, column in columns.items():
            models[f"{name} only"] = _make_model(options, {name: column})
    models[_ALL] = _make_model(options, columns)
    results = evaluate(
        models,
        table,
        interactions,
        splits[options.split],
        k=options.k,
        item_id=options.id or ITEM,
        random_state=options.seed,
    )
    _print_table(results.summary(), as_json=options.json)
    if not options.json and len(columns) > 1:
        print(_together_or_alone(results, options.k))


def _run_info(options):
    model = _load_model(options.model)
    _print_mapping({"model": str(options.model), **_describe(model)}, as_json=options.json)


def _read_items(options):
    """The table and, by modality, the columns to read."""
    table = _tables.read_table(options.items)
    columns = {}
    for name in ("image", "audio"):
        spec = getattr(options, name)
        if spec is not None:
            columns[name] = _tables.add_file_column(table, spec, options.items)
    for name in ("text", "numeric"):
        spec = getattr(options, name)
        if spec is not None:
            chosen = [column.strip() for column in spec.split(",")]
            columns[name] = chosen[0] if len(chosen) == 1 else chosen
    if options.numeric is not None:
        numbers = columns["numeric"]
        numbers = [numbers] if isinstance(numbers, str) else numbers
        _tables.numeric_columns(table, numbers, options.items)
    return table, columns


def _make_model(options, columns):
    aligners = {
        "cca": None if len(columns) == 1 else CCA(random_state=options.seed),
        "discriminant": DiscriminantCCA(random_state=options.seed),
        "kmeans": KMeansAligner(random_state=options.seed),
        "mlp": MLPAligner(random_state=options.seed),
        "none": "passthrough",
        "semantic": SemanticMatching(),
    }
    return MultimodalRecommender(
        **columns,
        aligner=aligners[options.aligner],
        similarity=options.similarity,
        labels=options.labels,
        item_id=options.id or ITEM,
        on_error=options.on_error,
        n_jobs=options.jobs,
        progress=options.progress,
    )


def _load_model(path):
    model = load(path)
    if not isinstance(model, MultimodalRecommender):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}; this command needs a model that "
            "'mmclassic fit' wrote."
        )
    return model


def _as_id(word, ids, kind):
    """A word of the command line as an identifier of the kind the model uses."""
    if ids.dtype.kind != "i":
        return word
    try:
        return int(word)
    except ValueError as error:
        raise ValueError(f"{kind} ids of this model are whole numbers; got {word!r}.") from error


def _describe(model):
    columns = {name: column for name, _, column in getattr(model.extractor_, "modalities", ())}
    space = model.space_
    views = {
        name: {
            "column": columns.get(name, "(features)"),
            "width": width,
            "items with it": int(space.mask(name).sum()),
        }
        for name, width in model.view_widths_in_.items()
    }
    return {
        "items": len(space),
        "users": model.n_users_,
        "interactions": model.n_interactions_,
        "aligner": repr(model.aligner_),
        "views": views,
        **_weights(model),
        "items without any": int((~space.present.any(axis=1)).sum()),
        "unreadable cells": len(model.failures_),
    }


def _weights(model):
    """What every view weighs and is worth, and whether all together are worth more."""
    table = model.weights_
    if table is None:
        return {}
    weights = {
        view: {name: round(value, 3) for name, value in line.items() if not np.isnan(value)}
        for view, line in table.to_dict("index").items()
    }
    held_out = getattr(model.recommender_, "held_out_", None)
    if table["agreement"].isna().all():
        return {"weights": weights, "weights by": "what was given"}
    kept = np.allclose(table["weight"], table["agreement"])
    by = "agreement between the views"
    if held_out is None:
        return {"weights": weights, "weights by": by}
    users = f"{held_out['n_users']} users"
    return {
        "weights": weights,
        "weights by": f"{by}, which {users} leave" if kept else f"held-out items of {users}",
        "all views together": _gain_in_words(held_out),
    }


def _gain_in_words(held_out):
    return (
        f"NDCG@10 {held_out['together']:.3f}, {held_out['gain']:+.3f} "
        f"[{held_out['low']:+.3f}, {held_out['high']:+.3f}] against {held_out['best_view']} alone"
    )


def _together_or_alone(results, k):
    """A sentence: are all modalities together better than the best of them?"""
    found = results.per_user.query("metric == 'ndcg' and k == @k")
    values = found.pivot(index="user_id", columns="model", values="value")
    best = values.drop(columns=["popular", _ALL]).mean().idxmax()
    gains = (values[_ALL] - values[best]).to_numpy()
    low, high = bootstrap_interval(gains, random_state=results.seed)
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "no better than"
    return (
        f"All modalities together are {verdict} {best}, the best of them in hindsight: NDCG@{k} "
        f"{np.nanmean(gains):+.3f} [{low:+.3f}, {high:+.3f}] over {gains.size} users."
    )


def _in_short(parts, n_parts=3):
    """The largest parts of an explanation in one line."""
    top = parts.head(n_parts)
    return "; ".join(
        f"{row.contribution:+.3f} {row.view} ~ {row.item_id}" for row in top.itertuples()
    )


def _print_table(table, *, as_json):
    if as_json:
        print(table.to_json(orient="records", force_ascii=False, indent=2))
        return
    with pd.option_context("display.max_colwidth", 80, "display.width", 160):
        print(table.to_string(index=False, float_format=lambda value: f"{value:.4f}"))


def _print_mapping(mapping, *, as_json):
    if as_json:
        print(json.dumps(mapping, ensure_ascii=False, indent=2, default=str))
        return
    for key, value in mapping.items():
        if isinstance(value, dict):
            print(f"{key}:")
            for name, inner in value.items():
                print(f"  {name}: " + ", ".join(f"{k} {v}" for k, v in inner.items()))
        else:
            print(f"{key}: {value}")
