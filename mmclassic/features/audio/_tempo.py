"""Beats per minute."""

import librosa
import numpy as np

from mmclassic.features.audio._frames import FrameDescriptor
from mmclassic.utils import POSITIVE_REAL

_MEL_BANDS = 40
# Two beats at 60 per minute: in less, nothing slower than twice that could be heard to repeat.
_SHORTEST = 2.0  # s
# Frames whose autocorrelations are in memory together.
_BLOCK_FRAMES = 512


class Tempo(FrameDescriptor):
    """Tempo of music, beats per minute, as it is around every frame.

    Parameters
    ----------
    span : float > 0, default=8.0
        Time in which beats are counted, around every frame, seconds.
    window : float > 0, default=0.064
        Length of a frame, seconds.
    hop : float > 0, default=0.016
        Time from one frame to the next, seconds.
    sr : float > 0, default=16000
        Sampling rate of the batches given to `transform`, Hz. `frames` is told
        the rate of its clip.

    Notes
    -----
    How much the level rises from frame to frame, over mel bands, is correlated
    with itself shifted; the tempo is the shift at which that is largest, with a
    preference for 120 beats per minute that is one octave wide. The numbers are
    those of ``librosa.feature.tempo`` with ``aggregate=None`` and 40 mel bands.

    Of a clip, "p50" is the tempo and "std" tells how steady it is; the mean is
    between a tempo and its double where the estimate jumps. Where nothing starts,
    as in an even noise, the preferred 120 comes out or chance decides.

    A clip must be 2 s long; shorter ones are refused. The cost is O(n_samples
    log window + n_frames span / hop log(span / hop)), and the memory does not
    grow with the product.

    References
    ----------
    P. Grosche, M. Müller and F. Kurth, "Cyclic tempogram: a mid-level tempo
    representation for music signals", ICASSP, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import Tempo
    >>> y = np.zeros(10 * 8000)
    >>> for beat in range(20):
    ...     y[beat * 4000 :][:400] = np.sin(np.arange(400))
    >>> frames = Tempo().frames(y, 8000)
    >>> frames.shape
    (1, 626)
    >>> print(f"{np.median(frames):.0f} beats per minute")
    121 beats per minute
    """

    _parameter_constraints: dict = {
        **FrameDescriptor._parameter_constraints,
        "span": POSITIVE_REAL,
    }

    def __init__(self, span=8.0, *, window=0.064, hop=0.016, sr=16000):
        self.span = span
        self.window = window
        self.hop = hop
        self.sr = sr

    def frame_names(self):
        """List the names of the features of a frame.

        Returns
        -------
        names : list of str
            "bpm".
        """
        return ["bpm"]

    def _shortest(self, sr):
        return max(super()._shortest(sr), round(_SHORTEST * sr))

    def _frames(self, sounds):
        decibels, lengths = sounds.mel_decibels(self._grid(sounds.sr), _MEL_BANDS)
        clips = np.split(decibels, np.cumsum(lengths)[:-1])
        tempi = [self._of_clip(decibels, sounds.sr) for decibels in clips]
        return np.concatenate(tempi)[:, None], lengths

    def _of_clip(self, decibels, sr):
        grid = self._grid(sr)
        onsets = librosa.onset.onset_strength(
            S=decibels.T, sr=sr, n_fft=grid.n_fft, hop_length=grid.hop
        )
        span = max(2, int(self.span * sr / grid.hop))
        # As librosa does it; here padded once, so that blocks of frames are those of the whole.
        padded = np.pad(onsets, span // 2, mode="linear_ramp", end_values=0)
        starts = range(0, len(onsets), _BLOCK_FRAMES)
        stops = [min(start + _BLOCK_FRAMES, len(onsets)) for start in starts]
        return np.concatenate(
            [
                _tempi(padded[start : stop + span - 1], span, sr, grid.hop)
                for start, stop in zip(starts, stops)
            ]
        ).astype(decibels.dtype)


def _tempi(onsets, span, sr, hop):
    """Tempo of every full span of onset strengths."""
    # librosa's own, in blocks: its tempogram has span / hop values for every frame of the clip,
    # 900 MB in float64 for an hour at the defaults.
    correlations = librosa.feature.tempogram(
        onset_envelope=onsets, sr=sr, hop_length=hop, win_length=span, center=False
    )
    return librosa.feature.tempo(tg=correlations, sr=sr, hop_length=hop, aggregate=None)
