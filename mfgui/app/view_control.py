"""Which picture the canvas shows."""

from __future__ import annotations

from mfgui.app.desk import Desk
from mfgui.core.arrays import ImageF32
from mfgui.core.events import ActiveSourceChanged, ShownChanged

STATES = ("start", "best", "last")


class ViewControl:
    """Chooses the shown picture, the active source and the reference.

    Keys are ``source:N``, ``result:ID`` (its final image), ``result:ID:start``,
    ``result:ID:best`` and ``live``.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, key: str) -> None:
        """Show a picture; a source becomes the active one."""
        session = self._desk.session
        if session.stack is None:
            return
        if key.startswith("source:"):
            self._activate(int(key.removeprefix("source:")))
        session.shown = key
        self._desk.notifier.emit(ShownChanged(key))

    def step_source(self, step: int) -> None:
        """Show the source `step` places further on; stops at both ends."""
        session = self._desk.session
        if session.stack is not None:
            number = min(max(session.active_source + step, 1), session.stack.k)
            self.show(f"source:{number}")

    def set_reference(self) -> None:
        """The picture shown now is what the reference key shows from here on."""
        self._desk.session.reference = self._desk.session.shown

    def shown_result(self) -> int | None:
        """Run number of the result on the canvas, whichever of its states, else None."""
        session = self._desk.session
        parts = session.shown.split(":")
        if parts[0] != "result":
            return None
        run_id = int(parts[1])
        return run_id if run_id in session.results else None

    def shown_image(self) -> ImageF32 | None:
        """The float image of the result on the canvas, in the state that is shown."""
        run_id = self.shown_result()
        if run_id is None:
            return None
        result = self._desk.session.results[run_id]
        state = self._desk.session.shown.partition(":")[2].partition(":")[2]
        return {"start": result.start, "best": result.best}.get(state, result.image)

    def fused_key(self) -> str:
        """Key of the fused image to peek at: the shown result, else the newest one, or empty."""
        run_id = self.shown_result()
        if run_id is None and self._desk.session.results:
            run_id = next(reversed(self._desk.session.results))
        return "" if run_id is None else f"result:{run_id}"

    def _activate(self, number: int) -> None:
        session = self._desk.session
        if number != session.active_source:
            session.active_source = number
            self._desk.notifier.emit(ActiveSourceChanged(number))
