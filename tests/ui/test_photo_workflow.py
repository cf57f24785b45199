"""The photographer's flow: from frames on a card to one 16-bit picture, by real events.

The steps and pictures are those of docs/fuse-a-stack.md.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mfgui.core.arrays import ImageU8, Size
from mfgui.core.events import Severity
from mfgui.synth.moving_stack import MovingStack, rendered
from mfgui.ui.application import Application
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.dialogs.export import ExportDialog
from tests.ui.hands import click
from tests.ui.pictures import check_picture, pixels_of

WAIT_MS = 120_000
STACK = MovingStack(
    Size(600, 420), frames=4, seed=31, breathing=2, shift=4, rotation=0.3, gain=6, noise=1, jpeg=95
)
OTHER = MovingStack(Size(600, 420), frames=2, seed=77, jpeg=95)
CAMERA = "Flow One"
_MODEL, _TAKEN, _EXIF = 0x0110, 0x9003, 0x8769


@dataclass
class Hand:
    """Does what a person does, and counts it."""

    window: QWidget
    actions: list[str] = field(default_factory=list)

    def drop(self, paths: list[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        copy = Qt.DropAction.CopyAction
        place = QPoint(400, 300)
        QApplication.sendEvent(self.window, QDragEnterEvent(place, copy, data, left, none))
        QApplication.sendEvent(self.window, QDropEvent(QPointF(place), copy, data, left, none))
        self.actions.append("drop")

    def click(self, widget: QWidget) -> None:
        click(widget)
        self.actions.append("click")

    def key(self, widget: QWidget, key: Qt.Key, *, control: bool = False) -> None:
        none, ctrl = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
        QTest.keyClick(widget, key, ctrl if control else none)
        self.actions.append(f"key {key.name}")


def written(path: Path, pixels: ImageU8, *, second: int, profile: bytes) -> Path:
    exif = Image.Exif()
    exif[_MODEL] = CAMERA
    exif.get_ifd(_EXIF)[_TAKEN] = f"2024:05:06 07:08:{second:02}"
    Image.fromarray(pixels).save(path, quality=96, exif=exif, icc_profile=profile)
    return path


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], bytes]:
    """Five frames of one scene and another scene between them; names tell nothing of the order."""
    folder = tmp_path_factory.mktemp("card")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    frames = [frame.pixels for frame in rendered(STACK).frames()]
    frames.insert(2, next(iter(rendered(OTHER).frames())).pixels)
    names = ["IMG_4.jpg", "IMG_2.jpg", "IMG_9.jpg", "IMG_1.jpg", "IMG_3.jpg"]
    paths = [
        written(folder / name, pixels, second=second, profile=profile)
        for second, (name, pixels) in enumerate(zip(names, frames, strict=True))
    ]
    return paths, profile


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((first - second) ** 2)))


def test_that_a_photographer_gets_one_picture_in_five_actions(
    application: Application, card: tuple[list[Path], bytes], qtbot: Any
) -> None:
    paths, profile = card
    window, controller = application.window, application.controller
    parts, hand = window.parts, Hand(window)

    hand.drop(sorted(paths))
    qtbot.waitUntil(lambda: parts.canvas.shown == "source:1", timeout=WAIT_MS)
    assert [row.title for row in parts.sources.view.rows.rows] == [path.name for path in paths]

    hand.click(window._tool_bar.fuse_button)
    assert parts.sources.header.status.text() == "Aligning…"
    assert not window._tool_bar.fuse_button.isEnabled()
    assert parts.method.method.name == "photo"  # what runs is what the dock shows
    qtbot.waitUntil(lambda: parts.canvas.shown == "result:1", timeout=WAIT_MS)
    assert parts.overlay.overlay.mode is OverlayMode.OFF

    # The frame that does not fit: a banner, a mark in its row, its reason in words
    fit = controller.align.alignment
    assert fit.used == (0, 1, 3, 4)
    shown = parts.banners.shown.notice
    assert shown.severity is Severity.WARNING
    assert shown.what.startswith("IMG_9.jpg: ")
    rows = parts.sources.view.rows.rows
    assert [row.badge for row in rows] == ["1", "2", "", "3", "4"]
    assert [row.note_icon for row in rows] == ["info", "info", "warning", "info", "info"]
    assert rows[2].detail == "Left out"
    assert fit.frames[2].warning in rows[2].spoken
    for frame in fit.used:
        if frame != fit.reference:
            assert f"{fit.frames[frame].residual:.2f} px" in rows[frame].detail
            assert f"{100 * fit.frames[frame].overlap:.0f} %" in rows[frame].extra
            assert "stops" in rows[frame].extra or "same light" in rows[frame].extra

    check_maps_can_be_looked_at(application, qtbot)

    window.docks["sources"].raise_()
    qtbot.waitUntil(lambda: not controller.state.running, timeout=WAIT_MS)
    check_picture(window, "fuse-done", suffix=".jpg")

    hand.key(window, Qt.Key.Key_E, control=True)
    qtbot.waitUntil(lambda: window.findChild(ExportDialog) is not None, timeout=20_000)
    dialog = window.findChild(ExportDialog)
    assert [dialog.part_box.itemText(n) for n in range(dialog.part_box.count())] == [
        "Fused image",
        "Depth map",
        "Confidence",
        "Frames as layers",
    ]
    assert dialog.name_line.text() == "{name}_fused"
    fields = dialog._naming.fields
    assert (fields["method"], fields["count"], f"{fields['date']:%Y}") == ("photo", 5, "2024")
    hand.key(dialog.path_line, Qt.Key.Key_Return)
    target = paths[0].with_name("IMG_4_fused.tif")
    qtbot.waitUntil(
        lambda: any(notice.what.startswith("saved") for notice in parts.banners.notices),
        timeout=WAIT_MS,
    )
    # Before the warning that has been there for long
    assert parts.banners.shown.notice.what == f"saved {target.name}"
    assert hand.actions == ["drop", "click", "key Key_E", "key Key_Return"]
    assert len(hand.actions) <= 5

    # Read by others
    pixels = tifffile.imread(target)
    assert pixels.dtype == np.uint16
    crop = fit.crop
    assert pixels.shape == (crop.height, crop.width, 3)
    with Image.open(target) as image:
        assert image.getexif()[_MODEL] == CAMERA
        assert image.info["icc_profile"] == profile
        profiled = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profiled)

    # Sharp everywhere: near the truth in the geometry and the light of the reference
    number = [0, 1, None, 2, 3][fit.reference]
    true = STACK.transforms()[number]
    how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    size = (STACK.size.width, STACK.size.height)
    back = np.linalg.inv(true.matrix)
    expected = cv2.warpPerspective(rendered(STACK).truth(), back, size, flags=how)[crop.slices]
    reference = controller.session.stack.pixels(fit.used.index(fit.reference)) / 255.0
    light = np.median(reference) / np.median(expected / 255.0)
    inner = (slice(12, -12), slice(12, -12))
    fused, truth = (pixels / 65535.0)[inner], np.clip(light * expected / 255.0, 0, 1)[inner]
    assert psnr(fused, truth) > 25
    assert psnr(fused, truth) > psnr(reference[inner], truth) + 3


def check_maps_can_be_looked_at(application: Application, qtbot: Any) -> None:
    """Depth and confidence are overlays of the result, read in the status bar."""
    parts = application.window.parts
    overlay, result = parts.overlay, application.controller.session.results[1]
    plain = pixels_of(parts.canvas.grab().toImage()).astype(int)
    height, width = result.image.shape[:2]
    x, y = width // 3, height // 2
    for mode, words in (
        (OverlayMode.DEPTH, "depth {:.1f}"),
        (OverlayMode.TRUST, "confidence {:.2f}"),
    ):
        assert overlay.isEnabled()
        assert overlay.modes[mode].isEnabled()
        overlay.modes[mode].trigger()
        told = float(result.aspects[words.split()[0]][y, x])
        assert parts.status.value_at(x, y) == words.format(told)
        qtbot.waitUntil(
            lambda: np.abs(pixels_of(parts.canvas.grab().toImage()) - plain).mean() > 5,
            timeout=WAIT_MS,
        )
    overlay.modes[OverlayMode.OFF].trigger()


def test_that_a_frame_is_left_out_and_used_again_by_key_and_menu(
    application: Application, card: tuple[list[Path], bytes], qtbot: Any
) -> None:
    window, controller = application.window, application.controller
    view = window.parts.sources.view
    Hand(window).drop(card[0])
    qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)
    click(view.viewport(), view.visualRect(view.rows.index(2)).center())
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert controller.align.left_out == {2}
    qtbot.waitUntil(lambda: view.rows.rows[2].extra == "Left out when aligned", timeout=WAIT_MS)
    menu = window.alignment.menu_of(2)
    words = [action.text() for action in menu.actions()]
    assert words == ["Use again", "Repair: place it between its neighbours", "Make reference"]
    assert [action.isEnabled() for action in menu.actions()] == [True, False, False]
    menu.actions()[0].trigger()
    assert controller.align.left_out == set()
    menu.deleteLater()


def test_that_the_header_chooses_and_a_session_can_be_stopped(
    application: Application, card: tuple[list[Path], bytes], qtbot: Any
) -> None:
    window, controller = application.window, application.controller
    header = window.parts.sources.header
    Hand(window).drop(card[0])
    qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)
    header.model_box.setFocus()
    QTest.keyClick(header.model_box, Qt.Key.Key_Down)
    QTest.keyClick(header.exposure_box, Qt.Key.Key_Down)
    assert controller.align.choice.model == header.model_box.itemData(1)
    assert controller.align.choice.exposure == header.exposure_box.itemData(1)
    stack = controller.session.stack
    window.commands.carry_out("align")
    assert window.parts.status.progress.isVisible()
    assert not header.model_box.isEnabled()
    click(window.parts.status.progress.stop_button)
    qtbot.waitUntil(lambda: not controller.align.busy, timeout=WAIT_MS)
    assert controller.session.stack is stack
    assert header.model_box.isEnabled()


def test_that_fuse_takes_what_the_method_dock_sets_of_photo(
    application: Application, card: tuple[list[Path], bytes], qtbot: Any
) -> None:
    window, controller = application.window, application.controller
    method = window.parts.method
    Hand(window).drop(card[0][:2])
    qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)
    controller.align.choose(model="off", exposure="off")
    before = method.method.name
    method.choose_method("photo")
    box = method.form.rows["nearest"].field.main
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert method.choice.explicit == {"nearest": "none"}
    method.choose_method(before)
    click(window._tool_bar.fuse_button)
    qtbot.waitUntil(lambda: bool(controller.session.results), timeout=WAIT_MS)
    (result,) = controller.session.results.values()
    assert result.provenance.method == method.method.name == "photo"
    assert result.provenance.parameters["nearest"] == "none"


def test_that_depth_and_layers_are_exported(
    application: Application, card: tuple[list[Path], bytes], qtbot: Any, tmp_path: Path
) -> None:
    controller = application.controller
    used = [path for number, path in enumerate(card[0]) if number != 2]
    controller.sets.open(used)
    qtbot.waitUntil(lambda: controller.session.shown == "source:1", timeout=WAIT_MS)
    controller.align.choose(model="off", exposure="off")
    controller.photo.fuse()
    qtbot.waitUntil(lambda: bool(controller.session.results), timeout=WAIT_MS)
    ((number, result),) = controller.session.results.items()
    for part in ("depth", "confidence", "layers"):
        controller.sets.export_part(number, part, tmp_path / f"{part}.tif")
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("*.tif"))) == 3, timeout=WAIT_MS)
    depth = tifffile.imread(tmp_path / "depth.tif").astype(float)
    assert depth.min() >= 1
    told = np.clip(result.aspects["depth"], 1, 4)
    np.testing.assert_allclose(1 + (depth - 1) / 65534 * 3, told, atol=1e-4)
    sure = tifffile.imread(tmp_path / "confidence.tif") / 65535
    np.testing.assert_allclose(sure, np.clip(result.aspects["confidence"], 0, 1), atol=1e-5)
    with tifffile.TiffFile(tmp_path / "layers.tif") as file:
        for index, page in enumerate(file.pages):
            np.testing.assert_array_equal(page.asarray(), controller.session.stack.pixels(index))
        assert len(file.pages) == 4
