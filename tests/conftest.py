"""Fixtures that the tests of several packages share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets, or a visible skip."""
    folder = os.environ.get("MMCLASSIC_DATA")
    if not folder:
        pytest.skip("needs real data: set MMCLASSIC_DATA to a folder that holds the data sets")
    return Path(folder)
