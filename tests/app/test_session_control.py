"""Saving, opening, locating and recovering sessions, through the controller."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app.recovery import offers
from mfgui.app.session_tasks import Finding
from mfgui.app.settings import home
from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.bands import Spot, SpotKind
from mfgui.core.edits import Edit
from mfgui.core.events import Severity
from mfgui.core.seams import Seam
from mfgui.files.sessions import read_session
from tests.app.conftest import Desk


def paint(desk: Desk, label: int = 2, *, at: int = 5) -> None:
    mask = np.ones((6, 7), np.bool_)
    edit = Edit(Rect(at, 4, 7, 6), mask, label)
    assert desk.controller.edit.apply("Brush", [edit])


def save(desk: Desk, path: Path) -> Path:
    desk.controller.sessions.save_as(path)
    desk.settle()
    assert desk.controller.sessions.path == path
    return path


def errors(desk: Desk) -> list[str]:
    return [n.what for n in desk.seen(changes.Notice) if n.severity is Severity.ERROR]


@pytest.fixture
def opened(desk: Desk, tiny_pair_files: tuple[Path, Path]) -> Desk:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    return desk


@pytest.fixture
def worked(opened: Desk) -> Desk:
    """A set with a detected and painted map, and one result."""
    opened.controller.runs.run("ms-lap", {"iterations": 3, "tolerance": 0})
    opened.settle()
    paint(opened)
    opened.settle()
    return opened


def reopened(path: Path) -> Desk:
    other = Desk()
    other.controller.sessions.open(path)
    other.settle()
    return other


def test_that_a_session_opens_as_it_was_saved(worked: Desk, tmp_path: Path) -> None:
    controller = worked.controller
    controller.composite.set_seam(Seam("feather", 5, True))
    controller.region.set(Rect(3, 4, 20, 10))
    controller.view.set_reference()
    controller.view.choose_label(2)
    controller.view.show("source:2")
    checked = [Spot(SpotKind.SPECK, Rect(2, 3, 4, 5), 3, 4, 0.5)]
    controller.spots.restore(checked)
    save(worked, tmp_path / "work.mfgui")
    other = reopened(tmp_path / "work.mfgui").controller
    before, after = controller.session, other.session
    assert np.array_equal(after.focus_map.labels, before.focus_map.labels)
    assert after.focus_map.revision == before.focus_map.revision
    assert after.map_origin == before.map_origin
    assert (after.seam, after.region) == (before.seam, before.region)
    assert (after.shown, after.active_source, after.active_label) == ("source:2", 2, 2)
    assert after.reference == before.reference != ""
    assert list(after.results) == list(before.results)
    for number, result in after.results.items():
        old = before.results[number]
        assert np.array_equal(result.image, old.image)
        assert np.array_equal(result.start, old.start)
        assert np.array_equal(result.labels, old.labels)
        assert result.curve == old.curve
        assert result.provenance == old.provenance
    assert list(other.spots.checked) == checked
    assert not other.sessions.modified
    assert not other.edit.history.names


def test_that_runs_after_opening_have_new_numbers(worked: Desk, tmp_path: Path) -> None:
    save(worked, tmp_path / "work.mfgui")
    other = reopened(tmp_path / "work.mfgui")
    before = set(other.controller.session.results)
    other.controller.runs.run("ms-lap", {"iterations": 2, "tolerance": 0})
    other.settle()
    assert before < set(other.controller.session.results)


def test_that_undo_to_the_saved_step_clears_the_mark(opened: Desk, tmp_path: Path) -> None:
    sessions = opened.controller.sessions
    assert not sessions.modified
    paint(opened)
    assert sessions.modified
    assert sessions.unsaved_work
    save(opened, tmp_path / "work.mfgui")
    assert not sessions.modified
    paint(opened, at=20)
    assert sessions.modified
    opened.controller.edit.undo()
    assert not sessions.modified
    opened.controller.edit.undo()
    assert sessions.modified
    opened.controller.edit.redo()
    assert not sessions.modified


def test_that_edits_made_while_a_file_is_written_are_not_in_it(
    opened: Desk, tmp_path: Path
) -> None:
    paint(opened)
    saved = opened.controller.session.focus_map.snapshot()
    opened.controller.sessions.save_as(tmp_path / "work.mfgui")
    assert opened.controller.sessions.unsaved_work
    paint(opened, at=20)
    opened.settle()
    assert opened.controller.sessions.modified
    assert np.array_equal(read_session(tmp_path / "work.mfgui").labels, saved)


def test_that_only_work_is_asked_about(opened: Desk, tmp_path: Path) -> None:
    sessions = opened.controller.sessions
    opened.controller.runs.detect("laplacian", {})
    opened.settle()
    assert sessions.modified
    assert not sessions.unsaved_work
    opened.controller.runs.run("ms-lap", {"iterations": 2, "tolerance": 0})
    opened.settle()
    assert sessions.unsaved_work
    run_id = max(opened.controller.session.results)
    opened.controller.sets.export(run_id, tmp_path / "fused.png", depth="uint8")
    opened.settle()
    assert not sessions.unsaved_work
    paint(opened)
    assert sessions.unsaved_work


def test_that_a_failed_save_leaves_the_old_file_and_the_mark(
    worked: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(worked, tmp_path / "work.mfgui")
    before = path.read_bytes()
    paint(worked, at=20)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert worked.controller.sessions.save()
        worked.settle()
    assert path.read_bytes() == before
    assert worked.controller.sessions.modified
    assert len(errors(worked)) == 1
    assert "the disk is full" in errors(worked)[0]
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []


def test_that_a_damaged_session_leaves_the_present_set(worked: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mfgui"
    broken.write_bytes(b"PK\3\4 this is no zip")
    stack, focus_map = worked.controller.session.stack, worked.controller.session.focus_map
    worked.controller.sessions.open(broken)
    worked.settle()
    assert worked.controller.session.stack is stack
    assert worked.controller.session.focus_map is focus_map
    assert len(errors(worked)) == 1
    assert "broken.mfgui" in errors(worked)[0]
    assert worked.seen(changes.OpeningFailed)


def test_that_sources_that_moved_with_the_session_are_found(worked: Desk, tmp_path: Path) -> None:
    save(worked, tmp_path / "work.mfgui")
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("left.png", "right.png", "work.mfgui"):
        (tmp_path / name).rename(moved / name)
    other = reopened(moved / "work.mfgui")
    assert other.controller.session.stack.sources[0].path == moved / "left.png"


def test_that_a_located_source_brings_its_siblings(worked: Desk, tmp_path: Path) -> None:
    save(worked, tmp_path / "work.mfgui")
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "left.png").rename(moved / "renamed.png")
    (tmp_path / "right.png").rename(moved / "right.png")
    other = reopened(tmp_path / "work.mfgui")
    sessions = other.controller.sessions
    assert other.seen(changes.SourcesMissing)
    assert other.controller.session.stack is None
    assert [p.finding for p in sessions.missing.places] == [Finding.MISSING] * 2
    told: list[bool] = []
    sessions.locate(0, moved / "renamed.png", lambda: told.append(True))
    other.settle()
    assert told
    assert sessions.missing.complete
    sessions.go_on()
    other.settle()
    paths = [source.path.name for source in other.controller.session.stack.sources]
    assert paths == ["renamed.png", "right.png"]
    assert other.controller.session.focus_map is not None


def test_that_a_changed_source_is_used_only_when_that_is_wanted(
    worked: Desk, tmp_path: Path
) -> None:
    save(worked, tmp_path / "work.mfgui")
    pixels = np.full((48, 64, 3), 90, np.uint8)
    (tmp_path / "right.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    other = reopened(tmp_path / "work.mfgui")
    sessions = other.controller.sessions
    place = sessions.missing.places[1]
    assert (place.finding, place.fits) == (Finding.CHANGED, True)
    assert sessions.missing.places[0].finding is Finding.FOUND
    sessions.accept_changed(1)
    sessions.go_on()
    other.settle()
    assert other.controller.session.stack is not None
    assert sessions.modified
    assert "right.png" in other.seen(changes.Notice)[-1].what


def test_that_a_changed_source_of_another_size_cannot_be_used(worked: Desk, tmp_path: Path) -> None:
    save(worked, tmp_path / "work.mfgui")
    small = cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()
    (tmp_path / "right.png").unlink()
    (tmp_path / "other.png").write_bytes(small)
    other = reopened(tmp_path / "work.mfgui")
    sessions = other.controller.sessions
    sessions.locate(1, tmp_path / "other.png", lambda: None)
    other.settle()
    place = sessions.missing.places[1]
    assert (place.finding, place.fits) == (Finding.CHANGED, False)


def test_that_a_collected_session_opens_without_its_sources(worked: Desk, tmp_path: Path) -> None:
    path = tmp_path / "all.mfgui"
    worked.controller.sessions.collect(path)
    worked.settle()
    pixels = worked.controller.session.stack.pixels(1)
    for name in ("left.png", "right.png"):
        (tmp_path / name).unlink()
    away = tmp_path / "away"
    away.mkdir()
    path.rename(away / "all.mfgui")
    other = reopened(away / "all.mfgui")
    assert np.array_equal(other.controller.session.stack.pixels(1), pixels)
    inside = other.controller.session.stack.sources[0].path
    assert inside.is_relative_to(home())
    assert inside.name == "left.png"
    # Saved again it still holds them, and still says where they came from.
    other.controller.sessions.save()
    other.settle()
    stored = read_session(away / "all.mfgui")
    assert all(source.member for source in stored.sources)
    assert stored.sources[0].path == str(tmp_path / "left.png")
    other.controller.abandon()
    assert not inside.exists()
    assert np.array_equal(reopened(away / "all.mfgui").controller.session.stack.pixels(1), pixels)


def test_that_a_session_of_another_frame_is_refused(worked: Desk, tmp_path: Path) -> None:
    save(worked, tmp_path / "work.mfgui")
    grey = cv2.imencode(".png", np.zeros((48, 64), np.uint8))[1].tobytes()
    for name in ("left.png", "right.png"):
        (tmp_path / name).write_bytes(grey)
    other = reopened(tmp_path / "work.mfgui")
    for index in (0, 1):
        other.controller.sessions.accept_changed(index)
    other.controller.sessions.go_on()
    other.settle()
    assert other.controller.session.stack is None
    assert "the session was made with" in errors(other)[0]


# Against a crash


def test_that_a_run_is_kept_at_once_and_offered_after_a_crash(
    worked: Desk, tiny_pair_files: tuple[Path, Path]
) -> None:
    assert offers(home() / "recovery") == []  # its window is open
    worked.controller.sessions.autosave.write()
    worked.settle()
    labels = worked.controller.session.focus_map.snapshot()
    crash(worked)
    (offer,) = offers(home() / "recovery")
    assert offer.title == "left.png"
    assert offer.thumbnail is not None
    other = Desk()
    other.controller.sessions.restore(offer)
    other.settle()
    session = other.controller.session
    assert np.array_equal(session.focus_map.labels, labels)
    assert list(session.results) == list(worked.controller.session.results)
    assert other.controller.sessions.path is None
    assert other.controller.sessions.modified
    assert other.controller.sessions.unsaved_work
    assert offers(home() / "recovery") == []  # it is this window's now
    other.controller.abandon()
    assert list((home() / "recovery").iterdir()) == []


def test_that_recovered_work_goes_back_into_its_file(worked: Desk, tmp_path: Path) -> None:
    path = save(worked, tmp_path / "work.mfgui")
    paint(worked, at=20)
    labels = worked.controller.session.focus_map.snapshot()
    worked.controller.sessions.autosave.write()
    worked.settle()
    crash(worked)
    other = Desk()
    other.controller.sessions.restore(offers(home() / "recovery")[0])
    other.settle()
    assert other.controller.sessions.path == path
    assert not np.array_equal(read_session(path).labels, labels)
    assert other.controller.sessions.save()
    other.settle()
    assert np.array_equal(read_session(path).labels, labels)


def test_that_nothing_is_kept_of_what_is_saved(worked: Desk, tmp_path: Path) -> None:
    worked.controller.sessions.autosave.write()
    worked.settle()
    save(worked, tmp_path / "work.mfgui")
    worked.controller.sessions.autosave.write()
    worked.settle()
    crash(worked)
    assert offers(home() / "recovery") == []


def test_that_two_windows_do_not_restore_the_same(worked: Desk) -> None:
    worked.controller.sessions.autosave.write()
    worked.settle()
    crash(worked)
    (offer,) = offers(home() / "recovery")
    first, second = Desk(), Desk()
    for desk in (first, second):
        desk.controller.sessions.restore(offer)
        desk.settle()
    assert first.controller.session.stack is not None
    assert second.controller.session.stack is None
    assert "another window" in errors(second)[0]


def test_that_damaged_recovery_is_told_and_can_be_discarded(worked: Desk) -> None:
    worked.controller.sessions.autosave.write()
    worked.settle()
    crash(worked)
    (offer,) = offers(home() / "recovery")
    block = next((offer.folder / "blocks").iterdir())
    block.write_bytes(block.read_bytes()[:-3])
    other = Desk()
    other.controller.sessions.restore(offer)
    other.settle()
    assert "damaged" in errors(other)[0]
    (again,) = offers(home() / "recovery")
    other.controller.sessions.autosave.discard(again, lambda: None)
    other.settle()
    assert offers(home() / "recovery") == []


def test_that_a_full_disk_is_told_once(worked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    monkeypatch.setattr(Path, "replace", full)
    for at in (15, 20):
        paint(worked, at=at)
        worked.controller.sessions.autosave.write()
        worked.settle()
    told = [n.what for n in worked.seen(changes.Notice) if "crash" in n.what]
    assert len(told) == 1
    assert "the disk is full" in told[0]


def test_that_results_are_written_once(worked: Desk) -> None:
    slot = worked.controller.sessions.autosave.slot
    worked.settle()
    blocks = {p.name: p.stat().st_mtime_ns for p in (slot.folder / "blocks").iterdir()}
    paint(worked, at=22)
    worked.settle()
    worked.controller.sessions.autosave.write()
    worked.settle()
    after = {p.name: p.stat().st_mtime_ns for p in (slot.folder / "blocks").iterdir()}
    kept = set(blocks) & set(after)
    assert kept
    assert all(blocks[name] == after[name] for name in kept)


def crash(desk: Desk) -> None:
    """The process ends: the system lets go of its lock, and nothing else happens."""
    lock = desk.controller.sessions.autosave.slot._lock
    if lock is not None:
        lock.close()
