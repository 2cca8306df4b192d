"""Networks beside the linear solution: what they cost, and where they find more than lines do."""

import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks import flags
from benchmarks._planted import planted_views
from benchmarks._ratios import interleaved_seconds, ratio_row, time_row
from benchmarks._report import Row
from mmclassic.align import CCA, KernelCCA, MLPAligner, similarity
from mmclassic.datasets import fetch_wikipedia
from mmclassic.metrics import (
    label_relevance,
    retrieval_map,
    retrieval_recall_at_k,
    retrieval_scorer,
)
from mmclassic.utils import one_blas_thread
from mmclassic.views import PerView, Views

DESCRIPTION = "MLPAligner against MLPRegressor and CCA: planted lines and curves, articles, flags"

N_HELD_OUT = 2000
N_PASSES = 20
HIDDEN = 64
BATCH = 256
PEER = "scikit-learn MLPRegressor"
GRID = {"align__max_inputs": [32, None], "align__dropout": [0.2, 0.5]}


def run(quick):
    """Measure every case; a quick run has a tenth of the planted rows and few settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        with one_blas_thread():
            rows = _lines(quick) + _curves(quick)
        return rows + _wikipedia(quick) + _flags(quick)


# --- planted lines -------------------------------------------------------------------------------


def _lines(quick):
    n_rows = 2000 if quick else 20000
    views = planted_views(
        n_rows + N_HELD_OUT, (500, 300), n_components=32, correlations=(0.95, 0.7)
    )
    views = Views.from_arrays(*views, names=("x", "y"))
    train, test = views[:n_rows], views[n_rows:]
    case = f"lines: {n_rows} x (500, 300), 32 shared components, pool of {N_HELD_OUT}"
    aligners = {
        "CCA": (CCA(), "default settings."),
        "MLPAligner": (MLPAligner(), "default settings; target: recall@1 of 0.95 or more."),
        "MLPAligner, mse": (
            MLPAligner(objective="mse", max_iter=N_PASSES),
            f"{N_PASSES} passes at most.",
        ),
    }
    rows = []
    for name, (aligner, note) in aligners.items():
        space = aligner.fit(train).transform(test)
        rows.append(_recall(case, name, space["x"], space["y"], note))
    return rows + _regression(case, train, test) + _speed(case, train, 1 if quick else 3)


def _regression(case, train, test):
    """How well y is predicted from x after as many passes, with as many hidden units."""
    scale = StandardScaler().fit(train["x"])
    center, unit = train["y"].mean(axis=0), train["y"].std()
    peer = _regressor(N_PASSES).fit(scale.transform(train["x"]), (train["y"] - center) / unit)
    predicted = peer.predict(scale.transform(test["x"])) * unit
    truth = test["y"] - center
    ours = _mapping(N_PASSES).fit(train).transform(test)
    note = f"{N_PASSES} passes, {HIDDEN} hidden units, batches of {BATCH}."
    return [
        Row(case, PEER, "R2 of y from x", _share(predicted, truth), note=note),
        _recall(case, PEER, predicted, truth, note),
        Row(
            case,
            "MLPAligner, mse, all columns",
            "R2 of y from x",
            _share(ours["x"][:, -300:], ours["y"][:, -300:]),
            note=f"{note} Target: no less than {PEER}.",
        ),
    ]


def _speed(case, train, n_runs):
    """Seconds of five passes, in both directions: what six take more than one."""
    x, y = (StandardScaler().fit_transform(train[name]) for name in train.names)
    single = [block.astype(np.float32) for block in (x, y)]
    short, long = 1, 6
    tasks = {}
    for n in (short, long):
        tasks["ours", n] = partial(_mapping(n).fit, train)
        tasks[PEER, n] = partial(_both_ways, n, x, y)
        tasks[f"{PEER}, float32", n] = partial(_both_ways, n, *single)
    seconds = interleaved_seconds(tasks, n_runs, cpu=True)
    passes = {name: seconds[name, long] - seconds[name, short] for name, _ in tasks}
    ours = passes.pop("ours")
    method = "MLPAligner, mse, all columns"
    rows = [time_row(case, method, ours, n_items=long - short, item="pass")]
    for name, theirs in passes.items():
        rows.append(time_row(case, name, theirs, n_items=long - short, item="pass"))
        target = "CPU time of a pass in both directions; target: twice as fast"
        rows.append(ratio_row(case, method, f"speedup over {name}", theirs, ours, note=target))
    return rows


def _mapping(n_passes):
    return MLPAligner(
        300,
        objective="mse",
        max_inputs=None,
        hidden_size=HIDDEN,
        dropout=0.0,
        batch_size=BATCH,
        max_iter=n_passes,
        n_iter_no_change=n_passes + 1,
    )


def _regressor(n_passes):
    return MLPRegressor(
        hidden_layer_sizes=(HIDDEN,),
        batch_size=BATCH,
        max_iter=n_passes,
        early_stopping=True,
        n_iter_no_change=n_passes + 1,
        random_state=0,
    )


def _both_ways(n_passes, x, y):
    _regressor(n_passes).fit(x, y)
    _regressor(n_passes).fit(y, x)


def _share(found, truth):
    return float(1 - np.sum((found - truth) ** 2) / np.sum((truth - truth.mean(axis=0)) ** 2))


def _recall(case, method, left, right, note):
    S = similarity(left, right)
    value = np.mean([retrieval_recall_at_k(T, k=1) for T in (S, S.T)])
    return Row(case, method, "recall@1", float(value), note=note)


# --- planted curves ------------------------------------------------------------------------------


def _curves(quick):
    """What is shared are six numbers, of which the second view shows the absolute values."""
    n_rows, n_held_out = (1000 if quick else 4000), 1000
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows + n_held_out, 6))
    blocks = [
        shown @ rng.normal(size=(6, p)) + 0.3 * rng.normal(size=(len(shown), p))
        for shown, p in ((hidden, 40), (np.abs(hidden) - np.sqrt(2 / np.pi), 30))
    ]
    views = Views.from_arrays(*blocks, names=("x", "y"))
    case = f"curves: {n_rows} x (40, 30), 6 shared numbers, pool of {n_held_out}"
    methods = {
        "CCA": (CCA(ridge=0.01), "ridge .01, for nothing holds along lines."),
        "KernelCCA": (KernelCCA(ridge="cv", n_landmarks=1000), "1,000 landmarks, ridge by folds."),
        "MLPAligner": (MLPAligner(), "default settings."),
        "MLPAligner, mse": (MLPAligner(objective="mse"), "default settings."),
        "MLPAligner, reconstruction": (
            MLPAligner(objective="reconstruction"),
            "default settings.",
        ),
    }
    rows = []
    for name, (aligner, note) in methods.items():
        space = aligner.fit(views[:n_rows]).transform(views[n_rows:])
        rows.append(_recall(case, name, space["x"], space["y"], note))
    return rows


# --- real data -----------------------------------------------------------------------------------


def _wikipedia(quick):
    """The test part is asked once by each method, whose settings come from the training part."""
    wikipedia = fetch_wikipedia()
    train, y = wikipedia.train, wikipedia.train_target
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(y, y))
    scorer = retrieval_scorer(retrieval_map)  # of labels where there are, here of pairs
    relevance = label_relevance(wikipedia.test_target, wikipedia.test_target)
    case = f"wikipedia: {len(train)} sections and pictures, pool of {len(wikipedia.test)}"
    grids = {"CCA": (CCA(), {}), "MLPAligner": (MLPAligner(), {})}
    if not quick:
        grids["CCA, chosen"] = CCA(), {"align__n_components": [5, 7, 9, None]}
        grids["MLPAligner, chosen"] = MLPAligner(), GRID
    rows = []
    for name, (aligner, grid) in grids.items():
        model = _rooted(aligner)
        note = "default settings."
        if grid:
            search = GridSearchCV(model, grid, scoring=scorer, cv=folds, refit=False).fit(train, y)
            model.set_params(**search.best_params_)
            note = f"chosen by mAP in 5 folds of the training part: {search.best_params_}."
        space = model.fit(train).transform(wikipedia.test)
        S = similarity(space["image"], space["text"])
        values = {
            "mAP of the category": np.mean([retrieval_map(T, relevance) for T in (S, S.T)]),
            "MRR of the pair": np.mean([retrieval_map(T) for T in (S, S.T)]),
        }
        rows += [Row(case, name, metric, float(v), note=note) for metric, v in values.items()]
    return rows


def _rooted(aligner):
    """Square roots of histograms, standardised, then the aligner as the step "align"."""
    views = ("image", "text")
    scale = {v: make_pipeline(FunctionTransformer(np.sqrt), StandardScaler()) for v in views}
    pipeline = make_pipeline(PerView(scale), aligner)
    pipeline.steps[-1] = ("align", aligner)
    return pipeline


def _flags(quick):
    """The folds and the columns of the benchmark of flags."""
    methods = {
        "CCA": CCA(),
        "MLPAligner": MLPAligner(),
        "MLPAligner, mse": MLPAligner(objective="mse"),
    }
    table = flags.flag_table()
    splits = flags.shuffled_folds(len(table), n_shuffles=1 if quick else 2)
    rows = []
    for name, aligner in methods.items():
        values, _ = flags.held_out_values(flags.flag_model(aligner), table, splits)
        rows += flags.value_rows(name, values, "default settings.")
    return rows
