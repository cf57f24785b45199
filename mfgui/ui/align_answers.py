"""Answers the commands about alignment, and keeps the Sources dock in step with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu

from mfgui.app.align_tasks import PHOTO
from mfgui.app.controller import Controller
from mfgui.core.events import AlignmentChanged, Change, SetOpened
from mfgui.ui.align_words import Fits
from mfgui.ui.canvas.overlays import OverlayMode
from mfgui.ui.commanding import Commands
from mfgui.ui.parts import WindowParts

_FILTER = "Alignments (*.json)"
_IN_HEADER = ("save-alignment", "load-alignment", "undo-alignment")


class AlignAnswers(QObject):
    """What the commands, the header of the Sources dock and the menu of a frame do."""

    def __init__(
        self, window: QMainWindow, controller: Controller, parts: WindowParts, commands: Commands
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._align = controller.align
        self._parts = parts
        self._commands = commands
        # Asked for late: the question belongs to the sessions, which are made later.
        self._align.leaving = lambda go: commands.leaving(go)
        sources = parts.sources
        sources.header.add_commands([parts.actions[name] for name in ("align", *_IN_HEADER)])
        sources.header.chosen.connect(lambda name, value: self._align.choose(**{name: value}))
        sources.toggled.connect(self._toggle)
        sources.menu_asked.connect(self._show_menu)
        controller.notifier.connect(self._take)
        commands.add(self.answers())
        self._show()

    def answers(self) -> dict[str, Callable[[], object]]:
        """The commands, by id."""
        align = self._align
        return {
            "fuse": self._fuse,
            "align": align.align,
            "undo-alignment": align.undo,
            "save-alignment": self._save,
            "load-alignment": self._load,
            "exclude-frame": lambda: self._toggle(self._active()),
            "repair-frame": lambda: align.repair(self._active()),
            "reference-frame": lambda: align.make_reference(self._active()),
        }

    def menu_of(self, frame: int) -> QMenu:
        """What can be done with one frame."""
        menu = QMenu(self._parts.sources)
        fits = self._fits()
        used = fits is None or fits.used(frame)
        measured = fits is not None and fits.alignment is not None
        reference = fits is not None and fits.alignment is not None
        reference = reference and fits.alignment.reference == frame  # type: ignore[union-attr]
        toggle = menu.addAction("Exclude" if used else "Use again")
        toggle.triggered.connect(lambda: self._toggle(frame))
        repair = menu.addAction("Repair: place it between its neighbours")
        repair.triggered.connect(lambda: self._align.repair(frame))
        refer = menu.addAction("Make reference")
        refer.triggered.connect(lambda: self._align.make_reference(frame))
        free = not self._controller.state.running
        toggle.setEnabled(free and not reference)
        repair.setEnabled(free and measured and not reference)
        refer.setEnabled(free and used and not reference)
        return menu

    def _fuse(self) -> None:
        """Fuse as photographs; the Method dock shows from here on what with."""
        method, overlay = self._parts.method, self._parts.overlay
        method.choose_method(PHOTO)
        if not self._commands.ready():
            return
        # The picture is what a photographer wants to see, without lines over it.
        if overlay.overlay.mode is not OverlayMode.OFF:
            overlay.toggle()
        self._controller.photo.fuse(method.choice.explicit)

    def _show_menu(self, frame: int, place: QPoint) -> None:
        menu = self.menu_of(frame)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _toggle(self, frame: int) -> None:
        fits = self._fits()
        if fits is None or self._controller.state.running:
            return
        if fits.used(frame):
            self._align.exclude(frame)
        else:
            self._align.use_again(frame)

    def _active(self) -> int:
        """The frame of the active source."""
        session = self._controller.session
        return self._parts.sources.frame_of(f"source:{session.active_source}")

    def _save(self) -> None:
        source = self._commands.first_source()
        suggested = source.with_name(f"{source.stem}_alignment.json")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save alignment", str(suggested), _FILTER
        )
        if chosen:
            path = Path(chosen)
            self._align.save(path if path.suffix else path.with_suffix(".json"))

    def _load(self) -> None:
        folder = str(self._commands.first_source().parent)
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, "Re-use alignment", folder, f"{_FILTER};;All files (*)"
        )
        if chosen:
            self._align.load(Path(chosen))

    def _fits(self) -> Fits | None:
        align = self._align
        if align.camera is None:
            return None
        return Fits(
            align.camera,
            align.alignment,
            align.exposure,
            left_out=align.left_out,
            busy=align.busy,
            stale=align.stale,
        )

    def _show(self) -> None:
        header = self._parts.sources.header
        header.show_choice(self._align.choice, enabled=not self._align.busy)
        # The presenter draws the rows, once for all that changes in this turn.
        self._parts.sources.set_fits(self._fits())

    def _take(self, change: Change) -> None:
        if isinstance(change, AlignmentChanged | SetOpened):
            self._show()
