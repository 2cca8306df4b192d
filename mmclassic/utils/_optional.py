"""Imports that are not part of the base installation."""

import importlib

from mmclassic.exceptions import MissingDependencyError


def import_optional(module, *, extra, purpose):
    """Import a module of an optional extra.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    extra : str
        The extra of mmclassic that installs it.
    purpose : str
        What it is needed for, as the subject of the error message.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingDependencyError
        If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{purpose} needs {module!r}, which is not installed; "
            f"run: pip install 'mmclassic[{extra}]'"
        ) from error
