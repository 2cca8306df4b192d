"""Fixtures that the tests of several packages share."""

import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import settings
from threadpoolctl import threadpool_limits

from mmclassic.views import Views

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Two threads of BLAS for tests about threads, however many the suite was started with."""
    with threadpool_limits(2, user_api="blas") if "threads" in item.name else nullcontext():
        yield


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets, or a visible skip."""
    folder = os.environ.get("MMCLASSIC_DATA")
    if not folder:
        pytest.skip("needs real data: set MMCLASSIC_DATA to a folder that holds the data sets")
    return Path(folder)


def make_planted_views(seed, n=300, *, missing=0.0, extra=()):
    """Views of ten classes, one of them CSR, and the class of every row.

    Further views by name: "noise", or "copy" of the text in another unit.
    """
    rng = np.random.default_rng(seed)
    y = rng.integers(10, size=n)
    words = rng.dirichlet(np.full(200, 0.15), size=10) + 0.7 * rng.dirichlet(np.ones(200), size=10)
    words /= words.sum(axis=1, keepdims=True)
    blocks = {
        "image": rng.normal(size=(10, 20))[y] + 2 * rng.normal(size=(n, 20)) + 3,
        "text": sp.csr_matrix(np.array([rng.multinomial(12, words[c]) for c in y], dtype=float)),
        "audio": 0.8 * rng.normal(size=(10, 12))[y] + 2 * rng.normal(size=(n, 12)) + 1,
    }
    if "noise" in extra:
        blocks["noise"] = rng.normal(size=(n, 15))
    if "copy" in extra:
        blocks["copy"] = 3 * blocks["text"]
    present = rng.random((n, len(blocks))) >= missing
    return Views(blocks, present), y


@pytest.fixture(scope="session")
def planted_views():
    """The function above."""
    return make_planted_views
