"""Octave bands of a frame, each divided by its own strength around every pixel.

Frames of a stack differ in brightness and, from place to place, in sharpness. Within an octave
blur is little more than a factor, as is exposure: after the division both are gone, and what one
frame does not resolve at all is noise there, which is like nothing in the other frame.

The bands are of linear light: blur mixes amounts of light, so that in code values an edge seems to
move towards its dark side as it gets out of focus, by a little more from frame to frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.light import to_linear
from mfgui.methods.align.proxies import WHITE, Proxy
from mfgui.methods.planes import Plane

COARSEST = 72  # pixels, long side of the last level at least
_FINE, _WIDE = 1.0, 2.0  # standard deviations in pixels of a level
_AROUND = 7  # pixels: side of the square whose strength is divided by
_FLOOR = 1e-5  # parts of white
_USUAL = 0.3  # of the median strength: what is weaker counts as noise
_SMALLEST = 24  # pixels, short side of a level at least


@dataclass(frozen=True, eq=False)
class Level:
    """One octave.

    Attributes
    ----------
    plane : (h, w) float32
        About as strong everywhere, except where there is noise alone.
    factor : int
        Pixels of the proxy per pixel.
    """

    plane: Plane = field(repr=False)
    factor: int


@dataclass(frozen=True, eq=False)
class Bands:
    """All octaves of a frame, the finest first.

    Attributes
    ----------
    levels : tuple of Level
    slopes : (3, h/32, w/32) float32
        Mean products of the slopes in the second finest octave, across and across, across and
        down, down and down, of light whose mean is 1.
    """

    levels: tuple[Level, ...]
    slopes: Plane = field(repr=False)


def bands_of(proxy: Proxy) -> Bands:
    """The octaves of a frame."""
    light: Plane = _light()[proxy.grey]
    factor, levels, slopes = 1, [], light
    while True:
        levels.append(_level(light, factor))
        if factor <= 2:
            slopes = _slopes(light)
        height, width = (side // 2 for side in light.shape)
        if max(width, height) < COARSEST or min(width, height) < _SMALLEST:
            return Bands(tuple(levels), slopes)
        light = _halved(light, width, height)
        factor *= 2


@cache
def _light() -> Plane:
    """Linear light of every value that a proxy may hold."""
    return to_linear(np.arange(WHITE + 1, dtype=np.float32) / np.float32(WHITE))


def _halved(light: Plane, width: int, height: int) -> Plane:
    inner = light[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(inner, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _level(light: Plane, factor: int) -> Level:
    fine = cv2.GaussianBlur(light, (0, 0), _FINE)
    # What is left of a blur that was made already: the same as one of the picture itself.
    wide = cv2.GaussianBlur(fine, (0, 0), float(np.sqrt(_WIDE**2 - _FINE**2)))
    band = fine - wide
    energy = np.asarray(cv2.sqrBoxFilter(band, cv2.CV_32F, (_AROUND, _AROUND)), np.float32)
    # Sums that are moved along round to less than nothing where there is nothing.
    energy = np.maximum(energy, 0)
    height, width = band.shape
    side = (max(1, width // 16), max(1, height // 16))
    strength = np.sqrt(cv2.resize(energy, side, interpolation=cv2.INTER_AREA))
    noise = _FLOOR**2 + np.percentile(strength, 5) ** 2
    noise += (_USUAL * np.median(strength)) ** 2
    band /= np.sqrt(energy + np.float32(noise))
    return Level(band, factor)


def _slopes(light: Plane) -> Plane:
    smooth = cv2.GaussianBlur(light, (0, 0), _FINE)
    height, width = light.shape
    side = (max(1, width // 16), max(1, height // 16))
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    products = [across * across, across * down, down * down]
    squares = [cv2.resize(one, side, interpolation=cv2.INTER_AREA) for one in products]
    return np.asarray(np.stack(squares) / max(float(light.mean()), _FLOOR) ** 2, np.float32)


def keypoint_picture(proxy: Proxy, factor: int) -> npt.NDArray[np.uint8]:
    """The proxy made `factor` times smaller, contrast stretched, for features."""
    height, width = (side // factor for side in proxy.grey.shape)
    inner = proxy.grey[: height * factor, : width * factor]
    small = cv2.resize(inner, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = np.percentile(small, (0.5, 99.5))
    stretched = (small - low) * (255 / max(float(high - low), 1e-3))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)
