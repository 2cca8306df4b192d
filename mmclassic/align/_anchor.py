"""Relative representations: rows as their similarities to paired anchors of their own view."""

from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import kmeans_plusplus
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from mmclassic.align._base import BaseAligner
from mmclassic.match import match, similarity
from mmclassic.metrics import retrieval_map
from mmclassic.moments import project
from mmclassic.utils import (
    POSITIVE_INTEGER,
    POSITIVE_REAL,
    RANDOM_STATE,
    is_array,
    is_finite,
    normalize_rows,
    require,
)

_MOST_ANCHORS = 2048
_POWERS = (1.0, 2.0, 4.0)
_JUDGES = 1000  # anchors by which the power is chosen


class AnchorAligner(BaseAligner):
    """Describe every row by how similar it is to the same anchors, each view in its own space.

    Anchors are rows that have all views. A picture's cosines to the anchors' pictures and a text's
    to the anchors' texts are then numbers of the same things, whatever the widths of the views:
    nothing is learned but the means of the views.

    Parameters
    ----------
    n_anchors : int, default=None
        Number of anchors, the width of the shared space. None takes all rows that have all views,
        2,048 of them at most.
    anchors : {"random", "kmeans++"} or array-like of int, default="kmeans++"
        Which rows with all views are anchors: any, rows far from one another by the seeding of
        k-means++, or the positions of the rows. Not asked where all are taken. Of 20 to 100 anchors
        those of k-means++ find .02 to .07 more of the partners of held-out flags and emoji.
    power : float > 0, default=None
        Similarities to anchors are raised to this power, their signs kept, so that the nearest
        anchors count more. None chooses among 1, 2 and 4 that by which the views of the anchors
        find each other best, each described without itself.
    n_rounds : int >= 0, default=0
        Rounds of growing the anchors from two views: rows that have one view alone are matched
        where each is the other's nearest, and the surest pairs become anchors too, so many that the
        anchors are doubled. For few known pairs and many rows that are not paired.
    random_state : int, RandomState instance or None, default=0
        Decides the anchors.

    Attributes
    ----------
    anchor_rows_ : dict of ndarray of int of shape (n_components_,)
        Row of the fitted data that each anchor has in each view; they differ for pairs that were
        found in growing.
    n_known_ : int
        Anchors that are known pairs; they come first.
    power_ : float
        The power that is used.
    weights_ : dict of ndarray of shape (width, n_components_)
        Centred anchors of length 1, as columns.
    means_ : dict of ndarray of shape (width,)
        Mean of every view over its present rows.
    n_components_ : int
        Number of anchors.
    view_widths_in_ : dict
        Width of every fitted view by name.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    O(n p n_anchors) to transform; CSR views are centred in the products and never densified, but
    for the anchors, p x n_anchors numbers a view. A row that is the mean of its view has
    similarity 0 to all. A single view takes its anchors from its own rows.

    Every anchor is one coordinate and none weighs more than another, so that what the views do not
    share counts as much as what they do. Where there are hundreds of pairs `CCA` finds more: see
    ``python -m benchmarks matching``. Growing helps where the spaces resemble each other so much
    that most pairs it finds are right, as with planted rotations; pictures and names of emoji gain
    .01 of recall@10 from it with ten pairs, and nothing with more.

    References
    ----------
    L. Moschella et al., "Relative representations enable zero-shot latent space communication",
    ICLR 2023. A. Norelli et al., "ASIF: coupled data turns unimodal models to multimodal without
    training", NeurIPS 2023 (powers).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.align import AnchorAligner
    >>> from mmclassic.match import match
    >>> from mmclassic.views import Views
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 5))
    >>> Y = X @ np.linalg.qr(rng.normal(size=(8, 5)))[0].T
    >>> aligner = AnchorAligner(50).fit(Views({"x": X[:100], "y": Y[:100]}))
    >>> space = aligner.transform(Views({"x": X[100:], "y": Y[100:]}))
    >>> int((match(space["x"], space["y"]).columns == np.arange(200)).sum())
    200
    """

    _parameter_constraints: dict = {
        "n_anchors": [*POSITIVE_INTEGER, None],
        "anchors": [StrOptions({"random", "kmeans++"}), "array-like"],
        "power": [*POSITIVE_REAL, None],
        "n_rounds": [Interval(Integral, 0, None, closed="left")],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self, n_anchors=None, *, anchors="kmeans++", power=None, n_rounds=0, random_state=0
    ):
        self.n_anchors = n_anchors
        self.anchors = anchors
        self.power = power
        self.n_rounds = n_rounds
        self.random_state = random_state

    def _fit_views(self, views, y):
        if self.n_rounds and len(views.names) != 2:
            raise ValueError(
                f"AnchorAligner grows anchors from two views; got {list(views.names)} and "
                f"n_rounds={self.n_rounds}."
            )
        self.means_ = {n: _mean(views.present_rows(n)) for n in views.names}
        rows = self._choose(views)
        self.n_known_ = rows.size
        self._set_anchors(views, dict.fromkeys(views.names, rows))
        for _ in range(self.n_rounds):
            found = self._grown(views)
            if found is None:
                break
            self._set_anchors(views, found)

    def _choose(self, views):
        """Rows that have all views and are anchors."""
        complete = np.flatnonzero(views.present.all(axis=1))
        if not isinstance(self.anchors, str):
            return _given(self.anchors, views)
        if not complete.size:
            raise ValueError(
                f"AnchorAligner needs rows that have all of the views {list(views.names)} as "
                "anchors; there are none."
            )
        most = _MOST_ANCHORS if self.n_anchors is None else self.n_anchors
        if most >= complete.size:
            if self.n_anchors is not None and most > complete.size:
                raise ValueError(
                    f"n_anchors must be at most n_samples={complete.size}, the rows with all "
                    f"views; got {most}."
                )
            return complete
        random_state = check_random_state(self.random_state)
        if self.anchors == "random":
            return np.sort(random_state.choice(complete, most, replace=False))
        units = [normalize_rows(block[complete]) for block in views.blocks.values()]
        joined = sp.hstack(units).tocsr() if any(map(sp.issparse, units)) else np.hstack(units)
        return np.sort(complete[kmeans_plusplus(joined, most, random_state=random_state)[1]])

    def _set_anchors(self, views, rows):
        """Keep anchors, those of each view at its own rows, and the power for them."""
        self.anchor_rows_ = rows
        self.n_components_ = rows[views.names[0]].size
        self.weights_ = {}
        for name, block in views.items():
            anchors = block[rows[name]]
            anchors = anchors.toarray() if sp.issparse(anchors) else anchors
            centred = anchors - self.means_[name].astype(anchors.dtype)
            self.weights_[name] = normalize_rows(centred).T
        self.power_ = self.power or self._best_power(views)

    def _best_power(self, views):
        """The power by which the views of anchors find each other best, each without itself."""
        if len(views.names) == 1 or self.n_components_ < 3:
            return _POWERS[0]
        judges = np.linspace(0, self.n_components_ - 1, min(_JUDGES, self.n_components_))
        judges = judges.astype(int)
        cosines = []
        for name in views.names:
            found = self._cosines(name, views[name][self.anchor_rows_[name][judges]])
            found[np.arange(judges.size), judges] = 0
            cosines.append(found)
        scores = [_agreement([_raised(c, power) for c in cosines]) for power in _POWERS]
        return _POWERS[int(np.argmax(scores))]

    def _grown(self, views):
        """Anchors with the surest of the pairs that rows of one view alone make, if any."""
        present = views.present
        alone = [np.flatnonzero(present[:, i] & ~present[:, 1 - i]) for i in (0, 1)]
        if not all(rows.size for rows in alone):
            return None
        places = [self._project(n, views[n][rows]) for n, rows in zip(views.names, alone)]
        found = match(*places, method="mutual")
        wanted = 2 * self.n_components_ - self.n_known_
        surest = np.argsort(-found.confidence, kind="stable")[:wanted]
        chosen = alone[0][found.rows[surest]], alone[1][found.columns[surest]]
        known = {n: self.anchor_rows_[n][: self.n_known_] for n in views.names}
        return {n: np.concatenate([known[n], more]) for n, more in zip(views.names, chosen)}

    def _cosines(self, name, block):
        """Cosines of centred rows and anchors; 0 for a row without direction."""
        products = project(block, self.weights_[name], self.means_[name])
        lengths = _centred_lengths(block, self.means_[name])
        inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        return products * inverse.astype(products.dtype)[:, None]

    def _project(self, name, block):
        return _raised(self._cosines(name, block), self.power_)

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        for name, width in self.view_widths_in_.items():
            anchors, mean = self.weights_[name], self.means_[name]
            fits = is_array(anchors, "f", (width, self.n_components_)) and is_finite(anchors)
            require(fits, self, f"weights_[{name!r}] are no {self.n_components_} anchors.")
            fits = is_array(mean, "f", (width,)) and is_finite(mean)
            require(fits, self, f"means_[{name!r}] has not {width} numbers.")
            fits = is_array(self.anchor_rows_.get(name), "i", (self.n_components_,))
            require(fits, self, f"anchor_rows_[{name!r}] are not {self.n_components_} rows.")
        fits = isinstance(self.power_, Real) and 0 < self.power_ < np.inf
        require(fits, self, "power_ is no exponent above 0.")
        fits = isinstance(self.n_known_, Integral) and 0 < self.n_known_ <= self.n_components_
        require(fits, self, "n_known_ is no number of its anchors.")


def _given(anchors, views):
    rows = check_array(anchors, ensure_2d=False, dtype=None, input_name="anchors")
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or np.unique(rows).size != rows.size:
        raise ValueError("anchors must be different whole numbers, positions of rows.")
    if rows.min() < 0 or rows.max() >= len(views):
        raise ValueError(
            f"anchors must be positions in [0, {len(views) - 1}]; got {rows.min()} to {rows.max()}."
        )
    lacking = rows[~views.present[rows].all(axis=1)]
    if lacking.size:
        raise ValueError(f"anchors must have all views; row {lacking[0]} lacks some.")
    return rows.astype(np.int64)


def _mean(rows):
    return np.asarray(rows.mean(axis=0, dtype=np.float64)).ravel()


def _centred_lengths(block, mean):
    """Lengths of rows minus a mean; those of rounding size are 0."""
    if not sp.issparse(block):
        return np.linalg.norm(block - mean, axis=1)
    squares = np.asarray(block.multiply(block).sum(axis=1), dtype=np.float64).ravel()
    own = mean @ mean
    energies = squares - 2 * (block @ mean) + own
    tiny = 8 * np.finfo(block.dtype).eps * (squares + own)
    return np.sqrt(np.where(energies > tiny, energies, 0.0))


def _raised(cosines, power):
    if power == 1:
        return cosines
    return np.sign(cosines) * np.abs(cosines) ** cosines.dtype.type(power)


def _agreement(places):
    """Mean reciprocal rank of the same row among the others, over ordered pairs of views."""
    return np.mean(
        [
            retrieval_map(similarity(a, b))
            for i, a in enumerate(places)
            for j, b in enumerate(places)
            if i != j
        ]
    )
