"""What the commands of the Map menu do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from mfgui.app.actions.map_menu import REFINERS
from mfgui.app.controller import Controller
from mfgui.app.refining import Wish
from mfgui.app.view_control import COMPOSITE
from mfgui.core.labels import UNASSIGNED
from mfgui.methods.registry import MAPPING, Kind, Value
from mfgui.ui.dialogs.refine import RefineDialog, SeamDialog, SideDialog
from mfgui.ui.parts import WindowParts


class MapAnswers:
    """Refiners with their dialogs, seams, and what a detector knows better.

    One dialog is open at a time; another command closes it without applying it.
    """

    def __init__(self, controller: Controller, parts: WindowParts) -> None:
        self._controller = controller
        self._parts = parts
        self._dialog: SideDialog | None = None

    @property
    def dialog(self) -> SideDialog | None:
        """The one that is open."""
        return self._dialog

    def answers(self) -> dict[str, Callable[[], object]]:
        """What each command does, by id."""
        return {
            **{name: partial(self._refine, refiner) for name, refiner in REFINERS.items()},
            "fill-unassigned": self._fill_unassigned,
            "auto-source": self._auto_source,
            "revert-detected": self._revert,
            "seam": self._seam,
        }

    def auto_source(self, x: int, y: int) -> None:
        """Make the source that is sharpest around a pixel the active label."""
        stack = self._controller.session.stack
        if stack is None:
            return

        def task(_report: object) -> int:
            from mfgui.methods.refine.sharpness import sharpest_source

            return sharpest_source([stack.pixels(index) for index in range(stack.k)], x, y)

        def found(number: object) -> None:
            if self._controller.session.stack is stack and isinstance(number, int):
                self._controller.view.choose_label(number)

        self._controller.ask(task, found)

    def _refine(self, name: str) -> None:
        method = self._controller.registry.get(name, Kind.REFINER)
        active = self._controller.session.active_label
        explicit: dict[str, Value] = {}
        if name == "grow" and active != UNASSIGNED:
            explicit["label"] = active
        self._open(
            lambda: RefineDialog(self._controller, method, explicit, canvas=self._parts.canvas)
        )

    def _seam(self) -> None:
        method = self._controller.registry.get("composite")
        self._open(lambda: SeamDialog(self._controller, method, beside=self._parts.canvas))
        self._controller.view.show(COMPOSITE)

    def _open(self, make: Callable[[], SideDialog]) -> None:
        if self._dialog is not None:
            self._dialog.reject()
        dialog = self._dialog = make()
        dialog.finished.connect(lambda _result: self._on_finished(dialog))
        dialog.show()

    def _on_finished(self, dialog: SideDialog) -> None:
        if self._dialog is dialog:
            self._dialog = None

    def _fill_unassigned(self) -> None:
        choice = self._parts.method.choice
        self._detect(choice.detector, dict(choice.detector_explicit), unassigned=True)

    def _revert(self) -> None:
        origin, choice = self._controller.session.map_origin, self._parts.method.choice
        if origin.detector in self._controller.registry.methods:
            self._detect(origin.detector, dict(origin.parameters))
        else:
            self._detect(choice.detector, dict(choice.detector_explicit))

    def _detect(self, name: str, values: Mapping[str, object], *, unassigned: bool = False) -> None:
        refining = self._controller.refining
        method = self._controller.registry.get(name, *MAPPING)
        known = {parameter.name for parameter in method.parameters}
        kept = tuple((key, cast(Value, v)) for key, v in values.items() if key in known)
        refining.apply(Wish(name, kept, refining.target, unassigned=unassigned))

    def _auto_source(self) -> None:
        pixel = self._parts.canvas.marked_pixel
        if pixel is not None:
            self.auto_source(*pixel)
