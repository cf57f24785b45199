"""What the commands of the Edit menu do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from mfgui.app.controller import Controller
from mfgui.app.swapping import swap_labels
from mfgui.core.events import Notice, Severity
from mfgui.core.labels import UNASSIGNED
from mfgui.ui.dialogs.swap import SwapDialog, SwapWish
from mfgui.ui.parts import WindowParts

_UNASSIGNED_COLOUR = "#808080"


class Bench(Protocol):
    """The tool in hand, which may have something of its own to take back."""

    def undo(self) -> bool:
        """Take back the last point of an outline; whether there was one."""


class EditAnswers:
    """Undo and redo, copying the view, swapping labels.

    Parameters
    ----------
    bench : Bench, optional
        Asked first by undo.
    show_history : callable
        Brings the History dock to the front.
    """

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        parts: WindowParts,
        *,
        show_history: Callable[[], None],
        bench: Bench | None = None,
    ) -> None:
        self._window = window
        self._controller = controller
        self._parts = parts
        self._show_history = show_history
        self.bench = bench

    def answers(self) -> dict[str, Callable[[], object]]:
        """What each command does, by id."""
        return {
            "undo": self.undo,
            "redo": self._controller.edit.redo,
            "history": self._show_history,
            "copy-view": self._copy_view,
            "swap-labels": self._swap_labels,
        }

    def undo(self) -> None:
        """The tool's last point, else the stroke in progress, else the newest step."""
        if self.bench is None or not self.bench.undo():
            self._controller.edit.undo()

    def _copy_view(self) -> None:
        picture = self._parts.canvas.grab().toImage()
        QGuiApplication.clipboard().setImage(picture)
        words = f"the view is in the clipboard, {picture.width()} × {picture.height()} pixels"
        self._parts.banners.show_notice(Notice(Severity.INFO, words))

    def _swap_labels(self) -> None:
        session, canvas = self._controller.session, self._parts.canvas
        stack = session.stack
        if stack is None or session.focus_map is None:
            return
        names = ["Unassigned", *(source.name for source in stack.sources)]
        colours = [canvas.label_colour(n, k=stack.k).name() for n in range(1, stack.k + 1)]
        active = session.active_label
        dialog = SwapDialog(
            names,
            [_UNASSIGNED_COLOUR, *colours],
            chosen=(active, _neighbour(active, stack.k)),
            has_region=session.region is not None,
            parent=self._window,
        )
        dialog.wished.connect(self._on_swap_wished)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_swap_wished(self, wish: SwapWish) -> None:
        region = self._controller.session.region if wish.in_region else None
        swap_labels(self._controller, wish.one, wish.other, region=region)


def _neighbour(label: int, k: int) -> int:
    """The label that one most likely takes for `label`: the next source, else the one before."""
    if label == UNASSIGNED:
        return 1
    return label + 1 if label < k else max(label - 1, UNASSIGNED)
