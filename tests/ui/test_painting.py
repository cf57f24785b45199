"""Painting on the real window, with real events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from mfgui.app.settings import SettingsFile
from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.ui.application import Application
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.tool_memory import restored
from mfgui.ui.tooling import ToolBench
from mfgui.ui.tools.options import Over
from tests.ui.hands import WAIT_MS, click
from tests.ui.strokes import (
    CTRL,
    LEFT,
    MIDDLE,
    RIGHT,
    SHIFT,
    double_click,
    drag,
    finger,
    hover,
    mouse,
    move,
    pen,
    press,
    release,
    stylus,
    wheel,
)

PEN_DOWN, PEN_MOVE = QEvent.Type.TabletPress, QEvent.Type.TabletMove
PEN_UP = QEvent.Type.TabletRelease
Key = Qt.Key


class Hands:
    """The window with the sample pair (600 x 400), and what tests ask of it."""

    def __init__(self, application: Application) -> None:
        self.window = application.window
        self.controller = application.controller
        self.now = 0.0
        self.bench.held.clock = lambda: self.now

    @property
    def canvas(self) -> Canvas:
        return self.window.parts.canvas

    @property
    def bench(self) -> ToolBench:
        return self.window.bench

    @property
    def labels(self) -> np.ndarray:
        focus_map = self.controller.session.focus_map
        assert focus_map is not None
        return focus_map.labels

    @property
    def steps(self) -> tuple[str, ...]:
        return self.controller.edit.history.names

    def label(self, x: int, y: int) -> int:
        return int(self.labels[y, x])

    def take(self, tool: str, **options: object) -> None:
        self.bench.choose(tool)
        self.bench.change(**options)

    def key(
        self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(self.canvas, key, modifiers)

    def command(self, name: str) -> None:
        self.window.parts.actions[name].trigger()


@pytest.fixture
def hands(opened: Application, qtbot: Any) -> Hands:
    canvas = opened.window.parts.canvas
    opened.window.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus, timeout=WAIT_MS)
    hands = Hands(opened)
    hands.take("brush", size=21, snap=False)
    return hands


# Mouse


def test_that_a_stroke_paints_and_is_one_step(hands: Hands) -> None:
    drag(hands.canvas, (100, 100), (200, 100), (200, 200))
    assert hands.label(100, 100) == hands.label(150, 100) == hands.label(200, 199) == 1
    assert hands.label(150, 150) == 0
    assert hands.steps == ("Brush",)
    hands.command("undo")
    assert hands.controller.session.focus_map is None


def test_that_two_far_events_leave_no_gap(hands: Hands) -> None:
    drag(hands.canvas, (50, 200), (550, 200))
    assert (hands.labels[200, 50:550] == 1).all()


def test_that_a_flood_of_events_is_one_call_without_loss(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    fed = hands.bench.move

    def counting(points: Any) -> None:
        calls.append(len(points))
        fed(points)

    monkeypatch.setattr(hands.bench, "move", counting)
    places = [(100 + 3 * n, 200 + 60 * (n % 2)) for n in range(100)]
    drag(hands.canvas, *places)
    assert calls == [99]
    assert all(hands.label(x, y) == 1 for x, y in places)


def test_that_queued_points_are_painted_without_a_release(hands: Hands, qtbot: Any) -> None:
    press(hands.canvas, (100, 100))
    move(hands.canvas, (200, 100))
    qtbot.waitUntil(lambda: hands.label(200, 100) == 1, timeout=WAIT_MS)
    assert hands.controller.edit.busy


def test_that_ctrl_paints_unassigned(hands: Hands) -> None:
    drag(hands.canvas, (100, 100), (200, 100))
    drag(hands.canvas, (150, 100), keys=CTRL)
    assert hands.label(150, 100) == 0
    assert hands.label(100, 100) == 1


def test_that_shift_and_a_click_paint_a_straight_stroke(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    drag(hands.canvas, (300, 200), keys=SHIFT)
    assert hands.label(200, 150) == 1


def test_that_two_quick_clicks_are_two_dabs(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    mouse(hands.canvas, QEvent.Type.MouseButtonDblClick, (300, 100), LEFT)
    release(hands.canvas, (300, 100))
    assert hands.label(300, 100) == 1


def test_that_the_label_key_decides_what_is_painted(hands: Hands) -> None:
    hands.key(Key.Key_2)
    drag(hands.canvas, (100, 100))
    hands.key(Key.Key_0)
    drag(hands.canvas, (100, 105))
    assert hands.label(100, 93) == 2
    assert hands.label(100, 105) == 0
    hands.key(Key.Key_X)
    assert hands.controller.view.active_label == 2


def test_that_middle_and_space_drags_pan_with_any_tool(hands: Hands) -> None:
    hands.canvas.zoom_to(4.0)
    for button, space in ((MIDDLE, False), (LEFT, True)):
        before = hands.canvas.viewport.x
        if space:
            QTest.keyPress(hands.canvas, Key.Key_Space)
        press(hands.canvas, (300, 200), button)
        at = hands.canvas.viewport
        target = at.to_image(at.screen.width / 2 + 40, at.screen.height / 2)
        move(hands.canvas, target, button)
        release(hands.canvas, target, button)
        QTest.keyRelease(hands.canvas, Key.Key_Space)
        assert hands.canvas.viewport.x != before
    assert hands.controller.session.focus_map is None


def test_that_inspect_pans_and_toggles(hands: Hands) -> None:
    hands.take("inspect")
    double_click(hands.canvas, (300, 200))
    assert hands.canvas.zoom == 1.0
    double_click(hands.canvas, (300, 200))
    assert hands.canvas.viewport.fitted
    assert hands.controller.session.focus_map is None


def test_that_shift_and_the_wheel_change_the_size_only(hands: Hands) -> None:
    zoom = hands.canvas.zoom
    wheel(hands.canvas, 2, (300, 200), SHIFT)
    assert hands.bench.size > 21
    wheel(hands.canvas, -2, (300, 200), SHIFT)
    assert hands.bench.size == 21
    assert hands.canvas.zoom == zoom
    wheel(hands.canvas, 1, (300, 200))
    assert hands.canvas.zoom > zoom


def test_that_a_right_drag_resizes_the_brush(hands: Hands) -> None:
    press(hands.canvas, (300, 200), RIGHT)
    move(hands.canvas, (315, 200), RIGHT)
    assert hands.bench.size == 51  # its edge went with the pointer
    drawing = hands.canvas._drawing
    assert drawing is not None
    assert drawing._shown.ring is not None
    assert drawing._shown.ring.words == "51 px"
    release(hands.canvas, (315, 200), RIGHT)
    assert not QApplication.activePopupWidget()
    assert hands.controller.session.focus_map is None


def test_that_a_right_click_opens_the_menu(hands: Hands, qtbot: Any) -> None:
    drag(hands.canvas, (100, 100))
    hands.controller.view.choose_label(2)
    drag(hands.canvas, (100, 100), button=RIGHT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    entries = {action.text(): action for action in menu.actions() if action.text()}
    assert list(entries)[:2] == ["Make source 1 active", "Pick label 1"]
    entries["Pick label 1"].trigger()
    assert hands.controller.view.active_label == 1
    entries["Copy coordinates 100, 100"].trigger()
    assert QGuiApplication.clipboard().text() == "100, 100"
    entries["Zoom here"].trigger()
    x, y = hands.canvas.viewport.to_screen(100.5, 100.5)
    assert (x, y) == pytest.approx((hands.canvas.width() / 2, hands.canvas.height() / 2), abs=1)
    menu.close()


def test_that_a_click_beside_the_picture_has_no_menu(hands: Hands) -> None:
    drag(hands.canvas, (-5, 100), button=RIGHT)
    assert not QApplication.activePopupWidget()


# Keys


def test_that_tool_keys_switch_the_tool(hands: Hands) -> None:
    for key, modifiers, name in (
        (Key.Key_E, Qt.KeyboardModifier.NoModifier, "eraser"),
        (Key.Key_L, Qt.KeyboardModifier.NoModifier, "lasso"),
        (Key.Key_L, SHIFT, "polygon"),
        (Key.Key_V, Qt.KeyboardModifier.NoModifier, "inspect"),
    ):
        hands.key(key, modifiers)
        assert hands.bench.name == name
        assert hands.window.parts.actions[f"tool-{name}"].isChecked()


def hold(hands: Hands, key: Qt.Key, seconds: float) -> None:
    QTest.keyPress(hands.canvas, key)
    hands.now += seconds
    QTest.keyRelease(hands.canvas, key)


@pytest.mark.parametrize(("seconds", "after"), [(0.2, "eraser"), (0.3, "brush")])
def test_that_holding_a_tool_key_is_temporary(hands: Hands, seconds: float, after: str) -> None:
    hold(hands, Key.Key_E, seconds)
    assert hands.bench.name == after


def test_that_a_held_tool_stays_until_its_stroke_ends(hands: Hands) -> None:
    drag(hands.canvas, (100, 100), (200, 100))
    QTest.keyPress(hands.canvas, Key.Key_E)
    press(hands.canvas, (150, 100))
    hands.now += 1
    QTest.keyRelease(hands.canvas, Key.Key_E)
    move(hands.canvas, (160, 100))
    assert hands.bench.name == "eraser"
    release(hands.canvas, (160, 100))
    assert hands.bench.name == "brush"
    assert hands.label(150, 100) == 0
    assert hands.steps == ("Brush", "Eraser")


def test_that_keys_held_over_another_lead_back_to_the_first_tool(hands: Hands) -> None:
    QTest.keyPress(hands.canvas, Key.Key_E)
    hands.now += 1
    QTest.keyPress(hands.canvas, Key.Key_I)
    hands.now += 1
    QTest.keyRelease(hands.canvas, Key.Key_E)
    assert hands.bench.name == "pick"
    QTest.keyRelease(hands.canvas, Key.Key_I)
    assert hands.bench.name == "brush"


def test_that_a_held_key_ends_with_the_focus(hands: Hands, qtbot: Any) -> None:
    QTest.keyPress(hands.canvas, Key.Key_E)
    hands.now += 1
    hands.window.parts.sources.view.setFocus()
    qtbot.waitUntil(lambda: not hands.canvas.hasFocus(), timeout=WAIT_MS)
    assert hands.bench.name == "brush"


def test_that_a_menu_choice_is_not_temporary(hands: Hands) -> None:
    hands.command("tool-eraser")
    hands.now += 1
    QTest.keyRelease(hands.canvas, Key.Key_E)
    assert hands.bench.name == "eraser"


def test_that_size_snap_and_protection_have_keys(hands: Hands) -> None:
    for larger, smaller in (
        (Key.Key_BracketRight, Key.Key_BracketLeft),
        (Key.Key_Plus, Key.Key_Minus),
    ):
        hands.key(larger)
        assert hands.bench.size > 21
        hands.key(smaller)
        assert hands.bench.size == 21
    hands.key(Key.Key_K)
    assert hands.bench.options.snap
    assert hands.window.parts.option_bar.snap_button.isChecked()
    hands.key(Key.Key_BracketLeft, SHIFT)
    assert hands.bench.options.snap_strength == 70
    hands.key(Key.Key_BracketRight, SHIFT)
    hands.key(Key.Key_K)
    seen = []
    for _ in range(3):
        hands.key(Key.Key_P)
        seen.append(hands.bench.options.over)
    assert seen == [Over.UNASSIGNED, Over.LABEL, Over.ANY]


def test_that_protected_pixels_are_not_painted(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    hands.key(Key.Key_2)
    hands.bench.change(over=Over.UNASSIGNED)
    drag(hands.canvas, (100, 100), (150, 100))
    assert hands.label(100, 100) == 1
    assert hands.label(150, 100) == 2


def test_that_esc_cancels_then_clears_then_inspects(hands: Hands) -> None:
    hands.controller.region.set(Rect(10, 10, 50, 40))
    press(hands.canvas, (100, 100))
    move(hands.canvas, (200, 100))
    hands.key(Key.Key_Escape)
    assert not hands.controller.edit.busy
    assert hands.controller.session.focus_map is None
    move(hands.canvas, (300, 100))  # the rest of the drag is nothing
    release(hands.canvas, (300, 100))
    assert hands.controller.session.focus_map is None
    assert hands.controller.session.region is not None
    hands.key(Key.Key_Escape)
    assert hands.controller.session.region is None
    assert hands.bench.name == "brush"
    hands.key(Key.Key_Escape)
    assert hands.bench.name == "inspect"
    assert hands.window.isVisible()


def test_that_esc_stays_in_a_text_field(hands: Hands) -> None:
    hands.controller.region.set(Rect(10, 10, 50, 40))
    box = hands.window.parts.option_bar.findChild(
        type(hands.window.parts.option_bar._numbers["size"].box)
    )
    assert box is not None
    box.setFocus()
    for key in (Key.Key_Escape, Key.Key_E, Key.Key_Delete, Key.Key_2):
        QTest.keyClick(box, key)
    assert hands.bench.name == "brush"
    assert hands.controller.session.region is not None
    assert hands.controller.view.active_label == 1


def test_that_delete_clears_the_region_and_undo_brings_it_back(hands: Hands) -> None:
    hands.take("region")
    drag(hands.canvas, (50, 60), (150, 160))
    assert hands.controller.session.region == Rect(50, 60, 100, 100)
    hands.key(Key.Key_Delete)
    assert hands.controller.session.region is None
    hands.command("undo")
    assert hands.controller.session.region == Rect(50, 60, 100, 100)
    assert "100 × 100" in hands.window.parts.option_bar.hint.text()


# Keyboard painting


def go_to(hands: Hands, x: int, y: int) -> None:
    """Bring the crosshair to a pixel with the arrow keys."""
    while hands.canvas._crosshair is None or hands.canvas._crosshair != (x, y):
        at = hands.canvas._crosshair
        if at is None:
            hands.key(Key.Key_Right)
            continue
        across, down = x - at[0], y - at[1]
        far = SHIFT if max(abs(across), abs(down)) >= 10 else Qt.KeyboardModifier.NoModifier
        if abs(across) >= abs(down):
            hands.key(Key.Key_Right if across > 0 else Key.Key_Left, far)
        else:
            hands.key(Key.Key_Down if down > 0 else Key.Key_Up, far)


def test_that_enter_paints_at_the_crosshair(hands: Hands) -> None:
    go_to(hands, 300, 200)
    hands.key(Key.Key_Return)
    assert hands.label(300, 200) == 1
    assert hands.steps == ("Brush",)
    go_to(hands, 380, 200)
    hands.key(Key.Key_Return, SHIFT)
    assert hands.label(340, 200) == 1


def test_that_a_polygon_can_be_drawn_with_keys(hands: Hands) -> None:
    hands.take("polygon")
    for corner in ((250, 150), (350, 150), (350, 250)):
        go_to(hands, *corner)
        hands.key(Key.Key_Return)
    assert hands.bench.busy
    hands.key(Key.Key_Return)  # where the last corner is
    assert not hands.bench.busy
    assert hands.label(330, 170) == 1
    assert hands.label(270, 230) == 0


def test_that_a_region_can_be_drawn_with_keys(hands: Hands) -> None:
    hands.take("region")
    go_to(hands, 300, 200)
    hands.key(Key.Key_Return)
    go_to(hands, 340, 230)
    hands.key(Key.Key_Return)
    region = hands.controller.session.region
    assert region is not None
    assert (region.x, region.y, region.right, region.bottom) == pytest.approx(
        (300, 200, 340, 230), abs=1
    )


# Outlines


def corners(hands: Hands, *places: tuple[float, float]) -> None:
    hands.take("polygon")
    for place in places:
        drag(hands.canvas, place)


def test_that_backspace_and_undo_take_corners_back(hands: Hands) -> None:
    corners(hands, (100, 100), (300, 100), (300, 300), (110, 300))
    hands.key(Key.Key_Backspace)
    hands.window.presenter.show_commands()  # the history is empty, but not the hand
    QTest.keyClick(hands.canvas, Key.Key_Z, CTRL)
    outline = hands.bench.outline()
    assert outline is not None
    assert [tuple(map(round, place)) for place in outline.path[:2]] == [(100, 100), (300, 100)]
    drag(hands.canvas, (200, 300))
    hands.key(Key.Key_Return)
    assert hands.label(200, 150) == 1
    assert hands.label(120, 280) == 0
    assert hands.steps == ("Polygon",)
    QTest.keyClick(hands.canvas, Key.Key_Z, CTRL)
    assert hands.controller.session.focus_map is None


def test_that_a_double_click_closes_a_polygon(hands: Hands) -> None:
    corners(hands, (100, 100), (300, 100))
    double_click(hands.canvas, (200, 300))
    assert not hands.bench.busy
    assert hands.label(200, 150) == 1


def test_that_undo_cancels_a_stroke(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    press(hands.canvas, (300, 100))
    move(hands.canvas, (400, 100))
    hands.canvas.flush_input()
    assert hands.label(400, 100) == 1
    hands.command("undo")
    assert hands.label(300, 100) == 0
    assert hands.steps == ("Brush",)
    release(hands.canvas, (450, 100))
    assert hands.label(450, 100) == 0


def test_that_another_tool_cancels_the_stroke(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    press(hands.canvas, (300, 100))
    hands.command("tool-lasso")
    move(hands.canvas, (400, 150))
    release(hands.canvas, (400, 100))
    assert hands.label(300, 100) == 0
    assert hands.steps == ("Brush",)
    assert not hands.bench.busy


@pytest.mark.parametrize("leave", ["focus", "hide"])
def test_that_a_stroke_stays_when_input_goes_elsewhere(
    hands: Hands, leave: str, qtbot: Any
) -> None:
    press(hands.canvas, (100, 100))
    move(hands.canvas, (200, 100))
    if leave == "hide":
        hands.canvas.hide()
    else:
        hands.window.parts.sources.view.setFocus()
        qtbot.waitUntil(lambda: not hands.canvas.hasFocus(), timeout=WAIT_MS)
    assert not hands.controller.edit.busy
    assert hands.label(200, 100) == 1
    assert hands.steps == ("Brush",)
    move(hands.canvas, (400, 100))
    release(hands.canvas, (400, 100))
    assert hands.label(400, 100) == 0


def test_that_closing_the_set_ends_an_outline(hands: Hands, qtbot: Any) -> None:
    corners(hands, (100, 100), (300, 100))
    hands.command("close-set")
    assert not hands.bench.busy
    assert hands.bench.outline() is None


# Stylus


def test_that_the_eraser_end_paints_unassigned(hands: Hands) -> None:
    drag(hands.canvas, (100, 100), (200, 100))
    device = stylus(eraser=True)
    for kind in (PEN_DOWN, PEN_UP):
        assert pen(hands.canvas, kind, (150, 100), device=device).isAccepted()
    assert hands.label(150, 100) == 0
    assert hands.steps == ("Brush", "Eraser")


@pytest.mark.parametrize(
    ("drives", "reports", "painted"), [(True, True, 0), (False, True, 1), (True, False, 1)]
)
def test_that_pressure_may_drive_the_size(
    hands: Hands, drives: bool, reports: bool, painted: int
) -> None:
    hands.bench.change(size=100, pressure_size=drives)
    device = stylus(pressure=reports)
    pen(hands.canvas, PEN_DOWN, (300, 200), device=device, pressure=0.2)
    pen(hands.canvas, PEN_MOVE, (310, 200), device=device, pressure=0.2, held=LEFT)
    pen(hands.canvas, PEN_UP, (310, 200), device=device, pressure=0.0)
    assert hands.label(305, 200) == 1
    assert hands.label(305, 240) == painted


def test_that_the_barrel_button_picks_a_label(hands: Hands) -> None:
    drag(hands.canvas, (100, 100))
    hands.controller.view.choose_label(2)
    device = stylus()
    pen(hands.canvas, PEN_DOWN, (100, 100), device=device, button=RIGHT)
    pen(hands.canvas, PEN_UP, (100, 100), device=device, button=RIGHT)
    assert hands.controller.view.active_label == 1
    assert hands.steps == ("Brush",)


def test_that_a_hovering_stylus_shows_the_outline(hands: Hands) -> None:
    pen(hands.canvas, PEN_MOVE, (300, 200), device=stylus())
    drawing = hands.canvas._drawing
    assert drawing is not None
    assert drawing._shown.ring is not None
    assert (drawing._shown.ring.x, drawing._shown.ring.y) == pytest.approx((300, 200))


def test_that_a_palm_is_ignored_while_the_stylus_is_near(hands: Hands, qapp: Any) -> None:
    hands.canvas._stylus._clock = lambda: hands.now
    palm, device = finger(), stylus()

    def touch() -> None:
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            mouse(hands.canvas, kind, (100, 100), LEFT, device=palm)

    pen(hands.canvas, PEN_MOVE, (300, 200), device=device)
    touch()
    assert hands.controller.session.focus_map is None
    hands.now += 1  # it was not heard of for a while
    touch()
    assert hands.label(100, 100) == 1


def test_that_a_stylus_held_still_is_near_until_it_leaves(hands: Hands, qapp: Any) -> None:
    near = hands.canvas._stylus
    near._clock = lambda: hands.now
    device = stylus()
    pen(hands.canvas, PEN_MOVE, (300, 200), device=device)
    pen(hands.canvas, QEvent.Type.TabletEnterProximity, (300, 200), device=device, receiver=qapp)
    hands.now += 60
    assert near.near
    pen(hands.canvas, QEvent.Type.TabletLeaveProximity, (300, 200), device=device, receiver=qapp)
    assert not near.near


# What is drawn


class Repairs(QObject):
    """Counts the pixels that are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.pixels = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.pixels += sum(rect.width() * rect.height() for rect in event.region())
        return super().eventFilter(watched, event)


def test_that_hovering_repairs_the_outline_only(hands: Hands, qtbot: Any) -> None:
    hands.bench.change(size=200)
    hands.canvas._words_timer.stop()
    hover(hands.canvas, (300, 200))
    QApplication.processEvents()
    repairs = Repairs()
    hands.canvas.installEventFilter(repairs)
    hover(hands.canvas, (305, 203))
    qtbot.waitUntil(lambda: repairs.pixels > 0, timeout=WAIT_MS)
    hands.canvas.removeEventFilter(repairs)
    assert repairs.pixels < 0.15 * hands.canvas.width() * hands.canvas.height()


def test_that_the_ring_has_gone_when_the_pointer_leaves(hands: Hands) -> None:
    hover(hands.canvas, (300, 200))
    shown = hands.canvas.grab().toImage()
    QApplication.sendEvent(hands.canvas, QEvent(QEvent.Type.Leave))
    hands.canvas.flush_input()
    plain = hands.canvas.grab().toImage()
    assert shown != plain
    hover(hands.canvas, (300, 200))
    assert hands.canvas.grab().toImage() == shown


def test_that_repairs_leave_what_a_whole_drawing_would(hands: Hands, qtbot: Any) -> None:
    """Old outlines are wiped, new ones complete: the screen equals one that is drawn at once."""
    hands.bench.change(size=150)
    canvas = hands.canvas
    canvas.repaint()
    for place in ((100, 100), (200, 150), (210, 150), (-20, 390), (500, 20)):
        hover(canvas, place)
        QApplication.processEvents()
    store = hands.window.grab(
        canvas.geometry().translated(canvas.parentWidget().mapTo(hands.window, QPoint()))
    )
    assert not store.isNull()
    before = canvas.screen().grabWindow(hands.window.winId()).toImage()
    canvas.repaint()
    QApplication.processEvents()
    assert canvas.screen().grabWindow(hands.window.winId()).toImage() == before


# Bands


def test_that_a_refined_band_is_one_step_that_keeps_what_was_painted_meanwhile(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    whole = Rect(0, 0, 600, 400)
    halves = np.ones((400, 600), np.uint8)
    halves[:, 300:] = 2
    hands.controller.edit.apply("Halves", [Edit(whole, np.ones((400, 600), np.bool_), halves)])
    asked: list[Any] = []

    def refining(stack: Any, labels: Any, rect: Rect, mask: Any, *, method: str, width: int) -> Any:
        asked.append((method, width))
        moved = labels[rect.slices].copy()
        moved[labels[rect.slices] == 1] = 2
        return lambda _report: moved

    monkeypatch.setattr(hands.bench.bands, "refine", refining)
    hands.take("refine-band", size=40, band_method="guided-filter", band_width=9)
    drag(hands.canvas, (300, 150), (300, 250))
    assert asked == [("guided-filter", 9)]
    hands.take("brush")
    hands.key(Key.Key_2)
    press(hands.canvas, (100, 100))
    qtbot.waitUntil(lambda: hands.bench.bands.waiting, timeout=WAIT_MS)
    release(hands.canvas, (100, 100))
    assert hands.steps == ("Halves", "Brush", "Refine band")
    assert hands.label(100, 100) == 2
    assert hands.label(295, 200) == 2
    assert hands.label(200, 200) == 1
    hands.command("undo")
    assert hands.label(295, 200) == 1


# Status bar


def test_that_the_status_bar_names_the_label_and_counts_the_unassigned(
    hands: Hands, qtbot: Any
) -> None:
    status = hands.window.parts.status
    assert status.unassigned.isHidden()
    drag(hands.canvas, (100, 100))
    hover(hands.canvas, (100, 100))
    assert "label 1, 1.png" in status.readout.text()
    qtbot.waitUntil(lambda: status.unassigned.isVisible(), timeout=WAIT_MS)
    assert status.unassigned.text() == "unassigned 99.9 %"
    hands.bench.change(size=1500)
    drag(hands.canvas, (300, 200))
    qtbot.waitUntil(lambda: status.unassigned.text() == "unassigned 0 %", timeout=WAIT_MS)


# Strip and settings


def test_that_a_click_on_the_strip_leaves_the_keys_to_the_canvas(hands: Hands, qtbot: Any) -> None:
    strip = hands.window.parts.strip
    hands.window.parts.sources.view.setFocus()
    qtbot.waitUntil(lambda: not hands.canvas.hasFocus(), timeout=WAIT_MS)
    lasso = next(b for b in strip.buttons if b.defaultAction().objectName() == "tool-lasso")
    click(lasso)
    assert hands.bench.name == "lasso"
    assert lasso.isChecked()
    assert [button.isChecked() for button in strip.buttons].count(True) == 1
    qtbot.waitUntil(hands.canvas.hasFocus, timeout=WAIT_MS)


def test_that_the_strip_goes_with_the_set(hands: Hands) -> None:
    parts = hands.window.parts
    assert parts.strip.isVisible()
    assert parts.option_bar.isVisible()
    hands.command("close-set")
    assert not parts.strip.isVisible()
    assert not parts.option_bar.isVisible()


def test_that_options_are_remembered(hands: Hands, qtbot: Any) -> None:
    hands.take("brush", size=333, snap=True, snap_strength=45)
    hands.window.tools.remember()

    def saved() -> bool:
        found = restored(SettingsFile().values.tools)
        return (found.size, found.snap, found.snap_strength) == (333, True, 45)

    qtbot.waitUntil(saved, timeout=WAIT_MS)


def test_that_a_size_set_elsewhere_shows_in_the_middle(hands: Hands) -> None:
    QApplication.sendEvent(hands.canvas, QEvent(QEvent.Type.Leave))
    hands.window.parts.option_bar._numbers["size"].box.setValue(90)
    drawing = hands.canvas._drawing
    assert drawing is not None
    ring = drawing._shown.ring
    assert ring is not None
    assert (ring.x, ring.y) == pytest.approx((300, 200), abs=1)
    assert ring.words == "90 px"
