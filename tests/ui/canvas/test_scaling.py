from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# A device pixel ratio holds for a whole process, so each one has a process of its own.
SCRIPT = """
import sys
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from mfgui.core.arrays import Rect
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.view import Canvas

app = QApplication([])
window = QWidget()
window.resize(300, 200)
canvas = Canvas(window)
# At a place that is not a whole number of device pixels.
canvas.setGeometry(13, 7, 211, 151)
canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its ring would cover pixels
window.show()
ratio = canvas.devicePixelRatioF()
assert ratio == float(sys.argv[1]), ratio

pixels = np.random.default_rng(1).integers(0, 256, (900, 900, 3), np.uint8)
canvas.set_picture("source:1", Picture(pixels))
canvas.zoom_to(1.0)
viewport = canvas.viewport
assert abs(viewport.screen.width - 211 * ratio) <= 0.5


def painted():
    app.processEvents()
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    left, top = round(13 * ratio), round(7 * ratio)
    # The outermost device pixels belong to the rounding of the widget's place.
    inner = whole[top + 4 : top + viewport.screen.height - 4]
    return inner[:, left + 4 : left + viewport.screen.width - 4, 2::-1].copy()


def places(wide):
    found = set()
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = 4 + dy - viewport.top, 4 + dx - viewport.left
            part = pixels[y : y + wide.shape[0], x : x + wide.shape[1]]
            if np.array_equal(part, wide):
                found.add((dx, dy))
    return found


assert len(places(painted())) == 1, "a device pixel is not one image pixel"
x, y = viewport.pixel_at(100, 100)
pixels[y : y + 3, x : x + 3] = 255 - pixels[y : y + 3, x : x + 3]
canvas.update_picture("source:1", pixels[y : y + 3, x : x + 3], Rect(x, y, 3, 3))
assert len(places(painted())) == 1, "a changed rectangle was not painted whole"
print("done")
"""


@pytest.mark.parametrize("ratio", ["1.25", "1.5", "2.0"])
def test_that_an_image_pixel_is_a_device_pixel_at_100_percent(ratio: str, tmp_path: Path) -> None:
    script = tmp_path / "scaling.py"
    script.write_text(SCRIPT)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": ratio,
        "QT_SCALE_FACTOR_ROUNDING_POLICY": "PassThrough",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    done = subprocess.run(
        [sys.executable, str(script), ratio],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "done", done.stderr
