"""What a vectorizer of sounds asks of a descriptor, whoever made it."""

from functools import lru_cache

import numpy as np
from sklearn.utils import get_tags

from mmclassic.exceptions import CellError
from mmclassic.features.audio._clip_descriptor import ClipDescriptor
from mmclassic.features.audio._coded_frames import CodedFrames
from mmclassic.features.audio._frames import FrameDescriptor

# Bases of descriptors that share spectra, and the methods by which a subclass may leave that.
_OURS = (
    (FrameDescriptor, ("frames", "frames_of", "check_clip")),
    (ClipDescriptor, ("row", "rows_of", "check_clip")),
)


def pools(descriptor):
    """Whether a descriptor gives frames, which are pooled, and not a row for a clip."""
    return hasattr(descriptor, "frames")


def is_shared(descriptor):
    """Whether it is one of ours, which describe many clips at once and share their spectra."""
    return _keeps_our_methods(type(descriptor))


@lru_cache(maxsize=128)
def _keeps_our_methods(kind):
    # A subclass with its own frames, rows or check is asked for these, one clip after the other.
    for base, methods in _OURS:
        if issubclass(kind, base):
            return all(getattr(kind, m) is getattr(base, m) for m in methods)
    return False


def check_descriptor(descriptor, name):
    """Refuse what has neither frames nor rows with their names."""
    pairs = ("frames", "frame_names"), ("row", "row_names")
    if not any(all(callable(getattr(descriptor, m, None)) for m in pair) for pair in pairs):
        raise TypeError(
            f"descriptor {name!r} of AudioVectorizer must have frames(y, sr) and frame_names(), or "
            f"row(y, sr) and row_names(); got {descriptor!r}."
        )


def feature_names(descriptor, name):
    """The names of the features of a frame or row, checked."""
    method = "frame_names" if pools(descriptor) else "row_names"
    names = getattr(descriptor, method)()
    names = list(names) if isinstance(names, (list, tuple, np.ndarray)) else names
    if not (isinstance(names, list) and names and all(isinstance(n, str) for n in names)):
        raise TypeError(
            f"{method}() of descriptor {name!r} must give a non-empty list of str; got {names!r}."
        )
    return names


def learns(descriptor):
    """Whether it is to be fitted: it has `fit`, and no tag of scikit-learn says that needs none."""
    if not hasattr(descriptor, "fit"):
        return False
    return not hasattr(descriptor, "__sklearn_tags__") or get_tags(descriptor).requires_fit


def learn(descriptor, sounds):
    """Fit a descriptor on clips as its block hears them."""
    if isinstance(descriptor, CodedFrames):
        descriptor.learn(sounds)
    else:
        descriptor.fit(sounds.samples(), sounds.sr)


def foreign_frames(descriptor, name, sounds, width):
    """Frames (n_frames, width) of one clip by a descriptor of another maker; raises `CellError`."""
    frames = _numbers(descriptor, name, "frames", sounds)
    if frames.ndim != 2 or len(frames) != width or not frames.shape[1]:
        raise CellError(
            f"frames(y, sr) of descriptor {name!r} must give an array of shape (features, frames) "
            f"with a row for each of its {width} frame_names and at least one frame; got shape "
            f"{frames.shape}"
        )
    return frames.T


def foreign_row(descriptor, name, sounds, width):
    """Row (1, width) of one clip by a descriptor of another maker; raises `CellError`."""
    row = _numbers(descriptor, name, "row", sounds)
    if row.shape != (width,):
        raise CellError(
            f"row(y, sr) of descriptor {name!r} must give an array of shape ({width},), as many as "
            f"its row_names; got shape {row.shape}"
        )
    return row[None]


def _numbers(descriptor, name, method, sounds):
    """What a method gives, as finite float64 or float32."""
    try:
        given = getattr(descriptor, method)(sounds.samples()[0].copy(), sounds.sr)
    except ValueError as error:
        raise CellError(f"descriptor {name!r}: {error}") from error
    except Exception as error:
        error.add_note(f"raised by {method}(y, sr) of descriptor {name!r} of AudioVectorizer")
        raise
    try:
        values = np.asarray(given)
    except ValueError:  # rows of unequal length
        values = np.asarray(None)
    if values.dtype.kind not in "fiub":
        raise CellError(
            f"{method}(y, sr) of descriptor {name!r} must give an array of real numbers; got "
            f"{type(given).__name__} of {values.dtype}"
        )
    # Whose range is not known: its squares may be beyond that of float32.
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise CellError(
            "its features are not finite: it holds values beyond the range of a descriptor, "
            f"{name!r}"
        )
    return values
