"""What of the window is kept in files: which results, and which state of the focus map."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.core.labels import FocusMap
from mfgui.core.result import Result

_MADE_AGAIN = frozenset(  # steps that cost a click, not work
    {"Detect", "Load focus map", "Set reference", "Set ground truth", "Remove ground truth"}
)
States = dict[int, weakref.ref[object]]
MapState = tuple[weakref.ref[FocusMap], int]


class KeptWork:
    """Says what would be lost.

    Attributes
    ----------
    saved : dict
        The states of the results that the session file holds, by number.
    """

    def __init__(self, desk: Desk, edit: EditControl) -> None:
        self._desk, self._edit = desk, edit
        self.forget()

    def forget(self) -> None:
        """Another set: nothing is known of a file."""
        self.saved: States = {}
        self._exported: States = {}
        self._copied: MapState | None = None

    def add_exported(self, number: int, result: Result) -> None:
        """A result was written as an image."""
        self._exported[number] = _state(result)

    @property
    def map_state(self) -> MapState | None:
        """The focus map as it is now, to be compared with that of a later moment."""
        focus_map = self._desk.session.focus_map
        return None if focus_map is None else (weakref.ref(focus_map), focus_map.revision)

    def add_copy(self, map_state: MapState | None) -> None:
        """A copy of the session holds this state of the map."""
        self._copied = map_state

    @property
    def modified(self) -> bool:
        """Whether map or results are others than those in the file."""
        if self._edit.history.modified or self._added(self.saved):
            return True
        return set(self.saved) != set(self._desk.session.results)

    @property
    def unsaved(self) -> bool:
        """Whether there is an edited map, or a result neither saved nor exported."""
        return self._edited() or self._added({**self.saved, **self._exported})

    def _edited(self) -> bool:
        history = self._edit.history
        copied = self._copied is not None and self._copied == self.map_state
        if copied or not history.modified:
            return False
        saved = history.saved_position
        if saved is None:
            return True
        low, high = sorted((saved, history.position))
        # Runs leave results, which are looked at one by one.
        names = (name for name in history.names[low:high] if not name.startswith("Run "))
        return not _MADE_AGAIN.issuperset(names)

    def _added(self, kept: States) -> bool:
        """Whether there is a result that `kept` has not."""
        results = self._desk.session.results.items()
        # The same object, not an equal one: what follows the map is made anew with every edit.
        return any(n not in kept or kept[n]() is not result.provenance for n, result in results)


def states_of(results: Mapping[int, Result]) -> States:
    """The states of results, to be compared with those of a later moment."""
    return {number: _state(result) for number, result in results.items()}


def _state(result: Result) -> weakref.ref[object]:
    """Tells contents of a result apart, wherever its images lie: whoever makes new ones says
    anew how."""
    return weakref.ref(result.provenance)
