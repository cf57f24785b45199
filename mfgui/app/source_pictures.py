"""Whole display pictures of the sources that are looked at, of a set too large to hold all."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.app.view_control import ViewControl
from mfgui.core.events import PictureReady
from mfgui.core.pyramid import Picture, Proxy
from mfgui.jobs.pool import TaskFailed

_BYTES = 512 << 20  # of whole pictures beside the proxies: four of 24 megapixels
_LEAST = 2  # the one that is looked at and the one before


class SourcePictures:
    """Exchanges the proxies of a large set for whole pictures while they are looked at.

    One is made at a time, in the pool; of those asked for meanwhile the last one is next, so that
    scrubbing through a stack makes no pictures that nobody waits for.
    """

    def __init__(self, desk: Desk, view: ViewControl) -> None:
        self._desk = desk
        self._view = view
        self.sources: Sequence[Picture] = ()
        """Display pictures of the open set, some of which may be proxies."""
        self._whole: dict[int, Picture] = {}  # by number, the one looked at last at the end
        self._making = self._next = 0
        view.ask_for_source = self.ask

    def ask(self, number: int) -> None:
        """Source `number`, from 1, is looked at."""
        if not 1 <= number <= len(self.sources):
            return
        if number in self._whole:
            self._whole[number] = self._whole.pop(number)
        elif isinstance(self.sources[number - 1], Proxy) and number != self._making:
            self._next = number
            if not self._making:
                self._make()

    def abandon(self) -> None:
        """The set is being left."""
        self._whole.clear()
        self._making = self._next = 0
        self.sources = ()

    def _make(self) -> None:
        number, stack, sources = self._next, self._desk.session.stack, self.sources
        self._making, self._next = number, 0
        assert stack is not None

        def done(value: object) -> None:
            if self.sources is sources:
                assert isinstance(value, Picture)
                self._take(number, value)

        def failed(failure: TaskFailed) -> None:
            if self.sources is sources:
                self._desk.failing("a smaller picture of it is shown")(failure)
                self._go_on()

        self._desk.submit(
            lambda _report: tasks.source_picture(stack, number - 1), done=done, failed=failed
        )

    def _take(self, number: int, picture: Picture) -> None:
        self._whole[number] = picture
        self._desk.notifier.emit(PictureReady(f"source:{number}", picture))
        self._make_room(picture.nbytes)
        self._go_on()

    def _go_on(self) -> None:
        self._making = 0
        if self._next:
            self._make()

    def _make_room(self, each: int) -> None:
        """Put proxies in the place of those that were not looked at for longest."""
        over = len(self._whole) - max(_LEAST, _BYTES // each)
        seen = self._seen()
        for number in [n for n in self._whole if f"source:{n}" not in seen][: max(0, over)]:
            del self._whole[number]
            self._desk.notifier.emit(PictureReady(f"source:{number}", self.sources[number - 1]))

    def _seen(self) -> Collection[str]:
        session = self._desk.session
        active = f"source:{session.active_source}"
        return {session.shown, session.reference, active, *self._view.in_panes()}
