"""Queries of any modality as rows that a model can compare."""

import warnings

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mmclassic.exceptions import CellError, QueryWarning
from mmclassic.views import Views


def named_queries(words, query, *, text_views, groups, known):
    """Queries by view name: `words` ask every view of texts, a modality all its views."""
    if words is not None:
        if not isinstance(words, (str, list, tuple)):
            raise TypeError(
                "the first positional argument of search is the text to search for; got "
                f"{type(words).__name__}. Other modalities go by name: image=..., k=..."
            )
        if not text_views:
            raise ValueError(
                f"this model reads no texts; search by one or more of {list(known)}, by name."
            )
        taken = [name for name in [*text_views, "text"] if name in query]
        if taken:
            raise ValueError(f"the text is given twice: as first argument and as {taken[0]}=.")
        query = {**dict.fromkeys(text_views, words), **query}
    named = {}
    for name, cells in query.items():
        for view in [name] if name in known else groups.get(name, [name]):
            named[view] = cells
    if not named or not set(named) <= set(known):
        raise ValueError(f"search by one or more of {list(known)}; got {list(query)}.")
    return named


def query_table(query, modalities):
    """A table with one row a query, in the columns that an extractor reads."""
    columns = {name: column for name, _, column in modalities}
    cells = {}
    for name, values in query.items():
        wanted = columns[name] if isinstance(columns[name], list) else [columns[name]]
        values = values if isinstance(values, list) else [values]
        if len(wanted) > 1 and all(np.ndim(value) == 1 for value in values):
            cells.update(_by_column(name, wanted, values))
        else:
            # The columns of a text are joined, so that any one of them will do.
            cells[wanted[0]] = pd.Series(values, dtype=object)
    _check_lengths({column: len(values) for column, values in cells.items()})
    return pd.DataFrame(cells)


def _by_column(name, columns, rows):
    """Rows of numbers, a series for each column."""
    wrong = [len(row) for row in rows if len(row) != len(columns)]
    if wrong:
        raise ValueError(f"a query of {name!r} has a value for each of {columns}; got {wrong[0]}.")
    return {column: pd.Series(values) for column, values in zip(columns, zip(*rows))}


def telling(views, vectorizers):
    """Views where a row of which its vectorizer can tell nothing counts as absent."""
    present = views.present.copy()
    for column, name in enumerate(views.names):
        tells = getattr(vectorizers.get(name), "tells", None)
        if tells is not None:
            present[:, column] &= tells(views[name])
    return Views(views.blocks, present)


def read_queries(extractor, table):
    """The views of a table of queries, and what words were read as, by view of texts.

    A query that cannot be read is always an error: there is nothing to go on without, and no row
    of a table to repair.
    """
    try:
        views, readings = _stopping(extractor).extract_queries(table)
        return telling(views, extractor.vectorizers_), readings
    except CellError as error:
        row = None if len(table) == 1 else error.row
        raise CellError(error.reason, row=row, source=error.source) from error.__cause__


def merge_readings(readings):
    """One list of what words were read as in several views of texts, by query and word."""
    merged = {}
    for reading in (reading for found in readings.values() for reading in found):
        merged.setdefault((reading.row, reading.word), []).append(reading)
    # The surest of the views speaks for all of them.
    best = [min(group, key=lambda reading: reading.weak) for group in merged.values()]
    return sorted(best, key=lambda reading: reading.row)


def warn_of_readings(readings):
    """One warning for all words that were read as others, if any were."""
    if readings:
        warnings.warn(QueryWarning(readings), stacklevel=3)


def mark_weak(found, readings):
    """The found items with a column that says whether a word of their query was read weakly."""
    weak = {reading.row for reading in readings if reading.weak}
    return found.assign(weak=found["query"].isin(weak).to_numpy(dtype=bool))


def _stopping(extractor):
    """A shallow copy of a fitted extractor that stops at a cell that it cannot read."""
    stopping = _shallow(extractor)
    stopping.vectorizers_ = dict(extractor.vectorizers_)
    for name, vectorizer in extractor.vectorizers_.items():
        if getattr(vectorizer, "on_error", "raise") != "raise":
            stopping.vectorizers_[name] = _shallow(vectorizer)
            stopping.vectorizers_[name].on_error = "raise"
    return stopping


def _shallow(estimator):
    # Not copy.copy: packing and unpacking what is fitted would take longer than a query.
    twin = object.__new__(type(estimator))
    twin.__dict__.update(estimator.__dict__)
    return twin


def query_views(query):
    """Vectors of the user as Views; a single vector is one query."""
    blocks = {}
    for name, vectors in query.items():
        block = vectors if sp.issparse(vectors) else np.asarray(vectors)
        if block.ndim not in (1, 2) or block.dtype.kind not in "fiub":
            raise ValueError(
                f"this model was fitted on features, so a query of {name!r} is a vector or a "
                f"matrix of numbers; got {vectors!r}."
            )
        blocks[name] = block[None, :] if block.ndim == 1 else block
    _check_lengths({name: block.shape[0] for name, block in blocks.items()})
    return Views(blocks)


def _check_lengths(lengths):
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"all lists of queries must have one length, above 0; got {lengths}.")
