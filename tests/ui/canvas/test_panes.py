"""Several panes on one shelf: places, links, what shows in all of them, and what hands do."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.comparison import CompareView, PaneMode
from mfgui.core.pyramid import Picture
from mfgui.core.session import Line
from mfgui.ui.canvas import differences
from mfgui.ui.canvas.compare_pane import ComparePane
from mfgui.ui.canvas.hand import NoHand
from mfgui.ui.canvas.panes import PaneGroup, grid_shape
from mfgui.ui.canvas.readout import Readout
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.tools.tool import Keys, Point
from tests.ui.pictures import pixels_of

SIZE = Size(600, 400)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
KEYS = tuple(f"result:{n}" for n in range(1, 5))
TITLES = {key: (f"{n} · method", f"Q 0.9{n}") for n, key in enumerate(KEYS, 1)}


class Brush(NoHand):
    """A tool that paints, with a region."""

    pans = False
    paints = True
    size = 9
    drawn_size = 9.0

    def __init__(self) -> None:
        self.pressed: list[Point] = []

    def press(self, point: Point, keys: Keys) -> None:
        self.pressed.append(point)


def flat(level: int, size: Size = SIZE) -> ImageU8:
    return np.full((size.height, size.width, 3), level, np.uint8)


def noise(seed: int) -> ImageU8:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)


@pytest.fixture
def group(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> PaneGroup:
    """A grid of four pictures, the second of them on the focused canvas."""
    monkeypatch.setattr(differences.LOOPS, "get", lambda: None)  # no thread that loads them
    group = PaneGroup(Canvas())
    qtbot.addWidget(group)
    group.resize(906, 606)
    group.show()
    qtbot.waitExposed(group)
    group.activateWindow()
    group.canvas.begin_set(SIZE)
    for number, key in enumerate(KEYS):
        group.canvas.set_picture(key, Picture(noise(number)))
    show(group, "result:2")
    group.canvas.setFocus()
    qtbot.waitUntil(group.canvas.hasFocus)
    return group


def show(group: PaneGroup, key: str, mode: PaneMode = PaneMode.GRID, keys: Any = KEYS) -> None:
    group.canvas.show_picture(key)
    group.arrange(mode, keys, key, TITLES)


def pane_of(group: PaneGroup, key: str) -> ComparePane:
    return next(pane for pane in group.panes if pane.shown == key)


def mouse(widget: Any, kind: QEvent.Type, at: tuple[float, float]) -> None:
    point = QPointF(*at)
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
    event = QMouseEvent(kind, point, widget.mapToGlobal(point), button, held, NONE)
    QApplication.sendEvent(widget, event)


def drag(widget: Any, *stops: tuple[float, float]) -> None:
    mouse(widget, QEvent.Type.MouseButtonPress, stops[0])
    for stop in stops[1:]:
        mouse(widget, QEvent.Type.MouseMove, stop)
    mouse(widget, QEvent.Type.MouseButtonRelease, stops[-1])


def wheel(widget: Any, turn: int, keys: Qt.KeyboardModifier = NONE) -> None:
    at = QPointF(50, 60)
    event = QWheelEvent(
        at,
        widget.mapToGlobal(at),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def inner(widget: Any) -> np.ndarray:
    """What a pane shows, without plates and focus ring."""
    return pixels_of(widget.grab().toImage())[40:-4, 4:-4]


# Places


@pytest.mark.parametrize(
    ("count", "room", "image", "shape"),
    [
        (1, (1200, 700), (600, 400), (1, 1)),
        (2, (1200, 700), (600, 400), (2, 1)),
        (2, (700, 1200), (600, 400), (1, 2)),
        (3, (1200, 800), (600, 400), (2, 2)),
        (3, (1200, 700), (300, 600), (3, 1)),
        (4, (1200, 800), (600, 400), (2, 2)),
        (5, (1200, 800), (600, 400), (3, 2)),
        (7, (1200, 800), (600, 400), (3, 3)),
        (9, (1200, 800), (600, 400), (3, 3)),
    ],
)
def test_that_the_grid_shows_pictures_as_large_as_it_can(
    count: int, room: tuple[int, int], image: tuple[int, int], shape: tuple[int, int]
) -> None:
    assert grid_shape(count, QSize(*room), Size(*image)) == shape


def test_that_cells_follow_the_order_of_the_keys_and_are_equally_large(group: PaneGroup) -> None:
    cells = [group.cell_of(key) for key in KEYS]
    assert {cell.size() for cell in cells} == {QSize(450, 300)}
    assert [(cell.x(), cell.y()) for cell in cells] == [(2, 2), (454, 2), (2, 304), (454, 304)]
    assert group.canvas.geometry() == cells[1]
    for key in ("result:1", "result:3", "result:4"):
        assert pane_of(group, key).geometry() == group.cell_of(key)


def test_that_showing_another_moves_only_the_canvas(group: PaneGroup) -> None:
    before = {key: group.cell_of(key) for key in KEYS}
    first, third = pane_of(group, "result:1"), pane_of(group, "result:3")
    show(group, "result:4")
    assert {key: group.cell_of(key) for key in KEYS} == before
    assert group.canvas.geometry() == before["result:4"]
    assert pane_of(group, "result:2").geometry() == before["result:2"]
    assert pane_of(group, "result:1") is first
    assert pane_of(group, "result:3") is third
    np.testing.assert_array_equal(inner(group.canvas), inner_of_picture(group, 3))


def test_that_showing_another_cell_composes_nothing(group: PaneGroup) -> None:
    group.canvas.zoom_to(1.5)
    panes = (group.canvas, *group.panes)
    for pane in panes:
        pane.grab()
    composed = sum(pane._compositor.composed_pixels for pane in panes)
    for key in ("result:4", "result:1", "result:2"):
        show(group, key)
        for pane in panes:
            pane.grab()
    assert sum(pane._compositor.composed_pixels for pane in panes) == composed
    for number, key in enumerate(KEYS):
        pane = group.canvas if key == "result:2" else pane_of(group, key)
        np.testing.assert_array_equal(inner(pane), inner_of_picture(group, number))


def inner_of_picture(group: PaneGroup, number: int) -> np.ndarray:
    """What a pane of that picture alone looks like."""
    alone = Canvas()
    alone.resize(group.canvas.size())
    alone.begin_set(SIZE)
    alone.show_view(group.canvas.shared.view)
    alone.set_picture("picture", Picture(noise(number)))
    shown = inner(alone)
    alone.deleteLater()
    return shown


def test_that_every_pane_shows_its_picture(group: PaneGroup) -> None:
    for number, key in enumerate(KEYS):
        pane = group.canvas if key == "result:2" else pane_of(group, key)
        np.testing.assert_array_equal(inner(pane), inner_of_picture(group, number))


def test_that_the_current_cell_is_ringed_and_lines_stand_between_others(group: PaneGroup) -> None:
    for key in ("result:2", "result:3"):
        show(group, key)
        cell = group.cell_of(key)
        shown = pixels_of(group.grab().toImage())
        inside, around = np.zeros(shown.shape[:2], bool), np.zeros(shown.shape[:2], bool)
        inside[cell.y() : cell.bottom() + 1, cell.x() : cell.right() + 1] = True
        around[cell.y() - 2 : cell.bottom() + 3, cell.x() - 2 : cell.right() + 3] = True
        assert (shown[around & ~inside] == 255).all()
        between = ~around
        for other in KEYS:
            place = group.cell_of(other)
            between[place.y() : place.bottom() + 1, place.x() : place.right() + 1] = False
        assert (shown[between] == 0x1C).all()
        assert between.sum() > 2000


def test_that_one_picture_and_a_split_have_the_whole_room(group: PaneGroup) -> None:
    for mode in (PaneMode.SINGLE, PaneMode.SPLIT):
        show(group, "result:3", mode)
        assert group.canvas.geometry() == group.rect()
        assert group.panes == ()
        assert not [pane for pane in group.findChildren(ComparePane) if pane.isVisible()]


def test_that_side_by_side_stands_beside_each_other(group: PaneGroup) -> None:
    group.resize(400, 700)
    show(group, "result:3", PaneMode.SIDE, ("result:1", "result:3"))
    assert group.canvas.y() == group.panes[0].y()
    assert group.canvas.x() > group.panes[0].x() + group.panes[0].width()


def test_that_nine_panes_are_the_most_and_the_shown_one_is_among_them(group: PaneGroup) -> None:
    keys = [f"source:{n}" for n in range(1, 12)]
    show(group, "result:2", keys=[*keys, "source:1"])
    assert group.keys == (*keys[:8], "result:2")
    assert len(group.panes) == 8


def test_that_a_picture_shows_as_soon_as_it_is_there(group: PaneGroup) -> None:
    show(group, "result:2", keys=(*KEYS, "result:7"))
    pane = pane_of(group, "result:7")
    surround = group.canvas.surround.getRgb()[:3]
    assert np.unique(inner(pane).reshape(-1, 3), axis=0).tolist() == [list(surround)]
    group.canvas.set_picture("result:7", Picture(flat(77)))
    assert (inner(pane) == 77).any()
    group.canvas.remove_picture("result:7")
    assert not (inner(pane) == 77).any()


# Links


@pytest.mark.parametrize("on_canvas", [True, False])
def test_that_linked_panes_zoom_and_pan_as_one(group: PaneGroup, on_canvas: bool) -> None:
    moved = group.canvas if on_canvas else group.panes[0]
    wheel(moved, 240)
    drag(moved, (100, 100), (130, 120))
    viewports = {pane.viewport for pane in (group.canvas, *group.panes)}
    assert len(viewports) == 1
    assert not group.canvas.viewport.fitted


def test_that_linked_panes_show_the_same_pixels_at_100_percent(group: PaneGroup) -> None:
    group.canvas.zoom_to(1.0)
    for key in ("result:1", "result:3"):
        pane = pane_of(group, key)
        x, y = pane.viewport.left, pane.viewport.top
        part = noise(KEYS.index(key))[40 - y : 296 - y, 4 - x : 446 - x]
        np.testing.assert_array_equal(inner(pane), part)


def test_that_unlinked_panes_have_their_own_views(group: PaneGroup) -> None:
    group.set_linked(False)
    before = group.canvas.viewport
    wheel(group.panes[0], 240)
    assert group.panes[0].zoom > before.scale
    assert group.canvas.viewport == before
    assert group.panes[1].viewport == before


def test_that_a_cell_keeps_its_own_view_when_the_canvas_takes_it(group: PaneGroup) -> None:
    group.set_linked(False)
    pane_of(group, "result:4").zoom_to(3.0)
    group.canvas.zoom_to(2.0)
    show(group, "result:4")
    assert group.canvas.zoom == 3.0
    assert pane_of(group, "result:2").zoom == 2.0
    assert pane_of(group, "result:1").viewport.fitted


def test_that_linking_again_takes_the_view_of_the_canvas(group: PaneGroup) -> None:
    group.set_linked(False)
    group.panes[0].zoom_to(3.0)
    group.canvas.zoom_to(2.0)
    plates = inner_top(group.panes[1])
    group.set_linked(True)
    assert {pane.zoom for pane in (group.canvas, *group.panes)} == {2.0}
    assert not np.array_equal(inner_top(group.panes[1]), plates)  # "unlinked" is gone
    wheel(group.panes[0], 120)
    assert group.canvas.zoom > 2.0


def inner_top(pane: Any) -> np.ndarray:
    return pixels_of(pane.grab().toImage())[:36]


def test_that_the_visible_part_is_told_once_a_turn(group: PaneGroup, qtbot: Any) -> None:
    told: list[Rect] = []
    QApplication.processEvents()
    group.visible_changed.connect(lambda: told.append(group.visible_rect))
    group.canvas.zoom_to(2.0)
    group.canvas.zoom_to(4.0)
    qtbot.waitUntil(lambda: bool(told))
    QApplication.processEvents()
    assert told == [group.canvas.visible_rect]
    group.set_linked(False)
    group.panes[0].fit()
    assert group.visible_rect == Rect(0, 0, SIZE.width, SIZE.height)


# What shows in all of them


def test_that_edits_mend_only_their_rectangle_in_every_pane(group: PaneGroup) -> None:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    group.canvas.set_labels(labels, 2)
    group.canvas.set_overlay("contour")
    group.canvas.zoom_to(1.0)
    panes = (group.canvas, *group.panes)
    for pane in panes:
        pane.grab()
    composed = [pane._compositor.composed_pixels for pane in panes]
    changed = Rect(300, 200, 60, 40)
    labels[changed.slices] = 2
    group.canvas.labels_changed(changed)
    for pane, before in zip(panes, composed, strict=True):
        mended = pane.grab().toImage()
        assert 0 < pane._compositor.composed_pixels - before < 80 * 60
        pane._compositor.clear()
        assert pane.grab().toImage() == mended


def test_that_new_pixels_mend_only_the_pane_that_shows_them(group: PaneGroup) -> None:
    group.canvas.zoom_to(1.0)
    panes = (group.canvas, *group.panes)
    for pane in panes:
        pane.grab()
    composed = {pane: pane._compositor.composed_pixels for pane in panes}
    group.canvas.update_picture("result:3", flat(9, Size(50, 40)), Rect(300, 200, 50, 40))
    shown = pane_of(group, "result:3")
    mended = shown.grab().toImage()
    grown = {pane for pane in panes if pane._compositor.composed_pixels > composed[pane]}
    assert grown == {shown}
    shown._compositor.clear()
    assert shown.grab().toImage() == mended


def test_that_overlay_and_surround_are_the_same_in_all(group: PaneGroup) -> None:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    labels[:, 300:] = 2
    group.canvas.set_labels(labels, 2)
    plain = inner(group.panes[0])
    group.canvas.set_overlay("tint", 80)
    assert not np.array_equal(inner(group.panes[0]), plain)
    group.resize(906, 806)
    group.canvas.set_surround(QColor(9, 8, 7))
    assert (9, 8, 7) in set(map(tuple, inner(group.panes[2])[-1]))


def test_that_a_new_pane_looks_like_the_others(group: PaneGroup) -> None:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    group.canvas.set_labels(labels, 2)
    group.canvas.set_overlay("tint", 80)
    group.canvas.set_line(Line(50, 300, 500, 80))
    show(group, "result:2", keys=("result:1", *KEYS, "source:1"))
    group.canvas.set_picture("source:1", Picture(noise(0)))
    first, new = pane_of(group, "result:1"), pane_of(group, "source:1")
    np.testing.assert_array_equal(inner(new), inner(first))


def test_that_one_legend_does_for_all(group: PaneGroup) -> None:
    def legends() -> list[str]:
        panes = (group.canvas, *group.panes)
        return [pane.shown for pane in panes if pane._has_legend]

    group.canvas.set_comparison(CompareView.SIGNED, 1, "result:1")
    assert legends() == ["result:2"]
    group.canvas.set_comparison(
        lambda key: CompareView.PICTURE if key == "result:2" else CompareView.SIGNED, 1, "result:2"
    )
    assert legends() == ["result:1"]
    show(group, "result:3")
    assert legends() == ["result:3"]


def test_that_a_comparison_is_the_same_in_all_but_the_reference(group: PaneGroup) -> None:
    def view_of(key: str) -> CompareView:
        return CompareView.PICTURE if key == "result:1" else CompareView.ABSOLUTE

    group.canvas.zoom_to(1.0)
    group.canvas.set_comparison(view_of, 2, "result:1")
    first, third = pane_of(group, "result:1"), pane_of(group, "result:3")
    x, y = third.viewport.left, third.viewport.top
    rows, columns = slice(60 - y, 200 - y), slice(4 - x, 446 - x)
    one, other = (noise(n)[rows, columns].astype(int) for n in (0, 2))
    np.testing.assert_array_equal(
        pixels_of(third.grab().toImage())[60:200, 4:446], np.minimum(2 * abs(other - one), 255)
    )
    np.testing.assert_array_equal(pixels_of(first.grab().toImage())[60:200, 4:446], one)


def test_that_the_same_map_of_a_result_again_composes_nothing(group: PaneGroup) -> None:
    labels = np.ones((SIZE.height, SIZE.width), np.uint8)
    labels[:, 300:] = 2
    group.canvas.set_labels(labels.copy(), 2)
    group.canvas.set_comparison(CompareView.MAP, 1, "")
    pane = pane_of(group, "result:3")
    plain = inner(pane)
    group.canvas.set_result_map("result:3", labels)
    assert not np.array_equal(inner(pane), plain)
    composed = pane._compositor.composed_pixels
    group.canvas.set_result_map("result:3", labels)
    pane.grab()
    assert pane._compositor.composed_pixels == composed
    group.canvas.set_result_map("result:3", None)
    np.testing.assert_array_equal(inner(pane), plain)


def test_that_a_view_is_asked_for_once_a_picture(group: PaneGroup) -> None:
    asked: list[str] = []

    def view_of(key: str) -> CompareView:
        asked.append(key)
        return CompareView.PICTURE

    group.canvas.set_comparison(view_of, 1, "")
    for pane in (group.canvas, *group.panes) * 2:
        pane.grab()
    assert sorted(asked) == list(KEYS)


def test_that_region_line_and_ring_show_in_all(group: PaneGroup) -> None:
    brush = Brush()
    group.canvas.set_hand(brush)
    pane = group.panes[0]
    before = inner(pane)
    brush.region = Rect(100, 100, 200, 150)
    group.canvas.renew_outline()
    with_region = inner(pane)
    assert not np.array_equal(before, with_region)
    group.canvas.set_line(Line(50, 300, 500, 80))
    with_line = inner(pane)
    assert not np.array_equal(with_region, with_line)
    group.canvas.mark_place(Rect(400, 300, 20, 20))
    assert not np.array_equal(with_line, inner(pane))
    brush.region = None
    group.canvas.renew_outline()
    group.canvas.set_line(None)
    group.canvas.mark_place(None)
    np.testing.assert_array_equal(inner(pane), before)


def test_that_the_pointer_shows_in_the_other_panes(group: PaneGroup) -> None:
    third, fourth = pane_of(group, "result:3"), pane_of(group, "result:4")
    plain = inner(third), inner(fourth), inner(group.canvas)
    seen: list[Readout | None] = []
    group.hovered.connect(seen.append)
    QTest.mouseMove(third, QPoint(225, 150))
    readout = seen[-1]
    assert readout is not None
    assert readout.shown == "result:3"
    assert (readout.x, readout.y) == third.viewport.pixel_at(225, 150)
    np.testing.assert_array_equal(inner(third), plain[0])
    assert not np.array_equal(inner(fourth), plain[1])
    assert not np.array_equal(inner(group.canvas), plain[2])
    x, y = fourth.viewport.to_screen(readout.x + 0.5, readout.y + 0.5)
    changed = np.argwhere(np.any(inner(fourth) != plain[1], axis=-1))
    assert np.abs(changed.mean(axis=0) - (y - 40, x - 4)).max() < 1.5
    QApplication.sendEvent(third, QEvent(QEvent.Type.Leave))
    assert seen[-1] is None
    np.testing.assert_array_equal(inner(fourth), plain[1])


def test_that_a_pane_that_is_put_away_points_at_nothing(group: PaneGroup) -> None:
    seen: list[Readout | None] = []
    plain = inner(pane_of(group, "result:4"))
    for at in (QPoint(100, 120), QPoint(225, 150)):
        QTest.mouseMove(pane_of(group, "result:3"), at)
    group.hovered.connect(seen.append)
    show(group, "result:2", PaneMode.SINGLE)
    assert seen[-1] is None
    QTest.mouseMove(group.canvas, QPoint(300, 300))
    assert seen[-1] is not None
    assert seen[-1].shown == "result:2"
    QApplication.sendEvent(group.canvas, QEvent(QEvent.Type.Leave))
    show(group, "result:2")
    np.testing.assert_array_equal(inner(pane_of(group, "result:4")), plain)


def test_that_a_change_of_the_canvas_leaves_the_readout_of_another_pane(group: PaneGroup) -> None:
    seen: list[Readout | None] = []
    QTest.mouseMove(group.panes[0], QPoint(225, 150))
    group.hovered.connect(seen.append)
    group.canvas.update_picture("result:1", flat(33))
    assert seen
    assert all(readout is not None and readout.shown == "result:1" for readout in seen)
    assert seen[-1] is not None
    assert seen[-1].values["result:1"] == (33, 33, 33)


# Hands


def test_that_a_click_chooses_and_leaves_the_keys_to_the_canvas(
    group: PaneGroup, qtbot: Any
) -> None:
    pane = pane_of(group, "result:3")
    with qtbot.waitSignal(group.pane_chosen) as told:
        QTest.mouseClick(pane, LEFT, pos=QPoint(200, 150))
    assert told.args == ["result:3"]
    assert group.canvas.hasFocus()
    pressed: list[int] = []
    group.canvas.peek_requested.connect(lambda _what: pressed.append(1))
    QTest.keyPress(QApplication.focusWidget(), Qt.Key.Key_S)
    assert pressed == [1]


def test_that_tab_passes_over_the_panes(group: PaneGroup) -> None:
    assert {pane.focusPolicy() for pane in group.panes} == {Qt.FocusPolicy.NoFocus}


def test_that_a_drag_pans_and_chooses_nothing(group: PaneGroup) -> None:
    chosen: list[str] = []
    group.pane_chosen.connect(chosen.append)
    group.canvas.zoom_to(3.0)
    before = group.canvas.viewport
    drag(group.panes[0], (100, 100), (120, 110), (140, 130))
    assert (group.canvas.viewport.x, group.canvas.viewport.y) == (before.x + 40, before.y + 30)
    assert chosen == []


def test_that_the_second_click_on_a_pane_paints_nothing(group: PaneGroup) -> None:
    brush = Brush()
    group.canvas.set_hand(brush)
    group.pane_chosen.connect(lambda key: show(group, key))
    pane = pane_of(group, "result:3")
    drag(pane, (200, 150), (200, 150))
    assert group.canvas.geometry() == group.cell_of("result:3")
    mouse(group.canvas, QEvent.Type.MouseButtonDblClick, (200, 150))
    mouse(group.canvas, QEvent.Type.MouseButtonRelease, (200, 150))
    assert brush.pressed == []
    drag(group.canvas, (200, 150), (201, 150))
    assert len(brush.pressed) == 1


def test_that_a_right_click_asks_for_the_menu_of_the_canvas(group: PaneGroup, qtbot: Any) -> None:
    pane, at = group.panes[1], QPoint(200, 150)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, pane.mapToGlobal(at))
    with qtbot.waitSignal(group.canvas.menu_requested) as told:
        QApplication.sendEvent(pane, event)
    assert told.args == [pane.mapToGlobal(at), *pane.viewport.pixel_at(200, 150)]


def test_that_ctrl_and_shift_with_the_wheel_are_the_canvas_own(
    group: PaneGroup, qtbot: Any
) -> None:
    sizes: list[int] = []
    brush = Brush()
    brush.step_size = sizes.append  # type: ignore[method-assign]
    group.canvas.set_hand(brush)
    with qtbot.waitSignal(group.canvas.source_step_requested) as told:
        wheel(group.panes[0], -120, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [1]
    wheel(group.panes[0], 120, Qt.KeyboardModifier.ShiftModifier)
    assert sizes == [1]
    assert group.canvas.viewport.fitted


def test_that_panes_have_names(group: PaneGroup) -> None:
    names = [pane.accessibleName() for pane in group.panes]
    assert names == ["Pane 1 · method", "Pane 3 · method", "Pane 4 · method"]


# The set


def test_that_another_set_is_fitted_in_every_pane(group: PaneGroup) -> None:
    group.set_linked(False)
    group.panes[0].zoom_to(4.0)
    group.canvas.begin_set(Size(300, 500))
    group.canvas.set_picture("result:1", Picture(flat(12, Size(300, 500))))
    show(group, "result:1", keys=("result:1", "result:2"))
    assert group.canvas.viewport.fitted
    assert group.panes[0].viewport.image == Size(300, 500)
    assert group.panes[0].viewport.fitted


def test_that_closing_the_set_frees_its_pictures(group: PaneGroup) -> None:
    for pane in (group.canvas, *group.panes):
        pane.grab()
    picture = weakref.ref(group.canvas.shelf.pictures["result:3"])
    group.canvas.clear()
    group.arrange(PaneMode.SINGLE, (), "", {})
    gc.collect()
    assert picture() is None
