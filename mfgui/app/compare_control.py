"""What is compared with what, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mfgui.app.desk import Desk
from mfgui.core.comparison import (
    CALM_RATE,
    GAINS,
    MOST_BAND,
    MOST_PANES,
    RATES,
    TRUTH,
    CompareView,
    Comparison,
    PaneMode,
    SplitLine,
)
from mfgui.core.events import CompareChanged, SetClosed, SetOpened
from mfgui.core.result import BACKGROUND
from mfgui.core.session import Session

_ORDER = tuple(CompareView)


class CompareControl:
    """Panes, view and scale of the comparison.

    The Compare workspace remembers its own; outside it the window begins with one plain pane.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._states = {False: Comparison(), True: _restored(desk.settings.values.comparison)}
        self._comparing = False
        desk.notifier.connect(self._take)

    @property
    def state(self) -> Comparison:
        return self._states[self._comparing]

    @property
    def comparing(self) -> bool:
        """Whether the Compare workspace shows."""
        return self._comparing

    def enter(self, comparing: bool) -> None:
        """The Compare workspace shows from here on, or another one."""
        if comparing != self._comparing:
            self._comparing = comparing
            self._desk.notifier.emit(CompareChanged())

    def remember(self) -> None:
        """Keep what the Compare workspace has for the next start of the program."""
        self._desk.settings.change(comparison=_stored(self._states[True]))

    def change(self, **fields: object) -> None:
        """Set fields of the state; a view that cannot be shown stays unset."""
        state = replace(self.state, **fields)  # type: ignore[arg-type]
        if self.blocked(state.view):
            state = replace(state, view=self.state.view)
        if state != self.state:
            self._states[self._comparing] = state
            self._desk.notifier.emit(CompareChanged())

    @property
    def view(self) -> CompareView:
        """The view that is set, the plain picture while it cannot be shown."""
        view = self.state.view
        return CompareView.PICTURE if self.blocked(view) else view

    def step_view(self, step: int) -> None:
        """The next view that can be shown, or for -1 the one before."""
        there = [view for view in _ORDER if not self.blocked(view)]
        self.change(view=there[(there.index(self.view) + step) % len(there)])

    def step_gain(self, step: int) -> None:
        """A gain up or down; stops at both ends."""
        at = GAINS.index(self.state.gain) + step
        self.change(gain=GAINS[min(max(at, 0), len(GAINS) - 1)])

    def blocked(self, view: CompareView) -> str:
        """Why a view cannot be shown; empty when it can."""
        session = self._desk.session
        if view is CompareView.PICTURE:
            return ""
        if session.stack is None:
            return "open images first"
        if view is CompareView.SQUARED_ERROR and session.truth is None:
            return "load a ground truth first"
        if view.of_q and session.focus_map is None:
            return "detect or load a focus map first"
        return ""

    def results(self) -> tuple[str, ...]:
        """Keys of the results that digits choose and the grid shows: nine at most, by number.

        Of more than nine the starred ones come first, then the newest.
        """
        session = self._desk.session
        marks = session.marks
        starred = {run_id for run_id, mark in marks.items() if mark.star}
        wanted = sorted(session.results, key=lambda n: (n not in starred, -n))[:MOST_PANES]
        return tuple(f"result:{run_id}" for run_id in sorted(wanted))

    def pane_keys(self) -> tuple[str, ...]:
        """What the panes show, in their order."""
        shown = self._desk.session.shown
        mode = self.state.mode
        if mode in (PaneMode.SINGLE, PaneMode.SPLIT):
            return (shown,)
        if mode is PaneMode.SIDE:
            other = self.other_key()
            return (other, shown) if other else (shown,)
        return self._grid(shown)

    def _grid(self, shown: str) -> tuple[str, ...]:
        """The results, and sources and ground truth where there is room."""
        session = self._desk.session
        keys = list(self.results())
        beside = [TRUTH if session.truth is not None else "", shown]
        beside = [key for key in beside if key and key not in keys]
        if len(keys) < 2 and session.stack is not None:
            kept = [key for key in beside if not key.startswith("source:")]
            room = MOST_PANES - len(keys) - len(kept)
            sources = [f"source:{n}" for n in range(1, session.stack.k + 1)][:room]
            if shown.startswith("source:") and shown not in sources:
                sources[-1] = shown
            # Beside its result; the panes of two frames and both are four.
            behind = [found for key in keys for found in background_key(session, key)]
            keys = [*sources, *keys, *behind[: room - len(sources)]]
        for key in beside:
            if key not in keys and (key == shown or len(keys) < MOST_PANES):
                keys = [*keys[: MOST_PANES - 1], key]
        return tuple(keys)

    def other_key(self) -> str:
        """What stands beside the shown picture and is subtracted from it: the reference, else
        the result of a shown background, else the newest other result, else the background of
        the shown result, else another source; empty when there is nothing."""
        session = self._desk.session
        if session.reference and session.reference != session.shown:
            return session.reference
        if session.shown.endswith(f":{BACKGROUND}"):
            return session.shown.removesuffix(f":{BACKGROUND}")
        others = [key for key in reversed(self.results()) if key != session.shown]
        others += background_key(session, session.shown)
        if session.stack is not None:
            active = session.active_source
            numbers = sorted(range(1, session.stack.k + 1), key=lambda n: (n != active, n))
            others += [f"source:{n}" for n in numbers if f"source:{n}" != session.shown]
        return others[0] if others else ""

    def against(self) -> str:
        """Key of what differences are taken from, the same for all panes."""
        if self.view is CompareView.SQUARED_ERROR:
            return TRUTH
        return self._desk.session.reference or self.other_key()

    def view_of(self, key: str) -> CompareView:
        """What the pane of `key` shows: the reference itself stays a picture."""
        view = self.view
        if view.has_gain and key == self.against():
            return CompareView.PICTURE
        no_scores = key in ("live", "composite", "preview") or not key
        return CompareView.PICTURE if view.of_q and no_scores else view

    def _take(self, change: object) -> None:
        if isinstance(change, SetOpened | SetClosed) and self.state.flicker:
            self.change(flicker=False)


def background_key(session: Session, key: str) -> tuple[str, ...]:
    """Key of the recovered background of the result `key`, in a tuple; empty without one."""
    kind, _, number = key.partition(":")
    result = session.results.get(int(number)) if kind == "result" and number.isdigit() else None
    there = result is not None and BACKGROUND in result.aspects
    return (f"{key}:{BACKGROUND}",) if there else ()


def _stored(state: Comparison) -> dict[str, bool | int | str]:
    return {
        "mode": state.mode.value,
        "view": state.view.value,
        "gain": state.gain,
        "band": state.band,
        "rate": round(min(state.rate, CALM_RATE)),  # who wants more says so every time
        "angle": round(state.line.angle),
    }


def _restored(found: Mapping[str, bool | int | str]) -> Comparison:
    """What was stored; parts that are unknown or out of range are as they are without."""
    state = Comparison(mode=PaneMode.GRID)
    allowed: dict[str, Mapping[object, object]] = {
        "mode": {mode.value: mode for mode in PaneMode},
        "view": {view.value: view for view in CompareView},
        "gain": {gain: gain for gain in GAINS},
        "band": {band: band for band in range(1, MOST_BAND + 1)},
        "rate": {round(rate): rate for rate in RATES if rate <= CALM_RATE},
    }
    known = {
        name: values[found[name]] for name, values in allowed.items() if _in(found, name, values)
    }
    angle = found.get("angle", 0)
    line = SplitLine().turned(angle) if type(angle) is int else SplitLine()
    return replace(state, line=line, **known)  # type: ignore[arg-type]


def _in(found: Mapping[str, object], name: str, values: Mapping[object, object]) -> bool:
    value = found.get(name)
    return value is not None and type(value) is not bool and value in values
