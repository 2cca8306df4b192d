"""``mmclassic evaluate``: all modalities against each and against popularity."""

import numpy as np

from mmclassic.cli._models import make_model, read_interactions, read_items
from mmclassic.cli._options import chosen_format
from mmclassic.cli._output import check_output, write_table
from mmclassic.evaluate import ColdItemSplit, LeaveLastOut, RandomSplit, evaluate
from mmclassic.interactions import ITEM
from mmclassic.metrics import bootstrap_interval
from mmclassic.recommend import PopularRecommender

_ALL = "all modalities"


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
