"""Steps in their order, room for them, and the map's steps as tiles."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.history import TILE, Action, History, Recorder
from mfgui.core.labels import FocusMap


class Counted:
    """A step that tells what was done to it."""

    def __init__(self, name: str, nbytes: int = 0, packed: int | None = None) -> None:
        self.name = name
        self.nbytes = nbytes
        self._packed = nbytes if packed is None else packed
        self.done = 1

    def undo(self) -> None:
        assert self.done == 1
        self.done = 0

    def redo(self) -> None:
        assert self.done == 0
        self.done = 1

    def pack(self) -> None:
        self.nbytes = self._packed


def pushed(history: History, *steps: Counted) -> list[Counted]:
    for step in steps:
        history.push(step)
    return list(steps)


def steps_named(names: str, nbytes: int = 0, packed: int | None = None) -> list[Counted]:
    return [Counted(name, nbytes, packed) for name in names]


def test_that_steps_are_undone_and_redone_in_order() -> None:
    history = History()
    a, b, c = pushed(history, *steps_named("abc"))
    assert history.undo() is c
    assert history.undo() is b
    assert (a.done, b.done, c.done) == (1, 0, 0)
    assert (history.position, history.undo_name, history.redo_name) == (1, "a", "b")
    assert history.redo() is b
    assert history.names == ("a", "b", "c")


def test_that_there_may_be_nothing_to_undo_or_redo() -> None:
    history = History()
    assert history.undo() is None
    assert history.redo() is None
    assert (history.undo_name, history.redo_name, history.position) == ("", "", 0)
    pushed(history, Counted("a"))
    assert history.redo() is None


def test_that_a_new_step_forgets_what_was_undone() -> None:
    history = History()
    pushed(history, *steps_named("abc"))
    history.go_to(1)
    pushed(history, Counted("d"))
    assert history.names == ("a", "d")
    assert history.redo() is None


def test_that_a_step_that_comes_by_itself_keeps_what_was_undone() -> None:
    history = History()
    *_, c = pushed(history, *steps_named("abc"))
    history.undo()
    history.insert(Counted("d"))
    assert (history.names, history.position) == (("a", "b", "d", "c"), 3)
    assert history.redo() is c


@pytest.mark.parametrize("position", [0, 1, 3, 4])
def test_that_going_somewhere_does_what_lies_between(position) -> None:
    history = History()
    steps = pushed(history, *steps_named("abcd"))
    history.go_to(2)
    history.go_to(position)
    assert [step.done for step in steps] == [1] * position + [0] * (4 - position)


@pytest.mark.parametrize("position", [-1, 3])
def test_that_one_cannot_go_where_no_step_leads(position) -> None:
    history = History()
    pushed(history, *steps_named("ab"))
    with pytest.raises(ValueError, match="of 2 steps"):
        history.go_to(position)
    assert history.position == 2


def test_that_the_saved_state_is_known_again() -> None:
    history = History()
    assert not history.modified
    pushed(history, *steps_named("ab"))
    assert history.modified
    history.mark_saved()
    assert (history.modified, history.saved_position) == (False, 2)
    history.undo()
    assert history.modified
    history.redo()
    assert not history.modified


def test_that_a_saved_state_that_no_step_leads_to_is_gone() -> None:
    history = History()
    pushed(history, *steps_named("ab"))
    history.mark_saved()
    history.undo()
    pushed(history, Counted("c"))
    assert (history.modified, history.saved_position) == (True, None)
    history.undo()
    assert history.modified
    history.mark_saved()
    history.mark_unsaved()
    assert history.modified


def test_that_clearing_forgets_everything() -> None:
    history = History(budget=1, least=1)
    pushed(history, *steps_named("abc", 5))
    assert history.forgotten == 2
    history.clear()
    assert (history.names, history.position, history.forgotten) == ((), 0, 0)
    assert not history.modified


def test_that_the_oldest_steps_are_packed_first_and_only_as_needed() -> None:
    history = History(budget=250, least=1)
    steps = pushed(history, *steps_named("abcd", 100, packed=10))
    assert [step.nbytes for step in steps] == [10, 10, 100, 100]
    assert (history.names, history.forgotten) == (("a", "b", "c", "d"), 0)
    assert history.nbytes == 220


def test_that_the_oldest_steps_go_when_packing_is_not_enough() -> None:
    history = History(budget=250, least=1)
    pushed(history, *steps_named("abcd", 100))
    assert (history.names, history.position, history.forgotten) == (("c", "d"), 2, 2)


def test_that_so_many_steps_are_kept_whatever_they_take() -> None:
    history = History(budget=10, least=3)
    pushed(history, *steps_named("abcde", 100))
    assert (history.names, history.position, history.forgotten) == (("c", "d", "e"), 3, 2)
    assert history.nbytes == 300


def test_that_a_forgotten_saved_state_is_gone() -> None:
    history = History(budget=250, least=1)
    pushed(history, *steps_named("ab", 100))
    history.go_to(1)
    history.mark_saved()
    history.go_to(2)
    pushed(history, Counted("c", 100))
    assert (history.forgotten, history.saved_position) == (1, 0)
    pushed(history, Counted("d", 100))
    assert (history.forgotten, history.saved_position) == (2, None)
    history.go_to(0)
    assert history.modified


def test_that_room_is_made_for_a_step_that_comes_by_itself() -> None:
    history = History(budget=250, least=2)
    a, *_ = pushed(history, *steps_named("ab", 100))
    history.go_to(0)
    history.mark_saved()
    history.insert(Counted("c", 100))
    # The step that was undone first is the last that could be redone.
    assert (history.names, history.position) == (("c", "a"), 1)
    assert history.redo() is a
    history.go_to(0)
    assert not history.modified


def test_that_a_saved_state_goes_with_the_steps_that_led_to_it() -> None:
    history = History(budget=350, least=1)
    pushed(history, *steps_named("abc", 100))
    history.mark_saved()
    history.go_to(0)
    history.insert(Counted("d", 100))
    assert history.saved_position is None
    assert 0 <= history.position <= len(history.names)
    history.go_to(len(history.names))
    assert history.modified


def test_that_an_action_is_its_two_functions() -> None:
    told: list[str] = []
    history = History()
    history.push(Action("a", lambda: told.append("undo"), lambda: told.append("redo"), nbytes=7))
    history.undo()
    history.redo()
    assert told == ["undo", "redo"]
    assert history.nbytes == 7


@pytest.fixture(params=[(3, 700, 600), (200, 300, 257), (300, 280, 300)])
def focus_map(request) -> FocusMap:
    k, width, height = request.param
    labels = np.random.default_rng(3).integers(0, k + 1, (height, width))
    return FocusMap(labels, k=k)


def labels_of(focus_map: FocusMap) -> np.ndarray:
    return focus_map.labels.copy()


def test_that_a_gesture_goes_back_and_forth(focus_map) -> None:
    told: list[Rect] = []
    start = labels_of(focus_map)
    recorder = Recorder(focus_map, "Brush", told.append)
    recorder.write(Rect(200, 100, 80, 157), np.full((157, 80), 1))
    recorder.write(Rect(0, 0, 30, 20), np.full((20, 30), 2))
    end = labels_of(focus_map)
    step = recorder.commit()
    assert step is not None
    assert step.name == "Brush"
    for packed in (False, True):
        step.undo()
        np.testing.assert_array_equal(focus_map.labels, start)
        if packed:
            step.pack()
        step.redo()
        np.testing.assert_array_equal(focus_map.labels, end)
        step.pack()
    assert told == [Rect(0, 0, 280, 257)] * 4
    np.testing.assert_array_equal(
        focus_map.counts(), np.bincount(end.ravel(), minlength=len(focus_map.counts()))
    )


def test_that_only_tiles_that_changed_are_kept(focus_map) -> None:
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    recorder.write(Rect(TILE - 1, 3, 2, 1), np.array([[1, 1]]))
    focus_map_after = labels_of(focus_map)
    recorder.write(Rect(0, 0, 9, 9), focus_map_after[:9, :9])
    step = recorder.commit()
    assert step is not None
    assert set(step.tiles) <= {(0, 0), (0, 1)}


def test_that_flat_tiles_take_no_memory_and_packed_ones_little() -> None:
    focus_map = FocusMap(np.zeros((600, 700), np.uint8), k=3)
    recorder = Recorder(focus_map, "Fill", lambda rect: None)
    stripes = np.zeros((600, 700), np.uint8)
    stripes[:, ::7] = 2
    recorder.write(Rect(0, 0, 700, 600), stripes)
    step = recorder.commit()
    assert step is not None
    assert step.nbytes == 0
    step.undo()
    assert step.nbytes == 600 * 700
    step.pack()
    assert 0 < step.nbytes < 600 * 700 / 50
    step.redo()
    np.testing.assert_array_equal(focus_map.labels, stripes)


def test_that_a_gesture_that_changes_nothing_in_the_end_is_no_step(focus_map) -> None:
    revision, start = focus_map.revision, labels_of(focus_map)
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    rect = Rect(10, 10, 50, 60)
    recorder.write(rect, np.ones((60, 50)))
    recorder.write(rect, start[rect.slices])
    assert recorder.commit() is None
    assert focus_map.revision == revision


def test_that_a_gesture_can_be_given_up(focus_map) -> None:
    revision, start = focus_map.revision, labels_of(focus_map)
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    recorder.write(Rect(10, 10, 50, 60), np.ones((60, 50)))
    recorder.write(Rect(30, 50, 50, 60), np.full((60, 50), 2))
    assert recorder.abort() == Rect(10, 10, 70, 100)
    np.testing.assert_array_equal(focus_map.labels, start)
    assert focus_map.revision == revision


def test_that_every_content_has_its_revision(focus_map) -> None:
    first = focus_map.revision
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    recorder.write(Rect(0, 0, 9, 9), np.where(focus_map.labels[:9, :9] == 1, 2, 1))
    step, second = recorder.commit(), focus_map.revision
    assert step is not None
    step.undo()
    assert focus_map.revision == first
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    recorder.write(Rect(0, 0, 1, 1), np.array([[3 - min(2, int(focus_map.labels[0, 0]))]]))
    recorder.commit()
    assert focus_map.revision not in (first, second)


def test_that_undo_and_redo_keep_the_counts_of_labels() -> None:
    focus_map = FocusMap(np.ones((300, 600), np.uint8), k=3)
    recorder = Recorder(focus_map, "Brush", lambda rect: None)
    recorder.write(Rect(200, 100, 150, 90), np.full((90, 150), 3, np.uint8))
    recorder.write(Rect(10, 10, 40, 20), np.zeros((20, 40), np.uint8))
    step = recorder.commit()
    for act in (step.undo, step.redo, step.undo):
        act()
        recounted = np.bincount(focus_map.labels.ravel(), minlength=256)
        np.testing.assert_array_equal(focus_map.counts(), recounted)
