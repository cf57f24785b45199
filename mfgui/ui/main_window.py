"""The main window: makes the parts, puts them together and connects them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from mfgui.app.controller import Controller
from mfgui.app.requests import DEFAULT_METHOD
from mfgui.core.events import DevicesChanged
from mfgui.methods.registry import FUSING, MAPPING
from mfgui.ui import compare_docks
from mfgui.ui.action_adapter import Actions
from mfgui.ui.align_answers import AlignAnswers
from mfgui.ui.annotation_answers import AnnotationAnswers
from mfgui.ui.arrangement import Arranger
from mfgui.ui.batch_answers import BatchAnswers
from mfgui.ui.benchmark_answers import BenchmarkAnswers
from mfgui.ui.canvas.overlays import Overlay, OverlayMode
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.commanding import Commands
from mfgui.ui.compare_answers import CompareAnswers
from mfgui.ui.compare_bar import CompareBar
from mfgui.ui.compare_docks import CompareDocks
from mfgui.ui.compare_presenter import ComparePresenter
from mfgui.ui.device_menu import DeviceMenu
from mfgui.ui.docks.curve import CurvePanel
from mfgui.ui.docks.frame import Dock
from mfgui.ui.docks.history import HistoryPanel
from mfgui.ui.docks.method import MethodPanel
from mfgui.ui.docks.results import ResultsPanel
from mfgui.ui.docks.sets import SetsPanel
from mfgui.ui.docks.sources import SourcesPanel
from mfgui.ui.docks.spots import SpotsPanel
from mfgui.ui.doubts import Doubts
from mfgui.ui.drop import DropTarget
from mfgui.ui.edit_answers import EditAnswers
from mfgui.ui.figure_answers import FigureAnswers
from mfgui.ui.map_answers import MapAnswers
from mfgui.ui.notices import Banners
from mfgui.ui.option_bar import OptionBar
from mfgui.ui.overlay_control import OverlayControl
from mfgui.ui.palette import CommandPalette
from mfgui.ui.palette_entries import PALETTE, Offers
from mfgui.ui.parts import RecentSets, WindowParts, finding_missing
from mfgui.ui.picture_switch import PictureSwitch
from mfgui.ui.presenter import Presenter
from mfgui.ui.result_answers import ResultAnswers
from mfgui.ui.session_answers import SessionAnswers
from mfgui.ui.start_page import StartPage
from mfgui.ui.status import StatusBar
from mfgui.ui.table_export import TableExport
from mfgui.ui.theme import Theme, Themes
from mfgui.ui.tool_answers import ToolPresenter, make_bench, strip_of
from mfgui.ui.tool_bar import ToolBar
from mfgui.ui.tool_memory import restored
from mfgui.ui.wiring import (
    connect_canvas,
    connect_docks,
    connect_start,
    connect_workspaces,
    order_tabs,
)
from mfgui.ui.work_area import WorkArea
from mfgui.ui.workspaces import Workspace

if TYPE_CHECKING:
    from mfgui.ui.figure_export import FigureExport

MINIMUM_SIZE = QSize(1024, 640)


class MainWindow(QMainWindow):
    """Start page or canvas, docks, bars. `closing` is sent before the window goes."""

    closing = Signal()

    def __init__(self, controller: Controller, themes: Themes) -> None:
        super().__init__()
        self._controller = controller
        self._themes = themes
        self._set_up()
        self.parts = self._make_parts()
        self.docks = self._make_docks()
        self._pages = QStackedWidget()
        self._lay_out()
        self.arranger = Arranger(self, dict(self.docks))
        self.commands = Commands(self, controller, self.parts, self.arranger, themes)
        self.edits = EditAnswers(
            self,
            controller,
            self.parts,
            show_history=lambda: self.arranger.show("history"),
        )
        self.commands.add(self.edits.answers())
        self.doubts = Doubts(controller, self.parts, self.docks["spots"], parent=self)
        self.commands.add(self.doubts.answers())
        self.map_answers = MapAnswers(controller, self.parts)
        self.commands.add(self.map_answers.answers())
        self.palette_box = self._make_palette()
        self.presenter = Presenter(
            controller,
            self.parts,
            on_set=self._show_set,
            on_ready=self._load_plots,
            parent=self,
        )
        self.bench = make_bench(controller, parent=self)
        self.edits.bench = self.bench
        self.tools = ToolPresenter(
            self.bench, controller, self.parts, self.commands, self.presenter
        )
        self.tools.auto_source = self.map_answers.auto_source
        self.tools.show_profile = lambda: self.arranger.show("profile")
        self.sessions = SessionAnswers(self, controller, self.parts, self.commands, self.bench)
        self.alignment = AlignAnswers(self, controller, self.parts, self.commands)
        self.figures = FigureAnswers(self, controller, self.parts, self.commands)
        self.benchmarks = BenchmarkAnswers(self, controller, self.parts, self.commands)
        self.batches = BatchAnswers(self, controller, self.parts, self.commands)
        self.commands.add(CompareAnswers(self, controller, self.parts).answers())
        self.tables = TableExport(self, controller)
        self.commands.add(
            {
                "choose-metrics": self._choose_metrics,
                "export-table": self.tables.open,
                "export-figure": lambda: self.figure_export.open(),
                "figure-again": lambda: self.figure_export.again(),
            }
        )
        self.results = ResultAnswers(controller, self.parts, self.arranger, parent=self)
        self.commands.add(self.results.answers())
        self.comparing = ComparePresenter(controller, self.parts, self._panes, self)
        self.annotations = AnnotationAnswers(
            self,
            controller,
            self.parts,
            self.commands,
            self.sessions,
            self.bench,
            self._sets,
            show_dock=self._show_sets,
            show_commands=self.presenter.show_commands,
        )
        self._connect()
        self._restore()
        self._on_theme_changed(themes.current)
        self.presenter.show_commands()
        self.presenter.take(DevicesChanged())
        self._show_recent()

    # Making

    def _set_up(self) -> None:
        self.setObjectName("mainWindow")
        self.setWindowTitle("mfgui")
        self.setMinimumSize(MINIMUM_SIZE)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)

    def _make_parts(self) -> WindowParts:
        registry, theme = self._controller.registry, self._themes.current
        values = self._controller.settings.values
        mode = OverlayMode(values.overlay)
        actions = Actions(self)
        return WindowParts(
            actions=actions,
            devices=DeviceMenu(self),
            start=StartPage(),
            canvas=Canvas(),
            banners=Banners(theme),
            overlay=OverlayControl(Overlay(mode, values.overlay_strength)),
            switch=PictureSwitch(),
            strip=strip_of(actions),
            compare_bar=CompareBar(actions),
            option_bar=OptionBar(restored(values.tools)),
            sources=SourcesPanel(),
            method=MethodPanel(
                registry.of_kind(*FUSING),
                registry.of_kind(*MAPPING),
                first=DEFAULT_METHOD,
            ),
            results=ResultsPanel(),
            curve=CurvePanel(theme),
            status=StatusBar(),
            drops=DropTarget(self, over=self._drop_place),
            recent=RecentSets(self._controller.settings),
        )

    def _make_docks(self) -> dict[str, Dock]:
        parts = self.parts
        self._sets = SetsPanel()
        self.compare_docks = CompareDocks(self._controller, self._themes)
        bodies: dict[str, tuple[str, QWidget]] = {
            "sources": ("Sources", parts.sources),
            "method": ("Method", parts.method),
            "results": ("Results", parts.results),
            "curve": ("Curve", parts.curve),
            "sets": ("Sets", self._sets),
            "history": ("History", HistoryPanel(self._controller)),
            "spots": ("Spots", SpotsPanel(self._controller)),
            **self.compare_docks.bodies,
        }
        return {name: Dock(name, words, body, self) for name, (words, body) in bodies.items()}

    def _make_palette(self) -> CommandPalette:
        offers = Offers(self._controller, self.parts, self.commands, self.arranger)
        palette = CommandPalette(self, offers, self._controller.settings)
        self.commands.add({PALETTE: palette.open})
        return palette

    def _lay_out(self) -> None:
        parts = self.parts
        bars = (parts.option_bar, parts.compare_bar)
        self._work = WorkArea(parts.banners, parts.strip, bars, self._pages)
        self._pages.addWidget(parts.start)
        self._panes = PaneGroup(parts.canvas)
        self._pages.addWidget(self._panes)
        self.setCentralWidget(self._work)
        self.setStatusBar(parts.status)
        menus = parts.actions.fill_menus(self.menuBar())
        window_menu = menus["Window"]
        first = window_menu.actions()[0]
        window_menu.insertActions(first, [dock.toggleViewAction() for dock in self.docks.values()])
        window_menu.insertSeparator(first)
        menus["Run"].insertMenu(parts.actions["copy-command"], parts.devices)
        parts.actions.give_canvas_keys(parts.canvas)
        self._tool_bar = ToolBar(parts)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._tool_bar)
        order_tabs(parts, self._tool_bar)
        right, bottom = Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea
        self.setCorner(right, bottom)

    def _connect(self) -> None:
        parts, commands, controller = self.parts, self.commands, self._controller
        parts.actions.triggered.connect(commands.carry_out)
        commands.quit_asked.connect(self.close)
        self._themes.changed.connect(self._on_theme_changed)
        connect_workspaces(parts, controller, self.arranger, self._work)
        connect_start(parts, commands, self.annotations.open_list, controller.truth.load)
        connect_canvas(parts, self._panes, controller, self.presenter)
        connect_docks(parts, controller, commands, self.presenter)
        self.compare_docks.connect(self._panes, export_table=self.tables.open)

    def _choose_metrics(self) -> None:
        self.arranger.show("metrics")
        self.compare_docks.metrics.choose_metrics()

    def _show_sets(self) -> None:
        """A list of sets has been opened: what is needed to work on it."""
        self.arranger.choose(Workspace.ANNOTATE)
        self.arranger.show("sets")

    # Start page or set

    def _show_set(self, there: bool) -> None:
        """The canvas with its docks, or the start page."""
        was_there = self._pages.currentWidget() is self._panes
        self._tool_bar.setVisible(there)
        self._tool_bar.fit(self.width())
        self._work.show_set(there)
        self.parts.status.setVisible(there)
        if there:
            self.arranger.come_back()
            self._pages.setCurrentWidget(self._panes)
        else:
            self.arranger.go_away()
            self._pages.setCurrentWidget(self.parts.start)
        if there != was_there:
            (self.parts.canvas if there else self.parts.start).setFocus()
        if not there:
            self._show_recent()
        self.setWindowTitle(self.sessions.title())

    def _show_recent(self) -> None:
        recent = self.parts.recent
        self.parts.start.show_recent(recent.listed(frozenset()))
        sets = self._controller.settings.values.recent
        if sets:
            self._controller.ask(
                finding_missing(sets),
                lambda missing: self.parts.start.show_recent(recent.listed(missing)),  # type: ignore[arg-type]
            )

    @cached_property
    def figure_export(self) -> FigureExport:
        """Made when it is asked for: what draws figures takes long to load."""
        from mfgui.ui.figure_export import FigureExport

        return FigureExport(self, self._controller, self.parts, self.commands.first_source)

    def _load_plots(self) -> None:
        """Import what the start did without beside the interface, then make the plot.

        Done once a set is open, which is after the start and before the first run.
        """

        if self.parts.curve.plot is not None:
            return

        def load(_report: object) -> object:
            import pyqtgraph

            import mfgui.app.figure_export  # noqa: F401

            compare_docks.load()
            return pyqtgraph

        def loaded(_library: object) -> None:
            self.parts.curve.make_plot()
            self._controller.warm_up()

        self._controller.ask(load, loaded)

    def _drop_place(self) -> QRect:
        """The drop area of the start page, or a place in the middle of the canvas."""
        area = self.parts.start.drop_area
        if area.isVisible():
            return QRect(area.mapTo(self, QPoint(0, 0)), area.size())
        canvas = self.parts.canvas
        place = QRect(0, 0, min(520, canvas.width() - 48), 120)
        place.moveCenter(QRect(canvas.mapTo(self, QPoint(0, 0)), canvas.size()).center())
        return place

    # Answers

    def _on_theme_changed(self, theme: Theme) -> None:
        parts = self.parts
        parts.actions.colour_icons(self._themes.palette)
        parts.banners.show_theme(theme)
        parts.curve.show_theme(theme)
        parts.canvas.set_surround(QColor(theme.canvas))
        parts.actions[f"theme-{self._themes.choice}"].setChecked(True)

    def _restore(self) -> None:
        values = self._controller.settings.values
        layouts = {
            Workspace.FUSE: values.window_layout,
            Workspace.ANNOTATE: values.annotate_layout,
            Workspace.COMPARE: values.compare_layout,
        }
        known = values.workspace in list(Workspace)
        workspace = Workspace(values.workspace) if known else Workspace.FUSE
        self.arranger.restore(values.window_geometry, layouts, workspace)
        self._show_set(False)

    def _remember(self) -> None:
        self.tools.remember()
        self._controller.compare.remember()
        geometry, layouts = self.arranger.saved()
        overlay = self.parts.overlay.overlay
        self._controller.settings.change(
            window_geometry=geometry,
            window_layout=layouts.get(Workspace.FUSE, ""),
            annotate_layout=layouts.get(Workspace.ANNOTATE, ""),
            compare_layout=layouts.get(Workspace.COMPARE, ""),
            workspace=self.arranger.workspace.value,
            overlay=self.parts.overlay.own_mode.value,
            overlay_strength=overlay.strength,
        )

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.arranger.adapt()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tool_bar.fit(self.width())
        if self.isVisible():
            self.arranger.adapt()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.annotations.finish()
        if not self.sessions.may_close():
            event.ignore()
            return
        self.benchmarks.close()
        self.batches.close()
        self._remember()
        self.closing.emit()
        super().closeEvent(event)
