"""``mmclassic compare``: variants of a model against the first of them."""

from tempfile import TemporaryDirectory

from mmclassic.cli._models import make_model, read_interactions, read_items
from mmclassic.cli._output import check_output, write_table
from mmclassic.cli._variants import make_split, read_tries, variants
from mmclassic.evaluate import compare, evaluate
from mmclassic.interactions import ITEM


def run(options):
    """Evaluate the variants on the same folds, and say which are better."""
    check_output(options.output, options.items, options.interactions)
    tries = read_tries(options)
    table, columns = read_items(options.items, options)
    interactions, _ = read_interactions(options, table)
    with TemporaryDirectory() as cache:
        models = variants(make_model(options, columns, cache=cache), tries)
        found = evaluate(
            models,
            table,
            interactions,
            make_split(options),
            k=options.k,
            item_id=options.id or ITEM,
            random_state=options.seed,
        )
    write_table(compare(found, next(iter(models)), "ndcg", options.k), options)
