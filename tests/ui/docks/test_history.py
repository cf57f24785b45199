from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.history import Action, History
from mfgui.ui.application import Application
from mfgui.ui.docks.history import HistoryModel, HistoryPanel
from tests.ui.hands import WAIT_MS, click


def step(name: str, nbytes: int = 0) -> Action:
    return Action(name, lambda: None, lambda: None, nbytes)


def rows(model: HistoryModel) -> list[str]:
    return [model.words(row) for row in range(model.rowCount())]


@pytest.fixture
def model(qapp: Any) -> HistoryModel:
    return HistoryModel()


def test_that_undone_present_and_saved_steps_are_told_apart(model: HistoryModel) -> None:
    history = History()
    for name in ("Brush", "Fill", "Lasso"):
        history.push(step(name))
    history.undo()
    history.mark_saved()
    history.undo()
    model.show_history(history)
    assert rows(model) == [
        "Beginning",
        "Brush, present state",
        "Fill, undone, saved",
        "Lasso, undone",
    ]


def test_that_a_further_step_adds_one_row(model: HistoryModel, qtbot: Any) -> None:
    history = History()
    for number in range(5000):
        history.push(step(f"Brush {number}"))
    model.show_history(history)
    inserted: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda _parent, first, last: inserted.append((first, last)))
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    history.push(step("Brush"))
    model.show_history(history)
    assert inserted == [(5001, 5001)]
    assert not resets


def test_that_steps_that_were_undone_give_way_to_a_new_one(model: HistoryModel) -> None:
    history = History()
    for name in ("Brush", "Fill", "Lasso"):
        history.push(step(name))
    model.show_history(history)
    history.go_to(1)
    history.push(step("Eraser"))
    model.show_history(history)
    assert rows(model) == ["Beginning", "Brush", "Eraser, present state"]


def test_that_rows_of_forgotten_steps_go(model: HistoryModel) -> None:
    removed: list[tuple[int, int]] = []
    model.rowsRemoved.connect(lambda _parent, first, last: removed.append((first, last)))
    history = History(budget=25, least=1)
    for number in range(4):
        history.push(step(f"Brush {number}", 10))
        model.show_history(history)
    assert rows(model) == ["Beginning", "Brush 2", "Brush 3, present state"]
    assert removed == [(1, 1), (1, 1)]


def paint(application: Application, times: int) -> None:
    for number in range(times):
        square = Edit(Rect(8 * number, 0, 8, 8), np.ones((8, 8), np.bool_), 1)
        application.controller.edit.apply(f"Brush {number}", [square])


@pytest.fixture
def panel(opened: Application) -> HistoryPanel:
    window = opened.window
    window.parts.actions["history"].trigger()
    panel = window.docks["history"].widget()
    assert isinstance(panel, HistoryPanel)
    assert panel.isVisible()
    return panel


def row_place(panel: HistoryPanel, row: int) -> Any:
    return panel.view.visualRect(panel.model.index(row)).center()


def test_that_a_click_goes_to_a_step_and_back(
    opened: Application, panel: HistoryPanel, qtbot: Any
) -> None:
    edit = opened.controller.edit
    paint(opened, 3)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4, timeout=WAIT_MS)
    click(panel.view.viewport(), row_place(panel, 1))
    assert edit.history.position == 1
    click(panel.view.viewport(), row_place(panel, 3))
    assert edit.history.position == 3
    click(panel.view.viewport(), row_place(panel, 0))
    assert edit.history.position == 0
    assert opened.controller.session.focus_map is None


def test_that_the_keyboard_goes_to_a_step(
    opened: Application, panel: HistoryPanel, qtbot: Any
) -> None:
    paint(opened, 3)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4, timeout=WAIT_MS)
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Up)
    QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert opened.controller.edit.history.position == 2


def test_that_looking_around_leaves_the_history_as_it_is(
    opened: Application, panel: HistoryPanel
) -> None:
    paint(opened, 1)
    before = opened.controller.edit.history.names
    opened.controller.view.show("source:2")
    opened.window.parts.actions["zoom-200"].trigger()
    opened.window.parts.actions["overlay"].trigger()
    assert opened.controller.edit.history.names == before


def test_that_the_note_tells_steps_and_memory_and_what_was_dropped(
    opened: Application, panel: HistoryPanel, qtbot: Any
) -> None:
    paint(opened, 1)
    qtbot.waitUntil(lambda: panel.note.text().startswith("1 step, "), timeout=WAIT_MS)
    opened.controller.edit.history.forgotten = 12
    panel.show_history()
    assert "12 older steps were dropped to stay below 512 MB" in panel.note.text()


def test_that_a_list_that_was_hidden_is_up_to_date_when_it_shows(
    opened: Application, panel: HistoryPanel
) -> None:
    opened.window.docks["history"].close()
    paint(opened, 2)
    assert panel.model.rowCount() == 1
    opened.window.parts.actions["history"].trigger()
    assert panel.model.rowCount() == 3
