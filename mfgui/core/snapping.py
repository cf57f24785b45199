"""Edges that brushes keep to: guides, footprints on one side of an edge, regions grown to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from mfgui.core.arrays import BoolMask, ImageF32, Rect


class GuideKind(StrEnum):
    """Where the edges come from."""

    SHARPNESS = "sharpness"
    LUMINANCE = "luminance"
    FUSED = "fused"


class Guide(Protocol):
    """A grey picture whose edges are those of the objects.

    `read(rect)` gives (rect.height, rect.width) float32 for a rectangle inside the picture,
    computed when it is first asked for and kept in tiles.
    """

    kind: GuideKind

    def read(self, rect: Rect) -> ImageF32: ...


def snapped(
    guide: Guide, rect: Rect, mask: BoolMask, centre: tuple[float, float], *, strength: int
) -> BoolMask:
    """The part of `mask` on the same side of the nearest edge as `centre`; see the tests."""
    raise NotImplementedError
