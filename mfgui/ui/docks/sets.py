"""Sets dock: the list to annotate, the state of each set, and what is said of the open one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mfgui.files.annotations import SetState
from mfgui.files.worklists import Worklist, WorkSet
from mfgui.ui.docks.set_rows import SetModel, SetView, word
from mfgui.ui.icons import IconButton, TextButton

_CHOICES = (SetState.IN_PROGRESS, SetState.DONE, SetState.FLAGGED)


class SetsPanel(QWidget):
    """The list with search and filter; state and note of the open set.

    Signals
    -------
    set_opened : int
        Place of a set in the list.
    state_chosen : SetState
    note_edited, annotator_edited : str
    command_clicked : str
        A command of the table: "open-list", "set-previous", "set-next", "load-anyway".
    """

    set_opened = Signal(int)
    state_chosen = Signal(object)
    note_edited = Signal(str)
    annotator_edited = Signal(str)
    command_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SetModel(self)
        self.view = SetView(self.model)
        self.count = QLabel()
        self.search = QLineEdit()
        self.filter_box = QComboBox()
        self.previous_button = IconButton("previous", "Previous set (Ctrl+PgUp)")
        self.next_button = IconButton("next", "Next set (Ctrl+PgDown)")
        self.open_button = TextButton("open-folder", "Open list of sets…")
        self.note_line = QLineEdit()
        self.annotator_line = QLineEdit()
        self.saved = QLabel()
        self.problem = QLabel()
        self.anyway_button = TextButton("open", "Load its map anyway")
        self.state_buttons: dict[SetState, QToolButton] = {}
        self._lay_out()
        self._connect()
        self.show_list(None, open_set=None)

    def show_list(self, worklist: Worklist | None, *, open_set: int | None) -> None:
        """The sets of a list, and which of them is open."""
        self._pages.setCurrentIndex(0 if worklist is None else 1)
        if worklist is None:
            self.model.show_sets((), open_set=None)
            return
        done = worklist.count(SetState.DONE)
        self.count.setText(f"{done} of {len(worklist.sets)} done")
        before = self.model.open
        self.model.show_sets(worklist.sets, open_set=open_set)
        if open_set != before:
            self._select_open()

    def show_open(self, entry: WorkSet | None, *, ready: bool, saved: str, problem: str) -> None:
        """State and note of the open set; `saved` says whether its files are up to date."""
        self._bottom.setEnabled(ready)
        for state, button in self.state_buttons.items():
            button.setChecked(entry is not None and entry.state is state)
        note = "" if entry is None else entry.note
        if self.note_line.text() != note:
            self.note_line.setText(note)
        self.saved.setText(saved)
        self.problem.setText(problem)
        self._trouble.setVisible(bool(problem))

    def show_annotator(self, name: str) -> None:
        """Who draws."""
        if self.annotator_line.text() != name:
            self.annotator_line.setText(name)

    def _select_open(self) -> None:
        row = self.model.row_of(self.model.open)
        if row >= 0:
            index = self.model.index(row)
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index)

    def _on_filter_changed(self) -> None:
        # Qt keeps the state as a plain text.
        wanted = self.filter_box.currentData()
        self.model.filter_by(self.search.text(), None if wanted is None else SetState(wanted))
        self._select_open()

    def _on_state_clicked(self, state: SetState) -> None:
        # Shown as checked when the list says so, not before.
        self.state_chosen.emit(state)

    def _connect(self) -> None:
        self.view.opened.connect(self.set_opened)
        self.search.textChanged.connect(self._on_filter_changed)
        self.filter_box.currentIndexChanged.connect(self._on_filter_changed)
        self.note_line.textEdited.connect(self.note_edited)
        self.annotator_line.textEdited.connect(self.annotator_edited)
        buttons: tuple[tuple[QAbstractButton, str], ...] = (
            (self.open_button, "open-list"),
            (self.previous_button, "set-previous"),
            (self.next_button, "set-next"),
            (self.anyway_button, "load-anyway"),
        )
        for button, name in buttons:
            button.clicked.connect(lambda _on=False, name=name: self.command_clicked.emit(name))
        for state, segment in self.state_buttons.items():
            segment.clicked.connect(lambda _on=False, state=state: self._on_state_clicked(state))

    # Layout

    def _lay_out(self) -> None:
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._start())
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(6)
        column.addLayout(self._top())
        column.addWidget(self.view, 1)
        self._trouble = self._problem_rows()
        column.addWidget(self._trouble)
        self._bottom = self._open_rows()
        column.addWidget(self._bottom)
        self._pages.addWidget(body)

    def _start(self) -> QWidget:
        hint = QLabel(
            "Maps of many sets are drawn here, one after the other. Open a folder whose folders "
            "are the sets, or whose files are named like 01_near, 01_far."
        )
        hint.setObjectName("hint")
        hint.setWordWrap(True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(10)
        column.addWidget(hint)
        column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return page

    def _top(self) -> QVBoxLayout:
        font = self.count.font()
        font.setWeight(QFont.Weight.DemiBold)
        self.count.setFont(font)
        self.saved.setObjectName("hint")
        self.saved.setToolTip("Saved with Ctrl+S, on leaving the set, and every minute")
        self.saved.setContentsMargins(6, 0, 0, 0)
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search sets")
        self.search.setClearButtonEnabled(True)
        self.search.findChildren(QToolButton)[0].setAccessibleName("Clear the search")
        self.filter_box.setAccessibleName("Show sets in this state")
        self.filter_box.addItem("All states", None)
        for state in SetState:
            self.filter_box.addItem(word(state), state)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setContentsMargins(12, 4, 6, 0)
        first.setSpacing(4)
        first.addWidget(self.count)
        first.addWidget(self.saved, 1)
        first.addWidget(self.previous_button)
        first.addWidget(self.next_button)
        second.setContentsMargins(8, 0, 8, 0)
        second.setSpacing(6)
        second.addWidget(self.search, 1)
        second.addWidget(self.filter_box)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        return column

    def _problem_rows(self) -> QWidget:
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(12, 0, 12, 0)
        column.setSpacing(6)
        self.problem.setWordWrap(True)
        column.addWidget(self.problem)
        column.addWidget(self.anyway_button, 0, Qt.AlignmentFlag.AlignLeft)
        return rows

    def _open_rows(self) -> QWidget:
        rows = QWidget()
        column = QVBoxLayout(rows)
        column.setContentsMargins(8, 0, 8, 0)
        column.setSpacing(6)
        states = QHBoxLayout()
        states.setSpacing(0)
        group = QButtonGroup(self)
        for state in _CHOICES:
            button = QToolButton()
            button.setObjectName("segment")
            button.setText(word(state))
            button.setAccessibleName(f"{word(state)}: state of the open set")
            button.setToolTip(f"The open set is {state.value}")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumHeight(28)
            group.addButton(button)
            self.state_buttons[state] = button
            states.addWidget(button, 1)
        group.setExclusive(False)
        column.addLayout(states)
        lines = QHBoxLayout()
        lines.setSpacing(6)
        for line, words, share in (
            (self.note_line, "Note", 3),
            (self.annotator_line, "Annotator", 2),
        ):
            line.setPlaceholderText(words)
            line.setAccessibleName(words)
            lines.addWidget(line, share)
        column.addLayout(lines)
        self.note_line.setToolTip("Note on the open set, saved with its map")
        self.annotator_line.setToolTip("Your name, saved with every map")
        return rows
