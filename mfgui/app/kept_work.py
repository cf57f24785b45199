"""What of the window is kept in files: which results, and which state of the focus map."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from mfgui.app.desk import Desk
from mfgui.app.edit_control import EditControl
from mfgui.core.result import Result

_MADE_AGAIN = frozenset({"Detect", "Load focus map"})  # steps that cost a click, not work
Images = dict[int, weakref.ref[object]]


class KeptWork:
    """Says what would be lost.

    Attributes
    ----------
    saved : dict
        The images of the results that the session file holds, by number.
    """

    def __init__(self, desk: Desk, edit: EditControl) -> None:
        self._desk, self._edit = desk, edit
        self.forget()

    def forget(self) -> None:
        """Another set: nothing is known of a file."""
        self.saved: Images = {}
        self._exported: Images = {}

    def add_exported(self, number: int, image: object) -> None:
        """A result was written as an image."""
        self._exported[number] = weakref.ref(image)

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
        if not history.modified:
            return False
        saved = history.saved_position
        if saved is None:
            return True
        low, high = sorted((saved, history.position))
        # Runs leave results, which are looked at one by one.
        names = (name for name in history.names[low:high] if not name.startswith("Run "))
        return not _MADE_AGAIN.issuperset(names)

    def _added(self, kept: Images) -> bool:
        """Whether there is a result that `kept` has not."""
        results = self._desk.session.results.items()
        return any(n not in kept or kept[n]() is not result.image for n, result in results)


def images_of(results: Mapping[int, Result]) -> Images:
    """The images of results, to be compared with those of a later moment."""
    return {number: weakref.ref(result.image) for number, result in results.items()}
