from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.pyramid import Picture, display_pixels
from mfgui.ui.canvas.readout import Readout
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.canvas.viewport import SharedView

SIZE = Size(1200, 800)
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PRESS, RELEASE = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
SURROUND = QColor(1, 2, 3)


def flat(level: int, size: Size = SIZE) -> ImageU8:
    return np.full((size.height, size.width, 3), level, np.uint8)


def labels_with(active: Rect) -> np.ndarray:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    labels[active.slices] = 2
    return labels


@pytest.fixture
def window(qtbot: Any) -> QWidget:
    """A shown window of 600 x 400 with another widget that can take the focus."""
    window = QWidget()
    layout = QVBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    other = QWidget(window)
    other.setObjectName("other")
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout.addWidget(Canvas(window))
    window.resize(600, 400)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return window


@pytest.fixture
def canvas(window: QWidget, qtbot: Any) -> Canvas:
    """A focused canvas with two sources of different brightness."""
    canvas = window.findChild(Canvas)
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    canvas.set_surround(SURROUND)
    canvas.begin_set(SIZE)
    canvas.set_picture("source:1", Picture(flat(50)))
    canvas.set_picture("source:2", Picture(flat(150)))
    return canvas


def wheel(
    canvas: Canvas,
    turn: int,
    *,
    at: tuple[float, float] = (300, 200),
    modifiers: Qt.KeyboardModifier = NONE,
    pixels: QPoint | None = None,
) -> None:
    phase = Qt.ScrollPhase.NoScrollPhase if pixels is None else Qt.ScrollPhase.ScrollUpdate
    point = QPointF(*at)
    event = QWheelEvent(
        point,
        canvas.mapToGlobal(point),
        pixels or QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        modifiers,
        phase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def pinch(canvas: Canvas, kind: Qt.NativeGestureType, value: float) -> None:
    point = QPointF(300, 200)
    event = QNativeGestureEvent(
        kind, QPointingDevice.primaryPointingDevice(), 2, point, point, point, value, QPointF()
    )
    QApplication.sendEvent(canvas, event)


def drag(canvas: Canvas, button: Qt.MouseButton, *stops: tuple[int, int]) -> None:
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(stops) - 1)]
    for kind, stop in zip(kinds, stops, strict=True):
        mouse(canvas, kind, stop, button)
    mouse(canvas, QEvent.Type.MouseButtonRelease, stops[-1], button)


def mouse(
    canvas: Canvas,
    kind: QEvent.Type,
    at: tuple[int, int],
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
) -> None:
    point = QPointF(*at)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(kind, point, canvas.mapToGlobal(point), pressed, held, NONE)
    QApplication.sendEvent(canvas, event)


def key(
    canvas: Canvas,
    kind: QEvent.Type,
    which: Qt.Key,
    modifiers: Qt.KeyboardModifier = NONE,
    *,
    repeated: bool = False,
) -> QKeyEvent:
    event = QKeyEvent(kind, which, modifiers, "", repeated)
    QApplication.sendEvent(canvas, event)
    return event


def colour_at(canvas: Canvas, x: int, y: int) -> tuple[int, int, int]:
    return canvas.grab().toImage().pixelColor(x, y).getRgb()[:3]


def grey_at(canvas: Canvas, x: int = 300, y: int = 200) -> int:
    red, green, blue = colour_at(canvas, x, y)
    assert red == green == blue
    return red


def test_that_a_set_is_shown_whole_on_the_surround(canvas: Canvas) -> None:
    assert canvas.zoom == pytest.approx(0.5)
    assert grey_at(canvas) == 50
    canvas.begin_set(Size(400, 400))
    canvas.set_picture("source:1", Picture(flat(70, Size(400, 400))))
    assert canvas.zoom == pytest.approx(1.0)
    assert grey_at(canvas) == 70
    assert colour_at(canvas, 50, 200) == (1, 2, 3)


def test_that_a_set_of_the_same_size_keeps_the_view_and_another_fits(canvas: Canvas) -> None:
    wheel(canvas, 480, at=(100, 90))
    before = canvas.viewport
    canvas.begin_set(SIZE)
    canvas.set_picture("source:1", Picture(flat(20)))
    assert canvas.viewport == before
    canvas.begin_set(Size(600, 400))
    assert canvas.zoom == pytest.approx(1.0)


def test_that_without_a_set_only_the_surround_shows(canvas: Canvas) -> None:
    canvas.clear()
    assert canvas.shown == ""
    assert canvas.picture_keys == ()
    assert colour_at(canvas, 300, 200) == (1, 2, 3)


def test_that_the_first_picture_can_say_how_large_the_set_is(qtbot: Any) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.set_picture("source:1", Picture(flat(9, Size(64, 32))))
    assert canvas.image_size == Size(64, 32)


def test_that_pictures_are_switched_exchanged_and_removed(canvas: Canvas) -> None:
    canvas.show_picture("source:2")
    assert (canvas.shown, grey_at(canvas)) == ("source:2", 150)
    canvas.set_picture("source:2", Picture(flat(160)))
    assert grey_at(canvas) == 160
    canvas.remove_picture("source:2")
    assert canvas.shown == ""
    assert colour_at(canvas, 300, 200) == (1, 2, 3)
    with pytest.raises(KeyError):
        canvas.show_picture("source:2")


def test_that_live_frames_replace_pixels_at_full_and_preview_scale(canvas: Canvas) -> None:
    canvas.update_picture("live", flat(80, Size(300, 200)))
    canvas.show_picture("live")
    assert grey_at(canvas) == 80
    canvas.update_picture("live", flat(90, Size(300, 200)))
    assert grey_at(canvas) == 90
    canvas.update_picture("live", flat(100))
    assert grey_at(canvas) == 100
    canvas.update_picture("live", flat(30, Size(100, 100)), Rect(0, 0, 100, 100))
    assert grey_at(canvas, 10, 10) == 30
    assert grey_at(canvas) == 100


def test_that_updating_a_picture_out_of_sight_shows_when_it_is_called(canvas: Canvas) -> None:
    canvas.show_picture("source:2")
    canvas.grab()
    canvas.update_picture("source:1", flat(77))
    assert grey_at(canvas) == 150
    canvas.show_picture("source:1")
    assert grey_at(canvas) == 77


@pytest.mark.parametrize("mode", ["tint", "only-active"])
def test_that_label_edits_show_in_their_rectangle(canvas: Canvas, mode: str) -> None:
    labels = labels_with(Rect(0, 0, 1, 1))
    canvas.set_labels(labels, 2)
    canvas.set_active_label(2)
    canvas.set_overlay(mode, 50)
    before = [colour_at(canvas, x, 100) for x in (150, 400)]
    labels[100:300, 200:400] = 2
    canvas.labels_changed(Rect(200, 100, 200, 200))
    after = [colour_at(canvas, x, 100) for x in (150, 400)]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_that_a_map_of_another_size_is_refused(canvas: Canvas) -> None:
    with pytest.raises(ValueError, match="3 x 2"):
        canvas.set_labels(np.ones((2, 3), np.uint8), 2)


def test_that_the_overlay_can_be_taken_off_again(canvas: Canvas) -> None:
    canvas.set_labels(labels_with(Rect(0, 0, 600, 800)), 2)
    canvas.set_overlay("tint", 60)
    tinted = colour_at(canvas, 100, 200), colour_at(canvas, 500, 200)
    assert len({*tinted, (50, 50, 50)}) == 3
    canvas.set_overlay("off")
    assert grey_at(canvas, 100) == grey_at(canvas, 500) == 50
    canvas.set_overlay("tint", 60)
    canvas.set_labels(None)
    assert grey_at(canvas, 100) == 50


def test_that_label_colours_are_those_of_the_overlay(canvas: Canvas) -> None:
    canvas.set_labels(labels_with(Rect(0, 0, 600, 800)), 2)
    canvas.set_overlay("tint", 100)
    assert colour_at(canvas, 500, 200) == canvas.label_colour(1).getRgb()[:3]
    assert colour_at(canvas, 100, 200) == canvas.label_colour(2).getRgb()[:3]


def test_that_label_colours_can_be_asked_for_before_there_is_a_map(canvas: Canvas) -> None:
    early = [canvas.label_colour(n, k=12) for n in range(1, 13)]
    canvas.set_labels(labels_with(Rect(0, 0, 600, 800)), 12)
    assert early == [canvas.label_colour(n) for n in range(1, 13)]
    assert canvas.label_colour(2, k=2) != canvas.label_colour(2)


def test_that_the_active_label_of_a_large_stack_takes_the_accent(canvas: Canvas) -> None:
    labels = labels_with(Rect(0, 0, 600, 800))
    canvas.set_labels(labels, 12)
    canvas.set_overlay("tint", 100)
    ramp = colour_at(canvas, 100, 200)
    canvas.set_active_label(2)
    accent = canvas.palette().accent().color().getRgb()[:3]
    assert ramp != accent
    assert colour_at(canvas, 100, 200) == accent
    assert canvas.active_label == 2


def test_that_the_wheel_zooms_at_the_pointer(canvas: Canvas, qtbot: Any) -> None:
    before = canvas.viewport.to_image(120, 80)
    with qtbot.waitSignal(canvas.view_changed) as told:
        wheel(canvas, 120, at=(120, 80))
    assert told.args == [canvas.zoom]
    assert canvas.zoom == pytest.approx(0.5 * 1.19)
    wheel(canvas, 360, at=(120, 80))
    assert canvas.zoom == 1.0
    assert canvas.viewport.to_image(120, 80) == pytest.approx(before, abs=1)
    wheel(canvas, -1200, at=(120, 80))
    assert canvas.zoom == pytest.approx(0.5)


def test_that_a_fine_wheel_adds_up_to_steps(canvas: Canvas) -> None:
    for _ in range(7):
        wheel(canvas, 15)
    assert canvas.zoom == pytest.approx(0.5)
    wheel(canvas, 15)
    assert canvas.zoom == pytest.approx(0.595)


def test_that_a_fine_wheel_turned_back_starts_anew(canvas: Canvas) -> None:
    wheel(canvas, 110)
    wheel(canvas, -20)
    wheel(canvas, 30)
    assert canvas.zoom == pytest.approx(0.5)


def test_that_ctrl_and_wheel_step_through_the_sources(canvas: Canvas) -> None:
    steps: list[int] = []
    canvas.source_step_requested.connect(steps.append)
    wheel(canvas, 120, modifiers=CTRL)
    wheel(canvas, -240, modifiers=CTRL)
    assert steps == [-1, 1, 1]
    assert canvas.zoom == pytest.approx(0.5)


def test_that_shift_and_wheel_leave_the_view(canvas: Canvas) -> None:
    wheel(canvas, 120, modifiers=SHIFT)
    assert canvas.zoom == pytest.approx(0.5)


def test_that_two_fingers_pan(canvas: Canvas) -> None:
    canvas.zoom_to(2.0)
    before = canvas.viewport
    wheel(canvas, 30, pixels=QPoint(-11, 7))
    assert canvas.zoom == 2.0
    assert (canvas.viewport.left - before.left, canvas.viewport.top - before.top) == (-11, 7)


def test_that_a_pinch_zooms_through_100_percent_in_small_steps(canvas: Canvas) -> None:
    pinch(canvas, Qt.NativeGestureType.BeginNativeGesture, 0)
    for _ in range(100):
        pinch(canvas, Qt.NativeGestureType.ZoomNativeGesture, 0.01)
    pinch(canvas, Qt.NativeGestureType.EndNativeGesture, 0)
    assert canvas.zoom == pytest.approx(0.5 * 1.01**100)


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_that_dragging_pans(canvas: Canvas, button: Qt.MouseButton) -> None:
    canvas.zoom_to(1.0)
    before = canvas.viewport
    drag(canvas, button, (300, 200), (280, 205), (250, 230))
    after = canvas.viewport
    assert (after.left - before.left, after.top - before.top) == (-50, 30)
    mouse(canvas, QEvent.Type.MouseMove, (10, 10))
    assert canvas.viewport == after


def test_that_space_shows_a_hand_and_dragging_still_pans(canvas: Canvas) -> None:
    canvas.zoom_to(1.0)
    before = canvas.viewport
    key(canvas, PRESS, Qt.Key.Key_Space)
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    mouse(canvas, QEvent.Type.MouseButtonPress, (300, 200), LEFT)
    assert canvas.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    mouse(canvas, QEvent.Type.MouseMove, (290, 200), LEFT)
    key(canvas, RELEASE, Qt.Key.Key_Space, repeated=True)
    mouse(canvas, QEvent.Type.MouseButtonRelease, (290, 200), LEFT)
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    key(canvas, RELEASE, Qt.Key.Key_Space)
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    assert canvas.viewport.left - before.left == -10


def test_that_the_right_button_is_left_to_others(canvas: Canvas) -> None:
    canvas.zoom_to(1.0)
    before = canvas.viewport
    drag(canvas, Qt.MouseButton.RightButton, (300, 200), (200, 200))
    assert canvas.viewport == before


def test_that_a_double_click_toggles_fit_and_100_percent_at_the_point(
    canvas: Canvas, qtbot: Any
) -> None:
    point = canvas.viewport.to_image(100, 300)
    qtbot.mouseDClick(canvas, LEFT, pos=QPoint(100, 300))
    assert canvas.zoom == 1.0
    assert canvas.viewport.to_image(100, 300) == pytest.approx(point, abs=1)
    qtbot.mouseDClick(canvas, LEFT, pos=QPoint(400, 300))
    assert canvas.zoom == pytest.approx(0.5)


def test_that_zoom_commands_work_about_the_centre(canvas: Canvas) -> None:
    canvas.zoom_to(1.0)
    middle = canvas.viewport.to_image(300, 200)
    canvas.zoom_in()
    assert canvas.zoom == pytest.approx(1.19)
    canvas.zoom_out()
    canvas.zoom_out()
    assert canvas.zoom == pytest.approx(1 / 1.19)
    assert canvas.viewport.to_image(300, 200) == pytest.approx(middle, abs=1)
    canvas.fit()
    assert canvas.zoom == pytest.approx(0.5)


def test_that_a_fitted_image_stays_fitted_when_the_window_grows(
    canvas: Canvas, window: QWidget, qtbot: Any
) -> None:
    window.resize(1200, 800)
    qtbot.waitUntil(lambda: canvas.width() == 1200)
    assert canvas.zoom == pytest.approx(1.0)
    canvas.zoom_to(3.0)
    centre = canvas.viewport.to_image(600, 400)
    window.resize(900, 700)
    qtbot.waitUntil(lambda: canvas.width() == 900)
    assert canvas.zoom == 3.0
    assert canvas.viewport.to_image(450, 350) == pytest.approx(centre, abs=1)


def answering(canvas: Canvas) -> list[str]:
    """Answer peeks as the window does; returns what was asked and when it ended."""
    told: list[str] = []
    keys = {"source": "source:2", "fused": "result:1", "reference": None}
    canvas.peek_requested.connect(told.append)
    canvas.peek_requested.connect(lambda kind: canvas.peek(keys[kind]))
    canvas.peek_ended.connect(lambda: told.append("end"))
    return told


def test_that_holding_a_key_peeks_without_overlays_and_returns_exactly(canvas: Canvas) -> None:
    told = answering(canvas)
    canvas.set_labels(labels_with(Rect(0, 0, 600, 800)), 2)
    canvas.set_overlay("tint", 60)
    before = canvas.grab().toImage()
    key(canvas, PRESS, Qt.Key.Key_S)
    key(canvas, PRESS, Qt.Key.Key_S, repeated=True)
    key(canvas, RELEASE, Qt.Key.Key_S, repeated=True)
    assert (canvas.peeked, canvas.shown) == ("source:2", "source:1")
    assert grey_at(canvas, 100) == grey_at(canvas, 500) == 150
    key(canvas, RELEASE, Qt.Key.Key_S)
    assert canvas.grab().toImage() == before
    assert told == ["source", "end"]


def test_that_the_newest_of_two_held_keys_shows_and_the_older_comes_back(canvas: Canvas) -> None:
    told = answering(canvas)
    canvas.set_picture("result:1", Picture(flat(222)))
    key(canvas, PRESS, Qt.Key.Key_S)
    key(canvas, PRESS, Qt.Key.Key_A)
    assert grey_at(canvas) == 222
    key(canvas, RELEASE, Qt.Key.Key_A)
    assert grey_at(canvas) == 150
    key(canvas, RELEASE, Qt.Key.Key_S)
    assert grey_at(canvas) == 50
    assert told == ["source", "fused", "source", "end"]


def test_that_a_peek_at_nothing_shows_what_was_shown(canvas: Canvas) -> None:
    told = answering(canvas)
    key(canvas, PRESS, Qt.Key.Key_QuoteLeft)
    assert grey_at(canvas) == 50
    key(canvas, RELEASE, Qt.Key.Key_QuoteLeft)
    assert told == ["reference", "end"]


def test_that_losing_the_focus_ends_the_peek(canvas: Canvas, window: QWidget, qtbot: Any) -> None:
    told = answering(canvas)
    key(canvas, PRESS, Qt.Key.Key_S)
    window.findChild(QWidget, "other").setFocus()
    qtbot.waitUntil(lambda: not canvas.hasFocus())
    assert told == ["source", "end"]
    assert grey_at(canvas) == 50
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    key(canvas, PRESS, Qt.Key.Key_S, repeated=True)
    assert canvas.peeked == ""
    key(canvas, PRESS, Qt.Key.Key_S)
    assert canvas.peeked == "source:2"
    key(canvas, RELEASE, Qt.Key.Key_S)


def test_that_keys_with_modifiers_and_unknown_keys_are_left_to_others(canvas: Canvas) -> None:
    told = answering(canvas)
    assert not key(canvas, PRESS, Qt.Key.Key_S, CTRL).isAccepted()
    assert not key(canvas, PRESS, Qt.Key.Key_Q).isAccepted()
    assert told == []


def readouts(canvas: Canvas) -> list[Readout | None]:
    seen: list[Readout | None] = []
    canvas.hovered.connect(seen.append)
    return seen


def test_that_hovering_reads_the_true_values_of_every_picture(canvas: Canvas) -> None:
    true = np.full((SIZE.height, SIZE.width, 3), 1000, np.uint16)
    true[100, 200] = (65535, 40000, 7)
    canvas.set_picture("source:2", Picture(display_pixels(true), stored=true))
    values = np.full((SIZE.height, SIZE.width, 1), 0.25, np.float32)
    canvas.set_picture("result:1", Picture(display_pixels(values), stored=values))
    canvas.set_labels(labels_with(Rect(200, 100, 1, 1)), 2)
    seen = readouts(canvas)
    mouse(canvas, QEvent.Type.MouseMove, (100, 50))
    assert seen[-1] == Readout(
        200,
        100,
        "source:1",
        {"source:1": (50, 50, 50), "source:2": (65535, 40000, 7), "result:1": (0.25,)},
        2,
    )


def test_that_hovering_beside_the_image_and_leaving_read_nothing(canvas: Canvas) -> None:
    canvas.begin_set(Size(400, 400))
    canvas.set_picture("source:1", Picture(flat(1, Size(400, 400))))
    seen = readouts(canvas)
    mouse(canvas, QEvent.Type.MouseMove, (300, 200))
    assert seen[-1] is not None
    mouse(canvas, QEvent.Type.MouseMove, (20, 200))
    assert seen[-1] is None
    mouse(canvas, QEvent.Type.MouseMove, (300, 200))
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert seen[-1] is None


def test_that_the_readout_follows_a_change_under_a_pointer_at_rest(canvas: Canvas) -> None:
    seen = readouts(canvas)
    mouse(canvas, QEvent.Type.MouseMove, (100, 50))
    canvas.show_picture("source:2")
    assert seen[-1] is not None
    assert seen[-1].shown == "source:2"


def test_that_arrow_keys_move_a_crosshair_that_reads_values(canvas: Canvas) -> None:
    seen = readouts(canvas)
    before = canvas.grab().toImage()
    key(canvas, PRESS, Qt.Key.Key_Right)
    assert canvas.grab().toImage() != before
    key(canvas, PRESS, Qt.Key.Key_Down, SHIFT)
    positions = [(r.x, r.y) for r in seen if r is not None]
    assert positions == [(601, 400), (601, 410)]
    assert "601" in canvas.accessibleDescription()
    mouse(canvas, QEvent.Type.MouseMove, (300, 200))
    assert canvas.grab().toImage() == before


def test_that_the_crosshair_stays_on_the_image_and_in_sight(canvas: Canvas) -> None:
    canvas.zoom_to(8.0)
    seen = readouts(canvas)
    for _ in range(130):
        key(canvas, PRESS, Qt.Key.Key_Left, SHIFT)
    assert seen[-1] is not None
    assert (seen[-1].x, seen[-1].y) == (0, 400)
    x, y = canvas.viewport.to_screen(0.5, 400.5)
    assert 0 <= x < 600
    assert 0 <= y < 400


def test_that_the_focus_is_visible_and_the_canvas_has_a_name(
    canvas: Canvas, window: QWidget, qtbot: Any
) -> None:
    assert canvas.accessibleName()
    accent = canvas.palette().accent().color().getRgb()[:3]
    assert colour_at(canvas, 0, 200) == colour_at(canvas, 300, 399) == accent
    window.findChild(QWidget, "other").setFocus()
    qtbot.waitUntil(lambda: not canvas.hasFocus())
    assert colour_at(canvas, 0, 200) == (50, 50, 50)


def test_that_linked_canvases_share_one_view(qtbot: Any) -> None:
    shared = SharedView()
    panes = [Canvas(shared=shared) for _ in range(2)]
    for pane in panes:
        qtbot.addWidget(pane)
        pane.resize(600, 400)
        pane.set_picture("source:1", Picture(flat(9)))
    panes[0].zoom_to(4.0)
    assert panes[1].zoom == 4.0
    assert panes[1].viewport.to_image(300, 200) == panes[0].viewport.to_image(300, 200)
