"""The line of the profile on a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from mfgui.core.arrays import Size
from mfgui.core.line_profile import foot
from mfgui.core.session import Line
from mfgui.ui.canvas.line_mark import draw_line
from mfgui.ui.canvas.viewport import View, Viewport
from tests.ui.pictures import pixels_of

GREY = 0xFF808080


def viewport(scale: float) -> Viewport:
    screen, image = Size(300, 200), Size(100, 80)
    return Viewport.of(View(scale, 50.0, 40.0, False), image=image, screen=screen)


def drawn(line: Line, view: Viewport, *, ratio: float = 1.0) -> np.ndarray:
    image = QImage(view.screen.width, view.screen.height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(GREY)
    painter = QPainter(image)
    draw_line(painter, view, line, ratio=ratio)
    painter.end()
    return pixels_of(image).astype(int)


@pytest.mark.parametrize("scale", [0.5, 1.0, 4.0])
@pytest.mark.parametrize(
    "line", [Line(20.5, 30.5, 80.5, 30.5), Line(70, 10, 30.2, 70, 9), Line(50, 40, 51, 40)]
)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_that_nothing_is_covered_but_the_line(qapp, scale: float, line: Line, ratio: float) -> None:
    view = viewport(scale)
    changed = (drawn(line, view, ratio=ratio) != 0x80).any(axis=2)
    places = np.argwhere(changed)[:, ::-1] + 0.5
    away = [foot(line, *view.to_image(*place))[1] * scale for place in places]
    assert max(away) <= max(7.5 * ratio, line.width * scale / 2 * 2**0.5 + ratio)


def test_that_it_is_white_between_black(qapp) -> None:
    view = viewport(2.0)
    line = Line(20.5, 30.5, 80.5, 30.5)
    x, y = (int(place) for place in view.to_screen(50.5, 30.5))
    column = drawn(line, view)[y - 3 : y + 4, x].mean(axis=1)
    assert column.max() > 200
    assert column.min() < 60
    assert column[0] == column[-1] == 0x80


def test_that_start_and_end_differ(qapp) -> None:
    view = viewport(2.0)
    shown = drawn(Line(20.5, 30.5, 80.5, 30.5), view)
    centres = [view.to_screen(x, 30.5) for x in (20.5, 80.5)]
    start, end = (shown[int(y), int(x)].mean() for x, y in centres)
    assert start == 255
    assert end == 0x80


def test_that_what_is_averaged_is_framed_where_there_is_room(qapp) -> None:
    line, thin = Line(20.5, 30.5, 80.5, 30.5, 11), Line(20.5, 30.5, 80.5, 30.5)
    assert np.array_equal(drawn(line, viewport(0.25)), drawn(thin, viewport(0.25)))
    view = viewport(4.0)
    x, y = view.to_screen(50.5, 25.0)
    assert (drawn(line, view)[int(y) - 1 : int(y) + 2, int(x)] != 0x80).any()
    assert (drawn(thin, view)[int(y) - 1 : int(y) + 2, int(x)] == 0x80).all()
