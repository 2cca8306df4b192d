"""Small networks beside a linear solution: towers, losses, Adam and the aligner of them."""

from mmclassic.align._mlp._aligner import MLPAligner

__all__ = ["MLPAligner"]
