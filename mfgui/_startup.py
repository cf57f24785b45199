"""Process set-up that must happen before NumPy, OpenCV or Qt are loaded. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

_SWITCH_INTERVAL = (
    0.0005  # threads give way to another, or to the interface, within half a millisecond
)
CORES = "MFGUI_CORES"


def cores() -> int:
    """Processor cores this process may use, at most as many as MFGUI_CORES says."""
    if hasattr(os, "sched_getaffinity"):
        there = max(1, len(os.sched_getaffinity(0)))
    else:
        there = os.cpu_count() or 1
    most = os.environ.get(CORES, "")
    return min(there, int(most)) if most.isascii() and most.isdigit() and int(most) else there


def compute_threads(*, window: bool) -> int:
    """Threads for computing: all cores, or one less beside the window."""
    return max(1, cores() - 1) if window else cores()


def set_thread_environment(environ: MutableMapping[str, str], *, threads: int) -> None:
    """Size the thread pools of libraries loaded later; values a person has set stay."""
    # Nothing here uses BLAS; its pool costs start-up time and memory for each core.
    environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    environ.setdefault("OMP_NUM_THREADS", str(threads))
    # Spinning OpenMP threads would take the core that the interface needs.
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def remove_opencv_qt_variables(environ: MutableMapping[str, str]) -> None:
    """Undo what the non-headless OpenCV build sets: paths to its own Qt 5 plug-ins."""
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        parts = environ.get(name, "").replace("\\", "/").split("/")
        if "cv2" in parts:
            del environ[name]


def make_qt_types_at_once(environ: MutableMapping[str, str]) -> None:
    """Have PySide make its types when it is imported, not when each is first looked at.

    Looking at one in a worker, as the import of pyqtgraph does with hundreds, while the interface
    looks at another has crashed; and all of them at once take no longer than a window's share.
    """
    environ.setdefault("PYSIDE6_OPTION_LAZY", "0")


def limit_opencv() -> None:
    """OpenCV computes in the calling thread; row stripes share the work between threads."""
    import cv2

    cv2.setNumThreads(1)
    remove_opencv_qt_variables(os.environ)


def prepare_command_line() -> None:
    """Before the first heavy import of a command without a window."""
    set_thread_environment(os.environ, threads=compute_threads(window=False))
    sys.setswitchinterval(_SWITCH_INTERVAL)


def prepare_window() -> None:
    """Before the first import of Qt."""
    make_qt_types_at_once(os.environ)
    set_thread_environment(os.environ, threads=compute_threads(window=True))
    remove_opencv_qt_variables(os.environ)
    sys.setswitchinterval(_SWITCH_INTERVAL)
