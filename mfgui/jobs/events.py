"""What a run says while it works: small frozen objects, in order, the last one ends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfgui.core.arrays import LabelArray
from mfgui.core.result import Result


@dataclass(frozen=True)
class Started:
    """The run left the queue."""

    run_id: int
    name: str


@dataclass(frozen=True)
class Progress:
    """Where a stage is; `total` is 0 when unknown."""

    run_id: int
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Expected:
    """Seconds left of all that was asked for, as earlier runs and the pace so far tell."""

    run_id: int
    seconds: float


@dataclass(frozen=True, eq=False)
class MapDetected:
    """The run's focus map, read-only (H, W)."""

    run_id: int
    detector: str
    labels: LabelArray = field(repr=False)


@dataclass(frozen=True)
class Iterated:
    """One accepted step (iteration 0 is the start). Every one is delivered; the picture goes
    separately through the live frames, newest only. `seconds` leave out pauses."""

    run_id: int
    iteration: int
    total: int
    q: float
    step: float
    gradient_norm: float
    seconds: float
    objective: str


@dataclass(frozen=True)
class Warned:
    """Something was adapted; the run goes on."""

    run_id: int
    text: str


@dataclass(frozen=True)
class Paused:
    """The run is held at a checkpoint, with its state in memory."""

    run_id: int


@dataclass(frozen=True)
class Resumed:
    """The run goes on after it was held, if only to end."""

    run_id: int


@dataclass(frozen=True, eq=False)
class Finished:
    """The run ended by itself; `result` is None for a detector, whose map came before."""

    run_id: int
    result: Result | None


@dataclass(frozen=True, eq=False)
class Stopped:
    """The run was stopped; `result` holds the best image so far, None before the first."""

    run_id: int
    result: Result | None


@dataclass(frozen=True)
class Failed:
    """The run failed; `details` is the traceback, shown only on request."""

    run_id: int
    what: str
    hint: str
    exit_code: int
    details: str = field(default="", repr=False)


Event = (
    Started
    | Progress
    | Expected
    | MapDetected
    | Iterated
    | Warned
    | Paused
    | Resumed
    | Finished
    | Stopped
    | Failed
)
