"""Run a benchmark, or list them, or make the README's tables: ``python -m benchmarks --help``."""

import sys

from benchmarks._front import main

if __name__ == "__main__":
    sys.exit(main())
