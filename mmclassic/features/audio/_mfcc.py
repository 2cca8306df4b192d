"""Mel-frequency cepstral coefficients."""

from functools import lru_cache

import numpy as np
import scipy.fft

from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.utils import POSITIVE_INTEGER, product_by_rows

# A local slope is fitted over this many frames on both sides; the usual choice, 90 ms in all at
# the default hop.
_DELTA_MARGIN = 4


class MFCC(FrameDescriptor):
    """Mel-frequency cepstral coefficients (MFCC) and their slopes over time.

    Parameters
    ----------
    n_mfcc : int > 0, default=13
        Number of coefficients, the first being the overall level.
    window : float > 0, default=0.025
        Length of a frame, seconds.
    hop : float > 0, default=0.010
        Time from one frame to the next, seconds.
    n_mels : int > 0, default=40
        Number of mel bands from 0 to half the sampling rate.
    delta : bool, default=True
        Add the local slope of every coefficient, per frame.
    sr : int > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `frames` is told
        the rate of its clip.

    Notes
    -----
    Window and hop are seconds, so that they mean the same at any sampling
    rate; the window is zero-padded to the next power of two for the Fourier
    transform. Frames are centred and the borders zero-padded: no sample at the
    end is left out. Band powers become decibels, at most 80 dB below the
    clip's own maximum. Coefficients are in decibels, slopes in decibels per
    frame. Bands end at half the sampling rate: compare clips at one rate only.

    The numbers are those of librosa with the same settings: float64 to a
    relative 1e-5, float32 to 1e-5 of the largest coefficient. The clips of a
    batch share their Fourier transforms, but neither their padding nor their
    loudest band: a clip's features do not depend on its neighbours.

    A clip must be as long as one Fourier window. The cost is O(n_samples log
    window).

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences", IEEE
    Transactions on Acoustics, Speech and Signal Processing 28(4), 1980.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import MFCC
    >>> time = np.arange(8000) / 16000
    >>> tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    >>> MFCC().frames(tone, 16000).shape
    (26, 51)
    >>> MFCC().fit_transform(tone[None]).shape
    (1, 52)
    """

    _parameter_constraints: dict = {
        **FrameDescriptor._parameter_constraints,
        "n_mfcc": POSITIVE_INTEGER,
        "n_mels": POSITIVE_INTEGER,
        "delta": ["boolean"],
    }

    def __init__(self, n_mfcc=13, *, window=0.025, hop=0.010, n_mels=40, delta=True, sr=16000):
        self.n_mfcc = n_mfcc
        self.window = window
        self.hop = hop
        self.n_mels = n_mels
        self.delta = delta
        self.sr = sr

    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            "mfcc0", ..., then "delta0", ... if there are slopes.
        """
        kinds = ("mfcc", "delta") if self.delta else ("mfcc",)
        return [f"{kind}{i}" for kind in kinds for i in range(self.n_mfcc)]

    def _check_rate(self, sr):
        check_n_mfcc(self)

    def _frames(self, sounds):
        cepstra, lengths = sounds.once(
            ("cepstra", self._grid(sounds.sr), self.n_mels, self.n_mfcc),
            lambda: self._cepstra(sounds),
        )
        return (np.hstack([cepstra, _slopes(cepstra, lengths)]) if self.delta else cepstra), lengths

    def _cepstra(self, sounds):
        decibels, lengths = sounds.mel_decibels(self._grid(sounds.sr), self.n_mels)
        weights = _cosines(self.n_mels, self.n_mfcc, decibels.dtype)
        return product_by_rows(decibels, weights), lengths


def check_n_mfcc(descriptor):
    """Refuse more coefficients than there are bands."""
    if descriptor.n_mfcc > descriptor.n_mels:
        raise ValueError(
            f"n_mfcc of {type(descriptor).__name__} cannot exceed n_mels; got "
            f"{descriptor.n_mfcc} and {descriptor.n_mels}."
        )


def _slopes(cepstra, lengths):
    """Slope of every column within every clip, over all clips at once."""
    # The ends are repeated beyond the borders, so that no clip reaches into the next and clips
    # of fewer frames than the width have slopes.
    ends = np.cumsum(lengths)
    copies = np.ones(len(cepstra), dtype=int)
    copies[ends - lengths] += _DELTA_MARGIN
    copies[ends - 1] += _DELTA_MARGIN
    # One array for all clips: a filter call for each takes 30 times as long at 50 frames a clip.
    extended = np.repeat(cepstra, copies, axis=0)
    n_slopes = len(extended) - 2 * _DELTA_MARGIN
    slopes = np.zeros((n_slopes, cepstra.shape[1]), dtype=cepstra.dtype)
    for shift in range(1, _DELTA_MARGIN + 1):
        later = extended[_DELTA_MARGIN + shift :][:n_slopes]
        earlier = extended[_DELTA_MARGIN - shift :][:n_slopes]
        # Differences first: the level, hundreds of decibels, cancels exactly where it is even.
        slopes += shift * (later - earlier)
    # The least-squares slope is sum k x[k] / sum k^2 over k from -m to m, and 2 sum k^2 for k from
    # 1 to m is m (m + 1) (2 m + 1) / 3.
    slopes /= _DELTA_MARGIN * (_DELTA_MARGIN + 1) * (2 * _DELTA_MARGIN + 1) / 3
    # Between two clips lie the slopes of the copies, 2 m of them, which nobody asked for.
    clip_of_frame = np.repeat(np.arange(len(lengths)), lengths)
    return slopes[np.arange(len(cepstra)) + 2 * _DELTA_MARGIN * clip_of_frame]


@lru_cache(maxsize=32)
def _cosines(n_mels, n_mfcc, dtype):
    # A product with the 13 of 40 columns that are wanted is 4 times as fast as a fast cosine
    # transform that makes all. Orthonormal, as in librosa, and made in float64.
    basis = scipy.fft.dct(np.eye(n_mels), axis=1, type=2, norm="ortho")
    return np.ascontiguousarray(basis[:, :n_mfcc]).astype(dtype)
