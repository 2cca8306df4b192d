"""OpenMoji pictures with their names and keywords in several languages."""

import json

import pandas as pd

from mmclassic.datasets._fetch import download_missing, find_local_copy, read_registry

LANGUAGES = ("en", "zh", "ja", "de", "es", "fr")
_TEXT = ("annotation", "tags", "openmoji_tags", "group", "subgroups")
_VARIATION_SELECTOR = "\ufe0f"


def fetch_openmoji(*, data_home=None, download_if_missing=True):
    """Load OpenMoji: 2,465 emoji with pictures, English tags and names in six languages.

    Parameters
    ----------
    data_home : str or path, default=None
        Where downloads are kept, see `get_data_home`. A local copy named by the
        environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.

    Returns
    -------
    emoji : DataFrame of 2,465 rows
        Columns hexcode, emoji (the characters), picture (absolute path of a PNG
        of 128 x 128 pixels with transparency), annotation, tags, openmoji_tags,
        group, subgroups, and for each language en, zh, ja, de, es and fr the
        columns ``name_<language>`` and ``keywords_<language>`` (separated by
        " | "). Missing text is None or NaN. Variants by skin tone are left out.

    Raises
    ------
    FileNotFoundError
        If the files are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded file has a wrong checksum.

    Notes
    -----
    Every downloaded file is checked against its SHA-256. Names and keywords are
    those of the Unicode Common Locale Data Repository (CLDR), which knows about
    1,920 of the emoji. Beware of near duplicates (families, clock faces, hands):
    group folds by `subgroups` for an honest test.

    Licence: pictures and English tags Creative Commons Attribution-ShareAlike
    4.0 International; "All emojis designed by OpenMoji - the open-source emoji
    and icon project", https://openmoji.org. CLDR annotations: Unicode License
    V3, https://www.unicode.org/license.txt.
    """
    files = read_registry("openmoji")
    folder = find_local_copy("openmoji", [file.path for file in files])
    if folder is None:
        folder = download_missing(
            "openmoji", files, data_home=data_home, download_if_missing=download_if_missing
        )
    frame = _base_emoji(folder)
    for language in LANGUAGES:
        annotations = _read_annotations(folder, language)
        found = [annotations.get(_plain(emoji), {}) for emoji in frame["emoji"]]
        frame[f"name_{language}"] = [entry.get("tts", [None])[0] for entry in found]
        frame[f"keywords_{language}"] = [
            " | ".join(entry["default"]) if "default" in entry else None for entry in found
        ]
    return frame


def _base_emoji(folder):
    """The emoji without a skin tone."""
    entries = json.loads((folder / "openmoji.json").read_text(encoding="utf-8"))
    rows = [
        {
            "hexcode": entry["hexcode"],
            "emoji": entry["emoji"],
            "picture": str(folder / "png128" / f"{entry['hexcode']}.png"),
            **{column: entry[column] or None for column in _TEXT},
        }
        for entry in entries
        if not entry["skintone"]
    ]
    return pd.DataFrame(rows)


def _read_annotations(folder, language):
    """Entries by emoji; the second file adds those that CLDR composes, such as flags."""
    entries = {}
    for kind, key in (
        ("annotations", "annotations"),
        ("annotations-derived", "annotationsDerived"),
    ):
        path = folder / "cldr" / f"{language}.{kind}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        for emoji, entry in content[key]["annotations"].items():
            entries.setdefault(_plain(emoji), entry)
    return entries


def _plain(emoji):
    """CLDR writes emoji without the variation selector."""
    return emoji.replace(_VARIATION_SELECTOR, "")
