"""From words to an exit code; what goes wrong is told in words."""

import importlib
import logging
import re
import sys
import warnings

from mmclassic.cli._exit_codes import INTERRUPTED
from mmclassic.cli._options import parse

_PARAMETER = re.compile(
    r"\b(sep|decimal|encoding|sheet|user|item|weight|rating|time|time_format|item_id|on_error)="
    r"(?=[A-Z'\"])"
)
_OPTIONS = {"item_id": "id"}


def run(arguments, when_imported=lambda: None):
    """Run the words `arguments`; gives the exit code. `when_imported` is called before the work."""
    options = parse(arguments)
    try:
        module, _, function = options.run.partition(":")
        command = getattr(importlib.import_module(f"mmclassic.cli.{module}"), function)
        when_imported()
        if options.verbose:
            _tell_what_is_done()
        with warnings.catch_warnings():  # restores showwarning, too
            warnings.showwarning = _show_warning
            command(options)
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        return 0  # the reader (head, say) has what it wanted
    except (ValueError, TypeError, OSError, ImportError) as error:
        _say(f"error: {_in_words(error)}")
        return 1
    except MemoryError:
        _say("error: there is not enough memory")
        return 1
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    return 0


def _tell_what_is_done():
    """Write what the package logs on standard error, with the time."""
    logger = logging.getLogger("mmclassic")
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)


def _in_words(error):
    if isinstance(error, OSError) and error.strerror:
        where = "standard output" if error.filename is None else repr(error.filename)
        return f"{where}: {error.strerror}"
    return _with_options(str(error))


def _with_options(words):
    """Advice that names parameters, with the options of the command line in their place."""
    return _PARAMETER.sub(
        lambda found: f"--{_OPTIONS.get(found[1], found[1].replace('_', '-'))} ", words
    ).replace("--on-error 'missing'", "--on-error missing")


def _show_warning(message, category, filename, lineno, file=None, line=None):
    readings = getattr(message, "readings", None)  # of a QueryWarning, whose import takes long
    if readings is None:
        _say(f"warning: {_with_options(str(message))}")
        return
    for reading in readings:
        _say(str(reading))


def _say(words):
    if sys.stderr is not None:  # to None, print would write on standard output
        print(f"mmclassic: {words}", file=sys.stderr)
