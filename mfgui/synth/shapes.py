"""Outlines of near objects: blobs, leaves and rounded cards, and their anti-aliased mattes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size
from mfgui.synth.scene import Point

_Points = npt.NDArray[np.float64]  # (N, 2), x and y
_SUBPIXELS = 4


def blob(rng: np.random.Generator) -> _Points:
    """A smooth closed shape within the unit circle: a circle with four random harmonics."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(angle)
    for order in range(2, 6):
        size, phase = rng.uniform(0.03, 0.35 / order), rng.uniform(0, 2 * np.pi)
        radius += size * np.cos(order * angle + phase)
    radius /= radius.max()
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def leaf(rng: np.random.Generator) -> _Points:
    """A pointed leaf with a wavy edge, along x from -1 to 1."""
    width, waves = rng.uniform(0.32, 0.5), int(rng.integers(4, 8))
    t = np.linspace(0, 1, 40)
    edge = width * np.sin(np.pi * t**0.8) * (1 + 0.12 * np.abs(np.sin(waves * np.pi * t)))
    upper = np.stack([2 * t - 1, edge], axis=1)
    lower = np.stack([1 - 2 * t, -edge[::-1]], axis=1)
    return np.concatenate([upper[:-1], lower[:-1]])


def card(rng: np.random.Generator) -> _Points:
    """A rectangle with rounded corners within the unit circle."""
    aspect = rng.uniform(0.55, 0.8)
    half = np.array([1.0, aspect]) / np.hypot(1.0, aspect)
    corner = 0.15 * half[1]
    angle = np.linspace(0, np.pi / 2, 6)
    arc = corner * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    parts = []
    for turn, sign in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        rotated = arc @ _rotation(turn * np.pi / 2).T
        parts.append(rotated + np.array(sign) * (half - corner))
    return np.concatenate(parts)


SHAPES: tuple[Callable[[np.random.Generator], _Points], ...] = (blob, leaf, card)


def _rotation(angle: float) -> _Points:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def placed(points: _Points, *, centre: Point, radius: float, angle: float) -> tuple[Point, ...]:
    """Unit-size points turned by `angle` (radians), scaled to `radius`, moved to `centre`."""
    moved = radius * points @ _rotation(angle).T + np.asarray(centre)
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in moved)


def matte(
    outline: tuple[Point, ...], size: Size, *, margin: int, softness: float
) -> npt.NDArray[np.float32]:
    """Coverage of every pixel by the closed curve through `outline`.

    Parameters
    ----------
    outline : sequence of (x, y)
        In frame pixels; (0, 0) is the frame's upper left corner, not a pixel centre.
    margin : int
        Pixels drawn beyond the frame on every side.
    softness : float
        Standard deviation of the extra Gaussian edge, in pixels.

    Returns
    -------
    (H + 2 margin, W + 2 margin) float32 array
        0 outside, 1 inside, supersampled 4 x 4 at the edge.
    """
    width, height = size.width + 2 * margin, size.height + 2 * margin
    canvas = np.zeros((height * _SUBPIXELS, width * _SUBPIXELS), np.uint8)
    curve = (_smooth(np.asarray(outline)) + margin) * _SUBPIXELS - 0.5
    corners = np.rint(curve * 16).astype(np.int32)  # fillPoly counts in sixteenths (shift 4)
    cv2.fillPoly(canvas, [corners], 255, cv2.LINE_8, 4)
    coverage = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    edge = np.asarray(coverage, np.float32) / np.float32(255)
    if softness > 0:
        soft = cv2.GaussianBlur(edge, (0, 0), softness, borderType=cv2.BORDER_REPLICATE)
        edge = np.asarray(soft, np.float32)
    return np.asarray(np.clip(edge, 0.0, 1.0), np.float32)


def _smooth(points: _Points) -> _Points:
    """Two rounds of corner cutting (Chaikin): a smooth curve that keeps the shape."""
    for _ in range(2):
        following = np.roll(points, -1, axis=0)
        first, second = 0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following
        points = np.stack([first, second], axis=1).reshape(-1, 2)
    return points
