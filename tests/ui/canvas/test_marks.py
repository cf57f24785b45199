"""What marks touch: no more than is painted again when they move."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from mfgui.core.arrays import Size
from mfgui.ui.canvas.marks import crosshair_area, draw_crosshair
from mfgui.ui.canvas.viewport import View, Viewport
from tests.ui.pictures import pixels_of

pytestmark = pytest.mark.usefixtures("qapp")

SCREEN, IMAGE = Size(300, 200), Size(120, 90)


@given(
    st.sampled_from([0.4, 1.0, 2.5, 9.0, 33.0, 64.0]),
    st.sampled_from([1.0, 1.25, 1.5, 2.0]),
    st.tuples(st.integers(0, 119), st.integers(0, 89)),
)
def test_that_a_crosshair_keeps_to_its_area(
    scale: float, ratio: float, pixel: tuple[int, int]
) -> None:
    viewport = Viewport.of(View(scale, 60, 45, fitted=False), image=IMAGE, screen=SCREEN)
    image = QImage(SCREEN.width, SCREEN.height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(0xFF808080)
    painter = QPainter(image)
    draw_crosshair(painter, viewport, pixel, ratio=ratio)
    painter.end()
    touched = np.argwhere(np.any(pixels_of(image) != 0x80, axis=-1))
    area = crosshair_area(viewport, pixel, ratio=ratio)
    for y, x in touched:
        assert area.x() * ratio <= x < (area.x() + area.width()) * ratio
        assert area.y() * ratio <= y < (area.y() + area.height()) * ratio
