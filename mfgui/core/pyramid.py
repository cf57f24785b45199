"""Display pictures: levels of half, quarter ... size by area, and the true values behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size

StoredReader = Callable[[Rect], PixelArray | None]

_SMALLEST_SIDE = 64


class Picture:
    """An 8-bit picture as the canvas draws it, with its levels.

    Level 0 has the pixels, level n + 1 the means of 2 x 2 pixels of level n (fewer at an odd
    right or lower edge). Each level is contiguous (h, w, 4) uint8 in the order blue, green,
    red, 255, which is QImage's 32-bit format, so that nothing is converted when it is drawn.

    Building a 24-megapixel picture takes tens of milliseconds: do it off the interface thread.
    `repair` is cheap for small rectangles and belongs to the thread that draws.

    Parameters
    ----------
    pixels : (H, W, C) uint8
        Display values, C in {1, 3}, red first. Copied.
    stored : (h, w, C) array or callable, optional
        The true pixels, uint8, uint16 or float32, of any size; or a function that gives those
        inside a rectangle (None when they are not at hand). Without it `pixels` are the truth.
    """

    def __init__(self, pixels: ImageU8, *, stored: PixelArray | StoredReader | None = None) -> None:
        height, width = pixels.shape[:2]
        self.size = Size(width, height)
        self.channels = pixels.shape[2]
        self._stored = stored
        self._levels = _empty_levels(height, width)
        self._fill(Rect(0, 0, width, height), pixels)

    @property
    def levels(self) -> Sequence[ImageU8]:
        """(h, w, 4) uint8 each, full size first; treat as read-only."""
        return self._levels

    @property
    def nbytes(self) -> int:
        """Bytes of all levels."""
        return sum(level.nbytes for level in self._levels)

    def level_for(self, scale: float) -> int:
        """The coarsest level that has at least `scale` pixels per pixel of level 0.

        >>> Picture(np.zeros((512, 512, 1), np.uint8)).level_for(0.3)
        1
        """
        level = 0
        while level + 1 < len(self._levels) and scale <= 0.5 ** (level + 1):
            level += 1
        return level

    def shown(self, rect: Rect) -> ImageU8:
        """Display pixels (h, w, 4) uint8 inside `rect` of the whole picture: a view of level 0."""
        return self._levels[0][rect.slices]

    def repair(self, rect: Rect, pixels: ImageU8) -> None:
        """Replace the pixels of `rect` (inside the picture) and the parts of levels above it.

        Parameters
        ----------
        rect : Rect
            Where, in pixels of level 0.
        pixels : (rect.height, rect.width, C) uint8
            Display values, red first.
        """
        self._fill(rect, pixels)

    def set_stored(self, stored: PixelArray | StoredReader | None) -> None:
        """Exchange the true pixels, when `repair` has made the earlier ones untrue."""
        self._stored = stored

    def stored(self, rect: Rect, *, frame: Size) -> PixelArray | None:
        """The true pixels (h, w, C) inside `rect`, None when they are not at hand.

        Parameters
        ----------
        rect : Rect
            In pixels of `frame`, inside it.
        frame : Size
            Size that `rect` refers to. A picture of another size gives the pixels below the
            centres of those asked for.
        """
        if callable(self._stored):
            return self._stored(rect)
        if self._stored is not None:
            return _sampled(self._stored, rect, frame)
        shown = _sampled(self._levels[0], rect, frame)
        return shown[..., :1] if self.channels == 1 else shown[..., 2::-1]

    def _fill(self, rect: Rect, pixels: ImageU8) -> None:
        order = cv2.COLOR_GRAY2BGRA if self.channels == 1 else cv2.COLOR_RGB2BGRA
        cv2.cvtColor(pixels, order, dst=self._levels[0][rect.slices])
        for fine, coarse in zip(self._levels, self._levels[1:], strict=False):
            rect = _halved(rect)
            _reduce(fine, coarse, rect)


class Proxy(Picture):
    """A small picture in the place of a large one, for sets too large to hold all of them.

    Its levels are those of the small picture. The display pixels of the whole one are read where
    they are asked for, which is for small rectangles.

    Parameters
    ----------
    pixels : (h, w, C) uint8
        Display values of the small picture, red first. Copied.
    read : callable
        Gives the display values (rect.height, rect.width, C) uint8 inside a rectangle of the
        large picture, red first.
    """

    def __init__(self, pixels: ImageU8, *, read: Callable[[Rect], ImageU8]) -> None:
        # What is stored is not at hand: reading a pixel may mean decoding a file.
        super().__init__(pixels, stored=_not_at_hand)
        self._read = read

    def shown(self, rect: Rect) -> ImageU8:
        order = cv2.COLOR_GRAY2BGRA if self.channels == 1 else cv2.COLOR_RGB2BGRA
        return np.asarray(cv2.cvtColor(self._read(rect), order), np.uint8)


def _not_at_hand(_rect: Rect) -> None:
    """The true pixels of a proxy."""


def display_pixels(pixels: PixelArray) -> ImageU8:
    """Stored pixels (H, W, C) as 8-bit display values: scaled by white, rounded, clamped.

    >>> display_pixels(np.array([[[65535], [257]]], np.uint16)).ravel().tolist()
    [255, 1]
    """
    if pixels.dtype == np.uint8:
        return pixels
    scale = 1.0 / 257.0 if pixels.dtype == np.uint16 else 255.0
    shown = np.empty(pixels.shape, np.uint8)
    cv2.convertScaleAbs(np.maximum(pixels, 0), dst=shown, alpha=scale)
    return shown


def _empty_levels(height: int, width: int) -> tuple[ImageU8, ...]:
    levels = [np.empty((height, width, 4), np.uint8)]
    while max(height, width) > _SMALLEST_SIDE:
        height, width = (height + 1) // 2, (width + 1) // 2
        levels.append(np.empty((height, width, 4), np.uint8))
    return tuple(levels)


def _halved(rect: Rect) -> Rect:
    """The pixels of the next level that depend on any pixel of `rect`."""
    x, y = rect.x // 2, rect.y // 2
    return Rect(x, y, (rect.right + 1) // 2 - x, (rect.bottom + 1) // 2 - y)


def _reduce(fine: ImageU8, coarse: ImageU8, rect: Rect) -> None:
    """Write the means of 2 x 2 pixels of `fine` into `rect` of `coarse`."""
    height, width = fine.shape[:2]
    whole = rect.intersected(Rect(0, 0, width // 2, height // 2))
    if not whole.empty:
        block = fine[2 * whole.y : 2 * whole.bottom, 2 * whole.x : 2 * whole.right]
        size = (whole.width, whole.height)
        cv2.resize(block, size, dst=coarse[whole.slices], interpolation=cv2.INTER_AREA)
    if whole.right < rect.right:
        _reduce_edge(fine[:, -1], coarse[:, -1], rect.y, rect.bottom)
    if whole.bottom < rect.bottom:
        _reduce_edge(fine[-1], coarse[-1], rect.x, rect.right)


def _reduce_edge(fine: ImageU8, coarse: ImageU8, start: int, stop: int) -> None:
    """Means of pairs along an odd edge, (n, 4) to (n / 2, 4); the last may stand alone."""
    first = fine[2 * start : 2 * stop : 2].astype(np.uint16)
    second = fine[2 * start + 1 : 2 * stop : 2]
    first[: len(second)] += second
    first[: len(second)] += 1
    first[: len(second)] >>= 1
    coarse[start:stop] = first


def _sampled(pixels: PixelArray, rect: Rect, frame: Size) -> PixelArray:
    height, width = pixels.shape[:2]
    if (width, height) == (frame.width, frame.height):
        return pixels[rect.slices]
    columns = (2 * np.arange(rect.x, rect.right) + 1) * width // (2 * frame.width)
    rows = (2 * np.arange(rect.y, rect.bottom) + 1) * height // (2 * frame.height)
    return pixels[np.ix_(rows, columns)]
