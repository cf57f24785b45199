"""A researcher chooses metrics, with real mouse and key events."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest

from mfgui import resources
from mfgui.app.metric_columns import STANDARD, entries, of_paper
from mfgui.app.settings import SettingsFile
from mfgui.core.arrays import from_float
from mfgui.methods.metrics.measures import Measure, Subject, score
from mfgui.ui.application import Application
from mfgui.ui.docks.metrics import MetricsPanel
from mfgui.ui.metric_popup import MetricPopup
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_pixels, pixels_of


class Researcher:
    """Hands on the metrics of one window."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.window, self.controller = application.window, application.controller
        self.panel: MetricsPanel = application.window.compare_docks.metrics
        self.popup: MetricPopup = self.panel.popup
        self.qtbot = qtbot

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def settle(self) -> None:
        scores = self.controller.scores
        self.until(lambda: not scores.busy and not scores.stale)

    def open(self) -> None:
        click(self.panel.metrics_button)
        self.until(self.popup.isVisible)

    def type(self, text: str) -> None:
        self.popup.field.selectAll()
        QTest.keyClicks(self.popup.field, text)

    def listed(self) -> list[str]:
        model = self.popup.list.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def heads(self) -> list[str]:
        grid = self.panel.grid
        return [grid.horizontalHeaderItem(n).text() for n in range(grid.columnCount())]

    def column(self, head: str) -> list[str]:
        grid, place = self.panel.grid, self.heads().index(head)
        return [grid.item(row, place).text() for row in range(grid.rowCount())]

    def row_of(self, run_id: int) -> int:
        names = [self.panel.grid.item(n, 0).text() for n in range(self.panel.grid.rowCount())]
        return next(n for n, name in enumerate(names) if name.startswith(str(run_id)))

    def click_head(self, head: str) -> None:
        header, place = self.panel.grid.horizontalHeader(), self.heads().index(head)
        self.panel.grid.scrollTo(self.panel.grid.model().index(0, place))
        x = header.sectionViewportPosition(place) + header.sectionSize(place) // 2
        click(header.viewport(), QPoint(x, header.height() // 2))

    def value(self, run_id: int, name: str) -> float | None:
        session = self.controller.session
        assert session.stack is not None
        assert session.focus_map is not None
        result = session.results[run_id]
        return score(
            Measure.parse(name),
            Subject(
                from_float(result.image, result.depth),
                [session.stack.pixels(index) for index in range(2)],
                truth=None if session.truth is None else session.truth.pixels,
                labels=session.focus_map.labels,
            ),
        ).value


@pytest.fixture
def researcher(opened: Application, qtbot: Any) -> Researcher:
    """The sample pair with a map, a ground truth and two results, in the Compare workspace."""
    controller, window = opened.controller, opened.window
    controller.truth.load(resources.path("samples/pair/truth.png"))
    window.commands.carry_out("detect")
    idle = lambda: controller.session.focus_map is not None and not controller.state.running  # noqa: E731
    qtbot.waitUntil(idle, timeout=WAIT_MS)
    for method in ("average", "composite"):
        controller.runs.run(method, {})
        qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    window.commands.carry_out("workspace-compare")
    person = Researcher(opened, qtbot)
    person.until(person.panel.isVisible)
    person.settle()
    return person


def test_that_a_metric_is_searched_ticked_read_and_unticked(researcher: Researcher) -> None:
    person = researcher
    before = person.heads()
    person.open()
    assert person.popup.field.hasFocus()
    person.type("q_cb")
    assert person.listed()[0] == "Q_CB"
    QTest.keyClick(person.popup.field, Qt.Key.Key_Return)
    assert person.popup.isVisible(), "so that more can be ticked"
    assert "Q_CB ↑" in person.heads()
    assert person.column("Q_CB ↑") == ["…", "…"]
    person.settle()
    for run_id in (1, 2):
        value = person.value(run_id, "q-cb")
        assert person.column("Q_CB ↑")[person.row_of(run_id)] == f"{value:.5f}"
    tip = person.panel.grid.horizontalHeaderItem(person.heads().index("Q_CB ↑")).toolTip()
    assert "contrasts that people see" in tip
    assert "0 to 1" in tip
    assert "Higher is better." in tip
    QTest.keyClick(person.popup.field, Qt.Key.Key_Return)
    assert person.heads() == before
    QTest.keyClick(person.popup.field, Qt.Key.Key_Escape)
    assert not person.popup.isVisible()


def test_that_clicks_tick_variants_and_keys_move(researcher: Researcher) -> None:
    person = researcher
    person.open()
    person.type("Q_G")
    assert person.listed()[:4] == ["Q_G", "Q_G, zliu", "Q_G, lft", "Q_G, shreyamsha"]
    view = person.popup.list
    place = view.visualRect(view.model().index(1, 0)).center()
    click(view.viewport(), place)
    assert "Q_G (zliu) ↑" in person.heads()
    QTest.keyClick(person.popup.field, Qt.Key.Key_Down)
    QTest.keyClick(person.popup.field, Qt.Key.Key_Return)
    assert person.controller.scores.chosen == (*STANDARD, "q-g:zliu", "q-g:lft")
    assert view.model().index(2, 0).data(Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked
    spoken = view.model().index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("Q_G, lft, Edges, ticked: ")
    assert "variant lft" in person.popup.note.text()
    assert "EDMF tables 2, 3 (Qabf)" in person.popup.note.text()
    click(view.viewport(), place)
    assert person.controller.scores.chosen == (*STANDARD, "q-g:lft")


def test_that_a_published_table_is_one_click_and_the_default_another(
    researcher: Researcher,
) -> None:
    person = researcher
    person.open()
    assert not person.popup.default_button.isEnabled()
    button = person.popup.papers["mfif-gan"]
    click(button)
    assert person.controller.scores.chosen == (*STANDARD, *of_paper("mfif-gan"))
    assert button.isChecked()
    assert person.panel.grid.columnCount() == 1 + len(STANDARD) + 12 + 3
    assert person.popup.count.text().startswith("16 columns")
    click(button)
    assert person.controller.scores.chosen == STANDARD
    click(button)
    click(person.popup.default_button)
    assert person.controller.scores.chosen == STANDARD
    assert not button.isChecked()


def test_that_the_best_is_bold_and_near_0_is_ordered_by_size(researcher: Researcher) -> None:
    person = researcher
    person.controller.scores.choose([*STANDARD, "q-sf", "q-cv"])
    person.settle()
    values = {run_id: person.value(run_id, "q-sf") for run_id in (1, 2)}
    best = min(values, key=lambda run_id: abs(values[run_id]))
    person.click_head("Q_SF →0")
    assert person.row_of(best) == 0
    place = person.heads().index("Q_SF →0  ▲")
    assert person.panel.grid.item(0, place).font().bold()
    assert not person.panel.grid.item(1, place).font().bold()
    person.click_head("Q_SF →0  ▲")
    assert person.row_of(best) == 1
    person.click_head("Q_CV ↓")
    numbers = [float(text.replace(",", "")) for text in person.column("Q_CV ↓  ▲")]
    assert numbers == sorted(numbers)


def test_that_the_choice_outlives_the_window(researcher: Researcher) -> None:
    researcher.open()
    researcher.type("entropy of the grey")
    QTest.keyClick(researcher.popup.field, Qt.Key.Key_Return)
    assert researcher.controller.scores.chosen == (*STANDARD, "en")
    researcher.until(lambda: SettingsFile().values.metrics == (*STANDARD, "en"))


def test_that_the_command_opens_the_list_in_every_workspace(researcher: Researcher) -> None:
    person = researcher
    person.window.commands.carry_out("workspace-fuse")
    person.window.commands.carry_out("choose-metrics")
    person.until(person.popup.isVisible)
    assert person.panel.isVisible()
    assert person.listed() == [
        f"{entry.title}, {entry.definition}" if entry.definition else entry.title
        for entry in entries()
    ]


def test_that_what_is_not_found_is_said(researcher: Researcher) -> None:
    researcher.open()
    researcher.type("no such thing at all")
    assert researcher.listed() == []
    assert "No metric" in researcher.popup.note.text()
    QTest.keyClick(researcher.popup.field, Qt.Key.Key_Return)
    assert researcher.controller.scores.chosen == STANDARD
    researcher.type("chen varshney")
    assert "Q_CV" in researcher.listed()


def test_that_the_list_of_metrics_looks_as_in_the_guide(
    researcher: Researcher, opened: Application
) -> None:
    person, dock = researcher, researcher.window.docks["metrics"]
    opened.themes.choose("light")
    chosen = ("local_q", "psnr", "nmi@pooled", "te", "q-g:zliu", "q-cb", "q-cv", "q-sf")
    person.controller.scores.choose(chosen)
    person.controller.view.show("result:1")
    dock.setFloating(True)
    dock.setGeometry(0, 570, 800, 200)
    person.settle()
    person.open()
    for _ in range(2):
        QTest.keyClick(person.popup.field, Qt.Key.Key_Down)
    person.qtbot.wait(300)
    picture = QPixmap(QSize(800, 770))
    picture.fill(person.window.palette().mid().color())
    painter = QPainter(picture)
    for part in (dock, person.popup):
        painter.drawPixmap(part.pos(), part.grab())
    painter.end()
    button = person.panel.metrics_button
    assert person.popup.geometry().bottom() < button.mapToGlobal(QPoint(0, 0)).y()
    check_pixels(pixels_of(picture.toImage()), "compare-metrics")
