"""Which signal of which part does what. A feature with many signals wires itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtWidgets import QWidget

from mfgui.app.controller import Controller
from mfgui.ui.arrangement import Arranger
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.commanding import Commands
from mfgui.ui.drop import Drop
from mfgui.ui.label_shares import LabelPresenter
from mfgui.ui.method_presenter import MethodPresenter
from mfgui.ui.parts import WindowParts
from mfgui.ui.presenter import Presenter
from mfgui.ui.tool_bar import ToolBar
from mfgui.ui.work_area import WorkArea
from mfgui.ui.workspaces import Workspace


def connect_workspaces(
    parts: WindowParts, controller: Controller, arranger: Arranger, work: WorkArea
) -> None:
    """What shows which workspace it is."""

    def show(name: str) -> None:
        parts.actions[f"workspace-{name}"].setChecked(True)
        parts.sources.show_as_labels(name == Workspace.ANNOTATE)
        comparing = name == Workspace.COMPARE
        work.show_comparing(comparing)
        parts.overlay.enter(comparing)
        controller.compare.enter(comparing)

    arranger.workspace_changed.connect(show)


def connect_start(
    parts: WindowParts,
    commands: Commands,
    open_list: Callable[[Sequence[Path]], None],
    load_truth: Callable[[Path], None],
) -> None:
    """The start page, and files dropped on the window."""
    start = parts.start
    start.drop_area.open_images.connect(lambda: commands.carry_out("open"))
    start.drop_area.open_folder.connect(lambda: commands.carry_out("open-folder"))
    start.drop_area.open_session.connect(lambda: commands.carry_out("open-session"))
    start.drop_area.open_sample.connect(lambda: commands.carry_out("open-sample"))
    start.recent_chosen.connect(lambda paths: commands.open_recent(paths))

    def dropped(drop: Drop) -> None:
        if drop.action == "map":
            commands.load_map(drop.paths[0])
        elif drop.action == "truth":
            load_truth(drop.paths[0])
        elif drop.action == "list":
            open_list(drop.paths)
        else:
            commands.open_paths(list(drop.paths))

    parts.drops.dropped.connect(dropped)


def connect_canvas(
    parts: WindowParts, panes: PaneGroup, controller: Controller, presenter: Presenter
) -> None:
    """The canvas, its overlay and what the status bar says of it."""
    canvas, overlay = parts.canvas, parts.overlay
    canvas.set_overlay(overlay.overlay.mode, overlay.overlay.strength)
    panes.hovered.connect(parts.status.show_readout)
    canvas.view_changed.connect(parts.status.show_zoom)
    canvas.source_step_requested.connect(controller.view.step_source)
    canvas.peek_requested.connect(presenter.peek)
    canvas.peek_ended.connect(presenter.end_peek)
    overlay.changed.connect(lambda chosen: canvas.set_overlay(chosen.mode, chosen.strength))


def connect_docks(
    parts: WindowParts, controller: Controller, commands: Commands, presenter: Presenter
) -> None:
    """The docks, the progress in the status bar and the picture switch."""
    method = parts.method
    for signal, name in (
        (method.run_clicked, "run"),
        (method.pause_clicked, "pause"),
        (method.stop_clicked, "stop"),
        (method.run_again_clicked, "run-again"),
        (method.copy_clicked, "copy-command"),
    ):
        signal.connect(lambda name=name: commands.carry_out(name))
    parts.status.progress.stop_clicked.connect(controller.runs.stop)
    parts.status.progress.pause_clicked.connect(controller.runs.pause_or_resume)
    controller.sets.reading = parts.status.show_reading
    parts.devices.chosen.connect(controller.devices.choose)
    method.changed.connect(presenter.show_commands)
    parts.sources.chosen.connect(controller.view.show)
    parts.sources.eye_clicked.connect(commands.toggle_source)
    parts.sources.label_chosen.connect(controller.view.choose_label)
    parts.sources.step_requested.connect(controller.view.step_source)
    LabelPresenter(controller, parts)
    parts.results.export_clicked.connect(commands.export)
    parts.curve.scrubbed.connect(controller.view.show_state)
    parts.switch.source_chosen.connect(lambda n: controller.view.show(f"source:{n}"))
    parts.switch.fused_chosen.connect(commands.show_fused)
    parts.switch.background_chosen.connect(commands.show_background)
    MethodPresenter(controller, parts)


def order_tabs(parts: WindowParts, bar: ToolBar) -> None:
    """Tab goes from the tool bar over the canvas to the docks, as one reads."""
    first: list[QWidget] = [bar.buttons[-1], *parts.compare_bar.stops]
    first += [*parts.option_bar.stops, *parts.strip.buttons]
    first += [parts.canvas, parts.sources.view]
    results, curve = parts.results, parts.curve
    second: list[QWidget] = [parts.method.copy_button, *results.tab_stops()]
    second += [curve.objective_box, curve.scrub]
    for chain in ([*first, parts.method.method_box], second):
        for one, other in pairwise(chain):
            QWidget.setTabOrder(one, other)
    parts.method.order_tabs()
