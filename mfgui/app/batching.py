"""What was asked to run: alone or in a batch, and what has failed of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from mfgui.core.arrays import ImageF32
from mfgui.core.events import RunState, RunStatus
from mfgui.methods.registry import Value


class Asked(Protocol):
    """A method and its parameters that differ from the defaults, as a form gives them."""

    @property
    def method(self) -> str: ...

    @property
    def explicit(self) -> Mapping[str, Value]: ...


@dataclass(eq=False)
class Batch:
    """Runs that were queued together.

    The canvas shows one of them, the first, and only to a person who still looks at what was
    shown when they were queued.

    Attributes
    ----------
    shown : str
        Picture key on the canvas when they were queued.
    settled : bool
        Whether the canvas is no longer theirs: the first result is there.
    """

    shown: str
    settled: bool = False

    def may_show(self, shown: str) -> bool:
        """Whether one of its runs may take the canvas that shows `shown`."""
        return not self.settled and shown in (self.shown, "live")


@dataclass(frozen=True, eq=False)
class Wish:
    """What a person asked for, enough to ask for it again.

    Attributes
    ----------
    start_image : (H, W, C) float32 or None
        Where an optimiser starts, in place of what its parameters say.
    start_from : str
        Picture key of `start_image`; empty where the parameters name its file.
    map_only : bool
        Only the focus map is wanted.
    batch : Batch or None
        What it was queued with.
    """

    method: str
    explicit: Mapping[str, Value]
    start_image: ImageF32 | None = field(default=None, repr=False)
    start_from: str = ""
    map_only: bool = False
    batch: Batch | None = field(default=None, repr=False)


class Failures:
    """Runs that failed, oldest first, until they are cleared or asked for again."""

    def __init__(self) -> None:
        self._failed: dict[int, tuple[RunStatus, Wish]] = {}

    def __len__(self) -> int:
        return len(self._failed)

    @property
    def statuses(self) -> list[RunStatus]:
        """Each with its reason."""
        return [status for status, _ in self._failed.values()]

    def add(self, status: RunStatus, wish: Wish, *, reason: str) -> None:
        """A run has failed, or could not even begin."""
        failed = replace(status, state=RunState.FAILED, remaining=None, reason=reason)
        self._failed[status.run_id] = (failed, wish)

    def take(self, run_id: int) -> Wish | None:
        """What was asked for then; the failure is forgotten."""
        _, wish = self._failed.pop(run_id, (None, None))
        return wish

    def clear(self) -> None:
        self._failed.clear()
