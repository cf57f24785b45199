"""Q_S, Q_W and Q_E, against loops over windows and the published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from mfgui.methods.metrics import METRICS
from mfgui.methods.metrics.undefined import Undefined
from tests.methods.metrics.pictures import generated, gold_grey, gold_values

TRIO = generated(27, 34, seed=21)
THIRD = generated(27, 34, seed=22).a
FLAT = np.full((27, 34), 120, np.uint8)

_PLACES = np.arange(11) - 5
_GAUSSIAN = np.exp(-(_PLACES[:, None] ** 2 + _PLACES**2) / (2 * 1.5**2))
WINDOWS = {
    "uiqi8x8": (np.full((8, 8), 1 / 64), (1e-6 * 255) ** 2, (1e-6 * 255) ** 2, 0.5),
    "zliu": (_GAUSSIAN / _GAUSSIAN.sum(), 2.55**2, 7.65**2, 0.0),
}


def index(x, y, weights, c1, c2):
    """Similarities of windows (N, side, side), and the variances of x in them."""
    mx, my = ((weights * p).sum(axis=(1, 2)) for p in (x, y))
    dx, dy = x - mx[:, None, None], y - my[:, None, None]
    vx, vy, vxy = ((weights * p).sum(axis=(1, 2)) for p in (dx * dx, dy * dy, dx * dy))
    brightness = (2 * mx * my + c1) / (mx * mx + my * my + c1)
    return brightness * (2 * vxy + c2) / (vx + vy + c2), vx


def windows(fused, *sources, variant):
    """Similarity and saliency of every window that fits."""
    weights, c1, c2, of_flat = WINDOWS[variant]
    side = len(weights)
    for top in range(fused.shape[0] - side + 1):
        f, *rows = (
            sliding_window_view(p[top : top + side], (side, side))[0] for p in (fused, *sources)
        )
        of_sources = [zip(*index(row, f, weights, c1, c2), strict=True) for row in rows]
        for found in zip(*of_sources, strict=True):
            largest = max(variance for _, variance in found)
            if largest < 1e-12:
                yield sum(q for q, _ in found) / len(found), of_flat
            else:
                total = sum(variance for _, variance in found)
                yield sum(q * variance / total for q, variance in found), largest


def weighted_mean(pairs):
    pairs = list(pairs)
    return sum(q * weight for q, weight in pairs) / sum(weight for _, weight in pairs)


def edges(plane):
    wide = np.pad(np.asarray(plane, float), 1)
    found = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        near = wide[y : y + 3, x : x + 3]
        across = sum(row[0] - row[2] for row in near)
        down = sum(column[0] - column[2] for column in near.T)
        found[y, x] = math.sqrt(across**2 + down**2)
    return found


@pytest.mark.parametrize("variant", WINDOWS)
@pytest.mark.parametrize("sources", [TRIO[1:], (*TRIO[1:], THIRD)], ids=["two", "three"])
def test_that_q_s_and_q_w_equal_their_definitions(variant: str, sources: tuple) -> None:
    found = list(windows(TRIO.fused, *sources, variant=variant))
    q_s = METRICS["q-s"](TRIO.fused, *sources, variant=variant)
    assert q_s == pytest.approx(sum(q for q, _ in found) / len(found), rel=1e-10)
    q_w = METRICS["q-w"](TRIO.fused, *sources, variant=variant)
    assert q_w == pytest.approx(weighted_mean(found), rel=1e-10)
    assert abs(q_s - q_w) > 1e-3


@pytest.mark.parametrize("sources", [TRIO[1:], (*TRIO[1:], THIRD)], ids=["two", "three"])
def test_that_q_e_is_q_w_times_that_of_the_edges(sources: tuple) -> None:
    planes = TRIO.fused, *sources
    expected = weighted_mean(windows(*planes, variant="uiqi8x8"))
    expected *= weighted_mean(windows(*map(edges, planes), variant="uiqi8x8"))
    assert METRICS["q-e"](*planes) == pytest.approx(expected, rel=1e-9)


def test_that_edges_of_one_strength_count_as_flat() -> None:
    ramp = np.tile(np.arange(0, 120, 4.0), (24, 1)) + np.arange(24.0)[:, None]
    planes = ramp, ramp * 0.5, ramp * 0.25
    expected = weighted_mean(windows(*planes, variant="uiqi8x8"))
    expected *= weighted_mean(windows(*map(edges, planes), variant="uiqi8x8"))
    assert METRICS["q-e"](*planes) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["q-s", "q-w", "q-e"])
def test_that_equal_pictures_have_1(name: str) -> None:
    for plane in (TRIO.a, FLAT, np.zeros_like(FLAT)):
        assert METRICS[name](plane, plane, plane) == pytest.approx(1.0, rel=1e-12)
    assert METRICS[name](255 - TRIO.a, TRIO.a, TRIO.a) < METRICS[name](*TRIO)


def test_that_two_flat_windows_are_as_alike_as_their_means() -> None:
    expected = 2 * 120 * 60 / (120**2 + 60**2)
    for name in ("q-s", "q-w"):
        value = METRICS[name](FLAT // 2, FLAT, FLAT)
        assert value == pytest.approx(expected, rel=1e-9)
    assert METRICS["q-s"](FLAT, FLAT, FLAT // 2) == pytest.approx((1 + expected) / 2, rel=1e-9)


def test_that_rounding_in_flat_areas_counts_for_nothing() -> None:
    level = np.full((27, 34), 100 / 3)
    other = np.full((27, 34), 70.1)
    one, two = level[0, 0], other[0, 0]
    mean = (1 + 2 * one * two / (one**2 + two**2)) / 2
    for variant in WINDOWS:
        assert METRICS["q-s"](level, level, other, variant=variant) == pytest.approx(mean, abs=1e-3)
    with pytest.raises(Undefined, match="no pixel"):
        METRICS["q-w"](level, level, other, variant="zliu")


def test_that_maps_have_the_scores_of_their_metrics() -> None:
    for name in ("q-s", "q-w"):
        for variant in WINDOWS:
            found = METRICS[name].map(*TRIO, variant=variant)
            assert found.values.shape == TRIO.fused.shape
            value = METRICS[name](*TRIO, variant=variant)
            assert found.score() == pytest.approx(value, rel=1e-12)
    first = next(windows(*TRIO, variant="uiqi8x8"))
    found = METRICS["q-w"].map(*TRIO)
    assert found.weights is not None
    assert (found.values[3, 3], found.weights[3, 3]) == pytest.approx(first)
    assert not found.weights[:3].any()
    assert not found.weights[:, -4:].any()


@pytest.mark.parametrize("name", ["q-s", "q-w", "q-e"])
def test_that_pictures_smaller_than_the_window_are_told(name: str) -> None:
    for shape in ((7, 20), (20, 7)):
        plane = np.zeros(shape)
        with pytest.raises(Undefined, match="does not fit"):
            METRICS[name](plane, plane, plane)
    small = TRIO.a[:8, :8]
    assert METRICS[name](small, small, small) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "variant", "gold", "tolerance"),
    [
        ("q-s", "uiqi8x8", ("Q_S", "yliu_uiqi8x8_gray8"), 1e-10),
        ("q-w", "uiqi8x8", ("Q_W", "yliu_uiqi8x8_gray8"), 1e-10),
        ("q-e", None, ("Q_E", "yliu_uiqi8x8_gray8"), 1e-10),
        # There rounding decides which source counts in flat windows.
        ("q-s", "zliu", ("Q_S", "zliu_gray8"), 1e-7),
        ("q-w", "zliu", ("Q_W", "zliu_gray8"), 1e-7),
    ],
)
def test_that_they_equal_the_published_programs(
    name: str, variant: str | None, gold: tuple[str, str], tolerance: float
) -> None:
    expected = gold_values()[gold]
    assert len(expected) >= 7
    measured = {trio: METRICS[name](*gold_grey(trio), variant=variant) for trio in expected}
    assert measured == pytest.approx(expected, abs=tolerance)
