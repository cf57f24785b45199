"""Small dialogs beside the canvas: a refiner with its preview, and the seams of the composite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from mfgui.app.controller import Controller
from mfgui.app.refining import Shown, Wish
from mfgui.core.events import Change, RegionChanged, SetClosed, SetOpened, SetOpening
from mfgui.core.seams import Seam, SeamKind
from mfgui.methods.registry import Method, Value
from mfgui.ui.canvas.view import Canvas
from mfgui.ui.forms import ParameterForm
from mfgui.ui.icons import TextButton

_WAIT_MS = 150  # after the last change of a value
_AT_ONCE = 4_000_000  # pixels that a preview covers; of more only the visible ones
_WIDTH = 320
_GAP = 16


class SideDialog(QDialog):
    """Title, form and two buttons, at the upper right of the window; never modal."""

    def __init__(self, title: str, words: str, accept: str, *, beside: QWidget) -> None:
        super().__init__(beside.window())
        self._beside = beside
        self.setWindowTitle(title)
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self.form = ParameterForm()
        self.words = QLabel(words)
        self.words.setWordWrap(True)
        self.words.setObjectName("hint")
        self.note = QLabel()
        self.note.setObjectName("hint")
        self.note.setAccessibleName("State")
        self.accept_button = TextButton("check", accept, primary=True)
        self.accept_button.setDefault(True)
        self.cancel_button = TextButton("close", "Cancel")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self._body = QVBoxLayout()
        self._body.setSpacing(8)
        self._lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Over the docks rather than the picture, which is what the dialog changes.
        area, window = self._beside, self._beside.window()
        top = area.mapToGlobal(area.rect().topLeft()).y()
        right = window.mapToGlobal(window.rect().topRight()).x()
        self.move(right - self.width() - _GAP, top + _GAP)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.words)
        layout.addWidget(self.form)
        layout.addLayout(self._body)
        layout.addLayout(buttons)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)


class RefineDialog(SideDialog):
    """The parameters of a refiner; what it would do shows on the map, Apply keeps it.

    Parameters
    ----------
    canvas : Canvas
        Of large pictures only the part that it shows is previewed.
    """

    def __init__(
        self,
        controller: Controller,
        method: Method,
        explicit: Mapping[str, Value],
        *,
        canvas: Canvas,
    ) -> None:
        super().__init__(method.title, method.summary, "Apply", beside=canvas)
        self._controller = controller
        self._method = method
        self._canvas = canvas
        self._applying = False
        self.preview_box = QCheckBox("Preview")
        self.preview_box.setChecked(True)
        self.region_box = QCheckBox("Only inside the region")
        self._body.addWidget(self.region_box)
        self._body.addWidget(self.preview_box)
        self._body.addWidget(self.note)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._on_waited)
        self.form.show_method(method, explicit)
        self._show_region()
        self.region_box.setChecked(True)
        self._connect()
        self._on_waited()

    def _connect(self) -> None:
        self.form.changed.connect(self._on_form_changed)
        self.preview_box.toggled.connect(self._on_preview_toggled)
        self.region_box.toggled.connect(self._timer.start)
        self.accept_button.clicked.connect(self._on_apply_clicked)
        self._canvas.view_moved.connect(self._on_view_moved)
        self._controller.notifier.connect(self._take)
        self._controller.refining.listen(self._on_told)

    def done(self, result: int) -> None:
        """Close; without Apply the map is as it was."""
        self._timer.stop()
        self._canvas.view_moved.disconnect(self._on_view_moved)
        self._controller.notifier.disconnect(self._take)
        self._controller.refining.listen(None)
        if result != QDialog.DialogCode.Accepted:
            self._controller.refining.cancel()
        super().done(result)

    def _wish(self, *, whole: bool) -> Wish:
        """What the form says, for all of the map that is meant or for a preview of it."""
        refining = self._controller.refining
        inside = self.region_box.isVisibleTo(self) and self.region_box.isChecked()
        rect = refining.target if inside else refining.whole
        if not whole and rect.width * rect.height > _AT_ONCE:
            rect = rect.intersected(self._canvas.visible_rect)
        return Wish(self._method.name, tuple(self.form.explicit.items()), rect)

    def _on_form_changed(self) -> None:
        self.accept_button.setEnabled(not self.form.problems and not self._applying)
        self._timer.start()

    def _on_preview_toggled(self, on: bool) -> None:
        if on:
            self._timer.start()
        else:
            self._timer.stop()
            self._controller.refining.cancel()
            self.note.clear()

    def _on_view_moved(self) -> None:
        if self._wish(whole=False).rect != self._wish(whole=True).rect:
            self._timer.start()

    def _on_waited(self) -> None:
        if self.preview_box.isChecked() and not self.form.problems and not self._applying:
            self._controller.refining.preview(self._wish(whole=False))

    def _on_apply_clicked(self) -> None:
        self._timer.stop()
        self._applying = True
        self.accept_button.setEnabled(False)
        self._controller.refining.apply(self._wish(whole=True))

    def _on_told(self, shown: Shown) -> None:
        if shown.state in ("applied", "unchanged") and self._applying:
            self.accept()
            return
        if shown.state == "failed":
            self._applying = False
            self.accept_button.setEnabled(True)
        if shown.state == "gone" and not self._applying:
            self.preview_box.blockSignals(True)
            self.preview_box.setChecked(False)
            self.preview_box.blockSignals(False)
        self.note.setText(_said(shown))

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpening | SetOpened | SetClosed):
            self.reject()
        elif isinstance(change, RegionChanged):
            self._show_region()
            self._timer.start()

    def _show_region(self) -> None:
        self.region_box.setVisible(self._controller.session.region is not None)


def _explicit(seam: Seam, method: Method) -> dict[str, Value]:
    values = {"seam": seam.kind, "radius": seam.radius, "tone_match": seam.tone_match}
    usual = method.defaults()
    return {name: value for name, value in values.items() if value != usual[name]}


def _said(shown: Shown) -> str:
    if shown.state == "computing":
        return "Computing…"
    if shown.state == "shown":
        noun = "pixel changes" if shown.pixels == 1 else "pixels change"
        return f"{shown.pixels:,} {noun}" if shown.pixels else "Nothing changes"
    if shown.state == "gone":
        return "The preview gave way to another change"
    return ""


class SeamDialog(SideDialog):
    """How the sources pass into each other; shows at once in the composite of the map."""

    def __init__(self, controller: Controller, method: Method, *, beside: QWidget) -> None:
        words = "Seams of the composite. The map stays as it is."
        super().__init__("Seam", words, "Keep", beside=beside)
        self._controller = controller
        self._before = controller.session.seam
        self.form.show_method(method, _explicit(self._before, method))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._on_waited)
        self.form.changed.connect(self._on_form_changed)
        self.accept_button.clicked.connect(self._on_keep_clicked)
        controller.notifier.connect(self._take)

    @property
    def seam(self) -> Seam:
        """What the form says."""
        method = self.form.method
        assert method is not None
        values = method.resolve(self.form.explicit)
        kind = cast(SeamKind, values["seam"])
        return Seam(kind, int(values["radius"]), bool(values["tone_match"]))

    def done(self, result: int) -> None:
        """Close; without Keep the seams are as they were."""
        self._timer.stop()
        self._controller.notifier.disconnect(self._take)
        if result != QDialog.DialogCode.Accepted and self._controller.session.stack is not None:
            self._controller.composite.set_seam(self._before)
        super().done(result)

    def _on_form_changed(self) -> None:
        self.accept_button.setEnabled(not self.form.problems)
        self._timer.start()

    def _on_waited(self) -> None:
        if not self.form.problems:
            self._controller.composite.set_seam(self.seam)

    def _on_keep_clicked(self) -> None:
        self._on_waited()
        self.accept()

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpening | SetOpened | SetClosed):
            self.reject()
