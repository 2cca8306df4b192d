"""Neither import nor use changes what belongs to the whole process."""

import ast
import importlib
import json
import locale
import logging
import os
import pkgutil
import random
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import PIL.Image
import PIL.ImageFile
import pooch
import pytest
import sklearn
from threadpoolctl import threadpool_info, threadpool_limits

# mmclassic is imported within functions only: a fresh process must not have it too early.
PACKAGE = Path(__file__).parents[1] / "mmclassic"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def snapshot():
    """What other code of the process would notice, as strings by name."""
    state = {
        "warnings.filters": warnings.filters,
        "warnings.showwarning": warnings.showwarning,
        "np.geterr": np.geterr(),
        "np.get_printoptions": np.get_printoptions(),
        "np.random": np.random.get_state(),  # noqa: NPY002
        "random": hash(random.getstate()),
        "cwd": os.getcwd(),
        "environ": sorted(os.environ.items()),
        "logging.root": [logging.root.level, logging.root.handlers, logging.root.filters],
        "pooch's logger": [pooch.get_logger().level, pooch.get_logger().handlers],
        "LOAD_TRUNCATED_IMAGES": PIL.ImageFile.LOAD_TRUNCATED_IMAGES,
        "MAX_IMAGE_PIXELS": PIL.Image.MAX_IMAGE_PIXELS,
        "locale": locale.setlocale(locale.LC_ALL),
        "sklearn": sklearn.get_config(),
        "pandas": [pd.get_option(name) for name in ("display.width", "display.max_colwidth")],
        "threads": sorted([pool["filepath"], pool["num_threads"]] for pool in threadpool_info()),
        "sys": [sys.path, sys.getrecursionlimit(), sys.excepthook, sys.stdout, sys.stderr],
        "signals": [signal.getsignal(number) for number in SIGNALS],
        "matplotlib": "matplotlib" in sys.modules,
    }
    return {name: str(value) for name, value in state.items()}


def changes(before):
    """What differs from a former snapshot, with both values."""
    after = snapshot()
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def import_others():
    """Import all that the package imports: what that changes is not ours."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for name in names:
                if not name.startswith("mmclassic") and importlib.util.find_spec(
                    name.partition(".")[0]
                ):
                    module = importlib.import_module(name)
                    if isinstance(node, ast.ImportFrom):
                        _ = [getattr(module, alias.name, None) for alias in node.names]


def import_all():
    """Import every module of the package and touch every public name."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "mmclassic."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            _ = [getattr(module, name) for name in dir(module)]


def run_commands(folder):
    """A small run of the command line: make a shop, learn, ask, evaluate."""
    from mmclassic.cli import main
    from mmclassic.datasets import make_catalog

    make_catalog(
        40, 10, folder=folder, image_size=32, audio_seconds=0.2, missing=0.05, random_state=0
    )
    items, bought = str(Path(folder, "items.csv")), str(Path(folder, "interactions.csv"))
    model = str(Path(folder, "shop.skops"))
    columns = ["--image", "picture", "--text", "comment", "--audio", "sound", "--jobs", "2"]
    learn = [items, *columns, "--interactions", bought]
    codes = [
        main(["fit", *learn, "-o", model]),
        main(["search", model, "--text", "red", "-k", "2"]),
        main(["recommend", model, "--user", "user-0001", "-k", "2", "--explain"]),
        main(["evaluate", *learn, "-k", "2"]),
        main(["info", str(Path(folder, "no-such.skops"))]),
    ]
    if codes != [0, 0, 0, 0, 1]:
        raise RuntimeError(f"the commands gave {codes}")


def alter_each():
    """Change things one by one; the names that a snapshot tells for each."""
    alterations = (
        lambda: warnings.simplefilter("ignore"),
        lambda: setattr(warnings, "showwarning", print),
        lambda: np.seterr(over="ignore"),
        lambda: np.set_printoptions(precision=2),
        lambda: np.random.seed(0),  # noqa: NPY002
        lambda: random.seed(0),
        lambda: os.chdir("/"),
        lambda: os.environ.update(MMCLASSIC_TEST="1"),
        lambda: logging.basicConfig(),
        lambda: pooch.get_logger().setLevel(logging.ERROR),
        lambda: setattr(PIL.ImageFile, "LOAD_TRUNCATED_IMAGES", True),
        lambda: setattr(PIL.Image, "MAX_IMAGE_PIXELS", None),
        lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
        lambda: sklearn.set_config(assume_finite=True),
        lambda: pd.set_option("display.width", 60),
        lambda: threadpool_limits(1),
        lambda: sys.path.append("/"),
        lambda: signal.signal(signal.SIGINT, lambda *_: None),  # a shell may have it ignored
        lambda: sys.modules.setdefault("matplotlib", sys),
    )
    told = []
    for alter in alterations:
        before = snapshot()
        alter()
        told.append(list(changes(before)))
    return told


def fresh_process(code, *arguments):
    """The value of an expression over this file's functions, in a process of its own."""
    start = "import json, runpy, sys; g = runpy.run_path(sys.argv[1]); "
    run = subprocess.run(
        [sys.executable, "-c", f"{start}{code}", __file__, *map(str, arguments)],
        cwd=PACKAGE.parent,
        # Two threads, so that a limit that is left behind shows; the C locale, to be set.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_every_alteration_is_told():
    told = fresh_process("print(json.dumps(g['alter_each']()))")
    assert [len(names) for names in told] == [1] * len(told)
    watched = fresh_process("print(json.dumps(list(g['snapshot']())))")
    assert {names[0] for names in told} == set(watched)


def test_import_changes_nothing():
    code = (
        "g['import_others'](); assert 'mmclassic' not in sys.modules; before = g['snapshot'](); "
        "g['import_all'](); print(json.dumps(g['changes'](before)))"
    )
    assert fresh_process(code) == {}


def test_use_changes_nothing(tmp_path):
    code = (
        "g['import_others'](); g['import_all'](); before = g['snapshot'](); "
        "g['run_commands'](sys.argv[2]); print(json.dumps(g['changes'](before)))"
    )
    assert fresh_process(code, tmp_path) == {}


def fail(error):
    def run(options):
        warnings.warn("first this", UserWarning, stacklevel=1)
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [(ValueError("bad"), 1), (KeyboardInterrupt(), 130), (BrokenPipeError(), 0)],
    ids=lambda value: type(value).__name__,
)
def test_warnings_are_left_as_they_were(error, code, monkeypatch, capfd):
    from mmclassic.cli import _fit, _main

    monkeypatch.setattr(_fit, "info", fail(error))
    before = warnings.showwarning, list(warnings.filters)
    assert _main.main(["info", "no-such.skops"]) == code
    assert (warnings.showwarning, list(warnings.filters)) == before
    sys.stdout.write("still written\n")
    shown = capfd.readouterr()
    assert "mmclassic: warning: first this\n" in shown.err
    assert shown.out == "still written\n"


def test_an_unforeseen_error_leaves_warnings_as_they_were(monkeypatch):
    from mmclassic.cli import _fit, _main

    monkeypatch.setattr(_fit, "info", fail(ZeroDivisionError()))
    before = warnings.showwarning, list(warnings.filters)
    with pytest.raises(ZeroDivisionError):
        _main.main(["info", "no-such.skops"])
    assert (warnings.showwarning, list(warnings.filters)) == before


def test_limits_of_threads_that_overlap_are_lifted():
    """The second enters while the first is inside, and leaves after it."""
    from mmclassic.utils import one_blas_thread

    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first():
        with one_blas_thread():
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second():
        first_in.wait(10)
        with one_blas_thread():
            second_in.set()
            first_out.wait(10)

    with threadpool_limits(2, user_api="blas"):
        before = snapshot()["threads"]
        threads = [threading.Thread(target=part) for part in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert snapshot()["threads"] == before
