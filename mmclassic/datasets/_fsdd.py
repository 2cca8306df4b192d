"""The Free Spoken Digit Dataset."""

import pandas as pd

from mmclassic.datasets._fetch import download_missing, find_local_copy, read_registry


def fetch_fsdd(*, data_home=None, download_if_missing=True):
    """Load the Free Spoken Digit Dataset: 3,000 recordings of the digits 0 to 9.

    Six speakers say every digit 50 times: WAV, 8 kHz, mono, 16 bits, about half
    a second each.

    Parameters
    ----------
    data_home : str or path, default=None
        Where downloads are kept, see `get_data_home`. A local copy named by the
        environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.

    Returns
    -------
    recordings : DataFrame of 3,000 rows
        Columns recording (absolute path of the WAV file), digit (int), speaker
        (str) and index (int, which repetition), ordered by digit, speaker and index.

    Raises
    ------
    FileNotFoundError
        If the files are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded file has a wrong checksum.

    Notes
    -----
    Every downloaded file is checked against its SHA-256. The authors' test set
    is ``index < 5``; as that shares its speakers with the training set, leaving
    one speaker out is the harder and more honest test.

    Licence: Creative Commons Attribution-ShareAlike 4.0 International.
    Attribution: Zohar Jackson and the contributors of the Free Spoken Digit
    Dataset, https://github.com/Jakobovski/free-spoken-digit-dataset.
    """
    files = read_registry("fsdd")
    folder = find_local_copy("fsdd", [file.path for file in files])
    if folder is None:
        folder = download_missing(
            "fsdd", files, data_home=data_home, download_if_missing=download_if_missing
        )
    rows = [_describe(folder, file.path) for file in files]
    frame = pd.DataFrame(rows, columns=["recording", "digit", "speaker", "index"])
    return frame.sort_values(["digit", "speaker", "index"], ignore_index=True)


def _describe(folder, path):
    """Read digit, speaker and repetition off a name such as 7_jackson_32.wav."""
    digit, speaker, index = (folder / path).stem.split("_")
    return str(folder / path), int(digit), speaker, int(index)
