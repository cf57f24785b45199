"""What the commands of the Compare menu do, and those about one result."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMainWindow

from mfgui.app.actions.compare_menu import MODE_PREFIX, REFERENCE_PREFIX, VIEW_PREFIX
from mfgui.app.actions.tools_menu import LABEL_PREFIX
from mfgui.app.controller import Controller
from mfgui.app.reading import reader_of
from mfgui.core.comparison import MOST_PANES, CompareView, PaneMode
from mfgui.files.images import READ_SUFFIXES
from mfgui.ui.parts import WindowParts

_TURN = 45.0  # degrees


class CompareAnswers:
    """Answers commands by changing the comparison, the reference or a result."""

    def __init__(self, window: QMainWindow, controller: Controller, parts: WindowParts) -> None:
        self._window = window
        self._controller = controller
        self._parts = parts
        self._before = ""  # what was shown before the reference was, by hand

    def answers(self) -> dict[str, Callable[[], object]]:
        """The commands, by id."""
        compare = self._controller.compare
        numbers = range(1, MOST_PANES + 1)
        return {
            **{f"{MODE_PREFIX}{mode}": partial(compare.change, mode=mode) for mode in PaneMode},
            **{f"{VIEW_PREFIX}{view}": partial(compare.change, view=view) for view in CompareView},
            **{f"{REFERENCE_PREFIX}{n}": partial(self._refer_to, n) for n in numbers},
            **{f"{LABEL_PREFIX}{n}": partial(self._digit, n) for n in range(10)},
            "split-turn": lambda: compare.change(
                mode=PaneMode.SPLIT, line=compare.state.line.turned(_TURN)
            ),
            "flicker": lambda: compare.change(flicker=not compare.state.flicker),
            "view-next": lambda: compare.step_view(1),
            "view-previous": lambda: compare.step_view(-1),
            "gain-less": lambda: compare.step_gain(-1),
            "gain-more": lambda: compare.step_gain(1),
            "band-only": lambda: compare.change(band_only=not compare.state.band_only),
            "link-views": lambda: compare.change(linked=not compare.state.linked),
            "toggle-reference": self._toggle_reference,
            "set-truth": self._set_truth,
            "remove-truth": self._controller.truth.remove,
            **self._result_answers(),
        }

    def _result_answers(self) -> dict[str, Callable[[], object]]:
        controller, results = self._controller, self._parts.results
        acts: dict[str, Callable[[int], object]] = {
            "star-result": controller.marks.toggle_star,
            "note-result": results.edit_note,
            "duplicate-result": controller.runs.duplicate,
        }
        return {name: partial(self._with_result, act) for name, act in acts.items()}

    def _with_result(self, act: Callable[[int], object]) -> None:
        run_id = self._controller.view.shown_result()
        if run_id is not None:
            act(run_id)

    def _digit(self, number: int) -> None:
        """A result in the Compare workspace, elsewhere a label."""
        compare, view = self._controller.compare, self._controller.view
        if not compare.comparing or not number:
            view.choose_label(number)
            return
        keys = compare.results()
        if number <= len(keys):
            view.show(keys[number - 1])

    def _refer_to(self, number: int) -> None:
        keys = self._controller.compare.results()
        if number <= len(keys):
            self._controller.view.set_reference_to(keys[number - 1])

    def _toggle_reference(self) -> None:
        """The reference in place of the shown picture, or what was shown before it."""
        session, other = self._controller.session, self._controller.compare.other_key()
        reference = session.reference or other
        if session.shown != reference:
            self._before = session.shown
            self._controller.view.show(reference)
            return
        before = self._before
        there = before in self._parts.canvas.picture_keys or reader_of(session, before) is not None
        back = before if there and before != reference else other
        if back:
            self._controller.view.show(back)

    def _set_truth(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in sorted(READ_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            "Set ground truth",
            self._controller.settings.values.last_folder,
            f"Images ({endings});;All files (*)",
        )
        if chosen:
            self._controller.truth.load(Path(chosen))
