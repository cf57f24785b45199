"""A dock that says in words what will appear in it, until there is something."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget


def pages_of(panel: QWidget, words: str, body: QWidget) -> QStackedWidget:
    """Fill a panel with two pages: the words, which are seen first, and its contents."""
    hint = QLabel(words)
    hint.setObjectName("hint")
    hint.setWordWrap(True)
    hint.setContentsMargins(12, 4, 12, 12)
    hint.setAlignment(Qt.AlignmentFlag.AlignTop)
    pages = QStackedWidget()
    pages.addWidget(hint)
    pages.addWidget(body)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(pages)
    return pages
