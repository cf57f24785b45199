"""Levels of local Q, and distances from the changes of label."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core import planes
from mfgui.core.arrays import Rect
from mfgui.core.bands import boundary_band
from mfgui.core.planes import FAR, UNKNOWN, distances, q_levels, q_values

LABELS = arrays.arrays(
    np.uint8,
    arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.sampled_from([0, 1, 1, 1, 2, 255]),
)


def literal_distances(labels, most):
    """Straight from the definition, pixel by pixel."""
    height, width = labels.shape
    found = np.full(labels.shape, FAR, np.uint8)
    for y in range(height):
        for x in range(width):
            for reach in range(1, most + 1):
                rows = slice(max(0, y - reach), y + reach + 1)
                columns = slice(max(0, x - reach), x + reach + 1)
                if (labels[rows, columns] != labels[y, x]).any():
                    found[y, x] = reach
                    break
    return found


@given(LABELS, st.integers(1, 6))
def test_that_distances_follow_their_definition(labels, most) -> None:
    np.testing.assert_array_equal(distances(labels, most=most), literal_distances(labels, most))


@given(LABELS, st.integers(0, 8))
def test_that_a_distance_up_to_d_is_the_boundary_band_of_width_d(labels, width) -> None:
    np.testing.assert_array_equal(distances(labels, most=8) <= width, boundary_band(labels, width))


@given(LABELS, st.data())
def test_that_a_part_is_cut_from_the_whole(labels, data) -> None:
    height, width = labels.shape
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    rect = Rect(x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y)))
    part = distances(labels, most=4, rect=rect)
    np.testing.assert_array_equal(part, distances(labels, most=4)[rect.slices])


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_that_strips_leave_no_trace(monkeypatch, kind) -> None:
    generator = np.random.default_rng(5)
    labels = np.ones((230, 180), kind)
    labels[generator.integers(0, 230, 5), generator.integers(0, 180, 5)] = np.iinfo(kind).max
    whole = distances(labels)
    monkeypatch.setattr(planes, "_STRIPE", 7)
    np.testing.assert_array_equal(distances(labels), whole)
    for width in (1, 8, 63, 64):
        np.testing.assert_array_equal(whole <= width, boundary_band(labels, width))


def test_that_a_map_of_one_label_has_no_near_pixel() -> None:
    assert (distances(np.ones((9, 7), np.uint8)) == FAR).all()


def test_that_levels_are_exact_where_they_must_be_and_near_elsewhere() -> None:
    values = np.float32([[-1.0, 0.0, 1.0, np.nan, -1.5, 1.5]])
    assert q_levels(values).tolist() == [[1, 32768, 65535, UNKNOWN, 1, 65535]]
    many = np.random.default_rng(1).uniform(-1, 1, (300, 40)).astype(np.float32)
    back = q_values(q_levels(many)).astype(np.float64)
    assert np.abs(back - many).max() <= 0.5 / 32767 + 1e-7


def test_that_every_level_stands_for_a_value_of_its_own() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(q_levels(q_values(levels)), levels)
