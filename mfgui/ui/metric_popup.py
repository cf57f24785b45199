"""The metrics that the table of scores shows: a list in families that can be searched and ticked,
with the columns of published tables as one click each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mfgui.app.finding import ranked
from mfgui.app.metric_columns import (
    DIRECTIONS,
    PAPERS,
    STANDARD,
    Entry,
    entries,
    of_paper,
    papers_of,
)
from mfgui.ui.icons import TextButton
from mfgui.ui.metric_list import MetricDelegate, MetricModel
from mfgui.ui.row_lists import RowList

_WIDTH = 560
_MOST_HEIGHT = 640
_NOTE_LINES = 5
_TO_LIST = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class MetricPopup(QFrame):
    """A search field, published tables, the metrics, and what is to know of the marked one.

    `chosen` carries the names of what is ticked, whenever that is changed here.

    Parameters
    ----------
    usual : sequence of str
        What is ticked by default.
    left_out : collection of str
        Names of what is not offered.
    """

    chosen = Signal(object)

    def __init__(
        self,
        button: QWidget,
        *,
        usual: Sequence[str] = STANDARD,
        left_out: Collection[str] = (),
    ) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self._button, self._usual = button, tuple(usual)
        self._left_out = left_out
        self._ticked: dict[str, None] = {}
        self.field = QLineEdit()
        self.papers = {profile: _paper_button(profile) for profile in PAPERS}
        self.list = RowList("Metrics")
        self.note = QLabel()
        self.count = QLabel()
        self.default_button = TextButton("reset", "Back to default")
        self._listed = MetricModel(self)
        self.setObjectName("methodPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lay_out()
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._toggle)
        self.list.selectionModel().currentChanged.connect(self._describe)
        self.default_button.clicked.connect(lambda: self._choose(self._usual))
        for profile, button_of in self.papers.items():
            button_of.clicked.connect(lambda on, profile=profile: self._take_paper(profile, on=on))

    @property
    def ticked(self) -> tuple[str, ...]:
        """Names of the columns, in the order in which they were ticked."""
        return tuple(self._ticked)

    def tick(self, names: Iterable[str]) -> None:
        """Tick these and no others; tells nobody."""
        self._ticked = dict.fromkeys(names)
        self._listed.show_ticks(self._ticked)
        for profile, button in self.papers.items():
            button.setChecked(all(name in self._ticked for name in of_paper(profile)))
        count = len(self._ticked)
        self.count.setText(f"{count} columns. Enter ticks the marked one.")
        self.default_button.setEnabled(set(self._ticked) != set(self._usual))

    def open(self) -> None:
        """Show it above or below the button, with nothing searched for yet."""
        self.field.clear()
        self._search("")
        self._place()
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        return super().eventFilter(watched, event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.hide()
        elif key in _TO_LIST:
            self.list.keyPressEvent(event)
        else:
            return False
        return True

    def _search(self, text: str) -> None:
        offered = [entry for entry in entries() if entry.name not in self._left_out]
        found = _fitting(text, offered) if text.strip() else offered
        self._listed.show_entries(found, grouped=not text.strip())
        self.list.setCurrentIndex(self._listed.index(0))
        self.list.scrollToTop()
        if not found:
            self.note.setText("No metric is called like that.")

    def _describe(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry = self._listed.entries[index.row()]
        parts = [entry.about, f"{entry.facts}. {DIRECTIONS[entry.better]}"]
        papers = papers_of(entry.name)
        parts += [f"<i>Column of {', '.join(papers)}.</i>"] * bool(papers)
        self.note.setText("".join(f"<p style='margin: 0 0 4px 0'>{part}</p>" for part in parts))
        self.field.setAccessibleDescription(index.data(Qt.ItemDataRole.AccessibleTextRole))

    def _toggle(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        name = self._listed.entries[index.row()].name
        others = [other for other in self._ticked if other != name]
        self._choose(others if name in self._ticked else [*others, name])

    def _take_paper(self, profile: str, *, on: bool) -> None:
        columns = of_paper(profile)
        others = [name for name in self._ticked if name not in columns]
        self._choose([*others, *columns] if on else others)

    def _choose(self, names: Iterable[str]) -> None:
        self.tick(names)
        self.chosen.emit(self.ticked)

    def _place(self) -> None:
        """Where there is more room, so that the table is seen while columns are ticked."""
        screen = self._button.screen().availableGeometry()
        top = self._button.mapToGlobal(QPoint(0, 0)).y()
        bottom = top + self._button.height()
        above, below = top - screen.top() - 4, screen.bottom() - bottom - 4
        height = min(_MOST_HEIGHT, max(above, below, self.minimumSizeHint().height()))
        self.resize(min(_WIDTH, screen.width()), height)
        x = self._button.mapToGlobal(QPoint(0, 0)).x()
        x = min(max(x, screen.left()), max(screen.left(), screen.right() - self.width()))
        y = bottom + 2 if below >= above else top - 2 - height
        self.move(x, max(screen.top(), min(y, screen.bottom() - height)))

    def _lay_out(self) -> None:
        self.field.setPlaceholderText("Search by name, author or word")
        self.field.setAccessibleName("Search metrics")
        self.field.setClearButtonEnabled(True)
        self.list.setModel(self._listed)
        self.list.setItemDelegate(MetricDelegate(self.list))
        self.list.setUniformItemSizes(False)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.note.setObjectName("hint")
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(_NOTE_LINES * self.note.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note.setContentsMargins(4, 0, 4, 0)
        self.count.setObjectName("hint")
        caption = QLabel("All columns of a published table")
        caption.setObjectName("hint")
        caption.setContentsMargins(2, 2, 0, 0)
        papers, foot = QHBoxLayout(), QHBoxLayout()
        papers.setSpacing(6)
        for button in self.papers.values():
            papers.addWidget(button)
        papers.addStretch(1)
        foot.addWidget(self.count, 1)
        foot.addWidget(self.default_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(caption)
        column.addLayout(papers)
        column.addWidget(self.list, 1)
        column.addWidget(self.note)
        column.addLayout(foot)


def _paper_button(profile: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("segment")
    button.setText(PAPERS[profile])
    button.setCheckable(True)
    button.setMinimumHeight(28)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    names = ", ".join(of_paper(profile))
    button.setToolTip(f"<p>Those that are computed from pictures: {names}</p>")
    button.setAccessibleName(f"Columns of {PAPERS[profile]}")
    return button


def _fitting(typed: str, offered: Sequence[Entry]) -> list[Entry]:
    """Titles and names that have the letters, then entries with all the words elsewhere; the
    definitions of a metric together, in their order."""
    words = typed.casefold().split()
    found = [entry for entry, _ in ranked(typed, offered, lambda e: f"{e.title} {e.name}")]
    found.sort(key=lambda entry: [entry.name] != words and [entry.title.casefold()] != words)
    for entry in offered:
        papers = " ".join(papers_of(entry.name))
        text = f"{entry.about} {entry.family} {entry.definition} {papers}".casefold()
        if entry not in found and all(word in text for word in words):
            found.append(entry)
    titles = {title: place for place, title in enumerate(dict.fromkeys(e.title for e in found))}
    order = {entry.name: place for place, entry in enumerate(offered)}
    return sorted(found, key=lambda entry: (titles[entry.title], order[entry.name]))
