from ._analyzer import MixedAnalyzer
from ._audio import AudioVectorizer
from ._cells import Extraction
from ._chroma import Chroma
from ._color_histogram import ColorHistogram
from ._extractor import ModalityExtractor
from ._hog import HOG
from ._image import ImageVectorizer
from ._local_binary_pattern import LocalBinaryPattern
from ._mfcc import MFCC
from ._numeric import NumericVectorizer
from ._spatial_pyramid import SpatialPyramid
from ._spectral_shape import SpectralShape
from ._tempo import Tempo
from ._text import TextVectorizer
from ._visual_words import VisualWords

__all__ = [
    "HOG",
    "MFCC",
    "AudioVectorizer",
    "Chroma",
    "ColorHistogram",
    "Extraction",
    "ImageVectorizer",
    "LocalBinaryPattern",
    "MixedAnalyzer",
    "ModalityExtractor",
    "NumericVectorizer",
    "SpatialPyramid",
    "SpectralShape",
    "Tempo",
    "TextVectorizer",
    "VisualWords",
]
