"""A look at what a method would give, on reduced frames, while its parameters are changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from mfgui.app import tasks
from mfgui.app.desk import Desk
from mfgui.app.naming import title_of
from mfgui.app.view_control import ViewControl
from mfgui.core.arrays import PixelArray, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.events import PreviewChanged, RunChanged, SetClosed, SetOpened, ShownChanged
from mfgui.core.pyramid import Picture
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task, TaskFailed
from mfgui.methods.choice import Choice, choose
from mfgui.methods.decision import decide
from mfgui.methods.registry import Value

PREVIEW = "preview"
PIXELS = 70_000
"""Of the reduced frames, at most: one core has an answer within a second."""


@dataclass(frozen=True, eq=False)
class _Made:
    picture: Picture = field(repr=False)
    words: str


@dataclass(eq=False)
class _Job:
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        if self.stopped.is_set():
            raise StopRequested


class PreviewControl:
    """One preview at a time: a new wish stops the one before.

    The canvas shows it as the picture `PREVIEW` until a result is shown, or it is ended.

    Attributes
    ----------
    words : str
        What becomes of it, for people; empty when there is none.
    """

    def __init__(self, desk: Desk, view: ViewControl) -> None:
        self._desk = desk
        self._view = view
        self._job: _Job | None = None
        self._before = ""  # the picture on the canvas that made way
        self._frames: dict[int, PixelArray] = {}  # reduced, of the open set, by index
        self.words = ""
        desk.notifier.connect(self._take)

    @property
    def busy(self) -> bool:
        """Whether one is being computed."""
        return self._job is not None

    def want(self, method: str, explicit: Mapping[str, Value]) -> None:
        """Compute the preview of a method and show it; other wishes before are forgotten."""
        self.stop()
        stack = self._desk.session.stack
        if stack is None or not self._desk.registry.get(method).previewed:
            return
        try:
            choice = choose(self._desk.registry, method, explicit)
        except UsageError as error:
            self._tell(str(error))
            return
        job = self._job = _Job()
        compute = Compute(threads=self._desk.backend.threads, checkpoint=job.check)
        self._desk.submit(
            previewing(stack, choice, self._frames, compute=compute),
            done=lambda value: self._on_made(job, value),
            failed=lambda failure: self._on_failed(job, failure),
        )
        self._tell("computing…")

    def stop(self) -> None:
        """Compute no more; what is shown stays."""
        if self._job is not None:
            self._job.stopped.set()
            self._job = None
            self._tell("")

    def end(self) -> None:
        """Show what was shown before."""
        self.stop()
        session = self._desk.session
        if session.shown == PREVIEW:
            kept = bool(title_of(session, self._before)) and self._before != "live"
            self._view.show(self._before if kept else f"source:{session.active_source}")
        self._view.drop_picture(PREVIEW)
        self._tell("")

    def abandon(self) -> None:
        """The set is being left, or the window closes."""
        if self._job is not None:
            self._job.stopped.set()
        self._job, self._frames, self.words = None, {}, ""

    def _take(self, change: object) -> None:
        if isinstance(change, SetOpened | SetClosed):
            self.abandon()
            self._desk.notifier.emit(PreviewChanged())
        elif isinstance(change, RunChanged) and change.status.active:
            self.stop()
        elif isinstance(change, ShownChanged) and change.key.startswith("result:"):
            self.stop()
            self._view.drop_picture(PREVIEW)
            self._tell("")

    def _on_made(self, job: _Job, value: object) -> None:
        if job is not self._job or not isinstance(value, _Made):
            return
        self._job = None
        self._view.take_picture(PREVIEW, value.picture)
        shown = self._desk.session.shown
        if shown != PREVIEW:
            self._before = shown
        self._view.show(PREVIEW)
        self._tell(value.words)

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is self._job:
            self._job = None
            self._tell(str(failure.error))

    def _tell(self, words: str) -> None:
        if words != self.words:
            self.words = words
            self._desk.notifier.emit(PreviewChanged())


def previewing(
    stack: SourceStack, choice: Choice, frames: dict[int, PixelArray], *, compute: Compute
) -> Task:
    """The picture that a decision makes of reduced frames; None when it was stopped.

    Parameters
    ----------
    frames : dict
        The reduced frames by index, which are kept there once they are made.
    """
    notices: list[str] = []
    listening = Compute(
        threads=compute.threads, checkpoint=compute.checkpoint, notice=notices.append
    )

    def task(_report: Report) -> _Made | None:
        try:
            for index in range(stack.k):
                if index not in frames:
                    frames[index] = _reduced(stack.pixels(index))
                listening.checkpoint()
            small = [frames[index] for index in range(stack.k)]
            decision = decide(choice.method, small, compute=listening, **dict(choice.parameters))
            image = decision.fuse()
        except StopRequested:
            return None
        words = f"front in frame {decision.front}" if decision.front else ""
        if notices:
            words = notices[-1].partition(": ")[2] or notices[-1]
        return _Made(Picture(tasks.display(stack, from_float(image, stack.depth))), words)

    return task


def _reduced(frame: PixelArray) -> PixelArray:
    """At most `PIXELS`, each the mean of those that it stands for."""
    height, width = frame.shape[:2]
    scale = min(1.0, (PIXELS / (width * height)) ** 0.5)
    if scale == 1.0:
        return frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small).reshape(size[1], size[0], -1)
