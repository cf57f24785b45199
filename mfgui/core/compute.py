"""What every long computation is given: threads, device, stop point, and a way to be heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class StopRequested(Exception):
    """Raised by a checkpoint to unwind a computation that was asked to stop."""


def _never_stops() -> None:
    """The checkpoint of a computation nobody can stop."""


def _unheard(_text: str) -> None:
    """The notice of a computation nobody listens to."""


def _unwatched(_done: int, _total: int) -> None:
    """The progress of a computation nobody watches."""


@dataclass(frozen=True)
class Compute:
    """Resources of one computation.

    Attributes
    ----------
    threads : int
        Row stripes computed at the same time; OpenCV itself stays single-threaded.
    device : str
        "cpu", "cuda" (or "cuda:1", ...), "mps".
    checkpoint : callable
        Called between primitives and row stripes; raises `StopRequested` when the run was
        stopped, and waits while it is paused. Calls must lie less than a second apart at any
        image size.
    notice : callable
        Takes one sentence about something that was adapted while the computation goes on.
    progress : callable
        Takes how many parts of how many are done, of a computation without iterations. Called
        from any of its threads.
    memory : int or None
        Bytes that the computation should take at most, its result included; None where nobody
        says. What a method cannot do in less it does all the same.
    """

    threads: int = 1
    device: str = "cpu"
    checkpoint: Callable[[], None] = _never_stops
    notice: Callable[[str], None] = _unheard
    progress: Callable[[int, int], None] = _unwatched
    memory: int | None = None
