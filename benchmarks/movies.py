"""Films with posters and texts: new films, known ones, later ones, and ratings."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone

from benchmarks._movies_data import COLUMNS, likes, read_films
from benchmarks._movies_models import K, choose, settings
from benchmarks._report import Row, mean_row, split_row
from benchmarks._retrieval import drop_cells, extractor
from mmclassic.evaluate import RandomSplit, TimeSplit, evaluate
from mmclassic.exceptions import EmptyRowWarning, ShortListWarning
from mmclassic.interactions import Interactions
from mmclassic.metrics import ndcg_at_k
from mmclassic.recommend import BiasRecommender, KNNRecommender, PopularRecommender, RatingKNN

DESCRIPTION = "films with posters: new, known and later ones by nDCG@10, and errors of ratings"

NDCG, LESS = f"nDCG@{K}", "gain by posters"
METRICS = ["satisfaction", "rmse", "mae"]
MISSING = 0.4
EQUAL, LEARNED = "equal weights", "learned weights (default)"
CONTENT = "KNNRecommender, content alone"
TEXTS = [name for name in COLUMNS if name != "poster"]
COLD_NOTE = "random fifths of the films held out, {} draws; features fitted on the other films."
WARM_NOTE = (
    "settings by nDCG@10 on a random fifth of the likes of every training part, intervals over "
    "users"
)


def run(quick):
    """New films, then known and later ones, then ratings; a quick run has one draw of each."""
    table, ratings = read_films()
    liked = likes(table, ratings)
    n_draws = 1 if quick else 5
    with warnings.catch_warnings():
        for kind in (EmptyRowWarning, ShortListWarning):
            warnings.simplefilter("ignore", kind)
        warnings.filterwarnings("ignore", message="on held-out items")
        rows = cold_rows(table, liked, "new films, all cells", 0.0, n_draws)
        title = f"new films, {MISSING:.0%} of the cells missing"
        rows += cold_rows(table, liked, title, MISSING, min(n_draws, 3))
        views = extractor(COLUMNS).fit_transform(table)
        n_draws = 1 if quick else 3
        split = RandomSplit(0.2, n_splits=n_draws, random_state=0)
        rows += warm_rows(views, liked, split, "known films, a fifth of every user's likes")
        rows += warm_rows(views, liked, TimeSplit(0.2), "known films, the last fifth in time")
        return rows + rating_rows(table, ratings, n_draws)


def cold_rows(table, liked, case, share, n_draws):
    """Rankings of new films by each view and by several, averaged over draws, user by user."""
    found = {}
    note = COLD_NOTE.format(n_draws)
    for seed, (known, new) in enumerate(cold_draws(len(table), n_draws)):
        used = drop_cells(table, list(COLUMNS), share, seed) if share else table
        views = extractor(COLUMNS).fit(used.iloc[known])
        parts = [views.transform(used.iloc[rows]) for rows in (known, new)]
        for name, (model, names) in cold_models().items():
            values = cold_values(model, [part.select(*names) for part in parts], liked, known, new)
            found.setdefault(name, []).append(values)
    means = {name: pd.concat(values, axis=1).mean(axis=1) for name, values in found.items()}
    rows = [mean_row(case, name, NDCG, values, note=note) for name, values in means.items()]
    for name in (EQUAL, LEARNED):
        gains = means[name] - means[f"{name}, no posters"]
        rows.append(mean_row(case, name, LESS, gains, note=note))
    return rows


def cold_models():
    """By name a recommender and the views that it is given."""
    models = {"chance": (PopularRecommender(), ["year"])}
    models |= {f"{name} alone": (_equal([name]), [name]) for name in COLUMNS}
    for name, names in ((EQUAL, list(COLUMNS)), (f"{EQUAL}, no posters", TEXTS)):
        models[name] = _equal(names), names
    models[LEARNED] = KNNRecommender(), list(COLUMNS)
    models[f"{LEARNED}, no posters"] = KNNRecommender(), TEXTS
    return models


def _equal(names):
    return KNNRecommender(dict.fromkeys(names, 1.0))


def cold_draws(n_films, n_draws):
    """Known and new films of independent draws; in random order, for the order decides ties."""
    for seed in range(n_draws):
        rows = np.random.default_rng(seed).permutation(n_films)
        yield rows[n_films // 5 :], rows[: n_films // 5]


def cold_values(model, parts, liked, known, new):
    """nDCG of every user who likes films of both parts, by user."""
    matrix = liked.to_csr()
    shown, wanted = matrix[:, known], matrix[:, new]
    users = np.flatnonzero((np.diff(shown.indptr) > 0) & (np.diff(wanted.indptr) > 0))
    who, what = shown.nonzero()
    history = pd.DataFrame({"user_id": who, "item_id": known[what]})
    model = clone(model).fit(parts[0], history, ids=known)
    lists = model.rank(users, K, items=parts[1], ids=new)
    return pd.Series(ndcg_at_k(wanted[users], lists, K, per_user=True), index=users)


def warm_rows(views, liked, split, case):
    """Rankings of what the user has not seen, and the time that fitting took."""
    tables, runs, chosen = [], [], []
    for fold in split.split(liked):
        models = {**choose(views, fold.train), CONTENT: KNNRecommender("agreement")}
        chosen.append({name: settings(model) for name, model in models.items()})
        found = evaluate(
            models, views, liked, [fold], k=K, metrics=["ndcg"], n_resamples=10, random_state=0
        )
        tables.append(found.per_user)
        runs.append(found.runs)
    values = pd.concat(tables).groupby(["model", "user_id"], sort=False)["value"].mean()
    seconds = pd.concat(runs).groupby("model")[["fit_seconds", "rank_seconds"]].mean().sum(axis=1)
    rows = []
    for name in models:
        said = "; ".join(dict.fromkeys(of_fold[name] for of_fold in chosen if of_fold[name]))
        note = f"{WARM_NOTE}; chosen: {said}." if said else f"{WARM_NOTE}."
        rows.append(mean_row(case, name, NDCG, values[name], note=note))
        rows.append(Row(case, name, "fit and rank", float(seconds[name]), unit="s", note=note))
    return rows


def rating_rows(table, ratings, n_draws):
    """Errors of predicted ratings, and what users gave to those recommended films they rated."""
    case = "ratings, a fifth of every user's"
    note = "defaults, chosen on other data; satisfaction: on the user's own scale, of ten films."
    models = {
        "popular": PopularRecommender(),
        "biases": BiasRecommender(),
        "RatingKNN, ratings alone": RatingKNN(implicit=0.0),
        "RatingKNN": RatingKNN(),
    }
    films = table[["item_id"]]
    given = Interactions.from_frame(ratings, items=np.asarray(table["item_id"]))
    split = RandomSplit(0.2, n_splits=n_draws, random_state=0)
    found = evaluate(models, films, given, split, k=K, metrics=METRICS, random_state=0)
    rows = []
    for name in models:
        of_model = found.runs[found.runs["model"] == name]
        for metric in ("rmse", "mae"):
            if of_model[metric].notna().all():
                errors = of_model[metric].to_numpy()
                rows.append(split_row(case, name, metric.upper(), errors, 0.25, note))
        own = found.per_user[found.per_user["model"] == name]
        values = own.loc[own["metric"] == "satisfaction", "value"]
        rows.append(mean_row(case, name, "satisfaction", values, note=note))
    return rows
