"""Anchors beside CCA on flags and emoji, and what few pairs are worth."""

import importlib.util

import numpy as np
from sklearn.model_selection import KFold

from benchmarks._pairs import emoji, flags
from benchmarks._report import Row, mean_row
from mmclassic.align import CCA, AnchorAligner
from mmclassic.features import TextVectorizer
from mmclassic.match import match_unpaired, similarity
from mmclassic.metrics import retrieval_recall_at_k
from mmclassic.views import Views

_N_FOLDS = 5
METRIC = "recall@10"
_N_ANCHORS = (50, 200, None)
_PAIRS = (10, 30, 100, 300, 1000)


def rows(quick):
    """Real pictures and texts, then planted catalogues."""
    n_folds = 1 if quick else _N_FOLDS
    found = []
    for title, (pictures, texts, _) in {"flags": flags(), "emoji": emoji()}.items():
        found += _real(title, pictures, texts, n_folds)
    found += _chance(*flags()[:2])
    return found + _growth(2 if quick else 3) + _adaptation(2 if quick else 3)


def _real(title, pictures, texts, n_folds):
    """Both ways on held-out rows: all training rows fit CCA, so many of them are anchors."""
    folds = list(KFold(_N_FOLDS, shuffle=True, random_state=0).split(pictures))[:n_folds]
    values = {}
    for train, test in folds:
        known, new = _views(pictures, texts, train, test)
        for n_pairs in _N_ANCHORS:
            if n_pairs is not None and n_pairs > len(train):
                continue
            some = np.random.default_rng(0).permutation(len(train))[:n_pairs]
            for name, model in (("CCA", CCA()), ("AnchorAligner", AnchorAligner())):
                key = "all" if n_pairs is None else n_pairs, f"{name} of these pairs alone"
                values.setdefault(key, []).append(recall(model.fit(known[some]), new))
            for kind in () if n_pairs is None else ("random", "kmeans++"):
                model = AnchorAligner(n_pairs, anchors=kind).fit(known)
                key = "all" if n_pairs is None else n_pairs, f"AnchorAligner, {kind} of all"
                values.setdefault(key, []).append(recall(model, new))
    note = "default settings; the mean of picture -> text and text -> picture"
    return [
        mean_row(f"{title}, {n} pairs", name, METRIC, np.concatenate(found), note=note)
        for (n, name), found in values.items()
    ]


def _views(pictures, texts, train, test):
    vectorizer = TextVectorizer().fit(texts[train])
    return [
        Views({"image": pictures[part], "text": vectorizer.transform(texts[part])})
        for part in (train, test)
    ]


def recall(model, new):
    """Recall at 10 of every row of two views, the mean of both ways."""
    space = model.transform(new)
    S = similarity(*space.blocks.values(), metric=model.similarity_metric)
    ways = [retrieval_recall_at_k(T, 10, per_query=True) for T in (S, S.T)]
    return np.mean(ways, axis=0)


def _chance(pictures, texts):
    """Flags and descriptions without a known pair."""
    case, metric = "flags, no pair known", "share of rows with the right partner"
    if importlib.util.find_spec("ot") is None:
        return [Row(case, "match_unpaired", metric, None, note="POT is not installed")]
    words = TextVectorizer().fit_transform(texts)
    order = np.random.default_rng(0).permutation(len(texts))
    found = match_unpaired(pictures, words[order], metric="cosine").partners()
    right = float(np.mean(found == np.argsort(order)))
    note = f"chance is {1 / len(texts):.4f}"
    return [Row(case, "match_unpaired", metric, right, note=note)]


def _growth(n_seeds):
    """Few pairs, and a thousand rows of one view whose partners are there but not known."""
    settings = {
        "CCA": lambda: CCA(),
        "AnchorAligner": lambda: AnchorAligner(),
        "AnchorAligner, n_rounds=5": lambda: AnchorAligner(n_rounds=5),
    }
    found = []
    for n in _PAIRS[:-1]:
        case = f"planted: {n} pairs, 500 rows of either view alone; 500 new rows"
        values = {name: [] for name in settings}
        for seed in range(n_seeds):
            known, new = _few_pairs(seed, n)
            for name, make in settings.items():
                fitted = make().fit(known if name != "CCA" else known[:n])
                values[name].append(recall(fitted, new).mean())
        found += [mean_row(case, name, METRIC, np.array(v)) for name, v in values.items()]
    return found


def _few_pairs(seed, n, n_alone=500, n_new=500, width=32, noise=0.8):
    """The second view is the first one turned into 40 columns, with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + n_alone + n_new, width)) * np.linspace(1.5, 0.5, width)
    Y = X @ np.linalg.qr(rng.normal(size=(40, width)))[0].T
    Y += noise * rng.normal(size=Y.shape)
    first, alone = np.arange(n + n_alone), np.arange(n, n + n_alone)
    blocks = {
        "x": np.vstack([X[first], X[alone]]),
        "y": np.vstack([Y[first], Y[rng.permutation(alone)]]),
    }
    has_x = np.repeat([True, True, False], [n, n_alone, n_alone])
    has_y = np.repeat([True, False, True], [n, n_alone, n_alone])
    new = slice(n + n_alone, None)
    return Views(blocks, np.column_stack([has_x, has_y])), Views({"x": X[new], "y": Y[new]})


def _adaptation(n_seeds):
    """A catalogue of 5,000 rows helps few of another, which shows what is shared differently."""
    found = []
    for change in (0.2, 0.6, 1.0):
        for n in _PAIRS:
            case = f"planted: 5,000 rows of a catalogue, {n} of another, changed by {change:g}"
            values = {name: [] for name in ("CCA, the large", "CCA, the few", "CCA.adapt")}
            for seed in range(n_seeds):
                large, few, new = _catalogues(seed, change, n)
                fitted = CCA().partial_fit(large)
                models = fitted, CCA().fit(few), fitted.adapt(few)
                for name, model in zip(values, models):
                    values[name].append(recall(model, new).mean())
            found += [mean_row(case, name, METRIC, np.array(v)) for name, v in values.items()]
    return found


def _catalogues(seed, change, n):
    rng = np.random.default_rng(seed)
    first = [rng.normal(size=(12, width)) for width in (60, 50)]
    second = [np.sqrt(1 - change**2) * w + change * rng.normal(size=w.shape) for w in first]
    return [_catalogue(rng, *ask) for ask in ((first, 5000), (second, n), (second, 600))]


def _catalogue(rng, loads, n):
    latent = rng.normal(size=(n, 12))
    blocks = [latent @ w + 2 * rng.normal(size=(n, w.shape[1])) for w in loads]
    return Views(dict(zip("xy", blocks)))
