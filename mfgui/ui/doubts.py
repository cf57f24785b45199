"""Brings heat maps and spots of the controller to the canvas, once edits have settled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer

from mfgui.app.controller import Controller
from mfgui.core.events import (
    Change,
    HeatChanged,
    MapChanged,
    MapPatched,
    PicturePatched,
    ResultAdded,
    SetClosed,
    ShownChanged,
    SpotChosen,
    SpotsChanged,
)
from mfgui.core.heat import MEASURED, HeatKind
from mfgui.ui.aspects import Aspects
from mfgui.ui.canvas.overlays import Overlay
from mfgui.ui.docks.frame import Dock
from mfgui.ui.docks.spots import SpotsPanel
from mfgui.ui.parts import WindowParts

SETTLED_MS = 400  # without a change
_ABOUT_PIXELS = (MapChanged, MapPatched, PicturePatched, ResultAdded, ShownChanged)


class Doubts(QObject):
    """Asks for what the overlay shows, and for spots; draws what comes."""

    def __init__(
        self, controller: Controller, parts: WindowParts, dock: Dock, *, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._on_settled)
        controller.notifier.connect(self._take)
        parts.overlay.changed.connect(self._on_overlay_changed)
        self._on_overlay_changed(parts.overlay.overlay)
        self._dock = dock
        panel = dock.widget()
        assert isinstance(panel, SpotsPanel)
        panel.left_changed.connect(self._show_left)
        self.aspects = Aspects(controller, parts, parent=self)

    def answers(self) -> dict[str, Callable[[], object]]:
        """What the commands about spots do, by id."""
        spots = self._controller.spots
        return {
            "spot-next": spots.next,
            "spot-previous": spots.previous,
            "spot-checked": spots.toggle_checked,
            "spots-find": spots.refresh,
        }

    def _show_left(self, words: str) -> None:
        self._dock.title.label.setText(f"Spots · {words}" if words else "Spots")
        self._parts.status.show_spots(words)

    def _on_overlay_changed(self, overlay: Overlay) -> None:
        mode = overlay.mode
        kind = HeatKind(mode.value) if mode.of_heat else None
        self._controller.heat.want(kind if kind in MEASURED else None)

    def _on_settled(self) -> None:
        if self._controller.edit.busy:
            self._settled.start()  # a stroke is not over
            return
        self._controller.heat.renew()
        self._controller.scores.renew()
        self._controller.spots.settle()

    def _take(self, change: Change) -> None:
        parts = self._parts
        if isinstance(change, HeatChanged):
            self._show_heat(change)
        elif isinstance(change, SpotChosen):
            parts.canvas.show_place(change.rect)
        elif isinstance(change, SpotsChanged):
            if self._controller.spots.current is None:
                parts.canvas.mark_place(None)
        elif isinstance(change, SetClosed):
            self._settled.stop()
        elif isinstance(change, _ABOUT_PIXELS):
            self._settled.start()

    def _show_heat(self, change: HeatChanged) -> None:
        heat, canvas = self._controller.heat, self._parts.canvas
        stack = self._controller.session.stack
        levels = heat.levels(change.kind)
        if stack is None or canvas.image_size != stack.size:
            return
        busy = heat.is_busy(change.kind)
        note = "" if heat.is_current(change.kind) else "computing" if busy else "not up to date"
        if levels is None:
            # Nothing yet, but the colour bar says that something comes.
            empty = np.zeros((stack.size.height, stack.size.width), np.uint8) if busy else None
            canvas.set_heat(empty, change.kind, note=note)
        else:
            canvas.set_heat(levels, change.kind, change.rect, note=note)
