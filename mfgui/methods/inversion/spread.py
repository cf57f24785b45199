"""Blur whose radius may differ from place to place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import Rect, Size
from mfgui.core.disks import blurred
from mfgui.methods.planes import Plane

_STEP = 1.15  # between neighbouring radii
_MOST = 8  # radii
_ALIKE = 1.1  # largest to smallest: less is one radius


@dataclass(frozen=True, eq=False)
class Spread:
    """The light of each pixel is spread over a disk of that pixel's radius.

    Attributes
    ----------
    radius : float
        The usual one, in pixels.
    map : (h, w) float32 or None
        Radius of each pixel; in any resolution, but in pixels of the picture that is blurred.
    """

    radius: float
    map: Plane | None = field(default=None, repr=False)

    @property
    def largest(self) -> float:
        return self.radius if self.map is None else float(self.map.max())

    def over(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The picture spread, (H, W) or (H, W, C); of varying radii about 15 % apart, each for its
        share of the light."""
        if self.map is None:
            return blurred(image, self.radius)
        logs = np.log(self._map_of(image.shape[1], image.shape[0]))
        low, high = float(logs.min()), float(logs.max())
        if high - low < np.log(_ALIKE):
            return blurred(image, float(np.exp((low + high) / 2)))
        count = min(_MOST, 1 + int(np.ceil((high - low) / np.log(_STEP))))
        at = (logs - np.float32(low)) * np.float32((count - 1) / (high - low))
        result = np.zeros_like(image)
        for index, place in enumerate(np.linspace(low, high, count)):
            share = np.maximum(0, 1 - np.abs(at - np.float32(index)))
            part = image * (share if image.ndim == 2 else share[:, :, None])
            result += blurred(part, float(np.exp(place)))
        return result

    def times(self, factor: float) -> Spread:
        """The same in a picture `factor` times as large."""
        scaled = None if self.map is None else self.map * np.float32(factor)
        return Spread(self.radius * factor, scaled)

    def within(self, rect: Rect, size: Size) -> Spread:
        """In a part of a picture of `size`."""
        if self.map is None:
            return self
        height, width = self.map.shape
        x = (np.arange(rect.x, rect.right, dtype=np.float32) + 0.5) * width / size.width - 0.5
        y = (np.arange(rect.y, rect.bottom, dtype=np.float32) + 0.5) * height / size.height - 0.5
        xs, ys = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
        border = cv2.BORDER_REPLICATE
        part = cv2.remap(self.map, xs, ys, cv2.INTER_LINEAR, borderMode=border)
        return replace(self, map=np.asarray(part, np.float32))

    def _map_of(self, width: int, height: int) -> Plane:
        assert self.map is not None
        if self.map.shape == (height, width):
            return self.map
        return np.asarray(cv2.resize(self.map, (width, height)), np.float32)
