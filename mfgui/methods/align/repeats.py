"""Patterns that repeat, in which a frame may be placed one period off without looking wrong."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mfgui.core.arrays import Size
from mfgui.core.transforms import Transform
from mfgui.methods.align.bands import Level
from mfgui.methods.align.blocks import warped
from mfgui.methods.align.partings import compared, level_of
from mfgui.methods.planes import Plane

_SHORTEST = 6  # pixels of the level: nearer by, anything is like itself
_LIKE = 0.5  # correlation of a plane with itself one period on
_MULTIPLE = 0.9  # of the largest likeness that any other period has
_OVERLAP = 0.25  # of the plane that both must show
_AS_WELL = 0.05  # correlation that a place one period off may lose


def period_of(levels: Sequence[Level]) -> tuple[float, float] | None:
    """The shift after which a frame is most like itself, pixels of the proxy; None without one."""
    level = level_of(levels)
    height, width = level.plane.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    shown = _correlated(window)
    likeness = _correlated(level.plane * window) / np.maximum(shown, 1e-6)
    y, x = (np.fft.fftfreq(2 * side) * (2 * side) for side in (height, width))
    x = np.abs(x[: width + 1])
    far = (np.hypot(y[:, None], x) >= _SHORTEST) & (shown > _OVERLAP * shown[0, 0])
    peaks = far & (likeness >= cv2.dilate(likeness, np.ones((3, 3))))
    best = float(likeness[peaks].max(initial=0.0))
    if best < _LIKE * likeness[0, 0]:
        return None
    # Of all its multiples the shortest.
    peaks &= likeness > _MULTIPLE * best
    length = np.where(peaks, np.hypot(y[:, None], x), np.inf)
    row, column = np.unravel_index(int(np.argmin(length)), length.shape)
    return float(x[column]) * level.factor, float(y[row]) * level.factor


def _correlated(plane: Plane) -> Plane:
    """Of a plane with itself at every shift to the right, mean of products over all pixels."""
    height, width = plane.shape
    spectrum = np.fft.rfft2(plane, (2 * height, 2 * width))
    found = np.fft.irfft2(np.abs(spectrum) ** 2, (2 * height, 2 * width))
    return np.asarray(found[:, : width + 1] / plane.size, np.float32)


def repeats(
    still: Sequence[Level],
    moving: Sequence[Level],
    transform: Transform,
    period: tuple[float, float],
    size: Size,
) -> bool:
    """Whether two frames are as like each other one period beside a map as they are there."""
    one, other = level_of(still), level_of(moving)
    height, width = one.plane.shape
    whole = Size(width, height)

    def likeness(shift: tuple[float, float]) -> float:
        at_level = Transform.translation(*shift).then(transform).scaled(1 / one.factor)
        inside = warped(np.ones_like(one.plane), at_level, whole) > 0.99
        alike, counted = compared(one.plane, warped(other.plane, at_level, whole), inside)
        return float(alike[counted].mean()) if counted.any() else -1.0

    usual = likeness((0.0, 0.0))
    beside = max(likeness(period), likeness((-period[0], -period[1])))
    return beside > usual - _AS_WELL
