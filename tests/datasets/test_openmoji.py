import json

import pandas as pd
import pytest

from mmclassic.datasets import fetch_openmoji
from mmclassic.datasets._openmoji import LANGUAGES

EMPTY = {"tags": "", "openmoji_tags": "", "group": "g", "subgroups": "s", "skintone": ""}
ENTRIES = [
    {**EMPTY, "hexcode": "2764", "emoji": "❤\ufe0f", "annotation": "heart", "tags": "love"},
    {**EMPTY, "hexcode": "1F44B-1F3FB", "emoji": "👋🏻", "annotation": "wave", "skintone": 1},
    {**EMPTY, "hexcode": "1F1E6", "emoji": "🇦", "annotation": "A"},
    {**EMPTY, "hexcode": "E000", "emoji": "\ue000", "annotation": "goldfish"},
]


def annotations(language):
    plain = {"❤": {"default": [f"{language}-love", "red"], "tts": [f"{language}-heart"]}}
    derived = {
        "🇦": {"default": ["letter"], "tts": [f"{language}-A"]},
        "❤": {"default": ["other"], "tts": ["other"]},
    }
    return {
        f"{language}.annotations.json": {"annotations": {"annotations": plain}},
        f"{language}.annotations-derived.json": {"annotationsDerived": {"annotations": derived}},
    }


@pytest.fixture
def emoji(site):
    site.register("openmoji", "", {"openmoji.json": json.dumps(ENTRIES).encode()})
    cldr = {}
    for language in LANGUAGES:
        cldr |= {name: json.dumps(part).encode() for name, part in annotations(language).items()}
    site.register("openmoji", "cldr", cldr)
    site.register("openmoji", "png128", {f"{code}.png": b"" for code in ("2764", "1F1E6", "E000")})
    return site


def test_rows_texts_and_names(emoji, tmp_path):
    table = fetch_openmoji(data_home=tmp_path)
    assert table["hexcode"].tolist() == ["2764", "1F1E6", "E000"]
    assert table["picture"][0] == str(tmp_path / "openmoji" / "png128" / "2764.png")
    assert table["annotation"].tolist() == ["heart", "A", "goldfish"]
    assert table["tags"][0] == "love"
    assert table["tags"].isna().tolist() == [False, True, True]
    for language in LANGUAGES:
        names, keywords = table[f"name_{language}"], table[f"keywords_{language}"]
        assert names[:2].tolist() == [f"{language}-heart", f"{language}-A"]
        assert keywords[:2].tolist() == [f"{language}-love | red", "letter"]
        assert pd.isna(names[2])
        assert pd.isna(keywords[2])


def test_derivation_equals_the_published_one(real_data):
    table = fetch_openmoji().set_index("hexcode")
    base = pd.read_csv(real_data / "openmoji" / "openmoji_base.csv").set_index("hexcode")
    assert len(table) == 2465
    for column in ("emoji", "annotation", "tags", "openmoji_tags", "group", "subgroups"):
        assert table[column].fillna("").equals(base[column].fillna("").astype(table[column].dtype))
    cldr = pd.read_csv(
        real_data / "openmoji" / "cldr_annotations.tsv", sep="\t", keep_default_na=False
    )
    for language in LANGUAGES:
        expected = cldr[cldr["lang"] == language].set_index("hexcode")
        for column, source in (("name", "name"), ("keywords", "keywords")):
            mine = table[f"{column}_{language}"].dropna()
            assert mine.to_dict() == expected[source].to_dict()
