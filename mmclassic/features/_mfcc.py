"""Mel-frequency cepstral coefficients."""

import librosa
import numpy as np

from mmclassic.features._frames import FrameDescriptor
from mmclassic.utils._constraints import POSITIVE_INTEGER, POSITIVE_REAL

# Frames that a local slope is fitted over; the usual choice, 90 ms at the default hop.
_DELTA_WIDTH = 9


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
        "n_mfcc": POSITIVE_INTEGER,
        "window": POSITIVE_REAL,
        "hop": POSITIVE_REAL,
        "n_mels": POSITIVE_INTEGER,
        "delta": ["boolean"],
        "sr": POSITIVE_REAL,
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

    def _frames(self, y, sr):
        if self.n_mfcc > self.n_mels:
            raise ValueError(
                f"n_mfcc of MFCC cannot exceed n_mels; got {self.n_mfcc} and {self.n_mels}."
            )
        window = max(1, round(self.window * sr))
        n_fft = 1 << (window - 1).bit_length()
        if y.size < n_fft:
            raise ValueError(
                f"the clip is too short: {y.size} samples ({y.size / sr:.3f} s) at {sr:g} Hz; "
                f"at least {n_fft} ({n_fft / sr:.3f} s) are needed"
            )
        coefficients = librosa.feature.mfcc(
            y=y,
            sr=sr,
            n_mfcc=self.n_mfcc,
            n_mels=self.n_mels,
            n_fft=n_fft,
            win_length=window,
            hop_length=max(1, round(self.hop * sr)),
        )
        if not self.delta:
            return coefficients
        # "nearest" extends the borders, so that clips of fewer frames than the width have slopes.
        slopes = librosa.feature.delta(coefficients, width=_DELTA_WIDTH, mode="nearest")
        return np.concatenate([coefficients, slopes])
