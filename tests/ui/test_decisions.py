"""Methods that make a map of their own, in the window."""

from __future__ import annotations

from typing import Any

import numpy as np

from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS, click


def run(opened: Application, qtbot: Any, name: str, number: int) -> None:
    parts = opened.window.parts
    parts.method.choose_method(name)
    click(parts.method.run_button)
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{number}", timeout=WAIT_MS)


def test_that_its_map_becomes_the_map_only_where_there_is_none(
    opened: Application, qtbot: Any
) -> None:
    session, window = opened.controller.session, opened.window
    run(opened, qtbot, "weighted-average", 1)
    assert session.focus_map is not None
    assert np.array_equal(session.focus_map.labels, session.results[1].labels)
    assert session.map_origin.detector == "weighted-average"
    window.parts.method.choose_method("ms-lap")
    window.commands.carry_out("detect")
    qtbot.waitUntil(lambda: session.map_origin.detector == "laplacian", timeout=WAIT_MS)
    before = session.focus_map.labels.copy()
    run(opened, qtbot, "gfdf", 2)
    assert np.array_equal(session.focus_map.labels, before)
    assert not np.array_equal(session.results[2].labels, before)


def test_that_the_map_of_a_result_can_be_worked_on(opened: Application, qtbot: Any) -> None:
    session, actions = opened.controller.session, opened.window.parts.actions
    assert not actions["use-result-map"].isEnabled()
    opened.window.commands.carry_out("detect")
    qtbot.waitUntil(lambda: session.focus_map is not None, timeout=WAIT_MS)
    detected = session.focus_map.labels.copy()
    run(opened, qtbot, "gfdf", 1)
    actions["use-result-map"].trigger()
    assert np.array_equal(session.focus_map.labels, session.results[1].labels)
    assert session.map_origin.kept
    run(opened, qtbot, "weighted-average", 2)
    assert session.results[2].map_revision == -1
    opened.controller.view.show("result:1")
    actions["undo"].trigger()
    actions["undo"].trigger()
    assert np.array_equal(session.focus_map.labels, detected)


def test_that_the_weights_of_the_shown_result_can_be_looked_at(
    opened: Application, qtbot: Any
) -> None:
    canvas, view = opened.window.parts.canvas, opened.controller.view
    assert not canvas.has_soft
    run(opened, qtbot, "gfdf", 1)
    assert canvas.has_soft
    view.show("source:1")
    assert canvas.has_soft
    run(opened, qtbot, "average", 2)
    assert not canvas.has_soft
    view.show("result:1")
    assert canvas.has_soft


def test_that_detecting_with_such_a_method_leaves_no_result(
    opened: Application, qtbot: Any
) -> None:
    session, method = opened.controller.session, opened.window.parts.method
    method.choose_method("gfdf")
    opened.window.commands.carry_out("detect")
    qtbot.waitUntil(lambda: session.focus_map is not None, timeout=WAIT_MS)
    assert session.map_origin.detector == "gfdf"
    assert not session.results


def test_that_settings_of_the_detector_reach_the_command(opened: Application) -> None:
    method = opened.window.parts.method
    method.choose_method("ms-lap")
    method.detector_box.choose("gfdf")
    method.detector_form.rows["radius"].field.edited.emit("7")
    assert method.choice.explicit == {"detector": "gfdf", "detector.radius": 7}
    assert method.choice.detector_explicit == {"radius": 7}
    method.detector_form.rows["radius"].field.edited.emit("-3")
    assert not method.valid


def test_that_a_wrong_value_of_the_detector_gets_the_keyboard(
    opened: Application, qtbot: Any
) -> None:
    window = opened.window
    method = window.parts.method
    method.choose_method("ms-lap")
    method.detector_box.choose("gfdf")
    method.detector_form.rows["radius"].field.edited.emit("-3")
    window.commands.carry_out("run")
    assert not opened.controller.session.results
    assert not opened.controller.state.running
    editor = method.detector_form.rows["radius"].field.main
    assert editor.hasFocus()
    assert editor.isVisible()


def test_that_the_curve_comes_up_for_ascents_alone(opened: Application, qtbot: Any) -> None:
    method = opened.window.docks["method"]
    opened.window.arranger.bring_up("method")
    qtbot.waitUntil(lambda: not method.visibleRegion().isEmpty(), timeout=WAIT_MS)
    run(opened, qtbot, "gfdf", 1)
    assert not method.visibleRegion().isEmpty()


def test_that_only_ascents_run_again_from_an_image(opened: Application, qtbot: Any) -> None:
    method, actions = opened.window.parts.method, opened.window.parts.actions
    run(opened, qtbot, "gfdf", 1)
    assert not method.run_again_button.isEnabled()
    assert "starts from the sources" in method.run_again_button.toolTip()
    actions["run-again"].trigger()
    assert not opened.controller.state.running
    assert set(opened.controller.session.results) == {1}
    method.choose_method("ms-lap")
    assert method.run_again_button.isEnabled()
