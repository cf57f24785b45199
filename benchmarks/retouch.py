"""A focus map mended by hand: the gestures of one annotator on the pair "coffee", replayed.

The pair is number 6 of "Multi-focus in the wild" (see the README), whose authors drew a focus map
by hand. The gestures below are polygons whose corners were read off enlarged pictures of the two
sources and typed in; none was computed. The outline runs where the blurred cup of image 2 ends,
not along the sharp rim of image 1: whatever lies between shows the cup's blur in image 2. The
authors' map was used to score the result, not to place a corner.

They are carried out in the real window with mouse and keys, at 100 %, from the map that *Detect*
makes.

    python benchmarks/retouch.py image1.tif image2.tif label.png [--picture FILE]
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
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui import _startup
from mfgui.core.agreement import agreement
from mfgui.core.arrays import LabelArray
from mfgui.files.maps import read_map
from mfgui.ui.application import Application, make_application

Gesture = tuple[str, int, str]  # name, label, corners as x,y

# Label 1 is image 1, in which the cups are sharp.
GESTURES: tuple[Gesture, ...] = (
    (
        "background",
        2,
        "0,0 568,0 568,868 0,868",
    ),
    (
        "upper cup",
        1,
        "55,379 62,371 65,356 71,340 82,320 100,303 120,292 140,286 160,284 180,284 200,285 "
        "220,288 240,293 260,300 280,309 300,318 320,329 340,341 360,355 380,371 400,391 "
        "420,412 440,435 455,457 470,480 480,500 488,520 494,545 496,570 493,590 487,605 "
        "482,618 460,640 36,612 33,594 26,579 30,500 45,430",
    ),
    (
        "lower cup and saucer",
        1,
        "38,600 250,580 440,610 481,616 489,622 492,632 492,645 490,660 489,680 487,700 "
        "486,714 480,735 472,758 464,780 480,785 500,791 520,797 540,805 568,819 568,868 "
        "40,868 60,780 40,720 24,700 16,680 11,664 9,645 10,628 16,614 28,605",
    ),
    (
        "lower handle",
        1,
        "60,690 40,692 24,702 14,714 7,728 3,745 0,760 0,868 120,868 120,700",
    ),
    (
        "upper handle",
        1,
        "0,351 15,354 30,360 45,371 55,379 70,450 40,600 33,594 26,579 14,570 0,561",
    ),
    (
        "fringe between handle and cup",
        1,
        "30,358 45,362 55,364 64,352 70,345 70,372 56,384 42,374",
    ),
    (
        "fringe beside the neck",
        1,
        "490,575 497,572 495,592 490,606 487,616 493,626 495,640 493,660 488,660 476,612",
    ),
)
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_LEFT = Qt.MouseButton.LeftButton


def main() -> None:
    """Replay and score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs=2, type=Path)
    parser.add_argument("label", type=Path, help="the authors' map, white where image 1 is sharp")
    parser.add_argument("--picture", type=Path, help="write a picture of the window here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MFGUI_HOME"] = folder
        _startup.prepare_window()
        _startup.limit_opencv()
        app = QApplication([])
        application = make_application(app)
        application.window.resize(1600, 1200)
        application.window.show()
        replay(app, application, options.sources, options.label)
        if options.picture:
            application.window.grab().save(str(options.picture))
        application.close()


def replay(app: QApplication, application: Application, sources: list[Path], label: Path) -> None:
    """Open, detect, draw, and print the share of right pixels after each gesture."""
    window, controller = application.window, application.controller
    until = waiter(app)
    window.commands.open_paths(sources)
    until(lambda: controller.session.shown == "source:1")
    window.commands.carry_out("detect")
    until(lambda: controller.state.has_map and not controller.state.running)
    assert controller.session.focus_map is not None
    truth = read_map(label, k=2, size=controller.session.focus_map.size)
    canvas = window.parts.canvas
    canvas.setFocus()
    canvas.zoom_to(1.0)
    print(f"{'detected':32s}{'':12s}{score(controller.session.focus_map.labels, truth)}")
    for name, number, text in GESTURES:
        corners = [tuple(map(int, corner.split(","))) for corner in text.split()]
        QTest.keyClick(canvas, Qt.Key(ord(str(number))))
        QTest.keyClick(canvas, Qt.Key.Key_L, _SHIFT)
        for x, y in corners:
            at = canvas.viewport.to_screen(x, y)
            QTest.mouseClick(canvas, _LEFT, pos=QPoint(round(at[0]), round(at[1])))
        QTest.keyClick(canvas, Qt.Key.Key_Return)
        app.processEvents()
        labels = controller.session.focus_map.labels
        print(f"{name:32s}{len(corners):3d} corners  {score(labels, truth)}")
    print(f"{len(GESTURES)} gestures; history: {', '.join(controller.edit.history.names)}")


def score(labels: LabelArray, truth: LabelArray) -> str:
    found = agreement(labels, truth, k=2)
    wrong = int(np.count_nonzero(labels != truth))
    return f"{100 * (found.accuracy or 0):6.2f} % right ({wrong} pixels wrong)"


def waiter(app: QApplication) -> Callable[[Callable[[], bool]], None]:
    def until(condition: Callable[[], bool]) -> None:
        end = time.perf_counter() + 120
        while not condition():
            if time.perf_counter() > end:
                raise TimeoutError("the window did not get there")
            app.processEvents()
            time.sleep(0.002)

    return until


if __name__ == "__main__":
    main()
