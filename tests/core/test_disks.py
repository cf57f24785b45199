"""Blurring with a disk, against the sum over every tap of the disk."""

import numpy as np
import pytest

from mfgui.core.disks import blurred, disk

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
