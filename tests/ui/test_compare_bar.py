"""The bar of the Compare workspace, and what it says of the panes."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt

from mfgui import resources
from mfgui.core.comparison import CompareView, PaneMode
from mfgui.core.session import Mark
from mfgui.ui.application import Application
from tests.ui.hands import WAIT_MS
from tests.ui.pictures import pixels_of


def test_that_the_bar_shows_what_the_panes_show(opened: Application, qtbot: Any) -> None:
    controller, parts = opened.controller, opened.window.parts
    opened.window.commands.carry_out("workspace-compare")
    controller.truth.load(resources.path("samples/pair/truth.png"))
    qtbot.waitUntil(lambda: controller.session.truth is not None, timeout=WAIT_MS)
    opened.window.commands.carry_out("compare-view-squared-error")
    box = parts.compare_bar.view_box
    assert box.currentText() == "Squared error"
    opened.window.commands.carry_out("remove-truth")
    assert box.currentText() == "Picture"
    assert parts.actions[f"compare-view-{CompareView.PICTURE}"].isChecked()
    opened.window.commands.carry_out("undo")
    assert box.currentText() == "Squared error"


def test_that_names_are_plain_text_that_ends_in_dots(opened: Application, qtbot: Any) -> None:
    controller, label = opened.controller, opened.window.parts.compare_bar.reference
    opened.window.commands.carry_out("workspace-compare")
    controller.runs.run("average", {})
    qtbot.waitUntil(lambda: bool(controller.session.results), timeout=WAIT_MS)
    name = "<b>Donaudampfschifffahrt</b> & more of it than there is room for"
    controller.marks.set_mark(1, Mark(name=name))
    controller.view.set_reference_to("result:1")
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.words == f"Reference: 1 · {name}"
    assert label.text().endswith("…")
    assert "&lt;b&gt;Donau" in label.toolTip()


def test_that_both_pictures_of_a_flicker_are_named(opened: Application, qtbot: Any) -> None:
    controller, canvas = opened.controller, opened.window.parts.canvas
    opened.window.commands.carry_out("workspace-compare")
    controller.compare.change(mode=PaneMode.SINGLE)
    controller.view.set_reference_to("source:2")

    def corner() -> np.ndarray:
        return pixels_of(canvas.grab().toImage())[10:24, 12:90]

    controller.compare.change(flicker=True)
    qtbot.waitUntil(lambda: not canvas.alternating, timeout=WAIT_MS)
    assert canvas.shown == "source:1"
    named = corner()
    controller.compare.change(flicker=False)
    assert (corner() != named).any()
