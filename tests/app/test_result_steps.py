from __future__ import annotations

import numpy as np
import pytest

import mfgui.resources as resources
from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import ResultAdded, ResultRemoved


@pytest.fixture
def opened(desk):
    """The sample pair with one result."""
    paths = [resources.path(f"samples/pair/{n}.png") for n in (1, 2)]
    desk.controller.sets.open(paths)
    desk.settle()
    run(desk)
    return desk


def run(desk) -> int:
    desk.controller.runs.run("average", {})
    desk.settle()
    return max(desk.controller.session.results)


def paint(desk, label: int) -> None:
    square = Edit(Rect(0, 0, 8, 8), np.ones((8, 8), np.bool_), label)
    desk.controller.edit.apply("Brush", [square])


def test_that_deleting_a_result_can_be_undone(opened) -> None:
    controller = opened.controller
    second = run(opened)
    first = min(controller.session.results)
    result = controller.session.results[first]
    controller.view.show(f"result:{first}")
    controller.view.set_reference()
    controller.runs.delete_result(first)
    assert list(controller.session.results) == [second]
    assert controller.session.reference == ""
    assert controller.state.undo == f"Delete result {first}"
    controller.edit.undo()
    opened.settle()
    assert list(controller.session.results) == [first, second]
    assert controller.session.results[first] is result
    assert controller.session.shown == controller.session.reference == f"result:{first}"
    controller.edit.redo()
    assert list(controller.session.results) == [second]
    assert opened.seen(ResultRemoved) == [ResultRemoved(first)] * 2


def test_that_a_run_is_a_step_that_takes_its_result_with_it(opened) -> None:
    controller = opened.controller
    name = controller.session.results[1].name
    assert controller.edit.history.names == (f"Run {name}",)
    controller.edit.undo()
    assert not controller.session.results
    assert controller.session.shown == "source:1"
    assert controller.state.redo == f"Run {name}"
    controller.edit.redo()
    opened.settle()
    assert list(controller.session.results) == [1]
    assert controller.session.shown == "result:1"
    assert opened.seen(ResultAdded) == [ResultAdded(1)] * 2


def test_that_the_memory_of_a_result_counts_while_the_history_alone_has_it(opened) -> None:
    controller = opened.controller
    image = controller.session.results[1].image
    before = controller.edit.history.nbytes
    controller.runs.delete_result(1)
    assert controller.edit.history.nbytes >= before + image.nbytes
    controller.edit.undo()
    assert controller.edit.history.nbytes == before


def test_that_deleting_nothing_is_no_step(opened) -> None:
    before = opened.controller.edit.history.names
    opened.controller.runs.delete_result(99)
    assert opened.controller.edit.history.names == before


def test_that_a_run_that_ends_keeps_what_can_be_redone(opened) -> None:
    controller = opened.controller
    paint(opened, 1)
    paint(opened, 2)
    controller.edit.undo()
    run(opened)
    assert controller.state.undo.startswith("Run ")
    assert controller.state.redo == "Brush"
    controller.edit.redo()
    assert controller.session.focus_map.labels[0, 0] == 2


def test_that_a_run_that_ends_during_a_stroke_waits_for_its_end(opened) -> None:
    controller = opened.controller
    square = Edit(Rect(0, 0, 8, 8), np.ones((8, 8), np.bool_), 1)
    controller.edit.begin("Brush")
    controller.edit.extend([square])
    run(opened)
    assert controller.edit.busy
    controller.edit.extend([Edit(Rect(8, 8, 8, 8), square.mask, 1)])
    controller.edit.commit()
    assert [name.split()[0] for name in controller.edit.history.names] == ["Run", "Brush", "Run"]
    assert controller.session.focus_map.labels[9, 9] == 1


def test_that_setting_the_reference_can_be_undone(opened) -> None:
    controller = opened.controller
    controller.view.show("source:2")
    controller.view.set_reference()
    controller.view.set_reference()
    assert controller.edit.history.names[1:] == ("Set reference",)
    controller.edit.undo()
    assert controller.session.reference == ""
    controller.edit.redo()
    assert controller.session.reference == "source:2"
