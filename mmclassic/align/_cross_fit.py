"""Embeddings of the fitted rows by aligners that were fitted without them."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from mmclassic.moments import N_FOLDS
from mmclassic.utils import small_svd
from mmclassic.views import Views, restore_absent


def cross_fit(aligner, views, y):
    """Views in the aligner's space, each row by a fit on the folds that it is not in."""
    y = _check(aligner, views, y)
    folds = np.arange(len(views)) % N_FOLDS
    blocks = {
        name: np.empty((len(views), aligner.n_components_), dtype=block.dtype)
        for name, block in views.items()
    }
    for fold in range(N_FOLDS):
        held_out = folds == fold
        known = views[~held_out]
        part = _fit_part(aligner, known, None if y is None else y[~held_out], fold)
        onto = aligner._onto(part, _stacked(part, known), _stacked(aligner, known))
        for name, block in part.transform(views[held_out]).items():
            blocks[name][held_out] = block @ onto.astype(block.dtype)
    for name, block in blocks.items():
        restore_absent(block, views.mask(name))
    return Views(blocks, views.present)


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


def _check(aligner, views, y):
    name = type(aligner).__name__
    lacking = [view for view in aligner.view_widths_in_ if view not in views]
    if lacking:
        raise ValueError(
            f"cross_transform fits {name} anew and needs all of its views; {lacking} are lacking."
        )
    if len(views) < 2 * N_FOLDS:
        raise ValueError(
            f"cross_transform fits {name} {N_FOLDS} times without a fifth of the rows and needs at "
            f"least {2 * N_FOLDS} of them; got {len(views)}."
        )
    if y is None:
        return None
    check_consistent_length(views.present, y)
    return np.asarray(y)


def _fit_part(aligner, known, y, fold):
    try:
        return _fit_as_far_as_possible(aligner._copy_for_part(), known, y)
    except ValueError as error:
        raise ValueError(
            f"cross_transform could not fit {type(aligner).__name__} without rows {fold}, "
            f"{fold + N_FOLDS}, {fold + 2 * N_FOLDS} and so on: {error}"
        ) from error


def _fit_as_far_as_possible(part, known, y):
    """Fewer rows may have fewer components than were asked for: then as many as they have."""
    try:
        return part.fit(known, y)
    except ValueError:
        if part.get_params(deep=False).get("n_components") is None:
            raise
        return part.set_params(n_components=None).fit(known, y)


def _stacked(aligner, views):
    """Places of the present rows of all views, one below the other."""
    space = aligner.transform(views)
    return np.vstack([space[name][space.mask(name)] for name in space.names], dtype=np.float64)
