"""New items and interactions in a fitted model, and items that are gone."""

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import as_ids, locate_ids, name_rows
from mmclassic.pipeline._columns import file_columns_of, read_labels
from mmclassic.pipeline._kept import keep_columns
from mmclassic.pipeline._parts import offers
from mmclassic.utils import all_or_nothing
from mmclassic.views import Views


class ChangingMixin:
    """Changes the items and interactions of a model, but nothing that it has learned."""

    @available_if(offers("recommender", "update"))
    def update(self, interactions, *, columns=None):
        """Take in what users did since, with all that was learned kept.

        Parameters
        ----------
        interactions : DataFrame or Interactions
            New interactions with the items, by known users and new ones. Weights are added to
            those of before; a rating takes the place of an earlier one.
        columns : dict of str to str, default=None
            What the columns are called, as in `fit`.

        Returns
        -------
        self : object
            The model. It recommends as one that was fitted on all interactions and learned the
            same.

        Raises
        ------
        UnknownIdError
            If an item is unknown: add it before.
        """
        check_is_fitted(self)
        with all_or_nothing(self, self.recommender_):
            self.recommender_.update(interactions, columns=columns)
            self._count_users()
        return self

    @available_if(offers("recommender", "add_items"))
    def add_items(self, items, *, ids=None):
        """Take in new items, with all that was learned kept: they are found and recommended.

        Parameters
        ----------
        items : DataFrame, Views or {array, CSR} of shape (n_new, n_columns)
            Rows as in `fit`; only these files are read. A table may have none.
        ids : array-like of str or of int of shape (n_new,), default=None
            Their identifiers. None takes them from the table.

        Returns
        -------
        self : object
            The model, with these items after those of before.

        Raises
        ------
        CellError
            With ``on_error="raise"``, for the first cell that cannot be read.
        ValueError
            If an identifier is known already, or a column is missing.
        """
        check_is_fitted(self)
        ids = name_rows(items, ids, self.item_id)
        if not ids.size:
            return self
        files = file_columns_of(self)
        kept = keep_columns(items, self.keep, files)
        classes = None if self._classes is None else read_labels(items, self.labels)
        views = self._read(items)
        embedded = self._space.embed(views)
        rows = self._comparison.rows(views, embedded)
        with all_or_nothing(self, self.recommender_, self.search_):
            self.recommender_.add_items(rows, ids=ids)
            if self.search_ is not self.recommender_:
                self.search_.add_items(self._comparison.searched(embedded, rows), ids=ids)
            self.views_ = Views.concat([self.views_, views], missing="absent")
            self.space_ = Views.concat([self.space_, embedded], missing="absent")
            self._kept = {name: column.with_rows(kept[name]) for name, column in self._kept.items()}
            if classes is not None:
                self._classes = np.concatenate([self._classes, classes])
        return self

    @available_if(offers("recommender", "remove_items"))
    def remove_items(self, ids):
        """Take items out, and what users did with them, with all that was learned kept.

        Parameters
        ----------
        ids : str, int or array-like of these
            Identifiers of items; at least one must stay.

        Returns
        -------
        self : object
            The model.

        Raises
        ------
        UnknownIdError
            If an item is unknown.
        """
        check_is_fitted(self)
        gone = as_ids(ids, name="item id", one_or_many=True)
        kept = np.ones(self.item_ids_.size, dtype=bool)
        kept[locate_ids(self.item_ids_, gone, name="item id", where="the model")] = False
        with all_or_nothing(self, self.recommender_, self.search_):
            self.recommender_.remove_items(gone)
            if self.search_ is not self.recommender_:
                self.search_.remove_items(gone)
            self.views_, self.space_ = self.views_[kept], self.space_[kept]
            self._kept = {name: column.of_rows(kept) for name, column in self._kept.items()}
            self._classes = None if self._classes is None else self._classes[kept]
            self._count_users()
        return self

    def _count_users(self, interactions=None):
        """Of the interactions, or of those that the recommender has now."""
        known = self.recommender_.interactions_ if interactions is None else interactions.to_csr()
        self.n_users_ = int(np.count_nonzero(np.diff(known.indptr)))
        self.n_interactions_ = int(known.nnz)
