"""Telling in the window, before a run begins, that its method takes more memory than is free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mfgui.app.align_tasks import PHOTO
from mfgui.app.desk import Desk
from mfgui.app.method_memory import shortage
from mfgui.core.events import Notice, Remedy, Severity
from mfgui.jobs.request import RunRequest
from mfgui.methods.registry import Value

_GOES_ON = "the run goes on"


class Runs(Protocol):
    """What exchanges one run for another."""

    def stop(self, run_id: int | None = None) -> None: ...

    def run(self, method: str, explicit: Mapping[str, Value]) -> None: ...


def tell_shortage(desk: Desk, runs: Runs, request: RunRequest, *, alone: bool) -> None:
    """One notice where the memory that is free will not do; none where it will.

    Parameters
    ----------
    alone : bool
        Whether the run was asked for by itself: `photo` is offered in its place then.
    """
    stack = request.stack
    # The frames are in memory, or in files, by now: what is free is what they have left.
    short = shortage(request.method.name, stack.size, kept=0)
    if not short:
        return

    def instead() -> None:
        if desk.session.stack is stack:
            runs.stop(request.run_id)
            runs.run(PHOTO, {})

    remedy = Remedy("Run Photo instead", instead) if alone and not request.map_only else None
    desk.notifier.emit(Notice(Severity.WARNING, short, _GOES_ON, remedy=remedy))
