"""``mmclassic fit`` and ``info``: make a model, and say what it holds."""

import numpy as np

from mmclassic.cli._models import load_model, make_model, read_interactions, read_items
from mmclassic.cli._output import check_output, write_mapping
from mmclassic.persistence import save


def fit(options):
    """Learn from a table and save the model."""
    check_output(options.model, options.items, options.interactions)
    table, columns = read_items(options.items, options)
    interactions, ignored = read_interactions(options, table)
    model = make_model(options, columns, keep=list(table.columns)).fit(table, interactions)
    save(model, options.model)
    write_mapping({"model": str(options.model), **_describe(model), **ignored}, options)


def info(options):
    """Say what a saved model holds."""
    model = load_model(options.model)
    write_mapping({"model": str(options.model), **_describe(model)}, options)


def _describe(model):
    columns = {name: column for name, _, column in getattr(model.extractor_, "modalities", ())}
    space = model.space_
    views = {
        name: {
            "column": columns.get(name, "(features)"),
            "width": width,
            "items with it": int(space.mask(name).sum()),
        }
        for name, width in model.view_widths_in_.items()
    }
    return {
        "items": len(space),
        "users": model.n_users_,
        "interactions": model.n_interactions_,
        "aligner": repr(model.aligner_),
        "views": views,
        **_weights(model),
        **_signals(model),
        "items without any": int((~space.present.any(axis=1)).sum()),
        "unreadable cells": len(model.failures_),
    }


def _weights(model):
    """What every view weighs and is worth, and whether all together are worth more."""
    table = model.weights_
    if table is None:
        return {}
    weights = {
        view: {name: round(value, 3) for name, value in line.items() if not np.isnan(value)}
        for view, line in table.to_dict("index").items()
    }
    held_out = getattr(model.recommender_, "held_out_", None)
    if table["agreement"].isna().all():
        return {"weights": weights, "weights by": "what was given"}
    kept = np.allclose(table["weight"], table["agreement"])
    by = "agreement between the views"
    if held_out is None:
        return {"weights": weights, "weights by": by}
    users = f"{held_out['n_users']} users"
    return {
        "weights": weights,
        "weights by": f"{by}, which {users} leave" if kept else f"held-out items of {users}",
        "all views together": _gain_in_words(held_out),
    }


def _gain_in_words(held_out):
    return f"{_gain(held_out)} against {held_out['best_view']} alone"


def _signals(model):
    """What every term of what users did weighs, and what all of them are worth."""
    recommender = model.recommender_
    if getattr(recommender, "mode", None) != "profile" or recommender.weights is not None:
        return {}
    if recommender.signals_ is None:
        few = "too few users like several items to tell; the content alone ranks"
        return {"what users did": few} if model.n_users_ else {}
    held_out, signals = recommender.held_out_likes_, recommender.signals_
    told = f"{_gain(held_out)} against the content alone, {held_out['n_users']} users"
    return {"signals": signals.round(3).to_dict("index"), "what users did": told}


def _gain(held_out):
    low, high = held_out["low"], held_out["high"]
    return f"NDCG@10 {held_out['together']:.3f}, {held_out['gain']:+.3f} [{low:+.3f}, {high:+.3f}]"
