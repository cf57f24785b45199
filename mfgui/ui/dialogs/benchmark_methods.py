"""Methods to be ticked, in a list that can be searched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from mfgui.methods.registry import Method
from mfgui.ui.dialogs.benchmark_rows import captioned
from mfgui.ui.icons import TextButton
from mfgui.ui.method_box import family_order, fitting
from mfgui.ui.method_list import MethodDelegate, MethodList, MethodModel
from mfgui.ui.row_lists import Index

_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_LEAST = QSize(340, 120)
_MORE_TIP = (
    "<p>Methods with parameters, with commas between them, each "
    "<tt>LABEL=NAME:KEY=VALUE;KEY=VALUE</tt></p>"
)


class TickedMethods(QWidget):
    """`changed` after each change. A click anywhere in a row ticks it; Enter in the search ticks
    the marked one, Space in the list."""

    changed = Signal()

    def __init__(self, methods: Sequence[Method]) -> None:
        super().__init__()
        self.methods = family_order(methods)
        self._ticked: set[str] = set()
        self.field = QLineEdit()
        self.list = MethodList()
        self.more_line = QLineEdit()
        self.clear_button = TextButton("close", "Untick all")
        self.count = QLabel()
        self._listed = MethodModel(self)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.clicked.connect(self._toggle)
        self.list.ticked.connect(self._toggle)
        self.more_line.textChanged.connect(self.changed)
        self.clear_button.clicked.connect(self._on_clear_clicked)
        self._search("")
        self.tick(())

    @property
    def ticked(self) -> tuple[str, ...]:
        """Names, in the order of the list."""
        return tuple(method.name for method in self.methods if method.name in self._ticked)

    def tick(self, names: Iterable[str]) -> None:
        """Tick these and no others."""
        self._ticked = {method.name for method in self.methods}.intersection(names)
        self._listed.show_ticks(frozenset(self._ticked))
        count = len(self._ticked)
        self.count.setText(f"{count} ticked" if count else "None ticked")
        self.clear_button.setEnabled(count > 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            enters = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enters or (watched is self.list and key == Qt.Key.Key_Space):
                self._toggle(self.list.currentIndex())
                return True
            if watched is self.field and key in _TO_LIST:
                self.list.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        found = fitting(text, self.methods) if text.strip() else self.methods
        self._listed.show_methods(found, grouped=not text.strip())
        self.list.setCurrentIndex(self._listed.index(0))

    def _toggle(self, index: QModelIndex | Index) -> None:
        if index.isValid():
            self.tick(self._ticked ^ {self._listed.methods[index.row()].name})
            self.changed.emit()

    def _on_clear_clicked(self) -> None:
        self.tick(())
        self.changed.emit()

    def _lay_out(self) -> None:
        self.field.setPlaceholderText("Search by name, author or word")
        self.field.setAccessibleName("Search methods")
        self.field.setClearButtonEnabled(True)
        self.list.setModel(self._listed)
        self.list.setItemDelegate(MethodDelegate(self.list))
        self.list.setUniformItemSizes(False)
        self.count.setObjectName("hint")
        self.list.setMinimumSize(_LEAST)
        self.clear_button.setAutoDefault(False)
        self.more_line.setPlaceholderText("paper=ms-lap:variant=paper;iterations=200")
        self.more_line.setAccessibleName("Methods with parameters")
        self.more_line.setToolTip(_MORE_TIP)
        frame = QWidget()
        frame.setObjectName("rowsFrame")
        frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(1, 3, 1, 3)
        inside.addWidget(self.list)
        caption = QLabel("With parameters")
        caption.setBuddy(self.more_line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(captioned("Methods", self.count, self.clear_button))
        column.addWidget(self.field)
        column.addWidget(frame, 1)
        column.addWidget(caption)
        column.addWidget(self.more_line)
