"""Generated frames whose exposure is known, and literal forms of what is applied to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import ImageU8, PixelArray, Rect, Size, from_float
from mfgui.core.transforms import Transform
from mfgui.synth.constant_depth import constant_depth

SIZE = Size(480, 360)


@lru_cache
def light(seed: int = 1, radius: float = 5.0, size: Size = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Linear light of a near and a far frame, at most 0.75."""
    pair = constant_depth(size, radius=radius, seed=seed)
    return tuple(0.75 * decoded(np.asarray(frame)) for frame in (pair.near, pair.far))


def decoded(codes: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1 in float64."""
    x = np.asarray(codes, np.float64)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def encoded(linear: np.ndarray) -> np.ndarray:
    x = np.clip(np.asarray(linear, np.float64), 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def stored(linear: np.ndarray, *, noise: float = 0.0, seed: int = 0) -> ImageU8:
    """As an 8-bit frame, with Gaussian noise in steps of 1/255."""
    codes = encoded(linear)
    codes = codes + noise / 255 * np.random.default_rng(seed).standard_normal(codes.shape)
    return from_float(codes.astype(np.float32), "uint8")


def aligned(
    frames: Sequence[PixelArray],
    *,
    transforms: Sequence[Transform] | None = None,
    reference: int = 0,
    unused: Sequence[int] = (),
) -> StackAlignment:
    """Frames that lie as the transforms say."""
    height, width = frames[0].shape[:2]
    given = transforms or [Transform.identity()] * len(frames)
    fits = tuple(FrameFit(t, used=i not in unused) for i, t in enumerate(given))
    size, crop = Size(width, height), Rect(0, 0, width, height)
    return StackAlignment(size, reference, "homography", fits, crop)
