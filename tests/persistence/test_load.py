"""Files from anywhere: loaded whole, or refused in words, and nothing of them is believed."""

import copy
import io
import json
import pickle
import re
import time
import zipfile

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.svm import SVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier
from skops.io import dump

import mmclassic
from mmclassic.align import CCA
from mmclassic.exceptions import ModelFileError, UntrustedTypeError
from mmclassic.persistence._types import is_our_class
from mmclassic.recommend import KNNRecommender
from mmclassic.views import Views

from . import crafted


@pytest.fixture(scope="module")
def models():
    return crafted.models()


@pytest.fixture(scope="module")
def files(models, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "m.skops"
    return {name: mmclassic.save(model, path).read_bytes() for name, model in models.items()}


@pytest.fixture
def refused(tmp_path):
    """Check that a file is refused for a reason, in little time."""

    def check(data, reason, **options):
        path = tmp_path / "crafted.skops"
        path.write_bytes(data)
        start = time.perf_counter()
        with pytest.raises(ModelFileError, match=reason or None) as caught:
            mmclassic.load(path, **options)
        assert time.perf_counter() - start < 3
        assert caught.value.path == str(path)
        assert str(path) in str(caught.value)

    return check


class NotOurs:
    """A type that no one trusts."""


def test_every_model_is_loaded_and_works(files, tmp_path):
    for data in files.values():
        (tmp_path / "m.skops").write_bytes(data)
        crafted.use(mmclassic.load(tmp_path / "m.skops"))


def test_untrusted_types_are_refused_by_name(tmp_path):
    path = tmp_path / "odd.skops"
    dump({"x": NotOurs()}, path)
    name = f"{NotOurs.__module__}.NotOurs"
    with pytest.raises(UntrustedTypeError, match="NotOurs"):
        mmclassic.load(path)
    assert isinstance(mmclassic.load(path, trusted=[name])["x"], NotOurs)
    assert isinstance(mmclassic.load(path, trusted=name)["x"], NotOurs)


def test_functions_and_foreign_names_in_our_modules_are_not_trusted():
    assert is_our_class("mmclassic.align._cca.CCA")
    assert not is_our_class("mmclassic.persistence._load.load")
    assert not is_our_class("mmclassic.persistence._save.Path")
    assert not is_our_class("mmclassic.no_such.Thing")
    assert not is_our_class("mmclassic.cli.__main__.main")
    assert not is_our_class("mmclassical.Thing")


def test_what_is_no_file(tmp_path, refused):
    with pytest.raises(FileNotFoundError):
        mmclassic.load(tmp_path / "nothing.skops")
    with pytest.raises(IsADirectoryError):
        mmclassic.load(tmp_path)
    with pytest.raises(ModelFileError, match="not a regular file"):
        mmclassic.load("/dev/zero")
    refused(b"", "not a zip file")
    refused(b"hello", "not a model file .* not a zip file")
    refused(crafted.packed({}), "schema.json")


# --- sparse matrices -----------------------------------------------------------------------------


def of_part(part, change):
    return lambda name, array: change(array) if part in name else array


@pytest.mark.parametrize("name", ["whole", "knn", "search", "popular", "texts"])
@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("indices", lambda a: a + 10_000_000),
        ("indices", lambda a: np.where(np.arange(a.size) == 0, -5, a).astype(a.dtype)),
        ("indptr", lambda a: np.where(np.arange(a.size) == 1, 2**30, a).astype(a.dtype)),
        ("indptr", lambda a: a[::-1]),
        ("indices", lambda a: a[:-1]),
        ("data", lambda a: np.full_like(a, np.nan)),
        ("data", lambda a: a[:-1]),
        ("shape", lambda a: a // 2),
        ("shape", lambda a: a * [1, 10**9]),
    ],
)
def test_sparse_matrices_hold_no_index_outside(files, refused, name, part, change):
    refused(crafted.with_arrays(files[name], of_part(part, change)), "")


# --- archives ------------------------------------------------------------------------------------


def test_archives_that_are_more_than_their_bytes(files, refused):
    parts = crafted.members(files["cca"])
    bomb = {**parts, "1.npy": b"\0" * 2**24}
    refused(crafted.packed(bomb, compression=zipfile.ZIP_DEFLATED), "is compressed")
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = crafted.packed([*parts.items(), ("1.npy", parts["1.npy"])])
    refused(twice, "'1.npy' comes twice")
    for name in ("../../evil.npy", "/evil.npy", "a/b.npy", "c:evil.npy", "a.py"):
        refused(crafted.packed({**parts, name: b""}), "has a member of the name")
    refused(crafted.packed({n: d for n, d in parts.items() if n != "1.npy"}), "1.npy")
    encrypted = bytearray(files["cca"])
    encrypted[files["cca"].index(b"PK\x01\x02") + 8] |= 1
    refused(bytes(encrypted), "encrypted")


def test_members_may_not_overlap(files, refused):
    data = files["cca"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        largest = max(archive.infolist(), key=lambda info: info.file_size)
        for info in archive.infolist():
            info.header_offset = largest.header_offset
            info.file_size = info.compress_size = largest.file_size
        stream = io.BytesIO(data)
        with zipfile.ZipFile(stream, "a") as target:
            target.filelist = archive.filelist
            target._didModify = True
    refused(stream.getvalue(), "")


def test_a_matrix_that_unpacks_to_more_than_is_allowed(files, refused):
    zeros = crafted.packed({"data.npy": crafted.npy(np.zeros(2**22))}, compression=8)
    parts = crafted.members(files["search"])
    name = next(n for n in parts if n.endswith(".npz"))
    words = "unpack to more than max_bytes"
    refused(crafted.packed({**parts, name: zeros}), words, max_bytes=2**24)
    refused(files["search"], words, max_bytes=1000)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (crafted.npy(np.zeros(3))[:-1], "has shape"),
        (crafted.npy(np.zeros(3)) + b"x", "has shape"),
        (crafted.npy(np.zeros(3)).replace(b"(3,), }    ", b"(30000,), }"), "has shape"),
        (crafted.npy(np.zeros(3)).replace(b"(3,), }     ", b"(-300,), }  "), ""),
        (crafted.npy(np.zeros(3)).replace(b"(3,), }       ", b"(3,) * 9**9, }"), ""),
        (crafted.npy(np.array([NotOurs], dtype=object)), "Python objects"),
        (b"\x93NUMPY\x09\x00", "unknown format|magic"),
        (b"", ""),
        (b"\x80\x04", "magic"),
    ],
)
def test_arrays_are_what_their_headers_say(files, refused, array, reason):
    parts = crafted.members(files["cca"])
    refused(crafted.packed({**parts, "1.npy": array}), reason)


@pytest.mark.parametrize("name", ["1.bin", "1.npz", "schema.json"])
def test_arrays_are_checked_under_any_name(files, refused, name):
    def change(schema):
        for node in crafted.nodes(schema):
            if node.get("file") == "1.npy":
                node["file"] = name

    parts = crafted.members(crafted.with_schema(files["cca"], change))
    array = crafted.npy(np.zeros(3)).replace(b"(3,), }" + b" " * 12, b"(3000000000000,), }")
    if name not in parts:
        parts[name] = array
    refused(crafted.packed(parts), "a NdArrayNode reads the member")


# --- schemas -------------------------------------------------------------------------------------


def leaf(content="1"):
    node = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
    return {**node, "content": content}


def listed(content, number=None, loader="ListNode"):
    node = {"__class__": "list", "__module__": "builtins", "__loader__": loader}
    return {**node, "content": content} | ({} if number is None else {"__id__": number})


def of_schema(schema):
    schema = {**schema, "protocol": 2, "_skops_version": "0.16.0"}
    return crafted.packed({"schema.json": json.dumps(schema)})


def test_schemas_that_never_end(refused):
    # Every list holds the one before twice: 2 ** 60 of them, in a file of some kilobytes.
    part = listed([leaf()], 1)
    for number in range(2, 60):
        part = listed([part, {**listed([]), "__id__": number - 1}], number)
    refused(of_schema(part), "have the number")
    refused(of_schema(listed([listed([{**listed([]), "__id__": 1}], 2)], 1)), "have the number")
    refused(of_schema({**listed([listed([leaf()], "x")], "x")}), "have the number 'x'")
    refused(of_schema(listed([listed([], 1), listed([], 1, "CachedNode")], 2)), "a reference")
    deep = leaf()
    for _ in range(150):
        deep = listed([deep])
    refused(of_schema(deep), "levels deep")
    refused(crafted.packed({"schema.json": b"[" * 10**6}), "Recursion")
    refused(of_schema(listed([leaf("[" * 10**5)])), "Recursion")
    refused(of_schema(listed([leaf()] * 300)), r"more than 200 nodes \(max_nodes\)", max_nodes=200)


@pytest.mark.parametrize("schema", [b"", b"[]", b"1", b"null", b"{}", b"{", b"\xff", b'"x"'])
def test_schemas_that_are_none(refused, schema):
    refused(crafted.packed({"schema.json": schema}), "")


def test_types_are_built_in_no_other_way(files, tmp_path, refused):
    node = {"__module__": "mmclassic.features._cache", "__class__": "FeatureCache"}
    path = tmp_path / "called.skops"
    called = {**node, "__loader__": "ConstructorFromReduceNode", "content": listed([leaf()] * 3)}
    path.write_bytes(of_schema(called))
    with pytest.raises((UntrustedTypeError, ModelFileError), match="FeatureCache"):
        mmclassic.load(path)
    node = {"__module__": "scipy.sparse._csr", "__class__": "csr_matrix"}
    refused(of_schema({**node, "__loader__": "ObjectNode"}), "")
    scalar = {"__module__": "numpy", "__class__": "void", "__loader__": "NdArrayNode"}
    scalar = {**scalar, "type": "numpy", "file": "1.npy", "protocol": 2}
    data = {"schema.json": json.dumps(scalar), "1.npy": crafted.npy(np.array([2**40]))}
    refused(crafted.packed(data), "the scalar in '1.npy'")


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (DecisionTreeClassifier(), "sklearn.tree._tree.Tree"),
        (SVC(), "sklearn.svm._classes.SVC"),
        (OneClassSVM(), "sklearn.svm._classes.OneClassSVM"),
    ],
)
def test_what_compiled_code_believes_is_asked_about(tmp_path, estimator, name):
    path = mmclassic.save(estimator.fit([[0], [1]], [0, 1]), tmp_path / "t.skops")
    with pytest.raises(UntrustedTypeError, match=re.escape(name)):
        mmclassic.load(path)
    mmclassic.load(path, trusted=[name]).predict([[0]])


# --- what fits together --------------------------------------------------------------------------


def damaged(attribute, value):
    def change(model):
        model.__dict__[attribute] = value(getattr(model, attribute))

    return change


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("knn", damaged("item_ids_", lambda ids: ids[:-1]), "interactions_ is no matrix"),
        ("knn", damaged("item_ids_", lambda ids: ids[[0] * ids.size]), "must be distinct"),
        ("knn", damaged("user_ids_", lambda ids: np.arange(ids.size) / 2), "no array of str"),
        ("knn", damaged("features_", lambda v: v[:-1]), "features_ has not 24 rows"),
        ("knn", damaged("features_", lambda v: Views({"text": v["text"][:, :3]})), "widths"),
        ("knn", damaged("features_", lambda v: Views({"text": v["text"] * np.nan})), "finite"),
        ("knn", damaged("view_weights_", lambda w: {"text": float("nan")}), "no weights"),
        ("knn", damaged("view_weights_", lambda w: {}), "no weights"),
        ("knn", damaged("similarity_", lambda s: None), "similarity_"),
        ("knn", damaged("metric", lambda m: "eval"), "metric"),
        ("popular", damaged("popularity_", lambda p: p[:-1]), "popularity_"),
        ("search", damaged("n_components_", lambda n: n + 1), "columns wide"),
        ("interactions", damaged("item_index", lambda i: i + 1000), "item_index"),
        ("interactions", damaged("user_index", lambda i: -1 - i), "user_index"),
        ("interactions", damaged("weight", lambda w: w * np.inf), "weight"),
        ("lists", damaged("order", lambda o: o + 1000), "position"),
        ("views", damaged("present", lambda p: p[:-1]), "present must be bool"),
        ("cca", damaged("view_widths_in_", lambda w: {"a": 3, "b": 2.5}), "no widths"),
        ("cca", damaged("view_widths_in_", lambda w: {"a": 3, "b": 5}), ""),
        ("whole", damaged("views_", lambda v: v[:-1]), "24 rows"),
        ("whole", damaged("view_widths_in_", lambda w: {"text": 3}), ""),
        ("lsa", damaged("vocabulary_", lambda v: {"a": 0}), ""),
    ],
)
def test_parts_that_do_not_fit(models, name, change, reason, tmp_path, refused):
    model = copy.deepcopy(models[name])
    change(model)
    refused(mmclassic.save(model, tmp_path / "m.skops").read_bytes(), reason)


def test_ids_packed_wrongly(files, refused):
    def change(schema):
        for node in crafted.nodes(schema):
            if "ids_ends" in node.get("content", {}):
                node["content"]["ids_ends"] = node["content"]["ids_utf8"]

    refused(crafted.with_schema(files["knn"], change), "")


def test_a_cache_is_not_taken_from_a_file(tmp_path, refused):
    from mmclassic.features import ImageVectorizer

    fitted = ImageVectorizer(size=(32, 32)).fit([np.zeros((40, 40), np.uint8)])
    path = mmclassic.save(fitted.set_params(cache=tmp_path / "cache"), tmp_path / "m.skops")
    assert b"cache/" not in path.read_bytes()
    assert mmclassic.load(path).cache is None
    assert fitted.cache == tmp_path / "cache"

    def change(schema):
        schema["content"]["content"]["cache"] = leaf('"/home"')

    refused(crafted.with_schema(path.read_bytes(), change), "may not name a cache")


# --- mutations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_mutated_files_are_refused_or_work(files, tmp_path, seed):
    path = tmp_path / "m.skops"
    for i in range(16):
        rng = np.random.default_rng([seed, i])
        mutation = crafted.MUTATIONS[rng.integers(len(crafted.MUTATIONS))]
        path.write_bytes(mutation(files[rng.choice(list(files))], rng))
        code = crafted.outcome(path)
        assert code in (crafted.WORKS, crafted.REFUSED, crafted.UNTRUSTED), (seed, i, code)


def test_the_error_can_be_pickled():
    error = pickle.loads(pickle.dumps(ModelFileError("a.skops", "it is cut off")))
    assert (error.path, error.reason) == ("a.skops", "it is cut off")
    assert isinstance(error, ValueError)


def test_files_of_other_versions_say_so(files, refused):
    parts = crafted.members(files["cca"])
    versions = json.loads(parts["versions.json"])
    parts["versions.json"] = json.dumps({**versions, "mmclassic": "7.1"})
    parts["1.npy"] = b""
    refused(crafted.packed(parts), r"written with mmclassic 7\.1 \(here .*\); fit again here")


def test_dense_and_sparse_models_of_every_kind_pass(tmp_path):
    rng = np.random.default_rng(0)
    for form in (sp.csr_matrix, sp.csr_array, sp.csc_array):
        views = Views({"a": form(rng.normal(size=(9, 4))), "b": rng.normal(size=(9, 2))})
        for model in (CCA().fit(views), KNNRecommender().fit(views), views):
            mmclassic.load(mmclassic.save(model, tmp_path / "m.skops"))
