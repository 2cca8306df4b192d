"""What is said in a clip, from its subtitles."""

import codecs
import os
import re
from pathlib import Path
from typing import NamedTuple

from mmclassic.exceptions import CellError
from mmclassic.features._cells import is_missing
from mmclassic.features._sources import is_encoded, open_source
from mmclassic.features.video._media import opened
from mmclassic.utils import detect_encoding

SUFFIXES = (".srt", ".vtt", ".ass")
_TEXTS = {"kind": "file of subtitles", "examples": "SRT, VTT, ASS"}
_STYLE = re.compile(r"\{[^}]*\}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINE_OF_TIMES = re.compile(r"^[\s-]*[\d:]+:\d+[.,]\d+\s*-->.*$", re.MULTILINE)
_FRACTION = re.compile(r"(?<=[.,])\d+")
_NEGATIVE = re.compile(r"(^|-->)\s*-\d")
_TIME = re.compile(r"\d:\d\d(?::\d\d)?[.,]\d+\s*-+>?")


class Cue(NamedTuple):
    """A text and when it is shown, as `read_subtitles` gives it.

    Parameters
    ----------
    start : float, s
        When it comes.
    stop : float, s
        When it goes.
    text : str
        What it says, without markup; lines end with a newline.
    """

    start: float
    stop: float
    text: str


def read_subtitles(cell):
    """Read subtitles: of a file of them, or of a clip.

    Parameters
    ----------
    cell : str, path or bytes
        A file SRT, VTT or ASS. Or a clip: then the file beside it with its name and one of these
        endings, or the first text track within.

    Returns
    -------
    cues : list of Cue
        In order of time; empty if a clip has none.

    Raises
    ------
    CellError
        If a file of subtitles has no cue, or a line of times that cannot be read, is below 0, or
        ends before it begins.
    MissingDependencyError
        Without the extra ``video`` (PyAV).

    Notes
    -----
    FFmpeg reads them, and is lenient: numbers may be missing, blank lines be many, and commas and
    points in times stand for each other. Encodings other than UTF-8 are detected as those of texts.
    """
    if _is_text(cell):
        return _read_text(cell)
    beside = _beside(cell)
    if beside is not None:
        return _read_text(beside)
    with opened(cell) as container:
        tracks = [t for t in container.streams.subtitles if _says_text(t)]
        return _cues(container, tracks[0]) if tracks else []


def subtitle_text(cell):
    """Give all that the subtitles of a clip say, as the cell of a column of texts.

    Parameters
    ----------
    cell : str, path, bytes or None
        As for `read_subtitles`.

    Returns
    -------
    text : str or None
        The texts in order, each on a line of its own, those that follow their like once; None if
        there are none, or no clip.

    Raises
    ------
    CellError
        As `read_subtitles`.
    """
    if is_missing(cell):
        return None
    texts = [cue.text for cue in read_subtitles(cell)]
    lines = [text for i, text in enumerate(texts) if i == 0 or text != texts[i - 1]]
    return "\n".join(lines) or None


def _is_text(cell):
    if isinstance(cell, (str, os.PathLike)):
        return Path(os.fspath(cell)).suffix.lower() in SUFFIXES
    if not is_encoded(cell):
        return False
    head = bytes(cell[:4096]).replace(b"\0", b"")  # of UTF-16
    return b"-->" in head or b"[Script Info]" in head


def _beside(cell):
    if not isinstance(cell, (str, os.PathLike)):
        return None
    places = (Path(os.fspath(cell)).with_suffix(suffix) for suffix in SUFFIXES)
    return next((place for place in places if place.is_file()), None)


def _read_text(cell):
    source = open_source(cell)
    data = Path(source).read_bytes() if isinstance(source, str) else source.getvalue()
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n")
    kinds = {"WEBVTT": "webvtt", "[Scri": "ass"}
    kind = next((k for head, k in kinds.items() if text.lstrip().startswith(head)), "srt")
    text = text if kind == "ass" else _LINE_OF_TIMES.sub(_in_milliseconds, text)
    with opened(text.encode(), **_TEXTS, form=kind) as container:
        cues = _cues(container, container.streams.subtitles[0])
    if not cues:
        raise CellError("the file of subtitles has no cue that can be read")
    for cue in cues:
        if _TIME.search(cue.text):
            raise CellError(
                f"a line of times in the subtitles cannot be read, after {cue.start:g} s"
            )
        if cue.stop < cue.start:
            raise CellError(f"a text comes at {cue.start:g} s and goes before, at {cue.stop:g} s")
    return cues


def _in_milliseconds(line):
    """A line of times as FFmpeg reads it: of any fraction it takes the digits for milliseconds."""
    if _NEGATIVE.search(line[0]):
        raise CellError(f"a time in the subtitles is below 0: {line[0].strip()!r}")
    return _FRACTION.sub(lambda digits: digits[0][:3].ljust(3, "0"), line[0])


def _decoded(data):
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = detect_encoding(data.splitlines())
        if encoding is None:
            raise CellError(
                "the subtitles are not UTF-8, and of no encoding for certain"
            ) from error
        return data.decode(encoding, errors="replace")


def _says_text(track):
    return track.codec_context.codec.name in (
        "subrip",
        "srt",
        "webvtt",
        "ass",
        "ssa",
        "mov_text",
        "text",
    )


def _cues(container, track):
    cues = []
    for packet in container.demux(track):
        if packet.pts is None or not packet.size:
            continue
        start = float(packet.pts * packet.time_base)
        stop = start + float((packet.duration or 0) * packet.time_base)
        text = "\n".join(filter(None, map(_plain, packet.decode())))
        if text:
            cues.append(Cue(start, stop, text))
    return sorted(cues, key=lambda cue: cue.start)


def _plain(subtitle):
    """The text of a line of ASS, which all kinds are decoded to: after eight fields."""
    if not hasattr(subtitle, "ass"):
        return ""
    text = subtitle.ass.decode("utf-8", errors="replace").split(",", 8)[-1]
    text = _STYLE.sub("", text).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return _TAG.sub("", text).strip()
