"""``python -m mmclassic.cli``, the same as ``python -m mmclassic``."""

import sys

from mmclassic.cli._main import main

if __name__ == "__main__":
    sys.exit(main())
