"""Run a benchmark, or list them: ``python -m benchmarks [NAME] [--quick] [--json FILE]``."""

import sys

from benchmarks._front import main

if __name__ == "__main__":
    sys.exit(main())
