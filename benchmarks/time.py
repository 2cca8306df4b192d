"""Streams brought to one clock: warping paths, what they cost, and what they find."""

from benchmarks import _warped_digits, _warping_accuracy, _warping_speed

DESCRIPTION = "time: warping against librosa and tslearn, spoken digits, planted warps"


def run(quick):
    """Measure warping; a quick run has shorter streams, fewer recordings and fewer seeds."""
    return [
        *_warping_accuracy.published_path(),
        *_warping_speed.rows(quick),
        *_warped_digits.rows(quick),
        *_warping_accuracy.planted(quick),
    ]
