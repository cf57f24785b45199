from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect, from_float, to_float

_rects = st.builds(
    Rect, st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 9), st.integers(0, 9)
)


def _cells(rect: Rect) -> set[tuple[int, int]]:
    return {(x, y) for x in range(rect.x, rect.right) for y in range(rect.y, rect.bottom)}


@given(_rects, _rects)
def test_that_the_intersection_holds_exactly_the_common_cells(a: Rect, b: Rect) -> None:
    assert _cells(a.intersected(b)) == _cells(a) & _cells(b)


@given(_rects, _rects)
def test_that_the_union_holds_all_cells_of_both(a: Rect, b: Rect) -> None:
    assert _cells(a) | _cells(b) <= _cells(a.united(b))


def test_that_every_stored_value_survives_the_way_to_float_and_back() -> None:
    for dtype in ("uint8", "uint16"):
        values = np.arange(np.iinfo(dtype).max + 1).astype(dtype).reshape(-1, 1, 1)
        np.testing.assert_array_equal(from_float(to_float(values), dtype), values)


def test_that_integers_are_divided_by_the_maximum_of_their_type() -> None:
    assert to_float(np.array([0, 51, 255], np.uint8)).tolist() == [0.0, np.float32(0.2), 1.0]
    assert to_float(np.array([0, 13107, 65535], np.uint16)).tolist() == [0.0, np.float32(0.2), 1.0]


def test_that_values_outside_the_range_are_clamped_not_stretched() -> None:
    image = np.array([[[-0.5], [0.25], [1.5]]], np.float32)
    assert from_float(image, "uint8").ravel().tolist() == [0, 64, 255]
