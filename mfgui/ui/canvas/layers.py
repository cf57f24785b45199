"""What one pane shows of a shelf: which picture, what over it, and what in its place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from mfgui.core.arrays import Rect, Size
from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture
from mfgui.core.result import BACKGROUND
from mfgui.ui.canvas.measures import Measures
from mfgui.ui.canvas.overlays import ColourTable, Overlay, OverlayMode, Palette
from mfgui.ui.canvas.scene import Band, Compared, Levels, Map, Plane, Scene
from mfgui.ui.canvas.shelf import NO_SET as NO_SET
from mfgui.ui.canvas.shelf import Shelf


class Layers:
    """Pictures of one set and what is known of their pixels; `scene` says what is to be drawn.

    Methods that change something return the image rectangle that now looks different in this
    pane, empty when nothing does. Panes that share the shelf compare their scenes before and
    after; equal contents look the same.

    Attributes
    ----------
    shown, peeked : str
        Keys of pictures; empty for none.
    view, gain, against : CompareView, int, str
        What is drawn of the picture, the factor of differences, and the key of the picture that
        it is compared with.
    band : int
        Width of what is not dimmed about label changes; 0 dims nothing.
    """

    def __init__(self, palette: Palette, shelf: Shelf | None = None) -> None:
        self.palette = palette
        self.shelf = Shelf() if shelf is None else shelf
        self.overlay = Overlay()
        self.active = 1
        self.shown = ""
        self.peeked = ""
        self.view = CompareView.PICTURE
        self.gain = 1
        self.against = ""
        self.band = 0

    @property
    def size(self) -> Size:
        return self.shelf.size

    @property
    def k(self) -> int:
        """Sources that the focus map chooses from; 0 without one."""
        return self.shelf.k

    @property
    def measures(self) -> Measures:
        return self.shelf.measures

    @property
    def pictures(self) -> Mapping[str, Picture]:
        return self.shelf.pictures

    @property
    def map(self) -> Map | None:
        """The focus map in the colours of this pane."""
        return self._coloured(self.shelf.labels)

    @property
    def other(self) -> Map | None:
        """The map that the focus map is compared with."""
        return self._coloured(self.shelf.others)

    @property
    def visible(self) -> str:
        """Key of the picture that is drawn, peeking included; empty when there is none."""
        return self.peeked or self.shown

    @property
    def whole(self) -> Rect:
        return self.shelf.whole

    def begin_set(self, size: Size) -> None:
        """Forget everything of the set before."""
        self.shelf.begin_set(size)
        self.shown = self.peeked = ""

    def set_active(self, label: int) -> None:
        """Choose the active label; large stacks draw it in the accent colour."""
        self.active = label

    def set_palette(self, palette: Palette) -> None:
        """Draw labels in other colours."""
        self.palette = palette

    def scene(
        self, key: str | None = None, *, surround: int = 0xFF000000, ratio: float = 1.0
    ) -> Scene:
        """What is to be drawn now; nothing lies over a picture that is peeked at, nor over a
        recovered background: it is to be seen where the map and its values are about the front.

        With a `key` the same of another picture than the visible one.
        """
        plain = key is None and bool(self.peeked)
        key = self.visible if key is None else key
        bare = plain or key.endswith(f":{BACKGROUND}")
        return Scene(
            self.pictures.get(key),
            self.shelf.stamp_of(key),
            map=self.map,
            overlay=Overlay() if bare else self.overlay,
            active=self.active,
            surround=surround,
            ratio=ratio,
            other=self.other,
            levels=None if bare else self._levels(),
            compared=None if plain else self._compared(key),
            band=None if plain else self._band(),
        )

    def _compared(self, key: str) -> Compared | None:
        """What is drawn of a picture; the picture itself where it has no map of its own."""
        own = None
        if self.view is CompareView.MAP:
            own = self._coloured(self.shelf.maps.get(key))
        if self.view is CompareView.PICTURE or (self.view is CompareView.MAP and own is None):
            return None
        return Compared(
            self.view,
            self.gain,
            self.pictures.get(self.against),
            self.shelf.stamp_of(self.against),
            q=self.shelf.planes.get(key),
            against_q=self.shelf.planes.get(self.against),
            map=own,
            strength=self.overlay.strength,
            ramp=self.palette.ramp,
            diverging=self.palette.diverging,
        )

    def _band(self) -> Band | None:
        distance = self.shelf.distance
        return Band(distance, self.band) if self.band and distance is not None else None

    def _levels(self) -> Levels | None:
        """Of the soft map or the heat map that the overlay shows, if it does."""
        mode = self.overlay.mode
        if mode is OverlayMode.SOFT:
            return self.measures.soft(max(1, self.active), self._hue)
        if mode.of_heat:
            return self.measures.heat(HeatKind(mode.value), self.palette.ramp)
        return None

    def _hue(self, label: int) -> int:
        count = max(self.k, self.measures.planes, 1)
        return self.palette.colour(min(label, count), k=count, active=self.active)

    def _coloured(self, plane: Plane | None) -> Map | None:
        if plane is None:
            return None
        few = len(self.palette.labels)
        k = self.k or few
        # Up to that many sources the active one has the colour that it always has.
        kind = (self.palette, plane.values.dtype, k, self.active if k > few else 0)
        return Map(plane.values, _table(*kind), (plane.stamp, *kind), self.k)


@lru_cache(maxsize=8)
def _table(palette: Palette, kind: np.dtype[Any], k: int, active: int) -> ColourTable:
    return palette.table(np.empty(0, kind), k=k, active=active)
