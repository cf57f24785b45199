"""Results dock: the runs that wait or go, and what the runs have made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.events import RunStatus
from mfgui.core.pyramid import Picture
from mfgui.core.result import BACKGROUND, Result
from mfgui.core.session import Mark
from mfgui.methods.registry import Method
from mfgui.ui.dialogs.result_note import ResultNoteDialog
from mfgui.ui.docks.result_rows import ResultView
from mfgui.ui.docks.result_words import changed_parameters, found, outcome, score
from mfgui.ui.docks.run_rows import RunQueueView
from mfgui.ui.fields import WheelGuard
from mfgui.ui.icons import IconButton, TextButton, icon_in
from mfgui.ui.rows import Row
from mfgui.ui.thumbnails import thumbnail

_QUEUE_SHARE = 0.4  # of the dock's height, at most
_SORTS = (("Newest first", "newest"), ("Highest score first", "score"), ("By name", "name"))


@dataclass(frozen=True)
class _Entry:
    """What a row says of a result, without the result itself: its images may be moved out of the
    memory, and nothing here shall keep them.

    Attributes
    ----------
    method : str
        The name that the result has of its method.
    stale : bool
        Whether the map has changed since.
    """

    method: str
    mark: Mark
    score: float | None
    outcome: tuple[str, ...]
    found: tuple[str, ...]
    changed: str
    follows: int | None
    stale: bool
    has_map: bool
    has_background: bool

    @property
    def name(self) -> str:
        """The person's own, else that of the method."""
        return self.mark.name or self.method


class ResultsPanel(QWidget):
    """The queue, and one row for each result: newest first, or as the person sorts them.

    All signals carry the number of a run. `renamed` and `note_written` carry the text, too; the
    last four are about rows of the queue.
    """

    chosen = Signal(int)
    export_clicked = Signal(int)
    delete_clicked = Signal(int)
    renamed = Signal(int, str)
    note_written = Signal(int, str)
    star_clicked = Signal(int)
    duplicate_clicked = Signal(int)
    map_wanted = Signal(int)
    parameters_wanted = Signal(int)
    reference_wanted = Signal(int)
    background_wanted = Signal(int)
    cancel_clicked = Signal(int)
    again_clicked = Signal(int)
    clear_clicked = Signal(int)
    clear_all_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.queue = RunQueueView()
        self.view = ResultView("Results")
        self.sort_box = QComboBox()
        self.star_filter = IconButton("star", "Starred results only")
        self.export_button = TextButton("export", "Export…")
        self.delete_button = TextButton("delete", "Delete")
        self._entries: dict[int, _Entry] = {}
        self._shown = ""
        self._pictures: dict[str, QPixmap] = {}
        self._body = QWidget()
        self._head = QWidget()
        self._none_starred = QLabel("No result has a star yet.")
        self._lay_out()
        self._connect()

    def show_runs(self, statuses: Sequence[RunStatus]) -> None:
        """Show the queue: what waits, goes or has failed."""
        self.queue.show_runs(statuses)

    def show_picture(self, key: str, picture: Picture) -> None:
        """Keep a thumbnail of `picture` and show it. It stays while there is the result, also
        when the picture itself makes way for others."""
        if key.startswith("result:"):
            self._pictures[key] = thumbnail(picture)
            if _run_id(key) in self._entries:
                self._show()

    def show_results(
        self,
        results: Mapping[int, Result],
        methods: Mapping[str, Method],
        *,
        shown: str,
        revision: int | None = None,
        marks: Mapping[int, Mark] | None = None,
    ) -> None:
        """Show the results; `shown` is the picture key on the canvas, `revision` that of the
        present map, `marks` what the person says of them."""
        # Pictures of a session's results come before the results themselves.
        for run_id in self._entries.keys() - results.keys():
            self._pictures.pop(f"result:{run_id}", None)
        self._entries = {
            run_id: _entry(result, methods, (marks or {}).get(run_id, Mark()), revision=revision)
            for run_id, result in results.items()
        }
        self._shown = shown
        self._show()

    def rename(self, run_id: int) -> None:
        """Let the person type another name in the row."""
        self._reach(run_id)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.view.rename(f"result:{run_id}")

    def edit_note(self, run_id: int) -> None:
        """Let the person write a note on a result."""
        entry = self._entries.get(run_id)
        if entry is None:
            return
        title = f"{run_id} · {entry.name}"
        dialog = ResultNoteDialog(title, entry.mark.note, parent=self.window())
        dialog.wished.connect(lambda note: self.note_written.emit(run_id, note))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def menu_of(self, run_id: int) -> QMenu:
        """What can be done with one result; the caller deletes it."""
        menu = QMenu(self)
        entry = self._entries[run_id]
        mark = entry.mark

        def add(icon: str, words: str, act: Callable[[int], object], keys: str = "") -> None:
            # The keys are those of the list, not shortcuts of the window.
            shown = icon_in(self.palette(), icon) if icon else QIcon()
            action = menu.addAction(shown, f"{words}\t{keys}" if keys else words)
            action.triggered.connect(lambda: act(run_id))

        add("eye", "Show", self.chosen.emit, "Space")
        if entry.has_background:
            add("", "Show the recovered background", self.background_wanted.emit)
        add("rename", "Rename", self.rename, "Enter")
        star = ("star-filled", "Remove the star") if mark.star else ("star", "Star")
        add(*star, self.star_clicked.emit, "*")
        add("note", "Change the note…" if mark.note else "Add a note…", self.edit_note)
        menu.addSeparator()
        add("", "Set as reference", self.reference_wanted.emit)
        add("copy", "Duplicate", self.duplicate_clicked.emit)
        add("contour", "Use its map", self.map_wanted.emit)
        menu.actions()[-1].setEnabled(entry.has_map)
        add("reset", "Show its parameters again", self.parameters_wanted.emit)
        menu.addSeparator()
        add("export", "Export…", self.export_clicked.emit)
        add("delete", "Delete", self.delete_clicked.emit, "Del")
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.queue.set_room(round(_QUEUE_SHARE * event.size().height()))

    def tab_stops(self) -> list[QWidget]:
        """What takes the keyboard focus, from top to bottom."""
        stops: list[QWidget] = [self.queue.clear_button, self.sort_box, self.star_filter, self.view]
        return [*stops, self.export_button, self.delete_button]

    def _show(self) -> None:
        """Show the rows that are wanted in the order that is wanted."""
        entries, only_starred = self._entries, self.star_filter.isChecked()
        listed = [n for n, entry in entries.items() if not only_starred or entry.mark.star]
        rows = [self._row(run_id) for run_id in sorted(listed, key=self._rank)]
        base = _base(self._shown)
        self._pages.setCurrentIndex(1 if entries else 0)
        self._head.setVisible(len(entries) > 1 or only_starred)
        self._none_starred.setVisible(bool(entries) and not rows)
        current = base if base.startswith("result:") else self.view.current_key()
        self.view.show_rows(rows, current=current)
        for button in (self.export_button, self.delete_button):
            button.setEnabled(bool(self.view.current_key()))

    def _rank(self, run_id: int) -> tuple[object, ...]:
        """Place in the order that was chosen; the newest first where that is the same."""
        entry, by = self._entries[run_id], self.sort_box.currentData()
        if by == "score":
            return (float("inf") if entry.score is None else -entry.score, -run_id)
        return (entry.name.casefold(), -run_id) if by == "name" else (-run_id,)

    def _row(self, run_id: int) -> Row:
        key, entry = f"result:{run_id}", self._entries[run_id]
        # A person's own name does not say which method it was.
        outcomes = [entry.method] * bool(entry.mark.name) + [*entry.outcome]
        parts = ["map changed since"] * entry.stale
        parts += [] if entry.follows is None else [f"from {entry.follows}"]
        return Row(
            key,
            f"{run_id} · {entry.name}",
            " · ".join(outcomes),
            " · ".join([*parts, *entry.found, *[entry.changed] * bool(entry.changed)]),
            picture=self._pictures.get(key),
            note=entry.mark.note,
            note_icon="note",
            star=entry.mark.star,
            name=entry.name,
            shown=_base(self._shown) == key,
        )

    def _reach(self, run_id: int) -> None:
        """Show the row of a result that the filter hides."""
        hidden = self.view.rows.position(f"result:{run_id}") < 0
        if hidden and run_id in self._entries:
            self.star_filter.setChecked(False)

    def _on_menu_asked(self, key: str, place: QPoint) -> None:
        menu = self.menu_of(_run_id(key))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _on_filter_toggled(self, on: bool) -> None:
        self.star_filter.set_icon_name("star-filled" if on else "star")
        self._show()

    def _tell(self, signal: object) -> None:
        key = self.view.current_key()
        if key:
            signal.emit(_run_id(key))  # type: ignore[attr-defined]

    def _connect(self) -> None:
        view, queue = self.view, self.queue
        view.chosen.connect(lambda key: self.chosen.emit(_run_id(key)))
        view.eye_clicked.connect(lambda key: self.chosen.emit(_run_id(key)))
        view.delete_pressed.connect(lambda key: self.delete_clicked.emit(_run_id(key)))
        view.star_clicked.connect(lambda key: self.star_clicked.emit(_run_id(key)))
        view.note_clicked.connect(lambda key: self.edit_note(_run_id(key)))
        view.renamed.connect(lambda key, name: self.renamed.emit(_run_id(key), name))
        view.menu_asked.connect(self._on_menu_asked)
        self.export_button.clicked.connect(lambda: self._tell(self.export_clicked))
        self.delete_button.clicked.connect(lambda: self._tell(self.delete_clicked))
        self.sort_box.currentIndexChanged.connect(lambda _index: self._show())
        self.star_filter.toggled.connect(self._on_filter_toggled)
        queue.cancel_clicked.connect(self.cancel_clicked)
        queue.again_clicked.connect(self.again_clicked)
        queue.clear_clicked.connect(self.clear_clicked)
        queue.clear_all_clicked.connect(self.clear_all_clicked)

    def _lay_out(self) -> None:
        self._hint = QLabel("Fused images appear here.\nChoose a method and press Run.")
        self._hint.setObjectName("hint")
        self._hint.setContentsMargins(12, 4, 12, 12)
        self._hint.setWordWrap(True)
        self._none_starred.setObjectName("hint")
        self._none_starred.setContentsMargins(8, 8, 8, 8)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 4, 8, 8)
        buttons.setSpacing(8)
        buttons.addWidget(self.export_button, 1)
        buttons.addWidget(self.delete_button, 1)
        self._lay_out_head()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._none_starred)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)
        holder = QWidget()
        top = QVBoxLayout(holder)
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self._hint)
        top.addStretch(1)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(holder)
        self._pages.addWidget(self._body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.queue)
        whole.addWidget(pages, 1)

    def _lay_out_head(self) -> None:
        for words, name in _SORTS:
            self.sort_box.addItem(words, name)
        self.sort_box.setAccessibleName("Order of the results")
        self.sort_box.setToolTip(
            "The score is each method's own: what it raised, or the box Q by its own map. Local Q "
            "in the table of metrics is one measure for all."
        )
        self.sort_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sort_box.installEventFilter(WheelGuard(self.sort_box))
        self.star_filter.setCheckable(True)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(8, 0, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.sort_box, 1)
        row.addWidget(self.star_filter)


def _entry(
    result: Result, methods: Mapping[str, Method], mark: Mark, *, revision: int | None
) -> _Entry:
    provenance = result.provenance
    method, detector = (
        methods.get(name or "") for name in (provenance.method, provenance.detector)
    )
    known = found(result)
    usual = "" if known else "default parameters"
    return _Entry(
        method=result.name,
        mark=mark,
        score=score(result),
        outcome=tuple(outcome(result)),
        found=tuple(known),
        changed=changed_parameters(result, method, detector) or usual,
        follows=provenance.follows,
        stale=revision is not None and result.map_revision not in (-1, revision),
        has_map=result.labels is not None,
        has_background=BACKGROUND in result.aspects,
    )


def _base(key: str) -> str:
    """The key of a result without its state."""
    return ":".join(key.split(":")[:2])


def _run_id(key: str) -> int:
    return int(key.split(":")[1])
