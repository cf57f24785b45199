from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from mfgui.core.arrays import Rect, Size
from mfgui.ui.canvas.painting import Drawing, Ring, Shown
from mfgui.ui.canvas.viewport import Viewport
from mfgui.ui.tools.tool import Outline

SCREEN = Size(400, 300)
GREY, BLUE = QColor(128, 128, 128), QColor(0, 0, 255)


def viewport(scale: float) -> Viewport:
    return Viewport(Size(100, 80), SCREEN, scale, 10.0, 20.0)


def drawing(shown: Shown, scale: float = 4.0, ratio: float = 1.0) -> Drawing:
    return Drawing(shown, viewport(scale), ratio, QFontMetricsF(QFont()))


def drawn(made: Drawing, background: QColor = GREY) -> np.ndarray:
    """Pixels after drawing, (H, W, 3)."""
    image = QImage(SCREEN.width, SCREEN.height, QImage.Format.Format_RGB32)
    image.fill(background)
    painter = QPainter(image)
    made.draw(painter)
    painter.end()
    values = np.frombuffer(image.constBits(), np.uint8).reshape(SCREEN.height, SCREEN.width, 4)
    return values[..., 2::-1].copy()


def covered(made: Drawing) -> np.ndarray:
    mask = np.zeros((SCREEN.height, SCREEN.width), bool)
    for rect in made.area:
        mask[max(0, rect.top()) : rect.bottom() + 1, max(0, rect.left()) : rect.right() + 1] = True
    return mask


MASK = np.zeros((12, 12), bool)
MASK[2:7, 3:9] = True
MASK[4, 5] = False
SHOWN = {
    "small ring": Shown(ring=Ring(40, 30, 12, BLUE)),
    "large ring": Shown(ring=Ring(40, 30, 55, BLUE)),
    "ring with words": Shown(ring=Ring(40, 30, 30, BLUE, "30 px")),
    "ring beyond the edge": Shown(ring=Ring(-3, 70, 60, BLUE)),
    "mask": Shown(outline=Outline(mask=MASK, rect=Rect(20, 10, 12, 12)), colour=BLUE),
    "path": Shown(outline=Outline(path=((5, 5), (60, 20), (30, 50)), closed=True), colour=BLUE),
    "one point": Shown(outline=Outline(path=((5, 5),), closed=True), colour=BLUE),
    "region": Shown(region=Rect(10, 20, 50, 30)),
}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("scale", [0.6, 1.0, 4.0])
def test_that_the_area_covers_all_that_is_drawn(name: str, scale: float, qapp: Any) -> None:
    made = drawing(SHOWN[name], scale)
    changed = (drawn(made) != 128).any(axis=2)
    assert not (changed & ~covered(made)).any()


def test_that_a_large_ring_leaves_its_inside_alone(qapp: Any) -> None:
    assert covered(drawing(SHOWN["large ring"])).mean() < 0.3


@pytest.mark.parametrize("background", [QColor("black"), QColor("white"), BLUE, GREY])
@pytest.mark.parametrize("name", ["small ring", "mask", "path", "region"])
def test_that_outlines_show_on_any_background(background: QColor, name: str, qapp: Any) -> None:
    pixels = drawn(drawing(SHOWN[name]), background).astype(int)
    plain = np.array(background.getRgb()[:3])
    assert np.abs(pixels - plain).sum(axis=2).max() > 250


def test_that_the_label_colour_is_on_the_edge_of_the_brush(qapp: Any) -> None:
    pixels = drawn(drawing(Shown(ring=Ring(40, 30, 20, BLUE)))).astype(int)
    y, x = 20 + 30 * 4, 10 + (40 - 10) * 4
    assert pixels[y, x, 2] > 200
    assert pixels[y, x, 0] < 60


def test_that_the_border_of_a_mask_runs_between_its_pixels(qapp: Any) -> None:
    made = drawing(Shown(outline=Outline(mask=MASK, rect=Rect(20, 10, 12, 12)), colour=BLUE), 8.0)
    assert made._path is not None
    bounds = made._path.boundingRect()
    left, top = 10 + (20 + 3) * 8, 20 + (10 + 2) * 8
    assert bounds.getRect() == (left, top, 6 * 8, 5 * 8)
    pixels = drawn(made).astype(int)
    blue = (pixels[..., 2] > 200) & (pixels[..., 0] < 100)
    hole = 20 + (10 + 4) * 8 + 4, 10 + (20 + 5) * 8  # left edge of the pixel that is left out
    assert blue[hole] or blue[hole[0], hole[1] - 1]


def test_that_a_mask_beside_the_screen_costs_nothing(qapp: Any) -> None:
    far = Outline(mask=np.ones((50, 50), bool), rect=Rect(5000, 5000, 50, 50))
    assert drawing(Shown(outline=far)).area.isEmpty()


def test_that_the_words_stay_on_the_screen(qapp: Any) -> None:
    made = drawing(Shown(ring=Ring(99, 79, 4000, BLUE, "4000 px")))
    words = made._words
    assert words.right() <= SCREEN.width
    assert words.bottom() <= SCREEN.height
