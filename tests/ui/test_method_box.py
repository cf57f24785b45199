from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mfgui.methods.registry import FUSING, load
from mfgui.ui.method_box import MethodBox
from tests.ui.hands import click

METHODS = load().of_kind(*FUSING)
METHOD = {method.name: method for method in METHODS}


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 200)
    return window


@pytest.fixture
def box(window: QWidget) -> MethodBox:
    box = MethodBox("Method", METHODS, window)
    box.setGeometry(10, 10, 260, 30)
    window.show()
    box.choose("ms-lap")
    return box


def listed(box: MethodBox) -> list[str]:
    model = box.popup.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_that_a_click_opens_all_methods_with_the_chosen_one_marked(box: MethodBox) -> None:
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(40, 12))
    assert box.popup.isVisible()
    assert listed(box) == [method.title for method in box.methods]
    assert box.popup.list.currentIndex().data() == box.method.title


def test_that_letters_open_it_and_search(box: MethodBox) -> None:
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier)
    assert box.popup.isVisible()
    assert box.popup.field.text() == "a"
    QTest.keyClicks(box.popup.field, "verage")
    assert listed(box)[0] == "Average"
    QTest.keyClick(box.popup.field, Qt.Key.Key_Return)
    assert not box.popup.isVisible()
    assert box.method.name == "average"


def test_that_authors_and_words_of_the_description_are_found(box: MethodBox) -> None:
    box.popup.open()
    QTest.keyClicks(box.popup.field, "xu computational")
    assert "MFF-SSIM (MS-Lap)" in listed(box)
    box.popup.field.setText("no such thing at all")
    assert listed(box) == []
    assert "No method" in box.popup.note.text()
    QTest.keyClick(box.popup.field, Qt.Key.Key_Return)
    assert box.method.name == "ms-lap"


def test_that_arrows_walk_and_escape_leaves_the_choice(box: MethodBox) -> None:
    box.popup.open()
    row = box.popup.list.currentIndex().row()
    QTest.keyClick(box.popup.field, Qt.Key.Key_Down)
    assert box.popup.list.currentIndex().row() == row + 1
    QTest.keyClick(box.popup.field, Qt.Key.Key_Escape)
    assert not box.popup.isVisible()
    assert box.method.name == "ms-lap"


def test_that_a_click_on_a_row_chooses_it(box: MethodBox) -> None:
    box.popup.open()
    box.popup.field.setText("average")
    view = box.popup.list
    place = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert box.method.name == "average"


def test_that_what_is_to_know_of_the_marked_method_is_said(box: MethodBox) -> None:
    box.popup.open()
    notes = box.method.notes
    assert notes is not None
    assert notes.idea in box.popup.note.text()
    assert notes.failures in box.popup.note.text()
    assert box.method.title in box.popup.field.accessibleDescription()


# Ticks


@pytest.fixture
def ticking(window: QWidget) -> MethodBox:
    box = MethodBox("Method", METHODS, window, tickable=True)
    box.setGeometry(10, 10, 260, 30)
    window.show()
    box.choose("ms-lap")
    box.popup.open()
    return box


def click_box(box: MethodBox, name: str) -> None:
    """A click on the box of a method's row."""
    view = box.popup.list
    row = next(n for n, title in enumerate(listed(box)) if title == METHOD[name].title)
    index = view.model().index(row, 0)
    view.scrollTo(index)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.box_place(index).center())


def test_that_a_click_on_a_box_ticks_and_chooses_nothing(ticking: MethodBox, qtbot: Any) -> None:
    with qtbot.waitSignal(ticking.ticks_changed) as caught:
        click_box(ticking, "gff")
    assert caught.args == [("gff",)]
    click_box(ticking, "average")
    assert ticking.popup.isVisible()
    assert ticking.method.name == "ms-lap"
    assert [method.name for method in ticking.ticked] == ["gff", "average"]  # as listed
    click_box(ticking, "gff")
    assert [method.name for method in ticking.ticked] == ["average"]


def test_that_two_quick_clicks_on_a_box_tick_and_untick(ticking: MethodBox) -> None:
    view = ticking.popup.list
    index = view.currentIndex()
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
    )
    ticking.popup.open()  # the list knows that this row was clicked before
    place = QPointF(view.box_place(index).center())
    left = Qt.MouseButton.LeftButton
    for kind, held in (
        (QEvent.Type.MouseButtonPress, left),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
        (QEvent.Type.MouseButtonDblClick, left),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(kind, place, place, left, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(view.viewport(), event)
    assert ticking.ticked == ()
    assert ticking.popup.isVisible()


def test_that_the_keyboard_ticks_what_was_found(ticking: MethodBox) -> None:
    for typed in ("average", "gff"):
        ticking.popup.field.selectAll()
        QTest.keyClicks(ticking.popup.field, typed)
        QTest.keyClick(ticking.popup.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert {method.name for method in ticking.ticked} == {"average", "gff"}
    assert ticking.popup.isVisible()
    assert ticking.method.name == "ms-lap"


def test_that_ticks_are_told_to_screen_readers(ticking: MethodBox) -> None:
    ticking.tick(["ms-lap", "no-such-method"])
    index = ticking.popup.list.currentIndex()
    assert index.data(Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked
    assert "ticked" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert [method.name for method in ticking.ticked] == ["ms-lap"]


def test_that_the_foot_counts_runs_and_unticks(ticking: MethodBox, qtbot: Any) -> None:
    popup = ticking.popup
    assert "Ctrl+Enter" in popup.count.text()
    assert not popup.run_button.isVisible()
    ticking.tick(["gff", "average", "ms-lap"])
    assert popup.count.text() == "3 ticked"
    with qtbot.waitSignal(ticking.run_ticked):
        click(popup.run_button)
    assert not popup.isVisible()
    popup.open()
    click(popup.clear_button)
    assert ticking.ticked == ()


def test_that_a_box_without_ticks_has_none(box: MethodBox) -> None:
    box.popup.open()
    assert not box.popup.foot.isVisible()
    index = box.popup.list.currentIndex()
    assert box.popup.list.box_place(index).isEmpty()
    assert index.data(Qt.ItemDataRole.CheckStateRole) is None
    key = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(box.popup.field, *key)
    assert box.ticked == ()
