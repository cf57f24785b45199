"""What is known of every pixel beside its label: soft weights and heat maps, as levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.heat import HeatKind, levels_of
from mfgui.ui.canvas.scene import Levels

Weights: TypeAlias = npt.NDArray[np.float32]  # (H, W) or (K, H, W), 0 ... 1
Values: TypeAlias = npt.NDArray[Any]  # (H, W) float32 or NaN, or levels as uint8


class Measures:
    """Soft weights and heat maps of one set; levels are made when they are first drawn."""

    def __init__(self) -> None:
        self._weights: Weights | None = None
        self._soft: tuple[int, ImageU8] | None = None  # plane, and its levels
        self._soft_stamp = 0
        self._heat: dict[HeatKind, tuple[ImageU8, int, int]] = {}

    @property
    def planes(self) -> int:
        """Labels that have weights of their own; 0 for weights of label 1 alone, and for none."""
        if self._weights is None or self._weights.ndim == 2:
            return 0
        return len(self._weights)

    @property
    def has_soft(self) -> bool:
        return self._weights is not None

    def clear(self) -> None:
        """Forget everything of the set."""
        self._weights = self._soft = None
        self._heat.clear()

    def set_soft(self, weights: Weights | None, stamp: int) -> None:
        """Exchange the weights."""
        self._weights, self._soft, self._soft_stamp = weights, None, stamp

    def soft(self, label: int, hue: Callable[[int], int]) -> Levels | None:
        """Levels of the weight of `label`, in its colour; those of label 1 if it alone has any."""
        if self._weights is None:
            return None
        plane = min(label, self.planes) if self.planes else 1
        if self._soft is None or self._soft[0] != plane:
            weights = self._weights[plane - 1] if self.planes else self._weights
            self._soft = (plane, np.asarray(cv2.convertScaleAbs(weights, alpha=255.0)))
        colour = hue(plane)
        # The stamp tells planes and colours apart, too.
        stamp = (self._soft_stamp, plane, colour)
        return Levels(self._soft[1], (colour,), stamp)

    def set_heat(
        self, kind: HeatKind, values: Values | None, stamp: int, rect: Rect | None, k: int = 0
    ) -> None:
        """Exchange the values of a kind, of which only those in `rect` are others than before;
        depths are those of `k` sources."""
        if values is None:
            self._heat.pop(kind, None)
            return
        kept = self._heat.get(kind)
        if values.dtype == np.uint8:
            levels = values
        elif rect is None or kept is None:
            levels = levels_of(values, kind, k=k)
        else:
            levels = kept[0]
            levels[rect.slices] = levels_of(values[rect.slices], kind, k=k)
        self._heat[kind] = (levels, stamp, k)

    def heat(self, kind: HeatKind, ramp: tuple[int, ...]) -> Levels | None:
        """Levels of a kind, along `ramp`."""
        kept = self._heat.get(kind)
        return None if kept is None else Levels(kept[0], ramp, (kept[1], ramp), kept[2])
