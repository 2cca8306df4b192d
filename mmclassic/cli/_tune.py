"""``mmclassic tune``: the best settings of a model, and a model with them."""

from tempfile import TemporaryDirectory

from mmclassic.cli._arguments import chosen_format
from mmclassic.cli._models import make_model, read_interactions, read_items
from mmclassic.cli._output import check_output, write_table
from mmclassic.cli._variants import in_words, make_split, read_tries
from mmclassic.evaluate import tune
from mmclassic.interactions import ITEM
from mmclassic.persistence import save


def run(options):
    """Search, write what was tried, and save a model that is fitted to everything."""
    for path in (options.output, options.save):
        check_output(path, options.items, options.interactions)
    tries = read_tries(options)
    table, columns = read_items(options.items, options)
    interactions, _ = read_interactions(options, table)
    with TemporaryDirectory() as cache:
        found = tune(
            make_model(options, columns, cache=cache),
            {name: list(words.values()) for name, words in tries.items()},
            table,
            interactions,
            make_split(options),
            k=options.k,
            n_candidates=options.candidates,
            item_id=options.id or ITEM,
            random_state=options.seed,
        )
    if options.save is not None:
        best = make_model(options, columns, keep=list(table.columns))
        save(best.set_params(**found.best_params).fit(table, interactions), options.save)
    shown = found.table.assign(**{n: in_words(found.table[n], w) for n, w in tries.items()})
    write_table(shown, options)
    if chosen_format(options) == "table" and options.output is None:
        settings = " ".join(
            f"{name}={word}"
            for name, words in tries.items()
            for word, value in words.items()
            if repr(value) == repr(found.best_params[name])
        )
        print(f"The best: {settings}, NDCG@{options.k} {found.best_score:.3f} in the last round.")
