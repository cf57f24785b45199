"""Dialog that sets up a figure for print, with a preview of it. Enter in the name exports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mfgui.core.arrays import ImageU8, Rect, Size
from mfgui.core.errors import MfguiError
from mfgui.core.figures import FigureRecipe
from mfgui.files.figures import SUFFIXES
from mfgui.ui.dialogs.figure_crops import CropChoice
from mfgui.ui.dialogs.figure_fields import ChoiceBox
from mfgui.ui.dialogs.figure_options import FigureOptions
from mfgui.ui.dialogs.figure_pictures import PictureChoice
from mfgui.ui.dialogs.saving import SavingDialog

_FORMATS = ((".png", "PNG"), (".tif", "TIFF"), (".pdf", "PDF"))
_ALIASES = {".tiff": ".tif"}
_WAIT_MS = 120  # after the last change
_FORM_WIDTH = 500
_PREVIEW = QSize(360, 300)
_FIRST = QSize(1180, 800)
_EDGE = 16
_SHARE = 0.92  # of the screen, at most


@dataclass(frozen=True)
class FigureWish:
    """What is to be written where."""

    path: Path
    recipe: FigureRecipe


class FigureDialog(SavingDialog):
    """`wished` carries the accepted `FigureWish`; `preview_wanted` a recipe and a width in dots;
    `stop_asked` that the figure is no longer wanted.

    Parameters
    ----------
    recipe : FigureRecipe
        What the dialog begins with; its pictures are all that can be chosen.
    measure : callable
        Dots of a figure, or a `UsageError` that says why it cannot be.
    """

    preview_wanted = Signal(object, int)
    stop_asked = Signal()

    def __init__(
        self,
        path: Path,
        recipe: FigureRecipe,
        *,
        measure: Callable[[FigureRecipe], Size],
        region: Rect | None = None,
        visible: Rect | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export figure", parent=parent)
        self._start, self._measure = recipe, measure
        self.path_line.setText(str(path))
        self.pictures = PictureChoice(recipe.pictures, recipe.reference)
        self.crops = CropChoice(recipe.crops, recipe.size, region=region, visible=visible)
        self.options = FigureOptions(recipe, self.pictures.reference_box)
        self.format_box = ChoiceBox("Format", _FORMATS)
        self.preview = _Preview()
        self.measures = QLabel()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the export")
        self.progress.hide()
        self._writing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._lay_out()
        self._show_format()
        self._connect()
        self.resize(_FIRST.boundedTo(self.screen().availableSize() * _SHARE))
        self.check()

    @property
    def recipe(self) -> FigureRecipe:
        """The figure as it is set up now."""
        difference = self.options.difference is not None
        recipe = replace(
            self._start,
            pictures=self.pictures.pictures(with_reference=difference),
            reference=self.pictures.reference if difference else "",
            crops=self.crops.crops,
        )
        return self.options.options(recipe)

    @property
    def wish(self) -> FigureWish:
        return FigureWish(self.path, self.recipe)

    def kept(self) -> FigureRecipe:
        """All of it, with what is not ticked, for the next time."""
        reference = self.pictures.reference
        return replace(self.recipe, pictures=self.pictures.all_pictures(), reference=reference)

    def problem(self) -> str:
        if self.path.suffix.lower() not in SUFFIXES:
            return "End the name with .png, .tif or .pdf"
        recipe = self.recipe
        if not recipe.columns:
            return "Tick at least one picture"
        wrong = self.options.problem()
        if wrong:
            return wrong
        try:
            self._measure(recipe)
        except MfguiError as error:
            advice = f": {error.hint}" if error.hint else ""
            return f"{error.what[:1].upper()}{error.what[1:]}{advice}"
        return ""

    def check(self) -> None:
        super().check()
        try:
            recipe = self.recipe
            size = self._measure(recipe) if recipe.columns else None
        except MfguiError:
            size = None
        self.measures.setText("" if size is None else _measures(size, recipe))
        if size is None:
            self._timer.stop()
        else:
            self._timer.start()

    def show_preview(self, pixels: ImageU8) -> None:
        """The figure as it will be, (H, W, 3)."""
        height, width, _ = pixels.shape
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self.preview.show_image(image.copy())

    def show_progress(self, done: int, of: int) -> None:
        """Pictures that are written, while nothing can be changed."""
        self.progress.setRange(0, of + 1)  # the figure itself is the last part
        self.progress.setValue(done)
        what = f"Writing picture {done + 1} of {of}" if done < of else "Drawing the figure"
        self.note.setText(f"{what}…")

    def show_failure(self, line: str) -> None:
        """The export failed; everything stays as it was set up."""
        self._set_writing(False)
        if line:
            self.say(line, wrong=True)

    def show_written(self) -> None:
        """The export has ended well."""
        self._writing = False
        self.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends a number or a name; only elsewhere it exports."""
        focus = self.focusWidget()
        ends = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if ends and focus is not None and self._form.isAncestorOf(focus):
            event.accept()
            return
        super().keyPressEvent(event)

    def reject(self) -> None:
        """Cancel: while the figure is being written, stop that first."""
        if self._writing:
            self.note.setText("Stopping…")
            self.stop_asked.emit()
        else:
            super().reject()

    def done(self, result: int) -> None:
        self._timer.stop()
        super().done(result)

    def _on_export_clicked(self) -> None:
        """Unlike smaller dialogs it stays until the file is there: a failure loses nothing."""
        self._set_writing(True)
        self.wished.emit(self.wish)

    def _set_writing(self, on: bool) -> None:
        self._writing = on
        self.progress.setVisible(on)
        for part in (self._form, self.path_line, self.browse_button, self.format_box):
            part.setEnabled(not on)
        self.check()
        self.export_button.setEnabled(not on and self.export_button.isEnabled())

    def on_place_changed(self) -> None:
        self._show_format()
        self.check()

    def _show_format(self) -> None:
        suffix = self.path.suffix.lower()
        suffix = _ALIASES.get(suffix, suffix)
        if self.format_box.findData(suffix) >= 0:
            self.format_box.show_value(suffix)

    def _on_format_chosen(self) -> None:
        path = Path(self.path_line.text())
        if path.name:
            self.path_line.setText(str(path.with_suffix(self.format_box.currentData())))
        self.check()

    def _on_waited(self) -> None:
        recipe = self.recipe
        try:
            size = self._measure(recipe)
        except MfguiError:
            return
        room = self.preview.room()
        share = min(room.width() / size.width, room.height() / size.height)
        self.preview_wanted.emit(recipe, max(1, int(size.width * min(1.0, share))))

    def _connect(self) -> None:
        for part in (self.pictures, self.crops, self.options):
            part.changed.connect(self.check)
        self.pictures.notes_changed.connect(self._timer.start)
        self.format_box.activated.connect(lambda _: self._on_format_chosen())
        self.preview.resized.connect(self._timer.start)
        self._timer.timeout.connect(self._on_waited)

    def _lay_out(self) -> None:
        form = self._form = QWidget()
        form.setObjectName("dockBody")
        column = QVBoxLayout(form)
        column.setContentsMargins(16, 12, 12, 16)
        column.setSpacing(18)
        for part in (self.pictures, self.crops, self.options):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(form)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFixedWidth(_FORM_WIDTH)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.measures.setObjectName("hint")
        self.measures.setAccessibleName("Size of the figure")
        self.measures.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addWidget(self.preview, 1)
        right.addWidget(self.measures)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(scroll)
        body.addLayout(right, 1)
        self.grid.addLayout(body, 0, 0, 1, 4)
        self.grid.setRowStretch(0, 1)
        self.grid.setColumnStretch(1, 1)
        self.add_path_row(1)
        self.grid.addWidget(self.format_box, 1, 3)
        self.grid.addWidget(self.progress, 2, 0, 1, 4)
        self.put_together()
        self.layout().setStretch(0, 1)


class _Preview(QFrame):
    """The figure on a neutral ground, as large as it fits."""

    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self.setMinimumSize(_PREVIEW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setObjectName("figurePreview")
        self.setStyleSheet("#figurePreview { background: #8a8a8a; border-radius: 6px; }")
        self._picture = QLabel("Drawing…")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setAccessibleName("Preview of the figure")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_EDGE, _EDGE, _EDGE, _EDGE)
        layout.addWidget(self._picture)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def room(self) -> QSize:
        """Device pixels there are for the figure."""
        ratio = self.devicePixelRatioF()
        inner = self.size() - QSize(2 * _EDGE, 2 * _EDGE)
        return QSize(max(1, round(inner.width() * ratio)), max(1, round(inner.height() * ratio)))

    @property
    def image(self) -> QImage | None:
        return self._image

    def show_image(self, image: QImage) -> None:
        """One image pixel is one device pixel, unless there is no room."""
        self._image = image
        room = self.room()
        if image.width() > room.width() or image.height() > room.height():
            image = image.scaled(
                room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self._picture.setPixmap(QPixmap.fromImage(image))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.resized.emit()


def _measures(size: Size, recipe: FigureRecipe) -> str:
    page = recipe.page
    height = page.width_mm * size.height / size.width
    dots = f"{size.width} × {size.height} dots"
    return f"{page.width_mm:g} × {height:.1f} mm at {page.dpi:g} dpi: {dots}"
