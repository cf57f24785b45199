"""Local Q of what the panes show, tile by tile, and again where something has changed."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from mfgui.app import plane_tasks, planes
from mfgui.app.planes import Planes
from mfgui.app.reading import reader_of
from mfgui.core.arrays import Rect, read_only
from mfgui.core.bands import boundary_band
from mfgui.core.compute import Compute
from mfgui.core.edits import Edit
from mfgui.core.events import (
    BandChanged,
    MapChanged,
    Notice,
    PicturePatched,
    PlaneChanged,
    ResultAdded,
    ResultRemoved,
    TruthChanged,
)
from mfgui.core.planes import q_levels
from mfgui.core.session import MapOrigin, Truth
from mfgui.methods.optimise.mffssim.local_q import local_q
from mfgui.methods.optimise.mffssim.window import window_size

WHOLE = Rect(0, 0, 64, 48)


@pytest.fixture
def opened(desk, tiny_pair, tiny_pair_files, monkeypatch):
    """The pair with its map; tiles of 16 pixels."""
    monkeypatch.setattr(planes, "_SIDE", 16)
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, MapOrigin(path="map.png"))
    desk.settle()
    desk.changes.clear()
    return desk


@pytest.fixture
def made(opened):
    return Planes(opened.controller._desk)


def expected(desk, key):
    """Local Q of the whole picture, computed at once."""
    session = desk.controller.session
    images = [session.stack.pixels(index) for index in range(session.stack.k)]
    image = reader_of(session, key)(WHOLE)
    window = window_size("released", session.stack.size)
    labels = session.focus_map.labels
    return q_levels(local_q(images, labels, image, window=window, compute=Compute()))


def assert_close(levels, other):
    """Running sums of a part round otherwise: by a level, never in what is known."""
    np.testing.assert_array_equal(levels == 0, other == 0)
    assert np.abs(levels.astype(int) - other).max() <= 1


def paint(desk, rect, label):
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    assert desk.controller.edit.apply("Brush", [edit])


def run(desk, **parameters):
    desk.controller.runs.run("ms-lap", {"window": 5, "iterations": 2, **parameters})
    desk.settle()


def test_that_nothing_is_measured_before_it_is_asked_for(opened, made) -> None:
    paint(opened, Rect(3, 3, 4, 4), 2)
    opened.settle()
    assert made.q("source:1") is None
    assert made.distance is None
    assert not opened.seen(PlaneChanged)


def test_that_what_is_shown_is_measured_for_every_picture(opened, made) -> None:
    run(opened)
    keys = ("source:1", "source:2", "result:1")
    made.want(keys, WHOLE)
    assert all(made.is_busy(key) for key in keys)
    opened.settle()
    for key in keys:
        assert_close(made.q(key), expected(opened, key))
        assert not made.is_busy(key)
    told = {change.key for change in opened.seen(PlaneChanged)}
    assert told >= set(keys)


def test_that_only_tiles_of_what_is_shown_are_measured(opened, made) -> None:
    made.want(["source:1"], Rect(20, 20, 4, 20))
    opened.settle()
    rects = [change.rect for change in opened.seen(PlaneChanged)]
    assert rects == [Rect(16, 16, 16, 16), Rect(16, 32, 16, 16)]
    levels, whole = made.q("source:1"), expected(opened, "source:1")
    assert_close(levels[16:48, 16:32], whole[16:48, 16:32])
    levels = levels.copy()
    levels[16:48, 16:32] = 0
    assert not levels.any()
    opened.changes.clear()
    made.want(["source:1"], Rect(16, 30, 17, 4))
    opened.settle()
    rects = {change.rect for change in opened.seen(PlaneChanged)}
    assert rects == {Rect(32, 16, 16, 16), Rect(32, 32, 16, 16)}, "none of them twice"


def test_that_tiles_in_the_middle_come_first_and_pictures_keep_together(opened, made) -> None:
    made.want(["source:1", "source:2"], WHOLE)
    opened.settle()
    told = [(change.key, change.rect) for change in opened.seen(PlaneChanged)]
    assert [told[0][1], told[2][1]] == [Rect(16, 16, 16, 16), Rect(32, 16, 16, 16)]
    assert [key for key, _ in told[:2]] == ["source:1", "source:2"]
    assert told[0][1] == told[1][1]


def test_that_a_newer_wish_ends_an_older_one(opened, made, monkeypatch) -> None:
    """At least one piece is computed before, so that a view that moves on and on shows some."""
    made.want(["source:1"], WHOLE)
    made.want(["source:2"], Rect(0, 0, 16, 16))
    opened.settle()
    told = [change.key for change in opened.seen(PlaneChanged)]
    assert told == ["source:1", "source:2"]
    assert not made.is_busy("source:2")
    made.want(["source:1"], WHOLE)
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


def test_that_tasks_leave_the_pool_to_others_between(opened, made, monkeypatch) -> None:
    monkeypatch.setattr(plane_tasks, "_TURN", -1.0)
    made.want(["source:1"], WHOLE)
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


@pytest.mark.parametrize("label", [0, 2])
def test_that_an_edit_measures_its_own_pixels_again_in_place(opened, made, label) -> None:
    made.want(["source:1", "source:2"], WHOLE)
    opened.settle()
    live = made.q("source:1")
    opened.changes.clear()
    paint(opened, Rect(10, 20, 9, 5), label)
    assert made.is_busy("source:1")
    opened.settle()
    assert made.q("source:1") is live
    for key in ("source:1", "source:2"):
        assert_close(made.q(key), expected(opened, key))
    rects = {change.rect for change in opened.seen(PlaneChanged)}
    assert rects == {Rect(10, 20, 6, 5), Rect(16, 20, 3, 5)}


def test_that_an_edit_while_tiles_are_measured_is_not_lost(opened, made) -> None:
    made.want(["source:1"], WHOLE)
    paint(opened, Rect(0, 20, 40, 5), 2)  # the task has the labels of before
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


def test_that_another_map_leaves_nothing_of_the_old_one(opened, made, tiny_pair) -> None:
    made.want(["source:1"], WHOLE)
    opened.settle()
    opened.changes.clear()
    made.want(["source:1"], Rect(0, 0, 64, 47))
    opened.controller.sets.set_map(3 - tiny_pair.labels, MapOrigin(path="other.png"))
    assert made.q("source:1") is None or not made.q("source:1").any()
    first = opened.seen(PlaneChanged)[0]
    assert first.key == ""
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


def test_that_tiles_of_an_old_map_on_their_way_are_not_taken(opened, made, tiny_pair) -> None:
    made.want(["source:1"], WHOLE)
    opened.backend.work()  # all measured, nothing delivered
    opened.controller.sets.set_map(3 - tiny_pair.labels, MapOrigin(path="other.png"))
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


def test_that_patches_of_a_picture_reach_half_a_window(opened, made) -> None:
    session = opened.controller.session
    run(opened)
    result = session.results[1]
    image = result.image.copy()
    session.results[1] = replace(result, image=image)
    made.want(["result:1", "source:1"], WHOLE)
    opened.settle()
    opened.changes.clear()
    rect = Rect(30, 10, 3, 3)
    image[rect.slices] = 1 - image[rect.slices]
    pixels = np.zeros((3, 3, 3), np.uint8)
    opened.controller.notifier.emit(PicturePatched("result:1", rect, pixels))
    opened.settle()
    assert_close(made.q("result:1"), expected(opened, "result:1"))
    measured = opened.seen(PlaneChanged)
    assert {change.key for change in measured} == {"result:1"}
    assert sum(change.rect.width * change.rect.height for change in measured) == 25


def test_that_a_result_that_is_gone_or_another_one_loses_its_plane(opened, made) -> None:
    session, notifier = opened.controller.session, opened.controller.notifier
    run(opened)
    made.want(["result:1"], WHOLE)
    opened.settle()
    before = made.q("result:1").copy()
    dark = read_only(session.results[1].image * np.float32(0.5))
    session.results[1] = replace(session.results[1], image=dark)
    notifier.emit(ResultAdded(1))
    opened.settle()
    assert_close(made.q("result:1"), expected(opened, "result:1"))
    assert (made.q("result:1") != before).any()
    kept = session.results.pop(1)
    opened.changes.clear()
    notifier.emit(ResultRemoved(1))
    opened.settle()
    assert made.q("result:1") is None
    assert not made.is_busy("result:1")
    assert [change.key for change in opened.seen(PlaneChanged)] == ["result:1"]
    session.results[1] = kept
    notifier.emit(ResultAdded(1))
    opened.settle()
    assert_close(made.q("result:1"), expected(opened, "result:1"))


def test_that_nothing_is_told_of_a_picture_that_went_while_it_was_measured(opened, made) -> None:
    session, notifier = opened.controller.session, opened.controller.notifier
    run(opened)
    made.want(["result:1"], WHOLE)
    opened.backend.work()  # all measured, nothing delivered
    del session.results[1]
    opened.changes.clear()
    notifier.emit(ResultRemoved(1))
    opened.settle()
    assert opened.seen(PlaneChanged) == [PlaneChanged("result:1", Rect(0, 0, 0, 0))]


def test_that_a_result_that_follows_the_map_keeps_its_plane(opened, made) -> None:
    session, notifier = opened.controller.session, opened.controller.notifier
    run(opened)
    session.results[1] = replace(session.results[1], guard=threading.Lock())
    made.want(["result:1"], WHOLE)
    opened.settle()
    live = made.q("result:1")
    session.results[1] = replace(session.results[1], q=None)  # brought along, by the same guard
    opened.changes.clear()
    notifier.emit(ResultAdded(1))
    opened.settle()
    assert made.q("result:1") is live
    assert not opened.seen(PlaneChanged)
    session.results[1] = replace(session.results[1], guard=threading.Lock())
    notifier.emit(ResultAdded(1))
    opened.settle()
    assert made.q("result:1") is not live


def test_that_the_ground_truth_is_a_picture_like_others(opened, made, tiny_pair) -> None:
    made.want(["truth"], WHOLE)
    opened.settle()
    assert made.q("truth") is None
    for pixels in (tiny_pair.truth, tiny_pair.first):
        opened.controller.session.truth = Truth("truth.png", "", "", pixels)
        opened.controller.notifier.emit(TruthChanged())
        opened.settle()
        assert_close(made.q("truth"), expected(opened, "truth"))


@pytest.mark.parametrize("seed", range(6))
def test_that_whatever_happens_the_planes_are_right_in_the_end(
    opened, made, tiny_pair, seed
) -> None:
    """Edits, undo, other maps, views that move, and events that arrive late, in any order."""
    generator = np.random.default_rng(seed)
    controller, backend = opened.controller, opened.backend
    run(opened)
    keys = ("source:1", "source:2", "result:1")

    def rect():
        x, y = int(generator.integers(0, 60)), int(generator.integers(0, 44))
        width, height = generator.integers(1, 30, 2)
        return Rect(x, y, int(min(width, 64 - x)), int(min(height, 48 - y)))

    def act(number):
        if number == 0:
            edit = Edit(part := rect(), np.ones((part.height, part.width), bool), 1)
            controller.edit.apply("Brush", [edit])
        elif number == 1:
            (controller.edit.undo if generator.random() < 0.6 else controller.edit.redo)()
        elif number == 2:
            made.want(generator.permutation(keys)[: generator.integers(0, 4)].tolist(), rect())
        elif number == 3:
            backend.work()
        elif number == 4:
            for _ in range(min(len(backend.events), int(generator.integers(1, 6)))):
                controller.handle(backend.events.popleft())
        elif number == 5:
            made.want_distance(generator.random() < 0.5)
        elif generator.random() < 0.2:
            labels = generator.integers(0, 3, (48, 64)).astype(np.uint8)
            controller.sets.set_map(labels, MapOrigin(path="other.png"))

    for number in generator.integers(0, 7, 70):
        act(int(number))
    made.want(keys, WHOLE)
    made.want_distance(True)
    opened.settle()
    assert_distances(opened, made)
    for key in keys:
        assert not made.is_busy(key)
        if reader_of(controller.session, key) is None:
            assert made.q(key) is None, "its run was undone"
        else:
            assert_close(made.q(key), expected(opened, key))


def test_that_planes_beyond_the_budget_go_unless_they_are_shown(opened) -> None:
    made = Planes(opened.controller._desk, budget=2 * 64 * 48 * 2)
    run(opened)
    made.want(["source:1"], WHOLE)
    opened.settle()
    made.want(["source:2"], WHOLE)
    opened.settle()
    assert made.q("source:1") is not None
    made.want(["source:1"], Rect(0, 0, 9, 9))
    opened.settle()
    opened.changes.clear()
    made.want(["result:1"], WHOLE)
    opened.settle()
    assert made.q("source:2") is None, "the one that was shown least recently"
    assert made.q("source:1") is not None
    assert PlaneChanged("source:2", Rect(0, 0, 0, 0)) in opened.changes
    made.want(["source:1", "source:2", "result:1"], WHOLE)
    opened.settle()
    for key in ("source:1", "source:2", "result:1"):
        assert_close(made.q(key), expected(opened, key))


def test_that_closing_the_set_forgets_everything(opened, made) -> None:
    made.want(["source:1"], WHOLE)
    made.want_distance(True)
    opened.settle()
    made.want(["source:2"], WHOLE)
    opened.controller.sets.close()
    opened.settle()
    assert made.q("source:1") is None
    assert made.q("source:2") is None
    assert made.distance is None
    assert opened.seen(BandChanged)[-1].rect is None


def test_that_a_failure_is_told_once(opened, made, monkeypatch) -> None:
    def fails(*_arguments: object, **_more: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("mfgui.methods.optimise.mffssim.local_q.local_q", fails)
        made.want(["source:1"], WHOLE)
        opened.settle()
        made.want(["source:1"], Rect(0, 0, 20, 20))
        paint(opened, Rect(10, 20, 9, 5), 2)
        opened.settle()
        assert ["memory" in notice.what for notice in opened.seen(Notice)] == [True]
        assert not made.is_busy("source:1")
    made.want(["source:1", "source:2"], WHOLE)
    opened.settle()
    assert_close(made.q("source:1"), expected(opened, "source:1"))


def assert_distances(desk, made):
    labels = desk.controller.session.focus_map.labels
    for width in (1, 3, 64):
        np.testing.assert_array_equal(made.distance <= width, boundary_band(labels, width))


def test_that_distances_are_kept_in_step_with_the_map(opened, made, tiny_pair) -> None:
    made.want_distance(True)
    opened.settle()
    assert_distances(opened, made)
    assert opened.seen(BandChanged)[-1].rect == WHOLE
    live = made.distance
    paint(opened, Rect(3, 3, 4, 4), 2)
    paint(opened, Rect(50, 30, 4, 4), 1)  # while the first is computed
    opened.settle()
    assert made.distance is live
    assert_distances(opened, made)
    made.want_distance(False)
    paint(opened, Rect(3, 3, 4, 4), 1)
    opened.settle()
    made.want_distance(True)
    opened.settle()
    assert_distances(opened, made)
    opened.controller.sets.set_map(3 - tiny_pair.labels, MapOrigin(path="other.png"))
    opened.settle()
    assert_distances(opened, made)


def test_that_without_a_map_there_is_no_distance(opened, made) -> None:
    made.want_distance(True)
    opened.settle()
    opened.controller.session.focus_map = None
    opened.controller.notifier.emit(MapChanged())
    opened.settle()
    assert made.distance is None
    assert opened.seen(BandChanged)[-1].rect is None


def test_that_a_small_change_of_a_large_map_is_measured_around_it(desk, monkeypatch) -> None:
    generator = np.random.default_rng(3)
    labels = np.ones((300, 400), np.uint8)
    labels[generator.integers(0, 300, 4), generator.integers(0, 400, 4)] = 2
    from mfgui.core.stack import SourceStack

    stack = SourceStack.from_arrays([np.zeros((300, 400, 1), np.uint8)] * 2)
    desk.controller.session.stack = stack
    made = Planes(desk.controller._desk)
    desk.controller.sets.set_map(labels, MapOrigin(path="map.png"))
    made.want_distance(True)
    desk.settle()
    assert_distances(desk, made)
    paint(desk, Rect(150, 100, 30, 20), 2)
    desk.settle()
    assert_distances(desk, made)
    assert desk.seen(BandChanged)[-1].rect == Rect(86, 36, 158, 148)
