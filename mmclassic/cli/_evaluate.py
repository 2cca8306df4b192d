"""``mmclassic evaluate``: all modalities against each and against popularity."""

from mmclassic.cli._models import make_model, read_interactions, read_items
from mmclassic.cli._options import chosen_format
from mmclassic.cli._output import check_output, write_table
from mmclassic.evaluate import ColdItemSplit, LeaveLastOut, RandomSplit, compare, evaluate
from mmclassic.interactions import ITEM
from mmclassic.recommend import PopularRecommender

_ALL = "all modalities"
_IN_WORDS = {
    "better": "better than",
    "worse": "worse than",
    "no difference worth having": "as good as",
    "too few users to tell": "not surely better than",
}


def compare_models(options):
    """Evaluate on held-out interactions and say whether modalities are worth more together."""
    check_output(options.output, options.items, options.interactions)
    table, columns = read_items(options.items, options)
    interactions, _ = read_interactions(options, table)
    splits = {
        "warm": RandomSplit(random_state=options.seed),
        "last": LeaveLastOut(),
        "cold": ColdItemSplit(random_state=options.seed),
    }
    models = {"popular": PopularRecommender()}
    if len(columns) > 1:
        for name, column in columns.items():
            models[f"{name} only"] = make_model(options, {name: column})
    models[_ALL] = make_model(options, columns)
    results = evaluate(
        models,
        table,
        interactions,
        splits[options.split],
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
