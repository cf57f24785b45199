"""The ways in which a focus map can be laid over a picture, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_STRENGTH = 35


class OverlayMode(StrEnum):
    """What is drawn over the picture; the values are the names in settings and sessions."""

    OFF = "off"
    TINT = "tint"
    CONTOUR = "contour"
    HATCH = "hatch"
    ACTIVE = "only-active"
    UNASSIGNED = "unassigned"
    SOFT = "soft"
    DIFFERENCE = "difference"
    LOCAL_Q = "local-q"
    CONFIDENCE = "confidence"
    TRUST = "result-confidence"
    RADIUS = "blur-radius"
    DEPTH = "depth"

    @property
    def of_heat(self) -> bool:
        """Whether it shows a value of every pixel, and not the map."""
        return self in (
            OverlayMode.LOCAL_Q,
            OverlayMode.CONFIDENCE,
            OverlayMode.TRUST,
            OverlayMode.RADIUS,
            OverlayMode.DEPTH,
        )


OVERLAYS = tuple(mode.value for mode in OverlayMode)


@dataclass(frozen=True)
class Overlay:
    """Mode and strength in percent.

    Strength is the opacity of the tint and of the checkerboard, the dimming of the labels that
    are not active, or the width of the contour: 1 screen pixel at 0, 2 at 35, 4 at 100. Lines of
    the hatch begin at a quarter; soft maps, differences and heat maps, which are read and not
    only seen, at half.
    """

    mode: OverlayMode = OverlayMode.OFF
    strength: int = DEFAULT_STRENGTH

    @property
    def contour_width(self) -> int:
        """Screen pixels of the white line."""
        return 1 + round(3 * self.strength / 100)

    @property
    def opacity(self) -> float:
        """Of what the mode draws, 0 ... 1."""
        share = self.strength / 100
        if self.mode is OverlayMode.HATCH:
            return 0.25 + 0.75 * share
        if self.mode.of_heat or self.mode in (OverlayMode.DIFFERENCE, OverlayMode.SOFT):
            return 0.5 + 0.5 * share
        return share
