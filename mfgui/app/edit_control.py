"""Changes of the focus map by hand, one undo step a gesture, and the history of the session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mfgui.app.desk import Desk
from mfgui.core.arrays import LabelArray, Rect
from mfgui.core.edits import Edit, edited
from mfgui.core.events import HistoryChanged, MapChanged, MapPatched
from mfgui.core.history import History, Recorder, Step, TileDelta
from mfgui.core.labels import FocusMap, label_dtype
from mfgui.core.session import MapOrigin

NOWHERE = Rect(0, 0, 0, 0)


class Patched(Protocol):
    """Told of each rectangle whose labels have changed; `follow` is False for a map that comes
    with a result of its own."""

    def __call__(self, rect: Rect, *, follow: bool = True) -> None: ...


@dataclass(frozen=True)
class _Held:
    """The session's map and where it comes from."""

    focus_map: FocusMap | None
    origin: MapOrigin


@dataclass(eq=False)
class _MapStep:
    """A step of the map: which one there was before and after, and how its labels differ."""

    name: str
    before: _Held
    after: _Held
    delta: TileDelta | None
    put: Callable[[_Held], None]

    @property
    def nbytes(self) -> int:
        """Of the tiles, or of a map that nothing else may hold."""
        if self.delta is not None:
            return self.delta.nbytes
        return 0 if self.after.focus_map is None else int(self.after.focus_map.labels.nbytes)

    def undo(self) -> None:
        if self.delta is not None:
            self.delta.undo()
        self.put(self.before)

    def redo(self) -> None:
        self.put(self.after)
        if self.delta is not None:
            self.delta.redo()

    def pack(self) -> None:
        if self.delta is not None:
            self.delta.pack()


class EditControl:
    """Writes edits into the session's map. A map that is not there begins empty.

    A gesture is opened with `begin`, grows with `extend`, and ends with `commit` or `abort`;
    `apply` is a gesture at once. A gesture that changes nothing leaves no step. A tentative
    gesture shows what a command would do: it is aborted, not committed, when something else
    happens to the map or the history.

    Parameters
    ----------
    patched : Patched
        Brings along what is made from the map.
    """

    def __init__(self, desk: Desk, patched: Patched) -> None:
        self._desk = desk
        self._patched = patched
        self._recorder: Recorder | None = None
        self._given_up: Callable[[], None] | None = None  # of a tentative gesture
        self._before = _Held(None, MapOrigin())  # what there was when the gesture began
        self._waiting: list[Step] = []  # steps that were recorded while a gesture was open
        self.history = History()
        self.over: int | None = None
        """The one label that may be painted over; None for any."""

    @property
    def busy(self) -> bool:
        """Whether a gesture is open."""
        return self._recorder is not None

    def begin(self, name: str, *, given_up: Callable[[], None] | None = None) -> None:
        """Open a gesture; one that is open is committed first, a tentative one aborted.

        With `given_up` it is tentative itself; that is called when it is aborted.
        """
        self._make_way()
        self._before = self._held()
        focus_map = self._map_or_empty()
        if focus_map is not None:
            self._recorder = Recorder(focus_map, name, self._tell)
            self._given_up = given_up

    def extend(self, edits: Sequence[Edit]) -> Rect:
        """Write edits of the open gesture; returns a rectangle around all that changed."""
        focus_map, recorder = self._desk.session.focus_map, self._recorder
        changed = NOWHERE
        if focus_map is None or recorder is None:
            return changed
        for edit in edits:
            before = focus_map.labels[edit.rect.slices]
            after = edited(before, edit, over=self.over)
            if after is None:
                continue
            recorder.write(edit.rect, after)
            changed = changed.united(edit.rect)
            self._tell(edit.rect)
        return changed

    def commit(self) -> bool:
        """End the gesture; returns whether it became a step."""
        recorder, self._recorder = self._recorder, None
        tentative, self._given_up = self._given_up is not None, None
        if recorder is None:
            return False
        delta = recorder.commit()
        if delta is None:
            self._put(self._before)
        else:
            session = self._desk.session
            session.map_origin = replace(session.map_origin, edited=True)
            self._push(_MapStep(delta.name, self._before, self._held(), delta, self._put))
            if tentative:
                self._patched(delta.rect)
        self._record_waiting()
        return delta is not None

    def abort(self) -> None:
        """End the gesture as if it had never begun."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        rect = recorder.abort()
        if not rect.empty:
            self._tell(rect)
        given_up, self._given_up = self._given_up, None
        self._put(self._before)
        self._record_waiting()
        if given_up is not None:
            given_up()

    def apply(self, name: str, edits: Sequence[Edit]) -> bool:
        """One whole gesture; returns whether it changed something."""
        self.begin(name)
        self.extend(edits)
        return self.commit()

    def replace(
        self,
        name: str,
        labels: LabelArray,
        origin: MapOrigin | None = None,
        *,
        follow: bool = True,
    ) -> bool:
        """Exchange the whole map, (H, W), as one step.

        Parameters
        ----------
        origin : MapOrigin, optional
            Where it comes from; without one it counts as an edit of the present map.
        follow : bool
            Whether the newest result is brought along.
        """
        session = self._desk.session
        if session.stack is None:
            return False
        if self._given_up is not None:
            self._make_way()
        height, width = labels.shape
        if session.focus_map is None or origin is not None:
            return self._replace_map(name, labels, origin or MapOrigin(), follow=follow)
        whole = Edit(Rect(0, 0, width, height), np.ones((height, width), np.bool_), labels)
        return self.apply(name, [whole])

    def bring_along(self) -> None:
        """The map was put there by others: renew what is made from it."""
        focus_map = self._desk.session.focus_map
        if focus_map is not None:
            self._patched(Rect(0, 0, focus_map.size.width, focus_map.size.height))

    def undo(self) -> None:
        """Cancel the open gesture, else take back the newest step."""
        if self.busy:
            self.abort()
        elif self.history.undo() is not None:
            self._desk.notifier.emit(HistoryChanged())

    def redo(self) -> None:
        """Do again what was taken back last."""
        if not self.busy and self.history.redo() is not None:
            self._desk.notifier.emit(HistoryChanged())

    def go_to(self, position: int) -> None:
        """Undo or redo until `position` steps are done."""
        if self.busy:
            self.abort()
        self.history.go_to(position)
        self._desk.notifier.emit(HistoryChanged())

    def record(self, step: Step, *, apart: bool = False) -> None:
        """Add a step that has been done elsewhere: a result deleted, the region moved.

        During a gesture it waits for the gesture's end.

        Parameters
        ----------
        apart : bool
            It came by itself, like the result of a run: steps that were undone before can still
            be redone.
        """
        if self._given_up is not None:
            self._make_way()
        if self.busy:
            self._waiting.append(step)
        elif apart:
            self.history.insert(step)
            self._desk.notifier.emit(HistoryChanged())
        else:
            self._push(step)

    def _make_way(self) -> None:
        """End the open gesture, if there is one, for something else."""
        if self._given_up is not None:
            self.abort()
        elif self.busy:
            self.commit()

    def _record_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for step in waiting:
            self.record(step, apart=True)

    def forget(self) -> None:
        """Another set: nothing of this history can be undone any more."""
        self._recorder = None
        given_up, self._given_up = self._given_up, None
        if given_up is not None:
            given_up()
        self._waiting.clear()
        self.history.clear()
        self._desk.notifier.emit(HistoryChanged())

    def _push(self, step: Step) -> None:
        self.history.push(step)
        self._desk.notifier.emit(HistoryChanged())

    def _map_or_empty(self) -> FocusMap | None:
        session = self._desk.session
        if session.stack is None or session.focus_map is not None:
            return session.focus_map
        size, k = session.stack.size, session.stack.k
        empty = np.zeros((size.height, size.width), label_dtype(k))
        self._put(_Held(FocusMap(empty, k=k), MapOrigin()))
        return session.focus_map

    def _replace_map(
        self, name: str, labels: LabelArray, origin: MapOrigin, *, follow: bool
    ) -> bool:
        """Another map: in place where there is one, so that only tiles that differ are kept."""
        session, before, delta = self._desk.session, self._held(), None
        assert session.stack is not None
        if before.focus_map is None:
            self._put(_Held(FocusMap(labels, k=session.stack.k), origin), follow=follow)
        else:
            if origin == before.origin and np.array_equal(before.focus_map.labels, labels):
                return False
            recorder = Recorder(before.focus_map, name, self._tell)
            whole = Rect(0, 0, before.focus_map.size.width, before.focus_map.size.height)
            recorder.write(whole, labels)
            delta = recorder.commit()
            session.map_origin = origin
            self._desk.notifier.emit(MapChanged())
            self._patched(whole, follow=follow)
        self._push(_MapStep(name, before, self._held(), delta, self._put))
        return True

    def _held(self) -> _Held:
        return _Held(self._desk.session.focus_map, self._desk.session.map_origin)

    def _put(self, held: _Held, *, follow: bool = True) -> None:
        """Make this the session's map; views are told when it is another object."""
        session = self._desk.session
        same = session.focus_map is held.focus_map
        session.focus_map, session.map_origin = held.focus_map, held.origin
        if same:
            return
        self._desk.notifier.emit(MapChanged())
        if held.focus_map is not None:
            size = held.focus_map.size
            self._patched(Rect(0, 0, size.width, size.height), follow=follow)

    def _tell(self, rect: Rect) -> None:
        self._desk.notifier.emit(MapPatched(rect))
        # What is only shown is not worth a new solution.
        self._patched(rect, follow=self._given_up is None)
