from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from mfgui.ui.canvas.overlays import Overlay, OverlayMode
from mfgui.ui.overlay_control import OverlayControl
from mfgui.ui.picture_switch import PictureSwitch
from tests.ui.hands import click


@pytest.fixture
def control(qtbot: Any, themes: Any) -> OverlayControl:
    control = OverlayControl(Overlay(OverlayMode.TINT, 35))
    qtbot.addWidget(control)
    control.show()
    return control


def test_that_each_mode_is_in_the_menu(control: OverlayControl, qtbot: Any) -> None:
    assert list(control.modes) == list(OverlayMode)
    for mode in (*list(OverlayMode)[2:], OverlayMode.OFF, OverlayMode.TINT):
        with qtbot.waitSignal(control.changed) as caught:
            control.modes[mode].trigger()
        assert caught.args == [Overlay(mode, 35)]
        assert [m for m, action in control.modes.items() if action.isChecked()] == [mode]
        assert control.modes[mode].text() in control.button.text()
        assert control.modes[mode].text() in control.button.accessibleName()
        assert not control.modes[mode].icon().isNull()
    assert min(control.button.width(), control.button.height()) >= 24


def test_that_the_slider_never_moves_with_the_name_of_the_mode(control: OverlayControl) -> None:
    places = set()
    for mode in OverlayMode:
        control.set_mode(mode)
        control.layout().activate()
        places.add(control.slider.x())
        assert control.button.sizeHint().width() <= control.button.width()
    assert len(places) == 1


def test_that_the_menu_opens_from_the_keyboard(control: OverlayControl, qtbot: Any) -> None:
    control.button.setFocus()
    QTimer.singleShot(0, lambda: QTest.keyClick(control.menu, Qt.Key.Key_Escape))
    with qtbot.waitSignal(control.menu.aboutToShow):
        QTest.keyClick(control.button, Qt.Key.Key_Space)


def test_that_toggling_returns_to_the_mode_that_was_on(control: OverlayControl) -> None:
    control.modes[OverlayMode.HATCH].trigger()
    control.toggle()
    assert control.overlay.mode is OverlayMode.OFF
    control.toggle()
    assert control.overlay.mode is OverlayMode.HATCH


def test_that_the_next_mode_goes_round_over_those_that_can_be_used(
    control: OverlayControl,
) -> None:
    reasons = {OverlayMode.SOFT: "no weights", OverlayMode.DIFFERENCE: "one map only"}
    control.show_reasons(reasons)
    assert "one map only" in control.modes[OverlayMode.DIFFERENCE].toolTip()
    expected = [mode for mode in OverlayMode if mode not in reasons]
    seen = []
    for _ in range(len(expected) + 1):
        seen.append(control.overlay.mode)
        control.next_mode()
    assert seen == [*expected[1:], *expected[:2]]
    control.set_mode(OverlayMode.SOFT)
    control.toggle()
    control.toggle()
    assert control.overlay.mode is OverlayMode.TINT


def test_that_strength_moves_by_slider_and_by_steps(control: OverlayControl) -> None:
    QTest.keyClick(control.slider, Qt.Key.Key_Right)
    assert control.overlay.strength == 40
    assert control.percent.text() == "40 %"
    control.strengthen(-1)
    assert control.overlay.strength == 35
    control.strengthen(-20)
    assert control.overlay.strength == 0


def test_that_strength_cannot_be_moved_while_the_overlay_is_off(control: OverlayControl) -> None:
    control.toggle()
    assert not control.slider.isEnabled()
    control.toggle()
    assert control.slider.isEnabled()


@pytest.fixture
def switch(qtbot: Any, themes: Any) -> PictureSwitch:
    switch = PictureSwitch()
    qtbot.addWidget(switch)
    switch.show()
    return switch


def test_that_each_source_of_a_small_set_has_a_button(switch: PictureSwitch, qtbot: Any) -> None:
    switch.show_sources(["near.tif", "far.tif"])
    assert [button.text() for button in switch.source_buttons] == ["1", "2"]
    assert switch.source_buttons[1].accessibleName() == "Show source 2: far.tif"
    with qtbot.waitSignal(switch.source_chosen) as caught:
        click(switch.source_buttons[1])
    assert caught.args == [2]
    assert not switch.source_box.isVisible()


def test_that_a_large_stack_has_a_list(switch: PictureSwitch, qtbot: Any) -> None:
    switch.show_sources([f"{n}.tif" for n in range(1, 21)])
    assert switch.source_buttons == []
    assert switch.source_box.isVisible()
    assert switch.source_box.count() == 20
    with qtbot.waitSignal(switch.source_chosen) as caught:
        QTest.keyClick(switch.source_box, Qt.Key.Key_Down)
    assert caught.args == [2]


@pytest.mark.parametrize(
    ("key", "checked"),
    [("source:2", [False, True, False]), ("result:4:best", [False, False, True])],
)
def test_that_the_shown_picture_is_marked(
    switch: PictureSwitch, key: str, checked: list[bool]
) -> None:
    switch.show_sources(["near.tif", "far.tif"])
    switch.show_shown(key, active=2, fused=True)
    buttons = [*switch.source_buttons, switch.fused_button]
    assert [button.isChecked() for button in buttons] == checked


def test_that_fused_waits_for_a_fused_image(switch: PictureSwitch) -> None:
    switch.show_sources(["near.tif", "far.tif"])
    switch.show_shown("source:1", active=1, fused=False)
    assert not switch.fused_button.isEnabled()
