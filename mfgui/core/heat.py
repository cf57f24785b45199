"""Measured values of every pixel as 255 levels, so that they take a byte and are drawn fast."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8

NO_VALUE = 0
_STEPS = 254  # levels 1 ... 255


class HeatKind(StrEnum):
    """What is measured."""

    LOCAL_Q = "local-q"
    CONFIDENCE = "confidence"


def levels_of(values: npt.NDArray[np.float32], kind: HeatKind) -> ImageU8:
    """Levels of `values` (H, W): 1 where there is no doubt (1.0) ... 255 (0.0), 0 for NaN.

    Levels of the confidence are even in it. Those of local Q are even in the square root of
    1 - Q, which tells 0.99 from 1 as well as 0.3 from 0.35. Values outside [0, 1] are limited.

    >>> levels_of(np.float32([[1.0, 0.99, 0.0, np.nan]]), HeatKind.LOCAL_Q).tolist()
    [[1, 26, 255, 0]]
    """
    levels: ImageU8 = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), 256):  # a block stays in the cache
        doubt = np.clip(np.float32(1.0) - values[top : top + 256], 0.0, 1.0)
        missing = np.isnan(doubt)
        if kind is HeatKind.LOCAL_Q:
            np.sqrt(doubt, out=doubt)
        doubt *= np.float32(_STEPS)
        doubt += np.float32(1.5)
        doubt[missing] = NO_VALUE
        levels[top : top + 256] = doubt
    return levels


def values_of(levels: ImageU8, kind: HeatKind) -> npt.NDArray[np.float32]:
    """The middle of what each level stands for, NaN where there is no value."""
    doubt = (np.arange(256, dtype=np.float32) - 1) / _STEPS
    table = 1 - (doubt * doubt if kind is HeatKind.LOCAL_Q else doubt)
    table[NO_VALUE] = np.nan
    found: npt.NDArray[np.float32] = np.asarray(cv2.LUT(levels, table))
    return found.reshape(levels.shape)


def place_of(value: float, kind: HeatKind) -> float:
    """Where `value` lies on the scale, 0 (no doubt) ... 1."""
    doubt = min(max(1.0 - value, 0.0), 1.0)
    return float(doubt**0.5) if kind is HeatKind.LOCAL_Q else doubt
