"""Cross-modal retrieval on held-out rows, and settings chosen without them."""

from collections import Counter

import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from mmclassic.features import ModalityExtractor, NumericVectorizer, TextVectorizer


def vector_column(block, index):
    """Features that learn nothing from other rows, as cells of a table.

    They are computed once; everything that learns (scaling, TF-IDF, alignment) is
    fitted within a fold on its training rows.

    Parameters
    ----------
    block : ndarray of shape (n_rows, width)
        Features.
    index : Index of length n_rows
        Rows of the table.

    Returns
    -------
    column : Series of object
        One vector a row.
    """
    return pd.Series(list(block), index=index, dtype=object)


def extractor(columns):
    """What turns the table's columns into views.

    Parameters
    ----------
    columns : dict of str to (str, str or list of str)
        By view: "vector", "scaled vector" or "text", and the column or columns.

    Returns
    -------
    extractor : ModalityExtractor
        Not fitted.
    """
    makers = {
        "vector": lambda: NumericVectorizer(scale=False),
        "scaled vector": NumericVectorizer,
        "text": TextVectorizer,
    }
    return ModalityExtractor(
        [(view, makers[kind](), column) for view, (kind, column) in columns.items()]
    )


def aligned(columns, aligner):
    """From the table to the shared space.

    Parameters
    ----------
    columns : dict
        See `extractor`.
    aligner : aligner
        Not fitted.

    Returns
    -------
    pipeline : Pipeline
        Steps "extract" and "align".
    """
    return Pipeline([("extract", extractor(columns)), ("align", aligner)])


def fit(model, X, y=None, groups=None):
    """Fit a copy of a model; a grid search gets the groups its splitter needs.

    Parameters
    ----------
    model : estimator or GridSearchCV
        What to fit.
    X : DataFrame of n_rows rows
        Training rows.
    y : array-like of shape (n_rows,), default=None
        Labels.
    groups : array-like of shape (n_rows,), default=None
        Rows of a group stay together in a grid search.

    Returns
    -------
    fitted : estimator or GridSearchCV
        The fitted copy.
    """
    if isinstance(model, GridSearchCV):
        return clone(model).fit(X, y, groups=groups)
    return clone(model).fit(X, y)


def chosen_settings(models):
    """How often a grid search chose which settings, in words.

    Parameters
    ----------
    models : list of estimator or GridSearchCV
        Fitted, one for each training part.

    Returns
    -------
    text : str
        "" unless they are grid searches.
    """
    if not isinstance(models[0], GridSearchCV):
        return ""
    counts = Counter(
        ", ".join(f"{name.split('__')[-1]}={value}" for name, value in model.best_params_.items())
        for model in models
    )
    listed = "; ".join(f"{settings} ({n})" for settings, n in counts.most_common())
    return f"chosen in {len(models)} training parts: {listed}"
