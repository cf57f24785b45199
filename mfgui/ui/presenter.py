"""Tells the widgets what changed in the session: the controller's changes to setter calls."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from mfgui.app.controller import Controller
from mfgui.app.naming import result_name
from mfgui.app.view_control import COMPOSITE, state_key
from mfgui.core.arrays import Size
from mfgui.core.events import (
    ActiveSourceChanged,
    AlignmentChanged,
    Change,
    CurveExtended,
    DevicesChanged,
    FirstLook,
    HistoryChanged,
    MapChanged,
    MapPatched,
    MarkChanged,
    Notice,
    OpeningFailed,
    PictureDropped,
    PicturePatched,
    PictureReady,
    Preparing,
    QueueChanged,
    ResultAdded,
    ResultRemoved,
    RunChanged,
    RunState,
    SetClosed,
    SetOpened,
    SetOpening,
    ShownChanged,
)
from mfgui.core.pyramid import Picture
from mfgui.jobs.frames import LiveFrame
from mfgui.ui.docks.sources import MOST_TALL
from mfgui.ui.parts import WindowParts
from mfgui.ui.scrub import STOPS

LIVE = "live"
_PREVIEW = "opening"
ROWS_MS = 60  # rows mark the shown result so long after it, where results are switched quickly
_CURVE_MS = 100  # curves are drawn at most ten times a second


class Presenter(QObject):
    """Keeps the parts of the window in step with the session."""

    def __init__(
        self,
        controller: Controller,
        parts: WindowParts,
        *,
        on_set: Callable[[bool], None],
        on_ready: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._parts = parts
        self._on_set = on_set
        self._on_ready = on_ready
        self._pictures: dict[str, Picture] = {}
        self._peeking = ""  # what is asked for: "source", "fused", "reference", or nothing
        self._last_state: tuple[RunState, int] = (RunState.DONE, -1)
        self._extended: set[int] = set()
        self._curve_timer = QTimer(self, singleShot=True, interval=_CURVE_MS)
        self._curve_timer.timeout.connect(self._on_curves_due)
        self._rows_timer = QTimer(self, singleShot=True, interval=ROWS_MS)
        self._rows_timer.timeout.connect(self._show_results)
        self._late_timer = QTimer(self, singleShot=True, interval=0)
        self._late_timer.timeout.connect(self._show_late)
        self._answers: dict[type, Callable[..., None]] = {
            AlignmentChanged: lambda _change: self._late_timer.start(),
            SetOpening: self._on_set_opening,
            SetOpened: self._on_set_opened,
            OpeningFailed: self._on_opening_failed,
            SetClosed: self._on_set_closed,
            PictureReady: self._on_picture_made,
            PictureDropped: self._on_picture_dropped,
            ShownChanged: self._on_shown_changed,
            ActiveSourceChanged: self._on_active_source_changed,
            MapChanged: self._on_map_changed,
            MapPatched: self._on_map_patched,
            HistoryChanged: self._on_history_changed,
            PicturePatched: self._on_picture_patched,
            ResultAdded: self._on_result_added,
            ResultRemoved: self._on_result_removed,
            MarkChanged: self._on_mark_changed,
            RunChanged: self._on_run_changed,
            QueueChanged: self._on_queue_changed,
            FirstLook: self._on_first_look_made,
            CurveExtended: self._on_curve_extended,
            DevicesChanged: self._on_devices_changed,
            Preparing: self._on_preparation_changed,
            Notice: self._on_notice_given,
        }
        controller.notifier.connect(self.take)

    def take(self, change: Change) -> None:
        """Answer one change; those of other presenters are left to them."""
        answer = self._answers.get(type(change))
        if answer is not None:
            answer(change)

    def show_frame(self, frame: LiveFrame) -> None:
        """A live picture of a run; those of others than the one that is followed are left out."""
        tracker = self._controller.runs.tracker
        followed = tracker.followed()
        if not tracker.knows(frame.run_id) or (
            followed is not None and followed.run_id != frame.run_id
        ):
            return
        parts = self._parts
        parts.canvas.update_picture(LIVE, frame.pixels)
        if self._controller.session.shown == LIVE and parts.canvas.shown != LIVE:
            parts.canvas.show_picture(LIVE)

    def show_commands(self) -> None:
        """Enable and disable what can be used now."""
        controller, parts = self._controller, self._parts
        state = controller.state
        parts.actions.show_state(state)
        parts.overlay.setEnabled(state.has_map)
        parts.drops.has_set = state.has_set
        reason = parts.actions.reason
        parts.method.show_blocked(
            run=reason("run"),
            pause=reason("pause"),
            stop=reason("stop"),
            run_again=reason("run-again"),
            copy=reason("copy-command"),
        )
        parts.method.show_pause(parts.actions["pause"].text(), parts.actions.icon_name("pause"))
        parts.status.show_opening(state.opening)

    def peek(self, what: str) -> None:
        """Show while a key is held: "source", "fused" or "reference"."""
        self._peeking = what
        if self._peeked() == COMPOSITE:
            self._controller.composite.ensure()
        elif what == "fused":
            self._controller.follower.catch_up()
        elif what == "source":
            self._controller.view.ensure(self._peeked())
        self._parts.canvas.peek(self._peeked())

    def end_peek(self) -> None:
        """The key was let go."""
        self._peeking = ""
        self._parts.canvas.peek(None)

    def _peeked(self) -> str:
        """Key of the picture that is asked for; it may still have to be made."""
        session, view = self._controller.session, self._controller.view
        return {
            "source": f"source:{session.active_source}",
            "fused": view.fused_key() or LIVE,
            "reference": session.reference,
        }.get(self._peeking, "")

    # Sets

    def _on_set_opening(self, change: SetOpening) -> None:
        canvas = self._parts.canvas
        canvas.begin_set(change.size)
        canvas.set_picture(_PREVIEW, change.preview)
        canvas.show_picture(_PREVIEW)
        self._on_set(True)
        self.show_commands()

    def _on_set_opened(self, _change: SetOpened) -> None:
        parts, stack = self._parts, self._controller.session.stack
        assert stack is not None
        self._pictures.clear()
        parts.canvas.begin_set(stack.size)
        parts.curve.clear()
        colours = [parts.canvas.label_colour(n, k=stack.k).name() for n in range(1, stack.k + 1)]
        parts.sources.show_stack(stack, colours)
        parts.switch.show_sources([source.name for source in stack.sources])
        parts.banners.clear()
        parts.method.progress.clear()
        parts.status.progress.clear()
        self._show_results()
        self._on_set(True)
        self._on_ready()
        self.show_commands()

    def _on_opening_failed(self, _change: OpeningFailed) -> None:
        stack = self._controller.session.stack
        self._show_again(None if stack is None else stack.size)
        self._on_set(stack is not None)
        self.show_commands()

    def _show_again(self, size: Size | None) -> None:
        """Put the present set back after the preview of one that could not be read."""
        canvas = self._parts.canvas
        if _PREVIEW not in canvas.picture_keys:
            return
        if size is None:
            canvas.clear()
            return
        canvas.begin_set(size)
        for key, picture in self._pictures.items():
            canvas.set_picture(key, picture)
        self._show_labels()
        self._show_picture()

    def _on_set_closed(self, _change: SetClosed) -> None:
        parts = self._parts
        self._pictures.clear()
        parts.canvas.clear()
        parts.curve.clear()
        parts.banners.clear()
        parts.sources.show_stack(None, ())
        parts.switch.show_sources(())
        parts.method.progress.clear()
        parts.status.progress.clear()
        self._show_results()
        self._on_set(False)
        self.show_commands()

    # Pictures

    def _on_picture_made(self, change: PictureReady) -> None:
        parts = self._parts
        self._pictures[change.key] = change.picture
        parts.canvas.set_picture(change.key, change.picture)
        if change.key == self._peeked():
            parts.canvas.peek(change.key)
        if change.key.startswith("source:"):
            parts.sources.show_picture(change.key, change.picture)
            self._late_timer.start()  # once for all that come together
            if change.key == "source:1" and not self._controller.sets.exchanging:
                parts.recent.save(change.picture)
        else:
            parts.results.show_picture(change.key, change.picture)
            self._show_results()

    def _on_picture_dropped(self, change: PictureDropped) -> None:
        self._pictures.pop(change.key, None)
        self._parts.canvas.remove_picture(change.key)

    def _on_shown_changed(self, _change: ShownChanged) -> None:
        self._show_picture()
        self._show_sources()
        if self._controller.compare.comparing:
            self._rows_timer.start()  # drawing the rows takes as long as drawing the picture
        else:
            self._show_results()
        self._show_scrub()
        self.show_commands()

    def _on_active_source_changed(self, change: ActiveSourceChanged) -> None:
        self._parts.canvas.set_active_label(change.number)

    def _show_picture(self) -> None:
        canvas, key = self._parts.canvas, self._controller.session.shown
        if key in canvas.picture_keys:
            canvas.show_picture(key)

    def _show_late(self) -> None:
        self._show_sources()
        self.show_commands()

    def _show_sources(self) -> None:
        parts, session = self._parts, self._controller.session
        many = session.stack is not None and session.stack.k > MOST_TALL
        if many and self._late_timer.isActive():
            return  # much changes in this turn: once for all of it, after the picture
        parts.sources.show_state(shown=session.shown, active=session.active_source)
        view, shown, active = self._controller.view, session.shown, session.active_source
        fused, behind = bool(view.fused_key()) or shown == LIVE, bool(view.background_key())
        parts.switch.show_shown(shown, active=active, fused=fused, background=behind)

    # Map

    def _on_map_changed(self, _change: MapChanged) -> None:
        self._parts.banners.begin_anew()
        self._show_labels()
        self._show_sources()
        self.show_commands()

    def _on_map_patched(self, change: MapPatched) -> None:
        self._parts.canvas.labels_changed(change.rect)

    def _on_picture_patched(self, change: PicturePatched) -> None:
        if change.key in self._pictures:
            self._parts.canvas.update_picture(change.key, change.pixels, change.rect)

    def _on_history_changed(self, _change: HistoryChanged) -> None:
        if self._controller.session.results:
            self._show_results()  # the map may be that of a result again
        self.show_commands()

    def _show_labels(self) -> None:
        focus_map = self._controller.session.focus_map
        canvas = self._parts.canvas
        if focus_map is None:
            canvas.set_labels(None)
        else:
            canvas.set_labels(focus_map.labels, focus_map.k)

    # Runs and results

    def _on_run_changed(self, change: RunChanged) -> None:
        status = change.status
        if status.state is RunState.DONE:
            self._parts.banners.begin_anew()
        if not status.active and status.run_id not in self._controller.session.results:
            self._parts.curve.remove_curve(status.run_id)
        tracker = self._controller.runs.tracker
        shown = tracker.followed() or status
        others = max(0, len(tracker.active()) - 1)
        self._parts.results.show_runs(self._controller.runs.listed)
        self._parts.method.show_status(shown, others=others)
        self._parts.status.progress.show_status(shown, others=others)
        if (status.state, status.run_id) != self._last_state:
            self._last_state = (status.state, status.run_id)
            self._show_sources()
            self.show_commands()

    def _on_queue_changed(self, _change: QueueChanged) -> None:
        self._parts.results.show_runs(self._controller.runs.listed)

    def _on_mark_changed(self, change: MarkChanged) -> None:
        self._draw_curve(change.run_id)
        self._show_results()

    def _on_first_look_made(self, change: FirstLook) -> None:
        self.show_frame(LiveFrame(change.run_id, 0, change.pixels))

    def _on_curve_extended(self, change: CurveExtended) -> None:
        self._extended.add(change.run_id)
        if not self._curve_timer.isActive():
            self._curve_timer.start()

    def _on_curves_due(self) -> None:
        for run_id in sorted(self._extended):
            self._draw_curve(run_id)
        self._extended.clear()

    def _draw_curve(self, run_id: int) -> None:
        runs, result = self._controller.runs, self._controller.session.results.get(run_id)
        put_back = result is not None and result.curve is not None
        if not runs.tracker.knows(run_id) and not put_back:
            return
        name = result_name(self._controller.session, run_id) or runs.tracker.status(run_id).name
        self._parts.curve.show_curve(run_id, f"{run_id} · {name}", runs.curve(run_id))

    def _on_result_added(self, change: ResultAdded) -> None:
        self._draw_curve(change.run_id)
        self._show_results()
        self.show_commands()

    def _on_result_removed(self, change: ResultRemoved) -> None:
        self._parts.curve.remove_curve(change.run_id)
        self._show_results()
        self._show_sources()
        self.show_commands()

    def _show_results(self) -> None:
        session = self._controller.session
        methods = self._controller.registry.methods
        revision = None if session.focus_map is None else session.focus_map.revision
        self._parts.results.show_results(
            session.results,
            methods,
            shown=session.shown,
            revision=revision,
            marks=session.marks,
        )

    def _show_scrub(self) -> None:
        """Let the scrub bar follow the shown picture; two states may share one picture."""
        controller, panel = self._controller, self._parts.curve
        run_id = controller.view.shown_result()
        if run_id is None or controller.session.results[run_id].curve is None:
            panel.show_scrub(None, STOPS[-1])
            return
        result, shown = controller.session.results[run_id], controller.session.shown
        same = [state for state in STOPS if state_key(result, run_id, state) == shown]
        stays = panel.scrub.stop in same and panel.scrubbed_run == run_id
        panel.show_scrub(run_id, panel.scrub.stop if stays else same[-1])

    def _on_devices_changed(self, _change: DevicesChanged) -> None:
        devices = self._controller.devices
        self._parts.devices.show_devices(devices.known, choice=devices.choice, best=devices.best)

    def _on_preparation_changed(self, change: Preparing) -> None:
        self._parts.status.show_preparing(change.on)

    def _on_notice_given(self, change: Notice) -> None:
        self._parts.banners.show_notice(change)
