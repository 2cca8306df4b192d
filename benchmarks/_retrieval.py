"""Cross-modal retrieval on held-out rows, and settings chosen without them."""

from collections import Counter
from itertools import permutations

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from mmclassic.align import similarity
from mmclassic.features import ModalityExtractor, NumericVectorizer, TextVectorizer
from mmclassic.metrics import label_relevance


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


def similarities(space, query, gallery, labels):
    """Queries of one view against the gallery of another.

    Parameters
    ----------
    space : Views
        Rows in the shared space.
    query, gallery : str
        Views.
    labels : ndarray of shape (n_rows,)
        A query is answered by gallery rows of the same label.

    Returns
    -------
    similarities : ndarray of shape (n_queries, n_gallery)
        Of the rows that have the query's view to those that have the gallery's.
    relevance : ndarray of bool of shape (n_queries, n_gallery)
        The matches.
    rows : ndarray of shape (n_queries,)
        Rows of the queries.
    """
    asking, answering = space.mask(query), space.mask(gallery)
    relevance = label_relevance(labels[asking], labels[answering])
    found = similarity(space[query][asking], space[gallery][answering])
    return found, relevance, np.flatnonzero(asking)


class RetrievalScore:
    """Scorer for a grid search: retrieval between all views, averaged.

    Parameters
    ----------
    metric : callable
        From similarities and relevance to a number, larger is better.

    Notes
    -----
    Without labels a row is answered by itself alone.
    """

    def __init__(self, metric):
        self.metric = metric

    def __call__(self, estimator, X, y=None):
        """Score a fitted pipeline on held-out rows.

        Parameters
        ----------
        estimator : Pipeline
            Maps the table to the shared space.
        X : DataFrame of n_rows rows
            Held-out rows.
        y : array-like of shape (n_rows,), default=None
            Labels.

        Returns
        -------
        score : float
            The mean over ordered pairs of views.
        """
        space = estimator.transform(X)
        labels = np.arange(len(X)) if y is None else np.asarray(y)
        pairs = permutations(space.names, 2)
        return float(np.mean([self.metric(*similarities(space, *p, labels)[:2]) for p in pairs]))


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
