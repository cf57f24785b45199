"""One optimum follows the focus map: shown at once, then solved again where the map has changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mfgui.app.brushing import moved, shown_pixels
from mfgui.app.desk import Desk
from mfgui.app.followed import Entry, Solved, can_follow, named, reader, scoring, solving
from mfgui.app.requests import RunNumbers
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import ImageU8, Rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.events import (
    PicturePatched,
    ResultAdded,
    ResultMoved,
    ResultRemoved,
    ShownChanged,
)
from mfgui.core.pyramid import Picture
from mfgui.jobs.pool import TaskFailed

FOLLOWING = ", following the map"
_CELL = 32  # pixels; changes are told apart on a grid of these
_MOST_BOXES = 8
_AT_ONCE = (
    4_000_000  # pixels that are moved on the interface thread; larger changes are solved only
)


@dataclass(eq=False)
class _Job:
    """One task of the pool: an area in which the map may differ from that of the entry."""

    entry: Entry
    area: Rect
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested

    def compute(self, threads: int) -> Compute:
        return Compute(threads=threads, checkpoint=self.check)


class Follower:
    """Keeps one result that belongs to the present map, made from the optimum that is shown, or
    from the newest one.

    While its picture is shown, changed labels are seen in it at once: moved by the difference of
    the sources, then as solved again. Results of other methods or objectives, and maps with
    unassigned pixels, are not followed: the next run serves them. Changes that arrive while one
    is being solved are put together and solved next; those made while no result is shown are
    solved when one is. Q is evaluated once after the last of them.
    """

    def __init__(self, desk: Desk, view: ViewControl, numbers: RunNumbers) -> None:
        self._desk = desk
        self._view = view
        self._numbers = numbers
        self._entry: Entry | None = None
        self._job: _Job | None = None
        self._scoring: _Job | None = None
        self._due = False
        self._since: Rect | None = None  # where the map may differ from that of the entry
        self._settled: list[Callable[[], None]] = []
        desk.notifier.connect(self._on_session_changed)
        self.sources: Sequence[Picture] = ()
        """Display pictures of the open set."""

    def map_changed(self, rect: Rect, *, follow: bool = True) -> None:
        """The labels inside `rect` may have changed.

        Parameters
        ----------
        follow : bool
            False for a map that comes with a result of its own.
        """
        self._since = rect if self._since is None else self._since.united(rect)
        self._due = self._due or follow
        if self._view.shown_result() is None:
            return
        if follow:
            self._show_at_once(rect)
        self.catch_up()

    def catch_up(self) -> None:
        """Solve what is due, whatever is shown: somebody wants to see or to save the result."""
        if self._due and self._job is None:
            self._begin()

    def when_settled(self, then: Callable[[], None]) -> None:
        """Call `then` as soon as the newest optimum belongs to the present map, if it can."""
        self._settled.append(then)
        self.catch_up()
        self._tell_settled()

    def abandon(self) -> None:
        """Forget everything: the set is being left."""
        for job in (self._job, self._scoring):
            if job is not None:
                job.stopped.set()
        self._job = self._scoring = self._entry = self._since = None
        self._due = False
        self._settled.clear()
        self.sources = ()

    def _tell_settled(self) -> None:
        if self._job is None and not self._due:
            waiting, self._settled = self._settled, []
            for then in waiting:
                then()

    def _on_session_changed(self, change: object) -> None:
        """The newest optimum is shown: what was painted meanwhile is due."""
        entry = self._entry
        if isinstance(change, ResultMoved) and entry is not None and entry.base is change.before:
            entry.base = change.after
        if isinstance(change, ShownChanged) and self._due:
            shown = self._view.shown_result()
            if shown is not None and shown == self._newest():
                self.catch_up()

    def _newest(self) -> int | None:
        results = self._desk.session.results
        return next((n for n in reversed(results) if can_follow(results[n])), None)

    def _base(self) -> int | None:
        """Number of the result to follow: the shown one if it can be, else the newest."""
        results, shown = self._desk.session.results, self._view.shown_result()
        if shown is not None and can_follow(results[shown]):
            return shown
        return self._newest()

    def _choose(self) -> Entry | None:
        """The entry of the result to follow, a new one if that is another than before."""
        number = self._base()
        if number is None:
            return None
        entry = self._entry
        if entry is not None and number == (entry.number if entry.published else entry.origin):
            return entry
        self._retire()
        base = self._desk.session.results[number]
        size = self._desk.session.stack.size if self._desk.session.stack is not None else None
        assert size is not None
        self._entry = Entry(-1, base, number)
        self._since = Rect(0, 0, size.width, size.height)
        return self._entry

    def _retire(self) -> None:
        """The entry follows no longer: it is a result like any other from here on."""
        entry, results = self._entry, self._desk.session.results
        if entry is not None and entry.published and entry.number in results:
            results[entry.number] = replace(results[entry.number], guard=None)
        self._entry = None

    def _withdraw(self, entry: Entry) -> None:
        """After a failure: show what the entry really is, or nothing of it if it is nothing yet."""
        results = self._desk.session.results
        if not entry.published or entry.number not in results:
            self._entry = None
        elif entry.solved:
            self._retire()
            self._view.renew(entry.number)
        else:
            self._entry = None
            shown = self._view.shown_result() == entry.number
            del results[entry.number]
            self._view.drop(entry.number)
            self._desk.notifier.emit(ResultRemoved(entry.number))
            if shown:
                self._view.show(f"result:{entry.origin}")

    # At once

    def _show_at_once(self, rect: Rect) -> None:
        """Move the shown picture along, where it is that of the result to follow."""
        session = self._desk.session
        if self._job is not None and self._job.entry is not self._entry:
            return
        entry = self._choose() if self._job is None else self._entry
        if entry is None or session.focus_map is None or rect.width * rect.height > _AT_ONCE:
            return
        key = f"result:{entry.number if entry.published else entry.origin}"
        if session.shown != key or self._view.picture(key) is None:
            return
        before, after = entry.shown[rect.slices], session.focus_map.labels[rect.slices]
        where = named(before, after, len(self.sources))
        if not where.any():
            return
        self._publish(entry)
        picture = self._view.picture(f"result:{entry.number}")
        if picture is None:
            return
        pixels = shown_pixels(picture, rect)
        pixels = moved(pixels, self.sources, rect, before=before, after=after, where=where)
        before[where] = after[where]
        self._patch(entry, rect, pixels)

    def _patch(self, entry: Entry, rect: Rect, pixels: ImageU8) -> None:
        self._desk.notifier.emit(PicturePatched(f"result:{entry.number}", rect, pixels))

    # Solved again

    def _begin(self) -> None:
        session = self._desk.session
        self._due = False
        if session.stack is None or session.focus_map is None:
            return
        entry = self._choose()
        if entry is None:
            return
        if self._scoring is not None:
            self._scoring.stopped.set()
        area, self._since = self._since, None
        if area is None:
            return
        job = self._job = _Job(entry, area)
        task = solving(
            session.stack,
            entry,
            session.focus_map.labels[area.slices].copy(),
            area,
            compute=job.compute(self._desk.backend.threads),
            revision=session.focus_map.revision,
        )
        self._desk.submit(
            task,
            done=lambda value: self._on_solved(job, value),
            failed=lambda failure: self._on_failed(job, failure),
            urgent=True,
        )

    def _on_solved(self, job: _Job, value: object) -> None:
        if job is not self._job:
            return  # its set was left
        self._job = None
        entry, results = job.entry, self._desk.session.results
        there = (entry.number if entry.published else entry.origin) in results
        if isinstance(value, Solved) and there:
            self._publish(entry, value)
        elif there:
            self._since = job.area if self._since is None else self._since.united(job.area)
        else:
            self._entry = None
        self._go_on()

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is not self._job:
            return
        self._job = None
        self._withdraw(job.entry)
        self._desk.failing("the results are as they were; a new run uses the new map")(failure)
        self._go_on()

    def _go_on(self) -> None:
        if self._due:
            self._begin()
        if self._job is None:
            self._score()
        self._tell_settled()

    def _publish(self, entry: Entry, solved: Solved | None = None) -> None:
        """Put the entry among the results; with a solution show it."""
        session, first = self._desk.session, not entry.published
        base_key = f"result:{entry.origin}"
        if first:
            entry.number = self._numbers.next()
            entry.published = True
        key = f"result:{entry.number}"
        revision = entry.base.map_revision if solved is None else solved.revision
        seconds = 0.0 if solved is None else solved.seconds
        session.results[entry.number] = entry.result(revision=revision, seconds=seconds)
        if first:
            self._desk.notifier.emit(ResultAdded(entry.number))
            if session.shown == base_key and self._view.picture(base_key) is not None:
                self._view.hand_over(base_key, key)
            elif solved is not None:
                self._view.renew(entry.number)
        picture = self._view.picture(key)
        entry.solved = entry.solved or solved is not None
        if solved is None or picture is None:
            return
        picture.set_stored(reader(entry, session))
        for rect, pixels in solved.patches:
            self._show_solved(entry, rect, pixels)

    def _show_solved(self, entry: Entry, rect: Rect, pixels: ImageU8) -> None:
        """Show a solution, with what has been painted since it began moved along."""
        focus_map = self._desk.session.focus_map
        assert focus_map is not None
        solved, shown = entry.labels[rect.slices], entry.shown[rect.slices]
        now = focus_map.labels[rect.slices]
        newer = (shown != solved) & (shown == now) & named(solved, now, len(self.sources))
        if newer.any():
            pixels = moved(pixels, self.sources, rect, before=solved, after=now, where=newer)
        shown[...] = np.where(newer, shown, solved)
        self._patch(entry, rect, pixels)

    def _score(self) -> None:
        """Evaluate Q of the entry where it is not known."""
        session, entry = self._desk.session, self._entry
        if session.stack is None or entry is None or entry.number not in session.results:
            return
        result = session.results[entry.number]
        if result.q is not None or entry.image is None:
            return
        job = self._scoring = _Job(entry, Rect(0, 0, 0, 0))
        number = entry.number

        def done(value: object) -> None:
            current = session.results.get(number) is result and not job.stopped.is_set()
            if current and isinstance(value, float):
                session.results[number] = replace(result, q=value, q_box=value)
                self._desk.notifier.emit(ResultAdded(number))

        def failed(_failure: TaskFailed) -> None:
            """The result is complete; only this figure is missing."""

        task = scoring(session.stack, result, job.compute(self._desk.backend.threads))
        self._desk.submit(task, done=done, failed=failed)
