"""Write the API pages (docs/api/*.md) from the docstrings.

Run ``python docs/make_api.py`` after a public name, a signature or the first line of a docstring
has changed. ``python docs/make_api.py --check`` writes nothing and exits with 1 if a page is stale.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path

import mmclassic

FOLDER = Path(__file__).parent / "api"
# What the packages share, a command, and the packages of names that stand at the top.
WITHOUT_PAGE = {"mmclassic.utils", "mmclassic.cli", "mmclassic.pipeline", "mmclassic.persistence"}


def public_modules():
    """Names of the modules whose names are public, the top one first."""
    packages = [
        f"mmclassic.{module.name}"
        for module in pkgutil.iter_modules(mmclassic.__path__)
        if f"mmclassic.{module.name}" not in WITHOUT_PAGE
        and hasattr(importlib.import_module(f"mmclassic.{module.name}"), "__all__")
    ]
    return ["mmclassic", *packages]


def public_names(module_name):
    """The public names of a module that are defined in mmclassic, with the objects."""
    module = importlib.import_module(module_name)
    members = {name: getattr(module, name) for name in sorted(module.__all__)}
    return {
        name: member
        for name, member in members.items()
        if getattr(member, "__module__", "").split(".")[0] == "mmclassic"
    }


def other_names(module_name):
    """The remaining public names: values and what comes from other packages, each in a line."""
    module = importlib.import_module(module_name)
    own = public_names(module_name)
    return {
        name: _origin(getattr(module, name)) for name in sorted(module.__all__) if name not in own
    }


def public_methods(cls):
    """Public methods and properties of a class that mmclassic defines, inherited ones too."""
    methods = {}
    for base in cls.__mro__:
        if base.__module__.split(".")[0] != "mmclassic":
            continue
        for name, member in vars(base).items():
            if not name.startswith("_") and _is_documented_kind(member):
                methods.setdefault(name, member)
    return dict(sorted(methods.items()))


def pages():
    """The text of every page, by file name."""
    texts = {f"{name}.md": _page(name) for name in public_modules()}
    texts["index.md"] = _index()
    return texts


def stale_pages():
    """Names of the pages that are missing, differ from the docstrings, or have no module."""
    expected = pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in expected | found if expected.get(name) != found.get(name))


def _is_documented_kind(member):
    return isinstance(member, property | classmethod | staticmethod) or inspect.isfunction(member)


def _origin(member):
    if inspect.ismodule(member):
        return _summary(member)
    if inspect.isclass(member):
        return f"`{member.__module__}.{member.__name__}`, for convenience."
    if isinstance(member, tuple):
        return (
            "A tuple: "
            + ", ".join(f"`{getattr(part, '__name__', repr(part))}`" for part in member)
            + "."
        )
    return f"`{member!r}`"


def _name(value):
    return getattr(value, "__name__", repr(value))


def _index():
    lines = ["# API reference", "", "| module | what is in it |", "|---|---|"]
    for name in public_modules():
        lines.append(f"| [{name}]({name}.md) | {_summary(importlib.import_module(name))} |")
    return "\n".join(lines) + _FOOT


def _page(module_name):
    module = importlib.import_module(module_name)
    lines = [f"# {module_name}", "", _summary(module), ""]
    for name, member in public_names(module_name).items():
        lines += _entry(name, member)
    for name, origin in other_names(module_name).items():
        lines += [f"## {name}", "", origin, ""]
    return "\n".join(lines).rstrip() + _FOOT


def _entry(name, member):
    lines = [f"## {name}", "", "```python", _signature(name, member), "```", "", _summary(member)]
    methods = public_methods(member) if inspect.isclass(member) else {}
    if methods:
        lines += ["", "| | |", "|---|---|"]
    for method, function in methods.items():
        lines.append(f"| `{method}{_arguments(function)}` | {_summary(function)} |")
    return [*lines, ""]


def _signature(name, member):
    if inspect.isclass(member) and not inspect.isfunction(member.__init__):
        return f"class {name}"
    kind = "class " if inspect.isclass(member) else ""
    return f"{kind}{name}{_plain(inspect.signature(member).parameters.values())}"


def _arguments(function):
    if isinstance(function, property):
        return ""
    function = getattr(function, "__func__", function)
    return _plain(list(inspect.signature(function).parameters.values())[1:])


def _plain(parameters):
    """Parameters in parentheses: no annotations (the docstring says more), fractions cut short."""
    bare = [parameter.replace(annotation=parameter.empty) for parameter in parameters]
    return re.sub(r"(\d\.\d{3})\d{9,}", r"\1", str(inspect.Signature(bare)))


def _summary(member):
    """The first paragraph of a docstring, on one line, with Markdown's own code marks."""
    document = inspect.getdoc(member) or ""
    first = " ".join(document.split("\n\n")[0].split())
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", first)


_FOOT = "\n\n<!-- Written by docs/make_api.py from the docstrings; edit those. -->\n"


if __name__ == "__main__":
    stale = stale_pages()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"stale: {name}" for name in stale) or "all pages are up to date")
        sys.exit(bool(stale))
    texts = pages()
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        if name in texts:
            (FOLDER / name).write_text(texts[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
        print(f"updated {name}")
