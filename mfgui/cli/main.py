"""Entry of the command line: dispatch, exit codes, and one line for every error."""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from mfgui import _startup
from mfgui.cli.options import COMMANDS, window_parser
from mfgui.cli.parsing import parser_for
from mfgui.core.errors import INTERRUPTED, InputError, MfguiError, OutOfMemoryError, UsageError


def run(argv: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code and never raises."""
    began = time.perf_counter()
    if hasattr(sys.stdout, "reconfigure"):
        # File names may hold characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(list(argv), began)
        sys.stdout.flush()
        return code
    except SystemExit as ended:  # argparse, after --help and --version
        return ended.code if isinstance(ended.code, int) else 0
    except MfguiError as error:
        return _failed(str(error), error.exit_code, details=getattr(error, "details", ""))
    except KeyboardInterrupt:
        return _failed("interrupted; nothing was written", INTERRUPTED)
    except MemoryError:
        return _failed(
            "not enough memory; close other programs or use smaller pictures",
            OutOfMemoryError.exit_code,
        )
    except BrokenPipeError:
        return _close_broken_output()
    except Exception as error:
        what = f"unexpected fault ({type(error).__name__}: {error})"
        return _failed(what, MfguiError.exit_code, details=traceback.format_exc())


def _dispatch(argv: list[str], began: float) -> int:
    for command in COMMANDS:
        if argv and argv[0] == command.name:
            options = parser_for(command).parse_intermixed_args(argv[1:])
            options.began = began
            if command.name != "demo" or options.headless:
                _startup.prepare_command_line()
            module, function = command.target.split(":")
            code: int = getattr(importlib.import_module(module), function)(options)
            return code
    return _open_window(window_parser().parse_intermixed_args(argv))


def _open_window(options: Namespace) -> int:
    from mfgui.cli.window import open_window

    for path in options.paths:
        if not os.path.exists(path):  # noqa: PTH110 - Path.exists fails on impossible names
            raise _missing(path)
    truth = options.reference
    if truth is not None:
        if not options.paths:
            raise UsageError("--reference goes with images", hint="name the images, too")
        if not os.path.isfile(truth):  # noqa: PTH113 - as above
            raise InputError("is no file", path=truth, hint="name the picture of the ground truth")
    return open_window(options.paths, reference=truth)


def _missing(path: Path) -> MfguiError:
    if path.suffix or len(path.parts) > 1:
        return InputError("does not exist", path=path, hint="check the name")
    names = ", ".join(command.name for command in COMMANDS)
    return UsageError(f"{path} is neither a command nor a file", hint=f"the commands are: {names}")


def _failed(text: str, code: int, *, details: str = "") -> int:
    """Print the one line of an error; details go to the log file, or to a developer."""
    line = " ".join(text.split())
    if details:
        line += f"; details in {_log(details)}"
    print(f"mfgui: {line}", file=sys.stderr)
    if details and os.environ.get("MFGUI_DEBUG") == "1":
        print(details, file=sys.stderr)
    return code


def _log(details: str) -> str:
    """Append a traceback to the log file; its path, or why there is none."""
    try:
        from mfgui.app.settings import home

        path = home() / "mfgui.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sys.argv}\n{details}\n")
    except (OSError, ImportError) as error:
        return f"no file (the log cannot be written: {error}); set MFGUI_DEBUG=1 to see them"
    return str(path)


def _close_broken_output() -> int:
    """The reader of our output has gone: nobody to tell, nothing wrong on our side."""
    try:
        # Python flushes standard output at exit and would complain a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None
    return 0
