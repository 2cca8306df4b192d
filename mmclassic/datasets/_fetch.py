"""Find the files of an open data set: a local copy, the cache, or the network."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pooch

DATA_VARIABLE = "MMCLASSIC_DATA"
_REGISTRY = Path(__file__).with_name("registry")
_CONNECTIONS = 8
_RETRIES = 2
_TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its path in the set's folder (forward slashes) and where it comes from.

    `sha256` is None if upstream gives no way to know it.
    """

    path: str
    url: str
    sha256: str | None = None


def get_data_home(data_home=None):
    """Folder in which downloaded data sets are kept, one folder each.

    Parameters
    ----------
    data_home : str or path, default=None
        The folder; None is the user's cache folder of the operating system.

    Returns
    -------
    data_home : Path
        The folder, which need not exist yet.

    Notes
    -----
    A local copy named by the environment variable MMCLASSIC_DATA wins over this
    folder; nothing is ever written there.

    Examples
    --------
    >>> from mmclassic.datasets import get_data_home
    >>> get_data_home("my-data").name
    'my-data'
    """
    if data_home is None:
        data_home = pooch.os_cache("mmclassic")
    return Path(data_home).expanduser().resolve()


def read_sections(name):
    """Rows of a registry file (named without suffix), each with the section it stands in.

    A section has a local folder ("" or ending in a slash) and what its URLs begin with.
    """
    folder = prefix = ""
    lines = (_REGISTRY / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0] == "@":
            folder, prefix = cells[1] and cells[1] + "/", cells[2]
        else:
            yield folder, prefix, cells


def read_registry(name):
    """The files of a data set with their checksums, in the order of the registry."""
    files = []
    for folder, prefix, (file_name, sha256, *remote) in read_sections(name):
        url = prefix + (remote[0] if remote else file_name)
        files.append(RemoteFile(folder + file_name, url, sha256))
    return files


def find_local_copy(name, paths):
    """The folder of a set within the local copy that MMCLASSIC_DATA names.

    None if the variable is not set or its folder does not hold this set; FileNotFoundError if it
    names no folder, or if one of `paths` is missing from the set.
    """
    value = os.environ.get(DATA_VARIABLE)
    if not value:
        return None
    root = Path(value).expanduser().resolve()
    if not root.is_dir():
        raise FileNotFoundError(
            f"{DATA_VARIABLE} is set to {value!r}, which is not a folder; "
            "correct it, or unset it to download data sets."
        )
    folder = root / name
    if not folder.is_dir():
        return None
    missing = _missing(folder, paths)
    if missing:
        raise FileNotFoundError(
            f"the copy of data set {name!r} in {folder} (from {DATA_VARIABLE}) is incomplete: "
            f"{len(missing)} of {len(paths)} files are missing, the first is {missing[0]!r}. "
            f"Complete it, or unset {DATA_VARIABLE} to download the set."
        )
    return folder


def download_missing(name, files, *, data_home, download_if_missing):
    """The folder of the cache that holds a set; what was not there yet is downloaded.

    FileNotFoundError if files are missing and cannot or may not be downloaded, ValueError if one
    has another checksum than the registry says (such a file is not kept).
    """
    folder = get_data_home(data_home) / name
    missing = set(_missing(folder, [file.path for file in files]))
    if not missing:
        return folder
    if not download_if_missing:
        raise FileNotFoundError(
            _absent(name, folder, "download_if_missing is False", "pass download_if_missing=True")
        )
    try:
        _download(folder, [file for file in files if file.path in missing])
    except OSError as error:
        why = f"the download failed: {_reason(error)}"
        remedy = "connect to the network and call again (files already downloaded are kept)"
        raise FileNotFoundError(_absent(name, folder, why, remedy)) from error
    return folder


def _missing(folder, paths):
    return [path for path in paths if not (folder / path).is_file()]


def _absent(name, folder, why, remedy):
    copy = os.environ.get(DATA_VARIABLE)
    looked = f"not in {copy} ({DATA_VARIABLE})" if copy else f"{DATA_VARIABLE} is not set"
    return (
        f"the data set {name!r} is not complete on this machine ({looked}; not in {folder}), "
        f"and {why}. Either {remedy}, or set {DATA_VARIABLE} to a folder that holds a copy "
        f"of the set in its subfolder {name!r}."
    )


def _reason(error):
    """HTTP statuses and the system's errors as they came; of a failed connection the kind."""
    told = getattr(error, "response", None) is not None or error.errno is not None
    return str(error) if told else type(error).__name__


def _download(folder, files):
    """Download in parallel; the first failure stops what has not begun."""
    # pooch's own check and creation of a folder is not safe between threads.
    for parent in {(folder / file.path).parent for file in files}:
        parent.mkdir(parents=True, exist_ok=True)
    keeper = pooch.create(
        path=folder,
        base_url="",
        registry={file.path: file.sha256 for file in files},
        urls={file.path: file.url for file in files},
        retry_if_failed=_RETRIES,
    )
    downloader = pooch.HTTPDownloader(progressbar=False, timeout=_TIMEOUT)
    with _quiet_pooch(), ThreadPoolExecutor(_CONNECTIONS) as pool:
        tasks = {
            pool.submit(keeper.fetch, file.path, downloader=downloader): file for file in files
        }
        try:
            for task in as_completed(tasks):
                task.result()
        except ValueError as error:
            # requests has errors that are both; only pooch's own is about the checksum.
            if isinstance(error, OSError):
                raise
            raise ValueError(
                f"{tasks[task].url} does not have the expected SHA-256 checksum "
                f"{tasks[task].sha256}, so it was not kept. It was damaged on the way or changed "
                "upstream; call again, and report it if it stays."
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _quiet_pooch():
    """Keep pooch from writing a line per file; there can be thousands."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
