"""The region of the session: a rectangle that refiners and other changes of the map keep to."""

from __future__ import annotations

from functools import partial

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.core.arrays import Rect
from mfgui.core.events import RegionChanged
from mfgui.core.history import Action


class RegionControl:
    """Sets and clears the region; each change is one step of the history."""

    def __init__(self, desk: Desk, edit: EditControl) -> None:
        self._desk = desk
        self._edit = edit

    def set(self, rect: Rect | None) -> bool:
        """Make `rect`, clipped to the picture, the region; None clears it.

        Returns whether the region is another one now. A rectangle that lies beside the picture
        is none.
        """
        session = self._desk.session
        if session.stack is None:
            return False
        if rect is not None:
            size = session.stack.size
            rect = rect.intersected(Rect(0, 0, size.width, size.height))
        after = None if rect is None or rect.empty else rect
        before = session.region
        if after == before:
            return False
        self._put(after)
        name = "Clear region" if after is None else "Region"
        self._edit.record(Action(name, partial(self._put, before), partial(self._put, after)))
        return True

    def _put(self, rect: Rect | None) -> None:
        self._desk.session.region = rect
        self._desk.notifier.emit(RegionChanged(rect))
