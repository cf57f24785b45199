"""What the command palette offers: commands, methods, results, recent sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtGui import QKeySequence

from mfgui.app.actions import COMMANDS
from mfgui.app.controller import Controller
from mfgui.app.naming import title_of
from mfgui.methods.registry import FUSING, MAPPING, Method
from mfgui.ui.arrangement import Arranger
from mfgui.ui.commanding import Commands
from mfgui.ui.method_box import MethodBox
from mfgui.ui.parts import WindowParts

PALETTE = "palette"
_NAMES = 3  # of a recent set


@dataclass(frozen=True, eq=False)
class Entry:
    """Something that can be chosen.

    Attributes
    ----------
    id : str
        Stays the same from one start of the program to the next.
    group : str
        What kind of thing it is, in one or two words.
    keys : str
        Its shortcut as people write it, or empty.
    reason : str
        Why it cannot be chosen now, or empty.
    """

    id: str
    text: str
    group: str
    act: Callable[[], object] = field(repr=False)
    keys: str = ""
    reason: str = ""

    @property
    def spoken(self) -> str:
        """Everything a screen reader says."""
        reason = f"not now: {self.reason}" if self.reason else ""
        return ", ".join(part for part in (self.text, self.group, self.keys, reason) if part)


class Offers:
    """Makes the entries of the palette from what there is now."""

    def __init__(
        self, controller: Controller, parts: WindowParts, commands: Commands, arranger: Arranger
    ) -> None:
        self._controller = controller
        self._parts = parts
        self._commands = commands
        self._arranger = arranger

    def __call__(self) -> list[Entry]:
        """Everything that can be chosen, in the order of menus, methods, results, sets."""
        return [*self._of_commands(), *self._of_methods(), *self._of_results(), *self._of_sets()]

    def _of_commands(self) -> Iterator[Entry]:
        actions = self._parts.actions
        for command in COMMANDS:
            if command.id == PALETTE:
                continue
            keys = [QKeySequence(text) for text in command.shortcuts]
            native = QKeySequence.SequenceFormat.NativeText
            yield Entry(
                f"command:{command.id}",
                actions[command.id].text().replace("…", "").replace("&", ""),
                command.menu,
                actions[command.id].trigger,
                ", ".join(key.toString(native) for key in keys),
                actions.reason(command.id),
            )

    def _of_methods(self) -> Iterator[Entry]:
        panel, registry = self._parts.method, self._controller.registry
        detectors = registry.of_kind(*MAPPING)
        for method in registry.of_kind(*FUSING):
            yield self._method(method, "Method", panel.method_box)
        for method in detectors:
            yield self._method(method, "Detector", panel.detector_box)

    def _method(self, method: Method, group: str, box: MethodBox) -> Entry:
        def choose() -> None:
            box.choose(method.name)
            self._arranger.show("method")

        reason = "" if self._controller.state.has_set else "open images first"
        return Entry(f"{group.lower()}:{method.name}", method.title, group, choose, reason=reason)

    def _of_results(self) -> Iterator[Entry]:
        session = self._controller.session
        for run_id in reversed(session.results):
            key = f"result:{run_id}"

            def show(key: str = key) -> None:
                self._controller.view.show(key)

            yield Entry(key, title_of(session, key), "Result", show)

    def _of_sets(self) -> Iterator[Entry]:
        for paths in self._controller.settings.values.recent:

            def open_set(paths: tuple[str, ...] = paths) -> None:
                self._commands.open_recent(paths)

            names = [Path(path).name for path in paths[:_NAMES]]
            words = ", ".join(names) + (f" and {len(paths) - _NAMES} more" * (len(paths) > _NAMES))
            folder = Path(paths[0]).parent.name if paths else ""
            yield Entry(f"set:{'|'.join(paths)}", f"{folder}/{words}", "Recent", open_set)
