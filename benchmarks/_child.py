"""Measurements in a process of their own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def measure(code, *arguments):
    """The JSON that Python code prints in a fresh process; `arguments` are its ``sys.argv[1:]``."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)
