"""Ways from clips to features that the benchmark of sounds compares."""

from dataclasses import dataclass

import librosa
import numpy as np
from sklearn.preprocessing import StandardScaler

from mmclassic.features import AudioBlock, AudioVectorizer, AudioWords, FisherVector, LogMel

BEFORE = 'AudioVectorizer("mfcc"), the default of before'
DEFAULT = "AudioVectorizer()"
SPEECH = 'AudioVectorizer("speech")'


@dataclass(frozen=True, eq=False)
class Features:
    """Rows of training and of tested clips, and how they came about.

    What learns has seen training clips only.
    """

    train: np.ndarray
    test: np.ndarray
    note: str

    @property
    def spread(self):
        """Root of the mean squared distance of the training rows from their mean."""
        return float(np.sqrt(self.train.var(axis=0).sum()))


def recipes():
    """The vectorizers, by the name of their method."""
    return {
        BEFORE: AudioVectorizer("mfcc"),
        DEFAULT: AudioVectorizer(),
        SPEECH: AudioVectorizer("speech", random_state=0),
        "LogMel, mean and deviation": AudioVectorizer([("logmel", LogMel())]),
        "AudioWords": _one_block(AudioWords(root=True, random_state=0)),
        "FisherVector": _one_block(FisherVector(random_state=0)),
    }


def features(clips, raw, train, test):
    """By method, the features of both kinds of rows; blocks of the default alone, too.

    `raw` are the `librosa_rows` of all clips.
    """
    known, new = ([clips[i] for i in rows] for rows in (train, test))
    found = _by_librosa(raw[train], raw[test])
    for name, vectorizer in recipes().items():
        made = Features(
            vectorizer.fit_transform(known), vectorizer.transform(new), "no setting chosen"
        )
        found[name] = made
        if name == DEFAULT:
            blocks = np.array([f.split("__")[0] for f in vectorizer.get_feature_names_out()])
            for block in dict.fromkeys(blocks):
                mine = blocks == block
                found[f"{block} alone"] = Features(
                    made.train[:, mine], made.test[:, mine], f"a block of {DEFAULT}"
                )
    return found


def _one_block(descriptor):
    """Levelled, trimmed and with one scale, as the speech recipe hears the clips."""
    block = AudioBlock(descriptor, level=True, trim_db=40, scaling="block")
    return AudioVectorizer([("x", block)], random_state=0)


def librosa_rows(clips):
    """Mean and deviation of MFCC with the defaults of librosa, shape (n_clips, 40)."""
    return np.array([_librosa_row(*clip) for clip in clips])


def _by_librosa(train, test):
    """These as they are, and standardised."""
    scaler = StandardScaler().fit(train)
    usual = "librosa MFCC, mean and deviation"
    note = "20 coefficients, the defaults of librosa"
    return {
        usual: Features(train, test, note),
        f"{usual}, standardised": Features(scaler.transform(train), scaler.transform(test), note),
    }


def _librosa_row(samples, rate):
    # 2048 samples are its default; a spoken digit may be shorter than that at 8 kHz.
    frames = librosa.feature.mfcc(y=samples, sr=rate, n_fft=min(2048, samples.size))
    return np.concatenate([frames.mean(axis=1), frames.std(axis=1)])
