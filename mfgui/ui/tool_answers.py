"""What the commands of the Tools menu do, and which part of the window shows the tools' state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QMenu

from mfgui.app.actions.tools_menu import LABEL_PREFIX, TOOL_PREFIX
from mfgui.app.controller import Controller
from mfgui.app.refining import refine_band
from mfgui.core.events import (
    ActiveLabelChanged,
    Change,
    LineChanged,
    MapChanged,
    MapPatched,
    RegionChanged,
    SetClosed,
    SetOpened,
)
from mfgui.core.session import Line
from mfgui.ui.action_adapter import Actions
from mfgui.ui.commanding import Commands
from mfgui.ui.guides import GUIDE_MAKERS, Guides
from mfgui.ui.parts import WindowParts
from mfgui.ui.presenter import Presenter
from mfgui.ui.tool_memory import restored, stored
from mfgui.ui.tool_strip import ToolStrip
from mfgui.ui.tooling import LINE, ToolBench
from mfgui.ui.tools.all_tools import make_tools

STRIP_GROUPS = (
    ("inspect",),
    ("brush", "eraser", "smart-brush"),
    ("lasso", "polygon", "fill", "refine-band"),
    ("pick", "region", "line"),
)


def strip_of(actions: Actions) -> ToolStrip:
    """The tool strip with the actions of the tools."""
    groups = [[actions[TOOL_PREFIX + name] for name in group] for group in STRIP_GROUPS]
    return ToolStrip(groups)


def make_bench(controller: Controller, *, parent: QObject) -> ToolBench:
    """The tools with the options that were used last."""
    return ToolBench(
        controller,
        make_tools().values(),
        guides=Guides(controller, GUIDE_MAKERS),
        refine=refine_band,
        options=restored(controller.settings.values.tools),
        parent=parent,
    )


def tool_answers(bench: ToolBench, controller: Controller) -> dict[str, Callable[[], object]]:
    """The commands of the Tools menu, by id."""
    labels = range(10)
    return {
        **{f"{TOOL_PREFIX}{n}": partial(bench.choose, n) for group in STRIP_GROUPS for n in group},
        **{f"{LABEL_PREFIX}{n}": partial(controller.view.choose_label, n) for n in labels},
        "label-swap": bench.swap_labels,
        "size-larger": partial(bench.step_size, 1),
        "size-smaller": partial(bench.step_size, -1),
        "snap": lambda: bench.change(snap=not bench.options.snap),
        "snap-stronger": partial(bench.strengthen_snap, 1),
        "snap-weaker": partial(bench.strengthen_snap, -1),
        "protect": bench.next_protection,
        "cancel": bench.escape,
        "clear-region": partial(controller.region.set, None),
    }


class ToolPresenter:
    """Keeps canvas, tool strip, option bar and actions in step with the bench."""

    def __init__(
        self,
        bench: ToolBench,
        controller: Controller,
        parts: WindowParts,
        commands: Commands,
        presenter: Presenter,
    ) -> None:
        self._bench = bench
        self._controller = controller
        self._parts = parts
        self._presenter = presenter
        self.auto_source: Callable[[int, int], object] | None = None
        """Makes the sharpest source at a pixel the active label; set by the window."""
        self.show_profile: Callable[[], object] = lambda: None
        """Puts the dock of the line profile in front; set by the window."""
        self._had_line = False
        commands.add(tool_answers(bench, controller))
        self._connect_canvas()
        self._connect_bar()
        controller.notifier.connect(self._take)
        bench.tool_changed.connect(self._on_tool_changed)
        bench.options_changed.connect(self._on_options_changed)
        bench.busy_changed.connect(self._on_busy_changed)
        self._on_tool_changed(bench.name)
        self._on_options_changed(bench.options)

    def _connect_canvas(self) -> None:
        bench, canvas, actions = self._bench, self._parts.canvas, self._parts.actions
        bench.scale = lambda: canvas.zoom
        bench.shift = _shift_down
        bench.visible = lambda: canvas.visible_rect
        self._controller.in_hand = lambda: "outline" if bench.busy else ""
        keys = {}
        for name in bench.names:
            action = actions[TOOL_PREFIX + name]
            action.setAutoRepeat(False)
            keys[name] = action.shortcut()[0].key()  # type: ignore[index]
        bench.held.bind(keys)
        canvas.set_hand(bench)
        bench.tool_changed.connect(lambda _name: canvas.renew_tool())
        bench.dropped.connect(canvas.drop_input)
        bench.size_changed.connect(canvas.show_size)
        canvas.menu_requested.connect(self._show_menu)
        self._parts.strip.used.connect(self._focus_canvas)

    def _connect_bar(self) -> None:
        bench, bar = self._bench, self._parts.option_bar
        bar.changed.connect(lambda name, value: bench.change(**{name: value}))
        bar.label_chosen.connect(self._controller.view.choose_label)
        bar.region_cleared.connect(lambda: self._controller.region.set(None))
        bar.line_removed.connect(lambda: self._controller.line.set(None))
        bar.entered.connect(self._focus_canvas)

    def _focus_canvas(self) -> None:
        self._parts.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_tool_changed(self, name: str) -> None:
        self._parts.actions[TOOL_PREFIX + name].setChecked(True)
        self._parts.option_bar.show_tool(name)

    def _on_options_changed(self, options: object) -> None:
        bench = self._bench
        self._parts.option_bar.show_options(bench.options)
        self._parts.actions["snap"].setChecked(bench.options.snap)
        self._parts.canvas.renew_outline()
        del options

    def _on_busy_changed(self, busy: bool) -> None:
        """A stroke or outline can be undone though the history may be empty."""
        there = self._controller.session.line is not None
        if busy:
            self._had_line = there
            self._parts.actions["undo"].setEnabled(True)
            return
        self._presenter.show_commands()
        if self._bench.name == LINE and there and not self._had_line:
            self.show_profile()  # after the drag: the canvas may take another size

    def remember(self) -> None:
        """Keep the options for the next session."""
        self._controller.settings.change(tools=stored(self._bench.options))

    def _take(self, change: Change) -> None:
        parts, session = self._parts, self._controller.session
        if isinstance(change, SetOpened | SetClosed):
            stack = session.stack
            names = [] if stack is None else [source.name for source in stack.sources]
            parts.option_bar.show_sources(names, self._colour)
            parts.status.show_sources(names)
            self._show_session()
        elif isinstance(change, ActiveLabelChanged):
            parts.option_bar.show_label(change.label)
            parts.canvas.renew_outline()
        elif isinstance(change, RegionChanged):
            self._show_session()
            self._presenter.show_commands()
        elif isinstance(change, LineChanged):
            parts.option_bar.show_line(session.line)
            parts.canvas.set_line(session.line)
            parts.canvas.renew_outline()
        elif isinstance(change, MapChanged | MapPatched):
            parts.status.map_changed(session.focus_map)

    def _show_session(self) -> None:
        session, parts = self._controller.session, self._parts
        parts.option_bar.show_label(session.active_label)
        parts.option_bar.show_region(session.region)
        parts.canvas.renew_outline()
        parts.status.map_changed(session.focus_map)

    def _colour(self, label: int) -> QColor:
        return self._parts.canvas.label_colour(label, k=self._bench.k)

    def _draw_line(self, x: int, y: int) -> None:
        """A level line through a pixel, half as long as what is seen of the picture."""
        reach = self._parts.canvas.visible_rect.width // 4
        line = Line(x + 0.5 - reach, y + 0.5, x + 0.5 + reach, y + 0.5)
        self._controller.line.set(replace(line, width=self._bench.options.line_width))
        self._bench.choose(LINE)
        self.show_profile()

    def _show_menu(self, place: QPoint, x: int, y: int) -> None:
        menu = self.make_menu(x, y)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def make_menu(self, x: int, y: int) -> QMenu:
        """What can be done at column x, row y of the image."""
        controller, canvas = self._controller, self._parts.canvas
        focus_map = controller.session.focus_map
        label = 0 if focus_map is None else int(focus_map.labels[y, x])
        menu = QMenu(canvas)
        menu.setObjectName("canvasMenu")
        if 1 <= label <= self._bench.k:
            show = menu.addAction(f"Make source {label} active")
            show.triggered.connect(lambda: controller.view.show(f"source:{label}"))
            pick = menu.addAction(f"Pick label {label}")
        else:
            pick = menu.addAction("Pick unassigned")
            label = 0
        pick.triggered.connect(lambda: controller.view.choose_label(label))
        if (choose := self.auto_source) is not None:
            auto = menu.addAction("Auto source here")
            auto.triggered.connect(lambda: choose(x, y))
        menu.addSeparator()
        menu.addAction("Zoom here").triggered.connect(lambda: canvas.zoom_at(x, y))
        draw = menu.addAction("Line profile here")
        draw.triggered.connect(lambda: self._draw_line(x, y))
        copy = menu.addAction(f"Copy coordinates {x}, {y}")
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(f"{x}, {y}"))
        return menu


def _shift_down() -> bool:
    modifiers = QGuiApplication.keyboardModifiers()
    return bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
