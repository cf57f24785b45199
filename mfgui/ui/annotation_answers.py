"""Lists of sets in the window: the Sets dock, its commands, saving, and the time spent."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMainWindow

from mfgui.app.controller import Controller
from mfgui.core.events import (
    Change,
    MapChanged,
    MapPatched,
    Notice,
    SetClosed,
    SetOpened,
    Severity,
    WorklistChanged,
)
from mfgui.files.annotations import SetState
from mfgui.ui.commanding import Commands
from mfgui.ui.docks.sets import SetsPanel
from mfgui.ui.parts import WindowParts
from mfgui.ui.session_answers import SessionAnswers
from mfgui.ui.tooling import ToolBench

AUTOSAVE_MS = 60_000
_INPUT = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.ShortcutOverride,  # a key that is a command is no key press
        QEvent.Type.TabletMove,
        QEvent.Type.TabletPress,
        QEvent.Type.NativeGesture,
    }
)


class AnnotationAnswers(QObject):
    """What the commands of lists do, and what of a list the window shows.

    While a set of a list is open, *Save* writes its map, leaving it needs no question, and what
    has changed is saved every minute.

    Parameters
    ----------
    show_dock : callable
        Brings the Sets dock to the front.
    show_commands : callable
        Enables what can be used now.
    """

    def __init__(
        self,
        window: QMainWindow,
        controller: Controller,
        parts: WindowParts,
        commands: Commands,
        sessions: SessionAnswers,
        bench: ToolBench,
        panel: SetsPanel,
        *,
        show_dock: Callable[[], None],
        show_commands: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._controller, self._parts = window, controller, parts
        self._annotation = controller.annotation
        self._sessions = sessions
        self._panel = panel
        self._show_dock, self._show_commands = show_dock, show_commands
        self._modified = False
        self._shown: Path | None = None  # the list that the dock was brought up for
        self._annotation.board.colours_of = self._colours_of
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(self._annotation.autosave)
        self._ask_to_leave = commands.leaving
        commands.leaving = self.leave
        commands.add(self.answers())
        self._connect(bench)
        controller.notifier.connect(self._take)

    def answers(self) -> dict[str, Callable[[], object]]:
        """What each command does, by id."""
        annotation = self._annotation
        return {
            "open-list": self._open_list,
            "set-previous": lambda: self.leave(lambda: annotation.step(-1)),
            "set-next": lambda: self.leave(lambda: annotation.step(1)),
            "set-done": lambda: annotation.set_state(SetState.DONE),
            "set-flagged": lambda: annotation.set_state(SetState.FLAGGED),
            "set-in-progress": lambda: annotation.set_state(SetState.IN_PROGRESS),
            "load-anyway": annotation.load_anyway,
            "close-list": annotation.close_list,
            "save-session": self._save,
        }

    def leave(self, go: Callable[[], None]) -> None:
        """Save the open set of the list, then ask about what else would be lost, then call
        `go`."""
        self._annotation.leave(lambda: self._ask_to_leave(go))

    def open_list(self, paths: Sequence[Path]) -> None:
        """Open a list. Where its folder cannot be written, ask for one that can."""
        output = None
        folder = paths[0] if len(paths) == 1 else Path(os.path.commonpath(paths))
        if not os.access(folder, os.W_OK):
            words = f"{folder.name} cannot be written: choose a folder for your maps"
            chosen = QFileDialog.getExistingDirectory(self._window, words)
            if not chosen:
                return
            output = Path(chosen)
        self._controller.settings.change(last_folder=str(folder.absolute()))
        self.leave(lambda: self._annotation.open_list(list(paths), output=output))

    def finish(self) -> None:
        """The window is about to close: what is not saved is saved now."""
        problem = self._annotation.finish()
        if problem:
            notice = Notice(Severity.ERROR, problem, "the map is still only in this window")
            self._parts.banners.show_notice(notice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _INPUT:
            self._annotation.clock.touch()
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._annotation.clock.pause()
        return super().eventFilter(watched, event)

    def _connect(self, bench: ToolBench) -> None:
        panel, annotation = self._panel, self._annotation
        panel.set_opened.connect(lambda place: self.leave(lambda: annotation.open_set(place)))
        panel.state_chosen.connect(self._on_state_chosen)
        panel.note_edited.connect(annotation.set_note)
        panel.annotator_edited.connect(lambda name: self._settings_change(name))
        panel.command_clicked.connect(lambda name: self._parts.actions[name].trigger())
        panel.show_annotator(self._controller.settings.values.annotator)
        bench.tool_changed.connect(annotation.clock.use)
        annotation.clock.use(bench.name)
        self._parts.canvas.installEventFilter(self)
        self._window.installEventFilter(self)

    def _settings_change(self, name: str) -> None:
        self._controller.settings.change(annotator=name.strip())

    def _on_state_chosen(self, state: SetState) -> None:
        self._annotation.set_state(state)
        self._show()

    def _open_list(self) -> None:
        folder = self._controller.settings.values.last_folder
        chosen = QFileDialog.getExistingDirectory(self._window, "Open list of sets", folder)
        if chosen:
            self.open_list([Path(chosen)])

    def _save(self) -> None:
        if self._annotation.active:
            self._annotation.save()
        else:
            self._sessions.save()

    def _colours_of(self, k: int) -> list[str]:
        canvas = self._parts.canvas
        return [canvas.label_colour(number, k=k).name() for number in range(1, k + 1)]

    # What is shown

    def _take(self, change: Change) -> None:
        if isinstance(change, MapPatched | MapChanged):
            # A stroke tells of every piece; the words change with the first one only.
            if self._annotation.ready and not self._modified:
                self._show()
        elif isinstance(change, WorklistChanged | SetOpened | SetClosed):
            self._show()
            self._show_commands()
            self._bring_up()

    def _bring_up(self) -> None:
        """The dock comes to the front once, when the first set of a list is open."""
        worklist = self._annotation.worklist
        folder = None if worklist is None else worklist.folder
        if folder is None:
            self._shown = None
        elif self._annotation.active and folder != self._shown:
            self._shown = folder
            self._show_dock()

    def _show(self) -> None:
        annotation, panel = self._annotation, self._panel
        listed = annotation.worklist is not None
        if listed and not self._timer.isActive():
            self._timer.start()
        elif not listed:
            self._timer.stop()
        self._modified = annotation.modified
        panel.show_list(annotation.worklist, open_set=annotation.position)
        problem = annotation.changed_sources
        panel.show_open(
            annotation.entry,
            ready=annotation.ready,
            saved=self._saved_words(),
            problem="" if problem is None else f"{problem.what}; its map was not loaded.",
        )

    def _saved_words(self) -> str:
        annotation = self._annotation
        if not annotation.ready or annotation.entry is None:
            return ""
        if annotation.saving:
            return "Saving…"
        if annotation.modified:
            return "Not saved yet"
        if annotation.board.keep_old and self._controller.session.focus_map is None:
            return "Map not loaded"
        return "Saved" if annotation.entry.written else "Nothing drawn yet"
