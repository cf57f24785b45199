"""Small grey pictures of frames, from which alignment is measured.

Blocks of n x n pixels become one, whatever the frame's kind; what is left over at the right and
the lower edge (less than n pixels) is cut off, so that places correspond exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import PixelArray, Size
from mfgui.core.compute import Compute

MOST_PIXELS = 1_600_000
_ROWS = 512  # of a frame, converted at once
WHITE = 65280  # = 255 * 256


@dataclass(frozen=True, eq=False)
class Proxy:
    """A frame made small.

    Attributes
    ----------
    grey : (h, w) uint16
        Luma of the encoded values, white is `WHITE`.
    size : Size
        Of the frame.
    factor : int
        Pixels of the frame per pixel of the proxy, along each axis.
    """

    grey: npt.NDArray[np.uint16] = field(repr=False)
    size: Size
    factor: int

    def same_as(self, other: Proxy) -> bool:
        """Whether both frames look exactly alike."""
        return bool(np.array_equal(self.grey, other.grey))


def proxy_of(frame: PixelArray, *, compute: Compute | None = None) -> Proxy:
    """The proxy of a frame, (H, W, C) uint8, uint16 or float32 in [0, 1], encoded.

    Every pixel is read once, in stripes of rows: a memory-mapped frame is not held.
    """
    compute = compute or Compute()
    height, width = frame.shape[:2]
    factor = factor_of(Size(width, height))
    rows = max(1, _ROWS // factor) * factor
    small = np.empty((height // factor, width // factor), np.uint16)
    for top in range(0, small.shape[0] * factor, rows):
        compute.checkpoint()
        part = frame[top : min(top + rows, small.shape[0] * factor), : small.shape[1] * factor]
        grey = _grey(np.ascontiguousarray(part))
        first = top // factor
        last = first + len(grey) // factor
        if factor > 1:
            side = (small.shape[1], last - first)
            grey = np.asarray(cv2.resize(grey, side, interpolation=cv2.INTER_AREA))
        small[first:last] = grey
    return Proxy(small, Size(width, height), factor)


def factor_of(size: Size) -> int:
    """Pixels of a frame of this size per pixel of its proxy."""
    return max(1, math.ceil(math.sqrt(size.pixels / MOST_PIXELS)))


def _grey(part: PixelArray) -> npt.NDArray[np.uint16]:
    one = part[:, :, 0] if part.shape[2] == 1 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    if one.dtype == np.uint8:
        return one.astype(np.uint16) << np.uint16(8)
    scale = WHITE / 65535 if one.dtype == np.uint16 else WHITE
    # Out of range and not a number become black or white.
    values = np.nan_to_num(one.astype(np.float32), nan=0.0) * np.float32(scale)
    return np.asarray(np.clip(values, 0, WHITE), np.uint16)
