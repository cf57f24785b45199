"""Shortcut sheet and About."""

from __future__ import annotations

from importlib.metadata import version

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from mfgui.app.actions import COMMANDS, MENUS
from mfgui.ui.icons import TextButton

_CANVAS_KEYS = (
    ("Hold S", "See the active source"),
    ("Hold A", "See the fused image without overlays"),
    ("Hold `", "See the reference"),
    ("Wheel", "Zoom at the pointer"),
    ("Ctrl+wheel", "Previous or next source"),
    ("Middle drag, Space and drag, drag with Inspect", "Move the picture"),
    ("Double click with Inspect", "Between fit and 100 %"),
    ("Arrow keys", "Move the crosshair one pixel, with Shift ten"),
    ("Right click, Menu key", "What can be done at this place"),
)
_PAINTING_KEYS = (
    ("Shift+wheel, right drag", "Size of the brush"),
    ("Ctrl and drag", "Paint unassigned"),
    ("Shift+click", "Straight stroke from the last point"),
    ("Enter", "A click of the tool at the crosshair; closes an outline"),
    ("Double click", "Close an outline"),
    ("Backspace", "Take back the last point of an outline"),
    ("Hold a tool's key", "Use the tool until the key is let go"),
    ("Eraser end of a stylus", "Paint unassigned"),
    ("Button of a stylus", "Pick the label there"),
)
_GAP = 10  # pixels above each group


def _dialog(parent: QWidget, title: str, body: QWidget) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    close = TextButton("close", "Close")
    close.setDefault(True)
    close.clicked.connect(dialog.accept)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(20, 20, 20, 16)
    layout.setSpacing(16)
    layout.addWidget(body, 1)
    layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    return dialog


def show_about(parent: QWidget) -> None:
    """Version, licence and credits."""
    body = QLabel(
        f"mfgui {version('mfgui')}\n\nMulti-focus image fusion.\nMIT licence. Fonts, icons and "
        "sample pictures have their own terms, see NOTICE."
    )
    body.setWordWrap(True)
    body.setMinimumWidth(360)
    _dialog(parent, "About mfgui", body).open()


def shortcut_rows() -> list[tuple[str, str, str]]:
    """Group, keys and meaning of everything that has a key."""
    rows = []
    for menu in MENUS:
        for command in COMMANDS:
            if command.menu == menu and command.shortcuts:
                keys = ", ".join(
                    QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText)
                    for text in command.shortcuts
                )
                rows.append((menu, keys, command.text.rstrip(".")))
    rows += [("Canvas", keys, words) for keys, words in _CANVAS_KEYS]
    rows += [("Painting", keys, words) for keys, words in _PAINTING_KEYS]
    return rows


def show_shortcuts(parent: QWidget) -> None:
    """All keys, in the order of the menus."""
    sheet = QWidget()
    sheet.setObjectName("dockBody")
    grid = QGridLayout(sheet)
    grid.setContentsMargins(16, 12, 16, 12)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    before = ""
    for row, (group, keys, words) in enumerate(shortcut_rows()):
        begins = group != before
        caption = QLabel(group if begins else "")
        caption.setObjectName("columnCaption")
        labels = (caption, QLabel(keys), QLabel(words))
        for column, label in enumerate(labels):
            label.setContentsMargins(0, _GAP if begins and before else 0, 0, 0)
            grid.addWidget(label, row, column)
        before = group
    area = QScrollArea()
    area.setWidget(sheet)
    area.setWidgetResizable(True)
    area.setMinimumSize(720, 520)
    area.setAccessibleName("Shortcuts")
    _dialog(parent, "Shortcuts", area).open()
