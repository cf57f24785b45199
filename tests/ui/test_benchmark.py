"""A researcher makes a table over two sets in the window, with real mouse and key events."""

from __future__ import annotations

import csv
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from mfgui.app import bench_desk
from mfgui.app.bench_progress import Told
from mfgui.app.process_told import End
from mfgui.app.settings import SettingsFile
from mfgui.cli.main import run
from mfgui.ui.application import Application
from mfgui.ui.benchmark_answers import GOES_ON, BenchmarkAnswers
from mfgui.ui.dialogs.benchmark import BenchmarkDialog
from mfgui.ui.dialogs.benchmark_rows import FolderRow, ResultRow
from tests.bench import folders
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_picture

RUN_MS = 90_000
METRICS = ("en", "ag", "q-g")


class Researcher:
    """Hands on the dialog of one window."""

    def __init__(self, application: Application, qtbot: Any, place: Path) -> None:
        self.application, self.qtbot, self.place = application, qtbot, place
        self.window = application.window
        self.answers: BenchmarkAnswers = application.window.benchmarks
        self.window.commands.carry_out("benchmark")
        self.dialog.resize(1040, 760)

    @property
    def dialog(self) -> BenchmarkDialog:
        assert self.answers.dialog is not None
        return self.answers.dialog

    def until(self, condition: Callable[[], Any], timeout: int = WAIT_MS) -> None:
        self.qtbot.waitUntil(condition, timeout=timeout)

    def drop(self, target: QWidget, *paths: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left, none = (
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter = QDragEnterEvent(QPoint(20, 20), copy, data, left, none)
        QGuiApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        QGuiApplication.sendEvent(target, QDropEvent(QPointF(20, 20), copy, data, left, none))

    def tick_method(self, name: str) -> None:
        methods = self.dialog.methods
        methods.field.selectAll()
        QTest.keyClicks(methods.field, name)
        click(
            methods.list.viewport(), methods.list.visualRect(methods.list.currentIndex()).center()
        )

    def choose_metrics(self, *names: str) -> None:
        popup = self.dialog.options.popup
        click(self.dialog.options.metrics_button)
        self.until(popup.isVisible)
        click(popup.papers["mfif-gan"])  # which was ticked
        for name in names:
            popup.field.selectAll()
            QTest.keyClicks(popup.field, name)
            QTest.keyClick(popup.field, Qt.Key.Key_Return)
        QTest.keyClick(popup.field, Qt.Key.Key_Escape)

    def write(self, line: QWidget, text: str) -> None:
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, text)

    def begin(self, *methods: str, sets: int = 2, metrics: tuple[str, ...] = METRICS) -> Path:
        """Set up a table and its folder."""
        data = folders.lytro(self.place / "lytro", sets)
        self.drop(self.dialog.folders, data)
        for name in methods:
            self.tick_method(name)
        self.choose_metrics(*metrics)
        self.until(self.dialog.run_button.isEnabled)
        return self.place / "lytro-table"

    def run_to_end(self) -> None:
        click(self.dialog.run_button)
        self.until(lambda: not self.answers.run.running, RUN_MS)


@pytest.fixture
def researcher(application: Application, qtbot: Any, tmp_path: Path) -> Researcher:
    return Researcher(application, qtbot, tmp_path)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_that_a_table_is_set_up_made_and_opened(
    researcher: Researcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = researcher
    assert person.dialog.note.text() == "Add a folder of sets."
    assert not person.dialog.run_button.isEnabled()
    folders.write(tmp_path / "cnn/1_fused.png", folders.pair(1)[0])
    folders.write(tmp_path / "cnn/2_fused.png", folders.pair(2, width=30)[0])
    out = person.begin("average", "dsift")
    row = person.dialog.folders.rows[0]
    assert row.found.text() == "2 sets of 2 images · lytro: {set}-{source:A|B|C|D}.*"
    person.drop(person.dialog.results, tmp_path / "cnn")
    person.until(lambda: "results for 2 of 2" in person.dialog.results.rows[0].found.text())
    assert person.dialog.options.output_line.text() == str(out)
    box = person.dialog.options.baseline_box
    assert [box.itemText(n) for n in range(box.count())] == ["None", "dsift", "average", "cnn"]
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert person.dialog.wish.baseline == "dsift"
    person.until(person.dialog.run_button.isEnabled)
    person.run_to_end()

    assert person.answers.run.end is End.DONE
    progress = person.dialog.progress
    assert progress.where.text() == "Done: 6 cells, 1 failed and will be tried again"
    assert "the result is 30 x 56, but the sources are 64 x 56" in progress.failures.toPlainText()
    assert progress.failures.toPlainText().startswith("lytro/lytro-02, cnn: ")
    cells = table(out / "cells.csv")
    assert [(cell["set"], cell["method"]) for cell in cells] == [
        (name, method)
        for name in ("lytro-01", "lytro-02")
        for method in ("dsift", "average", "cnn")
    ]
    done = [cell for cell in cells if not cell["reason"]]
    assert len(done) == 5
    assert all(np.isfinite(float(cell[name])) for cell in done for name in METRICS)
    summary = table(out / "summary.csv")
    assert {line["measure"] for line in summary} == set(METRICS)
    assert {line["baseline"] for line in summary if line["method"] == "average"} == {"dsift"}

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    click(person.dialog.report_button)
    click(person.dialog.folder_button)
    assert opened == [str(out / "report.html"), str(out)]


def test_that_the_copied_line_makes_the_same_table(
    researcher: Researcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    out = researcher.begin("average", sets=1)
    researcher.run_to_end()
    made = (out / "cells.csv").read_text("utf-8")
    click(researcher.dialog.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:2] == ["mfgui", "bench"]
    assert words[-2:] == ["-o", str(out)]
    assert run([*words[1:-1], str(tmp_path / "again"), "--no-report"]) == 0
    assert (tmp_path / "again/cells.csv").read_text("utf-8") == made


def test_that_a_stopped_table_goes_on_from_there(researcher: Researcher) -> None:
    person = researcher
    # Larger pictures and a slow method, so that there is time to stop it.
    data = person.place / "lytro"
    for number in (1, 2):
        for name, pixels in zip("AB", folders.pair(number, height=260, width=260)[1:], strict=True):
            folders.write(data / f"lytro-{number:02d}-{name}.png", pixels)
    person.drop(person.dialog.folders, data)
    person.tick_method("average")
    person.choose_metrics("en")
    person.write(person.dialog.methods.more_line, "slow=ms-lap:iterations=400;tolerance=0")
    person.until(person.dialog.run_button.isEnabled)
    out = person.place / "lytro-table"
    click(person.dialog.run_button)
    assert not person.dialog.folders.isEnabled()
    assert not person.dialog.run_button.isVisible()
    person.until(lambda: person.answers.run.told.done >= 1, RUN_MS)
    click(person.dialog.stop_button)
    assert person.dialog.progress.where.text() == "Stopping…"
    assert not person.dialog.stop_button.isEnabled()
    person.until(lambda: not person.answers.run.running)
    assert person.answers.run.end is End.STOPPED
    assert person.dialog.progress.where.text().startswith("Stopped after ")
    assert person.dialog.run_button.text().strip() == "Go on"
    assert not (out / "cells.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.tif")}
    assert kept
    assert not list(out.rglob("*.tmp"))
    # The rest with fewer steps; what was done before is not done again.
    person.write(person.dialog.methods.more_line, "slow=ms-lap:iterations=2")
    person.until(person.dialog.run_button.isEnabled)
    person.run_to_end()
    assert person.answers.run.end is End.DONE
    assert len(table(out / "cells.csv")) == 4
    assert all(path.stat().st_mtime_ns == kept[path] for path in kept)


def test_that_it_goes_on_behind_a_closed_dialog_and_tells_its_end(researcher: Researcher) -> None:
    person = researcher
    out = person.begin("average", sets=1)
    wish = person.dialog.wish
    click(person.dialog.run_button)
    QTest.keyClick(person.dialog, Qt.Key.Key_Escape)
    assert person.answers.dialog is None
    assert person.answers.run.running
    banners = person.window.parts.banners
    assert banners.notices[0].what == GOES_ON
    person.window.commands.carry_out("benchmark")
    assert person.dialog.stop_button.isVisible()
    assert person.dialog.wish == wish
    click(person.dialog.close_button)
    person.until(lambda: not person.answers.run.running, RUN_MS)
    assert (out / "report.html").is_file()
    assert "the table is done (1 cells" in " ".join(n.what for n in banners.notices)
    person.window.commands.carry_out("benchmark")
    assert person.dialog.report_button.isEnabled()
    assert person.dialog.progress.where.text() == "Done: 1 cells"


def test_that_closing_the_window_stops_it(researcher: Researcher) -> None:
    person = researcher
    person.begin("average")
    click(person.dialog.run_button)
    person.until(lambda: bool(person.answers.run.told.note), RUN_MS)
    began = time.monotonic()
    person.window.close()
    assert not person.answers.run.running
    assert person.answers.run.end is End.STOPPED
    assert time.monotonic() - began < 6
    assert person.answers.dialog is None
    assert bench_desk.from_text(SettingsFile().values.benchmark, ["average"]).methods == (
        "average",
    )


def test_that_wrong_input_is_one_line_and_can_be_mended(
    researcher: Researcher, tmp_path: Path
) -> None:
    person = researcher
    data = folders.touched(tmp_path / "photos", "holiday/red 7.jpg", "holiday/blue.jpg", "x.txt")
    person.drop(person.dialog.folders, data / "x.txt")  # its folder is meant
    row = person.dialog.folders.rows[0]
    assert isinstance(row, FolderRow)
    person.tick_method("average")
    person.until(lambda: row.found.text().startswith("1 set"))
    person.write(row.rule_box.lineEdit(), "{set}/{sauce}.jpg")
    person.until(lambda: "no field of a rule" in row.found.text())
    assert row.found.objectName() == "fieldProblem"
    assert person.dialog.note.text() == f"photos: {row.found.text()}"
    assert not person.dialog.run_button.isEnabled()
    person.write(row.rule_box.lineEdit(), "{set}/{source}*.jpg")
    person.until(lambda: row.found.text().startswith("1 set"))
    person.write(person.dialog.methods.more_line, "average:no=1")
    person.until(lambda: "no" in person.dialog.note.text())
    assert person.dialog.note.objectName() == "fieldProblem"
    person.write(person.dialog.methods.more_line, " ")
    person.until(person.dialog.run_button.isEnabled)
    person.write(person.dialog.options.output_line, str(data / "table"))
    assert person.dialog.note.text() == "The table would lie among the sets of photos."
    assert not person.dialog.run_button.isEnabled()
    click(row.remove_button)
    assert person.dialog.note.text() == "Add a folder of sets."


def test_that_a_process_that_fails_says_why(researcher: Researcher) -> None:
    person = researcher
    out = person.begin("average", sets=1)
    # Since it was looked for, the folder has gone.
    for path in (person.place / "lytro").iterdir():
        path.unlink()
    person.run_to_end()
    assert person.answers.run.end is End.FAILED
    assert "no sets of images were found" in person.dialog.note.text()
    assert person.dialog.note.objectName() == "fieldProblem"
    assert person.dialog.run_button.isEnabled()
    assert not out.exists()


def test_that_the_last_table_comes_back_with_the_next_window(researcher: Researcher) -> None:
    person = researcher
    person.begin("average")
    wish = person.dialog.wish
    click(person.dialog.close_button)
    person.window.commands.carry_out("benchmark")
    assert person.dialog.wish == wish
    person.until(person.dialog.run_button.isEnabled)
    click(person.dialog.methods.clear_button)
    assert person.dialog.wish.methods == ()
    person.until(lambda: person.dialog.note.text().startswith("Tick a method"))


def test_that_the_dialog_is_one_and_found_by_its_name(researcher: Researcher) -> None:
    person = researcher
    first = person.dialog
    palette = person.window.palette_box
    palette.open()
    QTest.keyClicks(palette.field, "benchmark")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert person.dialog is first


def test_that_the_dialog_looks_as_in_the_guide(researcher: Researcher, tmp_path: Path) -> None:
    person, dialog = researcher, researcher.dialog
    person.application.themes.choose("light")
    lytro = folders.lytro(tmp_path / "lytro", 20)
    near = folders.touched(
        tmp_path / "mffw", *(f"{n}/{f}.png" for n in range(1, 14) for f in ("image1", "image2"))
    )
    cnn = folders.touched(tmp_path / "cnn", *(f"{n}_fused.png" for n in range(1, 20)))
    person.drop(dialog.folders, lytro, near)
    person.drop(dialog.results, cnn)
    row = dialog.results.rows[0]
    assert isinstance(row, ResultRow)
    person.write(row.name_line, "CNN")
    person.write(row.where_line, str(cnn / "{number}_fused.png"))
    for name in ("ms-lap", "gff", "dsift"):
        person.tick_method(name)
    view = dialog.methods.list
    dialog.methods.field.clear()
    names = [method.name for method in dialog.methods.methods]
    view.setCurrentIndex(view.model().index(names.index("gff"), 0))
    person.until(dialog.run_button.isEnabled)
    dialog.options.workers_box.setValue(1)
    # Paths of the machine are no part of the picture.
    row.where_line.blockSignals(True)
    row.where_line.setText("…/cnn/{number}_fused.png")
    dialog.options.show_output("~/tables/lytro")
    failure = "mffw/7, CNN: the result is 520 x 360, but the sources are 576 x 304"
    told = Told(132, 132, 1, 196.0, None, [failure], scored=True)
    dialog.show_end(told, End.DONE)
    for button in (dialog.folder_button, dialog.report_button):
        button.setEnabled(True)
    dialog.report_button.setFocus()
    dialog.resize(QSize(1040, 780))
    person.qtbot.wait(100)
    view.scrollTo(view.currentIndex(), view.ScrollHint.PositionAtTop)
    check_picture(dialog, "benchmark-dialog")
