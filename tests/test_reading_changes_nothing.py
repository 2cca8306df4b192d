"""Reading a fitted model changes nothing and threads may share it: every public estimator."""

import importlib
import inspect
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mmclassic import MultimodalRecommender
from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    AgglomerativeAligner,
    AnchorAligner,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
    SemanticMatching,
    SpectralCoclusterAligner,
)
from mmclassic.features import (
    GIST,
    HOG,
    LSA,
    MFCC,
    AudioVectorizer,
    AudioWords,
    Chroma,
    ColorHistogram,
    FisherVector,
    ImageVectorizer,
    LaggedCovariance,
    LocalBinaryPattern,
    LogMel,
    ModalityExtractor,
    Modulation,
    NumericVectorizer,
    SpatialPyramid,
    SpectralShape,
    Tempo,
    TextVectorizer,
    VideoVectorizer,
    VisualWords,
    WordVectors,
)
from mmclassic.fuse import ConcatFusion, SimilarityNetworkFusion, WeightedFusion
from mmclassic.interactions import Interactions
from mmclassic.match import CalibratedSimilarity, MatchCalibrator, match
from mmclassic.recommend import (
    EASE,
    BiasRecommender,
    CrossModalSearch,
    KNNRecommender,
    PopularRecommender,
    RandomRecommender,
    RandomWalkRecommender,
    RatingKNN,
)
from mmclassic.sync import DTW, CanonicalTimeWarping
from mmclassic.testing import check_threads, check_transform_changes_nothing, make_views
from mmclassic.views import GraphSmoothing, PerView, Views

PACKAGES = ("views", "match", "features", "align", "fuse", "recommend", "sync")
# Blocks are parts of a list, and formulas have no fit: there is nothing to read.
PARTS = {"Block", "AudioBlock", "AsymmetricCosine", "Tversky"}
ABSTRACT = PARTS | {"BaseAligner", "BaseFusion", "BaseRecommender", "ViewsEstimator"}
N = 12


def asked(cases, kind):
    """(check, case) of all; of threads, which take long, only the first case of every kind."""
    kinds = [kind(case) for case in cases]
    first = dict(zip(reversed(kinds), reversed(cases)))
    return [(check_transform_changes_nothing, case) for case in cases] + [
        (check_threads, case) for case in first.values()
    ]


def name_of(value):
    """A check's or a case's name in the name of its test."""
    return value if isinstance(value, str) else getattr(value, "__name__", repr(value))


pytestmark = [
    pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning"),
    pytest.mark.filterwarnings("ignore:the views .* do not support each other:UserWarning"),
    pytest.mark.filterwarnings("ignore::mmclassic.exceptions.CellWarning"),
    pytest.mark.filterwarnings("ignore::mmclassic.exceptions.EmptyRowWarning"),
]


# --- transformers of views: the checks know what to call ----------------------------------------

OF_VIEWS = [
    PerView({"image": StandardScaler(), "text": TruncatedSVD(2, random_state=0)}),
    PerView({"audio": Nystroem(n_components=3, random_state=0)}, remainder="drop"),
    GraphSmoothing("links"),
    CCA(),
    CCA(n_components=2, ridge=(0.1, 1.0)),
    GCCA(),
    PLS(n_components=3),
    RidgeMapping(),
    RidgeMapping("image", ridge="cv"),
    Procrustes(),
    KMeansAligner(n_clusters=4),
    KMeansAligner(n_clusters=4, joint=False, batch_size=30),
    AgglomerativeAligner(n_clusters=4),
    SpectralCoclusterAligner(n_clusters=1),
    MLPAligner(n_components=3, max_iter=20),
    AnchorAligner(5),
    KernelCCA(),
    KernelCCA(kernel="poly", n_landmarks=10),
    SemanticMatching(),
    SemanticMatching(LogisticRegression(C=0.1)),
    DiscriminantCCA(),
    DiscriminantCCA(objective="cluster"),
    ConcatFusion({"image": 1, "text": 2, "audio": 0.5}),
    WeightedFusion(),
    SimilarityNetworkFusion(3, n_neighbors=5),
]


# PerView(drop) leaves nothing of a query with text alone, and WeightedFusion needs one width.
def with_calls(estimator):
    """The views to be fitted on and the calls, where those that the checks make do not fit."""
    if isinstance(estimator, WeightedFusion):
        views = make_views(missing=0.2)
        views = PerView({n: TruncatedSVD(3, random_state=0) for n in views.names}).fit_transform(
            views
        )
    elif isinstance(estimator, GraphSmoothing):
        views = make_views(missing=0.2)
        links = np.eye(len(views))[np.arange(len(views)) // 2]
        present = np.column_stack([views.present, np.ones(len(views), dtype=bool)])
        views = Views({**views.blocks, "links": links}, present)
    elif isinstance(estimator, PerView) and estimator.remainder == "drop":
        views = make_views(missing=0.2)
    else:
        return estimator, None
    inputs = (views, views[["audio"]][views.mask("audio")], views[30:])
    calls = [("transform", (v,), {}) for v in inputs]
    if hasattr(estimator, "parts"):
        calls += [("parts", (v,), {}) for v in inputs]
    return estimator.fit(views), [*calls, ("get_feature_names_out", (), {})]


@pytest.mark.parametrize(("check", "estimator"), asked(OF_VIEWS, type), ids=name_of)
def test_transformers_of_views(estimator, check):
    check(*with_calls(estimator))


# --- features ------------------------------------------------------------------------------------


def pictures():
    return list(np.random.default_rng(0).integers(0, 256, (N, 24, 30, 3), dtype=np.uint8))


def clips():
    rng = np.random.default_rng(0)
    return [(0.1 * rng.standard_normal(6000 + 500 * i), 8000) for i in range(N)]


def texts():
    return [f"shirt number{i} {'red' if i % 2 else 'blue'} 红色条纹" for i in range(N)]


def items():
    """Twelve items of which some lack something."""
    table = pd.DataFrame(
        {
            "item_id": [f"i{n}" for n in range(N)],
            "photo": pictures(),
            "title": texts(),
            "clip": clips(),
            "price": np.arange(N) * 1.5,
        }
    )
    table.at[3, "photo"] = None
    table.at[5, "clip"] = None
    return table


def with_broken_cells(table):
    """New items, with a picture and a sound that cannot be read."""
    broken = table.iloc[::-1].reset_index(drop=True)
    broken["item_id"] = [f"new{n}" for n in range(len(broken))]
    broken.at[0, "photo"] = b"no picture"
    broken.at[1, "clip"] = b"no sound"
    return broken


def column_calls(vectorizer, fitted_on, broken):
    fitted = vectorizer.fit(fitted_on)
    columns = (fitted_on, broken, fitted_on[:4])
    methods = [m for m in ("transform", "extract") if hasattr(fitted, m)]
    calls = [(m, (c,), {}) for m in methods for c in columns]
    return fitted, [*calls, ("get_feature_names_out", (), {})]


def batch_calls(descriptor, batch):
    fitted = descriptor.fit(batch)
    calls = [("transform", (some,), {}) for some in (batch, batch[::-1], batch[:5])]
    if hasattr(fitted, "frames"):
        calls += [("frames", (clip, 8000), {}) for clip in batch[:3]]
    return fitted, calls


def extractor_calls():
    extractor = ModalityExtractor(
        [
            (
                "image",
                ImageVectorizer([("hog", HOG()), ("color", ColorHistogram())], size=(32, 32)),
                "photo",
            ),
            ("text", TextVectorizer(), ["title"]),
            ("audio", AudioVectorizer(), "clip"),
            ("price", StandardScaler(), "price"),
        ],
        on_error="missing",
    )
    fitted = extractor.fit(items())
    tables = (items(), with_broken_cells(items()), items()[["title", "price"]])
    calls = [(m, (table,), {}) for m in ("transform", "extract") for table in tables]
    return fitted, [*calls, ("get_feature_names_out", (), {})]


def batch_of_pictures():
    return np.stack(pictures())


def batch_of_clips():
    return 0.1 * np.random.default_rng(0).standard_normal((6, 33000))


def vectors_file():
    path = Path(tempfile.mkdtemp()) / "vectors.txt"
    path.write_text("red 1 0 2\nblue 0 1 1\nshirt 1 1 0\n", encoding="utf-8")
    return str(path)


def video_calls():
    from .features.video import clips  # skips without PyAV

    image = ImageVectorizer("compact", size=(32, 32))
    audio = AudioVectorizer([("mfcc", MFCC(delta=False))])
    cells = [clips.clip(clips.pictures(9, seed=i), clips.tone(0.4)) for i in range(4)]
    vectorizer = VideoVectorizer(image=image, audio=audio, on_error="missing")
    return column_calls(vectorizer, cells, [b"broken", *cells[:2], None])


FEATURES = {
    "ModalityExtractor": extractor_calls,
    "ImageVectorizer": lambda: column_calls(
        ImageVectorizer(
            [("hog", HOG()), ("words", VisualWords(8, random_state=0))],
            size=(48, 48),
            on_error="missing",
            random_state=0,
        ),
        pictures(),
        [b"broken", *pictures()[:4], None],
    ),
    "TextVectorizer": lambda: column_calls(
        TextVectorizer(on_error="missing"), texts(), ["red", b"\xff\xfe\xff", "unknown", None]
    ),
    "TextVectorizer (LSA of BM25)": lambda: column_calls(
        TextVectorizer(weighting="bm25", n_components=3, random_state=0), texts(), ["blue", None]
    ),
    "AudioVectorizer": lambda: column_calls(
        AudioVectorizer(on_error="missing"), clips(), [b"broken", *clips()[:4], None]
    ),
    "VideoVectorizer": video_calls,
    "NumericVectorizer": lambda: column_calls(
        NumericVectorizer(on_error="missing"),
        np.arange(24.0).reshape(12, 2),
        np.array([[1, np.inf], [np.nan, np.nan], [0, 1]]),
    ),
    "HOG": lambda: batch_calls(HOG(), batch_of_pictures()),
    "GIST": lambda: batch_calls(GIST(size=32), batch_of_pictures()),
    "ColorHistogram": lambda: batch_calls(ColorHistogram(), batch_of_pictures()),
    "LocalBinaryPattern": lambda: batch_calls(LocalBinaryPattern(), batch_of_pictures()),
    "SpatialPyramid": lambda: batch_calls(SpatialPyramid(ColorHistogram()), batch_of_pictures()),
    "VisualWords": lambda: batch_calls(
        VisualWords(8, radius=5, random_state=0), batch_of_pictures()
    ),
    "MFCC": lambda: batch_calls(MFCC(), batch_of_clips()),
    "LogMel": lambda: batch_calls(LogMel(), batch_of_clips()),
    "LaggedCovariance": lambda: batch_calls(LaggedCovariance(), batch_of_clips()),
    "Modulation": lambda: batch_calls(Modulation(), batch_of_clips()),
    "Chroma": lambda: batch_calls(Chroma(), batch_of_clips()),
    "SpectralShape": lambda: batch_calls(SpectralShape(), batch_of_clips()),
    "Tempo": lambda: batch_calls(Tempo(), batch_of_clips()),
    "AudioWords": lambda: batch_calls(AudioWords(4, random_state=0), batch_of_clips()),
    "FisherVector": lambda: batch_calls(FisherVector(2, random_state=0), batch_of_clips()),
    "LSA": lambda: batch_calls(LSA(3), np.eye(9) + 0.5),
    "WordVectors": lambda: column_calls(
        WordVectors(vectors_file(), on_error="missing"), texts(), ["red", 5, "unknown", None]
    ),
}


@pytest.mark.parametrize(("check", "case"), asked([*FEATURES], str), ids=name_of)
def test_features(case, check):
    check(*FEATURES[case]())


# --- recommenders, search and the facade ---------------------------------------------------------

USERS = ["ann", "bob", "eve"]


def likes():
    """Each user likes three items; the two first lists overlap."""
    rows = [(user, f"i{(2 * u + j) % N}") for u, user in enumerate(USERS) for j in range(3)]
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def recommender_calls(recommender, table=None):
    ids = [f"i{n}" for n in range(N)]
    interactions = Interactions.from_frame(likes() if table is None else table, items=ids)
    fitted = recommender.fit(make_views(N, missing=0.2), interactions)
    calls = [
        (method, (users, k), {})
        for method in ("recommend", "rank")
        if hasattr(fitted, method)
        for users, k in ((None, 3), (USERS[:1], 5), (USERS[1:], 2))
    ]
    if hasattr(fitted, "similar") and getattr(fitted, "mode", "") != "users":
        calls += [("similar", (some, 3), {}) for some in (ids[:4], ids[6:], ids[:1])]
    if hasattr(fitted, "explain"):
        calls += [("explain", (user, item), {}) for user in USERS for item in ids[3:9:2]]
    if hasattr(fitted, "predict"):
        calls += [("predict", (user, ids), {}) for user in USERS]
    return fitted, calls


def calibrator_calls():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(60, 2))
    found = match(A, A + 0.5 * rng.normal(size=A.shape))
    return MatchCalibrator().fit(found, np.arange(60)), [("calibrate", (found,), {})]


def similarity_calls():
    views = make_views(missing=0.2)
    fitted = CalibratedSimilarity().fit(views)
    pairs = [(views, views[:7]), (views[40:].select("text"), views), (views[5:], views[["audio"]])]
    calls = [(method, pair, {}) for method in ("similarity", "parts") for pair in pairs]
    return fitted, [*calls, *(("prepare", (some,), {}) for some, _ in pairs)]


def search_calls(**parameters):
    gallery = CCA(3).fit(make_views()).transform(make_views(N, missing=0.2))
    fitted = CrossModalSearch(**parameters).fit(gallery, ids=[f"i{n}" for n in range(N)])
    queries = (gallery, gallery[["text"]][gallery.mask("text")], gallery[4:])
    calls = [("search", (some, 3), {}) for some in queries]
    return fitted, [*calls, ("search", (queries[1], 2), {"target": "image"})]


def facade_calls(*, files=True, **parameters):
    """Calls of the recommender; without `files` what is read anew has titles alone."""
    model = MultimodalRecommender(
        text="title", numeric="price", image="photo", audio="clip", on_error="missing", **parameters
    )
    fitted = model.fit(items(), likes())
    known, new = items(), with_broken_cells(items())
    if not files:
        known, new = known[["item_id", "title"]], new[["item_id", "title"]]
    some = known[["item_id", "title"]].iloc[:5]
    calls = [("transform", (table,), {}) for table in (known, new, some)]
    calls += [("recommend", (users, k), {}) for users, k in ((None, 3), (USERS[:1], 5))]
    calls += [("recommend", (USERS, 2), {"items": table}) for table in (new, some)]
    calls += [("rank", (None, 3), {"include_seen": seen}) for seen in (False, True)]
    calls += [("similar", (some_items, 3), {}) for some_items in (["i0", "i7"], ["i2"], new)]
    calls += [("search", (), {"text": text, "k": 2}) for text in ("red shirt", "blue", "红色")]
    calls += [("explain", (user, item), {}) for user in USERS for item in ("i0", "i9")]
    if fitted.aligner_ is not None:
        calls += [("consistency", (), {})]
    if fitted.aligner_ is not None and files:
        calls += [("consistency", (new,), {}), ("score", (known,), {}), ("score", (new,), {})]
    return fitted, calls


MODELS = {
    "KNNRecommender": lambda: recommender_calls(KNNRecommender()),
    "KNNRecommender (weights)": lambda: recommender_calls(
        KNNRecommender({"image": 1, "text": 2, "audio": 0.5})
    ),
    "KNNRecommender (weights by agreement)": lambda: recommender_calls(KNNRecommender("agreement")),
    "KNNRecommender (cosine)": lambda: recommender_calls(KNNRecommender(metric="cosine")),
    "KNNRecommender (cosine, weights)": lambda: recommender_calls(
        KNNRecommender({"image": 1, "text": 2, "audio": 0}, metric="cosine")
    ),
    "KNNRecommender (neighbours)": lambda: recommender_calls(
        KNNRecommender(mode="neighbours", weighting="bm25")
    ),
    "KNNRecommender (users)": lambda: recommender_calls(KNNRecommender(mode="users")),
    "PopularRecommender": lambda: recommender_calls(PopularRecommender()),
    "RandomWalkRecommender": lambda: recommender_calls(RandomWalkRecommender()),
    "EASE": lambda: recommender_calls(EASE()),
    "EASE (content)": lambda: recommender_calls(EASE(content=1.0)),
    "RandomRecommender": lambda: recommender_calls(RandomRecommender()),
    "BiasRecommender": lambda: recommender_calls(
        BiasRecommender(), likes().assign(rating=np.arange(9) % 4)
    ),
    "RatingKNN": lambda: recommender_calls(
        RatingKNN(shrink=1), likes().assign(rating=np.arange(9) % 4)
    ),
    "CalibratedSimilarity": similarity_calls,
    "MatchCalibrator": calibrator_calls,
    "CrossModalSearch": search_calls,
    "CrossModalSearch (pearson)": lambda: search_calls(metric="pearson"),
    "MultimodalRecommender": facade_calls,
    "MultimodalRecommender (shared)": lambda: facade_calls(files=False, similarity="shared"),
    "MultimodalRecommender (no aligner)": lambda: facade_calls(aligner="passthrough"),
    "MultimodalRecommender (views handed on)": lambda: facade_calls(
        fuser="passthrough", similarity="shared"
    ),
    "MultimodalRecommender (numbers bypass)": lambda: facade_calls(bypass=["numeric"]),
    "MultimodalRecommender (joined)": lambda: facade_calls(fuser=ConcatFusion()),
}


def way_of_reading(case):
    """The class; what else a model is told changes what it has fitted, and not how it reads it."""
    name, _, setting = case.partition(" ")
    return name, setting in ("(cosine)", "(shared)", "(neighbours)", "(users)")


@pytest.mark.parametrize(("check", "case"), asked([*MODELS], way_of_reading), ids=name_of)
def test_models(case, check):
    check(*MODELS[case]())


# --- streams -------------------------------------------------------------------------------------


def streams():
    rng = np.random.default_rng(0)
    return np.cumsum(rng.standard_normal((3, 40, 3)), axis=1)


def warping_calls():
    reference, *others = streams()
    calls = [(m, (X,), {}) for m in ("transform", "align") for X in (*others, others[0][5:30])]
    return DTW(band=0.8).fit(reference), calls


def canonical_calls():
    X, Y, Z = streams()
    calls = [("transform", args, {}) for args in ((X,), (Z[:9],), (X, Y), (Z[5:], Y))]
    calls += [("align", args, {}) for args in ((X, Y), (Z[5:], Y[:30]))]
    return CanonicalTimeWarping().fit(X, Y), calls


STREAMS = {"DTW": warping_calls, "CanonicalTimeWarping": canonical_calls}


@pytest.mark.parametrize(("check", "case"), asked([*STREAMS], str), ids=name_of)
def test_streams(case, check):
    check(*STREAMS[case]())


# --- none is left out ----------------------------------------------------------------------------


def public_estimators():
    """Names of the public estimators of all packages that have any to be read."""
    modules = [importlib.import_module(f"mmclassic.{package}") for package in PACKAGES]
    found = {name: getattr(module, name) for module in modules for name in module.__all__}
    found["MultimodalRecommender"] = MultimodalRecommender
    return {n for n, c in found.items() if inspect.isclass(c) and issubclass(c, BaseEstimator)}


def test_no_estimator_is_left_out():
    listed = {type(estimator).__name__ for estimator in OF_VIEWS}
    listed |= {case.split(" ")[0] for case in [*FEATURES, *MODELS, *STREAMS]}
    assert public_estimators() - ABSTRACT == listed


def test_the_cells_that_cannot_be_read_are_met():
    """The calls go where models once wrote: to failures, not only to good cells."""
    fitted, calls = FEATURES["ModalityExtractor"]()
    views = [fitted.transform(*args) for name, args, _ in calls if name == "transform"]
    assert not views[1].mask("image")[0]
    assert not views[1].mask("audio")[1]
    assert views[2].names == ("text", "price")
