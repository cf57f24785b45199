from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from mfgui.core.result import Curve
from mfgui.ui.scrub import ScrubBar


@pytest.fixture
def bar(qtbot: Any) -> ScrubBar:
    bar = ScrubBar()
    qtbot.addWidget(bar)
    bar.resize(400, 44)
    bar.show()
    bar.show_curve(Curve("box-joint", q=(0.8, 0.93, 0.91), step=(), gradient_norm=(), seconds=()))
    bar.show_stop("last")
    return bar


def test_that_arrow_keys_go_from_stop_to_stop(bar: ScrubBar) -> None:
    seen: list[str] = []
    bar.scrubbed.connect(seen.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right):
        QTest.keyClick(bar, key)
    assert seen == ["best", "start", "best"]


def test_that_dragging_goes_to_the_nearest_stop(bar: ScrubBar) -> None:
    seen: list[str] = []
    bar.scrubbed.connect(seen.append)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(360, 10))
    for x in (340, 290, 220, 190, 100, 30):
        QTest.mouseMove(bar, QPoint(x, 10))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
    assert seen == ["best", "start"]
    QTest.mouseMove(bar, QPoint(390, 10))
    assert bar.stop == "start"


def test_that_a_click_on_a_stop_goes_there(bar: ScrubBar, qtbot: Any) -> None:
    with qtbot.waitSignal(bar.scrubbed) as caught:
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    assert caught.args == ["best"]


def test_that_showing_a_stop_is_not_scrubbing(bar: ScrubBar, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(bar.scrubbed):
        bar.show_stop("start")
    assert bar.stop == "start"


def test_that_the_stops_are_named_by_iteration_and_q(bar: ScrubBar) -> None:
    text = bar.accessibleDescription()
    assert "start Q 0.800000" in text
    assert "best Q 0.930000 at iteration 1" in text
    assert "last Q 0.910000 at iteration 2" in text
    assert bar.accessibleName()
