"""What a file was written with: a member of its own, readable without loading anything."""

import json
import platform
from importlib.metadata import version

from mmclassic import __version__

MEMBER = "versions.json"
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "skops", "snowballstemmer")


def versions():
    """The versions of Python, of mmclassic and of what is in a model, by name."""
    here = {"mmclassic": __version__, "python": platform.python_version()}
    return here | {name: version(name) for name in _LIBRARIES}


def tell_difference(archive):
    """A sentence on what a file was written with, where that is not what runs here."""
    try:
        written = json.loads(archive.read(MEMBER))
        other = [
            f"{name} {written[name]} (here {ours})"
            for name, ours in versions().items()
            if written[name] != ours
        ]
    except Exception:  # no part of a broken file may hide what is wrong with the rest
        return ""
    return f" It was written with {', '.join(other)}; fit again here." if other else ""
