"""Where the package logs to; it stays silent unless the program sets logging up."""

import logging

LOGGER = logging.getLogger("mmclassic")
LOGGER.addHandler(logging.NullHandler())
