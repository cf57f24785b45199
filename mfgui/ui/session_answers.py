"""Sessions in the window: save, open, collect, locate, restore, and the question before leaving."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QObject, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox

from mfgui.app.controller import Controller
from mfgui.app.recovery import Offer
from mfgui.app.settings import home
from mfgui.core.events import (
    Change,
    Notice,
    SessionChanged,
    SessionSaved,
    SetClosed,
    SetOpened,
    Severity,
    SourcesMissing,
    ThumbnailReady,
)
from mfgui.files.sessions import SUFFIX
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.canvas.viewport import LARGEST_SCALE, View
from mfgui.ui.commanding import Commands
from mfgui.ui.dialogs.locate import LocateDialog
from mfgui.ui.parts import WindowParts, finding_missing
from mfgui.ui.start_page import RecentSet, RecoveryCard
from mfgui.ui.tool_memory import restored, stored
from mfgui.ui.tooling import ToolBench

AUTOSAVE_MS = 60_000
MOST_CARDS = 3
_FILTER = f"Sessions (*{SUFFIX})"
Asker = Callable[[str, Callable[[str], None]], None]


class SessionAnswers(QObject):
    """What the commands of sessions do, and what they show.

    Attributes
    ----------
    asker : callable
        Asks whether to save `name` before it is left; its second argument takes "save",
        "discard" or "cancel", now or later.
    """

    def __init__(
        self,
        window: QMainWindow,
        controller: Controller,
        parts: WindowParts,
        commands: Commands,
        bench: ToolBench,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._parts = parts
        self._commands = commands
        self._bench = bench
        self.asker: Asker = self._ask
        self._then: Callable[[], None] | None = None  # once the file is written
        self._closing = self._may_close = False
        self._untold: list[Offer] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(controller.sessions.autosave.write)
        commands.add(self.answers())
        commands.leaving = self.leave
        self._recent = self._make_recent_menu()
        self._carry()
        controller.notifier.connect(self._take)
        self.look_for_offers()

    def answers(self) -> dict[str, Callable[[], object]]:
        return {
            "open-session": self._open,
            "save-session": self.save,
            "save-session-as": self._save_as,
            "collect-files": self._collect,
        }

    # Leaving

    def leave(self, go: Callable[[], None]) -> None:
        """Call `go` once nothing would be lost by it; not at all when the person cancels."""
        sessions = self._controller.sessions
        if not sessions.unsaved_work:
            go()
        elif sessions.saving:
            self._then = go
        else:
            self.asker(self._name(), lambda answer: self._on_answered(answer, go))

    def may_close(self) -> bool:
        """Whether the window may close now; if not, it closes once the answer allows it."""
        self._closing = True
        if not self._may_close:
            self.leave(self._close)
        self._closing = False
        if self._may_close:
            self._timer.stop()
        return self._may_close

    def close_unasked(self) -> None:
        """The program ends: close without a question."""
        self._may_close = True

    def _close(self) -> None:
        self._may_close = True
        if not self._closing:
            self._window.close()

    def _on_answered(self, answer: str, go: Callable[[], None]) -> None:
        if answer == "discard":
            go()
        elif answer == "save" and self.save():
            self._then = go

    def _ask(self, name: str, answer: Callable[[str], None]) -> None:
        box = QMessageBox(self._window)
        box.setWindowTitle("mfgui")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"Save the work on “{name}”?")
        box.setInformativeText("Changes since the last save will be lost otherwise.")
        save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton("Discard", QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.setEscapeButton(cancel)

        def finished() -> None:
            clicked = box.clickedButton()
            box.deleteLater()
            answer({save: "save", discard: "discard"}.get(clicked, "cancel"))

        box.finished.connect(finished)
        box.open()

    # Saving and opening

    def save(self) -> bool:
        """Save under the known name, or ask for one; whether a file is being written."""
        return self._controller.sessions.save() or self._save_as()

    def _save_as(self) -> bool:
        path = self._asked_for("Save session", self._suggested())
        if path is not None:
            self._controller.sessions.save_as(path)
        return path is not None

    def _collect(self) -> None:
        suggested = self._suggested()
        path = self._asked_for("Collect files", suggested.with_stem(f"{suggested.stem}_collected"))
        if path is not None:
            self._controller.sessions.collect(path)

    def _asked_for(self, title: str, suggested: Path) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, str(suggested), _FILTER)
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)

    def _suggested(self) -> Path:
        path = self._controller.sessions.path
        if path is not None and not self._controller.sessions.read_only:
            return path
        source = self._commands.first_source()
        return source.with_name(f"{source.stem}{SUFFIX}")

    def _open(self) -> None:
        folder = self._controller.settings.values.last_folder
        title = "Open session"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, folder, _FILTER)
        if chosen:
            self._commands.open_session(Path(chosen))

    def _make_recent_menu(self) -> QMenu:
        menu = QMenu("Open recent", self._window)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill_recent)
        save = self._parts.actions["save-session"]
        for file_menu in save.associatedObjects():
            if isinstance(file_menu, QMenu):
                # In the group of what opens, above the line that the saving begins with.
                line = file_menu.actions()[file_menu.actions().index(save) - 1]
                file_menu.insertMenu(line, menu)
        return menu

    def _fill_recent(self) -> None:
        """The sets and sessions that were open before; missing ones become grey."""
        self._recent.clear()
        sets = self._controller.settings.values.recent
        for paths in sets:
            entry = RecentSet(paths, None, missing=False)
            action = self._recent.addAction(f"{entry.title}, {entry.place}")
            action.setToolTip("\n".join(paths[:12]))
            action.setData(paths)
            action.triggered.connect(
                lambda _on=False, paths=paths: self._commands.open_recent(paths)
            )
        if sets:
            self._controller.ask(finding_missing(sets), self._show_missing)
        else:
            self._recent.addAction("Nothing was open before").setEnabled(False)

    def _show_missing(self, missing: object) -> None:
        assert isinstance(missing, frozenset)
        for action in self._recent.actions():
            if action.data() is not None:
                action.setEnabled(tuple(action.data()) not in missing)

    def _locate(self) -> None:
        sessions = self._controller.sessions
        assert sessions.missing is not None
        file = sessions.missing.file
        dialog = LocateDialog("the recovered session" if file is None else file.stem, self._window)

        def show() -> None:
            if sessions.missing is not None:
                dialog.show_places(sessions.missing.places)

        def accept(index: int) -> None:
            sessions.accept_changed(index)
            show()

        dialog.located.connect(lambda index, path: sessions.locate(index, path, show))
        dialog.use_anyway.connect(accept)
        dialog.accepted.connect(sessions.go_on)
        dialog.rejected.connect(sessions.give_up)
        dialog.finished.connect(dialog.deleteLater)
        show()
        dialog.open()

    # After a crash

    def look_for_offers(self) -> None:
        """Show on the start page what can be restored."""
        if (home() / "recovery").is_dir():
            self._controller.sessions.autosave.ask_for_offers(self._show_offers)

    def _show_offers(self, offers: list[Offer]) -> None:
        self._parts.start.show_cards([self._card(offer) for offer in offers[:MOST_CARDS]])
        if self._controller.session.stack is not None or self._controller.sets.opening:
            self._untold = offers[:1]
            self._tell_of_offers()

    def _tell_of_offers(self) -> None:
        """Who opens the program with files does not see the start page."""
        if self._controller.session.stack is None:
            return
        for offer in self._untold:
            what = f"work on {offer.title} was not saved when mfgui ended"
            kept = "it is kept; close this set to restore it on the start page"
            self._parts.banners.show_notice(Notice(Severity.INFO, what, kept))
        self._untold = []

    def _card(self, offer: Offer) -> RecoveryCard:
        when = QDateTime.fromSecsSinceEpoch(int(offer.saved.timestamp()))
        words = QLocale().toString(when, "d MMMM yyyy, HH:mm")
        picture = None if offer.thumbnail is None else QPixmap(str(offer.thumbnail))
        card = RecoveryCard(offer.title, words, picture)
        card.restore.connect(lambda: self._restore(offer))
        card.discard.connect(
            lambda: self._controller.sessions.autosave.discard(offer, self.look_for_offers)
        )
        return card

    def _restore(self, offer: Offer) -> None:
        self._controller.sessions.restore(offer)
        self._parts.status.show_opening(True)

    # What is shown and remembered

    def _take(self, change: Change) -> None:
        match change:
            case SessionChanged():
                self._show_name()
                self._watch()
            case SessionSaved():
                self._on_saved()
            case SetOpened():
                self._tell_of_offers()
            case SetClosed():
                self.look_for_offers()
            case ThumbnailReady():
                self._parts.results.show_picture(change.key, change.picture)
            case SourcesMissing():
                self._locate()
            case _:
                pass

    def _watch(self) -> None:
        """A minute after a change it is kept; a save that failed ends what waits for it."""
        sessions = self._controller.sessions
        if not sessions.modified:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()
        if not sessions.saving:
            self._then = None

    def _on_saved(self) -> None:
        then, self._then = self._then, None
        pictures = self._controller.sets.pictures
        if pictures:
            self._parts.recent.save(pictures[0])
        if then is not None:
            self.leave(then)

    def _show_name(self) -> None:
        self._window.setWindowTitle(self.title())
        self._window.setWindowModified(self._controller.sessions.modified)

    def title(self) -> str:
        """Title of the window; the place for the mark is there when it is needed."""
        mark = "[*]" if self._controller.sessions.modified else ""
        name = self._name()
        return f"{name}{mark} – mfgui" if name else "mfgui"

    def _name(self) -> str:
        """Name of the session, else of the first sources."""
        stack = self._controller.session.stack
        if stack is None:
            return ""
        names = [source.name for source in stack.sources]
        shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
        return self._controller.sessions.name or shown

    def _carry(self) -> None:
        """What of the window goes into the file."""
        parts = self._controller.sessions.parts
        parts.carry("view", self._view, self._restore_view)
        parts.carry("overlay", self._overlay, self._restore_overlay)
        parts.carry("tools", lambda: stored(self._bench.options), self._restore_tools)

    def _view(self) -> object:
        view = self._parts.canvas.viewport.view
        return {"scale": view.scale, "x": view.x, "y": view.y, "fitted": view.fitted}

    def _restore_view(self, value: object) -> None:
        found = _mapping(value)
        scale, x, y = (float(found[name]) for name in ("scale", "x", "y"))  # type: ignore[arg-type]
        if not (0 < scale <= LARGEST_SCALE and math.isfinite(x) and math.isfinite(y)):
            raise ValueError("no view")
        self._parts.canvas.show_view(View(scale, x, y, found["fitted"] is True))

    def _restore_tools(self, value: object) -> None:
        options = restored(_mapping(value))
        self._bench.change(**{f.name: getattr(options, f.name) for f in fields(options)})

    def _overlay(self) -> object:
        overlay = self._parts.overlay.overlay
        return {"mode": overlay.mode.value, "strength": overlay.strength}

    def _restore_overlay(self, value: object) -> None:
        found = _mapping(value)
        mode, strength = OverlayMode(found["mode"]), found["strength"]
        if type(strength) is not int or not 0 <= strength <= 100:
            raise ValueError("no strength")
        self._parts.overlay.set_mode(mode)
        self._parts.overlay.slider.setValue(strength)


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
