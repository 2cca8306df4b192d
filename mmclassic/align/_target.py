"""Aligners that map every view into the space of one of them."""

from abc import abstractmethod

import numpy as np
import scipy.sparse as sp

from mmclassic.align._linear import LinearAligner
from mmclassic.align._ridge import units_of_reduced
from mmclassic.align._unsolvable import UnsolvableError
from mmclassic.utils import times_power
from mmclassic.views import validate_views


class TargetAligner(LinearAligner):
    """Linear aligner whose shared space is the target view's own, centred.

    A view is mapped by the rows that have both it and the target. A subclass writes `_map`.
    """

    _parameter_constraints: dict = {
        **LinearAligner._parameter_constraints,
        "target": [str, None],
    }

    @abstractmethod
    def _map(self, moments, total, name, unit):
        """Columns that map a centred view into the target.

        `total` are the moments of all rows, `moments` the same unless they are kept by fold; the
        `ridge_unit` is None where it is that of the moments.
        """

    def _check_settings(self, widths):
        self._target_name(widths)

    def _target_name(self, names):
        if self.target is None:
            return tuple(names)[-1]
        if self.target not in names:
            raise ValueError(
                f"target must be one of the views {list(names)}, or None for the last; got "
                f"{self.target!r}."
            )
        return self.target

    def _reduce_wide(self, views, weight):
        """As for any view, but the target stays as it is."""
        target = self._target_name(views.names)
        if views.widths[target] > self.max_width:
            raise ValueError(
                f"the target view {target!r} has {views.widths[target]} columns, which would all "
                f"be the shared space; reduce it to at most max_width={self.max_width} before, "
                f"with PerView({{{target!r}: TruncatedSVD(256)}})."
            )
        others = [name for name in views.names if name != target]
        return super()._reduce_wide(views.select(*others), weight) if others else {}

    def _solve(self, moments, reductions, release):
        self.target_ = self._target_name(self.view_widths_in_)
        total = moments.total()
        mean = total.mean(self.target_)
        weights, means, self.offsets_ = {}, {}, {}
        for name in self._sources():
            if not total.n_rows(name, self.target_):
                raise UnsolvableError(
                    f"no row has both {name!r} and the target {self.target_!r}, so there is "
                    "nothing to learn from."
                )
            unit = units_of_reduced(reductions, total).get(name)
            weights[name] = self._map(moments, total, name, unit)
            means[name] = total.mean(name, rows_with=(self.target_,))
            self.offsets_[name] = total.mean(self.target_, rows_with=(name,)) - mean
        self._set_maps(weights, means, reductions)
        self.means_[self.target_] = mean
        self.n_components_ = mean.size

    def _restore_units(self, units):
        super()._restore_units(units)
        for name, offset in self.offsets_.items():
            self.offsets_[name] = times_power(offset, units[self.target_])

    def _sources(self):
        return [name for name in self.view_widths_in_ if name != self.target_]

    def predict_view(self, X, target=None):
        """Predict the columns of the target view from the other views.

        Parameters
        ----------
        X : Views or {array-like, CSR} of shape (n_rows, n_columns)
            The data; any of the fitted views. What it holds of the target is used only if
            it holds nothing else.
        target : str, default=None
            The view to predict; None is the target that was fitted, which is the only one.

        Returns
        -------
        predicted : ndarray of shape (n_rows, n_components_)
            Mean of the predictions of the views that a row has, in the units of the target;
            NaN for rows that have none.

        Raises
        ------
        ValueError
            If `target` is another view than that fitted.
        """
        self._check_fitted()
        views = validate_views(self, X, reset=False)
        if target not in (None, self.target_):
            raise ValueError(
                f"{type(self).__name__} predicts its target view {self.target_!r} only; got target="
                f"{target!r}. Fit another with target={target!r}."
            )
        target = self.target_
        sources = views.select(*([n for n in views.names if n != target] or [target]))
        blocks = [self._project(name, sources[name]) for name in sources.names]
        total = sum(block * sources.present[:, [i]] for i, block in enumerate(blocks))
        counts = sources.present.sum(axis=1, keepdims=True).astype(total.dtype)
        predicted = np.full_like(total, np.nan)
        np.divide(total, counts, out=predicted, where=counts > 0)
        return predicted + self.means_[target].astype(total.dtype)

    def _onto(self, part, found, wanted):
        """The columns of the target, which every fit has."""
        return np.eye(self.n_components_)

    def _project(self, name, block):
        if name == self.target_:
            rows = block.toarray() if sp.issparse(block) else block
            mean = self.means_[name].astype(rows.dtype)
            # What rounding the mean to the data's precision leaves is subtracted after.
            return rows - mean - (self.means_[name] - mean).astype(rows.dtype)
        mapped = super()._project(name, block)
        mapped += self.offsets_[name].astype(mapped.dtype)
        return mapped
