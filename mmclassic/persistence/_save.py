"""Saving models: skops files whose bytes hang on the model alone."""

import io
import json
import os
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

from skops import io as skops_io

from mmclassic.persistence._schema import SCHEMA
from mmclassic.persistence._types import full_name, is_harmless
from mmclassic.persistence._versions import MEMBER, versions
from mmclassic.utils import LOGGER, atomic_write

# Values that stand for nothing but themselves: that two of them are one object means nothing.
_VALUES = frozenset({"JsonNode", "TypeNode", "FunctionNode"})
_BUILT = frozenset({"ObjectNode", "ConstructorFromReduceNode"})


def save(model, path):
    """Save a fitted estimator.

    The same model gives the same bytes, whenever and wherever it is saved with the same versions,
    which are in the member ``versions.json`` of the file, a zip archive. Several processes may
    save to one path: a reader finds one of the models, whole.

    Parameters
    ----------
    model : estimator
        Anything of mmclassic or scikit-learn.
    path : str or path-like
        The file to write; ``.skops`` is the usual suffix. A symbolic link is followed, and a
        file that is there keeps its mode.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    OSError
        If the file cannot be written. A file that was there is as it was.
    TypeError
        If the model holds what cannot be stored; the message names the type.

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
    with atomic_write(path) as file:  # begun first, for a model may take minutes to write down
        _write(model, file)
    LOGGER.info("saved %s to %r (%d bytes)", type(model).__name__, str(path), os.stat(path).st_size)
    return path


def _write(model, file):
    with zipfile.ZipFile(io.BytesIO(_dumped(model))) as source:
        schema = json.loads(source.read(SCHEMA))
        order = _Order()
        schema = order.arrange(schema)
        _refuse_unloadable(schema, order)
        with zipfile.ZipFile(file, "w") as target:
            _add(target, MEMBER, json.dumps(versions(), indent=1).encode())
            _add(target, SCHEMA, json.dumps(schema, separators=(",", ":")).encode())
            for old, new in order.files.items():
                _add(target, new, source.read(old))


def _dumped(model):
    try:
        return skops_io.dumps(model)
    except RecursionError as error:
        raise TypeError(
            f"cannot save the {type(model).__name__}: a part of it holds itself, or it is nested "
            "too deep."
        ) from error
    except TypeError as error:
        raise TypeError(f"cannot save the {type(model).__name__}: {error}") from error


def _add(archive, name, data):
    # ZipInfo's own date is 1980; writestr with a name would write the time.
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    archive.writestr(info, data)


class _Order:
    """New names for what skops names by addresses in memory or at random: numbers in order."""

    def __init__(self):
        self.files = {}
        self.loaders = defaultdict(set)
        self._numbers = {}

    def arrange(self, part):
        """The same part of a schema under its new names, sets sorted."""
        if isinstance(part, list):
            return [self.arrange(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        loader = part.get("__loader__")
        if not isinstance(loader, str):
            return {key: self.arrange(inner) for key, inner in part.items()}
        self.loaders[full_name(part)].add(loader)
        if loader == "DictNode":
            _check_keys(part)
        if full_name(part).startswith("mmclassic.features."):
            part = _without_cache(part)
        if loader == "SetNode":
            part = {**part, "content": sorted(part["content"], key=_without_names)}
        return {key: self._renamed(key, part[key]) for key in part if key != "__id__"} | (
            {} if loader in _VALUES or "__id__" not in part else self._number(part["__id__"])
        )

    def _renamed(self, key, value):
        if key == "file" and isinstance(value, str):
            suffix = value.rpartition(".")[2]
            return self.files.setdefault(value, f"{len(self.files) + 1}.{suffix}")
        return self.arrange(value)

    def _number(self, address):
        return {"__id__": self._numbers.setdefault(address, len(self._numbers) + 1)}


def _without_cache(node):
    """A vectorizer's node without its folder of features, which is of this machine."""
    state = node.get("content") or {}
    if "cache" not in state.get("content", {}):
        return node
    nothing = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    content = {**state["content"], "cache": {**nothing, "content": "null", "is_json": True}}
    return {**node, "content": {**state, "content": content}}


def _without_names(part):
    """What the elements of a set are sorted by."""

    def bare(part):
        if isinstance(part, list):
            return [bare(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        return {key: bare(inner) for key, inner in part.items() if key not in ("__id__", "file")}

    return json.dumps(bare(part))


def _check_keys(node):
    """JSON knows text keys alone; skops makes other ones of these by calling their types."""
    types = [full_name(kind) for kind in node["key_types"]["content"]]
    lost = sorted({name for name in types if name in ("builtins.bool", "builtins.NoneType")})
    if lost or len(types) != len(node["content"]):
        why = f"keys of the types {lost}" if lost else "different keys that read alike as text"
        raise TypeError(f"cannot save a dict with {why}; make the keys str.")


def _refuse_unloadable(schema, order):
    """Raise TypeError for what `load` could not build, or would refuse of a model of ours."""
    unknown = [
        name
        for name in _untrusted_types(schema, order.files.values())
        if not is_harmless(name, order.loaders[name])
    ]
    lost = [name for name in unknown if "<" in name]
    values = [name for name in unknown if order.loaders[name] & _BUILT and _is_value(name)]
    if lost:
        raise TypeError(
            f"cannot save {lost}: a lambda, or what is defined within a function, cannot be found "
            "again; define it in a module."
        )
    if values:
        raise TypeError(
            f"cannot save values of the types {values}, which load would refuse; make them str or "
            "numbers."
        )


def _is_value(name):
    top = name.partition(".")[0]
    return top == "pandas" or (top in sys.stdlib_module_names and top != "__main__")


def _untrusted_types(schema, files):
    """The types that skops does not trust; arrays, which have no say in that, are left out."""
    stub = io.BytesIO()
    with zipfile.ZipFile(stub, "w") as archive:
        archive.writestr(SCHEMA, json.dumps(schema))
        for name in files:
            archive.writestr(name, b"")
    return skops_io.get_untrusted_types(data=stub.getvalue())
