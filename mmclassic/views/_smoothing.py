"""Views averaged over rows that are linked: articles that cite each other, films of one series."""

from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from mmclassic.utils import is_finite, normalize_rows, require, scale_rows
from mmclassic.views._base import ViewsEstimator, ViewsTransformerMixin
from mmclassic.views._validation import restore_absent, validate_views
from mmclassic.views._views import Views


class GraphSmoothing(ViewsTransformerMixin, ViewsEstimator):
    """Blend every row of some views with the rows that it is linked to.

    A row x of a view, brought to length 1, becomes (1 - share) x + share m, where m is the mean of
    the linked fitted rows that have the view, also of length 1, by the strength of the links. A row
    without such links stays x, and one that lacks the view has m.

    Parameters
    ----------
    links : str
        The view that holds the links: in `fit` as many columns as rows, entry (i, j) saying how
        strongly row i is linked to row j, at least 0. New rows are linked to the fitted ones.
    views : list of str, default=None
        What is blended; None is every other view.
    share : float in [0, 1], default=0.5
        How much the linked rows count.

    Attributes
    ----------
    features_ : Views
        The fitted rows of length 1 of the views that are blended.
    view_widths_in_ : dict
        Width of every fitted view, the links among them.
    n_features_in_ : int
        Total width of the fitted views.

    Notes
    -----
    One step of the propagation of labels and features over graphs [1]_, on one mode. The links stay
    a view of the result. The transformed training rows are not to be compared with rows that were
    transformed without links: these would stand further apart than they are. Cost: a sparse product
    of the links with the views.

    References
    ----------
    .. [1] Zhou, D. et al. (2003). Learning with local and global consistency. NIPS 16.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.views import GraphSmoothing, Views
    >>> v = Views({"text": np.array([[2.0, 0], [0, 1], [0, 3]]), "cites": np.eye(3)[[1, 0, 2]]})
    >>> GraphSmoothing("cites").fit_transform(v)["text"]
    array([[0.5, 0.5],
           [0.5, 0.5],
           [0. , 1. ]])
    """

    _parameter_constraints: dict = {
        "links": [str],
        "views": [list, tuple, None],
        "share": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, links, *, views=None, share=0.5):
        self.links = links
        self.views = views
        self.share = share

    def fit(self, X, y=None):
        """Keep the rows that others may be linked to.

        Parameters
        ----------
        X : Views
            Row-aligned views, the links among them.
        y : None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the links are not square or below 0, or a view to blend is not there.
        """
        self._validate_params()
        views = validate_views(self, X, reset=True)
        names = self._blended(views)
        if views[self.links].shape[1] != len(views):
            raise ValueError(
                f"the links {self.links!r} must have a column for each of the {len(views)} rows; "
                f"they have {views[self.links].shape[1]}."
            )
        self._check_links(views)
        chosen = views.select(*names)
        blocks = {name: normalize_rows(block) for name, block in chosen.items()}
        self.features_ = Views(blocks, chosen.present)
        return self

    def transform(self, X):
        """Blend rows with the fitted ones that they are linked to.

        Parameters
        ----------
        X : Views
            Rows with some or all of the fitted views; without links they stay as they are, of
            length 1.

        Returns
        -------
        blended : Views
            The same views; a view that a row lacked is present where a linked row has it.
        """
        check_is_fitted(self)
        views = validate_views(self, X, reset=False)
        blocks, present = dict(views.blocks), views.present.copy()
        self._check_links(views)
        for name in self.features_.names:
            if name in views:
                place = views.names.index(name)
                blocks[name], present[:, place] = self._blend(views, name)
        for place, name in enumerate(views.names):
            blocks[name] = restore_absent(blocks[name], present[:, place])
        return Views(blocks, present)

    def get_feature_names_out(self, input_features=None):
        """List the names of the columns, those of `fit`: the view's name and a number.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str
            Names over all views in order.
        """
        check_is_fitted(self)
        widths = self.view_widths_in_
        return np.array([f"{v}{i}" for v, n in widths.items() for i in range(n)], dtype=object)

    def _blend(self, views, name):
        rows, has = normalize_rows(views[name]), views.mask(name)
        if self.links not in views:
            return rows, has
        there = self.features_.mask(name)
        links = sp.csr_matrix(views[self.links]) @ sp.diags(there.astype(np.float64))
        total = np.asarray(links.sum(axis=1)).ravel()
        linked = total > 0
        links = scale_rows(links.tocsr(), np.divide(1, total, out=total * 0, where=linked))
        mean = links.astype(rows.dtype) @ self.features_[name]
        own = np.where(linked, np.where(has, 1 - self.share, 0.0), 1.0)
        others = np.where(linked, np.where(has, self.share, 1.0), 0.0)
        return scale_rows(rows, own) + scale_rows(mean, others), has | linked

    def _blended(self, views):
        others = [name for name in views.names if name != self.links]
        names = others if self.views is None else list(self.views)
        if self.links not in views or not names or not set(names) <= set(others):
            raise ValueError(
                f"links and views must name some of the views {list(views.names)}; got "
                f"{self.links!r} and {self.views!r}."
            )
        return names

    def _check_links(self, views):
        if self.links not in views:
            return
        links = views[self.links]
        values = links.data if sp.issparse(links) else links
        if values.size and values.min() < 0:
            raise ValueError(f"the links {self.links!r} must be at least 0; got {values.min()}.")

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        widths = self.view_widths_in_
        fits = isinstance(self.features_, Views) and len(self.features_) == widths[self.links]
        fits = fits and all(widths.get(n) == w for n, w in self.features_.widths.items())
        require(fits, self, "features_ are not those that the links are of.")
        require(all(map(is_finite, self.features_.blocks.values())), self, "features_ not finite.")
