"""The one writer of files: whole or not at all, and nothing else about the target changes."""

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmclassic.utils import atomic_write


def write(path, data=b"new"):
    with atomic_write(path) as file:
        file.write(data)


def names(folder):
    return sorted(os.listdir(folder))


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_new_file_and_an_old_one(tmp_path):
    path = tmp_path / "m"
    for data in (b"first", b"second", b""):
        write(path, data)
        assert path.read_bytes() == data
        assert names(tmp_path) == ["m"]


def test_relative_and_very_long_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("m", "红" * 80 + "é" * 7, "." * 200):
        write(name)
        assert Path(name).read_bytes() == b"new"
    assert len(names(tmp_path)) == 3


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400, 0o777])
def test_an_old_file_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    path.chmod(mode)
    with atomic_write(path) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == mode  # nor is it shown before
        file.write(b"new")
    assert mode_of(path) == mode
    assert path.read_bytes() == b"new"


def test_a_new_file_has_the_mode_of_others(tmp_path):
    old = os.umask(0o027)
    try:
        write(tmp_path / "m")
        (tmp_path / "other").write_bytes(b"")
    finally:
        os.umask(old)
    assert mode_of(tmp_path / "m") == mode_of(tmp_path / "other") == 0o640


@pytest.mark.parametrize("exists", [True, False])
def test_links_are_followed_and_stay(tmp_path, exists):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "m", tmp_path / "link"
    if exists:
        target.write_bytes(b"old")
    (tmp_path / "first").symlink_to(Path("elsewhere", "m"))
    link.symlink_to("first")
    write(link)
    assert link.is_symlink()
    assert (tmp_path / "first").is_symlink()
    assert target.read_bytes() == b"new"
    assert names(tmp_path / "elsewhere") == ["m"]


def test_a_link_to_itself(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        write(tmp_path / "loop")


def listening(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def test_devices_pipes_sockets_and_folders_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    listening("socket")
    Path("folder").mkdir()
    Path("link").symlink_to("/dev/null")
    before = names(tmp_path)
    for name in ("pipe", "socket", "/dev/null", "link"):
        with pytest.raises(OSError, match="a device, pipe or socket, not a file"):
            write(name)
    for name in ("folder", ".", "/"):
        with pytest.raises(OSError, match="it is a folder, not a file"):
            write(name)
    assert names(tmp_path) == before
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_folders_that_are_not_there(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"'.*none/m'"):
        write(tmp_path / "none" / "m")
    with pytest.raises(NotADirectoryError):
        write(tmp_path / "file" / "m")


def interrupted(file, error):
    file.write(b"half")
    raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_write(path) as file:
        interrupted(file, error)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["m"]


def limited(path):
    """Write to a disk that is full after 1,000 bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    write(path, b"x" * 5000)


def test_a_full_disk(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    child = os.fork()
    if not child:
        try:
            limited(path)
        except OSError as error:
            os._exit(7 if error.filename == str(path) else 8)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["m"]


AS_NOBODY = """
import os, sys
sys.path.insert(0, sys.argv[2])
from mmclassic.utils import atomic_write
if os.geteuid() == 0:
    os.setuid(65534)
try:
    with atomic_write(sys.argv[1]) as file:
        file.write(b"x")
except PermissionError as error:
    print(error.filename)
"""


def test_a_folder_that_may_only_be_read(tmp_path):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "m"))
        Path(path).write_bytes(b"old")
        Path(folder).chmod(0o555)
        code = [sys.executable, "-c", AS_NOBODY, path, str(Path(__file__).parents[2])]
        run = subprocess.run(code, capture_output=True, text=True, check=True)
        Path(folder).chmod(0o755)
        assert run.stdout.strip() == path
        assert names(folder) == ["m"]


def test_what_a_killed_writer_left_goes_with_a_later_success(tmp_path):
    old, fresh, other = (tmp_path / f".mmclassic-{name}.part" for name in ("1", "2", "3"))
    for path in (old, fresh, other):
        path.write_bytes(b"half")
    foreign = tmp_path / "their.part"
    foreign.write_bytes(b"")
    hours_ago = time.time() - 7200
    for path in (old, foreign):
        os.utime(path, (hours_ago, hours_ago))
    with atomic_write(tmp_path / "small", durable=False) as file:
        file.write(b"x")
    assert old.exists()
    write(tmp_path / "m")
    assert names(tmp_path) == [fresh.name, other.name, "m", "small", "their.part"]
