"""What commands of the command line share: options, types of words, kinds of results.

Nothing heavy is imported here, so that help and complaints of usage come at once.
"""

import argparse
import csv
from pathlib import Path

# Options that name columns, and those of a query.
MODALITIES = ("image", "text", "audio", "video", "numeric")
QUERIES = ("text", "image", "audio", "video")
ALIGNERS = ("cca", "discriminant", "kmeans", "mlp", "none", "semantic")
FORMATS = ("table", "json", "csv", "html")
_BY_SUFFIX = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html"}
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_NOT_WRITTEN = (".tsv", ".xlsx", ".parquet")


def add_command(commands, name, run, help_text, *checks, formats=("table", "json")):
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


def finding_command(commands, name, run, help_text, *checks):
    """A command that gives a table of items."""
    command = add_command(commands, name, run, help_text, *checks, formats=FORMATS)
    command.add_argument(
        "--columns",
        type=column_list,
        metavar="COL[,COL]",
        help="show these columns of the items, and their files",
    )
    add_output(command)
    return command


def add_output(command):
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the result there, not here"
    )


def add_k(command, default, help_text):
    command.add_argument("-k", type=positive, default=default, help=f"{help_text} ({default})")


ITEMS_HELP = f"table of items: {', '.join(TABLE_SUFFIXES)}"


def add_table_options(command, *, with_interactions=True):
    items = command.add_argument_group("the table of items")
    items.add_argument("--id", metavar="COL", help="column of identifiers (item_id)")
    items.add_argument(
        "--image",
        metavar="COL",
        help="column of picture files, or a template such as 'flags/{code}.png'; relative paths "
        "lead from the table's folder",
    )
    items.add_argument(
        "--text", type=column_list, metavar="COL[,COL]", help="columns of text, joined"
    )
    items.add_argument("--audio", metavar="COL", help="column of sound files, or a template")
    items.add_argument("--video", metavar="COL", help="column of film clips, or a template")
    items.add_argument(
        "--numeric", type=column_list, metavar="COL[,COL]", help="columns of numbers"
    )
    items.add_argument("--labels", metavar="COL", help="column of the items' classes")
    if with_interactions:
        add_interaction_options(command.add_argument_group("what users did"))
    add_reading_options(command.add_argument_group("how tables are written"))
    add_model_options(command.add_argument_group("the model"))


def add_interaction_options(group):
    group.add_argument(
        "--interactions",
        type=Path,
        metavar="FILE",
        help="table of users and items, and optionally of weights or ratings and times",
    )
    add_interaction_columns(group)
    group.add_argument(
        "--unknown-items",
        choices=["raise", "ignore"],
        default="raise",
        help="rows with an item that the table of items lacks: stop, or leave them out and "
        "tell how many (raise)",
    )


def add_interaction_columns(group):
    """What the columns of a table of interactions are called."""
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


def add_reading_options(group):
    group.add_argument(
        "--sep", type=_separator, help="what separates cells: a character, or 'tab' (detected)"
    )
    group.add_argument(
        "--decimal", choices=[".", ","], metavar="MARK", help="'.' or ',' (detected)"
    )
    group.add_argument("--encoding", help="such as cp1252 (detected)")
    group.add_argument("--sheet", help="sheet of a workbook, by name (the first)")


def add_model_options(group):
    group.add_argument(
        "--on-error",
        choices=["raise", "missing"],
        default="raise",
        help="a file that cannot be read: stop and name it, or go on without it (raise)",
    )
    group.add_argument(
        "--aligner",
        choices=ALIGNERS,
        default="cca",
        help="default: cca; discriminant and semantic learn from --labels",
    )
    group.add_argument(
        "--similarity",
        choices=["calibrated", "shared"],
        default="calibrated",
        help="compare what every modality says and what all share, or only that (calibrated)",
    )
    group.add_argument("--seed", type=seed, default=0, help="seed of everything random (0)")
    group.add_argument("--jobs", type=jobs, default=-1, help="workers (-1: all cores)")
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


def column_list(word):
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


def positive(word):
    number = _whole(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {word}")
    return number


def share(word):
    """A share of what there is, neither nothing nor all."""
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"a number between 0 and 1; got {word!r}")
    return number


def seed(word):
    number = _whole(word)
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1; got {word}")
    return number


def jobs(word):
    number = _whole(word)
    if number == 0:
        raise argparse.ArgumentTypeError("must not be 0; -1 takes all cores")
    return number


def names_columns(options):
    if not any(getattr(options, name) for name in MODALITIES):
        return "name at least one column: --image, --text, --audio, --video or --numeric"
    return None
