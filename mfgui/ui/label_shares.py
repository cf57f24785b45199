"""Keeps the list of labels in step with the session: active label, shown source, shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QTimer

from mfgui.app.controller import Controller
from mfgui.core.events import (
    ActiveLabelChanged,
    ActiveSourceChanged,
    Change,
    MapChanged,
    MapPatched,
    SetOpened,
    ShownChanged,
)
from mfgui.core.labels import FocusMap
from mfgui.ui.parts import WindowParts

_SHARES_MS = 200  # figures that change more often cannot be read


class LabelPresenter(QObject):
    """Shares are shown at most five times a second, and only while the list is seen."""

    def __init__(self, controller: Controller, parts: WindowParts) -> None:
        super().__init__(parts.sources)
        self._controller = controller
        self._parts = parts
        self._view = parts.sources.labels
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(_SHARES_MS)
        self._due.timeout.connect(self._show_shares)
        self._view.installEventFilter(self)
        controller.notifier.connect(self._take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._show_state()
            self._show_shares()
        return super().eventFilter(watched, event)

    def _take(self, change: Change) -> None:
        if not self._view.isVisible():
            return
        if isinstance(change, MapPatched):
            if not self._due.isActive():
                self._due.start()
        elif isinstance(change, MapChanged | SetOpened):
            self._show_state()
            self._show_shares()
        elif isinstance(change, ActiveLabelChanged | ActiveSourceChanged | ShownChanged):
            self._show_state()

    def _show_state(self) -> None:
        session, canvas = self._controller.session, self._parts.canvas
        if session.stack is None or self._view.labels.rowCount() != session.stack.k + 1:
            return
        k, (kind, _, number) = session.stack.k, session.shown.partition(":")
        self._view.show_state(
            active=session.active_label,
            shown=int(number) if kind == "source" else -1,
            colours=[canvas.label_colour(n, k=k).name() for n in range(1, k + 1)],
        )

    def _show_shares(self) -> None:
        focus_map = self._controller.session.focus_map
        self._view.labels.show_shares(None if focus_map is None else _shares(focus_map))


def _shares(focus_map: FocusMap) -> npt.NDArray[np.float64]:
    size = focus_map.size
    return focus_map.counts()[: focus_map.k + 1] / max(1, size.width * size.height)
