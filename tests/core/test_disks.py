"""Blurring with a disk, against the sum over every tap of the disk."""

import numpy as np
import pytest

from mfgui.core.disks import blurred, disk, nearly_blurred

RADII = [0.3, 0.5, 0.56, 0.6, 0.7, 1.0, 1.3, 1.5, 2.0, 2.49, 2.51, 3.0, 4.4, 5.0, 7.7, 12.0]


def picture(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def literal(image: np.ndarray, radius: float) -> np.ndarray:
    """The sum over all taps in float64; the picture is mirrored as often as it takes."""
    kernel = disk(radius).astype(np.float64)
    reach = len(kernel) // 2
    beside = [(reach, reach)] * 2 + [(0, 0)] * (image.ndim - 2)
    wide = np.pad(image.astype(np.float64), beside, mode="symmetric")
    height, width = image.shape[:2]
    return sum(
        kernel[y, x] * wide[y : y + height, x : x + width]
        for y, x in zip(*np.nonzero(kernel), strict=True)
    )


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("shape", [(33, 41), (24, 37, 1), (30, 26, 3), (20, 21, 4)])
def test_that_blurring_is_the_convolution_with_the_disk(shape: tuple[int, ...], radius: float):
    image = picture(*shape)
    found = blurred(image, radius)
    assert found.dtype == np.float32
    assert found.shape == shape
    np.testing.assert_allclose(found, literal(image, radius), atol=1e-5)


@pytest.mark.parametrize("radius", np.linspace(0.5, 9.0, 69))
def test_that_no_radius_is_special(radius: float):
    image = picture(24, 25)
    np.testing.assert_allclose(blurred(image, radius), literal(image, radius), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9, 3), (9, 1), (3, 4, 3), (7, 5)])
@pytest.mark.parametrize("radius", [0.7, 3.0, 8.2])
def test_that_pictures_smaller_than_the_disk_are_mirrored_again_and_again(shape, radius: float):
    image = picture(*shape)
    np.testing.assert_allclose(blurred(image, radius), literal(image, radius), atol=1e-5)


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_that_constants_stay(radius: float, value: float):
    image = np.full((19, 23, 3), value, np.float32)
    np.testing.assert_allclose(blurred(image, radius), image, atol=2e-6)


def test_that_wide_pictures_lose_little_to_rounding():
    image = picture(9, 6000)
    assert np.abs(blurred(image, 3.0) - literal(image, 3.0)).max() < 1e-4


@pytest.mark.parametrize("radius", [0.0, 0.2, 0.49])
def test_that_a_disk_inside_a_pixel_copies(radius: float):
    image = picture(8, 9, 3)
    found = blurred(image, radius)
    assert np.array_equal(found, image)
    assert not np.shares_memory(found, image)


def test_that_the_picture_itself_stays_and_may_be_a_part_of_another():
    image = picture(40, 50, 3)
    kept = image.copy()
    found = blurred(image[5:30, 7:40], 2.6)
    np.testing.assert_allclose(found, literal(image[5:30, 7:40], 2.6), atol=1e-5)
    np.testing.assert_allclose(
        blurred(image[:, :, 1], 2.6), literal(image[:, :, 1], 2.6), atol=1e-5
    )
    assert np.array_equal(image, kept)


@pytest.mark.parametrize("radius", RADII)
def test_that_the_disk_is_symmetric_and_of_sum_1(radius: float):
    kernel = disk(radius)
    assert kernel.shape[0] == kernel.shape[1]
    assert kernel.shape[0] % 2 == 1
    assert kernel.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    for other in (kernel.T, kernel[::-1], kernel[:, ::-1]):
        assert np.array_equal(kernel, other)


@pytest.mark.parametrize("radius", [1.7, 3.0, 6.4, 11.0])
def test_that_the_disk_has_the_area_and_the_spread_of_a_circle(radius: float):
    kernel = disk(radius).astype(np.float64)
    assert 1 / kernel.max() == pytest.approx(np.pi * radius**2, rel=0.04)
    at = np.arange(len(kernel)) - len(kernel) // 2
    # The variance of a circle, and that of a pixel.
    variance = radius**2 / 4 + 1 / 12
    assert (kernel * at[None] ** 2).sum() == pytest.approx(variance, rel=0.05)


def edges(height: int, width: int, seed: int = 2) -> np.ndarray:
    """Bars and a wheel of contrast 1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wheel = np.sin(np.arctan2(y - height / 2, x - width / 2) * 5 + seed) > 0
    return np.where((x % 41 < 4) | (y % 53 < 3), 1.0, wheel).astype(np.float32)


@pytest.mark.parametrize("radius", [14.0, 15.5, 20.9, 23.0, 38.2])
@pytest.mark.parametrize("shape", [(131, 118), (90, 121, 3), (60, 77, 1), (20, 150)])
def test_that_blurring_in_a_smaller_picture_is_nearly_that_with_the_disk(shape, radius: float):
    flat = edges(*shape[:2])
    image = flat if len(shape) == 2 else np.repeat(flat[:, :, None], shape[2], axis=2)
    found = nearly_blurred(image, radius)
    assert found.dtype == np.float32
    assert found.shape == shape
    away = found - blurred(image, radius)
    assert np.abs(away).max() < 0.025
    assert np.sqrt(np.mean(away**2)) < 0.005


def test_that_the_smaller_picture_lies_where_the_picture_does():
    """A ramp is blurred into itself, to the border's reach; half a pixel aside shows."""
    y, x = np.mgrid[0:151, 0:202].astype(np.float32)
    ramp = 0.004 * x - 0.003 * y
    inner = np.s_[35:-35, 35:-35]
    for radius in (14.0, 21.5, 30.0):
        np.testing.assert_allclose(nearly_blurred(ramp, radius)[inner], ramp[inner], atol=1e-4)


@pytest.mark.parametrize("radius", [14.0, 22.3, 36.0, 60.0])
def test_that_the_smaller_disk_keeps_the_light_and_its_spread(radius: float):
    at = np.arange(-2 * int(radius) - 30, 2 * int(radius) + 31)
    row = np.exp(-((at / 8.0) ** 2) / 2)
    row /= row.sum()
    found = nearly_blurred((row[:, None] * row).astype(np.float32), radius).astype(np.float64)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert (found * at).sum() == pytest.approx(0, abs=0.01)
    assert (found * at**2).sum() == pytest.approx(radius**2 / 4 + 1 / 12 + 64, rel=0.01)


def test_that_small_disks_are_exact():
    image = picture(40, 44, 3)
    assert np.array_equal(nearly_blurred(image, 13.9), blurred(image, 13.9))
    assert not np.array_equal(nearly_blurred(image, 14.0), blurred(image, 14.0))
