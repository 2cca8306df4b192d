"""``mmclassic evaluate``: what modalities are worth together, by users, pairs or classes."""

from mmclassic.cli._arguments import chosen_format
from mmclassic.cli._models import SUPERVISED, make_model, read_interactions, read_items
from mmclassic.cli._output import check_output, write_table
from mmclassic.cli._variants import make_split
from mmclassic.evaluate import compare, evaluate, evaluate_labels, evaluate_pairs
from mmclassic.interactions import ITEM
from mmclassic.recommend import PopularRecommender
from mmclassic.tables import check_column

_ALL = "all modalities"
_IN_WORDS = {
    "better": "better than",
    "worse": "worse than",
    "no difference worth having": "as good as",
    "too few users to tell": "not surely better than",
}


def run(options):
    """Evaluate by what the options name."""
    check_output(options.output, options.items, options.interactions)
    by = options.by or "interactions"
    {"interactions": _by_interactions, "pairs": _by_pairs, "labels": _by_labels}[by](options)


def _by_pairs(options):
    """How well the modalities of items that were held out find each other."""
    table, columns = read_items(options.items, options)
    models = {options.aligner: make_model(options, columns)}
    found = evaluate_pairs(
        models,
        table,
        k=sorted({1, options.k}),
        item_id=options.id or ITEM,
        random_state=options.seed,
    )
    write_table(found.summary(), options)


def _by_labels(options):
    """How well neighbours tell the classes of items that were held out."""
    table, columns = read_items(options.items, options)
    check_column(table, options.labels, options.items)
    labels = table[options.labels].to_numpy(dtype=object)
    model = make_model(options, columns)
    if options.aligner not in SUPERVISED:
        model.set_params(labels=None)  # they are to be told, not to be learnt from
    models = {options.aligner: model}
    found = evaluate_labels(
        models, table, labels, item_id=options.id or ITEM, random_state=options.seed
    )
    write_table(found.summary(), options)


def _by_interactions(options):
    """Held-out interactions: are modalities worth more together?"""
    table, columns = read_items(options.items, options)
    interactions, _ = read_interactions(options, table)
    models = {"popular": PopularRecommender()}
    if len(columns) > 1:
        for name, column in columns.items():
            models[f"{name} only"] = make_model(options, {name: column})
    models[_ALL] = make_model(options, columns)
    results = evaluate(
        models,
        table,
        interactions,
        make_split(options),
        k=options.k,
        item_id=options.id or ITEM,
        random_state=options.seed,
    )
    write_table(results.summary(), options)
    if chosen_format(options) == "table" and options.output is None and len(columns) > 1:
        print(_together_or_alone(results, options.k))


def _together_or_alone(results, k):
    """A sentence: are all modalities together better than the best of them?"""
    table = results.summary().query("metric == 'ndcg' and k == @k").set_index("model")["value"]
    best = table.drop(["popular", _ALL]).idxmax()
    found = compare(results, best, "ndcg", k).set_index("model").loc[_ALL]
    return (
        f"All modalities together are {_IN_WORDS[found['verdict']]} {best}, the best of them in "
        f"hindsight: NDCG@{k} {found['difference']:+.3f} [{found['low']:+.3f}, "
        f"{found['high']:+.3f}] over {found['n_users']} users."
    )
