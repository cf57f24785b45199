"""What takes long beside the runs and is shown, held and stopped as one of them."""

from __future__ import annotations

from dataclasses import replace

from mfgui.app.desk import Desk
from mfgui.app.requests import RunNumbers, build_request
from mfgui.app.runs import RunTracker
from mfgui.core.compute import Compute
from mfgui.core.events import Change, RunChanged, RunState, RunStatus
from mfgui.core.stack import SourceStack
from mfgui.jobs.events import Progress
from mfgui.jobs.gate import Gate
from mfgui.methods.choice import DEFAULT_DETECTOR


class Chore:
    """A task of the pool that the person watches like a run.

    Attributes
    ----------
    run_id : int
        Its number among the runs, below 0.
    gate : Gate
        Its task passes it at checkpoints.
    """

    def __init__(self, desk: Desk, tracker: RunTracker, run_id: int) -> None:
        self._desk, self._tracker = desk, tracker
        self.run_id = run_id
        self.gate = Gate()
        desk.notifier.connect(self._take)

    @property
    def compute(self) -> Compute:
        """For its task."""
        return Compute(threads=self._desk.backend.threads, checkpoint=self.gate.check)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Where it is."""
        if self._tracker.knows(self.run_id):
            self._tell(self._tracker.progressed(Progress(self.run_id, stage, done, total)))

    def end(self, *, stopped: bool = False, failed: str = "") -> None:
        """It is over."""
        self._desk.notifier.disconnect(self._take)
        if not self._tracker.knows(self.run_id):
            return
        state = RunState.FAILED if failed else RunState.STOPPED if stopped else RunState.DONE
        status = replace(self._tracker.ended(self.run_id, state), reason=failed)
        self._tracker.forget(self.run_id)
        self._tell(status)

    def _take(self, change: Change) -> None:
        """Stop and pause come by the commands that runs have."""
        if not isinstance(change, RunChanged) or change.status.run_id != self.run_id:
            return
        state = change.status.state
        if state is RunState.STOPPING or not change.status.active:
            self.gate.stop()
        elif state is RunState.PAUSING:
            self.gate.close()
            self._tell(self._tracker.held(self.run_id))
        elif state is RunState.RUNNING and self._tracker.knows(self.run_id):
            self.gate.open()
            self._tracker.released(self.run_id)

    def _tell(self, status: RunStatus) -> None:
        self._desk.notifier.emit(RunChanged(status))


class Chores:
    """Begins chores among the runs."""

    def __init__(self, desk: Desk, tracker: RunTracker, numbers: RunNumbers) -> None:
        self._desk, self._tracker, self._numbers = desk, tracker, numbers

    def begin(self, name: str, stack: SourceStack) -> Chore:
        """A chore on the open set, under way from now on."""
        run_id = self._numbers.next(map_only=True)
        request = build_request(
            self._desk.registry, stack, method=DEFAULT_DETECTOR, run_id=run_id, map_only=True
        )
        self._tracker.add(replace(request, name=name))
        chore = Chore(self._desk, self._tracker, run_id)
        self._desk.notifier.emit(RunChanged(self._tracker.started(run_id)))
        return chore
