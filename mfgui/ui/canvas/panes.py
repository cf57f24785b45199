"""The canvas and the panes beside it: side by side or in a grid, with one view for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mfgui.core.arrays import Rect, Size
from mfgui.core.comparison import MOST_PANES, PaneMode
from mfgui.ui.canvas.compare_pane import ComparePane
from mfgui.ui.canvas.readout import Readout
from mfgui.ui.canvas.titles import Title
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.canvas.viewer import Viewer
from mfgui.ui.canvas.viewport import SharedView, View

_GAP = 2  # logical pixels between panes and about them, when there are several
_BETWEEN, _RING = QColor("#1c1c1c"), QColor("#ffffff")
_LEAST = QSize(160, 120)


class PaneGroup(QWidget):
    """Holds the one canvas, in the cell of the shown picture, and a pane for every other cell.

    All of them draw from the canvas' shelf. The canvas alone is written to and has the keyboard:
    whatever is set there shows in the others, too.
    """

    pane_chosen = Signal(str)
    """A pane was clicked; the key of its picture."""

    hovered = Signal(object)
    """A `Readout` of what is pointed at in any pane, None when it is nothing."""

    visible_changed = Signal()
    """Other pictures or other parts of them are on the screen; told once a turn of the loop."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self._spare: list[ComparePane] = []
        self._panes: dict[str, ComparePane] = {}
        self._keys: tuple[str, ...] = ()
        self._place_of_canvas = ""
        self._columns_fixed = 0
        self._linked = True
        self._hovered: Viewer = canvas
        self._titles: Mapping[str, Title] = {}
        self._told = QTimer(self)
        self._told.setSingleShot(True)
        self._told.setInterval(0)
        self._told.timeout.connect(self.visible_changed)
        canvas.setParent(self)
        canvas.setMinimumSize(0, 0)
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._connect_canvas()

    def _connect_canvas(self) -> None:
        canvas = self.canvas
        canvas.hovered.connect(lambda readout: self._on_hovered(canvas, readout))
        canvas.view_moved.connect(self._told.start)
        canvas.look_changed.connect(self._on_look_changed)
        canvas.content_changed.connect(self._on_content_changed)
        canvas.region_drawn.connect(self._on_region_drawn)

    # What is shown where

    def arrange(
        self,
        mode: PaneMode,
        keys: Sequence[str],
        shown: str,
        titles: Mapping[str, tuple[str, str]],
        *,
        named: bool = False,
    ) -> None:
        """Show pictures in panes.

        Parameters
        ----------
        mode : PaneMode
            SINGLE and SPLIT show the canvas alone, SIDE and GRID a cell for each key.
        keys : sequence of str
            Pictures in the order of their cells; those that are not there yet show when they
            are. At most nine.
        shown : str
            The picture of the canvas, which takes the cell of this key.
        titles : mapping
            Name and detail by key, for the plates.
        named : bool
            The canvas has a plate when it is alone, too: another picture alternates with it.
        """
        alone = mode in (PaneMode.SINGLE, PaneMode.SPLIT)
        cells = (shown,) if alone else _cells(keys, shown)
        self._columns_fixed = len(cells) if mode is PaneMode.SIDE else 0
        self._titles = {key: Title(*words) for key, words in titles.items()}
        before = (self._keys, self._place_of_canvas)
        self._occupy(cells, shown)
        for pane in self._all():
            pane.set_titles(self._titles, always=named or not alone)
        self._name_panes()
        self._choose_legend()
        self._lay_out()
        if before != (cells, shown):
            self._told.start()

    @property
    def keys(self) -> tuple[str, ...]:
        """What the cells show, in their order."""
        return self._keys

    @property
    def panes(self) -> tuple[ComparePane, ...]:
        """The panes beside the canvas, in the order of their cells."""
        return tuple(self._panes[key] for key in self._keys if key in self._panes)

    @property
    def visible_rect(self) -> Rect:
        """The part of the picture that is on the screen in any pane."""
        found = [pane.visible_rect for pane in self._all()]
        found = [rect for rect in found if not rect.empty]
        if not found:
            return Rect(0, 0, 0, 0)
        x, y = min(rect.x for rect in found), min(rect.y for rect in found)
        right, bottom = max(rect.right for rect in found), max(rect.bottom for rect in found)
        return Rect(x, y, right - x, bottom - y)

    def _all(self) -> tuple[Viewer, ...]:
        return (self.canvas, *self.panes)

    def _occupy(self, cells: tuple[str, ...], shown: str) -> None:
        """Give every cell its pane; those that show the right picture already keep it."""
        views, left = self._views(), self._panes.get(shown)
        if left is not None:
            # The canvas takes this pane's cell, and this pane that of the canvas.
            self.canvas.trade_frames(left)
            self.canvas.forget_click()
        others = [key for key in cells if key != shown]
        kept = {key: pane for key, pane in self._panes.items() if key in others}
        free = [pane for key, pane in self._panes.items() if key not in kept] + self._spare
        for key in others:
            if key not in kept:
                kept[key] = free.pop(0) if free else self._make_pane()
                kept[key].look_like(self.canvas)
            kept[key].show_key(key)
        self._panes, self._spare = kept, free
        self._keys, self._place_of_canvas = cells, shown
        self.canvas.set_followers(self.panes)
        for pane in free:
            self._put_away(pane)
        self._look_at(views)

    def _put_away(self, pane: ComparePane) -> None:
        pane.hide()
        pane.forget_pointer()
        pane.set_pointer(None)
        if pane is self._hovered:
            self._hovered = self.canvas

    def _make_pane(self) -> ComparePane:
        shared = self.canvas.shared if self._linked else SharedView(self)
        pane = ComparePane(self, shared=shared, shelf=self.canvas.shelf)
        pane.set_region(self.canvas.region)
        pane.pressed.connect(self.canvas.setFocus)
        pane.chosen.connect(lambda: self.pane_chosen.emit(pane.shown))
        pane.menu_requested.connect(self.canvas.menu_requested)
        pane.hovered.connect(lambda readout: self._on_hovered(pane, readout))
        pane.view_moved.connect(self._told.start)
        pane.source_step_requested.connect(self.canvas.source_step_requested)
        pane.size_step_requested.connect(self.canvas.step_size)
        return pane

    def _name_panes(self) -> None:
        for key, pane in self._panes.items():
            title = self._titles.get(key)
            pane.setAccessibleName(self.tr("Pane {0}").format(title.name if title else key))

    # Links

    @property
    def linked(self) -> bool:
        """Whether all panes have one view."""
        return self._linked

    def set_linked(self, linked: bool) -> None:
        """Give every pane a view of its own, or all of them that of the canvas."""
        if linked == self._linked:
            return
        views = self._views()
        self._linked = linked
        for pane in (*self._panes.values(), *self._spare):
            pane.set_shared(self.canvas.shared if linked else SharedView(pane))
        self._look_at(views)
        self._show_notes()
        self._told.start()

    def _views(self) -> dict[str, View]:
        """Where each cell looks."""
        views = {key: pane.shared.view for key, pane in self._panes.items()}
        return {**views, self._place_of_canvas: self.canvas.shared.view}

    def _look_at(self, views: Mapping[str, View]) -> None:
        """Unlinked cells look where they did before, though other panes may be in them."""
        if self._linked:
            return
        of_canvas = self.canvas.shared.view
        self.canvas.show_view(views.get(self._place_of_canvas, of_canvas))
        for key, pane in self._panes.items():
            pane.show_view(views.get(key, of_canvas))

    def _show_notes(self) -> None:
        several = len(self._keys) > 1
        for pane in self._all():
            pane.set_note("" if self._linked or not several else self.tr("unlinked"))

    # What the panes have in common

    def _on_hovered(self, pane: Viewer, readout: Readout | None) -> None:
        if readout is None and pane is not self._hovered:
            return
        self._hovered = pane
        pixel = None if readout is None else (readout.x, readout.y)
        for other in self._all():
            other.set_pointer(None if other is pane else pixel)
        self.hovered.emit(readout)

    def _choose_legend(self) -> None:
        """One scale for all panes: on the canvas, or if that shows the reference beside it."""
        panes = self._all()
        chosen = next((pane for pane in panes if pane.compares), self.canvas)
        for pane in panes:
            pane.set_legend(pane is chosen)

    def _on_look_changed(self) -> None:
        for pane in self._panes.values():
            pane.look_like(self.canvas)
        self._choose_legend()

    def _on_content_changed(self) -> None:
        if self._hovered is not self.canvas:
            self._hovered.report()

    def _on_region_drawn(self, region: Rect | None) -> None:
        for pane in (*self._panes.values(), *self._spare):
            pane.set_region(region)

    # Places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def cell_of(self, key: str) -> QRect:
        """Where the cell of a picture is."""
        return self._cell(self._keys.index(key))

    def _cell(self, number: int) -> QRect:
        if len(self._keys) < 2:
            return self.rect()
        return _cell(number, self._shape(), self.size())

    def _shape(self) -> tuple[int, int]:
        columns = self._columns_fixed
        if columns:
            return columns, 1
        return grid_shape(len(self._keys), self.size(), self.canvas.image_size)

    def _lay_out(self) -> None:
        if not self._keys:
            self.canvas.setGeometry(self.rect())
            return
        for key in self._keys:
            pane = self._panes.get(key, self.canvas)
            cell = self.cell_of(key)
            if pane.geometry() != cell:
                pane.setGeometry(cell)
                pane.forget_pointer()
            pane.show()
        self._show_notes()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if len(self._keys) < 2:
            return
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), _BETWEEN)
            columns, rows = self._shape()
            for number in range(len(self._keys), columns * rows):
                painter.fillRect(self._cell(number), self.canvas.surround)
            ring = self.cell_of(self._place_of_canvas).adjusted(-_GAP, -_GAP, _GAP, _GAP)
            painter.fillRect(ring, _RING)  # not the accent: that tells who has the keyboard


def _cells(keys: Sequence[str], shown: str) -> tuple[str, ...]:
    """Every key once, `shown` in any case, nine at most."""
    cells = tuple(dict.fromkeys(keys))[:MOST_PANES]
    if shown in cells:
        return cells
    return (*cells[: MOST_PANES - 1], shown)


def grid_shape(count: int, room: QSize, image: Size) -> tuple[int, int]:
    """Columns and rows in which pictures of one size show largest; the squarer of equals, and
    of those the wider."""

    def merit(columns: int) -> tuple[float, int, int]:
        rows = -(-count // columns)
        across, down = room.width() / columns / image.width, room.height() / rows / image.height
        return round(min(across, down), 6), -abs(columns - rows), columns

    columns = max(range(1, max(1, count) + 1), key=merit)
    return columns, -(-count // columns)


def _cell(number: int, shape: tuple[int, int], room: QSize) -> QRect:
    """The place of a cell. All have the same size, so that linked panes show the same pixels."""
    columns, rows = shape
    width = (room.width() - _GAP * (columns + 1)) // columns
    height = (room.height() - _GAP * (rows + 1)) // rows
    row, column = divmod(number, columns)
    x, y = _GAP + column * (width + _GAP), _GAP + row * (height + _GAP)
    return QRect(x, y, max(1, width), max(1, height))
