"""Digits spoken by a speaker who was never heard: settings of pooled MFCC, chosen by accuracy.

The tested speaker takes no part in any choice: settings are chosen by leaving out each of the
other five in turn, and the features of a clip depend on no other clip.
"""

from collections import Counter
from itertools import product

import numpy as np
from joblib import Parallel, delayed
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks._report import Row
from mmclassic.datasets import fetch_fsdd
from mmclassic.features import MFCC, AudioVectorizer

CASE = "spoken digits, every speaker tested by the other five"
# Without segments, mean and deviation of normalised frames are 0 and 1.
POOLINGS = [
    {"segments": 1},
    {"segments": 3},
    {"segments": 6},
    {"segments": 1, "normalize": True, "pooling": ("p10", "p50", "p90")},
    {"segments": 3, "normalize": True},
    {"segments": 6, "normalize": True},
    {"segments": 3, "normalize": True, "pooling": ("mean",)},
    {"segments": 6, "normalize": True, "pooling": ("mean",)},
]
CLASSIFIERS = {
    "standardised, euclidean": make_pipeline(StandardScaler(), KNeighborsClassifier(1)),
    "standardised, cosine": make_pipeline(
        StandardScaler(), KNeighborsClassifier(1, metric="cosine")
    ),
    "as they are, euclidean": make_pipeline(KNeighborsClassifier(1)),
}


def rows(quick):
    """Measure the settings that are chosen without the tested speaker.

    A quick run takes an eighth of the recordings and a sixteenth of the settings.
    """
    table = fetch_fsdd()
    if quick:
        table = table[table["index"] < 6].reset_index(drop=True)
    digits, speakers = table["digit"].to_numpy(), table["speaker"].to_numpy()
    hits, note = _chosen(_candidates(table["recording"], quick), digits, speakers)
    by_speaker = ", ".join(f"{name} {share:.3f}" for name, share in hits.items())
    # As many clips of each speaker, so the mean over speakers is that over clips.
    value = float(np.mean(list(hits.values())))
    return [
        Row(CASE, "MFCC, settings chosen", "1-NN", value, note=f"{note} By speaker: {by_speaker}.")
    ]


def _candidates(clips, quick):
    """Features and classifier of every setting, by its description."""
    found = {}
    options = product((None, 30), (True,) if quick else (True, False), POOLINGS)
    for trim_db, delta, pooling in list(options)[:: 8 if quick else 1]:
        vectorizer = AudioVectorizer(
            [("mfcc", MFCC(delta=delta))], trim_db=trim_db, scale=False, **pooling
        )
        block = vectorizer.fit_transform(clips)
        shown = ", ".join(f"{n}={v}" for n, v in {"trim_db": trim_db, **pooling}.items())
        for name, model in CLASSIFIERS.items():
            found[f"MFCC(delta={delta}), {shown}; {name}"] = block, model
    return found


def _chosen(candidates, digits, speakers):
    """Accuracy of every tested speaker with the setting that is best without that speaker."""
    names = np.unique(speakers)
    inner = Parallel(n_jobs=-1)(
        delayed(_inner_means)(model, block, digits, speakers)
        for block, model in candidates.values()
    )
    best = dict(zip(names, np.argmax(inner, axis=0)))
    settings = list(candidates)
    hits = {}
    for name in names:
        block, model = candidates[settings[best[name]]]
        hits[name] = _accuracy(model, block, digits, speakers, name)
    counts = Counter(settings[i] for i in best.values()).most_common()
    note = (
        f"the best of {len(candidates)} settings, by leaving out each of the five other speakers "
        f"in turn; chosen for six speakers: {' | '.join(f'{s} ({n})' for s, n in counts)}."
    )
    return hits, note


def _inner_means(model, block, digits, speakers):
    """For every speaker, the mean accuracy over the others when that speaker is not there."""
    means = []
    for outer in np.unique(speakers):
        rest = speakers != outer
        inner = [
            _accuracy(model, block[rest], digits[rest], speakers[rest], name)
            for name in np.unique(speakers[rest])
        ]
        means.append(np.mean(inner))
    return means


def _accuracy(model, block, digits, speakers, tested):
    test = speakers == tested
    return model.fit(block[~test], digits[~test]).score(block[test], digits[test])
