"""The Results dock under real mouse and key events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from mfgui.core.events import RunState, RunStatus
from mfgui.core.pyramid import Picture
from mfgui.core.result import Provenance, Result
from mfgui.core.session import Mark
from mfgui.methods.registry import load
from mfgui.ui.dialogs.result_note import ResultNoteDialog
from mfgui.ui.docks.results import ResultsPanel
from mfgui.ui.rows import note_place, star_place, text_place
from tests.ui.hands import WAIT_MS, click

METHODS = load().methods
LABELS = np.ones((40, 60), np.uint8)


def result(name: str, q: float | None, *, method: str = "average", **parameters: Any) -> Result:
    image = np.zeros((40, 60, 3), np.float32)
    provenance = Provenance(method, parameters, (), "cpu", {}, detector="laplacian")
    times = {"map": 0.5, "fuse": 1.0}
    return Result(name, image, "uint8", LABELS, -1, provenance, "done", times, image, image, q=q)


RESULTS = {
    1: result("Average", 0.90),
    2: result("GFF", 0.97, method="gff"),
    3: result("Composite", None, method="composite"),
    4: result("MS-Lap", 0.98, method="ms-lap"),
}


class Bench:
    """A panel that shows what its signals ask for, as the window does."""

    def __init__(self, panel: ResultsPanel) -> None:
        self.panel = panel
        self.marks: dict[int, Mark] = {}
        self.results = dict(RESULTS)
        panel.star_clicked.connect(self._on_star_clicked)
        panel.renamed.connect(
            lambda n, name: self.set(n, replace(self.marks.get(n, Mark()), name=name))
        )
        panel.note_written.connect(
            lambda n, note: self.set(n, replace(self.marks.get(n, Mark()), note=note))
        )
        self.show()

    def set(self, number: int, mark: Mark) -> None:
        self.marks[number] = mark
        self.show()

    def show(self, shown: str = "result:4") -> None:
        self.panel.show_results(self.results, METHODS, shown=shown, marks=self.marks)

    @property
    def numbers(self) -> list[int]:
        """What is listed, from top to bottom."""
        return [int(row.key.split(":")[1]) for row in self.panel.view.rows.rows]

    def rect(self, number: int) -> Any:
        view = self.panel.view
        return view.visualRect(view.rows.index(view.rows.position(f"result:{number}")))

    def click(self, place: QPoint) -> None:
        click(self.panel.view.viewport(), place)

    @property
    def editor(self) -> QLineEdit:
        (editor,) = self.panel.view.findChildren(QLineEdit)
        return editor

    def accept(self) -> None:
        """Enter in the editor, which Qt answers a moment later."""
        QTest.keyClick(self.editor, Qt.Key.Key_Return)
        QApplication.processEvents()

    def _on_star_clicked(self, number: int) -> None:
        mark = self.marks.get(number, Mark())
        self.set(number, replace(mark, star=not mark.star))


@pytest.fixture
def bench(qtbot: Any) -> Bench:
    panel = ResultsPanel()
    qtbot.addWidget(panel)
    panel.resize(310, 520)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()
    return Bench(panel)


def test_that_a_click_on_the_star_stars_and_does_not_choose(bench: Bench, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(bench.panel.chosen):
        bench.click(star_place(bench.rect(2)).center())
    assert bench.marks[2].star
    assert bench.panel.view.rows.row(bench.panel.view.rows.index(2)).spoken.startswith(
        "2 · GFF, starred"
    )
    bench.click(star_place(bench.rect(2)).center())
    assert not bench.marks[2].star


def test_that_the_asterisk_stars_the_selected_result(bench: Bench) -> None:
    QTest.keyClick(bench.panel.view, Qt.Key.Key_Asterisk)
    assert bench.marks == {4: Mark(star=True)}


def test_that_a_double_click_on_the_title_renames(bench: Bench, qtlog: Any) -> None:
    place = text_place(bench.rect(2)).topLeft() + QPoint(20, 8)
    QTest.mouseDClick(bench.panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.editor.text() == "GFF"
    QTest.keyClicks(bench.editor, "Best so far")
    bench.accept()
    assert bench.marks == {2: Mark("Best so far")}
    assert not any("editing failed" in record.message for record in qtlog.records)
    row = bench.panel.view.rows.rows[bench.numbers.index(2)]
    assert row.title == "2 · Best so far"
    assert row.detail == "GFF · own Q 0.97000 · 1.5 s"


def test_that_enter_renames_and_escape_leaves_the_name(bench: Bench) -> None:
    QTest.keyClick(bench.panel.view, Qt.Key.Key_Return)
    QTest.keyClicks(bench.editor, "no")
    QTest.keyClick(bench.editor, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert bench.panel.view.state() is bench.panel.view.State.NoState
    assert bench.marks == {}


def test_that_a_name_can_be_typed_while_results_arrive(bench: Bench) -> None:
    bench.panel.rename(4)
    QTest.keyClicks(bench.editor, "Half a")
    bench.results[5] = result("Late", 0.5)
    bench.panel.show_picture("result:2", Picture(np.full((40, 60, 3), 90, np.uint8)))
    bench.show()
    assert bench.numbers == [5, 4, 3, 2, 1]
    assert bench.editor.text() == "Half a"
    QTest.keyClicks(bench.editor, " name")
    bench.accept()
    assert bench.marks == {4: Mark("Half a name")}


def test_that_leaving_the_editor_keeps_the_name(bench: Bench) -> None:
    bench.panel.rename(3)
    QTest.keyClicks(bench.editor, "Third")
    bench.panel.sort_box.setFocus()
    assert bench.marks == {3: Mark("Third")}


def test_that_results_are_sorted_as_the_person_says(bench: Bench) -> None:
    box = bench.panel.sort_box
    assert bench.numbers == [4, 3, 2, 1]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "Highest score first"
    assert bench.numbers == [4, 2, 1, 3]  # one without a score comes last
    bench.set(1, Mark("zebra"))
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert bench.numbers == [3, 2, 4, 1]
    assert bench.panel.view.current_key() == "result:4"


def test_that_the_filter_leaves_the_starred_results(bench: Bench) -> None:
    bench.set(1, Mark(star=True))
    click(bench.panel.star_filter)
    assert bench.numbers == [1]
    bench.set(1, Mark())
    assert bench.numbers == []
    assert bench.panel._none_starred.isVisible()
    bench.panel.rename(2)  # asked for from the menu of the window
    assert bench.editor.text() == "GFF"
    assert bench.numbers == [4, 3, 2, 1]


def test_that_one_result_alone_has_no_order(bench: Bench) -> None:
    assert bench.panel.sort_box.isVisible()
    bench.results = {1: RESULTS[1]}
    bench.show("result:1")
    assert not bench.panel.sort_box.isVisible()


def test_that_a_click_on_the_note_opens_it(bench: Bench, qtbot: Any) -> None:
    bench.set(2, Mark(note="halo at the left edge"))
    with qtbot.assertNotEmitted(bench.panel.chosen):
        bench.click(note_place(bench.rect(2)).center())
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ResultNoteDialog)
    assert dialog.text.toPlainText() == "halo at the left edge"
    qtbot.waitUntil(dialog.isActiveWindow, timeout=WAIT_MS)
    QTest.keyClicks(dialog.text, ", and more")
    QTest.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert bench.marks[2].note == "halo at the left edge, and more"
    row = bench.panel.view.rows.rows[bench.numbers.index(2)]
    assert "halo at the left edge, and more" in row.spoken


def test_that_a_note_that_is_too_long_is_not_kept(bench: Bench) -> None:
    bench.panel.edit_note(1)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ResultNoteDialog)
    dialog.text.setPlainText("n" * 10_003)
    assert "3 letters too many" in dialog.left.text()
    assert not dialog.save_button.isEnabled()
    QTest.keyClick(dialog.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert bench.marks == {}
    click(dialog.cancel_button)


def menu(bench: Bench, number: int) -> dict[str, QAction]:
    """The context menu of a row as it opens, by the words of its actions."""
    view = bench.panel.view
    place = bench.rect(number).center()
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(
        view.viewport(), QContextMenuEvent(reason, place, view.viewport().mapToGlobal(place))
    )
    (opened,) = bench.panel.findChildren(QMenu)
    assert opened.isVisible()
    return {action.text().split("\t")[0]: action for action in opened.actions()}


@pytest.mark.parametrize(
    ("words", "signal"),
    [
        ("Show", lambda panel: panel.chosen),
        ("Star", lambda panel: panel.star_clicked),
        ("Set as reference", lambda panel: panel.reference_wanted),
        ("Duplicate", lambda panel: panel.duplicate_clicked),
        ("Use its map", lambda panel: panel.map_wanted),
        ("Show its parameters again", lambda panel: panel.parameters_wanted),
        ("Export…", lambda panel: panel.export_clicked),
        ("Delete", lambda panel: panel.delete_clicked),
    ],
)
def test_that_the_menu_is_about_the_row_it_was_opened_on(
    bench: Bench, qtbot: Any, words: str, signal: Callable[[ResultsPanel], Any]
) -> None:
    actions = menu(bench, 2)
    with qtbot.waitSignal(signal(bench.panel)) as caught:
        actions[words].trigger()
    assert caught.args == [2]
    bench.panel.findChildren(QMenu)[0].close()


def test_that_a_result_without_a_map_offers_none(bench: Bench) -> None:
    bench.results[2] = replace(RESULTS[2], labels=None)
    bench.show()
    actions = menu(bench, 2)
    assert not actions["Use its map"].isEnabled()
    bench.panel.findChildren(QMenu)[0].close()


def test_that_a_picture_stays_while_there_is_the_result(bench: Bench) -> None:
    panel = bench.panel
    panel.show_picture("composite", Picture(np.zeros((40, 60, 3), np.uint8)))  # of no row
    panel.show_picture("result:2", Picture(np.full((40, 60, 3), 90, np.uint8)))
    assert panel.view.rows.rows[2].picture is not None
    bench.show("result:1")
    assert panel.view.rows.rows[2].picture is not None
    del bench.results[2]
    bench.show("result:1")
    bench.results = dict(RESULTS)
    bench.show("result:1")
    assert panel.view.rows.rows[2].picture is None


def test_that_settings_of_the_detector_are_said_where_they_are_not_usual(bench: Bench) -> None:
    usual = METHODS["laplacian"].defaults()["window"]
    for number, window in ((1, usual), (2, 77)):
        parameters = {"detector.window": window}
        bench.results[number] = result("Composite", None, method="composite", **parameters)
    bench.show()
    rows = {row.key: row.extra for row in bench.panel.view.rows.rows}
    assert rows["result:1"] == "default parameters"
    assert rows["result:2"] == "detector.window=77"


# The queue


def status(run_id: int, state: RunState, **more: Any) -> RunStatus:
    return RunStatus(run_id, f"Method {run_id}", state, **more)


RUNS = [
    status(7, RunState.RUNNING, share=0.4, remaining=7.2, elapsed=4.0),
    status(8, RunState.QUEUED),
    status(9, RunState.FAILED, reason="not enough memory for this run"),
]


def test_that_the_queue_says_state_and_time_left(bench: Bench) -> None:
    queue = bench.panel.queue
    assert not queue.isVisible()
    bench.panel.show_runs(RUNS)
    assert queue.isVisible()
    assert queue.caption.text() == "1 running, 1 waiting, 1 failed"
    running, waiting, failed = queue.rows.values()
    assert running.words.text() == "0:08 left"
    assert running.bar.value() / running.bar.maximum() == 0.4
    assert running.accessibleName().startswith("Method 7, running")
    assert "40 %" in running.accessibleName()
    assert waiting.words.text() == "Waiting"
    assert not failed.bar.isVisible()
    assert failed.reason.words == "not enough memory for this run"
    bench.panel.show_runs([])
    assert not queue.isVisible()
    assert not queue._timer.isActive()


def test_that_the_time_left_runs_on_between_events(bench: Bench, qtbot: Any) -> None:
    bench.panel.show_runs([replace(RUNS[0], remaining=4.1)])
    row = bench.panel.queue.rows[7]
    assert row.words.text() == "0:05 left"
    qtbot.waitUntil(lambda: row.words.text() == "0:04 left", timeout=3000)


def test_that_buttons_of_the_queue_are_about_their_run(bench: Bench, qtbot: Any) -> None:
    panel = bench.panel
    panel.show_runs(RUNS)
    rows = panel.queue.rows
    for button, signal, number in (
        (rows[7].close_button, panel.cancel_clicked, 7),
        (rows[8].close_button, panel.cancel_clicked, 8),
        (rows[9].again_button, panel.again_clicked, 9),
        (rows[9].close_button, panel.clear_clicked, 9),
    ):
        with qtbot.waitSignal(signal) as caught:
            click(button)
        assert caught.args == [number]
    assert rows[9].close_button.accessibleName() == "Clear Method 9"
    assert not panel.queue.clear_button.isVisible()  # one alone has its own button
    panel.show_runs([*RUNS, status(10, RunState.FAILED, reason="x")])
    with qtbot.waitSignal(panel.clear_all_clicked):
        click(panel.queue.clear_button)


def test_that_tab_goes_down_the_queue_and_on_to_the_results(bench: Bench) -> None:
    bench.panel.show_runs([*RUNS, status(10, RunState.FAILED, reason="x")])
    queue, seen = bench.panel.queue, []
    queue.clear_button.setFocus()
    for _ in range(7):
        seen.append(QApplication.focusWidget())
        QTest.keyClick(seen[-1], Qt.Key.Key_Tab)
    rows = queue.rows
    assert seen == [
        queue.clear_button,
        rows[7].close_button,
        rows[8].close_button,
        rows[9].again_button,
        rows[9].close_button,
        rows[10].again_button,
        rows[10].close_button,
    ]
    assert QApplication.focusWidget() is bench.panel.sort_box


def test_that_a_stopping_run_cannot_be_cancelled_again(bench: Bench) -> None:
    bench.panel.show_runs([status(7, RunState.STOPPING)])
    assert not bench.panel.queue.rows[7].close_button.isEnabled()


def test_that_a_long_queue_leaves_room_for_the_results(bench: Bench) -> None:
    bench.panel.resize(310, 320)
    bench.panel.show_runs([status(n, RunState.QUEUED) for n in range(10, 40)])
    QApplication.processEvents()
    assert bench.panel.queue.height() <= 0.45 * bench.panel.height()
    assert bench.rect(4).bottom() < bench.panel.view.viewport().height()
