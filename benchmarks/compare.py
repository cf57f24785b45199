"""Interface budgets of the Compare workspace: four linked panes (row 12), switching between nine
results and between views and flicker frames (row 13), difference and heat maps (row 14), and one
pane with the band dimmed (row 11).

The whole window offscreen at 2560 x 1440 with a generated 24-megapixel JPEG pair and nine
results; every action is a real event. The rival is pyqtgraph: four linked views of two
ImageItems each.

    python benchmarks/compare.py [--events 210]
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from canvas import HEIGHT, WIDTH, Stopwatch, Took, line, wheel
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window import Bench, write_pair

from mfgui import _startup
from mfgui.core.arrays import Rect
from mfgui.core.comparison import CompareView, PaneMode
from mfgui.core.events import PlaneChanged, ResultAdded
from mfgui.ui.application import make_application

RESULTS, PANES = 9, 4
SCALES = (0.25, 0.5, 0.8, 1.0, 2.0, 8.0, 36.0)
_SEED = 26


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=210, help="events of each kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MFGUI_HOME"] = folder
        files = write_pair(Path(folder))
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start")
        _startup.prepare_window()
        _startup.limit_opencv()
        app = QApplication([])
        application = make_application(app)
        application.window.sessions.asker = lambda _name, answer: answer("discard")
        application.window.resize(WIDTH, HEIGHT)
        application.window.show()
        bench = Bench(app, application)
        open_results(bench, files)
        print(
            f"{'milliseconds (budget)':44s}{'events':>7s}{'p50':>7s}{'p95':>7s}{'max':>7s}", end=""
        )
        print("   processor p95")
        one_pane(bench, options.events)
        results(bench, options.events)
        four_panes(bench, options.events)
        views(bench, options.events)
        for stage, worst in bench.heart.worst.items():
            own = bench.heart.worst_own[stage]
            print(f"interface thread away at most, {stage:12s} {worst:6.1f} ms, {own:6.1f} own")
        application.close()
        rival(app, options.events)
        print(f"load {os.getloadavg()[0]:.2f} at the end")


def open_results(bench: Bench, files: list[Path]) -> None:
    """The set, its map, and nine results that differ near the boundaries."""
    controller = bench.controller
    controller.sets.open(files)
    bench.until(lambda: controller.session.shown == "source:1")
    controller.runs.detect("laplacian", {"window": 25})
    bench.until(lambda: controller.state.has_map and not controller.state.running)
    controller.runs.run("composite", {})
    bench.until(lambda: bool(controller.session.results) and not controller.state.running)
    first = controller.session.results[1]
    generator = np.random.default_rng(_SEED)
    for number in range(2, RESULTS + 1):
        image = first.image.copy()
        for x, y in generator.integers(0, 3500, (40, 2)).tolist():
            image[y : y + 200, x : x + 200] *= np.float32(0.5 + 0.05 * number)
        controller.session.results[number] = replace(
            first, image=image, start=image, best=image, name=f"variant {number}"
        )
        controller.notifier.emit(ResultAdded(number))
        controller.view.show(f"result:{number}")
        bench.until(lambda key=f"result:{number}": bench.canvas.shown == key)
    QTest.keyClick(bench.window, Qt.Key.Key_F4)
    bench.until(lambda: controller.compare.comparing)


def choose(bench: Bench, mode: PaneMode, view: CompareView, **fields: object) -> None:
    """A mode and a view, with everything that they need computed."""
    compare, planes = bench.controller.compare, bench.controller.planes
    compare.change(mode=mode, view=view, **fields)
    bench.app.processEvents()
    bench.until(lambda: not any(planes.is_busy(key) for key in compare.pane_keys()))


def one_pane(bench: Bench, events: int) -> None:
    """Pan and zoom of one pane: plain, differences, and with the band dimmed."""
    bench.heart.enter("one pane")
    for view, band in (
        (CompareView.PICTURE, False),
        (CompareView.PICTURE, True),
        (CompareView.SIGNED, False),
        (CompareView.ABSOLUTE, True),
    ):
        choose(bench, PaneMode.SINGLE, view, band_only=band)
        bench.until(lambda b=band: not b or bench.controller.planes.distance is not None)
        name = f"one pane, {view}{', band' if band else ''}"
        line(f"{name}: wheel, drag (16.7)", moved(bench, events))
    choose(bench, PaneMode.SPLIT, CompareView.PICTURE, band_only=False)
    line("split: wheel, drag (16.7)", moved(bench, events))


def moved(bench: Bench, events: int) -> list[Took]:
    """Half wheel, half drag, on the canvas."""
    canvas, generator = bench.canvas, np.random.default_rng(_SEED)
    taken, direction = [], 1
    canvas.fit()
    bench.app.processEvents()
    at = QPointF(canvas.width() / 2, canvas.height() / 2)
    for _ in range(events // 2):
        if (direction > 0 and canvas.zoom >= 64) or (direction < 0 and canvas.viewport.fitted):
            direction = -direction
            at = QPointF(*(generator.random(2) * (canvas.width(), canvas.height())))
        taken.append(bench.timed(lambda at=at, d=direction: wheel(canvas, at, 120 * d)))
    left = Qt.MouseButton.LeftButton
    place = at.toPoint()
    for index in range(events - events // 2):
        if index % 15 == 0:
            QTest.mouseRelease(canvas, left, pos=place)
            canvas.zoom_to(SCALES[index // 15 % len(SCALES)])
            place = QPoint(canvas.width() // 2 + 60, canvas.height() // 2 + 60)
            bench.app.processEvents()
            QTest.mousePress(canvas, left, pos=place)
        place += QPoint(*generator.integers(-40, 41, 2).tolist())
        taken.append(bench.timed(lambda at=place: QTest.mouseMove(canvas, at)))
    QTest.mouseRelease(canvas, left, pos=place)
    return taken


def results(bench: Bench, events: int) -> None:
    """Nine results by digit in one pane, at changing zooms."""
    bench.heart.enter("switching")
    choose(bench, PaneMode.SINGLE, CompareView.PICTURE)
    canvas, controller = bench.canvas, bench.controller
    canvas.setFocus()
    taken = []
    for index in range(events):
        if index % 27 == 0:
            canvas.zoom_to(SCALES[index // 27 % len(SCALES)])
        number = 1 + (index * 4) % RESULTS
        key = Qt.Key(Qt.Key.Key_0 + number)
        taken.append(bench.timed(lambda k=key: QTest.keyClick(canvas, k)))
        if controller.session.shown != f"result:{number}" or canvas.shown != f"result:{number}":
            shown = controller.session.shown, canvas.shown
            raise RuntimeError(f"digit {number}, but {shown} shows")
    line("result by digit (16, at most 33)", taken)
    taken = []
    controller.view.set_reference_to("result:1")
    controller.view.show("result:2")
    for index in range(events):
        if index % 30 == 0:
            canvas.zoom_to(SCALES[index // 30 % len(SCALES)])
        taken.append(bench.timed(lambda: QTest.keyClick(canvas, Qt.Key.Key_T)))
    line("shown and reference in turn (16)", taken)


def four_panes(bench: Bench, events: int) -> None:
    """Pan and zoom of four linked panes, and another result in one of them."""
    bench.heart.enter("four panes")
    controller = bench.controller
    for number in range(PANES + 1, RESULTS + 1):
        controller.session.results.pop(number)
    controller.view.show("result:1")
    for view, band in (
        (CompareView.PICTURE, False),
        (CompareView.PICTURE, True),
        (CompareView.SIGNED, False),
        (CompareView.LOCAL_Q, False),
    ):
        choose(bench, PaneMode.GRID, view, band_only=band)
        if len(controller.compare.pane_keys()) != PANES:
            raise RuntimeError(f"panes: {controller.compare.pane_keys()}")
        name = f"four panes, {view}{', band' if band else ''}"
        line(f"{name} (16.7)", moved(bench, events))
    choose(bench, PaneMode.GRID, CompareView.PICTURE, band_only=False)
    keys = [Qt.Key(Qt.Key.Key_0 + number) for number in range(1, PANES + 1)]
    taken = [
        bench.timed(lambda k=keys[index % PANES]: QTest.keyClick(bench.canvas, k))
        for index in range(events)
    ]
    line("four panes, result by digit (16)", taken)


def views(bench: Bench, events: int) -> None:
    """From the key to the difference or heat map of what is visible, in one and four panes."""
    bench.heart.enter("views")
    controller, canvas = bench.controller, bench.canvas
    for mode in (PaneMode.SINGLE, PaneMode.GRID):
        names = "one pane" if mode is PaneMode.SINGLE else "four panes"
        choose(bench, mode, CompareView.PICTURE, band_only=False)
        shown: dict[CompareView, list[Took]] = {}
        for index in range(events):
            if index % 14 == 0:
                canvas.zoom_to(SCALES[index // 14 % len(SCALES)])
            taken = bench.timed(lambda: QTest.keyClick(canvas, Qt.Key.Key_D))
            shown.setdefault(controller.compare.state.view, []).append(taken)
        for view, taken in shown.items():
            line(f"{names}, {view} by key (50)", taken)
    fresh(bench, events)


def fresh(bench: Bench, events: int) -> None:
    """Local Q of a place where none was computed yet, until it is painted, at 100 %."""
    controller, canvas = bench.controller, bench.canvas
    for mode, names in ((PaneMode.SINGLE, "one pane"), (PaneMode.GRID, "four panes")):
        generator = np.random.default_rng(_SEED)
        taken = []
        for _ in range(min(20, events)):
            controller.compare.change(mode=mode, view=CompareView.PICTURE)
            canvas.zoom_to(1.0)
            x, y = generator.integers((1500, 1200), (4100, 2400)).tolist()
            canvas.show_place(Rect(x, y, 400, 400))
            canvas.zoom_to(1.0)
            forget_planes(bench)
            bench.app.processEvents()
            taken.append(timed_until(bench))
        line(f"{names}, local Q computed anew (50)", taken)


def forget_planes(bench: Bench) -> None:
    """As before the view was chosen for the first time."""
    bench.controller.planes.abandon()
    bench.controller.notifier.emit(PlaneChanged("", Rect(0, 0, 0, 0)))


def timed_until(bench: Bench) -> Took:
    """Milliseconds from the view's choice until all of it is computed and painted."""
    compare, planes = bench.controller.compare, bench.controller.planes

    def whole() -> None:
        compare.change(view=CompareView.LOCAL_Q)
        bench.app.processEvents()
        rect = bench.canvas.visible_rect
        bench.until(lambda: all(_known(planes.q(k), rect) for k in compare.pane_keys()))

    return Stopwatch(bench.app)(whole)


def _known(plane: np.ndarray | None, rect: Rect) -> bool:
    if plane is None:
        return False
    part = plane[rect.slices]
    return bool(part[len(part) // 2, part.shape[1] // 2] and part[2, 2] and part[-3, -3])


def rival(app: QApplication, events: int) -> None:
    """pyqtgraph: four linked views, each a picture and an overlay of 24 megapixels."""
    import pyqtgraph

    generator = np.random.default_rng(_SEED)
    pixels = generator.integers(0, 256, (4000, 6000, 3), np.uint8)
    labels = (pixels[..., 0] > 127).astype(np.uint8)
    window = pyqtgraph.GraphicsLayoutWidget()
    window.resize(WIDTH, HEIGHT)
    boxes = []
    for number in range(PANES):
        box = window.addViewBox(number // 2, number % 2, lockAspect=True)
        box.addItem(pyqtgraph.ImageItem(pixels, axisOrder="row-major"))
        overlay = pyqtgraph.ImageItem(labels, axisOrder="row-major", opacity=0.35)
        overlay.setLookupTable(np.array([[49, 100, 217], [230, 171, 0]], np.uint8))
        box.addItem(overlay)
        if boxes:
            box.setXLink(boxes[0])
            box.setYLink(boxes[0])
        boxes.append(box)
    window.show()
    timed, taken = Stopwatch(app), []
    for index in range(max(20, events // 8)):
        factor = 0.84 if index % 16 < 8 else 1 / 0.84
        taken.append(timed(lambda f=factor: boxes[0].scaleBy((f, f))))
        taken.append(timed(lambda: boxes[0].translateBy(x=17, y=9)))
    line("rival: four linked pyqtgraph views", taken)
    window.close()


if __name__ == "__main__":
    main()
