"""Outlines on pixel centres, against winding numbers computed pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect
from mfgui.core.edits import Footprint
from mfgui.core.outlines import polygon, rectangle

FRAME = Rect(0, 0, 40, 30)

coordinates = st.one_of(
    st.integers(-20, 100).map(lambda n: n / 2), st.floats(-10, 50, allow_nan=False, width=32)
)
outlines = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12)


def drawn(area: Footprint, frame: Rect = FRAME) -> np.ndarray:
    mask = np.zeros((frame.height, frame.width), bool)
    y, x = area.rect.y - frame.y, area.rect.x - frame.x
    mask[y : y + area.rect.height, x : x + area.rect.width] = area.mask
    return mask


def angles(outline, frame: Rect = FRAME) -> tuple[np.ndarray, np.ndarray]:
    """How often the outline goes around each pixel centre, as the sum of the angles under which
    its sides are seen; and which centres do not lie on it."""
    xs, ys = np.meshgrid(
        np.arange(frame.x, frame.right) + 0.5, np.arange(frame.y, frame.bottom) + 0.5
    )
    total, sure = np.zeros(xs.shape), np.ones(xs.shape, bool)
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        ax, ay, bx, by = x0 - xs, y0 - ys, x1 - xs, y1 - ys
        cross, dot = ax * by - ay * bx, ax * bx + ay * by
        total += np.arctan2(cross, dot)
        sure &= (np.abs(cross) > 1e-7) | (dot > 0)
        sure &= (np.abs(cross) > 1e-7 * max(1.0, math.dist((x0, y0), (x1, y1)))) | (dot > 1e-7)
    return np.rint(total / (2 * math.pi)), sure


@given(outlines)
def test_that_an_outline_holds_what_it_goes_around(outline) -> None:
    turns, sure = angles(outline)
    mask = drawn(polygon(outline, frame=FRAME))
    np.testing.assert_array_equal(mask[sure], turns[sure] != 0)


@given(outlines)
def test_that_the_direction_and_the_first_corner_do_not_matter(outline) -> None:
    want = drawn(polygon(outline, frame=FRAME))
    np.testing.assert_array_equal(drawn(polygon(outline[::-1], frame=FRAME)), want)
    np.testing.assert_array_equal(drawn(polygon(outline[2:] + outline[:2], frame=FRAME)), want)


@given(
    st.tuples(coordinates, coordinates),
    st.lists(st.floats(0.1, 1), min_size=5, max_size=9),
    st.floats(3, 40),
)
def test_that_slices_of_a_pie_share_no_pixel_and_leave_none_out(centre, widths, radius) -> None:
    assume(max(widths) < 0.49 * sum(widths))  # a wider slice is no triangle
    turn = np.cumsum(widths) / sum(widths) * 2 * math.pi
    rim = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in turn]
    slices = [
        drawn(polygon([centre, a, b], frame=FRAME)).astype(int)
        for a, b in zip(rim, [*rim[1:], rim[0]], strict=True)
    ]
    np.testing.assert_array_equal(sum(slices), drawn(polygon(rim, frame=FRAME)).astype(int))


@given(outlines, st.integers(-5, 39), st.integers(-5, 29), st.integers(1, 45), st.integers(1, 35))
def test_that_the_frame_only_cuts_off(outline, x, y, width, height) -> None:
    frame, whole = Rect(x, y, width, height), Rect(-20, -20, 100, 90)
    part = drawn(polygon(outline, frame=whole), whole)
    part = part[y + 20 : y + 20 + height, x + 20 : x + 20 + width]
    np.testing.assert_array_equal(drawn(polygon(outline, frame=frame), frame), part)


def test_that_a_lasso_that_crosses_itself_leaves_no_holes() -> None:
    star = [
        (20 + 14 * math.sin(4 * math.pi * i / 5), 15 - 14 * math.cos(4 * math.pi * i / 5))
        for i in range(5)
    ]
    mask = drawn(polygon(star, frame=FRAME))
    assert mask[15, 20]  # its middle, around which it goes twice


def test_that_an_eight_has_both_halves() -> None:
    mask = drawn(polygon([(2, 2), (30, 20), (30, 2), (2, 20)], frame=FRAME))
    assert mask[11, 4]
    assert mask[11, 27]
    assert not mask[3, 16]


def test_that_large_outlines_are_wound_in_blocks() -> None:
    frame = Rect(0, 0, 1200, 900)
    turn = np.linspace(0, 2 * math.pi, 3000)
    outline = list(zip(600 + 500 * np.cos(turn), 450 + 400 * np.sin(turn), strict=True))
    ys, xs = np.mgrid[:900, :1200] + 0.5
    inside = ((xs - 600) / 500) ** 2 + ((ys - 450) / 400) ** 2
    mask = drawn(polygon(outline, frame=frame), frame)
    sure = np.abs(inside - 1) > 1e-4
    np.testing.assert_array_equal(mask[sure], inside[sure] < 1)


@pytest.mark.parametrize(
    "outline",
    [
        [],
        [(3, 3)],
        [(3, 3), (9, 9)],
        [(5, 5)] * 4,
        [(1, 5.5), (9, 5.5), (20, 5.5)],
        [(3.6, 3.6), (4.4, 3.6), (4, 4.4)],  # between the centres
        [(-9, 2), (-5, 8), (-3, 4)],
        [(100, 2), (120, 8), (105, 40)],
    ],
)
def test_that_nothing_inside_is_an_empty_footprint(outline) -> None:
    area = polygon(outline, frame=FRAME)
    assert area.empty
    assert area.rect.empty


def test_that_corners_may_be_anywhere() -> None:
    assert drawn(polygon([(-1e12, -1e12), (1e12, -1e12), (0, 1e12)], frame=FRAME)).all()


@pytest.mark.parametrize(
    ("corner", "opposite", "rect"),
    [
        ((3, 4), (8, 9), Rect(3, 4, 5, 5)),
        ((8.2, 9.7), (3.9, 4.1), Rect(3, 4, 6, 6)),
        ((-5, -5), (50, 50), FRAME),
        ((39.5, 29.5), (39.5, 29.5), Rect(39, 29, 1, 1)),
        ((-9, 3), (-1, 8), Rect(0, 3, 0, 5)),
    ],
)
def test_that_a_rectangle_takes_the_pixels_it_touches(corner, opposite, rect) -> None:
    assert rectangle(corner, opposite, frame=FRAME) == rect
