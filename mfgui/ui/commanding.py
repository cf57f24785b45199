"""What each command of the table does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow

import mfgui.resources as resources
from mfgui.app.command_line import fuse_command
from mfgui.app.controller import Controller
from mfgui.app.view_control import COMPOSITE
from mfgui.core.events import Notice, Severity
from mfgui.files.images import READ_SUFFIXES
from mfgui.files.sessions import SUFFIX
from mfgui.methods.registry import Kind
from mfgui.ui.arrangement import Arranger
from mfgui.ui.dialogs.about import show_about, show_shortcuts
from mfgui.ui.dialogs.export import FORMATS, PICTURE, ExportWish, suggested_name
from mfgui.ui.docks.method import NO_START
from mfgui.ui.parts import WindowParts
from mfgui.ui.photo_export import export_dialog, usual_depth
from mfgui.ui.theme import Choice, Themes
from mfgui.ui.workspaces import Workspace

SAMPLE = ("samples/pair/1.png", "samples/pair/2.png")


class Commands(QObject):
    """Carries out the commands of the table by their ids."""

    quit_asked = Signal()

    def __init__(
        self,
        window: QMainWindow,
        controller: Controller,
        parts: WindowParts,
        arranger: Arranger,
        themes: Themes,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._parts = parts
        self._arranger = arranger
        self._themes = themes
        self.leaving: Callable[[Callable[[], None]], None] = lambda go: go()
        """Calls what it is given once the open set may be left, which may need an answer."""
        controller.sets.open_instead = lambda paths: self.open_paths(list(paths), by_capture=False)
        self._answers: dict[str, Callable[[], object]] = {
            **self._file_answers(),
            **self._view_answers(),
            **self._run_answers(),
            **self._window_answers(),
        }

    def add(self, answers: Mapping[str, Callable[[], object]]) -> None:
        """What further commands of the table do, by id."""
        self._answers.update(answers)

    def carry_out(self, name: str) -> None:
        """Do the command with this id."""
        self._parts.banners.begin_anew()
        self._answers[name]()

    def _file_answers(self) -> dict[str, Callable[[], object]]:
        return {
            "open": self._open_images,
            "open-folder": self._open_folder,
            "open-sample": self.open_sample,
            "load-map": self._load_map,
            "save-map": self._save_map,
            "export": self._export,
            "new-session": self._close_set,
            "close-set": self._close_set,
            "quit": self.quit_asked.emit,
        }

    def _view_answers(self) -> dict[str, Callable[[], object]]:
        canvas, overlay = self._parts.canvas, self._parts.overlay
        view = self._controller.view
        return {
            "zoom-fit": canvas.fit,
            "zoom-100": lambda: canvas.zoom_to(1.0),
            "zoom-200": lambda: canvas.zoom_to(2.0),
            "zoom-in": canvas.zoom_in,
            "zoom-out": canvas.zoom_out,
            "overlay": overlay.toggle,
            "overlay-next": overlay.next_mode,
            "overlay-weaker": lambda: overlay.strengthen(-1),
            "overlay-stronger": lambda: overlay.strengthen(1),
            "source-previous": lambda: view.step_source(-1),
            "source-next": lambda: view.step_source(1),
            "show-composite": lambda: view.show(COMPOSITE),
            "show-background": self.toggle_background,
            "set-reference": self._set_reference,
            "full-screen": self._toggle_full_screen,
        }

    def _run_answers(self) -> dict[str, Callable[[], object]]:
        runs = self._controller.runs
        return {
            "detect": self._detect,
            "run": self._run,
            "pause": runs.pause_or_resume,
            "stop": runs.stop,
            "run-again": self._run_again,
            "copy-command": self._copy_command,
            "delete-result": self._delete_result,
            "use-result-map": self._use_result_map,
        }

    def _window_answers(self) -> dict[str, Callable[[], object]]:
        return {
            "workspace-fuse": lambda: self._arranger.choose(Workspace.FUSE),
            "workspace-annotate": lambda: self._arranger.choose(Workspace.ANNOTATE),
            "workspace-compare": lambda: self._arranger.choose(Workspace.COMPARE),
            "dock-next": lambda: self._arranger.step_dock(1, self._parts.canvas),
            "dock-previous": lambda: self._arranger.step_dock(-1, self._parts.canvas),
            "docks": self._arranger.toggle_all,
            "reset-layout": self._arranger.reset,
            "theme-system": lambda: self._choose_theme("system"),
            "theme-light": lambda: self._choose_theme("light"),
            "theme-dark": lambda: self._choose_theme("dark"),
            "shortcuts": lambda: show_shortcuts(self._window),
            "about": lambda: show_about(self._window),
        }

    # Files

    def open_paths(self, paths: list[Path], *, by_capture: bool = True) -> None:
        """Open a new set, its frames in the order in which they were taken, or a session."""
        if not paths:
            return
        if len(paths) == 1 and paths[0].suffix.lower() == SUFFIX:
            self.open_session(paths[0])
            return
        self.leaving(lambda: self._open_set(paths, by_capture))

    def _open_set(self, paths: list[Path], by_capture: bool) -> None:
        folder = paths[0] if paths[0].is_dir() else paths[0].parent
        self._controller.settings.change(last_folder=str(folder.absolute()))
        self._controller.sets.open(paths, by_capture=by_capture)
        self._parts.status.show_opening(True)

    def open_session(self, path: Path) -> None:
        """Open a session in place of what is open."""

        def go() -> None:
            self._controller.settings.change(last_folder=str(path.absolute().parent))
            self._controller.sessions.open(path)
            self._parts.status.show_opening(True)

        self.leaving(go)

    def open_recent(self, paths: tuple[str, ...]) -> None:
        """Open a set or session that was open before."""
        if len(paths) == 1 and paths[0].lower().endswith(SUFFIX):
            self.open_session(Path(paths[0]))
        else:
            self.leaving(lambda: self._open_known([Path(path) for path in paths]))

    def open_sample(self) -> None:
        """Open the pair that comes with the program."""
        self.leaving(lambda: self._open_known([resources.path(name) for name in SAMPLE]))

    def _open_known(self, paths: list[Path]) -> None:
        self._controller.sets.open(paths)
        self._parts.status.show_opening(True)

    def load_map(self, path: Path) -> None:
        self._controller.sets.load_map(path)

    def _close_set(self) -> None:
        self.leaving(self._controller.sets.close)

    def _open_images(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in sorted(READ_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open images of one scene",
            self._controller.settings.values.last_folder,
            f"Images ({endings});;All files (*)",
        )
        self.open_paths([Path(path) for path in chosen])

    def _open_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Open folder as stack", self._controller.settings.values.last_folder
        )
        self.open_paths([Path(chosen)] if chosen else [])

    def _load_map(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            "Load focus map",
            self._controller.settings.values.last_folder,
            "Focus maps (*.png *.tif *.tiff);;All files (*)",
        )
        if chosen:
            self.load_map(Path(chosen))

    def _save_map(self) -> None:
        suggested = self.first_source()
        suggested = suggested.with_name(f"{suggested.stem}_map.png")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save focus map", str(suggested), "PNG (*.png)"
        )
        if chosen:
            path = Path(chosen)
            self._controller.sets.save_map(path if path.suffix else path.with_suffix(".png"))

    def export(self, run_id: int | None, *, newest: bool = False) -> None:
        """Ask where a result goes, or the composite of the map for None, and write it; with
        `newest` the one that is the newest by then."""
        session, values = self._controller.session, self._controller.settings.values
        if session.stack is None or (run_id is not None and run_id not in session.results):
            return
        first = self.first_source()
        dialog = export_dialog(session, run_id, first, values, parent=self._window)
        dialog.wished.connect(lambda wish: self._on_export_wished(run_id, wish, newest=newest))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _export(self) -> None:
        run_id = self._controller.view.shown_result()
        if run_id is not None or self._controller.session.shown == COMPOSITE:
            self.export(run_id)
        else:
            self._controller.follower.catch_up()  # with what was painted on a source
            self.export(self._newest(), newest=True)

    def _newest(self) -> int | None:
        return next(reversed(self._controller.session.results), None)

    def _on_export_wished(self, run_id: int | None, wish: ExportWish, *, newest: bool) -> None:
        finish = wish.finish
        self._controller.settings.change(
            last_export_space=finish.space or "", export_drops_location=finish.drop_location
        )
        if wish.part != PICTURE.name:
            self._controller.sets.export_part(run_id, wish.part, wish.path, finish=finish)
            return
        session = self._controller.session
        suffix, depth = wish.path.suffix.lower(), self._controller.settings.values.last_export_depth
        if any(known.suffix == suffix and len(known.depths) > 1 for known in FORMATS):
            depth = "" if wish.depth == usual_depth(session, run_id) else wish.depth
        self._controller.settings.change(last_export_suffix=suffix, last_export_depth=depth)
        if wish.name:
            self._controller.settings.change(last_export_name=wish.name)
        if run_id is None:
            image = self._controller.composite.image()
            self._controller.sets.export_image(image, wish.path, depth=wish.depth, finish=finish)
        else:
            export = self._controller.sets.export
            self._controller.follower.when_settled(
                lambda: export(
                    (self._newest() if newest else None) or run_id,
                    wish.path,
                    depth=wish.depth,
                    finish=finish,
                )
            )

    def first_source(self) -> Path:
        """The first source where a person may write: the shipped sample is in the program, and
        those of a session that holds them in a folder that goes with the window."""
        stack = self._controller.session.stack
        assert stack is not None
        path = stack.sources[0].path or Path(stack.sources[0].name)
        sessions = self._controller.sessions
        if sessions.path is not None and sessions.autosave.slot.holds(path):
            return sessions.path.with_name(path.name)
        if not path.is_relative_to(resources.path("samples")):
            return path
        folder = Path(self._controller.settings.values.last_folder or Path.home())
        if folder.is_relative_to(resources.path("samples")):
            folder = Path.home()
        return folder / f"sample{path.suffix}"

    # Runs

    def _detect(self) -> None:
        choice = self._parts.method.choice
        self._controller.runs.detect(choice.detector, choice.detector_explicit)

    def _run(self) -> None:
        if self.ready():
            choice = self._parts.method.choice
            self._controller.runs.run(choice.method, choice.explicit)
            if self._parts.method.method.kind is Kind.OPTIMISER:
                self._arranger.bring_up("curve")

    def _run_again(self) -> None:
        if self._parts.method.method.kind is not Kind.OPTIMISER:
            self._parts.banners.show_notice(Notice(Severity.INFO, NO_START))
        elif self.ready():
            choice = self._parts.method.choice
            self._controller.runs.run_again(choice.method, choice.explicit)
            self._arranger.bring_up("curve")

    def ready(self) -> bool:
        """Whether the form can be used; if not, its first wrong value gets the focus."""
        if self._parts.method.valid:
            return True
        self._arranger.show("method")
        self._parts.method.show_problem()
        return False

    def _copy_command(self) -> None:
        session = self._controller.session
        if session.stack is None or not self.ready():
            return
        choice = self._parts.method.choice
        suffix = self._controller.settings.values.last_export_suffix
        line = fuse_command(
            session.stack,
            method=choice.method,
            explicit=choice.explicit,
            output=suggested_name(self.first_source(), suffix),
            map_path=session.map_origin.path,
            device=self._controller.devices.choice,
        )
        QGuiApplication.clipboard().setText(line)
        self._parts.banners.show_notice(
            Notice(Severity.INFO, "the command is in the clipboard", "", details=line)
        )

    def _delete_result(self) -> None:
        run_id = self._controller.view.shown_result()
        if run_id is not None:
            self._controller.runs.delete_result(run_id)

    def _use_result_map(self) -> None:
        run_id = self._controller.view.shown_result()
        if run_id is not None:
            self._controller.sets.use_map_of(run_id)

    # View and window

    def show_fused(self) -> None:
        """Show the run in progress, else the newest or shown result."""
        live = self._controller.runs.tracker.active() and "live" in self._parts.canvas.picture_keys
        key = "live" if live else self._controller.view.fused_key()
        if key:
            self._controller.view.show(key)

    def show_background(self) -> None:
        """Show what was recovered behind the front of the result."""
        key = self._controller.view.background_key()
        if key:
            self._controller.view.show(key)

    def toggle_background(self) -> None:
        """The same, or its result when it is shown already."""
        view = self._controller.view
        if self._controller.session.shown == view.background_key():
            view.show(f"result:{view.shown_result()}")
        else:
            self.show_background()

    def toggle_source(self, key: str) -> None:
        """The eye of a source: show it, or the fused image when it is shown already."""
        if self._controller.session.shown == key:
            self.show_fused()
        else:
            self._controller.view.show(key)

    def _set_reference(self) -> None:
        self._controller.view.set_reference()
        words = "the picture shown now is the reference; hold the backquote key to see it"
        self._parts.banners.show_notice(Notice(Severity.INFO, words))

    def _toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def _choose_theme(self, choice: Choice) -> None:
        self._themes.choose(choice)
        self._controller.settings.change(theme=choice)
