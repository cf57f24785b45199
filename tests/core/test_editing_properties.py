"""Any sequence of edits: undone it is the start, redone it is the end, bit for bit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.core.arrays import Rect, Size
from mfgui.core.edits import Edit, edited
from mfgui.core.events import MapChanged, MapPatched
from mfgui.core.history import LEAST_STEPS, Action, History
from mfgui.core.labels import FocusMap, label_dtype
from mfgui.core.session import MapOrigin
from mfgui.core.sweeps import THIN, Disc, dab
from mfgui.ui.tools.all_tools import make_tools
from mfgui.ui.tools.brush import Brush
from mfgui.ui.tools.options import ToolOptions
from mfgui.ui.tools.tool import Answer, Keys, Point, Stage
from tests.guides import Picture

# Two tiles wide, less than two high: strokes cross the borders of tiles.
SIZE = Size(300, 270)
SMALL = Size(110, 90)  # where every pixel is measured
ORIGIN = MapOrigin(path="map.png")

coordinates = st.floats(-30, 330, width=32)
points = st.builds(Point, coordinates, coordinates, st.floats(0, 1, width=16))
ways = st.lists(points, min_size=1, max_size=5)
near_ways = st.lists(
    st.builds(Point, st.floats(-30, 140, width=32), st.floats(-30, 120, width=32), st.just(1.0))
    | points,
    min_size=1,
    max_size=4,
)
rects = st.builds(
    lambda x, y, width, height: Rect(x, y, width, height).intersected(Rect(0, 0, 300, 270)),
    st.integers(0, 290),
    st.integers(0, 260),
    st.integers(1, 300),
    st.integers(1, 270),
)


class Bench:
    """An editor of one map, a hand for its tools, and everything that views were told."""

    def __init__(self, k: int, *, begun: bool, budget: int, least: int) -> None:
        self.desk = Desk(registry=None, backend=None, settings=None)  # type: ignore[arg-type]
        self.desk.session.stack = SimpleNamespace(size=SIZE, k=k)  # type: ignore[assignment]
        self.edit = EditControl(self.desk, self._patched)
        self.edit.history = History(budget=budget, least=least)
        if begun:
            labels = patches(7, k)
            self.desk.session.focus_map = FocusMap(labels, k=k)
            self.desk.session.map_origin = ORIGIN
        self.k = k
        self.told: list[Any] = []
        self.brought: list[Rect] = []
        self.desk.notifier.connect(self.told.append)
        self.tools = make_tools()

    def _patched(self, rect: Rect, *, follow: bool = True) -> None:
        self.brought.append(rect)

    def state(self) -> tuple[bytes | None, MapOrigin]:
        focus_map = self.desk.session.focus_map
        labels = None if focus_map is None else focus_map.labels.tobytes()
        return labels, self.desk.session.map_origin

    def labels(self) -> np.ndarray:
        focus_map = self.desk.session.focus_map
        if focus_map is None:
            return np.zeros((SIZE.height, SIZE.width), label_dtype(self.k))
        return focus_map.labels.copy()

    def stage(self, active: int, options: ToolOptions) -> Stage:
        focus_map = self.desk.session.focus_map
        labels = None if focus_map is None else focus_map.labels
        return Stage(SIZE, labels, self.k, min(active, self.k), options, GUIDE)

    def take(self, answer: Answer) -> None:
        """As the tool bench of the window does."""
        if answer.begin:
            self.edit.begin(answer.begin)
        if answer.edits:
            self.edit.extend(answer.edits)
        if answer.end == "commit":
            self.edit.commit()
        elif answer.end == "abort":
            self.edit.abort()

    def drag(
        self, name: str, way: list[Point], active: int, options: ToolOptions, end: str
    ) -> None:
        tool, (first, *others) = self.tools[name], way
        self.edit.over = options.only_over()
        self.take(tool.press(self.stage(active, options), first, Keys()))
        for point in others:
            self.take(tool.move(self.stage(active, options), (point,)))
        if end == "abort":
            self.take(tool.cancel())
        elif end == "undo":
            self.edit.undo() if self.edit.busy else self.take(tool.cancel())
            tool.cancel()
        else:
            self.take(tool.release(self.stage(active, options), way[-1]))
            self.take(tool.confirm(self.stage(active, options)))
            self.take(tool.cancel())


def patches(seed: int, k: int) -> np.ndarray:
    """Rectangles of labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((SIZE.height, SIZE.width), label_dtype(k))
    for _ in range(12):
        x, y = rng.integers(0, 290), rng.integers(0, 260)
        labels[y : y + rng.integers(5, 200), x : x + rng.integers(5, 200)] = rng.integers(0, k + 1)
    return labels


GUIDE = Picture(patches(3, 3) / 3)

tool_options = st.builds(
    ToolOptions,
    size=st.sampled_from([1, 7, 40, 300, 900]),
    pressure_size=st.booleans(),
    snap=st.booleans(),
    snap_strength=st.sampled_from([0, 80]),
    over=st.sampled_from(["any", "any", "unassigned", "label"]).map(
        lambda name: ToolOptions(over=name).over
    ),
    over_label=st.integers(1, 3),
    subtract=st.booleans(),
    everywhere=st.booleans(),
    by_edges=st.booleans(),
)
drags = st.tuples(
    st.just("drag"),
    st.sampled_from(["brush", "brush", "eraser", "smart-brush", "lasso", "polygon", "fill"]),
    ways,
    st.integers(0, 3),
    tool_options,
    st.sampled_from(["", "", "", "abort", "undo"]),
)
acts = st.one_of(
    drags,
    drags,
    st.tuples(st.just("replace"), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("paint"), rects, st.integers(0, 3)),
    st.tuples(st.just("record")),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


def do(bench: Bench, act: tuple) -> None:
    name, *arguments = act
    if name == "drag":
        bench.drag(*arguments)
    elif name == "replace":
        seed, loaded = arguments
        origin = MapOrigin(path=f"{seed}.png") if loaded else None
        bench.edit.over = None
        bench.edit.replace("Replace", patches(seed, bench.k), origin)
    elif name == "paint":
        rect, label = arguments
        bench.edit.over = None
        bench.edit.apply("Paint", [Edit(rect, np.ones((rect.height, rect.width), bool), label)])
    elif name == "record":
        bench.edit.record(Action("Other", lambda: None, lambda: None))
    elif name == "undo":
        bench.edit.undo()
    else:
        bench.edit.redo()


class Expected:
    """Every state that a step has led to, kept whole."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.states = [bench.state()]
        self.position = 0

    def did(self, act: tuple, before: tuple, names: tuple[str, ...]) -> None:
        """Check and keep what an act has led to."""
        history, after = self._bench.edit.history, self._bench.state()
        if act[0] == "undo":
            self.position = max(self.position - 1, history.forgotten)
        elif act[0] == "redo":
            self.position = min(self.position + 1, len(self.states) - 1)
        elif after != before or act[0] == "record":
            self.position += 1
            self.states[self.position :] = [after]
            assert history.position == len(history.names)
        else:
            assert history.names == names
        assert after == self.states[self.position]
        assert history.position == self.position - history.forgotten
        assert len(history.names) == len(self.states) - 1 - history.forgotten


@pytest.mark.parametrize(("budget", "least"), [(1 << 29, LEAST_STEPS), (3000, LEAST_STEPS), (1, 3)])
@given(k=st.sampled_from([3, 200, 300]), begun=st.booleans(), sequence=st.lists(acts, max_size=10))
@settings(max_examples=60)
def test_that_undone_is_the_start_and_redone_is_the_end(budget, least, k, begun, sequence) -> None:
    bench = Bench(k, begun=begun, budget=budget, least=least)
    expected = Expected(bench)
    for act in sequence:
        before, names = bench.state(), bench.edit.history.names
        do(bench, act)
        assert not bench.edit.busy
        expected.did(act, before, names)
    history = bench.edit.history
    for position in (0, len(history.names), 0, len(history.names) // 2):
        bench.edit.go_to(position)
        assert bench.state() == expected.states[position + history.forgotten]
    focus_map = bench.desk.session.focus_map
    if focus_map is not None:
        counts = np.bincount(focus_map.labels.ravel(), minlength=len(focus_map.counts()))
        np.testing.assert_array_equal(focus_map.counts(), counts)


@given(k=st.sampled_from([3, 300]), begun=st.booleans(), sequence=st.lists(acts, max_size=8))
@settings(max_examples=60)
def test_that_views_are_told_of_every_pixel_that_changes(k, begun, sequence) -> None:
    bench = Bench(k, begun=begun, budget=1 << 29, least=LEAST_STEPS)
    for act in [*sequence, ("undo",), ("undo",), ("redo",)]:
        before = bench.labels()
        bench.told.clear()
        bench.brought.clear()
        do(bench, act)
        changed = before != bench.labels()
        followed = changed.copy()
        for rect in bench.brought:
            followed[rect.slices] = False
        gone = bench.desk.session.focus_map is None
        assert gone or not followed.any()
        if not any(isinstance(change, MapChanged) for change in bench.told):
            for change in bench.told:
                if isinstance(change, MapPatched):
                    changed[change.rect.slices] = False
            assert not changed.any()


def masks_of(answers: list[Answer], size: Size) -> np.ndarray:
    mask = np.zeros((size.height, size.width), bool)
    for answer in answers:
        for edit in answer.edits:
            mask[edit.rect.slices] |= edit.mask
    return mask


def stroke(way: list[Point], groups: list[int], where: Stage) -> list[Answer]:
    """The whole way, its points handed over in groups of these lengths."""
    brush, rest = Brush(), way[1:]
    answers = [brush.press(where, way[0], Keys())]
    for length in groups:
        answers.append(brush.move(where, tuple(rest[:length])))
        rest = rest[length:]
    answers.append(brush.move(where, tuple(rest)))
    answers.append(brush.release(where, way[-1]))
    return answers


@given(
    way=near_ways,
    groups=st.lists(st.integers(1, 3), max_size=4),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=4),
    size=st.sampled_from([1, 2, 9, 60, 500, 800, 1000]),
    pressure=st.booleans(),
)
def test_that_a_stroke_is_the_union_of_its_dabs(way, groups, shares, size, pressure) -> None:
    options = ToolOptions(size=size, pressure_size=pressure)
    where = Stage(SMALL, None, 3, 1, options, None)
    frame = Rect(0, 0, SMALL.width, SMALL.height)
    mask = masks_of(stroke(way, groups, where), SMALL)
    np.testing.assert_array_equal(mask, masks_of(stroke(way, [], where), SMALL))
    diameters = [max(1.0, size * (point.pressure if pressure else 1)) for point in way]
    ends = [Disc(p.x, p.y, d) for p, d in zip(way, diameters, strict=True)]
    nearest = np.full((SMALL.height, SMALL.width), np.inf)
    ys, xs = np.mgrid[: SMALL.height, : SMALL.width] + 0.5
    for start, end in zip(ends, ends[1:] or ends, strict=False):
        for share in (0.0, *shares, 1.0):
            x = start.x + share * (end.x - start.x)
            y = start.y + share * (end.y - start.y)
            diameter = start.diameter + share * (end.diameter - start.diameter)
            if diameter < THIN and min(abs(x - round(x)), abs(y - round(y))) < 1e-6:
                continue  # rounding decides which pixel is below it
            smaller = max(diameter - 1e-6, THIN) if diameter >= THIN else diameter
            part = dab(Disc(x, y, smaller), frame=frame).footprint()
            assert mask[part.rect.slices][part.mask].all()
        many = np.linspace(0, 1, 60)[:, None, None]
        x, y = start.x + many * (end.x - start.x), start.y + many * (end.y - start.y)
        radius = (start.diameter + many * (end.diameter - start.diameter)) / 2
        step = np.hypot(end.x - start.x, end.y - start.y) + abs(end.diameter - start.diameter)
        here = (np.hypot(xs - x, ys - y) - np.maximum(radius, THIN / 2)).min(axis=0) - step / 60
        nearest = np.minimum(nearest, here)
    assert not (mask & (nearest > 1e-6)).any()


@given(way=ways, groups=st.lists(st.integers(1, 3), max_size=4), options=tool_options)
def test_that_snap_at_0_percent_is_no_snap(way, groups, options) -> None:
    def answers(**changes: Any) -> list[Answer]:
        values = {**options.__dict__, **changes}
        return stroke(way, groups, Stage(SIZE, None, 3, 1, ToolOptions(**values), GUIDE))

    for mine, plain in zip(answers(snap=True, snap_strength=0), answers(snap=False), strict=True):
        assert (mine.begin, mine.end) == (plain.begin, plain.end)
        assert [edit.rect for edit in mine.edits] == [edit.rect for edit in plain.edits]
        for a, b in zip(mine.edits, plain.edits, strict=True):
            np.testing.assert_array_equal(a.mask, b.mask)
            assert a.labels == b.labels


@given(way=ways, strength=st.integers(1, 100), size=st.sampled_from([3, 20, 70]))
@settings(max_examples=30)
def test_that_a_snapped_stroke_is_part_of_the_plain_one(way, strength, size) -> None:
    options = ToolOptions(size=size, snap=True, snap_strength=strength)
    where = Stage(SIZE, None, 3, 1, options, GUIDE)
    plain = Stage(SIZE, None, 3, 1, ToolOptions(size=size + 1), None)
    snapped = masks_of(stroke(way, [], where), SIZE)
    # A pixel on the border of a dab may lie beside that of the stroke by rounding.
    assert not (snapped & ~masks_of(stroke(way, [], plain), SIZE)).any()


@given(rects, st.integers(0, 99), st.integers(0, 3), st.sampled_from([None, 0, 1, 2]))
def test_that_an_edit_changes_what_it_says_and_nothing_else(rect, seed, label, over) -> None:
    before = patches(seed, 3)[rect.slices]
    mask = np.random.default_rng(seed).random(before.shape) < 0.5
    after = edited(before, Edit(rect, mask, label), over=over)
    painted = mask & (True if over is None else before == over)
    wanted = np.where(painted, label, before)
    if after is None:
        np.testing.assert_array_equal(before, wanted)
    else:
        np.testing.assert_array_equal(after, wanted)
        assert (after != before).any()
