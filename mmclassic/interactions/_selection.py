"""Which interactions stay."""

from dataclasses import replace

import numpy as np

from mmclassic.interactions._ids import (
    as_ids,
    check_distinct,
    check_same_kind,
    find_ids,
    raise_unknown,
    same_ids,
)
from mmclassic.interactions._reading import check_unknown


class SelectionMixin:
    """Give other interactions of the same users."""

    def for_items(self, ids, unknown="raise"):
        """Number the interactions by another catalogue.

        Parameters
        ----------
        ids : array-like of str or of int of shape (n_items,)
            Distinct item ids.
        unknown : {"raise", "ignore"}, default="raise"
            What happens to interactions with items that are not in `ids`.

        Returns
        -------
        interactions : Interactions
            With ``items`` equal to `ids`, in that order; users keep their numbers. The same
            object if `ids` are its items already.

        Raises
        ------
        UnknownIdError
            If an interaction's item is not in `ids`, and `unknown` is "raise". Items without
            interactions may be left out freely.

        Examples
        --------
        >>> import pandas as pd
        >>> from mmclassic.interactions import Interactions
        >>> frame = pd.DataFrame({"user_id": ["u", "v"], "item_id": ["a", "b"]})
        >>> interactions = Interactions.from_frame(frame)
        >>> interactions.for_items(["c", "b"], unknown="ignore").to_frame()["item_id"].tolist()
        ['b']
        """
        check_unknown(unknown)
        if ids is self.items:
            return self
        ids = as_ids(ids, name="item id")
        if same_ids(ids, self.items):
            return self
        check_distinct(ids, name="item id")
        check_same_kind(ids, self.items, name="item id", where="the given items")
        item_index = find_ids(ids, self.items)[self.item_index]
        moved = replace(self, items=ids, item_index=item_index, items_given=True)
        known = item_index >= 0
        if known.all():
            return moved
        if unknown == "raise":
            lost = self.items[self.item_index[~known]]
            raise_unknown(lost, known=ids, name="item id", where="the given items")
        return moved.select(known)

    def select(self, mask):
        """Keep some interactions; users and items keep their numbers.

        Parameters
        ----------
        mask : array-like of bool of shape (n_interactions,)
            True for the interactions to keep.

        Returns
        -------
        interactions : Interactions
            The chosen ones, in the same order.
        """
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != self.weight.shape:
            raise ValueError(
                f"mask must be bool of shape {self.weight.shape}; got {mask.dtype} of shape "
                f"{mask.shape}."
            )
        return replace(
            self,
            user_index=self.user_index[mask],
            item_index=self.item_index[mask],
            weight=self.weight[mask],
            timestamp=None if self.timestamp is None else self.timestamp[mask],
        )
