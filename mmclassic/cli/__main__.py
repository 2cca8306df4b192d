"""``python -m mmclassic.cli``."""

import sys

from mmclassic.cli._main import main

if __name__ == "__main__":
    sys.exit(main())
