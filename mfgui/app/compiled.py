"""The compiled loops of methods and views: are they on disk, and how they get there.

    python -m mfgui.app.compiled

numba compiles a loop on its first use, which takes about a minute in all, and keeps the machine
code beside the sources. A stamp in the cache folder of the person says that this has been done.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import logging
import os
import platform
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import mfgui
from mfgui.files.frame_cache import cache_folder as cache_folder

_log = logging.getLogger(__name__)

NOTE = "compiling the solver, once after installation"
_OF_VIEWS = "mfgui.core.difference_kernels"
_NICENESS = 10
_POLL_SECONDS = 0.1


def ready() -> bool:
    """Whether the loops of this installation have been compiled."""
    try:
        return _stamp().read_text(encoding="utf-8") == _state()
    except OSError:
        return False


def compile_here() -> None:
    """Compile in this process, holding the interpreter: not beside an interface."""
    from mfgui.methods.warm_up import warm_up

    importlib.import_module(_OF_VIEWS)  # compiles
    warm_up()
    write_stamp()


def compile_apart(stopped: threading.Event) -> bool:
    """Compile in a process of low priority and wait for its end; it is ended when `stopped`.

    Returns
    -------
    bool
        Whether the loops are compiled.
    """
    command = [sys.executable, "-m", "mfgui.app.compiled"]
    quiet = subprocess.DEVNULL
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=errors) as process,
    ):
        while process.poll() is None:
            if stopped.wait(_POLL_SECONDS):
                process.terminate()
                return False
        if process.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            _log.warning("%s ended with status %d\n%s", command, process.returncode, said)
        return process.returncode == 0


def write_stamp() -> None:
    """Remember that the loops are compiled. A failure is logged: they are then compiled again."""
    stamp = _stamp()
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(_state(), encoding="utf-8")
    except OSError as error:
        _log.warning("%s was not written: %s", stamp, error)


def _package() -> Path:
    return Path(mfgui.__file__).parent


def _stamp() -> Path:
    """One for each installation."""
    name = hashlib.sha256(str(_package()).encode()).hexdigest()[:16]
    return cache_folder() / f"compiled-{name}.txt"


def _state() -> str:
    """Everything that the machine code depends on; newer sources are compiled again."""
    sources = [*(_package() / "methods").rglob("*.py"), *(_package() / "core").glob("*_kernels.py")]
    newest = max(source.stat().st_mtime_ns for source in sources)
    versions = (mfgui.__version__, importlib.metadata.version("numba"), platform.python_version())
    return " ".join((*versions, platform.machine(), str(newest))) + "\n"


def main() -> None:
    """Compile, giving way to everything else on the machine."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    compile_here()


if __name__ == "__main__":
    main()
