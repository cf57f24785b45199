"""Random mattes for training: blobs, polygons, thin lines, holes and mixtures of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

_Coverage: TypeAlias = npt.NDArray[np.float32]

LEAST, MOST = 0.02, 0.98  # share of the area that a matte covers
_SUBPIXELS = 2
_SIXTEENTHS = 4  # OpenCV draws with corners counted in 1 / 2^4 pixels


def random_matte(rng: np.random.Generator, side: int) -> npt.NDArray[np.float32]:
    """A matte for a square crop.

    Parameters
    ----------
    rng : numpy.random.Generator
    side : int
        Height and width in pixels, at least 16.

    Returns
    -------
    (side, side) float32 array
        In [0, 1], 1 is foreground; its mean is from 0.02 to 0.98. Edges are antialiased and
        blurred by a Gaussian of standard deviation 0 to 1 pixel.
    """
    for _ in range(20):
        matte = _softened(_composed(rng, side), rng)
        if LEAST <= float(matte.mean()) <= MOST:
            return matte
    # Blobs take the share that is asked for.
    return _blobs(rng, side, share=0.4)


def _composed(rng: np.random.Generator, side: int) -> _Coverage:
    """One shape or two, joined or cut out, and turned inside out in a third of the cases."""
    matte = _shape(rng, side)
    choice = rng.random()
    if choice < 0.25:
        matte = np.maximum(matte, _shape(rng, side))
    elif choice < 0.5:
        matte = matte * (1 - _shape(rng, side))
    if rng.random() < 1 / 3:
        matte = 1 - matte
    return matte


def _shape(rng: np.random.Generator, side: int) -> _Coverage:
    shapes: tuple[Callable[[np.random.Generator, int], _Coverage], ...]
    shapes = (_random_blobs, _polygons, _lines)
    return shapes[int(rng.choice(3, p=(0.45, 0.35, 0.2)))](rng, side)


def _random_blobs(rng: np.random.Generator, side: int) -> _Coverage:
    return _blobs(rng, side, share=float(rng.uniform(0.1, 0.7)))


def _blobs(rng: np.random.Generator, side: int, *, share: float) -> _Coverage:
    """Low-pass noise above the value that leaves `share` of the area."""
    cells = int(rng.integers(3, 11))
    noise = rng.standard_normal((cells, cells)).astype(np.float32)
    fine = cv2.resize(noise, (side * _SUBPIXELS,) * 2, interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        # Ragged outlines: leaves, hair, fur.
        grain = rng.standard_normal((side // 4, side // 4)).astype(np.float32)
        fine = fine + 0.25 * cv2.resize(grain, fine.shape[::-1], interpolation=cv2.INTER_CUBIC)
    level = np.quantile(fine[::4, ::4], 1 - share)
    return _averaged(np.asarray(fine > level, np.uint8) * np.uint8(255), side)


def _polygons(rng: np.random.Generator, side: int) -> _Coverage:
    """One to four polygons, star-shaped about a centre that may lie outside."""
    canvas = np.zeros((side * _SUBPIXELS,) * 2, np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        corners = int(rng.integers(3, 10))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        reach = side * rng.uniform(0.1, 0.6) * rng.uniform(0.5, 1.0, corners)
        centre = rng.uniform(-0.1, 1.1, 2) * side
        points = centre + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        cv2.fillPoly(canvas, [_fixed(points)], 255, cv2.LINE_8, _SIXTEENTHS)
    return _averaged(canvas, side)


def _lines(rng: np.random.Generator, side: int) -> _Coverage:
    """One to eight bent lines, 2 to 8 pixels wide: stalks, wires, railings."""
    canvas = np.zeros((side * _SUBPIXELS,) * 2, np.uint8)
    for _ in range(int(rng.integers(1, 9))):
        start, bend, end = rng.uniform(-0.1, 1.1, (3, 2)) * side
        middle = (start + end) / 2
        bend = middle + float(rng.uniform(0, 0.6)) * (bend - middle)
        t = np.linspace(0, 1, 24)[:, None]
        points = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        width = int(rng.integers(2 * _SUBPIXELS, 8 * _SUBPIXELS + 1))
        cv2.polylines(canvas, [_fixed(points)], False, 255, width, cv2.LINE_8, _SIXTEENTHS)
    return _averaged(canvas, side)


def _fixed(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(points * (_SUBPIXELS * 2**_SIXTEENTHS)), np.int32)


def _averaged(canvas: npt.NDArray[np.uint8], side: int) -> _Coverage:
    small = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _softened(matte: _Coverage, rng: np.random.Generator) -> _Coverage:
    sigma = float(rng.uniform(0.0, 1.0))
    if sigma < 0.2:
        return matte
    soft = cv2.GaussianBlur(matte, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(soft, 0.0, 1.0), np.float32)
