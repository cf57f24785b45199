"""Local sharpness, steepness, and the guided filter that smooths texture but not edges."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32

Plane = npt.NDArray[np.float32]


def sharpness(image: ImageF32, *, sigma: float) -> Plane:
    """Root of the mean squared Laplacian of all channels under a Gaussian window, (H, W).

    The Laplacian has 2 at the corners of 3 x 3 pixels and -8 in the middle.
    """
    response = cv2.Laplacian(image, cv2.CV_32F, ksize=3, borderType=cv2.BORDER_REFLECT)
    return np.sqrt(blurred(_squares(response), sigma))


def steepness(image: ImageF32) -> Plane:
    """Length of the gradient of all channels over about two pixels, (H, W)."""
    across = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=1 / 8, borderType=cv2.BORDER_REFLECT)
    down = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=1 / 8, borderType=cv2.BORDER_REFLECT)
    return np.sqrt(blurred(_squares(across) + _squares(down), 0.7))


def highest(planes: npt.NDArray[np.float32]) -> Plane:
    """The largest magnitude of all channels, (H, W)."""
    first, *others = cv2.split(planes)
    result = np.abs(first)
    for other in others:
        result = np.maximum(result, np.abs(other))
    return np.asarray(result, np.float32)


def blurred(plane: npt.NDArray[np.float32], sigma: float) -> Plane:
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.maximum(smooth, 0.0) if plane.ndim == 2 else smooth, np.float32)


def box(planes: npt.NDArray[Any], radius: int) -> Plane:
    """Mean over squares of 2 radius + 1 pixels a side."""
    side = (2 * radius + 1, 2 * radius + 1)
    return cast(Plane, cv2.boxFilter(planes, -1, side, borderType=cv2.BORDER_REFLECT))


def fitted(decision: Plane, image: ImageF32, *, radius: int, epsilon: float) -> Plane:
    """The decision as a function of colour that is linear in every window.

    The guided filter (He, Sun, Tang 2013) with C = 1 or 3 channels of `image` as guidance; its
    coefficients are found at half resolution, the result has the edges of the full one.

    Parameters
    ----------
    decision : (H, W)
        What is to be moved.
    image : (H, W, C)
    radius : int
        Of the windows in pixels, even.
    epsilon : float
        Colour variance below which a window counts as flat.

    Returns
    -------
    (H, W)
        Time O(H W), whatever the radius.
    """
    height, width, channels = image.shape
    half = (max(1, width // 2), max(1, height // 2))
    reach = max(1, radius // 2)
    small = _channels(cv2.resize(image, half, interpolation=cv2.INTER_AREA))
    wanted = cv2.resize(decision, half, interpolation=cv2.INTER_AREA)
    pairs = [(i, j) for i in range(channels) for j in range(i, channels)]
    colours = [np.ascontiguousarray(small[:, :, channel]) for channel in range(channels)]
    means = [box(colour, reach) for colour in colours]
    mean = box(wanted, reach)
    together = [
        box(colour * wanted, reach) - m * mean for colour, m in zip(colours, means, strict=True)
    ]
    spread = {(i, j): box(colours[i] * colours[j], reach) - means[i] * means[j] for i, j in pairs}
    for channel in range(channels):
        spread[channel, channel] += np.float32(epsilon)
    slopes = _solved(spread, together)
    offset = mean - sum(slope * m for slope, m in zip(slopes, means, strict=True))
    full = (width, height)
    result = cast(Plane, cv2.resize(box(offset, reach), full, interpolation=cv2.INTER_LINEAR))
    for channel, slope in enumerate(slopes):
        result += cast(Plane, cv2.resize(box(slope, reach), full)) * image[:, :, channel]
    return np.asarray(result, np.float32)


def _solved(spread: dict[tuple[int, int], Plane], right: list[Plane]) -> list[Plane]:
    """Solutions of symmetric 1 x 1 or 3 x 3 equations, one for each pixel."""
    if len(right) == 1:
        return [right[0] / spread[0, 0]]
    a, b, c = spread[0, 0], spread[0, 1], spread[0, 2]
    d, e, f = spread[1, 1], spread[1, 2], spread[2, 2]
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    scale = 1 / np.maximum(a * first + b * second + c * third, np.float32(1e-20))
    fourth, fifth, sixth = a * f - c * c, b * c - a * e, a * d - b * b
    x, y, z = right
    return [
        (first * x + second * y + third * z) * scale,
        (second * x + fourth * y + fifth * z) * scale,
        (third * x + fifth * y + sixth * z) * scale,
    ]


def _squares(response: npt.NDArray[Any]) -> Plane:
    """Mean of the squares over the channels."""
    squares: npt.NDArray[Any] = cv2.multiply(response, response)
    if squares.ndim == 2:
        return squares
    if squares.shape[2] == 1:
        return squares[:, :, 0]
    # As a product of matrices: NumPy's mean over the last axis is twenty times slower.
    share = np.full((1, squares.shape[2]), 1 / squares.shape[2], np.float32)
    return np.asarray(cv2.transform(squares, share), np.float32)


def _channels(image: npt.NDArray[Any]) -> ImageF32:
    return image[:, :, None] if image.ndim == 2 else image
