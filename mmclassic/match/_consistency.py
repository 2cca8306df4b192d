"""Do the modalities of a row belong together?"""

from itertools import combinations
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from mmclassic.match._similarity import center_each
from mmclassic.utils import normalize_rows, row_norms
from mmclassic.views import Views

_BLOCK_ENTRIES = 2**22  # 32 MiB of float64 agreements at a time
_ROUNDING = 1e-10  # of the norms: equal products in different orders differ by less


@validate_params(
    {
        "aligner": "no_validation",
        "views": "no_validation",
        "y": ["array-like", None],
        "cv": [Interval(Integral, 2, None, closed="left"), None],
        "metric": [StrOptions({"cosine", "dot", "pearson"}), None],
        "n_partners": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def consistency(aligner, views=None, y=None, *, cv=5, metric=None, n_partners=1000, random_state=0):
    """Agreement of each row's views in the shared space, and how easily chance agrees as well.

    ``consistency(aligner, views)`` judges the rows that an aligner was fitted on, each by fits
    that have not seen it. ``consistency(aligned)`` judges new rows, from their places in the
    shared space: what ``aligner.transform`` gives.

    Parameters
    ----------
    aligner : aligner, or Views
        A fitted aligner. Or aligned views of equal width, which are judged as they are. The rows
        are each other's wrong partners, so there should be some dozens.
    views : Views, default=None
        The rows that the aligner was fitted on, with all its views.
    y : array-like of shape (n_rows,), default=None
        The labels that the aligner was fitted with, if there were any.
    cv : int >= 2 or None, default=5
        Number of folds: every row is judged by a fit on the folds that it is not in, row i
        being in fold ``i % cv``. None judges by the aligner as it is, which is right for rows
        that it was not fitted on alone.
    metric : {"cosine", "dot", "pearson"}, default=None
        How two views of a row are compared, see :func:`similarity`. None is what the
        aligner names in its ``similarity_metric``, else "cosine".
    n_partners : int > 0 or None, default=1000
        Each row is compared with so many rows, drawn once for all; with every
        other row if there are fewer, or if None.
    random_state : int, RandomState instance or None, default=0
        Draws the partners.

    Returns
    -------
    judged : DataFrame of n_rows rows
        - agreement : mean similarity over the pairs of views that the row has, in
          [-1, 1] for "cosine" and "pearson"; NaN where a row has fewer than two views.
        - p_value : share of wrong partners that agree at least as well, in (0, 1].
          Small: the views belong together. Large: they might as well be of
          different rows, and the row is worth a look. NaN where there is no
          agreement, or no partner.

    Raises
    ------
    TypeError
        If there are no Views, or aligned Views and views besides.
    ValueError
        If there are fewer than two views, their widths differ in the shared space, or a fit
        without a fold is not possible.

    Notes
    -----
    One view of a row at a time is replaced by that of another row: of all the
    replacements, r of m leave the row agreeing at least as well, and the p-value is
    ``(1 + r) / (1 + m)`` [1]_. For rows whose views were put together at random
    the replacements of each view give an exact, uniform p-value; pooled over the
    views it is uniform as far as these agree, and never below a level more than
    twice as often as that level says. An agreement alone says less: some rows
    agree well with anything.

    A fit makes the views of its rows agree, wrong pairs among them: by the plain places of
    fitted rows a wrong pair is hardly worse than a right one. With an aligner the rows of a fold
    are each other's only partners, in the space of a fit without any of them, which keeps
    the p-values exact. An aligner without ``cross_transform`` (a pipeline, one of your own) is
    cloned and fitted anew for every fold.

    O(n_rows n_partners n_components) per view, in blocks.

    References
    ----------
    .. [1] Phipson, B. and Smyth, G. K. (2010). Permutation p-values should never be
       zero. Statistical Applications in Genetics and Molecular Biology 9(1).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.views import Views
    >>> judged = consistency(Views({"image": np.eye(3), "text": np.eye(3)[[0, 1, 1]]}))
    >>> judged["agreement"].tolist(), judged["p_value"].tolist()
    ([1.0, 1.0, 0.0], [0.2, 0.4, 1.0])
    """
    chance = {"n_partners": n_partners, "random_state": random_state}
    if isinstance(aligner, Views):
        if views is not None:
            raise TypeError("consistency takes aligned Views alone, or an aligner and its Views.")
        return _judge(aligner, metric or "cosine", **chance)
    if not isinstance(views, Views) or not hasattr(aligner, "transform"):
        raise TypeError(
            "consistency takes aligned Views, or a fitted aligner and the Views it was fitted on; "
            f"got {type(aligner).__name__} and {type(views).__name__}."
        )
    metric = metric or getattr(aligner, "similarity_metric", "cosine")
    if cv is None:
        return _judge(aligner.transform(views), metric, **chance)
    fold = np.arange(len(views)) % cv
    judged = []
    for rows, places in _held_out_places(aligner, views, y, fold):
        judged.append(_judge(places, metric, **chance).set_index(rows))
    return pd.concat(judged).sort_index()


def _held_out_places(aligner, views, y, fold):
    """Rows of every fold in the space of a fit without it, which has nothing to do with others.

    So rows are partners of those of their fold alone: these have the same space and were all not
    fitted, and a wrong pair is as likely to agree as any other.
    """
    folds = [np.flatnonzero(fold == i) for i in np.unique(fold)]
    if hasattr(aligner, "cross_transform"):
        places = aligner.cross_transform(views, y, cv=int(fold.max()) + 1, rotate=False)
        return [(rows, places[rows]) for rows in folds]
    found = []
    for rows in folds:
        known = np.flatnonzero(fold != fold[rows[0]])
        labels = () if y is None else (np.asarray(y)[known],)
        part = clone(aligner).fit(views[known], *labels)
        found.append((rows, part.transform(views[rows])))
    return found


def _judge(views, metric, n_partners, random_state):
    if len(views.names) < 2 or len(set(views.widths.values())) > 1:
        raise ValueError(
            f"consistency needs two or more views of one width; got {views.widths} (name: width). "
            "Align them first, with CCA for example: consistency(aligner, views)."
        )
    rows = {name: _comparable_rows(views, name, metric) for name in views.names}
    partners = _draw_partners(len(views), n_partners, random_state)
    return pd.DataFrame(
        {
            "agreement": _agreement(views, rows),
            "p_value": _p_values(views, rows, partners),
        }
    )


def _comparable_rows(views, name, metric):
    """Rows whose products are similarities; zeros where the view is absent, so that sums may run.

    All metrics are scalar products, of rows of length 1 but for "dot".
    """
    mask = views.mask(name)
    rows = views[name][mask].astype(np.float64)
    if metric == "pearson":
        rows = center_each(rows)
    comparable = np.zeros(views[name].shape)
    comparable[mask] = rows if metric == "dot" else normalize_rows(rows)
    return comparable


def _draw_partners(n_rows, n_partners, random_state):
    if n_partners is None or n_partners >= n_rows:
        return np.arange(n_rows)
    return check_random_state(random_state).choice(n_rows, n_partners, replace=False)


def _agreement(views, rows):
    total = np.zeros(len(views))
    count = np.zeros(len(views))
    for a, b in combinations(views.names, 2):
        total += np.einsum("ij,ij->i", rows[a], rows[b])
        count += views.mask(a) & views.mask(b)
    return np.divide(total, count, out=np.full(len(views), np.nan), where=count > 0)


def _p_values(views, comparable, partners):
    """Share of the replacements of one view by another row's that agree at least as well."""
    # Only products with the replaced view change, and their sum is a product with the sum of the
    # row's other views: one matrix product for each view instead of one for each pair.
    everything = sum(comparable.values())
    as_good, compared = np.zeros(len(views)), np.zeros(len(views))
    judged = views.present.sum(axis=1) >= 2
    for name in views.names:
        rows = np.flatnonzero(judged & views.mask(name))
        others = partners[views.mask(name)[partners]]
        mine = comparable[name][rows]
        rest = everything[rows] - mine
        least = np.einsum("ij,ij->i", rest, mine) - _ROUNDING * row_norms(rest) * row_norms(mine)
        for block in gen_batches(rows.size, max(1, _BLOCK_ENTRIES // max(others.size, 1))):
            found = rest[block] @ comparable[name][others].T
            wrong = others != rows[block, None]  # a row is not its own wrong partner
            as_good[rows[block]] += ((found >= least[block, None]) & wrong).sum(axis=1)
            compared[rows[block]] += wrong.sum(axis=1)
    # The row's own view counts as one of the draws: under chance it is as likely as any other to
    # rank r-th among m + 1, which makes the p-value exact, and never 0.
    p_values = (1 + as_good) / (1 + compared)
    return np.where(compared > 0, p_values, np.nan)
