"""Loudness of mel bands."""

from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.utils import POSITIVE_INTEGER


class LogMel(FrameDescriptor):
    """Loudness of bands that are even to the ear (mel bands), decibels.

    Parameters
    ----------
    n_mels : int > 0, default=40
        Number of bands, from 0 to half the sampling rate.
    window : float > 0, default=0.025
        Length of a frame, seconds.
    hop : float > 0, default=0.010
        Time from one frame to the next, seconds.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `frames` is told
        the rate of its clip.

    Notes
    -----
    These are the bands from which `MFCC` are made, with the same frames, and at most
    80 dB below the loudest of the clip. `MFCC` are the better features by themselves, for
    neighbours and classifiers alike; bands are what to make features of your own from.

    The numbers are those of librosa's ``power_to_db(melspectrogram(...))`` on centred,
    zero-padded frames whose window is zero-padded to the next power of two: float64 to
    a relative 1e-5, float32 to 1e-5 of the largest.

    A clip must be as long as one Fourier window. The cost is O(n_samples log
    window); blocks of a vectorizer over the same bands share it.

    References
    ----------
    S. S. Stevens, J. Volkmann and E. B. Newman, "A scale for the measurement of the
    psychological magnitude pitch", Journal of the Acoustical Society of America 8(3), 1937.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import LogMel
    >>> time = np.arange(8000) / 16000
    >>> frames = LogMel(20).frames(np.sin(2 * np.pi * 1000 * time), 16000)
    >>> frames.shape
    (20, 51)
    >>> LogMel(20).frame_names()[frames[:, 25].argmax()]
    'mel6'
    """

    _parameter_constraints: dict = {
        **FrameDescriptor._parameter_constraints,
        "n_mels": POSITIVE_INTEGER,
    }

    def __init__(self, n_mels=40, *, window=0.025, hop=0.010, sr=16000):
        self.n_mels = n_mels
        self.window = window
        self.hop = hop
        self.sr = sr

    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            "mel0", "mel1", ...
        """
        return [f"mel{i}" for i in range(self.n_mels)]

    def _frames(self, sounds):
        return sounds.mel_decibels(self._grid(sounds.sr), self.n_mels)
