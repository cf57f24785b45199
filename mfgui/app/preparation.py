"""What must have happened before the first run of the window: compiling the loops."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mfgui.app import compiled
from mfgui.app.desk import Desk
from mfgui.core.events import Preparing
from mfgui.jobs.pool import Report


class Preparation:
    """Has the loops compiled by another process where they are not: in this one, compiling
    would hold the interpreter and with it the interface."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stopped = threading.Event()
        self._under_way = False
        self._waiting: list[Callable[[], None]] = []

    def begin(self) -> None:
        """Look whether the loops are compiled, and have it done if not."""
        if self._under_way:
            return
        self._under_way = True
        stopped = self._stopped

        def task(report: Report) -> None:
            if not compiled.ready():
                report(None)
                compiled.compile_apart(stopped)

        self._desk.submit(
            task,
            done=self._on_ended,
            failed=self._on_ended,  # the first run compiles then, or tells what is wrong
            part=lambda _part: self._desk.notifier.emit(Preparing(on=True)),
        )

    def when_done(self, act: Callable[[], None]) -> None:
        """Call `act` as soon as loops can be used: now, or at the end of the preparation."""
        if self._under_way:
            self._waiting.append(act)
        else:
            act()

    def abandon(self) -> None:
        """The window closes: end the other process."""
        self._stopped.set()
        self._waiting.clear()

    def _on_ended(self, _outcome: object) -> None:
        self._under_way = False
        self._desk.notifier.emit(Preparing(on=False))
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()
