"""One action from the frames of a camera to one fused picture."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mfgui.app.align_control import AlignControl
from mfgui.app.align_tasks import PHOTO
from mfgui.app.desk import Desk
from mfgui.app.run_control import RunControl
from mfgui.app.set_control import SetControl
from mfgui.core.events import AlignmentChanged
from mfgui.methods.registry import Value


class PhotoControl:
    """Aligns the frames as the settings say, where they are not, and fuses them by the
    photographer's method; a small picture is shown as soon as the frames are measured."""

    def __init__(self, desk: Desk, sets: SetControl, align: AlignControl, runs: RunControl) -> None:
        self._desk = desk
        self._sets = sets
        self._align = align
        self._runs = runs

    def fuse(self, explicit: Mapping[str, Value] = MappingProxyType({})) -> None:
        """From the frames as they are to a result, once they are read; answers at once.

        `explicit` are the parameters of the method that differ from their defaults.
        """

        def run() -> None:
            self._run(explicit)

        if self._sets.opening:
            self._sets.when_open(lambda: self.fuse(explicit))
            self._desk.notifier.emit(AlignmentChanged())
            return
        if self._align.busy:
            return
        if self._align.stale:
            self._align.align(then=run, with_look=True)
        else:
            run()

    def _run(self, explicit: Mapping[str, Value]) -> None:
        self._runs.run(PHOTO, explicit)
        looks, followed = self._align.looks, self._runs.tracker.followed()
        if looks.aligned is not None and followed is not None:
            looks.show(followed.run_id, looks.aligned)
