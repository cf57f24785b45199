"""Which picture the canvas shows, and which of them are at hand."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

import numpy as np

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.core.arrays import ImageF32, PixelArray, Rect, from_float
from mfgui.core.comparison import TRUTH
from mfgui.core.events import (
    ActiveLabelChanged,
    ActiveSourceChanged,
    Change,
    HistoryChanged,
    PictureDropped,
    PictureReady,
    ReferenceChanged,
    ResultAdded,
    ResultMoved,
    ResultRemoved,
    SetClosed,
    SetOpened,
    ShownChanged,
    ThumbnailReady,
)
from mfgui.core.history import Action
from mfgui.core.pyramid import Picture, StoredReader
from mfgui.core.result import BACKGROUND, Result
from mfgui.jobs.pool import Task, TaskFailed

COMPOSITE = "composite"
MOST_PICTURES = 9
"""Of results; each takes 130 MB at 24 megapixels. Others are made again when they are shown."""
_THUMBNAIL_SIDE = 640  # pixels, about, of what stays of a picture that makes way


def state_key(result: Result, run_id: int, state: str) -> str:
    """Picture key of a result's state, see `Result.picture`; "last" is its final image."""
    image = result.picture(state)
    return f"result:{run_id}" if image is result.image else f"result:{run_id}:{state}"


class ViewControl:
    """Chooses the shown picture, the active source and the reference.

    Keys are ``source:N``, ``result:ID`` (its final image), ``result:ID:start``,
    ``result:ID:best``, ``result:ID:background``, ``live``, ``composite`` for that of the present
    map, and ``truth``.
    Pictures of the states of a result, and the composite, are made when they are first asked
    for: at 24 megapixels each takes 130 MB. Of results no more than `most` are kept, those that
    were looked at last.

    Attributes
    ----------
    ask_for_composite : callable
        Has the composite of the present map made; set by the controller.
    ask_for_source : callable
        Has the whole picture of a source made, of which there may be a proxy only.
    in_panes : callable
        Keys of the pictures that are to be seen now, beside the shown one and the reference:
        they stay.
    """

    def __init__(self, desk: Desk, *, most: int = MOST_PICTURES) -> None:
        self._desk = desk
        self._most = most
        self._made: dict[str, Picture] = {}  # those that were looked at last at the end
        self._making: dict[str, PixelArray] = {}  # and the pixels that each is made of
        self._told_reference = ""
        self.ask_for_composite: Callable[[], None] = lambda: None
        self.ask_for_source: Callable[[int], None] = lambda _number: None
        self.in_panes: Callable[[], Collection[str]] = lambda: ()
        desk.notifier.connect(self._take)

    def show(self, key: str) -> None:
        """Show a picture; a source becomes the active one."""
        session = self._desk.session
        if session.stack is None:
            return
        if key.startswith("source:"):
            self._activate(int(key.removeprefix("source:")))
        session.shown = key
        if self.ensure(key):
            self._desk.notifier.emit(ShownChanged(key))

    def ensure(self, key: str) -> bool:
        """Have the picture of a key made; False when it will come with `PictureReady`."""
        if key == COMPOSITE:
            self.ask_for_composite()
        if key.startswith("source:"):
            self.ask_for_source(int(key.removeprefix("source:")))
        if key in self._made:
            self._made[key] = self._made.pop(key)
            return True
        pixels = self._pixels_of(key)
        if pixels is None:
            return True
        if self._making.get(key) is not pixels:
            self._make(key, pixels)
        return False

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
        """The picture of a result or of the ground truth where it has been made."""
        return self._made.get(key)

    def take_picture(self, key: str, picture: Picture) -> None:
        """A picture that was made elsewhere."""
        self._making.pop(key, None)
        self._made.pop(key, None)
        self._made[key] = picture
        self._desk.notifier.emit(PictureReady(key, picture))
        self._make_room()

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
        of_it = ["result", str(run_id)]
        for key in [key for key in self._made if key.split(":")[:2] == of_it]:
            self.drop_picture(key)

    def drop_picture(self, key: str) -> None:
        """Forget one picture, also one that is being made."""
        self._making.pop(key, None)
        if self._made.pop(key, None) is not None:
            self._desk.notifier.emit(PictureDropped(key))

    def forget(self) -> None:
        """The set is being left."""
        self._making.clear()
        for key in tuple(self._made):
            self.drop_picture(key)

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

    @property
    def reference_key(self) -> str:
        """Key of the picture that others are compared with, or empty."""
        return self._desk.session.reference

    def set_reference(self) -> None:
        """The picture shown now is the reference from here on, as a step."""
        self.set_reference_to(self._desk.session.shown)

    def set_reference_to(self, key: str) -> None:
        """Another picture is the reference, or none (empty), as a step; its picture is made."""
        before = self._desk.session.reference
        if key == before:
            return
        self.refer(key)
        self._desk.record(
            Action("Set reference", partial(self.refer, before), partial(self.refer, key))
        )

    def refer(self, key: str) -> None:
        """Another reference, as part of a step."""
        self._desk.session.reference = key
        if key:
            self.ensure(key)
        self._tell_reference()

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

    def background_key(self) -> str:
        """Key of the recovered background of the shown result, else of the newest one; empty
        where that has none."""
        results = self._desk.session.results
        run_id = self.shown_result()
        if run_id is None and results:
            run_id = next(reversed(results))
        there = run_id is not None and BACKGROUND in results[run_id].aspects
        return f"result:{run_id}:{BACKGROUND}" if there else ""

    def _pixels_of(self, key: str) -> PixelArray | None:
        """What the picture of a key is made of; None for those that are made elsewhere."""
        session = self._desk.session
        if key == TRUTH and session.truth is not None:
            return session.truth.pixels
        return self._image_of(key) if key.startswith("result:") else None

    def _image_of(self, key: str) -> ImageF32 | None:
        """The float image of a state of a result, None when there is no such result."""
        _, number, *state = key.split(":")
        result = self._desk.session.results.get(int(number))
        if result is None:
            return None
        return result.picture(state[0] if state else "")

    def _make(self, key: str, pixels: PixelArray) -> None:
        stack = self._desk.session.stack
        assert stack is not None

        def current() -> bool:
            """Whether it was neither deleted nor has a successor since."""
            wanted = self._making.get(key)
            same = self._desk.session.stack is stack and wanted is not None
            return same and wanted is self._pixels_of(key)

        def done(value: object) -> None:
            assert isinstance(value, Picture)
            if not current():
                return
            self.take_picture(key, value)
            if self._desk.session.shown == key:
                self._desk.notifier.emit(ShownChanged(key))

        def failed(failure: TaskFailed) -> None:
            self._making.pop(key, None)
            self._desk.failing("the result is kept")(failure)

        self._making[key] = pixels
        self._desk.submit(self._task(key, pixels), done=done, failed=failed)

    def _task(self, key: str, pixels: PixelArray) -> Task:
        stack = self._desk.session.stack
        assert stack is not None
        if key == TRUTH:
            return tasks.stored_picture(stack, pixels)
        return tasks.fused_picture(stack, pixels, self._reader(key))

    def _reader(self, key: str) -> StoredReader:
        """The pixels of a result's state in the depth of the sources, wherever they lie."""

        def read(rect: Rect) -> PixelArray | None:
            image, stack = self._image_of(key), self._desk.session.stack
            if image is None or stack is None:
                return None
            return from_float(image[rect.slices], stack.depth)

        return read

    def _make_room(self) -> None:
        """Drop pictures that were not looked at for longest; small ones stay in their place."""
        session = self._desk.session
        seen = {session.shown, session.reference, *self.in_panes()}
        of_results = [key for key in self._made if key.startswith("result:")]
        over = max(0, len(of_results) - self._most)
        newest = of_results[-1:]
        for key in [key for key in of_results if key not in seen and key not in newest][:over]:
            picture = self._made[key]
            self.drop_picture(key)
            self._desk.notifier.emit(ThumbnailReady(key, _small(picture)))

    def _take(self, change: Change) -> None:
        """Results take the reference with them when they go, and bring it back."""
        if isinstance(change, ResultMoved):
            self._follow(change.before, change.after)
        told = SetOpened | SetClosed | ResultAdded | ResultRemoved | HistoryChanged
        if isinstance(change, told):
            self._tell_reference()

    def _follow(self, before: Result, after: Result) -> None:
        """What is being made of the images of a result is as good as made of their copies."""
        states = ("last", "start", "best", BACKGROUND)
        pairs = [(before.picture(state), after.picture(state)) for state in states]
        for key, pixels in self._making.items():
            self._making[key] = next((new for old, new in pairs if old is pixels), pixels)

    def _tell_reference(self) -> None:
        if self._told_reference != self._desk.session.reference:
            self._told_reference = self._desk.session.reference
            self._desk.notifier.emit(ReferenceChanged())

    def _activate(self, number: int) -> None:
        session = self._desk.session
        if number != session.active_source:
            session.active_source = number
            self._desk.notifier.emit(ActiveSourceChanged(number))
        if number != session.active_label:
            session.active_label = number
            self._desk.notifier.emit(ActiveLabelChanged(number))


def _small(picture: Picture) -> Picture:
    """A copy of a level that is small enough to be kept beside others."""
    longest = max(picture.size.width, picture.size.height)
    level = picture.levels[picture.level_for(min(1.0, _THUMBNAIL_SIDE / longest))]
    shown = level[..., :1] if picture.channels == 1 else level[..., 2::-1]
    return Picture(np.ascontiguousarray(shown))
