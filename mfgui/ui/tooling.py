"""The tools with their options: feeds them, carries out what they answer, switches between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from mfgui.app.controller import Controller
from mfgui.core.arrays import Rect
from mfgui.core.events import (
    ActiveLabelChanged,
    Change,
    LineChanged,
    SetClosed,
    SetOpened,
    SetOpening,
)
from mfgui.core.snapping import Guide
from mfgui.jobs.pool import Task
from mfgui.ui.bands import Bands
from mfgui.ui.guides import Guides
from mfgui.ui.held_tools import HeldTools
from mfgui.ui.tool_memory import RANGES
from mfgui.ui.tools.options import Over, ToolOptions
from mfgui.ui.tools.sizes import next_size
from mfgui.ui.tools.strokes import is_place, label_at
from mfgui.ui.tools.tool import NOTHING, Answer, Keys, Outline, Point, Stage, Tool

INSPECT = "inspect"
STRENGTH_STEP = 10
LINE = "line"
_ERASER = "eraser"
_DRAGGED = ("lasso", "region", LINE)


class ToolBench(QObject):
    """Keeps tools and options, and is the hand of the canvas (`canvas.hand.Hand`).

    Parameters
    ----------
    tools : iterable of Tool
        All but Inspect, which is having none of them.
    guides : Guides
        The edges for Snap.
    refine : callable
        Makes the task behind a `BandRequest`, see `mfgui.app.refining.refine_band`.
    clock : callable
        Seconds that only grow.
    """

    tool_changed = Signal(str)
    options_changed = Signal(object)

    dropped = Signal()
    """The stroke or outline in progress was given up: the rest of the drag is nothing."""

    size_changed = Signal()

    busy_changed = Signal(bool)
    """Whether undo, redo and Esc have a stroke or outline to act on."""

    def __init__(
        self,
        controller: Controller,
        tools: Iterable[Tool],
        *,
        guides: Guides,
        refine: Callable[..., Task],
        clock: Callable[[], float] = time.monotonic,
        options: ToolOptions | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._tools = {tool.name: tool for tool in tools}
        self._guides = guides
        self.bands = Bands(controller, refine, self._after)
        self._options = options or ToolOptions()
        self._name = INSPECT
        self._labels = (controller.session.active_label, controller.session.active_label)
        self.held = HeldTools(clock)
        self._return_to: str | None = None
        self._was_busy = False
        self._erasing = False
        self._pressure = 1.0
        self._hovered: Point | None = None
        self.scale: Callable[[], float] = lambda: 1.0
        """Screen pixels per image pixel, now."""
        self.visible: Callable[[], Rect] = lambda: Rect(0, 0, 0, 0)
        """The part of the picture that is on the screen, now."""
        self.shift: Callable[[], bool] = lambda: False
        """Whether Shift is down, now."""
        controller.line.set_width(self._options.line_width)
        controller.line.interpolate(self._options.line_interpolation)
        controller.notifier.connect(self._take)

    # What the canvas asks

    @property
    def name(self) -> str:
        """The active tool."""
        return self._name

    @property
    def names(self) -> tuple[str, ...]:
        return (INSPECT, *self._tools)

    @property
    def pans(self) -> bool:
        return self._tool is None or not self._open

    @property
    def paints(self) -> bool:
        return self._tool is not None and self._tool.paints and self._open

    @property
    def size(self) -> int:
        return self._options.size

    @property
    def drawn_size(self) -> float:
        share = self._pressure if self._options.pressure_size else 1.0
        return max(1.0, self._options.size * share)

    @property
    def label(self) -> int:
        erases = self._erasing or self._name == _ERASER
        return 0 if erases else self._controller.session.active_label

    @property
    def k(self) -> int:
        stack = self._controller.session.stack
        return 1 if stack is None else stack.k

    @property
    def region(self) -> Rect | None:
        return self._controller.session.region

    @property
    def drags(self) -> bool:
        return self._name in _DRAGGED

    @property
    def outlining(self) -> bool:
        return self._name == "polygon" and self.busy

    @property
    def busy(self) -> bool:
        """Whether a stroke or outline is in progress."""
        return self._tool is not None and self._tool.busy

    def press(self, point: Point, keys: Keys) -> None:
        self._pressure = point.pressure
        self._erasing = keys.ctrl or keys.eraser
        self._warm(point)
        self._feed(lambda tool, stage: tool.press(stage, point, keys))

    def move(self, points: tuple[Point, ...]) -> None:
        self._pressure = points[-1].pressure
        self._feed(lambda tool, stage: tool.move(stage, points))

    def release(self, point: Point) -> None:
        self._pressure = 1.0
        self._feed(lambda tool, stage: tool.release(stage, point))

    def hover(self, point: Point | None, keys: Keys) -> None:
        self._erasing = keys.ctrl or keys.eraser
        self._hovered = point
        self._feed(lambda tool, stage: tool.hover(stage, point, keys))
        self._warm(point)

    def _warm(self, point: Point | None) -> None:
        """Have the edges around the pointer made before the brush gets there."""
        if point is not None and self._looks_at_guide():
            self._guides.warm(self._options.guide, self.visible(), (point.x, point.y))

    def confirm(self) -> None:
        self._feed(lambda tool, stage: tool.confirm(stage))

    def outline(self) -> Outline | None:
        stage = self._stage()
        if self._tool is None or stage is None:
            return None
        if not self.busy and not self._guide_ready(stage):
            stage = replace(stage, guide=None)  # a preview waits for nothing
        return self._tool.outline(stage)

    def pick(self, point: Point) -> None:
        """Paint the label below this place from here on; 0 where there is no map."""
        stage = self._stage()
        label = None if stage is None or not is_place(point) else label_at(stage, point)
        if label is not None:
            self._controller.view.choose_label(label)

    # Switching

    def key(self, key: int, *, down: bool) -> None:
        if down:
            self.held.press(key)
        elif (back := self.held.release(key, self._name)) is not None:
            self._return_to = back
            self._return()

    def keys_lost(self) -> None:
        for key in self.held.down:
            self.key(key, down=False)

    def choose(self, name: str) -> None:
        """Make a tool the active one; what another has in progress is given up.

        If its key is down, it goes again when the key has been held for a while.
        """
        self.held.chosen(name, self._name)
        self._return_to = None
        self._switch(name)

    def _return(self) -> None:
        """Back to the tool before the held one, once its stroke is done."""
        if self._return_to is not None and not self.busy:
            name, self._return_to = self._return_to, None
            self._switch(name)

    def _switch(self, name: str) -> None:
        if name == self._name:
            return
        self.cancel()
        self._name = name
        self._erasing = False
        self.dropped.emit()
        self.tool_changed.emit(name)

    def cancel(self) -> bool:
        """Give up the stroke or outline in progress; returns whether there was one."""
        if self._tool is None or not self._tool.busy:
            return False
        self._apply(self._tool.cancel())
        self.dropped.emit()
        self._after()
        return True

    def undo(self) -> bool:
        """Take back the last point of an outline, or give up a stroke; returns whether there was
        one, else the history is to be asked."""
        stage = self._stage()
        if self._tool is None or stage is None or not self._tool.busy:
            return False
        if self._tool.step_back(stage):
            self._after()
            return True
        return self.cancel()

    def escape(self) -> None:
        """Cancel what is in progress, else clear the line or region, else return to Inspect."""
        if self.cancel() or (self._name == LINE and self._controller.line.set(None)):
            return
        if not self._controller.region.set(None):
            self.choose(INSPECT)

    def swap_labels(self) -> None:
        """Paint the label that was active before the present one."""
        self._controller.view.choose_label(self._labels[0])

    # Options

    @property
    def options(self) -> ToolOptions:
        return self._options

    def change(self, **changes: Any) -> None:
        """Other options, brought into their ranges."""
        for name, (least, most) in RANGES.items():
            if name in changes:
                changes[name] = min(max(int(changes[name]), least), most)
        before, self._options = self._options, replace(self._options, **changes)
        if self._options == before:
            return
        self.options_changed.emit(self._options)
        if self._options.size != before.size:
            self.size_changed.emit()
        self._controller.line.set_width(self._options.line_width)
        self._controller.line.interpolate(self._options.line_interpolation)

    def resize(self, size: int) -> None:
        self.change(size=size)

    def step_size(self, steps: int) -> None:
        for _ in range(abs(steps)):
            self.resize(next_size(self._options.size, larger=steps > 0))

    def strengthen_snap(self, steps: int) -> None:
        """Stronger, or weaker for negative `steps`; Snap itself stays on or off."""
        self.change(snap_strength=self._options.snap_strength + steps * STRENGTH_STEP)

    def next_protection(self) -> None:
        """Any, unassigned, the active label, and any again."""
        over = list(Over)[(list(Over).index(self._options.over) + 1) % len(Over)]
        label = self._controller.session.active_label or self._options.over_label
        self.change(over=over, over_label=min(label, self.k))

    # Feeding

    @property
    def _tool(self) -> Tool | None:
        return self._tools.get(self._name)

    @property
    def _open(self) -> bool:
        """Whether the picture on the canvas is that of the session's set."""
        return self._controller.session.stack is not None and not self._controller.sets.opening

    def _stage(self) -> Stage | None:
        session = self._controller.session
        if session.stack is None:
            return None
        return Stage(
            session.stack.size,
            None if session.focus_map is None else session.focus_map.labels,
            session.stack.k,
            session.active_label,
            self._options,
            self._guide(),
            self.scale(),
            session.line,
            self.shift(),
        )

    def _looks_at_guide(self) -> bool:
        """Only then is there one: it keeps as many values as the picture has pixels."""
        options = self._options
        wanted = {"smart-brush": True, "fill": options.by_edges, INSPECT: False, LINE: False}
        return wanted.get(self._name, options.snap)

    def _guide(self) -> Guide | None:
        return self._guides.of(self._options.guide) if self._looks_at_guide() else None

    def _guide_ready(self, stage: Stage) -> bool:
        """Whether the edges around the pointer can be read without making them first."""
        point, guide = self._hovered, stage.guide
        if point is None or guide is None:
            return True
        around = Rect(int(point.x), int(point.y), 1, 1).grown(self._options.size)
        return guide.ready(around.intersected(Rect(0, 0, stage.size.width, stage.size.height)))

    def _feed(self, act: Callable[[Tool, Stage], Answer]) -> None:
        tool, stage = self._tool, self._stage()
        if tool is None or stage is None or not (self._open or tool.busy):
            return
        self._apply(act(tool, stage))
        self._after()

    def _apply(self, answer: Answer) -> None:
        """Carry out what a tool answered."""
        if answer is NOTHING:
            return
        edit = self._controller.edit
        if answer.begin:
            edit.over = self._options.only_over()
            edit.begin(answer.begin)
        if answer.edits:
            edit.extend(answer.edits)
        if answer.end == "commit":
            edit.commit()
        elif answer.end == "abort":
            edit.abort()
        if answer.label is not None:
            self._controller.view.choose_label(answer.label)
        if answer.region is not None:
            self._controller.region.set(None if answer.region == "none" else answer.region)
        if answer.size is not None:
            self.resize(answer.size)
        if answer.band is not None:
            self.bands.ask(answer.band)
        if answer.line is not None:
            control = self._controller.line
            (control.set if answer.line.settled else control.show)(answer.line.line)

    def _after(self) -> None:
        if self.busy != self._was_busy:
            self._was_busy = self.busy
            self.busy_changed.emit(self.busy)
        if not self.busy:
            self._return()
            self.bands.apply(over=self._options.only_over())

    def _take(self, change: Change) -> None:
        if isinstance(change, ActiveLabelChanged) and change.label != self._labels[1]:
            self._labels = (self._labels[1], change.label)
        elif isinstance(change, LineChanged):
            control = self._controller.line  # undo and the dock of the profile change these
            self.change(line_width=control.width, line_interpolation=control.interpolation)
        elif isinstance(change, SetOpening | SetOpened | SetClosed):
            self.cancel()
            self.bands.clear()
            self._labels = (1, 1) if self.k < 2 else (2, 1)
            if self._options.over_label > self.k:
                self.change(over_label=1)
