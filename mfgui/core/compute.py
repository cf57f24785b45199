"""What every long computation is given: threads, device, and the point where it may be stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class StopRequested(Exception):
    """Raised by a checkpoint to unwind a computation that was asked to stop."""


def _never_stops() -> None:
    """The checkpoint of a computation nobody can stop."""


@dataclass(frozen=True)
class Compute:
    """Resources of one computation.

    Attributes
    ----------
    threads : int
        Row stripes computed at the same time; OpenCV itself stays single-threaded.
    device : str
        "cpu", "cuda", "mps".
    checkpoint : callable
        Called between primitives and row stripes; raises `StopRequested` when the run was
        stopped. Calls must lie less than a second apart at any image size.
    """

    threads: int = 1
    device: str = "cpu"
    checkpoint: Callable[[], None] = _never_stops
