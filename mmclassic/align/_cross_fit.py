"""Embeddings of the fitted rows by aligners that were fitted without them."""

from copy import copy
from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_consistent_length

from mmclassic.moments import FoldedMoments
from mmclassic.utils import small_svd
from mmclassic.views import Views, restore_absent


def cross_fit(aligner, views, y, cv, rotate):
    """Views in the aligner's space, each row by a fit on the folds that it is not in."""
    y = _check(aligner, views, y, cv)
    folds = np.arange(len(views)) % cv
    whole = aligner.transform(views) if rotate else None
    fit = aligner._copy_for_part()._fitter_of_parts(views, y, cv)
    parts = []
    for fold in range(cv):
        held_out = folds == fold
        part = _fit_part(aligner, fit, fold, cv)
        space = part.transform(views if rotate else views[held_out])
        if rotate:
            onto = aligner._onto(part, _stacked(space, ~held_out), _stacked(whole, ~held_out))
            space = {n: block[held_out] @ onto.astype(block.dtype) for n, block in space.items()}
        parts.append((held_out, dict(space)))
    return Views(_joined(parts, views), views.present)


def _joined(parts, views):
    """The rows of all parts, as wide as the widest: fewer rows may show more components, too."""
    width = max(block.shape[1] for _, part in parts for block in part.values())
    blocks = {}
    for name, block in views.items():
        blocks[name] = np.zeros((len(views), width), dtype=block.dtype)
        for rows, part in parts:
            blocks[name][rows, : part[name].shape[1]] = part[name]
        restore_absent(blocks[name], views.mask(name))
    return blocks


def fitter_of_parts(views, y, cv):
    """What fits an aligner to the rows outside a fold."""

    def fit(part, fold):
        known = np.arange(len(views)) % cv != fold
        return part.fit(views[known], None if y is None else y[known])

    return fit


def moments_without(folded, fold, *, by_fold):
    """Moments of the rows outside a fold; by fold they are those of the others, and it is empty."""
    if not by_fold:
        return folded.without(fold)
    others = FoldedMoments(folded.kind)
    others.folds = [folded.kind() if i == fold else m for i, m in enumerate(folded.folds)]
    others.n_seen = folded.n_seen
    return others


def reductions_of_known(reductions, reduced, known):
    """Reductions whose variance is that of the known rows, in which a ridge is measured."""
    found = {}
    for name, reduction in reductions.items():
        has = reduced.mask(name)
        every, some = (reduced[name][rows].var(axis=0).sum() for rows in (has, has & known))
        found[name] = copy(reduction)
        found[name].column_variances = reduction.column_variances * (some / every if every else 1)
    return found


def rotation(found, wanted):
    """Matrix with orthonormal rows or columns that brings rows nearest to others, by least squares.

    Square, it is the orthogonal Procrustes solution. Of fewer columns than wanted it fills a part
    of the space, of more it leaves some out.
    """
    left, _, right = small_svd(found.T @ wanted)
    return left @ right


def inverse(scale):
    """One over each, and 0 of 0."""
    return np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)


def _check(aligner, views, y, cv):
    check_scalar(cv, "cv", Integral, min_val=2)
    name = type(aligner).__name__
    lacking = [view for view in aligner.view_widths_in_ if view not in views]
    if lacking:
        raise ValueError(
            f"cross_transform fits {name} anew and needs all of its views; {lacking} are lacking."
        )
    if len(views) < 2 * cv:
        raise ValueError(
            f"cross_transform fits {name} {cv} times, each time without one row in {cv}, and needs "
            f"at least {2 * cv} rows; got {len(views)}."
        )
    if y is None:
        return None
    check_consistent_length(views.present, y)
    return np.asarray(y)


def _fit_part(aligner, fit, fold, cv):
    try:
        return _fit_as_far_as_possible(aligner._copy_for_part(), fit, fold)
    except ValueError as error:
        raise ValueError(
            f"cross_transform could not fit {type(aligner).__name__} without rows {fold}, "
            f"{fold + cv}, {fold + 2 * cv} and so on: {error}"
        ) from error


def _fit_as_far_as_possible(part, fit, fold):
    """Fewer rows may have fewer components than were asked for: then as many as they have."""
    try:
        return fit(part, fold)
    except ValueError:
        if part.get_params(deep=False).get("n_components") is None:
            raise
        return fit(part.set_params(n_components=None), fold)


def _stacked(space, rows):
    """Places of some rows in all views, those that are present, one below the other."""
    return np.vstack(
        [block[rows & space.mask(name)] for name, block in space.items()], dtype=np.float64
    )
