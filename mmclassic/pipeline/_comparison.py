"""What the recommender and searches compare: calibrated views, or fused vectors alone."""

import numpy as np
from sklearn.base import clone

from mmclassic.pipeline._space import SHARED
from mmclassic.recommend import CrossModalSearch, KNNRecommender
from mmclassic.views import Views


def adds_up_views(recommender):
    """Whether a recommender adds up what views say of items, so that it can search them, too."""
    is_knn = isinstance(recommender, KNNRecommender)
    return is_knn and recommender.mode == "profile" and recommender.metric == "calibrated"


class FusedVectors:
    """The fused vectors of the aligned views, and views that bypass the alignment."""

    def __init__(self, space, latent):
        self.space = space

    def rows(self, views, embedded):
        """What the recommender compares, of features of items and of these in the shared space."""
        return self.space.fuse(embedded)

    def make_recommender(self, given, rows):
        """A fresh recommender for such rows."""
        return KNNRecommender(metric="cosine") if given is None else clone(given)

    def make_search(self, recommender, embedded, rows, ids):
        """What finds items, fitted."""
        gallery = self.space.gallery(embedded)
        return CrossModalSearch(self.space.metric).fit(gallery, ids=ids)

    def searched(self, embedded, rows):
        """What the search compares of new items."""
        return self.space.gallery(embedded)

    def search(self, index, embedded, views, k, target):
        """The items nearest to queries; `embedded` are the items in the shared space."""
        return index.search(self.space.gallery(self.space.embed(views)), k, target=target)


class CalibratedViews:
    """Every view in its own space, the fused vectors, and views of what terms occur together."""

    def __init__(self, space, latent):
        self.space = space
        self.latent = latent

    def rows(self, views, embedded):
        """What the recommender compares, of features of items and of these in the shared space."""
        return self.latent.beside(views, self.space.beside(views, embedded))

    def make_recommender(self, given, rows):
        """A fresh recommender for such rows, told which of them are made of the others."""
        recommender = KNNRecommender() if given is None else clone(given)
        if isinstance(recommender, KNNRecommender):
            own = recommender.derived
            own = own if isinstance(own, dict) else dict.fromkeys(own)
            recommender.set_params(derived={**own, **self._derived(rows)})
        return recommender

    def _derived(self, rows):
        """Which rows are made of others, and of which one."""
        shared = {SHARED: None} if SHARED in rows else {}
        return shared | self.latent.sources

    def make_search(self, recommender, embedded, rows, ids):
        """What finds items, fitted: the recommender itself where it can."""
        if adds_up_views(recommender):
            return recommender
        return KNNRecommender("agreement", derived=self._derived(rows)).fit(rows, ids=ids)

    def searched(self, embedded, rows):
        """What the search compares of new items."""
        return rows

    def search(self, index, embedded, views, k, target):
        """The items nearest to queries; `embedded` are the items in the shared space."""
        among = None if target is None else self._among(index, embedded, target)
        return index.search(self.rows(views, self.space.embed(views)), k, among=among)

    def _among(self, index, embedded, target):
        """Prepared rows of the items in one view, native and shared."""
        if target not in embedded:
            raise ValueError(f"no view named {target!r} among {list(embedded.names)}.")
        made = [name for name, source in self.latent.sources.items() if source == target]
        native = index.features_.select(target, *made)
        if target in self.space.bypass:
            return native
        fused = self.space.fuser.transform(embedded.select(target))
        rows = Views({SHARED: fused}, embedded.mask(target)[:, None])
        shared = index.similarity_.prepare(rows)
        present = np.hstack([native.present, shared.present])
        return Views({**native.blocks, **shared.blocks}, present)


COMPARISONS = {"calibrated": CalibratedViews, "shared": FusedVectors}
