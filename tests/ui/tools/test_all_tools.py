"""What holds for every tool, whatever it is fed with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfgui.core.arrays import Rect, Size
from mfgui.ui.tools.all_tools import make_tools
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage, Tool
from tests.guides import Picture, halves
from tests.ui.tools.stages import PLAIN, stage

NAMES = (
    "brush",
    "eraser",
    "smart-brush",
    "lasso",
    "polygon",
    "fill",
    "refine-band",
    "pick",
    "region",
    "line",
)

numbers = st.one_of(
    st.integers(-20, 80).map(float),
    st.floats(-50, 150, width=32),
    st.sampled_from([float("nan"), float("inf"), -1e12, 1e12]),
)
points = st.builds(Point, numbers, numbers, st.floats(0, 1, width=16))
keys = st.builds(Keys, st.booleans(), st.booleans(), st.booleans())
inputs = st.one_of(
    st.tuples(st.just("press"), points, keys),
    st.tuples(st.just("move"), st.lists(points, max_size=3).map(tuple)),
    st.tuples(st.just("release"), points),
    st.tuples(st.just("hover"), st.one_of(st.none(), points), keys),
    st.tuples(st.just("confirm")),
    st.tuples(st.just("step_back")),
    st.tuples(st.just("cancel")),
)


def random_stage(size: Size, kind: str, seed: int) -> Stage:
    """A map of a kind, and options drawn by a seed."""
    rng = np.random.default_rng(seed)
    k = {"many": 200, "huge": 300}.get(kind, 3)
    labels = rng.integers(0, k + 1, (size.height, size.width))
    stored = labels.astype(np.uint16 if k > 254 else np.uint8)
    stored.flags.writeable = False
    flags = rng.random(5) < 0.5
    options = ToolOptions(
        size=int(rng.choice([1, 2, 9, 64])),
        pressure_size=bool(flags[0]),
        snap=bool(flags[1]),
        snap_strength=int(rng.choice([0, 50, 100])),
        subtract=bool(flags[2]),
        everywhere=bool(flags[3]),
        by_edges=bool(flags[4]),
    )
    guide = Picture(rng.random((size.height, size.width))) if rng.random() < 0.7 else None
    active = int(rng.integers(0, k + 1))
    return Stage(size, None if kind == "none" else stored, k, active, options, guide)


def check_answer(answer: Answer, where: Stage) -> None:
    frame = Rect(0, 0, where.size.width, where.size.height)
    for edit in answer.edits:
        assert edit.rect.intersected(frame) == edit.rect
        assert edit.mask.shape == (edit.rect.height, edit.rect.width)
        assert edit.mask.dtype == bool
        assert 0 <= edit.labels <= where.k
    if isinstance(answer.region, Rect):
        assert not answer.region.empty
        assert answer.region.intersected(frame) == answer.region
    if answer.band is not None:
        assert answer.band.mask.shape == (answer.band.rect.height, answer.band.rect.width)
    if answer.label is not None:
        assert 0 <= answer.label <= where.k


def check_outline(shown: Outline | None) -> None:
    if shown is not None and shown.mask is not None:
        assert shown.mask.shape == (shown.rect.height, shown.rect.width)


def feed(tool: Tool, where: Stage, event: tuple) -> Answer:
    name, *arguments = event
    if name == "cancel":
        return tool.cancel()
    if name == "step_back":
        tool.step_back(where)
        return NOTHING
    return getattr(tool, name)(where, *arguments)


@pytest.mark.parametrize("name", NAMES)
@given(
    events=st.lists(inputs, max_size=12),
    size=st.sampled_from([Size(1, 1), Size(60, 40), Size(3, 50)]),
    kind=st.sampled_from(["none", "some", "many", "huge"]),
    seed=st.integers(0, 999),
)
def test_that_any_input_is_survived(name, events, size, kind, seed) -> None:
    tool, where = make_tools()[name], random_stage(size, kind, seed)
    gesture = False
    for event in events:
        answer = feed(tool, where, event)
        check_answer(answer, where)
        check_outline(tool.outline(where))
        # Edits are only given inside a gesture, and a gesture is ended when the tool is done.
        assert not answer.edits or gesture or answer.begin
        gesture = (gesture or bool(answer.begin)) and not answer.end
        assert not gesture or tool.busy
    if tool.busy:
        assert tool.cancel().end == "abort"
    assert not tool.busy
    assert tool.cancel() is NOTHING


@pytest.mark.parametrize("name", NAMES)
def test_that_a_tool_at_rest_answers_nothing(name) -> None:
    tool, where = make_tools()[name], stage()
    assert tool.move(where, (Point(3, 3),)) is NOTHING
    assert tool.release(where, Point(3, 3)) is NOTHING
    assert tool.confirm(where) is NOTHING
    assert tool.cancel() is NOTHING
    assert not tool.step_back(where)
    assert tool.outline(where) is None
    assert not tool.busy


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("fill", "pick")])
def test_that_a_tool_given_up_in_the_middle_aborts(name) -> None:
    tool, where = make_tools()[name], stage(guide=halves(60, 40, border=30), snap=True)
    tool.press(where, Point(10, 10), PLAIN)
    tool.move(where, (Point(20, 10), Point(20, 30)))
    assert tool.busy
    assert tool.cancel().end == "abort"
    assert not tool.busy


def test_that_there_is_one_tool_of_each_name() -> None:
    tools = make_tools()
    assert tuple(tools) == NAMES
    assert all(tool.name == name for name, tool in tools.items())
    with_brush = {name for name, tool in tools.items() if tool.paints}
    assert with_brush == {"brush", "eraser", "smart-brush", "refine-band"}
    assert make_tools()["brush"] is not tools["brush"]
