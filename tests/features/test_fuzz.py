"""Ten thousand damaged files: features or our error, nothing else, in bounded time and memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmclassic

SCRIPT = Path(__file__).with_name("fuzz.py")
ROOT = Path(mmclassic.__file__).parents[1]
N_CASES = 2500


@pytest.mark.parametrize("first", range(0, 10_000, N_CASES))
def test_damaged_files_give_features_or_our_error(first):
    # In a process of its own, as a crash must not take the suite along. The watchdog in the script
    # ends a hang. Decoders write on standard error what they think of the damage.
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(first), str(first + N_CASES)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    last = run.stdout.splitlines()[-1]
    assert run.returncode == 0, f"{last}: status {run.returncode}\n{run.stderr[-3000:]}"
    features, refused, peak_mib = map(int, last.split())
    assert features + refused == N_CASES
    # Damage that leaves some files readable reaches further than the checks of a header.
    assert features > 0.05 * N_CASES
    assert peak_mib < 1500
