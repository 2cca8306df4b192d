"""Which columns of a table make which view, and what reads them."""

import numpy as np
import pandas as pd

from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
    VideoVectorizer,
)

MODALITIES = ("image", "text", "audio", "video", "numeric")
# Those whose cells are files.
_FILES = ("image", "audio", "video")


def views_of(columns):
    """Views by modality, each with its column: a dict names views, anything else is one view."""
    return {
        modality: column if isinstance(column, dict) else {modality: column}
        for modality, column in columns.items()
        if column is not None
    }


def columns_of(columns):
    """All columns that columns by modality name, in their order."""
    named = [column for views in views_of(columns).values() for column in views.values()]
    return [name for column in named for name in (column if isinstance(column, list) else [column])]


def file_columns_of(model):
    """The columns of files that a model reads: pictures, sounds, clips."""
    return columns_of({name: getattr(model, name) for name in _FILES})


def make_extractor(columns, *, on_error, n_jobs, progress):
    """The extractor of columns by modality; views of two modalities may not share a name."""
    makers = {
        "image": lambda: ImageVectorizer(n_jobs=n_jobs, progress=progress),
        "text": lambda: TextVectorizer(n_jobs=n_jobs, progress=progress),
        "audio": lambda: AudioVectorizer(n_jobs=n_jobs, progress=progress),
        "video": lambda: VideoVectorizer(n_jobs=n_jobs, progress=progress),
        "numeric": NumericVectorizer,
    }
    modalities = [
        (name, makers[modality](), column)
        for modality, views in views_of(columns).items()
        for name, column in views.items()
    ]
    if not modalities:
        raise ValueError(
            "name at least one column: image=, text=, audio=, video= or numeric=, or pass an "
            "extractor; features of your own are fitted as Views."
        )
    names = [name for name, *_ in modalities]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"views of different modalities need different names; got {twice} twice.")
    return ModalityExtractor(modalities, on_error=on_error)


def read_labels(items, column):
    """The classes of items, an array, or None where no column of them is named."""
    if column is None:
        return None
    if not isinstance(items, pd.DataFrame) or column not in items:
        have = list(items.columns) if isinstance(items, pd.DataFrame) else type(items).__name__
        raise ValueError(f"labels must be a column of the items; got {column!r}, and {have}.")
    missing = np.flatnonzero(items[column].isna())
    if missing.size:
        raise ValueError(
            f"row {missing[0]} has no label in column {column!r} ({missing.size} of {len(items)} "
            "have none); leave such rows out of fit, they can be recommended as new items."
        )
    return _plain_classes(items[column].to_numpy())


def _plain_classes(values):
    """Text, numbers and datetime64 as they are, which sort and store; anything else as its text."""
    if values.dtype != object:
        return values
    kinds = set(map(type, values))
    if not kinds - {int, float, bool}:
        return np.array(values.tolist())
    return values if kinds == {str} else np.array(list(map(str, values)), dtype=object)
