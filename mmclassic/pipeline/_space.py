"""The way of views through the aligner and the fuser to what is compared."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import get_tags

from mmclassic.align import CCA
from mmclassic.fuse import ConcatFusion, WeightedFusion
from mmclassic.views import Views

FUSED = "fused"
SHARED = "shared"


class Space:
    """A fitted aligner and fuser, and the views that bypass both.

    `aligner` and `fuser` are None where views are passed through. Without an aligner a search
    compares the views `joined` side by side.
    """

    def __init__(self, aligner, fuser, bypass):
        self.aligner = aligner
        self.fuser = fuser
        self.bypass = tuple(bypass or ())
        self.joined = None

    def fit(self, views, y=None):
        """Fit unfitted parts: None chooses them, "passthrough" leaves them out."""
        self._check_bypass(views)
        views = self.fusable(views)
        self.aligner = _make_aligner(self.aligner, views)
        _check_labels(self.aligner, y)
        if self.aligner is not None:
            views = self.aligner.fit(views, y).transform(views)
        default = ConcatFusion() if self.aligner is None else WeightedFusion()
        fuser = default if self.fuser is None else self.fuser
        self.fuser = None if isinstance(fuser, str) else clone(fuser).fit(views)
        if self.aligner is None:
            self.joined = self.fuser or ConcatFusion().fit(views)
        return self

    @property
    def metric(self):
        """How rows of the shared space are compared: what the last step that says so names."""
        named = [
            s.similarity_metric for s in _steps(self.aligner) if hasattr(s, "similarity_metric")
        ]
        return named[-1] if named else "cosine"

    def embed(self, views):
        """Views in the shared space; those that bypass the aligner as they are."""
        fusable = self.fusable(views)
        if self.aligner is None or fusable is None:
            return views
        return self._beside(self.aligner.transform(fusable), views)

    def fuse(self, embedded):
        """What the recommender compares: one fused view, and those beside it."""
        fusable = self.fusable(embedded)
        if self.fuser is None or fusable is None:
            return embedded
        return self._beside(_as_one(self.fuser, fusable), embedded)

    def beside(self, views, embedded):
        """The views themselves and, if they are aligned, their fused vectors as one view more."""
        fusable = self.fusable(embedded)
        if self.aligner is None or fusable is None:
            return views
        present = np.column_stack([views.present, fusable.present.any(axis=1)])
        return Views({**views.blocks, SHARED: self.fuser.transform(fusable)}, present)

    def gallery(self, embedded):
        """What a search compares: the shared space, or all views side by side."""
        fusable = self.fusable(embedded)
        if fusable is None:
            raise ValueError(
                "search compares views that do not bypass the aligner and the fuser; got "
                f"{list(embedded.names)} alone."
            )
        return fusable if self.joined is None else _as_one(self.joined, fusable)

    def fusable(self, views):
        """The views that do not bypass the aligner and the fuser; None if there are none."""
        names = [name for name in views.names if name not in self.bypass]
        if len(names) == len(views.names):
            return views
        return views.select(*names) if names else None

    def _beside(self, views, others):
        """Views, and those of the others that bypass."""
        extra = [name for name in self.bypass if name in others]
        if not extra:
            return views
        extra = others.select(*extra)
        return Views({**views.blocks, **extra.blocks}, np.hstack([views.present, extra.present]))

    def _check_bypass(self, views):
        unknown = [name for name in self.bypass if name not in views]
        if unknown or self.fusable(views) is None or FUSED in self.bypass:
            raise ValueError(
                f"bypass must be a list of some, not all, of the views {list(views.names)}, none "
                f"of them called {FUSED!r}; got {list(self.bypass)}."
            )


def _make_aligner(aligner, views):
    """A fresh aligner: CCA by default, none where fewer than two views say anything."""
    # All components shared with empty texts weigh nothing, and the other view would be lost.
    n_telling = sum(not (issparse(b) and b.nnz == 0) for b in views.blocks.values())
    if isinstance(aligner, str) or (aligner is None and n_telling < 2):
        return None
    return CCA() if aligner is None else clone(aligner)


def _steps(aligner):
    """The estimators that an aligner is made of: those of a pipeline, or itself."""
    steps = getattr(aligner, "steps", [("", aligner)])
    return [step for _, step in steps if step is not None and not isinstance(step, str)]


def _check_labels(aligner, y):
    """Classes and an aligner that learns from them come together or not at all."""
    supervised = any(get_tags(step).target_tags.required for step in _steps(aligner))
    if supervised and y is None:
        raise ValueError(
            f"{type(aligner).__name__} learns from the classes of items; name their column: "
            "labels='category'."
        )
    if y is not None and not supervised:
        name = "no aligner" if aligner is None else type(aligner).__name__
        raise ValueError(
            f"labels are for an aligner that learns from classes, such as DiscriminantCCA(); this "
            f"model has {name}."
        )


def _as_one(fuser, views):
    """One view, absent where a row has none of the views."""
    return Views({FUSED: fuser.transform(views)}, views.present.any(axis=1, keepdims=True))
