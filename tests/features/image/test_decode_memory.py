"""Large pictures of every mode: the memory that reading takes, and what comes of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from tifffile import imwrite

import mmclassic
from mmclassic.features.image import _strips
from mmclassic.features.image._decode import read_picture

ROOT = Path(mmclassic.__file__).parents[1]
WIDTH, HEIGHT = 4000, 3000
# For each path that it is told: by how many MiB the resident memory rose while it was read.
SCRIPT = """
import sys
from pathlib import Path
from mmclassic.features.image._decode import read_picture
from mmclassic.utils._resources import measure

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))

read_picture(sys.argv[1], (128, 128))  # whatever is loaded on first use
for path in sys.argv[1:]:
    before = resident()
    with measure("reading") as stage:
        read_picture(path, (128, 128))
    print(path, stage.peak_mib - before)
"""


def files(folder):
    """Large pictures of one colour, which compress to little."""
    size = WIDTH, HEIGHT
    numbers = np.full(size[::-1], 0.7, np.float32)
    Image.new("RGBA", size, (9, 99, 199, 50)).save(folder / "rgba.png", compress_level=1)
    palette = Image.new("P", size, 7)
    palette.putpalette(list(range(256)) * 3)
    palette.save(folder / "palette.png", compress_level=1, transparency=bytes(range(256)))
    Image.fromarray((numbers * 65535).astype(np.uint16)).save(folder / "16.png", compress_level=1)
    imwrite(folder / "float.tif", numbers)
    return sorted(folder.iterdir())


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no peak of a stage")
def test_six_bytes_a_pixel_and_100_mb_are_enough(tmp_path):
    paths = files(tmp_path)
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, paths)],
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    taken = dict(line.rsplit(" ", 1) for line in run.stdout.splitlines())
    assert len(taken) == len(paths)
    limit = (6 * WIDTH * HEIGHT + 100e6) / 2**20
    assert {path: mib for path, mib in taken.items() if float(mib) > limit} == {}


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK", "1", "I;16", "F"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_strips_give_what_the_whole_picture_gives(mode, orientation, monkeypatch, tmp_path):
    colors = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8))
    image = colors.resize((61, 83), Image.Resampling.BICUBIC)
    if mode in ("I;16", "F"):
        gray = np.asarray(image.convert("L"))
        image = Image.fromarray(
            gray.astype("u2") * 257 if mode == "I;16" else gray / np.float32(255)
        )
    else:
        image = image.convert(mode)
    if mode.endswith("A"):
        image.putalpha(colors.convert("L").resize(image.size))
    exif = image.getexif()
    exif[0x0112] = orientation
    kind = "TIFF" if mode in ("CMYK", "F") else "PNG"
    image.save(tmp_path / "picture", kind, exif=exif)
    for crop in (None, "center", "fit"):
        whole = read_picture(tmp_path / "picture", (16, 24), crop=crop)
        monkeypatch.setattr(_strips, "STRIP_PIXELS", 500)
        assert_array_equal(read_picture(tmp_path / "picture", (16, 24), crop=crop), whole)
        monkeypatch.undo()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_long_rows_are_taken_as_columns(orientation, monkeypatch):
    def strips():
        image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 40, 3), np.uint8))
        return _strips.Strips(image.size, image.crop, orientation=orientation, color=(0, 0, 0))

    monkeypatch.setattr(_strips, "STRIP_PIXELS", 20)
    along = np.asarray(strips().resize((6, 5), Image.Resampling.BILINEAR, (0, 0, *strips().size)))
    monkeypatch.undo()
    across = np.asarray(strips().resize((6, 5), Image.Resampling.BILINEAR, (0, 0, *strips().size)))
    assert abs(along.astype(int) - across).max() <= 1  # the passes round in another order


@pytest.mark.parametrize("shape", [(3_000_000, 1), (3_000_000, 2, 3), (1, 3_000_000)])
def test_extreme_proportions_do_not_take_more(shape):
    # Narrow pictures would grow a hundred times if they were made as wide as the result first.
    length = max(shape)
    ramp = np.linspace(0, 255, length).round().astype(np.uint8)
    array = np.empty(shape, np.uint8)
    array[...] = ramp.reshape([length if n == length else 1 for n in shape])
    picture = read_picture(array, (8, 128)).astype(int)
    across = shape[1] == length
    expected = np.linspace(0, 255, 2 * (128 if across else 8) + 1)[1::2]
    expected = expected if across else expected[:, None]
    assert abs(picture[..., 0] - expected).max() <= 1.5 + 8 * (not across)
