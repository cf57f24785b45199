"""Results dock: what the runs made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from mfgui.core.pyramid import Picture
from mfgui.core.result import Result
from mfgui.methods.registry import Method
from mfgui.ui.fields import shown_text
from mfgui.ui.icons import TextButton
from mfgui.ui.rows import Row, RowView
from mfgui.ui.thumbnails import thumbnail


class ResultsPanel(QWidget):
    """One row for each result, newest first, with export and delete of the selected one."""

    chosen = Signal(int)
    export_clicked = Signal(int)
    delete_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = RowView("Results")
        self.export_button = TextButton("export", "Export…")
        self.delete_button = TextButton("delete", "Delete")
        self._pictures: dict[str, QPixmap] = {}
        self._body = QWidget()
        self._lay_out()
        self.view.chosen.connect(lambda key: self.chosen.emit(_run_id(key)))
        self.view.eye_clicked.connect(lambda key: self.chosen.emit(_run_id(key)))
        self.view.delete_pressed.connect(lambda key: self.delete_clicked.emit(_run_id(key)))
        self.export_button.clicked.connect(lambda: self._tell(self.export_clicked))
        self.delete_button.clicked.connect(lambda: self._tell(self.delete_clicked))

    def _lay_out(self) -> None:
        self._hint = QLabel("Fused images appear here.\nChoose a method and press Run.")
        self._hint.setObjectName("hint")
        self._hint.setContentsMargins(12, 4, 12, 12)
        self._hint.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(8, 4, 8, 8)
        buttons.setSpacing(8)
        buttons.addWidget(self.export_button, 1)
        buttons.addWidget(self.delete_button, 1)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(4, 0, 4, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)
        holder = QWidget()
        top = QVBoxLayout(holder)
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self._hint)
        top.addStretch(1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(holder)
        self._pages.addWidget(self._body)

    def show_picture(self, key: str, picture: Picture) -> None:
        """Keep a thumbnail of `picture`."""
        self._pictures[key] = thumbnail(picture)

    def drop_picture(self, key: str) -> None:
        self._pictures.pop(key, None)

    def show_results(
        self,
        results: Mapping[int, Result],
        methods: Mapping[str, Method],
        *,
        shown: str,
        revision: int | None = None,
    ) -> None:
        """Show the results; `shown` is the picture key on the canvas, `revision` that of the
        present map."""
        base = ":".join(shown.split(":")[:2])
        rows = []
        for run_id in sorted(results, reverse=True):
            key = f"result:{run_id}"
            row = self._row(key, run_id, results[run_id], methods, shown=base == key)
            stale = revision is not None and results[run_id].map_revision not in (-1, revision)
            rows.append(replace(row, extra=f"map changed since · {row.extra}") if stale else row)
        self._pages.setCurrentIndex(1 if rows else 0)
        current = base if base.startswith("result:") else self.view.current_key()
        self.view.show_rows(rows, current=current)
        for button in (self.export_button, self.delete_button):
            button.setEnabled(bool(self.view.current_key()))

    def _row(
        self,
        key: str,
        run_id: int,
        result: Result,
        methods: Mapping[str, Method],
        *,
        shown: bool,
    ) -> Row:
        changed = changed_parameters(result, methods.get(result.provenance.method))
        changed = changed or "default parameters"
        if result.provenance.follows is not None:
            changed = f"from {result.provenance.follows} · {changed}"
        return Row(
            key,
            f"{run_id} · {result.name}",
            " · ".join(outcome(result)),
            changed,
            picture=self._pictures.get(key),
            shown=shown,
        )

    def _tell(self, signal: object) -> None:
        key = self.view.current_key()
        if key:
            signal.emit(_run_id(key))  # type: ignore[attr-defined]


def outcome(result: Result) -> list[str]:
    """Score, time and state of a result, in words. A method without iterations has no Q of its
    own and shows the box Q of its image."""
    q = result.q_box if result.q is None else result.q
    parts = [] if q is None else [f"Q {q:.5f}"]
    parts.append(f"{sum(result.seconds.values()):.1f} s")
    if result.state == "stopped":
        parts.append("stopped")
    return parts


def changed_parameters(result: Result, method: Method | None) -> str:
    """The parameters that differ from the method's defaults, as on the command line."""
    if method is None:
        return ""
    given = dict(result.provenance.parameters)
    variant = given.get("variant")
    defaults = method.defaults(variant=None if variant is None else str(variant))
    plain = method.defaults()
    parts = [
        f"{name}={shown_text(value)}"  # type: ignore[arg-type]
        for name, value in given.items()
        if value != (plain if name == "variant" else defaults).get(name)
    ]
    return ", ".join(parts)


def _run_id(key: str) -> int:
    return int(key.split(":")[1])
