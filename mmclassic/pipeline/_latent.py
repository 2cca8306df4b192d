"""Views of texts by what occurs together, each derived from the words of one view."""

import numpy as np
from scipy.sparse import issparse

from mmclassic.features import LSA, TextVectorizer
from mmclassic.utils import require
from mmclassic.views import Views

_SUFFIX = " (latent)"
_FEWEST = 40  # rows with a term, and terms: a quarter of them are the components


def latent_name(view):
    """What the view is called that is derived from a view of texts."""
    return view + _SUFFIX


class LatentViews:
    """A fitted `LSA` for some views of terms; its rows stand beside theirs in the score.

    The aligner never sees them: correlated with the words that they are made of they would make a
    shared space of these alone.
    """

    def __init__(self, parts):
        self.parts = parts

    @classmethod
    def fit(cls, views, names):
        """Learn from the views of these names that have enough rows and terms."""
        parts = {}
        for name in names:
            block = views[name]
            n_terms = np.unique(block.indices).size
            if min(np.count_nonzero(np.diff(block.indptr)), n_terms) >= _FEWEST:
                parts[name] = LSA().fit(block)
        return cls(parts)

    @property
    def sources(self):
        """By derived view the view that it is made of."""
        return {latent_name(name): name for name in self.parts}

    def beside(self, views, others):
        """The rows of `others` and, for the views that are learned from, the derived ones."""
        blocks, present = {}, []
        for name, lsa in self.parts.items():
            if name in views:
                blocks[latent_name(name)] = block = lsa.transform(views[name])
                present.append(views.mask(name) & block.any(axis=1))
        if not blocks:
            return others
        return Views({**others.blocks, **blocks}, np.column_stack([others.present, *present]))

    def _check_state(self):
        """Raise ValueError unless the loaded parts are analyses of terms."""
        fits = isinstance(self.parts, dict) and all(
            isinstance(part, LSA) for part in self.parts.values()
        )
        require(fits, self, "parts are no LSA.")


def latent_sources(latent, views, extractor):
    """Names of the views to derive from: those of terms, or those that the user names."""
    if latent is False:
        return []
    if latent is True:
        vectorizers = getattr(extractor, "vectorizers_", {})
        found = [name for name in views.names if _has_terms(vectorizers.get(name))]
        return [name for name in found if issparse(views[name])]
    wrong = [name for name in latent if name not in views or not issparse(views[name])]
    if wrong:
        sparse = [name for name in views.names if issparse(views[name])]
        raise ValueError(f"latent must name views of terms, CSR, of {sparse}; got {list(latent)}.")
    return list(latent)


def _has_terms(vectorizer):
    return isinstance(vectorizer, TextVectorizer) and vectorizer.lsa_ is None
