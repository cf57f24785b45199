"""Linked panes and the split line where a logical pixel is no whole number of device pixels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# A device pixel ratio holds for a whole process, so it has a process of its own.
SCRIPT = """
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from mfgui.core.comparison import PaneMode, SplitLine
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.canvas.view import Canvas

app = QApplication([])
group = PaneGroup(Canvas())
group.resize(611, 407)
group.show()
ratio = group.devicePixelRatioF()
assert ratio == 1.25, ratio
keys = ["a", "b", "c", "d"]
pixels = {}
for number, key in enumerate(keys):
    pixels[key] = np.random.default_rng(number).integers(0, 256, (900, 900, 3), np.uint8)
    group.canvas.set_picture(key, Picture(pixels[key]))


def painted(widget):
    app.processEvents()
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return whole[..., 2::-1].copy()


def shown(key, viewport):
    screen, x, y = viewport.screen, -viewport.left, -viewport.top
    return pixels[key][y : y + screen.height, x : x + screen.width]


group.arrange(PaneMode.GRID, keys, "a", {})
group.canvas.zoom_to(1.0)
panes = (group.canvas, *group.panes)
assert len({pane.viewport for pane in panes}) == 1
for pane in panes:
    expected = shown(pane.shown, pane.viewport)
    np.testing.assert_array_equal(painted(pane)[6:-6, 6:-6], expected[6:-6, 6:-6])

group.arrange(PaneMode.SPLIT, keys, "a", {})
group.canvas.set_split(SplitLine(0.5, 0.5, 0.0), "b")
whole, viewport = painted(group.canvas), group.canvas.viewport
middle = viewport.screen.width // 2
for key, columns in (("a", slice(6, middle - 20)), ("b", slice(middle + 20, -6))):
    np.testing.assert_array_equal(whole[6:-6, columns], shown(key, viewport)[6:-6, columns])
print("done")
"""


def test_that_panes_and_both_sides_show_true_pixels_at_a_fractional_ratio(tmp_path: Path) -> None:
    script = tmp_path / "scaling.py"
    script.write_text(SCRIPT)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": "1.25",
        "QT_SCALE_FACTOR_ROUNDING_POLICY": "PassThrough",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done", done.stderr
