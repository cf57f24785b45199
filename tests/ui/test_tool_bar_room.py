from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS


def open_stack(application: Application, folder: Path, k: int, qtbot: Any) -> None:
    rng = np.random.default_rng(5)
    paths = [folder / f"frame with a long name {n}.png" for n in range(1, k + 1)]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 255, (60, 80, 3), np.uint8))
    application.controller.sets.open(paths)
    controller = application.controller
    qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)


@pytest.mark.parametrize("size", [(1024, 640), (1280, 720), (2560, 1440)])
@pytest.mark.parametrize("k", [2, 6, 9])
def test_that_the_whole_tool_bar_is_seen(
    application: Application, qtbot: Any, tmp_path: Path, k: int, size: tuple[int, int]
) -> None:
    window = application.window
    window.resize(*size)
    open_stack(application, tmp_path, k, qtbot)
    bar = window._tool_bar

    def hidden() -> list[str]:
        # Align gives way; it stands in the Sources dock as well.
        widgets = [bar.widgetForAction(a) for a in bar.actions() if a.isVisible()]
        return [
            type(widget).__name__
            for widget in widgets
            if not widget.isVisible() or widget.geometry().right() >= size[0]
        ]

    qtbot.waitUntil(lambda: not hidden(), timeout=WAIT_MS)
    switch = window.parts.switch
    assert switch.fused_button.geometry().right() <= switch.width()


def test_that_words_come_with_room_for_them(opened: Application, qtbot: Any) -> None:
    window = opened.window

    def worded() -> set[str]:
        beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        buttons = window._tool_bar.buttons
        return {b.accessibleName() for b in buttons if b.toolButtonStyle() == beside}

    window.resize(1024, 640)
    assert worded() == set()
    window.resize(1280, 720)
    assert worded() == {"Pause", "Stop"}
    window.resize(1920, 1080)
    assert worded() > {"Align", "Detect focus map"}
