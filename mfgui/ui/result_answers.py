"""What the Results dock and the ticks of the method list ask for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from mfgui.app.controller import Controller
from mfgui.core.events import Notice, Severity
from mfgui.core.result import BACKGROUND
from mfgui.ui.arrangement import Arranger
from mfgui.ui.parts import WindowParts


class ResultAnswers(QObject):
    """Connects the signals about results, and answers the commands that need a dock to be up."""

    def __init__(
        self, controller: Controller, parts: WindowParts, arranger: Arranger, *, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        self._arranger = arranger
        parts.method.tick(controller.settings.values.ticked)
        self._keep_ticks(tuple(choice.method for choice in parts.method.ticked))
        self._connect()

    def answers(self) -> dict[str, Callable[[], object]]:
        """The commands, by id."""
        return {
            "run-ticked": self.run_ticked,
            "rename-result": lambda: self._with_shown(self.rename),
            "show-parameters": lambda: self._with_shown(self.show_parameters),
        }

    def run_ticked(self) -> None:
        """Queue the ticked methods, each with what its form is set to."""
        method = self._parts.method
        choices = method.ticked
        if not choices:
            return
        if not method.ticked_valid:
            self._arranger.show("method")
            method.show_problem()
            return
        self._controller.runs.run_all(choices)
        self._arranger.bring_up("results")

    def rename(self, run_id: int) -> None:
        """Let the person type another name in the dock."""
        self._arranger.show("results")
        self._parts.results.rename(run_id)

    def show_parameters(self, run_id: int) -> None:
        """Set the form to what a result was made with, and bring it up."""
        problem = self._parts.method.show_parameters(self._controller.session.results[run_id])
        self._arranger.show("method")
        if problem:
            self._parts.banners.show_notice(Notice(Severity.WARNING, problem))

    def _with_shown(self, act: Callable[[int], None]) -> None:
        run_id = self._controller.view.shown_result()
        if run_id is not None:
            act(run_id)

    def _keep_ticks(self, names: tuple[str, ...]) -> None:
        self._controller.settings.change(ticked=names)

    def _connect(self) -> None:
        controller, results, method = self._controller, self._parts.results, self._parts.method
        runs, view, marks = controller.runs, controller.view, controller.marks
        results.chosen.connect(lambda run_id: view.show(f"result:{run_id}"))
        results.delete_clicked.connect(runs.delete_result)
        results.duplicate_clicked.connect(runs.duplicate)
        results.renamed.connect(marks.rename)
        results.star_clicked.connect(marks.toggle_star)
        results.note_written.connect(marks.write_note)
        results.map_wanted.connect(controller.sets.use_map_of)
        results.background_wanted.connect(lambda n: view.show(f"result:{n}:{BACKGROUND}"))
        results.parameters_wanted.connect(self.show_parameters)
        results.reference_wanted.connect(lambda n: view.set_reference_to(f"result:{n}"))
        results.cancel_clicked.connect(runs.stop)
        results.again_clicked.connect(runs.retry)
        results.clear_clicked.connect(runs.dismiss)
        results.clear_all_clicked.connect(lambda: runs.dismiss())
        method.ticks_changed.connect(self._keep_ticks)
        method.run_ticked_clicked.connect(self.run_ticked)
