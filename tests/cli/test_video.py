"""A table with film clips on the command line."""

import json

import pandas as pd

from mmclassic.cli import main

from ..features.video.clips import clip, pictures, tone


def test_clips_are_fitted_and_searched(tmp_path, capsys):
    for i in range(6):
        data = clip(pictures(12, seed=i % 3), tone(0.5, pitch=200.0 + 200 * (i % 3)))
        (tmp_path / f"clip{i}.mp4").write_bytes(data)
    titles = ["red hat", "red coat", "tin car", "tin hat", "old coat", "old car"]
    table = pd.DataFrame({"item_id": [f"i{n}" for n in range(6)], "title": titles})
    table.assign(film=[f"clip{n}.mp4" for n in range(6)]).to_csv(tmp_path / "items.csv")
    model = str(tmp_path / "model.skops")
    columns = ["--video", "film", "--text", "title", "--aligner", "none", "--jobs", "1"]
    assert main(["fit", str(tmp_path / "items.csv"), *columns, "-o", model]) == 0
    capsys.readouterr()
    query = ["--video", str(tmp_path / "clip4.mp4"), "-k", "2", "--format", "json"]
    assert main(["search", model, *query]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = found["rows"] if isinstance(found, dict) else found
    assert {row["item_id"] for row in rows} == {"i1", "i4"}
