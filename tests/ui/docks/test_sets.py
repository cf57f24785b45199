from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui.files.annotations import SetState
from mfgui.files.worklists import Worklist, WorkSet
from mfgui.ui.docks.set_rows import spent
from mfgui.ui.docks.sets import SetsPanel
from tests.ui.hands import click

FOLDER = Path("list")


def worklist(*states: SetState) -> Worklist:
    sets = tuple(
        WorkSet(f"scene {n}", (), FOLDER / f"{n}", state) for n, state in enumerate(states)
    )
    return Worklist(FOLDER, FOLDER, sets)


STATES = (SetState.DONE, SetState.NEW, SetState.FLAGGED, SetState.NEW, SetState.IN_PROGRESS)


@pytest.fixture
def panel(qtbot: Any, theme: Any) -> SetsPanel:
    panel = SetsPanel()
    qtbot.addWidget(panel)
    panel.resize(320, 420)
    panel.show()
    panel.show_list(worklist(*STATES), open_set=1)
    entry = worklist(*STATES).sets[1]
    panel.show_open(entry, ready=True, saved="Saved", problem="")
    return panel


def shown(panel: SetsPanel) -> list[str]:
    model = panel.model
    return [model.index(row).data() for row in range(model.rowCount())]


def spoken(panel: SetsPanel, row: int) -> str:
    return str(panel.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole))


def test_that_the_list_says_names_states_and_how_many_are_done(panel: SetsPanel) -> None:
    assert panel.count.text() == "1 of 5 done"
    assert shown(panel) == [f"scene {n}" for n in range(5)]
    assert spoken(panel, 1) == "scene 1, new, open"
    assert spoken(panel, 2) == "scene 2, flagged"


def test_that_a_double_click_opens_a_set(panel: SetsPanel, qtbot: Any) -> None:
    place = panel.view.visualRect(panel.model.index(2)).center()
    with qtbot.waitSignal(panel.set_opened) as caught:
        click(panel.view.viewport(), place)
        QTest.mouseDClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [2]


def test_that_one_click_only_selects(panel: SetsPanel, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(panel.set_opened):
        click(panel.view.viewport(), panel.view.visualRect(panel.model.index(2)).center())
    assert panel.view.currentIndex().row() == 2


def test_that_typed_words_search_and_enter_opens_what_is_left(panel: SetsPanel, qtbot: Any) -> None:
    QTest.keyClicks(panel.search, "E 3")
    assert shown(panel) == ["scene 3"]
    panel.view.setCurrentIndex(panel.model.index(0))
    with qtbot.waitSignal(panel.set_opened) as caught:
        QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert caught.args == [3]


def test_that_typing_in_the_list_goes_to_a_name(panel: SetsPanel) -> None:
    panel.view.setFocus()
    QTest.keyClicks(panel.view, "scene 4")
    assert panel.view.currentIndex().data() == "scene 4"


def test_that_the_filter_shows_one_state(panel: SetsPanel) -> None:
    panel.filter_box.setFocus()
    panel.filter_box.setCurrentIndex(panel.filter_box.findText("New"))
    assert shown(panel) == ["scene 1", "scene 3"]
    changed = worklist(SetState.DONE, SetState.DONE, *STATES[2:])
    panel.show_list(changed, open_set=1)
    assert shown(panel) == ["scene 3"]
    assert panel.count.text() == "2 of 5 done"


def test_that_the_selection_stays_when_a_state_changes(panel: SetsPanel) -> None:
    panel.view.setCurrentIndex(panel.model.index(4))
    panel.show_list(worklist(*STATES[:4], SetState.DONE), open_set=1)
    assert panel.view.currentIndex().row() == 4
    assert spoken(panel, 4) == "scene 4, done"


def test_that_another_open_set_is_selected(panel: SetsPanel) -> None:
    panel.show_list(worklist(*STATES), open_set=3)
    assert panel.view.currentIndex().row() == 3


def test_that_the_state_buttons_ask_and_do_not_decide(panel: SetsPanel, qtbot: Any) -> None:
    with qtbot.waitSignal(panel.state_chosen) as caught:
        click(panel.state_buttons[SetState.DONE])
    assert caught.args == [SetState.DONE]
    done = worklist(SetState.DONE).sets[0]
    panel.show_open(done, ready=True, saved="", problem="")
    checked = [state for state, button in panel.state_buttons.items() if button.isChecked()]
    assert checked == [SetState.DONE]


def test_that_note_and_annotator_are_told_as_they_are_typed(panel: SetsPanel, qtbot: Any) -> None:
    with qtbot.waitSignal(panel.note_edited) as caught:
        QTest.keyClicks(panel.note_line, "x")
    assert caught.args == ["x"]
    with qtbot.waitSignal(panel.annotator_edited) as caught:
        QTest.keyClicks(panel.annotator_line, "A")
    assert caught.args == ["A"]


def test_that_nothing_can_be_said_of_a_set_that_is_not_open(panel: SetsPanel) -> None:
    panel.show_open(None, ready=False, saved="", problem="")
    assert not panel.note_line.isEnabled()
    assert not any(button.isChecked() for button in panel.state_buttons.values())


def test_that_changed_sources_offer_to_load_the_map_anyway(panel: SetsPanel, qtbot: Any) -> None:
    assert not panel.anyway_button.isVisible()
    entry = worklist(SetState.NEW).sets[0]
    panel.show_open(entry, ready=True, saved="", problem="far.png has changed")
    assert panel.problem.text() == "far.png has changed"
    with qtbot.waitSignal(panel.command_clicked) as caught:
        click(panel.anyway_button)
    assert caught.args == ["load-anyway"]


def test_that_without_a_list_there_is_one_button(panel: SetsPanel, qtbot: Any) -> None:
    panel.show_list(None, open_set=None)
    assert not panel.view.isVisible()
    with qtbot.waitSignal(panel.command_clicked) as caught:
        click(panel.open_button)
    assert caught.args == ["open-list"]


def test_that_a_state_is_drawn_as_an_icon_not_only_a_colour(panel: SetsPanel) -> None:
    image = panel.view.viewport().grab().toImage()

    def icon(row: int) -> list[int]:
        corner = panel.view.visualRect(panel.model.index(row)).topLeft()
        places = [corner + QPoint(8 + x, 6 + y) for x in range(20) for y in range(20)]
        return [image.pixelColor(place).lightness() for place in places]

    assert icon(0) != icon(2)
    assert icon(2) != icon(3)
    assert icon(3) != icon(4)


def test_that_time_is_minutes_and_seconds() -> None:
    assert [spent(s) for s in (0, 59.9, 60, 3725)] == ["0:00", "0:59", "1:00", "62:05"]
