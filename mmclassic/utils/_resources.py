"""Time and peak memory of a stage of work."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


class Stage:
    """What one stage took: wall time and the peak of this process's resident memory, MiB.

    On Linux the peak is that within the stage; elsewhere that since the process began, or NaN
    where the system does not tell.
    """

    def __init__(self, name):
        self.name = name
        self.seconds = float("nan")
        self.peak_mib = float("nan")


@contextmanager
def measure(name):
    """A ``with`` statement that gives a `Stage`; its figures are filled in when the body ends."""
    stage = Stage(name)
    _reset_peak()
    start = time.perf_counter()
    try:
        yield stage
    finally:
        stage.seconds = time.perf_counter() - start
        stage.peak_mib = _peak_mib()


def _reset_peak():
    """Ask Linux to restart VmHWM (proc(5), clear_refs: value 5); do nothing elsewhere."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mib():
    """Peak resident memory, MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if resource is None:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
