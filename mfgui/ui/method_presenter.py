"""Keeps the Method dock in step with the set: methods that cannot take it, and previews."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from mfgui.app.controller import Controller
from mfgui.core.events import Change, PreviewChanged, SetClosed, SetOpened
from mfgui.methods.choice import refused
from mfgui.methods.registry import Method
from mfgui.ui.parts import WindowParts

SETTLED_MS = 150  # without a change of the form


class MethodPresenter(QObject):
    """Asks for a preview once the form has been left alone for a moment."""

    def __init__(self, controller: Controller, parts: WindowParts) -> None:
        super().__init__(parts.method)
        self._controller = controller
        self._panel = parts.method
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._settled.timeout.connect(self._on_settled)
        self._panel.form.changed.connect(self._on_form_changed)
        self._panel.method_box.currentIndexChanged.connect(self._on_method_chosen)
        self._panel.preview.toggled.connect(self._on_preview_toggled)
        controller.notifier.connect(self._take)
        self._show_row()

    def _take(self, change: Change) -> None:
        if isinstance(change, PreviewChanged):
            self._panel.preview.show_note(self._controller.previews.words)
        elif isinstance(change, SetOpened | SetClosed):
            self._settled.stop()
            stack = self._controller.session.stack
            k = 2 if stack is None else stack.k
            reasons = {method.name: refused(method, k) for method in self._methods()}
            self._panel.method_box.refuse({name: why for name, why in reasons.items() if why})
            self._show_row()
            self._panel.changed.emit()

    def _methods(self) -> list[Method]:
        return self._panel.method_box.methods

    @property
    def _can(self) -> bool:
        """Whether the chosen method has previews of the open set."""
        method = self._panel.method
        return method.previewed and method.name not in self._panel.method_box.refused

    def _show_row(self) -> None:
        self._panel.preview.setVisible(self._can)

    def _on_method_chosen(self) -> None:
        self._settled.stop()
        self._controller.previews.end()
        self._show_row()

    def _on_form_changed(self) -> None:
        if self._can and self._panel.preview.on:
            self._controller.previews.stop()  # it is no longer what is asked for
            self._settled.start()

    def _on_preview_toggled(self, on: bool) -> None:
        if on and self._can:
            self._on_settled()
        else:
            self._settled.stop()
            self._controller.previews.end()

    def _on_settled(self) -> None:
        panel = self._panel
        busy = self._controller.runs.tracker.active()
        if not busy and panel.valid and self._controller.session.stack is not None:
            choice = panel.choice
            self._controller.previews.want(choice.method, choice.explicit)
