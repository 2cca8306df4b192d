"""A small generated shop: real files and purchases from a shared hidden truth."""

import tempfile
from dataclasses import dataclass
from numbers import Integral, Real
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from mmclassic.datasets._catalog_latent import (
    MODALITIES,
    draw_centers,
    draw_missing,
    draw_points,
    draw_truth,
)
from mmclassic.datasets._catalog_picture import draw_picture, encode_picture
from mmclassic.datasets._catalog_sound import draw_sound, encode_sound
from mmclassic.datasets._catalog_text import draw_comment
from mmclassic.datasets._catalog_users import draw_interactions, interactions_frame
from mmclassic.datasets._catalog_words import CATEGORIES
from mmclassic.utils import N_JOBS, NON_NEGATIVE_REAL, POSITIVE_INTEGER, RANDOM_STATE, map_chunks

_CHUNK = 32


@dataclass(frozen=True, eq=False)
class Catalog:
    """What `make_catalog` made.

    Parameters
    ----------
    items : DataFrame
        One row per item: item_id, category, picture (absolute path), comment,
        sound (absolute path), price. A missing modality is None or NaN.
    interactions : DataFrame
        One row per purchase: user_id, item_id, timestamp; sorted by time.
    folder : Path
        Where the files are.
    latent : ndarray of shape (n_items, 6)
        The hidden style factors of the items.
    user_latent : ndarray of shape (n_users, 6)
        What the users like, in the same space.
    """

    items: pd.DataFrame
    interactions: pd.DataFrame
    folder: Path
    latent: np.ndarray
    user_latent: np.ndarray

    def __repr__(self):
        return (
            f"Catalog({len(self.items):,} items, {len(self.user_latent):,} users, "
            f"{len(self.interactions):,} interactions, folder={str(self.folder)!r})"
        )


@validate_params(
    {
        "n_items": POSITIVE_INTEGER,
        "n_users": POSITIVE_INTEGER,
        "folder": [str, PathLike, None],
        "image_size": [Interval(Integral, 8, None, closed="left")],
        "audio_seconds": [Interval(Real, 0.05, None, closed="left")],
        "noise": NON_NEGATIVE_REAL,
        "missing": [Interval(Real, 0, 2 / 3, closed="both")],
        "chinese_share": [Interval(Real, 0, 1, closed="both")],
        "interactions_per_user": POSITIVE_INTEGER,
        "n_jobs": N_JOBS,
        "random_state": RANDOM_STATE,
    },
    prefer_skip_nested_validation=True,
)
def make_catalog(
    n_items=1000,
    n_users=200,
    *,
    folder=None,
    image_size=224,
    audio_seconds=1.5,
    noise=1.0,
    missing=0.0,
    chinese_share=1 / 3,
    interactions_per_user=20,
    n_jobs=None,
    random_state=0,
):
    """Generate a small shop of real files: pictures, comments, sounds and purchases.

    Every item has six hidden style factors. Its picture, its comment and its
    sound each show all six, but each shows four of them sharply and two hardly
    at all, and always with noise of its own; users buy what lies near their
    taste. So every modality helps, none is enough, and what one lacks the
    others have.

    Parameters
    ----------
    n_items : int > 0, default=1000
        Number of items.
    n_users : int > 0, default=200
        Number of users.
    folder : str or path, default=None
        Where the files go; made if need be. Files of the same name are
        overwritten, others stay. None makes a fresh temporary folder, which is
        yours to remove.
    image_size : int >= 8, pixels, default=224
        Height and width of the pictures.
    audio_seconds : float >= 0.05, s, default=1.5
        Length of the sounds (16 kHz, mono, 16 bits).
    noise : float >= 0, default=1.0
        Scales everything that is random about a modality given the item, and
        about a purchase given taste and popularity. With 0 each modality shows
        all the factors exactly.
    missing : float in [0, 2/3], default=0.0
        Expected share of missing cells in each of the three modalities,
        independently but for one rule: no item lacks all three.
    chinese_share : float in [0, 1], default=1/3
        Share of the items whose comment is in Chinese; the others are in English.
    interactions_per_user : int > 0, default=20
        Mean number of items a user buys (at most half of the catalog).
    n_jobs : int, default=None
        Threads that draw and write files, as in joblib. The files do not depend on it.
    random_state : int, RandomState instance or None, default=0
        Determines everything.

    Returns
    -------
    catalog : Catalog
        The tables with absolute paths, the folder and the hidden truth.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Notes
    -----
    The folder holds ``pictures/`` (PNG and JPEG), ``sounds/`` (WAV),
    ``items.csv``, whose paths are relative to the folder, and
    ``interactions.csv``. Files are drawn and written one by one, and purchases
    by blocks of users, so memory stays small for any size; the time is
    O(n_items) for the files plus O(n_items * n_users) for the purchases.

    What each modality shows sharply: the picture tone (hue), slant (of the
    stripes), size (of the shape) and light (of the colours); the comment tone,
    slant, grain and pace, in words; the sound size (low pitch), light
    (overtones), grain (hiss) and pace (rate of the pulse).

    Examples
    --------
    >>> import tempfile
    >>> from mmclassic.datasets import make_catalog
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     catalog = make_catalog(6, 4, folder=folder, image_size=32, audio_seconds=0.1)
    ...     sorted(path.name for path in catalog.folder.iterdir())
    ['interactions.csv', 'items.csv', 'pictures', 'sounds']
    >>> list(catalog.items.columns)
    ['item_id', 'category', 'picture', 'comment', 'sound', 'price']
    """
    root = int(check_random_state(random_state).randint(2**31 - 1))
    rng = np.random.default_rng([root, 0])
    centers = draw_centers(rng)
    truth = draw_truth(rng, centers, n_items, noise)
    tastes = draw_points(rng, centers, n_users)[1]
    popularity = rng.standard_normal(n_items)
    lost = draw_missing(rng, n_items, missing)
    chinese = np.zeros(n_items, dtype=bool)
    chinese[rng.permutation(n_items)[: round(chinese_share * n_items)]] = True

    folder = _make_folders(folder)
    writer = _ItemWriter(folder, root, truth, lost, chinese, image_size, audio_seconds, noise)
    rows = map_chunks(writer.write_all, range(n_items), chunk_size=_CHUNK, n_jobs=n_jobs)
    items = _items_frame([row for chunk in rows for row in chunk], truth, rng)
    interactions = interactions_frame(
        *draw_interactions(
            root,
            truth.latent,
            tastes,
            popularity=popularity,
            per_user=interactions_per_user,
            noise=noise,
        ),
        user_ids=_names("user", n_users),
        item_ids=items["item_id"].to_numpy(dtype=object),
    )
    items.to_csv(folder / "items.csv", index=False)
    interactions.to_csv(folder / "interactions.csv", index=False)
    return Catalog(_absolute(items, folder), interactions, folder, truth.latent, tastes)


class _ItemWriter:
    """Draws and writes items; each has a random stream of its own."""

    def __init__(self, folder, root, truth, lost, chinese, image_size, audio_seconds, noise):
        self.folder = folder
        self.root = root
        self.truth = truth
        self.lost = lost
        self.languages = np.where(chinese, "zh", "en")
        self.image_size = image_size
        self.audio_seconds = audio_seconds
        self.noise = noise
        self.names = _names("item", len(lost))

    def write_all(self, indices):
        return [self._write_one(index) for index in indices]

    def _write_one(self, index):
        """The cells of one item: relative picture path, comment, relative sound path."""
        streams = np.random.SeedSequence([self.root, 2, index]).spawn(len(MODALITIES))
        makers = (self._picture, self._comment, self._sound)
        cells = [self.names[index]]
        for modality, stream, maker, lost in zip(MODALITIES, streams, makers, self.lost[index]):
            levels = self.truth.shown[modality][index]
            rng = np.random.default_rng(stream)
            cells.append(None if lost else maker(index, levels, rng))
        return cells

    def _picture(self, index, levels, rng):
        kind = "png" if rng.random() < 0.3 else "jpg"
        pixels = draw_picture(levels, self.truth.category[index], rng, self.image_size, self.noise)
        relative = f"pictures/{self.names[index]}.{kind}"
        (self.folder / relative).write_bytes(encode_picture(pixels, kind))
        return relative

    def _comment(self, index, levels, rng):
        category = self.truth.category[index]
        return draw_comment(levels, category, rng, self.languages[index], self.noise)

    def _sound(self, index, levels, rng):
        samples = draw_sound(levels, rng, self.audio_seconds, self.noise)
        relative = f"sounds/{self.names[index]}.wav"
        (self.folder / relative).write_bytes(encode_sound(samples))
        return relative


def _make_folders(folder):
    if folder is None:
        folder = tempfile.mkdtemp(prefix="mmclassic-catalog-")
    folder = Path(folder).resolve()
    for name in ("pictures", "sounds"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def _names(prefix, count):
    """Names of equal length, such as item-0007."""
    digits = max(4, len(str(count - 1)))
    return np.array([f"{prefix}-{i:0{digits}d}" for i in range(count)], dtype=object)


def _items_frame(rows, truth, rng):
    items = pd.DataFrame(rows, columns=["item_id", *MODALITIES])
    items.insert(1, "category", np.array(CATEGORIES, dtype=object)[truth.category])
    size = truth.latent[:, 2]
    items["price"] = np.round(20 * np.exp(0.4 * size + 0.4 * rng.standard_normal(size.size)), 2)
    return items


def _absolute(items, folder):
    """Replace relative paths by absolute ones, gaps kept."""
    items = items.copy()
    for column in ("picture", "sound"):
        items[column] = [None if pd.isna(cell) else str(folder / cell) for cell in items[column]]
    return items
