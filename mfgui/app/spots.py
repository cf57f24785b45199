"""The tour of doubtful places: found in the background, gone through with N, checked with C."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from mfgui.app.desk import Desk
from mfgui.app.doubt_tasks import Found, Subject, finding
from mfgui.app.heat_control import HeatControl
from mfgui.core.arrays import BoolMask
from mfgui.core.bands import Spot
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.events import (
    HeatChanged,
    MapChanged,
    MapPatched,
    SetClosed,
    SetOpened,
    Severity,
    SpotChosen,
    SpotsChanged,
)
from mfgui.core.heat import HeatKind
from mfgui.jobs.pool import TaskFailed


@dataclass(eq=False)
class _Search:
    """One search under way."""

    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class SpotControl:
    """Doubtful places of the present map, worst first, and which of them a person has checked.

    They are searched for when they are first asked for, by `refresh` or `next`; from then on
    `settle`, called when edits have settled, searches again where the map has changed.
    """

    def __init__(self, desk: Desk, heat: HeatControl) -> None:
        self._desk = desk
        self._heat = heat
        self._checked: list[Spot] = []
        self._disputed: BoolMask | None = None
        self._search: _Search | None = None
        self._step_then = 0  # to be gone on by, once the search has ended
        self.spots: tuple[Spot, ...] = ()
        self.current: int | None = None
        """Place in `spots` of the one that is looked at."""
        self.asked = False
        self.stale = True
        desk.notifier.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether a search is under way."""
        return self._search is not None

    @property
    def left(self) -> int:
        """How many have not been checked."""
        return sum(not self.is_checked(spot) for spot in self.spots)

    @property
    def checked(self) -> tuple[Spot, ...]:
        """Those that were checked, to be saved; some may no longer be doubtful."""
        return tuple(self._checked)

    def restore(self, checked: Sequence[Spot]) -> None:
        """What was checked in an earlier session."""
        self._checked = list(checked)
        self._tell()

    def is_checked(self, spot: Spot) -> bool:
        return any(spot.same_place(other) for other in self._checked)

    def refresh(self) -> None:
        """Search again, in the background; a search under way is begun anew."""
        session = self._desk.session
        self.asked = True
        self._stop()
        if session.stack is None or session.focus_map is None:
            self._publish(())
            return
        search = self._search = _Search()
        self._tell()
        self._heat.ensure(HeatKind.LOCAL_Q, lambda: self._find(search))

    def settle(self) -> None:
        """Search again if the map has changed since, and if there has been a search at all."""
        if self.asked and self.stale:
            self.refresh()

    def next(self) -> None:
        """Look at the worst unchecked place after the current one, from the last at the first."""
        self._step(1)

    def previous(self) -> None:
        """Look at the unchecked place before the current one."""
        self._step(-1)

    def choose(self, number: int) -> None:
        """Look at the place `number` of `spots`."""
        if 0 <= number < len(self.spots):
            self.current = number
            spot = self.spots[number]
            self._tell()
            self._desk.notifier.emit(SpotChosen(spot.rect, spot.x, spot.y))

    def toggle_checked(self, number: int | None = None) -> None:
        """The current place, or `number`, is right as it is; or no longer."""
        number = self.current if number is None else number
        if number is None or not 0 <= number < len(self.spots):
            self._desk.notice(Severity.INFO, "no spot is chosen", "N goes to the worst one")
            return
        spot = self.spots[number]
        if self.is_checked(spot):
            self._checked = [other for other in self._checked if not spot.same_place(other)]
        else:
            self._checked.append(spot)
        self._tell()

    def abandon(self) -> None:
        """Forget everything: the set is being left, or the window closes."""
        self._stop()
        self._checked.clear()
        self._disputed = self.current = None
        self.spots = ()
        self.asked, self.stale, self._step_then = False, True, 0

    def _step(self, by: int) -> None:
        session = self._desk.session
        if session.focus_map is None:
            self._desk.notice(Severity.INFO, "there is no focus map to look through")
            return
        if not self.asked or (self.busy and not self.spots):
            self._step_then = by
            if not self.busy:
                self.refresh()
            return
        open_ones = [n for n, spot in enumerate(self.spots) if not self.is_checked(spot)]
        if not open_ones:
            words = "no spots are left" if self.spots else "there are no spots"
            self._desk.notice(Severity.INFO, words, "the map is kept as it is")
            return
        at = self.current
        if at is None:
            at = -1 if by > 0 else len(self.spots)
        beyond = [n for n in open_ones if (n > at if by > 0 else n < at)]
        ordered = (beyond or open_ones)[:: 1 if by > 0 else -1]
        self.choose(ordered[0])

    def _find(self, search: _Search) -> None:
        session = self._desk.session
        if search is not self._search:
            return  # another one has begun meanwhile
        if session.stack is None or session.focus_map is None:
            self._search = None
            return
        levels = self._heat.levels(HeatKind.LOCAL_Q)
        registry = self._desk.registry
        task = finding(
            Subject(session.stack, session.focus_map.snapshot()),
            None if levels is None else levels.copy(),
            disputed=self._disputed,
            detectors=(registry.get("laplacian"), registry.get("variance")),
            compute=Compute(threads=self._desk.backend.threads, checkpoint=search.check),
        )
        self.stale = False
        self._desk.submit(
            task,
            done=lambda value: self._on_found(search, value),
            failed=lambda failure: self._on_failed(search, failure),
        )

    def _on_found(self, search: _Search, value: object) -> None:
        if search is not self._search:
            return
        self._search = None
        if isinstance(value, Found):
            self._disputed = value.disputed
            self._publish(value.spots)

    def _on_failed(self, search: _Search, failure: TaskFailed) -> None:
        if search is self._search:
            self._search = None
            self._desk.failing("the list of spots is as it was")(failure)
            self._tell()

    def _publish(self, spots: tuple[Spot, ...]) -> None:
        looked_at = None if self.current is None else self.spots[self.current]
        self.spots = spots
        # One that is there no longer has been mended: the tour goes on from its place.
        self.current = next(
            (n for n, s in enumerate(spots) if looked_at is not None and s.same_place(looked_at)),
            None,
        )
        self._tell()
        by, self._step_then = self._step_then, 0
        if by:
            self._step(by)

    def _stop(self) -> None:
        if self._search is not None:
            self._search.stopped.set()
            self._search = None

    def _take(self, change: object) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self.abandon()
            self._tell()
        elif isinstance(change, MapPatched | MapChanged):
            self._outdate()
        elif isinstance(change, HeatChanged) and not self.busy:
            measured = self._heat.levels(HeatKind.LOCAL_Q) is not None
            if measured and not self._heat.is_current(HeatKind.LOCAL_Q):
                self._outdate()

    def _outdate(self) -> None:
        if not self.stale:
            self.stale = True
            self._tell()

    def _tell(self) -> None:
        self._desk.notifier.emit(SpotsChanged())
