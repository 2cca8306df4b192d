import logging
import subprocess
import sys

import pandas as pd
import pooch
import pytest

from mmclassic.datasets import _fetch, fetch_fsdd, get_data_home

CLIPS = {
    "3_theo_10.wav": b"third",
    "3_theo_2.wav": b"second",
    "0_george_1.wav": b"first",
}


@pytest.fixture
def clips(site):
    site.register("fsdd", "recordings", CLIPS)
    return site


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_download_gives_files_and_their_description(clips, tmp_path):
    frame = fetch_fsdd(data_home=tmp_path / "home")
    folder = tmp_path / "home" / "fsdd" / "recordings"
    expected = pd.DataFrame(
        {
            "recording": [
                str(folder / name) for name in ("0_george_1.wav", "3_theo_2.wav", "3_theo_10.wav")
            ],
            "digit": [0, 3, 3],
            "speaker": ["george", "theo", "theo"],
            "index": [1, 2, 10],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)
    assert contents(tmp_path / "home") == CLIPS


def test_present_files_are_kept_and_missing_ones_resumed(clips, tmp_path):
    fetch_fsdd(data_home=tmp_path / "home")
    assert len(clips.requests) == 3
    fetch_fsdd(data_home=tmp_path / "home")
    assert len(clips.requests) == 3
    (tmp_path / "home" / "fsdd" / "recordings" / "3_theo_2.wav").unlink()
    fetch_fsdd(data_home=tmp_path / "home")
    assert clips.requests[3:] == ["/fsdd/3_theo_2.wav"]
    assert contents(tmp_path / "home") == CLIPS


def test_wrong_checksum_is_refused_and_not_kept(clips, tmp_path):
    clips.put("fsdd/3_theo_2.wav", b"tampered")
    with pytest.raises(ValueError, match=r"fsdd/3_theo_2\.wav does not have the expected SHA-256"):
        fetch_fsdd(data_home=tmp_path / "home")
    assert "3_theo_2.wav" not in contents(tmp_path / "home")
    clips.put("fsdd/3_theo_2.wav", CLIPS["3_theo_2.wav"])
    assert len(fetch_fsdd(data_home=tmp_path / "home")) == 3


def test_offline_is_one_clear_error(clips, tmp_path):
    clips.close()
    with pytest.raises(FileNotFoundError) as caught:
        fetch_fsdd(data_home=tmp_path / "home")
    message = str(caught.value)
    assert "data set 'fsdd'" in message
    assert str(tmp_path / "home" / "fsdd") in message
    assert "the download failed: ConnectionError" in message
    assert "connect to the network" in message
    assert "set MMCLASSIC_DATA to a folder" in message
    assert "Traceback" not in message
    assert "urllib3" not in message


def test_gone_upstream_says_so(clips, tmp_path):
    (clips.root / "fsdd" / "0_george_1.wav").unlink()
    with pytest.raises(FileNotFoundError, match="404"):
        fetch_fsdd(data_home=tmp_path / "home")


def test_unwritable_home_says_what_the_system_said(clips, tmp_path):
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(FileNotFoundError, match=r"the download failed: \[Errno"):
        fetch_fsdd(data_home=tmp_path / "home")


def test_download_can_be_forbidden(clips, tmp_path):
    with pytest.raises(FileNotFoundError, match="download_if_missing is False"):
        fetch_fsdd(data_home=tmp_path / "home", download_if_missing=False)
    assert clips.requests == []
    assert not (tmp_path / "home").exists()


def test_local_copy_wins_and_is_left_alone(clips, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    (copy / "fsdd" / "recordings").mkdir(parents=True)
    for name in CLIPS:
        (copy / "fsdd" / "recordings" / name).write_bytes(b"local")
    monkeypatch.setenv("MMCLASSIC_DATA", str(copy))
    frame = fetch_fsdd(data_home=tmp_path / "home")
    assert frame["recording"].str.startswith(str(copy)).all()
    assert clips.requests == []
    assert not (tmp_path / "home").exists()
    assert set(contents(copy).values()) == {b"local"}


def test_incomplete_local_copy_is_not_completed_silently(clips, tmp_path, monkeypatch):
    (tmp_path / "copy" / "fsdd").mkdir(parents=True)
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "copy"))
    with pytest.raises(FileNotFoundError, match="3 of 3 files are missing"):
        fetch_fsdd(data_home=tmp_path / "home")
    assert clips.requests == []


def test_local_copy_without_the_set_leaves_it_to_the_cache(clips, tmp_path, monkeypatch):
    (tmp_path / "copy").mkdir()
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "copy"))
    assert len(fetch_fsdd(data_home=tmp_path / "home")) == 3
    assert contents(tmp_path / "copy") == {}


def test_variable_that_names_no_folder(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLASSIC_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"MMCLASSIC_DATA is set to .* not a folder"):
        fetch_fsdd(data_home=tmp_path / "home")


def test_downloads_are_silent(clips, tmp_path, capfd):
    level = pooch.get_logger().level
    fetch_fsdd(data_home=tmp_path / "home")
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert pooch.get_logger().level == level != logging.WARNING


def test_data_home_default_and_user_folder(tmp_path):
    assert "mmclassic" in get_data_home().parts[-1]
    assert get_data_home(tmp_path / "x") == tmp_path / "x"
    assert "~" not in str(get_data_home("~/x"))


@pytest.mark.parametrize(
    ("name", "count"), [("fsdd", 3000), ("openmoji", 2478), ("countries-flags", 240)]
)
def test_registries_are_complete_and_small(name, count):
    files = _fetch.read_registry(name)
    assert len(files) == len({file.path for file in files}) == count
    for file in files:
        assert file.url.startswith("https://raw.githubusercontent.com/")
        assert len(file.sha256) == 64
        int(file.sha256, 16)
    assert (_fetch._REGISTRY / f"{name}.tsv").stat().st_size < 400 * 1024


def test_registries_agree_with_the_copies_own(real_data):
    for name in ("fsdd", "openmoji", "countries-flags"):
        upstream = pd.read_csv(real_data / name / "upstream.tsv", sep="\t")
        known = {row.relative_path: (row.url, row.sha256) for row in upstream.itertuples()}
        for file in _fetch.read_registry(name):
            assert known[file.path] == (file.url, file.sha256)


def test_real_recordings(real_data):
    frame = fetch_fsdd()
    assert len(frame) == 3000
    assert (frame.groupby(["digit", "speaker"]).size() == 50).all()
    assert frame["speaker"].nunique() == 6


def test_import_is_light():
    code = (
        "import sys, mmclassic.datasets\n"
        "print([m for m in ('pandas', 'pooch', 'PIL', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
