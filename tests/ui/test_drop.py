from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from mfgui.ui.drop import DropTarget, understood


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a.png", "b.jpg", "map.png", "notes.txt"):
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


def drag(target: DropTarget, data: QMimeData) -> None:
    window = target.parent()
    event = QDragEnterEvent(
        QPoint(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)


def let_go(target: DropTarget, data: QMimeData) -> bool:
    event = QDropEvent(
        QPointF(50, 50),
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
