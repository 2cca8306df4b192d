"""Measurements in a process of their own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def measure(code, *arguments):
    """Run Python code in a fresh process and take the JSON that it prints.

    Parameters
    ----------
    code : str
        Statements; what they print is one JSON value.
    *arguments : object
        Reach the code as strings in ``sys.argv[1:]``.

    Returns
    -------
    value : object
        What was printed.

    Raises
    ------
    CalledProcessError
        If the code fails; its error stands on standard error.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)
