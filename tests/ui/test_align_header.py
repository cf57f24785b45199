"""What stands above the frames, and what their rows say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from mfgui.app.align_choice import AlignChoice
from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import Rect, Size
from mfgui.core.exposure import FrameExposure, StackExposure
from mfgui.core.stack import SourceStack
from mfgui.core.transforms import Transform
from mfgui.ui.align_header import AlignHeader
from mfgui.ui.align_words import Fits

STILL = Transform.identity()


@pytest.fixture
def header(qtbot: Any, themes: Any) -> AlignHeader:
    header = AlignHeader()
    qtbot.addWidget(header)
    header.show()
    return header


@pytest.fixture
def camera() -> SourceStack:
    return SourceStack.from_arrays([np.full((40, 60, 3), shade, np.uint8) for shade in range(4)])


def fit_of(*frames: FrameFit) -> StackAlignment:
    return StackAlignment(Size(60, 40), 0, "similarity", frames, Rect(0, 0, 60, 40))


def test_that_a_choice_is_shown_without_being_told(header: AlignHeader, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(header.chosen):
        header.show_choice(AlignChoice("affine", "local", "reference"), enabled=True)
    assert header.model_box.currentText() == "Affine"
    assert header.exposure_box.currentText() == "Local"
    checked = [action.text() for action in header.menu.actions() if action.isChecked()]
    assert checked == ["Keep the whole reference"]


def test_that_what_a_person_chooses_is_told(header: AlignHeader, qtbot: Any) -> None:
    told: list[tuple[str, object]] = []
    header.chosen.connect(lambda name, value: told.append((name, value)))
    header.show_choice(AlignChoice(), enabled=True)
    QTest.keyClick(header.model_box, Qt.Key.Key_End)
    QTest.keyClick(header.exposure_box, Qt.Key.Key_End)
    header.menu.actions()[1].trigger()
    assert told == [("model", "homography"), ("exposure", "local"), ("crop", "reference")]


def test_that_nothing_can_be_chosen_while_frames_are_aligned(header: AlignHeader) -> None:
    header.show_choice(AlignChoice(), enabled=False)
    assert not any(widget.isEnabled() for widget in header.stops)


def test_that_the_boxes_have_room_for_their_short_words(header: AlignHeader) -> None:
    header.resize(272, header.height())
    for box in (header.model_box, header.exposure_box):
        assert box.width() >= box.fontMetrics().horizontalAdvance("Align: Auto") + 24
        assert box.accessibleName()
        assert box.toolTip()


def test_that_an_empty_status_takes_no_room(header: AlignHeader) -> None:
    header.show_status("All 4 frames fit")
    assert header.status.isVisible()
    header.show_status("")
    assert not header.status.isVisible()


def test_that_rows_say_residual_share_and_light(camera: SourceStack) -> None:
    fit = fit_of(
        FrameFit(STILL),
        FrameFit(STILL, 0.123, 0.976),
        FrameFit(STILL, math.nan, 0.5, "shows another scene", used=False),
        FrameFit(STILL, math.nan, 1.0, "placed between frames 2 and 4, not measured"),
    )
    # A frame whose light has to be halved is twice as light.
    gains = (1.0, 0.5, 1.0, 1.0)
    light = StackExposure("gain", tuple(FrameExposure((gain,) * 3) for gain in gains))
    fits = Fits(camera, fit, light)
    assert fits.lines(0)[0] == "Reference"
    assert fits.lines(1) == ("Aligned · 0.12 px", "98 % · +1.00 stops", "")
    assert fits.lines(2) == ("Left out", "Shows another scene", "shows another scene")
    assert fits.lines(3)[0] == "Not measured"
    assert fits.lines(3)[2] == "placed between frames 2 and 4, not measured"
    assert fits.status == "3 of 4 frames fit · shift, turn, scale"


def test_that_a_warning_of_the_light_is_said(camera: SourceStack) -> None:
    fit = fit_of(*[FrameFit(STILL)] * 4)
    frames = [FrameExposure((1.0,))] * 3 + [FrameExposure((1.0,), warning="is almost black")]
    assert Fits(camera, fit, StackExposure("gain", tuple(frames))).lines(3)[2] == "is almost black"


def test_that_the_status_says_what_is_due(camera: SourceStack) -> None:
    fit = fit_of(*[FrameFit(STILL)] * 4)
    assert Fits(camera).status == ""
    assert Fits(camera, busy=True).status == "Aligning…"
    assert Fits(camera, fit, busy=True).status == "Moving 4 frames…"
    assert Fits(camera, fit, stale=True).status == "Settings changed · All 4 frames fit"
    assert Fits(camera, left_out=frozenset({1})).lines(1)[1] == "Left out when aligned"
