"""Starting, holding and stopping runs, and turning their events into map, curves and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mfgui.app import tasks
from mfgui.app.batching import Asked, Batch, Failures, Wish
from mfgui.app.desk import Desk
from mfgui.app.device_control import DeviceControl
from mfgui.app.memory_notice import tell_shortage
from mfgui.app.preparation import Preparation
from mfgui.app.requests import RunNumbers, build_request, with_map
from mfgui.app.result_steps import ResultControl
from mfgui.app.run_maps import origin_of, usable_map
from mfgui.app.runs import RunTracker
from mfgui.app.set_control import SetControl
from mfgui.app.view_control import ViewControl
from mfgui.core.errors import MfguiError
from mfgui.core.events import (
    CurveExtended,
    FirstLook,
    QueueChanged,
    RunChanged,
    RunState,
    RunStatus,
    Severity,
)
from mfgui.core.result import Curve, Result
from mfgui.jobs import events
from mfgui.jobs.pool import TaskFailed
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Kind, Value

_SLOW_TO_START = 4_000_000  # pixels
_OTHERS_GO_ON = "other runs go on; nothing else has changed"


class RunControl:
    """Runs of the open set. Runs of a set that was left are stopped and their events dropped.

    Attributes
    ----------
    tracker : RunTracker
        Where each run is that was not forgotten.
    failures : Failures
        Runs that failed, until they are cleared or run again.
    """

    def __init__(
        self,
        desk: Desk,
        view: ViewControl,
        devices: DeviceControl,
        numbers: RunNumbers,
        preparation: Preparation,
    ) -> None:
        self._desk = desk
        self._view = view
        self._devices = devices
        self._numbers = numbers
        self._preparation = preparation
        self._unprepared: set[int] = set()  # runs that wait for the preparation
        self._own_maps: dict[int, int] = {}  # revision of the map that a run has made
        self._wishes: dict[int, Wish] = {}  # of runs that have not ended
        self._sets: SetControl | None = None
        self.tracker = RunTracker()
        self.failures = Failures()
        self._results = ResultControl(desk, view, numbers, self.tracker)

    def bind(self, sets: SetControl) -> None:
        """The part that keeps the focus map."""
        self._sets = sets

    @property
    def listed(self) -> list[RunStatus]:
        """What waits, goes or has failed: first what was asked for first, failures at the end."""
        return [*self.tracker.active(), *self.failures.statuses]

    def detect(self, detector: str, explicit: Mapping[str, Value]) -> None:
        """Make a focus map and use it from here on."""
        self._ask(Wish(detector, explicit, map_only=True))

    def run(self, method: str, explicit: Mapping[str, Value]) -> None:
        """Run a method with the parameters that differ from their defaults."""
        self._ask(Wish(method, explicit))

    def run_all(self, choices: Sequence[Asked]) -> None:
        """Queue several methods. One that fails, or cannot even begin, does not stop the rest.

        Each is shown in the list of results when it is done; the canvas shows the first one only.
        """
        batch = Batch(self._desk.session.shown)
        for choice in choices:
            self._ask(Wish(choice.method, choice.explicit, batch=batch))

    def run_again(self, method: str, explicit: Mapping[str, Value]) -> None:
        """Run from the image that is shown, with the current map and parameters."""
        image = self._view.shown_image()
        if image is not None:
            shown = self._desk.session.shown
            self._ask(Wish(method, explicit, start_image=image, start_from=shown))

    def retry(self, run_id: int) -> None:
        """Ask again for what has failed, with the present map."""
        wish = self.failures.take(run_id)
        if wish is not None:
            self._desk.notifier.emit(QueueChanged())
            self._ask(replace(wish, batch=Batch(self._desk.session.shown)))

    def dismiss(self, run_id: int | None = None) -> None:
        """Forget one failure, or all of them."""
        if run_id is None:
            self.failures.clear()
        else:
            self.failures.take(run_id)
        self._desk.notifier.emit(QueueChanged())

    def stop(self, run_id: int | None = None) -> None:
        """Stop one run, or all; answers at once. What waits in the queue is gone at once."""
        for status in self._addressed(run_id):
            if status.state is RunState.STOPPING:
                continue
            self._desk.backend.stop_run(status.run_id)
            if status.state is RunState.QUEUED:
                self.handle(events.Stopped(status.run_id, None))
            else:
                self._tell(self.tracker.stopping(status.run_id))

    def pause_or_resume(self, run_id: int | None = None) -> None:
        """Hold one run or all that run, with their state in memory; if none runs, let those that
        are held go on. Answers at once."""
        addressed = self._addressed(run_id)
        running = [status for status in addressed if status.state is RunState.RUNNING]
        for status in running:
            self._tell(self.tracker.pause_asked(status.run_id, on=True))
            self._desk.backend.pause_run(status.run_id)
        if running:
            return
        for status in addressed:
            if status.held:
                self._tell(self.tracker.pause_asked(status.run_id, on=False))
                self._desk.backend.resume_run(status.run_id)

    def abandon(self) -> None:
        """Stop all runs and forget them: their set is being left."""
        for status in self.tracker.active():
            self._desk.backend.stop_run(status.run_id)
            self._tell(self.tracker.ended(status.run_id, RunState.STOPPED))
        self.tracker.forget_all()
        self._wishes.clear()
        self._unprepared.clear()
        self.failures.clear()
        self._desk.notifier.emit(QueueChanged())

    def curve(self, run_id: int) -> Curve:
        """The curve of a run so far, or of its result; empty when it has none."""
        result = self._desk.session.results.get(run_id)
        if result is None:
            return self.tracker.curve(run_id)
        return result.curve if result.curve is not None else Curve("")

    def delete_result(self, run_id: int) -> None:
        """Take a result out, as a step; the newest other one is shown in its place."""
        self._results.delete(run_id)

    def duplicate(self, run_id: int) -> None:
        """A second result with the same arrays, as a step; what is shown stays."""
        self._results.duplicate(run_id)

    def handle(self, event: events.Event) -> None:
        """Take in one event of the worker."""
        if not self.tracker.knows(event.run_id):
            return  # its set was left
        match event:
            case events.Started():
                self._tell(self.tracker.started(event.run_id))
            case events.Progress():
                self._tell(self.tracker.progressed(event))
            case events.MapDetected():
                self._on_map_detected(event)
            case events.Iterated():
                self._on_step_taken(event)
            case events.Paused():
                self._tell(self.tracker.held(event.run_id))
            case events.Resumed():
                self._tell(self.tracker.released(event.run_id))
            case events.Warned():
                self._desk.notice(Severity.WARNING, event.text)
            case events.Finished():
                self._on_run_ended(event.run_id, event.result, RunState.DONE)
            case events.Stopped():
                self._on_run_ended(event.run_id, event.result, RunState.STOPPED)
            case events.Failed():
                self._on_run_failed(event)

    def _addressed(self, run_id: int | None) -> list[RunStatus]:
        return [s for s in self.tracker.active() if run_id in (None, s.run_id)]

    def _ask(self, wish: Wish) -> None:
        """Queue a run, once the image that it starts from has been read."""
        path = wish.explicit.get("start")
        if wish.start_image is None and isinstance(path, str) and self._is_start_path(wish, path):
            self._run_from_file(wish, path)
        else:
            self._start(wish)

    def _is_start_path(self, wish: Wish, value: str) -> bool:
        method = self._desk.registry.methods.get(wish.method)
        parameters = () if method is None else method.parameters
        declared = next((p.declared for p in parameters if p.name == "start"), None)
        return declared is not None and declared.path and value not in declared.choices

    def _run_from_file(self, wish: Wish, path: str) -> None:
        stack = self._desk.session.stack

        def done(value: object) -> None:
            if self._desk.session.stack is stack:
                self._start(replace(wish, start_image=value))  # type: ignore[arg-type]

        def failed(failure: TaskFailed) -> None:
            if self._desk.session.stack is stack:
                self._refuse(wish, str(failure.error), details=failure.details)

        self._desk.submit(tasks.read_start(path), done=done, failed=failed)

    def _start(self, wish: Wish) -> None:
        session = self._desk.session
        if session.stack is None:
            return
        try:
            request = build_request(
                self._desk.registry,
                session.stack,
                method=wish.method,
                explicit=wish.explicit,
                start_image=wish.start_image,
                device=self._devices.current,
                threads=self._desk.backend.threads,
                map_only=wish.map_only,
            )
        except MfguiError as error:
            self._refuse(wish, str(error))
            return
        number = self._numbers.next(map_only=request.map_only)
        request = replace(request, run_id=number, start_from=wish.start_from)
        request = self._with_current_map(request)
        self._wishes[request.run_id] = wish
        self._tell(self.tracker.add(request))
        tell_shortage(self._desk, self, request, alone=wish.batch is None)
        self._unprepared.add(request.run_id)
        self._preparation.when_done(lambda: self._submit(request))

    def _refuse(self, wish: Wish, reason: str, *, details: str = "") -> None:
        """A run could not begin. Beside others it stays in the queue with its reason."""
        if wish.batch is None:
            self._desk.notice(Severity.ERROR, reason, "nothing was started", details=details)
            return
        method = self._desk.registry.methods.get(wish.method)
        name = wish.method if method is None else method.title
        # It never has a result: no number of those is used up.
        status = RunStatus(self._numbers.next(map_only=True), name, RunState.FAILED)
        self.failures.add(status, wish, reason=reason)
        self._desk.notifier.emit(QueueChanged())
        self._desk.notice(Severity.ERROR, f"{name}: {reason}", _OTHERS_GO_ON, details=details)

    def _submit(self, request: RunRequest) -> None:
        self._unprepared.discard(request.run_id)
        if self.tracker.knows(request.run_id):  # neither stopped nor left meanwhile
            self._desk.backend.submit_run(request)
            self._look_ahead(request)

    def _look_ahead(self, request: RunRequest) -> None:
        """Show what a large run starts from: its own first picture takes some seconds.

        Not where its map is a decision, which may take long on a reduced picture, too.
        """
        session, sets = self._desk.session, self._sets
        assert session.stack is not None
        assert sets is not None
        size, start = session.stack.size, dict(request.parameters).get("start")
        if (
            request.start_image is not None
            or (request.labels is None and request.detector.kind is Kind.DECISION)
            or start not in ("composite", "average")
            or size.width * size.height < _SLOW_TO_START
        ):
            return

        def done(value: object) -> None:
            assert isinstance(value, np.ndarray)
            followed = self.tracker.followed()
            waiting = followed is not None and followed.run_id == request.run_id
            if waiting and not self.tracker.curve(request.run_id).q:
                self._desk.notifier.emit(FirstLook(request.run_id, value))
                self._show_live(request.run_id)

        def failed(_failure: TaskFailed) -> None:
            """The run itself will tell what is wrong."""

        self._desk.submit(tasks.first_look(sets.pictures, request), done=done, failed=failed)

    def _with_current_map(self, request: RunRequest) -> RunRequest:
        focus_map = usable_map(self._desk.session, request)
        if focus_map is None:
            return request
        origin = self._desk.session.map_origin.words if request.method.has_map else ""
        labels, revision = focus_map.snapshot(), focus_map.revision
        return with_map(request, labels, revision=revision, origin=origin)

    def _on_map_detected(self, event: events.MapDetected) -> None:
        request = self.tracker.request(event.run_id)
        kept = self._desk.session.map_origin.kept
        alone = request.map_only
        # A decision that fuses leaves the map that a person works on as it is, and so does each
        # run of a batch that comes after the first.
        needed = request.method.needs_map and self._batch(event.run_id) is None
        needed = needed or self._desk.session.focus_map is None
        if alone or (needed and not kept):
            assert self._sets is not None
            self._sets.set_map(event.labels, origin_of(request), follow=alone)
            focus_map = self._desk.session.focus_map
            if not alone and focus_map is not None:
                self._own_maps[event.run_id] = focus_map.revision

    def _on_step_taken(self, event: events.Iterated) -> None:
        self._tell(self.tracker.iterated(event))
        self._desk.notifier.emit(CurveExtended(event.run_id))
        if event.iteration == 0:
            self._show_live(event.run_id)

    def _on_run_ended(self, run_id: int, result: Result | None, state: RunState) -> None:
        batch = self._batch(run_id)
        self._wishes.pop(run_id, None)
        self._unprepared.discard(run_id)
        if result is None:
            self._tell(self.tracker.ended(run_id, state))
            self.tracker.forget(run_id)
            self._leave_live()
            return
        revision = self._own_maps.pop(run_id, result.map_revision)
        result = replace(result, map_revision=revision)
        self._results.add(run_id, result)
        self._tell(self.tracker.ended(run_id, state))
        self._show_result(run_id, batch)
        self._results.record(run_id, f"Run {result.name}")
        # Its request holds what it began with, which may be an image.
        self.tracker.forget(run_id)

    def _on_run_failed(self, event: events.Failed) -> None:
        status = self.tracker.ended(event.run_id, RunState.FAILED)
        self.tracker.forget(event.run_id)
        wish = self._wishes.pop(event.run_id)
        what = f"{event.what}; {event.hint}" if event.hint else event.what
        self.failures.add(status, wish, reason=what)
        self._tell(status)
        self._leave_live()
        kept = "the sources, the map and all results are unchanged"
        if wish.batch is not None:
            what, kept = f"{status.name}: {what}", _OTHERS_GO_ON
        self._desk.notice(Severity.ERROR, what, kept, details=event.details)

    def _batch(self, run_id: int) -> Batch | None:
        """What a run that has not ended was queued with."""
        wish = self._wishes.get(run_id)
        return None if wish is None else wish.batch

    def _show_live(self, run_id: int) -> None:
        """The first picture of a run is there."""
        batch = self._batch(run_id)
        if batch is None or batch.may_show(self._desk.session.shown):
            self._view.show("live")

    def _show_result(self, run_id: int, batch: Batch | None) -> None:
        """A run has left a result: show it, or at least a small picture in the list."""
        last = not self.tracker.active()
        if batch is None:
            wanted = last
        else:
            shown = self._desk.session.shown
            wanted = batch.may_show(shown) or (last and shown == "live")
            batch.settled = True
        if wanted:
            self._view.show(f"result:{run_id}")
        else:
            self._results.show_thumbnail(run_id)

    def _leave_live(self) -> None:
        """Show a picture that stays, when the last run has left none."""
        session = self._desk.session
        if session.shown == "live" and not self.tracker.active():
            self._view.show(self._view.fused_key() or f"source:{session.active_source}")

    def _tell(self, status: RunStatus) -> None:
        self._desk.notifier.emit(RunChanged(status))
