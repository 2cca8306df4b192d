"""Finding fitted items: the nearest of items and of other rows; and what a score is made of."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import CONTRIBUTION, ITEM, QUERY, QUERY_ID, VIEW, name_rows
from mmclassic.recommend._candidates import with_boost
from mmclassic.recommend._learned import made_of_several
from mmclassic.recommend._neighbour_modes import UsersAlike
from mmclassic.recommend._ranking import block_rows, make_lists, rank_blocks
from mmclassic.recommend._rows import are_rows
from mmclassic.utils import check_k


class FindingMixin:
    """`similar`, `search` and `explain` of a recommender.

    Its `_content(weights)` compares prepared rows, unless its `_neighbours`, `ItemsAlike` or
    `UsersAlike`, are not None; `_contributions` are the parts of a score.
    """

    def similar(self, items, k=10, *, ids=None):
        """Find the nearest fitted items of some items.

        Parameters
        ----------
        items : str, int, array-like of these, Views, DataFrame or {array-like, CSR} of shape \
(n_queries, n_features)
            One id or several ids of fitted items, or rows of new ones: what has one dimension is
            ids, what has two is rows.
        k : int > 0, default=10
            Items per query.
        ids : array-like of str or of int of shape (n_queries,), default=None
            Names of the rows; None takes a table's column "item_id" or its index.

        Returns
        -------
        neighbours : DataFrame
            Columns query_id, item_id, rank (from 1) and score: `k` rows per query or as many as
            there are other items, by decreasing score, ties in the order of the fitted items. An
            item is not its own neighbour.

        Raises
        ------
        UnknownIdError
            If an id was not fitted.
        TypeError
            By mode="users", which compares no items.

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` other items.

        Notes
        -----
        By mode="neighbours" the score is the similarity of items, for which rows of fitted items
        are known by their ids.
        """
        check_is_fitted(self)
        check_k(k)
        if isinstance(self._neighbours, UsersAlike):
            raise TypeError(
                "similar compares items, and mode='users' compares users; use mode='neighbours', "
                "or mode='profile' for their content."
            )
        queries = self._queries(items, ids)
        order, values = self._order_similar(queries, k)
        return make_lists(
            order,
            values,
            k=k,
            width=0,
            askers=queries.ids,
            items=self.item_ids_,
            who="queries",
        ).to_frame(QUERY_ID)

    def search(self, queries, k=10, *, among=None):
        """Find the nearest fitted items of rows that are none of them.

        Views of weight 0 say nothing of what users like, but can be asked by: where all common
        views of queries and items weigh 0 they weigh 1, and without given weights so do the derived
        and the other ones apart.

        Parameters
        ----------
        queries : Views, DataFrame or {array-like, CSR} of shape (n_queries, n_features)
            Rows with some or all of the fitted views.
        k : int > 0, default=10
            Items per query.
        among : Views of n_items rows, default=None
            What to compare with in the place of `features_`: prepared rows of the fitted items in
            their order, such as ``features_.select("image")``.

        Returns
        -------
        found : DataFrame
            Columns query (row number), item_id, rank (from 1) and score: `k` rows per query by
            decreasing score, ties in the order of the fitted items. Items that have none of the
            views that a query is compared in are left out.

        Raises
        ------
        ValueError
            If `among` is not of as many rows as there are fitted items, or a query has no view
            that says anything of them.
        TypeError
            By another mode than "profile".

        Warns
        -----
        ShortListWarning
            Once, if there are fewer than `k` such items.
        """
        check_is_fitted(self)
        check_k(k)
        if self._neighbours is not None:
            raise TypeError(
                f"search compares content, as mode='profile' does; mode={self.mode!r} does not."
            )
        among = self.features_ if among is None else among
        if len(among) != self.item_ids_.size:
            raise ValueError(
                f"among must have a row for each of the {self.item_ids_.size} fitted items; got "
                f"{len(among)}."
            )
        rows = self._prepare_features(self._validate_items(queries, reset=False))
        width = min(k, len(among))
        order, values = np.full((len(rows), width), -1), np.full((len(rows), width), np.nan)
        patterns, which = np.unique(rows.present, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            asked = np.flatnonzero(which.ravel() == number)
            names = [n for n, has in zip(rows.names, pattern) if has and self._tells(n, among)]
            if not names:
                raise ValueError(
                    f"query {asked[0]} says nothing that the items could be compared with: they "
                    f"have {list(among.names)}."
                )
            found = self._search_by(names, rows[asked], among, k)
            order[asked, : found[0].shape[1]], values[asked, : found[0].shape[1]] = found
        return make_lists(
            order,
            values,
            k=k,
            width=0,
            askers=np.arange(len(rows)),
            items=self.item_ids_,
            who="queries",
        ).to_frame(QUERY)

    def explain(self, user, item, *, items=None, boost=None):
        """Split a score into the parts of every liked item and view.

        Parameters
        ----------
        user : str or int
            A user id.
        item : str or int
            A fitted item, or with `items` the name of its row.
        items : Views, DataFrame or {array-like, CSR} of shape (1, n_features), default=None
            Features of a new item.
        boost : dict of float by item id or array-like of shape (n_items,), default=None
            What `recommend` was given: a line of its own, without a liked item.

        Returns
        -------
        explanation : DataFrame
            Columns item_id (what the user interacted with), view and contribution, largest
            magnitude first. The contributions sum to the score; there are no rows where user
            and item have no view in common. Popularity, liking and boosts have no liked item: None.
            By mode="neighbours" the view is "items alike", by mode="users" "users alike".

        Raises
        ------
        UnknownIdError
            If the user, or the item without `items`, was not fitted.

        Notes
        -----
        Rows are brought to length 1 first. Up to that the contributions by "cosine" are linear in
        the item's row: those of a sum of rows are the sums of theirs, each times its row's length.
        Those by "calibrated" are so up to a term for the centre.

        By mode="users" an item of the user's history contributes by its share of how alike the
        neighbours are to the user, which is a sum over what both did.
        """
        check_is_fitted(self)
        (row,) = self._locate_users([user])
        if items is None:
            asked = self._known_rows(self._locate_items([item]))
        else:
            asked = self._queries(items, [item])
        history = sp.csr_matrix(self._preferences(self.interactions_[[row]]))
        tables = [
            _explanation(self.item_ids_[liked], view, c)
            for view, liked, c in self._contributions(history, asked)
        ]
        nothing = [_explanation(self.item_ids_[:0], "", np.empty(0))]
        ids = self.item_ids_ if items is None else [item]
        table = with_boost(pd.concat(tables or nothing, ignore_index=True), boost, ids, item)
        order = np.argsort(-table[CONTRIBUTION].abs().to_numpy(), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def _order_similar(self, queries, k):
        own = queries.positions
        if self._neighbours is None:
            return _order_rows(self._content(), queries.features, k, self.features_, own)
        n_items = self.item_ids_.size
        return rank_blocks(
            lambda rows: self._neighbours.similarities(queries[rows]),
            lambda rows: _own_places(own[rows]),
            shape=(own.size, n_items),
            k=k,
            step=block_rows(n_items),
        )

    def _tells(self, name, among):
        return name in among and (self.similarity_ is None or self.similarity_.scales_[name] > 0)

    def _search_by(self, names, queries, among, k):
        """Positions and scores of the items nearest to queries that all have these views."""
        weights = self._weights_of_query(names)
        names = [name for name in names if weights[name] > 0]
        among = among.select(*names)
        there = np.flatnonzero(among.present.any(axis=1))
        nobody = np.full(len(queries), -1)
        order, values = _order_rows(
            self._content(weights), queries.select(*names), k, among[there], nobody
        )
        return np.where(order >= 0, there[order] if there.size else -1, -1), values

    def _weights_of_query(self, names):
        """The weights, but views that were asked by weigh alike where they weigh nothing."""
        several = made_of_several(self.derived)
        native = [name for name in names if name not in several]
        derived = [name for name in names if name in several]
        # What users like may leave the shared space out, and words still have to find pictures.
        groups = [names] if isinstance(self.weights, dict) else [native, derived]
        mute = [g for g in groups if not any(self.view_weights_[name] > 0 for name in g)]
        return self.view_weights_ | {name: 1.0 for group in mute for name in group}

    def _queries(self, items, ids):
        """The rows asked about, named by ids; they may repeat."""
        if not (isinstance(items, pd.DataFrame) or are_rows(items)):
            if ids is not None:
                raise ValueError("ids name rows of features; items are ids already.")
            return self._known_rows(self._locate_items(items))
        return self._new_rows(items, name_rows(items, ids, repeats=True))


def _order_rows(content, queries, k, among, own):
    """Positions and scores of the best rows for queries; `own` is the place of each, or -1."""
    return rank_blocks(
        lambda rows: content.scores(content.of_rows(queries[rows]), among),
        lambda rows: _own_places(own[rows]),
        shape=(len(queries), len(among)),
        k=k,
        step=block_rows(max(len(among), among.shape[1])),
    )


def _own_places(own):
    known = np.flatnonzero(own >= 0)
    return known, own[known]


def _explanation(ids, label, contributions):
    if not ids.size and contributions.size:
        ids = np.full(contributions.size, None)
    return pd.DataFrame({ITEM: ids, VIEW: label, CONTRIBUTION: contributions})
