"""Cross-modal retrieval on held-out rows, and settings chosen without them."""

import tempfile
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import SplineTransformer

from mmclassic.features import (
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)


def vector_column(block, index):
    """Features (n_rows, width) that learn nothing from other rows, as cells of a table.

    They are computed once; everything that learns (scaling, TF-IDF, alignment) is fitted within a
    fold on its training rows.
    """
    return pd.Series(list(block), index=index, dtype=object)


def drop_cells(table, columns, share, random_state=0):
    """A copy without `share` of the cells that are there, at random; each row keeps one."""
    present = table[columns].notna().to_numpy(copy=True)
    left_to_remove = round(share * present.sum())
    cells = np.argwhere(present)
    for row, column in np.random.default_rng(random_state).permutation(cells):
        if left_to_remove and present[row].sum() > 1:
            present[row, column] = False
            left_to_remove -= 1
    holes = table.copy()
    for name, kept in zip(columns, present.T):
        holes[name] = holes[name].astype(object).where(kept, None)
    return holes


def extractor(columns):
    """What turns columns into views.

    `columns` has by view "picture", "vector", "scaled vector", "number", "text" or "names", and the
    column or columns. Pictures are described once, and their scales learnt by every fit. A number
    is shared between the two nearest of eight quantiles, so that cosines tell near ones.
    """
    makers = {
        "picture": lambda: ImageVectorizer(cache=_folder().name),
        "vector": lambda: NumericVectorizer(scale=False),
        "scaled vector": NumericVectorizer,
        "number": lambda: SplineTransformer(
            8, degree=1, knots="quantile", extrapolation="constant"
        ),
        "text": TextVectorizer,
        "names": lambda: TextVectorizer("names"),
    }
    return ModalityExtractor(
        [(view, makers[kind](), column) for view, (kind, column) in columns.items()]
    )


@cache
def _folder():
    """A folder for features, which goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="mmclassic-")


def aligned(columns, aligner):
    """A pipeline from the table to the shared space, with the steps "extract" and "align"."""
    return Pipeline([("extract", extractor(columns)), ("align", aligner)])


def fit(model, X, y=None, groups=None):
    """Fit a copy of a model; a grid search gets the groups its splitter needs."""
    if isinstance(model, GridSearchCV):
        return clone(model).fit(X, y, groups=groups)
    return clone(model).fit(X, y)


def chosen_settings(models):
    """How often grid searches, one for each training part, chose which settings, in words.

    "" if the models are no grid searches.
    """
    if not isinstance(models[0], GridSearchCV):
        return ""
    counts = Counter(
        ", ".join(f"{name.split('__')[-1]}={value}" for name, value in model.best_params_.items())
        for model in models
    )
    listed = "; ".join(f"{settings} ({n})" for settings, n in counts.most_common())
    return f"chosen in {len(models)} training parts: {listed}"
