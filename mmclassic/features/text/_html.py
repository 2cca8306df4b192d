"""Texts without the markup of HTML."""

import html
import re
from functools import cache

# Tags that set no words apart.
_INLINE = "a|abbr|b|bdi|bdo|big|cite|em|font|i|ins|mark|small|span|strong|sub|sup|tt|u|wbr"


def strip_markup(text):
    """The text that a browser shows: tags, comments, scripts left out, entities resolved."""
    if "<" in text:
        text = text.replace("<![CDATA[", " ").replace("]]>", " ")  # feeds wrap their texts so
        hidden, inline, tag = _patterns()
        text = tag.sub(" ", inline.sub("", hidden.sub(" ", text)))
    return html.unescape(text) if "&" in text else text


@cache
def _patterns():
    # A "<" ends every part, so that the time is linear for whatever comes.
    rest = r"""(?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*+)?/?>"""
    hidden = r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)"
    inline = rf"</?(?:{_INLINE}){rest}"
    tag = rf"</?[a-z][a-z0-9:-]*{rest}|<[!?][^<>]*>"
    flags = re.IGNORECASE | re.DOTALL
    return tuple(re.compile(pattern, flags) for pattern in (hidden, inline, tag))
