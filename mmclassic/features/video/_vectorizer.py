"""A column of clips to a matrix."""

from numbers import Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from mmclassic.exceptions import CellError
from mmclassic.features._block_vectorizer import BlockVectorizer
from mmclassic.features._blocks import Block
from mmclassic.features.audio._protocol import learns
from mmclassic.features.audio._vectorizer import AudioVectorizer
from mmclassic.features.image._vectorizer import ImageVectorizer
from mmclassic.features.video._decode import SOUND_RATE
from mmclassic.features.video._frames import Sampler
from mmclassic.features.video._media import walk
from mmclassic.features.video._shots import Motion, Shots
from mmclassic.features.video._soundtrack import Soundtrack
from mmclassic.utils import POSITIVE_INTEGER, RANDOM_STATE, import_optional, require

# Samples of a clip that descriptors of sounds learn from, as `AudioVectorizer` takes them.
_LEARN_SAMPLES = 1 << 17


class VideoVectorizer(BlockVectorizer):
    """Describe clips by their key frames, their motion and their sound.

    Every clip is decoded once. Its shots are told apart, a frame of each goes through the recipe
    of pictures, the differences between frames are counted up, and the sound goes through the
    recipe of sounds.

    Parameters
    ----------
    image : ImageVectorizer or "drop", default=None
        What describes key frames: its descriptors, size and crop; None is ``ImageVectorizer()``.
        Its parameters are reached as ``image__name`` once it is given. "drop" leaves out pictures
        and motion.
    audio : AudioVectorizer or "drop", default=None
        What describes the sound; None is ``AudioVectorizer()``. Without `sr`, sounds are brought to
        16000 Hz. "drop" leaves it out.
    fps : float > 0, default=4.0, Hz
        Frames that are looked at in a second of a clip, for shots and motion.
    max_frames : int > 0, default=16
        Key frames of a clip at most: those of its longest shots.
    fit_clips : int > 0, default=50
        Clips, drawn at random, that descriptors that learn are fitted on.
    random_state : int, RandomState instance or None, default=None
        Draws these clips.
    scale : bool, default=True
        Bring the descriptors to their scales and weights (`Block`), those of `image` and `audio` as
        they have them.
    on_error : {"raise", "missing"}, default="raise"
        What a cell that cannot be used does: raise `CellError`, or count as
        missing, with one `CellWarning` at the end.
    n_jobs : int, default=None
        Threads; None is 1, -1 all cores.
    progress : bool, default=False
        Show a progress line on standard error.
    cache : str or path, default=None
        A folder in which features are kept and found again by the content of a
        file and the parameters; several processes may share it. None keeps
        nothing.

    Attributes
    ----------
    image_, audio_ : ImageVectorizer, AudioVectorizer or None
        The fitted parts; None for "drop".
    blocks_ : dict
        The blocks in use: "image_hog" is "hog" of `image`, "motion", "audio_course" and so on.
    descriptors_ : dict
        The descriptors in use, by the same names.
    widths_ : dict
        Number of features of every descriptor, by name.
    means_ : ndarray of shape (n_features,)
        What stands for a part that a clip lacks: the mean of the fitted clips that have it.
    scaler_ : object or None
        What brings the blocks to their scales; None without.
    failures_ : DataFrame
        The cells that `fit` could not use: row, column, path, reason.

    Notes
    -----
    A cell is a path or the bytes of a file that FFmpeg reads; the extra ``video`` (PyAV) brings it.
    Playlists are refused, for they would open other files. A clip that ends before its header says
    so is truncated.

    A shot ends where the levels of one channel of two frames, sorted, differ by more than a tenth
    of full scale (the earth mover's distance of their histograms): cuts, not slow fades. The rows
    of key frames are averaged with the lengths of their shots as weights. "motion" (`Block` of
    "features", weight 0.5) has mean, deviation and percentiles of the differences between frames
    that follow each other in a shot, their means in 3 x 3 parts of the picture, cuts per second,
    light and contrast.

    A clip may lack pictures or sound (none, a silent one, or one too short for the descriptors):
    the mean of the fitted clips stands for that part, which says nothing in a comparison of
    centred features; a clip that has neither fails. To have sound as a view of its own, absent
    where there is none, make two views: ``VideoVectorizer(audio="drop")`` and
    ``VideoVectorizer(image="drop", on_error="missing")``. What is said is a text: see
    `subtitle_text`.

    References
    ----------
    H. Zhang, A. Kankanhalli and S. W. Smoliar, "Automatic partitioning of full-motion video",
    Multimedia Systems 1(1), 1993: shots by histograms; the distance is ours.

    Examples
    --------
    >>> import io, av
    >>> import numpy as np
    >>> from mmclassic.features import VideoVectorizer
    >>> file = io.BytesIO()
    >>> with av.open(file, "w", "mp4") as clip:
    ...     stream = clip.add_stream("mpeg4", rate=25)
    ...     stream.width, stream.height = 64, 48
    ...     for level in range(0, 250, 10):
    ...         pixels = np.full((48, 64, 3), level, dtype=np.uint8)
    ...         clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
    ...     clip.mux(stream.encode())
    >>> clips = [file.getvalue(), None]
    >>> VideoVectorizer(audio="drop", fps=2, on_error="missing").fit_transform(clips).shape
    (2, 755)
    """

    _parameter_constraints: dict = {
        **BlockVectorizer._parameter_constraints,
        "image": [ImageVectorizer, StrOptions({"drop"}), None],
        "audio": [AudioVectorizer, StrOptions({"drop"}), None],
        "fps": [Interval(Real, 0, None, closed="neither")],
        "max_frames": POSITIVE_INTEGER,
        "fit_clips": POSITIVE_INTEGER,
        "random_state": RANDOM_STATE,
    }
    _chunk_size = 4

    def __init__(
        self,
        *,
        image=None,
        audio=None,
        fps=4.0,
        max_frames=16,
        fit_clips=50,
        random_state=None,
        scale=True,
        on_error="raise",
        n_jobs=None,
        progress=False,
        cache=None,
    ):
        self.image = image
        self.audio = audio
        self.fps = fps
        self.max_frames = max_frames
        self.fit_clips = fit_clips
        self.random_state = random_state
        self.scale = scale
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.cache = cache

    def get_feature_names_out(self, input_features=None):
        """List the names of the features: ``part_descriptor__feature``.

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
        if self.image_ is not None:
            names += [f"image_{name}" for name in self.image_.get_feature_names_out()]
            names += [f"motion__{name}" for name in Motion().row_names()]
        if self.audio_ is not None:
            names += [f"audio_{name}" for name in self.audio_.get_feature_names_out()]
        return np.array(names, dtype=object)

    def _fit_descriptors(self, cells):
        import_optional("av", extra="video", purpose="VideoVectorizer")
        image, audio = _part(self.image, ImageVectorizer), _part(self.audio, AudioVectorizer)
        if image is None and audio is None:
            raise ValueError("image and audio are both 'drop', so nothing is left to describe.")
        if audio is not None and audio.sr is None:
            audio.set_params(sr=SOUND_RATE)
        self.image_, self.audio_ = image, audio
        pictures, sounds = self._to_learn_from(cells)
        self.blocks_, self.widths_ = {}, {}
        if image is not None:
            self._add("image", image.fit(pictures))
            self.blocks_["motion"] = Block(Motion(), scaling="features", weight=0.5)
            self.widths_["motion"] = len(Motion().row_names())
        if audio is not None:
            self._add("audio", audio.fit(sounds))

    def _add(self, part, vectorizer):
        for name, block in vectorizer.blocks_.items():
            self.blocks_[f"{part}_{name}"] = block
            self.widths_[f"{part}_{name}"] = vectorizer.widths_[name]

    def _to_learn_from(self, cells):
        """Pictures and sounds of a sample of clips where something learns, and else of none."""
        pictures, sounds = [], []
        parts = (self.image_, lambda d: get_tags(d).requires_fit), (self.audio_, learns)
        if any(
            test(block.descriptor)
            for part, test in parts
            if part is not None
            for block in part._clone_blocks().values()
        ):
            for frames, _, _, y, _ in self._sample(cells, self._read_parts, self.fit_clips)[0]:
                pictures += frames
                if y is not None:
                    middle = max(0, (y.size - _LEARN_SAMPLES) // 2)
                    sounds.append((y[middle : middle + _LEARN_SAMPLES].copy(), self.audio_.sr))
        blank = np.zeros((8, 8, 3), dtype=np.uint8)
        noise = np.random.default_rng(0).normal(scale=0.1, size=SOUND_RATE).astype(np.float32)
        return pictures or [blank], sounds or [(noise, SOUND_RATE)]

    def _read_parts(self, cell):
        """Key frames, their weights, motion, sound or None, and a remark or None."""
        shots = None if self.image_ is None else Shots(self.max_frames)
        sound = None if self.audio_ is None else Soundtrack(self.audio_.sr)
        side = None if shots is None else max(self.image_.size)
        picture = None if shots is None else Sampler(shots, fps=self.fps, size=side)
        walk(cell, picture=picture, sound=sound)
        frames, weights = ([], []) if shots is None else shots.finish()
        y, remark = (None, None) if sound is None else sound.finish(cell)
        return frames, weights, shots.motion.row() if frames else None, y, remark

    def _read(self, cell):
        """The row of a clip, NaN for a part that it lacks, and a remark or None."""
        frames, weights, motion, y, remark = self._read_parts(cell)
        row = np.full(sum(self.widths_.values()), np.nan, dtype=np.float32)
        pictures, sounds = self._columns_of_parts()
        if frames:
            described = np.average(self.image_.transform(frames), axis=0, weights=weights)
            row[pictures] = np.concatenate([described, motion])
        if y is not None:
            row[sounds] = self._describe_sound(y)
        if np.isnan(row).all():
            wanted = [n for n in ("pictures", "sound") if getattr(self, _PARTS[n]) is not None]
            raise CellError(f"the clip has no {' and no '.join(wanted)} that can be described")
        return row, remark

    def _describe_sound(self, y):
        try:
            return self.audio_.transform([(y, self.audio_.sr)])[0]
        except CellError:  # nothing is heard in it, or it is too short
            return np.nan

    def _columns_of_parts(self):
        """Slices of the columns of pictures and motion, and of sound."""
        widths = [w for name, w in self.widths_.items() if not name.startswith("audio_")]
        return slice(0, sum(widths)), slice(sum(widths), None)

    def _are_described(self, rows):
        good = np.ones(len(rows), dtype=bool)
        for part in self._columns_of_parts():
            good &= np.isfinite(rows[:, part]).all(axis=1) | np.isnan(rows[:, part]).all(axis=1)
        return good

    def _remark(self, content):
        return content[1]

    def _describe(self, contents):
        return np.stack([row for row, _ in contents])

    def _extract_unscaled(self, X, *, fitting):
        extraction, column = super()._extract_unscaled(X, fitting=fitting)
        there = np.flatnonzero(extraction.present)
        if fitting:
            self.means_ = _means(extraction.block[there])
        for part in self._columns_of_parts():
            lacking = there[np.isnan(extraction.block[there, part]).all(axis=1)]
            extraction.block[lacking, part] = self.means_[part]
        return extraction, column

    def _recipe(self):
        av = import_optional("av", extra="video", purpose="VideoVectorizer")
        parts = [part._recipe() for part in (self.image_, self.audio_) if part is not None]
        return {**super()._recipe(), "parts": parts, "av": av.__version__}

    def _check_state(self):
        """Raise ValueError unless the parts make the widths that are told."""
        super()._check_state()
        widths = (
            {} if self.image_ is None else {f"image_{n}": w for n, w in self.image_.widths_.items()}
        )
        if self.image_ is not None:
            widths["motion"] = len(Motion().row_names())
        if self.audio_ is not None:
            widths |= {f"audio_{n}": w for n, w in self.audio_.widths_.items()}
        require(widths == self.widths_, self, f"its parts make {widths}.")
        require(
            self.means_.shape == (sum(widths.values()),), self, "its means are of other columns."
        )


_PARTS = {"pictures": "image_", "sound": "audio_"}


def _part(given, kind):
    """A fresh vectorizer that leaves scales to the whole; None for "drop"."""
    if isinstance(given, str):
        return None
    fresh = kind() if given is None else clone(given)
    return fresh.set_params(scale=False, on_error="raise", n_jobs=None, progress=False, cache=None)


def _means(rows):
    """Means of the columns over the rows that have them, 0 where none has, float32."""
    counts = np.count_nonzero(~np.isnan(rows), axis=0)
    return (np.nansum(rows, axis=0, dtype=np.float64) / np.maximum(counts, 1)).astype(np.float32)
