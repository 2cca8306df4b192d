"""Energy of the twelve pitch classes."""

from functools import lru_cache
from numbers import Real

import librosa
import numpy as np
from sklearn.utils._param_validation import Interval

from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.utils import product_by_rows

_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class Chroma(FrameDescriptor):
    """Energy of the twelve pitch classes, whatever the octave: the harmony of music.

    Parameters
    ----------
    tuning : float from -0.5 to 0.5, default=0.0
        How far the music is tuned above A = 440 Hz, semitones.
    window : float > 0, default=0.128
        Length of a frame, seconds. This one tells semitones apart from 500 Hz on;
        lower ones need a longer window.
    hop : float > 0, default=0.032
        Time from one frame to the next, seconds.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `frames` is told
        the rate of its clip.

    Notes
    -----
    The largest of the twelve values of a frame is 1; all are 0 where nothing is
    heard. The numbers are those of ``librosa.feature.chroma_stft`` with the same
    tuning on centred frames whose window is zero-padded to the next power of
    two: float64 to a relative 1e-6, float32 to an absolute 1e-5.

    librosa estimates the tuning of every clip unless it is told. Here all clips
    have the one that is given: an estimate from a short clip is mostly noise, and
    clips with different ones have different features. Estimate it once from the
    collection, by ``librosa.estimate_tuning``, if it is not 440 Hz.

    A clip must be as long as one Fourier window. The cost is O(n_samples log
    window).

    References
    ----------
    T. Fujishima, "Realtime chord recognition of musical sound: a system using
    Common Lisp Music", International Computer Music Conference, 1999.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import Chroma
    >>> time = np.arange(8000) / 16000
    >>> frames = Chroma().frames(np.sin(2 * np.pi * 440 * time), 16000)
    >>> frames.shape
    (12, 16)
    >>> Chroma().frame_names()[frames[:, 8].argmax()]
    'A'
    """

    _parameter_constraints: dict = {
        **FrameDescriptor._parameter_constraints,
        "tuning": [Interval(Real, -0.5, 0.5, closed="both")],
    }

    def __init__(self, tuning=0.0, *, window=0.128, hop=0.032, sr=16000):
        self.tuning = tuning
        self.window = window
        self.hop = hop
        self.sr = sr

    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            "C", "C#", ..., "B".
        """
        return list(_PITCH_CLASSES)

    def _frames(self, sounds):
        return sounds.describe_spectra(self._grid(sounds.sr), self._classes)

    def _classes(self, power, sr):
        n_fft = self._grid(sr).n_fft
        return _energies(power, _pitch_classes(sr, n_fft, self.tuning, power.dtype))


def _energies(power, classes):
    energies = product_by_rows(power, classes)
    loudest = energies.max(axis=1, keepdims=True)
    # Below the smallest normal number a quotient is noise.
    loudest[loudest < np.finfo(power.dtype).tiny] = 1
    energies /= loudest
    return energies


@lru_cache(maxsize=32)
def _pitch_classes(sr, n_fft, tuning, dtype):
    # Made once for a rate: librosa makes them anew for every clip.
    filters = librosa.filters.chroma(sr=sr, n_fft=n_fft, tuning=tuning)
    return np.ascontiguousarray(filters.T.astype(dtype))
