"""Scorers for grid searches over whatever ends in a shared space of views."""

from itertools import combinations, permutations

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import StrOptions, validate_params

from mmclassic.match import SIMILARITIES, similarity
from mmclassic.metrics._correlation import paired_correlation
from mmclassic.metrics._relevance import label_relevance
from mmclassic.metrics._retrieval import retrieval_map
from mmclassic.views import Views


@validate_params(
    {"measure": [callable, None], "metric": [StrOptions(set(SIMILARITIES)), None]},
    prefer_skip_nested_validation=True,
)
def retrieval_scorer(measure=None, *, metric=None):
    """Make a scikit-learn scorer of retrieval between views of held-out rows.

    For ``GridSearchCV(model, grid, scoring=retrieval_scorer())``, where `model` is an
    aligner of `Views`, or a pipeline that ends in one, over Views or a DataFrame.

    Parameters
    ----------
    measure : callable, default=None
        What is scored: from similarities and, by keyword, relevance to a number, larger is better;
        ``partial(retrieval_recall_at_k, k=5)`` for instance. None is `retrieval_map`.
    metric : {"cosine", "dot", "euclidean", "manhattan", "pearson", "spearman"}, default=None
        How rows are compared, see `mmclassic.match.similarity`. None is what the aligner says
        in ``similarity_metric``, and "cosine" where it says nothing.

    Returns
    -------
    scorer : callable
        Called as ``scorer(model, X, y=None)`` with a fitted model; gives the mean
        over ordered pairs of views, each asking the other, as a float.

    Notes
    -----
    The gallery is the held-out rows themselves. With labels `y`, rows of one
    label answer each other; without, a row's answer is the same row's other view.
    Rows that lack a view neither ask nor answer with it.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from mmclassic.align import CCA
    >>> from mmclassic.metrics import retrieval_scorer
    >>> from mmclassic.testing import make_views
    >>> search = GridSearchCV(CCA(), {"ridge": [0.1, 1.0]}, scoring=retrieval_scorer(), cv=3)
    >>> bool(search.fit(make_views(90)).best_score_ > 0.3)
    True
    """
    return _RetrievalScorer(measure or retrieval_map, metric)


@validate_params({"aggregate": [StrOptions({"mean", "sum"})]}, prefer_skip_nested_validation=True)
def correlation_scorer(aggregate="mean"):
    """Make a scikit-learn scorer of correlation between views of held-out rows.

    Parameters
    ----------
    aggregate : {"mean", "sum"}, default="mean"
        Over the components. The mean compares settings at one number of
        components; the sum also says how many are worth having, for a
        component without correlation adds nothing to it.

    Returns
    -------
    scorer : callable
        Called as ``scorer(model, X, y=None)`` with a fitted model, see
        `retrieval_scorer`; gives the mean over pairs of views as a float.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from mmclassic.align import CCA
    >>> from mmclassic.metrics import correlation_scorer
    >>> from mmclassic.testing import make_views
    >>> grid = {"n_components": [1, 3]}
    >>> search = GridSearchCV(CCA(), grid, scoring=correlation_scorer("sum"), cv=3)
    >>> search.fit(make_views(90)).best_params_
    {'n_components': 3}
    """
    return _CorrelationScorer(aggregate)


# Classes, so that the workers of a parallel search can receive them.


class _RetrievalScorer:
    def __init__(self, measure, metric):
        self.measure = measure
        self.metric = metric

    def __call__(self, model, X, y=None):
        space = _shared_space(model, X)
        metric = self.metric or _metric_of(model)
        labels = np.arange(len(space)) if y is None else np.asarray(y)
        values = []
        for query, gallery in permutations(space.names, 2):
            found, relevance, _ = ask(space, query, gallery, labels, metric=metric)
            values.append(self.measure(found, relevance=relevance))
        return float(np.mean(values))


class _CorrelationScorer:
    def __init__(self, aggregate):
        self.aggregate = aggregate

    def __call__(self, model, X, y=None):
        space = _shared_space(model, X)
        values = []
        for a, b in combinations(space.names, 2):
            both = space.mask(a) & space.mask(b)
            values.append(paired_correlation(space[a][both], space[b][both]))
        return float(getattr(np.mean(values, axis=0), self.aggregate)())


def ask(space, query, gallery, labels, *, metric="cosine"):
    """Ask one view's rows of the shared space for another's; rows of one label are answers.

    Gives similarities and relevance (n_queries, n_gallery), of the rows that have the views, and
    the rows of the queries.
    """
    asking, answering = space.mask(query), space.mask(gallery)
    relevance = label_relevance(labels[asking], labels[answering])
    found = similarity(space[query][asking], space[gallery][answering], metric=metric)
    return found, relevance, np.flatnonzero(asking)


def _metric_of(model):
    """What the aligner at the end of a model says of its space."""
    model = getattr(model, "best_estimator_", model)
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    aligner = [step for step in steps if hasattr(step, "transform")][-1]  # not "passthrough"
    return getattr(aligner, "similarity_metric", "cosine")


def _shared_space(model, X):
    space = model.transform(X)
    if not isinstance(space, Views) or len(space.names) < 2:
        got = repr(space) if isinstance(space, Views) else type(space).__name__
        raise ValueError(
            "the scorer compares two or more views, so the model must end in an aligner, whose "
            f"transform gives them; got {got}."
        )
    return space
