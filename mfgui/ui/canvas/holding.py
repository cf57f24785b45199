"""Hold-to-peek keys: which picture is asked for while a key is down."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

Peek = Literal["source", "fused", "reference"]

_KEYS: dict[int, Peek] = {
    Qt.Key.Key_S: "source",
    Qt.Key.Key_A: "fused",
    Qt.Key.Key_QuoteLeft: "reference",
    # The backquote of layouts on which it is a dead key.
    Qt.Key.Key_Dead_Grave: "reference",
}


class HeldKeys(QObject):
    """The peek keys that are down, the newest first in rank.

    `changed` carries what to peek at now, None when no key is left.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._down: list[int] = []

    def press(self, event: QKeyEvent) -> bool:
        """Take a key press; returns whether it was one of these keys, held alone."""
        key = event.key()
        if key not in _KEYS or event.modifiers() & _OTHER_MODIFIERS:
            return False
        if not event.isAutoRepeat() and key not in self._down:
            self._down.append(key)
            self.changed.emit(_KEYS[key])
        return True

    def release(self, event: QKeyEvent) -> bool:
        """Take a key release; returns whether it was one of these keys."""
        key = event.key()
        if key not in self._down:
            return key in _KEYS
        if not event.isAutoRepeat():
            self._down.remove(key)
            self.changed.emit(_KEYS[self._down[-1]] if self._down else None)
        return True

    def release_all(self) -> None:
        """As if every key were let go, for when the focus is lost."""
        if self._down:
            self._down.clear()
            self.changed.emit(None)


_OTHER_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
