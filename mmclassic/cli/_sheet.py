"""A contact sheet: one page of HTML with the pictures and texts of what was found."""

import base64
import io
from html import escape

import pandas as pd
from PIL import Image

from mmclassic.exceptions import CellError
from mmclassic.features import read_picture

_SIDE = 192  # pixels of a thumbnail
_STYLE = """
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 1rem;
     list-style: none; padding: 0; }
li { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .4rem;
     padding: .6rem; overflow-wrap: anywhere; }
img, .none { display: flex; width: 100%; height: 12rem; object-fit: contain; align-items: center;
             justify-content: center; opacity: 1; }
.none { opacity: .6; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; margin: .5rem 0 0; }
dt { opacity: .7; }
dd { margin: 0; }
"""
_ASKERS = ("user_id", "query_id")


def contact_sheet(table, *, title, files):
    """A page that needs no other file; `files` are the columns of pictures and sounds."""
    asker = next((name for name in _ASKERS if name in table.columns), None)
    if asker is None:
        body = _section(table, files)
    else:
        body = "\n".join(
            f"<h2>{escape(f'{asker}: {who}')}</h2>\n{_section(part.drop(columns=asker), files)}"
            for who, part in table.groupby(asker, sort=False)
        )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n"
        "</body>\n</html>\n"
    )


def _section(table, files):
    return "<ol>\n" + "\n".join(_item(row, files) for row in table.to_dict("records")) + "\n</ol>"


def _item(row, files):
    facts = {name: _in_words(value) for name, value in row.items()}
    facts = {name: words for name, words in facts.items() if words}
    about = ", ".join(words for name, words in facts.items() if name not in files)
    lines = "".join(f"<dt>{escape(n)}</dt><dd>{escape(w)}</dd>" for n, w in facts.items())
    return f"<li>{_picture(row, files, about)}<dl>{lines}</dl></li>"


def _in_words(value):
    if not isinstance(value, str) and pd.isna(value):
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _picture(row, files, about):
    """The first of an item's files that is a picture, small."""
    for name in files:
        thumbnail = _thumbnail(row.get(name))
        if thumbnail is not None:
            source = "data:image/jpeg;base64," + base64.b64encode(thumbnail).decode()
            return f'<img src="{source}" alt="{escape(about)}">'
    return '<div class="none">no picture</div>'


def _thumbnail(path):
    """A JPEG of a picture file; None for a sound, or a file that cannot be shown."""
    if not isinstance(path, str):
        return None
    try:
        pixels = read_picture(path, (_SIDE, _SIDE), crop="fit")
    except CellError:
        return None
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=80)
    return stream.getvalue()
