"""Changes of the focus map by hand, one undo step a gesture, and the history of the session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import numpy as np

from mfgui.app.desk import Desk
from mfgui.core.arrays import LabelArray, Rect
from mfgui.core.edits import Edit, edited
from mfgui.core.events import HistoryChanged, MapChanged, MapPatched
from mfgui.core.history import Action, History, Recorder, Step
from mfgui.core.labels import FocusMap, label_dtype
from mfgui.core.session import MapOrigin

NOWHERE = Rect(0, 0, 0, 0)


class Patched(Protocol):
    """Told of each rectangle whose labels have changed; `follow` is False for a map that comes
    with a result of its own."""

    def __call__(self, rect: Rect, *, follow: bool = True) -> None: ...


class EditControl:
    """Writes edits into the session's map. A map that is not there begins empty.

    A gesture is opened with `begin`, grows with `extend`, and ends with `commit` or `abort`;
    `apply` is a gesture at once. A gesture that changes nothing leaves no step.

    Parameters
    ----------
    patched : Patched
        Brings along what is made from the map.
    """

    def __init__(self, desk: Desk, patched: Patched) -> None:
        self._desk = desk
        self._patched = patched
        self._recorder: Recorder | None = None
        self._made_map = False
        self._waiting: list[Step] = []  # steps that were recorded while a gesture was open
        self.history = History()
        self.over: int | None = None
        """The one label that may be painted over; None for any."""

    @property
    def busy(self) -> bool:
        """Whether a gesture is open."""
        return self._recorder is not None

    def begin(self, name: str) -> None:
        """Open a gesture; one that is open is committed first."""
        if self.busy:
            self.commit()
        focus_map = self._map_or_empty()
        if focus_map is not None:
            self._recorder = Recorder(focus_map, name, self._tell)

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
        step = None if recorder is None else recorder.commit()
        if step is None:
            self._drop_made_map()
        else:
            self._push(step)
        self._record_waiting()
        return step is not None

    def abort(self) -> None:
        """End the gesture as if it had never begun."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        rect = recorder.abort()
        if not rect.empty:
            self._tell(rect)
        self._drop_made_map()
        self._record_waiting()

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
        height, width = labels.shape
        if session.focus_map is None or origin is not None:
            return self._replace_map(name, labels, origin or MapOrigin(), follow=follow)
        whole = Edit(Rect(0, 0, width, height), np.ones((height, width), np.bool_), labels)
        return self.apply(name, [whole])

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
        if self.busy:
            self._waiting.append(step)
        elif apart:
            self.history.insert(step)
            self._desk.notifier.emit(HistoryChanged())
        else:
            self._push(step)

    def _record_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for step in waiting:
            self.record(step, apart=True)

    def forget(self) -> None:
        """Another set: nothing of this history can be undone any more."""
        self._recorder = None
        self._waiting.clear()
        self.history.clear()
        self._desk.notifier.emit(HistoryChanged())

    def _push(self, step: Step) -> None:
        if self._made_map:
            self._made_map = False
            assert self._desk.session.focus_map is not None
            step = self._with_map(step, self._desk.session.focus_map)
        self.history.push(step)
        self._desk.notifier.emit(HistoryChanged())

    def _map_or_empty(self) -> FocusMap | None:
        session = self._desk.session
        if session.stack is None or session.focus_map is not None:
            return session.focus_map
        size, k = session.stack.size, session.stack.k
        empty = np.zeros((size.height, size.width), label_dtype(k))
        self._made_map = True
        self._set(FocusMap(empty, k=k), MapOrigin())
        return session.focus_map

    def _drop_made_map(self) -> None:
        """An empty map made for a gesture that changed nothing."""
        if self._made_map:
            self._made_map = False
            self._set(None, MapOrigin())

    def _with_map(self, step: Step, focus_map: FocusMap) -> Step:
        """A step that also makes the map that its gesture needed."""

        def undo() -> None:
            step.undo()
            self._set(None, MapOrigin())

        def redo() -> None:
            self._set(focus_map, MapOrigin())
            step.redo()

        return Action(step.name, undo, redo, nbytes=step.nbytes)

    def _replace_map(
        self, name: str, labels: LabelArray, origin: MapOrigin, *, follow: bool
    ) -> bool:
        session = self._desk.session
        assert session.stack is not None
        old, old_origin = session.focus_map, session.map_origin
        if old is not None and origin == old_origin and np.array_equal(old.labels, labels):
            return False
        if old is not None and old.k == session.stack.k:
            # In place, so that only the tiles that differ are kept for undo.
            recorder = Recorder(old, name, self._tell)
            whole = Rect(0, 0, old.size.width, old.size.height)
            recorder.write(whole, labels)
            session.map_origin = origin
            step: Step | None = recorder.commit()
            self._desk.notifier.emit(MapChanged())
            self._patched(whole, follow=follow)
            inner = step

            def undo() -> None:
                session.map_origin = old_origin
                if inner is not None:
                    inner.undo()
                self._desk.notifier.emit(MapChanged())

            def redo() -> None:
                session.map_origin = origin
                if inner is not None:
                    inner.redo()
                self._desk.notifier.emit(MapChanged())

            self._push(Action(name, undo, redo, nbytes=0 if inner is None else inner.nbytes))
            return True
        new = FocusMap(labels, k=session.stack.k)
        self._set(new, origin)
        undo, redo = partial(self._set, old, old_origin), partial(self._set, new, origin)
        self._push(Action(name, undo, redo, new.labels.nbytes))
        return True

    def _set(self, focus_map: FocusMap | None, origin: MapOrigin) -> None:
        session = self._desk.session
        session.focus_map, session.map_origin = focus_map, origin
        self._desk.notifier.emit(MapChanged())
        if focus_map is not None:
            self._patched(Rect(0, 0, focus_map.size.width, focus_map.size.height))

    def _tell(self, rect: Rect) -> None:
        self._desk.notifier.emit(MapPatched(rect))
        self._patched(rect)
