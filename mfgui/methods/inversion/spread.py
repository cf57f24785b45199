"""Blur whose radius may differ from place to place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import ceil, erf, sqrt
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Rect, Size
from mfgui.core.disks import nearly_blurred
from mfgui.methods.planes import Plane

Shape: TypeAlias = Literal["disk", "gaussian"]
_STEP = 1.15  # between neighbouring radii
_MOST = 8  # radii
_ALIKE = 1.1  # largest to smallest: less is one radius


@dataclass(frozen=True, eq=False)
class Spread:
    """The light of each pixel is spread over a disk of that pixel's radius, or a Gaussian.

    Attributes
    ----------
    radius : float
        The usual one, in pixels: of the disk, or of the disk of the Gaussian's variance.
    map : (h, w) float32 or None
        Radius of each pixel; in any resolution, but in pixels of the picture that is blurred.
    shape : "disk" or "gaussian"
    """

    radius: float
    map: Plane | None = field(default=None, repr=False)
    shape: Shape = "disk"

    @property
    def largest(self) -> float:
        return self.radius if self.map is None else float(self.map.max())

    def over(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The picture spread, (H, W) or (H, W, C); of varying radii about 15 % apart, each for its
        share of the light."""
        if self.map is None:
            return spread(image, self.radius, self.shape)
        logs = np.log(self._map_of(image.shape[1], image.shape[0]))
        low, high = float(logs.min()), float(logs.max())
        if high - low < np.log(_ALIKE):
            return spread(image, float(np.exp((low + high) / 2)), self.shape)
        count = min(_MOST, 1 + int(np.ceil((high - low) / np.log(_STEP))))
        at = (logs - np.float32(low)) * np.float32((count - 1) / (high - low))
        result = np.zeros_like(image)
        for index, place in enumerate(np.linspace(low, high, count)):
            share = np.maximum(0, 1 - np.abs(at - np.float32(index)))
            part = image * (share if image.ndim == 2 else share[:, :, None])
            result += spread(part, float(np.exp(place)), self.shape)
        return result

    def times(self, factor: float) -> Spread:
        """The same in a picture `factor` times as large."""
        scaled = None if self.map is None else self.map * np.float32(factor)
        return replace(self, radius=self.radius * factor, map=scaled)

    def within(self, rect: Rect, size: Size) -> Spread:
        """In a part of a picture of `size`."""
        if self.map is None:
            return self
        return replace(self, map=part_of(self.map, rect, size))

    def _map_of(self, width: int, height: int) -> Plane:
        assert self.map is not None
        if self.map.shape == (height, width):
            return self.map
        return np.asarray(cv2.resize(self.map, (width, height)), np.float32)


def spread(image: npt.NDArray[np.float32], radius: float, shape: Shape) -> npt.NDArray[np.float32]:
    """(H, W) or (H, W, C) with one blur for all pixels; borders are mirrored."""
    if shape == "disk":
        return nearly_blurred(image, radius)
    row = _gaussian(round(radius, 6))
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.sepFilter2D(image, cv2.CV_32F, row, row, borderType=border), np.float32)


@lru_cache(maxsize=256)
def _gaussian(radius: float) -> npt.NDArray[np.float64]:
    """Gaussian of the disk's variance, sigma = radius / 2, averaged over each pixel.

    Cut off at three standard deviations; sum 1.
    """
    sigma = max(radius / 2, 0.05)
    reach = ceil(3 * sigma)
    edges = np.arange(-reach, reach + 2) - 0.5
    row = np.diff([erf(edge / (sigma * sqrt(2))) for edge in edges])
    return np.asarray(row / row.sum(), np.float64)


def part_of(small: npt.NDArray[np.float32], rect: Rect, size: Size) -> npt.NDArray[np.float32]:
    """A part of a picture of `size` that is there in another resolution, (h, w) or (h, w, C)."""
    height, width = small.shape[:2]
    x = (np.arange(rect.x, rect.right, dtype=np.float32) + 0.5) * width / size.width - 0.5
    y = (np.arange(rect.y, rect.bottom, dtype=np.float32) + 0.5) * height / size.height - 0.5
    xs, ys = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    part = cv2.remap(small, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.float32)
