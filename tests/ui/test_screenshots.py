"""The window at work as the README shows it, see `tests.ui.pictures`."""

from __future__ import annotations

from typing import Any

import pytest

from mfgui.ui.application import Application
from mfgui.ui.theme import Choice
from tests.ui.hands import WAIT_MS
from tests.ui.pictures import check_picture

SIZES = [(1280, 720), (2560, 1440)]
LEAST_SHARE = 0.6


def at_work(application: Application, qtbot: Any, theme: Choice, size: tuple[int, int]) -> None:
    """The sample pair with its map and two runs, the second one from the average."""
    window, controller = application.window, application.controller
    parts = window.parts
    application.themes.choose(theme)
    window.resize(*size)
    window.commands.open_sample()
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    for iterations, start in ((20, "composite"), (25, "average")):
        explicit = {"iterations": iterations, "start": start, "tolerance": 0, "change": 0}
        controller.runs.run("ms-lap", explicit)
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    parts.overlay.set_mode("contour")
    run_id = max(controller.session.results)
    qtbot.waitUntil(lambda: parts.canvas.shown == f"result:{run_id}", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: parts.curve.plot is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(parts.curve.legend) == 2, timeout=WAIT_MS)
    window.arranger.bring_up("curve")
    parts.canvas.setFocus()
    zoom = parts.status.zoom
    qtbot.waitUntil(lambda: zoom.mapTo(window, zoom.rect().topRight()).x() > window.width() - 40)


def share_of_canvas(application: Application) -> float:
    canvas, window = application.window.parts.canvas, application.window
    return canvas.width() * canvas.height() / (window.width() * window.height())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_that_the_window_looks_as_in_the_guide(
    application: Application, qtbot: Any, theme: Choice, size: tuple[int, int]
) -> None:
    at_work(application, qtbot, theme, size)
    qtbot.waitUntil(lambda: share_of_canvas(application) >= LEAST_SHARE, timeout=WAIT_MS)
    check_picture(application.window, f"window-{theme}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_that_the_surround_is_a_neutral_grey(
    application: Application, qtbot: Any, theme: Choice
) -> None:
    at_work(application, qtbot, theme, (1280, 720))
    canvas = application.window.parts.canvas
    edge = canvas.grab().toImage().pixelColor(8, canvas.height() // 2)
    assert edge.red() == edge.green() == edge.blue()
    assert 90 <= edge.red() <= 150


def test_that_the_list_of_methods_looks_as_in_the_guide(
    application: Application, qtbot: Any
) -> None:
    application.themes.choose("light")
    application.window.commands.open_sample()
    parts = application.window.parts
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    box = parts.method.method_box
    box.choose("stack")
    box.showPopup()
    qtbot.waitUntil(box.popup.isVisible)
    check_picture(box.popup, "method-list")
    box.hidePopup()
