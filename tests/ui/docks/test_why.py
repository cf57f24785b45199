"""Why here?: the pixel under the pointer, asked for in the pool, the newest first."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QFont

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import TruthChanged
from mfgui.core.session import MapOrigin, Truth
from mfgui.ui.docks.why import WhyPanel
from tests.app.conftest import Desk


@pytest.fixture
def desk(tiny_pair, tiny_pair_files):
    desk = Desk()
    controller = desk.controller
    controller.sets.open(tiny_pair_files)
    desk.settle()
    controller.sets.set_map(tiny_pair.labels, MapOrigin(path="map.png"))
    for method in ("gfdf", "average"):
        controller.runs.run(method, {})
    desk.settle()
    return desk


@pytest.fixture
def panel(desk, qtbot):
    panel = WhyPanel(desk.controller, pause_ms=0)
    panel.resize(600, 240)
    yield panel
    panel.close()
    panel.deleteLater()


@pytest.fixture
def shown(panel, qtbot):
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def texts(panel, row):
    return [panel.grid.item(row, column).text() for column in range(panel.grid.columnCount())]


def asked(desk, monkeypatch):
    """Counts the tasks that are asked for."""
    count = []
    submit = desk.backend.submit_task

    def counting(task, **more):
        count.append(task)
        return submit(task, **more)

    monkeypatch.setattr(desk.backend, "submit_task", counting)
    return count


def test_that_nothing_is_asked_for_while_it_is_hidden(panel, desk, qtbot, monkeypatch) -> None:
    count = asked(desk, monkeypatch)
    panel.show_pixel(5, 5)
    assert not count
    panel.show()
    qtbot.waitExposed(panel)
    assert len(count) == 1, "the pixel that was under the pointer last"
    desk.settle()
    assert panel.place.text().startswith("Column 5, row 5")


def test_that_sources_and_results_are_told_with_the_best_bold(shown, desk) -> None:
    shown.show_pixel(40, 20)
    desk.settle()
    assert "names source 2" in shown.place.text()
    names = [texts(shown, row)[0] for row in range(4)]
    assert names[:2] == ["Source 1", "Source 2"]
    assert names[2].startswith("1 · ")
    heads = [shown.grid.horizontalHeaderItem(n).text() for n in range(6)]
    focus = heads.index("Focus")
    weights = [shown.grid.item(row, focus).font().weight() for row in range(2)]
    assert weights == [QFont.Weight.Normal, QFont.Weight.DemiBold]
    assert "Laplacian energy" in shown.grid.horizontalHeaderItem(focus).toolTip()
    assert texts(shown, 1)[heads.index("Took")] == "named"
    assert texts(shown, 3)[heads.index("Took")] == "1 or 2 near"
    missing = shown.grid.item(2, heads.index("Error ↓"))
    assert missing.text() == "–"
    assert "No ground truth" in missing.toolTip()


def test_that_a_moving_pointer_asks_for_one_pixel_at_a_time_and_the_newest(
    shown, desk, monkeypatch
) -> None:
    count = asked(desk, monkeypatch)
    for x in range(30):
        shown.show_pixel(x, 7)
    assert len(count) == 1
    desk.settle()
    assert len(count) == 2
    assert shown.place.text().startswith("Column 29, row 7")


def test_that_it_waits_until_the_pointer_rests(desk, qtbot, monkeypatch) -> None:
    panel = WhyPanel(desk.controller, pause_ms=60_000)
    qtbot.addWidget(panel)
    panel.show()
    count = asked(desk, monkeypatch)
    for x in range(5):
        panel.show_pixel(x, 7)
        desk.settle()
    assert not count
    panel._pause.stop()
    panel._pause.timeout.emit()
    desk.settle()
    assert len(count) == 1
    assert panel.place.text().startswith("Column 4, row 7")


def test_that_places_outside_change_nothing(shown, desk, monkeypatch) -> None:
    shown.show_pixel(3, 4)
    desk.settle()
    count = asked(desk, monkeypatch)
    for x, y in ((-1, 4), (64, 4), (3, 48), (3, 4)):
        shown.show_pixel(x, y)
    assert not count


def test_that_it_keeps_in_step_with_map_results_and_ground_truth(shown, desk, tiny_pair) -> None:
    session = desk.controller.session
    shown.show_pixel(40, 20)
    desk.settle()
    edit = Edit(Rect(38, 18, 5, 5), np.ones((5, 5), bool), 1)
    assert desk.controller.edit.apply("Brush", [edit])
    desk.settle()
    assert "names source 1" in shown.place.text()
    assert "≠ map" in texts(shown, 2)[1] or "%" in texts(shown, 2)[1]
    session.truth = Truth("t.png", "", "", tiny_pair.truth)
    desk.controller.notifier.emit(TruthChanged())
    desk.settle()
    assert texts(shown, 4)[0] == "Ground truth"
    desk.controller.runs.run("gff", {})
    desk.settle()
    assert shown.grid.rowCount() == 6


def test_that_another_set_forgets_the_pixel(shown, desk, tiny_pair_files) -> None:
    shown.show_pixel(40, 20)
    desk.controller.sets.close()
    desk.settle()
    assert not shown.grid.isVisible()
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    shown.show_pixel(2, 2)
    desk.settle()
    assert shown.grid.isVisible()
    assert "no focus map" in shown.place.text()
    assert shown.grid.rowCount() == 2
