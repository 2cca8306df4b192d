"""From the options of a table to a model, and from a file to one."""

import warnings

import pandas as pd

from mmclassic.align import (
    CCA,
    DiscriminantCCA,
    KMeansAligner,
    MLPAligner,
    SemanticMatching,
)
from mmclassic.exceptions import TableWarning, UnknownIdError, UntrustedTypeError
from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
    VideoVectorizer,
)
from mmclassic.interactions import ITEM, as_ids, locate_ids
from mmclassic.persistence import load
from mmclassic.pipeline import MultimodalRecommender, columns_of, file_columns_of
from mmclassic.tables import (
    add_file_column,
    check_column,
    check_id_column,
    numeric_columns,
    read_interaction_table,
    read_table,
)

SUPERVISED = ("discriminant", "semantic")  # aligners that learn from classes


def read_items(path, options):
    """The table of items and, by modality, the columns to read."""
    table = read_table(path, **_written(options))
    check_id_column(table, options.id, path)
    columns = {}
    for name in ("image", "audio", "video"):
        spec = getattr(options, name)
        if spec is not None:
            columns[name] = add_file_column(table, spec, path)
    for name in ("text", "numeric"):
        chosen = getattr(options, name) or []
        for column in chosen:
            check_column(table, column, path)
        if chosen:
            columns[name] = chosen[0] if len(chosen) == 1 else chosen
    numeric_columns(table, options.numeric or [], path, decimal=options.decimal)
    return table, columns


def read_interaction_rows(path, options):
    """The table of what users did, with the columns that models take."""
    return read_interaction_table(
        path,
        user=options.user,
        item=options.item,
        weight=options.weight,
        rating=options.rating,
        time=options.time,
        time_format=options.time_format,
        **_written(options),
    )


def read_interactions(options, items):
    """What users did with these items, or None, and what was left out of it."""
    if options.interactions is None:
        return None, {}
    interactions = read_interaction_rows(options.interactions, options)
    ids = items[options.id or ITEM]
    interactions[ITEM] = _of_one_kind(interactions[ITEM], ids)
    known = interactions[ITEM].isin(ids)
    unknown = interactions.loc[~known, ITEM]
    words = f"{len(unknown)} of {len(interactions)}, of {unknown.nunique()} unknown items"
    try:
        _refuse_unknown(interactions[ITEM].dropna(), ids)
    except UnknownIdError as error:
        if not known.any():  # tables that never meet are not meant so
            raise
        if options.unknown_items == "raise":
            advice = "--unknown-items ignore leaves such interactions out."
            raise UnknownIdError(f"{error} {advice}") from error
        warnings.warn(f"interactions left out: {words}; {error}", TableWarning, stacklevel=2)
    if options.unknown_items == "raise":
        return interactions, {}
    return interactions[known], {"interactions left out": words}


def _refuse_unknown(asked, ids):
    known, asked = as_ids(ids, name="item id"), as_ids(asked, name="item id")
    locate_ids(known, asked, name="item id", where="the table of items")


def _of_one_kind(asked, ids):
    """Ids as numbers or as text, as the items have theirs, where that loses nothing."""
    whole = pd.api.types.is_integer_dtype
    if whole(asked.dtype) and not whole(ids.dtype):
        return asked.astype(str)
    if whole(ids.dtype) and not whole(asked.dtype):
        numbers = pd.to_numeric(asked, errors="coerce", dtype_backend="numpy_nullable")
        if whole(numbers.dtype) and (numbers.astype(str) == asked.astype(str)).all():
            return numbers.astype("int64")
    return asked


def _written(options):
    """How the tables are written, as far as it is said."""
    return {name: getattr(options, name) for name in ("sep", "decimal", "encoding", "sheet")}


def make_model(options, columns, *, keep=None, cache=None):
    """An unfitted model as the options ask, of columns by modality.

    With `cache`, a folder, what is read of a file is found there again by the next model.
    """
    parts = columns if cache is None else {"extractor": _cached_extractor(options, columns, cache)}
    return MultimodalRecommender(
        **parts,
        aligner=make_aligner(options.aligner, options.seed, n_views=len(columns)),
        similarity=options.similarity,
        labels=options.labels,
        item_id=options.id or ITEM,
        on_error=options.on_error,
        n_jobs=options.jobs,
        progress=options.progress,
        keep=keep,
    )


def make_aligner(word, seed, *, n_views=2):
    """The aligner that a word stands for."""
    return {
        "cca": None if n_views == 1 else CCA(random_state=seed),
        "discriminant": DiscriminantCCA(random_state=seed),
        "kmeans": KMeansAligner(random_state=seed),
        "mlp": MLPAligner(random_state=seed),
        "none": "passthrough",
        "semantic": SemanticMatching(),
    }[word]


def _cached_extractor(options, columns, folder):
    """What reads the columns, and keeps what it made of files."""
    common = {"n_jobs": options.jobs, "progress": options.progress}
    makers = {
        "image": ImageVectorizer(cache=folder, **common),
        "text": TextVectorizer(**common),
        "audio": AudioVectorizer(cache=folder, **common),
        "video": VideoVectorizer(cache=folder, **common),
        "numeric": NumericVectorizer(),
    }
    modalities = [(name, makers[name], column) for name, column in columns.items()]
    return ModalityExtractor(modalities, on_error=options.on_error)


def load_model(path):
    """The model of a file that 'mmclassic fit' wrote."""
    try:
        model = load(path)
    except UntrustedTypeError as error:
        raise ValueError(
            f"{str(path)!r} holds types that no model of 'mmclassic fit' has, so it is not loaded."
        ) from error
    if not isinstance(model, MultimodalRecommender):
        raise ValueError(
            f"{str(path)!r} holds a {type(model).__name__}; this command needs a model that "
            "'mmclassic fit' wrote."
        )
    return model


def with_kept_columns(found, model, columns):
    """Found items with columns of the table that the model was fitted on, and those of files."""
    kept = model.kept_
    lacking = [name for name in columns if name not in kept.columns]
    if lacking:
        raise ValueError(
            f"the model keeps no column {lacking}; it keeps {list(kept.columns)}. Fit it again "
            "with a table that has them."
        )
    files = [name for name in file_columns(model) if name in kept.columns and name not in columns]
    chosen = [*columns, *files]
    rows = kept[chosen].loc[found[ITEM].to_numpy()]
    shown = found.reset_index(drop=True)
    for name in chosen:
        shown[name if name not in found.columns else f"{name} (table)"] = rows[name].to_numpy()
    return shown


def file_columns(model):
    """The columns of pictures, sounds and clips of a model, in this order."""
    return file_columns_of(model)


def kept_texts(model):
    """The columns of texts that a model keeps."""
    kept = model.kept_.columns
    return [name for name in columns_of({"text": model.text}) if name in kept]


def as_id(word, ids, kind):
    """A word of the command line as an identifier of the kind the model uses."""
    if ids.dtype.kind != "i" or not ids.size:
        return word
    try:
        return int(word)
    except ValueError as error:
        raise ValueError(f"{kind} ids of this model are whole numbers; got {word!r}.") from error
