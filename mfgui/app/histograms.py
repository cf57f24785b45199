"""Tasks that count the values of a picture, and which pixels they count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from mfgui.app.composite import Composite
from mfgui.app.reading import Reader, reader_of
from mfgui.app.view_control import COMPOSITE
from mfgui.core.arrays import BoolMask, Depth, ImageF32, LabelArray, Rect
from mfgui.core.bands import boundary_band
from mfgui.core.compute import StopRequested
from mfgui.core.histogram import Histogram, Mask, count
from mfgui.core.session import Session
from mfgui.jobs.pool import Report, Task


class Area(StrEnum):
    """Which pixels are counted."""

    WHOLE = "whole"
    VISIBLE = "visible"
    BAND = "band"
    REGION = "region"


@dataclass(frozen=True, eq=False)
class Counted:
    """What is counted.

    Attributes
    ----------
    rect : Rect
        Inside the picture.
    labels : (H, W) or None
        A map that nobody writes, to count only its boundary band.
    band : int
        Width of that in pixels.
    """

    rect: Rect
    labels: LabelArray | None = field(default=None, repr=False)
    band: int = 0

    def mask(self) -> Mask | None:
        """Which pixels of a part of the rectangle count; None for all."""
        labels, band = self.labels, self.band
        if labels is None:
            return None
        height, width = labels.shape
        whole = Rect(0, 0, width, height)

        def inside(part: Rect) -> BoolMask:
            around = part.grown(band).intersected(whole)
            found = boundary_band(labels[around.slices], band)
            x, y = part.x - around.x, part.y - around.y
            return found[y : y + part.height, x : x + part.width]

        return inside


def counted(
    session: Session, area: Area, *, visible: Rect, band: int
) -> tuple[Counted | None, str]:
    """The pixels of an area, or None with the reason why there are none."""
    if session.stack is None:
        return None, "no set is open"
    size = session.stack.size
    whole = Rect(0, 0, size.width, size.height)
    if area is Area.BAND:
        if session.focus_map is None:
            return None, "detect or load a focus map first"
        return Counted(whole, session.focus_map.snapshot(), band), ""
    if area is Area.REGION:
        if session.region is None:
            return None, "draw a region first"
        return Counted(session.region.intersected(whole)), ""
    if area is Area.VISIBLE:
        seen = visible.intersected(whole)
        return (None, "nothing of the picture is visible") if seen.empty else (Counted(seen), "")
    return Counted(whole), ""


def pixels_of(session: Session, composite: Composite, key: str) -> Reader | None:
    """What reads a picture, the composite of the map included; None for others."""
    if key != COMPOSITE:
        return reader_of(session, key)
    if session.stack is None or session.focus_map is None:
        return None
    compose = composite.image()
    made: list[ImageF32] = []

    def read(rect: Rect) -> ImageF32:
        if not made:  # in the pool, where it is read first
            made.append(compose())
        return made[0][rect.slices]

    return read


def counting(
    readers: dict[str, Reader],
    what: Counted,
    depth: Depth,
    *,
    checkpoint: Callable[[], None],
) -> Task:
    """Count the values of pictures, by key; None when that was stopped."""

    def task(_report: Report) -> dict[str, Histogram] | None:
        inside = what.mask()
        try:
            return {
                key: count(read, what.rect, depth, inside=inside, checkpoint=checkpoint)
                for key, read in readers.items()
            }
        except StopRequested:
            return None

    return task
