"""Thin near things: wires, bars, twigs and hairs, as curves of changing width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Size

_Points: TypeAlias = npt.NDArray[np.float64]  # (N, 2), x and y
_SUBPIXELS = 4


def line(rng: np.random.Generator, size: Size, *, bent: bool) -> _Points:
    """A line across the frame from beyond one side to beyond another one, straight or bent."""
    width, height = size.width, size.height
    along = float(rng.uniform(0, np.pi))
    direction = np.array([np.cos(along), np.sin(along)])
    centre = rng.uniform(0.15, 0.85, 2) * (width, height)
    reach = 0.75 * float(np.hypot(width, height))
    t = np.linspace(-1, 1, 65 if bent else 2)[:, None]
    points = centre + reach * t * direction
    if bent:
        across = np.array([-direction[1], direction[0]])
        bow, wave = rng.uniform(-0.35, 0.35) * reach, rng.uniform(0.0, 0.05) * reach
        turns = np.sin(rng.uniform(4, 10) * t + rng.uniform(0, 6))
        points = points + across * (bow * t**2 + wave * turns)
    return np.asarray(points, np.float64)


def stalk(rng: np.random.Generator, size: Size) -> _Points:
    """A bent line that grows from beyond the lower side and ends in the frame."""
    foot = np.array([rng.uniform(0, 1) * size.width, size.height * 1.1])
    tip = np.array([foot[0] + rng.normal(0, 0.2) * size.width, rng.uniform(0.1, 0.7) * size.height])
    bend = (foot + tip) / 2 + rng.normal(0, 0.12, 2) * size.width
    t = np.linspace(0, 1, 40)[:, None]
    return np.asarray((1 - t) ** 2 * foot + 2 * t * (1 - t) * bend + t**2 * tip, np.float64)


def coverage(
    curves: Sequence[tuple[_Points, npt.NDArray[np.float64] | float]], size: Size, *, margin: int
) -> npt.NDArray[np.float32]:
    """Coverage of every pixel by curves of given widths.

    Parameters
    ----------
    curves : sequence of (points, width)
        Points in frame pixels as in `mfgui.synth.shapes.matte`; width in pixels, one number
        or one per point. Ends are round.
    margin : int
        Pixels drawn beyond the frame on every side.

    Returns
    -------
    (H + 2 margin, W + 2 margin) float32 array
        0 outside, 1 inside, supersampled 4 x 4.
    """
    width, height = size.width + 2 * margin, size.height + 2 * margin
    canvas = np.zeros((height * _SUBPIXELS, width * _SUBPIXELS), np.uint8)
    for points, thickness in curves:
        half = np.broadcast_to(np.asarray(thickness, np.float64) / 2 * _SUBPIXELS, len(points))
        _draw(canvas, (points + margin) * _SUBPIXELS - 0.5, half)
    small = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _draw(canvas: npt.NDArray[np.uint8], points: _Points, half: npt.NDArray[np.float64]) -> None:
    """Segments as quadrangles with a circle at each joint, in sixteenths of canvas pixels."""
    for point, radius in zip(points, half, strict=True):
        x, y = np.rint(point * 16).astype(int)
        cv2.circle(canvas, (int(x), int(y)), round(radius * 16), 255, -1, cv2.LINE_8, 4)
    for index in range(len(points) - 1):
        start, end = points[index], points[index + 1]
        length = float(np.hypot(*(end - start)))
        if length == 0:
            continue
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / length
        corners = [start + half[index] * normal, end + half[index + 1] * normal]
        corners += [end - half[index + 1] * normal, start - half[index] * normal]
        fixed = np.rint(np.array(corners) * 16).astype(np.int32)
        cv2.fillConvexPoly(canvas, fixed, 255, cv2.LINE_8, 4)
