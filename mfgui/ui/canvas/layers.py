"""What one pane shows of a shelf: which picture, what over it, and what in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect, Size
from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas.measures import Measures, Values, Weights
from mfgui.ui.canvas.overlays import ColourTable, Overlay, OverlayMode, Palette
from mfgui.ui.canvas.scene import Band, Compared, Levels, Map, Plane, PlaneArray, Scene
from mfgui.ui.canvas.shelf import NO_SET as NO_SET
from mfgui.ui.canvas.shelf import NOWHERE, Shelf


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

    def set_picture(self, key: str, picture: Picture) -> Rect:
        """Add or exchange a picture; the first one is shown."""

        def change() -> Rect:
            self.shown = self.shown or key
            return self.shelf.set_picture(key, picture)

        return self._seen(change)

    def update_picture(
        self, key: str, pixels: ImageU8, rect: Rect | None, stored: PixelArray | StoredReader | None
    ) -> Rect:
        """Exchange pixels in place where the picture has the same size, else the picture."""

        def change() -> Rect:
            self.shown = self.shown or key
            return self.shelf.update_picture(key, pixels, rect, stored)

        return self._seen(change)

    def remove_picture(self, key: str) -> Rect:
        """Forget a picture; if it is shown, nothing is."""

        def change() -> Rect:
            self.shown = "" if self.shown == key else self.shown
            self.peeked = "" if self.peeked == key else self.peeked
            return self.shelf.remove_picture(key)

        return self._seen(change)

    def set_labels(self, labels: LabelArray | None, k: int) -> None:
        """Take the live labels of K sources, (H, W), by reference; ValueError if they misfit."""
        self.shelf.set_labels(labels, k)

    def labels_changed(self, rect: Rect) -> Rect:
        """Labels inside `rect` have been changed in place."""
        return self._seen(lambda: self.shelf.labels_changed(rect))

    def set_other(self, labels: LabelArray | None) -> None:
        """Take the labels of the map that this one is compared with, (H, W), by reference."""
        self.shelf.set_other(labels)

    def set_soft(self, weights: Weights | None) -> None:
        """Take continuous weights, (H, W) or one plane for each label, by reference."""
        self.shelf.set_soft(weights)

    def set_heat(self, kind: HeatKind, values: Values | None, rect: Rect | None) -> Rect:
        """Take measured values, (H, W); `rect` is where they differ from those before."""
        return self._seen(lambda: self.shelf.set_heat(kind, values, rect))

    def set_plane(self, key: str, plane: PlaneArray | None, rect: Rect | None = None) -> Rect:
        """Take the live local Q of a picture, see `Shelf.planes`; only `rect` of it is new."""
        return self._seen(lambda: self.shelf.set_plane(key, plane, rect))

    def set_map(self, key: str, labels: LabelArray | None, rect: Rect | None = None) -> Rect:
        """Take the labels that a picture was fused by; only `rect` of them is new."""
        return self._seen(lambda: self.shelf.set_map(key, labels, rect))

    def set_distance(self, distance: ImageU8 | None, rect: Rect | None = None) -> Rect:
        """Take the live distances from label changes, see `Band`; only `rect` of them is new."""
        return self._seen(lambda: self.shelf.set_distance(distance, rect))

    def set_active(self, label: int) -> None:
        """Choose the active label; large stacks draw it in the accent colour."""
        self.active = label

    def set_palette(self, palette: Palette) -> None:
        """Draw labels in other colours."""
        self.palette = palette

    def scene(
        self, key: str | None = None, *, surround: int = 0xFF000000, ratio: float = 1.0
    ) -> Scene:
        """What is to be drawn now; nothing lies over a picture that is peeked at.

        With a `key` the same of another picture than the visible one.
        """
        plain = key is None and bool(self.peeked)
        key = self.visible if key is None else key
        return Scene(
            self.pictures.get(key),
            self.shelf.stamp_of(key),
            map=self.map,
            overlay=Overlay() if plain else self.overlay,
            active=self.active,
            surround=surround,
            ratio=ratio,
            other=self.other,
            levels=None if plain else self._levels(),
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

    def _seen(self, change: Callable[[], Rect]) -> Rect:
        """The rectangle of a change where this pane shows it, else nowhere."""
        before = self.scene().content
        rect = change()
        return NOWHERE if self.scene().content == before else rect


@lru_cache(maxsize=8)
def _table(palette: Palette, kind: np.dtype[Any], k: int, active: int) -> ColourTable:
    return palette.table(np.empty(0, kind), k=k, active=active)
