"""Which picture the canvas shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.core.arrays import ImageF32
from mfgui.core.events import (
    ActiveLabelChanged,
    ActiveSourceChanged,
    PictureDropped,
    PictureReady,
    ShownChanged,
)
from mfgui.core.history import Action
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result

COMPOSITE = "composite"


def state_key(result: Result, run_id: int, state: str) -> str:
    """Picture key of a result's state: "start", "best" or "last" (its final image)."""
    image = {"start": result.start, "best": result.best}.get(state, result.image)
    return f"result:{run_id}" if image is result.image else f"result:{run_id}:{state}"


class ViewControl:
    """Chooses the shown picture, the active source and the reference.

    Keys are ``source:N``, ``result:ID`` (its final image), ``result:ID:start``,
    ``result:ID:best``, ``live``, and ``composite`` for that of the present map. Pictures of the
    states of a result, and the composite, are made when they are first asked for: at 24
    megapixels each takes 130 MB.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[str, Picture] = {}
        self.ask_for_composite: Callable[[], None] = lambda: None
        """Has the composite of the present map made; set by the controller."""

    def show(self, key: str) -> None:
        """Show a picture; a source becomes the active one."""
        session = self._desk.session
        if session.stack is None:
            return
        if key.startswith("source:"):
            self._activate(int(key.removeprefix("source:")))
        session.shown = key
        image = self.shown_image()
        if key == COMPOSITE:
            self.ask_for_composite()
        if image is not None and key not in self._made:
            self._make(key, image)
        else:
            self._desk.notifier.emit(ShownChanged(key))

    def show_state(self, run_id: int, state: str) -> None:
        """Show the "start", "best" or "last" image of a result."""
        self.show(state_key(self._desk.session.results[run_id], run_id, state))

    def renew(self, run_id: int) -> None:
        """Make the picture of a result, anew if there is one of its predecessor, which stays
        until then."""
        key = f"result:{run_id}"
        self._made.pop(key, None)
        self._make(key, self._desk.session.results[run_id].image)

    def picture(self, key: str) -> Picture | None:
        """The picture of a result where it has been made."""
        return self._made.get(key)

    def hand_over(self, key: str, successor: str) -> None:
        """The picture of `key` shows `successor` from here on; that of `key` is made anew when
        it is asked for."""
        picture = self._made.pop(key)
        self._made[successor] = picture
        self._desk.notifier.emit(PictureReady(successor, picture))
        if self._desk.session.shown == key:
            self._desk.session.shown = successor
            self._desk.notifier.emit(ShownChanged(successor))
        if self._desk.session.reference == key:
            self._make(key, self._desk.session.results[int(key.split(":")[1])].image)
        self._desk.notifier.emit(PictureDropped(key))

    def drop(self, run_id: int) -> None:
        """Forget the pictures of a result."""
        for key in [key for key in self._made if key.split(":")[1] == str(run_id)]:
            del self._made[key]
            self._desk.notifier.emit(PictureDropped(key))

    def step_source(self, step: int) -> None:
        """Show the source `step` places further on; stops at both ends."""
        session = self._desk.session
        if session.stack is not None:
            number = min(max(session.active_source + step, 1), session.stack.k)
            self.show(f"source:{number}")

    @property
    def active_label(self) -> int:
        """What brushes paint: 1 ... K, or 0 for *unassigned*."""
        return self._desk.session.active_label

    def choose_label(self, label: int) -> None:
        """Paint `label` (0 ... K) from here on; a source is the active one then, too."""
        session = self._desk.session
        if session.stack is None or not 0 <= label <= session.stack.k:
            return
        if label:
            self._activate(label)
        if label != session.active_label:
            session.active_label = label
            self._desk.notifier.emit(ActiveLabelChanged(label))

    def set_reference(self) -> None:
        """The picture shown now is what the reference key shows from here on, as a step."""
        before, after = self._desk.session.reference, self._desk.session.shown
        if before == after:
            return
        self._refer(after)
        undo, redo = partial(self._refer, before), partial(self._refer, after)
        self._desk.record(Action("Set reference", undo, redo))

    def _refer(self, key: str) -> None:
        self._desk.session.reference = key

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
        if self.shown_result() is None:
            return None
        return self._image_of(self._desk.session.shown)

    def fused_key(self) -> str:
        """Key of the fused image to peek at: the shown result, else the newest one, else the
        composite of the map, or empty."""
        run_id = self.shown_result()
        if self._desk.session.shown == COMPOSITE:
            return COMPOSITE
        if run_id is None and self._desk.session.results:
            run_id = next(reversed(self._desk.session.results))
        if run_id is None and self._desk.session.focus_map is not None:
            return COMPOSITE
        return "" if run_id is None else f"result:{run_id}"

    def _image_of(self, key: str) -> ImageF32 | None:
        """The float image of a state of a result, None when there is no such result."""
        _, number, *state = key.split(":")
        result = self._desk.session.results.get(int(number))
        if result is None:
            return None
        images = {"start": result.start, "best": result.best}
        return images.get(state[0] if state else "", result.image)

    def _make(self, key: str, image: ImageF32) -> None:
        stack = self._desk.session.stack
        assert stack is not None

        def done(value: object) -> None:
            assert isinstance(value, Picture)
            session = self._desk.session
            if session.stack is not stack or self._image_of(key) is not image:
                return  # it was deleted, or has a successor
            self._made[key] = value
            self._desk.notifier.emit(PictureReady(key, value))
            if session.shown == key:
                self._desk.notifier.emit(ShownChanged(key))

        failed = self._desk.failing("the result is kept")
        self._desk.submit(tasks.fused_picture(stack, image), done=done, failed=failed)

    def _activate(self, number: int) -> None:
        session = self._desk.session
        if number != session.active_source:
            session.active_source = number
            self._desk.notifier.emit(ActiveSourceChanged(number))
        if number != session.active_label:
            session.active_label = number
            self._desk.notifier.emit(ActiveLabelChanged(number))
