"""A photographer fuses the stacks of a card in the window, with real mouse and key events."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from mfgui.app import batch_desk, batch_rule
from mfgui.app.batch_desk import Row, Told
from mfgui.app.batch_report import State
from mfgui.app.batch_rule import Rule
from mfgui.app.process_told import End
from mfgui.ui.application import Application
from mfgui.ui.batch_answers import GOES_ON, BatchAnswers, remembered
from mfgui.ui.dialogs.batch import BatchDialog
from tests.app.test_batch import card
from tests.bench import folders
from tests.ui.hands import WAIT_MS, click
from tests.ui.pictures import check_picture

RUN_MS = 90_000
SLOW = "slow=ms-lap:variant=paper;iterations=100000;tolerance=0"


class Photographer:
    """Hands on the dialog of one window."""

    def __init__(self, application: Application, qtbot: Any, place: Path) -> None:
        self.application, self.qtbot, self.place = application, qtbot, place
        self.window = application.window
        self.answers: BatchAnswers = application.window.batches
        self.window.commands.carry_out("batch")
        self.dialog.resize(1080, 800)

    @property
    def dialog(self) -> BatchDialog:
        assert self.answers.dialog is not None
        return self.answers.dialog

    @property
    def out(self) -> Path:
        return self.place / "card-fused"

    def until(self, condition: Callable[[], Any], timeout: int = WAIT_MS) -> None:
        self.qtbot.waitUntil(condition, timeout=timeout)

    def drop(self, path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        copy, left, none = (
            Qt.DropAction.CopyAction,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter = QDragEnterEvent(QPoint(20, 20), copy, data, left, none)
        QGuiApplication.sendEvent(self.dialog, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(20, 20), copy, data, left, none)
        QGuiApplication.sendEvent(self.dialog, drop)

    def choose_methods(self, *names: str) -> None:
        methods = self.dialog.methods
        click(methods.clear_button)
        for name in names:
            methods.field.selectAll()
            QTest.keyClicks(methods.field, name)
            index = methods.list.currentIndex()
            click(methods.list.viewport(), methods.list.visualRect(index).center())

    def write(self, line: QWidget, text: str) -> None:
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, text)

    def choose(self, box: QComboBox, value: str) -> None:
        """By the keys that step through a box."""
        wanted = box.findData(value)
        while box.currentIndex() != wanted:
            down = box.currentIndex() < wanted
            QTest.keyClick(box, Qt.Key.Key_Down if down else Qt.Key.Key_Up)

    def begin(self, *sets: str, methods: tuple[str, ...] = ("average",)) -> None:
        """Set up a batch of the sets in a folder."""
        card(self.place / "card", *sets)
        self.drop(self.place / "card")
        self.choose_methods(*methods)
        self.choose(self.dialog.output.format_box, "png")
        self.ready()

    def ready(self) -> None:
        self.until(self.dialog.run_button.isEnabled)

    def run_to_end(self) -> None:
        click(self.dialog.run_button)
        self.ended()

    def ended(self) -> None:
        self.until(lambda: not self.answers.run.running, RUN_MS)

    def column(self, number: int) -> list[str]:
        table = self.dialog.table
        return [table.item(row, number).text() for row in range(table.rowCount())]

    @property
    def pictures(self) -> list[str]:
        return sorted(path.name for path in self.out.glob("*.png"))


@pytest.fixture
def person(application: Application, qtbot: Any, tmp_path: Path) -> Photographer:
    return Photographer(application, qtbot, tmp_path)


def test_that_a_batch_is_set_up_made_and_its_failed_set_made_again(
    person: Photographer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = person.dialog
    assert dialog.note.text() == "Choose the folder of the sets."
    assert not dialog.run_button.isEnabled()
    person.begin("s1", "s2", "s3")
    assert dialog.found.text() == "3 sets of 2 images"
    assert dialog.output.folder_line.text() == str(person.out)
    person.write(dialog.output.name_line, "{number:02}-{name}-{method}")
    person.until(lambda: dialog.output.example.text().startswith("01-s1-average.png · 02-s2"))
    assert person.column(0) == ["s1", "s2", "s3"]
    assert person.column(2) == ["To be made"] * 3
    bad = person.place / "card/s2/img2.png"
    good = bad.read_bytes()
    bad.write_bytes(b"no picture")
    person.ready()
    assert not dialog.failed_button.isEnabled()
    person.run_to_end()

    assert person.answers.run.end is End.DONE
    assert dialog.where.text() == "Done: 2 pictures, 1 failed"
    person.until(dialog.failed_button.isEnabled)
    assert person.column(2) == ["Done before", "Failed", "Done before"]
    assert person.column(5)[1].startswith(f"{bad}: not an image")
    assert person.column(5)[0] == "01-s1-average.png"
    assert person.column(3)[0].endswith(" s")
    assert person.pictures == ["01-s1-average.png", "03-s3-average.png"]
    first = (person.out / "01-s1-average.png").stat().st_mtime_ns

    bad.write_bytes(good)
    click(dialog.failed_button)
    person.ended()
    assert person.pictures[1] == "02-s2-average.png"
    assert (person.out / "01-s1-average.png").stat().st_mtime_ns == first
    person.until(lambda: "nothing has changed" in dialog.note.text())
    assert not dialog.failed_button.isEnabled()
    with (person.out / "batch-report.csv").open(encoding="utf-8", newline="") as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["done"] * 3

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    click(dialog.report_button)
    click(dialog.folder_button)
    place = dialog.table.visualItemRect(dialog.table.item(1, 0)).center()
    click(dialog.table.viewport(), place)
    QTest.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [
        str(person.out / "batch-report.csv"),
        str(person.out),
        str(person.out / "02-s2-average.png"),
    ]
    # The line that is copied, and the rule beside the pictures, do the same.
    click(dialog.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words == ["mfgui", "batch", str(person.out / "batch.toml")]
    assert batch_rule.load(person.out / "batch.toml") == dialog.rule


def test_that_a_stopped_batch_keeps_what_is_complete(person: Photographer) -> None:
    dialog = person.dialog
    person.begin("s1", "s2")
    person.write(dialog.output.name_line, "{name}-{method}")
    person.write(dialog.methods.more_line, SLOW)
    person.until(lambda: dialog.table.rowCount() == 4)
    person.ready()
    click(dialog.run_button)
    assert not dialog.input.isEnabled()
    assert not dialog.run_button.isVisible()
    person.until(lambda: any("steps" in text for text in person.column(2)), RUN_MS)
    assert person.column(2)[1].startswith("Working: steps")
    click(dialog.stop_button)
    assert dialog.where.text() == "Stopping…"
    assert not dialog.stop_button.isEnabled()
    person.ended()
    assert person.answers.run.end is End.STOPPED
    assert dialog.where.text().startswith("Stopped after 1 picture. What is done is kept")
    assert person.pictures == ["s1-average.png"]
    assert not [path for path in person.out.iterdir() if path.name.startswith(".")]


def test_that_it_goes_on_behind_a_closed_dialog_and_tells_its_end(person: Photographer) -> None:
    person.begin("s1")
    rule = person.dialog.rule
    click(person.dialog.run_button)
    QTest.keyClick(person.dialog, Qt.Key.Key_Escape)
    assert person.answers.dialog is None
    assert person.answers.run.running
    banners = person.window.parts.banners
    assert banners.notices[0].what == GOES_ON
    person.window.commands.carry_out("batch")
    assert person.dialog.stop_button.isVisible()
    assert person.dialog.rule == rule
    click(person.dialog.close_button)
    person.ended()
    assert "the batch is done (1 pictures)" in " ".join(n.what for n in banners.notices)
    assert remembered() == rule


def test_that_closing_the_window_stops_it(person: Photographer) -> None:
    person.begin("s1")
    person.write(person.dialog.methods.more_line, SLOW)
    person.ready()
    click(person.dialog.run_button)
    person.until(lambda: bool(person.answers.run.told.rows), RUN_MS)
    person.window.close()
    assert not person.answers.run.running
    assert person.answers.run.end is End.STOPPED
    assert person.answers.dialog is None


def test_that_rules_are_loaded_and_saved(
    person: Photographer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = person.dialog
    folders.touched(tmp_path / "card", "a-1.jpg", "a-2.jpg")
    rule = Rule(
        folder=str(tmp_path / "card"),
        sort="pattern",
        pattern="{set}-{source}.jpg",
        methods=("average", "soft=ms-lap:iterations=3"),
        output=str(tmp_path / "elsewhere"),
        name="{name}_{method}",
        format="webp",
        depth="8",
        existing="skip",
        align="affine",
        exposure="gain",
        crop="reference",
        memory=7.5,
        device="cuda:7",
        parallel=2,
    )
    batch_rule.save(rule, tmp_path / "mine.toml")
    chosen = str(tmp_path / "mine.toml")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen, ""))
    click(dialog.load_button)
    assert dialog.rule == rule
    assert dialog.methods.ticked == ("average",)
    person.ready()
    assert dialog.output.example.text() == "a_average.webp · a_soft.webp"
    target = str(tmp_path / "copy")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    click(dialog.save_button)
    assert batch_rule.load(tmp_path / "copy.toml") == rule
    (tmp_path / "wrong.toml").write_text("speed = 3\n", "utf-8")
    person.drop(tmp_path / "wrong.toml")
    assert "unknown key 'speed'" in dialog.note.text()
    assert dialog.note.objectName() == "fieldProblem"
    assert dialog.rule == rule


def test_that_a_rule_of_ones_own_is_not_written_over(person: Photographer) -> None:
    person.begin("s1")
    person.out.mkdir()
    own = person.out / "batch.toml"
    own.write_text("# by hand\n", "utf-8")
    click(person.dialog.run_button)
    assert "is a rule of your own, which would be lost" in person.dialog.note.text()
    assert not person.answers.run.running
    assert own.read_text("utf-8") == "# by hand\n"


def test_that_wrong_input_is_one_line_and_can_be_mended(person: Photographer) -> None:
    dialog = person.dialog
    person.begin("s1")
    person.write(dialog.output.name_line, "{nmae}")
    person.until(lambda: "no field {nmae}" in dialog.note.text())
    assert dialog.note.objectName() == "fieldProblem"
    assert not dialog.run_button.isEnabled()
    person.write(dialog.output.name_line, "{name}")
    person.ready()
    person.write(dialog.methods.more_line, "nothing")
    person.until(lambda: "unknown method nothing" in dialog.note.text())
    person.write(dialog.methods.more_line, " ")
    person.ready()
    click(dialog.methods.clear_button)
    assert dialog.note.text() == "Tick a method."
    person.choose(dialog.output.preset_box, "objective")
    dialog.output.preset_box.activated.emit(dialog.output.preset_box.currentIndex())
    assert dialog.methods.ticked == ("ms-lap",)
    person.choose(dialog.input.sort_box, "pattern")
    assert dialog.note.text().startswith("Write how files are named")
    person.choose(dialog.input.sort_box, "list")
    assert dialog.note.text() == "Choose a list of sets."
    assert not dialog.input.folder_line.isVisible()
    (person.place / "sets.txt").write_text("card/s1\n", "utf-8")
    person.drop(person.place / "sets.txt")
    person.ready()
    assert person.column(0) == ["s1"]


def test_that_a_process_that_fails_says_why(person: Photographer) -> None:
    person.begin("s1")
    for path in (person.place / "card/s1").iterdir():
        path.unlink()
    person.run_to_end()
    assert person.answers.run.end is End.FAILED
    assert "no sets of images were found" in person.dialog.note.text()


def test_that_it_is_found_in_the_menu_and_by_its_name(person: Photographer) -> None:
    first = person.dialog
    file_menu = person.window.menuBar().actions()[0].menu()
    next(a for a in file_menu.actions() if a.text().startswith("Batch")).trigger()
    assert person.dialog is first
    palette = person.window.palette_box
    palette.open()
    QTest.keyClicks(palette.field, "batch")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert person.dialog is first


def test_that_lines_of_the_process_are_told_apart() -> None:
    told = Told()
    told.take("compiling the solver")
    assert told.note == "compiling the solver"
    told.take("mfgui: note: one holds one image only; left out")
    assert (told.error, told.note) == ("", "compiling the solver")
    told.take("{no json")
    told.take('{"other": 1}')
    assert told.rows == []
    assert told.end(None, stopping=False) is End.FAILED
    assert "unexpectedly" in told.error
    told.take("mfgui: the disk is full")
    assert told.end(5, stopping=False) is End.FAILED
    assert told.error == "the disk is full"
    assert Told().end(130, stopping=False) is End.STOPPED


def test_that_the_dialog_looks_as_in_the_guide(person: Photographer, tmp_path: Path) -> None:
    dialog = person.dialog
    person.application.themes.choose("light")
    names = ("beetle", "fern", "lichen", "moss", "pollen")
    for name in names:
        folders.touched(tmp_path / "card" / name, *(f"{n:04}.jpg" for n in range(8)))
    person.drop(tmp_path / "card")
    person.choose_methods("photo")
    dialog.methods.field.clear()
    listed = [method.name for method in dialog.methods.methods]
    view = dialog.methods.list
    view.setCurrentIndex(view.model().index(listed.index("photo"), 0))
    person.write(dialog.output.name_line, "{name}_{method}")
    person.until(lambda: dialog.output.example.text().startswith("beetle_photo.tif"))
    # Paths of the machine are no part of the picture.
    for line, text in (
        (dialog.input.folder_line, "~/pictures/card"),
        (dialog.output.folder_line, "~/pictures/card-fused"),
    ):
        line.blockSignals(True)
        line.setText(text)
    rows = [Row(name, "photo", State.WAITING, f"/{name}_photo.tif") for name in names]
    told = Told(rows, due=5)
    dialog.show_running(told, stopping=False)
    QGuiApplication.processEvents()
    seconds = (41.3, 38.9, None, 44.0, 75.2)
    qs = (0.982417, 0.979102, None, 0.98833, 0.971964)
    told.rows = [
        replace(row, state=State.DONE if q else State.FAILED, seconds=time, q=q)
        for row, time, q in zip(rows, seconds, qs, strict=True)
    ]
    told.rows[2] = replace(told.rows[2], error="lichen/0003.jpg: the file is cut off")
    told._ended = 5
    dialog.show_end(told, End.DONE)
    for button in (dialog.failed_button, dialog.folder_button, dialog.report_button):
        button.setEnabled(True)
    dialog.failed_button.setFocus()
    check_picture(dialog, "batch-dialog")


def test_that_a_suggested_folder_lies_beside_the_sets() -> None:
    assert batch_desk.suggested_output(Rule(folder="/a/card")) == "/a/card-fused"
    listed = Rule(sort="list", list_file="/a/sets.txt")
    assert batch_desk.suggested_output(listed) == "/a/sets-fused"
    assert batch_desk.suggested_output(Rule()) == ""
