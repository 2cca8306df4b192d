"""What recommenders share that read no features of items."""

from mmclassic.recommend._base import BaseRecommender


class ContentFreeRecommender(BaseRecommender):
    """Base of recommenders that know items by their ids alone; `fit` takes None for the items."""

    def _validate_items(self, items, *, reset):
        return items

    def _prepare_features(self, views):
        return None

    def _profile_width(self):
        return 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        return tags
