"""Every estimator on numbers of extreme size, far from the origin, and in every form of CSR."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmclassic.align import (
    CCA,
    GCCA,
    PLS,
    DiscriminantCCA,
    KernelCCA,
    KMeansAligner,
    MLPAligner,
    Procrustes,
    RidgeMapping,
    SemanticMatching,
)
from mmclassic.fuse import ConcatFusion
from mmclassic.match import SIMILARITIES, CalibratedSimilarity, match, similarity
from mmclassic.moments import Moments
from mmclassic.recommend import CrossModalSearch, Interactions, KNNRecommender
from mmclassic.views import Views

from .fault_page import pattern, rows_of_page

ALIGNERS = [
    CCA(),
    CCA(ridge=0),
    GCCA(ridge=0.1),
    PLS(),
    RidgeMapping(ridge="cv"),
    Procrustes(),
    DiscriminantCCA(),
    KernelCCA(2),
    KernelCCA(2, kernel="laplacian"),
    KernelCCA(2, kernel="cosine"),
    KernelCCA(2, kernel="linear", gamma=2.0),
    KMeansAligner(3),
    MLPAligner(2, max_iter=20),
    SemanticMatching(make_pipeline(StandardScaler(), LogisticRegression())),
]
OF_SPARSE = SemanticMatching(make_pipeline(StandardScaler(with_mean=False), LogisticRegression()))
# What a view is multiplied by; its type and how nearly the results are those of 1.
SCALES = [
    ("f8", 1e-300, 1e-7),
    ("f8", 1e-160, 1e-7),
    ("f8", 1e-30, 1e-7),
    ("f8", 1e160, 1e-7),
    ("f8", 1e300, 1e-7),
    ("f4", 1e-37, 5e-3),
    ("f4", 1e-19, 5e-3),
    ("f4", 1e19, 5e-3),
    ("f4", 1e36, 5e-3),
]


def blocks(n_rows=60):
    """Two blocks of one hidden signal, and classes of it."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(n_rows, 2))
    made = [hidden @ rng.normal(size=(2, 4)) + 0.4 * rng.normal(size=(n_rows, 4)) for _ in "ab"]
    return *made, (hidden[:, 0] > 0).astype(int)


A, B, Y = blocks()
CODES = np.where(A > 0.5, A, 0)  # with gaps, as counts are


def outcome(estimator, views, y=Y):
    """Blocks of the transformed rows, dense float64."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of training that ends early
        out = clone(estimator).fit(views, y).transform(views)
    found = out.blocks.values() if isinstance(out, Views) else [out]
    return [np.asarray(b.toarray() if sp.issparse(b) else b, dtype=float) for b in found]


def assert_alike(found, expected, tolerance):
    """Equal up to a factor of every block."""
    for block, wanted in zip(found, expected, strict=True):
        assert np.isfinite(block).all()
        assert block.shape == wanted.shape
        np.testing.assert_allclose(
            block / np.abs(block).max(), wanted / np.abs(wanted).max(), atol=tolerance
        )


@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
@pytest.mark.parametrize("estimator", [*ALIGNERS, ConcatFusion()], ids=repr)
def test_the_unit_of_a_view_does_not_matter(estimator, wide):
    spread = np.random.default_rng(1).normal(size=(4, 70)) if wide else np.eye(4)
    left = A @ spread
    expected = {
        kind: outcome(estimator, Views({"a": left.astype(kind), "b": B.astype(kind)}))
        for kind in ("f4", "f8")
    }
    for kind, scale, tolerance in SCALES[:: 2 if wide else 1]:
        views = Views({"a": (left * scale).astype(kind), "b": B.astype(kind)})
        assert_alike(outcome(estimator, views), expected[kind], tolerance)


@pytest.mark.parametrize(("kind", "scale"), [("f8", 1e160), ("f4", 1e-30)])
def test_the_unit_does_not_matter_to_the_classifier_that_is_chosen(kind, scale):
    expected = outcome(SemanticMatching(), Views({"a": A.astype(kind)}))
    found = outcome(SemanticMatching(), Views({"a": (A * scale).astype(kind)}))
    assert_alike(found, expected, 1e-4)


@pytest.mark.parametrize("estimator", [CCA(), PLS(2), RidgeMapping(), GCCA()], ids=repr)
def test_the_unit_of_a_sparse_view_does_not_matter(estimator):
    expected = outcome(estimator, Views({"a": sp.csr_matrix(CODES), "b": B}))
    for scale in (1e-300, 1e160):
        views = Views({"a": sp.csr_matrix(CODES * scale), "b": B})
        assert_alike(outcome(estimator, views), expected, 1e-7)


@pytest.mark.parametrize("estimator", [CCA(2), CCA(2, ridge=0.1), PLS(2), RidgeMapping(ridge=0)])
def test_predictions_are_in_the_unit_of_the_target(estimator):
    expected = estimator.fit(Views({"a": A, "b": B})).predict_view(Views({"a": A}))
    views = Views({"a": A * 1e-120, "b": B * 1e100})
    found = clone(estimator).fit(views).predict_view(views.select("a"))
    np.testing.assert_allclose(found, expected * 1e100, rtol=1e-6, atol=1e93)


@pytest.mark.parametrize("estimator", [CCA(), GCCA(ridge="cv"), KernelCCA(2), PLS()], ids=repr)
@pytest.mark.parametrize("scale", [1e-200, 1e-42, 1e45, 1e200])
def test_float32_beside_float64_of_any_unit(estimator, scale):
    small = A.astype(np.float32)
    expected = outcome(estimator, Views({"a": small, "b": B}))
    found = outcome(estimator, Views({"a": small, "b": B * scale}))
    assert_alike(found, expected, 1e-4)


def test_predictions_that_float32_does_not_hold_are_refused():
    small = A.astype(np.float32)
    for scale in (1e-200, 1e-50, 1e50, 1e200):
        mapping = RidgeMapping().fit(Views({"a": small, "b": B * scale}))
        with pytest.raises(ValueError, match="does not fit into their float32; give them as float"):
            mapping.transform(Views({"a": small}))
        exact = mapping.transform(Views({"a": A}))["a"] / scale
        known = RidgeMapping().fit_transform(Views({"a": A, "b": B}))["a"]
        np.testing.assert_allclose(exact, known, atol=1e-4)


def test_reconstructions_are_in_the_unit_of_the_view():
    views = Views({"a": A * 1e160, "b": B})
    cca = CCA(4, ridge=0).fit(views)
    rebuilt = cca.inverse_transform(cca.transform(views))
    np.testing.assert_allclose(rebuilt["a"], views["a"], rtol=1e-6, atol=1e152)


def test_a_score_of_huge_places_is_a_correlation():
    views = Views({"a": A * 1e200, "b": B * 1e200})
    expected = Procrustes().fit(Views({"a": A, "b": B})).score(Views({"a": A, "b": B}))
    assert Procrustes().fit(views).score(views) == pytest.approx(expected)


def test_a_given_gamma_is_in_the_unit_of_the_rows():
    plain = KernelCCA(2, gamma={"a": 0.3, "b": 0.5}).fit(Views({"a": A, "b": B}))
    views = Views({"a": A * 2.0**300, "b": B})
    scaled = KernelCCA(2, gamma={"a": 0.3 * 2.0**-600, "b": 0.5}).fit(views)
    np.testing.assert_array_equal(scaled.canonical_correlations_, plain.canonical_correlations_)
    assert scaled.gammas_ == {"a": 0.3 * 2.0**-600, "b": 0.5}


@pytest.mark.parametrize("estimator", ALIGNERS, ids=repr)
def test_one_huge_value_or_column_is_named(estimator):
    one, column = A.copy(), A.copy()
    one[7, 2] = 1e160
    column[:, 2] *= 1e160
    for wrong, row in ((one, 7), (column, np.abs(column[:, 2]).argmax())):
        with pytest.raises(ValueError, match=rf"view 'a', row {row}: .* so large beside others"):
            clone(estimator).fit(Views({"a": wrong, "b": B}), Y)


def test_queries_that_no_place_can_hold_are_named():
    procrustes = Procrustes().fit(Views({"a": A.astype("f4"), "b": B.astype("f4")}))
    queries = A.astype("f4")
    queries[3] = 3e38
    with pytest.raises(ValueError, match=r"view 'a', row 3: its place .* no finite number"):
        CCA(1).fit(Views({"a": A.astype("f4") * 1e-10, "b": B.astype("f4")})).transform(
            Views({"a": queries})
        )
    assert np.isfinite(procrustes.transform(Views({"a": A.astype("f4")}))["a"]).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_pieces_and_merges_of_one_unit_are_as_one_fit(scale):
    views = Views({"a": A * scale, "b": B})
    whole = CCA(2, ridge=0.1).fit(views).transform(views)["a"]
    first, second = CCA(2, ridge=0.1), CCA(2, ridge=0.1)
    first.partial_fit(views[:30]).partial_fit(views[30:])
    np.testing.assert_allclose(first.transform(views)["a"], whole, atol=1e-9)
    second.partial_fit(views[30:]).merge(CCA(2, ridge=0.1).partial_fit(views[:30]))
    np.testing.assert_allclose(second.transform(views)["a"], whole, atol=1e-9)


@pytest.mark.parametrize(
    "estimator", [CCA(2), CCA(2, ridge="cv"), GCCA(2), DiscriminantCCA(1)], ids=repr
)
@pytest.mark.parametrize(("kind", "scale"), [("f4", 1e19), ("f8", 1e160), ("f8", 2.0**-201)])
def test_merged_pieces_need_not_be_of_one_exponent(estimator, kind, scale):
    # Of which the largest number decides: here it differs by a factor of ten.
    grown = np.concatenate([A[:30], 10 * A[30:]]) * scale
    present = np.ones((60, 2), dtype=bool)
    present[::7, 1] = False
    views = Views({"a": grown.astype(kind), "b": B.astype(kind)}, present)
    plain = Views({"a": (grown / scale).astype(kind), "b": B.astype(kind)}, present)
    for pieces in ((slice(None, 30), slice(30, None)), (slice(30, None), slice(None, 30))):
        outcomes = []
        for rows in (views, plain):
            mine, other = (clone(estimator).partial_fit(rows[p], Y[p]) for p in pieces)
            outcomes.append([mine.merge(other).transform(rows)["a"].astype(float)])
        assert_alike(*outcomes, 5e-3 if kind == "f4" else 1e-7)


def test_pieces_of_different_size_are_told_or_count_for_nothing():
    small, large = Views({"a": A, "b": B}), Views({"a": A * 1e160, "b": B})
    cca = CCA(2, ridge=0.1).partial_fit(small)
    with pytest.raises(ValueError, match="view 'a': this piece holds numbers so much larger"):
        cca.partial_fit(large)
    np.testing.assert_allclose(
        cca.transform(small)["a"], CCA(2, ridge=0.1).fit(small).transform(small)["a"], atol=1e-9
    )
    both = CCA(1, ridge=0.1).partial_fit(large).partial_fit(small)
    assert np.isfinite(both.transform(large)["a"]).all()
    with pytest.raises(ValueError, match="view 'a': the rows of the two differ so much in size"):
        CCA(1, ridge=0.1).partial_fit(small).merge(CCA(1, ridge=0.1).partial_fit(large))


@pytest.mark.parametrize("scale", [1e-160, 1e160])
def test_moments_refuse_what_their_products_cannot_hold(scale):
    with pytest.raises(ValueError, match=r"view 'a' holds numbers of about \de[+-]1\d\d"):
        Moments().update(Views({"a": A * scale, "b": B}))


@pytest.mark.parametrize("scale", [1e-37, 1e-19, 1e19, 1e36])
def test_moments_of_float32_are_those_of_float64(scale):
    single = Views({"a": (A * scale).astype("f4")})
    double = Views({"a": single["a"].astype("f8")})
    found, expected = (Moments().update(v).covariance("a", "a") for v in (single, double))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("weight", [1e-320, 1e308])
def test_weights_of_rows_that_lose_the_others_are_refused(weight):
    with pytest.raises(ValueError, match=r"sample_weight, row 2: .* so far from 1"):
        CCA().fit(Views({"a": A, "b": B}), sample_weight=[1, 1, weight, *[1] * 57])


OFFSETS = [e for e in ALIGNERS if "cosine" not in repr(e)]


@pytest.mark.parametrize("estimator", OFFSETS, ids=repr)
@pytest.mark.parametrize("offset", [1e6, 1e8])
def test_an_offset_does_not_matter(estimator, offset):
    # The rounded numbers are the data: so both fits see the same.
    moved = A + offset
    expected = outcome(estimator, Views({"a": moved - offset, "b": B}))
    assert_alike(outcome(estimator, Views({"a": moved, "b": B})), expected, 1e-5)


@pytest.mark.parametrize("kernel", ["rbf", "laplacian"])
def test_an_offset_of_float32_does_not_move_kernel_cca(kernel):
    moved = (A + 1e6).astype("f4")
    centred = (moved.astype("f8") - 1e6).astype("f4")
    found, expected = (
        outcome(KernelCCA(2, kernel=kernel), Views({"a": a, "b": B.astype("f4")}))
        for a in (moved, centred)
    )
    assert_alike(found, expected, 1e-5)


def forms(dense):
    """The same matrix as people have it."""
    tidy = sp.csr_matrix(dense)
    rows = np.repeat(np.arange(dense.shape[0]), np.diff(tidy.indptr))
    # Every entry in two halves, with zeros among them, in an order of columns that goes down.
    entries = np.concatenate([tidy.data / 2, tidy.data / 2, np.zeros(rows.size)])
    columns = np.concatenate([tidy.indices, tidy.indices, (tidy.indices + 1) % dense.shape[1]])
    places = np.tile(rows, 3)
    order = np.lexsort((-columns, places))
    counts = np.bincount(places, minlength=dense.shape[0])
    indptr = np.concatenate([[0], np.cumsum(counts)])
    untidy = sp.csr_matrix((entries[order], columns[order], indptr), shape=dense.shape)
    wide = sp.csr_matrix(untidy)
    wide.indices, wide.indptr = untidy.indices.astype(np.int64), untidy.indptr.astype(np.int64)
    return {
        "repeats, zeros, unsorted": untidy,
        "64-bit indices": wide,
        "csr_array": sp.csr_array(untidy),
        "triplets": sp.coo_matrix((entries, (places, columns)), shape=dense.shape),
        "csc": sp.csc_matrix(dense),
    }


ON_ROWS = {
    **{repr(e): lambda v, e=e: outcome(e, v)[0] for e in (CCA(2), PLS(2), KernelCCA(2))},
    **{repr(e): lambda v, e=e: outcome(e, v)[0] for e in (DiscriminantCCA(), OF_SPARSE)},
    **{repr(e): lambda v, e=e: outcome(e, v)[0] for e in (KMeansAligner(2), ConcatFusion())},
    "calibrated": lambda v: CalibratedSimilarity().fit(v).similarity(v[:5], v),
    "search": lambda v: CrossModalSearch().fit(v).search(v[:3], k=5)["score"].to_numpy(),
    "knn": lambda v: recommended(KNNRecommender(), v),
    "knn by cosine": lambda v: recommended(KNNRecommender(metric="cosine"), v),
}
LIKED = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": [1, 2, 5], "weight": [1.0, 2.0, 1.0]})


def recommended(model, views, liked=LIKED):
    return model.fit(views, liked, ids=np.arange(60)).recommend(k=9)["score"].to_numpy()


@pytest.mark.parametrize("what", ON_ROWS)
def test_every_form_of_a_sparse_view_gives_the_same(what):
    counts = np.round(4 * np.abs(CODES))
    expected = ON_ROWS[what](Views({"a": sp.csr_matrix(counts), "b": B}))
    integers = {
        "int8": sp.csr_matrix(counts.astype(np.int8)),
        "int64 csc": sp.csc_matrix(counts.astype(np.int64)),
    }
    for name, form in {**forms(counts), **integers}.items():
        before = form.copy()
        found = ON_ROWS[what](Views({"a": form, "b": B}))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)
        assert form.nnz == before.nnz
        np.testing.assert_array_equal(form.data, before.data)


@pytest.mark.parametrize("metric", SIMILARITIES)
def test_every_form_of_sparse_rows_is_as_similar(metric):
    expected = similarity(CODES, B, metric=metric)
    for name, form in forms(CODES).items():
        found = similarity(form, B, metric=metric)
        np.testing.assert_allclose(found, expected, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_indices_outside_are_refused(kind):
    wrong = sp.csr_matrix(CODES).asformat(kind)
    wrong.indices[3] = 1_000_000
    with pytest.raises(ValueError, match=f"view 'a' is no valid {kind.upper()} matrix: indices"):
        Views({"a": wrong})
    with pytest.raises(ValueError, match=f"A is no valid {kind.upper()} matrix: indices"):
        similarity(wrong, B)
    for door in (KNNRecommender(), CrossModalSearch(), ConcatFusion(), CCA()):
        with pytest.raises(ValueError, match="no valid"):
            door.fit(wrong)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("scale", [1e-37, 1e-25, 1e25, 1e36])
def test_sparse_and_dense_float32_of_any_size_score_alike(scale, convert):
    for model in (KNNRecommender(), KNNRecommender(metric="cosine")):
        expected = recommended(model, Views({"a": A.astype("f4"), "b": B}))
        found = recommended(model, Views({"a": convert((A * scale).astype("f4")), "b": B}))
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("metric", SIMILARITIES)
@pytest.mark.parametrize(("kind", "scale"), [("f8", 1e-300), ("f8", 1e160), ("f4", 1e-30)])
def test_matches_do_not_hang_on_the_unit_or_are_refused(metric, kind, scale):
    expected = match(A[:20], B[:15], metric=metric)
    left, right = ((X * scale).astype(kind) for X in (A[:20], B[:15]))
    if metric == "dot":
        with pytest.raises(ValueError, match="too large or too small for float"):
            match(left, right, metric=metric)
    else:
        found = match(left, right, metric=metric)
        np.testing.assert_array_equal(found.columns, expected.columns)
        np.testing.assert_allclose(found.confidence, expected.confidence, atol=1e-3)


@pytest.mark.parametrize(("kind", "scale"), [("f4", 1e-21), ("f4", 1e-22), ("f8", 1e-157)])
def test_products_that_lose_digits_are_refused(kind, scale):
    left, right = ((X * scale).astype(kind) for X in (A, B))
    with pytest.raises(ValueError, match="too large or too small for float"):
        similarity(left, right, metric="dot")


def test_distances_far_from_the_origin_are_those_near_it():
    expected = similarity(A, B, metric="euclidean")
    np.testing.assert_allclose(
        similarity(A + 1e8, B + 1e8, metric="euclidean"), expected, atol=1e-6
    )


@pytest.mark.parametrize("metric", ["dot", "euclidean"])
def test_scores_that_would_tie_by_rounding_to_float32_are_refused(metric):
    for scale in (1e-100, 1e100):
        search = CrossModalSearch(metric=metric).fit(A * scale)
        with pytest.raises(ValueError, match=r"do not fit into float32|too large or too small"):
            search.search((A + 1) * scale)


@pytest.mark.parametrize("metric", ["calibrated", "cosine"])
@pytest.mark.parametrize("factor", [1e307, 1e-300, 1e-318])
def test_the_unit_of_weights_does_not_matter(metric, factor):
    model = KNNRecommender(metric=metric)
    expected = recommended(model, Views({"a": A, "b": B}))
    liked = LIKED.assign(weight=LIKED["weight"] * factor)
    found = recommended(model, Views({"a": A, "b": B}), liked)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert model.explain("u", 9)["contribution"].notna().all()


@pytest.mark.parametrize("metric", ["calibrated", "cosine"])
def test_weights_that_sum_to_zero_say_nothing(metric):
    zero = LIKED.assign(weight=0.0)
    found = recommended(KNNRecommender(metric=metric), Views({"a": A, "b": B}), zero)
    np.testing.assert_array_equal(found, 0)


ROWS = {what: row for (_, what), row in rows_of_page(["Views and interactions"]).items()}


def scaled(scale, kind="f8", convert=np.asarray):
    return Views({"a": convert((A * scale).astype(kind)), "b": B.astype(kind)})


def with_one_value():
    wrong = A.copy()
    wrong[7, 2] = 1e160
    return Views({"a": wrong, "b": B})


def outside():
    wrong = sp.csr_matrix(CODES)
    wrong.indices[3] = 7
    return Views({"a": wrong})


def weighted(factor):
    liked = LIKED.assign(weight=LIKED["weight"] * factor)
    return [recommended(KNNRecommender(), scaled(1), liked)]


def timed(wrong):
    return Interactions.from_frame(LIKED.assign(timestamp=[1.0, wrong, 2.0]))


def rated(ratings, items):
    frame = pd.DataFrame({"user_id": "u", "item_id": items, "rating": ratings})
    return Interactions.from_frame(frame)


CASES = {
    "a view of numbers of 1e160": (
        lambda: outcome(CCA(), scaled(1e160)),
        outcome(CCA(), scaled(1)),
    ),
    "a view of numbers of 1e-160": (
        lambda: outcome(GCCA(), scaled(1e-160)),
        outcome(GCCA(), scaled(1)),
    ),
    "a float32 view of 1e19, in CSR too": (
        lambda: outcome(KMeansAligner(3), scaled(1e19, "f4", sp.csr_matrix)),
        outcome(KMeansAligner(3), scaled(1, "f4", sp.csr_matrix)),
    ),
    "one value of 1e160 among numbers of 1": (lambda: CCA().fit(with_one_value()), None),
    "rows at 1e8 from the origin": (
        lambda: [similarity(A + 1e8, B + 1e8, metric="euclidean")],
        [similarity(A, B, metric="euclidean")],
    ),
    "CSR with repeated entries, stored zeros and unsorted indices": (
        lambda: outcome(ConcatFusion(), Views({"a": forms(CODES)["repeats, zeros, unsorted"]})),
        outcome(ConcatFusion(), Views({"a": sp.csr_matrix(CODES)})),
    ),
    "CSR with an index outside of the matrix": (outside, None),
    "rows whose products no type holds": (
        lambda: similarity(A * 1e160, B * 1e160, metric="dot"),
        None,
    ),
    "weights of 1e307 or of 1e-318": (
        lambda: [*weighted(1e307), *weighted(1e-318)],
        [*weighted(1), *weighted(1)],
    ),
    "weights of one user and item that sum to more than 1e308": (
        lambda: Interactions.from_frame(LIKED.assign(item_id=1, weight=1e308)).to_csr(),
        None,
    ),
    "two ratings of one user and item": (
        lambda: [rated([5, 1, 2], ["a", "a", "b"]).to_csr().toarray()],
        [rated([1, 2], ["a", "b"]).to_csr().toarray()],
    ),
    "a rating that is infinite": (lambda: rated([5, np.inf, 1], [1, 2, 3]), None),
    "a column of weights and one of ratings": (
        lambda: Interactions.from_frame(LIKED.assign(rating=5.0)),
        None,
    ),
    "an infinite time": (lambda: timed(np.inf), None),
    "a missing date as a number, for a time": (lambda: timed(-(2.0**63)), None),
}


def test_the_page_and_the_cases_are_of_the_same_things():
    assert set(ROWS) == set(CASES)


@pytest.mark.parametrize("what", CASES)
def test_what_the_page_says(what):
    run, expected = CASES[what]
    kind, words = ROWS[what]
    if kind == "right":
        assert_alike(run(), expected, 1e-4)
        return
    assert kind == "error"
    with pytest.raises(ValueError, match=pattern(words) + "$"):
        run()
