from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtTest import QTest

from mfgui.core.pyramid import Picture
from mfgui.ui.start_page import RecentSet, StartPage
from mfgui.ui.thumbnails import RecentThumbnails, thumbnail
from tests.ui.hands import click


def picture(colour: str = "#804020") -> QPixmap:
    pixmap = QPixmap(40, 30)
    pixmap.fill(QColor(colour))
    return pixmap


@pytest.fixture
def page(qtbot: Any, themes: Any) -> StartPage:
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(1200, 700)
    page.show()
    return page


def test_that_each_way_to_open_has_a_button(page: StartPage, qtbot: Any) -> None:
    area = page.drop_area
    for button, signal in (
        (area.images_button, area.open_images),
        (area.folder_button, area.open_folder),
        (area.sample_button, area.open_sample),
    ):
        with qtbot.waitSignal(signal):
            click(button)


def test_that_recent_sets_are_shown_and_can_be_opened(page: StartPage, qtbot: Any) -> None:
    entry = RecentSet(("/photos/a.png", "/photos/b.png"), picture(), missing=False)
    page.show_recent([entry])
    assert page.caption.isVisible()
    tile = page.recent.tiles[0]
    with qtbot.waitSignal(page.recent_chosen) as caught:
        click(tile)
    assert caught.args == [entry.paths]
    assert tile.accessibleName() == "a.png + 1 more, in photos"


def test_that_a_recent_set_opens_with_the_keyboard(page: StartPage, qtbot: Any) -> None:
    page.show_recent([RecentSet(("/photos/a.png",), None, missing=False)])
    tile = page.recent.tiles[0]
    tile.setFocus()
    with qtbot.waitSignal(page.recent_chosen):
        QTest.keyClick(tile, Qt.Key.Key_Space)


def test_that_a_missing_set_is_greyed_out_and_not_removed(page: StartPage, qtbot: Any) -> None:
    page.show_recent([RecentSet(("/photos/a.png",), picture(), missing=True)])
    tile = page.recent.tiles[0]
    assert tile.isVisible()
    assert "missing" in tile.accessibleName()
    with qtbot.assertNotEmitted(page.recent_chosen, wait=20):
        click(tile)
    faded = tile.grab().toImage().pixelColor(20, 60)
    page.show_recent([RecentSet(("/photos/a.png",), picture(), missing=False)])
    full = page.recent.tiles[0].grab().toImage().pixelColor(20, 60)
    assert full == QColor("#804020")
    assert faded != full


def test_that_without_recent_sets_there_is_no_heading(page: StartPage) -> None:
    page.show_recent([])
    assert not page.caption.isVisible()


def test_that_at_most_ten_sets_are_shown_in_columns_that_fit(page: StartPage, qtbot: Any) -> None:
    sets = [RecentSet((f"/photos/{n}.png",), None, missing=False) for n in range(14)]
    page.show_recent(sets)
    assert len(page.recent.tiles) == 10
    wide = page.recent.tiles[4].y()
    page.resize(700, 700)
    qtbot.waitUntil(lambda: page.recent.tiles[4].y() > wide)
    assert all(tile.geometry().right() < 700 for tile in page.recent.tiles)


def test_that_thumbnails_are_kept_and_found_by_the_paths(tmp_path: Path, qapp: Any) -> None:
    kept = RecentThumbnails(tmp_path / "thumbnails")
    pixels = np.full((300, 800, 3), (200, 40, 90), np.uint8)
    kept.save(("/a", "/b"), Picture(pixels))
    assert kept.load(("/a",)) is None
    loaded = kept.load(("/a", "/b"))
    assert loaded is not None
    assert (loaded.width(), loaded.height()) == (320, 120)
    kept.keep_only((("/other",),))
    assert kept.load(("/a", "/b")) is None


def test_that_a_thumbnail_has_the_colours_of_the_picture(qapp: Any) -> None:
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[:, :300] = (250, 0, 0)
    pixels[:, 300:] = (0, 0, 250)
    small = thumbnail(Picture(pixels), side=60)
    assert (small.width(), small.height()) == (60, 40)
    image = small.toImage()
    assert image.pixelColor(5, 20).red() > 240
    assert image.pixelColor(55, 20).blue() > 240


def test_that_an_unwritable_folder_does_not_stop_the_work(tmp_path: Path, qapp: Any) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    RecentThumbnails(blocked / "thumbnails").save(("/a",), Picture(np.zeros((8, 8, 1), np.uint8)))
    assert blocked.read_text() == ""
