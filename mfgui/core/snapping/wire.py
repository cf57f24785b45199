"""The live wire of the lasso: the path along edges between two points."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mfgui.core.arrays import Rect
from mfgui.core.snapping.guide import Guide
from mfgui.core.snapping.sides import CONTRAST, FAINT

_MARGIN = 32  # pixels that the path may leave the straight line's box
_LARGEST = 512  # pixels a side that are searched; longer pieces are searched more coarsely


def live_wire(
    guide: Guide, start: tuple[float, float], stop: tuple[float, float]
) -> tuple[tuple[float, float], ...]:
    """Points (x, y) of the path along edges from `start` to `stop`, both included.

    In image coordinates, a straight line where the picture has no edges. Time
    O(n log n) for n <= 512^2 pixels around the line.
    """
    whole = Rect(0, 0, guide.size.width, guide.size.height)
    left, right = sorted((math.floor(start[0]), math.floor(stop[0])))
    top, bottom = sorted((math.floor(start[1]), math.floor(stop[1])))
    box = Rect(left, top, right - left + 1, bottom - top + 1)
    window = box.grown(_MARGIN).intersected(whole)
    if window.width < 4 or window.height < 4:
        return start, stop
    step = -(-max(window.width, window.height) // _LARGEST)
    values = cv2.GaussianBlur(guide.read(window), (0, 0), 0.5 + 0.5 * step)[::step, ::step]
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, scale=1 / 4)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, scale=1 / 4)
    steep = cv2.magnitude(across, down)
    highest = float(steep.max())
    if highest < FAINT:
        return start, stop
    strength = np.clip(steep / np.float32(max(CONTRAST, 0.5 * highest)), 0, 1)
    ends = [_cell(point, window, step, values.shape) for point in (start, stop)]
    if ends[0] == ends[1]:
        return start, stop
    scissors = cv2.segmentation.IntelligentScissorsMB()
    scissors.setWeights(0.3, 0.2, 0.5)
    direction = cv2.merge([across, down]) / np.maximum(steep, np.float32(1e-6))[:, :, None]
    flat = np.asarray(np.where(strength < 0.5, 255, 0), np.uint8)
    scissors.applyImageFeatures(flat, np.asarray(direction, np.float32), 1 - strength)
    scissors.buildMap(ends[0])
    found = scissors.getContour(ends[1])
    inner = [
        (window.x + (x + 0.5) * step, window.y + (y + 0.5) * step)
        for x, y in np.asarray(found).reshape(-1, 2)[1:-1].tolist()
    ]
    return (start, *inner, stop)


def _cell(
    point: tuple[float, float], window: Rect, step: int, shape: tuple[int, ...]
) -> tuple[int, int]:
    x, y = (math.floor(point[0]) - window.x) // step, (math.floor(point[1]) - window.y) // step
    return min(max(x, 0), shape[1] - 1), min(max(y, 0), shape[0] - 1)
