"""What a pane shows: pictures by key, the focus map, what is measured, and how it compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect, Size
from mfgui.core.comparison import CompareView
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas.layers import NO_SET, Layers
from mfgui.ui.canvas.measures import Values, Weights
from mfgui.ui.canvas.overlays import DEFAULT_STRENGTH, Overlay, OverlayMode, Palette
from mfgui.ui.canvas.scene import PlaneArray, Scene
from mfgui.ui.canvas.shelf import Shelf

ViewOf = Callable[[str], CompareView]


class Content(QWidget):
    """A shelf of pictures and planes, and what this pane shows of it; `Pane` draws it.

    Panes on one shelf have one writer: that of which they are the followers. Only there is
    anything of the shelf changed, and each mends what it shows.

    Parameters
    ----------
    shelf : Shelf, optional
        That of linked panes; a pane alone has its own.
    """

    content_changed = Signal()
    """Another set, picture, or map is shown, or a picture has new pixels."""

    look_changed = Signal()
    """What linked panes should look like, too, is another: overlay, comparison, surround."""

    def __init__(self, parent: QWidget | None = None, *, shelf: Shelf | None = None) -> None:
        super().__init__(parent)
        self._layers = Layers(Palette.load(accent=self._accent().rgba()), shelf)
        self._followers: tuple[Content, ...] = ()
        self._view_of: ViewOf = _plain
        self._heat_note = ""

    @property
    def shelf(self) -> Shelf:
        """What is shared with other panes; they only read it."""
        return self._layers.shelf

    def set_followers(self, panes: Sequence[Content]) -> None:
        """The other panes on this pane's shelf that show anything."""
        self._followers = tuple(panes)

    # The set and its pictures

    def begin_set(self, size: Size) -> None:
        """Forget all pictures and labels; a set of the same size keeps the view, others fit."""
        same = size == self._layers.size
        self._layers.begin_set(size)
        for pane in (self, *self._followers):
            pane._forget_set(refit=not same)
        self.content_changed.emit()

    def clear(self) -> None:
        """Show no set."""
        self.begin_set(NO_SET)

    @property
    def image_size(self) -> Size:
        """Size of the set in pixels."""
        return self._layers.size

    @property
    def picture_keys(self) -> tuple[str, ...]:
        return tuple(self._layers.pictures)

    def set_picture(self, key: str, picture: Picture) -> None:
        """Add or exchange a picture; one smaller than the set is shown enlarged as a preview.

        Without `begin_set` the first picture says how large the set is. The first picture is
        shown at once.
        """
        self._put(key, lambda: self.shelf.set_picture(key, picture))

    def update_picture(
        self,
        key: str,
        pixels: ImageU8,
        rect: Rect | None = None,
        *,
        stored: PixelArray | StoredReader | None = None,
    ) -> None:
        """New pixels of a picture, (h, w, 1 or 3) uint8, whole or in `rect` of its own pixels.

        For live frames and previews; a large new picture is built off the interface thread and
        given to `set_picture`. `stored` exchanges the true pixels.
        """
        self._put(key, lambda: self.shelf.update_picture(key, pixels, rect, stored))

    def _put(self, key: str, change: Callable[[], Rect]) -> None:
        def put() -> Rect:
            self._layers.shown = self._layers.shown or key
            return change()

        self._change(put)
        self.content_changed.emit()

    def remove_picture(self, key: str) -> None:
        """Forget a picture; if it is shown, nothing is."""

        def remove() -> Rect:
            layers = self._layers
            layers.shown = "" if layers.shown == key else layers.shown
            layers.peeked = "" if layers.peeked == key else layers.peeked
            return self.shelf.remove_picture(key)

        self._change(remove)

    def show_picture(self, key: str) -> None:
        """Show the picture `key`, which must have been set (KeyError)."""
        if key not in self._layers.pictures:
            raise KeyError(key)
        if key != self._layers.shown:
            self._layers.shown = key
            self.update()
            self.content_changed.emit()

    @property
    def shown(self) -> str:
        """Key of the picture on the canvas, peeking aside; empty when there is none."""
        return self._layers.shown

    def peek(self, key: str | None) -> None:
        """Show another picture without overlays until called with None; unknown keys do nothing."""
        peeked = key if key is not None and key in self._layers.pictures else ""
        if peeked != self._layers.peeked:
            self._layers.peeked = peeked
            self.update()
            self.content_changed.emit()

    @property
    def peeked(self) -> str:
        """Key of the picture peeked at, empty when it is none."""
        return self._layers.peeked

    # The focus map and what is measured

    def set_labels(self, labels: LabelArray | None, k: int = 0) -> None:
        """The live (H, W) labels of K sources, kept by reference; None for no map.

        ValueError when they have not the size of the set.
        """
        self._change(lambda: self.shelf.set_labels(labels, k))
        self.content_changed.emit()

    def labels_changed(self, rect: Rect) -> None:
        """The labels inside `rect` have been changed in place."""
        self._change(lambda: self.shelf.labels_changed(rect))

    def set_other_labels(self, labels: LabelArray | None) -> None:
        """The live (H, W) labels of the map to compare with, by reference; None for none.

        ValueError when they have not the size of the set.
        """
        self._change(lambda: self.shelf.set_other(labels))
        self.content_changed.emit()

    @property
    def has_other_labels(self) -> bool:
        """Whether there is a map to compare with."""
        return self.shelf.others is not None

    def set_soft(self, weights: Weights | None) -> None:
        """Continuous weights, 0 ... 1, as float32: (H, W) of label 1, or (K, H, W)."""
        self._change(lambda: self.shelf.set_soft(weights))
        self.content_changed.emit()

    @property
    def has_soft(self) -> bool:
        """Whether there are continuous weights."""
        return self.shelf.measures.has_soft

    def set_heat(
        self,
        values: Values | None,
        kind: HeatKind | str,
        rect: Rect | None = None,
        *,
        note: str = "",
        k: int = 0,
    ) -> None:
        """Values of every pixel, by the names of `HeatKind`.

        Parameters
        ----------
        values : (H, W) float32 as `heat.levels_of` takes, NaN for none; or its levels, uint8
            None for no values.
        rect : Rect, optional
            The only place where they are others than those before; an empty one changes the
            note alone.
        note : str
            Stands beside the title of the colour bar.
        k : int
            Number of sources, for depths.
        """
        if rect is None or not rect.empty:
            self._change(lambda: self.shelf.set_heat(HeatKind(kind), values, rect, k=k))
        if note != self._heat_note:
            self._heat_note = note
            self._look_anew()

    def set_plane(self, key: str, plane: PlaneArray | None, rect: Rect | None = None) -> None:
        """The live local Q of a picture, (H, W) uint16 of `core.planes`, new inside `rect`."""
        self._change(lambda: self.shelf.set_plane(key, plane, rect))

    def set_result_map(self, key: str, labels: LabelArray | None) -> None:
        """The labels that a picture was fused by, (H, W), by reference; they never change in
        place, so that the same ones again are nothing new."""
        kept = self.shelf.maps.get(key)
        if labels is None or kept is None or kept.values is not labels:
            self._change(lambda: self.shelf.set_map(key, labels))

    def set_distance(self, distance: ImageU8 | None, rect: Rect | None = None) -> None:
        """The live distances from label changes, (H, W) uint8, new inside `rect`."""
        self._change(lambda: self.shelf.set_distance(distance, rect))

    # How it is shown

    def set_overlay(self, mode: OverlayMode | str, strength: int = DEFAULT_STRENGTH) -> None:
        """One of the names of `core.overlay.OverlayMode`, and the strength, 0 ... 100 %."""
        overlay = Overlay(OverlayMode(mode), min(max(int(strength), 0), 100))
        if overlay != self._layers.overlay:
            self._layers.overlay = overlay
            self._look_anew()

    @property
    def overlay(self) -> Overlay:
        return self._layers.overlay

    def set_active_label(self, label: int) -> None:
        """The label that *only active* keeps and large stacks draw in the accent colour."""
        if label != self._layers.active:
            self._layers.set_active(label)
            self._look_anew()

    @property
    def active_label(self) -> int:
        return self._layers.active

    def label_colour(self, label: int, *, k: int | None = None) -> QColor:
        """Colour in which the overlay draws a source, for lists and legends.

        It depends on the number of sources `k`: without it that of the map, which must be set.
        """
        palette, layers = self._layers.palette, self._layers
        return QColor(palette.colour(label, k=k or layers.k, active=layers.active))

    def set_comparison(self, view: CompareView | ViewOf, gain: int, against: str) -> None:
        """Show differences or local Q in place of pictures.

        Parameters
        ----------
        view : CompareView, or what gives it for the key of a picture
            Asked once for each key until this is called again.
        gain : int
            Differences are multiplied by it.
        against : str
            Key of the picture that others are compared with.
        """
        self._view_of = (lambda _key: view) if isinstance(view, CompareView) else cache(view)
        self._layers.gain, self._layers.against = gain, against
        self._look_anew()

    @property
    def compares(self) -> bool:
        """Whether something else is drawn in place of the shown picture."""
        view = self._view_of(self._layers.shown)
        return view not in (CompareView.PICTURE, CompareView.MAP)

    def set_band(self, width: int) -> None:
        """Dim what is farther from a label change than `width` pixels; 0 dims nothing."""
        if width != self._layers.band:
            self._layers.band = width
            self._look_anew()

    def look_like(self, other: Content) -> None:
        """Take over how another pane shows its picture, but for which one it is."""
        mine, theirs = self._layers, other._layers
        mine.overlay, mine.active, mine.band = theirs.overlay, theirs.active, theirs.band
        mine.gain, mine.against = theirs.gain, theirs.against
        self._view_of, self._heat_note = other._view_of, other._heat_note
        self.update()

    def _look_anew(self) -> None:
        self.update()
        self.look_changed.emit()

    # Changes of the shelf

    def _change(self, change: Callable[[], Rect]) -> None:
        """Change the shelf; every pane that it is drawn in mends the changed rectangle."""
        panes = (self, *self._followers)
        before = [pane._scenes() for pane in panes]
        rect = change()
        for pane, scenes in zip(panes, before, strict=True):
            pane._mend(rect, scenes)

    def _scenes(self) -> tuple[Scene, ...]:
        """What is drawn now: one scene, or those of the two sides of a split pane."""
        raise NotImplementedError

    def _mend(self, rect: Rect, before: tuple[Scene, ...]) -> None:
        """Draw again what is another inside an image rectangle than in the scenes before."""
        raise NotImplementedError

    def _forget_set(self, *, refit: bool) -> None:
        """Another set begins; `refit` when it is of another size."""
        raise NotImplementedError

    def _accent(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Accent)


def _plain(_key: str) -> CompareView:
    return CompareView.PICTURE
