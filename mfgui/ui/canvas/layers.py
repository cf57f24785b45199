"""What a canvas has to show: pictures by key, the focus map, the overlay, and which is up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect, Size
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas.measures import Measures, Values, Weights
from mfgui.ui.canvas.overlays import Overlay, OverlayMode, Palette
from mfgui.ui.canvas.scene import Levels, Map, Scene

NO_SET = Size(1, 1)


class Layers:
    """Pictures of one set and its focus map; `scene` says what is to be drawn.

    Methods that change something return the image rectangle that now looks different, empty
    when nothing does.
    """

    def __init__(self, palette: Palette) -> None:
        self.size = NO_SET
        self.palette = palette
        self.overlay = Overlay()
        self.active = 1
        self.shown = ""
        self.peeked = ""
        self.k = 0
        self.map: Map | None = None
        self.other: Map | None = None
        self.measures = Measures()
        self._pictures: dict[str, Picture] = {}
        self._stamps = itertools.count(1)
        self._stamp_of: dict[str, int] = {}

    @property
    def pictures(self) -> Mapping[str, Picture]:
        return MappingProxyType(self._pictures)

    @property
    def visible(self) -> str:
        """Key of the picture that is drawn, peeking included; empty when there is none."""
        return self.peeked or self.shown

    @property
    def whole(self) -> Rect:
        return Rect(0, 0, self.size.width, self.size.height)

    def begin_set(self, size: Size) -> None:
        """Forget everything of the set before."""
        self.size = size
        self._pictures.clear()
        self._stamp_of.clear()
        self.shown = self.peeked = ""
        self.map, self.k, self.other = None, 0, None
        self.measures.clear()

    def set_picture(self, key: str, picture: Picture) -> Rect:
        """Add or exchange a picture; the first one is shown."""
        if not self._pictures and self.size == NO_SET:
            self.size = picture.size
        self._pictures[key] = picture
        self._stamp_of[key] = next(self._stamps)
        self.shown = self.shown or key
        return self.whole if key == self.visible else _NOWHERE

    def update_picture(
        self, key: str, pixels: ImageU8, rect: Rect | None, stored: PixelArray | StoredReader | None
    ) -> Rect:
        """Exchange pixels in place where the picture has the same size, else the picture."""
        picture = self._pictures.get(key)
        height, width, channels = pixels.shape
        fits = picture is not None and picture.channels == channels
        if picture is None or not fits or (rect is None and picture.size != Size(width, height)):
            return self.set_picture(key, Picture(pixels, stored=stored))
        changed = rect or Rect(0, 0, width, height)
        picture.repair(changed, pixels)
        if stored is not None:
            picture.set_stored(stored)
        self._stamp_of[key] = next(self._stamps)
        return _scaled(changed, picture.size, self.size) if key == self.visible else _NOWHERE

    def remove_picture(self, key: str) -> Rect:
        """Forget a picture; if it is shown, nothing is."""
        changed = self.whole if key == self.visible else _NOWHERE
        self._pictures.pop(key, None)
        self._stamp_of.pop(key, None)
        self.shown = "" if self.shown == key else self.shown
        self.peeked = "" if self.peeked == key else self.peeked
        return changed

    def set_labels(self, labels: LabelArray | None, k: int) -> None:
        """Take the live labels of K sources, (H, W), by reference; ValueError if they misfit."""
        if labels is None:
            self.map, self.k = None, 0
            return
        self._check(labels.shape)
        self.k = k
        table = self.palette.table(labels, k=k, active=self.active)
        self.map = Map(labels, table, next(self._stamps))

    def labels_changed(self, rect: Rect) -> Rect:
        """Labels inside `rect` have been changed in place."""
        if self.map is None:
            return _NOWHERE
        before = self.scene().content
        self.map = replace(self.map, stamp=next(self._stamps))
        return _NOWHERE if self.scene().content == before else rect

    def set_other(self, labels: LabelArray | None) -> None:
        """Take the labels of the map that this one is compared with, (H, W), by reference."""
        self.other = None
        if labels is not None:
            self._check(labels.shape)
            table = self.palette.table(labels, k=max(1, self.k), active=self.active)
            self.other = Map(labels, table, next(self._stamps))

    def set_soft(self, weights: Weights | None) -> None:
        """Take continuous weights, (H, W) or one plane for each label, by reference."""
        if weights is not None:
            self._check(weights.shape[-2:])
        self.measures.set_soft(weights, next(self._stamps))

    def set_heat(self, kind: HeatKind, values: Values | None, rect: Rect | None) -> Rect:
        """Take measured values, (H, W); `rect` is where they differ from those before."""
        if values is not None:
            self._check(values.shape)
        before = self.scene().content
        self.measures.set_heat(kind, values, next(self._stamps), rect)
        same = self.scene().content == before
        return _NOWHERE if same else rect if rect is not None else self.whole

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape != (self.size.height, self.size.width):
            raise ValueError(f"the map is {shape[1]} x {shape[0]}, not {self.size}")

    def set_active(self, label: int) -> None:
        """Choose the active label; large stacks draw it in the accent colour."""
        self.active = label
        if self.k > len(self.palette.labels):
            self._colour_again()

    def set_palette(self, palette: Palette) -> None:
        """Draw labels in other colours."""
        if palette != self.palette:
            self.palette = palette
            self._colour_again()

    def scene(self, *, surround: int = 0xFF000000, ratio: float = 1.0) -> Scene:
        """What is to be drawn now; nothing lies over a picture that is peeked at."""
        return Scene(
            self._pictures.get(self.visible),
            self._stamp_of.get(self.visible, 0),
            map=self.map,
            overlay=Overlay() if self.peeked else self.overlay,
            active=self.active,
            surround=surround,
            ratio=ratio,
            other=self.other,
            levels=self._levels(),
        )

    def _levels(self) -> Levels | None:
        """Of the soft map or the heat map that the overlay shows, if it does."""
        mode = self.overlay.mode
        if self.peeked:
            return None
        if mode is OverlayMode.SOFT:
            return self.measures.soft(max(1, self.active), self._hue)
        if mode.of_heat:
            return self.measures.heat(HeatKind(mode.value), self.palette.ramp)
        return None

    def _hue(self, label: int) -> int:
        count = max(self.k, self.measures.planes, 1)
        return self.palette.colour(min(label, count), k=count, active=self.active)

    def _colour_again(self) -> None:
        if self.map is not None:
            self.set_labels(self.map.labels, self.k)


_NOWHERE = Rect(0, 0, 0, 0)


def _scaled(rect: Rect, size: Size, frame: Size) -> Rect:
    """A rectangle of a picture of `size` in pixels of the set, rounded outwards."""
    x, y = rect.x * frame.width // size.width, rect.y * frame.height // size.height
    right = -(-rect.right * frame.width // size.width)
    bottom = -(-rect.bottom * frame.height // size.height)
    return Rect(x, y, right - x, bottom - y)
