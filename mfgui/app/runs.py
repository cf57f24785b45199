"""What is known of each run while it goes: state, curve, time left."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mfgui.core.events import RunState, RunStatus
from mfgui.core.result import Curve
from mfgui.jobs.events import Iterated, Progress
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Kind

_STEPS_FOR_ESTIMATE = 20
_STEPS_BEFORE_ESTIMATE = 5
_SHARE_BEFORE_ESTIMATE = 0.05
_SECONDS_BEFORE_ESTIMATE = 0.5


@dataclass
class _Record:
    request: RunRequest
    status: RunStatus
    began: float | None = None
    stage_began: float = 0.0  # in seconds of the run
    pause_asked: bool = False
    held_since: float | None = None
    held_seconds: float = 0.0
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_STEPS_FOR_ESTIMATE))
    objective: str = ""
    columns: tuple[list[float], ...] = field(default_factory=lambda: ([], [], [], []))


class RunTracker:
    """Bookkeeping of runs from their events; Qt-free.

    The time left is the median time of the last 20 steps times the steps left; before five
    steps it is unknown. Of a method without steps that tells how far it has come it is what the
    rest takes at the same pace.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[int, _Record] = {}

    def add(self, request: RunRequest) -> RunStatus:
        """A run was queued."""
        status = RunStatus(request.run_id, request.name, RunState.QUEUED, device=request.device)
        self._records[request.run_id] = _Record(request, status)
        return status

    def knows(self, run_id: int) -> bool:
        """Whether the run was added and not forgotten."""
        return run_id in self._records

    def request(self, run_id: int) -> RunRequest:
        return self._records[run_id].request

    def status(self, run_id: int) -> RunStatus:
        return self._records[run_id].status

    def active(self) -> list[RunStatus]:
        """Runs that have not ended, oldest first."""
        return [r.status for r in self._records.values() if r.status.active]

    def followed(self) -> RunStatus | None:
        """The run whose progress and pictures are shown: the oldest one that has left its
        queue, else the oldest one."""
        active = self.active()
        gone = (status for status in active if status.state is not RunState.QUEUED)
        return next(gone, active[0] if active else None)

    def curve(self, run_id: int) -> Curve:
        """The curve so far; empty for a run without iterations."""
        record = self._records[run_id]
        return Curve(record.objective, *(tuple(column) for column in record.columns))

    def started(self, run_id: int) -> RunStatus:
        record = self._records[run_id]
        record.began = self._clock()
        return self._update(record, state=self._present_state(record))

    def progressed(self, event: Progress) -> RunStatus:
        record = self._records[event.run_id]
        if event.stage != record.status.stage:
            record.stage_began = self._elapsed(record)
        share = event.done / event.total if event.total > 1 else None
        return self._update(
            record, stage=event.stage, share=share, remaining=self._rest(record, event.stage, share)
        )

    def iterated(self, event: Iterated) -> RunStatus:
        record = self._records[event.run_id]
        seconds = record.columns[-1]
        if seconds:
            record.durations.append(event.seconds - seconds[-1])
        record.objective = event.objective
        values = (event.q, event.step, event.gradient_norm, event.seconds)
        for column, value in zip(record.columns, values, strict=True):
            column.append(value)
        return self._update(
            record,
            stage="ascending",
            iteration=event.iteration,
            total=event.total,
            q=event.q,
            share=event.iteration / event.total if event.total else None,
            remaining=self._remaining(record, event),
        )

    def stopping(self, run_id: int) -> RunStatus:
        return self._update(self._records[run_id], state=RunState.STOPPING)

    def pause_asked(self, run_id: int, *, on: bool) -> RunStatus:
        """The person wants the run to be held, or to go on."""
        record = self._records[run_id]
        record.pause_asked = on
        return self._update(record, state=self._present_state(record))

    def held(self, run_id: int) -> RunStatus:
        """The run waits at a checkpoint; its time stands still."""
        record = self._records[run_id]
        record.held_since = self._clock()
        return self._update(record, state=self._present_state(record))

    def released(self, run_id: int) -> RunStatus:
        """The run goes on after it was held."""
        record = self._records[run_id]
        if record.held_since is not None:
            record.held_seconds += self._clock() - record.held_since
            record.held_since = None
        return self._update(record, state=self._present_state(record))

    def ended(self, run_id: int, state: RunState) -> RunStatus:
        record = self._records[run_id]
        # What a run was given takes memory, and is of no use once it has ended.
        record.request = replace(record.request, start_image=None, labels=None)
        return self._update(record, state=state, remaining=None)

    def forget(self, run_id: int) -> None:
        """Drop the record of an ended run."""
        self._records.pop(run_id, None)

    def forget_all(self) -> None:
        """Drop every record: each holds the sources of its run."""
        self._records.clear()

    def _update(self, record: _Record, **changes: object) -> RunStatus:
        elapsed = self._elapsed(record)
        record.status = replace(record.status, elapsed=elapsed, **changes)  # type: ignore[arg-type]
        return record.status

    def _elapsed(self, record: _Record) -> float:
        if record.began is None:
            return 0.0
        now = self._clock() if record.held_since is None else record.held_since
        return now - record.began - record.held_seconds

    def _rest(self, record: _Record, stage: str, share: float | None) -> float | None:
        """Time left of the run, where the present stage is its last long one."""
        request, seconds = record.request, self._elapsed(record) - record.stage_began
        known = share is not None and share >= _SHARE_BEFORE_ESTIMATE
        if not known or seconds < _SECONDS_BEFORE_ESTIMATE or not _is_last(request, stage):
            return None
        assert share is not None
        return seconds * (1.0 - share) / share

    @staticmethod
    def _present_state(record: _Record) -> RunState:
        """State of a run that has not ended, from what was asked and what has happened."""
        if record.status.state is RunState.STOPPING:
            return RunState.STOPPING
        if record.began is None:
            return RunState.QUEUED
        if not record.pause_asked:
            return RunState.RUNNING
        return RunState.PAUSING if record.held_since is None else RunState.PAUSED

    @staticmethod
    def _remaining(record: _Record, event: Iterated) -> float | None:
        if len(record.durations) < _STEPS_BEFORE_ESTIMATE or event.total == 0:
            return None
        left = max(0, event.total - event.iteration)
        return left * statistics.median(record.durations)


def _is_last(request: RunRequest, stage: str) -> bool:
    """Whether nothing long comes after a stage: a decision fuses at once what it has decided,
    every other method begins after its map."""
    if request.map_only or request.method.kind is Kind.DECISION:
        return True
    return request.method.kind is not Kind.OPTIMISER and stage == request.method.title
