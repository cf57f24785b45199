import numpy as np
import pytest

from mfgui.app.refining import Shown, Wish, refine_band
from mfgui.core.arrays import Rect
from mfgui.core.compute import Compute
from mfgui.core.edits import Edit
from mfgui.core.events import MapPatched, Notice
from mfgui.core.stack import SourceStack


@pytest.fixture
def edited(desk, tiny_pair_files, tiny_pair):
    """A desk with the pair, its map with a speck in each half, and what a view is told."""
    desk.controller.sets.open(list(tiny_pair_files))
    desk.settle()
    labels = tiny_pair.labels.copy()
    labels[10:13, 10:13] = 2
    labels[30:33, 50:53] = 1
    desk.controller.edit.replace("Map", labels)
    desk.settle()
    desk.told = []
    desk.controller.refining.listen(desk.told.append)
    return desk


def labels_of(desk):
    return desk.controller.session.focus_map.labels.copy()


def steps(desk):
    return list(desk.controller.edit.history.names)


def wish(desk, name="remove-specks", **explicit):
    explicit = explicit or ({"share": 0.01} if name == "remove-specks" else {})
    return Wish(name, tuple(explicit.items()), desk.controller.refining.target)


def test_that_a_refiner_is_one_step(edited, tiny_pair):
    before, begun = labels_of(edited), steps(edited)
    edited.controller.refining.apply(wish(edited))
    edited.settle()
    assert np.array_equal(labels_of(edited), tiny_pair.labels)
    assert steps(edited) == [*begun, "Remove specks"]
    assert edited.told == [Shown("computing"), Shown("applied", 18)]
    edited.controller.edit.undo()
    assert np.array_equal(labels_of(edited), before)


def test_that_nothing_outside_the_region_changes(edited):
    edited.controller.region.set(Rect(0, 0, 32, 48))
    before = labels_of(edited)
    edited.controller.refining.apply(wish(edited))
    edited.settle()
    after = labels_of(edited)
    assert (after[10:13, 10:13] == 1).all()
    assert np.array_equal(after[:, 32:], before[:, 32:])


def test_that_no_change_is_no_step_but_said(edited):
    edited.controller.refining.apply(wish(edited))
    edited.settle()
    begun = steps(edited)
    edited.controller.refining.apply(wish(edited))
    edited.settle()
    assert steps(edited) == begun
    assert edited.told[-1] == Shown("unchanged", 0)
    assert edited.seen(Notice)[-1].what == "Remove specks: nothing changed"


def test_that_a_preview_is_no_step_and_can_be_taken_back(edited, tiny_pair):
    before, begun = labels_of(edited), steps(edited)
    edited.controller.refining.preview(wish(edited))
    edited.settle()
    assert np.array_equal(labels_of(edited), tiny_pair.labels)
    assert edited.told[-1] == Shown("shown", 18)
    assert steps(edited) == begun
    edited.controller.refining.cancel()
    assert np.array_equal(labels_of(edited), before)
    assert steps(edited) == begun
    assert edited.seen(MapPatched)


def test_that_each_preview_starts_from_the_map_and_the_last_one_can_be_kept(edited, tiny_pair):
    before, begun = labels_of(edited), steps(edited)
    refining = edited.controller.refining
    for pixels in (3, 5, 2):
        refining.preview(wish(edited, "grow", label=1, pixels=pixels))
        edited.settle()
    last = wish(edited, "grow", label=1, pixels=2)
    assert [told.state for told in edited.told] == ["computing", "shown"] * 3
    expected = labels_of(edited)
    assert np.array_equal(expected[:, 32:34], np.ones((48, 2), np.uint8))
    assert (expected[20, 34:] == 2).all()
    edited.backend.events.clear()
    refining.apply(last)
    assert steps(edited) == [*begun, "Grow or shrink label"]  # at once: it was there already
    edited.settle()
    assert np.array_equal(labels_of(edited), expected)
    edited.controller.edit.undo()
    assert np.array_equal(labels_of(edited), before)


def test_that_only_the_newest_wish_is_answered(edited):
    refining = edited.controller.refining
    for pixels in (9, 7, 1):
        refining.preview(wish(edited, "grow", label=1, pixels=pixels))
    edited.settle()
    assert (labels_of(edited)[20, 33:] == 2).all()
    assert [told.state for told in edited.told] == ["computing"] * 3 + ["shown"]


@pytest.mark.parametrize("how", ["paint", "undo", "region", "detect", "close"])
def test_that_a_preview_gives_way_to_whatever_is_done(edited, how):
    before, begun = labels_of(edited), steps(edited)
    controller = edited.controller
    controller.refining.preview(wish(edited))
    edited.settle()
    if how == "paint":
        mask = np.ones((2, 2), bool)
        controller.edit.apply("Brush", [Edit(Rect(60, 40, 2, 2), mask, 1)])
        before[40:42, 60:62] = 1
        assert steps(edited) == [*begun, "Brush"]
    elif how == "undo":
        controller.edit.undo()
        assert steps(edited) == begun
    elif how == "region":
        controller.region.set(Rect(1, 1, 5, 5))
        assert steps(edited) == [*begun, "Region"]
    elif how == "detect":
        controller.runs.detect("laplacian", {})
        edited.settle()
        controller.edit.undo()
    else:
        controller.sets.close()
        edited.settle()
    assert edited.told[-1] == Shown("gone")
    if how != "close":
        assert np.array_equal(labels_of(edited), before)


def test_that_the_answer_is_made_anew_when_the_map_has_changed(edited):
    refining = edited.controller.refining
    refining.apply(wish(edited))
    mask = np.ones((2, 2), bool)
    edited.controller.edit.apply("Brush", [Edit(Rect(5, 40, 2, 2), mask, 2)])
    edited.settle()
    after = labels_of(edited)
    assert (after[:, :32] == 1).all()  # the new speck went, too
    assert [told.state for told in edited.told] == ["computing", "computing", "applied"]
    assert steps(edited)[-2:] == ["Brush", "Remove specks"]


def test_that_a_stroke_is_not_interrupted(edited):
    controller = edited.controller
    controller.refining.apply(wish(edited))
    controller.edit.begin("Brush")
    edited.backend.work()
    controller.handle(edited.backend.events.popleft())  # before the first dab
    assert controller.edit.busy
    controller.edit.extend([Edit(Rect(5, 40, 2, 2), np.ones((2, 2), bool), 2)])
    edited.backend.work()
    controller.handle(edited.backend.events.popleft())
    assert controller.edit.busy
    assert "Remove specks" not in steps(edited)
    controller.edit.commit()
    edited.settle()
    assert steps(edited)[-2:] == ["Brush", "Remove specks"]
    assert (labels_of(edited)[:, :32] == 1).all()


def test_that_unassigned_pixels_are_filled_and_a_map_goes_back_to_its_detector(edited):
    controller = edited.controller
    detected = controller.registry.get("laplacian").function(
        [controller.session.stack.pixels(index) for index in range(2)],
        compute=Compute(),
    )
    labels = np.full((48, 64), 2, np.uint8)
    labels[:20] = 0
    labels[0, :5] = 255
    controller.edit.replace("Map", labels)
    target = controller.refining.target
    controller.refining.apply(Wish("laplacian", (), target, unassigned=True))
    edited.settle()
    expected = np.where(labels == 0, detected, labels)
    assert np.array_equal(labels_of(edited), expected)
    controller.refining.apply(Wish("laplacian", (), target))
    edited.settle()
    expected = np.where(labels == 255, 255, detected)
    assert np.array_equal(labels_of(edited), expected)
    assert steps(edited)[-2:] == ["Fill unassigned", "Revert to detected"]


@pytest.mark.parametrize("method", ["guided-filter", "graph-cut"])
def test_that_a_band_is_refined_inside_its_mask_only(tiny_pair, method):
    stack = SourceStack.from_arrays(list(tiny_pair.images))
    labels = np.roll(tiny_pair.labels, 4, axis=1)
    labels[:, :4] = 1
    before = labels.copy()
    rect = Rect(20, 5, 30, 35)
    mask = np.zeros((35, 30), bool)
    mask[5:30, 5:25] = True
    found = refine_band(stack, labels, rect, mask, method=method, width=6)(lambda _part: None)
    assert np.array_equal(labels, before)
    assert found.shape == (35, 30)
    assert np.array_equal(found[~mask], before[rect.slices][~mask])
    assert not np.array_equal(found, before[rect.slices])
    if method == "graph-cut":
        assert np.mean(found[10:25, 5:25] == tiny_pair.labels[15:30, 25:45]) > 0.95
