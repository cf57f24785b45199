"""Pause, several devices and the menu of devices, as a person meets them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from mfgui.app.devices import Device
from mfgui.core.arrays import to_float
from mfgui.core.compute import Compute
from mfgui.core.events import RunState
from mfgui.methods.registry import Iterate, Kind, Parameter, method
from mfgui.ui.application import Application
from mfgui.ui.device_menu import DeviceMenu
from tests.ui.hands import WAIT_MS, click

CPU = Device("cpu", "cpu", "Processor", cores=4, memory_bytes=8 << 30)
CARD = Device("cuda:0", "cuda", "Card & Co", memory_bytes=16 << 30)
TAKEN = Device("cuda:1", "cuda", "Other", usable=False, reason="in exclusive use")


@method("endless", kind=Kind.OPTIMISER, title="Endless", summary="goes on until it is stopped")
def _endless(
    images: Any,
    labels: Any,
    *,
    compute: Compute,
    start_image: Any = None,
    iterations: Annotated[int, Parameter("steps")] = 100_000,
) -> Iterator[Iterate]:
    image = to_float(images[0])
    for step in range(iterations + 1):
        compute.checkpoint()
        time.sleep(0.005)  # as long as a step takes
        yield Iterate(step, lambda: image, 1 - 1 / (step + 2), 0.1, 1.0, step + 1, "box-joint", 3)


PAUSE = (Qt.Key.Key_F5, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
STOP = (Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)


def start(application: Application, qtbot: Any) -> int:
    """A run without end, under way."""
    controller = application.controller
    runs = controller.runs
    controller.registry.methods["endless"] = _endless.method  # type: ignore[index, attr-defined]
    before = set(runs.tracker._records)
    runs.run("endless", {})
    (run_id,) = set(runs.tracker._records) - before
    qtbot.waitUntil(lambda: runs.tracker.status(run_id).iteration > 1, timeout=WAIT_MS)
    return run_id


def wait_for(application: Application, qtbot: Any, run_id: int, state: RunState) -> None:
    tracker = application.controller.runs.tracker
    qtbot.waitUntil(lambda: tracker.status(run_id).state is state, timeout=WAIT_MS)


def test_that_the_key_holds_the_run_and_lets_it_go_on(opened: Application, qtbot: Any) -> None:
    window, parts = opened.window, opened.window.parts
    tracker = opened.controller.runs.tracker
    action = parts.actions["pause"]
    assert not action.isEnabled()
    run_id = start(opened, qtbot)
    assert (action.isEnabled(), action.text()) == (True, "Pause")

    QTest.keyClick(window, *PAUSE)
    assert tracker.status(run_id).held
    wait_for(opened, qtbot, run_id, RunState.PAUSED)
    assert action.text() == "Resume"
    assert parts.status.progress.where.text().startswith("Paused at")
    at = tracker.status(run_id)
    qtbot.wait(300)
    assert tracker.status(run_id) == at
    assert parts.actions["stop"].isEnabled()

    QTest.keyClick(window, *PAUSE)
    qtbot.waitUntil(lambda: tracker.status(run_id).iteration > at.iteration, timeout=WAIT_MS)
    assert action.text() == "Pause"

    QTest.keyClick(window, *PAUSE)
    wait_for(opened, qtbot, run_id, RunState.PAUSED)
    QTest.keyClick(window, *STOP)
    qtbot.waitUntil(lambda: run_id in opened.controller.session.results, timeout=2000)
    assert opened.controller.session.results[run_id].state == "stopped"
    assert not action.isEnabled()


@pytest.mark.parametrize("place", ["tool bar", "dock", "status bar"])
def test_that_every_pause_button_holds_the_run(opened: Application, qtbot: Any, place: str) -> None:
    window, parts = opened.window, opened.window.parts
    run_id = start(opened, qtbot)
    buttons = {
        "tool bar": window._tool_bar.widgetForAction(parts.actions["pause"]),
        "dock": parts.method.pause_button,
        "status bar": parts.status.progress.pause_button,
    }
    qtbot.waitUntil(buttons[place].isVisible, timeout=WAIT_MS)
    click(buttons[place])
    wait_for(opened, qtbot, run_id, RunState.PAUSED)
    click(buttons[place])
    wait_for(opened, qtbot, run_id, RunState.RUNNING)


def test_that_nothing_moves_when_pause_becomes_resume(opened: Application, qtbot: Any) -> None:
    window, parts = opened.window, opened.window.parts
    run_id = start(opened, qtbot)
    stop = window._tool_bar.widgetForAction(parts.actions["stop"])
    before = stop.geometry()
    QTest.keyClick(window, *PAUSE)
    wait_for(opened, qtbot, run_id, RunState.PAUSED)
    qtbot.wait(50)
    assert stop.geometry() == before


def test_that_icons_of_enabled_buttons_have_the_full_colour(
    opened: Application, qtbot: Any
) -> None:
    stop = opened.window.parts.method.stop_button
    assert not stop.isEnabled()
    start(opened, qtbot)
    assert stop.isEnabled()
    ink = stop.palette().color(stop.foregroundRole())
    side = stop.iconSize().width()
    middle = stop.icon().pixmap(stop.iconSize()).toImage().pixelColor(side // 2, side // 2)
    assert middle.name() == ink.name()


def test_that_a_paused_run_ends_with_the_window(opened: Application, qtbot: Any) -> None:
    run_id = start(opened, qtbot)
    QTest.keyClick(opened.window, *PAUSE)
    wait_for(opened, qtbot, run_id, RunState.PAUSED)
    opened.close()
    assert not any(thread.isRunning() for thread in opened.bridge._threads)


def test_that_two_devices_work_at_once_and_only_one_is_shown(
    opened: Application, qtbot: Any
) -> None:
    controller, parts = opened.controller, opened.window.parts
    controller.devices.known = (CPU, CARD)
    controller.devices.choose("cpu")
    first = start(opened, qtbot)
    controller.devices.choose("cuda:0")
    shown: list[int] = []
    update = parts.canvas.update_picture

    second = start(opened, qtbot)
    assert controller.runs.tracker.status(first).state is RunState.RUNNING
    assert parts.status.progress.where.text().endswith("(+1)")

    opened.bridge.frame_ready.connect(lambda frame: shown.append(frame.run_id))
    drawn: list[Any] = []
    parts.canvas.update_picture = lambda key, pixels: (drawn.append(shown), update(key, pixels))
    qtbot.waitUntil(lambda: min(shown.count(first), shown.count(second)) >= 4, timeout=WAIT_MS)
    count = shown.count(first)
    assert 0 < len(drawn) <= count + 1

    controller.runs.stop(first)
    qtbot.waitUntil(lambda: first in controller.session.results, timeout=WAIT_MS)
    assert controller.runs.tracker.followed().run_id == second
    assert controller.session.shown == "live"
    controller.runs.stop()
    qtbot.waitUntil(lambda: second in controller.session.results, timeout=WAIT_MS)
    assert controller.session.results[second].provenance.device == "cuda:0"


@pytest.fixture
def menu(qtbot: Any, themes: Any) -> DeviceMenu:
    menu = DeviceMenu()
    qtbot.addWidget(menu)
    menu.show_devices((CPU, CARD, TAKEN), choice="auto", best="cuda:0")
    return menu


def entries(menu: QMenu) -> dict[str, Any]:
    return {a.data(): a for a in menu.actions() if not a.isSeparator()}


def test_that_the_menu_lists_the_devices_and_why_one_cannot_be_used(menu: DeviceMenu) -> None:
    listed = entries(menu)
    assert [action.text() for action in listed.values()] == [
        "Automatic (cuda:0)",
        "cpu – Processor",
        "cuda:0 – Card && Co",
        "cuda:1 – Other",
    ]
    assert [name for name, action in listed.items() if action.isChecked()] == ["auto"]
    assert not listed["cuda:1"].isEnabled()
    assert "in exclusive use" in listed["cuda:1"].toolTip()
    assert listed["cpu"].toolTip() == "Processor, 4 cores, 8.0 GiB of memory"


def test_that_listing_again_leaves_each_entry_once(menu: DeviceMenu) -> None:
    menu.show_devices((CPU,), choice="cpu", best="cpu")
    assert list(entries(menu)) == ["auto", "cpu"]
    assert entries(menu)["cpu"].isChecked()


def test_that_a_device_is_chosen_in_the_run_menu(application: Application) -> None:
    controller, menu = application.controller, application.window.parts.devices
    assert list(entries(menu)) == ["auto", "cpu"]
    controller.devices.known = (CPU, CARD)
    controller.devices.choose("auto")
    menu.popup(application.window.mapToGlobal(application.window.rect().center()))
    click(menu, menu.actionGeometry(entries(menu)["cuda:0"]).center())
    assert controller.settings.values.device == "cuda:0"
    assert controller.devices.current == "cuda:0"
    assert entries(menu)["cuda:0"].isChecked()
