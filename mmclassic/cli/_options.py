"""The words of the command line: commands, options, and what of them goes together.

Nothing heavy is imported here, so that help and complaints of usage come at once.
"""

import argparse
import csv
from pathlib import Path

from mmclassic import __version__

FORMATS = ("table", "json", "csv", "html")
_BY_SUFFIX = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html"}
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_NOT_WRITTEN = (".tsv", ".xlsx", ".parquet")
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
        _add_evaluate,
        _add_info,
    ):
        add(commands)
    return parser


def _command(commands, name, run, help_text, *checks, formats=("table", "json")):
    command = commands.add_parser(name, help=help_text, description=help_text)
    checks = (*checks, _is_a_kind_it_writes)
    command.set_defaults(run=run, command=command, checks=checks, formats=formats)
    command.add_argument(
        "--format", choices=formats, help="how the result is written (table, or by the suffix)"
    )
    command.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="the same as --format json",
    )
    command.add_argument("--verbose", action="store_true", help="tell what is done, and when")
    return command


def _add_demo(commands):
    command = _command(
        commands, "demo", "_demo:demo", "the whole way on a generated shop, without network"
    )
    command.add_argument("--items", type=_positive, default=1000, help="size of the shop (1000)")
    command.add_argument("--users", type=_positive, default=200, help="number of users (200)")
    command.add_argument("--folder", type=Path, help="keep the shop here (a temporary folder)")
    command.add_argument("--seed", type=_seed, default=0, help="seed of the shop (0)")
    command.add_argument("--jobs", type=_jobs, default=-1, help="workers (-1: all cores)")


def _add_fit(commands):
    command = _command(
        commands,
        "fit",
        "_fit:fit",
        "learn from a table of items and save a model",
        _names_columns,
    )
    command.add_argument("items", type=Path, help=_ITEMS_HELP)
    _add_table_options(command)
    command.add_argument(
        "-o", "--output", dest="model", type=Path, required=True, help="file of the model"
    )


def _add_recommend(commands):
    command = _finding_command(
        commands, "recommend", "_find:recommend", "items for users", _names_users
    )
    command.add_argument("model", type=Path)
    users = command.add_mutually_exclusive_group()
    users.add_argument("--user", action="append", help="may be repeated")
    users.add_argument("--all-users", action="store_true", help="every user of the model")
    command.add_argument("--explain", action="store_true", help="add what speaks for each item")
    _add_k(command, 10, "items per user")


def _add_similar(commands):
    command = _finding_command(commands, "similar", "_find:similar", "items like other items")
    command.add_argument("model", type=Path)
    command.add_argument("--item", action="append", required=True, help="may be repeated")
    _add_k(command, 10, "items each")


def _add_search(commands):
    command = _finding_command(
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
    _add_k(command, 10, "number of items")


def _add_check(commands):
    command = _finding_command(
        commands,
        "check",
        "_check:check",
        "items whose picture, text and sound do not seem to belong together, the worst first",
        _names_columns_of_table,
    )
    command.add_argument(
        "source", type=Path, metavar="MODEL|TABLE", help="a saved model, or a table to fit one on"
    )
    _add_table_options(command, with_interactions=False)
    _add_k(command, 20, "number of items")


def _add_evaluate(commands):
    command = _command(
        commands,
        "evaluate",
        "_evaluate:compare_models",
        "compare all modalities with each and with popularity",
        _names_columns,
        _has_interactions,
        formats=("table", "json", "csv"),
    )
    command.add_argument("items", type=Path, help=_ITEMS_HELP)
    _add_table_options(command)
    command.add_argument(
        "--split",
        choices=["warm", "last", "cold"],
        default="warm",
        help="hold out a share of each user's items, each user's last, or whole items (warm)",
    )
    _add_k(command, 10, "length of the lists")
    _add_output(command)


def _add_info(commands):
    command = _command(commands, "info", "_fit:info", "what a saved model holds")
    command.add_argument("model", type=Path)


def _finding_command(commands, name, run, help_text, *checks):
    """A command that gives a table of items."""
    command = _command(commands, name, run, help_text, *checks, formats=FORMATS)
    command.add_argument(
        "--columns",
        type=_column_list,
        metavar="COL[,COL]",
        help="show these columns of the items, and their files",
    )
    _add_output(command)
    return command


def _add_output(command):
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the result there, not here"
    )


def _add_k(command, default, help_text):
    command.add_argument("-k", type=_positive, default=default, help=f"{help_text} ({default})")


_ITEMS_HELP = f"table of items: {', '.join(TABLE_SUFFIXES)}"


def _add_table_options(command, *, with_interactions=True):
    items = command.add_argument_group("the table of items")
    items.add_argument("--id", metavar="COL", help="column of identifiers (item_id)")
    items.add_argument(
        "--image",
        metavar="COL",
        help="column of picture files, or a template such as 'flags/{code}.png'; relative paths "
        "lead from the table's folder",
    )
    items.add_argument(
        "--text", type=_column_list, metavar="COL[,COL]", help="columns of text, joined"
    )
    items.add_argument("--audio", metavar="COL", help="column of sound files, or a template")
    items.add_argument(
        "--numeric", type=_column_list, metavar="COL[,COL]", help="columns of numbers"
    )
    items.add_argument("--labels", metavar="COL", help="column of the items' classes")
    if with_interactions:
        _add_interaction_options(command.add_argument_group("what users did"))
    _add_reading_options(command.add_argument_group("how tables are written"))
    _add_model_options(command.add_argument_group("the model"))


def _add_interaction_options(group):
    group.add_argument(
        "--interactions",
        type=Path,
        metavar="FILE",
        help="table of users and items, and optionally of weights or ratings and times",
    )
    group.add_argument("--user", metavar="COL", help="its column of users (user_id)")
    group.add_argument("--item", metavar="COL", help="its column of items (item_id)")
    group.add_argument("--weight", metavar="COL", help="its column of weights (weight, if any)")
    group.add_argument(
        "--rating", metavar="COL", help="its column of ratings, instead of weights (rating, if any)"
    )
    group.add_argument("--time", metavar="COL", help="its column of times (timestamp, if any)")
    group.add_argument(
        "--time-format", metavar="FORMAT", help="how times are written, such as %%d/%%m/%%Y"
    )
    group.add_argument(
        "--unknown-items",
        choices=["raise", "ignore"],
        default="raise",
        help="rows with an item that the table of items lacks: stop, or leave them out and "
        "tell how many (raise)",
    )


def _add_reading_options(group):
    group.add_argument(
        "--sep", type=_separator, help="what separates cells: a character, or 'tab' (detected)"
    )
    group.add_argument(
        "--decimal", choices=[".", ","], metavar="MARK", help="'.' or ',' (detected)"
    )
    group.add_argument("--encoding", help="such as cp1252 (detected)")
    group.add_argument("--sheet", help="sheet of a workbook, by name (the first)")


def _add_model_options(group):
    group.add_argument(
        "--on-error",
        choices=["raise", "missing"],
        default="raise",
        help="a file that cannot be read: stop and name it, or go on without it (raise)",
    )
    group.add_argument(
        "--aligner",
        choices=["cca", "discriminant", "kmeans", "mlp", "none", "semantic"],
        default="cca",
        help="default: cca; discriminant and semantic learn from --labels",
    )
    group.add_argument(
        "--similarity",
        choices=["calibrated", "shared"],
        default="calibrated",
        help="compare what every modality says and what all share, or only that (calibrated)",
    )
    group.add_argument("--seed", type=_seed, default=0, help="seed of everything random (0)")
    group.add_argument("--jobs", type=_jobs, default=-1, help="workers (-1: all cores)")
    group.add_argument("--progress", action="store_true", help="show progress while reading")


def chosen_format(options):
    """How the result is to be written: as said, or by the suffix of the output."""
    output = getattr(options, "output", None)
    if options.format is not None or output is None:
        return options.format or "table"
    return _BY_SUFFIX.get(output.suffix.lower(), "table")


def is_table(path):
    """Whether a file is a table by its name."""
    return path.suffix.lower() in TABLE_SUFFIXES


def _is_a_kind_it_writes(options):
    """A file is what its name says, where that is the name of a kind of result or of table."""
    output = getattr(options, "output", None)
    if options.format is not None or output is None:
        return None
    suffix = output.suffix.lower()
    if suffix in _NOT_WRITTEN or chosen_format(options) not in options.formats:
        return f"cannot write {suffix} files; name a .json or .csv file, or say --format"
    return None


def _names_columns(options):
    if not any((options.image, options.text, options.audio, options.numeric)):
        return "name at least one column: --image, --text, --audio or --numeric"
    return None


def _names_columns_of_table(options):
    return _names_columns(options) if is_table(options.source) else None


def _names_users(options):
    if not (options.user or options.all_users):
        return "say for whom: --user ID or --all-users"
    return None


def _has_query(options):
    if options.text is None and options.image is None and options.audio is None:
        return "say what to search for: --text, --image or --audio"
    return None


def _has_interactions(options):
    return None if options.interactions else "evaluate needs --interactions FILE to compare with"


def _column_list(word):
    # Quotes hold a name together that has a comma; line breaks are none of csv's business.
    columns = next(csv.reader([word], skipinitialspace=True)) if '"' in word else word.split(",")
    columns = [column.strip() for column in columns]
    if "" in columns:
        raise argparse.ArgumentTypeError(f"column names with commas between them; got {word!r}")
    return list(dict.fromkeys(columns))


def _separator(word):
    separator = {"tab": "\t", "\\t": "\t"}.get(word, word)
    if len(separator) != 1:
        raise argparse.ArgumentTypeError(f"one character, or 'tab'; got {word!r}")
    return separator


def _whole(word):
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a whole number; got {word!r}") from None


def _positive(word):
    number = _whole(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {word}")
    return number


def _seed(word):
    number = _whole(word)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1; got {word}")
    return number


def _jobs(word):
    number = _whole(word)
    if number == 0:
        raise argparse.ArgumentTypeError("must not be 0; -1 takes all cores")
    return number
