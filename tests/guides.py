"""Guides for tests: pictures that are there from the start."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import Rect, Size
from mfgui.core.snapping import GuideKind


class Picture:
    """A guide of given values, (H, W); `asked` is every rectangle that was read."""

    kind = GuideKind.LUMINANCE

    def __init__(self, values: np.ndarray) -> None:
        self.values = values.astype(np.float32)
        self.size = Size(values.shape[1], values.shape[0])
        self.asked: list[Rect] = []

    def read(self, rect: Rect) -> np.ndarray:
        self.asked.append(rect)
        return self.values[rect.slices].copy()

    def ready(self, _rect: Rect) -> bool:
        return True


def halves(width: int, height: int, *, border: int) -> Picture:
    """0.2 left of column `border`, 0.8 from there on."""
    values = np.full((height, width), 0.2)
    values[:, border:] = 0.8
    return Picture(values)
