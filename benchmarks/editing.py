"""Interface budgets of painting: brush (rows 5, 6), Snap (7), smart brush (8), the fused picture
under the brush (9), undo and redo (10), overlay modes and heat maps (13, 14), 5, 7 and 10 beside a
run (15), memory of an open pair (21), autosave (22).

Offscreen at 2560 x 1440 with a generated 24-megapixel JPEG pair; every action is a real event of
the whole window, and a time runs from its delivery to the end of the paint it causes. A frame
brings two points of a stroke (`strokes.py`). The rival of row 5 is the simplest program that does
the same: it draws the dab into the whole map with OpenCV and blends the visible part afresh.

    python benchmarks/editing.py [--events 210] [--rows 5,9]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from canvas import HEIGHT, WIDTH, Took, line
from live import Verdicts
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from strokes import strokes
from window import Bench, drop, waited_for_a_core, write_pair

from mfgui import _startup
from mfgui.core.events import PicturePatched
from mfgui.ui.application import make_application
from mfgui.ui.canvas.overlays import OverlayMode

ROWS = ("21", "5", "6", "7", "8", "9", "10", "13", "14", "15", "22")
ZOOMS = (0.4, 0.5, 1.0, 3.0)
_ENDLESS = {"iterations": 100_000, "tolerance": 0, "change": 0}
_LEFT = Qt.MouseButton.LeftButton


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=210, help="events of each kind")
    parser.add_argument("--rows", default=",".join(ROWS), help="which rows (default: all)")
    options = parser.parse_args()
    rows = options.rows.split(",")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MFGUI_HOME"] = folder
        files = write_pair(Path(folder))
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start")
        _startup.prepare_window()
        _startup.limit_opencv()
        app = QApplication([])
        application = make_application(app)
        application.window.resize(WIDTH, HEIGHT)
        application.window.show()
        bench = Bench(app, application)
        editing = Editing(bench, Verdicts(bench), options.events)
        print(
            f"{'milliseconds':>41s}{'events':>7s}{'p50':>7s}{'p95':>7s}{'max':>7s}  processor p95"
        )
        editing.open(files)
        for row in rows:
            editing.measures()[row]()
        editing.verdicts.leave()
        for stage, gaps in editing.verdicts.gaps.items():
            own, wall = max(gaps)
            print(
                f"interface thread away at most, {stage:22s}{wall:7.1f} ms, {own:6.1f} without "
                "waiting for a core   budget 50"
            )
        application.close()
        print(f"load {os.getloadavg()[0]:.2f} at the end")


def resident() -> int:
    """Bytes of main memory that this process has now."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


class Editing:
    """The measurements, on one open pair."""

    def __init__(self, bench: Bench, verdicts: Verdicts, events: int) -> None:
        self.bench, self.verdicts, self.events = bench, verdicts, events
        self.canvas, self.controller = bench.canvas, bench.controller
        self.tools = bench.window.bench
        self.waited: list[float] = []

    def measures(self) -> dict[str, Callable[[], None]]:
        return {
            "5": self.brush,
            "6": self.large_brush,
            "7": self.snapped_brush,
            "8": self.smart_brush,
            "9": self.fused,
            "10": self.undo,
            "13": self.switches,
            "14": self.heat,
            "15": self.beside_a_run,
            "21": lambda: None,  # measured on opening
            "22": self.autosave,
        }

    # Steps

    def open(self, files: list[Path]) -> None:
        """Open and detect; memory before and after (row 21)."""
        bench = self.bench
        self.rest(0.5)
        empty = resident()
        drop(bench, files)
        bench.until(lambda: bench.canvas.shown == "source:1")
        bench.until(lambda: bench.window.parts.curve.plot is not None)
        opened = resident()
        bench.controller.runs.detect("laplacian", {"window": 25})
        bench.until(lambda: bench.controller.state.has_map and not bench.controller.state.running)
        self.canvas.set_overlay(OverlayMode.TINT, 35)
        self.rest(3.0)
        used = (resident() - empty) / 2**30
        print(
            f"   21  open pair, map, overlay, levels above the empty window: {used:.2f} GiB "
            f"({(opened - empty) / 2**30:.2f} before detecting), budget 0.8, never above 1.3"
        )
        self.canvas.setFocus()

    def rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        self.bench.until(lambda: time.perf_counter() > end)

    def timed(self, act: Callable[[], object]) -> Took:
        """From the delivery of what `act` sends to the end of the paint it causes."""
        self.settle()
        waited = waited_for_a_core()
        wall, processor = time.perf_counter(), time.thread_time()
        act()
        self.settle()
        took = ((time.perf_counter() - wall) * 1e3, (time.thread_time() - processor) * 1e3)
        self.waited.append((waited_for_a_core() - waited) * 1e3)
        return took

    def settle(self) -> None:
        """Deliver the points of this turn, what follows from them, and the paint."""
        for _ in range(3):
            self.bench.app.processEvents()

    def choose(self, tool: str, **options: object) -> None:
        self.tools.choose(tool)
        self.tools.change(**options)

    def frames(self, count: int, seed: int, zooms: tuple[float, ...] = ZOOMS) -> list[Took]:
        """Paint whole strokes; the times of `count` frames of two points each."""
        size = self.canvas.size()
        taken: list[Took] = []
        hands = strokes(seed, width=size.width(), height=size.height())
        for number, points in enumerate(hands):
            self.canvas.zoom_to(zooms[number % len(zooms)])
            self.controller.view.choose_label(number % 2 + 1)
            places = [QPoint(round(x), round(y)) for x, y in points]
            self.settle()
            QTest.mousePress(self.canvas, _LEFT, pos=places[0])
            self.settle()
            for pair in zip(places[1::2], places[2::2], strict=False):
                taken.append(self.timed(lambda pair=pair: self.drag(pair)))
                if len(taken) >= count:
                    break
            QTest.mouseRelease(self.canvas, _LEFT, pos=places[-1])
            self.settle()
            if len(taken) >= count:
                return taken
        raise AssertionError("strokes do not end")

    def drag(self, places: tuple[QPoint, ...]) -> None:
        for place in places:
            QTest.mouseMove(self.canvas, place)

    def say(self, row: str, name: str, taken: list[Took], budget: float, most: float) -> None:
        waited = self.waited[-len(taken) :] if self.waited else None
        self.verdicts.say(row, name, taken, budget=budget, most=most, waited=waited)

    # Rows

    def brush(self) -> None:
        self.verdicts.enter("brush")
        self.controller.view.show("source:1")
        for mode in (OverlayMode.TINT, OverlayMode.CONTOUR):
            self.canvas.set_overlay(mode, 35)
            for size in (24, 128, 512):
                self.choose("brush", size=size, snap=False)
                taken = self.frames(self.events, seed=size)
                self.say("5", f"brush {size}, {mode} (8 p50)", taken, 16, 33)
        self.rival()

    def rival(self) -> None:
        """The simplest program: a line into the map, then the visible part blended afresh."""
        focus_map = self.controller.session.focus_map
        assert focus_map is not None
        labels = focus_map.snapshot().copy()
        picture = self.canvas._layers.pictures["source:1"].levels[0]
        colours = np.random.default_rng(1).integers(0, 256, (256, 1, 4), np.uint8)
        taken = []
        hand = next(strokes(1, width=WIDTH, height=HEIGHT))
        for start, stop in islice(zip(hand, hand[2:], strict=False), 40):
            began, processor = time.perf_counter(), time.thread_time()
            ends = [(round(x + 1500), round(y + 1000)) for x, y in (start, stop)]
            cv2.line(labels, *ends, 1, 512)
            part = np.s_[1000 : 1000 + HEIGHT, 1500 : 1500 + WIDTH]
            shade = colours[labels[part], 0]
            cv2.addWeighted(picture[part], 0.65, shade, 0.35, 0)
            taken.append(
                ((time.perf_counter() - began) * 1e3, (time.thread_time() - processor) * 1e3)
            )
        print(f"{'':7s}", end="")
        line("rival: all visible afresh, 512", taken)

    def large_brush(self) -> None:
        self.verdicts.enter("large brush")
        self.choose("brush", size=2048, snap=False)
        self.say("6", "brush 2048 (16 p50)", self.frames(self.events, seed=6), 33, 66)

    def snapped_brush(self) -> None:
        self.verdicts.enter("Snap")
        for size in (64, 256):
            self.choose("brush", size=size, snap=True, snap_strength=80)
            self.say("7", f"snapped brush {size}", self.frames(self.events, seed=7), 16, 33)
        self.choose("brush", snap=False)

    def smart_brush(self) -> None:
        self.verdicts.enter("smart brush")
        for size in (48, 200):
            self.choose("smart-brush", size=size)
            self.say("8", f"smart brush {size}", self.frames(self.events, seed=8), 50, 100)

    def fused(self) -> None:
        """The composite at once; an optimum as moved along and as solved again."""
        self.controller.view.show("composite")
        self.bench.until(lambda: self.canvas.shown == "composite")
        self.canvas.set_overlay(OverlayMode.CONTOUR, 35)
        self.choose("brush", size=200, snap=False)
        self.verdicts.enter("composite under the brush")
        self.say("9", "composite", self.frames(self.events, seed=9), 33, 100)
        self.controller.runs.run("ms-lap", {})
        self.bench.until(lambda: self.controller.state.running)
        self.bench.until(lambda: not self.controller.state.running)
        self.bench.until(lambda: self.canvas.shown.startswith("result:"))
        self.rest(2.0)
        self.frames(20, seed=90)  # the first stroke makes the result that follows
        self.rest(3.0)
        self.verdicts.enter("optimum under the brush")
        self.say("9", "optimum, moved at once", self.frames(self.events, seed=9), 33, 100)
        self.rest(2.0)
        self.verdicts.enter("optimum solved again")
        solved = [took for n in range(40) if (took := self.solved(n)) is not None]
        self.say("9", "optimum, solved again", solved, 33, 100)

    def solved(self, number: int) -> Took | None:
        """One dab of 100 pixels: until its solution is painted."""
        patches: list[PicturePatched] = []

        def take(change: object) -> None:
            if isinstance(change, PicturePatched):
                patches.append(change)

        generator = np.random.default_rng(number)
        at = QPoint(*(generator.integers(300, (WIDTH - 700, HEIGHT - 500)).tolist()))
        self.canvas.zoom_to(1.0)
        self.choose("brush", size=100)
        self.controller.view.choose_label(number % 2 + 1)
        self.controller.notifier.connect(take)
        self.settle()
        began, processor = time.perf_counter(), time.thread_time()
        QTest.mouseClick(self.canvas, _LEFT, pos=at)
        self.settle()
        try:
            if not patches:
                return None  # it had that label already
            self.bench.until(lambda: len(patches) > 1)
        finally:
            self.controller.notifier.disconnect(take)
        self.waited.append(0.0)
        took = ((time.perf_counter() - began) * 1e3, (time.thread_time() - processor) * 1e3)
        self.rest(0.3)
        return took

    def undo(self) -> None:
        self.verdicts.enter("undo and redo")
        self.controller.view.show("source:1")
        self.canvas.set_overlay(OverlayMode.TINT, 35)
        for size in (24, 512, 2048):
            self.choose("brush", size=size, snap=False)
            before = self.controller.edit.history.position
            self.frames(max(self.events, 200), seed=size)
            depth = self.controller.edit.history.position - before
            taken = []
            for key in self.undo_keys(self.events, depth):
                taken.append(self.timed(key))
            self.say("10", f"undo and redo, brush {size}", taken, 16, 50)

    def undo_keys(self, count: int, depth: int) -> Iterator[Callable[[], object]]:
        """Back and forth through the last strokes."""
        ctrl, both = (
            Qt.KeyboardModifier.ControlModifier,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
        for number in range(count):
            back = number // depth % 2 == 0
            modifiers = ctrl if back else both
            yield lambda m=modifiers: QTest.keyClick(self.canvas, Qt.Key.Key_Z, m)

    def switches(self) -> None:
        self.verdicts.enter("switching")
        self.controller.view.show("source:1")
        modes = list(OverlayMode)
        taken = []
        for number in range(self.events):
            if number % len(modes) == 0:
                self.canvas.zoom_to(ZOOMS[number // len(modes) % len(ZOOMS)])
            mode = modes[number % len(modes)]
            taken.append(self.timed(lambda mode=mode: self.canvas.set_overlay(mode, 35)))
        self.say("13", "every overlay mode", taken, 16, 33)
        taken = []
        for number in range(self.events):
            key = (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)[number % 2]
            taken.append(self.timed(lambda key=key: QTest.keyClick(self.canvas, key)))
        self.say("13", "source, overlay on", taken, 16, 33)

    def heat(self) -> None:
        """Heat map and difference of the visible area, of values that are there."""
        self.verdicts.enter("heat and difference")
        labels = self.controller.session.focus_map.labels
        generator = np.random.default_rng(14)
        values = generator.random((labels.shape[0] // 8, labels.shape[1] // 8), np.float32)
        values = cv2.resize(values, (labels.shape[1], labels.shape[0]))
        self.canvas.set_heat(values, "local-q")
        self.canvas.set_other_labels(np.roll(labels, 60, axis=1).copy())
        taken = []
        for number in range(self.events):
            if number % 20 == 0:
                self.canvas.zoom_to(ZOOMS[number // 20 % len(ZOOMS)])
            mode = (OverlayMode.LOCAL_Q, OverlayMode.DIFFERENCE)[number % 2]
            taken.append(self.timed(lambda mode=mode: self.canvas.set_overlay(mode, 60)))
        self.say("14", "heat map, difference", taken, 50, 150)
        self.canvas.set_heat(None, "local-q")
        self.canvas.set_other_labels(None)

    def beside_a_run(self) -> None:
        self.controller.runs.run("ms-lap", dict(_ENDLESS))
        self.bench.until(lambda: self.controller.state.running)
        self.rest(6.0)
        self.verdicts.enter("painting beside a run")
        self.controller.view.show("source:1")
        self.canvas.set_overlay(OverlayMode.TINT, 35)
        for size in (128, 512):
            self.choose("brush", size=size, snap=False)
            self.say("15", f"brush {size}", self.frames(self.events, seed=15), 16, 50)
        self.choose("brush", size=256, snap=True, snap_strength=80)
        self.say("15", "snapped brush 256", self.frames(self.events, seed=15), 16, 50)
        self.choose("brush", size=512, snap=False)
        before = self.controller.edit.history.position
        self.frames(100, seed=16)
        depth = self.controller.edit.history.position - before
        taken = [self.timed(key) for key in self.undo_keys(self.events, depth)]
        self.say("15", "undo and redo", taken, 16, 50)
        self.controller.runs.stop()
        self.bench.until(lambda: not self.controller.state.running)

    def autosave(self) -> None:
        """Eight times after a stroke: in the background, and for how long the interface waits."""
        self.verdicts.enter("autosave")
        autosave = self.controller.sessions.autosave
        asked, done = [], []
        for number in range(8):
            self.choose("brush", size=200)
            self.frames(4, seed=number)
            began, processor = time.perf_counter(), time.thread_time()
            asked.append(self.timed(autosave.write))
            self.bench.until(lambda: not autosave.busy)
            done.append(
                ((time.perf_counter() - began) * 1e3, (time.thread_time() - processor) * 1e3)
            )
        self.say("22", "autosave asked for", asked, 50, 100)
        self.waited.extend([0.0] * len(done))
        self.say("22", "autosave done, background", done, 300, 1000)


if __name__ == "__main__":
    main()
