"""CalibratedSimilarity: the formula, what is missing, and the weights of the views."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.preprocessing import normalize

import mmclassic
from mmclassic.match import CalibratedSimilarity
from mmclassic.match._agreement import Fitted, _vote
from mmclassic.testing import make_views
from mmclassic.views import Views

SEEDS = pytest.mark.parametrize("seed", range(5))
ROOT2 = np.sqrt(2)


def fit_silently(views, **parameters):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the views .* do not support each other")
        return CalibratedSimilarity(**parameters).fit(views)


# --- the formula ----------------------------------------------------------------------------------


def five_items():
    """Of the five, the last lacks "a", and three have "b"."""
    return Views(
        {
            "a": np.array([[2.0, 0], [1, 0], [0, 3], [0, 1], [np.nan, np.nan]]),
            "b": np.array([[2.0], [np.nan], [-3], [np.nan], [5]]),
        },
        present=[[True, True], [True, False], [True, True], [True, False], [False, True]],
    )


def test_by_hand():
    z = CalibratedSimilarity({"a": 2, "b": 1}).fit(five_items())
    # a: the centre is (1/2, 1/2), so products are 1/2 for equal rows and -1/2 for others; of six
    # pairs two are equal: deviation sqrt(1/4 - 1/36) = sqrt(2)/3.
    # b: unit rows 1, -1, 1, centre 1/3; products of pairs -8/9, 4/9, -8/9, deviation 4 sqrt(2)/9.
    np.testing.assert_allclose(z.centers_["a"], [0.5, 0.5])
    np.testing.assert_allclose(z.centers_["b"], [1 / 3])
    assert z.scales_ == {"a": pytest.approx(ROOT2 / 3), "b": pytest.approx(4 * ROOT2 / 9)}
    assert z.view_weights_ == {"a": 1.0, "b": 0.5}
    parts = z.parts(five_items()[:2], five_items())
    a = np.array([[1, 1, -1, -1, 0], [1, 1, -1, -1, 0]]) * 1.5 / ROOT2
    b = np.array([[1 / ROOT2, 0, -ROOT2, 0, 1 / ROOT2], [0, 0, 0, 0, 0]]) / 2
    np.testing.assert_allclose(parts["a"], a, atol=1e-15)
    np.testing.assert_allclose(parts["b"], b, atol=1e-15)
    np.testing.assert_allclose(z.similarity(five_items()[:2], five_items()), a + b, atol=1e-15)


def have_direction(block):
    """Whether rows have a direction; NaN, in absent rows, counts as one."""
    return np.asarray(abs(block).sum(axis=1)).ravel() != 0


def z_by_definition(fitted_on, queries, items, name):
    """The formula, a pair at a time, on dense rows."""

    def unit(views, row):
        block = views[name].toarray() if sp.issparse(views[name]) else np.asarray(views[name])
        x = block[row].astype(float)
        return x / np.linalg.norm(x)

    fitted = np.flatnonzero(fitted_on.mask(name) & have_direction(fitted_on[name]))
    rows = [unit(fitted_on, row) for row in fitted]
    mu = np.mean(rows, axis=0)
    pairs = [(rows[i] - mu) @ (rows[j] - mu) for i in range(len(rows)) for j in range(i)]
    z = np.zeros((len(queries), len(items)))
    for q in np.flatnonzero(queries.mask(name) & have_direction(queries[name])):
        for i in np.flatnonzero(items.mask(name) & have_direction(items[name])):
            z[q, i] = (unit(queries, q) - mu) @ (unit(items, i) - mu) / np.std(pairs)
    return z


@SEEDS
def test_is_the_formula_dense_and_sparse_with_missing_cells(seed):
    views = make_views(40, missing=0.4, random_state=seed)
    weights = {"image": 1.0, "text": 0.5, "audio": 0.25}
    z = CalibratedSimilarity(weights).fit(views)
    queries, items = views[:9], views[5:30]
    parts = z.parts(queries, items)
    assert list(parts) == ["image", "text", "audio"]
    for name, part in parts.items():
        expected = weights[name] * z_by_definition(views, queries, items, name)
        np.testing.assert_allclose(part, expected, atol=1e-11)
    np.testing.assert_allclose(z.similarity(queries, items), sum(parts.values()), atol=1e-11)


@SEEDS
def test_dense_and_sparse_agree(seed):
    views = make_views(50, missing=0.3, random_state=seed)
    dense = Views({**views.blocks, "text": views["text"].toarray()}, views.present)
    one, two = fit_silently(views), fit_silently(dense)
    assert one.view_weights_ == pytest.approx(two.view_weights_, abs=1e-10)
    expected = two.similarity(dense, dense)
    for left in (views, dense):
        for right in (views, dense):
            for z in (one, two):
                np.testing.assert_allclose(z.similarity(left, right), expected, atol=1e-10)


def test_sparse_rows_are_never_densified(monkeypatch):
    def refuse(self, *args, **kwargs):
        raise AssertionError("made dense")

    X = sp.random(400, 3000, density=0.01, format="csr", random_state=0)
    monkeypatch.setattr(sp.csr_matrix, "toarray", refuse)
    monkeypatch.setattr(sp.csr_matrix, "todense", refuse)
    z = CalibratedSimilarity().fit(X)
    assert all(sp.issparse(block) for block in z.prepare(X).blocks.values())


def test_a_combination_of_rows_has_the_combination_of_their_terms():
    views = make_views(40, missing=0.4)
    z = CalibratedSimilarity({"image": 1, "text": 2, "audio": 1}).fit(views)
    rows = z.prepare(views)
    factors = np.random.default_rng(0).normal(size=(3, 40))
    mixed = Views({name: sp.csr_matrix(factors) @ block for name, block in rows.items()})
    terms = dict(z.terms(mixed, rows, support=factors @ rows.present))
    for name, term in z.terms(rows, rows):
        np.testing.assert_allclose(terms[name], factors @ term, atol=1e-10)


def test_many_rows_are_sampled(planted_views):
    views = planted_views(0, n=600)[0]
    exact = CalibratedSimilarity().fit(views)
    for seed in range(3):
        some = CalibratedSimilarity(n_pairs=20_000, random_state=seed).fit(views)  # of 200 rows
        for name in views.names:
            assert some.scales_[name] != exact.scales_[name]
            assert some.scales_[name] == pytest.approx(exact.scales_[name], rel=0.15)
    again = CalibratedSimilarity(n_pairs=20_000, random_state=2).fit(views)
    assert again.scales_ == some.scales_


# --- what is missing ------------------------------------------------------------------------------


def test_what_is_missing_adds_0():
    views = make_views(30)
    z = CalibratedSimilarity({"image": 1, "text": 1, "audio": 1}).fit(views)
    present = views.present.copy()
    present[3] = False
    present[4, 1:] = False
    gaps = Views(views.blocks, present)
    np.testing.assert_array_equal(z.similarity(gaps, views)[3], 0)
    np.testing.assert_array_equal(z.similarity(views, gaps)[:, 3], 0)
    alone = z.parts(views, views)["image"]
    np.testing.assert_allclose(z.similarity(gaps, views)[4], alone[4], atol=1e-12)
    only = views.select("image")
    np.testing.assert_allclose(z.similarity(only, views), alone, atol=1e-12)
    strange = z.parts(views.select("text"), only)
    assert strange == {}
    np.testing.assert_array_equal(z.similarity(views.select("text"), only), np.zeros((30, 30)))


def test_absent_cells_change_nothing():
    views = make_views(30, missing=0.4)
    image = np.where(views.mask("image")[:, None], views["image"], 1e6)
    other = Views({**views.blocks, "image": image}, views.present)
    one, two = fit_silently(views), fit_silently(other)
    np.testing.assert_array_equal(one.similarity(views, views), two.similarity(other, other))


def test_a_row_of_zeros_says_nothing():
    views = make_views(30, sparse=False)
    blocks = {name: block.copy() for name, block in views.items()}
    for block in blocks.values():
        block[7] = 0
    absent = views.present.copy()
    absent[7] = False
    weights = {"image": 1, "text": 1, "audio": 1}
    zeros = CalibratedSimilarity(weights).fit(Views(blocks))
    without = CalibratedSimilarity(weights).fit(Views(blocks, absent))
    assert zeros.scales_ == without.scales_
    similarities = zeros.similarity(Views(blocks), Views(blocks))
    assert not similarities[7].any()
    np.testing.assert_array_equal(
        similarities, without.similarity(Views(blocks, absent), Views(blocks, absent))
    )


# --- wild views -----------------------------------------------------------------------------------


def wild():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(25, 4))
    base = rng.normal(size=4)
    lengths = rng.uniform(0.1, 9, size=(25, 1))
    yield "constant", np.tile(base, (25, 1)), True
    yield "constant direction", lengths * base, True
    yield "constant direction, float32", (lengths * base).astype(np.float32), True
    yield "constant direction, CSR", sp.csr_matrix(lengths * base), True
    yield "positive, width 1", lengths, True
    yield "all zero", np.zeros((25, 3)), True
    yield "all different", np.eye(25), False
    yield "of both signs, width 1", rng.normal(size=(25, 1)), False
    yield "wide", rng.normal(size=(25, 400)), False
    yield "tiny", 1e-100 * x, False
    yield "huge", 1e100 * x, False
    yield "far from 0", x + 1e5, False
    yield "far from 0, float32", (x + 1e2).astype(np.float32), False
    yield "sparse, wide", sp.random(25, 500, density=0.05, format="csr", random_state=0), False


@pytest.mark.parametrize(("block", "silent"), [c[1:] for c in wild()], ids=[c[0] for c in wild()])
def test_wild_views(block, silent):
    other = np.random.default_rng(1).normal(size=(25, 3))
    for views in (Views({"wild": block}), Views({"wild": block, "x": other})):
        z = fit_silently(views)
        assert (z.scales_["wild"] == 0) == silent
        parts = z.parts(views, views)
        assert np.isfinite(parts["wild"]).all()
        assert parts["wild"].any() != silent
        assert np.isfinite(list(z.view_weights_.values())).all()
        assert max(z.view_weights_.values()) == 1
    assert z.view_weights_["x"] == 1 or not silent


@pytest.mark.parametrize("n", [1, 2, 3, 4, 11])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
def test_few_rows(n, container):
    rng = np.random.default_rng(n)
    views = Views({"a": container(rng.normal(size=(n, 3))), "b": rng.normal(size=(n, 1))})
    z = fit_silently(views)
    assert np.isfinite(z.similarity(views, views)).all()
    assert max(z.view_weights_.values()) == 1
    if n < 2:  # there is no pair
        assert z.scales_ == {"a": 0.0, "b": 0.0}
        assert not z.similarity(views, views).any()


def test_float32_is_as_good_as_float64(planted_views):
    views = planted_views(0)[0]
    narrow = Views({name: block.astype(np.float32) for name, block in views.items()})
    one, two = CalibratedSimilarity().fit(views), CalibratedSimilarity().fit(narrow)
    found = two.similarity(narrow, narrow)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, one.similarity(views, views), atol=1e-4)


# --- the weights ----------------------------------------------------------------------------------


def test_a_single_view_has_weight_1(planted_views):
    assert CalibratedSimilarity().fit(planted_views(0)[0].select("audio")).view_weights_ == {
        "audio": 1.0
    }


def weights_by_definition(views, z, k=10):
    """The weights from whole matrices; no two views are the same, and some view has support."""
    different = ~np.eye(len(views), dtype=bool)
    supports, errors = [], []
    for name in views.names:
        has = views.mask(name)
        near = np.where(different & has, z[name], -np.inf)[has]
        nearest = np.argsort(-near, axis=1, kind="stable")[:, :k]
        votes = []
        for other in set(views.names) - {name}:
            both = views.mask(other)
            chance = z[other][different & both[:, None] & both].mean()
            pairs = both[has][:, None] & both[nearest]
            above = np.where(pairs, np.take_along_axis(z[other][has], nearest, axis=1), 0)
            vote = above.sum() / pairs.sum()
            deviations = above.sum(axis=1) - vote * pairs.sum(axis=1)
            votes.append((vote - chance, np.linalg.norm(deviations) / pairs.sum()))
        votes = np.array(votes)
        supports.append(votes[:, 0].mean())
        errors.append(np.linalg.norm(votes[:, 1]) / len(votes))
    supports, errors = np.array(supports), np.array(errors)
    kept = np.where(supports > errors, supports - errors**2 / supports, 0)
    return dict(zip(views.names, kept / kept.max()))


@SEEDS
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_weights_are_the_formula(planted_views, seed, missing):
    views = planted_views(seed, missing=missing)[0]
    fitted = CalibratedSimilarity().fit(views)
    ones = CalibratedSimilarity(dict.fromkeys(views.names, 1)).fit(views)
    expected = weights_by_definition(views, ones.parts(views, views))
    assert fitted.view_weights_ == pytest.approx(expected, abs=1e-9)


@SEEDS
def test_noise_has_next_to_no_weight(planted_views, seed):
    weights = CalibratedSimilarity().fit(planted_views(seed, extra=["noise"])[0]).view_weights_
    assert max(weights.values()) == 1
    assert weights["noise"] < 0.05
    assert weights["image"] > 0.3
    assert weights["text"] > 0.3


@SEEDS
def test_a_view_that_comes_twice_counts_once(planted_views, seed):
    once, twice = planted_views(seed)[0], planted_views(seed, extra=["copy"])[0]
    one, two = CalibratedSimilarity().fit(once), CalibratedSimilarity().fit(twice)
    assert two.view_weights_["text"] == pytest.approx(two.view_weights_["copy"])
    ratio = two.view_weights_["text"] / two.view_weights_["image"]
    assert 2 * ratio == pytest.approx(one.view_weights_["text"] / one.view_weights_["image"])
    # One common factor for all: the same ranking.
    a, b = one.similarity(once, once), two.similarity(twice, twice)
    np.testing.assert_allclose(a / a.std(), b / b.std(), atol=1e-8)


@SEEDS
def test_views_that_say_nearly_the_same_share_their_weight(planted_views, seed):
    views = planted_views(seed)[0]
    image = views["image"] + 0.3 * np.random.default_rng(seed).normal(size=views["image"].shape)
    near = Views({**views.blocks, "image again": image})
    one, two = CalibratedSimilarity().fit(views), CalibratedSimilarity().fit(near)
    w = two.view_weights_
    together = (w["image"] + w["image again"]) / w["text"]
    assert together == pytest.approx(
        one.view_weights_["image"] / one.view_weights_["text"], rel=0.25
    )


@SEEDS
def test_views_that_do_not_support_each_other_weigh_alike_and_say_so(seed):
    rng = np.random.default_rng(seed)
    views = Views({name: rng.normal(size=(200, 6)) for name in "abc"})
    with pytest.warns(UserWarning, match=r"\['a', 'b', 'c'\] do not support each other") as caught:
        weights = CalibratedSimilarity().fit(views).view_weights_
    assert weights == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert len(caught) == 1


def test_views_that_never_meet_weigh_alike(planted_views):
    views = planted_views(0)[0].select("image", "text")
    first = np.arange(300) < 150
    apart = Views(views.blocks, np.column_stack([first, ~first]))
    with pytest.warns(UserWarning, match="do not support each other"):
        z = CalibratedSimilarity().fit(apart)
    assert z.view_weights_ == {"image": 1.0, "text": 1.0}


def test_a_single_row_is_no_support():
    rows = Views({"a": np.eye(4), "b": np.eye(4)})
    fitted = Fitted(rows, {"b": np.zeros(4)}, {"b": 1.0}, np.arange(4))
    assert np.isnan(_vote(fitted, "b", np.array([0]), np.array([[1]]))).all()
    assert np.isfinite(_vote(fitted, "b", np.array([0, 2]), np.array([[1], [2]]))).all()


@SEEDS
def test_order_of_views_does_not_matter(planted_views, seed):
    views = planted_views(seed)[0]
    turned = views.select("audio", "text", "image")
    one, two = CalibratedSimilarity().fit(views), CalibratedSimilarity().fit(turned)
    assert one.view_weights_ == pytest.approx(two.view_weights_, rel=1e-12)
    assert one.scales_ == two.scales_


def test_neighbours_are_found_in_blocks(planted_views, monkeypatch):
    views = planted_views(0)[0]
    expected = CalibratedSimilarity().fit(views).view_weights_
    monkeypatch.setattr("mmclassic.match._agreement._BLOCK_ENTRIES", 2000)
    assert CalibratedSimilarity().fit(views).view_weights_ == pytest.approx(expected, rel=1e-9)
    monkeypatch.setattr("mmclassic.match._agreement._VOTERS", 150)
    some = CalibratedSimilarity().fit(views).view_weights_
    assert some != expected
    assert some == pytest.approx(expected, abs=0.3)


# --- views that are made of the others ------------------------------------------------------------


def with_sum(views, seed):
    """The views, and one more that is a linear map of two of them."""
    rng = np.random.default_rng(seed)
    both = np.where(views.mask("image")[:, None], np.nan_to_num(views["image"]), 0)
    sums = both @ rng.normal(size=(20, 6)) + views["text"] @ rng.normal(size=(200, 6))
    present = np.column_stack([views.present, views.mask("image") | views.mask("text")])
    return Views({**views.blocks, "shared": sums}, present)


@SEEDS
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_derived_views_weigh_1_and_do_not_judge(planted_views, seed, missing):
    views, _ = planted_views(seed, missing=missing)
    alone = CalibratedSimilarity().fit(views)
    more = CalibratedSimilarity(derived=["shared"]).fit(with_sum(views, seed))
    assert more.view_weights_ == {**alone.view_weights_, "shared": 1.0}
    assert {name: more.scales_[name] for name in views.names} == alone.scales_
    witness = CalibratedSimilarity().fit(with_sum(views, seed))
    assert {n: witness.view_weights_[n] for n in views.names} != alone.view_weights_


def test_given_weights_hold_for_derived_views_too(planted_views):
    views = with_sum(planted_views(0)[0], 0)
    given = {"image": 2, "text": 1, "audio": 0, "shared": 4}
    z = CalibratedSimilarity(given, derived=("shared",)).fit(views)
    assert z.view_weights_ == {"image": 0.5, "text": 0.25, "audio": 0.0, "shared": 1.0}


def test_a_single_native_view_beside_a_derived_one(planted_views):
    views = with_sum(planted_views(0)[0], 0).select("image", "shared")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = CalibratedSimilarity(derived=["shared"]).fit(views)
    assert z.view_weights_ == {"image": 1.0, "shared": 1.0}


@pytest.mark.parametrize("derived", [["shared"], ["image", "text", "audio"], ("image", "video")])
def test_wrong_derived(planted_views, derived):
    views, _ = planted_views(0, 30)
    message = r"derived must name some, not all, of the views \['image', 'text', 'audio'\]; got \["
    with pytest.raises(ValueError, match=message + ".*".join(map(repr, derived))):
        CalibratedSimilarity(derived=derived).fit(views)
    with pytest.raises(ValueError, match="'derived' parameter"):
        CalibratedSimilarity(derived="image").fit(views)


@SEEDS
def test_terms_take_other_weights(planted_views, seed):
    views, _ = planted_views(seed, 40, missing=0.3)
    z = CalibratedSimilarity({"image": 1, "text": 0.5, "audio": 0}).fit(views)
    rows = z.prepare(views)
    weights = {"image": 0.0, "text": 2.0, "audio": 3.0}
    found = dict(z.terms(rows[:5], rows, weights=weights))
    again = CalibratedSimilarity({"image": 1, "text": 1, "audio": 1}).fit(views)
    expected = again.parts(views[:5], views)
    assert list(found) == ["text", "audio"]
    for name, term in found.items():
        np.testing.assert_allclose(term, weights[name] * expected[name], rtol=1e-10, atol=1e-12)
    own = dict(z.terms(rows[:5], rows))
    assert list(own) == ["image", "text"]
    np.testing.assert_allclose(own["text"], 0.5 * expected["text"], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"image": 1}, r"each of the views \['image', 'text', 'audio'\]; got {'image': 1}"),
        ({"image": 1, "text": -1, "audio": 1}, "at least 0"),
        ({"image": 0, "text": 0, "audio": 0}, "must not all be 0"),
        ([1, 2, 3], "weights"),
    ],
)
def test_bad_weights(planted_views, weights, message):
    with pytest.raises(ValueError, match=message):
        CalibratedSimilarity(weights).fit(planted_views(0, n=20)[0])


def test_errors_name_what_was_fitted(planted_views):
    views = planted_views(0)[0]
    z = CalibratedSimilarity().fit(views)
    with pytest.raises(ValueError, match="CalibratedSimilarity was fitted on views"):
        z.similarity(views, Views({"sound": np.ones((1, 2))}))
    with pytest.raises(mmclassic.exceptions.NotFittedError):
        CalibratedSimilarity().similarity(views, views)


def test_pickle_and_skops(planted_views, tmp_path):
    views = planted_views(0)[0]
    z = CalibratedSimilarity().fit(views)
    expected = z.similarity(views, views)
    saved = mmclassic.load(mmclassic.save(z, tmp_path / "z.skops"))
    for again in (pickle.loads(pickle.dumps(z)), saved):
        np.testing.assert_array_equal(again.similarity(views, views), expected)


@SEEDS
def test_the_scale_of_rare_terms_is_that_of_all_pairs(seed):
    """Of 4,000 rows with 1,500 terms a sample of 1,000 rows has few pairs that share one."""
    rng = np.random.default_rng(seed)
    n = 4000
    columns = rng.integers(1500, size=(n, 2))
    rows = np.repeat(np.arange(n), 2)
    block = sp.csr_matrix((rng.random(2 * n) + 0.1, (rows, columns.ravel())), (n, 1500))
    present = np.ones((n, 1), dtype=bool)
    present[::7] = False
    found = CalibratedSimilarity({"tags": 1.0}).fit(Views({"tags": block}, present))
    unit = normalize(block[present[:, 0]]).toarray()
    centred = unit - unit.mean(axis=0)
    products = (centred @ centred.T)[np.triu_indices(len(unit), 1)]
    np.testing.assert_allclose(found.scales_["tags"], products.std(), rtol=1e-10)


@SEEDS
def test_rows_that_are_all_as_far_from_each_other_still_find_themselves(seed):
    """Texts without a word in common: all pairs are alike, so their deviation says nothing."""
    n = 3 + seed
    words = sp.csr_matrix(np.eye(n))
    z = CalibratedSimilarity({"text": 1.0}).fit(Views({"text": words}))
    centred = np.eye(n) - 1 / n
    assert z.scales_["text"] == pytest.approx((centred @ centred.T).std())
    found = z.similarity(Views({"text": words[[1]]}), Views({"text": words}))[0]
    assert found.argmax() == 1
    assert np.ptp(np.delete(found, 1)) < 1e-12


@SEEDS
def test_noise_beside_two_views_that_agree_well_does_not_get_their_weight(seed):
    """The two are the same evidence; were noise their only judge, it would silence both."""
    rng = np.random.default_rng(seed)
    classes = rng.normal(size=(8, 6))[rng.integers(8, size=150)]
    views = Views(
        {
            "image": classes @ rng.normal(size=(6, 12)) + 0.3 * rng.normal(size=(150, 12)),
            "text": classes @ rng.normal(size=(6, 9)) + 0.3 * rng.normal(size=(150, 9)),
            "noise": rng.normal(size=(150, 10)),
        }
    )
    weights = fit_silently(views).view_weights_
    assert weights["noise"] < 0.1
    assert min(weights["image"], weights["text"]) > 0.8
