"""What the documentation shows runs, and its API pages are those of the code."""

import inspect
import re
import runpy
import shlex
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from mmclassic.cli import _main as cli
from mmclassic.cli._options import parse
from mmclassic.datasets import make_catalog

ROOT = Path(__file__).parents[1]
API = runpy.run_path(str(ROOT / "docs" / "make_api.py"))
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PROSE = [ROOT / "README.md", ROOT / "docs" / "index.md", *GUIDE]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(page, language):
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def commands(page):
    """The command lines of a page, as lists of words."""
    lines = "".join(blocks(page, "console")).splitlines()
    return [shlex.split(line.removeprefix("$ mmclassic ")) for line in lines if line]


@pytest.fixture(autouse=True)
def one_thread(tmp_path, monkeypatch):
    """Run in a folder of its own; small problems gain nothing from threads of BLAS."""
    monkeypatch.chdir(tmp_path)
    with threadpool_limits(1):
        yield


# Pages that need an extra, with its module.
NEEDS = {"video": "av"}


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_prints(script, capsys):
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    "page", [p for p in PROSE if blocks(p, "python")], ids=lambda path: path.stem
)
def test_python_blocks_run(page, tmp_path, monkeypatch, capsys):
    if page.stem in NEEDS:
        pytest.importorskip(NEEDS[page.stem])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    namespace = {"__name__": page.stem}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), namespace)
    assert capsys.readouterr().out.strip()


ONE_WORKER = ("fit", "evaluate", "compare", "tune")


def run_tour(page, capsys):
    """Run the commands of a page on a small shop; the first, which makes the shop, is replaced."""
    first, *others = commands(page)
    assert first == ["demo", "--folder", "shop"]
    make_catalog(150, 60, folder="shop", image_size=48, audio_seconds=0.3, random_state=0)
    for words in others:
        code = cli.main([*words, *(["--jobs", "1"] if words[0] in ONE_WORKER else [])])
        shown = capsys.readouterr()
        assert code == 0, f"{words}: {shown.err}"
        if "-o" in words and words[0] != "fit":
            assert Path(words[words.index("-o") + 1]).stat().st_size
        else:
            assert shown.out.strip()
    return {words[0] for words in commands(page)}


@pytest.mark.parametrize(
    ("name", "more"),
    [("README.md", set()), ("docs/guide/command-line.md", {"compare", "tune", "split"})],
)
def test_the_tour_of_commands_runs(name, more, capsys):
    shown = run_tour(ROOT / name, capsys)
    assert shown == more | {
        "demo", "fit", "recommend", "similar", "search", "check", "evaluate", "info"
    }  # fmt: skip


def test_every_command_shown_is_one_that_parses():
    for page in PROSE:
        for words in commands(page):
            parse(words)


@pytest.mark.parametrize("page", PROSE, ids=lambda path: path.stem)
def test_links_lead_to_files(page):
    targets = [t for t in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in t]
    missing = [t for t in targets if not (page.parent / (t.split("#")[0] or page.name)).exists()]
    assert not missing


def test_every_example_and_guide_page_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(LINK.findall(index))
    assert {f"examples/{path.name}" for path in EXAMPLES} <= listed
    assert {f"guide/{path.name}" for path in GUIDE} <= listed


def test_api_pages_are_up_to_date():
    assert not API["stale_pages"](), "run: python docs/make_api.py"


@pytest.mark.parametrize("module", API["public_modules"]())
def test_every_public_name_has_an_entry(module):
    page = (ROOT / "docs" / "api" / f"{module}.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (\w+)$", page, re.M))
    names = {*API["public_names"](module), *API["other_names"](module)}
    assert names - {"__version__"} <= headings
    for name, member in API["public_names"](module).items():
        assert inspect.getdoc(member).split("\n")[0].rstrip(".") in page, name
