"""Views that are too wide for a width x width problem, along their principal axes."""

from sklearn.utils import check_random_state

from mmclassic.moments import Reduction
from mmclassic.views import Views


def reductions_of_wide(views, weight, max_width, random_state):
    """By view of more columns than rows or `max_width`, the reduction of its rows."""
    random_state = check_random_state(random_state)
    reductions = {}
    for name in views.names:
        used = views.mask(name) if weight is None else views.mask(name) & (weight > 0)
        n_rows, width = int(used.sum()), views.widths[name]
        if n_rows and width > min(n_rows, max_width):
            reductions[name] = Reduction(
                views[name] if used.all() else views[name][used],
                max_rank=max_width,
                random_state=random_state,
                sample_weight=None if weight is None else weight[used],
            )
    return reductions


def reduced_by(reductions, views):
    """Views with the coordinates of the reduced ones; the same container if there are none."""
    if not reductions:
        return views
    blocks = {
        name: reductions[name].apply(block) if name in reductions else block
        for name, block in views.items()
    }
    return Views(blocks, views.present)
