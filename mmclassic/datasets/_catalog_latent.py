"""The hidden truth of a generated catalog: what items are, and how each modality sees it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

FACTORS = ("tone", "slant", "size", "light", "grain", "pace")
MODALITIES = ("picture", "comment", "sound")
N_CATEGORIES = 12

# Share of a factor's variance (in all 1) that lies between categories.
_BETWEEN = 0.5

# Standard deviation of what a modality adds to a factor (itself of variance 1) before it is
# rendered. Two modalities see a factor sharply, the third hardly; every modality has two
# factors it hardly sees. That is the whole reason why fusing helps.
_SHARP, _DIM = 0.4, 1.5
_SIGHT = {
    "picture": {"tone": _SHARP, "slant": _SHARP, "size": _SHARP, "light": _SHARP},
    "comment": {"tone": _SHARP, "slant": _SHARP, "grain": _SHARP, "pace": _SHARP},
    "sound": {"size": _SHARP, "light": _SHARP, "grain": _SHARP, "pace": _SHARP},
}


@dataclass(frozen=True)
class Truth:
    """Latent items and what every modality shows of them.

    `category` (n_items,) are indices; `latent` (n_items, 6) are style factors in the order of
    ``FACTORS``, about standard normal; `shown` has by modality the levels in (0, 1), of shape
    (n_items, 6), that its renderer draws.
    """

    category: np.ndarray
    latent: np.ndarray
    shown: dict


def draw_centers(rng):
    """Centres of the categories, shape (12, 6)."""
    centers = rng.standard_normal((N_CATEGORIES, len(FACTORS)))
    centers = (centers - centers.mean(axis=0)) / centers.std(axis=0)
    return np.sqrt(_BETWEEN) * centers


def draw_points(rng, centers, n_points):
    """Points of the mixture: their categories and positions."""
    category = rng.integers(len(centers), size=n_points)
    within = np.sqrt(1 - _BETWEEN) * rng.standard_normal((n_points, centers.shape[1]))
    return category, centers[category] + within


def draw_truth(rng, centers, n_items, noise):
    """Items of the mixture and what each modality shows of them."""
    category, latent = draw_points(rng, centers, n_items)
    shown = {}
    for modality in MODALITIES:
        sight = [_SIGHT[modality].get(factor, _DIM) for factor in FACTORS]
        blur = noise * np.array(sight)
        seen = latent + blur * rng.standard_normal(latent.shape)
        shown[modality] = ndtr(seen / np.sqrt(1 + blur**2))
    return Truth(category, latent, shown)


def draw_missing(rng, n_items, share):
    """Which cells are missing, shape (n_items, 3); never a whole row.

    Rows that lose everything get one cell back, so cells are first dropped with
    the probability p that solves p - p^3 / 3 = share, by the triple-angle formula.
    """
    probability = 2 * np.sin(np.arcsin(1.5 * share) / 3)
    missing = rng.random((n_items, len(MODALITIES))) < probability
    empty = np.flatnonzero(missing.all(axis=1))
    missing[empty, rng.integers(len(MODALITIES), size=empty.size)] = False
    return missing
