from __future__ import annotations

import numpy as np
import pytest

import mfgui.resources as resources
from mfgui.app.swapping import swap_labels, swapped
from mfgui.core.arrays import Rect
from mfgui.core.edits import edited


def test_that_two_labels_are_exchanged_and_others_stay() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 5, (40, 60), np.uint8)
    edit = swapped(labels, 1, 3)
    assert edit is not None
    after = labels.copy()
    after[edit.rect.slices] = edited(labels[edit.rect.slices], edit)
    expected = np.array([0, 3, 2, 1, 4], np.uint8)[labels]
    np.testing.assert_array_equal(after, expected)


def test_that_the_edit_holds_only_what_changes() -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[10:14, 20:27] = 2
    edit = swapped(labels, 1, 2)
    assert edit is not None
    assert edit.rect == Rect(20, 10, 7, 4)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 3)])
def test_that_there_is_no_edit_where_nothing_would_change(one: int, other: int) -> None:
    assert swapped(np.full((4, 4), 3, np.uint8), one, other) is None


def test_that_labels_above_255_keep_their_type() -> None:
    labels = np.full((4, 4), 300, np.uint16)
    edit = swapped(labels, 300, 7)
    assert edit is not None
    assert edit.labels.dtype == np.uint16


@pytest.fixture
def mapped(desk):
    """The sample pair, its map 1 on the left and 2 on the right."""
    controller = desk.controller
    controller.sets.open([resources.path(f"samples/pair/{n}.png") for n in (1, 2)])
    desk.settle()
    labels = np.ones((400, 600), np.uint8)
    labels[:, 300:] = 2
    controller.edit.replace("Draw", labels)
    return desk


def test_that_a_swap_is_one_step(mapped) -> None:
    controller = mapped.controller
    swap_labels(controller, 1, 2, region=None)
    mapped.settle()
    assert controller.edit.history.names == ("Draw", "Swap labels 1 and 2")
    assert controller.session.focus_map.labels[0, 0] == 2
    assert controller.session.focus_map.labels[0, 599] == 1
    controller.edit.undo()
    assert controller.session.focus_map.labels[0, 0] == 1


def test_that_a_swap_stays_inside_the_region(mapped) -> None:
    controller = mapped.controller
    swap_labels(controller, 1, 2, region=Rect(290, 10, 20, 20))
    mapped.settle()
    labels = controller.session.focus_map.labels
    assert (labels[10:30, 290:300] == 2).all()
    assert (labels[10:30, 300:310] == 1).all()
    assert (labels[30:, :300] == 1).all()
    assert (labels[:10, :300] == 1).all()


def test_that_protect_does_not_hold_back_half_of_a_swap(mapped) -> None:
    controller = mapped.controller
    controller.edit.over = 1
    swap_labels(controller, 1, 2, region=None)
    mapped.settle()
    assert set(np.unique(controller.session.focus_map.labels[:, 300:])) == {1}
    assert controller.edit.over == 1


def test_that_a_map_that_was_changed_meanwhile_is_read_again(mapped) -> None:
    controller = mapped.controller
    swap_labels(controller, 1, 2, region=None)
    labels = np.full((400, 600), 2, np.uint8)
    controller.edit.replace("Draw", labels)
    mapped.settle()
    assert (controller.session.focus_map.labels == 1).all()
