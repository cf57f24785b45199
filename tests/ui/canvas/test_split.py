"""The split line: its geometry against the definition, and what hands do with it on the canvas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPolygonF, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui.core.arrays import Rect, Size
from mfgui.core.comparison import SplitLine
from mfgui.core.pyramid import Picture
from mfgui.ui.canvas.hand import NoHand
from mfgui.ui.canvas.split import Part, PlacedLine, held
from mfgui.ui.canvas.titles import Title
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.tools.tool import Keys, Point
from tests.ui.pictures import pixels_of

WIDTH, HEIGHT = 480, 320
SIZE = Size(WIDTH, HEIGHT)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PRESS, MOVE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove
RELEASE = QEvent.Type.MouseButtonRelease
DARK, BRIGHT = 40, 200

lines = st.builds(SplitLine, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(-179.0, 180.0))
places = st.tuples(st.floats(0.5, WIDTH - 0.5), st.floats(0.5, HEIGHT - 0.5))


class Brush(NoHand):
    """A tool that paints and notes where it was pressed."""

    pans = False
    paints = True
    size = 9
    drawn_size = 9.0

    def __init__(self) -> None:
        self.pressed: list[Point] = []

    def press(self, point: Point, keys: Keys) -> None:
        self.pressed.append(point)


@pytest.fixture
def canvas(qtbot: Any) -> Canvas:
    """A focused canvas at 100 %, dark on the first side of an upright line, bright beyond."""
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(WIDTH, HEIGHT)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    canvas.begin_set(SIZE)
    for key, level in (("result:1", DARK), ("result:2", BRIGHT), ("result:3", 120)):
        canvas.set_picture(key, Picture(np.full((HEIGHT, WIDTH, 3), level, np.uint8)))
    canvas.set_split(SplitLine(), "result:2")
    return canvas


def placed(line: SplitLine) -> PlacedLine:
    return PlacedLine(line, QSizeF(WIDTH, HEIGHT))


def mouse(canvas: Canvas, kind: QEvent.Type, at: QPointF, keys: Qt.KeyboardModifier = NONE) -> None:
    button = Qt.MouseButton.NoButton if kind == MOVE else LEFT
    held_down = Qt.MouseButton.NoButton if kind == RELEASE else LEFT
    event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, held_down, keys)
    QApplication.sendEvent(canvas, event)


def drag(canvas: Canvas, *stops: QPointF, keys: Qt.KeyboardModifier = NONE) -> None:
    mouse(canvas, PRESS, stops[0], keys)
    for stop in stops[1:]:
        mouse(canvas, MOVE, stop, keys)
    mouse(canvas, RELEASE, stops[-1], keys)


def second_pixels(line: SplitLine) -> np.ndarray:
    """Which pixels lie on the second side, by the definition of the line."""
    return np.array(
        [
            [line.side(x + 0.5, y + 0.5, width=WIDTH, height=HEIGHT) for x in range(WIDTH)]
            for y in range(HEIGHT)
        ],
        bool,
    )


def far_from_marks(line: SplitLine) -> np.ndarray:
    """Pixels on which neither line nor grips nor the focus ring are drawn."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    turn = math.radians(line.angle)
    x, y = line.x * WIDTH, line.y * HEIGHT
    distance = (columns - x) * math.cos(turn) + (rows - y) * math.sin(turn)
    where = placed(line)
    far = np.abs(distance) > 4
    for grip in (where.grip, *where.turners):
        far &= np.hypot(columns - grip.x(), rows - grip.y()) > 16
    far[:4] = far[-4:] = False
    far[:, :4] = far[:, -4:] = False
    return far


# Geometry


@given(lines, places)
def test_that_sides_are_those_of_the_line(line: SplitLine, place: tuple[float, float]) -> None:
    where, position = placed(line), QPointF(*place)
    if abs(where.signed_distance(position)) > 1e-6:
        assert where.side(position) == line.side(*place, width=WIDTH, height=HEIGHT)


@given(lines, places)
def test_that_the_second_side_is_a_polygon_of_the_pane(
    line: SplitLine, place: tuple[float, float]
) -> None:
    where, position = placed(line), QPointF(*place)
    if abs(where.signed_distance(position)) > 0.01:
        inside = where.second_side().containsPoint(position, Qt.FillRule.OddEvenFill)
        assert inside == bool(line.side(*place, width=WIDTH, height=HEIGHT))


@given(lines)
def test_that_the_grip_stays_in_reach_and_the_line_through_its_point(line: SplitLine) -> None:
    where = placed(line)
    assert 12 <= where.grip.x() <= WIDTH - 12
    assert 12 <= where.grip.y() <= HEIGHT - 12
    for point in (where.point, *where.ends()):
        assert where.signed_distance(point) == pytest.approx(0.0, abs=1e-6)


@given(lines, places)
def test_that_a_moved_line_runs_through_the_place_at_its_angle(
    line: SplitLine, place: tuple[float, float]
) -> None:
    moved = placed(line).moved(QPointF(*place))
    assert (moved.x * WIDTH, moved.y * HEIGHT) == pytest.approx(place)
    assert moved.angle == line.angle


def test_that_a_line_cannot_be_moved_out_of_the_pane() -> None:
    moved = placed(SplitLine()).moved(QPointF(-50, HEIGHT + 70))
    assert (moved.x, moved.y) == (0.0, 1.0)


@pytest.mark.parametrize(("angle", "kept"), [(2.0, 0.0), (-3.0, 0.0), (4.0, 4.0), (133.0, 135.0)])
def test_that_level_upright_and_diagonal_hold_the_line(angle: float, kept: float) -> None:
    assert held(SplitLine(angle=angle)).angle == pytest.approx(kept)


def test_that_a_line_can_be_turned_all_the_way_round() -> None:
    where = placed(SplitLine())
    start = where.turners[0]  # straight below the grip
    for degrees in range(0, 360, 10):
        turn = math.radians(degrees)
        at = where.grip + QPointF(-math.sin(turn), math.cos(turn)) * 50
        turned = where.turned(at, by=start)
        assert (turned.angle - degrees) % 360 == pytest.approx(0.0, abs=5.01) or (
            turned.angle - degrees
        ) % 360 == pytest.approx(360.0, abs=5.01)


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ((240, 160), Part.GRIP),
        ((251, 160), Part.GRIP),
        ((240, 244), Part.TURNER),
        ((240, 76), Part.TURNER),
        ((243, 20), Part.LINE),
        ((250, 20), None),
    ],
)
def test_that_grips_take_the_pointer_in_24_pixels(at: tuple[int, int], part: Part | None) -> None:
    assert placed(SplitLine()).part_at(QPointF(*at)) is part


# What is drawn


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, -90.0, 37.0, -121.0])
def test_that_each_side_shows_its_picture(canvas: Canvas, angle: float) -> None:
    line = SplitLine(0.4, 0.6, angle)
    canvas.set_split(line, "result:2")
    shown = pixels_of(canvas.grab().toImage())
    expected = np.where(second_pixels(line), BRIGHT, DARK)
    far = far_from_marks(line)
    assert far.mean() > 0.8
    np.testing.assert_array_equal(shown[far], np.repeat(expected[far, None], 3, axis=1))


def test_that_moving_the_line_composes_nothing(canvas: Canvas) -> None:
    canvas.grab()
    composed = canvas._compositor.composed_pixels
    for x in np.linspace(0.1, 0.9, 9):
        canvas.set_split(SplitLine(float(x), 0.5, 20.0), "result:2")
        canvas.grab()
    assert canvas._compositor.composed_pixels == composed


def test_that_the_overlay_lies_on_both_sides(canvas: Canvas) -> None:
    labels = np.ones((HEIGHT, WIDTH), np.uint8)
    labels[:, ::2] = 2
    canvas.set_labels(labels, 2)
    canvas.set_overlay("tint", 100)
    shown = pixels_of(canvas.grab().toImage())
    for x in (60, 420):
        assert not np.array_equal(shown[30, x], shown[30, x + 1])


def test_that_edits_are_mended_on_both_sides_as_if_drawn_anew(canvas: Canvas) -> None:
    labels = np.ones((HEIGHT, WIDTH), np.uint8)
    canvas.set_labels(labels, 2)
    canvas.set_overlay("contour")
    canvas.grab()
    composed = canvas._compositor.composed_pixels
    changed = Rect(200, 30, 80, 40)
    labels[changed.slices] = 2
    canvas.labels_changed(changed)
    mended = canvas.grab().toImage()
    assert canvas._compositor.composed_pixels - composed < 2 * 120 * 80
    canvas._compositor.clear()
    assert canvas.grab().toImage() == mended


def test_that_a_peek_covers_both_sides(canvas: Canvas) -> None:
    canvas.peek("result:3")
    shown = pixels_of(canvas.grab().toImage())
    assert set(shown[4:-4, 4:-4].ravel()) == {120}
    canvas.peek(None)
    assert pixels_of(canvas.grab().toImage())[40, 440, 0] == BRIGHT


def test_that_nothing_is_told_of_a_line_that_only_moves_or_is_not_there(canvas: Canvas) -> None:
    told: list[int] = []
    canvas.content_changed.connect(lambda: told.append(1))
    canvas.set_split(SplitLine(0.2, 0.2, 10.0), "result:2")
    assert told == []
    canvas.set_split(None, "result:2")
    assert told == [1]
    canvas.set_split(None, "result:3")
    assert told == [1]


def test_that_a_second_side_without_a_picture_is_empty_until_it_is_there(canvas: Canvas) -> None:
    canvas.set_split(SplitLine(), "result:9")
    surround = canvas.surround.getRgb()[0]
    assert pixels_of(canvas.grab().toImage())[40, 440, 0] == surround
    canvas.set_picture("result:9", Picture(np.full((HEIGHT, WIDTH, 3), 90, np.uint8)))
    assert pixels_of(canvas.grab().toImage())[40, 440, 0] == 90


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, 30.0, -150.0])
def test_that_names_stand_on_their_own_sides(canvas: Canvas, angle: float) -> None:
    line = SplitLine(0.5, 0.5, angle)
    canvas.set_split(line, "result:2")
    plain = pixels_of(canvas.grab().toImage())
    canvas.set_titles({"result:1": Title("One"), "result:2": Title("Two")}, always=False)
    both = np.any(pixels_of(canvas.grab().toImage()) != plain, axis=-1)
    second = second_pixels(line)
    for key, side in (("result:1", ~second), ("result:2", second)):
        canvas.set_titles({key: Title("One")}, always=False)
        changed = np.any(pixels_of(canvas.grab().toImage()) != plain, axis=-1)
        assert changed.sum() > 200
        assert not changed[~side].any()
    assert both.sum() > 400


def test_that_a_long_name_is_shortened_to_its_side(canvas: Canvas) -> None:
    line = SplitLine(0.3, 0.5, 0.0)
    canvas.set_split(line, "result:2")
    plain = pixels_of(canvas.grab().toImage())
    second = second_pixels(line)
    for key, side in (("result:1", ~second), ("result:2", second)):
        canvas.set_titles({key: Title("Donaudampfschifffahrt " * 9)}, always=False)
        changed = np.any(pixels_of(canvas.grab().toImage()) != plain, axis=-1)
        assert changed.sum() > 200
        assert not changed[~side].any()


# Hands


def test_that_dragging_the_grip_moves_the_line(canvas: Canvas, qtbot: Any) -> None:
    with qtbot.waitSignal(canvas.split_moved) as told:
        drag(canvas, QPointF(242, 163), QPointF(300, 100), QPointF(362, 83))
    moved = told.args[0]
    assert canvas.split == SplitLine(360 / WIDTH, 80 / HEIGHT, 0.0)
    assert moved.angle == 0.0
    assert canvas.viewport.fitted  # nothing was panned


@pytest.mark.parametrize("keys", [NONE, SHIFT])
def test_that_the_outer_grip_or_shift_turns_it(canvas: Canvas, keys: Any) -> None:
    start = QPointF(240, 244) if keys == NONE else QPointF(241, 170)
    down = start.y() - 160
    drag(canvas, start, QPointF(240 - down, 160), keys=keys)
    assert canvas.split is not None
    assert (canvas.split.x, canvas.split.y) == (0.5, 0.5)
    assert canvas.split.angle == pytest.approx(90.0, abs=6.0)


def test_that_the_wheel_over_a_grip_turns_and_elsewhere_zooms(canvas: Canvas) -> None:
    def wheel(at: QPointF) -> None:
        event = QWheelEvent(
            at,
            canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas, event)

    wheel(QPointF(240, 160))
    assert canvas.split is not None
    assert canvas.split.angle == 5.0
    assert canvas.viewport.fitted
    wheel(QPointF(100, 100))
    assert canvas.split.angle == 5.0
    assert canvas.zoom == pytest.approx(1.19)


def test_that_a_click_of_inspect_brings_the_line_and_a_drag_does_not(canvas: Canvas) -> None:
    drag(canvas, QPointF(120, 80), QPointF(121, 80))
    assert canvas.split == SplitLine(121 / WIDTH, 80 / HEIGHT, 0.0)
    canvas.zoom_to(2.0)
    drag(canvas, QPointF(300, 250), QPointF(340, 270))
    assert canvas.split == SplitLine(121 / WIDTH, 80 / HEIGHT, 0.0)


def test_that_tools_leave_only_the_grips_to_the_line(canvas: Canvas) -> None:
    brush = Brush()
    canvas.set_hand(brush)
    drag(canvas, QPointF(240, 20), QPointF(241, 20))  # on the line itself
    assert len(brush.pressed) == 1
    assert canvas.split == SplitLine()
    drag(canvas, QPointF(240, 160), QPointF(200, 160))
    assert len(brush.pressed) == 1
    assert canvas.split == SplitLine(200 / WIDTH, 0.5)
    drag(canvas, QPointF(60, 60), QPointF(61, 60))
    assert len(brush.pressed) == 2


def test_that_enter_brings_the_line_to_the_crosshair(canvas: Canvas) -> None:
    for _ in range(3):
        press = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Left, SHIFT)
        QApplication.sendEvent(canvas, press)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert canvas.split is not None
    x, y = canvas._crosshair  # type: ignore[misc]
    assert (canvas.split.x * WIDTH, canvas.split.y * HEIGHT) == (x + 0.5, y + 0.5)
    assert x < WIDTH / 2 - 25


def test_that_the_readout_names_the_side_below_the_pointer(canvas: Canvas) -> None:
    names: list[str] = []
    canvas.hovered.connect(lambda readout: names.append(readout.shown))
    for x in (100, 400):
        QTest.mouseMove(canvas, QPoint(x, 50))
    assert names == ["result:1", "result:2"]


def test_that_the_polygon_of_a_far_side_is_empty() -> None:
    where = placed(SplitLine(0.0, 0.5, 180.0))
    assert where.second_side().boundingRect().width() == pytest.approx(0.0, abs=1e-6)
    assert placed(SplitLine(0.0, 0.5)).second_side().boundingRect() == (
        QPolygonF([QPointF(0, 0), QPointF(WIDTH, 0), QPointF(WIDTH, HEIGHT)]).boundingRect()
    )
