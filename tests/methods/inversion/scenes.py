"""Generated pairs whose layers are known, and literal forms of what the method computes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mfgui.core.arrays import ImageU8, Size, from_float
from mfgui.core.disks import disk
from mfgui.methods.inversion.layers import Settings
from mfgui.methods.inversion.spread import Spread
from mfgui.methods.inversion.views import View, view_of
from mfgui.synth.constant_depth import constant_depth
from mfgui.synth.focus_pair import FocusPair

SIZE = Size(320, 240)
SMALL = Size(160, 120)


@lru_cache
def scene(seed: int = 101, radius: float = 4.0, size: Size = SIZE) -> FocusPair:
    return constant_depth(size, radius=radius, seed=seed)


def frames(seed: int = 101, radius: float = 4.0, size: Size = SIZE) -> list[ImageU8]:
    """Near and far frame, 8 bit."""
    pair = scene(seed, radius, size)
    return [from_float(frame, "uint8") for frame in (pair.near, pair.far)]


@lru_cache
def view(seed: int = 101, radius: float = 4.0, size: Size = SIZE) -> View:
    return view_of([np.float32(frame) / 255 for frame in frames(seed, radius, size)])


def settings(radius: float = 4.0) -> Settings:
    """As in a scene of one radius, without noise."""
    return Settings((Spread(radius), Spread(radius)), 1e-5)


def psnr(found: np.ndarray, true: np.ndarray, where: np.ndarray | None = None) -> float:
    """Decibels, of the pixels of a mask if there is one."""
    away = (np.float64(found) - true) ** 2
    return float(-10 * np.log10(np.mean(away if where is None else away[where])))


def literal_blur(image: np.ndarray, radius: float) -> np.ndarray:
    """The sum over the taps of the disk, in float64, mirrored borders."""
    kernel = disk(radius).astype(np.float64)
    reach = len(kernel) // 2
    beside = [(reach, reach)] * 2 + [(0, 0)] * (image.ndim - 2)
    wide = np.pad(image.astype(np.float64), beside, mode="symmetric")
    height, width = image.shape[:2]
    result = np.zeros(image.shape)
    for y, x in zip(*np.nonzero(kernel), strict=True):
        result += kernel[y, x] * wide[y : y + height, x : x + width]
    return result


def literal_srgb(light: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1 in float64, clamped."""
    x = np.clip(light.astype(np.float64), 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
