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

_STEPS_FOR_ESTIMATE = 20
_STEPS_BEFORE_ESTIMATE = 5


@dataclass
class _Record:
    request: RunRequest
    status: RunStatus
    began: float | None = None
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_STEPS_FOR_ESTIMATE))
    points: list[Iterated] = field(default_factory=list)


class RunTracker:
    """Bookkeeping of runs from their events; Qt-free.

    The time left is the median time of the last 20 steps times the steps left; before five
    steps it is unknown.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: dict[int, _Record] = {}

    def add(self, request: RunRequest) -> RunStatus:
        """A run was queued."""
        status = RunStatus(request.run_id, request.name, RunState.QUEUED)
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
        """Runs that are queued, running or stopping, oldest first."""
        return [r.status for r in self._records.values() if r.status.active]

    def curve(self, run_id: int) -> Curve:
        """The curve so far; empty for a run without iterations."""
        points = self._records[run_id].points
        if not points:
            return Curve("")
        return Curve(
            points[0].objective,
            q=tuple(point.q for point in points),
            step=tuple(point.step for point in points),
            gradient_norm=tuple(point.gradient_norm for point in points),
            seconds=tuple(point.seconds for point in points),
        )

    def started(self, run_id: int) -> RunStatus:
        record = self._records[run_id]
        record.began = self._clock()
        state = RunState.STOPPING if self._stopping(record) else RunState.RUNNING
        return self._update(record, state=state)

    def progressed(self, event: Progress) -> RunStatus:
        record = self._records[event.run_id]
        return self._update(record, stage=event.stage)

    def iterated(self, event: Iterated) -> RunStatus:
        record = self._records[event.run_id]
        if record.points:
            record.durations.append(event.seconds - record.points[-1].seconds)
        record.points.append(event)
        return self._update(
            record,
            stage="ascending",
            iteration=event.iteration,
            total=event.total,
            q=event.q,
            remaining=self._remaining(record, event),
        )

    def stopping(self, run_id: int) -> RunStatus:
        return self._update(self._records[run_id], state=RunState.STOPPING)

    def ended(self, run_id: int, state: RunState) -> RunStatus:
        return self._update(self._records[run_id], state=state, remaining=None)

    def forget(self, run_id: int) -> None:
        """Drop the record of an ended run."""
        self._records.pop(run_id, None)

    def _update(self, record: _Record, **changes: object) -> RunStatus:
        elapsed = 0.0 if record.began is None else self._clock() - record.began
        record.status = replace(record.status, elapsed=elapsed, **changes)  # type: ignore[arg-type]
        return record.status

    @staticmethod
    def _stopping(record: _Record) -> bool:
        return record.status.state is RunState.STOPPING

    @staticmethod
    def _remaining(record: _Record, event: Iterated) -> float | None:
        if len(record.durations) < _STEPS_BEFORE_ESTIMATE or event.total == 0:
            return None
        left = max(0, event.total - event.iteration)
        return left * statistics.median(record.durations)
