"""Guides of brightness: of one source, and of the fused picture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from mfgui.core.arrays import ImageF32, PixelArray, Rect, Size, to_float
from mfgui.core.snapping.filters import Plane, fitted
from mfgui.core.snapping.guide import GuideKind, Tiles, gathered, tiles_of

_RADIUS = 4
_MARGIN = 4 * _RADIUS
_EPSILON = 1e-3  # variance of texture and noise that is smoothed away: 3 % of white
_WEIGHTS = (0.299, 0.587, 0.114)

Pixels = PixelArray | Callable[[Rect], PixelArray]


class LuminanceGuide:
    """Brightness of one source, 0 black to 1 white, without its fine texture.

    Parameters
    ----------
    pixels : (H, W, C) uint8, uint16 or float32
        As stored.
    byte_budget : int
        Upper bound for the tiles kept; 4 bytes per pixel.
    """

    kind = GuideKind.LUMINANCE

    def __init__(self, pixels: PixelArray, *, byte_budget: int = 64 << 20) -> None:
        self.size = Size(pixels.shape[1], pixels.shape[0])
        self._pixels: Callable[[Rect], PixelArray] = lambda rect: pixels[rect.slices]
        self._tiles = Tiles(byte_budget=byte_budget)

    def read(self, rect: Rect) -> ImageF32:
        return gathered(rect, self._tile)

    def ready(self, rect: Rect) -> bool:
        """Whether nothing has to be made for a rectangle inside the picture."""
        return all(tile in self._tiles for tile in tiles_of(rect))

    def _tile(self, tile: Rect) -> Plane:
        whole = Rect(0, 0, self.size.width, self.size.height)

        def make() -> Plane:
            window = tile.grown(_MARGIN).intersected(whole)
            grey = _luminance(self._pixels(window))
            smooth = fitted(grey, grey[:, :, None], radius=_RADIUS, epsilon=_EPSILON)
            inner = tile.intersected(whole)
            top, left = inner.y - window.y, inner.x - window.x
            return np.ascontiguousarray(smooth[top : top + inner.height, left : left + inner.width])

        return self._tiles.get(tile, make)


class FusedGuide(LuminanceGuide):
    """Brightness of the fused picture.

    Parameters
    ----------
    pixels : (H, W, C) array, or a callable
        Uint8, uint16 or float32; a callable gives those of a rectangle inside the picture.
    size : Size, optional
        Of the picture; needed for a callable. The guide keeps what it has read: make a new one
        when the picture has changed.
    """

    kind = GuideKind.FUSED

    def __init__(
        self, pixels: Pixels, *, size: Size | None = None, byte_budget: int = 64 << 20
    ) -> None:
        if not callable(pixels):
            super().__init__(pixels, byte_budget=byte_budget)
            return
        if size is None:
            raise ValueError("a guide from a callable needs the size of the picture")
        self.size, self._pixels = size, pixels
        self._tiles = Tiles(byte_budget=byte_budget)


def _luminance(pixels: PixelArray) -> Plane:
    image = to_float(np.ascontiguousarray(pixels))
    if image.ndim == 2:
        return image
    if image.shape[2] == 1:
        return np.ascontiguousarray(image[:, :, 0])
    weights = np.asarray([_WEIGHTS], np.float32)
    return np.asarray(cv2.transform(image, weights), np.float32).reshape(image.shape[:2])
