from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QCheckBox

from mfgui.core.events import Notice, Severity
from mfgui.core.session import Line
from mfgui.ui.application import Application
from mfgui.ui.arrangement import BARS, BESIDE, curve_height, fitting, right_width
from mfgui.ui.workspaces import Arrangement
from tests.ui.hands import WAIT_MS

SIZES = [(1280, 720), (1366, 768), (1440, 900), (1920, 1080), (2560, 1440), (3840, 2160)]


def shown(application: Application) -> set[str]:
    docks = application.window.docks
    return {name for name, dock in docks.items() if not dock.isHidden()}


@pytest.mark.parametrize(
    ("size", "arrangement"),
    [
        ((1024, 640), Arrangement.NARROW),
        ((1279, 900), Arrangement.NARROW),
        ((1280, 720), Arrangement.COMPACT),
        ((1920, 1080), Arrangement.COMPACT),
        ((2560, 1440), Arrangement.ROOMY),
    ],
)
def test_that_the_size_decides_the_arrangement(
    size: tuple[int, int], arrangement: Arrangement
) -> None:
    assert fitting(QSize(*size)) is arrangement


@pytest.mark.parametrize("size", SIZES)
def test_that_the_plan_leaves_the_canvas_sixty_percent(size: tuple[int, int]) -> None:
    window = QSize(*size)
    below = curve_height(window) if fitting(window) is Arrangement.ROOMY else 0
    width = window.width() - right_width(window) - BESIDE
    canvas = width * (window.height() - BARS - below)
    assert canvas / (window.width() * window.height()) >= 0.6


@pytest.mark.parametrize("size", SIZES)
def test_that_the_canvas_takes_sixty_percent_of_the_window(
    opened: Application, qtbot: Any, size: tuple[int, int]
) -> None:
    window = opened.window
    window.resize(*size)
    canvas = window.parts.canvas

    def share() -> float:
        return canvas.width() * canvas.height() / (window.width() * window.height())

    qtbot.waitUntil(lambda: share() >= 0.6, timeout=2000)


@pytest.mark.parametrize(("workspace", "dock"), [("fuse", "curve"), ("compare", "profile")])
def test_that_the_canvas_keeps_its_share_when_a_plot_comes_from_below(
    opened: Application, qtbot: Any, workspace: str, dock: str
) -> None:
    window, controller = opened.window, opened.controller
    window.commands.carry_out(f"workspace-{workspace}")
    controller.runs.run("ms-lap", {"iterations": 1})
    controller.line.set(Line(120, 200, 420, 260))
    curve, results = window.parts.curve, controller.session.results
    qtbot.waitUntil(lambda: curve.plot is not None and len(results) == 1, timeout=WAIT_MS)
    window.resize(2560, 1440)
    window.arranger.show(dock)
    panel = window.docks[dock].widget()
    assert panel is not None
    qtbot.waitUntil(lambda: panel.isVisible() and panel.width() > 1000, timeout=2000)
    qtbot.waitUntil(lambda: len(panel.findChildren(QCheckBox)) > 1, timeout=2000)
    QApplication.sendPostedEvents()
    window.resize(1280, 720)
    panes = window.parts.canvas.parentWidget()
    assert panes is not None
    qtbot.waitUntil(lambda: panes.width() * panes.height() >= 0.6 * 1280 * 720, timeout=2000)


def test_that_the_right_docks_become_tabs_in_a_narrow_window(
    opened: Application, qtbot: Any
) -> None:
    window = opened.window
    window.resize(1100, 700)
    docks = window.docks
    qtbot.waitUntil(lambda: window.arranger.arrangement is Arrangement.NARROW)
    assert set(window.tabifiedDockWidgets(docks["sources"])) == {
        docks["method"],
        docks["results"],
        docks["curve"],
    }


def test_that_a_lone_dock_has_a_title_and_a_tabbed_one_only_its_tab(
    opened: Application, qtbot: Any
) -> None:
    window = opened.window
    window.resize(2560, 1440)
    title = window.docks["sources"].title
    qtbot.waitUntil(lambda: title.label.isVisible())
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: not window.docks["method"].title.label.isVisible())


def test_that_reset_layout_brings_every_dock_back(opened: Application) -> None:
    window = opened.window
    window.docks["method"].close()
    window.docks["sources"].setFloating(True)
    assert window.arranger.arrangement is Arrangement.OWN
    window.parts.actions["reset-layout"].trigger()
    assert window.arranger.arrangement is Arrangement.COMPACT
    assert shown(opened) == {"sources", "method", "results", "curve"}
    assert not window.docks["sources"].isFloating()


def test_that_a_layout_of_ones_own_stays_when_the_window_is_resized(opened: Application) -> None:
    window = opened.window
    window.docks["sources"].setFloating(True)
    window.resize(2560, 1440)
    assert window.arranger.arrangement is Arrangement.OWN
    assert window.docks["sources"].isFloating()


def test_that_all_docks_hide_and_come_back(opened: Application) -> None:
    window = opened.window
    window.docks["results"].close()
    action = window.parts.actions["docks"]
    action.trigger()
    assert all(dock.isHidden() for dock in window.docks.values())
    action.trigger()
    assert shown(opened) == {"sources", "method", "curve"}


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
def test_that_a_message_leaves_the_canvas_sixty_percent(
    opened: Application, qtbot: Any, size: tuple[int, int]
) -> None:
    window = opened.window
    window.resize(*size)
    canvas = window.parts.canvas
    qtbot.waitUntil(lambda: canvas.width() * canvas.height() >= 0.6 * size[0] * size[1])
    before = canvas.height()
    window.parts.banners.show_notice(Notice(Severity.ERROR, "b.png: damaged", "nothing changed"))
    qtbot.waitUntil(lambda: canvas.height() < before)
    qtbot.waitUntil(lambda: canvas.width() * canvas.height() >= 0.6 * size[0] * size[1])
