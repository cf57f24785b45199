"""What the program remembers between sessions: one JSON file, checked when it is read."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from mfgui.core.errors import MfguiError
from mfgui.core.overlay import OVERLAYS
from mfgui.files.reports import write_json

_log = logging.getLogger(__name__)

RECENT_SETS = 20
_PLAIN = (bool, int, str)
THEMES = ("system", "light", "dark")


def home() -> Path:
    """Folder of settings and logs: MFGUI_HOME, else the platform's own place."""
    override = os.environ.get("MFGUI_HOME")
    return Path(override) if override else Path(platformdirs.user_config_dir("mfgui", False))


@dataclass(frozen=True)
class Settings:
    """All remembered values.

    Attributes
    ----------
    overlay_strength : int
        Percent.
    device : str
        "auto" or the id of the device that was chosen; it may be gone.
    recent : tuple of tuple of str
        Absolute paths of the files of each set, newest first.
    last_export_name : str
        Template of the names of fused images, as `files.naming.expand` takes it.
    last_export_depth : str
        Empty for the depth of the sources.
    last_export_space : str
        Empty for the colours of the sources.
    window_geometry, window_layout, annotate_layout, compare_layout : str
        Base64, as Qt gives them; a layout for each workspace.
    annotator : str
        Who draws maps; written beside them.
    palette_recent : tuple of str
        What was chosen from the command palette, the last first.
    tools : dict
        Options of the tools by name; the tools themselves leave out what they do not know.
    ticked : tuple of str
        Names of the methods that are ticked in the list.
    metrics : tuple of str
        Names of the columns of the table of scores; `app.metric_columns` leaves out what it does
        not know.
    figure : str
        Options of the last exported figure, as `files.figure_recipes.options_text` gives them.
    benchmark : str
        The last table over many sets, as `app.bench_desk.as_text` gives it.
    comparison : dict
        What the Compare workspace had last; `app.compare_control` leaves out what it does not
        know.
    alignment : dict
        How frames are aligned; `app.align_control` leaves out what it does not know.
    """

    theme: str = "system"
    overlay: str = "contour"
    overlay_strength: int = 35
    device: str = "auto"
    last_folder: str = ""
    last_export_suffix: str = ".tif"
    last_export_name: str = "{name}_fused"
    last_export_depth: str = ""
    last_export_space: str = ""
    export_drops_location: bool = False
    window_geometry: str = ""
    window_layout: str = ""
    annotate_layout: str = ""
    compare_layout: str = ""
    workspace: str = "fuse"
    annotator: str = ""
    palette_recent: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ("local_q", "psnr", "rmse", "map_agreement")
    figure: str = ""
    benchmark: str = ""
    tools: dict[str, bool | int | str] = field(default_factory=dict)
    comparison: dict[str, bool | int | str] = field(default_factory=dict)
    alignment: dict[str, bool | int | str] = field(default_factory=dict)
    recent: tuple[tuple[str, ...], ...] = field(default=())

    def with_recent(self, paths: tuple[str, ...]) -> Settings:
        """The set `paths` moved to the front of the recent ones."""
        others = tuple(entry for entry in self.recent if entry != paths)
        return replace(self, recent=(paths, *others)[:RECENT_SETS])


def _at_once(save: Callable[[], None]) -> None:
    save()


class SettingsFile:
    """The settings and their file. A damaged file is set aside, never overwritten.

    Attributes
    ----------
    saver : callable
        Calls the function it is given, now or soon: the window lets another thread wait for the
        disk, which takes a tenth of a second.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder if folder is not None else home()) / "settings.json"
        self._lock = threading.Lock()
        self.values = self._read()
        self.saver: Callable[[Callable[[], None]], None] = _at_once

    def change(self, **changes: object) -> None:
        """Change values and save. A failure to save is logged: it must not stop the work."""
        before = self.values
        self.values = replace(before, **changes)  # type: ignore[arg-type]
        if self.values != before:
            self.saver(self._save)

    def _save(self) -> None:
        try:
            with self._lock:  # whoever comes last writes the newest values
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._path, asdict(self.values))
        except (OSError, MfguiError) as error:
            _log.warning("settings were not saved: %s", error)

    def add_recent(self, paths: tuple[str, ...]) -> None:
        self.change(recent=self.values.with_recent(paths).recent)

    def _read(self) -> Settings:
        try:
            text = self._path.read_text(encoding="utf-8")
        except OSError:
            return Settings()
        try:
            return _checked(json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            _log.warning("%s is damaged (%s); the defaults are used", self._path, error)
            self._set_aside()
            return Settings()

    def _set_aside(self) -> None:
        try:
            self._path.replace(self._path.with_suffix(".damaged.json"))
        except OSError as error:
            _log.warning("%s could not be set aside: %s", self._path, error)


def _checked(found: Mapping[str, Any]) -> Settings:
    """Known values of the right type; unknown ones (of a newer version) are left out."""
    defaults = Settings()
    accepted: dict[str, Any] = {}
    for entry in fields(Settings):
        if entry.name not in found:
            continue
        value = found[entry.name]
        if entry.name == "recent":
            value = tuple(tuple(str(path) for path in paths) for paths in value)
        elif entry.name in ("palette_recent", "ticked", "metrics"):
            value = tuple(str(name) for name in value)
        elif entry.name in ("tools", "comparison", "alignment"):
            value = {str(name): part for name, part in value.items() if type(part) in _PLAIN}
        elif type(value) is not type(getattr(defaults, entry.name)):
            raise TypeError(f"{entry.name} is a {type(value).__name__}")
        accepted[entry.name] = value
    settings = replace(defaults, **accepted)
    if settings.theme not in THEMES or settings.overlay not in OVERLAYS:
        raise ValueError("unknown theme or overlay")
    if not 0 <= settings.overlay_strength <= 100:
        raise ValueError("overlay strength outside 0 to 100")
    return settings
