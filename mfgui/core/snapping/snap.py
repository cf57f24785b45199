"""Snap: the part of a brush footprint that lies on one side of the nearest edge."""

from __future__ import annotations

from mfgui.core.arrays import BoolMask, Rect
from mfgui.core.snapping.guide import Guide


def snapped(
    guide: Guide, rect: Rect, mask: BoolMask, centre: tuple[float, float], *, strength: int
) -> BoolMask:
    """The part of `mask` on the same side of the nearest edge as `centre`.

    Parameters
    ----------
    rect : Rect
        Inside the picture, where `mask` lies.
    mask : (rect.height, rect.width) bool
        The footprint of the brush.
    centre : (x, y)
        Of the brush in image coordinates (pixel i spans i ... i + 1); may lie outside `rect`.
    strength : int
        0 returns `mask` as it is, 100 follows every edge.
    """
    raise NotImplementedError
