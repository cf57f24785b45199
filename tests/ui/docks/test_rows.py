from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.core.pyramid import Picture
from mfgui.core.result import Curve, Provenance, Result
from mfgui.core.stack import SourceStack
from mfgui.methods.registry import load
from mfgui.ui.docks.result_words import changed_parameters, outcome
from mfgui.ui.docks.results import ResultsPanel
from mfgui.ui.docks.sources import SourcesPanel
from mfgui.ui.row_lists import eye_place
from tests.ui.hands import click

COLOURS = ("#3164d9", "#e6ab00", "#a4589a")


@pytest.fixture
def stack() -> SourceStack:
    frames = [np.full((40, 60, 3), 40 * n, np.uint16) for n in range(1, 4)]
    return SourceStack.from_arrays(frames, names=["near.tif", "middle.tif", "far.tif"])


@pytest.fixture
def sources(qtbot: Any, stack: SourceStack) -> SourcesPanel:
    panel = SourcesPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 260)
    panel.show()
    panel.show_stack(stack, COLOURS)
    panel.show_picture("source:2", Picture(np.full((40, 60, 3), 90, np.uint8)))
    panel.show_state(shown="source:1", active=1)
    return panel


def row_rect(view: Any, row: int) -> Any:
    return view.visualRect(view.model().index(row, 0))


def test_that_each_source_says_number_name_size_and_depth(sources: SourcesPanel) -> None:
    spoken = [
        sources.view.model().index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(3)
    ]
    assert spoken[0] == "label 1, near.tif, 60 × 40, 16 bit colour, shown"
    assert spoken[2] == "label 3, far.tif, 60 × 40, 16 bit colour"


def test_that_a_click_on_a_source_chooses_it(sources: SourcesPanel, qtbot: Any) -> None:
    rect = row_rect(sources.view, 1)
    with qtbot.waitSignal(sources.chosen) as caught:
        click(sources.view.viewport(), rect.center())
    assert caught.args == ["source:2"]


def test_that_a_click_on_the_eye_does_not_choose(sources: SourcesPanel, qtbot: Any) -> None:
    place = eye_place(row_rect(sources.view, 1)).center()
    with qtbot.assertNotEmitted(sources.chosen), qtbot.waitSignal(sources.eye_clicked) as caught:
        click(sources.view.viewport(), place)
    assert caught.args == ["source:2"]


def test_that_arrow_keys_choose_the_next_source(sources: SourcesPanel, qtbot: Any) -> None:
    with qtbot.waitSignal(sources.chosen) as caught:
        QTest.keyClick(sources.view, Qt.Key.Key_Down)
    assert caught.args == ["source:2"]


def test_that_showing_the_active_source_chooses_nothing(sources: SourcesPanel, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(sources.chosen):
        sources.show_state(shown="result:1", active=3)
    assert sources.view.current_key() == "source:3"


def test_that_the_badge_has_number_and_label_colour(sources: SourcesPanel) -> None:
    image = sources.view.viewport().grab().toImage()
    corner = row_rect(sources.view, 1).topLeft()
    assert image.pixelColor(corner.x() + 8, corner.y() + 8).name() == "#e6ab00"


def result(name: str, q: float | None, **parameters: Any) -> Result:
    image = np.zeros((40, 60, 3), np.float32)
    return Result(
        name=name,
        image=image,
        depth="uint8",
        labels=None,
        map_revision=-1,
        provenance=Provenance("ms-lap", parameters, (), "cpu", {}),
        state="done" if q else "stopped",
        seconds={"map": 0.5, "fuse": 1.25},
        start=image,
        best=image,
        curve=None if q is None else Curve("box-joint", (q,), (0.0,), (0.0,), (0.0,)),
        q=q,
    )


@pytest.fixture
def results(qtbot: Any) -> ResultsPanel:
    panel = ResultsPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 300)
    panel.show()
    methods = load()
    kept = {
        1: result("MS-Lap", 0.9812345, **methods.get("ms-lap").defaults()),
        2: result("MS-Lap", None, **methods.get("ms-lap").resolve({"iterations": 12})),
    }
    panel.show_results(kept, methods.methods, shown="result:1:best")
    return panel


def test_that_results_say_q_time_state_and_changed_parameters(results: ResultsPanel) -> None:
    rows = results.view.rows.rows
    assert [row.key for row in rows] == ["result:2", "result:1"]
    assert rows[1].detail == "own Q 0.98123 · 1.8 s"
    assert rows[1].extra == "default parameters"
    assert rows[0].detail == "1.8 s · stopped"
    assert rows[0].extra == "iterations=12"
    assert rows[1].shown
    assert not rows[0].shown
    assert results.view.current_key() == "result:1"


def test_that_a_method_without_iterations_shows_the_box_q_of_its_image() -> None:
    kept = replace(result("Composite", None), q_box=0.9876543, state="done")
    assert outcome(kept) == ["box Q 0.98765", "1.8 s"]


def test_that_a_variant_is_one_changed_parameter() -> None:
    method = load().get("ms-lap")
    kept = result("MS-Lap", 0.9, **method.resolve({"variant": "paper", "iterations": 40}))
    assert changed_parameters(kept, method) == "variant=paper, iterations=40"


def test_that_a_click_on_a_result_shows_it(results: ResultsPanel, qtbot: Any) -> None:
    with qtbot.waitSignal(results.chosen) as caught:
        click(results.view.viewport(), row_rect(results.view, 0).center())
    assert caught.args == [2]


def test_that_the_selected_result_can_be_exported_and_deleted(
    results: ResultsPanel, qtbot: Any
) -> None:
    with qtbot.waitSignal(results.export_clicked) as caught:
        click(results.export_button)
    assert caught.args == [1]
    with qtbot.waitSignal(results.delete_clicked) as caught:
        click(results.delete_button)
    assert caught.args == [1]
    with qtbot.waitSignal(results.delete_clicked):
        QTest.keyClick(results.view, Qt.Key.Key_Delete)


def test_that_without_results_there_is_a_hint_and_no_buttons(results: ResultsPanel) -> None:
    results.show_results({}, {}, shown="source:1")
    assert not results.export_button.isVisible()
    assert SimpleNamespace(visible=results._hint.isVisible()).visible


def test_that_results_say_when_the_map_has_changed_since(results: ResultsPanel) -> None:
    methods = load().methods
    kept = {
        1: replace(result("MS-Lap", 0.98), map_revision=3),
        2: replace(result("MS-Lap", 0.98), map_revision=5),
        3: result("Average", None),  # of no map
    }
    results.show_results(kept, methods, shown="source:1", revision=5)
    stale = {row.key: "map changed since" in row.extra for row in results.view.rows.rows}
    assert stale == {"result:1": True, "result:2": False, "result:3": False}
    results.show_results(kept, methods, shown="source:1", revision=None)
    assert not any("map changed" in row.extra for row in results.view.rows.rows)
