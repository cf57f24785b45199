from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest

from mfgui.core.result import Curve
from mfgui.ui.curve_plot import CurveStyles
from mfgui.ui.docks.curve import CurvePanel
from mfgui.ui.theme import Theme
from tests.ui.hands import click


def curve(*q: float, objective: str = "box-joint") -> Curve:
    zeros = (0.0,) * len(q)
    return Curve(objective, q=q, step=zeros, gradient_norm=zeros, seconds=zeros)


@pytest.fixture
def panel(qtbot: Any, theme: Theme) -> CurvePanel:
    panel = CurvePanel(theme)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.make_plot()
    return panel


def drawn(panel: CurvePanel) -> dict[int, Any]:
    assert panel.plot is not None
    return panel.plot._lines


def test_that_every_iteration_is_drawn_raw(panel: CurvePanel) -> None:
    q = tuple(0.9 + 0.01 * (n % 3) for n in range(500))
    panel.show_curve(1, "1 · MS-Lap", curve(*q))
    x, y = drawn(panel)[1].getData()
    assert list(x) == list(range(500))
    assert list(y) == list(q)


def test_that_a_long_curve_is_thinned_for_drawing_and_keeps_its_peaks(
    panel: CurvePanel, qtbot: Any
) -> None:
    values = [0.9 - 0.1 / (n + 1) for n in range(10_000)]
    values[4321], values[7654] = 0.99, 0.5
    panel.show_curve(1, "1 · MS-Lap", curve(*values))
    line = drawn(panel)[1]
    qtbot.waitUntil(lambda: len(line.curve.yData) < 3000)
    assert line.curve.yData.max() == 0.99
    assert line.curve.yData.min() == 0.5
    assert len(line.yData) == 10_000


def test_that_only_the_curve_that_grew_is_drawn_anew(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    panel.show_curve(2, "2", curve(0.7, 0.8))
    kept = drawn(panel)[1].yData
    panel.show_curve(2, "2", curve(0.7, 0.8, 0.85))
    assert drawn(panel)[1].yData is kept
    assert list(drawn(panel)[2].yData) == [0.7, 0.8, 0.85]


@pytest.mark.parametrize(
    ("iterations", "end"), [(37, 37), (200, 200), (201, 210), (9_990, 10_000), (10_001, 11_000)]
)
def test_that_the_axis_ends_ahead_of_a_long_curve(
    panel: CurvePanel, qtbot: Any, iterations: int, end: int
) -> None:
    panel.show_curve(1, "1", curve(*(0.5,) * iterations, 0.6))
    assert panel.plot is not None
    panel.plot.plot.grab()
    low, high = panel.plot.plot.viewRange()[0]
    assert low <= 0 < end <= high < 1.1 * end


def test_that_runs_differ_in_colour_and_in_dash(panel: CurvePanel) -> None:
    for run_id in range(1, 5):
        panel.show_curve(run_id, f"{run_id}", curve(0.8, 0.9))
    pens = [drawn(panel)[run_id].opts["pen"] for run_id in range(1, 5)]
    assert len({pen.color().name() for pen in pens}) == 4
    assert len({tuple(pen.dashPattern()) for pen in pens}) == 4
    assert all(pen.isCosmetic() and pen.widthF() == 1.0 for pen in pens)


def test_that_colour_and_dash_together_repeat_late() -> None:
    styles = CurveStyles.load()
    seen = {(s.colour, s.dash) for s in (styles.style(n, dark=True) for n in range(24))}
    assert len(seen) == 24


def test_that_the_best_iteration_is_marked(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.95, 0.9))
    assert panel.plot is not None
    xs, ys = panel.plot._best.getData()
    assert (list(xs), list(ys)) == ([1], [0.95])
    assert panel.readout.text() == "Best Q 0.950000 at 1"


def test_that_the_legend_toggles_a_curve(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    panel.show_curve(2, "2", curve(0.7, 0.9))
    box = panel.legend[1]
    click(box, QPoint(8, box.height() // 2))
    assert not drawn(panel)[1].isVisible()
    assert drawn(panel)[2].isVisible()
    click(box, QPoint(8, box.height() // 2))
    assert drawn(panel)[1].isVisible()


def test_that_curves_of_different_objectives_never_share_an_axis(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    assert not panel.objective_box.isVisible()
    panel.show_curve(2, "2", curve(0.7, 0.8, objective="gaussian"))
    assert panel.objective_box.isVisible()
    assert set(drawn(panel)) == {2}
    panel.objective_box.setCurrentText("box-joint")
    assert set(drawn(panel)) == {1}
    assert panel.legend[1].isVisible()
    assert not panel.legend[2].isVisible()


def test_that_the_pointer_reads_exact_numbers(panel: CurvePanel, qtbot: Any) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9123456, 0.95))
    panel.show_curve(2, "2", curve(0.7, 0.8))
    assert panel.plot is not None
    plot = panel.plot.plot
    box = plot.plotItem.vb
    # Axes take their room when they are first painted.
    qtbot.waitUntil(lambda: box.sceneBoundingRect().x() > 20 and plot.viewport().width() > 400)

    def point_at(iteration: float) -> None:
        place = plot.mapFromScene(box.mapViewToScene(QPointF(iteration, 0.85)))
        QTest.mouseMove(plot.viewport(), place)

    def read() -> bool:
        point_at(0.9)
        point_at(1.1)
        return panel.readout.text().startswith("At 1")

    qtbot.waitUntil(read, timeout=3000)
    assert "1: 0.9123456" in panel.readout.text()
    assert "2: 0.8000000" in panel.readout.text()


def test_that_a_curve_grows_in_place(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8))
    line = drawn(panel)[1]
    panel.show_curve(1, "1", curve(0.8, 0.9))
    assert drawn(panel)[1] is line
    assert len(line.getData()[0]) == 2


def test_that_scrubbing_names_run_and_stop(panel: CurvePanel, qtbot: Any) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    assert not panel.scrub.isEnabled()
    panel.show_scrub(1, "last")
    assert panel.scrub.isEnabled()
    with qtbot.waitSignal(panel.scrubbed) as caught:
        panel.scrub.setValue(0)
    assert caught.args == [1, "start"]


def test_that_a_curve_takes_the_name_of_its_run(panel: CurvePanel) -> None:
    panel.show_curve(1, "1 · MS-Lap", curve(0.5, 0.6))
    panel.show_curve(1, "1 · Mine & yours", curve(0.5, 0.6))
    assert panel.legend[1].text().startswith("1 · Mine && yours")


def test_that_a_removed_run_leaves_no_curve(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    panel.show_scrub(1, "last")
    panel.remove_curve(1)
    assert drawn(panel) == {}
    assert panel.legend == {}
    assert not panel.scrub.isEnabled()


def test_that_an_empty_curve_is_not_shown(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", Curve(""))
    assert panel.legend == {}


def test_that_the_theme_recolours_the_plot(panel: CurvePanel) -> None:
    panel.show_curve(1, "1", curve(0.8, 0.9))
    light = drawn(panel)[1].opts["pen"].color().name()
    dark = Theme.load("dark")
    panel.show_theme(dark)
    assert drawn(panel)[1].opts["pen"].color().name() != light
    assert panel.plot is not None
    assert panel.plot.plot.backgroundBrush().color().name() == dark.plot


def test_that_the_axis_shows_q_itself_in_either_theme(panel: CurvePanel, qtbot: Any) -> None:
    panel.show_curve(1, "1", curve(0.9951, 0.9965, 0.9970))
    for name in ("light", "dark"):
        panel.show_theme(Theme.load(name))
        panel.plot.plot.grab()
        axis = panel.plot.plot.getAxis("left")
        assert axis.autoSIPrefixScale == 1.0
        assert axis.labelString().count("x0.001") == 0


def test_that_the_dock_does_not_import_the_plotting_library_before_its_use() -> None:
    heavy = ("pyqtgraph", "torch", "skimage")
    code = f"import sys, mfgui.ui.main_window; print(*[n in sys.modules for n in {heavy}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]
