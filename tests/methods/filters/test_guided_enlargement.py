"""Planes enlarged along a guide, against interpolation and filter written out."""

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.filters import guided_enlargement as module
from mfgui.methods.filters.guided_enlargement import enlarged, enlarged_along

RNG = np.random.default_rng(8)


def literal(plane, size):
    """Bilinear interpolation between centres of pixels, one pixel after another."""
    small = plane.shape
    out = np.zeros((size.height, size.width))
    for y in range(size.height):
        v = min(max((y + 0.5) * small[0] / size.height - 0.5, 0), small[0] - 1)
        for x in range(size.width):
            u = min(max((x + 0.5) * small[1] / size.width - 0.5, 0), small[1] - 1)
            top, left = int(v), int(u)
            low, right = min(top + 1, small[0] - 1), min(left + 1, small[1] - 1)
            a, b = v - top, u - left
            out[y, x] = (1 - a) * ((1 - b) * plane[top, left] + b * plane[top, right])
            out[y, x] += a * ((1 - b) * plane[low, left] + b * plane[low, right])
    return out


@pytest.mark.parametrize("shape", [(5, 7), (1, 4), (1, 1), (9, 2)])
def test_that_enlarging_is_bilinear(shape):
    plane = RNG.random(shape, np.float32)
    size = Size(19, 23)
    expected = literal(plane, size)
    whole = enlarged(plane, size, Rect(0, 0, 19, 23))
    assert whole.dtype == np.float32
    assert whole == pytest.approx(expected, abs=1e-6)
    part = Rect(3, 11, 8, 5)
    assert enlarged(plane, size, part) == pytest.approx(expected[part.slices], abs=1e-6)


def mean(values, radius):
    """Means of windows, the borders repeated."""
    wide = np.pad(values, radius, mode="edge")
    total = np.zeros_like(values)
    for dy in range(2 * radius + 1):
        for dx in range(2 * radius + 1):
            total += wide[dy : dy + values.shape[0], dx : dx + values.shape[1]]
    return total / (2 * radius + 1) ** 2


def test_that_the_coefficients_are_those_of_the_guided_filter():
    plane, guide = RNG.random((2, 12, 15)).astype(np.float32)
    large = RNG.random((40, 31)).astype(np.float32)
    p, g = plane.astype(float), guide.astype(float)
    slope = (mean(g * p, 2) - mean(g, 2) * mean(p, 2)) / (mean(g * g, 2) - mean(g, 2) ** 2 + 0.01)
    offset = mean(p, 2) - slope * mean(g, 2)
    size = Size(31, 40)
    expected = literal(mean(slope, 2), size) * large + literal(mean(offset, 2), size)
    given = []

    def guide_of(rect, weight):
        given.append((rect, weight))
        return large[rect.slices]

    found = enlarged_along(plane, guide, guide_of, size, radius=2, epsilon=0.01, compute=Compute())
    assert found == pytest.approx(np.clip(expected, 0, 1), abs=1e-5)
    ((rect, weight),) = given
    assert weight == pytest.approx(literal(plane, size)[rect.slices], abs=1e-6)


def edge_pair(factor=6):
    """A slanted edge as a large guide, and its map at a sixth of the size."""
    size = Size(300, 240)
    y, x = np.mgrid[: size.height, : size.width]
    inside = (x + 0.4 * y > 180).astype(np.float32)
    texture = cv2.GaussianBlur(RNG.random(inside.shape, np.float32), (0, 0), 1.5)
    large = 0.2 + 0.5 * inside + 0.2 * (texture - 0.5)
    small = (size.width // factor, size.height // factor)
    return (
        inside,
        large,
        *(cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in (inside, large)),
    )


def test_that_an_edge_lies_where_the_guide_has_it():
    inside, large, plane, guide = edge_pair()
    size = Size(300, 240)
    found = enlarged_along(
        plane,
        guide,
        lambda rect, _: large[rect.slices],
        size,
        radius=2,
        epsilon=1e-3,
        compute=Compute(),
    )
    plain = enlarged(plane, size, Rect(0, 0, 300, 240))
    wrong = ((found > 0.5) != (inside > 0.5)).sum()
    assert wrong < 0.2 * ((plain > 0.5) != (inside > 0.5)).sum()
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_that_tiles_and_threads_change_nothing(monkeypatch):
    _, large, plane, guide = edge_pair()

    def made(threads):
        return enlarged_along(
            plane,
            guide,
            lambda rect, _: large[rect.slices],
            Size(300, 240),
            radius=2,
            epsilon=1e-3,
            compute=Compute(threads=threads),
        )

    whole = made(1)
    tiles = module.in_tiles
    monkeypatch.setattr(module, "in_tiles", lambda *a, **k: tiles(*a, **{**k, "side": 70}))
    assert np.array_equal(made(3), whole)


def test_that_it_can_be_stopped():
    def stop():
        raise StopRequested

    plane = np.zeros((4, 4), np.float32)
    with pytest.raises(StopRequested):
        enlarged_along(
            plane,
            plane,
            lambda _, weight: weight,
            Size(8, 8),
            radius=1,
            epsilon=0.1,
            compute=Compute(checkpoint=stop),
        )
