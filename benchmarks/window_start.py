"""Start of the window: process start to the end of its first paint, and to a usable window.

The rival, in the same run on the same machine, is a bare PySide6 QMainWindow:

    QT_QPA_PLATFORM=offscreen python benchmarks/window_start.py [--repeat 7]

A window is usable when it has painted and the event loop has emptied its queue once, so that
the next click is answered.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT = 1.5


def rival() -> None:
    """A bare main window."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.resize(1280, 720)
    window.show()
    _report(app, window)


def mfgui() -> None:
    """The window as `mfgui` opens it, with its start page."""
    from mfgui import _startup

    _startup.prepare_window()
    _startup.limit_opencv()
    from PySide6.QtWidgets import QApplication

    from mfgui.ui.application import make_application

    app = QApplication([])
    application = make_application(app)
    application.window.resize(1280, 720)
    application.window.show()
    _report(app, application.window)
    application.close()


def _report(app: object, window: object) -> None:
    """Print the time of the first paint and of the first idle moment after it."""
    window.repaint()  # type: ignore[attr-defined]
    painted = time.time()
    app.processEvents()  # type: ignore[attr-defined]
    loaded = [name for name in ("torch", "skimage", "pyqtgraph") if name in sys.modules]
    print(painted, time.time(), ",".join(loaded) or "-")


def measured(which: str, *, repeat: int) -> tuple[list[float], list[float], str]:
    """Seconds from process start to painted and to usable, after one warm-up."""
    painted, usable, loaded = [], [], ""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MFGUI_HOME": folder}
        for _ in range(repeat + 1):
            began = time.time()
            command = [sys.executable, __file__, "--child", which]
            done = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            )
            first, second, loaded = done.stdout.split()
            painted.append(float(first) - began)
            usable.append(float(second) - began)
    return painted[1:], usable[1:], loaded


def main() -> None:
    """One line for each window: first paint, usable, ratio to the rival, limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--child", choices=("rival", "mfgui"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return rival() if options.child == "rival" else mfgui()
    base = 0.0
    for which, limit in (("rival", ""), ("mfgui", f"   limit {LIMIT} s")):
        painted, usable, loaded = measured(which, repeat=options.repeat)
        median = statistics.median(usable)
        base = base or median
        print(
            f"{which:<6} painted {statistics.median(painted):5.3f} s   usable {median:5.3f} s   "
            f"best {min(usable):5.3f} s   {median / base:4.2f} x rival   heavy: {loaded}{limit}"
        )
    return None


if __name__ == "__main__":
    main()
