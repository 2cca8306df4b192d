"""``python -m mmclassic``: the command line."""

import sys

from mmclassic.cli import main

if __name__ == "__main__":
    sys.exit(main())
