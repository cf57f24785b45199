"""Bands that a refiner solves beside the interface; each is one step once no stroke is open."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mfgui.app.controller import Controller
from mfgui.core.arrays import BoolMask, LabelArray
from mfgui.core.edits import Edit
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Task
from mfgui.ui.tools.tool import BandRequest


class Bands:
    """Asks for bands and keeps what was found until it can be applied.

    Parameters
    ----------
    refine : callable
        Makes the task, see `mfgui.app.refining.refine_band`.
    ready : callable
        Called when there is something to apply.
    """

    def __init__(
        self, controller: Controller, refine: Callable[..., Task], ready: Callable[[], None]
    ) -> None:
        self._controller = controller
        self.refine = refine
        self._ready = ready
        self._waiting: list[tuple[SourceStack, Edit]] = []

    @property
    def waiting(self) -> bool:
        """Whether there is something to apply."""
        return bool(self._waiting)

    def ask(self, request: BandRequest) -> None:
        """Have the boundary inside the mask of `request` solved again."""
        session = self._controller.session
        stack, focus_map = session.stack, session.focus_map
        if stack is None or focus_map is None:
            return
        before = focus_map.snapshot()
        task = self.refine(
            stack,
            before,
            request.rect,
            request.mask,
            method=request.method,
            width=request.width,
        )

        def done(value: object) -> None:
            if self._controller.session.stack is stack:
                edit = _difference(request, before, value)  # type: ignore[arg-type]
                self._waiting.append((stack, edit))
                self._ready()

        self._controller.ask(task, done)

    def apply(self, *, over: int | None) -> None:
        """Write what waits; `over` is the one label that may be painted over."""
        waiting, self._waiting = self._waiting, []
        for stack, edit in waiting:
            if self._controller.session.stack is stack:
                self._controller.edit.over = over
                self._controller.edit.apply("Refine band", [edit])

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()


def _difference(request: BandRequest, before: LabelArray, after: LabelArray) -> Edit:
    """Only what the refiner changed, so that strokes painted meanwhile stay."""
    changed: BoolMask = request.mask & np.not_equal(before[request.rect.slices], after)
    return Edit(request.rect, changed, after)
