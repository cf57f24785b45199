"""What the option bar sets: frozen values that every tool reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mfgui.core.line_profile import Interpolation
from mfgui.core.snapping import GuideKind

SMALLEST, LARGEST = 1, 4096  # pixels


class Over(StrEnum):
    """Which pixels may be painted (*Protect*)."""

    ANY = "any"
    UNASSIGNED = "unassigned"
    LABEL = "label"


@dataclass(frozen=True)
class ToolOptions:
    """Settings of all tools together; a tool reads its own.

    Attributes
    ----------
    size : int
        Diameter of brush, eraser, smart brush and refine band in image pixels, 1 ... 4096.
    pressure_size : bool
        The pressure of a stylus drives the size.
    snap : bool
        Strokes keep to the side of the nearest edge.
    snap_strength : int
        Percent; 0 is an ordinary brush.
    guide : GuideKind
        Where the edges of Snap, smart brush and bounded fill come from.
    over, over_label
        What may be painted over; the number counts for `Over.LABEL` only.
    subtract : bool
        Lasso and polygon write *unassigned* where the active label is.
    everywhere : bool
        Fill takes the label wherever it is, not only the connected region.
    by_edges : bool
        Fill stops at edges of the guide, not only at labels.
    reach : int
        Percent of its size that the smart brush may grow beyond the stroke.
    sensitivity : int
        Percent; the higher, the weaker an edge at which the smart brush stops.
    band_width : int
        Pixels on each side of a boundary that *refine band* solves again.
    band_method : str
        Name of a refiner: "guided-filter" or "graph-cut".
    line_width : int
        Pixels across the line of the profile that are averaged.
    line_interpolation : Interpolation
        What the line reads between the centres of pixels.
    """

    size: int = 64
    pressure_size: bool = False
    snap: bool = False
    snap_strength: int = 80
    guide: GuideKind = GuideKind.SHARPNESS
    over: Over = Over.ANY
    over_label: int = 1
    subtract: bool = False
    everywhere: bool = False
    by_edges: bool = False
    reach: int = 100
    sensitivity: int = 50
    band_width: int = 12
    band_method: str = "graph-cut"
    line_width: int = 1
    line_interpolation: Interpolation = Interpolation.BILINEAR

    def only_over(self) -> int | None:
        """The one label that may be painted over, None for any."""
        return {Over.ANY: None, Over.UNASSIGNED: 0, Over.LABEL: self.over_label}[self.over]
