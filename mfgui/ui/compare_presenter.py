"""Keeps canvas, panes and the bar of the Compare workspace in step with the comparison."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mfgui.app.actions.compare_menu import MODE_PREFIX, VIEW_PREFIX
from mfgui.app.controller import Controller
from mfgui.app.naming import title_of
from mfgui.core.comparison import CompareView
from mfgui.core.events import (
    Change,
    CompareChanged,
    MapChanged,
    MarkChanged,
    ReferenceChanged,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    ShownChanged,
    TruthChanged,
)
from mfgui.ui.parts import WindowParts

_RENEWING = (
    CompareChanged,
    MapChanged,
    MarkChanged,
    ReferenceChanged,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    ShownChanged,
    TruthChanged,
)


class ComparePresenter(QObject):
    """Shows what is compared with what."""

    def __init__(self, controller: Controller, parts: WindowParts, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        compare, bar = controller.compare, parts.compare_bar
        bar.view_chosen.connect(lambda view: compare.change(view=view))
        bar.band_chosen.connect(lambda band: compare.change(band=band))
        controller.notifier.connect(self._take)
        self._show()

    def _take(self, change: Change) -> None:
        if isinstance(change, _RENEWING):
            self._show()

    def _show(self) -> None:
        self._show_bar()

    def _show_bar(self) -> None:
        controller, parts = self._controller, self._parts
        compare, session = controller.compare, controller.session
        state = compare.state
        actions = parts.actions
        actions[f"{MODE_PREFIX}{state.mode}"].setChecked(True)
        actions[f"{VIEW_PREFIX}{compare.view_of(session.shown)}"].setChecked(True)
        for name, on in (
            ("flicker", state.flicker),
            ("band-only", state.band_only),
            ("link-views", state.linked),
        ):
            actions[name].setChecked(on)
        blocked = {view: compare.blocked(view) for view in CompareView}
        parts.compare_bar.show_comparison(state, blocked=blocked)
        reference = session.reference or compare.other_key()
        title = title_of(session, reference)
        parts.compare_bar.show_reference(title, chosen=bool(session.reference))
