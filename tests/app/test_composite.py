"""The composite of the present map follows every change of it."""

from __future__ import annotations

import numpy as np
import pytest

from mfgui.core import events as changes
from mfgui.core.arrays import Rect, from_float
from mfgui.core.compose import compose
from mfgui.core.edits import Edit
from mfgui.core.pyramid import Picture
from mfgui.core.seams import Seam
from mfgui.core.session import MapOrigin

ORIGIN = MapOrigin(path="map.png")
BLOB = Rect(8, 20, 6, 7)


@pytest.fixture
def shown(desk, tiny_pair, tiny_pair_files):
    """A set with a map; the composite is shown, kept in `desk.canvas` as a canvas keeps it."""
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    pictures: dict[str, Picture] = {}

    def take(change: object) -> None:
        if isinstance(change, changes.PictureReady):
            pictures[change.key] = change.picture
        elif isinstance(change, changes.PictureDropped):
            pictures.pop(change.key, None)
        elif isinstance(change, changes.PicturePatched):
            pictures[change.key].repair(change.rect, change.pixels)

    desk.controller.notifier.connect(take)
    desk.canvas = pictures
    desk.controller.view.show("composite")
    desk.settle()
    desk.changes.clear()
    return desk


def paint(desk, rect: Rect, label: int) -> None:
    edit = Edit(rect, np.ones((rect.height, rect.width), bool), label)
    desk.controller.edit.apply("Brush", [edit])


def expected(desk, labels) -> np.ndarray:
    session = desk.controller.session
    images = [session.stack.pixels(0), session.stack.pixels(1)]
    return from_float(compose(images, labels, seam=session.seam), "uint8")


def picture(desk) -> np.ndarray:
    return desk.canvas["composite"].levels[0][..., 2::-1]


def test_that_the_composite_is_the_one_of_the_map(shown, tiny_pair) -> None:
    np.testing.assert_array_equal(picture(shown), expected(shown, tiny_pair.labels))
    assert shown.controller.session.shown == "composite"


def test_that_a_stroke_is_seen_before_anything_else_is_done(shown, tiny_pair) -> None:
    for label in (1, 2):
        paint(shown, BLOB, label)
        labels = shown.controller.session.focus_map.labels
        np.testing.assert_array_equal(picture(shown), expected(shown, labels))
    shown.controller.edit.undo()
    labels = shown.controller.session.focus_map.labels
    assert (labels[BLOB.slices] == 1).all()
    np.testing.assert_array_equal(picture(shown), expected(shown, labels))
    assert not shown.seen(changes.PictureReady)


@pytest.mark.parametrize(
    "seam", [Seam("feather", 5), Seam("multi-band", 4), Seam("feather", 3, tone_match=True)]
)
def test_that_soft_seams_follow_too(shown, seam) -> None:
    controller = shown.controller
    controller.composite.set_seam(seam)
    shown.settle()
    np.testing.assert_array_equal(
        picture(shown), expected(shown, controller.session.focus_map.labels)
    )
    labels = controller.session.focus_map.labels
    for rect in (BLOB, Rect(40, 5, 9, 9)):  # the second while the first is composed
        paint(shown, rect, 3 - int(labels[rect.y, rect.x]))
    shown.settle()
    found = picture(shown).astype(int)
    wanted = expected(shown, controller.session.focus_map.labels).astype(int)
    assert np.abs(found - wanted).max() <= 1  # float32 rounding beside a half


def test_that_unassigned_pixels_are_those_of_the_detector(shown) -> None:
    from mfgui.methods import registry

    paint(shown, Rect(0, 0, 40, 48), 0)
    shown.settle()
    session = shown.controller.session
    images = [session.stack.pixels(0), session.stack.pixels(1)]
    detector = registry.load().get("laplacian")
    from mfgui.core.compute import Compute

    detected = detector.function(images, compute=Compute(), **detector.defaults())
    labels = session.focus_map.labels
    filled = np.where(labels == 0, detected, labels)
    np.testing.assert_array_equal(picture(shown), expected(shown, filled))
    paint(shown, BLOB, 2)  # at once from here on
    paint(shown, Rect(50, 30, 9, 9), 0)
    filled = np.where(labels == 0, detected, labels)
    np.testing.assert_array_equal(picture(shown), expected(shown, filled))


def test_that_the_readout_has_the_true_pixels(shown) -> None:
    paint(shown, BLOB, 2)
    read = shown.canvas["composite"].stored(BLOB, frame=shown.controller.session.stack.size)
    stack = shown.controller.session.stack
    np.testing.assert_array_equal(read, stack.pixels(1)[BLOB.slices])


def test_that_changes_while_it_is_made_are_not_lost(desk, tiny_pair, tiny_pair_files) -> None:
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.sets.set_map(tiny_pair.labels, ORIGIN)
    pictures = {}

    def take(change: object) -> None:
        if isinstance(change, changes.PictureReady):
            pictures[change.key] = change.picture
        elif isinstance(change, changes.PicturePatched):
            pictures[change.key].repair(change.rect, change.pixels)

    desk.controller.notifier.connect(take)
    desk.controller.view.show("composite")
    paint(desk, BLOB, 2)
    paint(desk, Rect(30, 30, 10, 10), 1)
    desk.settle()
    desk.canvas = pictures
    labels = desk.controller.session.focus_map.labels
    np.testing.assert_array_equal(picture(desk), expected(desk, labels))


def test_that_it_goes_with_the_map_and_the_set(shown) -> None:
    controller = shown.controller
    controller.edit.undo()
    assert controller.session.focus_map is None
    assert "composite" not in shown.canvas
    controller.edit.redo()
    controller.view.show("composite")
    shown.settle()
    assert "composite" in shown.canvas
    controller.sets.close()
    shown.settle()
    assert "composite" not in shown.canvas


def test_that_the_fused_image_without_results_is_the_composite(shown) -> None:
    shown.controller.view.show("source:1")
    assert shown.controller.view.fused_key() == "composite"


def test_that_the_composite_can_be_exported(shown, tmp_path) -> None:
    import cv2

    paint(shown, BLOB, 2)
    path = tmp_path / "out.png"
    controller = shown.controller
    controller.sets.export_image(controller.composite.image(), path, depth="uint8")
    paint(shown, BLOB, 1)  # after the export was asked for
    shown.settle()
    written = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
    labels = controller.session.focus_map.labels.copy()
    labels[BLOB.slices] = 2
    np.testing.assert_array_equal(written, expected(shown, labels))


def test_that_what_changes_out_of_sight_is_composed_when_it_is_shown_again(shown) -> None:
    controller = shown.controller
    controller.view.show("source:1")
    shown.changes.clear()
    paint(shown, BLOB, 2)
    paint(shown, Rect(40, 5, 9, 9), 1)
    assert not shown.seen(changes.PicturePatched)
    controller.view.show("composite")
    shown.settle()
    labels = controller.session.focus_map.labels
    np.testing.assert_array_equal(picture(shown), expected(shown, labels))
    controller.composite.set_seam(Seam("feather", 5))
    controller.view.show("source:1")
    paint(shown, BLOB, 1)
    shown.settle()
    controller.composite.ensure()  # somebody peeks at it
    shown.settle()
    found, wanted = picture(shown).astype(int), expected(shown, labels).astype(int)
    assert np.abs(found - wanted).max() <= 1


def test_that_an_older_state_that_was_on_its_way_does_not_stay(shown, monkeypatch) -> None:
    from mfgui.app import composite

    label = 3 - int(shown.controller.session.focus_map.labels[BLOB.y, BLOB.x])
    with monkeypatch.context() as context:
        context.setattr(composite, "_AT_ONCE", 0)
        paint(shown, BLOB, label)  # large: the pool composes it
    paint(shown, BLOB, 3 - label)  # seen at once, before the older one arrives
    shown.settle()
    labels = shown.controller.session.focus_map.labels
    np.testing.assert_array_equal(picture(shown), expected(shown, labels))
