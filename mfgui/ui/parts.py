"""The parts of the window, made once and wired by others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mfgui.app.settings import SettingsFile, home
from mfgui.core.pyramid import Picture
from mfgui.ui.action_adapter import Actions
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.compare_bar import CompareBar
from mfgui.ui.device_menu import DeviceMenu
from mfgui.ui.docks.curve import CurvePanel
from mfgui.ui.docks.method import MethodPanel
from mfgui.ui.docks.results import ResultsPanel
from mfgui.ui.docks.sources import SourcesPanel
from mfgui.ui.drop import DropTarget
from mfgui.ui.notices import Banners
from mfgui.ui.option_bar import OptionBar
from mfgui.ui.overlay_control import OverlayControl
from mfgui.ui.picture_switch import PictureSwitch
from mfgui.ui.start_page import RecentSet, StartPage
from mfgui.ui.status import StatusBar
from mfgui.ui.thumbnails import RecentThumbnails
from mfgui.ui.tool_strip import ToolStrip


class RecentSets:
    """Recent sets of the settings with their pictures."""

    def __init__(self, settings: SettingsFile) -> None:
        self._settings = settings
        self._thumbnails = RecentThumbnails(home() / "thumbnails")

    def save(self, picture: Picture) -> None:
        """Keep the picture of the set that was opened last."""
        recent = self._settings.values.recent
        if recent:
            self._thumbnails.save(recent[0], picture)
            self._thumbnails.keep_only(recent)

    def listed(self, missing: frozenset[tuple[str, ...]]) -> list[RecentSet]:
        """All of them, newest first; `missing` are those whose files were not found."""
        return [
            RecentSet(paths, self._thumbnails.load(paths), paths in missing)
            for paths in self._settings.values.recent
        ]


def finding_missing(sets: tuple[tuple[str, ...], ...]) -> Callable[[object], object]:
    """A task that tells which sets have files that are not there; a lost network drive may
    take seconds to say so."""

    def task(_report: object) -> frozenset[tuple[str, ...]]:
        return frozenset(paths for paths in sets if not all(Path(path).exists() for path in paths))

    return task


@dataclass(frozen=True, eq=False)
class WindowParts:
    """Everything that shows something."""

    actions: Actions
    devices: DeviceMenu
    start: StartPage
    canvas: Canvas
    banners: Banners
    overlay: OverlayControl
    switch: PictureSwitch
    strip: ToolStrip
    option_bar: OptionBar
    compare_bar: CompareBar
    sources: SourcesPanel
    method: MethodPanel
    results: ResultsPanel
    curve: CurvePanel
    status: StatusBar
    drops: DropTarget
    recent: RecentSets
