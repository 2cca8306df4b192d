"""What few pairs of real pictures and texts are worth, beside rows or a catalogue without them."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.model_selection import KFold

from benchmarks._anchors import METRIC, recall
from benchmarks._pairs import emoji
from benchmarks._report import mean_row
from mmclassic.align import CCA, AnchorAligner
from mmclassic.features import TextVectorizer
from mmclassic.views import Views

_N_FOLDS = 5
_PAIRS = (10, 30, 100, 300, 1000)
_FEW_OF_A_GROUP = (10, 30, 100)
_LEAST_GROUP = 200
_N_NEW = 100  # held-out rows of a group
_WIDTH = 128  # of both views in a catalogue, whose moments are kept


def rows(quick):
    """Emoji: pairs among rows of one view alone, then a group after all the others."""
    pictures, texts, groups = emoji()
    n_draws = 1 if quick else _N_FOLDS
    return _curve(pictures, texts, n_draws) + _adaptation(pictures, texts, groups, n_draws)


def _curve(pictures, texts, n_folds):
    """Of all training rows but the pairs both views are there, and which belong together is not."""
    found = {}
    folds = KFold(_N_FOLDS, shuffle=True, random_state=0).split(pictures)
    for seed, (train, test) in zip(range(n_folds), folds):
        vectorizer = TextVectorizer().fit(texts[train])
        training, new = (
            Views({"image": pictures[part], "text": vectorizer.transform(texts[part])})
            for part in (train, test)
        )
        order = np.random.default_rng(seed).permutation(len(train))
        for n in _PAIRS:
            known = unpaired(training, order[:n], seed)
            pairs = training[order[:n]]
            models = {
                "CCA of the pairs alone": CCA().fit(pairs),
                "AnchorAligner of the pairs alone": AnchorAligner().fit(pairs),
                "AnchorAligner, n_rounds=0": AnchorAligner().fit(known),
                "AnchorAligner, n_rounds=5": AnchorAligner(n_rounds=5).fit(known),
            }
            for name, model in models.items():
                found.setdefault((n, name), []).append(recall(model, new))
    note = "default settings; the mean of both ways; pools of 439, of which chance finds .023"
    return [
        mean_row(f"emoji: {n} pairs, all other training rows unpaired", name, METRIC, v, note=note)
        for (n, name), v in ((key, np.concatenate(values)) for key, values in found.items())
    ]


def unpaired(views, pairs, seed=0):
    """The pairs, then every other row once for each view, those of the second in random order."""
    rng = np.random.default_rng(seed)
    alone = np.setdiff1d(np.arange(len(views)), pairs)
    rows = np.concatenate([pairs, alone, rng.permutation(alone)])
    part = np.repeat([0, 1, 2], [len(pairs), len(alone), len(alone)])
    return Views(views[rows].blocks, np.column_stack([part != 2, part != 1]))


def _adaptation(pictures, texts, groups, n_draws):
    """One group after the others: what the others know, what few rows know, and both."""
    found = {}
    names, counts = np.unique(groups, return_counts=True)
    for group in names[counts >= _LEAST_GROUP]:
        own, others = np.flatnonzero(groups == group), np.flatnonzero(groups != group)
        views = _reduced(pictures, texts, others)
        large = CCA().partial_fit(views[others])
        for seed in range(n_draws):
            order = np.random.default_rng(seed).permutation(own)
            new = views[order[:_N_NEW]]
            for n in _FEW_OF_A_GROUP:
                few = views[order[_N_NEW : _N_NEW + n]]
                models = {
                    "CCA, the large": large,
                    "CCA, the few": CCA().fit(few),
                    "CCA.adapt": large.adapt(few),
                }
                for name, model in models.items():
                    found.setdefault((n, name), []).append(recall(model, new).mean())
    draws = len(found[(_FEW_OF_A_GROUP[0], "CCA.adapt")])
    note = f"the mean of both ways, pools of 100; interval over {draws} draws of rows, by group"
    return [
        mean_row(f"emoji: all other groups, {n} of one group", name, METRIC, np.array(v), note=note)
        for (n, name), v in found.items()
    ]


def _reduced(pictures, texts, known):
    """Principal axes of the pictures and of TF-IDF, as known rows have them."""
    image = PCA(_WIDTH, random_state=0).fit(pictures[known]).transform(pictures)
    vectorizer = TextVectorizer(n_components=_WIDTH, random_state=0).fit(texts[known])
    return Views({"image": image, "text": vectorizer.transform(texts)})
