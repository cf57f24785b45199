"""Seams of a composition: how the sources pass into each other where the label changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray, Rect, to_float
from mfgui.core.compute import Compute
from mfgui.core.labels import ignore_label
from mfgui.core.stripes import RowWorkers, Scratch

SeamKind = Literal["hard", "feather", "multi-band"]
Plane: TypeAlias = npt.NDArray[Any]  # (H, W) float32

MAX_RADIUS = 64
_TILE = 256  # pixels; a window of few labels, which stays in the cache
_DARK = np.float32(1 / 512)  # keeps the quotient of two nearly black pixels near 1
_GAINS = (0.5, 2.0)


@dataclass(frozen=True)
class Seam:
    """How sources pass into each other at the boundaries of the focus map.

    Attributes
    ----------
    kind : {"hard", "feather", "multi-band"}
        Every pixel from its source alone; a mean weighted by how much of the surroundings has
        which label; or the same per octave of detail, so that fine detail changes within few
        pixels and brightness over many.
    radius : int
        1 to 64 pixels: half the width of the transition, and of the band of `tone_match`. For
        "multi-band" it acts as the nearest power of two.
    tone_match : bool
        Removes the step in brightness at a seam by gains that fade out within the radius.

    Raises
    ------
    ValueError
        For a radius out of range.
    """

    kind: SeamKind = "hard"
    radius: int = 8
    tone_match: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.radius <= MAX_RADIUS:
            raise ValueError(f"radius {self.radius} is not from 1 to {MAX_RADIUS}")

    @property
    def levels(self) -> int:
        """Octaves of "multi-band" above the coarsest picture; 0 for the other kinds."""
        return max(1, round(np.log2(self.radius))) if self.kind == "multi-band" else 0


HARD = Seam()


def seam_reach(seam: Seam) -> int:
    """Pixels, along rows and columns, beyond a label change that the fused picture depends on.

    >>> seam_reach(Seam()), seam_reach(Seam("feather", 8)), seam_reach(Seam("multi-band", 8))
    (0, 8, 28)
    """
    # A kernel of five taps at every level, once on the way up and once on the way down.
    blend = seam.radius if seam.kind == "feather" else 4 * (2**seam.levels - 1)
    return blend + (seam.radius if seam.tone_match else 0)


def soften(
    images: Sequence[PixelArray],
    labels: LabelArray,
    rect: Rect,
    fused: ImageF32,
    *,
    seam: Seam,
    workers: RowWorkers,
) -> None:
    """Turn the hard composite of `rect` into one with this seam, in place.

    No pixel depends on where `rect` or the tiles begin: weights are quotients of exact counts,
    and pyramids stand on a grid from the picture's origin. Pixels farther from a label change
    than `seam_reach` stay as they are, bit for bit, and so do ignored ones, which have no part
    in what lies beside them.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
    labels : (H, W) uint8 or uint16
    rect : Rect
        Inside the picture.
    fused : (rect.height, rect.width, C) float32
        The hard composite; changed.

    Notes
    -----
    Time O(n L) for n pixels of 256-pixel tiles that a seam reaches and L labels in such a tile
    with its margin, whatever K is; "multi-band" and tone match cost more per pixel but not more
    in order. Each thread holds about ten float pictures of the size of a tile with its margin.
    """
    side = max(_TILE, 2 * _margin(seam))
    columns = range(rect.x, rect.right, side)
    tiles = [
        Rect(x, y, side, side).intersected(rect)
        for y in range(rect.y, rect.bottom, side)
        for x in columns
    ]

    def work(_scratch: Scratch, start: int, stop: int) -> None:
        for tile in tiles[start:stop]:
            workers.compute.checkpoint()
            part = fused[_inside(tile, rect)]
            _soften_tile(images, labels, tile, part, seam, workers.compute)

    workers.run(work, len(tiles))


def _inside(rect: Rect, outer: Rect) -> tuple[slice, slice]:
    return Rect(rect.x - outer.x, rect.y - outer.y, rect.width, rect.height).slices


def _margin(seam: Seam) -> int:
    """Pixels around a tile that its own pixels depend on: those of the labels, rounded up."""
    return seam_reach(seam) + 4


def _soften_tile(
    images: Sequence[PixelArray],
    labels: LabelArray,
    tile: Rect,
    fused: ImageF32,
    seam: Seam,
    compute: Compute,
) -> None:
    near = _near_change(labels, tile, seam_reach(seam))
    bounds = _bounds(near)
    if bounds.empty:
        return
    near, fused = near[bounds.slices], fused[bounds.slices]
    target = Rect(tile.x + bounds.x, tile.y + bounds.y, bounds.width, bounds.height)
    height, width = labels.shape
    window = _aligned(target.grown(_margin(seam)), 2**seam.levels)
    window = window.intersected(Rect(0, 0, width, height))
    names = labels[window.slices]
    near &= labels[target.slices] != ignore_label(labels)
    blended = _Window(images, names, window, compute).blended(seam)
    part = np.clip(blended[_inside(target, window)], 0.0, 1.0)
    cv2.copyTo(part, near.view(np.uint8), fused)


def _near_change(labels: LabelArray, tile: Rect, reach: int) -> BoolMask:
    """Pixels of the tile that have two labels within `reach` along rows and columns."""
    height, width = labels.shape
    window = tile.grown(reach + 1).intersected(Rect(0, 0, width, height))
    names = labels[window.slices]
    # Counted are pairs of unlike neighbours that lie in the square around a pixel as a whole.
    across, down = np.zeros(names.shape, np.uint8), np.zeros(names.shape, np.uint8)
    np.not_equal(names[:, 1:], names[:, :-1], out=across[:, :-1].view(np.bool_))
    np.not_equal(names[1:], names[:-1], out=down[:-1].view(np.bool_))
    if not cv2.countNonZero(across) and not cv2.countNonZero(down):
        return np.zeros((tile.height, tile.width), np.bool_)
    side = 2 * reach + 1
    counted = _counted(across, (side - 1, side)) + _counted(down, (side, side - 1))
    near: BoolMask = counted[_inside(tile, window)] > 0
    return near


def _counted(pairs: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[Any]:
    counted: npt.NDArray[Any] = cv2.boxFilter(
        pairs, cv2.CV_32S, size, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return counted


def _bounds(mask: BoolMask) -> Rect:
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    return Rect(x, y, width, height)


def _aligned(rect: Rect, grid: int) -> Rect:
    """The smallest rectangle around `rect` whose corners are multiples of `grid`."""
    x, y = rect.x // grid * grid, rect.y // grid * grid
    right, bottom = -(-rect.right // grid) * grid, -(-rect.bottom // grid) * grid
    return Rect(x, y, right - x, bottom - y)


class _Window:
    """The labels that occur in one window, with the pixels of their sources as they are needed."""

    def __init__(
        self, images: Sequence[PixelArray], names: LabelArray, window: Rect, compute: Compute
    ) -> None:
        present = np.flatnonzero(np.bincount(names.ravel()))
        self.present = [int(name) for name in present if 1 <= name <= len(images)]
        self._images = images
        self._names = names
        self._slices = window.slices
        self._compute = compute

    def blended(self, seam: Seam) -> ImageF32:
        gains = self._gains(seam.radius) if seam.tone_match else {}
        if seam.kind == "multi-band":
            return self._multi_band(seam.levels, gains)
        if seam.kind == "feather":
            return self._feathered(seam.radius, gains)
        chosen: ImageF32 = np.zeros((*self._names.shape, self._images[0].shape[2]), np.float32)
        for name in self.present:
            mask = (self._names == name).view(np.uint8)
            cv2.copyTo(self._pixels(name, gains), mask, chosen)
        return chosen

    def _pixels(self, name: int, gains: Mapping[int, Plane]) -> ImageF32:
        self._compute.checkpoint()
        image = to_float(self._images[name - 1][self._slices])
        return _times(image, gains[name]) if name in gains else image

    def _feathered(self, radius: int, gains: Mapping[int, Plane]) -> ImageF32:
        mixed = np.zeros((*self._names.shape, self._images[0].shape[2]), np.float32)
        for name, weight in self._weights(radius):
            mixed += _times(self._pixels(name, gains), weight)
        return mixed

    def _weights(self, radius: int) -> Iterator[tuple[int, Plane]]:
        """The share of each label around every pixel, under a pyramid of this radius."""
        counts = (_spread(self._names == name, radius) for name in self.present)
        known = np.isin(self._names, self.present)
        # As many as the labels together, without holding the counts of all of them.
        total = np.maximum(_spread(known, radius), np.float32(1.0))
        for name, count in zip(self.present, counts, strict=True):
            yield name, count / total

    def _gains(self, radius: int) -> dict[int, Plane]:
        """What each source is multiplied by so that at a seam both have the same brightness.

        The brightness that all sources are brought to is the mean of their blurred brightness,
        weighted as in a feathered seam: at the seam half of each, a radius away the source
        itself. One gain for all channels keeps the hue, and what varies within the radius
        stays. Taken of code values: a power law makes a gain of light a gain of codes, so both
        are removed, and dark pixels are not drowned by light ones.
        """
        side = 2 * radius + 1
        levels: dict[int, Plane] = {}
        target = np.zeros(self._names.shape, np.float32)
        for name, weight in self._weights(radius):
            brightness = _brightness(self._pixels(name, {}))
            levels[name] = cv2.blur(brightness, (side, side), borderType=cv2.BORDER_REFLECT_101)
            target += weight * levels[name]
        target += _DARK
        return {
            name: np.clip(target / (level + _DARK), *_GAINS).astype(np.float32, copy=False)
            for name, level in levels.items()
        }

    def _multi_band(self, levels: int, gains: Mapping[int, Plane]) -> ImageF32:
        """Laplacian pyramids added with the Gaussian pyramids of the labels as weights.

        Burt and Adelson, ACM Trans. Graphics 2, 1983. Where the surroundings are ignored
        altogether, the mean of the sources of the window takes part.
        """
        bands: list[ImageF32] = []
        totals: list[Plane] = []
        for name in self.present:
            weights = _gaussian((self._names == name).astype(np.float32), levels)
            details = _laplacian(self._pixels(name, gains), levels)
            for level, (weight, detail) in enumerate(zip(weights, details, strict=True)):
                part = _times(detail, weight)
                if level == len(bands):
                    bands.append(part)
                    totals.append(weight)
                else:
                    bands[level] += part
                    totals[level] = totals[level] + weight
        if not np.isin(self._names, self.present).all():
            self._complete(bands, totals, levels)
        return _collapsed(bands)

    def _complete(self, bands: list[ImageF32], totals: Sequence[Plane], levels: int) -> None:
        """Divide the bands by their weights, which do not add up to 1 beside ignored pixels."""
        mean: ImageF32 = np.zeros((*self._names.shape, self._images[0].shape[2]), np.float32)
        for name in range(1, len(self._images) + 1):
            mean += self._pixels(name, {})
        mean *= np.float32(1 / len(self._images))
        for level, detail in enumerate(_laplacian(mean, levels)):
            some = totals[level] > 0
            share: Plane = 1 / np.where(some, totals[level], 1)
            bands[level] = _times(bands[level], share)
            cv2.copyTo(detail, (~some).view(np.uint8), bands[level])


def _times(image: ImageF32, plane: Plane) -> ImageF32:
    """Every channel times the plane; a new array."""
    if image.shape[2] == 1:
        return image * plane[..., None]
    # Three equal channels first: NumPy multiplies by a repeated axis several times slower.
    product: Plane = cv2.cvtColor(np.ascontiguousarray(plane, np.float32), cv2.COLOR_GRAY2BGR)
    return np.multiply(image, product, out=product)


def _brightness(image: ImageF32) -> Plane:
    if image.shape[2] == 1:
        return image[..., 0]
    plane: Plane = cv2.transform(image, np.full((1, 3), 1 / 3, np.float32))
    return plane


def _spread(mask: BoolMask, radius: int) -> Plane:
    """Counts of a mask under a square pyramid that reaches `radius` pixels, exact: whole numbers
    below 2^25, rounded once. Nothing lies beyond the borders."""
    counted: Plane = mask.astype(np.float32)
    for half in (radius // 2, radius - radius // 2):
        side = 2 * half + 1
        counted = cv2.boxFilter(
            counted, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return counted


def _gaussian(plane: Plane, levels: int) -> list[Plane]:
    """The picture and its reductions to halves, (h, w) or (h, w, C) float32."""
    pyramid = [plane]
    for _ in range(levels):
        pyramid.append(cv2.pyrDown(pyramid[-1]))
    return pyramid


def _laplacian(image: ImageF32, levels: int) -> list[ImageF32]:
    """What each level adds to the next coarser one, and last the coarsest picture."""
    pyramid = [_channels_kept(level) for level in _gaussian(image, levels)]
    bands = [fine - _enlarged(coarse, fine) for fine, coarse in itertools.pairwise(pyramid)]
    return [*bands, pyramid[-1]]


def _collapsed(bands: Sequence[ImageF32]) -> ImageF32:
    image = bands[-1]
    for band in reversed(bands[:-1]):
        image = band + _enlarged(image, band)
    return image


def _enlarged(coarse: ImageF32, fine: ImageF32) -> ImageF32:
    return _channels_kept(cv2.pyrUp(coarse, dstsize=(fine.shape[1], fine.shape[0])))


def _channels_kept(image: npt.NDArray[Any]) -> ImageF32:
    """(H, W) as (H, W, 1): OpenCV drops an axis of one channel."""
    return image if image.ndim == 3 else image[..., None]
