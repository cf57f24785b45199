"""Stacks of many frames: low rows, of which several are seen at every size of the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QRect

from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.stack import SourceStack
from mfgui.core.transforms import Transform
from mfgui.ui.align_words import Fits
from mfgui.ui.application import Application
from mfgui.ui.docks.sources import MOST_TALL
from mfgui.ui.row_lists import eye_place
from mfgui.ui.rows import LOW_ROW_HEIGHT, ROW_HEIGHT, note_place, text_place

WAIT_MS = 20_000
SIZE = Size(96, 64)


def opened(application: Application, folder: Path, k: int, qtbot: Any) -> None:
    rng = np.random.default_rng(k)
    paths = [folder / f"{number:02}.png" for number in range(1, k + 1)]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 255, (SIZE.height, SIZE.width, 3), np.uint8))
    session = application.controller.session
    application.controller.sets.open(paths)
    qtbot.waitUntil(
        lambda: (
            application.controller.session is not session
            and application.controller.session.shown == "source:1"
        ),
        timeout=WAIT_MS,
    )


@pytest.mark.parametrize(
    ("width", "height", "least"), [(1024, 640, 8), (1280, 720, 4), (1920, 1080, 8)]
)
def test_that_several_frames_are_seen(
    application: Application, tmp_path: Path, qtbot: Any, width: int, height: int, least: int
) -> None:
    window = application.window
    window.resize(width, height)
    opened(application, tmp_path, 12, qtbot)
    window.arranger.reset()
    window.docks["sources"].raise_()
    view = window.parts.sources.view
    qtbot.waitUntil(lambda: view.viewport().height() >= least * LOW_ROW_HEIGHT, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.rows.rowCount() == 12, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.visualRect(view.rows.index(0)).height() > 0, timeout=WAIT_MS)
    rects = [view.visualRect(view.rows.index(n)) for n in range(least)]
    assert all(view.viewport().rect().contains(rect) for rect in rects)
    assert {rect.height() for rect in rects} == {LOW_ROW_HEIGHT}


def test_that_rows_are_low_only_where_there_are_many(
    application: Application, tmp_path: Path, qtbot: Any
) -> None:
    view = application.window.parts.sources.view
    for k, height in ((MOST_TALL, ROW_HEIGHT), (MOST_TALL + 1, LOW_ROW_HEIGHT), (2, ROW_HEIGHT)):
        opened(application, tmp_path, k, qtbot)
        qtbot.waitUntil(
            lambda h=height: view.visualRect(view.rows.index(0)).height() == h, timeout=WAIT_MS
        )


def test_that_nothing_overlaps_in_a_low_row() -> None:
    row = QRect(0, 100, 260, LOW_ROW_HEIGHT)
    text, note, eye = text_place(row, noted=True), note_place(row), eye_place(row)
    assert row.contains(text)
    assert row.contains(eye)
    assert not text.intersects(note)
    assert not text.intersects(eye)
    assert note.center().x() < eye.left()
    assert text_place(row).width() > text.width()


def test_that_the_numbers_of_a_frame_are_told_in_one_line() -> None:
    camera = SourceStack.from_arrays([np.zeros((64, 96, 3), np.uint8)] * 4)
    frames = (
        FrameFit(Transform.identity(), 0.0, 1.0),
        FrameFit(Transform.identity(), 0.123, 0.97),
        FrameFit(Transform.identity(), float("nan"), 0.9, "placed between others"),
        FrameFit(Transform.identity(), 9.0, 0.5, "shows another scene", used=False),
    )
    fit = StackAlignment(SIZE, 0, "similarity", frames, Rect(0, 0, 96, 64))
    light = StackExposure("gain", tuple(FrameExposure((gain,) * 3) for gain in (1, 2, 1, 1)))
    fits = Fits(camera, fit, light)
    assert [fits.brief(n) for n in range(4)] == [
        "Reference",
        "0.12 px · 97 % · -1.00 EV",
        "not measured · 90 %",
        "",
    ]
    assert Fits(camera, fit).brief(1) == "0.12 px · 97 %"
    assert Fits(camera).brief(1) == ""
