"""The line profile dock, on the controller of a whole window."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest

from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.labels import FocusMap
from mfgui.core.line_profile import Interpolation
from mfgui.core.result import Provenance, Result
from mfgui.core.session import Line, Truth
from mfgui.ui.application import Application
from mfgui.ui.curve_plot import CurveStyles
from mfgui.ui.docks.profile import ProfilePanel
from mfgui.ui.theme import Theme
from tests.ui.hands import WAIT_MS, click

ROW = Line(100.5, 80.5, 300.5, 80.5)


def luma(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(float) @ (0.299, 0.587, 0.114)


class Bench:
    """The panel beside the window, and what tests ask of both."""

    def __init__(self, application: Application, panel: ProfilePanel, qtbot: Any) -> None:
        self.controller = application.controller
        self.panel = panel
        self.qtbot = qtbot

    @property
    def session(self) -> Any:
        return self.controller.session

    def add_result(self, number: int, image: np.ndarray, name: str = "Made up") -> None:
        made = Provenance(
            "made-up",
            {"strength": 3},
            (),
            "cpu",
            {"numpy": "1"},
            follows=1,
            map_from="map.png",
            start_from="result:1",
        )
        self.session.results[number] = Result(
            name, image, "uint8", None, -1, made, "done", {}, start=image, best=image
        )
        self.controller.notifier.emit(changes.ResultAdded(number))

    def draw(self, line: Line | None) -> None:
        self.controller.line.set(line)
        self.settle()

    def settle(self) -> None:
        panel = self.panel
        self.qtbot.waitUntil(
            lambda: (
                panel.plot is not None
                and panel._line == self.session.line
                and not panel._reading
                and not panel._stale
                and not (panel._timer.isActive() or panel._labels_timer.isActive())
            ),
            timeout=WAIT_MS,
        )

    def curve(self, key: str) -> np.ndarray:
        return np.asarray(self.panel.plot._lines[key].yData)

    def value(self, key: str) -> str:
        return self.panel.legend.rows[key].value.text()


@pytest.fixture
def bench(opened: Application, qtbot: Any) -> Iterator[Bench]:
    opened.window.hide()  # the pointer would find it in front of the panel
    panel = ProfilePanel(opened.controller, Theme.load("light"))
    panel.resize(900, 260)
    panel.show()
    yield Bench(opened, panel, qtbot)
    opened.controller.notifier.disconnect(panel._take)
    panel.close()
    panel.deleteLater()


@pytest.fixture
def labels(bench: Bench) -> np.ndarray:
    """A map that changes at columns 150 and 220."""
    size = bench.session.stack.size
    labels = np.ones((size.height, size.width), np.uint8)
    labels[:, 150:220] = 2
    bench.session.focus_map = FocusMap(labels, k=2)
    bench.controller.notifier.emit(changes.MapChanged())
    return labels


def test_that_without_a_line_it_says_how_to_draw_one(bench: Bench) -> None:
    assert bench.panel._pages.currentIndex() == 0
    assert bench.panel.plot is None


def test_that_every_source_result_and_the_truth_has_a_curve(bench: Bench) -> None:
    stack = bench.session.stack
    bench.add_result(7, np.full((*stack.pixels(0).shape,), 0.25, np.float32))
    bench.session.truth = Truth("gt.png", "gt.png", "0", stack.pixels(1))
    bench.controller.notifier.emit(changes.TruthChanged())
    bench.draw(ROW)
    assert list(bench.panel.legend.rows) == ["truth", "result:7", "source:1", "source:2"]
    for key, pixels in (("source:1", stack.pixels(0)), ("truth", stack.pixels(1))):
        np.testing.assert_allclose(bench.curve(key), luma(pixels[80, 100:301]), atol=1e-3)
    np.testing.assert_allclose(bench.curve("result:7"), 63.75, atol=1e-4)


def test_that_a_channel_can_be_chosen(bench: Bench) -> None:
    bench.draw(ROW)
    bench.panel.bar.channel_box.setCurrentText("Blue")
    blue = bench.session.stack.pixels(0)[80, 100:301, 2]
    np.testing.assert_allclose(bench.curve("source:1"), blue, atol=1e-4)


def test_that_width_and_interpolation_are_those_of_the_line(
    bench: Bench, opened: Application
) -> None:
    bar = bench.panel.bar
    bench.draw(ROW)
    bar.width_box.setValue(5)
    bench.settle()
    assert bench.session.line == replace(ROW, width=5)
    assert opened.window.bench.options.line_width == 5
    first = bench.session.stack.pixels(0)
    wanted = luma(first[78:83, 100:301]).mean(axis=0)
    np.testing.assert_allclose(bench.curve("source:1"), wanted, atol=1e-3)
    bar.interpolation_box.activated.emit(1)
    bench.settle()
    assert opened.window.bench.options.line_interpolation is Interpolation.NEAREST
    bench.draw(Line(100.9, 80.2, 300.9, 80.2))
    bench.settle()
    np.testing.assert_allclose(bench.curve("source:1"), luma(first[80, 100:301]), atol=1e-3)
    bench.controller.edit.undo()
    bench.settle()
    assert bar.width_box.value() == 5
    assert opened.window.bench.options.line_width == 5


def test_that_the_legend_hides_and_shows_a_curve(bench: Bench) -> None:
    bench.draw(ROW)
    box = bench.panel.legend.rows["source:2"].box
    click(box, QPoint(8, box.height() // 2))
    bench.settle()
    assert set(bench.panel.plot._lines) == {"source:1"}
    click(box, QPoint(8, box.height() // 2))
    bench.settle()
    assert set(bench.panel.plot._lines) == {"source:1", "source:2"}


def test_that_curves_differ_in_colour_and_dash_and_keep_their_style(bench: Bench) -> None:
    bench.draw(ROW)
    before = {key: bench.panel.legend.style(key) for key in ("source:1", "source:2")}
    bench.add_result(1, np.zeros((*bench.session.stack.pixels(0).shape,), np.float32))
    bench.settle()
    after = {key: bench.panel.legend.style(key) for key in before}
    styles = [*after.values(), bench.panel.legend.style("result:1")]
    assert before == after
    plain = bench.panel.legend.style("result:1")
    assert plain == CurveStyles.load().style(0, dark=False)
    assert len({style.colour for style in styles}) == len({style.dash for style in styles}) == 3


def test_that_label_changes_are_marked_with_their_labels(bench: Bench, labels: np.ndarray) -> None:
    bench.draw(ROW)
    assert bench.panel.plot._marks.places == (49.5, 119.5)
    assert [span.label for span in bench.panel.plot.strip._spans] == [1, 2, 1]
    assert "2 label changes" in bench.panel.plot.strip.toolTip()
    mask = np.ones((20, 30), np.bool_)
    bench.controller.edit.apply("Brush", [Edit(Rect(120, 70, 30, 20), mask, 2)])
    bench.settle()
    assert bench.panel.plot._marks.places == (19.5, 119.5)


def test_that_the_pointer_in_the_plot_reads_values_and_marks_the_place(
    bench: Bench, labels: np.ndarray
) -> None:
    bench.draw(ROW)
    places: list[object] = []
    bench.panel.place_hovered.connect(places.append)
    plot = bench.panel.plot.plot
    box = plot.plotItem.vb
    bench.qtbot.waitUntil(lambda: box.sceneBoundingRect().width() > 200, timeout=WAIT_MS)

    def read() -> bool:
        for x in (50.0, 60.0):
            middle = QPointF(x, sum(box.viewRange()[1]) / 2)
            place = plot.mapFromScene(box.mapViewToScene(middle))
            QTest.mouseMove(plot.viewport(), place)
        return (160, 80) in places

    bench.qtbot.waitUntil(read, timeout=WAIT_MS)
    assert bench.panel.bar.readout.text().split()[:2] == ["60.0", "px"]
    assert "x 160, y 80" in bench.panel.bar.readout.text()
    assert "label 2" in bench.panel.bar.readout.text()
    wanted = luma(bench.session.stack.pixels(0)[80, 160])
    assert bench.value("source:1") == f"{wanted:.1f}"
    assert bench.panel.plot._ruler.value() == pytest.approx(60)


def test_that_the_pointer_on_the_canvas_moves_the_ruler(bench: Bench) -> None:
    bench.draw(ROW)
    bench.panel.show_place(133.4, 84.0)
    assert bench.panel.plot._ruler.isVisible()
    assert bench.panel.plot._ruler.value() == pytest.approx(33)
    assert "x 133, y 80" in bench.panel.bar.readout.text()
    bench.panel.show_place(133.4, 95.0)
    assert not bench.panel.plot._ruler.isVisible()
    assert bench.value("source:1") == ""
    bench.panel.show_place(133.4, 95.0, reach=20)
    assert bench.panel.plot._ruler.isVisible()
    bench.panel.show_place(None)
    assert not bench.panel.plot._ruler.isVisible()


def test_that_a_fast_drag_is_read_at_its_end(bench: Bench) -> None:
    for end in range(120, 300, 3):
        bench.controller.line.show(Line(100.5, 80.5, end + 0.5, 200.5))
        bench.qtbot.wait(0)
    bench.draw(Line(100.5, 80.5, 300.5, 80.5))
    assert len(bench.curve("source:1")) == 201


def test_that_what_changes_during_a_reading_is_read_after_it(
    bench: Bench, monkeypatch: Any
) -> None:
    bench.draw(ROW)
    asked: list[Any] = []
    monkeypatch.setattr(bench.controller.line, "read", lambda _keys, done: asked.append(done))
    for end in (200.5, 210.5, 220.5):
        bench.controller.line.set(Line(100.5, 90.5, end, 90.5))
        bench.qtbot.waitUntil(lambda: not bench.panel._timer.isActive(), timeout=WAIT_MS)
    assert len(asked) == 1
    asked[0]({})
    bench.qtbot.waitUntil(lambda: len(asked) == 2, timeout=WAIT_MS)


def test_that_nothing_is_read_while_it_is_hidden(bench: Bench, monkeypatch: Any) -> None:
    bench.draw(ROW)
    asked: list[object] = []
    read = bench.controller.line.read
    monkeypatch.setattr(
        bench.controller.line, "read", lambda *given: (asked.append(given), read(*given))
    )
    bench.panel.hide()
    bench.controller.line.set(Line(100.5, 90.5, 200.5, 90.5))
    bench.qtbot.wait(30)
    assert asked == []
    bench.panel.show()
    bench.settle()
    assert len(asked) == 1
    assert len(bench.curve("source:1")) == 101


def test_that_removing_the_line_empties_the_dock(bench: Bench) -> None:
    bench.draw(ROW)
    assert bench.panel._pages.currentIndex() == 1
    bench.controller.line.set(None)
    bench.qtbot.waitUntil(lambda: bench.panel._pages.currentIndex() == 0, timeout=WAIT_MS)


def test_that_closing_the_set_forgets_everything(bench: Bench) -> None:
    bench.draw(ROW)
    bench.controller.sets.close()
    bench.qtbot.waitUntil(lambda: bench.panel.legend.rows == {}, timeout=WAIT_MS)
    assert bench.panel._values == {}
    assert bench.panel._pages.currentIndex() == 0


def test_that_the_shown_curves_are_exported(
    bench: Bench, labels: np.ndarray, tmp_path: Path
) -> None:
    bench.add_result(3, np.full(bench.session.stack.pixels(0).shape, 0.5, np.float32))
    bench.draw(Line(100.5, 80.5, 300.5, 80.5, 3))
    box = bench.panel.legend.rows["source:2"].box
    click(box, QPoint(8, box.height() // 2))
    bench.settle()
    path = tmp_path / "values.csv"
    bench.panel.ask_path = lambda: str(path.with_suffix(""))
    click(bench.panel.bar.export_button)
    bench.qtbot.waitUntil(path.exists, timeout=WAIT_MS)
    lines = path.read_text("utf-8").splitlines()
    notes = [line for line in lines if line.startswith("# ")]
    assert any("mean over 3 px" in note for note in notes)
    assert any(bench.session.stack.sources[0].sha256 in note for note in notes)
    assert any("method made-up, strength 3" in note for note in notes)
    assert any("label: of the map from " in note for note in notes)
    given = "map from map.png, start from result:1, follows result 1"
    assert any(given in note for note in notes)
    header, *rows = csv.reader(line for line in lines if not line.startswith("# "))
    assert header[3:7] == ["label", "3 · Made up red", "3 · Made up green", "3 · Made up blue"]
    assert len(rows) == 201
    assert not any("Source 2" in name for name in header)
    stack = bench.session.stack
    wanted = stack.pixels(0)[79:82, 160].astype(float).mean(axis=0)
    np.testing.assert_allclose([float(v) for v in rows[60][7:]], wanted, atol=1e-3)
    assert rows[60][3] == "2"


def test_that_the_theme_recolours_it(bench: Bench) -> None:
    bench.draw(ROW)
    light = bench.panel.plot._lines["source:1"].opts["pen"].color().name()
    dark = Theme.load("dark")
    bench.panel.show_theme(dark)
    assert bench.panel.plot._lines["source:1"].opts["pen"].color().name() != light
    assert bench.panel.plot.plot.backgroundBrush().color().name() == dark.plot
