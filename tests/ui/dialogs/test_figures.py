from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableWidget

from mfgui.app.measuring import Comparison, ListComparison
from mfgui.core.agreement import agreement
from mfgui.core.statistics import map_statistics
from mfgui.files.annotations import SetState
from mfgui.files.map_report import SetAgreement
from mfgui.files.worklists import Worklist, WorkSet
from mfgui.ui.dialogs.agreement import AgreementDialog
from mfgui.ui.dialogs.figure_table import shown
from mfgui.ui.dialogs.statistics import StatisticsDialog, list_words, time_words
from tests.ui.hands import click

FIRST = np.array([[1, 1, 2, 2], [1, 1, 2, 0]], np.uint8)
SECOND = np.array([[1, 2, 2, 2], [1, 1, 2, 0]], np.uint8)
NAMES, COLOURS = ("near.png", "far.png"), ("#3164d9", "#e6ab00")


def cells(table: QTableWidget) -> list[list[str]]:
    rows = range(table.rowCount())
    items = [[table.item(row, column) for column in range(table.columnCount())] for row in rows]
    return [["" if item is None else item.text() for item in row] for row in items]


@pytest.fixture
def comparing(qtbot: Any, theme: Any) -> AgreementDialog:
    dialog = AgreementDialog(NAMES, COLOURS, has_list=True)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def comparison() -> Comparison:
    return Comparison(agreement(FIRST, SECOND, k=2), SECOND, Path("ann/cup_map.png"), "odd")


def test_that_an_agreement_shows_each_label_and_the_whole(comparing: AgreementDialog) -> None:
    assert not comparing.copy_button.isEnabled()
    assert not comparing.differences_box.isEnabled()
    comparing.show_comparison(comparison())
    assert comparing.what.text() == "This map and cup_map.png (odd)"
    first, second = cells(comparing.labels)
    assert first[:3] == ["1", "near.png", shown(0.75)]
    assert second[1] == "far.png"
    assert "Pixel accuracy 85.71 %" in comparing.summary.text()
    assert "1 unassigned in both" in comparing.summary.text()
    assert cells(comparing.confusion)[1] == ["near.png", "0", "3", "1"]


def test_that_the_table_is_copied_as_csv(comparing: AgreementDialog) -> None:
    comparing.show_comparison(comparison())
    click(comparing.copy_button)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("label,source,iou")
    assert "1,near.png,0.75," in text


def test_that_a_list_has_a_table_and_a_report_of_its_own(
    comparing: AgreementDialog, qtbot: Any
) -> None:
    sets = (SetAgreement("a", agreement(FIRST, SECOND, k=2)), SetAgreement("b", None, "no map"))
    assert not comparing.report_button.isVisible()
    comparing.show_list(ListComparison(sets, Path("bob"), 2.0))
    assert comparing.what.text() == "1 of 2 sets compared with bob"
    assert cells(comparing.sets)[1] == ["b", *["–"] * 5, "no map"]
    assert comparing.csv().splitlines()[2] == "b,,,,,,no map"
    with qtbot.waitSignal(comparing.report_asked):
        click(comparing.report_button)


def test_that_the_tolerance_is_told(comparing: AgreementDialog, qtbot: Any) -> None:
    with qtbot.waitSignal(comparing.tolerance_changed):
        QTest.keyClick(comparing.tolerance_box, Qt.Key.Key_Up)
    assert comparing.tolerance == 3.0


def some_list() -> Worklist:
    base = Path("x")
    one = WorkSet("a", (), base, SetState.DONE, "clean", "Ada", 125.0, 0.25)
    return Worklist(base, base, (one, replace(one, name="b", seconds=0.0, state=SetState.NEW)))


def test_that_statistics_show_set_and_list(qtbot: Any, theme: Any) -> None:
    dialog = StatisticsDialog(NAMES, COLOURS, worklist=some_list(), tools={"brush": 61.0})
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_statistics(map_statistics(FIRST, k=2))
    assert cells(dialog.labels)[0] == ["1", "near.png", "4", "50.00 %", "1", "2"]
    assert cells(dialog.labels)[2][:2] == ["", "unassigned"]
    assert "12.50 % unassigned" in dialog.summary.text()
    assert dialog.time.text() == "Time 1:01: brush 1:01"
    dialog.tabs.setCurrentIndex(1)
    assert cells(dialog.sets)[0] == ["a", "done", "2:05", "25.00 %", "Ada", "clean"]
    click(dialog.copy_button)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[1] == "a,done,125.0,0.25,Ada,clean"


def test_that_outside_of_a_list_there_is_no_list(qtbot: Any) -> None:
    dialog = StatisticsDialog(NAMES, COLOURS)
    qtbot.addWidget(dialog)
    assert not dialog.tabs.isTabVisible(1)
    assert not dialog.time.text()


def test_that_words_of_a_list_count_states_and_time() -> None:
    words = list_words(some_list())
    assert words == "2 sets: 1 new, 1 done, time 2:05, 2:05 for each set worked on"
    assert time_words({}) == ""
