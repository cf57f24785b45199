"""The split line below the pointer of the canvas: it is moved, turned, and brought by a click."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from mfgui.core.comparison import SplitLine
from mfgui.ui.canvas.outlined import STILL, Outlined
from mfgui.ui.canvas.shelf import Shelf
from mfgui.ui.canvas.split import SplitHandle
from mfgui.ui.canvas.viewport import SharedView


class Splitting(Outlined):
    """What the canvas does with the line between two pictures, for any tool."""

    split_moved = Signal(object)
    """A person moved or turned the line between two pictures: the SplitLine."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        shared: SharedView | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        super().__init__(parent, shared=shared, shelf=shelf)
        self._splitter = SplitHandle(self._placed, self._on_split_moved)
        self._pressed_at: QPointF | None = None

    def _press_split(self, event: QMouseEvent) -> bool:
        """Take hold of the line; tools that paint leave only its grips to it."""
        self._pressed_at = event.position()
        if self._space_down or self._navigation.dragging:
            return False
        turn = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        return self._splitter.press(event.position(), line=self._hand.pans, turn=turn)

    def _bring_split(self, position: QPointF) -> None:
        """The left button was let go: a click, and no drag, brings the line there."""
        start, self._pressed_at = self._pressed_at, None
        clicked = start is not None and (position - start).manhattanLength() <= STILL
        if clicked and self._hand.pans and not self._space_down:
            self._splitter.bring(position)

    def _show_split_part(self, position: QPointF | None) -> None:
        """What of the line would be taken here stands out."""
        part = None
        if position is not None and not self._space_down:
            part = self._splitter.part_at(position, line=self._hand.pans)
        if part is not self._split_part:
            self._split_part = part
            self.update()
            self._choose_cursor()

    def _choose_cursor(self) -> None:
        """The cursor that says what a press would do; `Canvas` knows the rest of it."""
        raise NotImplementedError

    def _on_split_moved(self, line: SplitLine) -> None:
        self.set_split(line, self._split_key)
        self.split_moved.emit(line)
