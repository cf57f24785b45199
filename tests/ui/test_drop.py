from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

import mfgui.resources as resources
from mfgui.ui.application import Application
from mfgui.ui.drop import DropTarget, choices, understood
from tests.ui.hands import WAIT_MS

BESIDE, LEFT, RIGHT = QPoint(50, 50), QPoint(140, 150), QPoint(450, 150)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in (
        *("a.png", "b.jpg", "map.png", "notes.txt"),
        *("truth.png", "scene_GT.jpg", "gt_map.png", "length.png"),
    ):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    return tmp_path


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.mark.parametrize(
    ("names", "has_set", "action", "words"),
    [
        (("a.png", "b.jpg"), False, "set", "Open 2 images as a new set"),
        (("a.png", "b.jpg"), True, "set", "Open 2 images in place of the present set"),
        (("folder",), False, "set", "Open folder folder as a stack"),
        (("map.png",), True, "map", "Use map.png as the focus map"),
        (("b.jpg",), True, "set", "Open b.jpg as a stack"),
        (("truth.png",), True, "truth", "Compare with truth.png as the ground truth"),
        (("scene_GT.jpg",), True, "truth", "Compare with scene_GT.jpg as the ground truth"),
        (("truth.png",), False, "set", "Open truth.png as a stack"),
        (("gt_map.png",), True, "map", "Use gt_map.png as the focus map"),
        (("length.png",), True, "map", "Use length.png as the focus map"),
        (("map.png",), False, "set", "Open map.png as a stack"),
        (("notes.txt",), False, "", "No images in this drop"),
        (("notes.txt", "a.png", "b.jpg"), False, "set", "Open 2 images as a new set"),
        (("gone.png",), False, "", "No images in this drop"),
    ],
)
def test_that_the_window_says_what_a_drop_will_do(
    photos: Path, names: tuple[str, ...], has_set: bool, action: str, words: str
) -> None:
    drop = understood([photos / name for name in names], has_set=has_set)
    assert (drop.action, drop.words) == (action, words)
    assert all(path.name != "notes.txt" for path in drop.paths)


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    return window


@pytest.fixture
def target(window: QWidget) -> DropTarget:
    return DropTarget(window, over=lambda: QRect(100, 100, 400, 120))


def drag(target: DropTarget, data: QMimeData, at: QPoint = BESIDE) -> None:
    window = target.parent()
    event = QDragEnterEvent(
        at,
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)


def let_go(target: DropTarget, data: QMimeData, at: QPoint = BESIDE) -> bool:
    event = QDropEvent(
        QPointF(at),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(target.parent(), event)
    return event.isAccepted()


def test_that_the_overlay_follows_the_drag(target: DropTarget, photos: Path) -> None:
    data = mime(photos / "a.png", photos / "b.jpg")
    drag(target, data)
    assert target.overlay.isVisible()
    assert target.overlay.words.text() == "Open 2 images as a new set"
    assert target.overlay.geometry() == QRect(100, 100, 400, 120)
    QApplication.sendEvent(target.parent(), QDragLeaveEvent())
    assert not target.overlay.isVisible()


def test_that_dropped_files_are_handed_on(target: DropTarget, photos: Path, qtbot: Any) -> None:
    data = mime(photos / "a.png", photos / "notes.txt", photos / "b.jpg")
    drag(target, data)
    with qtbot.waitSignal(target.dropped) as caught:
        assert let_go(target, data)
    assert caught.args[0].paths == (photos / "a.png", photos / "b.jpg")
    assert not target.overlay.isVisible()


def test_that_a_drop_without_images_is_refused(
    target: DropTarget, photos: Path, qtbot: Any
) -> None:
    data = mime(photos / "notes.txt")
    drag(target, data)
    assert target.overlay.words.text() == "No images in this drop"
    with qtbot.assertNotEmitted(target.dropped):
        assert not let_go(target, data)
    assert not target.overlay.isVisible()


def test_that_one_image_beside_a_set_can_be_two_things(photos: Path) -> None:
    def actions(*names: str, has_set: bool = True) -> list[str]:
        found = choices([photos / name for name in names], has_set=has_set)
        return [drop.action for drop in found]

    assert actions("a.png") == ["truth", "map"]
    assert actions("b.jpg") == ["truth", "set"]
    assert actions("a.png", "b.jpg") == actions("folder") == ["set"]
    assert actions("a.png", has_set=False) == ["set"]
    assert actions("notes.txt") == [""]


@pytest.mark.parametrize(
    ("at", "action"), [(LEFT, "truth"), (RIGHT, "map"), (BESIDE, "map")], ids=str
)
def test_that_the_place_of_a_drop_decides(
    target: DropTarget, photos: Path, qtbot: Any, at: QPoint, action: str
) -> None:
    target.has_set = True
    data = mime(photos / "a.png")
    drag(target, data, at)
    places = target.overlay.places
    assert all(place.isVisible() for place in places)
    assert places[0].text() == "Compare with a.png as the ground truth"
    assert places[1].text() == "Use a.png as the focus map"
    assert target.overlay.words is places[action != "truth"]
    with qtbot.waitSignal(target.dropped) as caught:
        assert let_go(target, data, at)
    assert caught.args[0].action == action


def test_that_the_name_decides_beside_the_places(
    target: DropTarget, photos: Path, qtbot: Any
) -> None:
    target.has_set = True
    drag(target, mime(photos / "truth.png"))
    assert target.overlay.words is target.overlay.places[0]
    drag(target, mime(photos / "a.png", photos / "b.jpg"), LEFT)
    assert not target.overlay.places[1].isVisible()
    assert target.overlay.words.text() == "Open 2 images in place of the present set"
    with qtbot.waitSignal(target.dropped) as caught:
        assert let_go(target, mime(photos / "truth.png"))
    assert caught.args[0].action == "truth"


def test_that_a_ground_truth_dropped_on_the_window_becomes_the_reference(
    opened: Application, qtbot: Any
) -> None:
    window, session = opened.window, opened.controller.session
    data = mime(resources.path("samples/pair/truth.png"))
    drag(window.parts.drops, data)
    assert window.parts.drops.overlay.words.text() == "Compare with truth.png as the ground truth"
    assert let_go(window.parts.drops, data)
    qtbot.waitUntil(lambda: session.reference == "truth", timeout=WAIT_MS)
    assert "truth" in window.parts.canvas.picture_keys
    opened.controller.edit.undo()
    assert session.truth is None
    assert "truth" not in window.parts.canvas.picture_keys
