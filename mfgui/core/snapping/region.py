"""The region of the smart brush: a rough stroke grown to the nearest edge."""

from __future__ import annotations

from mfgui.core.arrays import BoolMask, Rect
from mfgui.core.snapping.guide import Guide


def grow(
    guide: Guide, rect: Rect, mask: BoolMask, *, reach: int, sensitivity: int
) -> tuple[Rect, BoolMask]:
    """The region that a stroke stands for: grown to the nearest edge.

    Parameters
    ----------
    rect : Rect
        Inside the picture, where `mask` lies.
    mask : (rect.height, rect.width) bool
        The stroke as it was drawn; it always belongs to the region.
    reach : int
        Pixels that the region may extend beyond the stroke, 0 or more.
    sensitivity : int
        0 ... 100; the higher, the weaker an edge at which the region stops.

    Returns
    -------
    (rect, mask)
        A rectangle inside the picture that contains the stroke's, and the region in it.
    """
    raise NotImplementedError
