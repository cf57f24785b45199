import numpy as np
import pytest

from mfgui.core.light import encoded, linear_pixels, to_linear, to_srgb


def test_that_srgb_and_linear_light_are_inverse() -> None:
    codes = np.linspace(0, 1, 1001, dtype=np.float32)
    np.testing.assert_allclose(to_srgb(to_linear(codes)), codes, atol=2e-6)
    assert float(to_linear(np.float32([0.5]))[0]) == pytest.approx(0.21404, abs=1e-5)


def test_that_every_8_bit_code_survives_linear_light() -> None:
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    light = linear_pixels(codes)
    assert light.dtype == np.uint16
    back = encoded(light.astype(np.float32) / np.float32(65535))
    assert np.array_equal(np.rint(255 * back), codes)
    expected = to_linear(codes.astype(np.float32) / np.float32(255))
    assert np.abs(light / 65535 - expected).max() < 1 / 131000


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_that_finer_frames_become_floats(dtype) -> None:
    codes = np.array([[[0.0], [0.25], [1.0]]]) * (65535 if dtype == np.uint16 else 1)
    light = linear_pixels(codes.astype(dtype))
    assert light.dtype == np.float32
    assert light.ravel() == pytest.approx([0.0, 0.05088, 1.0], abs=2e-5)


def test_that_large_images_are_encoded_whole() -> None:
    light = np.random.default_rng(0).random((150, 20, 3), np.float32)
    assert np.array_equal(encoded(light), to_srgb(light))
