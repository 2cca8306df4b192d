"""Imports that are not part of the base installation."""

import importlib

from mmclassic.exceptions import MissingDependencyError


def import_optional(module, *, extra, purpose):
    """Import a module that `extra` of mmclassic installs, or say how to install it.

    `purpose` is the subject of the MissingDependencyError: what needs the module.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs {module!r}, which is not installed; "
            f"run: pip install 'mmclassic[{extra}]'"
        ) from error
