"""Array aliases, sizes, rectangles, and the conversion between stored values and [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

ImageF32: TypeAlias = npt.NDArray[np.float32]  # (H, W, C), display-encoded, [0, 1], C in {1, 3}
ImageU8: TypeAlias = npt.NDArray[np.uint8]
PixelArray: TypeAlias = npt.NDArray[Any]  # (H, W, C) uint8, uint16 or float32, as stored
LabelArray: TypeAlias = npt.NDArray[Any]  # (H, W) uint8 or uint16
BoolMask: TypeAlias = npt.NDArray[np.bool_]
Depth: TypeAlias = Literal["uint8", "uint16", "float32"]

_BLOCK_VALUES = 1 << 17
MAX_PIXELS = 400_000_000  # per frame; larger headers are refused before anything is allocated


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


@dataclass(frozen=True)
class Rect:
    """A half-open pixel rectangle: columns x ... x + width - 1, rows y ... y + height - 1."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def empty(self) -> bool:
        return self.width <= 0 or self.height <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices of an (H, W, ...) array."""
        return slice(self.y, self.bottom), slice(self.x, self.right)

    def intersected(self, other: Rect) -> Rect:
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(x, y, max(0, right - x), max(0, bottom - y))

    def united(self, other: Rect) -> Rect:
        if self.empty:
            return other
        if other.empty:
            return self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def grown(self, margin: int) -> Rect:
        return Rect(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )


def depth_of(pixels: PixelArray) -> Depth:
    """Name of the stored depth of `pixels` (uint8, uint16 or float32)."""
    name = pixels.dtype.name
    if name not in ("uint8", "uint16", "float32"):
        raise TypeError(f"pixels must be uint8, uint16 or float32, not {name}")
    return cast(Depth, name)


def white_of(pixels: PixelArray) -> np.float32:
    """What stored values are divided by to lie in [0, 1]: the maximum of an integer type, or 1."""
    if depth_of(pixels) == "float32":
        return np.float32(1.0)
    return np.float32(np.iinfo(pixels.dtype).max)


def to_float(pixels: PixelArray) -> ImageF32:
    """Stored pixels as float32 in [0, 1]: integers divided by the maximum of their type.

    Float input is returned as it is (a view, not a copy).

    >>> to_float(np.array([[[0], [255]]], np.uint8)).ravel().tolist()
    [0.0, 1.0]
    """
    if depth_of(pixels) == "float32":
        return pixels
    # Divided, not multiplied by the reciprocal: the last bit decides ties of the focus map.
    return np.divide(pixels, white_of(pixels), dtype=np.float32)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A contiguous view that cannot be written, so that loops are compiled for one kind only."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def from_float(image: ImageF32, depth: Depth) -> PixelArray:
    """Float values to stored pixels: clamp to [0, 1], scale, round half to even.

    No minimum-maximum stretch, so brightness is kept.

    >>> from_float(np.array([[[0.5]]], np.float32), "uint8").item()
    128
    """
    if depth == "float32":
        return np.clip(image, 0.0, 1.0).astype(np.float32, copy=False)
    stored: PixelArray = np.empty(image.shape, depth)
    white = np.float32(np.iinfo(depth).max)
    rows = max(1, _BLOCK_VALUES // max(1, image[:1].size))
    for top in range(0, image.shape[0], rows):
        # Block by block, so that the intermediate values stay in the cache.
        block = np.clip(image[top : top + rows], 0.0, 1.0)
        np.rint(np.multiply(block, white, out=block), out=block)
        stored[top : top + rows] = block
    return stored
