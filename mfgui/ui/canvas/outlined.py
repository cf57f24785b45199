"""A viewer that draws what the active tool shows: its outline, and the ring of the brush."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mfgui.core.arrays import Rect
from mfgui.ui.canvas.hand import Hand, NoHand
from mfgui.ui.canvas.layers import NO_SET
from mfgui.ui.canvas.painting import Drawing, Ring, Shown
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.viewer import Viewer
from mfgui.ui.canvas.viewport import SharedView

STILL = 3  # logical pixels that a right click may move and still be one
_WORDS_MS = 1000


@dataclass
class Sizing:
    """A right drag, which resizes the brush about `start`, or has not moved yet."""

    start: QPointF
    size: int
    moved: bool = False

    def across(self, position: QPointF) -> float | None:
        """How far the edge was dragged to the right, None while it may be a click."""
        across = position.x() - self.start.x()
        self.moved = self.moved or abs(across) > STILL
        return across if self.moved else None

    def is_click(self, position: QPointF) -> bool:
        """Whether letting go here asks for the menu."""
        return (position - self.start).manhattanLength() <= STILL and not self.moved


class Outlined(Viewer):
    """What the canvas draws over the picture while a tool is active."""

    region_drawn = Signal(object)
    """The Rect of the session's region that is drawn from here on, None when there is none."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        shared: SharedView | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(parent, shared=shared, shelf=shelf)
        self._hand: Hand = NoHand()
        self._sizing: Sizing | None = None
        self._drawing: Drawing | None = None
        self._region: Rect | None = None
        self._words_timer = QTimer(self)
        self._words_timer.setSingleShot(True)
        self._words_timer.setInterval(_WORDS_MS)
        self._words_timer.timeout.connect(self.renew_outline)

    def show_size(self) -> None:
        """The brush size has changed: show it as words for a while."""
        self._words_timer.start()
        self.renew_outline()

    def renew_outline(self) -> None:
        """Draw what the tool shows now; only the pixels of the old and the new are painted."""
        if self._hand.region != self._region:
            self._region = self._hand.region
            self.region_drawn.emit(self._region)
        before, self._drawing = self._drawing, self._make_drawing()
        if before is not None and not before.area.isEmpty():
            self.update(before.area)
        if self._drawing is not None and not self._drawing.area.isEmpty():
            self.update(self._drawing.area)

    def _make_drawing(self) -> Drawing | None:
        if self._layers.size == NO_SET or self.peeked:
            return None
        hand = self._hand
        outline = hand.outline()
        colour = self._label_ink(hand.label if outline is None else outline.label)
        shown = Shown(self._ring(), outline, colour, hand.region)
        return Drawing(shown, self._viewport, self.devicePixelRatioF(), QFontMetricsF(self.font()))

    @property
    def region(self) -> Rect | None:
        """The session's region, as it is drawn."""
        return self._region

    def _ring(self) -> Ring | None:
        """The outline of the brush at pointer or crosshair."""
        hand = self._hand
        if not hand.paints or self._space_down or self._navigation.dragging:
            return None
        if self._split_part is not None:  # a press would take the line and not paint
            return None
        if self._sizing is not None:
            x, y = self._image_point(self._sizing.start)
        elif self._crosshair is not None:
            x, y = self._crosshair[0] + 0.5, self._crosshair[1] + 0.5
        elif self._pointer is not None:
            x, y = self._image_point(self._pointer)
        elif self._words_timer.isActive():  # the size is set elsewhere: show it in the middle
            x, y = self._image_point(QPointF(self.rect().center()))
        else:
            return None
        resized = self._sizing is not None and self._sizing.moved
        words = f"{hand.size} px" if self._words_timer.isActive() or resized else ""
        return Ring(x, y, hand.drawn_size, self._label_ink(hand.label), words)

    def _label_ink(self, label: int) -> QColor:
        """Colour of a label, unassigned and those beyond the set included."""
        k = self._hand.k
        if 1 <= label <= k:
            return self.label_colour(label, k=k)
        return QColor(self._layers.palette.unassigned)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drawing is not None and self._drawing.viewport != self._viewport:
            self._drawing = self._make_drawing()
        if self._drawing is not None and not self._drawing.area.isEmpty():
            with QPainter(self) as painter:
                self._drawing.draw(painter)
