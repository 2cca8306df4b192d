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
    "datasets": 3,
    "metrics": 3,
    "features": 4,
    "align": 4,
    "fuse": 4,
    "recommend": 5,
    "sync": 5,
    "evaluate": 6,
    "plot": 6,
    "pipeline": 7,
    "persistence": 7,
    "distributed": 7,
    "report": 7,
    "cli": 7,
    "_demo": 7,
    "_tables": 7,
    "_catalogue": 7,
    "testing": 7,
}
FILES = sorted(p for pattern in ("*.py", "*.pyi") for p in ROOT.rglob(pattern))


def room_of(path):
    """First part below the package: the room, without the suffix."""
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


def violations(path):
    """Rooms that a file may not import."""
    room = room_of(path)
    if room == "__init__":
        return []
    wrong = []
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] != "mmclassic" or len(parts) == 1:
            continue
        target = parts[1]
        if target == "__version__":
            continue
        top_level = FLOORS[room] == FLOORS.get(target) == 7 and "testing" not in (room, target)
        if target != room and not top_level and FLOORS[target] >= FLOORS[room]:
            wrong.append(module)
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_its_own_package_or_lower_floors(path):
    assert violations(path) == []


def test_every_room_has_a_floor():
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set(FLOORS), f"give {rooms - set(FLOORS)} a floor"


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
    """The check itself can fail: a features file that imports align is reported."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    folder = tmp_path / "features"
    folder.mkdir()
    bad = folder / "_bad.py"
    bad.write_text("from mmclassic.align._cca import CCA\nfrom ..pipeline import x\n")
    assert violations(bad) == ["mmclassic.align._cca", "mmclassic.pipeline"]


@pytest.mark.parametrize("module", ["mmclassic", "mmclassic.features", "mmclassic.datasets"])
def test_importing_loads_nothing_heavy(module):
    code = (
        f"import sys, {module};"
        "heavy = {'librosa', 'skimage', 'pandas', 'sklearn', 'scipy', 'numba'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("room", sorted(r for r in FLOORS if (ROOT / r / "__init__.pyi").exists()))
def test_every_public_name_of_a_room_resolves(room):
    module = __import__(f"mmclassic.{room}", fromlist=["x"])
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
