"""Gestures on the session's map: one step each, none for no change."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core import events as changes
from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.history import Action, History
from mfgui.core.session import MapOrigin

ORIGIN = MapOrigin(path="map.png")
SPOT = Rect(10, 8, 12, 9)
WHOLE = Rect(0, 0, 64, 48)


@pytest.fixture
def opened(desk, tiny_pair_files):
    """A set without a map."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.changes.clear()
    return desk


@pytest.fixture
def mapped(opened, tiny_pair):
    """A set with a map that was loaded."""
    opened.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    opened.controller.edit.history.clear()
    opened.changes.clear()
    return opened


def full(rect: Rect, label: int) -> Edit:
    return Edit(rect, np.ones((rect.height, rect.width), bool), label)


def labels_of(desk) -> np.ndarray:
    return desk.controller.session.focus_map.labels.copy()


def test_that_a_gesture_is_one_step(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.begin("Brush")
    assert edit.busy
    assert edit.extend([full(SPOT, 2)]) == SPOT
    assert edit.extend([full(Rect(30, 8, 4, 4), 0), full(SPOT, 2)]) == Rect(30, 8, 4, 4)
    both = edit.extend([full(Rect(50, 30, 4, 4), 0), full(Rect(1, 2, 3, 4), 0)])
    assert both == Rect(1, 2, 53, 32)
    assert edit.commit()
    assert not edit.busy
    assert edit.history.names == ("Brush",)
    painted = labels_of(mapped)
    assert (painted[SPOT.slices] == 2).all()
    edit.undo()
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
    edit.redo()
    np.testing.assert_array_equal(labels_of(mapped), painted)


def test_that_views_are_told_where_labels_changed_and_that_the_history_did(mapped) -> None:
    edit = mapped.controller.edit
    edit.apply("Brush", [full(SPOT, 2), full(Rect(40, 1, 3, 3), 2), full(Rect(0, 0, 2, 2), 0)])
    assert [change.rect for change in mapped.seen(changes.MapPatched)] == [SPOT, Rect(0, 0, 2, 2)]
    assert len(mapped.seen(changes.HistoryChanged)) == 1
    mapped.changes.clear()
    edit.undo()
    (told,) = mapped.seen(changes.MapPatched)
    assert told.rect == Rect(0, 0, 22, 17)
    assert len(mapped.seen(changes.HistoryChanged)) == 1


def test_that_only_the_protected_label_is_painted_over(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.over = 2
    edit.apply("Brush", [full(WHOLE, 0)])
    np.testing.assert_array_equal(
        labels_of(mapped), np.where(tiny_pair.labels == 2, 0, tiny_pair.labels)
    )


def test_that_no_change_is_no_step(mapped) -> None:
    edit, revision = mapped.controller.edit, mapped.controller.session.focus_map.revision
    assert not edit.apply("Brush", [full(SPOT, 1)])
    assert not edit.apply("Brush", [])
    assert not edit.apply("Brush", [full(SPOT, 2), full(SPOT, 1)])
    assert edit.history.names == ()
    assert not edit.history.modified
    assert mapped.controller.session.focus_map.revision == revision
    assert not mapped.seen(changes.HistoryChanged)
    assert mapped.controller.session.map_origin == ORIGIN


def test_that_steps_undone_survive_a_gesture_that_changes_nothing(mapped) -> None:
    edit = mapped.controller.edit
    edit.apply("Brush", [full(SPOT, 2)])
    edit.undo()
    edit.apply("Brush", [full(SPOT, 1)])
    edit.redo()
    assert (labels_of(mapped)[SPOT.slices] == 2).all()


def test_that_a_gesture_given_up_leaves_nothing(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.begin("Brush")
    edit.extend([full(SPOT, 2), full(Rect(40, 20, 5, 5), 0)])
    mapped.changes.clear()
    edit.abort()
    assert not edit.busy
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
    (told,) = mapped.seen(changes.MapPatched)
    assert told.rect == SPOT.united(Rect(40, 20, 5, 5))
    assert edit.history.names == ()
    edit.abort()  # nothing is open: nothing happens
    assert len(mapped.seen(changes.MapPatched)) == 1


def test_that_undo_during_a_gesture_gives_it_up(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.apply("Fill", [full(SPOT, 2)])
    filled = labels_of(mapped)
    edit.begin("Brush")
    edit.extend([full(WHOLE, 0)])
    edit.redo()  # not now
    assert edit.busy
    edit.undo()
    np.testing.assert_array_equal(labels_of(mapped), filled)
    assert (edit.busy, edit.history.position) == (False, 1)
    edit.begin("Brush")
    edit.extend([full(WHOLE, 0)])
    edit.go_to(0)
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)


def test_that_a_gesture_begun_in_another_ends_the_other(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.begin("Brush")
    edit.extend([full(SPOT, 2)])
    between = labels_of(mapped)
    edit.begin("Eraser")
    edit.extend([full(SPOT, 0)])
    edit.commit()
    assert edit.history.names == ("Brush", "Eraser")
    edit.undo()
    np.testing.assert_array_equal(labels_of(mapped), between)
    edit.undo()
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)


def test_that_edits_without_a_gesture_are_nothing(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    assert edit.extend([full(SPOT, 2)]).empty
    assert not edit.commit()
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
    assert edit.history.names == ()


def test_that_ending_what_has_not_begun_leaves_the_map(opened, tiny_pair) -> None:
    edit = opened.controller.edit
    edit.apply("Brush", [])  # began without a map
    opened.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    assert not edit.commit()
    edit.abort()
    np.testing.assert_array_equal(labels_of(opened), tiny_pair.labels)
    assert opened.controller.session.map_origin == ORIGIN


def test_that_the_map_of_a_set_that_was_left_does_not_come_back(mapped, tiny_pair_files) -> None:
    edit = mapped.controller.edit
    edit.begin("Brush")
    edit.extend([full(SPOT, 2)])
    mapped.controller.sets.open(tiny_pair_files)
    mapped.settle()
    assert not edit.busy
    assert not edit.commit()
    edit.abort()
    assert mapped.controller.session.focus_map is None
    assert edit.history.names == ()


def test_that_nothing_is_painted_without_a_set(desk) -> None:
    edit = desk.controller.edit
    edit.begin("Brush")
    assert edit.extend([full(SPOT, 2)]).empty
    assert not edit.commit()
    assert not edit.replace("Smooth", np.ones((4, 4), np.uint8))
    edit.undo()
    edit.redo()
    assert edit.history.names == ()


def test_that_the_first_stroke_makes_the_map(opened) -> None:
    edit, session = opened.controller.edit, opened.controller.session
    edit.begin("Brush")
    assert len(opened.seen(changes.MapChanged)) == 1
    edit.extend([full(SPOT, 2)])
    assert edit.commit()
    painted = labels_of(opened)
    assert (painted[SPOT.slices] == 2).all()
    assert (painted == 0).sum() == 64 * 48 - 12 * 9

    edit.undo()
    assert session.focus_map is None
    assert session.map_origin == MapOrigin()
    assert len(opened.seen(changes.MapChanged)) == 2
    edit.redo()
    np.testing.assert_array_equal(labels_of(opened), painted)
    edit.apply("Brush", [full(WHOLE, 1)])
    edit.go_to(0)
    edit.go_to(2)
    assert (labels_of(opened) == 1).all()
    edit.go_to(1)
    np.testing.assert_array_equal(labels_of(opened), painted)


@pytest.mark.parametrize("ending", ["commit", "abort", "undo"])
def test_that_a_map_made_for_nothing_is_dropped(opened, ending) -> None:
    edit, session = opened.controller.edit, opened.controller.session
    edit.begin("Brush")
    edit.extend([] if ending == "commit" else [full(SPOT, 2)])
    getattr(edit, ending)()
    assert session.focus_map is None
    assert len(opened.seen(changes.MapChanged)) == 2
    assert edit.history.names == ()


def test_that_a_whole_map_is_one_step(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    other = (3 - tiny_pair.labels).astype(np.uint8)
    assert edit.replace("Swap two labels", other)
    assert not edit.replace("Swap two labels", other)
    assert mapped.controller.session.map_origin == MapOrigin(path="map.png", edited=True)
    edit.undo()
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
    assert mapped.controller.session.map_origin == ORIGIN
    edit.redo()
    np.testing.assert_array_equal(labels_of(mapped), other)


def test_that_a_map_of_another_origin_is_a_step_even_with_the_same_labels(
    mapped, tiny_pair
) -> None:
    edit, session = mapped.controller.edit, mapped.controller.session
    other = MapOrigin(path="other.png")
    assert edit.replace("Load focus map", tiny_pair.labels, other)
    assert session.map_origin == other
    assert not edit.replace("Load focus map", tiny_pair.labels, other)
    edit.undo()
    assert session.map_origin == ORIGIN
    edit.redo()
    assert session.map_origin == other
    assert edit.history.names == ("Load focus map",)


def test_that_loading_over_a_stroke_and_back_gives_the_stroke(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.apply("Brush", [full(SPOT, 2)])
    painted = labels_of(mapped)
    edit.replace("Load focus map", tiny_pair.labels, MapOrigin(path="other.png"))
    edit.apply("Brush", [full(WHOLE, 0)])
    edit.go_to(1)
    np.testing.assert_array_equal(labels_of(mapped), painted)
    edit.go_to(0)
    np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
    edit.go_to(3)
    assert not labels_of(mapped).any()


def test_that_a_map_loaded_first_can_be_undone(opened, tiny_pair) -> None:
    edit, session = opened.controller.edit, opened.controller.session
    opened.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    edit.apply("Brush", [full(SPOT, 2)])
    edit.go_to(0)
    assert session.focus_map is None
    edit.go_to(1)
    np.testing.assert_array_equal(labels_of(opened), tiny_pair.labels)


def test_that_other_steps_keep_their_place(mapped, tiny_pair) -> None:
    told: list[str] = []
    edit = mapped.controller.edit
    edit.apply("Brush", [full(SPOT, 2)])
    edit.record(Action("Delete result 3", lambda: told.append("u"), lambda: told.append("r")))
    edit.apply("Brush", [full(WHOLE, 0)])
    edit.go_to(0)
    edit.go_to(3)
    assert told == ["u", "r"]
    assert edit.history.names == ("Brush", "Delete result 3", "Brush")


def test_that_a_step_that_comes_during_a_gesture_waits_for_its_end(mapped) -> None:
    edit = mapped.controller.edit
    edit.begin("Brush")
    edit.record(Action("Run", lambda: None, lambda: None))
    assert edit.busy
    edit.extend([full(SPOT, 2)])
    edit.commit()
    assert edit.history.names == ("Brush", "Run")
    edit.begin("Brush")
    edit.record(Action("Run again", lambda: None, lambda: None))
    edit.abort()
    assert edit.history.names == ("Brush", "Run", "Run again")


def test_that_a_tentative_gesture_makes_way(mapped, tiny_pair) -> None:
    told: list[str] = []
    edit = mapped.controller.edit
    for act in (
        lambda: edit.begin("Brush"),
        lambda: edit.record(Action("Run", lambda: None, lambda: None)),
        lambda: edit.replace("Load", tiny_pair.labels, MapOrigin(path="x.png")),
        edit.undo,
    ):
        told.clear()
        edit.begin("Smooth", given_up=lambda: told.append("given up"))
        edit.extend([full(WHOLE, 0)])
        act()
        assert told == ["given up"]
        np.testing.assert_array_equal(labels_of(mapped), tiny_pair.labels)
        edit.abort()
    assert "Smooth" not in edit.history.names


def test_that_a_tentative_gesture_can_be_kept(mapped) -> None:
    told: list[str] = []
    edit = mapped.controller.edit
    edit.begin("Smooth", given_up=lambda: told.append("given up"))
    edit.extend([full(SPOT, 0)])
    assert edit.commit()
    assert edit.history.names == ("Smooth",)
    assert told == []


def test_that_steps_come_back_from_little_memory(mapped, tiny_pair) -> None:
    edit = mapped.controller.edit
    edit.history = History(budget=1, least=4)
    states = [tiny_pair.labels.copy()]
    for number in range(7):
        edit.apply("Brush", [full(Rect(3 * number, 2 * number, 9, 11), number % 3)])
        states.append(labels_of(mapped))
    assert (len(edit.history.names), edit.history.forgotten) == (4, 3)
    edit.go_to(0)
    np.testing.assert_array_equal(labels_of(mapped), states[3])
    edit.go_to(2)
    np.testing.assert_array_equal(labels_of(mapped), states[5])
    edit.go_to(4)
    np.testing.assert_array_equal(labels_of(mapped), states[7])
