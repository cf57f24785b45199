"""Interface budgets while a run is active: pan, zoom and switches (row 15), stop (16), the first
live picture (17), the cost of live display (18), curves (19), blocking (20), and pausing.

Offscreen at 2560 x 1440 with a generated 24-megapixel JPEG pair; every action is a real event.
Gaps of the interface thread are given twice: by the clock, and without the time for which it was
ready and other programs had the cores.

    python benchmarks/live.py [--events 210] [--method ms-lap] [-p KEY=VALUE]... [--rows 15,17]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from canvas import HEIGHT, WIDTH, Took, line, wheel
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window import Bench, Clock, drop, waited_for_a_core, write_pair

from mfgui import _startup
from mfgui.core.events import RunState
from mfgui.core.result import Curve
from mfgui.jobs.frames import LiveFrames
from mfgui.methods import registry
from mfgui.ui.application import make_application

ROWS = ("15", "16", "17", "18", "19", "20", "pause")
RUNS, POINTS = 8, 10_000
_ENDLESS = 100_000
_STEPS = 12


class Verdicts:
    """Lines with a budget, and whether it was met."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._stage = ""
        self.gaps: dict[str, list[tuple[float, float]]] = {}

    def enter(self, stage: str) -> None:
        """What follows counts as `stage` for row 20."""
        self.leave()
        self._stage = stage
        self._bench.heart.worst.pop(stage, None)
        self._bench.heart.worst_own.pop(stage, None)
        self._bench.heart.enter(stage)

    def leave(self) -> None:
        if self._stage:
            heart = self._bench.heart
            own = heart.worst_own.get(self._stage, 0.0)
            self.gaps.setdefault(self._stage, []).append((own, heart.worst.get(self._stage, 0.0)))
        self._stage = ""
        self._bench.heart.enter("")

    def say(
        self,
        row: str,
        name: str,
        taken: list[Took],
        *,
        budget: float,
        most: float,
        waited: list[float] | None = None,
    ) -> None:
        """p95 within `budget`, none above `most`, after taking off what was `waited`."""
        print(f"{row:>5s}  ", end="")
        line(name, taken)
        own = [took[0] - w for took, w in zip(taken, waited or [0.0] * len(taken), strict=True)]
        if waited is not None:
            print(f"{'':7s}without waiting for a core: p50 {np.percentile(own, 50):.1f}", end="")
            print(f" p95 {np.percentile(own, 95):.1f} max {max(own):.1f}")
        self.tell(float(np.percentile(own, 95)), budget, max(own), most)

    @staticmethod
    def tell(value: float, budget: float, worst: float, most: float) -> None:
        state = "met" if value <= budget and worst <= most else "MISSED"
        print(f"{'':7s}budget {budget:g}, never above {most:g}: {state}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=210, help="events of each kind")
    parser.add_argument("--method", default="ms-lap")
    parser.add_argument("-p", dest="parameters", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--rows", default=",".join(ROWS), help="which rows (default: all)")
    options = parser.parse_args()
    rows = set(options.rows.split(","))
    known = {parameter.name for parameter in registry.load().get(options.method).parameters}
    endless = {"iterations": _ENDLESS, "tolerance": 0, "change": 0}
    explicit = {name: value for name, value in endless.items() if name in known}
    explicit |= dict(text.split("=", 1) for text in options.parameters)
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
        live = Live(bench, Verdicts(bench), options.method, explicit, options.events)
        print(
            f"{'milliseconds':>41s}{'events':>7s}{'p50':>7s}{'p95':>7s}{'max':>7s}  processor p95"
        )
        live.open(files)
        for row, measure in live.measures().items():
            if row in rows:
                measure()
        live.verdicts.leave()
        if "20" in rows:
            live.blocking()
        application.close()
        print(f"load {os.getloadavg()[0]:.2f} at the end")


class Live:
    """The measurements."""

    def __init__(
        self,
        bench: Bench,
        verdicts: Verdicts,
        method: str,
        explicit: dict[str, object],
        events: int,
    ) -> None:
        self.bench, self.verdicts = bench, verdicts
        self.method, self.explicit, self.events = method, explicit, events
        self.runs = bench.controller.runs
        self.waited: list[float] = []

    def measures(self) -> dict[str, Callable[[], None]]:
        return {
            "17": self.first_picture,
            "15": self.beside_a_run,
            "16": self.stopping,
            "pause": self.pausing,
            "18": self.cost_of_display,
            "19": self.curves,
        }

    # Steps

    def open(self, files: list[Path]) -> None:
        bench = self.bench
        self.verdicts.enter("opening the first set")
        drop(bench, files)
        bench.until(lambda: bench.canvas.shown == "source:1")
        self.rest(0.5)
        self.verdicts.enter("loading the plots")
        bench.until(lambda: bench.window.parts.curve.plot is not None)
        self.verdicts.enter("loading the compiled loops")
        self.rest(3.0)  # nobody presses Run sooner after a set has appeared
        self.verdicts.leave()

    def start(self, **changes: object) -> int:
        """Begin a run; its number."""
        before = set(self.runs.tracker._records)
        self.runs.run(self.method, {**self.explicit, **changes})
        (run_id,) = set(self.runs.tracker._records) - before
        return run_id

    def start_and_see(self) -> None:
        run_id = self.start()
        self.bench.until(lambda: bool(self.runs.curve(run_id).q))

    def end(self) -> None:
        """Stop everything, and let the result's picture be made."""
        self.runs.stop()
        self.bench.until(lambda: not self.bench.controller.state.running)
        self.rest(1.5)

    def rest(self, seconds: float) -> None:
        began = time.perf_counter()
        self.bench.until(lambda: time.perf_counter() - began > seconds)

    def forget_results(self) -> None:
        for run_id in list(self.bench.controller.session.results):
            self.runs.delete_result(run_id)

    # Row 17

    def first_picture(self) -> None:
        """From F5 to the first live picture on the canvas: without a map, then with one."""
        for name, times in (("no map yet", 1), ("with a map", 4)):
            taken, own = [], []
            for _ in range(times):
                self.verdicts.enter(f"starting a run, {name}")
                clock = Clock()
                run_id = self.start()
                self.bench.until(lambda: self.bench.canvas.shown == "live")
                taken.append(clock.took())
                self.bench.until(lambda n=run_id: bool(self.runs.curve(n).q))
                own.append(clock.took())
                self.verdicts.enter("ending a run")
                self.end()
                self.forget_results()
            self.verdicts.say("17", f"first picture, {name}", taken, budget=1000, most=3000)
            print("       ", end="")
            line(f"first step of the run, {name}", own)

    # Row 15

    def beside_a_run(self) -> None:
        """Wheel, drag, switches of source and overlay with a run under way."""
        self.start_and_see()
        self.verdicts.enter("moving and switching beside a run")
        for name, taken in (
            ("wheel", self.wheeling()),
            ("drag", self.dragging()),
            ("source by key", self.pressing(Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)),
            ("overlay strength by key", self.pressing(Qt.Key.Key_Period, Qt.Key.Key_Comma)),
        ):
            waited, self.waited = self.waited[: len(taken)], self.waited[len(taken) :]
            self.verdicts.say(
                "15", f"{name}, run active", taken, budget=16.7, most=50, waited=waited
            )
        self.verdicts.enter("ending a run")
        self.end()
        self.forget_results()

    def timed(self, action: Callable[[], object]) -> Took:
        """As the stopwatch, and what was waited for a core is kept."""
        before = waited_for_a_core()
        took = self.bench.timed(action)
        self.waited.append((waited_for_a_core() - before) * 1e3)
        return took

    def wheeling(self) -> list[Took]:
        canvas, generator = self.bench.canvas, np.random.default_rng(20)
        canvas.fit()
        taken, direction = [], 1
        at = QPointF(canvas.width() / 2, canvas.height() / 2)
        for _ in range(self.events):
            ends = canvas.zoom >= 64 if direction > 0 else canvas.viewport.fitted
            if ends:
                direction = -direction
                at = QPointF(*(generator.random(2) * (canvas.width(), canvas.height())))
            taken.append(self.timed(lambda at=at, d=direction: wheel(canvas, at, 120 * d)))
            self.rest(0.016)
        return taken

    def dragging(self) -> list[Took]:
        canvas, generator = self.bench.canvas, np.random.default_rng(21)
        left, taken = Qt.MouseButton.LeftButton, []
        at = QPoint(canvas.width() // 2, canvas.height() // 2)
        for index in range(self.events):
            if index % 30 == 0:
                canvas.zoom_to((0.5, 0.8, 1.0, 2.0, 12.0, 36.0)[index // 30 % 6])
                at = QPoint(canvas.width() // 2, canvas.height() // 2)
                QTest.mouseRelease(canvas, left, pos=at)
                QTest.mousePress(canvas, left, pos=at)
            at += QPoint(*generator.integers(-60, 61, 2).tolist())
            taken.append(self.timed(lambda at=at: QTest.mouseMove(canvas, at)))
            self.rest(0.016)
        QTest.mouseRelease(canvas, left, pos=at)
        return taken

    def pressing(self, first: Qt.Key, second: Qt.Key) -> list[Took]:
        canvas, taken = self.bench.canvas, []
        canvas.setFocus()
        for index in range(self.events):
            if index % 10 == 0:
                canvas.zoom_to((0.5, 0.7, 1.0, 3.0)[index // 10 % 4])
            key = (first, second)[index % 2]
            taken.append(self.timed(lambda k=key: QTest.keyClick(canvas, k)))
            self.rest(0.016)
        return taken

    # Row 16 and pausing

    def stopping(self) -> None:
        """Shift+F5 at several moments of a run."""
        acknowledged, ended = [], []
        for moment in (0.0, 0.3, 1.0, 2.5, 4.0):
            self.start_and_see()
            self.rest(moment)
            self.verdicts.enter("stopping")
            clock = Clock()
            QTest.keyClick(self.bench.window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
            self.bench.app.processEvents()
            if not self.bench.controller.state.stopping:
                raise RuntimeError("stop was not acknowledged")
            acknowledged.append(clock.took())
            self.bench.until(lambda: not self.bench.controller.state.running)
            ended.append(clock.took())
            self.verdicts.enter("ending a run")
            self.end()
            self.forget_results()
        self.verdicts.say("16", "stop acknowledged", acknowledged, budget=100, most=200)
        self.verdicts.say("16", "stop ended", ended, budget=1000, most=2000)

    def pausing(self) -> None:
        """Ctrl+Shift+F5 to a run that is held, as fast as stop; and on again."""
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        tracker, held, resumed = self.runs.tracker, [], []
        self.start_and_see()
        for _ in range(8):
            run = tracker.followed()
            assert run is not None
            clock = Clock()
            QTest.keyClick(self.bench.window, Qt.Key.Key_F5, both)
            self.bench.until(lambda: tracker.followed().state is RunState.PAUSED)
            held.append(clock.took())
            self.rest(0.3)
            reached = tracker.followed().iteration
            clock = Clock()
            QTest.keyClick(self.bench.window, Qt.Key.Key_F5, both)
            self.bench.until(lambda r=reached: tracker.followed().iteration > r)
            resumed.append(clock.took())
        self.verdicts.say("", "paused", held, budget=1000, most=2000)
        print("       ", end="")
        line("resumed, to the next step", resumed)
        self.end()
        self.forget_results()

    # Row 18

    def cost_of_display(self) -> None:
        """Processor time of the compute thread that live pictures take, of all it takes."""
        offer, spent, marks = LiveFrames.offer, [0.0], [0.0, 0.0, 0.0]

        def timed(frames: LiveFrames, read: Callable[[], object], **about: object) -> bool:
            began = time.thread_time()
            taken = offer(frames, read, **about)
            ended = time.thread_time()
            if about["iteration"] == 0:
                marks[0] = ended  # the first picture is what row 17 is about
            else:
                marks[1] = ended
                marks[2] += taken
                spent[0] += ended - began
            return taken

        LiveFrames.offer = timed
        run_id = self.start()
        self.bench.until(lambda: len(self.runs.curve(run_id).q) > _STEPS, limit=600)
        LiveFrames.offer = offer
        self.end()
        self.forget_results()
        whole = marks[1] - marks[0]
        cost = 100 * spent[0] / whole
        print(
            f"{'18':>5s}  {_STEPS} steps took {whole:.2f} s of the compute thread, "
            f"{marks[2]:.0f} live pictures {spent[0]:.3f} s of them: {cost:.1f} %"
        )
        self.verdicts.tell(cost, 5, cost, 10)

    # Row 19

    def curves(self) -> None:
        """Eight runs of 10 000 points each, one of which grows; to the end of the paint."""
        panel = self.bench.window.parts.curve
        generator = np.random.default_rng(19)
        columns = []
        for _ in range(RUNS):
            rise = 1 - 0.3 * np.exp(-np.arange(POINTS + self.events + 1) / 900)
            columns.append((rise + generator.normal(0, 0.002, rise.size)).tolist())
        self.verdicts.enter("showing eight long curves")
        for run_id, q in enumerate(columns, start=1000):
            panel.show_curve(run_id, f"{run_id} · long", _curve(q, POINTS))
            self.rest(0.05)
        taken = []
        self.verdicts.enter("extending eight long curves")
        for index in range(self.events):
            grown = _curve(columns[-1], POINTS + index + 1)
            name = f"{999 + RUNS} · long"
            taken.append(
                self.bench.timed(lambda g=grown, n=name: panel.show_curve(999 + RUNS, n, g))
            )
        self.verdicts.say("19", "8 curves of 10 000 points", taken, budget=10, most=16)
        for run_id in range(1000, 1000 + RUNS):
            panel.remove_curve(run_id)

    # Row 20

    def blocking(self) -> None:
        print("   20  interface thread away at most, milliseconds (with waiting for a core)")
        for stage, gaps in self.verdicts.gaps.items():
            own, gap = max(gaps)
            state = "met" if own <= 50 else "MISSED"
            print(f"{'':7s}{stage:34s}{own:8.1f}   ({gap:.1f})   budget 50: {state}")


def _curve(q: list[float], count: int) -> Curve:
    values = tuple(q[:count])
    return Curve("box-joint", values, values, values, values)


if __name__ == "__main__":
    main()
