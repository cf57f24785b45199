"""Sessions in the window, with the hands of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import Severity
from mfgui.files.session_migrations import SCHEMA
from mfgui.files.sessions import read_session, write_session
from mfgui.ui.application import Application, make_application, run_window
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.dialogs.locate import LocateDialog
from mfgui.ui.theme import Themes
from tests.files.sessions_made import with_manifest
from tests.ui.hands import WAIT_MS, click

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Person:
    """Works in one window."""

    def __init__(self, application: Application, qtbot: Any) -> None:
        self.application = application
        self.window = application.window
        self.controller = application.controller
        self._qtbot = qtbot

    def wait(self, until: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(until()), timeout=WAIT_MS)

    def open(self, paths: tuple[Path, ...]) -> None:
        before = self.controller.session.stack
        self.window.commands.open_paths(list(paths))
        self.wait_for_set(before)

    def wait_for_set(self, before: object = None) -> None:
        self.wait(lambda: self.controller.session.stack not in (None, before))
        self.wait(lambda: self.window.parts.canvas.isVisible())

    def paint(self, *, at: int = 5, label: int = 2) -> None:
        edit = Edit(Rect(at, 4, 7, 6), np.ones((6, 7), np.bool_), label)
        assert self.controller.edit.apply("Brush", [edit])

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = CTRL) -> None:
        self.window.activateWindow()
        self.wait(self.window.isActiveWindow)
        QTest.keyClick(self.window, key, keys)

    def saved(self) -> None:
        self.wait(lambda: not self.controller.sessions.saving)

    @property
    def marked(self) -> bool:
        return self.window.isWindowModified()

    @property
    def notices(self) -> list[str]:
        return [notice.what for notice in self.window.parts.banners.notices]


@pytest.fixture
def person(application: Application, qtbot: Any, tiny_pair_files: tuple[Path, Path]) -> Person:
    person = Person(application, qtbot)
    person.open(tiny_pair_files)
    return person


@pytest.fixture
def others(qapp: Any, qtbot: Any, themes: Themes) -> Iterator[Callable[[], Person]]:
    """Makes further windows, as of programs started later."""
    made: list[Application] = []

    def make() -> Person:
        application = make_application(qapp, themes=themes)
        application.window.sessions.asker = lambda _name, answer: answer("discard")
        made.append(application)
        application.window.resize(1280, 720)
        application.window.show()
        qtbot.waitExposed(application.window)
        return Person(application, qtbot)

    yield make
    for application in made:
        application.close()
        application.window.deleteLater()
        application.bridge.deleteLater()


def answering(monkeypatch: pytest.MonkeyPatch, name: str, path: Path | str) -> list[str]:
    """Let the system's file dialog answer `path`; returns the suggestions it was given."""
    suggested: list[str] = []

    def answer(_parent: object, _title: str, start: str = "", *_more: object) -> tuple[str, str]:
        suggested.append(start)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, name, answer)
    return suggested


def question() -> QMessageBox:
    boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]
    return next(box for box in boxes if box.isVisible())


def choose(words: str) -> None:
    """Click a button of the question."""
    box = question()
    click(next(button for button in box.buttons() if button.text() == words))


# Save


def test_that_ctrl_s_asks_for_a_name_once(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested = answering(monkeypatch, "getSaveFileName", tmp_path / "work")
    person.paint()
    assert person.marked
    assert person.window.windowTitle() == "left.png, right.png[*] – mfgui"
    person.press(Qt.Key.Key_S)
    person.saved()
    person.wait(lambda: not person.marked)
    assert suggested == [str(tmp_path / "left.mfgui")]
    assert person.window.windowTitle() == "work – mfgui"
    person.paint(at=20)
    assert person.window.windowTitle() == "work[*] – mfgui"
    person.press(Qt.Key.Key_S)
    person.saved()
    person.wait(lambda: not person.marked)
    assert len(suggested) == 1
    labels = read_session(tmp_path / "work.mfgui").labels
    assert np.array_equal(labels, person.controller.session.focus_map.labels)


def test_that_ctrl_shift_s_saves_under_another_name(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.controller.sessions.save_as(tmp_path / "one.mfgui")
    person.saved()
    suggested = answering(monkeypatch, "getSaveFileName", tmp_path / "two.mfgui")
    person.press(Qt.Key.Key_S, CTRL | SHIFT)
    person.wait(lambda: (tmp_path / "two.mfgui").exists())
    person.saved()
    assert suggested == [str(tmp_path / "one.mfgui")]
    assert person.controller.sessions.path == tmp_path / "two.mfgui"


def test_that_undo_to_the_saved_step_takes_the_mark_away(person: Person, tmp_path: Path) -> None:
    person.paint()
    person.controller.sessions.save_as(tmp_path / "work.mfgui")
    person.saved()
    person.wait(lambda: not person.marked)
    person.paint(at=20)
    assert person.marked
    person.press(Qt.Key.Key_Z)
    assert not person.marked
    person.press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert person.marked


def test_that_collect_files_suggests_another_name(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested = answering(monkeypatch, "getSaveFileName", tmp_path / "all.mfgui")
    person.window.parts.actions["collect-files"].trigger()
    person.wait(lambda: (tmp_path / "all.mfgui").exists())
    person.saved()
    assert suggested == [str(tmp_path / "left_collected.mfgui")]
    assert all(source.member for source in read_session(tmp_path / "all.mfgui").sources)


# Open


@pytest.fixture
def session_file(person: Person, tmp_path: Path) -> Path:
    """A saved session, and the window closed over another one."""
    person.paint()
    window = person.window
    window.parts.canvas.zoom_to(2.0)
    window.parts.overlay.set_mode(OverlayMode.TINT)
    window.parts.overlay.slider.setValue(70)
    window.bench.change(size=99)
    person.controller.sessions.save_as(tmp_path / "work.mfgui")
    person.saved()
    window.parts.actions["close-set"].trigger()
    person.wait(lambda: window.parts.start.isVisible())
    window.parts.overlay.set_mode(OverlayMode.CONTOUR)
    window.parts.overlay.slider.setValue(20)
    window.bench.change(size=10)
    return tmp_path / "work.mfgui"


def test_that_open_session_brings_the_window_back(
    person: Person, session_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "getOpenFileName", session_file)
    click(person.window.parts.start.drop_area.session_button)
    person.wait_for_set()
    parts = person.window.parts
    assert parts.canvas.zoom == 2.0
    assert (parts.overlay.overlay.mode, parts.overlay.overlay.strength) == (OverlayMode.TINT, 70)
    assert person.window.bench.options.size == 99
    assert person.window.windowTitle() == "work – mfgui"
    assert person.controller.session.focus_map.labels[5, 6] == 2


def test_that_a_recent_session_opens_from_its_tile(person: Person, session_file: Path) -> None:
    tile = person.window.parts.start.recent.tiles[0]
    assert tile.text() == "work"
    assert "Session" in tile.accessibleName()
    assert tile.entry.picture is not None
    click(tile)
    person.wait_for_set()
    assert person.controller.sessions.path == session_file


def test_that_open_recent_lists_sessions_and_greys_out_missing_ones(
    person: Person, session_file: Path
) -> None:
    gone = str(session_file.with_name("gone.mfgui"))
    person.controller.settings.add_recent((gone,))
    file_menu = person.window.menuBar().actions()[0].menu()
    menu = next(a.menu() for a in file_menu.actions() if a.text() == "Open recent")
    menu.aboutToShow.emit()
    person.wait(lambda: not menu.actions()[0].isEnabled())
    assert menu.actions()[1].text().startswith("work, Session")
    menu.actions()[1].trigger()
    person.wait_for_set()
    assert person.controller.sessions.path == session_file


def test_that_a_dropped_session_opens(person: Person, session_file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(session_file))])
    args = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(person.window, QDragEnterEvent(QPoint(50, 50), *args, plain))
    assert person.window.parts.drops.overlay.words.text() == "Open the session work"
    QApplication.sendEvent(person.window, QDropEvent(QPointF(50, 50), *args, plain))
    person.wait_for_set()
    assert person.controller.sessions.path == session_file


def test_that_a_session_opens_from_the_command_line(
    person: Person, session_file: Path, qapp: Any
) -> None:
    from PySide6.QtCore import QTimer

    titles: list[str] = []

    def look() -> None:
        for widget in QApplication.topLevelWidgets():
            if widget is not person.window and widget.windowTitle() == "work – mfgui":
                titles.append(widget.windowTitle())
                widget.close()
                qapp.exit(0)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    run_window([session_file])
    timer.stop()
    assert titles == ["work – mfgui"]


def test_that_a_damaged_session_is_one_banner(person: Person, tmp_path: Path) -> None:
    stack = person.controller.session.stack
    broken = tmp_path / "broken.mfgui"
    broken.write_bytes(b"PK\3\4" + b"no zip" * 50)
    person.window.commands.open_paths([broken])
    person.wait(lambda: person.notices)
    assert "broken.mfgui" in person.notices[0]
    assert person.controller.session.stack is stack
    assert person.window.parts.canvas.isVisible()


def test_that_a_newer_session_is_saved_under_another_name(
    person: Person, session_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = read_session(session_file)
    newer = with_manifest(lambda content: content.update(schema=SCHEMA + 1))(tmp_path)
    made = read_session(newer)
    assert made.schema == SCHEMA + 1
    from tests.files.sessions_made import members_of, packed

    members = members_of(session_file)
    members["manifest.json"] = members["manifest.json"].replace(
        f'"schema": {SCHEMA}'.encode(), f'"schema": {SCHEMA + 1}'.encode(), 1
    )
    packed(newer, members)
    before = newer.read_bytes()
    person.window.commands.open_paths([newer])
    person.wait_for_set()
    assert any("newer mfgui" in what for what in person.notices)
    suggested = answering(monkeypatch, "getSaveFileName", tmp_path / "mine.mfgui")
    person.press(Qt.Key.Key_S)
    person.wait(lambda: (tmp_path / "mine.mfgui").exists())
    person.saved()
    assert suggested
    assert newer.read_bytes() == before
    assert np.array_equal(read_session(tmp_path / "mine.mfgui").labels, stored.labels)


def test_that_an_older_session_is_migrated_and_kept(
    person: Person, tmp_path: Path, tiny_pair_files: tuple[Path, Path]
) -> None:
    import hashlib
    import json

    from tests.files.sessions_made import packed, png

    labels = np.ones((48, 64), np.uint8)
    images = [
        {"file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in tiny_pair_files
    ]
    content = {
        "format": "mfgui session",
        "schema": 0,
        "size": [64, 48],
        "channels": 3,
        "depth": "uint8",
        "images": images,
        "labels": "labels.png",
        "detector": "",
        "active": 2,
        "view": {"scale": 3.0, "x": 30.0, "y": 20.0, "fitted": False},
    }
    members = {"manifest.json": json.dumps(content).encode(), "labels.png": png(labels)}
    path = packed(tmp_path / "old.mfgui", members)
    before = path.read_bytes()
    person.open((path,))
    assert person.window.parts.canvas.zoom == 3.0
    assert person.controller.session.shown == "source:2"
    person.paint()
    person.press(Qt.Key.Key_S)
    person.saved()
    person.wait(lambda: not person.marked)
    assert (tmp_path / "old.mfgui.v0").read_bytes() == before
    assert read_session(path).schema == SCHEMA


# Leaving


def test_that_closing_asks_with_verbs_and_cancel_stays(person: Person) -> None:
    person.window.sessions.asker = person.window.sessions._ask
    person.paint()
    person.window.close()
    assert {button.text() for button in question().buttons()} == {"Save", "Discard", "Cancel"}
    assert "left.png" in question().text()
    choose("Cancel")
    assert person.window.isVisible()
    assert person.controller.session.stack is not None
    person.press(Qt.Key.Key_W)
    QTest.keyClick(question(), Qt.Key.Key_Escape)
    assert person.controller.session.stack is not None


def test_that_discard_closes_the_window(person: Person) -> None:
    person.window.sessions.asker = person.window.sessions._ask
    person.paint()
    person.window.close()
    choose("Discard")
    assert not person.window.isVisible()


def test_that_save_closes_once_the_file_is_written(person: Person, tmp_path: Path) -> None:
    person.window.sessions.asker = person.window.sessions._ask
    person.controller.sessions.save_as(tmp_path / "work.mfgui")
    person.saved()
    person.paint()
    person.window.close()
    choose("Save")
    assert person.window.isVisible()
    person.wait(lambda: not person.window.isVisible())
    assert read_session(tmp_path / "work.mfgui").labels[5, 6] == 2


def test_that_a_save_that_fails_keeps_the_window(person: Person, tmp_path: Path) -> None:
    person.window.sessions.asker = person.window.sessions._ask
    folder = tmp_path / "gone"
    folder.mkdir()
    person.controller.sessions.save_as(folder / "work.mfgui")
    person.saved()
    (folder / "work.mfgui").unlink()
    folder.rmdir()
    person.paint()
    person.window.close()
    choose("Save")
    person.saved()
    person.wait(lambda: any("folder does not exist" in what for what in person.notices))
    assert person.window.isVisible()
    assert person.marked


def test_that_a_set_without_work_is_left_without_a_question(
    person: Person, tiny_pair_files: tuple[Path, Path]
) -> None:
    person.window.sessions.asker = person.window.sessions._ask
    person.open(tiny_pair_files)
    person.window.close()
    assert not person.window.isVisible()


# Locate


@pytest.fixture
def moved(session_file: Path, tmp_path: Path) -> Path:
    """The folder that the sources of the session have gone to."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("left.png", "right.png"):
        (tmp_path / name).rename(folder / name)
    return folder


def dialog() -> LocateDialog:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, LocateDialog)]
    return next(widget for widget in found if widget.isVisible())


def is_open() -> bool:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, LocateDialog)]
    return any(widget.isVisible() for widget in found)


def test_that_missing_sources_are_located(
    person: Person, session_file: Path, moved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.window.commands.open_paths([session_file])
    person.wait(is_open)
    locate = dialog()
    assert [locate.table.item(row, 1).text() for row in (0, 1)] == ["missing", "missing"]
    assert not locate.open_button.isEnabled()
    answering(monkeypatch, "getOpenFileName", moved / "left.png")
    click(locate.locate_button)
    person.wait(locate.open_button.isEnabled)
    assert [locate.table.item(row, 1).text() for row in (0, 1)] == ["found", "found"]
    click(locate.open_button)
    person.wait_for_set()
    assert person.controller.session.stack.sources[1].path == moved / "right.png"


def test_that_cancel_leaves_the_present_state(
    person: Person, session_file: Path, moved: Path
) -> None:
    person.window.commands.open_paths([session_file])
    person.wait(is_open)
    click(dialog().cancel_button)
    assert person.controller.session.stack is None
    assert person.controller.sessions.missing is None
    assert person.window.parts.start.isVisible()


def test_that_a_changed_source_can_be_used_anyway(
    person: Person, session_file: Path, tmp_path: Path
) -> None:
    import imagecodecs

    pixels = np.full((48, 64, 3), 80, np.uint8)
    (tmp_path / "left.png").write_bytes(imagecodecs.png_encode(pixels))
    person.window.commands.open_paths([session_file])
    person.wait(is_open)
    locate = dialog()
    assert locate.table.item(0, 1).text() == "changed"
    assert "old content" in locate.note.text()
    click(locate.anyway_button)
    assert locate.open_button.isEnabled()
    click(locate.open_button)
    person.wait_for_set()
    assert any("changed since" in what for what in person.notices)
    assert person.marked


# After a crash


def crash(person: Person) -> None:
    """The process ends: the system lets go of its lock, and nothing is tidied up."""
    slot = person.controller.sessions.autosave.slot
    slot._lock.close()
    slot._folder = slot._lock = None


@pytest.fixture
def crashed(person: Person) -> np.ndarray:
    """Work was kept, then the window was gone; its labels."""
    person.paint()
    person.window.sessions._timer.timeout.emit()
    autosave = person.controller.sessions.autosave
    person.wait(lambda: autosave.slot.folder is not None and not autosave.busy)
    crash(person)
    return person.controller.session.focus_map.snapshot()


def test_that_work_is_kept_a_minute_after_a_change(person: Person) -> None:
    timer = person.window.sessions._timer
    assert not timer.isActive()
    person.paint()
    assert timer.isActive()
    assert timer.interval() == 60_000
    person.controller.edit.undo()
    assert not timer.isActive()


def test_that_the_start_page_offers_what_was_kept(
    crashed: np.ndarray, others: Callable[[], Person]
) -> None:
    other = others()
    start = other.window.parts.start
    other.wait(lambda: start.cards)
    assert "left.png" in start.cards[0].details.text()
    click(start.cards[0].restore_button)
    other.wait_for_set()
    assert np.array_equal(other.controller.session.focus_map.labels, crashed)
    assert other.marked
    assert other.window.windowTitle() == "left.png, right.png[*] – mfgui"
    third = others()
    other.wait(lambda: not third.controller.state.opening)
    assert third.window.parts.start.cards == []


def test_that_a_window_that_opens_with_files_says_what_was_kept(
    crashed: np.ndarray, others: Callable[[], Person], tiny_pair_files: tuple[Path, Path]
) -> None:
    other = others()
    other.window.commands.open_paths(list(tiny_pair_files))
    other.wait_for_set()
    other.wait(lambda: any("work on left.png was not saved" in what for what in other.notices))
    other.window.parts.actions["close-set"].trigger()
    other.wait(lambda: other.window.parts.start.isVisible())
    assert len(other.window.parts.start.cards) == 1


def test_that_what_was_kept_can_be_discarded(
    crashed: np.ndarray, others: Callable[[], Person], own_folders: Path
) -> None:
    other = others()
    start = other.window.parts.start
    other.wait(lambda: start.cards)
    click(start.cards[0].discard_button)
    other.wait(lambda: not start.cards)
    assert list((own_folders / "recovery").iterdir()) == []


def test_that_a_clean_exit_leaves_nothing_to_restore(
    person: Person, own_folders: Path, others: Callable[[], Person]
) -> None:
    other = others()
    other.open((Path(person.controller.session.stack.sources[0].path),) * 2)
    other.paint()
    other.controller.sessions.autosave.write()
    other.wait(lambda: not other.controller.sessions.autosave.busy)
    assert list((own_folders / "recovery").iterdir())
    other.application.close()
    assert list((own_folders / "recovery").iterdir()) == []


def test_that_a_result_of_a_session_is_listed_with_its_curve(
    person: Person, tmp_path: Path
) -> None:
    person.controller.runs.run("ms-lap", {"iterations": 3, "tolerance": 0})
    person.wait(lambda: person.controller.session.results and not person.controller.state.running)
    person.controller.view.show("source:2")
    person.controller.sessions.save_as(tmp_path / "run.mfgui")
    person.saved()
    person.window.parts.actions["close-set"].trigger()
    person.window.commands.open_paths([tmp_path / "run.mfgui"])
    person.wait_for_set()
    assert person.controller.session.shown == "source:2"
    number = next(iter(person.controller.session.results))
    assert len(person.controller.runs.curve(number).q) == 4
    assert len(person.window.parts.results.view.rows.rows) == 1
    assert "result:1" in person.window.parts.results._pictures
    assert not [n for n in person.window.parts.banners.notices if n.severity is Severity.ERROR]


def test_that_a_session_without_a_map_opens(person: Person, tmp_path: Path) -> None:
    from dataclasses import replace

    person.controller.sessions.save_as(tmp_path / "bare.mfgui")
    person.saved()
    stored = read_session(tmp_path / "bare.mfgui")
    assert stored.labels is None
    odd = replace(stored, shown="live", reference="result:9", parts={"view": 3, "overlay": {}})
    write_session(tmp_path / "bare.mfgui", odd)
    person.open((tmp_path / "bare.mfgui",))
    assert person.controller.session.shown == "source:1"
    assert any("overlay, view" in what or "view, overlay" in what for what in person.notices)
