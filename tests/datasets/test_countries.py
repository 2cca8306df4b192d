import json
from pathlib import Path

import pandas as pd
import pytest

from mmclassic.datasets import fetch_countries_flags
from mmclassic.datasets._countries import COLUMNS, column_digest

ALPHA = {
    "Introduction": {"Background": {"text": "<p>An old land.<br><br>Much&nbsp;sea.</p>"}},
    "Geography": {
        "Location": {"text": "Somewhere"},
        "Climate": {"text": "mild"},
        "Terrain": {"text": "flat"},
        "Natural resources": {"text": "salt", "note": "<strong>note:</strong> little of it"},
    },
    "People and Society": {
        "Languages": {
            "Languages": {"text": "Alphan (official)"},
            "major-language sample(s)": {"text": "<br>salve (Latin)"},
        },
        "Religions": {"text": "many &lt;1% (2020 est.)"},
        "Ethnic groups": {"text": "NA"},
    },
    "Government": {
        "Flag": {
            "text": "<strong>description:</strong> red &amp; white "
            "<br><br><strong>meaning:</strong> <em>hope</em>"
        },
        "National symbol(s)": {"text": "lion"},
    },
    "Economy": {
        "Agricultural products": {"text": "rye"},
        "Industries": {"text": "ships"},
        "Exports - commodities": {"text": "salt"},
    },
}
BETA = {"Introduction": {"Background": {"text": ""}}, "Government": {"Flag description": "blue"}}

EXPECTED = {
    "gec": ["al", "be"],
    "region": ["north", "south"],
    "name": ["Alpha", "Beta"],
    "flag_hexcode": ["1F1E6", "1F1E7"],
    "background": ["An old land. Much sea.", None],
    "location": ["Somewhere", None],
    "climate": ["mild", None],
    "terrain": ["flat", None],
    "natural_resources": ["salt note: little of it", None],
    "languages": ["Alphan (official) salve (Latin)", None],
    "religions": ["many <1% (2020 est.)", None],
    "ethnic_groups": ["NA", None],
    "flag_description": ["description: red & white meaning: hope", "blue"],
    "national_symbols": ["lion", None],
    "agriculture": ["rye", None],
    "industries": ["ships", None],
    "exports": ["salt", None],
}


@pytest.fixture
def world(site):
    """Two countries with their flags, and the digests of the texts they must give."""
    site.register("countries-flags", "flags", {"1F1E6.png": b"a flag", "1F1E7.png": b"b flag"})
    site.put("almanac/north/al.json", json.dumps(ALPHA).encode())
    site.put("almanac/south/be.json", json.dumps(BETA).encode())
    site.append(
        "countries-factbook",
        [
            f"@\tfactbook\t{site.url}almanac/",
            "north/al.json\tAlpha\t1F1E6",
            "south/be.json\tBeta\t1F1E7",
        ],
    )
    expected = pd.DataFrame(EXPECTED)
    site.append(
        "countries-columns",
        ["# digests", *(f"{column}\t{column_digest(expected, column)}" for column in COLUMNS)],
    )
    return site


def with_flags(table, folder):
    table = table.copy()
    table["flag"] = [str(folder / "flags" / f"{code}.png") for code in table["flag_hexcode"]]
    return table


@pytest.mark.filterwarnings("error")
def test_texts_are_derived_from_the_almanac(world, tmp_path):
    table = fetch_countries_flags(data_home=tmp_path)
    expected = with_flags(pd.DataFrame(EXPECTED), tmp_path / "countries-flags")
    pd.testing.assert_frame_equal(table, expected)
    assert Path(table["flag"][1]).read_bytes() == b"b flag"
    assert len(world.requests) == 4
    pd.testing.assert_frame_equal(fetch_countries_flags(data_home=tmp_path), expected)
    assert len(world.requests) == 4


def test_changed_texts_are_returned_with_a_warning(world, tmp_path):
    changed = json.loads(json.dumps(ALPHA))
    changed["Geography"]["Climate"]["text"] = "harsh"
    world.put("almanac/north/al.json", json.dumps(changed).encode())
    with pytest.warns(UserWarning, match=r"in the columns \['climate'\]"):
        table = fetch_countries_flags(data_home=tmp_path)
    assert table["climate"][0] == "harsh"


def test_changed_flag_is_refused(world, tmp_path):
    world.put("countries-flags/1F1E6.png", b"another")
    with pytest.raises(ValueError, match="expected SHA-256"):
        fetch_countries_flags(data_home=tmp_path)


def test_damaged_almanac_names_the_file(world, tmp_path):
    world.put("almanac/north/al.json", b'{"Introduction": ')
    with pytest.raises(ValueError, match=r"al\.json is damaged .*delete it"):
        fetch_countries_flags(data_home=tmp_path)


@pytest.mark.filterwarnings("error")
def test_local_copy_is_read_as_it_is(world, tmp_path, monkeypatch):
    folder = tmp_path / "copy" / "countries-flags"
    (folder / "flags").mkdir(parents=True)
    for code in EXPECTED["flag_hexcode"]:
        (folder / "flags" / f"{code}.png").write_bytes(b"")
    pd.DataFrame(EXPECTED).assign(extra=1).to_csv(folder / "countries.csv", index=False)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "copy"))
    table = fetch_countries_flags()
    expected = with_flags(pd.DataFrame(EXPECTED), folder).fillna("(missing)")
    pd.testing.assert_frame_equal(table.fillna("(missing)"), expected, check_dtype=False)
    assert table["ethnic_groups"][0] == "NA"
    assert world.requests == []


@pytest.mark.filterwarnings("error")
def test_real_countries(real_data):
    table = fetch_countries_flags()
    assert len(table) == 240
    assert table["region"].nunique() == 11
    assert table["flag_description"].notna().sum() == 238
    pakistan = table.set_index("name").loc["Pakistan"]
    assert "white crescent and star" in pakistan["flag_description"]
    assert pakistan["flag"].endswith("1F1F5-1F1F0.png")
