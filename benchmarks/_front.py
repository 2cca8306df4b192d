"""The front door: find the benchmarks, run one, print and write what it found."""

import argparse
import importlib
import pkgutil
import sys
import time

from threadpoolctl import threadpool_limits

import benchmarks
from benchmarks._report import as_markdown, as_report, write_json
from benchmarks._results import README, read_results, record, stale, with_tables

NOT_READY = 1
USAGE_ERROR = 2


def main(argv=None):
    """Run the command line; None takes the arguments of the process.

    The status is 0, or 1 for data that are not available or a README that is not up to date, or
    2 for wrong usage.
    """
    arguments = _parser().parse_args(argv)
    wrong = _usage_error(arguments)
    if wrong:
        print(wrong, file=sys.stderr)
        return USAGE_ERROR
    if arguments.readme or arguments.check:
        return _readme(check=arguments.check)
    if arguments.name is None:
        names = benchmark_names()
        print("\n".join(f"{name:<17}{_module(name).DESCRIPTION}" for name in names))
        return 0
    return _run(arguments)


def benchmark_names():
    """Every benchmark: the public modules of the package, sorted."""
    modules = pkgutil.iter_modules(benchmarks.__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Run a benchmark; without a name, list them."
    )
    parser.add_argument("name", nargs="?", help="the benchmark")
    parser.add_argument("--quick", action="store_true", help="a smaller run, well under a minute")
    parser.add_argument("--json", metavar="FILE", help="also write the rows to this file")
    parser.add_argument(
        "--record", action="store_true", help="also write the rows to benchmarks/results"
    )
    readme = parser.add_mutually_exclusive_group()
    readme.add_argument(
        "--readme", action="store_true", help="make the README's tables from the recorded results"
    )
    readme.add_argument(
        "--check", action="store_true", help="fail if the README's tables are not those"
    )
    return parser


def _usage_error(arguments):
    """What is wrong with the arguments together, or None."""
    names = benchmark_names()
    runs = [option for option in ("quick", "json", "record") if getattr(arguments, option)]
    if arguments.name is not None and arguments.name not in names:
        return f"there is no benchmark {arguments.name!r}; there are {', '.join(names)}."
    if (arguments.readme or arguments.check) and (arguments.name is not None or runs):
        return "--readme and --check stand alone."
    if runs and arguments.name is None:
        return f"--{runs[0]} needs the name of a benchmark."
    if arguments.quick and arguments.record:
        return "--record keeps full runs; leave --quick out."
    return None


def _readme(*, check):
    """Make the README's tables anew, or only say which are not those of the results."""
    text = README.read_text(encoding="utf-8")
    try:
        reports = read_results()
        fresh, names = with_tables(text, reports), stale(text, reports)
    except ValueError as error:
        print(error, file=sys.stderr)
        return NOT_READY
    if not check:
        README.write_text(fresh, encoding="utf-8")
        return 0
    if names:
        print(
            f"the README's tables of {', '.join(names)} are not those of benchmarks/results; "
            "run: python -m benchmarks --readme",
            file=sys.stderr,
        )
    return NOT_READY if names else 0


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
        return NOT_READY
    report = as_report(
        arguments.name, rows, quick=arguments.quick, seconds=time.perf_counter() - start
    )
    print(as_markdown(report))
    if arguments.json:
        write_json(report, arguments.json)
    return _record(report) if arguments.record else 0


def _record(report):
    try:
        path = record(report)
    except ValueError as error:
        print(f"not recorded: {error}", file=sys.stderr)
        return NOT_READY
    print(f"recorded in {path.name}; now run: python -m benchmarks --readme")
    return 0
