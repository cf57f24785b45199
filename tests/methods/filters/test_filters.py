"""Guided, cross bilateral and domain transform filters, against their definitions written out."""

import numpy as np
import pytest

from mfgui.core.compute import Compute, StopRequested
from mfgui.methods.filters.bilateral import cross_bilateral
from mfgui.methods.filters.domain_transform import DomainTransform
from mfgui.methods.filters.guided import GuidedFilter, guided


def window(shape, y, x, radius):
    """The part of the window that lies inside the picture."""
    rows = slice(max(0, y - radius), min(shape[0], y + radius + 1))
    return rows, slice(max(0, x - radius), min(shape[1], x + radius + 1))


def literal_guided(guide, plane, radius, epsilon):
    """Equations 5, 6 and 8, window by window, in float64."""
    guide, plane = guide.astype(np.float64), plane.astype(np.float64)
    slopes, offsets, filtered = (np.zeros(guide.shape) for _ in range(3))
    for y, x in np.ndindex(guide.shape):
        g, p = (values[window(guide.shape, y, x, radius)] for values in (guide, plane))
        covariance = ((g - g.mean()) * (p - p.mean())).mean()
        slopes[y, x] = covariance / (g.var() + epsilon)
        offsets[y, x] = p.mean() - slopes[y, x] * g.mean()
    for y, x in np.ndindex(guide.shape):
        around = window(guide.shape, y, x, radius)
        filtered[y, x] = slopes[around].mean() * guide[y, x] + offsets[around].mean()
    return filtered


def planes(seed, shape):
    rng = np.random.default_rng(seed)
    return rng.random(shape, dtype=np.float32), rng.random(shape, dtype=np.float32)


@pytest.mark.parametrize("shape", [(13, 17), (24, 11), (5, 40)])
@pytest.mark.parametrize(("radius", "epsilon"), [(1, 1e-6), (4, 0.01), (7, 0.3), (45, 0.3)])
def test_that_both_guided_filters_are_their_equations(shape, radius, epsilon):
    guide, plane = planes(1, shape)
    expected = literal_guided(guide, plane, radius, epsilon)
    found = guided(plane, guide, radius=radius, epsilon=epsilon)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=2e-6)
    exact = GuidedFilter(guide, radius=radius, epsilon=epsilon)(plane)
    assert exact == pytest.approx(expected, abs=1e-8)


def test_that_a_faint_texture_on_a_bright_ground_is_told_from_none():
    # Variances of some 1e-6 beside squares near 1: sums of float32 would be off by a tenth.
    rng = np.random.default_rng(2)
    guide = (0.95 + 0.002 * rng.random((30, 30))).astype(np.float32)
    plane = (rng.random((30, 30)) > 0.5).astype(np.float32)
    found = guided(plane, guide, radius=3, epsilon=1e-6)
    assert found == pytest.approx(literal_guided(guide, plane, 3, 1e-6), abs=1e-5)


def test_that_the_guided_filter_of_a_tile_is_that_of_the_whole():
    guide, plane = planes(3, (90, 80))
    whole = guided(plane, guide, radius=6, epsilon=1e-4)
    tile = guided(plane[20:70, 10:], guide[20:70, 10:], radius=6, epsilon=1e-4)
    assert tile[12:-12, 12:] == pytest.approx(whole[32:58, 22:], abs=1e-6)


def test_that_the_guided_filter_keeps_what_is_constant():
    guide, _ = planes(4, (40, 50))
    plane = np.full((40, 50), np.float32(0.3))
    assert guided(plane, guide, radius=5, epsilon=1e-6) == pytest.approx(plane, abs=1e-7)


def literal_bilateral(plane, guide, sigma_space, sigma_range, side):
    reach = side // 2
    wide_plane, wide_guide = (
        np.pad(values.astype(np.float64), reach, mode="symmetric") for values in (plane, guide)
    )
    filtered = np.zeros(plane.shape)
    for y, x in np.ndindex(plane.shape):
        total = weights = 0.0
        for dy in range(side):
            for dx in range(side):
                distance = (dy - reach) ** 2 + (dx - reach) ** 2
                gap = wide_guide[y + dy, x + dx] - wide_guide[y + reach, x + reach]
                weight = np.exp(-distance / (2 * sigma_space**2) - gap**2 / (2 * sigma_range**2))
                total += weight * wide_plane[y + dy, x + dx]
                weights += weight
        filtered[y, x] = total / weights
    return filtered


@pytest.mark.parametrize(
    ("sigma_space", "sigma_range", "side"), [(1.8, 25 / 255, 11), (0.7, 0.02, 3), (5.0, 1.0, 7)]
)
def test_that_the_cross_bilateral_filter_is_its_definition(sigma_space, sigma_range, side):
    plane, guide = planes(5, (12, 15))
    found = cross_bilateral(
        plane, guide, sigma_space=sigma_space, sigma_range=sigma_range, window=side
    )
    expected = literal_bilateral(plane, guide, sigma_space, sigma_range, side)
    assert found == pytest.approx(expected, abs=2e-6)


def test_that_a_cross_bilateral_filter_guided_across_an_edge_keeps_it():
    plane = np.repeat(np.float32([0.1] * 10 + [0.9] * 10)[None], 20, axis=0)
    flat = np.full(plane.shape, np.float32(0.5))
    options = {"sigma_space": 1.8, "sigma_range": 0.05, "window": 11}
    assert cross_bilateral(plane, plane, **options) == pytest.approx(plane, abs=1e-6)
    assert 0.3 < cross_bilateral(plane, flat, **options)[10, 9] < 0.5


def literal_domain_transform(plane, guide, sigma_space, sigma_range, iterations):
    """Recursive filter of Gastal and Oliveira, equations 11, 14 and 21, pixel by pixel."""
    values, guide = plane.astype(np.float64), guide.astype(np.float64)
    for i in range(1, iterations + 1):
        deviation = sigma_space * np.sqrt(3) * 2 ** (iterations - i) / np.sqrt(4**iterations - 1)
        feedback = np.exp(-np.sqrt(2) / deviation)
        for axis in (1, 0):
            lines, edges = np.moveaxis(values, axis, 1), np.moveaxis(guide, axis, 1)
            for line, edge in zip(lines, edges, strict=True):
                steps = 1 + sigma_space / sigma_range * np.abs(np.diff(edge))
                for x in range(1, len(line)):
                    weight = feedback ** steps[x - 1]
                    line[x] = (1 - weight) * line[x] + weight * line[x - 1]
                for x in range(len(line) - 2, -1, -1):
                    weight = feedback ** steps[x]
                    line[x] = (1 - weight) * line[x] + weight * line[x + 1]
    return values


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize(("sigma_space", "sigma_range"), [(10.0, 0.2), (3.0, 1.0)])
@pytest.mark.parametrize("shape", [(14, 19), (21, 8)])
def test_that_the_domain_transform_filter_is_its_recursion(
    shape, sigma_space, sigma_range, iterations
):
    plane, guide = planes(6, shape)
    expected = literal_domain_transform(plane, guide, sigma_space, sigma_range, iterations)
    DomainTransform(
        guide,
        sigma_space=sigma_space,
        sigma_range=sigma_range,
        compute=Compute(threads=2),
        iterations=iterations,
    )(plane)
    assert plane == pytest.approx(expected, abs=2e-6)


def test_that_the_domain_transform_filter_does_not_depend_on_threads():
    plane, guide = planes(7, (700, 600))
    found = [plane.copy() for _ in range(2)]
    for threads, values in zip((1, 3), found, strict=True):
        compute = Compute(threads=threads)
        DomainTransform(guide, sigma_space=10, sigma_range=0.2, compute=compute)(values)
    assert np.array_equal(*found)


def test_that_the_domain_transform_filter_can_be_stopped():
    calls = []

    def stop_later():
        calls.append(None)
        if len(calls) > 3:
            raise StopRequested

    plane, guide = planes(8, (30, 30))
    compute = Compute(threads=2, checkpoint=stop_later)
    smooth = DomainTransform(guide, sigma_space=10, sigma_range=0.2, compute=compute)
    with pytest.raises(StopRequested):
        smooth(plane)
