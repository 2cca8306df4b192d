"""Digits in three modalities, paired by label."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.utils import check_random_state

from mmclassic.datasets._fsdd import fetch_fsdd

WORDS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "de": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "zh": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
}


def load_digits_trimodal(*, data_home=None, download_if_missing=True, random_state=0):
    """Load digits as sound, picture and word: spoken, handwritten and spelt out.

    Each of the 3,000 recordings of `fetch_fsdd` is given a handwritten image of
    the same digit and its number word in a language drawn at random.

    Parameters
    ----------
    data_home : str or path, default=None
        Where the recordings are kept, see `get_data_home`. A local copy named by
        the environment variable MMCLASSIC_DATA wins.
    download_if_missing : bool, default=True
        Whether the network may be used.
    random_state : int, RandomState instance or None, default=0
        Determines which image and language go with which recording.

    Returns
    -------
    digits : DataFrame of 3,000 rows
        Columns image (ndarray of shape (8, 8), dtype uint8, 0 to 255), text,
        audio (absolute path of a WAV file), digit (int), speaker (str), index
        (int) and language ("en", "de", "fr", "es" or "zh").

    Raises
    ------
    FileNotFoundError
        If the recordings are not on this machine and cannot be downloaded.
    ValueError
        If a downloaded file has a wrong checksum.

    Notes
    -----
    The 1,797 images are divided among the speakers first: an image that goes
    with one speaker never goes with another. Leaving one speaker out is
    therefore an honest test for images too. Within a speaker an image may occur
    twice, for there are about 30 images for 50 recordings of a digit.

    "six" is a word of English and of French.

    Licence: recordings CC BY-SA 4.0, see `fetch_fsdd`. Images: the test part of
    the Optical Recognition of Handwritten Digits data set of E. Alpaydin and C.
    Kaynak, UCI Machine Learning Repository, CC BY 4.0, as shipped with scikit-learn.
    """
    recordings = fetch_fsdd(data_home=data_home, download_if_missing=download_if_missing)
    rng = check_random_state(random_state)
    images = _draw_images(recordings, rng)
    languages = np.array(list(WORDS), dtype=object)[rng.randint(len(WORDS), size=len(recordings))]
    digits = recordings["digit"]
    return pd.DataFrame(
        {
            "image": pd.Series(images, dtype=object),
            "text": [WORDS[language][digit] for language, digit in zip(languages, digits)],
            "audio": recordings["recording"],
            "digit": digits,
            "speaker": recordings["speaker"],
            "index": recordings["index"],
            "language": languages,
        }
    )


def _draw_images(recordings, rng):
    """An image for every recording, from the speaker's own part of the digit's images."""
    handwritten = load_digits()
    pixels = np.round(handwritten.images * (255 / 16)).astype(np.uint8)
    speakers = sorted(recordings["speaker"].unique())
    images = [None] * len(recordings)
    for digit in range(10):
        pool = rng.permutation(np.flatnonzero(handwritten.target == digit))
        for speaker, part in zip(speakers, np.array_split(pool, len(speakers))):
            mine = (recordings["digit"] == digit) & (recordings["speaker"] == speaker)
            rows = np.flatnonzero(mine)
            for row, image in zip(rows, np.resize(part, rows.size)):
                images[row] = pixels[image]
    return images
