"""Which types a file may hold without being asked about."""

import importlib

# Stored as plain arrays (scipy.sparse.save_npz), but not on skops's own list.
_HARMLESS = frozenset(
    f"scipy.sparse._{kind}.{kind}_{form}" for kind in ("csr", "csc") for form in ("array", "matrix")
)
# Compiled code believes the indices and lengths in these: a crafted one ends the process. About
# trees later skops asks as well.
_UNCHECKED = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        *(f"sklearn.svm._classes.{name}" for name in ("SVC", "NuSVC", "SVR", "NuSVR")),
        "sklearn.svm._classes.OneClassSVM",
    }
)
# How a type of ours, or a sparse matrix, may be built: by setting its state, or by its reader.
# A constructor of ours that is called with arguments from a file might do anything.
_OBJECT, _SPARSE = "ObjectNode", "SparseMatrixNode"


def full_name(node):
    """The dotted name of the type of a node."""
    return f"{node['__module__']}.{node['__class__']}"


def is_harmless(name, loaders):
    """Whether a type that the nodes of these loaders build is ours or a sparse matrix."""
    if name in _HARMLESS:
        return loaders <= {_SPARSE, _OBJECT}  # sparse arrays are objects to skops 0.11
    return loaders <= {_OBJECT} and is_our_class(name)


def is_unchecked(name):
    """Whether skops may trust a type that it should not."""
    return name in _UNCHECKED


def is_our_class(name):
    """Whether a name is that of a class defined in this package (and not of what it imports)."""
    module, _, attribute = name.rpartition(".")
    if module.split(".")[0] != "mmclassic" or "__" in module:
        return False
    try:
        found = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return False
    return isinstance(found, type) and found.__module__ == module
