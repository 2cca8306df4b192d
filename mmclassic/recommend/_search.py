"""Search a gallery with a query of any modality."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import (
    QUERY,
    PackedIdsMixin,
    as_ids,
    check_same_kind,
    check_stored_ids,
    locate_ids,
    name_rows,
    named_ids,
)
from mmclassic.match import SIMILARITIES, similarity
from mmclassic.recommend._ranking import block_rows, make_lists, rank_blocks, round_scores
from mmclassic.utils import (
    balance_rows,
    canonical_csr,
    check_k,
    is_finite,
    normalize_rows,
    require,
)
from mmclassic.views import Views, ViewsEstimator, validate_views


class CrossModalSearch(PackedIdsMixin, ViewsEstimator):
    """Find the gallery items most similar to a query, whatever the modality of either.

    Gallery and queries live in one shared space, such as an aligner's output: a text finds
    pictures because both are vectors of the same width there.

    Parameters
    ----------
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default="cosine"
        How similar two vectors are (see `mmclassic.match.similarity`); an aligner names
        the right one in its ``similarity_metric``.

    Attributes
    ----------
    item_ids_ : ndarray of shape (n_items,)
        Ids of the gallery.
    gallery_ : Views
        The gallery; absent rows hold zeros.
    n_components_ : int
        Width of the shared space.
    view_widths_in_ : dict
        Width of every view of the gallery.
    n_features_in_ : int
        Total width of the gallery's views.

    Notes
    -----
    A query's vector is the mean of the views it has, each brought to length 1 first (for
    "pearson" and "spearman" after subtracting its mean; for "dot", "euclidean" and "manhattan" the
    plain mean, since there length matters). The score of a gallery item is the mean similarity to
    the views it has. Queries go through in blocks; O(n_queries n_items n_components) per view.
    Scores are rounded to float32 before ranking, ties keep the order of the gallery.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.recommend import CrossModalSearch
    >>> from mmclassic.views import Views
    >>> pictures = Views({"image": np.array([[1.0, 0.0], [0.0, 1.0]])})
    >>> search = CrossModalSearch().fit(pictures, ids=["sun", "sea"])
    >>> search.search(Views({"text": np.array([[0.1, 0.9]])}), k=1)["item_id"].tolist()
    ['sea']
    """

    _parameter_constraints: dict = {"metric": [StrOptions(set(SIMILARITIES))]}

    def __init__(self, metric="cosine"):
        self.metric = metric

    def fit(self, X, y=None, *, ids=None):
        """Store the gallery.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_items, n_components)
            The gallery; several views must have equal widths.
        y : None
            Not used; present for scikit-learn's sake.
        ids : array-like of str or of int of shape (n_items,), default=None
            Distinct item ids; None is the row numbers.

        Returns
        -------
        self : object
            The fitted search.
        """
        self._validate_params()
        gallery = validate_views(self, X, reset=True)
        widths = set(gallery.widths.values())
        if len(widths) > 1:
            raise ValueError(
                f"views must share one space to be searched; their widths are {gallery.widths}. "
                "Align them first, for example with CCA."
            )
        self.item_ids_ = np.arange(len(gallery)) if ids is None else name_rows(gallery, ids)
        self.gallery_ = gallery
        (self.n_components_,) = widths
        return self

    def add_items(self, X, *, ids):
        """Take new items into the gallery.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_new, n_components)
            Their vectors, of some or all of the fitted views.
        ids : array-like of str or of int of shape (n_new,)
            Their ids, none of them known.

        Returns
        -------
        self : object
            The search, with these items after those of before.
        """
        check_is_fitted(self)
        rows = validate_views(self, X, reset=False)
        ids = name_rows(rows, ids)
        check_same_kind(self.item_ids_, ids, name="item id", where="the gallery")
        ids = named_ids(np.concatenate([self.item_ids_, ids]))
        self.gallery_, self.item_ids_ = Views.concat([self.gallery_, rows], missing="absent"), ids
        return self

    def remove_items(self, ids):
        """Take items out of the gallery.

        Parameters
        ----------
        ids : str, int or array-like of these
            Items of the gallery; at least one must stay.

        Returns
        -------
        self : object
            The search.

        Raises
        ------
        UnknownIdError
            If an item is not in the gallery.
        """
        check_is_fitted(self)
        gone = as_ids(ids, name="item id", one_or_many=True)
        kept = np.ones(self.item_ids_.size, dtype=bool)
        kept[locate_ids(self.item_ids_, gone, name="item id", where="the gallery")] = False
        if not kept.any():
            raise ValueError("all items would be removed; at least one must stay.")
        self.gallery_, self.item_ids_ = self.gallery_[kept], self.item_ids_[kept]
        return self

    def search(self, queries, k=10, *, target=None):
        """Search the gallery for every query.

        Parameters
        ----------
        queries : Views or {array-like, CSR} of shape (n_queries, n_components)
            Vectors in the shared space. The views need not be those of the gallery, and a
            query may have only some of them.
        k : int > 0, default=10
            Items per query.
        target : str, default=None
            Compare with this view of the gallery alone; items without it are not returned.
            None compares with all views an item has; items without any are not returned.

        Returns
        -------
        found : DataFrame
            Columns query (row number), item_id, rank (from 1) and score: `k` rows per query or
            as many as there are items, by decreasing score.

        Raises
        ------
        ValueError
            If a query has no view, widths differ, or the gallery has no view `target`.

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` such items.
        """
        check_is_fitted(self)
        check_k(k)
        return self._rank(queries, k, target, width=0).to_frame(QUERY)

    def rank(self, queries, k=10, *, target=None):
        """Rank the gallery for every query, by position.

        Parameters
        ----------
        queries : Views or {array-like, CSR} of shape (n_queries, n_components)
            Vectors in the shared space. The views need not be those of the gallery, and a
            query may have only some of them.
        k : int > 0, default=10
            Items per query.
        target : str, default=None
            Compare with this view of the gallery alone; items without it are not returned.
            None compares with all views an item has; items without any are not returned.

        Returns
        -------
        lists : RankedLists
            By row numbers of the queries: `k` items or as many as there are.

        Raises
        ------
        ValueError
            If a query has no view, widths differ, or the gallery has no view `target`.

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` such items.
        """
        check_is_fitted(self)
        check_k(k)
        return self._rank(queries, k, target, width=k)

    def _rank(self, queries, k, target, *, width):
        """Lists of `width` places, or at least as many as are filled."""
        vectors = self._query_vectors(queries)
        names = self.gallery_.names if target is None else (target,)
        if target is not None and target not in self.gallery_:
            raise ValueError(
                f"no view named {target!r} in the gallery {list(self.gallery_.names)}."
            )
        rows = np.flatnonzero(self.gallery_.select(*names).present.any(axis=1))
        gallery = self.gallery_.select(*names)[rows]
        nothing = np.empty(0, dtype=np.int64)
        order, values = rank_blocks(
            lambda block: round_scores(self._mean_similarity(vectors[block], gallery)),
            lambda block: (nothing, nothing),
            shape=(len(vectors), rows.size),
            k=k,
            step=block_rows(max(rows.size, self.n_components_)),
        )
        return make_lists(
            order,
            values,
            k=k,
            width=width,
            askers=np.arange(len(vectors)),
            items=self.item_ids_[rows],
            who="queries",
        )

    def _check_state(self):
        """Raise ValueError unless the loaded state fits together."""
        check_stored_ids(self.item_ids_, name="item id")
        fits = isinstance(self.gallery_, Views) and len(self.gallery_) == self.item_ids_.size
        require(fits, self, f"gallery_ has not {self.item_ids_.size} rows.")
        finite = all(map(is_finite, self.gallery_.blocks.values()))
        require(finite, self, "gallery_ is not finite.")
        fits = set(self.gallery_.widths.values()) == {self.n_components_}
        fits = fits and self.gallery_.widths == self.view_widths_in_
        require(fits, self, f"gallery_ is not {self.n_components_} columns wide.")

    def _mean_similarity(self, vectors, gallery):
        """Mean over the views that each gallery row has."""
        total = np.zeros((len(vectors), len(gallery)))
        for name in gallery.names:
            mask = gallery.mask(name)
            total[:, mask] += similarity(vectors, gallery[name][mask], metric=self.metric)
        largest, ranked = np.abs(total).max(initial=0), np.finfo(np.float32)
        if largest > ranked.max or 0 < largest < ranked.tiny:
            raise ValueError(
                f"scores by metric={self.metric!r} of about {largest:.0e} do not fit into float32, "
                "in which they are ranked; bring the rows to another unit, or search by "
                "metric='cosine'."
            )
        return total / gallery.present.sum(axis=1)

    def _query_vectors(self, queries):
        """One dense float64 vector per query, the mean over its views."""
        if not isinstance(queries, Views):
            if sp.issparse(queries):
                queries = canonical_csr(queries, "queries")
            queries = Views({"x0": check_array(queries, accept_sparse="csr")})
        self._check_widths(queries)
        empty = np.flatnonzero(~queries.present.any(axis=1))
        if empty.size:
            raise ValueError(f"query {empty[0]} has none of the views {list(queries.names)}.")
        total = np.zeros((len(queries), self.n_components_))
        for name in queries.names:
            mask = queries.mask(name)
            if mask.any():
                total[mask] += self._unit_rows(queries[name][mask], name)
        return total / queries.present.sum(axis=1)[:, None]

    def _unit_rows(self, block, name):
        rows = block.toarray() if sp.issparse(block) else block
        rows = check_array(rows, dtype=np.float64, input_name=f"view {name!r}")
        if self.metric in ("dot", "euclidean", "manhattan"):
            return rows
        if self.metric in ("pearson", "spearman"):
            rows = balance_rows(rows)
            rows = rows - rows.mean(axis=1, keepdims=True)
        return normalize_rows(rows)

    def _check_widths(self, queries):
        wrong = {n: w for n, w in queries.widths.items() if w != self.n_components_}
        if wrong:
            raise ValueError(
                f"CrossModalSearch was fitted on a space of {self.n_components_} components; got "
                f"views of widths {wrong}. Bring queries into the space with the same aligner."
            )
