"""The descriptors of sounds that go by a name."""

from mmclassic.features.audio._audio_block import AudioBlock
from mmclassic.features.audio._fisher_vector import FisherVector
from mmclassic.features.audio._lagged_covariance import LaggedCovariance
from mmclassic.features.audio._mfcc import MFCC
from mmclassic.features.audio._modulation import Modulation
from mmclassic.features.audio._spectral_shape import SpectralShape

DEFAULT_RECIPE = "general"
_HEARD = {"level": True, "trim_db": 40.0}


def _general():
    """What is good at neighbours without tuning, of noises, speech and music alike."""
    return [
        ("course", AudioBlock(MFCC(delta=False), segments=3, **_HEARD)),
        ("lagged", AudioBlock(LaggedCovariance(), scaling="block", **_HEARD)),
        ("timbre", AudioBlock(MFCC(20, delta=False), scaling="whiten", weight=0.5)),
        ("modulation", AudioBlock(Modulation(), weight=0.5)),
        ("shape", AudioBlock(SpectralShape(window=0.025, hop=0.050), weight=0.25)),
    ]


def _mfcc():
    """The default of version 0.1: bare, so that every column counts alike."""
    return [("mfcc", MFCC())]


def _speech():
    """The default with a block that is learnt, and heavier, in the place of timbre."""
    fisher = AudioBlock(FisherVector(random_state=0), scaling="block", weight=2.0, **_HEARD)
    return [
        ("fisher" if n == "timbre" else n, fisher if n == "timbre" else b) for n, b in _general()
    ]


RECIPES = {DEFAULT_RECIPE: _general, "speech": _speech, "mfcc": _mfcc}
