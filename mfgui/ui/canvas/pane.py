"""One pane: pictures of the set by key, the focus map over them, and the view on both."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfgui.core.arrays import ImageU8, LabelArray, PixelArray, Rect, Size
from mfgui.core.heat import HeatKind
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.ui.canvas import legend, marks
from mfgui.ui.canvas.compositor import Compositor
from mfgui.ui.canvas.layers import NO_SET, Layers
from mfgui.ui.canvas.measures import Values, Weights
from mfgui.ui.canvas.overlays import DEFAULT_STRENGTH, Overlay, OverlayMode, Palette
from mfgui.ui.canvas.pixelgrid import PixelGrid
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.viewport import LARGEST_SCALE, SharedView, View, Viewport, fit_scale

_SURROUND = "#6b6b6b"
_AROUND = 16  # image pixels that belong to a place's surroundings on each side


class Pane(QWidget):
    """Shows one picture of the set with its overlay; knows nothing of input.

    Parameters
    ----------
    shared : SharedView, optional
        The view of linked panes; a pane alone has its own.
    """

    view_changed = Signal(float)
    """The zoom: device pixels per image pixel."""

    view_moved = Signal()
    """Another part of the picture is on the screen, or at another zoom."""

    content_changed = Signal()
    """Another set, picture, or map is shown, or a picture has new pixels."""

    def __init__(self, parent: QWidget | None = None, *, shared: SharedView | None = None) -> None:
        super().__init__(parent)
        self._layers = Layers(Palette.load(accent=self._accent().rgba()))
        self._surround = QColor(_SURROUND)
        self._grid = PixelGrid(self.font())
        self._compositor = Compositor(self._grid)
        self._shared = shared if shared is not None else SharedView(self)
        self._shared.changed.connect(self._on_view_changed)
        self._viewport = Viewport.fit(NO_SET, screen=Size(1, 1))
        self._crosshair: tuple[int, int] | None = None
        self._place_marked: Rect | None = None
        self._heat_note = ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    # The set and its pictures

    def begin_set(self, size: Size) -> None:
        """Forget all pictures and labels; a set of the same size keeps the view, others fit."""
        same = size == self._layers.size
        self._layers.begin_set(size)
        self._compositor.clear()
        self._crosshair = self._place_marked = None
        if not same:
            self._shared.set(View(fitted=True))
        self._place()
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
        changed = self._layers.set_picture(key, picture)
        self._place()
        self.content_changed.emit()
        if not changed.empty:
            self.update()

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
        before = self._scene()
        changed = self._layers.update_picture(key, pixels, rect, stored)
        self._place()
        self._repair(changed, before)
        self.content_changed.emit()

    def remove_picture(self, key: str) -> None:
        """Forget a picture; if it is shown, nothing is."""
        self._layers.remove_picture(key)
        self.update()

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

    # The focus map

    def set_labels(self, labels: LabelArray | None, k: int = 0) -> None:
        """The live (H, W) labels of K sources, kept by reference; None for no map.

        ValueError when they have not the size of the set.
        """
        self._layers.set_labels(labels, k)
        self.update()
        self.content_changed.emit()

    def labels_changed(self, rect: Rect) -> None:
        """The labels inside `rect` have been changed in place."""
        before = self._scene()
        self._repair(self._layers.labels_changed(rect), before)

    def set_other_labels(self, labels: LabelArray | None) -> None:
        """The live (H, W) labels of the map to compare with, by reference; None for none.

        ValueError when they have not the size of the set.
        """
        self._layers.set_other(labels)
        self.update()
        self.content_changed.emit()

    @property
    def has_other_labels(self) -> bool:
        """Whether there is a map to compare with."""
        return self._layers.other is not None

    def set_soft(self, weights: Weights | None) -> None:
        """Continuous weights, 0 ... 1, as float32: (H, W) of label 1, or (K, H, W)."""
        self._layers.set_soft(weights)
        self.update()
        self.content_changed.emit()

    @property
    def has_soft(self) -> bool:
        """Whether there are continuous weights."""
        return self._layers.measures.has_soft

    def set_heat(
        self,
        values: Values | None,
        kind: HeatKind | str,
        rect: Rect | None = None,
        *,
        note: str = "",
    ) -> None:
        """Measured values of every pixel, "local-q" or "confidence".

        Parameters
        ----------
        values : (H, W) float32 in [0, 1], NaN for none; or uint8, from `heat.levels_of`
            None for no values.
        rect : Rect, optional
            The only place where they are others than those before; an empty one changes the
            note alone.
        note : str
            Stands beside the title of the colour bar.
        """
        if rect is None or not rect.empty:
            before = self._scene()
            changed = self._layers.set_heat(HeatKind(kind), values, rect)
            if rect is not None:
                self._repair(changed, before)
        if rect is None or note != self._heat_note:
            self._heat_note = note
            self.update()

    def set_overlay(self, mode: OverlayMode | str, strength: int = DEFAULT_STRENGTH) -> None:
        """One of the names of `core.overlay.OverlayMode`, and the strength, 0 ... 100 %."""
        overlay = Overlay(OverlayMode(mode), min(max(int(strength), 0), 100))
        if overlay != self._layers.overlay:
            self._layers.overlay = overlay
            self.update()

    @property
    def overlay(self) -> Overlay:
        return self._layers.overlay

    def set_active_label(self, label: int) -> None:
        """The label that *only active* keeps and large stacks draw in the accent colour."""
        if label != self._layers.active:
            self._layers.set_active(label)
            self.update()

    @property
    def active_label(self) -> int:
        return self._layers.active

    def label_colour(self, label: int, *, k: int | None = None) -> QColor:
        """Colour in which the overlay draws a source, for lists and legends.

        It depends on the number of sources `k`: without it that of the map, which must be set.
        """
        palette, layers = self._layers.palette, self._layers
        return QColor(palette.colour(label, k=k or layers.k, active=layers.active))

    # The view

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self._viewport.scale

    @property
    def viewport(self) -> Viewport:
        """Where the image lies on this pane."""
        return self._viewport

    def show_view(self, view: View) -> None:
        """Show a part of the set as another pane, or this one earlier, did."""
        self._shared.set(view)

    def fit(self) -> None:
        """Show the whole image."""
        self._look(Viewport.fit(self._layers.size, screen=self._viewport.screen))

    def zoom_to(self, scale: float) -> None:
        """Set the zoom and keep the centre; 1.0 is one image pixel per device pixel."""
        self._look(self._viewport.zoomed(scale, at=self._middle()))

    def zoom_in(self) -> None:
        """One step nearer, about the centre."""
        self._look(self._viewport.stepped(1, at=self._middle()))

    def zoom_out(self) -> None:
        """One step farther, about the centre."""
        self._look(self._viewport.stepped(-1, at=self._middle()))

    def show_place(self, rect: Rect) -> None:
        """Centre an image rectangle so that it fills a third of the pane, and ring it.

        A view that is nearer already keeps its zoom. Near the image's border the rectangle lies
        off the centre, and not half of the pane empty.
        """
        screen, image = self._viewport.screen, self._layers.size
        around = rect.grown(_AROUND)
        scale = min(screen.width / around.width, screen.height / around.height) / 3
        least = fit_scale(image, screen)
        scale = min(max(scale, self._viewport.scale, least), LARGEST_SCALE)
        x = _held(rect.x + rect.width / 2, screen.width / scale, image.width)
        y = _held(rect.y + rect.height / 2, screen.height / scale, image.height)
        self._look(Viewport.of(View(scale, x, y, False), image=image, screen=screen))
        self.mark_place(rect)

    def mark_place(self, rect: Rect | None) -> None:
        """Draw a thin ring around an image rectangle; None for no ring."""
        if rect != self._place_marked:
            self._place_marked = rect
            self.update()

    @property
    def place_marked(self) -> Rect | None:
        """The image rectangle with the ring."""
        return self._place_marked

    def set_surround(self, colour: QColor) -> None:
        """The neutral grey around the image."""
        self._surround = QColor(colour)
        self.update()

    def _middle(self) -> tuple[float, float]:
        return self._viewport.screen.width / 2, self._viewport.screen.height / 2

    def _look(self, viewport: Viewport) -> None:
        self._shared.set(viewport.view)

    def _place(self) -> None:
        """Bring the viewport up to date with the view, the set and the widget's size."""
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        screen = Size(max(1, width), max(1, height))
        viewport = Viewport.of(self._shared.view, image=self._layers.size, screen=screen)
        if viewport == self._viewport:
            return
        zoomed = viewport.scale != self._viewport.scale
        self._viewport = viewport
        self.update()
        self.view_moved.emit()
        if zoomed:
            self.view_changed.emit(viewport.scale)

    def _on_view_changed(self, _view: View) -> None:
        self._place()

    # Painting

    def _scene(self) -> Scene:
        return self._layers.scene(surround=self._surround.rgba(), ratio=self.devicePixelRatioF())

    def _repair(self, rect: Rect, before: Scene) -> None:
        if rect.empty:
            return
        dirty = self._compositor.repair(self._scene(), self._viewport, rect, before=before)
        ratio = self.devicePixelRatioF()
        x, y = math.floor(dirty.x / ratio), math.floor(dirty.y / ratio)
        right, bottom = math.ceil(dirty.right / ratio), math.ceil(dirty.bottom / ratio)
        self.update(QRect(x, y, right - x, bottom - y))

    def paintEvent(self, _event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        self._grid.ratio = ratio
        image = self._compositor.frame(self._scene(), self._viewport).image
        image.setDevicePixelRatio(ratio)
        painter = QPainter(self)
        painter.drawImage(QPointF(0, 0), image)
        if self._place_marked is not None:
            marks.draw_ring(painter, self._viewport, self._place_marked, ratio=ratio)
        self._draw_legend(painter)
        if self._crosshair is not None:
            marks.draw_crosshair(painter, self._viewport, self._crosshair, ratio=ratio)
        if self.hasFocus():
            marks.draw_focus_ring(painter, self.rect(), self._accent())
        painter.end()

    def _draw_legend(self, painter: QPainter) -> None:
        scene = self._scene()
        if scene.mode is OverlayMode.DIFFERENCE:
            legend.draw_difference_key(painter, self.rect(), self._layers.active)
        elif scene.mode.of_heat:
            kind = HeatKind(scene.mode.value)
            ramp = self._layers.palette.ramp
            legend.draw_heat_bar(painter, self.rect(), kind, ramp, self._heat_note)

    def _accent(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Accent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DevicePixelRatioChange:
            self._place()
        elif kind == QEvent.Type.PaletteChange:
            self._layers.set_palette(Palette.load(accent=self._accent().rgba()))
        return super().event(event)


def _held(centre: float, seen: float, whole: int) -> float:
    """`centre`, moved so that what is seen around it lies in the image, if it has room there."""
    return min(max(centre, seen / 2), whole - seen / 2) if seen < whole else whole / 2
