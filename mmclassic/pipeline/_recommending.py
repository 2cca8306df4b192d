"""What a model recommends, and why."""

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import ITEM, VIEW, name_rows
from mmclassic.pipeline._explain import add_words, split_by_part
from mmclassic.pipeline._parts import offers
from mmclassic.pipeline._rows import terms_of
from mmclassic.pipeline._space import FUSED


class RecommendingMixin:
    """Ranks items for users and splits their scores."""

    @available_if(offers("recommender", "rank"))
    def rank(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Rank the best items of each user by position, without a table.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            User identifiers; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, Views or {array, CSR}, default=None
            As in `recommend`.
        ids : array-like of str or of int, default=None
            As in `recommend`.
        include_seen : bool, default=False
            Also rank what a user has interacted with.

        Returns
        -------
        lists : RankedLists
            One list a user, of positions among the items, see `mmclassic.metrics.RankedLists`.
        """
        return self.recommender_.rank(users, k, **self._request(items, ids, include_seen))

    def recommend(self, users=None, k=10, *, items=None, ids=None, include_seen=False):
        """Recommend to each user the best items that the user has not interacted with.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user, or several; None is every user.
        k : int > 0, default=10
            Items per user.
        items : DataFrame, Views or {array, CSR}, default=None
            Rank these rows instead of the fitted items: new arrivals, or what is
            in stock.
        ids : array-like of str or of int, default=None
            Names of the rows of `items`, if these are no table with identifiers; without
            `items`, the fitted items to rank.
        include_seen : bool, default=False
            Also rank what a user has interacted with.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank and score: `k` rows per user by decreasing
            score, or all that are left.

        Raises
        ------
        UnknownIdError
            If a user was not seen in `fit`.

        Warns
        -----
        ShortListWarning
            If some users have fewer than `k` unseen items.
        """
        return self.recommender_.recommend(users, k, **self._request(items, ids, include_seen))

    @available_if(offers("recommender", "explain"))
    def explain(self, user, item, *, items=None):
        """Split a recommendation's score into what adds up to it.

        Parameters
        ----------
        user : str or int
            A user.
        item : str or int
            A fitted item, or the name of the row `items`.
        items : DataFrame, Views or {array, CSR} of one row, default=None
            A new item.

        Returns
        -------
        parts : DataFrame
            Columns item_id (an item of the user's history), view (a modality of
            the explained item, "text (latent)" for what occurs with the terms of "text", or
            "shared" for the shared space), contribution, largest first, and words: for a text,
            up to three terms of both items that say most of it. The contributions sum to the
            score. With ``similarity="shared"`` there are no words.
        """
        self._check_has_users()
        if self.similarity == "calibrated":
            row = None if items is None else self._compared(self._read(items))
            parts = self.recommender_.explain(user, item, items=row)
            terms = terms_of(self.extractor_)
            if not {ITEM, VIEW} <= set(parts) or not terms:
                return parts
            return add_words(parts, item, row, self.search_, terms)
        if items is None and item not in self.item_ids_:
            return self.recommender_.explain(user, item)  # which says what is wrong
        if items is None:
            row = self.space_[np.flatnonzero(self.item_ids_ == item)]
        else:
            row = self._space.embed(self._read(items))
        fused = self._space.fuse(row)
        whole = self.recommender_.explain(user, item, items=fused)
        if FUSED not in set(whole[VIEW]) or not hasattr(self.fuser_, "parts"):
            return whole
        return split_by_part(
            whole,
            self.fuser_.parts(self._space.fusable(row)),
            lambda part: self.recommender_.explain(user, item, items=part),
            FUSED,
        )

    def _request(self, items, ids, include_seen):
        """Arguments for the recommender: rows of items as it was fitted on them."""
        self._check_has_users()
        request = {} if not include_seen else {"include_seen": True}
        if items is not None:
            ids = name_rows(items, ids, self.item_id)
            request["items"] = self._compared(self._read(items))
        if ids is not None:
            request["ids"] = ids
        return request

    def _check_has_users(self):
        check_is_fitted(self)
        if not self.n_users_:
            raise ValueError(
                "this model was fitted without interactions, so it knows no users; fit it with "
                "some, or use similar and search."
            )
