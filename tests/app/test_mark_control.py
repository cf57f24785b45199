from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mfgui.app.mark_control import LONGEST_NAME
from mfgui.app.naming import title_of
from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import MarkChanged
from mfgui.core.session import Mark
from tests.app.conftest import Desk


@pytest.fixture
def opened(desk: Desk, tiny_pair_files: tuple[Path, Path]) -> Desk:
    """The tiny pair with two results."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    for method in ("average", "gff"):
        desk.controller.runs.run(method, {})
        desk.settle()
    return desk


def test_that_each_change_of_a_mark_is_a_step(opened: Desk) -> None:
    controller = opened.controller
    marks, edit = controller.marks, controller.edit
    marks.rename(2, "Best so far")
    marks.toggle_star(2)
    marks.write_note(2, "halo at the left edge\n")
    assert marks.mark(2) == Mark("Best so far", True, "halo at the left edge")
    assert edit.history.names[-3:] == ("Rename result 2", "Star result 2", "Note on result 2")
    assert title_of(controller.session, "result:2") == "2 · Best so far"
    for expected in (Mark("Best so far", True), Mark("Best so far"), Mark()):
        edit.undo()
        assert marks.mark(2) == expected
    assert controller.session.marks == {}
    for _ in range(3):
        edit.redo()
    assert marks.mark(2) == Mark("Best so far", True, "halo at the left edge")
    assert opened.seen(MarkChanged) == [MarkChanged(2)] * 9


def test_that_what_changes_nothing_is_no_step(opened: Desk) -> None:
    marks, before = opened.controller.marks, opened.controller.edit.history.names
    marks.rename(1, opened.controller.session.results[1].name)
    marks.rename(1, "   ")
    marks.write_note(1, " \n ")
    marks.toggle_star(99)
    assert opened.controller.edit.history.names == before
    assert opened.seen(MarkChanged) == []


def test_that_a_name_is_one_line_that_is_not_too_long(opened: Desk) -> None:
    marks = opened.controller.marks
    marks.rename(1, "  two\nlines\tand  blanks ")
    assert marks.mark(1).name == "two lines and blanks"
    marks.rename(1, "n" * 1000)
    assert len(marks.mark(1).name) == LONGEST_NAME
    marks.rename(1, opened.controller.session.results[1].name)  # its own again
    assert marks.mark(1).name == ""


def test_that_a_mark_is_there_again_when_a_deletion_is_undone(opened: Desk) -> None:
    controller = opened.controller
    controller.marks.rename(2, "Best so far")
    controller.marks.toggle_star(2)
    controller.runs.delete_result(2)
    controller.edit.undo()
    opened.settle()
    assert controller.marks.mark(2) == Mark("Best so far", True)
    assert title_of(controller.session, "result:2") == "2 · Best so far"


def test_that_marks_are_saved_with_the_session_but_not_those_of_deleted_results(
    opened: Desk, tmp_path: Path
) -> None:
    controller = opened.controller
    controller.marks.set_mark(1, Mark("Zum Löschen", True, "gone"))
    controller.marks.set_mark(2, Mark("日本 <b>", False, "two\nlines"))
    controller.runs.delete_result(1)
    assert [mark["run"] for mark in controller.sessions.parts.read()["marks"]] == [2]
    controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    other = Desk()
    other.controller.sessions.open(tmp_path / "work.mfgui")
    other.settle()
    assert other.controller.session.marks == {2: Mark("日本 <b>", False, "two\nlines")}
    assert other.seen(MarkChanged) == [MarkChanged(2)]
    assert not other.controller.sessions.modified


@pytest.mark.parametrize(
    "found",
    [
        "no list",
        [{"run": 2, "name": 3, "star": False, "note": ""}],
        [{"run": 2, "name": "n" * 121, "star": False, "note": ""}],
        [{"run": 2, "name": "", "star": 1, "note": ""}],
        [{"run": -2, "name": "", "star": True, "note": ""}],
        [{"run": 2, "star": True, "note": ""}],
    ],
)
def test_that_damaged_marks_are_left_out_as_a_whole(opened: Desk, found: object) -> None:
    opened.controller.marks.toggle_star(1)
    lost = opened.controller.sessions.parts.restore({"marks": found})
    assert lost == ["marks"]
    assert opened.controller.session.marks == {1: Mark(star=True)}


def test_that_marks_of_results_that_are_not_there_are_left_out(opened: Desk) -> None:
    found = [{"run": run, "name": "", "star": True, "note": ""} for run in (2, 7)]
    assert opened.controller.sessions.parts.restore({"marks": found}) == []
    assert opened.controller.session.marks == {2: Mark(star=True)}


def test_that_another_set_begins_without_marks(
    opened: Desk, tiny_pair_files: tuple[Path, Path]
) -> None:
    opened.controller.marks.toggle_star(1)
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert opened.controller.session.marks == {}


def test_that_a_duplicate_shares_the_arrays_and_has_its_own_number(opened: Desk) -> None:
    controller = opened.controller
    controller.marks.set_mark(1, Mark("Base", True, "plain"))
    shown = controller.session.shown
    controller.runs.duplicate(1)
    opened.settle()
    results = controller.session.results
    assert list(results) == [1, 2, 3]
    assert results[3].image is results[1].image
    assert results[3] is not results[1]
    assert results[3].provenance == results[1].provenance
    assert controller.marks.mark(3) == Mark("Base copy", False, "plain")
    assert controller.session.shown == shown
    assert controller.state.undo == "Duplicate result 1"
    controller.edit.undo()
    assert list(results) == [1, 2]
    controller.edit.redo()
    opened.settle()
    assert list(results) == [1, 2, 3]
    assert controller.marks.mark(3).name == "Base copy"


def test_that_a_duplicate_is_saved_with_the_session(opened: Desk, tmp_path: Path) -> None:
    controller = opened.controller
    controller.runs.duplicate(1)
    controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    other = Desk()
    other.controller.sessions.open(tmp_path / "work.mfgui")
    other.settle()
    results = other.controller.session.results
    assert list(results) == [1, 2, 3]
    np.testing.assert_array_equal(results[3].image, results[1].image)
    assert title_of(other.controller.session, "result:3") == "3 · Average copy"


def test_that_a_result_that_follows_the_map_is_copied_as_it_is(opened: Desk) -> None:
    controller = opened.controller
    controller.runs.run("ms-lap", {"iterations": 2, "tolerance": 0})
    opened.settle()
    square = np.ones((9, 9), np.bool_)
    controller.edit.apply("Brush", [Edit(Rect(2, 2, 9, 9), square, 2)])
    opened.settle()
    following = max(controller.session.results)
    result = controller.session.results[following]
    assert result.guard is not None
    controller.runs.duplicate(following)
    opened.settle()
    copy = controller.session.results[following + 1]
    assert copy.guard is None
    assert not np.shares_memory(copy.image, result.image)
    before = copy.image.copy()
    controller.view.show(f"result:{following}")
    opened.settle()
    controller.edit.apply("Brush", [Edit(Rect(20, 20, 9, 9), square, 2)])
    opened.settle()
    np.testing.assert_array_equal(copy.image, before)
    assert not np.array_equal(controller.session.results[following].image, before)
