"""What must hold among the parts of a model, before it is fitted and after it is loaded."""

from mmclassic.pipeline._kept import KeptColumn
from mmclassic.pipeline._latent import latent_name
from mmclassic.pipeline._parts import DEFAULTS
from mmclassic.pipeline._space import SHARED
from mmclassic.utils import require
from mmclassic.views import Views


def check_parameters(model, params):
    """A part that is chosen by default has no parameters of its own to set."""
    for name, value in params.items():
        part, _, inner = name.partition("__")
        if not inner or part not in DEFAULTS:
            continue
        current = params.get(part, getattr(model, part))
        if current is None or isinstance(current, str):
            raise ValueError(
                f"{part} is {current!r}, so there is no {inner!r} to set; give the part "
                f"itself: {part}={DEFAULTS[part].__name__}({inner}={value!r})."
            )


def check_similarity(model):
    """The calibrated sum compares views apart; a fuser that only joins them has no part."""
    joins = model.fuser is not None and isinstance(model.aligner, str)
    if model.similarity == "calibrated" and (isinstance(model.fuser, str) or joins):
        how = " without an aligner" if joins else ""
        raise ValueError(
            f"fuser={model.fuser!r}{how} gives vectors that similarity='calibrated' does not "
            "compare; pass similarity='shared' to compare them, or leave the fuser out."
        )


def check_names(model, names):
    """A view may not be called as the fused vectors are."""
    if model.similarity == "calibrated" and SHARED in names:
        raise ValueError(
            f"no view may be called {SHARED!r}, which is the name of the shared space; got the "
            f"views {list(names)}. Give it another name, or pass similarity='shared'."
        )

    clash = [name for name in names if model.latent and latent_name(name) in names]
    if model.similarity == "calibrated" and clash:
        raise ValueError(
            f"no view may be called {latent_name(clash[0])!r}, which is the name of what is "
            f"made of {clash[0]!r}; give it another name, or pass latent=False."
        )


def check_state(model):
    """Raise ValueError unless the loaded parts fit together: a row goes all the way."""
    for views in (model.views_, model.space_):
        fits = isinstance(views, Views) and len(views) == model.item_ids_.size
        require(fits, model, f"the features have not {model.item_ids_.size} rows.")
    fits = model.recommender_.item_ids_.size == model.item_ids_.size
    require(fits, model, "the recommender knows other items.")
    require(model.views_.widths == model.view_widths_in_, model, "view_widths_in_ differ.")
    fits = model._classes is None or len(model._classes) == len(model.views_)
    require(fits, model, "the classes are not those of the items.")
    fits = all(
        isinstance(column, KeptColumn) and len(column.values) == model.item_ids_.size
        for column in model._kept.values()
    )
    require(fits, model, "the columns kept are not those of the items.")
    fits = model.extractor_ is None or hasattr(model.extractor_, "transform")
    require(fits, model, "the extractor cannot read.")
    if hasattr(model.extractor_, "view_widths_out_"):
        fits = model.extractor_.view_widths_out_ == model.view_widths_in_
        require(fits, model, "the extractor makes other features.")
    row = model.views_[:1]
    embedded = model._space.embed(row)
    require(embedded.widths == model.space_.widths, model, "the aligner maps elsewhere.")
    model._space.fuse(embedded)
    compared = model._comparison.rows(row, model._comparison.space.embed(row))
    known = getattr(model.recommender_, "view_widths_in_", compared.widths)
    require(compared.widths == known, model, "the recommender compares other features.")
