"""A column of sounds to a matrix."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.exceptions import CellError
from mmclassic.features._cells import Extraction, as_cells
from mmclassic.features._descriptors import DescriptorVectorizer
from mmclassic.features.audio._audio_block import AudioBlock
from mmclassic.features.audio._block_rows import columns_of, prepare_block, rows_of_blocks
from mmclassic.features.audio._decode import clip_rate, clip_seconds, read_clip
from mmclassic.features.audio._loudness import loudest_sample, trim
from mmclassic.features.audio._mixer import MAX_RATE, MIN_RATE
from mmclassic.features.audio._pooling import check_pooling
from mmclassic.features.audio._protocol import is_shared, learn, learns
from mmclassic.features.audio._recipes import DEFAULT_RECIPE, RECIPES
from mmclassic.features.audio._sounds import Sounds
from mmclassic.utils import POSITIVE_INTEGER, POSITIVE_REAL, RANDOM_STATE

# Speech and most timbre are below 8 kHz; a higher rate costs time in proportion.
DEFAULT_RATE = 16000
# Longer clips fill many batches of Fourier transforms alone; a chunk of them costs only memory.
_LONG_SAMPLES = 1 << 19
# Shorter clips than this are read by processes, longer ones by threads; see the notes.
_SHORT_SECONDS = 1.0
# Samples of a clip that descriptors learn from, 8 s at 16 kHz: 500 clips take 250 MB.
_LEARN_SAMPLES = 1 << 17
# So many clips, from all over the column, tell the median length of all well enough.
_HEADERS_READ = 100


class AudioVectorizer(DescriptorVectorizer):
    """Describe sounds by statistics over their frames.

    Every clip is decoded once, mixed to one channel, brought to one sampling
    rate and handed to all descriptors. Short clips are described together.

    Parameters
    ----------
    descriptors : list of (str, descriptor) or str, default=None
        Names, and descriptors or `AudioBlock`: any objects with ``frames(y, sr)`` and
        ``frame_names()``, or ``row(y, sr)`` and ``row_names()``. Their parameters are
        reached as ``name__parameter``, those of a block's descriptor as
        ``name__descriptor__parameter``. A str names a recipe: "general", which None
        stands for too; "speech", which learns a `FisherVector` in the place of one block
        and is better at words; or "mfcc", the default of version 0.1, ``[("mfcc", MFCC())]``.
    sr : float, default=None
        Sampling rate of the descriptors, Hz, and of cells that are bare arrays.
        None takes the lowest rate among the fitted clips, at most 16000 Hz, and
        refuses bare arrays.
    trim_db : float > 0, default=None, dB
        Cut the beginning and the end that are this much quieter than the
        loudest part of the clip, before any block hears it; None cuts nothing.
    pooling : sequence of str, default=None
        Statistics over the frames, for all blocks that pool: "mean", "std" and
        percentiles such as "p10", "p50" and "p90". None leaves them to the blocks; that of
        a bare descriptor is ("mean", "std").
    segments : int > 0, default=None
        Cut the frames of a clip into so many parts of equal length and pool each
        on its own, so that what comes first and what last is told apart; for all blocks
        that pool. None leaves it to the blocks; that of a bare descriptor is 1.
    normalize : bool, default=False
        Bring every feature to mean 0 and deviation 1 within every clip before
        pooling, which takes away the level and colour of a recorder or voice.
        Without segments only percentiles then tell clips apart.
    fit_clips : int > 0, default=500
        Number of clips, drawn at random, that descriptors that learn are fitted on; of
        a clip of more than 131,072 samples the part around its loudest frame.
    random_state : int, RandomState instance or None, default=None
        Draws these clips.
    scale : bool, default=True
        Bring the blocks to their scales and weights over the fitted clips (`AudioBlock`),
        every feature of a bare descriptor to mean 0 and variance 1; otherwise
        columns are as the descriptors give them, and the loudest numbers outweigh all others.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Workers; None is 1, -1 all cores. Threads or processes, see Notes.
    progress : bool, default=False
        Show a progress line on standard error.
    cache : str or path, default=None
        A folder in which features are kept and found again by the content of a
        file and the parameters; several processes may share it. None keeps
        nothing. Old entries are never removed: delete the folder to start anew.
        Descriptors of other makers need an attribute `version`, a str, without which
        the cache is not used, with a warning.

    Attributes
    ----------
    blocks_ : dict
        The blocks in use, by name.
    descriptors_ : dict
        The descriptors in use, by name.
    widths_ : dict
        Number of features of every descriptor, by name.
    sr_ : float
        Sampling rate that all clips are brought to, Hz.
    scaler_ : object or None
        What brings the blocks to their scales; None without.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason.

    Notes
    -----
    A cell is a path, the bytes of a sound file (WAV, RF64, W64, AIFF, AU, CAF, NIST,
    FLAC, OGG, MP3 and some older kinds), a tuple ``(samples, rate)`` with samples
    of shape ``(n_samples,)`` or ``(n_samples, n_channels)``, or a 1-D array at `sr`.

    All of a file is read, whether or not its header knows how much that is: the
    frames of an MP3 are counted, OGG and FLAC files may follow one another in one,
    and a size that stands for an unknown one, as recorders and pipes leave it, is
    none. A clip is truncated if less is there than a header declares, or if the
    last frame or page is cut.

    Full scale is -1 to 1 for float samples and the range of their type for integers.
    Float samples beyond 10 (20 dB above full scale) are integers in disguise and
    fail their cell, as do those of 32 or 64 bits that fill no more than half of them,
    in arrays and files alike. Samples of 24 bits in 32 are used as they are, with a
    remark in the `CellWarning` at the end.

    A clip recorded at 8 kHz has nothing above 4 kHz. Brought to a higher rate
    it would have empty bands where others have sound, and clips would group by
    their recorder. Hence the lowest rate of the collection is the default: all
    are compared in the band that all have. If one odd clip pulls the rate down,
    set `sr`.

    Workers are threads if the median clip is 1 s long or longer, and processes if
    it is shorter. Decoding and Fourier transforms release the interpreter lock:
    two threads were 1.8 to 2 times as fast as one on clips of more than 1 s. Clips
    of 0.4 s spend their time between such calls: two threads had 0.6 times the
    speed of one, two processes 1.9 times. Starting processes takes seconds, so
    they pay from some thousand short clips on.

    The default has five blocks, chosen for nearest neighbours without tuning: "course" (13
    MFCC in 3 segments; levelled, trimmed at 40 dB; weight 1), "lagged" (`LaggedCovariance` of
    the same; one factor, 1), "timbre" (20 MFCC of the whole clip; half-whitened, 0.5),
    "modulation" (`Modulation`, 0.5) and "shape" (`SpectralShape` of
    25 ms every 50 ms, 0.25).

    A descriptor of another maker is cloned by deep copy unless it has `get_params`. If it has
    ``fit(clips, sr)``, that is called with a list of 1-D float arrays, unless its
    scikit-learn tag `requires_fit` is False. What it gives for a clip must be finite numbers of
    the shape that its names tell; otherwise, as if it raises ValueError, the cell fails. Any other
    exception goes through, with a note of descriptor, row and file.

    Segments are one level of a temporal pyramid [1]_. With frames that are
    normalised within the clip, their means tell how the sound goes on, whoever
    made it. They follow the clip and not the sound in it, so cut silence off first.

    Trimming works in frames of 64 ms. A clip that is too short once trimmed
    fails with that reason.

    Channels are averaged. If next to nothing is left of them, because one has its
    polarity reversed, the loudest channel stands for the clip, and one
    `CellWarning` at the end says how many such clips there are and which is the
    first. That is so where the mean is more than 30 dB below the channels, as
    that of independent ones never is.

    The decoder of MP3 has remarks of its own on standard error, now and then even on a
    sound file; they name no file, and nothing in a process can keep them from it.

    Files are decoded, mixed and resampled in blocks. An hour needs about twice
    the memory of its single channel at `sr_`, whatever the rate and number of
    channels of the file.

    Clips that are empty, silent, too short, truncated or not finite have no
    features; they fail with the reason. With ``scale=False`` features keep
    their units (see the descriptors).

    References
    ----------
    .. [1] S. Lazebnik, C. Schmid and J. Ponce, "Beyond bags of features: spatial
       pyramid matching for recognizing natural scene categories", CVPR, 2006;
       here over time instead of the plane.

    Examples
    --------
    >>> import numpy as np
    >>> from mmclassic.features import AudioVectorizer
    >>> time = np.arange(8000) / 16000
    >>> clips = [(np.sin(2 * np.pi * pitch * time), 16000) for pitch in (220, 440)]
    >>> AudioVectorizer().fit_transform(clips).shape
    (2, 373)
    """

    _parameter_constraints: dict = {
        **DescriptorVectorizer._parameter_constraints,
        "descriptors": [list, tuple, StrOptions(set(RECIPES)), None],
        "sr": [Interval(Real, MIN_RATE, MAX_RATE, closed="both"), None],
        "trim_db": [*POSITIVE_REAL, None],
        "pooling": [list, tuple, None],
        "segments": [*POSITIVE_INTEGER, None],
        "normalize": ["boolean"],
        "fit_clips": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }
    # Of clips of half a second; with 32, calls that are made once for a chunk took a seventh.
    _chunk_size = 64
    _default_recipe = DEFAULT_RECIPE

    def __init__(
        self,
        descriptors=None,
        *,
        sr=None,
        trim_db=None,
        pooling=None,
        segments=None,
        normalize=False,
        fit_clips=500,
        random_state=None,
        scale=True,
        on_error="raise",
        n_jobs=None,
        progress=False,
        cache=None,
    ):
        self.descriptors = descriptors
        self.sr = sr
        self.trim_db = trim_db
        self.pooling = pooling
        self.segments = segments
        self.normalize = normalize
        self.fit_clips = fit_clips
        self.random_state = random_state
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
        check_is_fitted(self)
        names = []
        for name, block in self.blocks_.items():
            columns, width = columns_of(name, block), self.widths_[name]
            if len(columns) != width:
                raise ValueError(
                    f"descriptor {name!r} of AudioVectorizer named {width} features when it was "
                    f"fitted and names {len(columns)} now; fit the vectorizer again."
                )
            names += [f"{name}__{column}" for column in columns]
        return np.array(names, dtype=object)

    def _recipe_of(self, name):
        return RECIPES[name]()

    def _as_block(self, descriptor):
        return AudioBlock(descriptor, weight=None)

    def _fit_descriptors(self, cells):
        if self.pooling is not None:
            check_pooling(self.pooling, "AudioVectorizer")
        self.sr_ = self.sr if self.sr is not None else _common_rate(cells)
        options = {n: getattr(self, n) for n in ("pooling", "segments", "normalize")}
        self.blocks_ = {
            name: prepare_block(name, block, **options)
            for name, block in self._clone_blocks().items()
        }
        learning = [block for block in self.blocks_.values() if learns(block.descriptor)]
        if learning:
            sounds = Sounds(self._sample(cells, self._read_part, self.fit_clips)[0], self.sr_)
        for block in learning:
            learn(block.descriptor, sounds.prepared(level=block.level, trim_db=block.trim_db))
        self.widths_ = {name: len(columns_of(name, block)) for name, block in self.blocks_.items()}

    def _read_part(self, cell):
        """A clip, or of a long one the part around its loudest frame."""
        y, _ = self._read_clip(cell)
        if y.size <= _LEARN_SAMPLES:
            return y
        loudest = loudest_sample(y, self.sr_)
        start = np.clip(loudest - _LEARN_SAMPLES // 2, 0, y.size - _LEARN_SAMPLES)
        return y[start : start + _LEARN_SAMPLES].copy()

    def _extract_unscaled(self, X, *, fitting):
        extraction, column = super()._extract_unscaled(X, fitting=fitting)
        if fitting and self.sr is None and extraction.failures:
            extraction = self._without_rates_of_failures(X, extraction)
        return extraction, column

    def _workers(self, cells):
        items = cells.items()
        some = items[:: max(1, len(items) // _HEADERS_READ)]
        lengths = [s for _, _, cell in some if (s := self._seconds(cell)) is not None]
        return "processes" if lengths and np.median(lengths) < _SHORT_SECONDS else "threads"

    def _seconds(self, cell):
        if isinstance(cell, np.ndarray) and self.sr is not None:
            return cell.size / self.sr
        return clip_seconds(cell)

    def _without_rates_of_failures(self, X, extraction):
        """Read again if a clip that failed had the lowest rate: it counts as missing."""
        cells = as_cells(X, type(self).__name__)
        values = np.where(extraction.present, cells.values, None)
        usable = pd.Series(values, index=cells.labels, name=cells.column, dtype=object)
        if _common_rate(as_cells(usable, type(self).__name__)) == self.sr_:
            return extraction
        again, _ = super()._extract_unscaled(usable, fitting=True)
        failures = extraction.failures + again.failures
        return Extraction(again.block, again.present, failures, again.remarks)

    def _read_clip(self, cell):
        """A clip that every descriptor of ours can describe, and a remark; raises `CellError`."""
        y, remark = read_clip(cell, self.sr_, array_sr=self.sr)
        if self.trim_db is not None:
            y = trim(y, self.sr_, self.trim_db)
        try:
            for i, name in enumerate(self._shared()):
                descriptor = self.blocks_[name].descriptor
                # That its samples are finite and not silent is asked once.
                check = descriptor._check_length if i else descriptor.check_clip
                check(y, self.sr_)
        except ValueError as error:
            raise CellError(str(error)) from error
        return y, remark

    def _read(self, cell):
        """The clip, the rows of those descriptors that do not wait for others, and a remark."""
        y, remark = self._read_clip(cell)
        long = y.size >= _LONG_SAMPLES
        now = [n for n, block in self.blocks_.items() if long or not is_shared(block.descriptor)]
        rows = self._rows([y], now) if now else {}
        return (None if long else y), rows, remark

    def _remark(self, content):
        return content[2]

    def _describe(self, contents):
        """Rows of all blocks; those that share spectra are made now for all clips that wait."""
        waiting = [i for i, (y, _, _) in enumerate(contents) if y is not None]
        clips = [contents[i][0] for i in waiting]
        made = self._rows(clips, self._shared()) if waiting else {}
        blocks = []
        for name, width in self.widths_.items():
            block = np.empty((len(contents), width), dtype=np.float32)
            for i, (_, rows, _) in enumerate(contents):
                if name in rows:
                    block[i] = rows[name][0]
            if name in made:
                block[waiting] = made[name]
            blocks.append(block)
        return np.concatenate(blocks, axis=1)

    def _shared(self):
        """Names of the blocks that describe many clips at once."""
        return [name for name, block in self.blocks_.items() if is_shared(block.descriptor)]

    def _rows(self, clips, names):
        """Rows of these blocks, by name; of one clip only where a block takes one at a time."""
        blocks = {name: self.blocks_[name] for name in names}
        return rows_of_blocks(blocks, self.widths_, clips, self.sr_, normalize=self.normalize)


def _common_rate(cells):
    rates = [rate for _, _, cell in cells.items() if (rate := clip_rate(cell)) is not None]
    return min([DEFAULT_RATE, *rates])
