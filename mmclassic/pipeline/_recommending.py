"""What a model recommends, and why."""

import numpy as np
import pandas as pd
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mmclassic.interactions import ITEM, VIEW, name_rows
from mmclassic.pipeline._conditions import groups_of, rows_where
from mmclassic.pipeline._explain import add_words, split_by_part
from mmclassic.pipeline._parts import offers
from mmclassic.pipeline._rows import terms_of
from mmclassic.pipeline._space import FUSED

_OFF_AT_0 = ("diversity", "include_seen")  # of all else a 0 may be the id of an item


class RecommendingMixin:
    """Ranks items for users and splits their scores."""

    @available_if(offers("recommender", "rank"))
    def rank(
        self,
        users=None,
        k=10,
        *,
        history=None,
        content=None,
        items=None,
        ids=None,
        candidates=None,
        exclude=None,
        where=None,
        popularity=None,
        boost=None,
        diversity=0.0,
        at_most=None,
        include_seen=False,
    ):
        """Rank the best items of each user by position, without a table.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            User identifiers; None is every user.
        k : int > 0, default=10
            Items per user.
        history, content, items, ids, candidates, exclude, where, popularity, boost, diversity, \
at_most, include_seen : as in `recommend`
            What is asked for.

        Returns
        -------
        lists : RankedLists
            One list a user, of positions among the items, see `mmclassic.metrics.RankedLists`.
        """
        request = self._request(
            history=history,
            content=content,
            items=items,
            ids=ids,
            candidates=candidates,
            exclude=exclude,
            where=where,
            popularity=popularity,
            boost=boost,
            diversity=diversity,
            at_most=at_most,
            include_seen=include_seen,
        )
        return self.recommender_.rank(users, k, **request)

    def recommend(
        self,
        users=None,
        k=10,
        *,
        history=None,
        content=None,
        items=None,
        ids=None,
        candidates=None,
        exclude=None,
        where=None,
        popularity=None,
        boost=None,
        diversity=0.0,
        at_most=None,
        include_seen=False,
    ):
        """Recommend to each user the best items that the user has not interacted with.

        Parameters
        ----------
        users : str, int or array-like of these, default=None
            One user, or several; None is every user. Those that were not fitted get what is
            popular.
        k : int > 0, default=10
            Items per user.
        history : list of item ids, dict of float by item id, DataFrame or Interactions, \
default=None
            What those who ask did, in the place of what is known of `users`. A list of liked
            items, or a dict of weights (below 0: disliked), is of one asker, whose id is 0; a
            table is of the users that it names.
        content : dict of (str, path, bytes, array or list of these), DataFrame, Views or matrix, \
default=None
            What somebody likes that is no item, by view or modality as in `search`:
            ``{"text": "red striped cotton", "image": "photo.jpg"}``; or rows of a table. Each row
            is an asker, whose id is its number.
        items : DataFrame, Views or {array, CSR}, default=None
            Rank these rows instead of the fitted items: new arrivals, or what is
            in stock.
        ids : array-like of str or of int, default=None
            Names of the rows of `items`, if these are no table with identifiers. Without `items`
            the same as `candidates`.
        candidates : array-like of str or of int, default=None
            The items to rank, by id; None is all. No file is read again.
        exclude : array-like of str or of int, default=None
            Items that nobody gets.
        where : str or array-like of bool of shape (n_items,), default=None
            Which items may be ranked: a condition on columns of the items' table that `keep`
            names, such as ``"price < 50 and in_stock"`` (see `pandas.DataFrame.query`), or a mask
            in the order of the items. What lacks a value does not meet a comparison. A column of
            texts that is compared with numbers, or with no text, is read as numbers.
        popularity : (int or None, int or None), default=None
            Fewest and most users who rated an item, or gave it a weight above 0.
        boost : dict of float by item id or array-like of shape (n_items,), default=None
            What is added to the score of an item, whoever asks.
        diversity : float in [0, 1), default=0.0
            How much an item's likeness to those before it counts against its score, see
            `KNNRecommender.rank`.
        at_most : dict of int by column, default=None
            How many items a list may hold that are alike in a column that `keep` names:
            ``{"category": 2}``.
        include_seen : bool, default=False
            Also rank what a user has interacted with.

        Returns
        -------
        recommendations : DataFrame
            Columns user_id, item_id, rank, score and basis: `k` rows per user by decreasing
            score, or all that are left. `basis` is "history", or "popularity" for users of whom
            nothing is known, where the score is the number of users of an item.

        Raises
        ------
        UnknownIdError
            If an item was not fitted, or an unknown user is a fitted one in another spelling.
        ValueError
            If a column is not kept, or a condition cannot be read.

        Warns
        -----
        ShortListWarning
            If some users have fewer than `k` items left.
        """
        request = self._request(
            history=history,
            content=content,
            items=items,
            ids=ids,
            candidates=candidates,
            exclude=exclude,
            where=where,
            popularity=popularity,
            boost=boost,
            diversity=diversity,
            at_most=at_most,
            include_seen=include_seen,
        )
        return self.recommender_.recommend(users, k, **request)

    @available_if(offers("recommender", "explain"))
    def explain(self, user, item, *, items=None, boost=None):
        """Split a recommendation's score into what adds up to it.

        Parameters
        ----------
        user : str or int
            A user.
        item : str or int
            A fitted item, or the name of the row `items`.
        items : DataFrame, Views or {array, CSR} of one row, default=None
            A new item.
        boost : dict of float by item id, default=None
            What `recommend` was given: a line of its own.

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
        added = {} if boost is None else {"boost": boost}
        if self.similarity == "calibrated":
            row = None if items is None else self._compared(self._read(items))
            parts = self.recommender_.explain(user, item, items=row, **added)
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
        whole = self.recommender_.explain(user, item, items=fused, **added)
        if FUSED not in set(whole[VIEW]) or not hasattr(self.fuser_, "parts"):
            return whole
        return split_by_part(
            whole,
            self.fuser_.parts(self._space.fusable(row)),
            lambda part: self.recommender_.explain(user, item, items=part),
            FUSED,
        )

    def _request(self, history=None, content=None, items=None, ids=None, **options):
        """Arguments for the recommender: rows of items as it was fitted on them."""
        # What is as it was is not passed on, so that any recommender will do.
        request = {
            name: value
            for name, value in options.items()
            if value is not None and not (name in _OFF_AT_0 and np.isscalar(value) and value == 0)
        }
        if content is None and history is None:
            self._check_has_users()
        elif content is not None:
            request["history"] = self._compared(self._read_content(content))
        else:
            request["history"] = history
        table = None if self._kept is None else self.kept_
        if items is not None:
            ids = name_rows(items, ids, self.item_id)
            request["items"] = self._compared(self._read(items))
            table = items if isinstance(items, pd.DataFrame) else None
        if ids is not None:
            request["ids"] = ids
        if isinstance(request.get("where"), str):
            request["where"] = rows_where(table, request["where"])
        if isinstance(request.get("at_most"), dict):
            request["at_most"] = groups_of(table, request["at_most"])
        return request

    def _read_content(self, content):
        if isinstance(content, dict):
            return self._read_query(None, content)[0]
        return self._read(content)

    def _check_has_users(self):
        check_is_fitted(self)
        if not self.n_users_:
            raise ValueError(
                "this model was fitted without interactions, so it knows no users; fit it with "
                "some, or use similar and search."
            )
