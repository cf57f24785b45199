"""What the Compare workspace says and does when pictures come and go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from mfgui import resources
from mfgui.app.scores import Scores
from mfgui.core.arrays import Rect, Size
from mfgui.core.comparison import CompareView, PaneMode
from mfgui.core.events import BandChanged, OpeningFailed, PlaneChanged, ScoresChanged, SetOpening
from mfgui.core.pyramid import Picture
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


def with_results(opened: Application, qtbot: Any, *methods: str) -> None:
    controller = opened.controller
    opened.window.commands.carry_out("workspace-compare")
    opened.window.commands.carry_out("detect")
    for method in methods:
        controller.runs.run(method, {})
    results = controller.session.results
    qtbot.waitUntil(
        lambda: len(results) == len(methods) and not controller.state.running, timeout=WAIT_MS
    )


def test_that_the_reference_key_goes_back_only_to_what_is_there(
    opened: Application, qtbot: Any
) -> None:
    with_results(opened, qtbot, "average", "composite")
    controller, carry_out = opened.controller, opened.window.commands.carry_out
    session, view = controller.session, controller.view
    view.set_reference_to("source:1")
    view.show("result:2")
    carry_out("toggle-reference")
    controller.runs.delete_result(2)
    carry_out("toggle-reference")
    assert session.shown == "result:1"
    carry_out("toggle-reference")
    assert session.shown == "source:1"
    carry_out("toggle-reference")
    assert session.shown == "result:1"


def test_that_planes_come_back_after_a_set_that_could_not_be_opened(
    opened: Application, qtbot: Any
) -> None:
    with_results(opened, qtbot, "average")
    controller, canvas = opened.controller, opened.window.parts.canvas
    controller.compare.change(
        mode=PaneMode.SINGLE, view=CompareView.LOCAL_Q, band_only=True, band=3
    )
    planes, key = controller.planes, "result:1"
    qtbot.waitUntil(
        lambda: (
            planes.q(key) is not None and not planes.is_busy(key) and planes.distance is not None
        ),
        timeout=WAIT_MS,
    )
    before = canvas.grab().toImage()
    preview = Picture(np.zeros((20, 30, 3), np.uint8))
    controller.notifier.emit(SetOpening("other", Size(30, 20), preview))
    # Pieces of planes of the present set may come while the other one is being read.
    controller.notifier.emit(PlaneChanged(key, Rect(0, 0, 600, 400)))
    controller.notifier.emit(BandChanged(Rect(0, 0, 600, 400)))
    controller.compare.change(gain=2)
    controller.notifier.emit(OpeningFailed())
    assert canvas.grab().toImage() == before


def test_that_pictures_that_are_compared_with_do_not_make_way(
    opened: Application, qtbot: Any
) -> None:
    with_results(opened, qtbot, "average", "composite", "average")
    compare, view = opened.controller.compare, opened.controller.view
    for mode in PaneMode:
        compare.change(mode=mode, view=CompareView.SIGNED)
        view.set_reference_to("")
        view.show("result:3")
        assert (compare.other_key(), compare.against()) == ("result:2", "result:2")
        assert {"result:2", "result:3"} <= set(view.in_panes())
        view.set_reference_to("result:3")  # which is the shown one
        assert {"result:2", "result:3"} <= set(view.in_panes())


def test_that_no_table_is_written_of_another_set(
    opened: Application, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_results(opened, qtbot, "average")
    controller, path = opened.controller, tmp_path / "scores.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), "CSV (*.csv)"))
    monkeypatch.setattr(Scores, "busy", True)  # as while they are being computed
    opened.window.commands.carry_out("export-table")
    stack = controller.session.stack
    controller.sets.open([resources.path(f"samples/stack/{n}.png") for n in (1, 2, 3)])
    qtbot.waitUntil(lambda: controller.session.stack is not stack, timeout=WAIT_MS)
    monkeypatch.undo()
    asked: list[Path] = []
    monkeypatch.setattr(Scores, "export", lambda _scores, path: asked.append(path))
    controller.notifier.emit(ScoresChanged())
    assert asked == []


def test_that_names_are_plain_text_in_docks_too(opened: Application, qtbot: Any) -> None:
    with_results(opened, qtbot, "average")
    controller, docks = opened.controller, opened.window.compare_docks
    controller.marks.set_mark(1, Mark(name="Mine & <b>yours</b>"))
    controller.view.show("result:1")
    for name in ("histogram", "metrics"):
        opened.window.arranger.show(name)
    name = docks.histogram.name
    qtbot.waitUntil(lambda: name.words == "1 · Mine & <b>yours</b>", timeout=WAIT_MS)
    assert name.textFormat() is Qt.TextFormat.PlainText
    qtbot.waitUntil(lambda: docks.metrics.grid.item(0, 0) is not None, timeout=WAIT_MS)
    assert (
        docks.metrics.grid.item(0, 0).toolTip() == "<p>1 · Mine &amp; &lt;b&gt;yours&lt;/b&gt;</p>"
    )
