"""The newest optimum follows the focus map."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from mfgui.app.followed import FOLLOWING, changed_boxes
from mfgui.core import events as changes
from mfgui.core.arrays import Rect, from_float
from mfgui.core.compute import Compute
from mfgui.core.edits import Edit
from mfgui.core.session import MapOrigin
from mfgui.methods.optimise.mffssim.objective import q_box

WINDOW = 5
BLOB = Rect(8, 20, 6, 7)
OWN, OTHER = 1, 2  # labels of the blob before and after
ORIGIN = MapOrigin(path="map.png")


@pytest.fixture
def fused(desk, tiny_pair, tiny_pair_files):
    """A finished run on a map that was loaded; the result is shown."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    run(desk)
    assert desk.controller.session.shown == "result:1"
    desk.changes.clear()
    return desk


def run(desk, **explicit) -> int:
    desk.controller.runs.run("ms-lap", {"window": WINDOW, "change": 0, **explicit})
    desk.settle()
    return max(desk.controller.session.results)


def with_blob(labels, blob=BLOB):
    changed = labels.copy()
    changed[blob.slices] = 3 - changed[blob.slices]
    return changed


def rms(a, b) -> float:
    return 255 * float(np.sqrt(np.mean((a - b) ** 2)))


def test_that_the_optimum_is_brought_along_to_a_new_map(fused, tiny_pair) -> None:
    session = fused.controller.session
    first, labels = session.results[1], with_blob(tiny_pair.labels)
    image = first.image.copy()
    fused.controller.sets.set_map(labels, ORIGIN)
    fused.settle()
    assert list(session.results) == [1, 2]
    assert session.results[1] is first
    np.testing.assert_array_equal(first.image, image)
    found = session.results[2]
    assert found.name == first.name + FOLLOWING
    assert (found.state, found.curve, found.window) == ("done", None, WINDOW)
    assert found.map_revision == session.focus_map.revision
    assert found.provenance.follows == 1
    assert found.provenance.parameters == first.provenance.parameters
    np.testing.assert_array_equal(found.labels, labels)
    assert not found.labels.flags.writeable
    assert not found.image.flags.writeable
    assert session.shown == "result:2"
    assert fused.seen(changes.PictureReady)[-1].key == "result:2"

    full = session.results[run(fused)]
    assert rms(found.image, full.image) < 0.5
    near = BLOB.grown(3 * WINDOW).intersected(Rect(0, 0, 64, 48))
    far = np.ones(labels.shape, bool)
    far[near.slices] = False
    assert 255 * np.abs(found.image[far] - first.image[far]).max() < 0.3
    assert rms(found.image[BLOB.slices], first.image[BLOB.slices]) > 5


def test_that_q_is_evaluated_after_the_last_change(fused, tiny_pair) -> None:
    controller = fused.controller
    controller.sets.set_map(with_blob(tiny_pair.labels), ORIGIN)
    fused.settle()
    found, stack = controller.session.results[2], controller.session.stack
    images = [stack.pixels(0), stack.pixels(1)]
    q = q_box(images, found.labels, found.image, window=WINDOW, compute=Compute())
    assert found.q == found.q_box == pytest.approx(q, abs=1e-7)
    added = [change.run_id for change in fused.seen(changes.ResultAdded)]
    assert added == [2, 2]  # without and with Q


def test_that_the_successor_takes_the_place_of_what_followed(fused, tiny_pair) -> None:
    controller = fused.controller
    labels = with_blob(tiny_pair.labels)
    controller.sets.set_map(labels, ORIGIN)
    fused.settle()
    second = Rect(50, 5, 6, 6)
    labels = with_blob(labels, second)
    controller.session.focus_map.write(second, labels[second.slices])
    controller.follower.map_changed(second)
    assert controller.follower._job.area == second  # and not the whole picture
    fused.settle()
    assert list(controller.session.results) == [1, 2]
    found = controller.session.results[2]
    assert found.name.count(FOLLOWING) == 1
    assert found.provenance.follows == 1
    np.testing.assert_array_equal(found.labels, labels)
    assert controller.session.shown == "result:2"
    assert rms(found.image, controller.session.results[run(fused)].image) < 0.5


def test_that_changes_during_a_solution_are_put_together(fused, tiny_pair) -> None:
    controller = fused.controller
    submitted: list[object] = []
    submit = fused.backend.submit_task
    fused.backend.submit_task = lambda task, **_: (submitted.append(task), submit(task))[1]
    labels = tiny_pair.labels
    for blob in (BLOB, Rect(50, 5, 4, 4), Rect(40, 40, 4, 4)):
        labels = with_blob(labels, blob)
        controller.session.focus_map.write(blob, labels[blob.slices])
        controller.follower.map_changed(blob)
    assert len(submitted) == 1
    fused.settle()
    found = controller.session.results[2]
    np.testing.assert_array_equal(found.labels, labels)
    assert list(controller.session.results) == [1, 2]
    assert [change.run_id for change in fused.seen(changes.ResultAdded)] == [2, 2]


def test_that_the_newest_optimum_is_followed(fused, tiny_pair) -> None:
    controller = fused.controller
    run(fused)
    run(fused, objective="gaussian")
    run(fused, solver="gradient", iterations=2)
    run(fused, light="linear")
    controller.runs.run("average", {})
    fused.settle()
    controller.sets.set_map(with_blob(tiny_pair.labels), ORIGIN)
    fused.settle()
    found = controller.session.results[7]
    assert found.provenance.follows == 2
    assert controller.session.shown == "result:6"  # it is not the picture of what is followed


def test_that_after_a_new_run_what_follows_is_another_result(fused, tiny_pair) -> None:
    controller = fused.controller
    controller.sets.set_map(with_blob(tiny_pair.labels), ORIGIN)
    fused.settle()
    assert run(fused) == 3
    controller.sets.set_map(tiny_pair.labels, ORIGIN)
    fused.settle()
    results = controller.session.results
    assert list(results) == [1, 2, 3, 4]
    assert results[4].provenance.follows == 3
    assert [results[n].guard is None for n in results] == [True, True, True, False]


def test_that_a_map_with_unassigned_pixels_is_not_followed_until_it_has_none(
    fused, tiny_pair
) -> None:
    controller = fused.controller
    labels = with_blob(tiny_pair.labels)
    controller.sets.set_map(labels, ORIGIN)
    fused.settle()
    before = controller.session.results[2]
    holed = labels.copy()
    holed[30:40, 40:50] = 0
    controller.sets.set_map(holed, ORIGIN)
    fused.settle()
    assert controller.session.results[2] is before
    assert not fused.seen(changes.Notice)
    labels = np.where(holed == 0, 1, labels).astype(np.uint8)
    controller.session.focus_map.write(Rect(40, 30, 1, 1), np.ones((1, 1), np.uint8))
    controller.session.focus_map.write(Rect(40, 30, 10, 10), np.ones((10, 10), np.uint8))
    controller.follower.map_changed(Rect(40, 30, 1, 1))
    fused.settle()
    np.testing.assert_array_equal(controller.session.results[2].labels, labels)


def test_that_a_map_that_brings_its_own_result_is_not_followed(desk, tiny_pair_files) -> None:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    run(desk)
    run(desk, window=7)
    assert list(desk.controller.session.results) == [1, 2]
    desk.controller.runs.detect("laplacian", {"window": 3})
    desk.settle()
    assert desk.controller.session.results[3].provenance.follows == 2


def test_that_the_same_map_again_changes_nothing(fused, tiny_pair) -> None:
    fused.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    fused.settle()
    assert list(fused.controller.session.results) == [1]


def test_that_nothing_follows_into_another_set(fused, tiny_pair, tiny_pair_files) -> None:
    controller = fused.controller
    controller.sets.set_map(with_blob(tiny_pair.labels), ORIGIN)
    job = controller.follower._job
    controller.sets.close()
    assert job.stopped.is_set()  # its task ends at the next stripe
    fused.settle()
    assert controller.session.results == {}
    assert not fused.seen(changes.Notice)
    controller.sets.open(tiny_pair_files)
    fused.settle()
    controller.sets.set_map(tiny_pair.labels, ORIGIN)
    fused.settle()
    assert controller.session.results == {}


def test_that_the_result_deleted_meanwhile_does_not_come_back(fused, tiny_pair) -> None:
    controller = fused.controller
    controller.sets.set_map(with_blob(tiny_pair.labels), ORIGIN)
    controller.runs.delete_result(2)
    fused.settle()
    assert list(controller.session.results) == [1]
    assert controller.session.shown == "result:1"


def test_that_a_failure_is_told_and_the_next_change_is_followed(
    fused, tiny_pair, monkeypatch
) -> None:
    from mfgui.methods.optimise.mffssim import local

    controller, labels = fused.controller, with_blob(tiny_pair.labels)
    with monkeypatch.context() as context:
        context.setattr(local, "solve_again", None)
        controller.sets.set_map(labels, ORIGIN)
        fused.settle()
    (notice,) = fused.seen(changes.Notice)
    assert notice.kept.startswith("the results are as they were")
    assert list(controller.session.results) == [1]
    controller.follower.map_changed(Rect(0, 0, 1, 1))
    fused.settle()
    assert list(controller.session.results) == [1, 3]
    np.testing.assert_array_equal(controller.session.results[3].labels, labels)


def test_that_distant_changes_have_boxes_of_their_own() -> None:
    before = np.ones((700, 900), np.uint8)
    after = before.copy()
    first, second = Rect(10, 20, 30, 40), Rect(600, 500, 90, 3)
    for rect in (first, second):
        after[rect.slices] = 2
    whole = Rect(0, 0, 900, 700)
    assert sorted(changed_boxes(before, after, whole, apart=100), key=lambda r: r.x) == [
        first,
        second,
    ]
    assert changed_boxes(before, after, whole, apart=700) == [first.united(second)]
    part = Rect(5, 3, 95, 47)
    found = changed_boxes(before[part.slices], after[part.slices], part, apart=9)
    assert found == [Rect(10, 20, 30, 30)]
    assert changed_boxes(before, before, whole, apart=9) == []


@pytest.mark.parametrize("seed", range(6))
def test_that_boxes_hold_every_change_and_keep_apart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = rng.integers(1, 4, (300, 500)).astype(np.uint8)
    after = before.copy()
    for _ in range(int(rng.integers(1, 14))):
        y, x = rng.integers(0, 290), rng.integers(0, 490)
        after[y : y + rng.integers(1, 40), x : x + rng.integers(1, 40)] = 9
    boxes = changed_boxes(before, after, Rect(0, 0, 500, 300), apart=20)
    covered = np.zeros(before.shape, bool)
    for box in boxes:
        assert (before != after)[box.slices].any()
        covered[box.slices] = True
    assert covered[before != after].all()
    for i, box in enumerate(boxes):
        assert all(box.grown(20).intersected(other).empty for other in boxes[:i])


class Canvas:
    """Keeps pictures as the canvas does."""

    def __init__(self, desk) -> None:
        self.pictures = {}
        desk.controller.notifier.connect(self.take)

    def take(self, change: object) -> None:
        if isinstance(change, changes.PictureReady):
            self.pictures[change.key] = change.picture
        elif isinstance(change, changes.PictureDropped):
            self.pictures.pop(change.key, None)
        elif isinstance(change, changes.PicturePatched):
            self.pictures[change.key].repair(change.rect, change.pixels)

    def pixels(self, key: str) -> np.ndarray:
        return self.pictures[key].levels[0][..., 2::-1].astype(int)


@pytest.fixture
def seen(desk, tiny_pair, tiny_pair_files):
    """A finished run whose picture a canvas keeps."""
    canvas = Canvas(desk)
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    run(desk)
    desk.changes.clear()
    return desk, canvas


def paint(desk, rect: Rect, label: int) -> None:
    mask = np.ones((rect.height, rect.width), bool)
    desk.controller.edit.apply("Brush", [Edit(rect, mask, label)])


def test_that_a_stroke_is_seen_at_once_and_then_as_solved(seen, tiny_pair) -> None:
    desk, canvas = seen
    session = desk.controller.session
    before = canvas.pixels("result:1")
    label = OTHER
    assert (tiny_pair.labels[BLOB.slices] == OWN).all()
    paint(desk, BLOB, label)
    assert session.shown == "result:2"  # the picture was handed over, not made anew
    assert "result:1" not in canvas.pictures
    assert not desk.backend.events
    source = session.stack.pixels(label - 1).astype(int)
    other = session.stack.pixels(2 - label).astype(int)
    changed = (tiny_pair.labels != label)[..., np.newaxis]
    moved = np.where(changed, np.clip(before + source - other, 0, 255), before)
    found = canvas.pixels("result:2")
    np.testing.assert_array_equal(found[BLOB.slices], moved[BLOB.slices])
    desk.settle()
    shown = from_float(session.results[2].image, "uint8")
    np.testing.assert_array_equal(canvas.pixels("result:2"), shown)
    stored = canvas.pictures["result:2"].stored(BLOB, frame=session.stack.size)
    np.testing.assert_array_equal(stored, shown[BLOB.slices])


def test_that_what_is_painted_during_a_solution_stays_in_sight(seen) -> None:
    desk, canvas = seen
    controller = desk.controller
    paint(desk, BLOB, OTHER)
    second = Rect(BLOB.x + 2, BLOB.y + 2, 4, 4)  # inside the first one
    paint(desk, second, OWN)
    desk.backend.work()
    controller.handle(desk.backend.events.popleft())  # the solution of the first stroke
    assert controller.follower._job is not None  # that of the second is under way
    solved = from_float(controller.session.results[2].image, "uint8").astype(int)
    stack = controller.session.stack
    own, other = (stack.pixels(n - 1).astype(int) for n in (OWN, OTHER))
    painted = np.clip(solved + own - other, 0, 255)
    assert np.abs(painted - solved)[second.slices].mean() > 1
    found = canvas.pixels("result:2")
    np.testing.assert_array_equal(found[second.slices], painted[second.slices])
    around = np.ones(found.shape[:2], bool)
    around[second.slices] = False
    np.testing.assert_array_equal(found[around], solved[around])
    desk.settle()
    shown = from_float(controller.session.results[2].image, "uint8")
    np.testing.assert_array_equal(canvas.pixels("result:2"), shown)


def test_that_undone_strokes_are_followed(seen) -> None:
    desk, canvas = seen
    paint(desk, BLOB, OTHER)
    paint(desk, BLOB, OWN)
    desk.settle()
    desk.controller.edit.go_to(desk.controller.edit.history.position - 2)
    desk.settle()
    session = desk.controller.session
    np.testing.assert_array_equal(session.results[2].labels, session.focus_map.labels)
    shown = from_float(session.results[2].image, "uint8")
    np.testing.assert_array_equal(canvas.pixels("result:2"), shown)
    assert rms(session.results[2].image, session.results[1].image) < 0.3


def test_that_a_frozen_result_stays_while_the_map_goes_on(seen) -> None:
    desk, _ = seen
    paint(desk, BLOB, OTHER)
    desk.settle()
    live = desk.controller.session.results[2]
    kept = live.frozen()
    image, labels = kept.image.copy(), kept.labels.copy()
    paint(desk, BLOB, OWN)
    desk.settle()
    assert (live.labels[BLOB.slices] == OWN).all()
    np.testing.assert_array_equal(kept.image, image)
    np.testing.assert_array_equal(kept.labels, labels)
    assert kept.guard is None


def test_that_the_older_result_can_be_shown_again(seen) -> None:
    desk, canvas = seen
    image = desk.controller.session.results[1].image
    paint(desk, BLOB, OTHER)
    desk.settle()
    desk.controller.view.show("result:1")
    desk.settle()
    np.testing.assert_array_equal(canvas.pixels("result:1"), from_float(image, "uint8"))


def test_that_results_know_whether_the_map_is_still_theirs(seen) -> None:
    desk, _ = seen
    session, edit = desk.controller.session, desk.controller.edit
    own = session.results[1].map_revision
    assert own == session.focus_map.revision
    paint(desk, BLOB, OTHER)
    desk.settle()
    second = session.focus_map.revision
    assert second != own
    assert session.results[2].map_revision == second
    edit.undo()
    assert session.focus_map.revision == own
    edit.redo()
    assert session.focus_map.revision == second
    edit.undo()
    paint(desk, Rect(1, 1, 2, 2), 3 - int(session.focus_map.labels[1, 1]))
    assert session.focus_map.revision not in (own, second)


def test_that_a_run_that_makes_its_map_has_the_revision_of_it(desk, tiny_pair_files) -> None:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    run(desk)
    session = desk.controller.session
    assert session.results[1].map_revision == session.focus_map.revision


def test_that_what_is_painted_on_a_source_is_solved_when_the_result_is_shown(seen) -> None:
    desk, canvas = seen
    session, view = desk.controller.session, desk.controller.view
    view.show("source:1")
    paint(desk, BLOB, OTHER)
    paint(desk, Rect(50, 5, 6, 6), 3 - int(session.focus_map.labels[5, 50]))
    desk.settle()
    assert list(session.results) == [1]
    view.show("result:1")
    desk.settle()
    assert list(session.results) == [1, 2]
    np.testing.assert_array_equal(session.results[2].labels, session.focus_map.labels)
    assert session.shown == "result:2"
    shown = from_float(session.results[2].image, "uint8")
    np.testing.assert_array_equal(canvas.pixels("result:2"), shown)


def test_that_an_older_result_that_is_looked_at_is_left_alone(seen) -> None:
    desk, _ = seen
    session, view = desk.controller.session, desk.controller.view
    paint(desk, BLOB, OTHER)
    desk.settle()
    view.show("source:1")
    paint(desk, Rect(50, 5, 6, 6), 3 - int(session.focus_map.labels[5, 50]))
    before = session.results[2].labels.copy()
    view.show("result:1")
    desk.settle()
    assert session.shown == "result:1"
    assert list(session.results) == [1, 2]
    np.testing.assert_array_equal(session.results[2].labels, before)


def test_that_somebody_can_wait_until_the_result_has_caught_up(seen) -> None:
    desk, _ = seen
    session, told = desk.controller.session, []
    desk.controller.follower.when_settled(lambda: told.append(max(session.results)))
    assert told == [1]  # nothing is due
    desk.controller.view.show("source:1")
    paint(desk, BLOB, OTHER)
    desk.controller.follower.when_settled(lambda: told.append(max(session.results)))
    assert told == [1]
    desk.settle()
    assert told == [1, 2]
    paint(desk, BLOB, OWN)
    desk.controller.follower.when_settled(lambda: told.append(0))
    desk.controller.sets.close()
    desk.settle()
    desk.controller.follower.when_settled(lambda: told.append(9))
    assert told == [1, 2, 9]


def test_that_recovery_keeps_what_was_run_and_a_file_keeps_what_followed(seen) -> None:
    desk, _ = seen
    paint(desk, BLOB, OTHER)
    desk.settle()
    sessions = desk.controller.sessions
    assert list(sessions.freeze(for_file=False)().results) == [1]
    stored = sessions.freeze(for_file=True)().results
    assert list(stored) == [1, 2]
    assert stored[2].guard is None
    assert not np.shares_memory(stored[2].image, desk.controller.session.results[2].image)


def along(pixels, stack, *, old: int, new: int) -> np.ndarray:
    """Display pixels moved from one source to another."""
    difference = stack.pixels(new - 1).astype(int) - stack.pixels(old - 1).astype(int)
    return np.clip(pixels + difference, 0, 255)


def test_that_strokes_over_one_another_are_seen_before_any_is_solved(seen) -> None:
    desk, canvas = seen
    stack = desk.controller.session.stack
    pixels = canvas.pixels("result:1")
    paint(desk, BLOB, OTHER)
    paint(desk, BLOB, OWN)
    there = along(pixels, stack, old=OWN, new=OTHER)
    back = along(there, stack, old=OTHER, new=OWN)
    np.testing.assert_array_equal(canvas.pixels("result:2")[BLOB.slices], back[BLOB.slices])


def test_that_a_stroke_after_a_change_that_was_too_large_to_show_at_once_starts_from_it(
    seen, monkeypatch
) -> None:
    from mfgui.app import following

    desk, canvas = seen
    stack = desk.controller.session.stack
    with monkeypatch.context() as context:
        context.setattr(following, "_AT_ONCE", 0)
        paint(desk, BLOB, OTHER)
        desk.settle()
    pixels = canvas.pixels("result:2")
    paint(desk, BLOB, OWN)
    moved = along(pixels, stack, old=OTHER, new=OWN)
    np.testing.assert_array_equal(canvas.pixels("result:2")[BLOB.slices], moved[BLOB.slices])


def test_that_a_score_that_is_out_of_date_is_given_up(seen) -> None:
    desk, _ = seen
    paint(desk, BLOB, OTHER)
    desk.backend.work()
    desk.controller.handle(desk.backend.events.popleft())
    scoring = desk.controller.follower._scoring
    assert not scoring.stopped.is_set()
    paint(desk, BLOB, OWN)
    assert scoring.stopped.is_set()


def test_that_a_change_that_fails_half_way_leaves_the_result_as_it_was(seen, monkeypatch) -> None:
    from mfgui.app import followed
    from mfgui.methods.optimise.mffssim import local

    desk, canvas = seen
    session, solve = desk.controller.session, local.solve_again
    paint(desk, BLOB, OTHER)
    desk.settle()
    kept = session.results[2].frozen()
    solved = []

    def fails_second(*arguments, **named):
        if solved:
            raise RuntimeError("no more")
        solved.append(1)
        return solve(*arguments, **named)

    monkeypatch.setattr(local, "solve_again", fails_second)
    far = Rect(56, 2, 4, 4)
    # The picture is too small for two changes that are solved apart.
    monkeypatch.setattr(followed, "changed_boxes", lambda *_a, **_k: [BLOB, far])
    labels = session.focus_map.labels.copy()
    for rect in (BLOB, far):
        labels[rect.slices] = 3 - labels[rect.slices]
    desk.controller.edit.replace("Both", labels)
    desk.settle()
    assert solved
    np.testing.assert_array_equal(session.results[2].labels, kept.labels)
    np.testing.assert_array_equal(session.results[2].image, kept.image)
    shown = from_float(kept.image, "uint8")
    np.testing.assert_array_equal(canvas.pixels("result:2"), shown)


def test_that_nobody_sees_labels_without_their_pixels(seen) -> None:
    desk, _ = seen
    paint(desk, BLOB, OTHER)
    desk.settle()
    entry, live = desk.controller.follower._entry, desk.controller.session.results[2]
    before = live.frozen()
    found = []
    reader = threading.Thread(target=lambda: found.append(live.frozen()))
    with entry.changing(BLOB, np.full((BLOB.height, BLOB.width), OWN, np.uint8)) as write:
        reader.start()
        write(BLOB, np.zeros((BLOB.height, BLOB.width, 3), np.float32))
        assert not found  # it waits
    reader.join()
    assert (found[0].labels[BLOB.slices] == OWN).all()
    assert not found[0].image[BLOB.slices].any()
    assert (before.labels[BLOB.slices] == OTHER).all()
