"""A descriptor of sounds, and how the clips are prepared and its frames pooled."""

from mmclassic.features._blocks import Block
from mmclassic.features.audio._pooling import MEAN_AND_STD
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL


class AudioBlock(Block):
    """A descriptor of sounds: what it hears, how it is pooled and how much it counts.

    Parameters
    ----------
    descriptor : object
        The descriptor: ``frames(y, sr)`` and ``frame_names()``, or ``row(y, sr)`` and
        ``row_names()``.
    level : bool, default=False
        Bring the loudest frame (64 ms) of every clip to a root mean square of 1, so that
        a recording's level counts for nothing.
    trim_db : float > 0, default=None, dB
        Leave out the frames at the beginning and the end that are this much quieter than the
        loudest; None leaves out none. The same parameter of `AudioVectorizer` cuts the clips
        themselves, and for all blocks.
    segments : int > 0, default=1
        Number of parts of equal length that are pooled on their own.
    pooling : sequence of str, default=("mean", "std")
        Statistics over the frames: "mean", "std" and percentiles such as "p10".
    scaling : {"rows", "block", "features", "whiten"}, default="features"
        How its columns are brought to one scale, see `Block`.
    weight : float > 0, default=1.0
        The mean squared distance of the fitted rows from their mean, see `Block`.

    Notes
    -----
    Blocks of one vectorizer over the same mel bands share their spectra: a levelled clip's
    decibels are shifted, and a trimmed clip keeps the frames whose middle is heard. A
    `SpectralShape` after them, not levelled, shares them too if its window is theirs and its hop a
    multiple of theirs. A descriptor of your own is given the samples, cut and scaled.

    `segments` and `pooling` are refused for a descriptor that gives a row for a clip.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import MFCC, AudioBlock, AudioVectorizer, Modulation
    >>> rng = np.random.default_rng(0)
    >>> clips = [(level * rng.normal(size=8000), 8000) for level in (0.01, 0.1, 0.1)]
    >>> course = AudioBlock(MFCC(delta=False), level=True, trim_db=40, segments=3)
    >>> rhythm = AudioBlock(Modulation(), weight=0.5)
    >>> vectorizer = AudioVectorizer([("course", course), ("rhythm", rhythm)]).fit(clips)
    >>> vectorizer.widths_
    {'course': 78, 'rhythm': 70}
    """

    _parameter_constraints: dict = {
        **Block._parameter_constraints,
        "level": ["boolean"],
        "trim_db": [*POSITIVE_REAL, None],
        "segments": POSITIVE_INTEGER,
        "pooling": [list, tuple],
    }

    def __init__(
        self,
        descriptor,
        *,
        level=False,
        trim_db=None,
        segments=1,
        pooling=MEAN_AND_STD,
        scaling="features",
        weight=1.0,
    ):
        super().__init__(descriptor, scaling=scaling, weight=weight)
        self.level = level
        self.trim_db = trim_db
        self.segments = segments
        self.pooling = pooling
