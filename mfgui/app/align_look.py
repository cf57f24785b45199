"""A small picture of what a run will make of the frames, as soon as they are measured."""

from __future__ import annotations

from collections.abc import Callable

from mfgui.app import align_tasks
from mfgui.app.chores import Chore
from mfgui.app.desk import Desk
from mfgui.app.set_control import SetControl
from mfgui.app.view_control import ViewControl
from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import ImageU8
from mfgui.core.events import FirstLook
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import TaskFailed


class FirstLooks:
    """Has a first look made and shows it.

    Attributes
    ----------
    aligned : (h, w, C) uint8 or None
        That of the frames as they will be once they are moved.
    """

    def __init__(self, desk: Desk, view: ViewControl, sets: SetControl) -> None:
        self._desk = desk
        self._view = view
        self._sets = sets
        self.aligned: ImageU8 | None = None

    def ask(
        self,
        chore: Chore,
        camera: SourceStack,
        fit: StackAlignment,
        wanted: Callable[[], bool],
    ) -> None:
        """Fuse the display pictures of the camera's frames; shown where it is still wanted."""
        shown = self._sets.pictures
        if not shown:
            return

        def done(value: object) -> None:
            if wanted() and isinstance(value, align_tasks.Look):
                self.aligned = value.aligned
                self.show(chore.run_id, value.in_place)

        def failed(_failure: TaskFailed) -> None:
            """The alignment or the run tells what is wrong."""

        task = align_tasks.looking(self._desk.registry, shown, camera, fit, gate=chore.gate)
        self._desk.submit(task, done=done, failed=failed)

    def show(self, run_id: int, pixels: ImageU8) -> None:
        """Show a small picture of what a run will make."""
        self._desk.notifier.emit(FirstLook(run_id, pixels))
        self._view.show("live")

    def forget(self) -> None:
        """The frames are others."""
        self.aligned = None
