"""The guided filter with one grey guide."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.methods.planes import Plane


class GuidedFilter:
    """The guided filter of many planes by one guide, on box sums in float64.

    K. He, J. Sun, X. Tang, Guided image filtering, IEEE TPAMI 35, 2013, equations 5, 6 and 8.
    Windows end at the borders of the picture.

    Parameters
    ----------
    guide : (H, W) float
    radius : int
        Windows are 2 * radius + 1 pixels wide.
    epsilon : float
        What variance of the guide counts as an edge, in squared units of the guide.
    """

    def __init__(self, guide: npt.NDArray[Any], *, radius: int, epsilon: float) -> None:
        self._side = 2 * radius + 1
        self._guide = guide.astype(np.float64)
        self._count = self._sum(np.ones_like(self._guide))
        self._mean = self._average(self._guide)
        variance = self._average(self._guide * self._guide) - self._mean * self._mean
        self._scale: npt.NDArray[Any] = 1.0 / (np.maximum(variance, 0.0) + epsilon)

    def __call__(self, plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The filtered plane, (H, W) float64. Time O(H W), whatever the radius."""
        values = plane.astype(np.float64)
        mean = self._average(values)
        covariance = self._average(self._guide * values) - self._mean * mean
        slope: npt.NDArray[Any] = covariance * self._scale
        offset: npt.NDArray[Any] = mean - slope * self._mean
        filtered: npt.NDArray[Any] = self._average(slope) * self._guide + self._average(offset)
        return filtered

    def _average(self, plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
        mean: npt.NDArray[Any] = self._sum(plane) / self._count
        return mean

    def _sum(self, plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
        side = (self._side, self._side)
        total: npt.NDArray[Any] = cv2.boxFilter(
            plane, cv2.CV_64F, side, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        return total


def guided(plane: Plane, guide: Plane, *, radius: int, epsilon: float) -> Plane:
    """The guided filter of one plane, compiled: for the tiles of large frames.

    The equations are those of `GuidedFilter`, and so are the sums in float64; planes and result
    are float32. Windows end at the borders of the arrays, so that a tile is right
    ``2 * radius`` pixels inside of where it was cut.

    Parameters
    ----------
    plane, guide : (H, W) float32
    radius : int
        Windows are 2 * radius + 1 pixels wide.
    epsilon : float
        What variance of the guide counts as an edge, in squared units of the guide.

    Returns
    -------
    (H, W) float32
        Time O(H W), whatever the radius; memory 32 radius W bytes.
    """
    from mfgui.methods.filters import guided_kernels

    filtered: Plane = np.empty(plane.shape, np.float32)
    guided_kernels.filter_plane(
        np.ascontiguousarray(guide), np.ascontiguousarray(plane), radius, epsilon, filtered
    )
    return filtered
