"""Memory of nine results of 24 megapixels: in the window, while they are switched, and after.

Offscreen at 2560 x 1440 with a generated pair of 6000 x 4000 8-bit colour frames. Nine runs of the
controller leave nine results, three of them with a start image of their own; each is shown, then
all are shown side by side. Printed are the anonymous and the file-backed resident memory
(/proc/self/smaps_rollup) and the peak of each stage; the bound is 2.5 GB for what nine results
take when no run is under way.

    python benchmarks/results_memory.py [--rounds 2] [--grid]
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
from canvas import HEIGHT, WIDTH, make_pair
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from mfgui import _startup
from mfgui.core.comparison import PaneMode
from mfgui.ui.application import Application, make_application

BOUND = 2.5e9
_WAIT = 900.0  # seconds, for any one thing
_ASCENT = ("ms-lap", {"iterations": 2, "tolerance": 0.0})
_RUNS = (_ASCENT, ("average", {}), ("composite", {})) * 3


def resident() -> dict[str, float]:
    """Bytes of this process in memory: "anonymous", "files", and both as "all"."""
    text = Path("/proc/self/smaps_rollup").read_text("ascii")
    found = {
        name: 1024 * int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)
    }
    anonymous = found["Anonymous"]
    return {"anonymous": anonymous, "files": found["Rss"] - anonymous, "all": found["Rss"]}


def peak() -> float:
    """Most bytes in memory since the last `forget_peak`."""
    text = Path("/proc/self/status").read_text("ascii")
    return 1024.0 * int(re.search(r"VmHWM:\s+(\d+)", text)[1])  # type: ignore[index]


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def tell(stage: str) -> float:
    """Print what is resident now, and begin the next stage."""
    now = resident()
    parts = "  ".join(f"{name} {now[name] / 1e6:6.0f}" for name in ("all", "anonymous", "files"))
    print(f"{stage:<34} {parts}  peak {peak() / 1e6:6.0f} MB", flush=True)
    forget_peak()
    return now["all"]


def write_pair(files: list[Path]) -> None:
    for path, frame in zip(files, make_pair(), strict=False):
        cv2.imwrite(str(path), frame, [cv2.IMWRITE_PNG_COMPRESSION, 1])


class Bench:
    """A window and its event loop."""

    def __init__(self, app: QApplication, application: Application) -> None:
        self.app, self.application = app, application
        self.controller = application.controller

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _WAIT
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the window did not get there")
            self.app.processEvents()
            time.sleep(0.002)

    def rest(self, seconds: float = 1.0) -> None:
        """Some time, and until nothing is under way."""
        end, controller = time.monotonic() + seconds, self.controller
        autosave, scores = controller.sessions.autosave, controller.scores
        self.until(lambda: time.monotonic() > end and not autosave.busy and not scores.busy)

    def shown(self, key: str) -> None:
        """Show a picture and wait until it is there."""
        canvas = self.application.window.parts.canvas
        self.controller.view.show(key)
        self.until(lambda: canvas.shown == key)


def work(bench: Bench, files: list[Path], rounds: int, *, grid: bool) -> float:
    """Open, run, switch; returns the bytes that nine results take, each in its last state."""
    controller = bench.controller
    controller.sets.open(files)
    bench.until(lambda: controller.session.shown == "source:1")
    bench.until(lambda: "source:2" in bench.application.window.parts.canvas.picture_keys)
    bench.rest()
    tell("pair open")
    for method, parameters in _RUNS:
        before = len(controller.session.results)
        controller.runs.run(method, parameters)
        bench.until(lambda b=before: len(controller.session.results) > b)
        newest = max(controller.session.results)
        bench.until(lambda n=newest: controller.view.picture(f"result:{n}") is not None)
    bench.rest(3.0)
    taken = tell("nine results")
    print(f"  of which images in memory: {controller.store.memory_bytes / 1e6:.0f} MB")
    for _ in range(rounds):
        for number in controller.session.results:
            bench.shown(f"result:{number}")
    bench.rest(3.0)
    taken = max(taken, tell("each shown"))
    if grid:
        controller.compare.change(mode=PaneMode.GRID)
        keys = [f"result:{number}" for number in controller.session.results]
        bench.until(lambda: all(controller.view.picture(key) is not None for key in keys))
        bench.rest(3.0)
        taken = max(taken, tell("nine panes, scored"))
        controller.compare.change(mode=PaneMode.SINGLE)
    for number in (n for n, r in controller.session.results.items() if r.curve is not None):
        controller.view.show_state(number, "start")
        bench.rest(2.0)
    tell("starts of the ascents shown")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--grid", action="store_true")
    options = parser.parse_args()
    _startup.limit_opencv()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("near.png", "far.png")]
        write_pair(files)
        os.environ["MFGUI_HOME"] = str(Path(folder) / "home")
        application = make_application(app)
        application.window.resize(WIDTH, HEIGHT)
        application.window.show()
        bench = Bench(app, application)
        bench.rest()
        start = tell("window open")
        taken = work(bench, files, options.rounds, grid=options.grid)
        bench.controller.sets.close()
        bench.rest(3.0)
        gc.collect()
        left = tell("set closed")
        bench.controller.sets.open(files)
        bench.until(lambda: bench.controller.session.shown == "source:1")
        bench.controller.sets.close()
        bench.rest(3.0)
        again = tell("opened and closed again")
        application.close()
        application.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        tell("window closed")
    print(f"nine results: {taken / 1e9:.2f} GB of {BOUND / 1e9:.1f} GB, window included")
    more = (left - start) / 1e6, (again - left) / 1e6
    print(
        "left after closing: {:.0f} MB, mostly libraries; the next set leaves {:.0f}".format(*more)
    )


if __name__ == "__main__":
    main()
