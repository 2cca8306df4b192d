"""Loading models, of which nothing is believed before it is checked."""

import json
import os
import stat
import zipfile

from skops import io as skops_io
from skops.io.exceptions import UntrustedTypesFoundException

from mmclassic.exceptions import ModelFileError, UntrustedTypeError
from mmclassic.persistence._schema import SCHEMA, Contents, check_arrays, check_members
from mmclassic.persistence._state import check_model
from mmclassic.persistence._types import is_harmless, is_unchecked
from mmclassic.persistence._versions import tell_difference
from mmclassic.utils import LOGGER

# Arrays are stored as they are; only sparse matrices are compressed, at most about a
# thousand times, and those of words some five times.
_UNPACKED, _ALLOWANCE = 50, 2**28


def load(path, *, trusted=(), max_bytes=None, max_nodes=10_000_000):
    """Load what `save` wrote; types that are not known to be harmless are refused.

    A file from anywhere can be loaded: it runs no code, takes memory and time in proportion to its
    size, and what it holds fits together, or it is refused.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : sequence of str, default=()
        Full names of further types to trust. Types of mmclassic, and the ones
        that skops trusts (NumPy, SciPy, scikit-learn), need no naming. What they build is
        not checked.
    max_bytes : int > 0, default=None
        How many bytes the arrays may unpack to. None is 256 MiB and 50 times the size of the
        file.
    max_nodes : int > 0, default=10_000_000
        How many objects the file may hold; each takes about a kilobyte while it is loaded. An
        array is one, so a model of a million items has some thousands.

    Returns
    -------
    model : estimator
        The estimator.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelFileError
        If it is not a model file, or damaged, or made to harm. A ValueError.
    UntrustedTypeError
        If it holds other types; the message names them.
    """
    name = os.fspath(path)
    trusted = [trusted] if isinstance(trusted, str) else list(trusted)
    status = os.stat(name)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{name!r} is a folder, not a model file.")
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait
        raise ModelFileError(name, "it is not a regular file.")
    if max_bytes is None:
        max_bytes = _ALLOWANCE + _UNPACKED * status.st_size
    with open(name, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:
            reason = f"{_words(error)}; mmclassic.save writes skops files."
            raise ModelFileError(name, reason) from error
        with archive:
            try:
                model = _read(file, archive, name, trusted, max_bytes, max_nodes)
            except UntrustedTypeError:
                raise
            except Exception as error:
                reason = f"{_words(error)}.{tell_difference(archive)}"
                raise ModelFileError(name, reason) from error
    LOGGER.info("loaded %s from %r", type(model).__name__, name)
    return model


def _read(file, archive, name, trusted, max_bytes, max_nodes):
    check_members(archive, os.fstat(file.fileno()).st_size)
    schema = json.loads(archive.read(SCHEMA))
    contents = Contents.of(schema, max_nodes)
    check_arrays(archive, contents.readers, max_bytes)
    ours = [n for n, loaders in contents.loaders.items() if is_harmless(n, loaders)]
    refused = {n for n in contents.loaders if is_unchecked(n)} - set(trusted)
    try:
        if not refused:
            model = skops_io.load(file, trusted=[*ours, *trusted])
            check_model(model)
            return model
    except UntrustedTypesFoundException:
        refused = set(skops_io.get_untrusted_types(file=file)) - set(ours) - set(trusted)
    refused = sorted(refused)
    raise UntrustedTypeError(
        f"{name!r} holds types that are not trusted: {refused}. If you know where the "
        f"file comes from, pass trusted={refused} to load.{tell_difference(archive)}"
    )


def _words(error):
    """What an error says; its name where it says little without."""
    text = str(error).removesuffix(".")
    plain = type(error) in (ValueError, zipfile.BadZipFile)
    return text if plain and text else f"{type(error).__name__}: {text}"
