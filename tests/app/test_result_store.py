"""Results beyond a budget lie in files: exact, never the shown one, and gone with the set."""

from __future__ import annotations

import gc
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mfgui.app import result_store
from mfgui.app.reading import reader_of
from mfgui.app.view_control import MOST_PICTURES
from mfgui.core import events as changes
from mfgui.core.arrays import Rect, Size, from_float
from mfgui.core.edits import Edit
from mfgui.core.errors import OutputError
from mfgui.core.events import Severity
from mfgui.core.heat import HeatKind
from mfgui.core.result import Result
from mfgui.files.scratch import is_mapped
from tests.app.conftest import Desk

IMAGE = 48 * 64 * 3 * 4  # bytes of one image of the tiny pair
WHOLE = Rect(0, 0, 64, 48)


@pytest.fixture
def opened(desk: Desk, tiny_pair_files: tuple[Path, Path]) -> Desk:
    """A set whose results may take as much memory as two images and a half."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.store.budget = 5 * IMAGE // 2
    return desk


def run(desk: Desk, method: str = "average", **explicit: object) -> int:
    desk.controller.runs.run(method, explicit)  # type: ignore[arg-type]
    desk.settle()
    return max(desk.controller.session.results)


def ascend(desk: Desk) -> int:
    """A result whose start is another image than its end."""
    return run(desk, "ms-lap", iterations=3, tolerance=0)


def paint(desk: Desk) -> None:
    edit = Edit(Rect(20, 4, 17, 12), np.ones((12, 17), np.bool_), 2)
    assert desk.controller.edit.apply("Brush", [edit])
    desk.settle()


def in_files(desk: Desk) -> list[int]:
    results = desk.controller.session.results.items()
    return [number for number, result in results if is_mapped(result.image)]


def scratch_files() -> list[str]:
    """Those that are mapped into this process."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    return [line for line in maps if "/scratch/" in line]


def test_that_the_oldest_go_first_and_stay_exact(opened: Desk) -> None:
    images = {}
    for _ in range(5):
        number = run(opened)
        images[number] = opened.controller.session.results[number].image.copy()
    assert in_files(opened) == [1, 2, 3]
    assert opened.controller.store.memory_bytes == 2 * IMAGE
    for number, image in images.items():
        read = reader_of(opened.controller.session, f"result:{number}")
        assert read is not None
        assert np.array_equal(read(WHOLE), image)
    assert {change.run_id for change in opened.seen(changes.ResultMoved)} == {1, 2, 3}


def test_that_nothing_moves_within_the_budget(opened: Desk) -> None:
    run(opened)
    run(opened)
    assert in_files(opened) == []
    assert not opened.seen(changes.ResultMoved)


def test_that_the_shown_image_stays(opened: Desk) -> None:
    first, second, third = run(opened), run(opened), run(opened)
    opened.controller.view.show(f"result:{second}")
    opened.controller.store.budget = 0
    opened.controller.view.show(f"result:{second}")
    opened.settle()
    assert in_files(opened) == [first, third]
    opened.controller.view.show("source:1")
    opened.settle()
    assert in_files(opened) == [first, second, third]


def test_that_states_of_the_shown_result_go_when_there_is_no_room(opened: Desk) -> None:
    number = ascend(opened)
    start = opened.controller.session.results[number].start.copy()
    opened.controller.store.budget = IMAGE
    opened.controller.view.show(f"result:{number}")
    opened.settle()
    result = opened.controller.session.results[number]
    assert is_mapped(result.start)
    assert not is_mapped(result.image)
    assert np.array_equal(result.start, start)
    opened.controller.view.show_state(number, "start")
    opened.settle()
    assert opened.controller.session.shown == f"result:{number}:start"


def owners(result: Result) -> list[weakref.ref[object]]:
    """Of the memory behind its image and its start."""
    images = (result.image, result.start)
    return [weakref.ref(image if image.base is None else image.base) for image in images]


@pytest.mark.parametrize("then", ["run again", "measure", "paint"])
def test_that_nobody_holds_what_was_moved(opened: Desk, then: str) -> None:
    controller = opened.controller
    controller.store.budget = 1 << 30
    number = ascend(opened)
    held = owners(controller.session.results[number])
    controller.view.set_reference_to(f"result:{number}")
    if then == "run again":
        controller.runs.run_again("ms-lap", {"iterations": 2, "tolerance": 0})
    elif then == "measure":
        controller.heat.want(HeatKind.LOCAL_Q)
    else:
        paint(opened)  # one that follows is made from it
    opened.settle()
    controller.store.budget = 0
    controller.view.show("source:1")
    opened.settle()
    opened.changes.clear()
    opened.backend.requests.clear()
    gc.collect()
    assert number in in_files(opened)
    assert all(reference() is None for reference in held)


def test_that_deleted_results_go_before_others(opened: Desk) -> None:
    opened.controller.store.budget = 1 << 30
    numbers = [run(opened) for _ in range(3)]
    opened.controller.runs.delete_result(numbers[1])
    opened.settle()
    opened.controller.store.budget = 2 * IMAGE
    opened.controller.view.show("source:1")
    opened.settle()
    assert in_files(opened) == []
    opened.controller.edit.undo()
    assert in_files(opened) == [numbers[1]]


def test_that_an_image_that_two_results_share_is_copied_once(opened: Desk) -> None:
    first = run(opened)
    opened.controller.runs.duplicate(first)
    opened.settle()
    opened.controller.store.budget = 0
    run(opened)
    results = list(opened.controller.session.results.values())
    assert is_mapped(results[0].image)
    assert np.shares_memory(results[0].image, results[1].image)
    assert results[0].start is results[0].image is results[0].best


def test_that_a_deleted_result_lies_in_a_file_and_comes_back(opened: Desk) -> None:
    controller, first = opened.controller, run(opened)
    image = controller.session.results[first].image.copy()
    run(opened)
    controller.runs.delete_result(first)
    controller.store.budget = IMAGE
    run(opened)
    assert controller.store.memory_bytes <= IMAGE
    nbytes = controller.edit.history.nbytes
    assert nbytes == 0
    controller.edit.undo()
    controller.edit.undo()
    opened.settle()
    assert is_mapped(controller.session.results[first].image)
    assert np.array_equal(controller.session.results[first].image, image)


def test_that_a_result_that_follows_the_map_stays_and_goes_on(
    tiny_pair_files: tuple[Path, Path],
) -> None:
    followed = {}
    for budget in (0, 1 << 30):
        desk = Desk()
        desk.controller.sets.open(tiny_pair_files)
        desk.settle()
        desk.controller.store.budget = budget
        number = ascend(desk)
        desk.controller.view.show("source:1")
        desk.settle()
        assert (number in in_files(desk)) == (budget == 0)
        desk.controller.view.show(f"result:{number}")
        desk.settle()
        paint(desk)
        paint_again = Edit(Rect(3, 30, 9, 9), np.ones((9, 9), np.bool_), 2)
        assert desk.controller.edit.apply("Brush", [paint_again])
        desk.settle()
        newest = desk.controller.session.results[max(desk.controller.session.results)]
        assert newest.guard is not None
        assert not is_mapped(newest.image)
        followed[budget] = newest.image.copy()
    assert np.array_equal(followed[0], followed[1 << 30])


def test_that_a_full_disk_leaves_them_in_memory(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_array: object, folder: Path) -> object:
        raise OutputError("the disk is full", path=folder)

    monkeypatch.setattr(result_store, "mapped_copy", full)
    for _ in range(5):
        run(opened)
    assert in_files(opened) == []
    warnings = [n for n in opened.seen(changes.Notice) if n.severity is Severity.WARNING]
    assert len(warnings) == 1
    assert "the disk is full" in warnings[0].what
    assert warnings[0].kept == "they stay in memory; delete results that are not needed"


def test_that_what_is_saved_or_exported_stays_so(opened: Desk, tmp_path: Path) -> None:
    controller, number = opened.controller, ascend(opened)
    controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    assert not controller.sessions.modified
    controller.store.budget = 0
    controller.view.show("source:1")
    opened.settle()
    assert in_files(opened) == [number]
    assert not controller.sessions.modified
    assert not controller.sessions.unsaved_work
    second = run(opened)
    assert controller.sessions.unsaved_work
    controller.sets.export(second, tmp_path / "out.png", depth="uint8")
    opened.settle()
    controller.view.show("source:1")
    opened.settle()
    assert in_files(opened) == [number, second]
    assert not controller.sessions.unsaved_work


def test_that_a_session_saved_from_files_is_the_same(opened: Desk, tmp_path: Path) -> None:
    number = ascend(opened)
    images = {n: getattr(opened.controller.session.results[number], n) for n in ("image", "start")}
    opened.controller.store.budget = 0
    opened.controller.view.show("source:1")
    opened.settle()
    opened.controller.sessions.save_as(tmp_path / "work.mfgui")
    opened.settle()
    other = Desk()
    other.controller.sessions.open(tmp_path / "work.mfgui")
    other.settle()
    found = other.controller.session.results[number]
    for name, image in images.items():
        assert np.array_equal(getattr(found, name), image)


def test_that_the_picture_reads_the_moved_pixels(opened: Desk) -> None:
    number = run(opened)
    picture = opened.controller.view.picture(f"result:{number}")
    assert picture is not None
    before = picture.stored(Rect(3, 4, 5, 6), frame=Size(64, 48))
    opened.controller.store.budget = 0
    opened.controller.view.show("source:1")
    opened.settle()
    result = opened.controller.session.results[number]
    assert is_mapped(result.image)
    after = picture.stored(Rect(3, 4, 5, 6), frame=Size(64, 48))
    assert np.array_equal(before, after)
    assert np.array_equal(after, from_float(result.image[4:10, 3:8], "uint8"))


def test_that_a_picture_on_its_way_is_taken_although_its_image_moved(opened: Desk) -> None:
    controller, number = opened.controller, run(opened)
    controller.view.drop(number)
    controller.store.budget = 0
    controller.view.show("source:1")  # copying begins
    controller.view.ensure(f"result:{number}")
    opened.settle()
    assert in_files(opened) == [number]
    assert controller.view.picture(f"result:{number}") is not None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_that_closing_the_set_frees_memory_and_files(opened: Desk) -> None:
    opened.controller.store.budget = 0
    numbers = [ascend(opened), run(opened), run(opened)]
    opened.controller.runs.delete_result(numbers[0])
    opened.settle()
    assert scratch_files()
    results = opened.controller.session.results.values()
    held = [weakref.ref(result) for result in results]
    held += [weakref.ref(result.image) for result in results]
    held.append(weakref.ref(opened.controller.session.stack))
    del results
    opened.controller.sets.close()
    opened.settle()
    opened.changes.clear()
    opened.backend.requests.clear()
    gc.collect()
    assert all(reference() is None for reference in held)
    assert scratch_files() == []


def test_that_a_copy_of_a_set_that_was_left_is_dropped(
    opened: Desk, tiny_pair_files: tuple[Path, Path]
) -> None:
    run(opened)
    run(opened)
    opened.controller.store.budget = 0
    opened.controller.view.show("source:1")
    opened.controller.sets.close()
    opened.settle()
    assert not opened.seen(changes.ResultMoved)
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert run(opened) in opened.controller.session.results


# Display pictures


def test_that_pictures_beyond_the_most_make_way(opened: Desk) -> None:
    controller = opened.controller
    controller.view._most = 3
    numbers = [run(opened) for _ in range(3)]
    controller.view.show(f"result:{numbers[0]}")  # looked at again
    controller.view.set_reference_to(f"result:{numbers[1]}")
    opened.changes.clear()
    numbers.append(run(opened))
    assert [change.key for change in opened.seen(changes.PictureDropped)] == ["result:3"]
    assert [change.key for change in opened.seen(changes.ThumbnailReady)][-1] == "result:3"
    controller.view.show("result:3")
    opened.settle()
    assert controller.view.picture("result:3") is not None
    assert opened.seen(changes.ShownChanged)[-1].key == "result:3"


def test_that_as_many_pictures_are_kept_as_there_may_be(opened: Desk) -> None:
    numbers = [run(opened) for _ in range(MOST_PICTURES)]
    for number in numbers:
        opened.controller.view.show(f"result:{number}")
    opened.settle()
    assert all(opened.controller.view.picture(f"result:{n}") is not None for n in numbers)
    assert not opened.seen(changes.PictureDropped)


def test_that_pictures_in_panes_stay(opened: Desk) -> None:
    controller = opened.controller
    controller.view._most = 2
    controller.view.in_panes = lambda: ("result:1", "result:2", "result:3")
    for _ in range(4):
        run(opened)
    assert all(controller.view.picture(f"result:{n}") is not None for n in range(1, 5))
    controller.view.in_panes = lambda: ()
    run(opened)
    kept = [n for n in range(1, 6) if controller.view.picture(f"result:{n}") is not None]
    assert kept == [4, 5]


def test_that_what_a_result_knows_of_each_pixel_moves_with_it(opened: Desk) -> None:
    controller, number = opened.controller, run(opened)
    results = controller.session.results
    background, radius = np.full((48, 64, 3), 0.25, np.float32), np.ones((48, 64), np.float32)
    aspects = {"background": background, "radius": radius}
    results[number] = replace(results[number], soft=radius, aspects=aspects)
    assert controller.store.memory_bytes == 2 * IMAGE + radius.nbytes
    controller.view.show(f"result:{number}:background")
    opened.settle()
    controller.store.budget = 0
    controller.view.show("source:1")
    opened.settle()
    moved = results[number]
    assert controller.store.memory_bytes == 0
    assert moved.soft is not None
    for name, before in aspects.items():
        assert is_mapped(moved.aspects[name])
        assert np.array_equal(moved.aspects[name], before)
    read = reader_of(controller.session, f"result:{number}:background")
    assert read is not None
    assert np.array_equal(read(WHOLE), background)
