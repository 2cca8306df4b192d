"""Which columns of a table go to which vectorizer, and what is wrong with either."""

import pandas as pd
from sklearn.base import clone
from sklearn.utils import get_tags

from mmclassic.features._foreign import ForeignVectorizer


def check_modalities(modalities):
    """Raise ValueError or TypeError unless they are triples of a name, a vectorizer and columns."""
    shaped = [isinstance(m, (list, tuple)) and len(m) == 3 for m in modalities]
    if not shaped or not all(shaped):
        raise ValueError(
            "modalities must be a non-empty list of (name, vectorizer, column); "
            f"got {modalities!r}."
        )
    for name, vectorizer, column in modalities:
        if not (_has(vectorizer, "fit", "transform") or _speaks_of_cells(vectorizer)):
            raise TypeError(
                f"the vectorizer of {name!r} must have fit_extract and extract, or fit and "
                f"transform; got {vectorizer!r}."
            )
        if isinstance(column, list) and not column:
            raise ValueError(f"modality {name!r} has an empty list of columns.")


def check_frame(X):
    """Raise TypeError for what is no DataFrame."""
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"ModalityExtractor takes a pandas DataFrame with one column per modality; got "
            f"{type(X).__name__}."
        )


def check_columns(modalities, X):
    """Raise unless a table has the columns of all modalities, each once."""
    check_frame(X)
    wanted = [c for *_, column in modalities for c in as_list(column)]
    unknown = [c for c in wanted if c not in X.columns]
    if unknown:
        raise ValueError(f"the table has no column {unknown}; its columns are {list(X.columns)}.")
    double = X.columns[X.columns.duplicated()]
    double = sorted({str(c) for c in wanted if c in double})
    if double:
        raise ValueError(f"the table has more than one column of the name {double}.")


def is_available(name, vectorizer, column, X):
    """Whether a table has what a fitted view needs; joined texts need one of their columns."""
    columns = as_list(column)
    missing = [c for c in columns if c not in X.columns]
    if not missing or len(missing) == len(columns):
        return not missing
    if hasattr(vectorizer, "combine"):
        return True
    raise ValueError(
        f"view {name!r} needs the columns {columns}; the table lacks {missing}. Add them (with "
        "NaN where unknown) or leave out all of them."
    )


def prepare(vectorizer, column, on_error):
    """A fresh vectorizer; others than ours are wrapped to speak of cells."""
    fresh = clone(vectorizer)
    if not _speaks_of_cells(fresh):
        _refuse_text_columns(fresh, column)
        return ForeignVectorizer(fresh)
    if on_error is not None and "on_error" in fresh.get_params(deep=False):
        fresh.set_params(on_error=on_error)
    return fresh


def column_of(X, column, vectorizer):
    """The input of a vectorizer, and the failures of joining its columns."""
    if not isinstance(column, list):
        return (X[[column]] if isinstance(vectorizer, ForeignVectorizer) else X[column]), []
    frame = X[[c for c in column if c in X.columns]]
    if hasattr(vectorizer, "combine"):
        return vectorizer.combine(frame)
    return frame, []


def as_list(column):
    """A column, or several, as a list."""
    return column if isinstance(column, list) else [column]


def _has(part, *methods):
    return all(hasattr(part, method) for method in methods)


def _speaks_of_cells(vectorizer):
    """Whether it takes a column with its gaps; any other transformer is shown present rows."""
    return _has(vectorizer, "fit_extract", "extract")


def _refuse_text_columns(transformer, column):
    if (
        isinstance(column, list)
        and len(column) > 1
        and not get_tags(transformer).input_tags.two_d_array
    ):
        raise ValueError(
            f"{type(transformer).__name__} takes one column; got {column}. TextVectorizer joins "
            "several."
        )
