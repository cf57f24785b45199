"""The metrics that the table of scores shows: a list in families that can be searched and ticked,
with the columns of published tables as one click each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QToolButton,
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
from mfgui.ui.search_popup import SearchPopup

_WIDTH = 560
_NOTE_LINES = 5


class MetricPopup(SearchPopup):
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
        rows = RowList("Metrics")
        self._listed = MetricModel(rows)
        rows.setModel(self._listed)
        super().__init__(button, rows, MetricDelegate(rows), width=_WIDTH)
        self._usual, self._left_out = tuple(usual), left_out
        self._ticked: dict[str, None] = {}
        self.papers = {profile: _paper_button(profile) for profile in PAPERS}
        self.count = QLabel()
        self.default_button = TextButton("reset", "Back to default")
        self._lay_out()
        rows.clicked.connect(self._take)
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
        self._show_note(parts)
        self.field.setAccessibleDescription(index.data(Qt.ItemDataRole.AccessibleTextRole))

    def _take(self, index: QModelIndex) -> None:
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

    def _lay_out(self) -> None:
        self.field.setAccessibleName("Search metrics")
        self._keep_lines(_NOTE_LINES)
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
        self.column.insertWidget(1, caption)
        self.column.insertLayout(2, papers)
        self.column.addLayout(foot)


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
