from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.bands import Spot, SpotKind
from mfgui.core.edits import Edit
from mfgui.core.events import Notice, Severity, WorklistChanged
from mfgui.files import atomic
from mfgui.files.annotations import SetState, SpotMark, annotation_files
from mfgui.files.worklists import LIST_NAME, read_worklist
from tests.app.conftest import Desk

SIZE = (32, 40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pairs, each in a folder of its own."""
    generator = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        for source in ("far", "near"):
            path = tmp_path / "list" / name / f"{source}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = generator.integers(0, 256, (*SIZE, 3), np.uint8)
            path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return tmp_path / "list"


@pytest.fixture
def work(desk: Desk, folder: Path) -> Desk:
    """The list with its first set open."""
    desk.controller.annotation.open_list([folder])
    desk.settle()
    return desk


def paint(desk: Desk, label: int, rect: Rect = Rect(0, 0, 10, 10)) -> None:  # noqa: B008
    mask = np.ones((rect.height, rect.width), np.bool_)
    assert desk.controller.edit.apply("Brush", [Edit(rect, mask, label)])


def labels(desk: Desk) -> Any:
    focus_map = desk.controller.session.focus_map
    return None if focus_map is None else focus_map.labels.copy()


def states(desk: Desk) -> str:
    worklist = desk.controller.annotation.worklist
    assert worklist is not None
    return ", ".join(entry.state.value for entry in worklist.sets)


def errors(desk: Desk) -> list[str]:
    notices = desk.seen(Notice)
    return [n.what for n in notices if n.severity is Severity.ERROR]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_that_a_list_opens_with_its_first_set_that_is_not_done(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    assert annotation.position == 0
    assert annotation.ready
    assert not annotation.modified
    assert work.seen(WorklistChanged)
    paint(work, 1)
    annotation.set_state(SetState.DONE)
    work.settle()
    annotation.open_list([folder])
    work.settle()
    assert annotation.position == 1
    assert states(work) == "done, new, new"


def test_that_stepping_saves_what_has_changed_and_opens_the_next(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    drawn = labels(work)
    assert annotation.modified
    annotation.step(1)
    work.settle()
    assert annotation.position == 1
    assert labels(work) is None
    assert names(folder / "a") == {"far.png", "near.png", "a_map.png", "a_map.json"}
    assert states(work) == "in progress, new, new"
    annotation.step(-1)
    work.settle()
    assert annotation.position == 0
    np.testing.assert_array_equal(labels(work), drawn)
    assert not annotation.modified
    assert not work.controller.edit.history.modified


def test_that_a_set_only_looked_at_leaves_no_files(work: Desk, folder: Path) -> None:
    before = names(folder / "a")
    work.controller.annotation.step(1)
    work.settle()
    assert names(folder / "a") == before
    assert names(folder) == {"a", "b", "c"}


def test_that_the_same_state_comes_back(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    spots = (SpotMark("speck", Rect(3, 4, 5, 6)),)
    shown: list[Any] = []
    annotation.board.spots, annotation.show_spots = lambda: spots, shown.append
    work.controller.settings.change(annotator="Ada")
    annotation.clock.begin({"brush": 12.0})
    paint(work, 1)
    paint(work, 255, Rect(20, 20, 4, 4))
    drawn = labels(work)
    annotation.set_note("hair at the left")
    annotation.set_state(SetState.FLAGGED)
    work.settle()
    again = Desk()
    again.controller.annotation.show_spots = shown.append
    again.controller.annotation.open_list([folder])
    again.settle()
    entry = again.controller.annotation.entry
    assert entry is not None
    assert (entry.state, entry.note, entry.annotator) == (
        SetState.FLAGGED,
        "hair at the left",
        "Ada",
    )
    np.testing.assert_array_equal(labels(again), drawn)
    assert again.controller.annotation.clock.tools() == {"brush": 12.0}
    assert shown == [spots]
    assert not again.controller.edit.history.modified


def test_that_stepping_stops_at_both_ends_and_says_so(work: Desk) -> None:
    annotation = work.controller.annotation
    annotation.step(-1)
    work.settle()
    assert annotation.position == 0
    assert work.seen(Notice)[-1].what == "this is the first set of the list"
    annotation.step(1)
    annotation.step(1)
    annotation.step(1)
    work.settle()
    assert annotation.position == 2
    assert work.seen(Notice)[-1].what == "this is the last set of the list"


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_from: Path, _to: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "replace", refuse)


def test_that_a_failure_to_save_keeps_the_set_open_with_one_line(
    work: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    with monkeypatch.context() as patch:
        full_disk(patch)
        annotation.step(1)
        work.settle()
    assert annotation.position == 0
    assert annotation.modified
    assert len(errors(work)) == 1
    assert "the disk is full" in errors(work)[0]
    assert names(folder / "a") == {"far.png", "near.png"}
    annotation.step(1)
    work.settle()
    assert annotation.position == 1
    assert "a_map.png" in names(folder / "a")


def test_that_autosave_writes_only_what_has_changed(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    annotation.autosave()
    work.settle()
    assert "a_map.png" not in names(folder / "a")
    paint(work, 2)
    annotation.autosave()
    work.settle()
    description = annotation_files(folder / "a" / "a")[1]
    first = description.stat().st_mtime_ns
    annotation.autosave()
    work.settle()
    assert description.stat().st_mtime_ns == first
    assert not [n for n in work.seen(Notice) if n.what.startswith("saved")]


def test_that_saving_says_so_and_without_a_map_what_to_do(work: Desk) -> None:
    work.controller.annotation.save()
    assert work.seen(Notice)[-1].what == "there is no map to save yet"
    paint(work, 1)
    work.controller.annotation.save()
    work.settle()
    assert work.seen(Notice)[-1].what == "saved a_map.png"


def test_that_a_flag_needs_no_map(work: Desk, folder: Path) -> None:
    work.controller.annotation.set_state(SetState.FLAGGED)
    work.settle()
    assert names(folder) == {"a", "b", "c", LIST_NAME}
    assert read_worklist([folder]).sets[0].state is SetState.FLAGGED


def test_that_changes_during_a_save_are_saved_after_it(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    annotation.autosave()
    assert annotation.saving
    paint(work, 1, Rect(12, 12, 6, 6))
    drawn = labels(work)
    annotation.set_note("two strokes")
    annotation.step(1)
    work.settle()
    assert annotation.position == 1
    annotation.step(-1)
    work.settle()
    np.testing.assert_array_equal(labels(work), drawn)
    assert annotation.entry is not None
    assert annotation.entry.note == "two strokes"


def test_that_a_set_left_for_another_one_is_saved(work: Desk, folder: Path) -> None:
    paint(work, 2)
    work.controller.sets.open([folder / "c" / "near.png", folder / "b" / "far.png"])
    work.settle()
    annotation = work.controller.annotation
    assert not annotation.active
    assert "a_map.png" in names(folder / "a")
    assert states(work) == "in progress, new, new"
    annotation.step(1)
    work.settle()
    assert annotation.position == 0


def test_that_a_map_that_could_not_be_saved_on_leaving_is_written_later(
    work: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(work, 2)
    with monkeypatch.context() as patch:
        full_disk(patch)
        work.controller.sets.close()
        work.settle()
    assert "a_map.png" not in names(folder / "a")
    work.controller.annotation.autosave()
    work.settle()
    assert "a_map.png" in names(folder / "a")


def test_that_closing_the_window_saves_or_says_why_not(
    work: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotation = work.controller.annotation
    assert annotation.finish() == ""
    paint(work, 2)
    with monkeypatch.context() as patch:
        full_disk(patch)
        assert "the disk is full" in annotation.finish()
    assert annotation.finish() == ""
    assert "a_map.png" in names(folder / "a")
    assert not annotation.modified


@pytest.mark.parametrize("data", [b"", b"{", b'{"schema": 9}', b"[]"])
def test_that_an_unreadable_description_is_kept_when_a_new_map_is_saved(
    work: Desk, folder: Path, data: bytes
) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    annotation.step(1)
    work.settle()
    path, description = annotation_files(folder / "a" / "a")
    drawn = path.read_bytes()
    description.write_bytes(data)
    annotation.step(-1)
    work.settle()
    assert annotation.position == 0
    assert labels(work) is None
    assert len(errors(work)) == 1
    paint(work, 1)
    annotation.save()
    work.settle()
    assert (folder / "a" / "a_map.json.kept1").read_bytes() == data
    assert (folder / "a" / "a_map.png.kept1").read_bytes() == drawn
    assert path.read_bytes() != drawn
    paint(work, 2)
    annotation.save()
    work.settle()
    assert not (folder / "a" / "a_map.png.kept2").exists()


def test_that_a_changed_source_is_said_and_its_map_can_be_loaded(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    drawn = labels(work)
    annotation.step(1)
    work.settle()
    shutil.copy(folder / "c" / "far.png", folder / "a" / "far.png")
    annotation.step(-1)
    work.settle()
    assert labels(work) is None
    assert annotation.changed_sources is not None
    assert "far.png has changed" in errors(work)[0]
    annotation.load_anyway()
    work.settle()
    assert annotation.changed_sources is None
    np.testing.assert_array_equal(labels(work), drawn)


def test_that_a_newer_list_is_read_but_never_written(work: Desk, folder: Path) -> None:
    text = json.dumps({"schema": 7, "sets": {}})
    (folder / LIST_NAME).write_text(text, "utf-8")
    paint(work, 2)
    work.controller.annotation.save()
    work.settle()
    assert (folder / LIST_NAME).read_text("utf-8") == text
    assert "a_map.png" in names(folder / "a")
    warnings = [n.what for n in work.seen(Notice) if n.severity is Severity.WARNING]
    assert len(warnings) == 1
    assert "newer mfgui" in warnings[0]


def test_that_a_folder_without_sets_leaves_the_list_as_it_is(work: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    work.controller.annotation.open_list([tmp_path / "empty"])
    work.settle()
    assert "no sets in this folder" in errors(work)[0]
    assert states(work) == "new, new, new"


def test_that_the_active_label_stays_with_the_person(work: Desk) -> None:
    work.controller.view.choose_label(2)
    work.controller.annotation.step(1)
    work.settle()
    assert work.controller.session.active_label == 2


def test_that_a_closed_list_is_forgotten_and_the_set_stays(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    annotation.close_list()
    work.settle()
    assert annotation.worklist is None
    assert work.controller.session.stack is not None
    assert "a_map.png" in names(folder / "a")


def test_that_spots_that_were_checked_are_checked_again(work: Desk, folder: Path) -> None:
    spot = Spot(SpotKind.SPECK, Rect(3, 4, 6, 8), 6, 8, 0.5)
    paint(work, 1)
    work.controller.spots.restore([spot])
    work.controller.annotation.step(1)
    work.settle()
    assert work.controller.spots.checked == ()
    work.controller.annotation.step(-1)
    work.settle()
    (found,) = work.controller.spots.checked
    assert found.same_place(spot)
    assert (found.rect, found.x, found.y) == (spot.rect, 6, 8)
    assert not work.controller.annotation.modified


def test_that_leaving_waits_for_the_save(work: Desk, folder: Path) -> None:
    gone: list[bool] = []

    def go() -> None:
        gone.append((folder / "a" / "a_map.png").exists())

    paint(work, 1)
    work.controller.annotation.leave(go)
    assert gone == []
    work.settle()
    work.controller.annotation.leave(go)
    assert gone == [True, True]


def test_that_a_set_of_the_list_that_is_opened_by_itself_is_not_the_lists(
    work: Desk, folder: Path
) -> None:
    annotation = work.controller.annotation
    paint(work, 2)
    annotation.step(1)
    work.settle()
    work.controller.sets.open([folder / "a"])
    work.settle()
    assert not annotation.active
    assert labels(work) is None


def test_that_files_opened_while_the_next_set_is_read_win(work: Desk, folder: Path) -> None:
    annotation = work.controller.annotation
    annotation._ahead = None
    annotation.step(1)
    work.controller.sets.open([folder / "c"])
    work.settle()
    stack = work.controller.session.stack
    assert stack is not None
    assert stack.sources[0].path == folder / "c" / "far.png"
    assert not annotation.active
    annotation.step(1)
    work.settle()
    assert annotation.position == 0


def test_that_a_session_file_of_a_set_of_a_list_is_a_copy(work: Desk, tmp_path: Path) -> None:
    sessions = work.controller.sessions
    paint(work, 2)
    sessions.save_as(tmp_path / "copy.mfgui")
    work.settle()
    assert (tmp_path / "copy.mfgui").exists()
    assert sessions.path is None
    assert not sessions.unsaved_work
    paint(work, 2, Rect(10, 10, 5, 5))
    assert sessions.unsaved_work
    work.controller.edit.undo()
    assert sessions.modified  # its map is not among the files of the list yet
    work.controller.annotation.save()
    work.settle()
    assert not sessions.modified
    paint(work, 1)
    assert sessions.modified
    work.controller.annotation.save()
    work.settle()
    assert not sessions.modified  # there is no file of it that is older


def test_that_a_failed_copy_leaves_the_mark_of_the_map(work: Desk, tmp_path: Path) -> None:
    paint(work, 2)
    work.controller.annotation.save()
    work.settle()
    work.controller.sessions.save_as(tmp_path / "none" / "copy.mfgui" / "x.mfgui")
    (tmp_path / "none").write_bytes(b"")
    work.settle()
    assert errors(work)
    assert not work.controller.sessions.modified


def test_that_a_session_opened_as_a_file_is_not_in_the_list(work: Desk, tmp_path: Path) -> None:
    annotation, sessions = work.controller.annotation, work.controller.sessions
    paint(work, 2)
    sessions.save_as(tmp_path / "work.mfgui")
    work.settle()
    sessions.open(tmp_path / "work.mfgui")
    work.settle()
    assert not annotation.active
    assert sessions.path == tmp_path / "work.mfgui"
    paint(work, 1)
    annotation.autosave()
    work.settle()
    assert sessions.modified
