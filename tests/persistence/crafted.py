"""Models to attack, what is done to their files, and what must come of it."""

import copy
import io
import json
import os
import resource
import signal
import sys
import traceback
import warnings
import zipfile

import numpy as np
import pandas as pd

import mmclassic
from mmclassic import MultimodalRecommender
from mmclassic.align import CCA, KernelCCA, KMeansAligner, SemanticMatching
from mmclassic.exceptions import ModelFileError, UntrustedTypeError
from mmclassic.features import ModalityExtractor, TextVectorizer
from mmclassic.interactions import Interactions
from mmclassic.metrics import RankedLists
from mmclassic.recommend import CrossModalSearch, KNNRecommender, PopularRecommender
from mmclassic.views import PerView, Views

WORKS, REFUSED, UNTRUSTED, WRONG = 0, 10, 11, 20
WORDS = ["red", "blue", "shirt", "robot", "cotton", "tin", "sun", "moon", "sea", "hat"]


def table(n=24, seed=0):
    rng = np.random.default_rng(seed)
    text = [" ".join(rng.choice(WORDS, 3)) for _ in range(n)]
    return pd.DataFrame(
        {
            "item_id": [f"i{i}" for i in range(n)],
            "title": text,
            "age": rng.uniform(size=n) + np.array([len(t) for t in text]),
            "kind": rng.choice(["a", "b"], n),
        }
    )


def likes(n=24, seed=0):
    rng = np.random.default_rng(seed)
    pairs = {(f"u{rng.integers(6)}", f"i{rng.integers(n)}") for _ in range(60)}
    return pd.DataFrame(sorted(pairs), columns=["user_id", "item_id"])


def use(model):
    """Ask a model whatever it can be asked."""
    if isinstance(model, MultimodalRecommender):
        model.recommend(k=3)
        model.similar(model.item_ids_[:2], k=3)
        model.search("red robot", k=3)
        rows = table(3, 1)
        if all(column in rows for *_, column in model.extractor_.modalities):
            model.similar(rows, k=3)
        model.explain(model.recommender_.user_ids_[0], model.item_ids_[0])
    elif isinstance(model, (KNNRecommender, PopularRecommender)):
        model.recommend(k=3)
        if isinstance(model, KNNRecommender):
            model.similar(model.item_ids_[:2], k=3)
            model.search(model.features_[:2], k=3)
    elif isinstance(model, CrossModalSearch):
        model.search(model.gallery_[:2], k=3)
    elif isinstance(model, Interactions):
        model.to_csr()
        model.to_frame()
    elif isinstance(model, RankedLists):
        model.to_frame()
    elif isinstance(model, Views):
        repr(model[:2])
    elif isinstance(model, TextVectorizer):
        model.transform(["red robot", "blue"])
    elif hasattr(model, "view_widths_in_") and hasattr(model, "transform"):
        widths = model.view_widths_in_
        if max(widths.values()) < 1e6:
            model.transform(Views({name: np.ones((2, width)) for name, width in widths.items()}))


def models():
    """Small fitted models of many kinds, by name."""
    rng = np.random.default_rng(0)
    items, interactions = table(), likes()
    a = rng.normal(size=(24, 3))
    views = Views({"a": a, "b": a @ rng.normal(size=(3, 4)) + 0.1 * rng.normal(size=(24, 4))})
    y = rng.integers(0, 2, 24)
    columns = {"text": "title", "numeric": "age"}
    whole = MultimodalRecommender(**columns).fit(items, interactions)
    classes = {"aligner": SemanticMatching(), "labels": "kind", "similarity": "shared"}
    words = whole.views_.select("text")
    lists = whole.rank(k=3)
    read = Interactions.from_frame(interactions)
    return {
        "whole": whole,
        "shared": MultimodalRecommender(**columns, **classes).fit(items, interactions),
        "texts": MultimodalRecommender(text="title").fit(items, interactions),
        "knn": KNNRecommender().fit(words, interactions, ids=items["item_id"]),
        "cosine": KNNRecommender(metric="cosine").fit(words, interactions, ids=items["item_id"]),
        "popular": PopularRecommender().fit(items, interactions),
        "search": CrossModalSearch().fit(words),
        "interactions": read,
        "lists": lists,
        "views": whole.views_,
        "cca": CCA().fit(views),
        "kernel": KernelCCA().fit(views),
        "kmeans": KMeansAligner(3, random_state=0).fit(views),
        "semantic": SemanticMatching().fit(views, y),
        "perview": PerView({"a": "passthrough"}, remainder="passthrough").fit(views),
        "lsa": TextVectorizer(n_components=2, random_state=0).fit(items["title"]),
        "extractor": ModalityExtractor([("text", TextVectorizer(), "title")]).fit(items),
    }


# --- a file taken apart and put together ---------------------------------------------------------


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts, **options):
    """An archive whose checksums are right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **options) as archive:
        for name, data in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, data)
    return stream.getvalue()


def with_schema(data, change):
    """The file with its schema changed in place, or by what `change` returns."""
    parts = members(data)
    schema = json.loads(parts["schema.json"])
    changed = change(schema)
    parts["schema.json"] = json.dumps(schema if changed is None else changed).encode()
    return packed(parts)


def nodes(part):
    """All nodes of a schema."""
    found = []
    if isinstance(part, dict):
        found += [part] if isinstance(part.get("__loader__"), str) else []
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            found += nodes(inner)
    return found


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def with_arrays(data, change):
    """The file with every array, also those of sparse matrices, changed by a function."""
    parts = members(data)
    for name, content in parts.items():
        if name.endswith(".npy"):
            parts[name] = npy(change(name, np.load(io.BytesIO(content))))
        elif name.endswith(".npz"):
            inner = members(content)
            parts[name] = packed(
                {n: npy(change(n, np.load(io.BytesIO(c)))) for n, c in inner.items()}
            )
    return packed(parts)


# --- mutations -----------------------------------------------------------------------------------


def truncated(data, rng):
    return data[: rng.integers(len(data))]


def flipped(data, rng):
    data = bytearray(data)
    for _ in range(rng.integers(1, 9)):
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
    return bytes(data)


def overwritten(data, rng):
    data = bytearray(data)
    start, length = rng.integers(len(data)), rng.integers(1, 400)
    data[start : start + length] = rng.bytes(min(length, len(data) - start))
    return bytes(data)


def _worse(array, rng):
    """An array of other values, another shape or another type."""
    kind = rng.integers(8)
    if array.ndim == 0 or array.dtype.kind not in "fiub" or not array.size:
        return np.array(rng.integers(-9, 9)) if kind < 4 else array.reshape(*array.shape, 1)
    array = array.copy()
    if kind == 0:
        array.flat[rng.integers(array.size)] = rng.choice([-1, 0, 1, 77]).astype(array.dtype)
    elif kind == 1 and array.dtype.kind == "f":
        array.flat[rng.integers(array.size)] = rng.choice([np.nan, np.inf, -np.inf, 1e30])
    elif kind in (1, 2) and array.dtype.kind in "iu":
        info = np.iinfo(array.dtype)
        array.flat[rng.integers(array.size)] = [info.max, info.min, info.max // 2][rng.integers(3)]
    elif kind == 3:
        array = array[: rng.integers(len(array))]
    elif kind == 4:
        array = np.concatenate([array, array])
    elif kind == 5:
        array = array.T if array.ndim > 1 else array[:, None]
    elif kind == 6:
        array = array.astype(rng.choice(["f4", "i1", "U3", "c8", "M8[s]", "b", "u8"]))
    else:
        array = array[..., :0]
    return array


def worse_array(data, rng):
    parts = members(data)
    names = [name for name in parts if name.endswith((".npy", ".npz"))]
    if not names:
        return worse_node(data, rng)
    chosen = rng.choice(names)
    if chosen.endswith(".npy"):
        parts[chosen] = npy(_worse(np.load(io.BytesIO(parts[chosen])), rng))
    else:
        inner = members(parts[chosen])
        name = rng.choice(list(inner))
        inner[name] = npy(_worse(np.load(io.BytesIO(inner[name])), rng))
        parts[chosen] = packed(inner)
    return packed(parts)


VALUES = ["null", "-1", "0", "1", "1e308", "NaN", "12345678901", '"x"', "[]", "{}", "true", "[[1]]"]
TYPES = [
    ("builtins", "eval"), ("os", "system"), ("builtins", "list"), ("builtins", "bytes"),
    ("numpy", "void"), ("numpy", "float64"), ("mmclassic.align._cca", "CCA"),
    ("mmclassic.features._cache", "FeatureCache"), ("mmclassic.views._views", "Views"),
    ("sklearn.svm._classes", "SVC"), ("pathlib", "PosixPath"), ("mmclassic.cli.__main__", "main"),
    ("scipy.sparse._csr", "csr_matrix"), ("builtins", "int"), ("builtins", "nothing"),
]  # fmt: skip
LOADERS = [
    "DictNode", "ListNode", "TupleNode", "SetNode", "JsonNode", "ObjectNode", "TypeNode",
    "FunctionNode", "NdArrayNode", "SparseMatrixNode", "ConstructorFromReduceNode", "BytesNode",
    "CachedNode", "DTypeNode", "MethodNode", "Nothing", "RandomStateNode", "PartialNode",
]  # fmt: skip


def worse_node(data, rng):
    def change(schema):
        found = nodes(schema)
        node, other = (found[i] for i in rng.integers(len(found), size=2))
        values = [n for n in found if n["__loader__"] == "JsonNode"]
        kind = rng.integers(9)
        if kind < 3 and values:
            values[rng.integers(len(values))]["content"] = str(rng.choice(VALUES))
        elif kind == 3:
            node["__module__"], node["__class__"] = TYPES[rng.integers(len(TYPES))]
        elif kind == 4:
            node["__loader__"] = str(rng.choice(LOADERS))
        elif kind == 5:
            node.pop(rng.choice(list(node)))
        elif kind == 6:
            taken = copy.deepcopy(other)
            node.clear()
            node.update(taken)
        elif kind == 7:
            node["__id__"] = other.get("__id__", 1)
        else:
            held = [n for n in found if isinstance(n.get("content"), (dict, list)) and n["content"]]
            content = held[rng.integers(len(held))]["content"]
            content.pop(list(content)[-1] if isinstance(content, dict) else -1)

    return with_schema(data, change)


MUTATIONS = [truncated, flipped, overwritten, worse_array, worse_array, worse_node, worse_node]


# --- what comes of it ----------------------------------------------------------------------------


def outcome(path, *, seconds=30, memory=2**30, log=sys.stderr):
    """Load and use a file in a child with limits: an exit code, or minus the number of a signal."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    try:
        with open("/proc/self/statm") as statm:
            taken = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        code = _outcome(path, log)
    finally:
        os._exit(code)


def _outcome(path, log):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    code = WRONG
    try:
        use(mmclassic.load(path))
        code = WORKS
    except ModelFileError:
        code = REFUSED
    except UntrustedTypeError:
        code = UNTRUSTED
    except BaseException:
        traceback.print_exc(file=log)
        log.flush()
    return code
