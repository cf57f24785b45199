"""Blur of varying radius, against every pixel's light scattered over its own disk."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect, Size
from mfgui.core.disks import blurred, disk
from mfgui.methods.inversion.spread import Spread
from mfgui.synth.psf import Psf


def picture(height: int, width: int, *, margin: int = 0, seed: int = 6) -> np.ndarray:
    """Noise within a black margin, so that no light is mirrored."""
    image = np.zeros((height, width, 3), np.float32)
    inner = (slice(margin, height - margin), slice(margin, width - margin))
    noise = np.random.default_rng(seed).random((height - 2 * margin, width - 2 * margin, 3))
    image[inner] = noise
    return image


def scattered(image: np.ndarray, radii: np.ndarray, shape: str = "disk") -> np.ndarray:
    """The light of every pixel over a disk of its radius, float64; lit pixels lie inside."""
    kernel_of = disk if shape == "disk" else Psf(shape).kernel
    result = np.zeros(image.shape)
    for y, x in zip(*np.nonzero(image.any(axis=2)), strict=True):
        kernel = kernel_of(float(radii[y, x])).astype(np.float64)
        reach = len(kernel) // 2
        part = (slice(y - reach, y + reach + 1), slice(x - reach, x + reach + 1))
        result[part] += kernel[:, :, None] * image[y, x]
    return result


def slope(height: int, width: int, low: float, high: float) -> np.ndarray:
    return np.geomspace(low, high, width, dtype=np.float32)[None].repeat(height, 0)


@pytest.mark.parametrize("image", [picture(30, 40), picture(30, 40)[:, :, 0]])
@pytest.mark.parametrize("radius", [0.0, 0.8, 3.3])
def test_that_one_radius_is_the_disk(image: np.ndarray, radius: float) -> None:
    plain = Spread(radius).over(image)
    assert np.array_equal(plain, blurred(image, radius))
    if radius:
        alike = Spread(1.0, np.full((30, 40), radius, np.float32)).over(image)
        np.testing.assert_allclose(alike, plain, atol=1e-5)


@pytest.mark.parametrize("radius", [0.0, 1.0, 2.7, 6.0])
def test_that_a_gaussian_has_the_variance_of_the_disk(radius: float) -> None:
    image = picture(50, 56, margin=14)
    radii = np.full((50, 56), radius, np.float32)
    found = Spread(radius, shape="gaussian").over(image)
    np.testing.assert_allclose(found, scattered(image, radii, "gaussian"), atol=2e-5)
    grey = Spread(radius, shape="gaussian").over(np.ascontiguousarray(image[:, :, 1]))
    np.testing.assert_allclose(grey, found[:, :, 1], atol=1e-6)
    if radius >= 2.7:
        point = np.zeros((41, 41), np.float32)
        point[20, 20] = 1
        x = np.square(np.arange(41) - 20.0)
        variances = [
            (Spread(radius, shape=shape).over(point).sum(axis=0) * x).sum()
            for shape in ("disk", "gaussian")
        ]
        # What lies beyond three standard deviations is cut off.
        assert variances[1] == pytest.approx(variances[0], rel=0.06)


def test_that_a_gaussian_stays_one() -> None:
    image = picture(40, 56, margin=12)
    radii = np.full((40, 56), 2.0, np.float32)
    radii[10:30, 25:] = 4.0
    one = Spread(3.0, radii, "gaussian")
    expected = scattered(image, radii, "gaussian")
    np.testing.assert_allclose(one.over(image), expected, atol=2e-5)
    changed = [Spread(1.5, radii / 2, "gaussian").times(2.0)]
    changed.append(one.within(Rect(0, 0, 56, 40), Size(56, 40)))
    for same in changed:
        np.testing.assert_allclose(same.over(image), expected, atol=2e-5)


def test_that_two_radii_scatter_light_exactly() -> None:
    image = picture(40, 56, margin=8)
    radii = np.full((40, 56), 2.0, np.float32)
    radii[10:30, 25:] = 5.0
    found = Spread(3.0, radii).over(image)
    np.testing.assert_allclose(found, scattered(image, radii), atol=2e-5)
    grey = Spread(3.0, radii).over(np.ascontiguousarray(image[:, :, 1]))
    np.testing.assert_allclose(grey, found[:, :, 1], atol=1e-6)


@pytest.mark.parametrize("high", [2.9, 6.0])
def test_that_radii_in_between_are_mixed_of_those_beside(high: float) -> None:
    image = picture(40, 64, margin=8)
    radii = slope(40, 64, 2.2, high)
    found, true = Spread(3.0, radii).over(image), scattered(image, radii)
    away = np.sqrt(np.mean((found - true) ** 2))
    detail = np.sqrt(np.mean((true - blurred(image, 20.0)) ** 2))
    assert away < 0.02 * detail
    # One radius for all is much farther away.
    usual = blurred(image, float(np.sqrt(2.2 * high)))
    assert away < 0.25 * np.sqrt(np.mean((usual - true) ** 2))


def test_that_radii_nearly_alike_are_one() -> None:
    image = picture(30, 40)
    found = Spread(3.0, slope(30, 40, 3.0, 3.2)).over(image)
    np.testing.assert_allclose(found, blurred(image, np.sqrt(3.0 * 3.2)), atol=1e-5)


def test_that_light_is_neither_lost_nor_made() -> None:
    image = picture(60, 70, margin=14)
    found = Spread(3.0, slope(60, 70, 1.5, 11.0)).over(image)
    assert found.sum(dtype=np.float64) == pytest.approx(image.sum(dtype=np.float64), rel=1e-5)
    flat = np.full((60, 70), 0.4, np.float32)
    assert Spread(3.0).over(flat) == pytest.approx(flat, abs=1e-6)


def test_that_the_largest_radius_is_known() -> None:
    assert Spread(3.0).largest == 3.0
    assert Spread(3.0, slope(4, 9, 2.0, 7.0)).largest == pytest.approx(7.0)


def test_that_it_scales_with_the_picture() -> None:
    one = Spread(3.0, slope(30, 40, 2.0, 6.0))
    twice = one.times(2.0)
    assert twice.radius == 6.0
    assert twice.map is not None
    np.testing.assert_allclose(twice.map, 2 * one.map)
    half = Spread(3.0).times(0.5)
    assert (half.radius, half.map) == (1.5, None)
    # A map of a small picture serves the large one.
    image = picture(60, 80, margin=13)
    large = np.kron(one.map, np.ones((2, 2), np.float32))
    expected = scattered(image, 2 * large)
    assert np.abs(twice.over(image) - expected).mean() < 0.02 * expected.mean()


@pytest.mark.parametrize("factor", [1, 2])
def test_that_a_part_has_the_radii_of_its_place(factor: int) -> None:
    y, x = np.mgrid[0:30, 0:40].astype(np.float32)
    radii = (2 + 0.05 * x + 0.03 * y).astype(np.float32)
    size, rect = Size(40 * factor, 30 * factor), Rect(17, 9, 21, 16)
    found = Spread(3.0, radii).within(rect, size)
    v, u = np.mgrid[9:25, 17:38]
    expected = 2 + 0.05 * ((u + 0.5) / factor - 0.5) + 0.03 * ((v + 0.5) / factor - 0.5)
    assert found.radius == 3.0
    np.testing.assert_allclose(found.map, expected, atol=3e-3)
    assert Spread(3.0).within(rect, size).map is None
    whole = Spread(3.0, radii).within(Rect(0, 0, 40, 30), Size(40, 30))
    np.testing.assert_allclose(whole.map, radii, atol=1e-6)


def test_that_a_part_is_blurred_as_in_the_whole() -> None:
    image, spread = picture(60, 80), Spread(3.0, slope(60, 80, 2.5, 4.0))
    rect, inner = Rect(20, 12, 40, 36), (slice(6, -6),) * 2
    part = spread.within(rect, Size(80, 60)).over(np.ascontiguousarray(image[rect.slices]))
    # The radii between which is mixed differ.
    away = part[inner] - spread.over(image)[rect.slices][inner]
    assert np.sqrt(np.mean(away**2)) < 0.02 * image.std()
