"""The words of the commands that divide, evaluate, compare and tune."""

import argparse
from pathlib import Path

from mmclassic.cli._arguments import (
    ITEMS_HELP,
    MODALITIES,
    add_command,
    add_interaction_columns,
    add_k,
    add_output,
    add_reading_options,
    add_table_options,
    names_columns,
    positive,
    seed,
    share,
)

SPLITS = ("warm", "last", "time", "cold")
_SPLIT_HELP = (
    "hold out a share of each user's items, each user's last, the last of all, or whole items "
    "(warm)"
)
_TABLES = ("table", "json", "csv")


def add_evaluate(commands):
    """The command ``evaluate``."""
    command = add_command(
        commands,
        "evaluate",
        "_evaluate:run",
        "compare all modalities with each and with popularity, or, without interactions, say how "
        "well modalities find each other or tell classes",
        names_columns,
        _has_what_it_goes_by,
        formats=_TABLES,
    )
    command.add_argument("items", type=Path, help=ITEMS_HELP)
    add_table_options(command)
    command.add_argument(
        "--by",
        choices=["interactions", "pairs", "labels"],
        help="what tells good from bad: interactions (with --interactions), the modalities of an "
        "item finding each other, or --labels",
    )
    command.add_argument("--split", choices=SPLITS, default="warm", help=_SPLIT_HELP)
    add_k(command, 10, "length of the lists")
    add_output(command)


def add_compare(commands):
    """The command ``compare``."""
    command = add_command(
        commands,
        "compare",
        "_compare:run",
        "compare variants of a model, and say which are better and which not to be told apart",
        names_columns,
        _has_interactions,
        _tries,
        formats=_TABLES,
    )
    command.add_argument("items", type=Path, help=ITEMS_HELP)
    add_table_options(command)
    _add_tries(command, "the first of each is the baseline")
    command.add_argument("--split", choices=SPLITS, default="warm", help=_SPLIT_HELP)
    add_k(command, 10, "length of the lists")
    add_output(command)


def add_tune(commands):
    """The command ``tune``."""
    command = add_command(
        commands,
        "tune",
        "_tune:run",
        "choose settings by successive halving, on a part of the interactions held out",
        names_columns,
        _has_interactions,
        _tries,
        formats=_TABLES,
    )
    command.add_argument("items", type=Path, help=ITEMS_HELP)
    add_table_options(command)
    _add_tries(command, "all combinations are candidates")
    command.add_argument("--split", choices=SPLITS, default="warm", help=_SPLIT_HELP)
    command.add_argument(
        "--candidates", type=positive, default=20, help="how many are drawn of them (20)"
    )
    command.add_argument(
        "--save", type=Path, metavar="FILE", help="fit the best to everything and save it there"
    )
    add_k(command, 10, "length of the lists")
    add_output(command)


def add_split(commands):
    """The command ``split``."""
    command = add_command(
        commands,
        "split",
        "_split:run",
        "divide a table of interactions into one to learn from and one to be found",
    )
    command.add_argument("interactions", type=Path, help="table of users and items")
    add_interaction_columns(command.add_argument_group("its columns"))
    add_reading_options(command.add_argument_group("how it is written"))
    command.add_argument(
        "--split",
        choices=[*SPLITS, "users"],
        default="warm",
        help=f"{_SPLIT_HELP[:-7]}, or whole users (warm)",
    )
    command.add_argument(
        "--share", type=share, default=0.2, help="how much is held out, except of last (0.2)"
    )
    command.add_argument("--seed", type=seed, default=0, help="seed of everything random (0)")
    command.add_argument(
        "--folder", type=Path, required=True, help="where train.csv and test.csv are written"
    )


def _add_tries(command, help_text):
    command.add_argument(
        "--try",
        dest="tries",
        action="append",
        type=_setting,
        metavar="NAME=VALUE[,VALUE]",
        help=f"values of a setting of the model, such as similarity=calibrated,shared; may be "
        f"repeated, and {help_text}",
    )


def _setting(word):
    name, equals, values = word.partition("=")
    values = [value.strip() for value in values.split(",")]
    if not (name.strip() and equals) or "" in values:
        raise argparse.ArgumentTypeError(f"NAME=VALUE or NAME=VALUE,VALUE; got {word!r}")
    return name.strip(), list(dict.fromkeys(values))


def _has_what_it_goes_by(options):
    by = options.by or ("interactions" if options.interactions else None)
    if by in (None, "interactions") and not options.interactions:
        return "evaluate needs --interactions FILE to compare with, or --by pairs or labels"
    if by == "labels" and not options.labels:
        return "--by labels needs --labels COL, the column of classes"
    modalities = [getattr(options, name) for name in MODALITIES]
    if by == "pairs" and sum(map(bool, modalities)) < 2:
        options = "--image, --text, --audio, --video or --numeric"
        return f"--by pairs needs two modalities at least: {options}"
    return None


def _has_interactions(options):
    if options.interactions:
        return None
    return "there is nothing to measure by: name --interactions FILE"


def _tries(options):
    if not options.tries:
        return "say what is to be tried: --try similarity=calibrated,shared, for instance"
    if options.command.prog.endswith("compare") and all(len(v) < 2 for _, v in options.tries):
        return "--try needs two values to compare"
    names = [name for name, _ in options.tries]
    twice = [name for name in names if names.count(name) > 1]
    return f"--try {twice[0]}= comes twice; put its values into one" if twice else None
