"""In which order the frames of a stack are focused, whatever their files are called."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.planes import Plane, grey

_SIDE = 320  # pixels: the longer side of the views that are compared
_BETTER = 0.8  # of the length of the given order: what another one must have at most
_ROUNDS = 40


def focus_order(images: Sequence[PixelArray], *, compute: Compute) -> tuple[int, ...]:
    """Indices of the frames such that neighbours look alike, in the direction of the files.

    The mean difference of small views grows with the distance in focus; the order is the shortest
    way through all frames that exchanges of its parts find (2-opt) from the given order and from
    the nearest neighbours. The given order is kept unless another one is shorter by a fifth:
    frames focused before and behind a flat scene look alike.

    Returns
    -------
    tuple of K int
        Time O(H W K + K^3).
    """
    count = len(images)
    if count < 3:
        return tuple(range(count))
    views = []
    for image in images:
        compute.checkpoint()
        views.append(_view(image))
    apart = np.array([[float(np.abs(a - b).mean()) for b in views] for a in views])
    given = list(range(count))
    starts = [given, *(_greedy(apart, first) for first in (0, int(apart.sum(axis=1).argmax())))]
    found = min((_shortened(apart, start) for start in starts), key=lambda way: _length(apart, way))
    if _length(apart, found) >= _BETTER * _length(apart, given):
        return tuple(given)
    ranks = np.argsort(found)
    if np.sum((ranks - ranks.mean()) * np.arange(count)) < 0:
        found.reverse()
    return tuple(found)


def _view(image: PixelArray) -> Plane:
    """A small view without what differences of light or of the surroundings change."""
    height, width = image.shape[:2]
    factor = max(1.0, max(height, width) / _SIDE)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    plane = grey(small.reshape(size[1], size[0], -1))
    return plane - np.asarray(cv2.blur(plane, (15, 15)), np.float32)


def _length(apart: npt.NDArray[np.float64], way: Sequence[int]) -> float:
    return float(apart[list(way[:-1]), list(way[1:])].sum())


def _greedy(apart: npt.NDArray[np.float64], first: int) -> list[int]:
    """From a frame to the nearest one that is left, again and again."""
    way, left = [first], set(range(len(apart))) - {first}
    while left:
        way.append(min(left, key=lambda other: apart[way[-1], other]))
        left.remove(way[-1])
    return way


def _shortened(apart: npt.NDArray[np.float64], start: Sequence[int]) -> list[int]:
    """Parts turned round, and frames moved elsewhere, as long as that shortens the way."""
    way, best = list(start), _length(apart, start)
    for _ in range(_ROUNDS):
        before = best
        for i in range(len(way)):
            for j in range(i + 1, len(way) + 1):
                turned = way[:i] + way[i:j][::-1] + way[j:]
                moved = way[:i] + way[i + 1 : j] + way[i : i + 1] + way[j:]
                for other in (turned, moved):
                    length = _length(apart, other)
                    if length < best * (1 - 1e-9):
                        way, best = other, length
        if best == before:
            break
    return way
