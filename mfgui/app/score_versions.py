"""Which map, ground truth and pixels of a result a score is of, so that others are told apart."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager

from mfgui.app.desk import Desk
from mfgui.app.score_tasks import MapSnapshot
from mfgui.core.events import (
    Change,
    MapChanged,
    PicturePatched,
    ResultAdded,
    ResultRemoved,
    SetClosed,
    SetOpened,
    TruthChanged,
)

MapVersion = tuple[int, int]


class Versions:
    """Numbers that are others when what they stand for is; undoing an edit of the map brings
    that of the map back.

    Attributes
    ----------
    truth : int
        Of the ground truth.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stamps: Counter[int] = Counter()
        self._guards: dict[int, AbstractContextManager[object] | None] = {}
        self._maps = self.truth = 0
        self._snapshot: tuple[MapVersion, MapSnapshot] | None = None

    @property
    def map(self) -> MapVersion:
        """Of the present focus map."""
        focus_map = self._desk.session.focus_map
        return self._maps, -1 if focus_map is None else focus_map.revision

    def stamp(self, run_id: int) -> int:
        """Of the pixels of a result, and of its own map."""
        return self._stamps[run_id]

    def snapshot(self) -> MapSnapshot | None:
        """Copy of the present focus map, made once for each of its versions."""
        focus_map = self._desk.session.focus_map
        if focus_map is None:
            self._snapshot = None
        elif self._snapshot is None or self._snapshot[0] != self.map:
            self._snapshot = self.map, MapSnapshot(focus_map.snapshot())
        return None if self._snapshot is None else self._snapshot[1]

    def rest(self) -> None:
        """Give the copy of the map back: 48 MB at 24 megapixels."""
        self._snapshot = None

    def forget(self) -> None:
        """The set is being left."""
        self._guards.clear()
        self._snapshot = None

    def take(self, change: Change) -> None:
        """Count what has changed."""
        match change:
            case SetOpened() | SetClosed() | MapChanged():
                self._maps += 1
            case TruthChanged():
                self.truth += 1
            case ResultAdded(run_id) | ResultRemoved(run_id):
                self._look_again(run_id)
            case PicturePatched(key) if key.startswith("result:"):
                self._stamps[int(key.split(":")[1])] += 1

    def _look_again(self, run_id: int) -> None:
        """The pixels are others, unless it is the result that follows the map."""
        result = self._desk.session.results.get(run_id)
        guard = None if result is None else result.guard
        if guard is None or guard is not self._guards.get(run_id):
            self._stamps[run_id] += 1
        self._guards[run_id] = guard
