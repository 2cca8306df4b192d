"""``mmclassic check``: items whose modalities do not seem to belong together."""

from mmclassic.cli._arguments import is_table
from mmclassic.cli._models import (
    file_columns,
    kept_texts,
    load_model,
    make_model,
    read_items,
    with_kept_columns,
)
from mmclassic.cli._output import check_output, write_table
from mmclassic.interactions import ITEM


def check(options):
    """List the items that look like a mistake, the worst first."""
    check_output(options.output, options.source)
    model = _fitted(options) if is_table(options.source) else load_model(options.source)
    judged = model.consistency().dropna(subset="p_value")
    worst = judged.sort_values(["p_value", "agreement"], ascending=[False, True], kind="stable")
    worst = worst.head(options.k).reset_index(names=ITEM)
    columns = kept_texts(model) if options.columns is None else options.columns
    worst = with_kept_columns(worst, model, columns)
    title = f"The {len(worst)} of {len(judged)} items whose modalities agree least"
    write_table(worst, options, title=title, files=file_columns(model))


def _fitted(options):
    table, columns = read_items(options.source, options)
    if len(columns) < 2:
        raise ValueError(
            "check compares the modalities of an item; name columns of two or more of them: "
            "--image, --text, --audio, --video, --numeric."
        )
    return make_model(options, columns, keep=list(table.columns)).fit(table)
