"""GMSD, against loops over pixels and published values."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from mfgui.core.errors import UsageError
from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.gmsd import gmsd
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import Trio, generated, gold_grey, gold_values


def at(plane, y, x):
    inside = 0 <= y < plane.shape[0] and 0 <= x < plane.shape[1]
    return float(plane[y, x]) if inside else 0.0


def halved(plane):
    height, width = plane.shape
    found = np.zeros(((height + 1) // 2, (width + 1) // 2))
    for y, x in np.ndindex(found.shape):
        found[y, x] = sum(at(plane, 2 * y + i, 2 * x + j) for i in (0, 1) for j in (0, 1)) / 4
    return found


def slope(plane, y, x):
    across = sum(at(plane, y + i, x - 1) - at(plane, y + i, x + 1) for i in (-1, 0, 1)) / 3
    down = sum(at(plane, y - 1, x + i) - at(plane, y + 1, x + i) for i in (-1, 0, 1)) / 3
    return math.hypot(across, down)


def literal(x, y):
    x, y = halved(x), halved(y)
    found = []
    for place in np.ndindex(x.shape):
        one, two = slope(x, *place), slope(y, *place)
        found.append((2 * one * two + 170) / (one**2 + two**2 + 170))
    return statistics.stdev(found)


@pytest.mark.parametrize("shape", [(26, 34), (27, 34), (26, 33), (27, 33), (3, 2)], ids=str)
def test_that_gmsd_equals_its_definition(shape) -> None:
    trio = Trio(*(plane[-shape[0] :, -shape[1] :] for plane in generated(27, 34, seed=8)))
    parts = [literal(trio.fused, source) for source in trio[1:]]
    assert gmsd(trio.fused, trio.a) == pytest.approx(parts[0], rel=1e-10)
    assert METRICS["gmsd"](trio.b, trio.fused) == pytest.approx(parts[1], rel=1e-10)
    assert METRICS["gmsd-sources"](*trio) == pytest.approx(sum(parts) / 2, rel=1e-10)
    third = METRICS["gmsd-sources"](*trio, trio.b)
    assert third == pytest.approx((parts[0] + 2 * parts[1]) / 3, rel=1e-10)


def test_that_equal_pictures_have_no_deviation() -> None:
    fused, a, b = generated(40, 50, seed=3)
    assert gmsd(a, a) == 0.0
    assert gmsd(np.zeros((9, 9)), np.zeros((9, 9))) == 0.0
    assert 0.0 < gmsd(fused, a) < 0.5
    flat = np.full((40, 50), 90, np.uint8)
    assert gmsd(flat, a) == gmsd(a, flat) > gmsd(fused, a)
    with pytest.raises(UsageError, match="no value for a single pixel"):
        METRICS["gmsd"].map(fused, b)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 2)], ids=str)
def test_that_one_block_has_no_gmsd(shape) -> None:
    with pytest.raises(Undefined, match="too small"):
        gmsd(*[np.full(shape, 7, np.uint8)] * 2)


@pytest.mark.parametrize("source", ["a", "b"])
def test_that_gmsd_equals_published_values(source: str) -> None:
    # The other program divides by the number of pixels, in single precision.
    for program, count, tolerance in (("yliu", 7, 1e-10), ("piq", 6, 1e-5)):
        expected = gold_values()["GMSD", f"{program}_F{source.upper()}_gray8"]
        assert len(expected) >= count
        trios = {name: gold_grey(name) for name in expected}
        found = {name: gmsd(trio.fused, getattr(trio, source)) for name, trio in trios.items()}
        assert found == pytest.approx(expected, abs=tolerance), program
