from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QFont

from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size
from mfgui.core.pyramid import Picture, display_pixels
from mfgui.ui.canvas import pixelgrid
from mfgui.ui.canvas.pixelgrid import PixelGrid, words_of
from mfgui.ui.canvas.viewport import Viewport

SCREEN = Size(400, 300)

pytestmark = pytest.mark.usefixtures("qapp")


def grey_image(level: int, *, channels: int = 3) -> ImageU8:
    return np.full((40, 50, channels), level, np.uint8)


def drawn(picture: Picture, scale: float, background: int) -> tuple[ImageU8, Viewport]:
    image = Size(50, 40)
    viewport = Viewport.fit(image, screen=SCREEN).zoomed(scale, at=(210, 140))
    target = np.full((SCREEN.height, SCREEN.width, 4), background, np.uint8)
    target[..., 3] = 255
    grid = PixelGrid(QFont("Inter"))
    grid.draw(target, picture, viewport, Rect(0, 0, SCREEN.width, SCREEN.height))
    return target, viewport


def spelled(values: PixelArray) -> list[str]:
    characters = "0123456789. \N{MINUS SIGN}"
    words = words_of(values)
    return [
        "".join(characters[c] for c in word).strip() for word in words.reshape(-1, words.shape[-1])
    ]


def test_that_there_is_no_grid_up_to_16_times() -> None:
    target, _ = drawn(Picture(grey_image(90)), 16.0, 90)
    assert (target[..., :3] == 90).all()


@pytest.mark.parametrize("background", [0, 90, 127, 128, 200, 255])
def test_that_grid_lines_stand_out_at_the_edges_of_pixels(background: int) -> None:
    target, viewport = drawn(Picture(grey_image(background)), 20.0, background)
    lines = np.flatnonzero(target[151, :, 1] != background)
    expected = [x for x in range(1, 400) if (x - viewport.left) % 20 == 0]
    middle = (viewport.top - 151) % 20 != 0
    assert middle
    assert lines.tolist() == expected
    contrast = np.abs(target[151, lines, :3].astype(int) - background)
    assert contrast.min() >= 30
    assert (target[..., 3] == 255).all()


def test_that_values_are_printed_above_32_times_only() -> None:
    picture = Picture(grey_image(90))
    assert not (drawn(picture, 32.0, 90)[0][..., 0] == 255).any()
    assert (drawn(picture, 33.0, 90)[0][..., :3] > 230).all(axis=2).any()


@pytest.mark.parametrize("background", [0, 128, 255])
def test_that_values_are_light_on_a_dark_edge_whatever_lies_below(background: int) -> None:
    target, viewport = drawn(Picture(grey_image(background)), 40.0, background)
    column, row = viewport.pixel_at(200, 150) or (0, 0)
    x, y = (int(v) for v in viewport.to_screen(column, row))
    cell = target[y + 2 : y + 39, x + 2 : x + 39, :3]
    light, dark = (cell > 230).all(axis=2), (cell < 25).all(axis=2)
    assert light.sum() > 30
    assert dark.sum() > 30
    assert np.ptp(cell, axis=2).max() == 0


@pytest.mark.parametrize("scale", [33.0, 40.0, 57.3])
def test_that_values_stand_in_the_middle_of_their_pixel(scale: float) -> None:
    picture = Picture(grey_image(188))
    target, viewport = drawn(picture, scale, 90)
    column, row = viewport.pixel_at(200, 150) or (0, 0)
    x, y = viewport.to_screen(column, row)
    part = target[int(y) + 1 : int(y + scale), int(x) + 1 : int(x + scale), 0]
    rows, columns = np.nonzero((part != 90) & (part != 90 + 63 - 90 // 4))
    assert abs(part.shape[1] - 1 - columns.max() - columns.min()) <= 2
    assert abs(part.shape[0] - 1 - rows.max() - rows.min()) <= 2


def test_that_equal_values_print_equal_words_and_others_differ() -> None:
    pixels = grey_image(111)
    pixels[20:] = 118
    target, viewport = drawn(Picture(pixels), 40.0, 60)
    cells = {}
    for row in (18, 19, 20, 21):
        x, y = (int(v) for v in viewport.to_screen(24, row))
        cells[row] = target[y + 1 : y + 40, x + 1 : x + 40]
    np.testing.assert_array_equal(cells[18], cells[19])
    np.testing.assert_array_equal(cells[20], cells[21])
    assert (cells[19] != cells[20]).any()


def test_that_the_true_values_are_printed_not_those_displayed() -> None:
    one = np.full((40, 50, 1), 25700, np.uint16)
    other = one + np.uint16(1)
    pictures = [Picture(display_pixels(true), stored=true) for true in (one, other)]
    np.testing.assert_array_equal(pictures[0].levels[0], pictures[1].levels[0])
    first, second = (drawn(picture, 48.0, 60)[0] for picture in pictures)
    assert (first != second).any()


def test_that_a_preview_and_values_out_of_reach_print_nothing() -> None:
    preview = Picture(np.full((4, 5, 3), 90, np.uint8))
    unknown = Picture(grey_image(90), stored=lambda rect: None)
    for picture in (preview, unknown):
        target, _ = drawn(picture, 40.0, 90)
        assert not (target[..., :3] > 230).all(axis=2).any()


@pytest.mark.parametrize("scale", [32.5, 36.0, 45.0, 64.0])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_that_words_stay_inside_their_pixel(scale: float, kind: str) -> None:
    true = (
        np.full((40, 50, 3), 1.0, np.float32)
        if kind == "float32"
        else np.full((40, 50, 3), np.iinfo(kind).max, kind)
    )
    target, viewport = drawn(Picture(display_pixels(true), stored=true), scale, 255)
    grid_only, _ = drawn(Picture(display_pixels(true), stored=lambda rect: None), scale, 255)
    printed = (target != grid_only).any(axis=2)
    for column in range(50):
        x = int(np.ceil(viewport.left + column * scale - 0.5))
        if 0 <= x < SCREEN.width:
            assert not printed[:, x].any()
    assert printed.any()


def test_that_whole_numbers_have_no_leading_zeros() -> None:
    assert spelled(np.array([[[0], [7], [90], [255]]], np.uint8)) == ["0", "7", "90", "255"]
    assert spelled(np.array([[[0], [100], [65535]]], np.uint16)) == ["0", "100", "65535"]


def test_that_fractions_have_three_digits() -> None:
    values = np.array([[[0.0], [0.0004], [0.125], [0.9996], [1.0], [3.14159], [40.0]]], np.float32)
    assert spelled(values) == [".000", ".000", ".125", "1.00", "1.00", "3.14", "9.99"]


def test_that_values_below_zero_have_a_sign_beside_the_first_digit() -> None:
    levels = np.array([[[0], [-7], [-255], [12]]])
    assert spelled(levels.astype(np.int16)) == ["0", "−7", "−255", "12"]
    assert spelled(np.array([[[-65535], [100]]], np.int32)) == ["−65535", "100"]
    fractions = np.array([[[-0.125], [-1.0], [0.5], [-0.0001], [np.nan]]])
    assert spelled(fractions) == ["−.125", "−1.00", ".500", ".000", ""]


def test_that_other_values_than_the_stored_ones_can_be_printed() -> None:
    target, viewport = drawn(Picture(grey_image(90)), 40.0, 90)
    other = np.full((SCREEN.height, SCREEN.width, 4), 90, np.uint8)
    whole = Rect(0, 0, SCREEN.width, SCREEN.height)
    asked = []

    def values(cells: Rect) -> PixelArray:
        asked.append(cells)
        return np.full((cells.height, cells.width, 1), -12, np.int16)

    grid = PixelGrid(QFont())
    grid.draw(other, Picture(grey_image(90)), viewport, whole, values=values)
    assert asked
    assert (other != target).any()


def test_that_a_wide_minus_stays_in_its_own_place() -> None:
    font = QFont("Sans Serif")
    font.setPixelSize(12)
    glyphs = pixelgrid._rendered(font)
    blank, minus = glyphs[11], glyphs[12]
    assert not blank.any()
    assert minus.any()
