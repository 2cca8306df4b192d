"""Which columns of a table make which view, and what reads them."""

from mmclassic.features import (
    AudioVectorizer,
    ImageVectorizer,
    ModalityExtractor,
    NumericVectorizer,
    TextVectorizer,
)

MODALITIES = ("image", "text", "audio", "numeric")


def views_of(columns):
    """Views by modality, each with its column: a dict names views, anything else is one view."""
    return {
        modality: column if isinstance(column, dict) else {modality: column}
        for modality, column in columns.items()
        if column is not None
    }


def make_extractor(columns, *, on_error, n_jobs, progress):
    """The extractor of columns by modality; views of two modalities may not share a name."""
    makers = {
        "image": lambda: ImageVectorizer(n_jobs=n_jobs, progress=progress),
        "text": lambda: TextVectorizer(n_jobs=n_jobs, progress=progress),
        "audio": lambda: AudioVectorizer(n_jobs=n_jobs, progress=progress),
        "numeric": NumericVectorizer,
    }
    modalities = [
        (name, makers[modality](), column)
        for modality, views in views_of(columns).items()
        for name, column in views.items()
    ]
    if not modalities:
        raise ValueError(
            "name at least one column: image=, text=, audio= or numeric=, or pass an extractor; "
            "features of your own are fitted as Views."
        )
    names = [name for name, *_ in modalities]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"views of different modalities need different names; got {twice} twice.")
    return ModalityExtractor(modalities, on_error=on_error)
