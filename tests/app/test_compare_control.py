"""What is compared with what: panes, reference, views that can be shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mfgui.app.naming import title_of
from mfgui.app.settings import SettingsFile
from mfgui.core.comparison import (
    GAINS,
    CompareView,
    Comparison,
    PaneMode,
    SplitLine,
)
from mfgui.core.events import CompareChanged
from mfgui.core.session import MapOrigin, Mark, Truth


@pytest.fixture
def opened(desk, tiny_pair_files):
    desk.controller.sets.open(tiny_pair_files)
    desk.settle()
    desk.controller.compare.enter(True)
    return desk


def run(desk, *methods):
    for method in methods:
        desk.controller.runs.run(method, {})
        desk.settle()


def with_truth(desk):
    pixels = desk.controller.session.stack.pixels(0)
    desk.controller.session.truth = Truth("gt.png", "gt.png", "0" * 64, pixels)


def test_that_outside_the_workspace_there_is_one_plain_pane(opened) -> None:
    compare = opened.controller.compare
    assert compare.state.mode is PaneMode.GRID
    compare.enter(False)
    assert compare.state == Comparison()
    compare.change(mode=PaneMode.SPLIT)
    compare.enter(True)
    assert compare.state.mode is PaneMode.GRID
    compare.enter(False)
    assert compare.state.mode is PaneMode.SPLIT


def test_that_a_change_is_told_once_and_only_when_it_is_one(opened) -> None:
    opened.changes.clear()
    opened.controller.compare.change(gain=4)
    opened.controller.compare.change(gain=4)
    assert len(opened.seen(CompareChanged)) == 1


def test_that_the_grid_shows_sources_until_there_are_two_results(opened) -> None:
    compare = opened.controller.compare
    assert compare.pane_keys() == ("source:1", "source:2")
    run(opened, "average")
    assert compare.pane_keys() == ("source:1", "source:2", "result:1")
    run(opened, "composite")
    assert compare.pane_keys() == ("result:1", "result:2")
    opened.controller.view.show("source:2")
    assert compare.pane_keys() == ("result:1", "result:2", "source:2")
    with_truth(opened)
    assert compare.pane_keys() == ("result:1", "result:2", "truth", "source:2")


def test_that_of_many_results_the_starred_and_the_newest_are_in_the_grid(opened) -> None:
    run(opened, "average")
    session, compare = opened.controller.session, opened.controller.compare
    first = session.results[1]
    session.results.update(dict.fromkeys(range(2, 13), first))
    opened.controller.view.show("result:12")
    assert compare.pane_keys() == tuple(f"result:{n}" for n in range(4, 13))
    session.marks[2] = Mark(star=True)
    expected = ("result:2", *(f"result:{n}" for n in range(5, 13)))
    assert compare.pane_keys() == expected
    opened.controller.view.show("source:1")
    assert compare.pane_keys() == (*expected[:8], "source:1")


def test_that_many_sources_leave_room_for_what_is_compared(desk, tmp_path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (12, 12, 3), np.uint8)
    paths = [tmp_path / f"{n}.png" for n in range(12)]
    for path in paths:
        Image.fromarray(pixels).save(path)
    desk.controller.sets.open(paths)
    desk.settle()
    compare, view = desk.controller.compare, desk.controller.view
    compare.enter(True)
    run(desk, "average")
    with_truth(desk)
    sources = [f"source:{n}" for n in range(1, 8)]
    assert compare.pane_keys() == (*sources, "result:1", "truth")
    view.show("source:11")
    assert compare.pane_keys() == (*sources[:6], "source:11", "result:1", "truth")


def test_that_nine_results_leave_no_room_for_the_truth_whichever_is_shown(opened) -> None:
    run(opened, "average")
    session, compare = opened.controller.session, opened.controller.compare
    session.results.update(dict.fromkeys(range(2, 10), session.results[1]))
    with_truth(opened)
    for shown in (1, 9):
        opened.controller.view.show(f"result:{shown}")
        assert compare.pane_keys() == tuple(f"result:{n}" for n in range(1, 10))


def test_that_side_by_side_shows_the_reference_or_what_is_nearest_to_one(opened) -> None:
    compare, session = opened.controller.compare, opened.controller.session
    compare.change(mode=PaneMode.SIDE)
    opened.controller.view.show("source:1")
    assert compare.pane_keys() == ("source:2", "source:1")
    run(opened, "average", "composite")
    opened.controller.view.show("result:2")
    assert compare.other_key() == "result:1"
    session.reference = "source:2"
    assert compare.pane_keys() == ("source:2", "result:2")
    opened.controller.view.show("source:2")
    assert compare.other_key() == "result:2"


def test_that_a_background_stands_beside_its_result(opened) -> None:
    compare, session = opened.controller.compare, opened.controller.session
    view = opened.controller.view
    run(opened, "average", "composite")
    known = session.results[2]
    session.results[2] = replace(known, aspects={"background": known.image})
    view.show("result:1")
    assert compare.other_key() == "result:2"
    view.show("result:2")
    assert compare.other_key() == "result:1"
    view.show("result:2:background")
    assert compare.other_key() == "result:2"
    del session.results[1]
    view.show("result:2")
    assert compare.other_key() == "result:2:background"
    compare.change(mode=PaneMode.GRID)
    assert compare.pane_keys() == ("source:1", "source:2", "result:2", "result:2:background")
    session.reference = "source:1"
    assert compare.other_key() == "source:1"


def test_that_views_that_cannot_be_shown_are_skipped_with_a_reason(opened) -> None:
    compare = opened.controller.compare
    Q, ERROR = CompareView.LOCAL_Q, CompareView.SQUARED_ERROR
    assert "focus map" in compare.blocked(Q)
    assert "ground truth" in compare.blocked(ERROR)
    compare.change(view=Q)
    assert compare.state.view is CompareView.PICTURE
    seen = [compare.state.view]
    for _ in range(4):
        compare.step_view(1)
        seen.append(compare.state.view)
    views = list(CompareView)
    assert seen == [*views[:4], CompareView.PICTURE]
    compare.step_view(-1)
    assert compare.state.view is CompareView.ABSOLUTE
    opened.controller.sets.set_map(
        opened.controller.session.stack.pixels(0)[..., 0] % 2 + 1, MapOrigin(path="map.png")
    )
    with_truth(opened)
    assert [compare.blocked(view) for view in views] == [""] * len(views)


def test_that_a_view_waits_as_a_picture_while_it_cannot_be_shown(opened) -> None:
    compare, session = opened.controller.compare, opened.controller.session
    with_truth(opened)
    truth = session.truth
    compare.change(view=CompareView.SQUARED_ERROR)
    session.truth = None
    assert compare.view is CompareView.PICTURE
    assert compare.against() == "source:2"
    session.truth = truth
    assert compare.view is CompareView.SQUARED_ERROR
    session.truth = None
    compare.step_view(1)
    assert compare.view is CompareView.MAP


def test_that_the_reference_stays_a_picture_under_differences(opened) -> None:
    compare, session = opened.controller.compare, opened.controller.session
    run(opened, "average", "composite")
    session.reference = "result:1"
    compare.change(view=CompareView.SIGNED)
    assert compare.against() == "result:1"
    assert compare.view_of("result:1") is CompareView.PICTURE
    assert compare.view_of("result:2") is CompareView.SIGNED
    compare.change(view=CompareView.LOCAL_Q_DIFFERENCE)
    assert compare.view_of("result:1") is CompareView.PICTURE
    assert compare.view_of("live") is CompareView.PICTURE
    with_truth(opened)
    compare.change(view=CompareView.SQUARED_ERROR)
    assert compare.against() == "truth"


def test_that_the_gain_stops_at_both_ends(opened) -> None:
    compare = opened.controller.compare
    compare.step_gain(-1)
    assert compare.state.gain == GAINS[0]
    for _ in range(20):
        compare.step_gain(1)
    assert compare.state.gain == GAINS[-1]


def test_that_the_workspace_remembers_what_it_had(opened, desk) -> None:
    compare = opened.controller.compare
    line = SplitLine().turned(45)
    compare.change(mode=PaneMode.SPLIT, gain=8, band=13, rate=8.0, line=line, flicker=True)
    compare.remember()
    desk.settle()
    again = type(desk)().controller.compare
    again.enter(True)
    assert again.state == Comparison(
        mode=PaneMode.SPLIT, gain=8, band=13, rate=3.0, line=SplitLine(angle=45.0)
    )


def test_that_damaged_memories_are_left_out(desk) -> None:
    wrong = {"mode": "cinema", "view": 3, "gain": 5, "band": True, "rate": 8, "angle": "up"}
    SettingsFile().change(comparison=wrong)
    again = type(desk)().controller.compare
    again.enter(True)
    assert again.state == Comparison(mode=PaneMode.GRID)


@pytest.mark.parametrize(
    ("angle", "points"),
    [
        (0.0, {(10, 50): 0, (90, 50): 1}),
        (90.0, {(50, 10): 0, (50, 90): 1}),
        (180.0, {(10, 50): 1, (90, 50): 0}),
        (45.0, {(10, 10): 0, (90, 90): 1, (95, 10): 1, (10, 85): 0}),
    ],
)
def test_that_a_line_has_two_sides_at_any_angle(angle: float, points) -> None:
    line = SplitLine(0.5, 0.5, angle)
    for (x, y), side in points.items():
        assert line.side(x, y, width=100, height=100) == side


def test_that_pictures_have_names(opened) -> None:
    run(opened, "average")
    session = opened.controller.session
    assert title_of(session, "source:2").startswith("Source 2 · ")
    assert title_of(session, "result:1") == f"1 · {session.results[1].name}"
    session.marks[1] = Mark(name="plain mean")
    assert title_of(session, "result:1") == "1 · plain mean"
    assert title_of(session, "result:1:best") == "1 · plain mean, best image"
    assert title_of(session, "result:9") == ""
    assert title_of(session, "truth") == "Ground truth"
