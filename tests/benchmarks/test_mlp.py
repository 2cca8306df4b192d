"""What the benchmark of networks measures, where the truth is known."""

import numpy as np
import pytest

from benchmarks import mlp
from benchmarks._planted import held_out_correlation, planted_views
from mmclassic.align import CCA


def test_share_of_variance_and_recall_by_hand():
    truth = np.array([[0.0, 1.0], [2.0, 1.0]])
    assert mlp._share(truth, truth) == 1
    assert mlp._share(np.ones((2, 2)), truth) == 0
    left = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 1.0]])
    right = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    # The third and the second of the right are the same: of two equal ones half counts.
    row = mlp._recall("case", "method", left, right, "")
    assert row.value == pytest.approx((1 + 0.5 + 0.5 + 1 + 1 + 0) / 6)


def test_planted_components_correlate_as_asked():
    views = planted_views(4000, (3, 3), n_components=1, correlations=(0.8, 0.8))
    weak = planted_views(4000, (3, 3), n_components=1, correlations=(0.2, 0.2))
    strong, little = (held_out_correlation([v[:, :1] for v in x]) for x in (views, weak))
    assert abs(strong) > abs(little)


def test_the_aligner_is_a_named_step():
    model = mlp._rooted(CCA())
    assert model.set_params(align__ridge=1.0).named_steps["align"].ridge == 1.0
