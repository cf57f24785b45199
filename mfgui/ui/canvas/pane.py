"""One pane: what it shows is composed at the view it shares, and painted with its marks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfgui.core.arrays import Rect, Size
from mfgui.core.comparison import SplitLine
from mfgui.core.session import Line
from mfgui.ui.canvas import legend, line_mark, marks
from mfgui.ui.canvas.compositor import Compositor
from mfgui.ui.canvas.content import Content
from mfgui.ui.canvas.layers import NO_SET
from mfgui.ui.canvas.overlays import Palette
from mfgui.ui.canvas.pixelgrid import PixelGrid
from mfgui.ui.canvas.scene import Scene
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.split import Part, PlacedLine, draw_split
from mfgui.ui.canvas.titles import Plates, Title
from mfgui.ui.canvas.viewport import LARGEST_SCALE, SharedView, View, Viewport, fit_scale

_SURROUND = "#6b6b6b"
_AROUND = 16  # image pixels that belong to a place's surroundings on each side


class Pane(Content):
    """Shows a picture of the set with its overlay, or two of them; knows nothing of input.

    Parameters
    ----------
    shared : SharedView, optional
        The view of linked panes; a pane alone has its own.
    shelf : Shelf, optional
        The pictures of linked panes.
    """

    view_changed = Signal(float)
    """The zoom: device pixels per image pixel."""

    view_moved = Signal()
    """Another part of the picture is on the screen, or at another zoom."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        shared: SharedView | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(parent, shelf=shelf)
        self._surround = QColor(_SURROUND)
        self._grid = PixelGrid(self.font())
        self._compositor = Compositor(self._grid)
        self._shared = shared if shared is not None else SharedView(self)
        self._shared.changed.connect(self._on_view_changed)
        self._viewport = Viewport.fit(NO_SET, screen=Size(1, 1))
        self._crosshair: tuple[int, int] | None = None
        self._pointed: tuple[int, int] | None = None
        self._place_marked: Rect | None = None
        self._line: Line | None = None
        self._split: SplitLine | None = None
        self._split_key = ""
        self._split_part: Part | None = None
        self._alternate = ""
        self._plates = Plates()
        self._has_legend = True
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    # The view

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self._viewport.scale

    @property
    def viewport(self) -> Viewport:
        """Where the image lies on this pane."""
        return self._viewport

    @property
    def shared(self) -> SharedView:
        """The view that this pane follows and moves."""
        return self._shared

    def set_shared(self, shared: SharedView) -> None:
        """Follow and move another view from here on."""
        if shared is not self._shared:
            self._shared.changed.disconnect(self._on_view_changed)
            self._shared = shared
            shared.changed.connect(self._on_view_changed)
            self._place()

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

    def _forget_set(self, *, refit: bool) -> None:
        self._layers.shown = self._layers.peeked = ""
        self._compositor.clear()
        self._crosshair = self._pointed = self._place_marked = None
        self._alternate = ""
        if refit:
            self._shared.set(View(fitted=True))
        self._place()
        self.update()

    # Marks

    def mark_place(self, rect: Rect | None) -> None:
        """Draw a thin ring around an image rectangle; None for no ring."""
        if rect != self._place_marked:
            self._place_marked = rect
            self._look_anew()

    @property
    def place_marked(self) -> Rect | None:
        """The image rectangle with the ring."""
        return self._place_marked

    def set_line(self, line: Line | None) -> None:
        """Draw the line of the profile; None for none."""
        if line != self._line:
            self._line = line
            self._look_anew()

    def set_pointer(self, pixel: tuple[int, int] | None) -> None:
        """Mark the image pixel that is pointed at in another pane; None for none."""
        if pixel == self._pointed:
            return
        for place in (self._pointed, pixel):
            if place is not None:
                ratio = self.devicePixelRatioF()
                self.update(marks.crosshair_area(self._viewport, place, ratio=ratio))
        self._pointed = pixel

    def set_titles(self, titles: Mapping[str, Title], *, always: bool) -> None:
        """Names of pictures by key, for plates.

        Unless `always`, plates show only where it is not said otherwise which picture is which:
        on both sides of a split pane, and while two of them alternate.
        """
        plates = self._plates
        if (titles, always) != (plates.titles, plates.always):
            plates.titles, plates.always = dict(titles), always
            self.update()

    def set_note(self, note: str) -> None:
        """What is unusual about this pane, beside its title."""
        if note != self._plates.note:
            self._plates.note = note
            self.update()

    def set_legend(self, on: bool) -> None:
        """Say what the colours mean; one of several panes does for all of them."""
        if on != self._has_legend:
            self._has_legend = on
            self.update()

    def set_surround(self, colour: QColor) -> None:
        """The neutral grey around the image."""
        self._surround = QColor(colour)
        self._look_anew()

    @property
    def surround(self) -> QColor:
        return self._surround

    def look_like(self, other: Content) -> None:
        super().look_like(other)
        if isinstance(other, Pane):
            self._surround = other._surround
            self._place_marked, self._line = other._place_marked, other._line
        self._place()

    # Two pictures

    def set_split(self, line: SplitLine | None, key: str = "") -> None:
        """Show the picture `key` on the second side of a line; None for one picture."""
        key = "" if line is None else key
        if (line, key) != (self._split, self._split_key):
            other = (line is None, key) != (self._split is None, self._split_key)
            self._split, self._split_key = line, key
            self.update()
            if other:
                self.content_changed.emit()

    @property
    def split(self) -> SplitLine | None:
        """The line between two pictures; None while one is shown."""
        return self._split

    def alternate(self, key: str | None) -> None:
        """Draw another picture in place of the shown one, with all that lies over it, until
        called with None; nothing happens for a picture that is not there."""
        wanted = key or ""
        if wanted != self._alternate and (not wanted or wanted in self._layers.pictures):
            self._alternate = wanted
            self.update()
            self.content_changed.emit()

    @property
    def alternating(self) -> bool:
        """Whether another picture is drawn in place of the shown one."""
        return bool(self._alternate)

    @property
    def drawn(self) -> tuple[str, ...]:
        """Keys of the pictures that are drawn: one, or those of the two sides."""
        layers = self._layers
        if layers.peeked:
            return (layers.peeked,)
        there = self._alternate in layers.pictures
        first = self._alternate if there else layers.shown
        return (first,) if self._split is None else (first, self._split_key)

    def _placed(self) -> PlacedLine | None:
        """The split line where it is."""
        if self._split is None or self.peeked or self._layers.size == NO_SET:
            return None
        return PlacedLine(self._split, QSizeF(self.size()))

    def _drawn_at(self, position: QPointF | None) -> str:
        """Key of the picture that is drawn at a position of the widget."""
        placed, drawn = self._placed(), self.drawn
        if position is None or placed is None or len(drawn) == 1:
            return drawn[0]
        return drawn[placed.side(position)]

    # Painting

    def _scenes(self) -> tuple[Scene, ...]:
        return tuple(self._scene_of(key) for key in self.drawn)

    def _scene_of(self, key: str) -> Scene:
        layers = self._layers
        layers.view = self._view_of(key)
        # A peek is told by None: nothing lies over it.
        asked = None if layers.peeked else key
        surround, ratio = self._surround.rgba(), self.devicePixelRatioF()
        return layers.scene(asked, surround=surround, ratio=ratio)

    def _mend(self, rect: Rect, before: tuple[Scene, ...]) -> None:
        self._place()
        after = self._scenes()
        changed = {
            old.content: (old, new)
            for old, new in zip(before, after, strict=False)
            if old.content != new.content
        }
        if len(before) != len(after) or (changed and rect == self._layers.whole):
            self.update()
            return
        for old, new in changed.values():
            self._repair(rect, old, new)

    def _repair(self, rect: Rect, before: Scene, after: Scene) -> None:
        if rect.empty:
            return
        dirty = self._compositor.repair(after, self._viewport, rect, before=before)
        ratio = self.devicePixelRatioF()
        x, y = math.floor(dirty.x / ratio), math.floor(dirty.y / ratio)
        right, bottom = math.ceil(dirty.right / ratio), math.ceil(dirty.bottom / ratio)
        self.update(QRect(x, y, right - x, bottom - y))

    def paintEvent(self, _event: QPaintEvent) -> None:
        self._grid.ratio = self.devicePixelRatioF()
        scenes, placed = self._scenes(), self._placed()
        with QPainter(self) as painter:
            self._draw_scene(painter, scenes[0])
            if placed is not None and len(scenes) > 1:
                painter.save()
                second = QPainterPath()
                second.addPolygon(placed.second_side())
                painter.setClipPath(second, Qt.ClipOperation.IntersectClip)
                self._draw_scene(painter, scenes[1])
                painter.restore()
            self._draw_marks(painter, placed)
            if self._has_legend:
                self._draw_legends(painter, scenes)
            several = placed is not None or bool(self._alternate)
            room = QSizeF(self.size())
            self._plates.draw(painter, room, self.drawn, placed=placed, several=several)
            if self.hasFocus():
                marks.draw_focus_ring(painter, self.rect(), self._accent())

    def trade_frames(self, other: Pane) -> None:
        """Exchange what is composed with a pane that is about to show what this one did: where
        both are equally large nothing is composed again."""
        self._grid, other._grid = other._grid, self._grid
        self._compositor, other._compositor = other._compositor, self._compositor

    def _draw_scene(self, painter: QPainter, scene: Scene) -> None:
        image = self._compositor.frame(scene, self._viewport).image
        image.setDevicePixelRatio(self.devicePixelRatioF())
        painter.drawImage(QPointF(0, 0), image)

    def _draw_marks(self, painter: QPainter, placed: PlacedLine | None) -> None:
        viewport, ratio = self._viewport, self.devicePixelRatioF()
        if self._place_marked is not None:
            marks.draw_ring(painter, viewport, self._place_marked, ratio=ratio)
        if self._line is not None:
            line_mark.draw_line(painter, viewport, self._line, ratio=ratio)
        if placed is not None:
            draw_split(painter, placed, active=self._split_part)
        for pixel in (self._pointed, self._crosshair):
            if pixel is not None:
                marks.draw_crosshair(painter, viewport, pixel, ratio=ratio)

    def _draw_legends(self, painter: QPainter, scenes: Sequence[Scene]) -> None:
        scene = next((scene for scene in scenes if scene.replaced), scenes[0])
        against = self._plates.titles.get(self._layers.against)
        other = "" if against is None else against.name
        legend.draw_legends(painter, self.rect(), scene, note=self._heat_note, other=other)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._compositor.clear()  # a frame is as large as the screen

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DevicePixelRatioChange:
            self._place()
        elif kind == QEvent.Type.PaletteChange:
            self._layers.set_palette(Palette.load(accent=self._accent().rgba()))
            self.update()
        return super().event(event)


def _held(centre: float, seen: float, whole: int) -> float:
    """`centre`, moved so that what is seen around it lies in the image, if it has room there."""
    return min(max(centre, seen / 2), whole - seen / 2) if seen < whole else whole / 2
