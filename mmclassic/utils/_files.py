"""Files that are there whole or not at all."""

import os
import secrets
import stat
import time
from contextlib import contextmanager, suppress

# A killed process cannot clean up. A write that has not moved for so long is dead, and if it is
# not, its own last step fails and says so.
_STALE_SECONDS = 3600
_PREFIX, _SUFFIX = ".mmclassic-", ".part"


@contextmanager
def atomic_write(path, *, durable=True):
    """Write a file at one stroke: readers see the old one or the new one, whole.

    The bytes go to a new file of a name of its own in the same folder, which takes the place of
    the target when the block ends without an error; else it is removed and the target is as it
    was. So several processes may write one path: the last one wins.

    Parameters
    ----------
    path : str or path-like
        The target. A symbolic link is followed and stays; an existing file keeps its mode.
    durable : bool, default=True
        Whether the file outlasts a power cut, and what killed writers left an hour ago or before
        in the folder is removed. False is for many small files that can be made again.

    Yields
    ------
    file : binary file
        To be written to.

    Raises
    ------
    OSError
        If the target is a folder, device, pipe or socket, its folder does not exist or cannot be
        written to, or the disk is full.
    """
    target = os.path.realpath(path)
    before = _status(target)
    folder = os.path.dirname(target)
    partial = os.path.join(folder, f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")
    try:
        # Never readable by more people than the old file, not even while it is written.
        mode = 0o666 if before is None else stat.S_IMODE(before.st_mode)
        with open(partial, "xb", opener=lambda p, flags: os.open(p, flags, mode)) as file:
            if before is not None:
                _take_over(partial, before)
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(partial)
        if isinstance(error, OSError) and error.errno and error.filename in (None, partial):
            error.filename = os.fspath(path)
        raise
    if durable:
        _sync_folder(folder)
        _remove_stale(folder)


def _status(target):
    """What is known of the target; None if there is none yet."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device, pipe or socket"
        raise OSError(f"cannot write to {target!r}: it is {kind}, not a file.")
    return found


def _take_over(partial, before):
    """Give the new file the owner and the mode of the old one."""
    if hasattr(os, "chown"):
        with suppress(OSError):  # only the superuser may give files away
            os.chown(partial, before.st_uid, before.st_gid)
    os.chmod(partial, stat.S_IMODE(before.st_mode))


def _sync_folder(folder):
    """Make the new name outlast a power cut; some systems do not open folders, nor need it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_stale(folder):
    oldest = time.time() - _STALE_SECONDS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        os.unlink(entry.path)
