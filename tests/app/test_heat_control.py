"""Heat maps are computed when asked for, and again where something has changed."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.edits import Edit
from mfgui.core.events import HeatChanged, Notice
from mfgui.core.heat import HeatKind, levels_of
from mfgui.core.session import MapOrigin
from mfgui.methods.detect.confidence import confidence
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.window import window_size

Q, CONFIDENCE = HeatKind.LOCAL_Q, HeatKind.CONFIDENCE
ORIGIN = MapOrigin(path="map.png")
ALONE = Compute()


@pytest.fixture
def opened(desk, tiny_pair, tiny_pair_files):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    desk.settle()
    return desk


def images_of(desk):
    stack = desk.controller.session.stack
    return [stack.pixels(index) for index in range(stack.k)]


def of_composite(desk):
    """Levels of local Q of the composite, computed at once."""
    session, images = desk.controller.session, images_of(desk)
    labels = session.focus_map.labels
    window = window_size("released", session.stack.size)
    known = np.where(labels == 0, np.uint8(255), labels)
    values = local_q(images, labels, compose(images, known), window=window, compute=ALONE)
    return levels_of(values, Q)


def paint(desk, rect, label):
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    assert desk.controller.edit.apply("Brush", [edit])


def test_that_nothing_is_measured_before_it_is_asked_for(opened) -> None:
    heat = opened.controller.heat
    assert heat.levels(Q) is None
    opened.changes.clear()
    paint(opened, Rect(3, 3, 4, 4), 2)
    heat.renew()
    opened.settle()
    assert heat.levels(Q) is None
    assert not opened.seen(HeatChanged)


def test_that_the_composite_is_measured_where_there_is_no_result(opened) -> None:
    heat = opened.controller.heat
    heat.want(Q)
    assert heat.is_busy(Q)
    opened.settle()
    assert heat.is_current(Q)
    np.testing.assert_array_equal(heat.levels(Q), of_composite(opened))
    assert opened.seen(HeatChanged)[-1].rect == Rect(0, 0, 64, 48)


def test_that_the_confidence_is_measured_and_edits_leave_it(opened) -> None:
    heat = opened.controller.heat
    heat.want(CONFIDENCE)
    opened.settle()
    window = window_size("released", opened.controller.session.stack.size)
    values = confidence(images_of(opened), window=window, compute=ALONE)
    np.testing.assert_array_equal(heat.levels(CONFIDENCE), levels_of(values, CONFIDENCE))
    paint(opened, Rect(3, 3, 4, 4), 2)
    assert heat.is_current(CONFIDENCE)


@pytest.mark.parametrize("label", [0, 2])
def test_that_only_what_depends_on_an_edit_is_measured_again(opened, label) -> None:
    heat = opened.controller.heat
    heat.want(Q)
    opened.settle()
    live = heat.levels(Q)
    paint(opened, Rect(10, 20, 4, 5), label)
    assert not heat.is_current(Q)
    opened.settle()
    assert not heat.is_current(Q), "only when edits have settled"
    heat.renew()
    opened.settle()
    assert heat.is_current(Q)
    assert heat.levels(Q) is live
    # The rounding of running sums may differ by a level.
    difference = live.astype(int) - of_composite(opened)
    assert np.abs(difference).max() <= 1
    changed = opened.seen(HeatChanged)[-1].rect
    assert changed.intersected(Rect(10, 20, 4, 5)) == Rect(10, 20, 4, 5)
    assert changed.width * changed.height < 64 * 48


def test_that_changes_during_a_measurement_are_not_lost(opened) -> None:
    heat = opened.controller.heat
    heat.want(Q)
    paint(opened, Rect(10, 20, 4, 5), 2)
    called = []
    heat.ensure(Q, lambda: called.append(heat.is_current(Q)))
    opened.settle()
    assert called == [True]
    assert np.abs(heat.levels(Q).astype(int) - of_composite(opened)).max() <= 1


def test_that_the_shown_result_is_measured_and_another_one_anew(opened, tiny_pair) -> None:
    controller = opened.controller
    heat, session = controller.heat, controller.session
    heat.want(Q)
    opened.settle()
    controller.runs.run("ms-lap", {"window": 5, "change": 0})
    opened.settle()
    assert controller.view.shown_result() == 1
    assert not heat.is_current(Q)
    heat.renew()
    opened.settle()
    image = session.results[1].image
    expected = local_q(images_of(opened), tiny_pair.labels, image, window=5, compute=ALONE)
    np.testing.assert_array_equal(heat.levels(Q), levels_of(expected, Q))
    controller.view.show("source:2")
    assert heat.is_current(Q), "looking at a source measures nothing else"
    controller.view.show("composite")
    assert not heat.is_current(Q)


def test_that_a_new_set_forgets_all(opened, tiny_pair_files) -> None:
    heat = opened.controller.heat
    heat.want(CONFIDENCE)
    opened.settle()
    heat.want(Q)
    opened.controller.sets.open(tiny_pair_files)
    opened.settle()
    assert heat.levels(Q) is None
    assert heat.levels(CONFIDENCE) is None
    assert not heat.is_busy(Q)


def test_that_a_failure_is_told_and_those_who_wait_go_on(opened, monkeypatch) -> None:
    def fails(*_arguments: object, **_more: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mfgui.methods.optimise.mffssim.local_q.local_q", fails)
    heat, called = opened.controller.heat, []
    heat.ensure(Q, lambda: called.append(1))
    opened.settle()
    assert called == [1]
    assert heat.levels(Q) is None
    assert "memory" in opened.seen(Notice)[-1].what
