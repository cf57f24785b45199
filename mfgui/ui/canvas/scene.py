"""What decides how a canvas looks, but for the place."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfgui.core.arrays import LabelArray
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.overlays import ColourTable, Overlay, OverlayMode


@dataclass(frozen=True, eq=False)
class Map:
    """The focus map to draw: live labels, and their table of colours.

    `stamp` is another number for every other content.
    """

    labels: LabelArray = field(repr=False)
    table: ColourTable = field(repr=False)
    stamp: int


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that decides how the canvas looks, but for the place.

    `stamp` is another number for every other content of `picture`.
    """

    picture: Picture | None
    stamp: int = 0
    map: Map | None = None
    overlay: Overlay = field(default_factory=Overlay)
    active: int = 1
    surround: int = 0xFF777777
    ratio: float = 1.0

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for scenes that look the same."""
        fixed = (self.picture is None, self.stamp, self.surround, self.ratio)
        if self.map is None or self.overlay.mode is OverlayMode.OFF:
            return fixed
        active = self.active if self.overlay.mode is OverlayMode.ACTIVE else 0
        return (*fixed, self.map.stamp, self.overlay, active)
