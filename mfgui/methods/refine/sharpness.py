"""How sharp a source is around each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, Rect, to_float

Plane = npt.NDArray[Any]  # (H, W) float32
_LAPLACIAN = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], np.float32) / 16


def sharpness(image: PixelArray, *, radius: int) -> Plane:
    """Mean squared Laplacian of the square window around each pixel, summed over the channels.

    Parameters
    ----------
    image : (H, W, C) uint8, uint16 or float32
    radius : int
        The windows are 2 * radius + 1 pixels wide.

    Returns
    -------
    (H, W) float32
        0 to C / 4. Borders mirror the picture. Time O(H W C), whatever the radius.
    """
    response = cv2.filter2D(to_float(image), -1, _LAPLACIAN, borderType=cv2.BORDER_REFLECT_101)
    response = response.reshape(image.shape)
    energy: Plane = np.einsum("ijk,ijk->ij", response, response)
    if radius:
        side = 2 * radius + 1
        energy = cv2.blur(energy, (side, side), borderType=cv2.BORDER_REFLECT_101)
    # Running sums leave a little less than nothing where nothing is.
    return np.maximum(energy, 0.0)


def luminance(image: PixelArray) -> Plane:
    """Mean of the channels, (H, W) float32 in [0, 1]."""
    plane: Plane = to_float(image).mean(axis=2, dtype=np.float32)
    return plane


def sharpest_source(images: Sequence[PixelArray], x: int, y: int, *, radius: int = 7) -> int:
    """The number, from 1, of the source with the most detail around a pixel.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    x, y : int
        Inside the picture.
    radius : int
        Of the square window that is looked at; it ends at the borders.

    Returns
    -------
    int
        Of equally sharp ones the first. Time O(K radius^2 C).

    Examples
    --------
    >>> flat, fine = np.zeros((9, 9, 1), np.uint8), np.zeros((9, 9, 1), np.uint8)
    >>> fine[::2] = 255
    >>> sharpest_source([flat, fine], 4, 4, radius=2)
    2
    """
    height, width = images[0].shape[:2]
    frame = Rect(0, 0, width, height)
    window = Rect(x, y, 1, 1).grown(radius).intersected(frame)
    read = window.grown(1).intersected(frame)  # the Laplacian looks one pixel farther
    inner = Rect(window.x - read.x, window.y - read.y, window.width, window.height)
    energies = [
        float(sharpness(image[read.slices], radius=0)[inner.slices].mean(dtype=np.float64))
        for image in images
    ]
    return int(np.argmax(energies)) + 1
