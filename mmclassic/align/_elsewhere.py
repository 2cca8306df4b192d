"""Names of other packages that users of aligners expect here too."""

from mmclassic.match import consistency, match, similarity
from mmclassic.moments import Moments

__all__ = ["Moments", "consistency", "match", "similarity"]
