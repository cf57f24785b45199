"""What is not looked at: dimmed outside the boundary band, hatched where nothing is known."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8

UNKNOWN = 0
"""The word 0xAARRGGBB of pixels that `hatch` draws."""

HATCH = (0xFF8F8F8F, 0xFF7B7B7B)  # ground and lines: greys that no scale has side by side
_PERIOD, _LINE = 8, 2  # logical pixels
_KEPT = 4  # of five parts of a dimmed pixel are those of the surround
_PARTS = 5


def dim(target: ImageU8, distance: ImageU8, width: int, *, surround: int) -> None:
    """Blend what is farther than `width` four fifths of the way to the surround, in place.

    Parameters
    ----------
    target : (h, w, 4) uint8
        Blue, green, red, 255.
    distance : (h, w) uint8
        Of each of its pixels, see `scene.Band`.
    surround : int
        0xffRRGGBB.
    """
    far = cv2.compare(distance, float(width), cv2.CMP_GT)
    cv2.copyTo(cv2.LUT(target, _dimmed(surround)), far, target)


@lru_cache(maxsize=4)
def _dimmed(surround: int) -> ImageU8:
    """Each value of each channel, (1, 256, 4)."""
    values = np.arange(256)[:, None]
    grey = np.array([surround & 255, surround >> 8 & 255, surround >> 16 & 255, 255])
    mixed = (2 * (values + _KEPT * grey) + _PARTS) // (2 * _PARTS)
    mixed[:, 3] = 255
    return mixed.astype(np.uint8)[None]


def hatch(target: ImageU8, *, unit: int, origin: tuple[int, int]) -> None:
    """Draw calm oblique lines where the words of `target`, (h, w, 4), are `UNKNOWN`.

    `unit` is that of a logical pixel, `origin` the column and row of the first pixel counted
    from the image's corner, so that the lines move with the image.
    """
    height, width = target.shape[:2]
    period = _PERIOD * unit
    x, y = origin[0] % period, origin[1] % period
    plane = _lines(unit, _rounded(height + period), _rounded(width + period))
    missing = cv2.compare(np.ascontiguousarray(target[..., 3]), 0.0, cv2.CMP_EQ)
    cv2.copyTo(plane[y : y + height, x : x + width].view(np.uint8), missing, target)


def _rounded(length: int) -> int:
    """Up, so that few planes serve for all rectangles."""
    return -(-length // 512) * 512


@lru_cache(maxsize=2)
def _lines(unit: int, height: int, width: int) -> npt.NDArray[np.uint32]:
    """(height, width, 1) words."""
    place = np.add.outer(np.arange(height), np.arange(width)) // unit % _PERIOD
    return np.array(HATCH, np.uint32)[(place < _LINE).view(np.uint8)][..., None]
