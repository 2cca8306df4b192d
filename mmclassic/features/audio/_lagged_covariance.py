"""How the timbre of a clip goes on from one moment to a later one."""

import numpy as np

from mmclassic.features.audio._clip_descriptor import ClipDescriptor
from mmclassic.features.audio._mfcc import MFCC, check_n_mfcc
from mmclassic.features.audio._pooling import means
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL


class LaggedCovariance(ClipDescriptor):
    """Covariance of the MFCC of a clip with themselves a little later.

    Parameters
    ----------
    n_mfcc : int > 0, default=13
        Number of coefficients.
    lag : float > 0, default=0.050
        How much later, seconds; rounded to whole frames, at least one.
    window : float > 0, default=0.025
        Length of a frame, seconds.
    hop : float > 0, default=0.010
        Time from one frame to the next, seconds.
    n_mels : int > 0, default=40
        Number of mel bands from 0 to half the sampling rate.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `row` is told the
        rate of its clip.

    Notes
    -----
    Of a clip of n frames x with mean m, feature (i, j) is the signed square root of the
    sum over t of (x_i[t + lag] - m_i) (x_j[t] - m_j), divided by n: the biased estimate of
    the covariance, in which what is beyond the end counts as the mean. So it goes to 0 as a
    clip gets as short as the lag and is 0 for a shorter one, within which nothing happens
    so much later. The root brings it back to decibels. The level of a clip changes nothing.

    A clip must be as long as one Fourier window. The cost is O(n_samples log window +
    n_frames n_mfcc^2); the spectra are shared with other blocks over the same bands.

    References
    ----------
    G. E. P. Box, G. M. Jenkins, G. C. Reinsel and G. M. Ljung, "Time series analysis:
    forecasting and control", 5th edition, Wiley, 2015, sections 2.1.5 and 14.1.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import LaggedCovariance
    >>> time = np.arange(8000) / 16000
    >>> siren = np.sin(2 * np.pi * (800 * time + 20 * np.sin(2 * np.pi * 4 * time)))
    >>> lagged = LaggedCovariance(3)
    >>> lagged.row(siren, 16000).shape
    (9,)
    >>> lagged.row_names()[1]
    'mfcc0_later_mfcc1'
    """

    _parameter_constraints: dict = {
        **ClipDescriptor._parameter_constraints,
        "n_mfcc": POSITIVE_INTEGER,
        "lag": POSITIVE_REAL,
        "n_mels": POSITIVE_INTEGER,
    }

    def __init__(self, n_mfcc=13, *, lag=0.050, window=0.025, hop=0.010, n_mels=40, sr=16000):
        self.n_mfcc = n_mfcc
        self.lag = lag
        self.window = window
        self.hop = hop
        self.n_mels = n_mels
        self.sr = sr

    def row_names(self):
        """List the names of the features of a clip.

        Returns
        -------
        names : list of str
            "mfcc0_later_mfcc0", "mfcc0_later_mfcc1", ...: the first coefficient is the later.
        """
        numbers = range(self.n_mfcc)
        return [f"mfcc{i}_later_mfcc{j}" for i in numbers for j in numbers]

    def _check_rate(self, sr):
        check_n_mfcc(self)

    def _rows(self, sounds):
        mfcc = MFCC(self.n_mfcc, window=self.window, hop=self.hop, n_mels=self.n_mels, delta=False)
        frames, lengths = mfcc._frames(sounds)
        averages = means(frames, lengths).astype(frames.dtype)
        centred = frames - np.repeat(averages, lengths, axis=0)
        lag = max(1, round(self.lag * sounds.sr / self._grid(sounds.sr).hop))
        covariances = np.empty((len(lengths), self.n_mfcc, self.n_mfcc), dtype=frames.dtype)
        starts = (np.cumsum(lengths) - lengths).tolist()
        for start, n, product in zip(starts, lengths.tolist(), covariances):
            clip = centred[start : start + n]
            np.matmul(clip[lag:].T, clip[:-lag], out=product)
        rows = covariances.reshape(len(lengths), -1) / lengths[:, None]
        return (np.sign(rows) * np.sqrt(np.abs(rows))).astype(frames.dtype)
