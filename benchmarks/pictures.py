"""Neighbours of pictures: which recipe of descriptors finds what belongs together, at what cost."""

import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits

from benchmarks._ratios import interleaved_seconds, ratio_row, time_row
from benchmarks._report import Row, mean_row
from mmclassic.datasets import (
    fetch_countries_flags,
    fetch_openmoji,
    fetch_uci_mfeat,
    make_catalog,
)
from mmclassic.features import GIST, HOG, Block, ColorHistogram, ImageVectorizer, read_picture

DESCRIPTION = "pictures: neighbours by each recipe and descriptor, and the time a picture takes"

BEFORE = '"rows" (default of before)'
DEFAULT = '"gist" (default)'
_COARSE = {"pixels_per_cell": (32, 32)}
_COLOR = {"bins": 5, "root": 4}
# What ImageVectorizer takes as descriptors, by title.
METHODS = {
    BEFORE: "rows",
    DEFAULT: "gist",
    '"compact"': "compact",
    '"gist" with colour as a block of 6^3, weight 2': [
        ("hog", Block(HOG(**_COARSE))),
        ("color", Block(ColorHistogram(6, root=4), weight=2.0)),
        ("gist", Block(GIST(), scaling="features")),
    ],
    "HOG, 16-pixel cells, alone": [("hog", HOG(pixels_per_cell=(16, 16)))],
    "HOG, 32-pixel cells, alone": [("hog", Block(HOG(**_COARSE)))],
    "GIST alone": [("gist", Block(GIST(), scaling="features"))],
    "colours, 5^3, fourth roots, alone": [("color", ColorHistogram(**_COLOR))],
    "colours, 8^3, square roots, alone": [("color", ColorHistogram(root=True))],
}
PIXELS = "pixels, 16 x 16 x 3"
_SIZE = (128, 128)
_KEPT = "not used to choose anything"
# Factors of a generated picture that it shows sharply.
_SHOWN = ["tone", "slant", "size", "light"]
_N_POSTERS = 10


@dataclass(frozen=True)
class Task:
    """Pictures, uint8 (n, 128, 128, 3), and what is true of them.

    `truth` is classes (n,), numbers (n, k) of factors, or a boolean table (n, n_labels).
    """

    title: str
    pictures: np.ndarray
    truth: np.ndarray


def run(quick):
    """Measure neighbours on every set, and the time of every recipe.

    A quick run has some hundred pictures of a set, and fewer runs.
    """
    rows = []
    gains = {}
    with tempfile.TemporaryDirectory(prefix="mmclassic-") as folder:
        catalog = make_catalog(
            300 if quick else 1000, 10, folder=folder, audio_seconds=0.1, random_state=11
        )
        for task in _tasks(quick, catalog):
            found = {method: _neighbours(task, method) for method in [*METHODS, PIXELS]}
            for method, (values, chosen_on) in _gains(found, task).items():
                gains.setdefault(method, []).append((values, chosen_on))
            rows += [row for method in found.values() for row in method]
        times = _times(catalog.items["picture"].tolist()[: 100 if quick else 300], quick)
    return _summary(gains) + rows + times


def _tasks(quick, catalog):
    """One set after another, so that one at a time is in memory."""
    rng = np.random.default_rng(5)
    yield _generated(catalog)
    yield _digits(quick, rng)
    yield _written(quick, rng)
    emoji = fetch_openmoji()
    emoji = emoji[emoji["group"] != "flags"]
    names = rng.permutation(emoji["subgroups"].unique())
    some = emoji[emoji["subgroups"].isin(names[: 12 if quick else None])]
    yield Task(
        f"emoji by subgroup, {len(some):,}",
        _read(some["picture"]),
        _codes(some["subgroups"]),
    )
    yield from _flags(quick)
    posters = _posters(quick)
    if posters is not None:
        yield posters


def _generated(catalog):
    title = f"generated pictures by the factors they show ({', '.join(_SHOWN)})"
    truth = catalog.latent[:, : len(_SHOWN)]
    return Task(f"{title}, {len(truth):,}", _read(catalog.items["picture"]), truth)


def _digits(quick, rng):
    digits = load_digits()
    some = rng.permutation(len(digits.target))[: 300 if quick else 1000]
    pictures = np.round(digits.images[some] * (255 / 16)).astype(np.uint8)
    return Task(f"digits of 8 x 8, {len(some):,}", _read(pictures), digits.target[some])


def _written(quick, rng):
    digits = fetch_uci_mfeat()
    some = rng.permutation(len(digits.target))[: 300 if quick else 1000]
    pixels = digits.data["pix"][some].reshape(-1, 16, 15)
    pictures = np.round(pixels * (255 / 6)).astype(np.uint8)
    return Task(f"digits of 16 x 15, {len(some):,}", _read(pictures), digits.target[some])


def _flags(quick):
    """Two halves: settings were chosen on the first alone, and not on the second."""
    flags = fetch_countries_flags()
    order = np.random.default_rng(5).permutation(len(flags))
    for half, title in ((order[:120], ""), (order[120:], f", {_KEPT}")):
        if not (quick and title):
            some = flags.iloc[half]
            yield Task(
                f"flags by region, {len(some)}{title}", _read(some["flag"]), _codes(some["region"])
            )


def _posters(quick):
    """Films with posters and genres, or None without the private copy of them."""
    folder = Path(os.environ.get("MMCLASSIC_DATA") or "nowhere") / "movies-posters"
    if quick or not (folder / "items.csv").is_file():
        return None
    films = pd.read_csv(folder / "items.csv")
    films = films[films["poster"].notna()]
    genres = films["genres"].str.get_dummies(sep=", ").astype(bool)
    pictures = _read([str(folder / path) for path in films["poster"]])
    truth = genres.loc[:, genres.sum() >= 20].to_numpy()
    return Task(f"posters by genres, {len(films):,}, {_KEPT}", pictures, truth)


def _read(cells):
    return np.stack([read_picture(cell, _SIZE) for cell in cells])


def _codes(column):
    return column.astype("category").cat.codes.to_numpy()


def _neighbours(task, method):
    """The rows of one method on one set."""
    order = _by_similarity(_described(task.pictures, method))
    row = partial(mean_row, task.title, method)
    if task.truth.dtype == bool:
        overlap = _overlaps(task.truth)
        first = np.take_along_axis(overlap, order[:, :_N_POSTERS], axis=1)
        return [
            row("overlap of genres, 1st", first[:, 0]),
            row(f"overlap of genres, first {_N_POSTERS}", first.mean(axis=1)),
        ]
    if task.truth.ndim == 2:
        errors = (task.truth - task.truth[order[:, :10]].mean(axis=1)) ** 2
        share = 1 - errors.sum(axis=0) / (task.truth.var(axis=0) * len(order))
        return [Row(task.title, method, "R2, 10 neighbours", float(share.mean()))]
    same = task.truth[order] == task.truth[:, None]
    same = same[same.any(axis=1)]  # a class of one has nothing to find
    precision = np.cumsum(same, axis=1) / np.arange(1, same.shape[1] + 1)
    return [
        row("1-NN", same[:, 0]),
        row("P@5", same[:, :5].mean(axis=1)),
        row("mAP", (precision * same).sum(axis=1) / same.sum(axis=1)),
    ]


def _described(pictures, method):
    if method == PIXELS:
        small = [Image.fromarray(p).resize((16, 16), Image.Resampling.BILINEAR) for p in pictures]
        return np.stack([np.asarray(image, dtype=np.float32).ravel() for image in small])
    return ImageVectorizer(METHODS[method]).fit_transform(list(pictures))


def _by_similarity(rows):
    """The others of every row, the most similar first, by cosine around the mean of all."""
    rows = rows - rows.mean(axis=0)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    similarities = rows @ rows.T
    np.fill_diagonal(similarities, -np.inf)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :-1]


def _overlaps(labels):
    """Of two rows of labels, how many of those of either both have."""
    labels = labels.astype(float)
    both = labels @ labels.T
    either = labels.sum(axis=1)[:, None] + labels.sum(axis=1) - both
    return both / np.maximum(either, 1)


def _gains(found, task):
    """By method the mean logarithm of its figures over those of before, and if the set was kept."""
    before = np.log([row.value for row in found[BEFORE]])
    return {
        method: (float(np.mean(np.log([row.value for row in rows]) - before)), _KEPT in task.title)
        for method, rows in found.items()
    }


def _summary(gains):
    """How much better than before in the mean over sets, in percent, each set counting once."""
    rows = []
    for kept, title in ((False, "sets that settings were chosen on"), (True, f"sets {_KEPT}")):
        for method, values in gains.items():
            logs = [value for value, is_kept in values if is_kept == kept]
            if logs:
                gain = 100 * float(np.expm1(np.mean(logs)))
                note = f"geometric mean over figures and sets; {_CHOSEN}"
                rows.append(
                    Row(f"all sets, {title}", method, "over before", gain, unit="%", note=note)
                )
    return rows


_CHOSEN = (
    "weights, bins, roots, cells and scalings were chosen on generated pictures, digits, half of "
    "the emoji's subgroups and the first half of the flags."
)


def _times(paths, quick):
    """Seconds of recipes on files, and on pixels in memory, over those of the default of before."""
    pixels = list(_read(paths))
    recipes = [BEFORE, DEFAULT, '"compact"']
    rows = []
    for case, cells in (("PNG and JPEG files of 224 x 224", paths), ("pixels in memory", pixels)):
        title = f"time, {case}"
        tasks = {
            name: partial(ImageVectorizer(METHODS[name]).fit(cells).transform, cells)
            for name in recipes
        }
        seconds = interleaved_seconds(tasks, 5 if quick else 15)
        for name in recipes:
            rows.append(time_row(title, name, seconds[name], n_items=len(cells), item="picture"))
        for name in recipes[1:]:
            target = "target: 1 (compact), 2 (gist), from files"
            metric = "times the time of before"
            rows.append(ratio_row(title, name, metric, seconds[name], seconds[BEFORE], note=target))
    return rows
