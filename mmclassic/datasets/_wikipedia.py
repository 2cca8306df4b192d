"""Features of Wikipedia sections and their pictures, for cross-modal retrieval."""

import numpy as np
from scipy.io import loadmat
from sklearn.utils import Bunch

from mmclassic.datasets._fetch import download_missing, find_local_copy, read_registry
from mmclassic.views import Views

_NAME = "wikipedia-xmodal"


def fetch_wikipedia(*, data_home=None, download_if_missing=True):
    """Load the Wikipedia set: 2,866 sections of articles, each with its picture.

    The yardstick of cross-modal retrieval since 2010. It holds features, not the
    pictures and texts themselves.

    Parameters
    ----------
    data_home : str or path, default=None
        Where downloads are kept, see `get_data_home`. A local copy named by the
        environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.

    Returns
    -------
    wikipedia : Bunch
        - train, test : Views of 2,173 and 693 rows, the authors' split. View
          "image" is a histogram of 128 visual words (SIFT), view "text" the
          proportions of 10 topics (latent Dirichlet allocation); rows sum to 1.
        - train_target, test_target : ndarray of int, the category of every row.
        - train_article, test_article : ndarray of str, the article that every row is a
          section of.
        - target_names : list of 10 str, the names of the categories.

    Raises
    ------
    FileNotFoundError
        If the files are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded file has a wrong checksum.

    Notes
    -----
    Every downloaded file is checked against its SHA-256. The custom is to rank the
    693 test pictures for every test text, and the reverse; what has the same
    category is relevant (``label_relevance``). Choose all settings on `train`.

    The split is by section: of four in five test rows the article has other sections in
    `train`. To know how a method does on new articles, keep them together (scikit-learn's
    ``StratifiedGroupKFold`` with `train_article`).

    Licence: none is stated with the files. They were released for research by the
    Statistical Visual Computing Laboratory, UC San Diego, which asks to be cited
    [1]_; the articles they describe are CC BY-SA.

    References
    ----------
    .. [1] Rasiwasia, N. et al. (2010). A new approach to cross-modal multimedia
       retrieval. ACM Multimedia. http://www.svcl.ucsd.edu/projects/crossmodal/
    """
    files = read_registry(_NAME)
    folder = find_local_copy(_NAME, [file.path for file in files])
    if folder is None:
        folder = download_missing(
            _NAME, files, data_home=data_home, download_if_missing=download_if_missing
        )
    features = loadmat(folder / "raw_features.mat")
    train_target, train_article = _read_list(folder / "trainset_txt_img_cat.list")
    test_target, test_article = _read_list(folder / "testset_txt_img_cat.list")
    return Bunch(
        train=Views({"image": features["I_tr"], "text": features["T_tr"]}),
        test=Views({"image": features["I_te"], "text": features["T_te"]}),
        train_target=train_target,
        test_target=test_target,
        train_article=train_article,
        test_article=test_article,
        target_names=(folder / "categories.list").read_text(encoding="utf-8").split(),
    )


def _read_list(path):
    """Categories, which count from 1, and articles: the text's name without its section."""
    lines = path.read_text(encoding="utf-8").splitlines()
    texts, _, categories = zip(*(line.split("\t") for line in lines))
    return np.array(categories, dtype=int) - 1, np.array([t.rsplit("-", 1)[0] for t in texts])
