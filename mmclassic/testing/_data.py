"""Views to test on, and estimators fitted on them."""

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import get_tags

from mmclassic.views import Views


def make_views(n_rows=60, *, missing=0.0, sparse=True, random_state=0):
    """Three views of one hidden signal, two dense and one CSR.

    Parameters
    ----------
    n_rows : int, default=60
        Number of rows.
    missing : float in [0, 1), default=0.0
        Share of cells that are absent; every row keeps at least one view.
    sparse : bool, default=True
        Whether the view "text" is CSR.
    random_state : int, default=0
        Seed.

    Returns
    -------
    views : Views
        Views "image" (width 6), "text" (width 9) and "audio" (width 4). Absent
        dense cells hold NaN.
    """
    rng = np.random.default_rng(random_state)
    hidden = rng.normal(size=(n_rows, 3))
    blocks = {}
    for name, width in {"image": 6, "text": 9, "audio": 4}.items():
        noise = 0.3 * rng.normal(size=(n_rows, width))
        blocks[name] = hidden @ rng.normal(size=(3, width)) + noise
    blocks["text"] = np.maximum(blocks["text"], 0)
    present = rng.random((n_rows, 3)) >= missing
    present[~present.any(axis=1), 0] = True
    for column, name in enumerate(blocks):
        blocks[name][~present[:, column]] = 0 if name == "text" else np.nan
    if sparse:
        blocks["text"] = sp.csr_matrix(blocks["text"])
    return Views(blocks, present)


def seeded(estimator):
    """A fresh copy whose random numbers are always the same."""
    fresh = clone(estimator)
    if "random_state" in fresh.get_params():
        fresh.set_params(random_state=0)
    return fresh


def labels_for(estimator, views):
    """Three classes for an estimator that needs labels, else None."""
    return np.arange(len(views)) % 3 if get_tags(estimator).target_tags.required else None


def fitted_on(estimator, views):
    """A fresh copy fitted on views, and on labels if it needs them."""
    fresh = seeded(estimator)
    return fresh.fit(views, labels_for(fresh, views))
