"""Reading never changes what was fitted, alone or in eight threads at once."""

import inspect
import pickle
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import StandardScaler

import mmclassic.features as package
from mmclassic.exceptions import CellWarning
from mmclassic.features import (
    GIST,
    HOG,
    LSA,
    MFCC,
    AudioBlock,
    AudioVectorizer,
    AudioWords,
    Block,
    Chroma,
    ColorHistogram,
    Cue,
    DecodedVideo,
    Extraction,
    FisherVector,
    ImageVectorizer,
    LaggedCovariance,
    LocalBinaryPattern,
    LogMel,
    MixedAnalyzer,
    ModalityExtractor,
    Modulation,
    NameAnalyzer,
    NumericVectorizer,
    SpatialPyramid,
    SpectralShape,
    Tempo,
    TextVectorizer,
    VideoVectorizer,
    VisualWords,
    WordReading,
    WordVectors,
)
from mmclassic.features.text._bm25 import BM25Weighting
from mmclassic.views import Views

SR = 8000
RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (6, 40, 48, 3), dtype=np.uint8)
CLIPS = RNG.standard_normal((4, 5 * SR // 2)).astype(np.float32)
TEXTS = ["red shirt 红色", "", "blue tin robot 👍", None, "red robot", "the 衬衫"]
NUMBERS = pd.DataFrame({"a": [1.0, np.nan, 3, 4, np.nan, 6], "b": [2.0, 5, np.nan, 1, np.nan, 0]})
ROWS = pd.DataFrame(
    {
        "photo": [*PICTURES[:4], b"no picture", None],
        "clip": [(CLIPS[0], SR), (CLIPS[1], SR), None, b"no sound", (CLIPS[3], SR), None],
        "title": TEXTS,
        "body": ["fine", 5, None, "", "b", "c"],
        "price": ["1.5", "x", 2, None, 5, 6],
        **NUMBERS.to_dict("list"),
        "emb": [np.arange(3.0), np.ones(4), "x", None, np.ones(3), np.zeros(3)],
    },
    index=list("pqrstu"),
)
OTHER = ROWS[::-1].rename(index=str.upper)  # read in another order, with failures of its own
EVERY_SOUND = [(kind.__name__.lower(), kind(sr=SR)) for kind in (MFCC, Chroma, SpectralShape)]
PICTURE_DESCRIPTORS = [
    HOG(),
    GIST(size=32),
    ColorHistogram(color_space="hsv"),
    LocalBinaryPattern(),
    SpatialPyramid(VisualWords(5, random_state=0), levels=(1,)),
    SpatialPyramid(ColorHistogram(4), root=True),
    VisualWords(5, random_state=np.random.RandomState(0)),
]
VECTORIZERS = [
    (ImageVectorizer(size=(32, 32)), "photo"),
    (
        ImageVectorizer(
            [("words", VisualWords(4, random_state=0)), ("lbp", LocalBinaryPattern())],
            size=(40, 40),
            augment=1,
            random_state=np.random.RandomState(0),
        ),
        "photo",
    ),
    (AudioVectorizer(EVERY_SOUND, trim_db=40, segments=2), "clip"),
    (AudioVectorizer([("tempo", Tempo(sr=SR))], sr=SR, scale=False), "clip"),
    (TextVectorizer(), "body"),
    (TextVectorizer(weighting="bm25", stop_words="english"), "body"),
    (TextVectorizer(n_components=2, random_state=np.random.RandomState(0)), "body"),
    (NumericVectorizer(), ["a", "b"]),
    (NumericVectorizer(), "price"),
    (NumericVectorizer(scale=False), "emb"),
]
EXTRACTOR = ModalityExtractor(
    [
        ("image", ImageVectorizer(size=(32, 32)), "photo"),
        ("audio", AudioVectorizer(), "clip"),
        ("text", TextVectorizer(), ["title", "body"]),
        ("facts", NumericVectorizer(), ["a", "b"]),
        ("terms", TfidfVectorizer(), "title"),
        ("scaled", StandardScaler(), ["a"]),
    ],
    on_error="missing",
)


def reading(name, estimator, X, Y=None):
    """A case: what was fitted on X, and what can be asked of it, mostly with Y."""
    return pytest.param(estimator, X, X if Y is None else Y, id=name)


def vectors_file():
    path = Path(tempfile.mkdtemp()) / "vectors.txt"
    path.write_text("red 1 0 2\nfine 0 1 1\nshirt 1 1 0\n", encoding="utf-8")
    return str(path)


def cases():
    for descriptor in PICTURE_DESCRIPTORS:
        yield reading(repr(descriptor)[:40], descriptor, PICTURES, PICTURES[2:5, :36, :40])
    kinds = (MFCC, LogMel, Chroma, SpectralShape, Tempo, LaggedCovariance, Modulation)
    for descriptor in [kind(sr=SR) for kind in kinds]:
        yield reading(type(descriptor).__name__, descriptor, CLIPS, CLIPS[1:, 99:17000])
    for kind in (AudioWords, FisherVector):
        learning = kind(4, descriptor=MFCC(sr=SR), random_state=0)
        yield reading(kind.__name__, learning, CLIPS, CLIPS[1:, 99:17000])
    for vectorizer, column in VECTORIZERS:
        lenient = clone(vectorizer).set_params(on_error="missing")
        yield reading(
            f"{repr(vectorizer)[:40]}-{column}", lenient, ROWS[column], ROWS[column][::-1]
        )
    counts = sp.csr_matrix([[1.0, 0], [2, 3]])
    yield reading("BM25Weighting", BM25Weighting(), counts, 2 * counts[:1])
    yield reading("LSA", LSA(1), counts, 2 * counts[:1])
    yield reading("WordVectors", WordVectors(vectors_file(), on_error="missing"), TEXTS, TEXTS[:2])
    yield reading("MixedAnalyzer", MixedAnalyzer("english"), None, "the red 红色 👍🏽")
    yield reading("NameAnalyzer", NameAnalyzer(), None, "Tom Hanks, 李安; Été")
    yield reading("ModalityExtractor", EXTRACTOR, ROWS, OTHER)


CASES = list(cases())
every = pytest.mark.parametrize(("estimator", "X", "Y"), CASES)


def fitted(estimator, X):
    if isinstance(estimator, (MixedAnalyzer, NameAnalyzer)):
        return estimator
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clone(estimator).fit(X)


def readings(estimator, Y):
    """All that a fitted thing can be asked without being fitted again, by name."""
    asked = {
        "transform": lambda: estimator.transform(Y),
        "extract": lambda: estimator.extract(Y),
        "extract_queries": lambda: estimator.extract_queries(Y),
        "knows": lambda: estimator.knows("red"),
        "combine": lambda: estimator.combine(ROWS[["title", "body"]]),
        "tells": lambda: estimator.tells(estimator.transform(Y)),
        "find": lambda: estimator.find(Y, {"tom hanks"}),
        "frames": lambda: estimator.frames(Y[0], SR),
        "frames_of": lambda: estimator.frames_of(list(Y), SR),
        "row": lambda: estimator.row(Y[0], SR),
        "rows_of": lambda: estimator.rows_of(list(Y), SR),
        "row_names": lambda: estimator.row_names(),
        "check_clip": lambda: estimator.check_clip(Y[0], SR),
        "frame_names": lambda: estimator.frame_names(),
        "get_feature_names_out": lambda: estimator.get_feature_names_out(),
        "get_params": lambda: sorted(estimator.get_params()),
        "get_metadata_routing": lambda: repr(estimator.get_metadata_routing()),
        "__call__": lambda: estimator(Y),
        "words": lambda: estimator.words(Y),
        "stem_term": lambda: estimator.stem_term(Y),
        "__repr__": lambda: bool(repr(estimator)),  # that of a RandomState holds its address
        "__sklearn_tags__": lambda: repr(estimator.__sklearn_tags__()),
        "failures_": lambda: estimator.failures_,
    }
    return {name: ask for name, ask in asked.items() if name in dir(estimator)}


def state(estimator):
    return joblib.hash(vars(estimator)), pickle.dumps(estimator)


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, Views):
        assert_same((found.blocks, found.present), (expected.blocks, expected.present))
    elif isinstance(expected, Extraction):
        assert_same(list(vars(found).values()), list(vars(expected).values()))
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected):
            assert_same(one, other)
    elif isinstance(expected, dict):
        assert_same([*found.items()], [*expected.items()])
    elif isinstance(expected, (pd.DataFrame, pd.Series)):
        assert found.equals(expected)
    elif sp.issparse(expected):
        assert (found != expected).nnz == 0
    else:
        assert_array_equal(found, expected)


def test_every_class_and_method_is_here():
    there = {type(case.values[0]) for case in CASES}
    public = {getattr(package, name) for name in package.__all__}
    classes = {thing for thing in public if inspect.isclass(thing)} - {
        Extraction,
        Block,
        AudioBlock,
        WordReading,
        DecodedVideo,
        Cue,
        VideoVectorizer,  # which the same checks of all packages ask, with clips
    }
    assert classes <= there
    writing = {"fit", "fit_transform", "fit_extract", "set_params", "set_output", "learn"}
    writing |= {"set_fit_request", "set_transform_request"}
    for case in CASES:
        estimator, X, Y = case.values
        done = fitted(estimator, X)
        methods = {n for n in dir(done) if n[0] != "_" and inspect.ismethod(getattr(done, n, None))}
        assert methods <= writing | set(readings(done, Y)), estimator


@every
@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.CellWarning")
def test_reading_changes_nothing(estimator, X, Y):
    done = fitted(estimator, X)
    before = state(done)
    for name, ask in readings(done, Y).items():
        first = ask()
        assert state(done) == before, name
        assert_same(ask(), first)


@every
@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.CellWarning")
def test_eight_threads_read_what_one_reads(estimator, X, Y):
    # Unpickled, so that whatever would be made at the first reading is made in the threads.
    done = pickle.loads(pickle.dumps(fitted(estimator, X)))
    expected = {n: ask() for n, ask in readings(fitted_copy(done), Y).items()}
    before, barrier = state(done), Barrier(8)

    def read(_):
        barrier.wait(60)
        return {name: ask() for name, ask in readings(done, Y).items()}

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(read, range(8)):
            assert_same(found, expected)
    assert state(done) == before


def fitted_copy(done):
    return pickle.loads(pickle.dumps(done))


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.CellWarning")
@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_eight_threads_that_start_workers_of_their_own(seconds):
    # Short clips go to processes, longer ones to threads.
    clips = [(clip[: round(seconds * SR)], SR) for clip in np.tile(CLIPS, (20, 1))]
    done = AudioVectorizer(n_jobs=2).fit(clips)
    expected = done.transform(clips)
    with ThreadPoolExecutor(8) as pool:
        for block in pool.map(lambda _: done.transform(clips), range(8)):
            assert_array_equal(block, expected)


@pytest.mark.filterwarnings("ignore::mmclassic.exceptions.CellWarning")
def test_threads_share_a_cache(tmp_path):
    done = ImageVectorizer(size=(32, 32), on_error="missing", cache=tmp_path).fit(ROWS["photo"][:1])
    plain = clone(done).set_params(cache=None).fit(ROWS["photo"][:1])
    expected = plain.transform(ROWS["photo"])
    with ThreadPoolExecutor(8) as pool:
        for block in pool.map(lambda _: done.transform(ROWS["photo"]), range(8)):
            assert_array_equal(block, expected)


VECTORIZERS_THAT_FAIL = [(v, c) for v, c in VECTORIZERS if not isinstance(c, list)]


@pytest.mark.parametrize(("vectorizer", "column"), VECTORIZERS_THAT_FAIL)
def test_failures_of_a_vectorizer_are_those_of_its_fit(vectorizer, column):
    lenient = clone(vectorizer).set_params(on_error="missing")
    with pytest.warns(CellWarning, match=r"^[12] cell\(s\) .* All are in failures_\.$"):
        lenient.fit(ROWS[column])
    at_fit = lenient.failures_
    assert len(at_fit) in (1, 2)
    worse = pd.concat([ROWS[column], pd.Series([{}, {}], index=["v", "w"], name=column)])
    with pytest.warns(CellWarning, match=r"All are in the failures that extract returns\.$"):
        lenient.transform(worse)
    with pytest.warns(CellWarning, match=r"All are in the failures that extract returns\.$"):
        later = lenient.extract(worse).failures
    assert lenient.failures_.equals(at_fit)
    assert [row for row, *_ in later] == [*at_fit["row"], "v", "w"]
    assert {name for _, name, *_ in later} == {column}
    with pytest.warns(CellWarning):
        lenient.fit_transform(worse)
    assert lenient.failures_["row"].tolist() == [*at_fit["row"], "v", "w"]
    with pytest.warns(CellWarning):
        lenient.fit_extract(ROWS[column])
    assert lenient.failures_.equals(at_fit)


def test_failures_of_the_extractor_are_those_of_its_fit():
    done = clone(EXTRACTOR)
    with pytest.warns(CellWarning) as caught:
        done.fit(ROWS)
    assert len(caught) == 3
    assert all(str(w.message).endswith("All are in failures_.") for w in caught)
    at_fit = done.failures_
    assert at_fit[["row", "column"]].values.tolist() == [
        ["t", "photo"],
        ["s", "clip"],
        ["q", "body"],
    ]
    table = ROWS[["title", "body", "photo"]].rename(index=str.upper)
    with pytest.warns(CellWarning) as caught:
        views, failures = done.extract(table)
    assert len(caught) == 2
    assert all("All are in the failures that extract returns." in str(w.message) for w in caught)
    assert views.names == ("image", "text", "terms")
    assert failures.columns.tolist() == ["row", "column", "path", "reason"]
    assert failures.values.tolist() == [
        ["T", "photo", "<10 bytes>", at_fit["reason"][0]],
        ["Q", "body", "<int 5>", at_fit["reason"][2]],
    ]
    assert done.failures_.equals(at_fit)
    assert done.extract(ROWS[["a", "b"]])[1].empty


def test_without_a_failure_extract_gives_an_empty_table_of_the_same_columns():
    done = ModalityExtractor([("text", TextVectorizer(), "title")]).fit(ROWS)
    views, failures = done.extract(ROWS)
    assert failures.empty
    assert failures.columns.tolist() == done.failures_.columns.tolist()
    assert_same(views, done.transform(ROWS))
