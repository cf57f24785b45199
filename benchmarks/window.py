"""Interface budgets of the whole window: opening (rows 2, 3), moving (11), switching (13),
stopping (16), and the longest time the interface thread was away (20).

Offscreen at 2560 x 1440 with a generated 24-megapixel JPEG pair; every action is a real event.
The rival of opening is OpenCV decoding the same two files one after the other in the same run.

    python benchmarks/window.py [--events 210]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from canvas import HEIGHT, WIDTH, Stopwatch, Took, line, make_pair, wheel
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui import _startup
from mfgui.core.events import OpeningFailed, RunChanged, RunState, SetOpening
from mfgui.ui.application import Application, make_application


def waited_for_a_core() -> float:
    """Seconds this thread was ready to run while others had the processor; 0 if not told."""
    try:
        text = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("ascii")
        return int(text.split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


class Heartbeat(QObject):
    """Gaps of the event loop in milliseconds: a 1-ms timer that comes late was kept waiting.

    `worst` holds the longest gap of each stage, `worst_own` the longest after taking off the
    time for which the thread was ready and had no core.
    """

    def __init__(self) -> None:
        super().__init__()
        self.worst: dict[str, float] = {}
        self.worst_own: dict[str, float] = {}
        self._stage, self._last, self._waited = "", time.perf_counter(), waited_for_a_core()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_ticked)
        self._timer.start(1)

    def enter(self, stage: str) -> None:
        self._stage, self._last = stage, time.perf_counter()
        self._waited = waited_for_a_core()

    def _on_timer_ticked(self) -> None:
        now, waited = time.perf_counter(), waited_for_a_core()
        gap = (now - self._last) * 1e3
        own = gap - (waited - self._waited) * 1e3
        self.worst[self._stage] = max(self.worst.get(self._stage, 0.0), gap)
        self.worst_own[self._stage] = max(self.worst_own.get(self._stage, 0.0), own)
        self._last, self._waited = now, waited


class Clock:
    """Milliseconds since it was made: wall clock, and processor time of the interface thread."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.thread_time()

    def took(self) -> Took:
        return (
            (time.perf_counter() - self._wall) * 1e3,
            (time.thread_time() - self._processor) * 1e3,
        )


class Bench:
    """The window under test and the clock."""

    def __init__(self, app: QApplication, application: Application) -> None:
        self.app, self.application = app, application
        self.window = application.window
        self.canvas = self.window.parts.canvas
        self.controller = application.controller
        self.heart = Heartbeat()
        self.timed = Stopwatch(app)
        self._seen: list[object] = []
        self.controller.notifier.connect(self._seen.append)

    def until(self, condition: Callable[[], bool], *, limit: float = 120.0) -> None:
        """Return when `condition` holds and what it caused is painted."""
        began = time.perf_counter()
        while not condition():
            if time.perf_counter() - began > limit:
                raise TimeoutError("the window did not get there")
            self.app.processEvents()
            time.sleep(0.0005)
        self.app.processEvents()

    def saw(self, kind: type) -> bool:
        if any(isinstance(change, OpeningFailed) for change in self._seen):
            raise RuntimeError("the set could not be opened")
        return any(isinstance(change, kind) for change in self._seen)

    def forget(self) -> None:
        self._seen.clear()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=210, help="events of each kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MFGUI_HOME"] = folder
        files = write_pair(Path(folder))
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start")
        print(f"rival: OpenCV decodes both files in {decode(files):.0f} ms")
        _startup.prepare_window()
        _startup.limit_opencv()
        app = QApplication([])
        application = make_application(app)
        application.window.resize(WIDTH, HEIGHT)
        application.window.show()
        bench = Bench(app, application)
        print(
            f"{'milliseconds (budget)':34s}{'events':>7s}{'p50':>7s}{'p95':>7s}{'max':>7s}", end=""
        )
        print("   processor p95")
        opening(bench, files)
        moving(bench, options.events)
        switching(bench, options.events)
        stopping(bench)
        for stage, worst in bench.heart.worst.items():
            own = bench.heart.worst_own[stage]
            print(
                f"interface thread away at most, {stage:16s} {worst:6.1f} ms, "
                f"{own:6.1f} without waiting for a core   budget 50"
            )
        application.close()
        print(f"load {os.getloadavg()[0]:.2f} at the end")


def write_pair(folder: Path) -> list[Path]:
    first, second, _ = make_pair()
    files = [folder / "near.jpg", folder / "far.jpg"]
    for path, pixels in zip(files, (first, second), strict=True):
        path.write_bytes(cv2.imencode(".jpg", pixels[..., ::-1])[1].tobytes())
    return files


def decode(files: list[Path]) -> float:
    began = time.perf_counter()
    for path in files:
        cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    return (time.perf_counter() - began) * 1e3


def opening(bench: Bench, files: list[Path]) -> None:
    """A drop of the two files, several times: to the first picture, and to full resolution."""
    first: list[Took] = []
    full: list[Took] = []
    for _ in range(5):
        bench.controller.sets.close()
        bench.until(lambda: not bench.controller.state.has_set)
        bench.forget()
        bench.heart.enter("opening")
        clock = Clock()
        drop(bench, files)
        bench.until(lambda: bench.saw(SetOpening))
        first.append(clock.took())
        bench.until(lambda: bench.canvas.shown == "source:1")
        full.append(clock.took())
    line("drop to first picture (500)", first)
    line("drop to full resolution (1000)", full)


def drop(bench: Bench, files: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none, at = Qt.KeyboardModifier.NoModifier, QPoint(WIDTH // 2, HEIGHT // 2)
    # Qt delivers a drop only to the widget that a drag has entered.
    QApplication.sendEvent(bench.window, QDragEnterEvent(at, copy, data, left, none))
    QApplication.sendEvent(bench.window, QDropEvent(at.toPointF(), copy, data, left, none))


def moving(bench: Bench, events: int) -> None:
    """Wheel and drag over the map, once it has been detected."""
    bench.heart.enter("detecting")
    bench.controller.runs.detect("laplacian", {"window": 25})
    bench.until(lambda: bench.controller.state.has_map)
    bench.until(lambda: not bench.controller.state.running)
    generator = np.random.default_rng(20)
    canvas, middle = bench.canvas, QPointF(bench.canvas.width() / 2, bench.canvas.height() / 2)
    bench.heart.enter("moving")
    taken, direction, at = [], 1, middle
    for _ in range(events):
        if (direction > 0 and canvas.zoom >= 64) or (direction < 0 and canvas.viewport.fitted):
            direction = -direction
            at = QPointF(*(generator.random(2) * (canvas.width(), canvas.height())))
        taken.append(bench.timed(lambda at=at, d=direction: wheel(canvas, at, 120 * d)))
    line("wheel (16.7)", taken)
    taken = []
    for index in range(events):
        if index % 30 == 0:
            canvas.zoom_to((0.5, 0.8, 1.0, 2.0, 12.0, 36.0)[index // 30 % 6])
            at = middle.toPoint()
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at)
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at)
        at += QPoint(*generator.integers(-60, 61, 2).tolist())
        taken.append(bench.timed(lambda at=at: QTest.mouseMove(canvas, at)))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at)
    line("drag (16.7)", taken)


def switching(bench: Bench, events: int) -> None:
    """Source by PgUp and PgDown, overlay mode and strength by their keys."""
    canvas = bench.canvas
    canvas.setFocus()
    bench.heart.enter("switching")
    keys = {
        "source": (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp),
        "overlay mode": (Qt.Key.Key_O, Qt.Key.Key_O),
        "strength": (Qt.Key.Key_Period, Qt.Key.Key_Comma),
        "peek": (Qt.Key.Key_S, Qt.Key.Key_S),
    }
    for name, pair in keys.items():
        taken = []
        for index in range(events):
            if index % 10 == 0:
                canvas.zoom_to((0.5, 0.7, 1.0, 3.0)[index // 10 % 4])
            shift = Qt.KeyboardModifier.ShiftModifier if name == "overlay mode" else None
            modifier = shift or Qt.KeyboardModifier.NoModifier
            key = pair[index % 2]
            if name == "peek":
                act = QTest.keyPress if index % 2 == 0 else QTest.keyRelease
            else:
                act = QTest.keyClick
            taken.append(bench.timed(lambda a=act, k=key, m=modifier: a(canvas, k, m)))
        line(f"{name} (16)", taken)


def stopping(bench: Bench) -> None:
    """Shift+F5 at several moments of a run of 24 megapixels."""
    acknowledged: list[Took] = []
    ended: list[Took] = []
    for moment in (0.3, 1.0, 2.5, 4.0, 6.0, 9.0):
        bench.heart.enter("running")
        QTest.keyClick(bench.window, Qt.Key.Key_F5)
        bench.until(lambda: bench.controller.state.running)
        began = time.perf_counter()
        bench.until(lambda began=began, m=moment: time.perf_counter() - began > m)
        if not bench.controller.state.running:
            print(f"the run ended before {moment} s")
            continue
        bench.forget()
        clock = Clock()
        QTest.keyClick(bench.window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
        bench.app.processEvents()
        if not any(is_stopping(change) for change in bench._seen):
            raise RuntimeError("stop was not acknowledged")
        acknowledged.append(clock.took())
        bench.until(lambda: not bench.controller.state.running)
        ended.append(clock.took())
        bench.heart.enter("after the run")
        began = time.perf_counter()
        bench.until(lambda began=began: time.perf_counter() - began > 2.0)
    line("stop acknowledged (100)", acknowledged)
    line("stop ended (1000)", ended)


def is_stopping(change: object) -> bool:
    return isinstance(change, RunChanged) and change.status.state is RunState.STOPPING


if __name__ == "__main__":
    main()
