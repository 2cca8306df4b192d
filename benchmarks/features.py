"""Speed, memory and worth of the features of pictures, sounds and texts."""

from benchmarks import (
    _emoji,
    _feature_memory,
    _jpeg_speed,
    _picture_speed,
    _sound_speed,
    _text_memory,
    _text_speed,
)

DESCRIPTION = "features: speed against other libraries, memory by files, what they find and tell"

# Those that need data come first: what is missing shows at once.
_SUBJECTS = (
    _emoji,
    _text_speed,
    _text_memory,
    _sound_speed,
    _picture_speed,
    _jpeg_speed,
    _feature_memory,
)


def run(quick):
    """Measure every subject; a quick run has fewer runs, files and folds."""
    return [row for subject in _SUBJECTS for row in subject.rows(quick)]
