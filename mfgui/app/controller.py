"""The only writer of the session. Lives on the interface thread; workers see frozen snapshots."""

from __future__ import annotations

from collections.abc import Callable

from mfgui.app import tasks
from mfgui.app.actions import State
from mfgui.app.align_control import AlignControl
from mfgui.app.annotating import AnnotationControl
from mfgui.app.chores import Chores
from mfgui.app.compare_control import CompareControl
from mfgui.app.composite import Composite
from mfgui.app.desk import Backend, Desk
from mfgui.app.device_control import DeviceControl
from mfgui.app.edit_control import EditControl
from mfgui.app.following import Follower
from mfgui.app.heat_control import HeatControl
from mfgui.app.line_control import LineControl, carry_line
from mfgui.app.mark_control import MarkControl, carry_marks
from mfgui.app.photo_control import PhotoControl
from mfgui.app.planes import Planes
from mfgui.app.preparation import Preparation
from mfgui.app.preview_control import PreviewControl
from mfgui.app.refining import Refining
from mfgui.app.region_control import RegionControl
from mfgui.app.requests import DEFAULT_METHOD, RunNumbers
from mfgui.app.result_store import ResultStore
from mfgui.app.run_control import RunControl
from mfgui.app.scores import Scores
from mfgui.app.session_control import SessionControl
from mfgui.app.session_parts import carry_spots
from mfgui.app.set_control import SetControl
from mfgui.app.settings import SettingsFile
from mfgui.app.source_pictures import SourcePictures
from mfgui.app.spots import SpotControl
from mfgui.app.truth_control import TruthControl
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import Rect
from mfgui.core.events import Notifier, RunState
from mfgui.core.session import Session
from mfgui.jobs.events import Event
from mfgui.jobs.pool import Task, TaskDone, TaskEvent, TaskFailed, TaskProgress
from mfgui.methods.choice import DEFAULT_DETECTOR
from mfgui.methods.registry import Registry


class Controller:
    """Turns commands into runs and tasks, and their events into the session.

    Views connect to `notifier`, read `session`, and call the methods of `sets`, `runs`, `view`
    and `devices`. All of those return at once; what takes time is done by the backend, whose
    events come back through `handle` on the same thread.
    """

    def __init__(self, *, registry: Registry, backend: Backend, settings: SettingsFile) -> None:
        self._desk = Desk(registry=registry, backend=backend, settings=settings)
        self.view = ViewControl(self._desk)
        self.previews = PreviewControl(self._desk, self.view)
        self.devices = DeviceControl(self._desk)
        numbers = RunNumbers()
        self.preparation = Preparation(self._desk)
        self.runs = RunControl(self._desk, self.view, self.devices, numbers, self.preparation)
        self.follower = Follower(self._desk, self.view, numbers)
        self.composite = Composite(self._desk, self.view)
        self.view.ask_for_composite = self.composite.ensure
        self.edit = EditControl(self._desk, self._map_changed)
        self._desk.record = self.edit.record
        self.store = ResultStore(self._desk, self.edit.history)
        self.region = RegionControl(self._desk, self.edit)
        self.line = LineControl(self._desk, self.edit)
        followers = (self.composite, self.follower, SourcePictures(self._desk, self.view))
        self.sets = SetControl(self._desk, self.view, self.edit, followers, self.runs.abandon)
        self.runs.bind(self.sets)
        self.marks = MarkControl(self._desk)
        self.refining = Refining(self._desk, self.edit)
        self.compare = CompareControl(self._desk)
        self.planes = Planes(self._desk)
        self.scores = Scores(self._desk, self.compare)
        self.heat = HeatControl(self._desk, self.view)
        self.spots = SpotControl(self._desk, self.heat)
        self.sessions = SessionControl(
            self._desk, self.view, self.edit, self.sets, self.composite.set_seam, numbers
        )
        carry_spots(self.sessions.parts, self.spots)
        carry_marks(self.sessions.parts, self._desk)
        carry_line(self.sessions.parts, self.line)
        self.truth = TruthControl(self._desk, self.view)
        self.truth.carried_by(self.sessions.parts)
        chores = Chores(self._desk, self.runs.tracker, numbers)
        self.align = AlignControl(self._desk, self.view, self.sets, chores)
        self.align.carried_by(self.sessions.parts)
        self.photo = PhotoControl(self._desk, self.sets, self.align, self.runs)
        self.annotation = AnnotationControl(self._desk, self.sets, self.edit, self.view, self.spots)
        self.sessions.listed = lambda: self.annotation.active
        self.in_hand: Callable[[], str] = lambda: ""
        """Name of what a tool has begun, which undo takes back first; empty when it has nothing."""
        settings.saver = self._save_later

    @property
    def session(self) -> Session:
        return self._desk.session

    @property
    def notifier(self) -> Notifier:
        return self._desk.notifier

    @property
    def registry(self) -> Registry:
        return self._desk.registry

    @property
    def settings(self) -> SettingsFile:
        return self._desk.settings

    @property
    def backend(self) -> Backend:
        return self._desk.backend

    @property
    def state(self) -> State:
        """What decides which commands can be used."""
        active = self.runs.tracker.active()
        return State(
            has_set=self.session.stack is not None,
            has_map=self.session.focus_map is not None,
            has_result=bool(self.session.results),
            result_shown=self.view.shown_result() is not None,
            has_background=bool(self.view.background_key()),
            running=bool(active),
            going=any(status.state is RunState.RUNNING for status in active),
            held=any(status.held for status in active),
            stopping=bool(active) and all(s.state is RunState.STOPPING for s in active),
            opening=self.sets.opening,
            fuse_awaited=self.sets.awaited,
            has_region=self.session.region is not None,
            undo=self.edit.history.undo_name or self.in_hand(),
            redo=self.edit.history.redo_name,
            has_list=self.annotation.worklist is not None,
            annotating=self.annotation.ready,
            sources_changed=self.annotation.changed_sources is not None,
            comparing=self.compare.comparing,
            has_truth=self.session.truth is not None,
            results=len(self.compare.results()),
            ticked=len(self.settings.values.ticked),
            aligning=self.align.busy,
            aligned=self.session.stack is not None and self.session.stack.alignment is not None,
        )

    def warm_up(self) -> None:
        """Have the pool load what the first run of the open set needs, once it is compiled."""
        self.preparation.when_done(self._load_loops)

    def abandon(self) -> None:
        """The window closes: end what other threads and processes do for it."""
        self.sets.abandon()
        self.align.abandon()
        self.preparation.abandon()
        self.previews.abandon()
        self.heat.abandon()
        self.planes.abandon()
        self.scores.abandon()
        self.spots.abandon()
        self.follower.abandon()
        self.composite.abandon()
        self.refining.abandon()
        self.store.abandon()
        self.line.stop()
        self.sessions.end()

    def _map_changed(self, rect: Rect, *, follow: bool = True) -> None:
        """Bring along what is made from the map."""
        self.composite.map_changed(rect)
        self.follower.map_changed(rect, follow=follow)

    def _load_loops(self) -> None:
        stack = self.session.stack
        if stack is None:
            return
        detector, optimiser = self.registry.get(DEFAULT_DETECTOR), self.registry.get(DEFAULT_METHOD)
        task = tasks.warm_up(detector, optimiser, depth=stack.depth, channels=stack.channels)

        def ended(_outcome: object) -> None:
            """A run tells what is wrong, if something is."""

        self._desk.submit(task, done=ended, failed=ended)

    def ask(
        self,
        task: Task,
        done: Callable[[object], None],
        failed: Callable[[str], None] | None = None,
        part: Callable[[object], None] = lambda _value: None,
    ) -> None:
        """Have the pool work for a view; `done` gets the value on this thread, `part` what the
        task reports before. A failure is a notice, or goes to `failed` in one line."""

        def told(failure: TaskFailed) -> None:
            if failed is None or failure.details:
                self._desk.failing("")(failure)
            if failed is not None:
                failed(str(failure.error))

        self._desk.submit(task, done=done, failed=told, part=part)

    def _save_later(self, save: Callable[[], None]) -> None:
        self.ask(lambda _report: save(), lambda _nothing: None)

    def handle(self, event: Event | TaskEvent) -> None:
        """Take in one event of a worker."""
        if isinstance(event, TaskDone | TaskFailed | TaskProgress):
            self._desk.handle(event)
        else:
            self.runs.handle(event)
