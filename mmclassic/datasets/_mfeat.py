"""Handwritten digits, described in six ways."""

import numpy as np
from sklearn.utils import Bunch

from mmclassic.datasets._fetch import download_missing, find_local_copy, read_registry
from mmclassic.views import Views

_NAME = "uci-mfeat"


def fetch_uci_mfeat(*, data_home=None, download_if_missing=True):
    """Load UCI Multiple Features: 2,000 handwritten digits in six numeric views.

    Parameters
    ----------
    data_home : str or path, default=None
        Where downloads are kept, see `get_data_home`. A local copy named by the
        environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.

    Returns
    -------
    mfeat : Bunch
        - data : Views of 2,000 rows, 200 for each digit in order: "fac" (216
          profile correlations), "fou" (76 Fourier coefficients of the shape), "kar"
          (64 Karhunen-Loeve coefficients), "mor" (6 morphological features), "pix"
          (240 averages of 2 x 3 pixels, a picture of 16 rows and 15 columns, 0 to
          6) and "zer" (47 Zernike moments).
        - target : ndarray of int of shape (2000,), the digit.

    Raises
    ------
    FileNotFoundError
        If the files are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded file has a wrong checksum.

    Notes
    -----
    Every downloaded file is checked against its SHA-256. There is no official
    split. The scales of the views differ by orders of magnitude: scale them.

    Licence: Creative Commons Attribution 4.0 International. R. Duin, "Multiple
    Features", UCI Machine Learning Repository, https://doi.org/10.24432/C5HC70.
    """
    files = read_registry(_NAME)
    folder = find_local_copy(_NAME, [file.path for file in files])
    if folder is None:
        folder = download_missing(
            _NAME, files, data_home=data_home, download_if_missing=download_if_missing
        )
    tables = {
        file.path.removeprefix("mfeat-").removesuffix(".csv"): np.loadtxt(
            folder / file.path, delimiter=",", skiprows=1
        )
        for file in files
    }
    # The last column is the digit, in the same order in every file.
    target = tables["fac"][:, -1].astype(int)
    return Bunch(data=Views({name: t[:, :-1] for name, t in tables.items()}), target=target)
