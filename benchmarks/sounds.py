"""What the features of sounds find: neighbours, classes and hidden causes, and what they cost."""

from functools import partial

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors
from sklearn.svm import SVC

from benchmarks import _spoken_digits
from benchmarks._ratios import interleaved_seconds, ratio_row, time_row
from benchmarks._report import Row, mean_row
from benchmarks._sounds_methods import BEFORE, features, librosa_rows, recipes
from benchmarks._sounds_tasks import READINGS, generated, readings, spoken_digits

DESCRIPTION = "sounds: neighbours, classes and hidden causes by each recipe, and its time"

N_NEIGHBORS = 5
# Ridges in units of a variance of 1 in all, from none to all.
RIDGES = np.logspace(-6, 1, 15)


def run(quick):
    """Measure every method on every set; a quick run has fewer clips, speakers and runs."""
    return [
        *_told(spoken_digits(quick), _classes),
        *_spoken_digits.rows(quick),
        *_told(generated(quick), _causes),
        *_readings(quick),
        *_times(quick),
    ]


def _readings(quick):
    """The set that cannot be fetched: a row that says so if it is not there."""
    try:
        return _told(readings(quick), _classes)
    except FileNotFoundError as error:
        return [Row(READINGS, "all methods", "1-NN", None, note=str(error))]


def _told(task, measure):
    """The rows of a task: `measure` has the features and the truth of all of its folds."""
    found, raw = {}, librosa_rows(task.clips)
    for train, test in task.folds:
        for method, made in features(task.clips, raw, train, test).items():
            found.setdefault(method, []).append((made, task.truth[train], task.truth[test]))
    return [row for name, folds in found.items() for row in measure(task, name, folds)]


def _classes(task, method, folds):
    """Neighbours and classifiers, by right and wrong of every tested clip."""
    values = {}
    for made, known, truth in folds:
        for metric, hits in _hits(made, known, truth).items():
            values.setdefault(metric, []).append(hits)
    note = f"{task.note}; {folds[0][0].note}"
    return [
        mean_row(task.title, method, metric, np.concatenate(hits).astype(float), note=note)
        for metric, hits in values.items()
    ]


def _hits(made, known, truth):
    """By measure, the share that is right of every tested clip."""
    train, test = made.train, made.test
    nearest = NearestNeighbors(n_neighbors=N_NEIGHBORS).fit(train)
    labels = known[nearest.kneighbors(test, return_distance=False)]
    right = labels == truth[:, None]
    machines = {
        "linear SVM": SVC(kernel="linear", C=100),
        "RBF-SVM": SVC(C=10, gamma=1),
    }
    scaled = [block / made.spread for block in (train, test)]
    return {
        "1-NN": right[:, 0],
        f"{N_NEIGHBORS}-NN": _voted(labels) == truth,
        f"P@{N_NEIGHBORS}": right.mean(axis=1),
        "1-NN, centred cosine": known[_most_similar(train, test)] == truth,
        **{
            name: machine.fit(scaled[0], known).predict(scaled[1]) == truth
            for name, machine in machines.items()
        },
    }


def _voted(labels):
    """The most frequent label of every row, among equals that of the nearer."""
    votes = (labels[:, :, None] == labels[:, None, :]).sum(axis=2)
    return np.take_along_axis(labels, votes.argmax(axis=1)[:, None], axis=1)[:, 0]


def _most_similar(train, test):
    """Position of the training row of the largest cosine, both less the training mean."""
    mean = train.mean(axis=0)
    train, test = train - mean, test - mean
    return np.argmax(test @ (train / np.linalg.norm(train, axis=1, keepdims=True)).T, axis=1)


def _causes(task, method, folds):
    """How much of the hidden factors can be told, over the held-out clips of all folds."""
    models = {"10-NN": KNeighborsRegressor(10), "ridge": RidgeCV(RIDGES)}
    truth = np.concatenate([truth for _, _, truth in folds])
    note = f"{task.note}; {folds[0][0].note}"
    rows = []
    for name, model in models.items():
        told = [
            model.fit(f.train / f.spread, known).predict(f.test / f.spread) for f, known, _ in folds
        ]
        value = float(r2_score(truth, np.concatenate(told)))
        rows.append(Row(task.title, method, f"R2 by {name}", value, note=note))
    return rows


def _times(quick):
    """Time of a clip from its samples to a row, by recipe, against the default of before."""
    rows = []
    for task in (spoken_digits(quick), generated(quick)):
        clips = task.clips[:: max(1, len(task.clips) // (100 if quick else 300))]
        models = {name: vectorizer.fit(clips) for name, vectorizer in recipes().items()}
        tasks = {name: partial(model.transform, clips) for name, model in models.items()}
        seconds = interleaved_seconds(tasks, 3 if quick else 15)
        case = f"time, {task.title}"
        for name, taken in seconds.items():
            rows.append(time_row(case, name, taken, n_items=len(clips), item="clip"))
            if name != BEFORE:
                metric = f"time over that of {BEFORE}"
                note = (
                    "samples in memory, model fitted; target of the default: at most 1.7 of what "
                    f"{BEFORE} took before 2026-11-30, when spoken digits took it 1.3 times and "
                    "generated clips 1.1 times as long as now"
                )
                rows.append(ratio_row(case, name, metric, taken, seconds[BEFORE], note=note))
    return rows
