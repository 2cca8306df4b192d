"""Without interactions: do neighbours tell an item's class?"""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import check_random_state

from mmclassic.evaluate._cross_fit import cross_fit, divide, name_models, read_rows
from mmclassic.evaluate._evaluation import Evaluation
from mmclassic.evaluate._measuring import NO_LENGTH
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.interactions import ITEM
from mmclassic.match import similarity
from mmclassic.utils import check_k, top_k
from mmclassic.views import Views

FUSED = "fused"
_BLOCK_ELEMENTS = 1 << 22


def evaluate_labels(
    models,
    items,
    labels,
    *,
    n_neighbors=5,
    cv=5,
    item_id=ITEM,
    confidence=0.95,
    n_resamples=1000,
    random_state=None,
):
    """Measure how well the nearest items tell the class of held-out ones, by view and fused.

    Parameters
    ----------
    models : model or dict of str to model
        Whatever has ``fit`` and a ``transform`` that gives Views or a matrix: an aligner of Views,
        a `ModalityExtractor`, a pipeline, a `mmclassic.MultimodalRecommender`. Every fold
        fits a fresh clone on the other folds, with their labels where `fit` takes a `y`.
    items : DataFrame, Views or {array-like, CSR} of shape (n_items, n_columns)
        The items, one row each.
    labels : array-like of shape (n_items,)
        The class of every item.
    n_neighbors : int > 0, default=5
        How many of the nearest items of the other folds vote; of classes with as many votes that of
        the nearer items wins.
    cv : int, splitter or iterable of (array-like, array-like), default=5
        Folds of the items, as scikit-learn has them; a number divides at random, by class.
    item_id : str, default="item_id"
        Column of the item ids in a table; if it is "item_id" and not there, the index serves.
    confidence : float in (0, 1), default=0.95
        Confidence of the intervals.
    n_resamples : int > 0, default=1000
        Resamples of items behind the intervals.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds and of the resampling.

    Returns
    -------
    evaluation : Evaluation
        "accuracy" by model, view and item, and "macro_f1" by model and view (over all items); k is
        0. The view "fused" is the mean of the views if they are of one width, as after an aligner,
        else all side by side. `compare` takes it.

    Raises
    ------
    ValueError
        If a label is missing, or labels are not as many as items.

    Notes
    -----
    Rows are compared as the model says in ``similarity_metric``, else by cosine. An item that
    lacks a view has no value of that view and asks no neighbour by it. O(n_items^2) for each
    view.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import CCA
    >>> from mmclassic.evaluate import evaluate_labels
    >>> from mmclassic.testing import make_views
    >>> views = make_views(90).select("image", "text")
    >>> classes = np.where(views["image"][:, 0] > 0, "bright", "dark")
    >>> found = evaluate_labels(CCA(), views, classes, cv=3, random_state=0)
    >>> found.summary()[["view", "metric", "n_items"]]
        view    metric  n_items
    0  image  accuracy       90
    1   text  accuracy       90
    2  fused  accuracy       90
    3  image  macro_f1       90
    4   text  macro_f1       90
    5  fused  macro_f1       90
    """
    check_k(n_neighbors)
    models = name_models(models)
    items, ids = read_rows(items, item_id)
    codes, classes = _read_labels(labels, ids.size)
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    folds = divide(ids.size, codes, cv, seed)
    tables, runs = [], []
    for name, model in models.items():
        for train, test, learnt, held, metric, run in cross_fit(
            name, model, items, folds, np.asarray(labels)
        ):
            runs.append(run)
            for view, known, asked, rows in _sides(learnt, held):
                guesses = _vote(known[0], codes[train[known[1]]], asked, n_neighbors, metric)
                case = {"model": name, "view": view, "row": test[rows], "guess": guesses}
                tables.append(pd.DataFrame(case))
    guesses = pd.concat(tables, ignore_index=True)
    guesses["truth"] = codes[guesses["row"]]
    return Evaluation(
        per_user=_accuracies(guesses, ids),
        runs=pd.DataFrame(runs),
        metrics=("accuracy", "macro_f1"),
        k=(NO_LENGTH,),
        n_folds=len(folds),
        n_dropped=0,
        confidence=confidence,
        n_resamples=n_resamples,
        seed=int(seed),
        over_all=_macro_f1(guesses, len(classes), confidence, n_resamples, seed),
    )


def _read_labels(labels, n_items):
    labels = np.asarray(labels)
    if labels.shape != (n_items,):
        raise ValueError(f"labels must be one for each of {n_items} items; got {labels.shape}.")
    codes, classes = pd.factorize(labels, sort=False)
    if np.any(codes < 0):
        raise ValueError(
            f"{np.count_nonzero(codes < 0)} label(s) are missing, the first of row "
            f"{np.argmax(codes < 0)}; leave such items out."
        )
    return codes, classes


def _sides(learnt, held):
    """What is compared, by view: known rows and their numbers, rows that ask and theirs."""
    if not isinstance(learnt, Views):
        yield FUSED, (learnt, np.arange(learnt.shape[0])), held, np.arange(held.shape[0])
        return
    sides = [
        (view, learnt[view], learnt.mask(view), held[view], held.mask(view))
        for view in learnt.names
    ]
    if len(learnt.names) > 1:
        fusion = WeightedFusion() if len(set(learnt.widths.values())) == 1 else ConcatFusion()
        known = fusion.fit_transform(learnt)
        sides.append(
            (
                FUSED,
                known,
                learnt.present.any(axis=1),
                fusion.transform(held),
                held.present.any(axis=1),
            )
        )
    for view, known, has, asked, asks in sides:
        if has.any() and asks.any():
            rows = np.flatnonzero(has)
            yield view, (known[rows], rows), asked[np.flatnonzero(asks)], np.flatnonzero(asks)


def _vote(known, codes, asked, n_neighbors, metric):
    """The class that most of the nearest rows have."""
    n_neighbors = min(n_neighbors, len(codes))
    guesses = np.empty(asked.shape[0], dtype=np.int64)
    # Sums of these are less than one vote, and larger for nearer rows.
    votes = 1 + np.arange(n_neighbors, 0, -1) / (n_neighbors + 1) ** 2
    step = max(1, _BLOCK_ELEMENTS // max(1, len(codes)))
    for start in range(0, asked.shape[0], step):
        block = slice(start, start + step)
        found = codes[top_k(similarity(asked[block], known, metric=metric), n_neighbors)]
        rows = np.repeat(np.arange(len(found)), n_neighbors)
        counts = sp.coo_array((np.tile(votes, len(found)), (rows, found.ravel()))).toarray()
        guesses[block] = counts.argmax(axis=1)
    return guesses


def _accuracies(guesses, ids):
    """1 or 0 by model, view and item, averaged over the folds that held it out."""
    right = guesses.assign(value=(guesses["guess"] == guesses["truth"]).astype(float))
    means = right.groupby(["model", "view", "row"], sort=False)["value"].mean().reset_index()
    parts = [part for _, part in means.groupby(["model", "view"], sort=False)]
    means = pd.concat(parts, ignore_index=True)
    means.insert(2, "metric", "accuracy")
    means.insert(3, "k", NO_LENGTH)
    means.insert(4, ITEM, ids[means.pop("row")])
    return means


def _macro_f1(guesses, n_classes, confidence, n_resamples, seed):
    """Mean over classes of F1, with an interval over resampled items."""
    lines = []
    for (model, view), part in guesses.groupby(["model", "view"], sort=False):
        pairs = part["truth"].to_numpy() * n_classes + part["guess"].to_numpy()
        cells, counts = np.unique(pairs, return_counts=True)
        drawn = check_random_state(seed).multinomial(
            len(part), counts / len(part), size=n_resamples
        )
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.quantile(_f1_of_cells(cells, drawn, n_classes), ends)
        (value,) = _f1_of_cells(cells, counts[None, :], n_classes)
        line = {"model": model, "view": view, "metric": "macro_f1", "k": NO_LENGTH, "value": value}
        lines.append({**line, "low": low, "high": high, "n_items": part["row"].nunique()})
    return pd.DataFrame(lines)


def _f1_of_cells(cells, counts, n_classes):
    """Macro F1 of several draws of the filled cells of a confusion matrix."""
    truth, guess = np.divmod(cells, n_classes)
    in_class, said = (_summed_by(of, counts, n_classes) for of in (truth, guess))
    hits = _summed_by(truth, counts * (truth == guess), n_classes)
    total = in_class + said
    scores = np.divide(2 * hits, total, out=np.zeros(total.shape), where=total > 0)
    return scores.sum(axis=1) / np.count_nonzero(total, axis=1)


def _summed_by(group, counts, n_classes):
    marks = sp.csr_array((np.ones(group.size), (np.arange(group.size), group)),
                         shape=(group.size, n_classes))  # fmt: skip
    return counts @ marks
