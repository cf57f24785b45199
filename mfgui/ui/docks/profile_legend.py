"""Legend of the line profile: which pictures are plotted, and in which style."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from mfgui.app.controller import Controller
from mfgui.app.naming import title_of
from mfgui.core.comparison import TRUTH
from mfgui.ui.curve_plot import CurveStyles, LineStyle
from mfgui.ui.legend_row import LegendRow
from mfgui.ui.theme import Theme

ROW_HEIGHT = 26
_LAST_STYLE = 35  # of so many pairs of colour and dash none is another one
_FEW = 4  # sources; of more only the active one is plotted unasked


class ProfileLegend(QScrollArea):
    """A row for the ground truth, each result and each source; `toggled` when a person shows or
    hides one."""

    toggled = Signal()

    def __init__(self, controller: Controller, theme: Theme) -> None:
        super().__init__()
        self._controller = controller
        self._theme = theme
        self._styles = CurveStyles.load()
        self._places: dict[str, int] = {}  # of the styles
        self._chosen: dict[str, bool] = {}  # what a person has shown or hidden
        self.rows: dict[str, LegendRow] = {}
        body = QWidget()
        body.setObjectName("dockBody")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(12, 0, 12, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(body)

    def forget(self) -> None:
        """Another set: nothing is known of its pictures."""
        self._places, self._chosen = {}, {}

    def show_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.refresh()

    def shown_keys(self) -> list[str]:
        """The pictures that are plotted, in the order of the rows."""
        return [key for key in self._keys() if self._is_shown(key)]

    def style(self, key: str) -> LineStyle:
        """Each picture keeps its style. Sources take theirs from the other end, so that the first
        results are the plainest lines, whatever came first."""
        kind, _, number = key.partition(":")
        if kind == "source":
            place = _LAST_STYLE + 1 - int(number)
        else:
            place = self._places.setdefault(key, len(self._places))
        return self._styles.style(place, dark=self._theme.dark)

    def refresh(self) -> None:
        """Show the pictures that there are now by their present names."""
        keys = self._keys()
        if list(self.rows) != keys:
            self._make_rows(keys)
        session = self._controller.session
        for key, row in self.rows.items():
            on = self._is_shown(key)
            name = title_of(session, key)
            words = f"{name} (reference)" if key == session.reference != TRUTH else name
            row.show_curve(words, self.style(key), on=on)

    def show_values(self, words: Mapping[str, str]) -> None:
        """The values under the ruler; pictures without one show none."""
        for key, row in self.rows.items():
            row.show_value(words.get(key, ""))

    def _keys(self) -> list[str]:
        """Ground truth, results with the newest first, sources."""
        session = self._controller.session
        if session.stack is None:
            return []
        keys = [TRUTH] if session.truth is not None else []
        keys += [f"result:{run_id}" for run_id in reversed(session.results)]
        return keys + [f"source:{number}" for number in range(1, session.stack.k + 1)]

    def _is_shown(self, key: str) -> bool:
        if key in self._chosen:
            return self._chosen[key]
        session = self._controller.session
        few = session.stack is not None and session.stack.k <= _FEW
        return not key.startswith("source:") or few or key == f"source:{session.active_source}"

    def _make_rows(self, keys: list[str]) -> None:
        for key in [key for key in self.rows if key not in keys]:
            row = self.rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {key: self.rows.get(key) or self._make_row(key) for key in keys}
        for place, row in enumerate(self.rows.values()):
            self._column.insertWidget(place, row)

    def _make_row(self, key: str) -> LegendRow:
        row = LegendRow()
        row.setFixedHeight(ROW_HEIGHT)
        row.toggled.connect(lambda on: self._on_row_toggled(key, on))
        return row

    def _on_row_toggled(self, key: str, on: bool) -> None:
        self._chosen[key] = on
        self.toggled.emit()
