"""Of a set too large for it only the pictures that are looked at are whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mfgui.app import source_pictures, tasks
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.edits import Edit
from mfgui.core.events import PictureReady
from mfgui.core.labels import label_dtype
from mfgui.core.pyramid import Picture, Proxy
from mfgui.core.session import MapOrigin

COUNT, WIDTH, HEIGHT = 12, 240, 160
BYTES = WIDTH * HEIGHT * 16 // 3


@pytest.fixture
def frames(tmp_path: Path) -> list[ImageU8]:
    rng = np.random.default_rng(5)
    found = [rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(COUNT)]
    for number, frame in enumerate(found, start=1):
        cv2.imwrite(str(tmp_path / f"{number:02}.png"), frame[..., ::-1])
    return found


@pytest.fixture
def large(desk, tmp_path: Path, frames, monkeypatch: pytest.MonkeyPatch):
    """A set with too large pictures, which `desk.canvas` keeps as a canvas does."""
    monkeypatch.setattr(tasks, "_WHOLE_BYTES", COUNT * BYTES - 1)
    monkeypatch.setattr(tasks, "_PROXY_BYTES", COUNT * 60 * 40 * 16 // 3)
    monkeypatch.setattr(source_pictures, "_BYTES", 3 * BYTES)
    desk.canvas = {}

    def take(change: object) -> None:
        if isinstance(change, PictureReady):
            desk.canvas[change.key] = change.picture

    desk.controller.notifier.connect(take)
    desk.controller.sets.open(sorted(tmp_path.glob("*.png")))
    desk.settle()
    return desk


def whole(desk) -> set[int]:
    return {
        int(key.removeprefix("source:"))
        for key, picture in desk.canvas.items()
        if not isinstance(picture, Proxy)
    }


def test_that_a_small_set_has_whole_pictures(desk, tmp_path: Path, frames) -> None:
    desk.controller.sets.open(sorted(tmp_path.glob("*.png")))
    desk.settle()
    assert not any(isinstance(picture, Proxy) for picture in desk.controller.sets.pictures)


def test_that_proxies_are_small_pictures_of_their_frames(large, frames) -> None:
    pictures = large.controller.sets.pictures
    assert sum(picture.nbytes for picture in pictures) < 1.1 * tasks._PROXY_BYTES
    for picture, frame in zip(pictures, frames, strict=True):
        assert isinstance(picture, Proxy)
        assert (picture.size.width, picture.size.height) == (60, 40)
        mean = frame.reshape(40, 4, 60, 4, 3).mean(axis=(1, 3))  # area by area, in NumPy
        np.testing.assert_allclose(picture.levels[0][..., 2::-1], mean, atol=0.51)


def test_that_what_is_looked_at_becomes_whole_and_the_rest_gives_way(large, frames) -> None:
    view = large.controller.view
    assert whole(large) == {1}
    for number in (2, 3, 4, 5, 6):
        view.show(f"source:{number}")
        large.settle()
    assert whole(large) == {4, 5, 6}
    np.testing.assert_array_equal(large.canvas["source:6"].levels[0][..., 2::-1], frames[5])
    view.show("source:4")
    large.settle()
    view.show("source:9")
    large.settle()
    assert whole(large) == {4, 6, 9}  # 5 was not looked at for longest


def test_that_the_reference_and_the_panes_stay_whole(large) -> None:
    view = large.controller.view
    view.set_reference()
    view.in_panes = lambda: ["source:2"]
    for number in (2, 3, 4, 5, 6):
        view.show(f"source:{number}")
        large.settle()
    assert {1, 2, 6} <= whole(large)
    assert len(whole(large)) == 3


def test_that_scrubbing_makes_the_first_and_the_last_only(large) -> None:
    large.changes.clear()
    for number in range(2, COUNT + 1):
        large.controller.view.show(f"source:{number}")
    large.settle()
    made = [c.key for c in large.seen(PictureReady) if not isinstance(c.picture, Proxy)]
    assert made == ["source:2", f"source:{COUNT}"]


def test_that_painting_over_proxies_takes_the_pixels_of_the_files(large, frames) -> None:
    controller = large.controller
    labels = np.full((HEIGHT, WIDTH), 2, label_dtype(COUNT))
    controller.sets.set_map(labels, MapOrigin(path="map.png"))
    controller.view.show("composite")
    large.settle()
    rect = Rect(30, 40, 17, 9)
    patched: list[Picture] = []
    controller.notifier.connect(
        lambda change: patched.append(change) if hasattr(change, "pixels") else None
    )
    controller.edit.apply("Brush", [Edit(rect, np.ones((9, 17), bool), 11)])
    np.testing.assert_array_equal(patched[0].pixels, frames[10][rect.slices])


def test_that_leaving_a_large_set_forgets_its_pictures(large) -> None:
    large.controller.view.show("source:7")
    large.controller.sets.close()
    large.changes.clear()
    large.settle()
    assert not large.seen(PictureReady)
