"""Pictures of the window for the README, made here and compared with the committed ones.

``MFGUI_WRITE_PICTURES=1 pytest tests/ui/test_screenshots.py`` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QImage
from skimage.metrics import structural_similarity

from mfgui.core.arrays import ImageU8
from mfgui.ui.application import Application
from mfgui.ui.theme import Choice
from tests.ui.hands import WAIT_MS

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZES = [(1280, 720), (2560, 1440)]
LEAST_SHARE = 0.6
LEAST_SIMILARITY = 0.9  # curves and times differ a little between machines


def at_work(application: Application, qtbot: Any, theme: Choice, size: tuple[int, int]) -> None:
    """The sample pair with its map and two runs, the second one from the average."""
    window, controller = application.window, application.controller
    parts = window.parts
    application.themes.choose(theme)
    window.resize(*size)
    window.commands.open_sample()
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    for iterations, start in ((20, "composite"), (25, "average")):
        explicit = {"iterations": iterations, "start": start, "tolerance": 0, "change": 0}
        controller.runs.run("ms-lap", explicit)
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    parts.overlay.set_mode("contour")
    run_id = max(controller.session.results)
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{run_id}", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: parts.curve.plot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(parts.curve.legend) == 2, timeout=WAIT_MS)
    window.arranger.bring_up("curve")
    parts.canvas.setFocus()
    zoom = parts.status.zoom
    qtbot.waitUntil(lambda: zoom.mapTo(window, zoom.rect().topRight()).x() > window.width() - 40)


def pixels_of(image: QImage) -> ImageU8:
    """(h, w, 3) uint8, red first."""
    converted = image.convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(converted.constBits(), np.uint8)
    rows = data.reshape(converted.height(), converted.bytesPerLine())
    # Copied, for the image takes its memory with it.
    return rows[:, : converted.width() * 3].reshape(converted.height(), -1, 3).copy()


def share_of_canvas(application: Application) -> float:
    canvas, window = application.window.parts.canvas, application.window
    return canvas.width() * canvas.height() / (window.width() * window.height())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_that_the_window_looks_as_in_the_guide(
    application: Application, qtbot: Any, theme: Choice, size: tuple[int, int]
) -> None:
    at_work(application, qtbot, theme, size)
    qtbot.waitUntil(lambda: share_of_canvas(application) >= LEAST_SHARE, timeout=WAIT_MS)
    shown = pixels_of(application.window.grab().toImage())
    assert shown.shape == (size[1], size[0], 3)
    path = PICTURES / f"window-{theme}-{size[0]}x{size[1]}.png"
    if os.environ.get("MFGUI_WRITE_PICTURES"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            cv2.imencode(".png", shown[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
        )
    kept = cv2.imread(str(path))[..., ::-1]
    assert kept.shape == shown.shape
    alike = structural_similarity(reduced(kept), reduced(shown), data_range=255)
    assert alike >= LEAST_SIMILARITY


def reduced(pixels: ImageU8) -> ImageU8:
    """Grey at half size, so that a line moved by one pixel weighs little."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_that_the_surround_is_a_neutral_grey(
    application: Application, qtbot: Any, theme: Choice
) -> None:
    at_work(application, qtbot, theme, (1280, 720))
    canvas = application.window.parts.canvas
    edge = canvas.grab().toImage().pixelColor(8, canvas.height() // 2)
    assert edge.red() == edge.green() == edge.blue()
    assert 90 <= edge.red() <= 150
