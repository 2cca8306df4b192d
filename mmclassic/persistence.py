"""Saving and loading without the power to run code: skops files with a list of trusted types."""

import importlib
import zipfile
from pathlib import Path

from skops import io as skops_io

from mmclassic.exceptions import UntrustedTypeError

# Stored as plain arrays (scipy.sparse.save_npz), but not on skops's own list.
_HARMLESS = frozenset({"scipy.sparse._csr.csr_array", "scipy.sparse._csr.csr_matrix"})


def save(model, path):
    """Save a fitted estimator.

    Parameters
    ----------
    model : estimator
        Anything of mmclassic or scikit-learn.
    path : str or path-like
        The file to write; ``.skops`` is the usual suffix.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, numpy as np, mmclassic
    >>> from mmclassic.align import CCA
    >>> folder = tempfile.mkdtemp()
    >>> path = mmclassic.save(CCA().fit(np.eye(4)), f"{folder}/cca.skops")
    >>> mmclassic.load(path)
    CCA()
    """
    path = Path(path)
    data = skops_io.dumps(model)
    # In one step at the end, so that a failure leaves an older file as it was.
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)
    return path


def load(path, *, trusted=()):
    """Load what `save` wrote; types that are not known to be harmless are refused.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of str, default=()
        Full names of further types to trust. Types of mmclassic, and the ones
        that skops trusts (NumPy, SciPy, scikit-learn), need no naming.

    Returns
    -------
    model : estimator
        The estimator.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a skops file.
    UntrustedTypeError
        If it holds other types; the message names them.
    """
    path = Path(path)
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{str(path)!r} is not a model file: mmclassic.save writes skops files.")
    try:
        unknown = skops_io.get_untrusted_types(data=data)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{str(path)!r} is not a readable skops file: {error}") from error
    ours = [name for name in unknown if name in _HARMLESS or _is_our_class(name)]
    refused = sorted(set(unknown) - set(ours) - set(trusted))
    if refused:
        raise UntrustedTypeError(
            f"{str(path)!r} holds types that are not trusted: {refused}. If you know where the "
            f"file comes from, pass trusted={refused} to load."
        )
    return skops_io.loads(data, trusted=[*ours, *trusted])


def _is_our_class(name):
    """Whether a name is that of a class defined in this package (and not of what it imports)."""
    module, _, attribute = name.rpartition(".")
    if module.split(".")[0] != "mmclassic":
        return False
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__ == module
