"""Every public name is documented, by numpydoc's rules."""

import inspect
import re
import runpy
import tomllib
from pathlib import Path

import pytest
from numpydoc.validate import validate

ROOT = Path(__file__).parents[1]
API = runpy.run_path(str(ROOT / "docs" / "make_api.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "numpydoc_validation"
]
# GL08 is "no docstring at all": then numpydoc reports nothing else, so it always counts.
CHECKS = {"GL08", *SETTINGS["checks"]}


def documented_names():
    """Full names of all public classes, functions, methods and properties."""
    for module in API["public_modules"]():
        for name, member in API["public_names"](module).items():
            yield f"{module}.{name}"
            if inspect.isclass(member):
                yield from (f"{module}.{name}.{m}" for m in API["public_methods"](member))


NAMES = [
    name
    for name in documented_names()
    if not any(re.search(pattern, name) for pattern in SETTINGS["exclude"])
]


def faults(name):
    """What numpydoc finds wrong, of the checks that count."""
    return [f"{name}: {code} {text}" for code, text in validate(name)["errors"] if code in CHECKS]


@pytest.mark.parametrize("name", NAMES)
def test_docstring(name):
    assert not faults(name), "\n".join(faults(name))


def test_the_list_of_names_holds_what_users_import():
    assert {
        "mmclassic.MultimodalRecommender.fit",
        "mmclassic.align.CCA",
        "mmclassic.align.CCA.transform",  # inherited
        "mmclassic.exceptions.CellError",
        "mmclassic.views.Views.names",  # a property
        "mmclassic.views.Views.from_arrays",  # a class method
    } <= set(NAMES)


def test_every_parameter_must_be_documented():
    assert {"PR01", "PR02"} <= CHECKS


def test_a_missing_parameter_is_found():
    assert any("PR01" in fault for fault in faults(f"{__name__}.undocumented"))


def undocumented(parameter):
    """Leave a parameter out."""
