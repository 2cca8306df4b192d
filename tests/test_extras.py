"""Every extra of pyproject.toml is used, and the README lists them all."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]
FOLDERS = ("mmclassic", "tests", "benchmarks", "docs")
# Functions whose first argument is the name of a module to import.
BY_NAME = {"import_optional", "importorskip", "import_module"}
# What neither is imported nor is a command: the file that needs it, and where it says so.
OTHERWISE = {
    "pytest-xdist": ("Makefile", "pytest -n 2"),
    "pre-commit": (".pre-commit-config.yaml", "pre-commit-hooks"),
}
# Modules whose package has another name.
MODULES = {"POT": "ot"}


def package_of(requirement):
    """The name of a requirement such as "dask[array]>=2024.1"."""
    return re.match(r"[\w.-]+", requirement)[0]


def imports(text):
    """Names of the modules that a source imports, up to the first dot."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        elif isinstance(node, ast.Call) and call_name(node) in BY_NAME and node.args:
            names = [getattr(node.args[0], "value", None)]
        else:
            continue
        yield from (name.partition(".")[0] for name in names if isinstance(name, str))


def call_name(node):
    return getattr(node.func, "id", None) or getattr(node.func, "attr", None)


def module_of(package):
    return MODULES.get(package, package.replace("-", "_"))


def is_used(package, imported, commands):
    """Whether anything in the tree needs a package of an extra."""
    if package in OTHERWISE:
        file, word = OTHERWISE[package]
        return word in (ROOT / file).read_text(encoding="utf-8")
    as_command = rf"(?m)(?:^|/|-m )\s*{re.escape(package)}(?=\s|$)"
    return module_of(package) in imported or bool(re.search(as_command, commands))


def sources():
    return {
        path: path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }


@pytest.fixture(scope="module")
def imported():
    return {name for text in sources().values() for name in imports(text)}


@pytest.fixture(scope="module")
def commands():
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", ".ci/run"))


@pytest.mark.parametrize(
    ("extra", "package"),
    [(extra, package_of(one)) for extra, packages in EXTRAS.items() for one in packages],
)
def test_every_package_of_an_extra_is_used(extra, package, imported, commands):
    assert is_used(package, imported, commands), f"nothing needs {package}: take it from {extra!r}"


@pytest.mark.parametrize("package", ["seaborn", "sphinx", "mypackage", "ruf", "zoo", "clean"])
def test_a_package_that_nothing_needs_is_found(package, imported, commands):
    assert not is_used(package, imported, commands)


def test_an_import_in_any_form_counts():
    text = (
        "import a.b\nfrom c.d import e\nfrom . import f\nimport_optional('g.h', extra='x')\n"
        "x.importorskip('i')\nother('j')\nimport_module(name)\n'import k'\n"
    )
    assert set(imports(text)) == {"a", "c", "g", "i"}


def test_errors_name_the_extra_that_installs_the_module():
    asked = {
        (node.args[0].value.partition(".")[0], word.value.value)
        for path, text in sources().items()
        if "tests" not in path.relative_to(ROOT).parts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and call_name(node) == "import_optional"
        for word in node.keywords
        if word.arg == "extra"
    }
    assert len(asked) >= 3
    for module, extra in asked:
        assert module in {module_of(package_of(one)) for one in EXTRAS[extra]}


def test_the_readme_lists_the_extras():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| extra | for |") :].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(EXTRAS)
