"""Where plates with names stand, and what of a title has room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QFont, QImage, QPainter

from mfgui.core.comparison import SplitLine
from mfgui.ui.canvas.split import PlacedLine
from mfgui.ui.canvas.titles import Title, TitlePlate, place_plate
from tests.ui.pictures import pixels_of

AREA = QSizeF(480, 320)


@given(
    st.builds(SplitLine, st.floats(0, 1), st.floats(0, 1), st.floats(-179, 180)),
    st.integers(30, 300),
    st.sampled_from([0, 1]),
)
def test_that_plates_stand_as_high_as_their_side_has_room(
    line: SplitLine, width: int, side: int
) -> None:
    placed, size = PlacedLine(line, AREA), QSizeF(width, 24)
    corner = place_plate(size, AREA, placed, side)

    def fits(x: float, y: float, clear: float) -> bool:
        sign = 1 if side else -1
        corners = [QPointF(x + dx, y + dy) for dx in (0, width) for dy in (0, 24)]
        return all(sign * placed.signed_distance(point) >= clear for point in corners)

    higher = [y for y in range(8, 289) for x in (8, 472 - width) if fits(x, y, 6.0)]
    if corner is None:
        # Only what has a pixel to spare counts: steps of one pixel see no less.
        assert not higher or max(higher) - min(higher) < 1
    else:
        assert fits(corner.x(), corner.y(), 5.99)
        assert not higher or corner.y() <= min(higher) + 1e-6
        assert corner.y() + 24 <= 312


def test_that_without_a_line_a_plate_stands_in_the_upper_left_corner() -> None:
    assert place_plate(QSizeF(90, 24), AREA, None, 0) == QPointF(8, 8)


@pytest.mark.parametrize("room", [90.0, 150.0, 300.0, 900.0])
def test_that_plates_are_no_wider_than_their_room(qapp: Any, room: float) -> None:
    title = Title("A name that is much too long for a small pane", "Q 0.987 · 1st", "unlinked")
    plate = TitlePlate(title, QFont(), room)
    assert 0 < plate.size.width() <= room - 16 + 1e-6
    assert TitlePlate(Title("1"), QFont(), room).size.width() < 50


def test_that_details_show_where_they_have_room_and_never_in_part(qapp: Any) -> None:
    def width(detail: str, room: float) -> float:
        return TitlePlate(Title("1 · GFDF", detail), QFont(), room).size.width()

    assert width("Q 0.987", 400) > width("", 400)
    assert width("Q 0.987", 100) == width("", 100)


def test_that_nothing_to_say_is_no_plate(qapp: Any) -> None:
    assert TitlePlate(Title(""), QFont(), 300).size.isEmpty()


def test_that_a_plate_draws_only_within_itself(qapp: Any) -> None:
    image = QImage(300, 80, QImage.Format.Format_RGB32)
    image.fill(0xFF808080)
    plate = TitlePlate(Title("Name", "detail", "note"), QFont(), 300)
    painter = QPainter(image)
    plate.draw(painter, QPointF(20, 30))
    painter.end()
    drawn = np.argwhere(np.any(pixels_of(image) != 0x80, axis=-1))
    top, left = drawn.min(axis=0)
    bottom, right = drawn.max(axis=0)
    assert (left, top) == (20, 30)
    assert right + 1 <= 20 + plate.size.width() + 1
    assert bottom + 1 <= 30 + plate.size.height() + 1
