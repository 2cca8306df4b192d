"""Similarities of several views in one unit, which add up."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted

from mmclassic.match._agreement import Fitted, agreement_weights, sampled_similarities
from mmclassic.match._centered import (
    all_products,
    center_rows,
    mean_rows,
    paired_products,
    unit_rows,
)
from mmclassic.utils import (
    POSITIVE_INTEGER,
    RANDOM_STATE,
    are_numbers,
    is_array,
    is_finite,
    require,
    row_norms,
    scale_rows,
    view_weights,
)
from mmclassic.views import ViewsEstimator, validate_views

_MOST_MEETINGS = 5e7  # products of sparse rows that all pairs may take: about a second
_BLOCK_ROWS = 1024
# What a view made of one other weighs beside it. On emoji tags hidden from their item (a half of
# the emoji), citations among 1,000 to 26,000 articles (a half of them) and countries by what they
# have, the components of a text's words at half their weight found as much as at equal weights or
# nearly (.56 and .56, .23 and .23, .32 and .34), and lost nothing against the words alone, as equal
# weights did on all citations (.225 for .228).
_SHARE_OF_SOURCE = 0.5


class CalibratedSimilarity(ViewsEstimator):
    """Compare rows view by view, each in its own space, and add up what the views say.

    In a view a with unit rows u, their mean mu and deviation sigma,

        z_a(q, i) = (u_a(q) - mu_a) . (u_a(i) - mu_a) / sigma_a,

    so that 0 is chance and 1 is one deviation above it, whatever the view. The similarity
    of a query and an item is the sum over views of w_a z_a(q, i), where a view that either
    of them lacks adds 0. What is missing is not made up for by the other views: if it were,
    rows that lack the same views would be each other's neighbours.

    Parameters
    ----------
    weights : dict of str to float, default=None
        Weight of every view, at least 0; every fitted view must be named, and 0 leaves one
        out. None weighs the views by how far the others agree with them (see Notes).
    derived : sequence of str or dict of str to str or None, default=()
        Views that are made of the others, such as a shared space. They do not judge the others
        and are not judged by them, which would be hearing one witness twice; without given
        weights each weighs 1, as much as the best of the others. A dict names the view that each
        is made of, None being several: one of a single view, such as components of its terms,
        weighs half of it, also where `weights` does not name it.
    n_pairs : int > 0, default=500000
        How many pairs of different rows the deviations, and the correlations between views,
        are taken over: all pairs of as many random rows. All pairs there are, if fewer, or if
        a CSR view is so sparse that they cost no more.
    random_state : int, RandomState instance or None, default=0
        Draws the rows.

    Attributes
    ----------
    view_weights_ : dict of str to float
        Weight of every view, given or found, scaled so that the largest is 1.
    centers_ : dict of ndarray of shape (width,)
        Mean of the unit rows that have the view, by view.
    scales_ : dict of str to float
        Deviation of the centred products over pairs of different rows, by view; where all these
        are alike, over all pairs. 0 for a view without spread, which says nothing.
    view_widths_in_ : dict
        Width of every fitted view.
    n_features_in_ : int
        Total width of the fitted views.

    Warns
    -----
    UserWarning
        In `fit`, if the weights are to be found and no view agrees with another.

    See Also
    --------
    similarity : Compare rows of one shared space.

    Notes
    -----
    Rows of zeros have no direction: like absent ones they add 0, and do not count in the mean.

    **Weights by agreement.** w_a is the mean z, by the *other* views, of a row and its 10
    nearest by view a (a quarter of the others, where rows are few), less the mean z of all
    pairs of different rows, shrunk by its standard error, and 0 if it is below that: a view of
    noise has next to none. Views whose z correlate above 0.2 are the same evidence. They do not
    judge each other, unless no other view supports any (and not above 0.9, where two are as good as
    one), share one voice in judging others, and each one's weight is divided by the
    sum of its correlations with them, itself included: a view that comes twice has the weight
    of one. A view that no other can judge counts as the best; so a single view has weight 1.
    Where no mean is four standard errors above 0, all weigh alike.

    Cost: O(n width) to fit, O(n_pairs width) for every two views, and for the weights
    O(min(n, 1000) n width), in blocks. `similarity` is O(n_queries n_items width), and its result
    one float64 array with one more of that size for a view at a time; call it for blocks of
    queries. Dense views are copied to float64. CSR views stay CSR: their centre enters by
    corrections of rank one.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.match import CalibratedSimilarity
    >>> from mmclassic.views import Views
    >>> v = Views({"image": np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]), "price": np.eye(4)})
    >>> z = CalibratedSimilarity({"image": 1, "price": 1}).fit(v)
    >>> z.parts(v[:1], v)["image"].round(2)
    array([[ 1.06,  1.06, -1.06, -1.06]])
    >>> z.similarity(v[:1], v).round(2)
    array([[ 2.79,  0.48, -1.64, -1.64]])
    """

    _parameter_constraints: dict = {
        "weights": [dict, None],
        "derived": [list, tuple, dict],
        "n_pairs": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }

    def __init__(self, weights=None, *, derived=(), n_pairs=500_000, random_state=0):
        self.weights = weights
        self.derived = derived
        self.n_pairs = n_pairs
        self.random_state = random_state

    def fit(self, X, y=None):
        """Learn the centre, the scale and the weight of every view.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_features)
            Row-aligned views.
        y : None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        self : object
            The fitted similarity.

        Raises
        ------
        ValueError
            If the weights do not name every view once, or are not numbers of at least 0 of which
            one is above 0; if `derived` names no view, or all of them.
        """
        self._validate_params()
        views = validate_views(self, X, reset=True)
        native = self._native(views.names)
        sources = source_views(self.derived)
        given = self.weights
        if given is not None:
            given = view_weights(with_derived(given, sources), views.names)
        unit = unit_rows(views)
        self.centers_ = mean_rows(unit)
        order = check_random_state(self.random_state).permutation(len(views))
        fitted = Fitted(center_rows(unit, self.centers_), self.centers_, {}, order)
        n_sample = int((1 + np.sqrt(1 + 8 * self.n_pairs)) / 2)  # rows that make so many pairs
        for name, block in views.items():
            fitted.scales[name] = _scale(fitted, name, n_sample, block)
        self.scales_ = fitted.scales
        if given is None:
            self.view_weights_ = dict.fromkeys(views.names, 1.0)
            self.view_weights_.update(agreement_weights(fitted, native, n_sample))
            self.view_weights_ = with_derived(
                {n: w for n, w in self.view_weights_.items() if n not in sources}, sources
            )
        else:
            largest = max(given.values())
            self.view_weights_ = {name: weight / largest for name, weight in given.items()}
        return self

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        widths = self.view_widths_in_
        require(are_numbers(self.scales_, widths), self, "scales_ are no deviations.")
        require(are_numbers(self.view_weights_, widths), self, "view_weights_ are no weights.")
        for name, width in widths.items():
            center = self.centers_[name]
            fits = is_array(center, "f", (width,)) and is_finite(center)
            require(fits, self, f"centers_[{name!r}] has not {width} numbers.")

    def _native(self, names):
        """The views that are not derived from others."""
        unknown = [name for name in self.derived if name not in names]
        native = [name for name in names if name not in self.derived]
        unknown += [s for s in source_views(self.derived).values() if s not in native]
        if unknown or not native:
            raise ValueError(
                f"derived must name some, not all, of the views {list(names)}; got "
                f"{list(self.derived)}."
            )
        return native

    def similarity(self, queries, items):
        """Compare every query with every item.

        Parameters
        ----------
        queries : Views or {array-like, CSR} of shape (n_queries, n_features)
            Rows with all of the fitted views or some.
        items : Views or {array-like, CSR} of shape (n_items, n_features)
            Rows with all of the fitted views or some.

        Returns
        -------
        similarities : ndarray of shape (n_queries, n_items)
            Sums over the views that both have; 0 where there is none.
        """
        queries, items = self.prepare(queries), self.prepare(items)
        total = np.zeros((len(queries), len(items)))
        for _, term in self.terms(queries, items):
            total += term
        return total

    def parts(self, queries, items):
        """Split the similarities by view.

        Parameters
        ----------
        queries : Views or {array-like, CSR} of shape (n_queries, n_features)
            Rows with all of the fitted views or some.
        items : Views or {array-like, CSR} of shape (n_items, n_features)
            Rows with all of the fitted views or some.

        Returns
        -------
        parts : dict of ndarray of shape (n_queries, n_items)
            By view that both containers have; their sum is `similarity`.
        """
        queries, items = self.prepare(queries), self.prepare(items)
        found = dict(self.terms(queries, items))
        shape = len(queries), len(items)
        common = [name for name in self.view_widths_in_ if name in queries and name in items]
        return {name: found[name] if name in found else np.zeros(shape) for name in common}

    def prepare(self, X):
        """Bring rows to length 1 and centre them, once for many comparisons by `terms`.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_features)
            Rows with all of the fitted views or some.

        Returns
        -------
        rows : Views
            New float64 blocks. Dense ones are centred; CSR ones are not, and `terms` corrects for
            that. Present is what the row has and is not a row of zeros.
        """
        check_is_fitted(self)
        return center_rows(unit_rows(validate_views(self, X, reset=False)), self.centers_)

    def terms(self, queries, items, *, support=None, item_support=None, weights=None):
        """Yield the parts of the similarities of prepared rows, one view after the other.

        Parameters
        ----------
        queries : Views
            Rows that `prepare` gave, or linear combinations of such rows.
        items : Views
            Rows of either kind.
        support, item_support : ndarray of shape (n_rows, n_views), default=None
            For combinations: for every view of `queries`, or of `items`, the sum of the factors of
            the rows that have it. None is 1 where a row has the view and 0 elsewhere.
        weights : dict of str to float, default=None
            Weights by view instead of the fitted ones.

        Yields
        ------
        view : str
            A view that both have, of a weight and scale above 0.
        term : ndarray of shape (n_queries, n_items)
            A fresh array of w_a z_a, for combinations that combination of it.
        """
        yield from self._products(all_products, queries, items, support, item_support, weights)

    def pairs(self, queries, items, *, support=None, item_support=None, weights=None):
        """Yield the parts of the similarities of each query and the item of the same row.

        Parameters
        ----------
        queries, items, support, item_support, weights : as in `terms`
            As in `terms`, `queries` and `items` of as many rows.

        Yields
        ------
        view : str
            A view that both have, of a weight and scale above 0.
        term : ndarray of shape (n_queries,)
            A fresh array of w_a z_a.
        """
        yield from self._products(paired_products, queries, items, support, item_support, weights)

    def _products(self, product, queries, items, support, item_support, weights):
        check_is_fitted(self)
        support = queries.present if support is None else support
        item_support = items.present if item_support is None else item_support
        weights = self.view_weights_ if weights is None else weights
        for name in items.names:
            if name not in queries or not weights[name] * self.scales_[name] > 0:
                continue
            # The factor goes to the queries, which are narrower than their similarities.
            factor = weights[name] / self.scales_[name]
            column = support[:, queries.names.index(name)] * factor
            block = scale_rows(queries[name], np.full(len(queries), factor))
            there = item_support[:, items.names.index(name)]
            yield name, product(block, column, items[name], there, self.centers_[name])


def source_views(derived):
    """By derived view the one view that it is made of; those made of several are left out."""
    if not isinstance(derived, dict):
        return {}
    return {name: source for name, source in derived.items() if source is not None}


def with_derived(weights, sources):
    """Weights by view; derived views that have none get theirs by what they are made of."""
    found = {
        name: _SHARE_OF_SOURCE * weights[source]
        for name, source in sources.items()
        if name not in weights and source in weights
    }
    return {**weights, **found}


def _meetings(block):
    """How many pairs of rows share a column, counted for each such column."""
    return float((np.bincount(block.indices, minlength=block.shape[1]).astype(float) ** 2).sum())


def _deviation_of_all(block, center):
    """Deviation of the centred products over all pairs of different rows of a CSR block.

    Of rare terms nearly all products are alike, and the few pairs that share one make the
    deviation: a sample may have none of them. With y = u - mu the sum of squares over all pairs is
    the squared norm of Y Y' = U U' - a 1' - 1 a' + c, where a = U mu and c = mu . mu.
    """
    n_rows = block.shape[0]
    with_mean, square = block @ center, center @ center
    squares = sum(
        float((found.data**2).sum())
        for found in (block[part] @ block.T for part in gen_batches(n_rows, _BLOCK_ROWS))
    )
    squares += n_rows**2 * square**2 - 2 * n_rows * float(with_mean @ with_mean)
    own = 1 - 2 * with_mean + square
    n_pairs = n_rows * (n_rows - 1)
    # The rows sum to 0, so the products of different rows sum to minus those of rows by themselves.
    mean = -own.sum() / n_pairs
    return float(np.sqrt(max((squares - own @ own) / n_pairs - mean**2, 0.0)))


def _scale(fitted, name, n_sample, block):
    """Deviation of the products over pairs of rows; 0 where it is rounding."""
    rows = fitted.sample(n_sample, name)
    if rows.size < 2:
        return 0.0
    all_rows = fitted.rows.mask(name)
    if (
        sp.issparse(block)
        and rows.size < np.count_nonzero(all_rows)
        and _meetings(block) <= _MOST_MEETINGS
    ):
        deviation = _deviation_of_all(fitted.rows[name][all_rows], fitted.centers[name])
    else:
        deviation = float(sampled_similarities(fitted, name, rows).std())
    # Equal directions differ by some roundings of the data, products by the square of that.
    # Products round like squares of rows, for CSR like 1: there the centre is taken out later.
    size = 1.0 if sp.issparse(block) else np.mean(row_norms(fitted.rows[name][rows]) ** 2)
    eps = np.finfo(np.float64).eps
    floor = max((64 * np.finfo(block.dtype).eps) ** 2, 64 * eps * size)
    if deviation <= floor:
        deviation = _deviation_with_own(fitted, name, rows)
    return deviation if deviation > floor else 0.0


def _deviation_with_own(fitted, name, rows):
    """Deviation over all pairs of rows, those of a row with itself included.

    Rows that are all as far from each other, such as texts without a word in common, have no
    deviation otherwise, and differ still.
    """
    block, support = fitted.rows[name][rows], np.ones(rows.size)
    own = paired_products(block, support, block, support, fitted.centers[name])
    others = sampled_similarities(fitted, name, rows).mean()
    share = 1 / rows.size
    return float(np.sqrt(share * own.var() + share * (1 - share) * (own.mean() - others) ** 2))
