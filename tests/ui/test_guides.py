from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mfgui.core.arrays import Rect
from mfgui.core.edits import Edit
from mfgui.core.events import ResultMoved
from mfgui.core.snapping import GuideKind
from mfgui.ui.application import Application
from mfgui.ui.guides import GUIDE_MAKERS, Frames, Guides
from mfgui.ui.tools.tool import Keys, Point
from tests.guides import Picture
from tests.ui.hands import WAIT_MS
from tests.ui.strokes import hover

PLACE = Rect(200, 150, 40, 30)


@pytest.fixture
def guides(opened: Application) -> Guides:
    return Guides(opened.controller, GUIDE_MAKERS)


def read(guides: Guides, kind: GuideKind) -> np.ndarray:
    guide = guides.of(kind)
    assert guide is not None
    return guide.read(PLACE).copy()


def test_that_there_is_no_guide_without_a_set(application: Application) -> None:
    guides = Guides(application.controller, GUIDE_MAKERS)
    assert [guides.of(kind) for kind in GuideKind] == [None, None, None]


def test_that_guides_are_kept_until_the_set_goes(guides: Guides, opened: Application) -> None:
    kept = [guides.of(kind) for kind in GuideKind]
    assert [guides.of(kind) for kind in GuideKind] == kept
    assert all(
        guide is not None and guide.size == opened.controller.session.stack.size for guide in kept
    )
    opened.controller.sets.close()
    assert [guides.of(kind) for kind in GuideKind] == [None, None, None]


def test_that_luminance_is_that_of_the_active_source(guides: Guides, opened: Application) -> None:
    first = read(guides, GuideKind.LUMINANCE)
    sharpness = guides.of(GuideKind.SHARPNESS)
    opened.controller.view.choose_label(2)
    assert not np.array_equal(read(guides, GuideKind.LUMINANCE), first)
    assert guides.of(GuideKind.SHARPNESS) is sharpness


def test_that_a_guide_is_not_kept_when_its_result_lies_elsewhere(
    guides: Guides, opened: Application, qtbot: Any
) -> None:
    controller = opened.controller
    controller.runs.run("average", {})
    qtbot.waitUntil(lambda: controller.session.shown == "result:1", timeout=WAIT_MS)
    guide, result = guides.of(GuideKind.FUSED), controller.session.results[1]
    controller.notifier.emit(ResultMoved(1, result, result))
    assert guides.of(GuideKind.FUSED) is not guide


def test_that_fused_is_what_the_map_takes(guides: Guides, opened: Application) -> None:
    controller = opened.controller
    nothing = read(guides, GuideKind.FUSED)
    assert np.array_equal(nothing, read(guides, GuideKind.LUMINANCE))
    whole = Rect(0, 0, 600, 400)
    controller.edit.apply("All", [Edit(whole, np.ones((400, 600), np.bool_), 2)])
    second = read(guides, GuideKind.FUSED)
    controller.view.choose_label(2)
    assert np.array_equal(second, read(guides, GuideKind.LUMINANCE))
    assert not np.array_equal(second, nothing)


def test_that_frames_are_read_one_by_one(opened: Application) -> None:
    stack = opened.controller.session.stack
    assert stack is not None
    frames = Frames(stack)
    assert len(frames) == 2
    assert frames[-1] is stack.pixels(1)
    assert [frame.shape for frame in frames[:1]] == [(400, 600, 3)]
    with pytest.raises(IndexError):
        frames[2]
    assert len(list(frames)) == 2


def test_that_the_region_is_clipped_and_one_step(opened: Application, qtbot: Any) -> None:
    region, session = opened.controller.region, opened.controller.session
    assert region.set(Rect(-20, 350, 100, 100))
    assert session.region == Rect(0, 350, 80, 50)
    assert not region.set(Rect(-50, 350, 130, 100))
    assert region.set(Rect(700, 10, 20, 20))  # beside the picture: none
    assert session.region is None
    history = opened.controller.edit.history
    assert history.names == ("Region", "Clear region")
    opened.controller.edit.undo()
    assert session.region == Rect(0, 350, 80, 50)
    opened.controller.edit.undo()
    assert session.region is None
    opened.controller.edit.redo()
    assert session.region == Rect(0, 350, 80, 50)


@pytest.mark.parametrize("kind", list(GuideKind))
def test_that_a_guide_is_made_ahead_in_the_pool(
    guides: Guides, opened: Application, qtbot: Any, kind: GuideKind
) -> None:
    guide = guides.of(kind)
    assert guide is not None
    assert not guide.ready(PLACE)
    guides.warm(kind, Rect(0, 0, 600, 400), (300, 200))
    qtbot.waitUntil(lambda: guide.ready(Rect(0, 0, 600, 400)), timeout=WAIT_MS)
    assert guide.ready(PLACE)


def test_that_the_nearest_tiles_are_made_first_and_a_new_place_stops_the_old(
    opened: Application,
) -> None:
    tasks: list[Any] = []
    opened.controller.ask = lambda task, _done: tasks.append(task)  # type: ignore[method-assign]
    picture = Picture(np.zeros((600, 900)))
    picture.ready = lambda _rect: False  # type: ignore[method-assign]
    guides = Guides(opened.controller, {GuideKind.SHARPNESS: lambda _controller: picture})
    whole = Rect(0, 0, 900, 600)
    guides.warm(GuideKind.SHARPNESS, whole, (700, 300))
    guides.warm(GuideKind.SHARPNESS, whole, (10, 10))
    assert len(tasks) == 1  # it is under way
    tasks[0](lambda _part: None)
    assert picture.asked[0] == Rect(512, 256, 256, 256)
    assert len(picture.asked) == 12
    guides.warm(GuideKind.SHARPNESS, PLACE, (10, 10))
    guides.warm(GuideKind.SHARPNESS, whole, (10, 10))
    picture.asked.clear()
    tasks[1](lambda _part: None)
    assert picture.asked == []


def test_that_a_preview_waits_for_no_edges(opened: Application, qtbot: Any) -> None:
    bench, canvas = opened.window.bench, opened.window.parts.canvas
    guide = bench._guides.of(GuideKind.SHARPNESS)
    assert guide is not None
    bench.choose("brush")
    bench.change(snap=True, size=40)
    canvas.setFocus()
    bench._hovered = Point(300, 200)
    assert not guide.ready(Rect(260, 160, 80, 80))
    assert bench.outline() is None or bench.outline().mask is None
    hover(canvas, (300, 200))
    qtbot.waitUntil(lambda: guide.ready(Rect(260, 160, 80, 80)), timeout=WAIT_MS)
    hover(canvas, (301, 200))
    outline = bench.outline()
    assert outline is not None
    assert outline.mask is not None


def test_that_a_stroke_that_begins_without_hovering_has_edges_made_ahead(
    opened: Application, qtbot: Any
) -> None:
    bench = opened.window.bench
    bench.choose("brush")
    bench.change(snap=True, size=9)
    guide = bench._guides.of(GuideKind.SHARPNESS)
    assert guide is not None
    bench.press(Point(40, 40), Keys())
    far = Rect(500, 300, 60, 60)  # not below the brush
    qtbot.waitUntil(lambda: guide.ready(far), timeout=WAIT_MS)
    bench.release(Point(40, 40))
