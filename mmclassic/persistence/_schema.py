"""What a file says of itself, checked before anything is built from it.

A skops file is a zip archive: ``schema.json`` is a tree of nodes, each of a type and of the loader
that builds it, and arrays are members of their own. Everything here costs time and memory in
proportion to the size of the file.
"""

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from mmclassic.persistence._types import full_name

SCHEMA = "schema.json"
_MEMBER = re.compile(r"[A-Za-z0-9_-]+\.(json|npy|npz|bin)")
# Nodes lie two levels of JSON apart, and skops calls itself three times a node.
_MAX_DEPTH = 200
_SUFFIXES = {
    "NdArrayNode": ".npy",
    "SparseMatrixNode": ".npz",
    "BytesNode": ".bin",
    "BytearrayNode": ".bin",
}
_TOO_LARGE = "its arrays unpack to more than max_bytes"
_ENCRYPTED = 1
_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})


@dataclass
class Contents:
    """The loaders by type, and the nodes that read members, of a schema."""

    max_nodes: int
    loaders: dict = field(default_factory=lambda: defaultdict(set))
    readers: list = field(default_factory=list)
    _n_nodes: int = 0
    _sizes: dict = field(default_factory=dict)

    @classmethod
    def of(cls, schema, max_nodes):
        """Walk through a schema; raises ValueError where it is none that skops writes."""
        if not isinstance(schema, dict):
            raise ValueError(f"{SCHEMA} holds no object")
        contents = cls(max_nodes)
        contents._walk(schema, 0)
        return contents

    def _walk(self, part, depth):
        """The number of objects in a part of the schema."""
        if depth > _MAX_DEPTH:
            raise ValueError(f"{SCHEMA} is nested more than {_MAX_DEPTH} levels deep")
        if isinstance(part, list):
            return sum(self._walk(inner, depth + 1) for inner in part)
        if not isinstance(part, dict):
            return 0
        self._n_nodes += 1
        if self._n_nodes > self.max_nodes:
            raise ValueError(f"{SCHEMA} has more than {self.max_nodes:,} nodes (max_nodes)")
        size = 1 + sum(self._walk(inner, depth + 1) for inner in part.values())
        self._check_identity(part.get("__id__"), size)
        if isinstance(part.get("__loader__"), str):
            self._note(part)
        return size

    def _check_identity(self, identity, size):
        """Refuse references: skops writes an object that comes again in full.

        A file of some lines in which every object refers twice to the one before would be walked
        through for ever.
        """
        if identity is None or isinstance(identity, dict):  # of a user's key of that name
            return
        if type(identity) is not int or self._sizes.setdefault(identity, size) != size:
            raise ValueError(f"two objects in {SCHEMA} have the number {identity!r}")

    def _note(self, node):
        loader = node["__loader__"]
        self.loaders[full_name(node)].add(loader)
        if loader == "CachedNode":
            raise ValueError("it holds a reference, which skops does not write")
        if loader == "RandomGeneratorNode":
            name = node["content"]["bit_generator"]["content"]["bit_generator"]["content"]
            if name.strip('"') not in _GENERATORS:
                raise ValueError(f"it names a random generator {name}")
        name = node.get("file")
        if isinstance(name, str):
            if not name.endswith(_SUFFIXES.get(loader, ())):  # members are checked by suffix
                raise ValueError(f"a {loader} reads the member {name!r}")
            self.readers.append(node)


def check_members(archive, n_bytes):
    """Refuse an archive that is more than the bytes of its file."""
    seen, total = set(), 0
    for info in archive.infolist():
        name = info.filename
        if not _MEMBER.fullmatch(name):
            raise ValueError(f"it has a member of the name {name!r}")
        if name in seen:
            raise ValueError(f"the member {name!r} comes twice")
        plain = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & _ENCRYPTED
        if not plain or info.file_size != info.compress_size:
            raise ValueError(
                f"the member {name!r} is compressed or encrypted; mmclassic.save writes none such"
            )
        seen.add(name)
        total += info.file_size
    if total > n_bytes:
        raise ValueError("its members overlap")


def check_arrays(archive, readers, max_bytes):
    """Refuse arrays that are not what their headers say, or that unpack to too much."""
    left = max_bytes
    for name in {node["file"] for node in readers}:
        size = archive.getinfo(name).file_size
        with archive.open(name) as file:
            if name.endswith(".npz"):
                size = _check_npz(file, name, left)
            elif name.endswith(".npy"):
                _check_npy(file, size, name)
        left -= size
        if left < 0:
            raise ValueError(_TOO_LARGE)
    for node in readers:
        _check_scalar(archive, node)


def _check_npz(file, name, left):
    """Check the parts of a sparse matrix, which are compressed; gives their unpacked size."""
    with zipfile.ZipFile(file) as inner:
        infos = inner.infolist()
        if len({info.filename for info in infos}) < len(infos):
            raise ValueError(f"a part of {name!r} comes twice")
        if sum(info.file_size for info in infos) > left:
            raise ValueError(_TOO_LARGE)
        for info in infos:
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"a part of {name!r} is compressed in an unknown way")
            with inner.open(info) as part:
                _check_npy(part, info.file_size, name)
        return sum(info.file_size for info in infos)


def _check_npy(file, n_bytes, name):
    """Refuse an array of Python objects, or of more or fewer bytes than there are."""
    shape, dtype = _read_header(file, name)
    if dtype.hasobject:
        raise ValueError(f"the array in {name!r} holds Python objects")
    held = n_bytes - file.tell()
    # Python's integers do not overflow; elements of no bytes would make any number of them.
    wanted = max(dtype.itemsize, 1)
    for length in shape:
        wanted *= length
    if wanted != held and not (dtype.itemsize == 0 and held == 0 and wanted < n_bytes):
        raise ValueError(f"the array in {name!r} has shape {shape} and {held:,} bytes")
    if any(not 0 <= length < 2**40 for length in shape):
        raise ValueError(f"the array in {name!r} has shape {shape}")


def _read_header(file, name):
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"the array in {name!r} is of an unknown format {version}")
    shape, _, dtype = readers[version](file)
    return shape, dtype


def _check_scalar(archive, node):
    """A NumPy scalar is built by a call of its type: ``numpy.void(n)`` would take n bytes."""
    if node["__loader__"] != "NdArrayNode" or full_name(node) == "numpy.ndarray":
        return
    with archive.open(node["file"]) as file:
        shape, dtype = _read_header(file, node["file"])
    if shape != () or dtype.kind == "V":
        raise ValueError(f"the scalar in {node['file']!r} is of {dtype} and shape {shape}")
