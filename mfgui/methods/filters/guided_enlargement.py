"""Small planes enlarged along the edges of a large guide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Rect, Size
from mfgui.core.compute import Compute
from mfgui.methods.planes import Plane, in_tiles

Plane64 = npt.NDArray[np.float64]


def enlarged(plane: Plane, size: Size, rect: Rect) -> Plane:
    """The part `rect` of `plane` enlarged to `size` by bilinear interpolation.

    Centres of pixels lie at (i + 0.5) / n of the sides; what lies outside of the outermost ones
    has their value. Time O(rect), memory three rows' worth of the part beside it.
    """
    low, high, share = _between(plane.shape[0], size.height, rect.y, rect.bottom)
    left, right, part = _between(plane.shape[1], size.width, rect.x, rect.right)
    rows = plane[low] + (plane[high] - plane[low]) * share[:, None]
    return np.asarray(rows[:, left] + (rows[:, right] - rows[:, left]) * part, np.float32)


def _between(
    small: int, large: int, start: int, stop: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """The two samples next to each position, and how far it is on the way to the second."""
    places = (np.arange(start, stop) + 0.5) * (small / large) - 0.5
    places = np.clip(places, 0.0, small - 1.0)
    low = np.minimum(places.astype(np.intp), max(0, small - 2))
    return low, np.minimum(low + 1, small - 1), (places - low).astype(np.float32)


def enlarged_along(
    plane: Plane,
    guide: Plane,
    large_guide: Callable[[Rect, Plane], Plane],
    size: Size,
    *,
    radius: int,
    epsilon: float,
    compute: Compute,
) -> Plane:
    """The guided filter of a small plane, its coefficients enlarged and put to a large guide.

    K. He, J. Sun, Fast guided filter, arXiv 1505.00996, 2015: slope and offset of each window are
    found on the small planes, which is where they are smooth; the edges come from the large guide.

    Parameters
    ----------
    plane, guide : (h, w) float32
        In [0, 1].
    large_guide : callable
        Gives the guide in a part of the large picture, from the part and from what `plane`
        enlarged without a guide is there.
    size : Size
        Of the large picture.
    radius : int
        Windows are 2 * radius + 1 small pixels wide.
    epsilon : float
        What variance of the guide counts as an edge.

    Returns
    -------
    (H, W) float32
        In [0, 1]. Time O(H W); beside it 64 bytes per small pixel, and some tiles.
    """
    slope, offset = _coefficients(plane, guide, radius, epsilon)
    result: Plane = np.empty((size.height, size.width), np.float32)

    def work(_wide: Rect, inner: Rect) -> None:
        around = large_guide(inner, enlarged(plane, size, inner))
        part = enlarged(slope, size, inner)
        part *= around
        part += enlarged(offset, size, inner)
        np.clip(part, 0.0, 1.0, out=result[inner.slices])

    in_tiles(size, work, reach=0, compute=compute, side=512)
    return result


def _coefficients(plane: Plane, guide: Plane, radius: int, epsilon: float) -> tuple[Plane, Plane]:
    """Slope and offset of the guided filter, averaged over the windows around each pixel."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(values: npt.NDArray[Any]) -> Plane64:
        return np.asarray(cv2.boxFilter(values, cv2.CV_64F, side, borderType=cv2.BORDER_REPLICATE))

    guide64, plane64 = guide.astype(np.float64), plane.astype(np.float64)
    mean_guide, mean_plane = mean(guide64), mean(plane64)
    variance = np.maximum(mean(guide64 * guide64) - mean_guide * mean_guide, 0.0)
    covariance = mean(guide64 * plane64) - mean_guide * mean_plane
    slope = covariance / (variance + epsilon)
    offset = mean_plane - slope * mean_guide
    return mean(slope).astype(np.float32), mean(offset).astype(np.float32)
