from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from mfgui.core.arrays import ImageU8, LabelArray
from mfgui.ui.canvas.overlays import (
    Checkerboard,
    Overlay,
    OverlayMode,
    Palette,
    contour_masks,
    dim_others,
    draw_contour,
    tint,
)

PALETTE = Palette(
    labels=(0xFF3164D9, 0xFFE6AB00),
    ramp=(0xFF000000, 0xFF806040, 0xFFFFFFFF),
    accent=0xFF112233,
    unassigned=0xFF808080,
    ignore=0xFF404040,
    diverging=(0xFF1F5FAE, 0xFFF5F5F5, 0xFFA85A00),
)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def picture(height: int = 20, width: int = 30) -> ImageU8:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def halves(height: int = 20, width: int = 30) -> LabelArray:
    labels = np.ones((height, width), np.uint8)
    labels[:, width // 2 :] = 2
    return labels


def blue_green_red(colour: int) -> tuple[int, int, int]:
    return colour & 255, colour >> 8 & 255, colour >> 16 & 255


@pytest.mark.parametrize("strength", [0, 25, 50, 75, 100])
def test_that_tint_blends_the_colour_of_each_label(strength: int) -> None:
    pixels, labels = picture(), halves()
    labels[3, 4] = 255
    out = np.empty_like(pixels)
    table = PALETTE.table(labels, k=2, active=1)
    tint(pixels, labels, table=table, strength=strength, checks=Checkerboard().draw, out=out)
    share = strength / 100
    for label, colour in ((1, PALETTE.labels[0]), (2, PALETTE.labels[1]), (255, PALETTE.ignore)):
        below = pixels[labels == label][:, :3].astype(float)
        expected = np.rint(below * (1 - share) + np.array(blue_green_red(colour)) * share)
        np.testing.assert_array_equal(out[labels == label][:, :3], expected)
    assert (out[..., 3] == 255).all()


def test_that_unassigned_pixels_are_a_checkerboard_that_moves_with_the_image() -> None:
    labels = np.zeros((40, 50), np.uint8)
    table, checks = PALETTE.table(labels, k=2, active=1), Checkerboard()
    whole = np.empty((40, 50, 4), np.uint8)
    blank = np.zeros_like(whole)
    tint(blank, labels, table=table, strength=100, checks=checks.draw, out=whole)
    assert len(np.unique(whole[..., 0])) == 2
    for y in range(40):
        for x in range(50):
            same = (y // 8 + x // 8) % 2 == 0
            assert (whole[y, x] == whole[0, 0]).all() == same
    part = np.empty((9, 21, 4), np.uint8)
    moved = partial(Checkerboard().draw, origin=(11, 5))
    tint(blank[:9, :21], labels[:9, :21], table=table, strength=100, checks=moved, out=part)
    np.testing.assert_array_equal(part, whole[5:14, 11:32])


def test_that_squares_of_the_checkerboard_can_have_another_side() -> None:
    checks = Checkerboard()
    for side in (8, 3, 1):
        colours = np.zeros((10, 12), np.uint32)
        checks.draw(colours, np.ones((10, 12), np.uint8), side=side)
        for y, x in np.ndindex(10, 12):
            assert (colours[y, x] == colours[0, 0]) == ((y // side + x // side) % 2 == 0)


def test_that_only_unassigned_pixels_are_checked() -> None:
    pixels, labels = picture(), halves()
    table = PALETTE.table(labels, k=2, active=1)
    plain, out = np.empty_like(pixels), np.empty_like(pixels)
    tint(pixels, labels, table=table, strength=35, checks=Checkerboard().draw, out=plain)
    labels[5:9, 7:20] = 0
    tint(pixels, labels, table=table, strength=35, checks=Checkerboard().draw, out=out)
    differs = (plain != out).any(axis=2)
    assert (differs[labels != 0] == 0).all()
    assert differs[labels == 0].any()


@pytest.mark.parametrize("strength", [0, 25, 50, 100])
def test_that_only_the_active_label_keeps_its_pixels(strength: int) -> None:
    pixels, labels = picture(), halves()
    out = np.empty_like(pixels)
    dim_others(pixels, labels, active=2, strength=strength, out=out)
    np.testing.assert_array_equal(out[labels == 2], pixels[labels == 2])
    share = strength / 100
    expected = np.rint(pixels[labels == 1][:, :3] * (1 - share) + 48 * share)
    np.testing.assert_array_equal(out[labels == 1][:, :3], expected)
    assert (out[..., 3] == 255).all()


def test_that_dimming_may_be_done_in_place() -> None:
    pixels, labels = picture(), halves()
    out = np.empty_like(pixels)
    dim_others(pixels, labels, active=1, strength=50, out=out)
    dim_others(pixels, labels, active=1, strength=50, out=pixels)
    np.testing.assert_array_equal(pixels, out)


def several_labels_within(labels: LabelArray, y: int, x: int, low: int, high: int) -> bool:
    window = labels[max(0, y - low) : y + high + 1, max(0, x - low) : x + high + 1]
    return len(np.unique(window)) > 1


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("edge", [1, 2])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_that_a_contour_is_a_line_of_its_width_between_two_edges(
    width: int, edge: int, kind: type
) -> None:
    labels = np.random.default_rng(5).integers(1, 4, (4, 5)).astype(kind)
    labels = labels.repeat(9, axis=0).repeat(9, axis=1)
    line, edges = contour_masks(labels, width=width, edge=edge)
    low, high = (width + 1) // 2, width - (width + 1) // 2
    for y, x in np.ndindex(labels.shape):
        assert (line[y, x] == 255) == several_labels_within(labels, y, x, low, high)
        wide = several_labels_within(labels, y, x, low + edge, high + edge)
        assert (edges[y, x] == 255) == wide


def test_that_contours_are_white_with_a_black_edge_and_leave_the_rest() -> None:
    pixels, labels = picture(), halves()
    before = pixels.copy()
    line, edges = contour_masks(labels, width=2, edge=1)
    draw_contour(pixels, line=line, edges=edges)
    assert (pixels[:, 14:16, :3] == WHITE).all()
    assert (pixels[:, [13, 16], :3] == BLACK).all()
    np.testing.assert_array_equal(pixels[:, :13], before[:, :13])
    np.testing.assert_array_equal(pixels[:, 17:], before[:, 17:])
    assert (pixels[..., 3] == 255).all()


def test_that_one_label_has_no_contour_not_even_at_the_border() -> None:
    pixels = picture()
    before = pixels.copy()
    line, edges = contour_masks(np.ones((20, 30), np.uint8), width=4, edge=1)
    draw_contour(pixels, line=line, edges=edges)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize(("strength", "width"), [(0, 1), (35, 2), (67, 3), (100, 4)])
def test_that_the_strength_of_a_contour_is_its_width(strength: int, width: int) -> None:
    assert Overlay(OverlayMode.CONTOUR, strength).contour_width == width


def test_that_few_labels_take_the_colours_of_the_set_and_many_the_ramp() -> None:
    assert [PALETTE.colour(n, k=2, active=1) for n in (1, 2)] == list(PALETTE.labels)
    ramp = [PALETTE.colour(n, k=5, active=0) for n in range(1, 6)]
    assert ramp == [0xFF000000, 0xFF403020, 0xFF806040, 0xFFC0B0A0, 0xFFFFFFFF]


def test_that_the_active_label_of_a_large_stack_has_the_accent_colour() -> None:
    assert PALETTE.colour(3, k=5, active=3) == PALETTE.accent
    assert PALETTE.colour(2, k=5, active=3) != PALETTE.accent
    assert PALETTE.colour(2, k=2, active=2) == PALETTE.labels[1]


@pytest.mark.parametrize(("kind", "k"), [(np.uint8, 254), (np.uint16, 300)])
def test_that_the_table_covers_every_value_a_map_can_hold(kind: type, k: int) -> None:
    labels = np.array([[0, 1, k, np.iinfo(kind).max]], kind)
    table = PALETTE.table(labels, k=k, active=1).view(np.uint32)
    assert len(table) == np.iinfo(kind).max + 1
    assert table[labels].tolist() == [
        [PALETTE.unassigned, PALETTE.accent, PALETTE.ramp[-1], PALETTE.ignore]
    ]
    pixels = np.zeros((1, 4, 4), np.uint8)
    tint(
        pixels,
        labels,
        table=table.view(np.int32),
        strength=100,
        checks=Checkerboard().draw,
        out=pixels,
    )
    assert tuple(pixels[0, 1, :3]) == blue_green_red(PALETTE.accent)


def test_that_the_shipped_palette_has_seven_colours_and_a_ramp() -> None:
    palette = Palette.load(accent=0xFF0000FF)
    assert len(set(palette.labels)) == 7
    assert len(palette.ramp) > 2
    assert all(colour >> 24 == 255 for colour in (*palette.labels, *palette.ramp))
