"""The command ``mmclassic``: an exit code, whatever happens on the way.

Little is imported here: before `main` is called the interpreter answers an interruption.
"""

import importlib
import os
import signal
import sys

from mmclassic.cli._exit_codes import INTERRUPTED

_OF_TRACKER = "ignore:resource_tracker:UserWarning"


def main(arguments=None):
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words after the command; None takes those of the process.

    Returns
    -------
    code : int
        0 on success, 1 for an error in the data or files, 130 for an interruption.
        Wrong usage exits with 2, as argparse does.
    """
    if arguments is not None:
        return _run()(arguments)
    # Who calls main from Python keeps their signals and streams; here they are ours.
    with _Interruptions() as interruptions:
        _write_whatever_the_encoding()
        code = _run()(None, interruptions.while_working)
        code = code if _flushed() else code or 1
    return INTERRUPTED if interruptions.seen else code


def _run():
    return importlib.import_module("mmclassic.cli._run").run


class _Interruptions:
    """Makes of SIGINT a word and the exit code 130 at any moment, and of no moment a traceback.

    Imports turn an interruption into errors of many kinds, and destructors print and forget it:
    there the process is left at once. While a command works it unwinds, and files are cleaned up.
    """

    def __init__(self):
        self.seen = False

    def __enter__(self):
        self._handle(self._leave)
        # What an interruption keeps a pool of processes from removing, its tracker removes; it need
        # not tell.
        told = os.environ.get("PYTHONWARNINGS")
        os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [told, _OF_TRACKER]))
        return self

    def __exit__(self, *error):
        # What is left is done, and as it ends Python would give the signal its default back.
        self._handle(signal.SIG_IGN)

    def while_working(self):
        sys.unraisablehook = self._unraisable
        self._handle(self._unwind)

    def _handle(self, handler):
        # A process that was started to ignore it, as by nohup, goes on doing so.
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, handler)

    def _unwind(self, signum, frame):
        self.seen = True
        self._handle(self._leave)
        raise KeyboardInterrupt

    def _leave(self, *_):
        try:
            if not self.seen:
                os.write(2, b"mmclassic: interrupted\n")
        finally:
            os._exit(INTERRUPTED)

    def _unraisable(self, unraisable):
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            self.seen = False
            self._leave()
        sys.__unraisablehook__(unraisable)


def _write_whatever_the_encoding():
    """Let characters that the terminal or pipe cannot show be written as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")


def _flushed():
    """Whether all that was printed has arrived, be it only as far as the reader wanted."""
    if sys.stdout is None:
        return True
    try:
        sys.stdout.flush()
    except OSError as error:
        # The interpreter, which flushes as it ends, would complain again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return isinstance(error, BrokenPipeError)
    return True
