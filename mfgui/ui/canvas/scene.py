"""What decides how a canvas looks, but for the place."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfgui.core.arrays import ImageU8, LabelArray
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
class Levels:
    """A level of every pixel, (H, W) uint8, live.

    `stamp` differs for every other content, `colours` what the levels are drawn in:
    one hue, or the anchors of a ramp.
    """

    values: ImageU8 = field(repr=False)
    colours: tuple[int, ...]
    stamp: object


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that decides how the canvas looks, but for the place.

    Attributes
    ----------
    stamp : int
        Another number for every other content of `picture`.
    map, other : Map
        The focus map, and the one that it is compared with.
    levels : Levels
        Of the soft map or the heat map, whichever `overlay` shows.
    """

    picture: Picture | None
    stamp: int = 0
    map: Map | None = None
    overlay: Overlay = field(default_factory=Overlay)
    active: int = 1
    surround: int = 0xFF777777
    ratio: float = 1.0
    other: Map | None = None
    levels: Levels | None = None

    @property
    def mode(self) -> OverlayMode:
        """The mode of the overlay; off where what it would show is missing."""
        mode = self.overlay.mode
        if mode is OverlayMode.SOFT or mode.of_heat:
            there = self.levels is not None
        else:
            there = self.map is not None
        if mode is OverlayMode.DIFFERENCE:
            there = there and self.other is not None
        return mode if there else OverlayMode.OFF

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for scenes that look the same."""
        fixed = (self.picture is None, self.stamp, self.surround, self.ratio)
        mode = self.mode
        if mode is OverlayMode.OFF:
            return fixed
        if mode is OverlayMode.SOFT or mode.of_heat:
            assert self.levels is not None
            return (*fixed, self.overlay, self.levels.stamp)
        assert self.map is not None
        about_active = mode in (OverlayMode.ACTIVE, OverlayMode.DIFFERENCE)
        other = self.other.stamp if mode is OverlayMode.DIFFERENCE and self.other else 0
        active = self.active if about_active else 0
        return (*fixed, self.overlay, self.map.stamp, active, other)
