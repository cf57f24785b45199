"""The photographer's flow in the whole window: drop a stack, click on Fuse, see the picture.

    python benchmarks/window_flow.py [FOLDER] [--frames 30] [--size 6000x4000] [--json FILE]

FOLDER holds the frames (1.jpg, 2.jpg, ...) as `mfgui synth moving-stack` writes them; without it
such a stack is made. Offscreen at 1920 x 1080, with settings of its own; a real drop on the start
page, a real click on the button. Told are the seconds to each thing that the person sees, what the
screen showed then, the processor's seconds, the peak of RssAnon + RssShmem of each stage, and the
longest turns of the interface thread: processor time between two ticks of a timer.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from big_stacks import frames_of
from peak import resident
from PySide6.QtCore import QEvent, QEventLoop, QMimeData, QObject, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mfgui import _startup
from mfgui.app import compiled
from mfgui.core.arrays import Size
from mfgui.synth import moving_stack, output
from mfgui.ui.application import Application, make_application
from mfgui.ui.canvas.view import Canvas

WIDTH, HEIGHT = 1920, 1080
TURN_BUDGET = 50.0  # ms of the processor
_POLL = 0.02  # s
_TOLD = 8  # turns
_LONG = 10.0  # ms: turns below are not kept
_LIKE = 0.95  # correlation of what is on the screen with what belongs there
_LIMIT = 1200.0  # s, for any one thing
_CAMERA: dict[str, Any] = {
    "breathing": 3, "shift": 8, "rotation": 0.3, "gain": 10, "noise": 2, "jpeg": 95
}  # fmt: skip


class Memory:
    """The highest RssAnon + RssShmem of this process in each stage, in MB."""

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        self._stage = "start"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def enter(self, stage: str) -> None:
        self._stage = stage

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_POLL):
            now, stage = resident(os.getpid()) * 1024e-6, self._stage
            self.peaks[stage] = max(self.peaks.get(stage, 0.0), now)


class Turns(QObject):
    """Processor time of the interface thread between two ticks of a timer, with stage and
    moment."""

    def __init__(self) -> None:
        super().__init__()
        self.long: list[tuple[float, str, float]] = []  # ms, stage, seconds since it began
        self._stage, self._began, self._last = "", time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_timer_ticked)
        self._timer.start(2)

    def enter(self, stage: str) -> None:
        self._stage, self._began, self._last = stage, time.perf_counter(), time.thread_time()

    def skip(self) -> None:
        """What was done since the last tick does not count."""
        self._last = time.thread_time()

    def longest(self) -> list[tuple[float, str, float]]:
        return sorted(self.long, reverse=True)[:_TOLD]

    def _on_timer_ticked(self) -> None:
        now = time.thread_time()
        taken = (now - self._last) * 1e3
        if taken > _LONG:
            self.long.append((taken, self._stage, time.perf_counter() - self._began))
        self._last = now


class Paints(QObject):
    """When a canvas was first painted with each picture that it showed."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.first: dict[str, float] = {}
        canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._canvas.shown:
            self.first.setdefault(self._canvas.shown, time.perf_counter())
        return False


class Flow:
    """The window under test."""

    def __init__(self, application: Application, paths: list[Path]) -> None:
        self.window, self.controller = application.window, application.controller
        self.canvas, self.paths = self.window.parts.canvas, paths
        self.memory, self.turns, self.paints = Memory(), Turns(), Paints(self.canvas)
        self.seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    def act(self, action: Callable[[], object]) -> None:
        """Seconds count from here."""
        self._began = time.perf_counter()
        action()

    def enter(self, stage: str) -> None:
        self.memory.enter(stage)
        self.turns.enter(stage)

    def until(self, what: str, condition: Callable[[], bool]) -> None:
        """Run the event loop until `condition` holds; the seconds are kept as `what`."""
        self._run(what, condition)
        self._tell(what, time.perf_counter())

    def _run(self, what: str, condition: Callable[[], bool]) -> None:
        # Not QTest.qWait: it holds the interpreter for as long as it waits, so that no other
        # thread of the program gets on.
        loop, timer, limit = QEventLoop(), QTimer(), QTimer(singleShot=True)
        timer.timeout.connect(lambda: loop.quit() if condition() else None)
        limit.timeout.connect(lambda: loop.exit(1))
        timer.start(5)
        limit.start(round(_LIMIT * 1e3))
        if loop.exec():
            raise TimeoutError(f"the window did not get there: {what}")
        timer.stop()

    def until_painted(self, what: str, key: Callable[[], str]) -> None:
        """Run the event loop until the canvas is painted with the picture of a key."""
        found: list[str] = []  # by now the canvas may show the next picture
        self._run(what, lambda: key() in self.paints.first and not found.append(key()))
        self._tell(what, self.paints.first[found[0]])

    def rest(self, seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1e3), loop.quit)
        loop.exec()

    def look(self, picture: np.ndarray | None) -> None:
        """End here if the screen does not show `picture`; looking is none of the turns."""
        assert picture is not None
        alike = likeness(self.on_screen(), picture)
        print(f"  correlation of the screen with it{alike:19.3f}")
        if alike < _LIKE:
            raise SystemExit("the canvas does not show the picture")
        self.turns.skip()

    def _tell(self, what: str, at: float) -> None:
        self.seconds[what] = at - self._began
        print(f"  {what:44}{self.seconds[what]:8.2f} s", end="")
        print(f", {time.process_time():6.1f} CPU s since the start", flush=True)

    def on_screen(self) -> np.ndarray:
        """(H, W) float32, what the window has painted where the canvas is."""
        place = self.canvas.mapTo(self.window, QPoint(0, 0))
        shot = self.window.screen().grabWindow(
            self.window.winId(), place.x(), place.y(), self.canvas.width(), self.canvas.height()
        )
        image = shot.toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : image.width()].astype(np.float32)


def likeness(shown: np.ndarray, picture: np.ndarray) -> float:
    """Correlation of a grey picture, fitted into the shown pixels as the canvas fits it, with
    them."""
    height, width = shown.shape
    scale = min(width / picture.shape[1], height / picture.shape[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # Beside the picture there may be a margin: the best place of its middle counts.
    rows, columns = (side // 8 for side in small.shape)
    middle = small[rows:-rows, columns:-columns].astype(np.float32)
    return float(cv2.matchTemplate(shown, middle, cv2.TM_CCOEFF_NORMED).max())


def drop(window: QWidget, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none, at = Qt.KeyboardModifier.NoModifier, QPoint(WIDTH // 3, HEIGHT // 3)
    # Qt delivers a drop only to the widget that a drag has entered.
    QApplication.sendEvent(window, QDragEnterEvent(at, copy, data, left, none))
    QApplication.sendEvent(window, QDropEvent(at.toPointF(), copy, data, left, none))


def work(flow: Flow) -> None:
    """Drop, look, fuse, look."""
    canvas, controller = flow.canvas, flow.controller
    flow.rest(1.0)
    flow.enter("opening")
    flow.act(lambda: drop(flow.window, flow.paths))
    flow.until_painted("first picture", lambda: canvas.shown)
    flow.look(cv2.imread(str(flow.paths[0]), cv2.IMREAD_GRAYSCALE))
    flow.until_painted("all frames read, the first", lambda: at(canvas, "source:1"))
    flow.rest(1.5)
    flow.enter("aligning")
    button = flow.window._tool_bar.fuse_button
    flow.act(lambda: QTest.mouseClick(button, Qt.MouseButton.LeftButton))
    # Of a stack that is quickly done there is none.
    small = "small fused picture"
    flow.until_painted(small, lambda: at(canvas, "live") or at(canvas, "result:1"))
    flow.until("frames aligned", lambda: not controller.align.busy)
    flow.enter("fusing")
    flow.until("fused", lambda: bool(controller.session.results))
    flow.enter("showing")
    flow.until_painted("fused picture", lambda: at(canvas, "result:1"))
    fused = controller.view.picture("result:1")
    assert fused is not None
    flow.look(cv2.cvtColor(fused.levels[0], cv2.COLOR_BGRA2GRAY))
    flow.rest(1.5)


def at(canvas: Canvas, key: str) -> str:
    """The key where the canvas shows it, else nothing."""
    return key if canvas.shown == key else ""


def report(flow: Flow, path: Path | None) -> None:
    print("  peak of RssAnon + RssShmem, MB:", end=" ")
    print(", ".join(f"{stage} {peak:.0f}" for stage, peak in flow.memory.peaks.items()))
    print(f"  longest turns of the interface thread, ms of the processor (budget {TURN_BUDGET:g}):")
    for taken, stage, moment in flow.turns.longest():
        print(f"    {taken:6.1f}  {stage}, {moment:.2f} s")
    if path is not None:
        told = {
            "frames": len(flow.paths), "cores": os.cpu_count(), "seconds": flow.seconds,
            "peak_mb": flow.memory.peaks, "turns_ms": flow.turns.longest(),
        }  # fmt: skip
        path.write_text(json.dumps(told, indent=1), "utf-8")


def make_stack(folder: Path, frames: int, size: str) -> Path:
    width, height = (int(side) for side in size.split("x"))
    stack = moving_stack.MovingStack(Size(width, height), frames=frames, seed=20, **_CAMERA)
    output.write_moving_stack(folder, moving_stack.rendered(stack))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--size", default="6000x4000")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["MFGUI_HOME"] = home
        folder = options.folder or make_stack(Path(home) / "s", options.frames, options.size)
        paths = frames_of(folder, None, folder)[: options.frames]
        _startup.prepare_window()
        _startup.limit_opencv()
        if not compiled.ready():
            compiled.compile_here()  # the window would have it done by another process meanwhile
        app = QApplication([])
        application = make_application(app)
        application.window.resize(WIDTH, HEIGHT)
        application.window.show()
        print(f"{len(paths)} frames, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        flow = Flow(application, paths)
        try:
            work(flow)
            report(flow, options.json)
        finally:
            flow.memory.close()
            began = time.perf_counter()
            application.close()
            print(f"  closed in {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
