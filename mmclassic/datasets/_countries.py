"""Flags of the world with what an almanac says of the countries."""

import hashlib
import html
import json
import re
import warnings

import pandas as pd

from mmclassic.datasets._fetch import (
    RemoteFile,
    download_missing,
    find_local_copy,
    read_registry,
    read_sections,
)

_NAME = "countries-flags"
_TABLE = "countries.csv"
_ALMANAC = "factbook/"

# Where a column stands in the almanac: section, then the names the field has had.
FIELDS = {
    "background": ("Introduction", ("Background",)),
    "location": ("Geography", ("Location",)),
    "climate": ("Geography", ("Climate",)),
    "terrain": ("Geography", ("Terrain",)),
    "natural_resources": ("Geography", ("Natural resources",)),
    "languages": ("People and Society", ("Languages",)),
    "religions": ("People and Society", ("Religions",)),
    "ethnic_groups": ("People and Society", ("Ethnic groups",)),
    "flag_description": ("Government", ("Flag", "Flag description")),
    "national_symbols": ("Government", ("National symbol(s)", "National symbols")),
    "agriculture": ("Economy", ("Agricultural products", "Agriculture - products")),
    "industries": ("Economy", ("Industries",)),
    "exports": ("Economy", ("Exports - commodities",)),
}
COLUMNS = ("gec", "region", "name", "flag_hexcode", *FIELDS)


def fetch_countries_flags(*, data_home=None, download_if_missing=True):
    """Load 240 countries and territories: the flag as a picture, the country in English.

    The column flag_description says in words what the flag looks like, so
    picture and text truly share something.

    Parameters
    ----------
    data_home : str or path, default=None
        Where downloads are kept, see `get_data_home`. A local copy named by the
        environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.

    Returns
    -------
    countries : DataFrame of 240 rows
        Columns gec (two-letter code), region (11 of them), name, flag_hexcode,
        background, location, climate, terrain, natural_resources, languages,
        religions, ethnic_groups, flag_description, national_symbols,
        agriculture, industries, exports, and flag (absolute path of a PNG of
        128 x 128 pixels with transparency). Missing text is None or NaN.

    Raises
    ------
    FileNotFoundError
        If the files are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded flag has a wrong checksum.

    Warns
    -----
    UserWarning
        If columns differ from the edition that the library was tested with.

    Notes
    -----
    What is verified: every downloaded flag, against its SHA-256. What is not:
    the almanac's files, one JSON per country at a fixed revision, for which no
    checksums are published. The text columns are derived from them (markup
    removed, the parts of a field joined), and the result is compared, column by
    column, with the SHA-256 of the edition that the library was tested with; a
    difference gives a warning that names the columns, and the data all the same.

    Flag and country are joined by name; 15 entries of the almanac without a flag
    of their own are left out. For names in other languages join
    `fetch_openmoji` on flag_hexcode.

    Licence: flags Creative Commons Attribution-ShareAlike 4.0 International,
    "All emojis designed by OpenMoji - the open-source emoji and icon project",
    https://openmoji.org. Text: The World Factbook, public domain, through
    https://github.com/factbook/factbook.json.
    """
    flags = read_registry(_NAME)
    countries = _read_countries()
    folder = find_local_copy(_NAME, [_TABLE, *(file.path for file in flags)])
    if folder is not None:
        table = _read_table(folder / _TABLE)
    else:
        almanac = [RemoteFile(_ALMANAC + path, url) for path, url, _, _ in countries]
        folder = download_missing(
            _NAME, flags + almanac, data_home=data_home, download_if_missing=download_if_missing
        )
        table = derive_table(folder / _ALMANAC, countries)
    _warn_if_changed(table, folder)
    table["flag"] = [str(folder / "flags" / f"{code}.png") for code in table["flag_hexcode"]]
    return table


def derive_table(folder, countries):
    """The columns ``COLUMNS`` from the almanac's files, which `folder` holds by region.

    `countries` are (path, URL, name, flag) of each.
    """
    rows = []
    for path, _, name, hexcode in countries:
        region, file_name = path.split("/")
        entry = _read_entry(folder / path)
        texts = [_field(entry, section, names) for section, names in FIELDS.values()]
        rows.append([file_name.removesuffix(".json"), region, name, hexcode, *texts])
    return pd.DataFrame(rows, columns=COLUMNS)


def column_digest(table, column):
    """SHA-256 of a column with the countries' names, missing text taken as empty."""
    cells = table[column].where(table[column].notna(), "")
    lines = [f"{name}\t{cell}" for name, cell in zip(table["name"], cells)]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def _read_countries():
    return [
        (path, prefix + path, name, hexcode)
        for _, prefix, (path, name, hexcode) in read_sections("countries-factbook")
    ]


def _read_entry(path):
    """One country; without a checksum, parsing is the first to see a damaged file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}); delete it and call again.") from error


def _read_table(path):
    """A table derived before; "NA" is text in it."""
    table = pd.read_csv(path, keep_default_na=False, na_values=[""], encoding="utf-8")
    return table[list(COLUMNS)].copy()


def _field(entry, section, names):
    """The text of the first of the fields that is there, or None."""
    for name in names:
        text = _plain_text(entry.get(section, {}).get(name))
        if text:
            return text
    return None


def _plain_text(value):
    """All text of a field in its order; sub-fields and notes carry their labels in the text."""
    if isinstance(value, dict):
        return " ".join(filter(None, map(_plain_text, value.values())))
    if not isinstance(value, str):
        return ""
    # Tags go first: "&lt;1%" is text and must not become one.
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", value)).split())


def _warn_if_changed(table, folder):
    expected = {column: digest for _, _, (column, digest) in read_sections("countries-columns")}
    changed = [column for column in expected if column_digest(table, column) != expected[column]]
    if changed:
        warnings.warn(
            f"the countries' texts in {folder} differ from the edition this library was tested "
            f"with, in the columns {changed}; published figures may not be reproduced exactly.",
            UserWarning,
            stacklevel=3,
        )
