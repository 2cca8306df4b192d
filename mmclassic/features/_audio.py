"""A column of sounds to a matrix."""

from numbers import Real

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import Interval

from mmclassic.exceptions import CellError
from mmclassic.features._cells import require_present
from mmclassic.features._decode_audio import MAX_RATE, MIN_RATE, clip_rate, read_clip
from mmclassic.features._descriptors import DescriptorVectorizer
from mmclassic.features._mfcc import MFCC

# Speech and most timbre are below 8 kHz; a higher rate costs time in proportion.
DEFAULT_RATE = 16000


class AudioVectorizer(DescriptorVectorizer):
    """Describe sounds by the mean and standard deviation of their frames.

    Every clip is decoded once, mixed to one channel, brought to one sampling
    rate and handed to all descriptors.

    Parameters
    ----------
    descriptors : list of (str, descriptor), default=None
        Names and descriptors with ``frames(y, sr)``, ``pool(frames)`` and
        ``get_feature_names_out()``. None stands for ``[("mfcc", MFCC())]``.
        Their parameters are reached as ``name__parameter``.
    sr : float, default=None
        Sampling rate of the descriptors, Hz, and of cells that are bare arrays.
        None takes the lowest rate among the fitted clips, at most 16000 Hz, and
        refuses bare arrays.
    scale : bool, default=True
        Bring every feature to mean 0 and variance 1 over the fitted clips;
        otherwise loudness (the first coefficient) outweighs all others.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Processes; None is 1, -1 all cores.
    progress : bool, default=False
        Show a progress line on standard error.
    cache : str or path, default=None
        A folder in which features are kept and found again by the content of a
        file and the parameters; several processes may share it. None keeps
        nothing. Old entries are never removed: delete the folder to start anew.

    Attributes
    ----------
    descriptors_ : dict
        The descriptors in use, by name.
    widths_ : dict
        Number of features of every descriptor, by name.
    sr_ : float
        Sampling rate that all clips are brought to, Hz.
    scaler_ : StandardScaler or None
        None without scaling.
    failures_ : DataFrame
        The cells that the last call could not use: row, column, source, reason.

    Notes
    -----
    A cell is a path, the bytes of a sound file (WAV, FLAC, OGG, MP3: what
    libsndfile reads), a tuple ``(samples, rate)`` with samples of shape
    ``(n_samples,)`` or ``(n_samples, n_channels)``, or a 1-D array at `sr`.

    A clip recorded at 8 kHz has nothing above 4 kHz. Brought to a higher rate
    it would have empty bands where others have sound, and clips would group by
    their recorder. Hence the lowest rate of the collection is the default: all
    are compared in the band that all have. If one odd clip pulls the rate down,
    set `sr`.

    Starting processes takes seconds, so workers pay from some thousand clips or
    some minutes of sound on.

    Clips that are empty, silent, too short, truncated or not finite have no
    features; they fail with the reason. With ``scale=False`` features keep
    their units (see the descriptors).

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import AudioVectorizer
    >>> time = np.arange(8000) / 16000
    >>> clips = [(np.sin(2 * np.pi * pitch * time), 16000) for pitch in (220, 440)]
    >>> AudioVectorizer().fit_transform(clips).shape
    (2, 52)
    """

    _parameter_constraints: dict = {
        **DescriptorVectorizer._parameter_constraints,
        "sr": [Interval(Real, MIN_RATE, MAX_RATE, closed="both"), None],
        "scale": ["boolean"],
    }
    # Short clips spend their time under the interpreter lock, where threads slow each other down.
    _prefer = "processes"
    _chunk_size = 16

    def __init__(
        self,
        descriptors=None,
        *,
        sr=None,
        scale=True,
        on_error="raise",
        n_jobs=None,
        progress=False,
        cache=None,
    ):
        self.descriptors = descriptors
        self.sr = sr
        self.scale = scale
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.cache = cache

    def get_feature_names_out(self, input_features=None):
        """List the names of the features: ``descriptor__feature``.

        Parameters
        ----------
        input_features : object, default=None
            Not used; present for scikit-learn's sake.

        Returns
        -------
        names : ndarray of str of shape (n_features,)
            The names.
        """
        names = [
            f"{name}__{feature}"
            for name, descriptor in self.descriptors_.items()
            for feature in descriptor.get_feature_names_out()
        ]
        return np.array(names, dtype=object)

    def _default_descriptors(self):
        return [("mfcc", MFCC())]

    def _fit_descriptors(self, cells):
        self.sr_ = self.sr if self.sr is not None else _common_rate(cells)
        self.descriptors_ = self._clone_descriptors()
        self.widths_ = {
            name: len(descriptor.get_feature_names_out())
            for name, descriptor in self.descriptors_.items()
        }

    def _extract(self, X, *, fitting):
        extraction, column = super()._extract(X, fitting=fitting)
        block, present = extraction.block, extraction.present
        if fitting:
            require_present(present, column, extraction.failures)
            self.scaler_ = StandardScaler().fit(block[present]) if self.scale else None
        if self.scaler_ is not None and present.any():
            block[present] = self.scaler_.transform(block[present])
        return extraction, column

    def _read(self, cell):
        y = read_clip(cell, self.sr_, array_sr=self.sr)
        try:
            pooled = [d.pool(d.frames(y, self.sr_)) for d in self.descriptors_.values()]
        except ValueError as error:
            raise CellError(str(error)) from error
        return np.concatenate(pooled)

    def _describe(self, contents):
        return np.stack(contents).astype(np.float32, copy=False)


def _common_rate(cells):
    rates = [rate for _, _, cell in cells.items() if (rate := clip_rate(cell)) is not None]
    return min([DEFAULT_RATE, *rates])
