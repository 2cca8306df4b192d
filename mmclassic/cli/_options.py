"""The words of the command line: commands, options, and what of them goes together.

Nothing heavy is imported here, so that help and complaints of usage come at once.
"""

import argparse
from pathlib import Path

from mmclassic import __version__
from mmclassic.cli._arguments import (
    ITEMS_HELP,
    add_command,
    add_k,
    add_table_options,
    finding_command,
    is_table,
    jobs,
    names_columns,
    positive,
    seed,
)
from mmclassic.cli._options_evaluate import add_compare, add_evaluate, add_split, add_tune

_EXAMPLES = """examples:
  mmclassic demo --folder shop
  mmclassic fit shop/items.csv --image picture --text comment --audio sound \\
      --interactions shop/interactions.csv -o shop.skops
  mmclassic recommend shop.skops --user user-0007 -k 5 --columns comment,price
  mmclassic search shop.skops --text "red striped cotton" --target image -o found.html
  mmclassic check shop.skops
"""


def parse(arguments):
    """The options of the words `arguments` (None: those of the process); exits on wrong usage.

    ``options.run`` names what is to be run as "module:function" of this package.
    """
    options = _parser().parse_args(arguments)
    for check in options.checks:
        complaint = check(options)
        if complaint:
            options.command.error(complaint)
    return options


def _parser():
    parser = argparse.ArgumentParser(
        prog="mmclassic",
        description="Search and recommend items described by pictures, texts and sounds.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mmclassic {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        _add_demo,
        _add_fit,
        _add_recommend,
        _add_similar,
        _add_search,
        _add_check,
        add_evaluate,
        add_compare,
        add_tune,
        add_split,
        _add_info,
    ):
        add(commands)
    return parser


def _add_demo(commands):
    command = add_command(
        commands, "demo", "_demo:demo", "the whole way on a generated shop, without network"
    )
    command.add_argument("--items", type=positive, default=1000, help="size of the shop (1000)")
    command.add_argument("--users", type=positive, default=200, help="number of users (200)")
    command.add_argument("--folder", type=Path, help="keep the shop here (a temporary folder)")
    command.add_argument("--seed", type=seed, default=0, help="seed of the shop (0)")
    command.add_argument("--jobs", type=jobs, default=-1, help="workers (-1: all cores)")


def _add_fit(commands):
    command = add_command(
        commands,
        "fit",
        "_fit:fit",
        "learn from a table of items and save a model",
        names_columns,
    )
    command.add_argument("items", type=Path, help=ITEMS_HELP)
    add_table_options(command)
    command.add_argument(
        "-o", "--output", dest="model", type=Path, required=True, help="file of the model"
    )


def _add_recommend(commands):
    command = finding_command(
        commands, "recommend", "_find:recommend", "items for users", _names_users
    )
    command.add_argument("model", type=Path)
    users = command.add_mutually_exclusive_group()
    users.add_argument("--user", action="append", help="may be repeated")
    users.add_argument("--all-users", action="store_true", help="every user of the model")
    users.add_argument(
        "--liked", metavar="ITEM", action="append", help="somebody who likes this; may be repeated"
    )
    command.add_argument(
        "--where", metavar="CONDITION", help="items that meet it, as in 'price < 50'"
    )
    command.add_argument("--explain", action="store_true", help="add what speaks for each item")
    add_k(command, 10, "items per user")


def _add_similar(commands):
    command = finding_command(commands, "similar", "_find:similar", "items like other items")
    command.add_argument("model", type=Path)
    command.add_argument("--item", action="append", required=True, help="may be repeated")
    add_k(command, 10, "items each")


def _add_search(commands):
    command = finding_command(
        commands,
        "search",
        "_find:search",
        "items for a text, a picture or a sound",
        _has_query,
    )
    command.add_argument("model", type=Path)
    command.add_argument("--text", help="words to search for")
    command.add_argument("--image", metavar="FILE", help="picture file to search by")
    command.add_argument("--audio", metavar="FILE", help="sound file to search by")
    command.add_argument("--target", help="compare with this modality of the items only")
    add_k(command, 10, "number of items")


def _add_check(commands):
    command = finding_command(
        commands,
        "check",
        "_check:check",
        "items whose picture, text and sound do not seem to belong together, the worst first",
        _names_columns_of_table,
    )
    command.add_argument(
        "source", type=Path, metavar="MODEL|TABLE", help="a saved model, or a table to fit one on"
    )
    add_table_options(command, with_interactions=False)
    add_k(command, 20, "number of items")


def _add_info(commands):
    command = add_command(commands, "info", "_fit:info", "what a saved model holds")
    command.add_argument("model", type=Path)


def _names_columns_of_table(options):
    return names_columns(options) if is_table(options.source) else None


def _names_users(options):
    if not (options.user or options.all_users or options.liked):
        return "say for whom: --user ID, --all-users or --liked ITEM"
    if options.liked and options.explain:
        return "--explain goes with users of the model: --user or --all-users"
    return None


def _has_query(options):
    if options.text is None and options.image is None and options.audio is None:
        return "say what to search for: --text, --image or --audio"
    return None
