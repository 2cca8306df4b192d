"""The networks: their gradients, what they learn, and what they keep."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import mmclassic
from mmclassic.align import CCA, MLPAligner, similarity
from mmclassic.align._mlp._adam import Adam
from mmclassic.align._mlp._coordinates import Coordinates
from mmclassic.align._mlp._losses import contrastive_loss, squared_loss
from mmclassic.align._mlp._objectives import OBJECTIVES
from mmclassic.align._mlp._rows import Rows
from mmclassic.testing import make_views
from mmclassic.views import Views

SEEDS = [0, 1, 2]
pytestmark = pytest.mark.filterwarnings("ignore:.*Maximum iterations:Warning")


def lines(seed, *, n=900, k=6, widths=(30, 20)):
    """Views that agree along lines."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, k))
    blocks = [hidden @ rng.normal(size=(k, p)) + 1.5 * rng.normal(size=(n, p)) for p in widths]
    return Views.from_arrays(*blocks, names=("image", "text"))


def curves(seed, *, n=1500):
    """text = |image|: no linear relation, an easy one for a network."""
    rng = np.random.default_rng(seed)
    image = rng.normal(size=(n, 3))
    return Views({"image": image, "text": np.abs(image) + 0.05 * rng.normal(size=image.shape)})


def reciprocal_rank(space):
    S = similarity(space["image"], space["text"])
    return np.mean(1 / (1 + (np.diag(S)[:, None] < S).sum(axis=1)))


# --- gradients -----------------------------------------------------------------------------------


def rows_for(objective_class, activation, *, sparse):
    """An objective in float64 with rows that lack views, and parameters away from kinks."""
    views = make_views(12, missing=0.3)
    rng = np.random.RandomState(0)
    coordinates = {
        name: Coordinates(views.present_rows(name), 3, None if sparse else 4, rng)
        for name in views.names
    }
    objective = objective_class(coordinates, 3, 5, activation)
    pieces = {name: coordinates[name].apply(views[name]) for name in views.names}
    rows = Rows(
        {n: read if sp.issparse(read) else np.nan_to_num(read) for n, (read, _) in pieces.items()},
        {n: rng.normal(size=(12, objective.towers[n].n_outputs)) for n in views.names},
        {name: np.nan_to_num(own) for name, (_, own) in pieces.items()},
        {name: views.mask(name) for name in views.names},
    )
    flat = objective.start(rng, np.float64)
    return objective, objective.prepared(rows), flat + 0.3 * rng.normal(size=flat.size)


@pytest.mark.parametrize("sparse", [False, True], ids=["coordinates", "columns"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_are_finite_differences(name, activation, sparse):
    objective, rows, flat = rows_for(OBJECTIVES[name], activation, sparse=sparse)
    assert sp.issparse(rows.inputs["text"]) == sparse
    keeps = {
        key: np.random.default_rng(1).integers(0, 2, (12, 5)) * 2.0 for key in objective.towers
    }
    for kept in (None, keeps):
        gradient = np.zeros_like(flat)
        objective.loss(flat, rows, gradient, kept)
        step = 1e-6
        for i in range(flat.size):
            ahead, behind = flat.copy(), flat.copy()
            ahead[i] += step
            behind[i] -= step
            slope = objective.loss(ahead, rows, None, kept) - objective.loss(
                behind, rows, None, kept
            )
            assert gradient[i] == pytest.approx(slope / (2 * step), abs=2e-7)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_absent_views_and_lonely_rows_say_nothing_of_others(name):
    objective, rows, flat = rows_for(OBJECTIVES[name], "relu", sparse=False)
    before = objective.loss(flat, rows)
    for view in objective.names:
        absent = ~rows.present[view]
        rows.inputs[view][absent], rows.linear[view][absent] = 7.0, -3.0
    assert objective.loss(flat, rows) == pytest.approx(before, rel=1e-12)
    alone = Rows(
        rows.inputs,
        rows.linear,
        rows.own,
        {n: rows.present[n] & (n == "text") for n in objective.names},
    )
    gradient = np.zeros_like(flat)
    loss = objective.loss(flat, alone, gradient)
    if name == "reconstruction":  # its own term
        assert loss > 0
        assert not any(part.any() for part in objective.by_tower(gradient)["image"])
    else:
        assert loss is None
        assert not gradient.any()


def test_contrastive_loss_of_two_orthogonal_pairs():
    """Logits [[s, 0], [0, s]]: -log of e^s / (e^s + 1) in every row and column."""
    loss, (by_left, _, by_scale) = contrastive_loss(np.eye(2), 3 * np.eye(2), np.log(2.0))
    assert loss == pytest.approx(np.log1p(np.exp(-2.0)))
    wrong = 1 / (1 + np.exp(2.0))
    assert by_scale == pytest.approx(-2 * wrong)
    np.testing.assert_allclose(by_left, [[0, wrong], [wrong, 0]])
    assert contrastive_loss(np.ones((5, 2)), np.ones((5, 2)), 0.0)[0] == pytest.approx(np.log(5))
    zero = contrastive_loss(np.zeros((3, 2)), np.eye(3, 2), 0.0)
    assert np.isfinite(zero[1][0]).all()


def test_squared_loss_counts_masked_rows_only():
    errors = np.array([[1.0, -2.0], [9.0, 9.0]])
    assert squared_loss(errors, np.array([True, False])) == (1 + 4) / 2 / 2
    np.testing.assert_array_equal(errors, [[0.5, -1.0], [0.0, 0.0]])


def test_adam_takes_steps_of_the_learning_rate_and_decays_weights_apart():
    adam = Adam(3, np.float64)
    parameters = np.array([1.0, 1.0, 1.0])
    adam.step(parameters, np.array([5.0, -0.01, 0.0]), 0.1, np.array([0.0, 0.0, 0.05]))
    np.testing.assert_allclose(parameters, [0.9, 1.1, 0.95], atol=1e-5)


# --- what is learned -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_mse_learns_what_a_line_cannot(seed):
    views = curves(seed)
    aligner = MLPAligner(n_components=3, objective="mse", learning_rate=3e-3, random_state=seed)
    mapped = aligner.fit(views[:1200]).transform(views[1200:])
    predicted, truth = mapped["image"][:, 3:], mapped["text"][:, 3:]
    assert 1 - ((predicted - truth) ** 2).sum() / ((truth - truth.mean(0)) ** 2).sum() > 0.8
    S = similarity(mapped["text"], mapped["image"])
    rank = (np.diag(S)[:, None] < S).sum(1)
    assert np.median(rank) < 300 * 0.1
    assert aligner.n_iter_ > 1


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_contrastive_learns_what_a_line_cannot(seed):
    views = curves(seed)
    aligner = MLPAligner(learning_rate=3e-3, max_iter=60, random_state=seed).fit(views[:1200])
    cca = CCA(ridge=0.1).fit(views[:1200])
    assert reciprocal_rank(cca.transform(views[1200:])) < 0.1
    assert reciprocal_rank(aligner.transform(views[1200:])) > 0.5
    assert 0.0099 < aligner.temperature_ < 1


@pytest.mark.parametrize("seed", SEEDS)
def test_views_that_agree_along_lines_lose_nothing(seed):
    views = lines(seed)
    linear = reciprocal_rank(CCA().fit(views[:600]).transform(views[600:]))
    aligner = MLPAligner(random_state=seed).fit(views[:600])
    assert reciprocal_rank(aligner.transform(views[600:])) > 0.97 * linear


def test_reconstruction_gives_codes_that_pairs_share():
    views = lines(0)
    aligner = MLPAligner(6, objective="reconstruction", max_iter=60).fit(views[:600])
    assert aligner.transform(views)["text"].shape == (900, 6)
    assert set(aligner.decoders_) == {"image", "text"}
    assert reciprocal_rank(aligner.transform(views[600:])) > 10 / 300


def test_the_best_pass_is_kept_and_the_start_counts():
    views = lines(1, n=300)
    aligner = MLPAligner(max_iter=30, n_iter_no_change=3).fit(views)
    assert len(aligner.validation_scores_) == len(aligner.loss_curve_) + 1 == aligner.n_iter_ + 1
    assert aligner.n_iter_ - int(np.argmax(aligner.validation_scores_)) >= 1


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_single_view(objective):
    X = np.random.default_rng(0).normal(size=(60, 5))
    aligner = MLPAligner(2, objective=objective, max_iter=5).fit(X)
    Z = aligner.transform(X)
    assert Z.shape == (60, 2)
    if objective != "reconstruction":
        np.testing.assert_allclose((Z**2).sum() / 60, 1)
        assert aligner.networks_ == {}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_csr_columns_are_read_as_the_same_numbers(objective):
    """Standardised alike, CSR and dense columns give the same places."""
    views = make_views(80)
    text = views["text"].toarray()
    text = text / text.std(axis=0)
    dense = Views({"image": views["image"], "text": text})
    sparse = Views({"image": views["image"], "text": sp.csr_matrix(text)})
    aligner = MLPAligner(3, objective=objective, max_inputs=None, max_iter=4)
    found, expected = (aligner.fit(v).transform(v)["text"] for v in (sparse, dense))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert aligner.networks_["text"][0].shape == (9, 64)


# --- bits, pieces and files ----------------------------------------------------------------------


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_seed_decides_the_bits_whatever_the_threads(objective):
    views = make_views(100)

    def fitted(seed, threads):
        with threadpool_limits(threads, user_api="blas"):
            return MLPAligner(3, objective=objective, max_iter=15, random_state=seed).fit(views)

    first, again, other = (fitted(*case).networks_["image"] for case in ((0, 1), (0, 2), (1, 1)))
    for a, b in zip(first, again):
        assert a.dtype == np.float32
        np.testing.assert_array_equal(a, b)
    assert not np.allclose(first[0], other[0])


def test_networks_need_rows_that_have_both():
    views = make_views(40)
    present = views.present.copy()
    present[:, 0] = np.arange(40) < 20
    present[:, 1] = np.arange(40) >= 20
    with pytest.raises(
        ValueError, match="at least 2 rows that have both 'image' and 'text'; got 0"
    ):
        MLPAligner(3).fit(Views(views.blocks, present))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_too_few_pairs_leave_the_linear_solution(objective):
    """None can be spared to judge networks, whether rows are few or those of every two views."""
    present = np.repeat([[1, 1, 0], [1, 0, 1], [0, 1, 1]], 3, axis=0).astype(bool)
    present = np.vstack([present, np.tile([True, False, False], (30, 1))])
    gaps = Views(make_views(39, sparse=False).blocks, present)
    for views in (gaps, lines(1, n=19)):
        aligner = MLPAligner(2, objective=objective, max_iter=3).fit(views)
        assert aligner.validation_scores_ == aligner.loss_curve_ == []
        doubled = aligner.transform(Views({n: 2 * b for n, b in views.items()}, views.present))
        for name, block in aligner.transform(views).items():
            offset = aligner.transform(Views({n: 0 * b for n, b in views.items()}))[name][0]
            known = views.mask(name)
            expected = (2 * block - offset)[known]
            np.testing.assert_allclose(doubled[name][known], expected, atol=1e-3)


def test_what_teaches_nothing_has_no_loss():
    aligner = MLPAligner(2, max_iter=3).fit(make_views(40))
    aligner.partial_fit(make_views(40)[:10].select("image"))
    assert np.isnan(aligner.loss_curve_[-1])
    with pytest.raises(ValueError, match="needs a batch_size of 2 or more; got 1"):
        MLPAligner(batch_size=1).fit(make_views(40))


def test_further_training_draws_anew():
    views = make_views(60)
    aligner = MLPAligner(2, dropout=0.5).partial_fit(views)
    states = [aligner._draws().randint(2**31)]
    aligner.partial_fit(views)
    states.append(aligner._draws().randint(2**31))
    assert states[0] != states[1]


def test_another_objective_leaves_nothing_of_the_last():
    views = make_views(60)
    aligner = MLPAligner(3, max_iter=2).fit(views)
    assert aligner.temperature_ > 0
    aligner.set_params(objective="mse").fit(views)
    assert "temperature_" not in vars(aligner)
    assert aligner.transform(views)["text"].shape == (60, 9)
    with pytest.raises(ValueError, match="objective='contrastive' and hidden_size=64 are not"):
        aligner.set_params(objective="contrastive").partial_fit(views)


def test_partial_fit_learns_from_pieces_and_lets_views_be_absent():
    views = curves(0, n=2000)
    aligner = MLPAligner(learning_rate=3e-3, dropout=0.0)
    for _ in range(12):
        for start in range(0, 1600, 400):
            aligner.partial_fit(views[start : start + 400])
    assert len(aligner.loss_curve_) == aligner.n_iter_ == 48
    assert reciprocal_rank(aligner.transform(views[1600:])) > 0.3
    before = [part.copy() for part in aligner.networks_["text"]]
    aligner.partial_fit(views[:50].select("image"))  # no pair, nothing to learn
    for a, b in zip(before, aligner.networks_["text"]):
        np.testing.assert_array_equal(a, b)


def test_warm_start_goes_on_and_refuses_other_views():
    views = curves(0, n=600)
    aligner = MLPAligner(max_iter=10, warm_start=True).fit(views)
    cold = MLPAligner(max_iter=10).fit(views)
    assert aligner.fit(views).validation_scores_[0] > cold.validation_scores_[0]
    assert aligner._optimiser.n_steps == 2 * 10 * 3
    assert "_optimiser" not in vars(cold)
    with pytest.raises(ValueError, match="warm_start=True the views must be those of before"):
        aligner.fit(views.select("image"))
    with pytest.raises(ValueError, match="hidden_size=8 are not those"):
        aligner.set_params(hidden_size=8).fit(views)


def test_training_that_diverges_says_so():
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="smaller learning_rate"):
        MLPAligner(objective="mse", learning_rate=1e30, max_iter=5).fit(lines(0, n=100))


def test_a_pass_limit_is_warned_about():
    with pytest.warns(ConvergenceWarning, match="after max_iter=2 passes"):
        MLPAligner(max_iter=2).fit(curves(0, n=200))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # views that share nothing give none either
        MLPAligner(max_iter=100, n_iter_no_change=1).fit(
            Views({"a": np.eye(30), "b": np.eye(30)[::-1]})
        )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_files_hold_all_and_damaged_ones_are_refused(objective, tmp_path):
    views = make_views(60)
    aligner = MLPAligner(3, objective=objective, max_iter=3, warm_start=True).fit(views)
    mmclassic.save(aligner, tmp_path / "a.skops")
    restored = mmclassic.load(tmp_path / "a.skops")
    for name, block in aligner.transform(views).items():
        np.testing.assert_array_equal(restored.transform(views)[name], block)
    assert restored._optimiser.n_steps == aligner._optimiser.n_steps
    aligner.networks_["text"][2] = aligner.networks_["text"][2][:, :1]
    mmclassic.save(aligner, tmp_path / "b.skops")
    with pytest.raises(ValueError, match="its networks do not fit"):
        mmclassic.load(tmp_path / "b.skops")
