"""The layering: a file imports its own package or lower floors, and imports stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mmclassic

ROOT = Path(mmclassic.__file__).parent
FLOORS = {
    "exceptions": 0,  # the lowest of floor 1: utils raise them
    "utils": 1,
    "views": 2,
    "interactions": 2,
    "moments": 3,
    "match": 3,
    "features": 3,
    "datasets": 3,
    "tables": 3,
    "metrics": 4,
    "align": 5,
    "fuse": 5,  # of ranked lists too
    "testing": 6,  # reads floors 1 to 5; nothing reads it
    "recommend": 6,
    "sync": 6,
    "evaluate": 7,
    "persistence": 8,
    "pipeline": 8,
    "distributed": 8,
    "plot": 9,
    "report": 9,
    "explorer": 9,
    "cli": 10,
    "__main__": 11,  # python -m mmclassic
}
# Of features: they know its core and not each other, but for clips, which are pictures with sound.
WINGS = {"image": set(), "audio": set(), "text": set(), "video": {"image", "audio"}}
FILES = sorted(p for pattern in ("*.py", "*.pyi") for p in ROOT.rglob(pattern))


def package_of(path):
    """First part below mmclassic: the package or module, without the suffix."""
    return path.relative_to(ROOT).parts[0].removesuffix(".pyi").removesuffix(".py")


def imported_modules(path):
    """Dotted names of all mmclassic modules that a file imports, wherever in the file."""
    package = ["mmclassic", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            if module == "mmclassic":
                yield from (f"mmclassic.{alias.name}" for alias in node.names)


def public_names(package):
    """What a package hands out: the names of its stub, or all of a single module."""
    stub = ROOT / package / "__init__.pyi"
    if not stub.exists():
        return None
    for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def violations(path):
    """Modules of packages that a file may not import."""
    package = package_of(path)
    if package == "__init__":
        return []
    wrong = []
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] != "mmclassic" or len(parts) == 1 or parts[1] == "__version__":
            continue
        if parts[1] != package and FLOORS[parts[1]] >= FLOORS[package]:
            wrong.append(module)
    return wrong


def private_imports(path):
    """Imports that reach into another package past its public names."""
    package, wrong = package_of(path), []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.module or node.level:
            continue
        parts = node.module.split(".")
        if parts[0] != "mmclassic" or len(parts) == 1 or parts[1] == package:
            continue
        known = public_names(parts[1])
        if len(parts) > 2:
            wrong.append(node.module)
        elif known is not None:
            wrong += [f"{node.module}.{a.name}" for a in node.names if a.name not in known]
        else:
            wrong += [f"{node.module}.{a.name}" for a in node.names if a.name.startswith("_")]
    return wrong


def wing_of(module):
    """The wing of features that a dotted module belongs to, or None."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["mmclassic", "features"] and parts[2:3] else None


def arrows_between_wings(path):
    """Imports of a wing of features in another wing, or in the core."""
    if package_of(path) != "features" or path.name.startswith("__init__"):
        return []
    own = path.relative_to(ROOT).parts[1]
    known = {own} | WINGS.get(own, set())
    return [m for m in imported_modules(path) if wing_of(m) in WINGS.keys() - known]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_its_own_package_or_lower_floors(path):
    assert violations(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_public_names_of_other_packages(path):
    assert private_imports(path) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "features").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_no_arrow_between_the_wings_of_features_and_none_from_the_core(path):
    assert arrows_between_wings(path) == []


def test_every_package_has_a_floor():
    packages = {package_of(path) for path in FILES} - {"__init__"}
    assert packages <= set(FLOORS), f"give {packages - set(FLOORS)} a floor"


def test_no_circles_among_modules():
    graph = {}
    names = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        dotted = ".".join(["mmclassic", *parts]).removesuffix(".__init__")
        if path.suffix == ".pyi":
            continue
        names[dotted] = path
        graph[dotted] = {m for m in imported_modules(path) if m.startswith("mmclassic.")}
    state = {}

    def visit(name, trail):
        if state.get(name) == "done" or name not in graph:
            return
        assert name not in trail, f"circle: {' -> '.join([*trail, name])}"
        for target in graph[name]:
            if target != name:
                visit(target, [*trail, name])
        state[name] = "done"

    for name in graph:
        visit(name, [])


def test_no_imports_inside_functions():
    nested = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                nested += [
                    f"{path.name}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, (ast.Import, ast.ImportFrom))
                ]
    assert nested == []


def test_the_layering_test_sees_a_violation(tmp_path, monkeypatch):
    """The checks themselves can fail: on a wrong floor, a private name, another wing."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    folder = tmp_path / "features" / "image"
    folder.mkdir(parents=True)
    bad = folder / "_bad.py"
    bad.write_text(
        "from mmclassic.align._cca import CCA\nfrom ...pipeline import x\n"
        "from mmclassic.features.text._lsa import project\nfrom mmclassic.exceptions import _no\n"
    )
    assert violations(bad) == ["mmclassic.align._cca", "mmclassic.pipeline"]
    assert private_imports(bad) == ["mmclassic.align._cca", "mmclassic.exceptions._no"]
    assert arrows_between_wings(bad) == ["mmclassic.features.text._lsa"]


def test_the_packages_are_reached_from_the_top():
    code = "import mmclassic; mmclassic.align.CCA(); mmclassic.match; mmclassic.exceptions"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", ["mmclassic", "mmclassic.features", "mmclassic.datasets"])
def test_importing_loads_nothing_heavy(module):
    code = (
        f"import sys, {module};"
        "heavy = {'librosa', 'skimage', 'pandas', 'sklearn', 'scipy', 'numba'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "package", sorted(r for r in FLOORS if (ROOT / r / "__init__.pyi").exists())
)
def test_every_public_name_of_a_package_resolves(package):
    module = __import__(f"mmclassic.{package}", fromlist=["x"])
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
