"""Gaussian and Laplacian pyramids of whole frames, built and added up tile by tile.

P. J. Burt, E. H. Adelson, The Laplacian pyramid as a compact image code, IEEE Trans.
Communications 31, 1983: the taps are [1 4 6 4 1] / 16 along both axes. Positions beyond a border
mirror the picture without repeating its edge; a level of n values is followed by one of
ceil(n / 2). Every band is what a level has beside the enlarged next one, so that adding the bands
up gives the picture back, whatever its size.

Only the bands of one source exist at a time, and those only tile by tile: beside the sources a
`Pyramid` keeps a third of a float32 picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray, Rect, Size, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import label_dtype
from mfgui.methods.planes import Plane, in_tiles

SIDE = 512  # of the tiles: the few float32 parts in use at a time stay in the cache
_BOX = np.full(5, 1 / 5, np.float32)


def depth(size: Size, *, smallest: int = 32) -> int:
    """Levels below the picture until the short side is under `smallest` pixels; at least 1.

    >>> depth(Size(640, 480)), depth(Size(6000, 4000)), depth(Size(16, 16))
    (4, 7, 1)
    """
    short, levels = min(size.width, size.height), 0
    while short >= smallest:
        short, levels = (short + 1) // 2, levels + 1
    return max(1, levels)


def sizes(size: Size, levels: int) -> list[Size]:
    """Size of every level, the picture first.

    >>> [str(level) for level in sizes(Size(7, 4), 2)]
    ['7 x 4', '4 x 2', '2 x 1']
    """
    found = [size]
    for _ in range(levels):
        found.append(Size((found[-1].width + 1) // 2, (found[-1].height + 1) // 2))
    return found


def size_of(image: npt.NDArray[Any]) -> Size:
    """Size of an (H, W) or (H, W, C) array."""
    return Size(image.shape[1], image.shape[0])


def each_tile(
    size: Size, work: Callable[[Rect, Rect], None], *, compute: Compute, reach: int = 0
) -> None:
    """``work(wide, inner)`` for tiles of `SIDE` pixels, see `mfgui.methods.planes.in_tiles`.

    The tiles do not depend on the threads, nor do the results. Nothing is said about progress:
    callers do so per source.
    """
    quiet = replace(compute, progress=_unwatched)
    in_tiles(size, work, reach=reach, compute=quiet, side=SIDE)


def _unwatched(_done: int, _total: int) -> None:
    """Progress that nobody hears of."""


def inside(part: npt.NDArray[Any], wide: Rect, inner: Rect) -> npt.NDArray[Any]:
    """What `inner` has of `part`, which covers `wide`; a view."""
    x, y = inner.x - wide.x, inner.y - wide.y
    return part[y : y + inner.height, x : x + inner.width]


class Pyramid:
    """Gaussian pyramid of one source at a time, whose bands are read in parts.

    Level 0 is the source as it is stored, not a copy; the others are (h, w, C) float32 arrays
    that every further source is reduced into: 4 C / 3 bytes per pixel of the source in all.

    Parameters
    ----------
    shape : (H, W, C) or (H, W)
        Of every source. Of a plane without channels all parts are (h, w, 1).
    levels : int
        How often it is reduced.
    """

    def __init__(self, shape: tuple[int, ...], levels: int) -> None:
        self.sizes = sizes(Size(shape[1], shape[0]), levels)
        self.channels = shape[2] if len(shape) == 3 else 1
        self._levels: list[PixelArray] = [
            np.empty((level.height, level.width, self.channels), np.float32)
            for level in self.sizes[1:]
        ]
        self._levels.insert(0, self._levels[0])  # until a source is taken

    @property
    def depth(self) -> int:
        """Index of the last level, the base."""
        return len(self.sizes) - 1

    def take(self, image: PixelArray, *, compute: Compute) -> None:
        """Make this the pyramid of `image`, (H, W, C) uint8, uint16 or float32.

        Time O(H W C).
        """
        self._levels[0] = _with_channels(image)
        for level in range(1, len(self.sizes)):
            self._reduce(level, compute)

    def _reduce(self, level: int, compute: Compute) -> None:
        fine, coarse = self._levels[level - 1], self._levels[level]

        def fill(_wide: Rect, inner: Rect) -> None:
            coarse[inner.slices] = reduced_part(fine, inner)

        each_tile(self.sizes[level], fill, compute=compute)

    def level(self, level: int) -> ImageF32:
        """A whole level in [0, 1]; from level 1 on the array itself."""
        return to_float(self._levels[level])

    def part(self, level: int, rect: Rect) -> ImageF32:
        """A part of a level in [0, 1]; of float32 levels a view."""
        return to_float(self._levels[level][rect.slices])

    def detail(self, level: int, rect: Rect) -> ImageF32:
        """A part of a band: the level less the enlarged next one; of the last level the base."""
        fine = self.part(level, rect)
        if level == self.depth:
            return fine
        coarse = enlarged_part(self._levels[level + 1], self.sizes[level], rect)
        return np.subtract(fine, coarse, out=coarse)


def reduced_part(fine: PixelArray, rect: Rect) -> ImageF32:
    """Part `rect` of the next coarser level of `fine`, (h, w, C) float32.

    `fine` is (H, W, C) uint8, uint16 or float32 as stored, `rect` in pixels of the coarser level.
    """
    left, top = max(0, 2 * rect.x - 2), max(0, 2 * rect.y - 2)
    around = fine[top : 2 * rect.bottom + 1, left : 2 * rect.right + 1]
    coarse = _with_channels(cv2.pyrDown(to_float(around)))
    x, y = rect.x - left // 2, rect.y - top // 2
    return coarse[y : y + rect.height, x : x + rect.width]


def enlarged_part(coarse: ImageF32, size: Size, rect: Rect) -> ImageF32:
    """Part `rect` of `coarse`, (h, w, C) float32, enlarged to the next finer level of `size`.

    The value between two neighbours is their mean, that upon one 3/4 of it and 1/8 of each
    neighbour: [1 4 6 4 1] / 8 on values with zeros between them. May be written to.
    """
    left, top = max(0, rect.x // 2 - 1), max(0, rect.y // 2 - 1)
    right = min(coarse.shape[1], (rect.right - 1) // 2 + 2)
    bottom = min(coarse.shape[0], (rect.bottom - 1) // 2 + 2)
    wide = (min(2 * right, size.width) - 2 * left, min(2 * bottom, size.height) - 2 * top)
    fine = _with_channels(cv2.pyrUp(coarse[top:bottom, left:right], dstsize=wide))
    x, y = rect.x - 2 * left, rect.y - 2 * top
    return fine[y : y + rect.height, x : x + rect.width]


def empty_bands(pyramid: Pyramid) -> list[ImageF32]:
    """Zero bands of the pyramid's sizes, (h, w, C) float32: 16 C / 3 bytes per pixel."""
    return [np.zeros((s.height, s.width, pyramid.channels), np.float32) for s in pyramid.sizes]


def collapsed(bands: Sequence[ImageF32], *, compute: Compute) -> ImageF32:
    """The picture of these bands, added up in place into ``bands[0]``; not clipped."""
    for level in range(len(bands) - 2, -1, -1):
        fine, coarse = bands[level], bands[level + 1]

        def fill(
            _wide: Rect, inner: Rect, fine: ImageF32 = fine, coarse: ImageF32 = coarse
        ) -> None:
            part = fine[inner.slices]
            part += enlarged_part(coarse, size_of(fine), inner)

        each_tile(size_of(fine), fill, compute=compute)
    return bands[0]


def clip(image: ImageF32, *, compute: Compute) -> None:
    """Clip to [0, 1] in place."""

    def fill(_wide: Rect, inner: Rect) -> None:
        part = image[inner.slices]
        np.clip(part, 0.0, 1.0, out=part)

    each_tile(size_of(image), fill, compute=compute)


def energy(detail: ImageF32) -> Plane:
    """5 x 5 box mean of the squared detail summed over channels, (h, w) float32.

    Windows mirror at the borders without repeating the edge. No running sums: where the detail
    is zero, so is the energy, whatever lies beside.
    """
    squared = summed(np.square(detail))
    return np.asarray(cv2.sepFilter2D(squared, -1, _BOX, _BOX), np.float32)


def deviation(image: ImageF32) -> Plane:
    """Variance in 5 x 5 windows summed over channels, (h, w) float32; borders as in `energy`."""
    # Squares about a common value cancel less than those of the values themselves.
    centred = image - np.mean(image, axis=(0, 1), keepdims=True, dtype=np.float32)
    mean = _with_channels(cv2.sepFilter2D(centred, -1, _BOX, _BOX))
    varied: Plane = energy(centred) - summed(np.square(mean))
    return np.maximum(varied, np.float32(0.0), out=varied)


def summed(image: ImageF32) -> Plane:
    """Sum over the channels, (h, w) float32."""
    if image.shape[2] == 1:
        return np.ascontiguousarray(image[:, :, 0])
    ones = np.ones((1, image.shape[2]), np.float32)
    return np.asarray(cv2.transform(image, ones), np.float32)


class Strongest:
    """Running arg max of planes of one picture, source after source; ties take the lowest label.

    Beside the labels 4 bytes per pixel.

    Attributes
    ----------
    labels : (H, W) uint8 or uint16
        Label k + 1 for source k.
    """

    def __init__(self, size: Size, k: int) -> None:
        self.labels: LabelArray = np.ones((size.height, size.width), label_dtype(k))
        self._best: Plane = np.empty((size.height, size.width), np.float32)

    def take(self, label: int, rect: Rect, values: Plane) -> None:
        """Let source `label` (from 1, ascending) compete in `rect` with these values."""
        best = self._best[rect.slices]
        if label == 1:
            best[...] = values
            return
        better = cv2.compare(values, best, cv2.CMP_GT)
        cv2.copyTo(values, better, best)
        self.labels[rect.slices][better.view(np.bool_)] = label


def majority(labels: LabelArray, k: int, *, compute: Compute) -> LabelArray:
    """The most frequent of the labels 1 ... K in every 3 x 3 window, a new array.

    Beyond the borders there is none. Ties keep the pixel's own label, else take the lowest.
    Time O(H W L) for L labels per tile.
    """
    voted: LabelArray = np.empty_like(labels)

    def fill(wide: Rect, inner: Rect) -> None:
        voted[inner.slices] = inside(_majority(labels[wide.slices], k), wide, inner)

    each_tile(size_of(labels), fill, compute=compute, reach=1)
    return voted


def _majority(labels: LabelArray, k: int) -> LabelArray:
    present = [int(name) for name in np.flatnonzero(np.bincount(labels.ravel(), minlength=k + 1))]
    voted: LabelArray = np.full_like(labels, present[0])
    if len(present) == 1:
        return voted
    most = np.zeros(labels.shape, np.uint8)
    for name in present:
        own = (labels == name).view(np.uint8)
        votes = cv2.boxFilter(own, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        votes += votes + own  # the own label wins ties
        better = votes > most
        voted[better] = name
        np.maximum(most, votes, out=most)
    return voted


def times(image: ImageF32, plane: Plane) -> ImageF32:
    """Every channel of (h, w, C) times (h, w), a new array."""
    if image.shape[2] == 1:
        return image * plane[..., None]
    # Three equal channels first: NumPy multiplies by a repeated axis several times slower.
    product = np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2BGR), np.float32)
    return np.multiply(image, product, out=product)


def chosen(labels: LabelArray, label: int, rect: Rect) -> npt.NDArray[np.uint8] | None:
    """Where `rect` has this label, as a mask for ``cv2.copyTo``; None where nowhere."""
    mask = (labels[rect.slices] == label).view(np.uint8)
    return mask if cv2.countNonZero(mask) else None


def _with_channels(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(H, W) as (H, W, 1): OpenCV drops an axis of one channel."""
    return image if image.ndim == 3 else image[..., None]
