"""Exporting a figure of the open set, and drawing one again from its recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from mfgui.app import figure_export
from mfgui.app.controller import Controller
from mfgui.app.figure_export import PreviewPictures
from mfgui.core.arrays import Rect
from mfgui.core.events import Notice, Severity
from mfgui.core.figures import Difference, FigurePicture, FigureRecipe, ScaleBar
from mfgui.core.stack import SourceStack
from mfgui.files.figure_recipes import SUFFIX, options_text, with_options
from mfgui.files.figure_saving import Written
from mfgui.ui.dialogs.export import suggested_name
from mfgui.ui.dialogs.figure_export import FigureDialog, FigureWish
from mfgui.ui.parts import WindowParts

_RECIPES = f"Recipes of figures (*{SUFFIX});;All files (*)"


class FigureExport:
    """What the commands do that make figures.

    Parameters
    ----------
    notes : callable
        Scores by picture key that stand below the names instead of Q alone.
    """

    def __init__(self, window: QWidget, controller: Controller, parts: WindowParts) -> None:
        self._window, self._controller, self._parts = window, controller, parts
        self._last: tuple[SourceStack, FigureRecipe] | None = None
        self.notes: Mapping[str, str] = {}
        """Scores by picture key, which stand below the names instead of Q alone."""

    def open(self) -> FigureDialog | None:
        """Ask what the figure shows and where it goes, and write it."""
        session = self._controller.session
        recipe = self._beginning()
        if session.stack is None or recipe is None:
            return None
        source = session.stack.sources[0].path or Path(session.stack.sources[0].name)
        folder = self._controller.settings.values.last_folder
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
        offered = tuple(
            replace(picture, note=self.notes.get(picture.key, picture.note))
            for picture in figure_export.offered(session)
        )
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
        self._controller.ask(figure_export.export(session, wish.recipe, wish.path), self._tell)

    def _tell(self, made: object) -> None:
        assert isinstance(made, Written)
        size = f"{made.width_mm:g} × {made.height_mm:.1f} mm, {made.width} × {made.height} dots"
        notice = Notice(Severity.INFO, f"saved {made.path.name} ({size})", details=str(made.path))
        self._parts.banners.show_notice(notice)


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
