"""What linked panes share: pictures, focus map, planes and maps of one set, each with a stamp."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType

from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect, Size
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas.measures import Measures, Values, Weights
from mfgui.ui.canvas.scene import Plane, PlaneArray

NO_SET = Size(1, 1)
NOWHERE = Rect(0, 0, 0, 0)


class Shelf:
    """Everything of a set that panes draw from, by reference, held once for all of them.

    Every content has a stamp that it never had before, so that each pane sees for itself whether
    what it drew is still true, whoever has changed the content in place. Methods that change
    something return the image rectangle that is another one now.

    Planes and maps of a picture outlive it, because display pictures may be dropped and made
    again.
    """

    def __init__(self) -> None:
        self.size = NO_SET
        self.k = 0
        self.measures = Measures()
        self.labels: Plane | None = None
        self.others: Plane | None = None
        self.distance: Plane | None = None
        self._stamps = itertools.count(1)
        self._pictures: dict[str, Picture] = {}
        self._stamp_of: dict[str, int] = {}
        self._planes: dict[str, Plane] = {}
        self._maps: dict[str, Plane] = {}

    @property
    def pictures(self) -> Mapping[str, Picture]:
        """Display pictures by key."""
        return MappingProxyType(self._pictures)

    @property
    def planes(self) -> Mapping[str, Plane]:
        """(H, W) uint16 of local Q by key of the picture, see `core.planes`; 0 is unknown."""
        return MappingProxyType(self._planes)

    @property
    def maps(self) -> Mapping[str, Plane]:
        """(H, W) labels that a picture was fused by, by its key."""
        return MappingProxyType(self._maps)

    @property
    def whole(self) -> Rect:
        return Rect(0, 0, self.size.width, self.size.height)

    def stamp_of(self, key: str) -> int:
        """Of the content of a picture; 0 when there is none."""
        return self._stamp_of.get(key, 0)

    def begin_set(self, size: Size) -> None:
        """Forget everything of the set before."""
        self.size, self.k = size, 0
        self.labels = self.others = self.distance = None
        self.measures.clear()
        for kept in (self._pictures, self._stamp_of, self._planes, self._maps):
            kept.clear()

    # Pictures

    def set_picture(self, key: str, picture: Picture) -> Rect:
        """Add or exchange a picture."""
        if not self._pictures and self.size == NO_SET:
            self.size = picture.size
        self._pictures[key] = picture
        self._stamp_of[key] = next(self._stamps)
        return self.whole

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
        return _scaled(changed, picture.size, self.size)

    def remove_picture(self, key: str) -> Rect:
        """Forget a picture."""
        self._stamp_of.pop(key, None)
        return NOWHERE if self._pictures.pop(key, None) is None else self.whole

    # Of every pixel

    def set_labels(self, labels: LabelArray | None, k: int) -> Rect:
        """Take the live labels of K sources, (H, W); ValueError if they misfit."""
        self.labels, self.k = self._plane(labels), k if labels is not None else 0
        return self.whole

    def labels_changed(self, rect: Rect) -> Rect:
        """Labels inside `rect` have been changed in place."""
        if self.labels is None:
            return NOWHERE
        self.labels = self._plane(self.labels.values)
        return rect

    def set_other(self, labels: LabelArray | None) -> Rect:
        """Take the labels of the map that the focus map is compared with, (H, W)."""
        self.others = self._plane(labels)
        return self.whole

    def set_soft(self, weights: Weights | None) -> Rect:
        """Take continuous weights, (H, W) or one plane for each label."""
        if weights is not None:
            self._check(weights.shape[-2:])
        self.measures.set_soft(weights, next(self._stamps))
        return self.whole

    def set_heat(
        self, kind: HeatKind, values: Values | None, rect: Rect | None, *, k: int = 0
    ) -> Rect:
        """Take measured values, (H, W); `rect` is where they differ from those before."""
        if values is not None:
            self._check(values.shape)
        self.measures.set_heat(kind, values, next(self._stamps), rect, k)
        return self.whole if rect is None else rect

    def set_plane(self, key: str, plane: PlaneArray | None, rect: Rect | None = None) -> Rect:
        """Take the live local Q of a picture, (H, W) uint16, of which `rect` is new."""
        return self._shelve(self._planes, key, plane, rect)

    def set_map(self, key: str, labels: LabelArray | None, rect: Rect | None = None) -> Rect:
        """Take the labels that a picture was fused by, (H, W), of which `rect` is new."""
        return self._shelve(self._maps, key, labels, rect)

    def set_distance(self, distance: ImageU8 | None, rect: Rect | None = None) -> Rect:
        """Take the live distances from label changes, (H, W) uint8, of which `rect` is new."""
        self.distance = self._plane(distance)
        return self.whole if rect is None else rect

    def _shelve(
        self, shelf: dict[str, Plane], key: str, values: PlaneArray | None, rect: Rect | None
    ) -> Rect:
        plane = self._plane(values)
        if plane is not None:
            shelf[key] = plane
        elif shelf.pop(key, None) is None:
            return NOWHERE
        return self.whole if rect is None else rect

    def _plane(self, values: PlaneArray | None) -> Plane | None:
        if values is None:
            return None
        self._check(values.shape)
        return Plane(values, next(self._stamps))

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape != (self.size.height, self.size.width):
            raise ValueError(f"the map is {shape[1]} x {shape[0]}, not {self.size}")


def _scaled(rect: Rect, size: Size, frame: Size) -> Rect:
    """A rectangle of a picture of `size` in pixels of the set, rounded outwards."""
    x, y = rect.x * frame.width // size.width, rect.y * frame.height // size.height
    right = -(-rect.right * frame.width // size.width)
    bottom = -(-rect.bottom * frame.height // size.height)
    return Rect(x, y, right - x, bottom - y)
