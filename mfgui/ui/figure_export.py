"""Exporting a figure of the open set, and drawing one again from its recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from mfgui.app import figure_export
from mfgui.app.controller import Controller
from mfgui.app.figure_export import PreviewPictures
from mfgui.core.arrays import Rect
from mfgui.core.events import (
    Change,
    Notice,
    ScoresChanged,
    SetClosed,
    SetOpening,
    Severity,
)
from mfgui.core.figures import Difference, FigurePicture, FigureRecipe, ScaleBar
from mfgui.core.score_table import Area
from mfgui.core.stack import SourceStack
from mfgui.files.figure_recipes import SUFFIX, options_text, with_options
from mfgui.files.figure_saving import Written
from mfgui.ui.dialogs.export import suggested_name
from mfgui.ui.dialogs.figure_export import FigureDialog, FigureWish
from mfgui.ui.parts import WindowParts

_VIEW = "figure"
_RECIPES = f"Recipes of figures (*{SUFFIX});;All files (*)"


class FigureExport:
    """What the commands do that make figures."""

    def __init__(
        self,
        window: QWidget,
        controller: Controller,
        parts: WindowParts,
        first_source: Callable[[], Path],
    ) -> None:
        self._window, self._controller, self._parts = window, controller, parts
        self._first_source = first_source
        self._last: tuple[SourceStack, FigureRecipe] | None = None

    def open(self) -> FigureDialog | None:
        """Ask what the figure shows and where it goes, and write it."""
        session = self._controller.session
        recipe = self._beginning()
        if session.stack is None or recipe is None:
            return None
        source, folder = self._first_source(), self._controller.settings.values.last_folder
        base = source if source.is_absolute() else Path(folder or ".") / source.name
        path = suggested_name(base, Path(recipe.output).suffix)
        path = _free(path.with_name(path.name.replace("_fused", "_figure")))
        dialog = FigureDialog(
            path,
            recipe,
            measure=figure_export.size_of,
            region=session.region,
            visible=self._visible(),
            parent=self._window,
        )
        _Previewing(self._controller, dialog)
        _Following(self._controller, dialog)
        dialog.wished.connect(lambda wish: self._on_wished(dialog, wish))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def again(self, recipe: Path | None = None) -> None:
        """Draw a figure again from its recipe, asked for when it is None."""
        if recipe is None:
            folder = self._controller.settings.values.last_folder
            words = "Draw a figure again"
            chosen, _ = QFileDialog.getOpenFileName(self._window, words, folder, _RECIPES)
            if not chosen:
                return
            recipe = Path(chosen)
        self._controller.ask(figure_export.again(recipe), self._tell)

    def _beginning(self) -> FigureRecipe | None:
        """The last figure of this set with what there is now, or a new one."""
        session = self._controller.session
        offered = figure_export.offered(session)
        stack = session.stack
        if stack is None or not offered:
            return None
        if not any(picture.column for picture in offered):
            offered = tuple(replace(picture, column=True) for picture in offered)
        keys = [picture.key for picture in offered]
        if self._last is not None and self._last[0] is stack:
            before = self._last[1]
            reference = before.reference if before.reference in keys else ""
            pictures = _merged(before.pictures, offered)
            return replace(before, pictures=pictures, reference=reference or keys[-1])
        reference = session.reference if session.reference in keys else keys[-1]
        compared = session.reference in keys
        fresh = FigureRecipe(
            stack.size,
            offered,
            reference,
            difference=Difference() if compared else None,
            scale_bar=ScaleBar(),
        )
        return with_options(fresh, self._controller.settings.values.figure)

    def _visible(self) -> Rect | None:
        rect = self._parts.canvas.visible_rect
        return None if rect.empty else rect

    def _on_wished(self, dialog: FigureDialog, wish: FigureWish) -> None:
        session = self._controller.session
        kept = replace(dialog.kept(), output=wish.path.name)
        if session.stack is None:
            return
        self._last = session.stack, kept
        self._controller.settings.change(figure=options_text(kept))
        _Writing(self._controller, dialog, wish, self._tell)

    def _tell(self, made: object) -> None:
        assert isinstance(made, Written)
        size = f"{made.width_mm:g} × {made.height_mm:.1f} mm, {made.width} × {made.height} dots"
        notice = Notice(Severity.INFO, f"saved {made.path.name} ({size})", details=str(made.path))
        self._parts.banners.show_notice(notice)


class _Writing(QObject):
    """One export: its progress in the dialog, which closes when the file is there."""

    def __init__(
        self,
        controller: Controller,
        dialog: FigureDialog,
        wish: FigureWish,
        tell: Callable[[object], None],
    ) -> None:
        super().__init__(dialog)
        self._dialog, self._tell = dialog, tell
        self._stop = Event()
        dialog.stop_asked.connect(self._stop.set)
        task = figure_export.export(
            controller.session, wish.recipe, wish.path, stopped=self._stop.is_set
        )
        controller.ask(task, self._on_written, self._on_failed, self._on_advanced)

    def _on_advanced(self, part: object) -> None:
        if not self._stop.is_set() and isinstance(part, tuple):
            self._dialog.show_progress(*part)

    def _on_written(self, made: object) -> None:
        self._dialog.show_written()
        self._tell(made)

    def _on_failed(self, line: str) -> None:
        self._dialog.show_failure("" if self._stop.is_set() else line)


class _Following(QObject):
    """What a dialog learns of the session while it is open: scores, which are computed for it, and
    that the set has gone."""

    def __init__(self, controller: Controller, dialog: FigureDialog) -> None:
        super().__init__(dialog)
        self._controller, self._dialog = controller, dialog
        controller.notifier.connect(self._take)
        dialog.finished.connect(self._on_finished)
        controller.scores.want(True, by=_VIEW)

    def _on_finished(self) -> None:
        self._controller.notifier.disconnect(self._take)
        self._controller.scores.want(False, by=_VIEW)

    def _take(self, change: Change) -> None:
        if isinstance(change, ScoresChanged):
            table = self._controller.scores.table((Area.WHOLE,), chosen=False)
            self._dialog.pictures.show_notes(figure_export.notes_of(table))
        elif isinstance(change, SetOpening | SetClosed):
            self._dialog.reject()


class _Previewing(QObject):
    """Keeps the preview of one dialog up to date: one task at a time, the newest wish next."""

    def __init__(self, controller: Controller, dialog: FigureDialog) -> None:
        super().__init__(dialog)
        self._controller, self._dialog = controller, dialog
        self._pictures = PreviewPictures(controller.session)
        self._busy = False
        self._open = True
        self._next: tuple[FigureRecipe, int] | None = None
        dialog.preview_wanted.connect(self._on_preview_wanted)
        dialog.finished.connect(self._on_finished)

    def _on_preview_wanted(self, recipe: FigureRecipe, width: int) -> None:
        self._next = recipe, width
        self._begin()

    def _on_finished(self) -> None:
        self._open = False
        self._next = None

    def _begin(self) -> None:
        if self._busy or self._next is None:
            return
        (recipe, width), self._next = self._next, None
        self._busy = True
        task = figure_export.preview(recipe, self._pictures, width=width)
        self._controller.ask(task, self._on_drawn, lambda _line: self._on_drawn(None))

    def _on_drawn(self, pixels: object) -> None:
        self._busy = False
        if self._open and pixels is not None:
            self._dialog.show_preview(pixels)
        self._begin()


def _merged(
    before: tuple[FigurePicture, ...], offered: tuple[FigurePicture, ...]
) -> tuple[FigurePicture, ...]:
    """What there is now, in the order and with the ticks and names of before."""
    known = {picture.key: picture for picture in offered}
    kept = [
        replace(known[picture.key], title=picture.title, column=picture.column)
        for picture in before
        if picture.key in known
    ]
    keys = {picture.key for picture in kept}
    return (*kept, *(picture for picture in offered if picture.key not in keys))


def _free(path: Path) -> Path:
    """The path, counted up while it exists."""
    stem, number = path.stem, 2
    while path.exists():
        path = path.with_name(f"{stem}_{number}{path.suffix}")
        number += 1
    return path
