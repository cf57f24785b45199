"""Keeps canvas, panes and the bar of the Compare workspace in step with the comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox

from mfgui.app.actions.compare_menu import MODE_PREFIX, VIEW_PREFIX
from mfgui.app.controller import Controller
from mfgui.app.naming import title_of
from mfgui.app.preview_control import PREVIEW
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.comparison import CALM_RATE, CompareView, PaneMode
from mfgui.core.events import (
    BandChanged,
    Change,
    CompareChanged,
    MapChanged,
    MarkChanged,
    OpeningFailed,
    PlaneChanged,
    ReferenceChanged,
    ResultAdded,
    ResultRemoved,
    ScoresChanged,
    SetClosed,
    SetOpened,
    SetOpening,
    ShownChanged,
    TruthChanged,
)
from mfgui.core.planes import LevelsQ
from mfgui.core.result import BACKGROUND
from mfgui.ui.canvas.differences import LOOPS
from mfgui.ui.canvas.flicker import Flicker
from mfgui.ui.canvas.panes import PaneGroup
from mfgui.ui.parts import WindowParts

_WANTED_MS = 30  # views that are being moved ask for planes this late

Asker = Callable[[], bool]


class ComparePresenter(QObject):
    """Shows what is compared with what.

    Attributes
    ----------
    asker : callable
        Asks whether pictures may alternate so fast that it can harm some people.
    """

    def __init__(
        self, controller: Controller, parts: WindowParts, panes: PaneGroup, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        self._panes = panes
        self._flicker = Flicker(parts.canvas)
        self._planes: dict[str, LevelsQ | None] = {}  # that the canvas has
        self._distance: ImageU8 | None = None
        self._scored = False
        self._previewing = False  # the canvas shows a set that is being opened
        self.asker: Asker = self._ask
        self._wanted = QTimer(self)
        self._wanted.setSingleShot(True)
        self._wanted.setInterval(_WANTED_MS)
        self._wanted.timeout.connect(self._on_planes_wanted)
        self._answers: dict[type, Callable[..., None]] = {
            PlaneChanged: self._on_plane_changed,
            BandChanged: self._on_band_changed,
            ScoresChanged: lambda _change: self._show_panes(),
            **dict.fromkeys(_SHOWING, lambda _change: self.show()),
            ResultRemoved: self._on_result_removed,
        }
        self._connect()
        self.show()

    def _connect(self) -> None:
        compare, bar = self._controller.compare, self._parts.compare_bar
        bar.view_chosen.connect(lambda view: compare.change(view=view))
        bar.band_chosen.connect(lambda band: compare.change(band=band))
        bar.rate_chosen.connect(self._on_rate_chosen)
        canvas, panes = self._parts.canvas, self._panes
        canvas.split_moved.connect(lambda line: compare.change(line=line))
        panes.pane_chosen.connect(self._controller.view.show)
        panes.visible_changed.connect(self._wanted.start)
        self._flicker.stopped.connect(lambda: compare.change(flicker=False))
        self._controller.view.in_panes = self._seen
        self._controller.notifier.connect(self._take)

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpening | SetOpened | SetClosed | OpeningFailed):
            self._previewing = isinstance(change, SetOpening)
            self._planes.clear()  # the canvas began anew
            self._distance = None
        answer = self._answers.get(type(change))
        if answer is not None and not self._previewing:
            answer(change)

    def show(self) -> None:
        """Bring everything up to date."""
        if self._controller.compare.comparing:
            LOOPS.get()  # loaded beside, before the first difference asks for them
        self._show_bar()
        self._show_panes()
        self._show_views()
        self._show_flicker()

    # Panes

    def _show_panes(self) -> None:
        """Pictures, their names and ranks, and the split line."""
        controller, compare = self._controller, self._controller.compare
        keys, session = compare.pane_keys(), controller.session
        other = compare.other_key()
        for key in self._seen():
            controller.view.ensure(key)
        mode = compare.state.mode
        self._want_scores(mode in (PaneMode.SIDE, PaneMode.GRID))
        titles = {key: self._title(key) for key in (*keys, other)}
        # What is not a picture of the result itself says so, alone, too.
        named = compare.state.flicker or session.shown.endswith((PREVIEW, f":{BACKGROUND}"))
        self._panes.arrange(mode, keys, session.shown, titles, named=named)
        self._panes.set_linked(compare.state.linked)
        split = mode is PaneMode.SPLIT and bool(other)
        self._parts.canvas.set_split(compare.state.line if split else None, other)

    def _seen(self) -> set[str]:
        """Keys of all pictures that are drawn, or that others are compared with."""
        compare = self._controller.compare
        return {*compare.pane_keys(), compare.other_key(), compare.against()}

    def _want_scores(self, on: bool) -> None:
        if on != self._scored:
            self._scored = on
            self._controller.scores.want(on, by="panes")

    def _title(self, key: str) -> tuple[str, str]:
        """Name of a pane, and its score and rank."""
        title = title_of(self._controller.session, key)
        details = []
        if key and key == self._controller.session.reference:
            details.append("reference")
        kind, _, rest = key.partition(":")
        if kind == "result" and rest.isdigit():
            details += [*self._key_of(key, int(rest)), *self._score(int(rest))]
        return title, " · ".join(details)

    def _key_of(self, key: str, run_id: int) -> list[str]:
        """The digit that shows a result, where it is not that of its number."""
        listed = self._controller.compare.results()
        digit = listed.index(key) + 1 if key in listed else 0
        return [f"key {digit}"] if digit not in (0, run_id) else []

    def _score(self, run_id: int) -> list[str]:
        scores = self._controller.scores
        rank, value = scores.rank_of(run_id), scores.q_of(run_id)
        if value is None:
            return []
        return [f"local Q {value:.4f}", *([] if rank is None else [f"rank {rank}"])]

    # Views

    def _show_views(self) -> None:
        compare, canvas = self._controller.compare, self._parts.canvas
        state = compare.state
        if state.view is CompareView.MAP:
            for run_id, result in self._controller.session.results.items():
                made_by_map = result.provenance.detector is not None
                canvas.set_result_map(f"result:{run_id}", result.labels if made_by_map else None)
        canvas.set_comparison(compare.view_of, state.gain, compare.against())
        canvas.set_band(state.band if state.band_only else 0)
        self._on_planes_wanted()

    def _on_planes_wanted(self) -> None:
        """Have computed what the panes show now."""
        if self._previewing:
            return
        compare, planes = self._controller.compare, self._controller.planes
        state, keys = compare.state, compare.pane_keys()
        wanted = [key for key in keys if compare.view_of(key).of_q]
        if wanted and state.view is CompareView.LOCAL_Q_DIFFERENCE:
            wanted = [compare.against(), *wanted]
        planes.want(wanted, self._panes.visible_rect if wanted else _NOWHERE)
        for key in wanted:
            self._show_plane(key)
        planes.want_distance(state.band_only)
        self._show_distance(None)

    def _show_plane(self, key: str, rect: Rect | None = None) -> None:
        """Have the live plane of a picture drawn, which is new inside `rect`."""
        plane = self._controller.planes.q(key)
        if rect is not None or self._planes.get(key) is not plane:
            self._parts.canvas.set_plane(key, plane, rect if key in self._planes else None)
            self._planes[key] = plane

    def _on_plane_changed(self, change: PlaneChanged) -> None:
        if change.key:
            self._show_plane(change.key, change.rect)
            return
        for key in tuple(self._planes):
            self._parts.canvas.set_plane(key, None)
        self._planes.clear()
        self._wanted.start()

    def _on_result_removed(self, change: ResultRemoved) -> None:
        key = f"result:{change.run_id}"
        self._parts.canvas.set_plane(key, None)
        self._parts.canvas.set_result_map(key, None)
        self._planes.pop(key, None)
        self.show()

    def _show_distance(self, rect: Rect | None) -> None:
        wanted = self._controller.compare.state.band_only
        distance = self._controller.planes.distance if wanted else None
        if rect is not None or distance is not self._distance:
            self._parts.canvas.set_distance(distance, rect)
            self._distance = distance

    def _on_band_changed(self, change: BandChanged) -> None:
        self._show_distance(change.rect)

    # Flicker

    def _show_flicker(self) -> None:
        compare = self._controller.compare
        other = compare.other_key()
        if compare.state.flicker and other:
            self._flicker.start(other, compare.state.rate)
        else:
            self._flicker.stop()

    def _on_rate_chosen(self, rate: float) -> None:
        compare = self._controller.compare
        if rate <= CALM_RATE or compare.state.rate > CALM_RATE or self.asker():
            compare.change(rate=rate)
        else:
            self._show_bar()

    def _ask(self) -> bool:
        box = QMessageBox(self._panes.window())
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText("Flicker faster than three pictures per second?")
        box.setInformativeText(
            "Fast flicker can cause seizures in people with photosensitive epilepsy."
        )
        faster = box.addButton("Flicker faster", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Keep it calm", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is faster

    # The bar

    def _show_bar(self) -> None:
        controller, parts = self._controller, self._parts
        compare, session = controller.compare, controller.session
        state = replace(compare.state, view=compare.view)
        actions = parts.actions
        actions[f"{MODE_PREFIX}{state.mode}"].setChecked(True)
        actions[f"{VIEW_PREFIX}{state.view}"].setChecked(True)
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


_NOWHERE = Rect(0, 0, 0, 0)
_SHOWING = (
    CompareChanged,
    MapChanged,
    MarkChanged,
    OpeningFailed,
    ReferenceChanged,
    ResultAdded,
    SetClosed,
    SetOpened,
    ShownChanged,
    TruthChanged,
)
