"""What a guide is: a grey picture whose edges are those of the objects."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from mfgui.core.arrays import ImageF32, Rect, Size


class GuideKind(StrEnum):
    """Where the edges come from."""

    SHARPNESS = "sharpness"
    LUMINANCE = "luminance"
    FUSED = "fused"


class Guide(Protocol):
    """A grey picture whose edges are those of the objects.

    `read(rect)` gives (rect.height, rect.width) float32 for a rectangle inside the picture,
    computed when it is first asked for and kept in tiles. `size` is that of the picture.
    """

    kind: GuideKind
    size: Size

    def read(self, rect: Rect) -> ImageF32: ...
