"""A name of another package that users of recommenders expect here too."""

from mmclassic.interactions import Interactions

__all__ = ["Interactions"]
