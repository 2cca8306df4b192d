"""Without PyAV, what reads clips says which extra brings it."""

import sys

import pytest

from mmclassic.exceptions import MissingDependencyError
from mmclassic.features import VideoVectorizer, decode_video, read_subtitles


@pytest.mark.parametrize(
    "read",
    [
        lambda: decode_video(b"clip"),
        lambda: read_subtitles(b"00:01.000 --> 00:02.000\nHi\n"),
        lambda: VideoVectorizer(on_error="missing").fit([b"clip", None]),
    ],
)
def test_the_extra_is_named(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'mmclassic\[video\]'"):
        read()
