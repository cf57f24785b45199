"""Values of every pixel as 255 levels, so that they take a byte and are drawn fast."""

from __future__ import annotations

import math
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8

NO_VALUE = 0
WIDEST = 64.0  # pixels of blur radius at which the scale ends
_STEPS = 254  # levels 1 ... 255


class HeatKind(StrEnum):
    """What the values are."""

    LOCAL_Q = "local-q"
    CONFIDENCE = "confidence"
    TRUST = "result-confidence"
    RADIUS = "blur-radius"
    DEPTH = "depth"

    @property
    def aspect(self) -> str:
        """Name among `mfgui.core.result.ASPECTS` of what a result tells of itself; empty for
        what is measured of any picture."""
        return {
            HeatKind.TRUST: "confidence",
            HeatKind.RADIUS: "radius",
            HeatKind.DEPTH: "depth",
        }.get(self, "")


MEASURED = tuple(kind for kind in HeatKind if not kind.aspect)


def levels_of(values: npt.NDArray[np.float32], kind: HeatKind, *, k: int = 0) -> ImageU8:
    """Levels of `values` (H, W): 1 where there is no doubt (1.0) ... 255 (0.0), 0 for NaN.

    Levels of the confidence are even in it. Those of local Q are even in the square root of
    1 - Q, which tells 0.99 from 1 as well as 0.3 from 0.35. Values outside [0, 1] are limited.
    What a result tells of itself rises with its level: its confidence from 0 to 1, radii in
    pixels from 0 to `WIDEST`, even in log(1 + r), and depths from source 1 to source `k`.

    >>> levels_of(np.float32([[1.0, 0.99, 0.0, np.nan]]), HeatKind.LOCAL_Q).tolist()
    [[1, 26, 255, 0]]
    """
    levels: ImageU8 = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), 256):  # a block stays in the cache
        block = values[top : top + 256]
        if kind is HeatKind.RADIUS:
            doubt = np.log1p(np.clip(block, 0.0, WIDEST)) / np.float32(math.log1p(WIDEST))
        elif kind is HeatKind.TRUST:
            doubt = np.clip(block, 0.0, 1.0)
        elif kind is HeatKind.DEPTH:
            doubt = np.clip((block - np.float32(1)) / np.float32(max(1, k - 1)), 0.0, 1.0)
        else:
            doubt = np.clip(np.float32(1.0) - block, 0.0, 1.0)
        missing = np.isnan(doubt)
        if kind is HeatKind.LOCAL_Q:
            np.sqrt(doubt, out=doubt)
        doubt *= np.float32(_STEPS)
        doubt += np.float32(1.5)
        doubt[missing] = NO_VALUE
        levels[top : top + 256] = doubt
    return levels


def values_of(levels: ImageU8, kind: HeatKind, *, k: int = 0) -> npt.NDArray[np.float32]:
    """The middle of what each level stands for, NaN where there is no value."""
    doubt = (np.arange(256, dtype=np.float32) - 1) / _STEPS
    if kind is HeatKind.RADIUS:
        table = np.expm1(doubt * np.float32(math.log1p(WIDEST)))
    elif kind is HeatKind.TRUST:
        table = doubt
    elif kind is HeatKind.DEPTH:
        table = 1 + doubt * np.float32(max(1, k - 1))
    else:
        table = 1 - (doubt * doubt if kind is HeatKind.LOCAL_Q else doubt)
    table[NO_VALUE] = np.nan
    found: npt.NDArray[np.float32] = np.asarray(cv2.LUT(levels, table))
    return found.reshape(levels.shape)


def place_of(value: float, kind: HeatKind, *, k: int = 0) -> float:
    """Where `value` lies on the scale, 0 (no doubt; no confidence of a result, no blur, the first
    source) ... 1."""
    if kind is HeatKind.RADIUS:
        return math.log1p(min(max(value, 0.0), WIDEST)) / math.log1p(WIDEST)
    if kind is HeatKind.TRUST:
        return min(max(value, 0.0), 1.0)
    if kind is HeatKind.DEPTH:
        return min(max((value - 1) / max(1, k - 1), 0.0), 1.0)
    doubt = min(max(1.0 - value, 0.0), 1.0)
    return float(doubt**0.5) if kind is HeatKind.LOCAL_Q else doubt
