"""What decides how a canvas looks, but for the place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy.typing as npt

from mfgui.core.arrays import ImageU8, LabelArray
from mfgui.core.comparison import CompareView
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.overlays import DEFAULT_STRENGTH, ColourTable, Overlay, OverlayMode

PlaneArray: TypeAlias = npt.NDArray[Any]  # (H, W) uint8 or uint16


@dataclass(frozen=True, eq=False)
class Plane:
    """A number of every pixel, (H, W), live; `stamp` is another one for every other content."""

    values: PlaneArray = field(repr=False)
    stamp: int


@dataclass(frozen=True, eq=False)
class Map:
    """The focus map to draw: live labels of `k` sources, and their table of colours.

    `stamp` differs for every other content. `k` is 0 where it is not known.
    """

    labels: LabelArray = field(repr=False)
    table: ColourTable = field(repr=False)
    stamp: object
    k: int = 0


@dataclass(frozen=True, eq=False)
class Levels:
    """A level of every pixel, (H, W) uint8, live.

    `stamp` differs for every other content, `colours` what the levels are drawn in:
    one hue, or the anchors of a ramp. Depths go from source 1 to source `k`.
    """

    values: ImageU8 = field(repr=False)
    colours: tuple[int, ...]
    stamp: object
    k: int = 0


@dataclass(frozen=True, eq=False)
class Compared:
    """What is drawn in place of the picture, or over it, to compare it.

    Attributes
    ----------
    view : CompareView
        Any but the picture itself.
    against : Picture
        What the pixels are compared with; None when it is missing. `stamp` is that of its
        content.
    q, against_q : Plane
        Local Q of the picture, and of the one it is compared with, (H, W) uint16.
    map : Map
        The labels that the picture was fused by, drawn over it.
    strength : int
        Of their tint, in percent.
    ramp, diverging : tuple of int
        Anchors of the colours, 0xffRRGGBB.
    """

    view: CompareView
    gain: int = 1
    against: Picture | None = None
    stamp: int = 0
    q: Plane | None = None
    against_q: Plane | None = None
    map: Map | None = None
    strength: int = DEFAULT_STRENGTH
    ramp: tuple[int, ...] = ()
    diverging: tuple[int, ...] = ()

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for what looks the same over the same picture."""
        if self.view is CompareView.MAP:
            return (self.view, self.strength, self.map and self.map.stamp)
        if self.view.of_pixels:
            return (self.view, self.gain, self.against is None, self.stamp)
        q = self.q and self.q.stamp
        if self.view is CompareView.LOCAL_Q:
            return (self.view, q)
        return (self.view, self.gain, q, self.against_q and self.against_q.stamp)


@dataclass(frozen=True, eq=False)
class Band:
    """What is farther from a label change than `width` pixels is dimmed.

    `distance` is 1 at pixels that touch another label, corners included, and one more for each
    row or column farther away.
    """

    distance: Plane
    width: int

    @property
    def content(self) -> tuple[object, ...]:
        """Equal for what looks the same."""
        return (self.distance.stamp, self.width)


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
    compared : Compared
        How the picture is compared; None for the picture itself.
    band : Band
        None where nothing is dimmed.
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
    compared: Compared | None = None
    band: Band | None = None

    @property
    def replaced(self) -> bool:
        """Whether something else than the picture is drawn in its place."""
        return self.compared is not None and self.compared.view is not CompareView.MAP

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
        compared = None if self.compared is None else self.compared.content
        band = None if self.band is None else self.band.content
        place = (self.picture is None, self.stamp, self.surround, self.ratio)
        fixed = (*place, compared, band)
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
