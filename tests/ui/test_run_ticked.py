"""Ticked methods as a queue, in the whole window, by mouse and keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.app.settings import SettingsFile
from mfgui.core.events import RunState
from mfgui.core.session import Mark
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click

RUN_TICKED = Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier


def tick(application: Application, *names: str) -> None:
    """Tick methods in the list, with clicks on their boxes."""
    box = application.window.parts.method.method_box
    box.showPopup()
    view = box.popup.list
    for name in names:
        row = next(n for n, method in enumerate(box.methods) if method.name == name)
        view.scrollTo(view.model().index(row, 0))
        place = view.box_place(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    box.hidePopup()


def wait_until_done(application: Application, qtbot: Any, count: int) -> None:
    session, tracker = application.controller.session, application.controller.runs.tracker
    qtbot.waitUntil(lambda: not tracker.active() and len(session.results) == count, timeout=WAIT_MS)


def test_that_ticked_methods_run_one_after_the_other(opened: Application, qtbot: Any) -> None:
    window, session = opened.window, opened.controller.session
    assert not window.parts.actions["run-ticked"].isEnabled()
    tick(opened, "average", "laplacian-pyramid", "gff")
    assert window.parts.actions["run-ticked"].isEnabled()
    QTest.keyClick(window, *RUN_TICKED)
    results = window.parts.results
    assert len(results.queue.rows) == 3
    wait_until_done(opened, qtbot, 3)
    assert not results.queue.isVisible()
    assert session.shown == "result:1"
    rows = results.view.rows
    qtbot.waitUntil(lambda: all(row.picture is not None for row in rows.rows), timeout=WAIT_MS)
    titles = [row.title for row in rows.rows]
    assert [title.split(" ")[0] for title in titles] == ["3", "2", "1"]


def test_that_a_failed_method_stays_with_its_reason_and_can_be_run_again(
    opened: Application, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, parts = opened.controller, opened.window.parts
    broken = controller.registry.get("gff")
    function = broken.function

    def fails(*_args: Any, **_values: Any) -> None:
        raise MemoryError

    object.__setattr__(broken, "function", fails)
    tick(opened, "gff", "average")
    try:
        click(parts.method.run_ticked_button)
        wait_until_done(opened, qtbot, 1)
    finally:
        object.__setattr__(broken, "function", function)
    (row,) = parts.results.queue.rows.values()
    assert row.words.text() == "Failed"
    assert "memory" in row.reason.words
    assert parts.banners.shown is not None
    assert broken.title in parts.banners.shown.notice.what
    assert "go on" in parts.banners.shown.notice.kept
    click(row.again_button)
    wait_until_done(opened, qtbot, 2)
    assert not parts.results.queue.isVisible()


def test_that_a_waiting_run_is_cancelled_by_its_button(opened: Application, qtbot: Any) -> None:
    parts, runs = opened.window.parts, opened.controller.runs
    parts.method.tick(["ms-lap", "average", "gff"])
    opened.window.commands.carry_out("run-ticked")
    waiting = [row for row in parts.results.queue.rows.values() if "Average" in row.name.words]
    assert runs.tracker.status(waiting[0].run_id).state is RunState.QUEUED
    click(waiting[0].close_button)
    assert len(parts.results.queue.rows) == 2
    wait_until_done(opened, qtbot, 2)
    methods = {r.provenance.method for r in opened.controller.session.results.values()}
    assert methods == {"ms-lap", "gff"}


def test_that_ticks_are_there_again_at_the_next_start(opened: Application) -> None:
    tick(opened, "gff", "average")
    names = tuple(choice.method for choice in opened.window.parts.method.ticked)
    opened.close()
    assert SettingsFile().values.ticked == names
    assert set(names) == {"gff", "average"}


def test_that_the_dock_changes_marks_as_steps(opened: Application, qtbot: Any) -> None:
    controller, parts = opened.controller, opened.window.parts
    opened.window.commands.carry_out("run-ticked")  # nothing is ticked
    controller.runs.run("average", {})
    wait_until_done(opened, qtbot, 1)
    opened.window.arranger.show("results")
    view = parts.results.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Asterisk)
    opened.window.commands.carry_out("rename-result")
    editor = view.viewport().findChildren(type(parts.method.method_box.popup.field))[0]
    QTest.keyClicks(editor, "Plain mean")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: controller.marks.mark(1) == Mark("Plain mean", True), timeout=WAIT_MS)
    assert view.rows.rows[0].title == "1 · Plain mean"
    controller.edit.undo()
    assert view.rows.rows[0].title == "1 · Average"
    parts.results.duplicate_clicked.emit(1)
    assert [row.title for row in view.rows.rows] == ["2 · Average copy", "1 · Average"]


def test_that_the_parameters_of_a_result_fill_the_form(opened: Application, qtbot: Any) -> None:
    controller, parts = opened.controller, opened.window.parts
    controller.runs.run("ms-lap", {"iterations": 2, "detector": "variance"})
    wait_until_done(opened, qtbot, 1)
    parts.method.choose_method("average")
    parts.results.parameters_wanted.emit(1)
    assert parts.method.choice.method == "ms-lap"
    assert parts.method.choice.explicit["iterations"] == 2
    assert parts.method.choice.explicit["detector"] == "variance"
    assert parts.method.isVisible()
