"""A small table of pictures, texts, sounds and numbers, with files that are broken."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

N = 12


@pytest.fixture
def items(tmp_path):
    """Twelve items in files; the photo of item 103 and the clip of item 105 are missing."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(N):
        photo, clip = tmp_path / f"photo{i}.png", tmp_path / f"clip{i}.wav"
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(photo)
        soundfile.write(clip, 0.1 * rng.standard_normal(4000), 8000)
        rows.append(
            {
                "photo": None if i == 3 else str(photo),
                "title": f"shirt number{i} {'red' if i % 2 else 'blue'}",
                "body": "红色条纹" if i % 3 else None,
                "clip": None if i == 5 else str(clip),
                "price": float(i),
                "weight": None if i == 7 else i * 0.5,
            }
        )
    return pd.DataFrame(rows, index=range(100, 100 + N))


@pytest.fixture
def broken(items, tmp_path):
    """The items with a missing file, a truncated picture and an empty clip."""
    broken = items.copy()
    (tmp_path / "cut.png").write_bytes((tmp_path / "photo1.png").read_bytes()[:500])
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    broken.loc[100, "photo"] = str(tmp_path / "gone.png")
    broken.loc[101, "photo"] = str(tmp_path / "cut.png")
    broken.loc[102, "clip"] = str(tmp_path / "empty.wav")
    return broken
