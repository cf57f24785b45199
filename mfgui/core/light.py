"""Between code values, as files hold them, and amounts of light: the curve of sRGB."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, PixelArray, to_float


def to_linear(encoded: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """sRGB code values in [0, 1] to linear light (IEC 61966-2-1)."""
    low, high = encoded / 12.92, ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, low, high).astype(np.float32)


def to_srgb(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Linear light to sRGB code values, clamped to [0, 1]."""
    light = np.clip(linear, 0.0, 1.0)
    low, high = light * 12.92, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, low, high).astype(np.float32)


def linear_pixels(pixels: PixelArray) -> PixelArray:
    """Stored code values to linear light, as stored values again.

    8-bit frames become 16-bit ones, whose steps are a twentieth of the smallest step of the
    frame; others become float32.

    >>> linear_pixels(np.array([[[0], [255]]], np.uint8)).ravel().tolist()
    [0, 65535]
    """
    if pixels.dtype != np.uint8:
        return to_linear(to_float(pixels))
    codes = to_linear(np.arange(256, dtype=np.float32) / np.float32(255))
    table = np.rint(codes * 65535).astype(np.uint16)
    return np.asarray(table[pixels])


def encoded(image: ImageF32) -> ImageF32:
    """`to_srgb` of a large image, some rows at a time; a new array."""
    result = np.empty_like(image)
    for low in range(0, len(image), 64):
        result[low : low + 64] = to_srgb(image[low : low + 64])
    return result
