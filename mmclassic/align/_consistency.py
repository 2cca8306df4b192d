"""Do the modalities of a row belong together?"""

from itertools import combinations

import numpy as np

from mmclassic.utils._linalg import normalize_rows
from mmclassic.views._views import Views


def consistency(views):
    """Agreement of each row's views in the shared space.

    Parameters
    ----------
    views : Views
        Aligned views of equal width, as an aligner's ``transform`` gives.

    Returns
    -------
    agreement : ndarray of shape (n_rows,)
        Mean cosine over the pairs of views that the row has, in [-1, 1]; low
        values mark rows whose modalities do not belong together. NaN where a
        row has fewer than two views.

    Raises
    ------
    TypeError
        If `views` is not a Views.
    ValueError
        If there are fewer than two views or their widths differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.views import Views
    >>> consistency(Views({"image": np.eye(2), "text": [[1.0, 0.0], [0.0, -1.0]]}))
    array([ 1., -1.])
    """
    if not isinstance(views, Views):
        raise TypeError(f"consistency takes aligned Views; got {type(views).__name__}.")
    if len(views.names) < 2 or len(set(views.widths.values())) > 1:
        raise ValueError(
            f"consistency needs two or more views of one width; got {views.widths} (name: width). "
            "Align them first, with CCA for example."
        )
    unit = {name: _unit_rows(views, name) for name in views.names}
    total = np.zeros(len(views))
    count = np.zeros(len(views))
    for a, b in combinations(views.names, 2):
        both = views.mask(a) & views.mask(b)
        total[both] += np.einsum("ij,ij->i", unit[a][both], unit[b][both])
        count += both
    return np.divide(total, count, out=np.full(len(views), np.nan), where=count > 0)


def _unit_rows(views, name):
    mask = views.mask(name)
    unit = np.zeros(views[name].shape)
    unit[mask] = normalize_rows(views[name][mask])
    return unit
