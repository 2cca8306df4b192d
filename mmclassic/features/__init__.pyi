from ._blocks import Block
from ._cells import Extraction
from ._extractor import ModalityExtractor
from ._numeric import NumericVectorizer
from .audio._audio_block import AudioBlock
from .audio._audio_words import AudioWords
from .audio._chroma import Chroma
from .audio._fisher_vector import FisherVector
from .audio._lagged_covariance import LaggedCovariance
from .audio._log_mel import LogMel
from .audio._mfcc import MFCC
from .audio._modulation import Modulation
from .audio._spectral_shape import SpectralShape
from .audio._tempo import Tempo
from .audio._vectorizer import AudioVectorizer
from .image._color_histogram import ColorHistogram
from .image._decode import read_picture
from .image._gist import GIST
from .image._hog import HOG
from .image._local_binary_pattern import LocalBinaryPattern
from .image._spatial_pyramid import SpatialPyramid
from .image._vectorizer import ImageVectorizer
from .image._visual_words import VisualWords
from .text._analyzer import MixedAnalyzer
from .text._lsa import LSA
from .text._names import NameAnalyzer
from .text._reading import WordReading
from .text._vectorizer import TextVectorizer
from .text._word_vectors import WordVectors
from .video._decode import DecodedVideo, decode_video
from .video._subtitles import Cue, read_subtitles, subtitle_text
from .video._vectorizer import VideoVectorizer

__all__ = [
    "GIST",
    "HOG",
    "LSA",
    "MFCC",
    "AudioBlock",
    "AudioVectorizer",
    "AudioWords",
    "Block",
    "Chroma",
    "ColorHistogram",
    "Cue",
    "DecodedVideo",
    "Extraction",
    "FisherVector",
    "ImageVectorizer",
    "LaggedCovariance",
    "LocalBinaryPattern",
    "LogMel",
    "MixedAnalyzer",
    "ModalityExtractor",
    "Modulation",
    "NameAnalyzer",
    "NumericVectorizer",
    "SpatialPyramid",
    "SpectralShape",
    "Tempo",
    "TextVectorizer",
    "VideoVectorizer",
    "VisualWords",
    "WordReading",
    "WordVectors",
    "decode_video",
    "read_picture",
    "read_subtitles",
    "subtitle_text",
]
