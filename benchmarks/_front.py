"""The front door: find the benchmarks, run one, print and write what it found."""

import argparse
import importlib
import pkgutil
import sys
import time

from threadpoolctl import threadpool_limits

import benchmarks
from benchmarks._report import as_markdown, as_report, write_json

USAGE_ERROR = 2
NO_DATA = 1


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0, or 1 if data are not available, or 2 for a benchmark that does not exist.
    """
    arguments = _parser().parse_args(argv)
    names = benchmark_names()
    if arguments.name is None:
        print("\n".join(f"{name:<14}{_module(name).DESCRIPTION}" for name in names))
        return 0
    if arguments.name not in names:
        print(
            f"there is no benchmark {arguments.name!r}; there are {', '.join(names)}.",
            file=sys.stderr,
        )
        return USAGE_ERROR
    return _run(arguments)


def benchmark_names():
    """Name every benchmark.

    Returns
    -------
    names : list of str
        The public modules of the package, sorted.
    """
    modules = pkgutil.iter_modules(benchmarks.__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Run a benchmark; without a name, list them."
    )
    parser.add_argument("name", nargs="?", help="the benchmark")
    parser.add_argument("--quick", action="store_true", help="a smaller run, well under a minute")
    parser.add_argument("--json", metavar="FILE", help="also write the rows to this file")
    return parser


def _module(name):
    return importlib.import_module(f"benchmarks.{name}")


def _run(arguments):
    start = time.perf_counter()
    try:
        # Grid searches use all cores by processes; threads within would only wait for each other.
        with threadpool_limits(1):
            rows = _module(arguments.name).run(arguments.quick)
    except FileNotFoundError as error:
        print(f"benchmark {arguments.name!r} has no data: {error}", file=sys.stderr)
        return NO_DATA
    report = as_report(
        arguments.name, rows, quick=arguments.quick, seconds=time.perf_counter() - start
    )
    print(as_markdown(report))
    if arguments.json:
        write_json(report, arguments.json)
    return 0
