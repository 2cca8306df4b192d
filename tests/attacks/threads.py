"""Eight threads on every fitted thing, again and again: what goes wrong by chance shows in time.

python tests/attacks/threads.py ROUNDS
"""

import runpy
import sys
import time
import warnings
from pathlib import Path

from mmclassic.testing import check_threads, check_transform_changes_nothing

# As a part of its package, for it imports from that.
sys.path.insert(0, str(Path(__file__).parents[2]))


def main(rounds):
    """Run both checks on all cases of the suite so many times; gives the number of checks."""
    warnings.simplefilter("ignore")
    suite = runpy.run_module("tests.test_reading_changes_nothing")
    made = [lambda e=e: suite["with_calls"](e) for e in suite["OF_VIEWS"]]
    made += [*suite["FEATURES"].values(), *suite["MODELS"].values()]
    done = 0
    for _ in range(rounds):
        for make in made:
            check_threads(*make())
            check_transform_changes_nothing(*make())
            done += 2
    return done


if __name__ == "__main__":
    start = time.perf_counter()
    n_checks = main(int(sys.argv[1]))
    sys.stdout.write(f"{n_checks} checks in {time.perf_counter() - start:.0f} s, none failed\n")
