"""Brings what the result that was shown last knows of each pixel to overlay and status bar: its
weights, how far it trusts itself, how wide the blur is, how far away things are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from mfgui.app.controller import Controller
from mfgui.core.arrays import ImageU8
from mfgui.core.events import Change, ResultMoved, SetClosed, ShownChanged
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.result import Result
from mfgui.jobs.pool import Report, Task
from mfgui.ui.canvas.overlays import Overlay, OverlayMode
from mfgui.ui.parts import WindowParts

MATTE = ("Matte", "How much of source 1 is in each pixel, from clear to full")
_KINDS = tuple(kind for kind in HeatKind if kind.aspect)
_NONE = "run a method that tells it, such as {}"
_TELLER = {HeatKind.RADIUS: "defocus inversion"}
_WORDS = {
    OverlayMode.TRUST: "confidence {:.2f}",
    OverlayMode.RADIUS: "blur {:.1f} px",
    OverlayMode.DEPTH: "depth {:.1f}",
}
_Values = npt.NDArray[np.float32]


class Aspects(QObject):
    """The weights and the aspects of one result, and which overlays there are."""

    def __init__(self, controller: Controller, parts: WindowParts, *, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        self._soft: _Values | None = None  # the weights that the canvas has
        self._aspects: Mapping[str, _Values] = {}
        self._drawn: dict[HeatKind, _Values] = {}  # what the canvas has, or will have soon
        self._there: object = None
        controller.notifier.connect(self._take)
        parts.overlay.changed.connect(self._on_overlay_changed)
        parts.canvas.content_changed.connect(self._show_reasons)
        parts.status.value_at = self.words_at
        self._show_reasons()

    def words_at(self, x: int, y: int) -> str:
        """What the overlay shows at a pixel, as the status bar says it; empty for other modes."""
        mode = self._parts.overlay.overlay.mode
        if mode is OverlayMode.SOFT and self._soft is not None:
            name = "matte" if self._aspects else "weight of 1"
            return f"{name} {float(self._soft[y, x]):.2f}"
        values = self._values(mode)
        if values is None:
            return ""
        return _WORDS[mode].format(float(values[y, x]))

    def _values(self, mode: OverlayMode) -> _Values | None:
        kind = next((kind for kind in _KINDS if kind.value == mode.value), None)
        return None if kind is None else self._aspects.get(kind.aspect)

    def _take(self, change: Change) -> None:
        if isinstance(change, ShownChanged):
            run_id = self._controller.view.shown_result()
            if run_id is not None:
                self._show(self._controller.session.results[run_id])
        elif isinstance(change, ResultMoved):
            self._follow(change)
        elif isinstance(change, SetClosed):
            self._soft, self._aspects = None, {}
            self._drawn.clear()

    def _show(self, result: Result) -> None:
        """Weights and aspects of the result that was shown last, under the sources, too."""
        if result.aspects is not self._aspects:
            self._aspects = result.aspects
            self._draw()
        if result.soft is not self._soft:
            self._soft = result.soft
            self._parts.canvas.set_soft(result.soft)
        self._show_reasons()

    def _follow(self, change: ResultMoved) -> None:
        """The same values lie elsewhere."""
        if self._aspects and self._aspects is change.before.aspects:
            self._aspects = change.after.aspects
            moved = {kind: self._aspects[kind.aspect] for kind in self._drawn}
            self._drawn = moved

    def _on_overlay_changed(self, _overlay: Overlay) -> None:
        self._draw()

    def _draw(self) -> None:
        """Have the values that the overlay shows drawn, if they are others than before."""
        for kind in _KINDS:
            values = self._aspects.get(kind.aspect)
            if values is None and self._drawn.pop(kind, None) is not None:
                self._parts.canvas.set_heat(None, kind)
        kind = next((k for k in _KINDS if k.value == self._parts.overlay.overlay.mode.value), None)
        values = None if kind is None else self._aspects.get(kind.aspect)
        if kind is None or values is None or self._drawn.get(kind) is values:
            return
        self._drawn[kind] = values
        stack = self._controller.session.stack
        k = 0 if stack is None else stack.k
        made = partial(self._on_levels_made, kind, values, k)
        self._controller.ask(_leveling(values, kind, k), made)

    def _on_levels_made(self, kind: HeatKind, values: _Values, k: int, levels: object) -> None:
        if self._drawn.get(kind) is values and isinstance(levels, np.ndarray):
            self._parts.canvas.set_heat(levels, kind, k=k)

    def _show_reasons(self) -> None:
        """Which modes have nothing to show, and what the weights are called."""
        canvas, overlay = self._parts.canvas, self._parts.overlay
        state = (canvas.has_other_labels, canvas.has_soft, tuple(self._aspects))
        if state == self._there:
            return
        self._there = state
        reasons = {}
        if not canvas.has_other_labels:
            reasons[OverlayMode.DIFFERENCE] = "compare with another map first"
        if not canvas.has_soft:
            reasons[OverlayMode.SOFT] = "run a method with continuous weights first"
        for kind in _KINDS:
            if kind.aspect not in self._aspects:
                reasons[OverlayMode(kind.value)] = _NONE.format(_TELLER.get(kind, "Photo"))
        overlay.name_mode(OverlayMode.SOFT, MATTE if self._aspects and canvas.has_soft else None)
        overlay.show_reasons(reasons)


def _leveling(values: _Values, kind: HeatKind, k: int) -> Task:
    def task(_report: Report) -> ImageU8:
        return levels_of(values, kind, k=k)

    return task
