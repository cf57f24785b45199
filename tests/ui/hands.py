"""What a person's hands do: clicks and typed text, as real events."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

WAIT_MS = 20_000


def click(widget: QWidget, place: QPoint | None = None) -> None:
    """A left click in the middle of a widget, or at a place of it."""
    QTest.mouseClick(
        widget, Qt.MouseButton.LeftButton, pos=widget.rect().center() if place is None else place
    )
