"""Starting, holding and stopping runs, and turning their events into map, curves and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.app.device_control import DeviceControl
from mfgui.app.preparation import Preparation
from mfgui.app.requests import RunNumbers, build_request
from mfgui.app.result_steps import ResultStep
from mfgui.app.runs import RunTracker
from mfgui.app.set_control import SetControl
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import ImageF32
from mfgui.core.errors import MfguiError
from mfgui.core.events import (
    CurveExtended,
    FirstLook,
    ResultAdded,
    ResultRemoved,
    RunChanged,
    RunState,
    RunStatus,
    Severity,
)
from mfgui.core.result import Curve, Result
from mfgui.core.session import MapOrigin
from mfgui.jobs import events
from mfgui.jobs.pool import TaskFailed
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Kind, Value

_SLOW_TO_START = 4_000_000  # pixels


class RunControl:
    """Runs of the open set. Runs of a set that was left are stopped and their events dropped."""

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
        self._sets: SetControl | None = None
        self.tracker = RunTracker()

    def bind(self, sets: SetControl) -> None:
        """The part that keeps the focus map."""
        self._sets = sets

    def detect(self, detector: str, explicit: Mapping[str, Value]) -> None:
        """Make a focus map and use it from here on."""
        self._start(detector, explicit, None, map_only=True)

    def run(self, method: str, explicit: Mapping[str, Value]) -> None:
        """Run a method with the parameters that differ from their defaults."""
        path = explicit.get("start")
        if isinstance(path, str) and self._is_start_path(method, path):
            self._run_from_file(method, explicit, path)
        else:
            self._start(method, explicit, None)

    def run_again(self, method: str, explicit: Mapping[str, Value]) -> None:
        """Run from the image that is shown, with the current map and parameters."""
        image = self._view.shown_image()
        if image is not None:
            self._start(method, explicit, image)

    def stop(self, run_id: int | None = None) -> None:
        """Stop one run, or all and drop the queued ones; answers at once."""
        for status in self._addressed(run_id):
            if status.state is not RunState.STOPPING:
                self._tell(self.tracker.stopping(status.run_id))
                self._desk.backend.stop_run(status.run_id)
                if status.run_id in self._unprepared:
                    self.handle(events.Stopped(status.run_id, None))

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
            self.tracker.forget(status.run_id)

    def curve(self, run_id: int) -> Curve:
        """The curve of a run so far, or of its result; empty when it has none."""
        result = self._desk.session.results.get(run_id)
        if result is None:
            return self.tracker.curve(run_id)
        return result.curve if result.curve is not None else Curve("")

    def delete_result(self, run_id: int) -> None:
        """Take a result out, as a step; the newest other one is shown in its place."""
        step = self._result_step(f"Delete result {run_id}", run_id)
        step.redo()
        if step.result is not None:
            self._desk.record(step)

    def _result_step(self, name: str, run_id: int) -> ResultStep:
        """A step of a result that the session has."""
        reference = ""  # the state of it that was the reference when it was taken out

        def take() -> Result | None:
            nonlocal reference
            session = self._desk.session
            is_reference = session.reference.split(":")[:2] == ["result", str(run_id)]
            reference = session.reference if is_reference else ""
            return self._take_out(run_id)

        def put(result: Result) -> None:
            self._put_back(run_id, result)
            self._desk.session.reference = reference or self._desk.session.reference

        return ResultStep(name, put, take)

    def _put_back(self, run_id: int, result: Result) -> None:
        """Undo `_take_out`, at its place, and show it."""
        results = self._desk.session.results
        every = sorted({**results, run_id: result}.items())
        results.clear()
        results.update(every)
        self._desk.notifier.emit(ResultAdded(run_id))
        self._view.show(f"result:{run_id}")

    def _take_out(self, run_id: int) -> Result | None:
        """Forget a result; the newest other one is shown in its place. None if there is none."""
        session = self._desk.session
        result = session.results.pop(run_id, None)
        if result is None:
            return None
        if session.shown.split(":")[:2] == ["result", str(run_id)]:
            key = self._view.fused_key() or f"source:{session.active_source}"
            self._view.show(key)
        if session.reference.split(":")[:2] == ["result", str(run_id)]:
            session.reference = ""
        self._view.drop(run_id)
        self.tracker.forget(run_id)
        self._desk.notifier.emit(ResultRemoved(run_id))
        return result

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

    def _is_start_path(self, method: str, value: str) -> bool:
        declared = self._desk.registry.get(method).parameter("start").declared
        return declared.path and value not in declared.choices

    def _run_from_file(self, method: str, explicit: Mapping[str, Value], path: str) -> None:
        stack = self._desk.session.stack

        def done(value: object) -> None:
            if self._desk.session.stack is stack:
                self._start(method, explicit, value)  # type: ignore[arg-type]

        failed = self._desk.failing("nothing was started")
        self._desk.submit(tasks.read_start(path), done=done, failed=failed)

    def _start(
        self,
        method: str,
        explicit: Mapping[str, Value],
        start_image: ImageF32 | None,
        *,
        map_only: bool = False,
    ) -> None:
        session = self._desk.session
        if session.stack is None:
            return
        try:
            request = build_request(
                self._desk.registry,
                session.stack,
                method=method,
                explicit=explicit,
                start_image=start_image,
                device=self._devices.current,
                threads=self._desk.backend.threads,
                map_only=map_only,
            )
        except MfguiError as error:
            self._desk.notice(Severity.ERROR, str(error), "nothing was started")
            return
        request = replace(request, run_id=self._numbers.next(map_only=request.map_only))
        request = self._with_current_map(request)
        self._tell(self.tracker.add(request))
        self._unprepared.add(request.run_id)
        self._preparation.when_done(lambda: self._submit(request))

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
                self._view.show("live")

        def failed(_failure: TaskFailed) -> None:
            """The run itself will tell what is wrong."""

        self._desk.submit(tasks.first_look(sets.pictures, request), done=done, failed=failed)

    def _with_current_map(self, request: RunRequest) -> RunRequest:
        """Use the session's map, unless other detector settings were asked for since."""
        session = self._desk.session
        if request.method.makes_map or session.focus_map is None:
            return request
        if not session.map_origin.kept and not _fits(session.map_origin, request):
            return request
        return replace(
            request,
            labels=session.focus_map.snapshot(),
            map_revision=session.focus_map.revision,
        )

    def _on_map_detected(self, event: events.MapDetected) -> None:
        request = self.tracker.request(event.run_id)
        kept = self._desk.session.map_origin.kept
        alone = request.map_only
        # A decision that fuses leaves the map that a person works on as it is.
        needed = request.method.needs_map or self._desk.session.focus_map is None
        if alone or (needed and not kept):
            assert self._sets is not None
            self._sets.set_map(event.labels, _origin(request), follow=alone)
            focus_map = self._desk.session.focus_map
            if not alone and focus_map is not None:
                self._own_maps[event.run_id] = focus_map.revision

    def _on_step_taken(self, event: events.Iterated) -> None:
        self._tell(self.tracker.iterated(event))
        self._desk.notifier.emit(CurveExtended(event.run_id))
        if event.iteration == 0:
            self._view.show("live")

    def _on_run_ended(self, run_id: int, result: Result | None, state: RunState) -> None:
        if result is None:
            self._tell(self.tracker.ended(run_id, state))
            self.tracker.forget(run_id)
            self._leave_live()
            return
        stack = self._desk.session.stack
        assert stack is not None
        revision = self._own_maps.pop(run_id, result.map_revision)
        result = replace(result, map_revision=revision)
        self._desk.session.results[run_id] = result
        self._desk.notifier.emit(ResultAdded(run_id))
        self._tell(self.tracker.ended(run_id, state))
        if not self.tracker.active():
            self._view.show(f"result:{run_id}")
        self._desk.record(self._result_step(f"Run {result.name}", run_id), apart=True)

    def _on_run_failed(self, event: events.Failed) -> None:
        self._tell(self.tracker.ended(event.run_id, RunState.FAILED))
        self.tracker.forget(event.run_id)
        self._leave_live()
        what = f"{event.what}; {event.hint}" if event.hint else event.what
        kept = "the sources, the map and all results are unchanged"
        self._desk.notice(Severity.ERROR, what, kept, details=event.details)

    def _leave_live(self) -> None:
        """Show a picture that stays, when the last run has left none."""
        session = self._desk.session
        if session.shown == "live" and not self.tracker.active():
            self._view.show(self._view.fused_key() or f"source:{session.active_source}")

    def _tell(self, status: RunStatus) -> None:
        self._desk.notifier.emit(RunChanged(status))


def _fits(origin: MapOrigin, request: RunRequest) -> bool:
    """Whether the run would have its map made like that.

    A setting of the detector alone counts only where the run asks for one: a map that was
    detected with it is the one to use.
    """
    wanted = dict(request.detector_parameters)
    shared = {name for name, _ in request.parameters}
    defaults = request.detector.defaults()
    decides = {name for name, value in wanted.items() if name in shared or value != defaults[name]}
    made = dict(origin.parameters)
    same = all(made.get(name) == wanted[name] for name in decides)
    return origin.detector == request.detector.name and same


def _origin(request: RunRequest) -> MapOrigin:
    return MapOrigin(detector=request.detector.name, parameters=request.detector_parameters)
