"""Interface budgets of the canvas: pan and zoom (row 11), switches (row 13), blocking (row 20).

Replays the same pseudo-random events every time, without a screen, on a canvas of 2560 x 1440
pixels with a 24-megapixel pair and its focus map, and times each from its delivery to the end
of the paint it causes. The rival is pyqtgraph's ImageItem with a second one as overlay.

    python benchmarks/canvas.py [--events 240] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from mfgui.core.arrays import Rect, Size
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.overlay import OverlayMode
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.view import Canvas

WIDTH, HEIGHT = 2560, 1440
FRAME = Size(6000, 4000)
BUDGETS = {"pan and zoom": 16.7, "switch": 16.0, "blocked": 50.0}
MODES = tuple(mode.value for mode in OverlayMode if mode is not OverlayMode.OFF)
MOVED_MODES = ("tint", "contour", "hatch", "only-active", "local-q")
_SEED = 20

Took = tuple[float, float]  # wall clock, and processor time of the interface thread
Timings = dict[str, list[Took]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=240, help="events of each kind")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    app = QApplication([])
    app.setStyle("Fusion")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start")
    first, second, labels = make_pair()
    canvas, blocked = open_canvas(app, first, second, labels)
    groups = {
        "pan and zoom": moves(app, canvas, options.events),
        "switch": switches(app, canvas, options.events),
        "blocked": blocked | updates(app, canvas, labels),
    }
    groups["blocked"]["every event above"] = [
        took for name in ("pan and zoom", "switch") for t in groups[name].values() for took in t
    ]
    canvas.close()
    rival = pyqtgraph_moves(app, first, labels, max(20, options.events // 8))
    figures = report(groups, rival)
    print(f"load {os.getloadavg()[0]:.2f} at the end")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def make_pair() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two differently blurred frames (4000, 6000, 3) uint8 and a map with smooth borders."""
    generator = np.random.default_rng(_SEED)
    coarse = generator.integers(0, 256, (FRAME.height // 8, FRAME.width // 8, 3), np.uint8)
    sharp = cv2.resize(coarse, (FRAME.width, FRAME.height), interpolation=cv2.INTER_CUBIC)
    noise = generator.integers(0, 40, sharp.shape, np.uint8)
    sharp = cv2.add(sharp, noise)
    soft = cv2.blur(sharp, (15, 15))
    field = generator.standard_normal((16, 24)).astype(np.float32)
    smooth = cv2.resize(field, (FRAME.width, FRAME.height), interpolation=cv2.INTER_CUBIC)
    labels = (smooth > 0).astype(np.uint8) + 1
    labels[1500:1700, 2500:3100] = 0
    side = (labels == 1)[..., None]
    return np.where(side, sharp, soft), np.where(side, soft, sharp), labels


class Stopwatch:
    """Milliseconds of an action until everything it caused has been painted."""

    def __init__(self, app: QApplication) -> None:
        self._app = app

    def __call__(self, action: Callable[[], object]) -> Took:
        self._app.processEvents()
        wall, processor = time.perf_counter(), time.thread_time()
        action()
        self._app.processEvents()
        return (time.perf_counter() - wall) * 1e3, (time.thread_time() - processor) * 1e3


def open_canvas(
    app: QApplication, first: np.ndarray, second: np.ndarray, labels: np.ndarray
) -> tuple[Canvas, Timings]:
    """A canvas with two sources and a result; what opening them cost the interface thread."""
    start = time.perf_counter()
    pictures = {"source:1": Picture(first), "source:2": Picture(second)}
    built = (time.perf_counter() - start) * 1e3 / 2
    print(f"levels of one 24-megapixel picture, off the interface thread: {built:.0f} ms")
    pictures["result:1"] = Picture(cv2.addWeighted(first, 0.5, second, 0.5, 0))
    canvas = Canvas()
    canvas.resize(WIDTH, HEIGHT)
    canvas.show()
    canvas.activateWindow()
    canvas.setFocus()
    timed = Stopwatch(app)
    taken = [timed(lambda: canvas.begin_set(FRAME))]
    for key, picture in pictures.items():
        taken.append(timed(partial(canvas.set_picture, key, picture)))
    taken.append(timed(lambda: canvas.set_labels(labels, 2)))
    measured = np.random.default_rng(_SEED + 5).random((FRAME.height // 8, FRAME.width // 8))
    values = cv2.resize(measured.astype(np.float32), (FRAME.width, FRAME.height))
    for kind in HeatKind:
        # As the controller does it: the levels are made off the interface thread.
        canvas.set_heat(levels_of(values, kind), kind)
    canvas.set_soft(values)
    canvas.set_other_labels(np.roll(labels, 40, axis=1))
    canvas.peek_requested.connect(lambda kind: canvas.peek(PEEKS[kind]))
    return canvas, {"open set, pictures, map": taken}


PEEKS = {"source": "source:2", "fused": "result:1", "reference": "source:1"}
PEEK_KEYS = (Qt.Key.Key_S, Qt.Key.Key_A, Qt.Key.Key_QuoteLeft)


def moves(app: QApplication, canvas: Canvas, events: int) -> Timings:
    """Wheel and drag, in each overlay mode."""
    timed, taken = Stopwatch(app), {}
    for mode in MOVED_MODES:
        canvas.set_overlay(mode)
        canvas.fit()
        taken[f"wheel, {mode}"] = [timed(turn) for turn in wheel_events(canvas, events)]
        taken[f"drag, {mode}"] = [timed(move) for move in drag_events(canvas, events)]
    return taken


def wheel_events(canvas: Canvas, events: int) -> Iterator[Callable[[], object]]:
    """In to 64x at a point and out to fit at another, and again."""
    generator = np.random.default_rng(_SEED)
    direction, at = 1, QPointF(WIDTH / 2, HEIGHT / 2)
    for _ in range(events):
        if (direction > 0 and canvas.zoom >= 64) or (direction < 0 and canvas.viewport.fitted):
            direction = -direction
            at = QPointF(*(generator.random(2) * (WIDTH, HEIGHT)))
        yield partial(wheel, canvas, at, 120 * direction)


def drag_events(canvas: Canvas, events: int) -> Iterator[Callable[[], object]]:
    """Moves of a held button at several zooms, up to 120 pixels at once."""
    generator = np.random.default_rng(_SEED + 1)
    scales = (0.45, 0.51, 0.7, 0.9, 1.0, 1.7, 4.0, 20.0, 36.0)
    for index in range(events):
        if index % 27 == 0:
            canvas.zoom_to(scales[index // 27 % len(scales)])
            at = QPointF(WIDTH / 2, HEIGHT / 2)
            mouse(canvas, QEvent.Type.MouseButtonRelease, at)
            mouse(canvas, QEvent.Type.MouseButtonPress, at)
        at = at + QPointF(*generator.integers(-120, 121, 2).tolist())
        yield partial(mouse, canvas, QEvent.Type.MouseMove, at)
    mouse(canvas, QEvent.Type.MouseButtonRelease, at)


def switches(app: QApplication, canvas: Canvas, events: int) -> Timings:
    """Source, result, overlay mode, strength and peek, at random places and zooms."""
    generator = np.random.default_rng(_SEED + 2)
    timed = Stopwatch(app)
    taken: Timings = {name: [] for name in ("source or result", "overlay mode", "strength", "peek")}
    keys = ("source:1", "source:2", "result:1")
    canvas.set_overlay("tint")
    for index in range(events):
        # A new view each time, so that nothing is found ready composed.
        scale = float(np.exp(generator.uniform(np.log(0.36), np.log(40))))
        canvas.zoom_to(scale)
        at = QPointF(*(generator.random(2) * (WIDTH, HEIGHT)))
        wheel(canvas, at, 120 * (1 if index % 2 else -1))
        mode, strength = MODES[index % len(MODES)], int(generator.integers(10, 90))
        taken["source or result"].append(timed(partial(canvas.show_picture, keys[index % 3])))
        switched = timed(partial(canvas.set_overlay, mode, 35))
        taken["overlay mode"].append(switched)
        taken.setdefault(f"overlay mode, {mode}", []).append(switched)
        taken["strength"].append(timed(partial(canvas.set_overlay, mode, strength)))
        key = PEEK_KEYS[index % 3]
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            taken["peek"].append(timed(partial(press, canvas, kind, key)))
    return taken


def updates(app: QApplication, canvas: Canvas, labels: np.ndarray) -> Timings:
    """Live frames of two megapixels and edits of the map."""
    generator = np.random.default_rng(_SEED + 3)
    timed, taken = Stopwatch(app), {"live frame": [], "map edit": []}
    canvas.fit()
    canvas.set_overlay("tint")
    frame = generator.integers(0, 256, (1150, 1730, 3), np.uint8)
    canvas.update_picture("live", frame)
    canvas.show_picture("live")
    for index in range(30):
        taken["live frame"].append(timed(lambda: canvas.update_picture("live", frame)))
        rect = Rect(*generator.integers(0, 3000, 2).tolist(), 500, 500)
        labels[rect.slices] = 1 + index % 2
        taken["map edit"].append(timed(partial(canvas.labels_changed, rect)))
    return taken


def pyqtgraph_moves(
    app: QApplication, pixels: np.ndarray, labels: np.ndarray, events: int
) -> list[Took]:
    """The rival: two ImageItems, panned and zoomed."""
    import pyqtgraph

    window = pyqtgraph.GraphicsLayoutWidget()
    window.resize(WIDTH, HEIGHT)
    box = window.addViewBox(lockAspect=True)
    box.addItem(pyqtgraph.ImageItem(pixels, axisOrder="row-major"))
    overlay = pyqtgraph.ImageItem(labels, axisOrder="row-major", opacity=0.35)
    overlay.setLookupTable(np.array([[128, 128, 128], [49, 100, 217], [230, 171, 0]], np.uint8))
    box.addItem(overlay)
    window.show()
    timed = Stopwatch(app)
    for _ in range(3):
        timed(window.update)
    taken = []
    for index in range(events):
        factor = 0.84 if index % 16 < 8 else 1 / 0.84
        taken.append(timed(partial(box.scaleBy, (factor, factor))))
        taken.append(timed(lambda: box.translateBy(x=17, y=9)))
    window.close()
    return taken


def wheel(canvas: QWidget, at: QPointF, turn: int) -> None:
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def mouse(canvas: QWidget, kind: QEvent.Type, at: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind == QEvent.Type.MouseMove else left
    held = none if kind == QEvent.Type.MouseButtonRelease else left
    modifiers = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, held, modifiers)
    QApplication.sendEvent(canvas, event)


def press(canvas: QWidget, kind: QEvent.Type, key: Qt.Key) -> None:
    QApplication.sendEvent(canvas, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))


def report(groups: dict[str, Timings], rival: list[Took]) -> dict[str, dict[str, float]]:
    """Print the table; returns its figures per line, in milliseconds."""
    figures: dict[str, dict[str, float]] = {}
    print(f"{'milliseconds':34s}{'events':>7s}{'p50':>7s}{'p95':>7s}{'max':>7s}   processor p95")
    for group, timings in groups.items():
        for name, taken in timings.items():
            figures[name] = line(name, taken)
        merged = [took for taken in timings.values() for took in taken]
        figures[group] = line(f"= {group}", merged)
        reached = figures[group]["max" if group == "blocked" else "p95"]
        verdict = "held" if reached <= BUDGETS[group] else "MISSED"
        print(f"  budget {BUDGETS[group]:g} {verdict}")
    figures["pyqtgraph"] = line("rival: two pyqtgraph ImageItems", rival)
    faster = figures["pyqtgraph"]["p50"] / figures["pan and zoom"]["p50"]
    print(f"pan and zoom: {faster:.1f} times as fast as the rival")
    return figures


def line(name: str, taken: list[Took]) -> dict[str, float]:
    """Print one line of the table."""
    wall, processor = np.array(taken).T
    p50, p95 = np.percentile(wall, (50, 95))
    busy = np.percentile(processor, 95)
    print(f"{name:34s}{len(taken):7d}{p50:7.1f}{p95:7.1f}{wall.max():7.1f}{busy:10.1f}")
    return {
        "events": len(taken),
        "p50": float(p50),
        "p95": float(p95),
        "max": float(wall.max()),
        "processor_p95": float(busy),
    }


if __name__ == "__main__":
    main()
