"""The composite of the present focus map: a picture that follows every change of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mfgui.app import tasks
from mfgui.app.brushing import chosen, shown_pixels
from mfgui.app.desk import Desk
from mfgui.app.view_control import COMPOSITE, ViewControl
from mfgui.core.arrays import ImageF32, ImageU8, LabelArray, PixelArray, Rect, from_float
from mfgui.core.compose import compose_rect
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.events import MapChanged, PictureDropped, PicturePatched, PictureReady
from mfgui.core.labels import UNASSIGNED
from mfgui.core.pyramid import Picture
from mfgui.core.seams import Seam, seam_reach
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import Report, Task
from mfgui.methods.choice import DEFAULT_DETECTOR
from mfgui.methods.registry import Method

_AT_ONCE = 4_000_000  # pixels that are chosen on the interface thread
_PART = 1_000_000  # pixels that the pool composes between two reports


class Composite:
    """Keeps the picture ``composite``, once it has been asked for.

    With a hard seam the pixels of a changed rectangle are chosen at once from the display
    pictures of the sources; other seams and large changes are composed by the pool, where
    changes that arrive meanwhile are put together. What changes while it is out of sight is
    composed when it is shown again. Unassigned pixels are those of the default
    detector's map, which is made when the first of them is met.
    """

    def __init__(self, desk: Desk, view: ViewControl) -> None:
        self._desk = desk
        self._view = view
        self._picture: Picture | None = None
        self._building = False
        self._due: Rect | None = None
        self._stopped = threading.Event()
        self._detected: LabelArray | None = None
        self.sources: Sequence[Picture] = ()
        """Display pictures of the open set."""
        desk.notifier.connect(self._on_session_changed)

    @property
    def seam(self) -> Seam:
        return self._desk.session.seam

    def set_seam(self, seam: Seam) -> None:
        """How the sources pass into each other from here on; the map stays as it is."""
        if seam != self._desk.session.seam:
            self._desk.session.seam = seam
            self._compose(self._whole())

    def ensure(self) -> None:
        """Have the picture made, if there is a map, or what has changed since it was last seen."""
        if self._desk.session.focus_map is None or self._building:
            return
        if self._picture is None:
            self._compose(self._whole())
        elif self._due is not None:
            rect, self._due = self._due, None
            self._renew(rect)

    def map_changed(self, rect: Rect) -> None:
        """The labels inside `rect` have changed."""
        session = self._desk.session
        if session.focus_map is None:
            return
        if self._picture is not None and session.shown == COMPOSITE:
            self._renew(rect)
        elif self._picture is not None or self._building:
            self._add(rect)

    def _renew(self, rect: Rect) -> None:
        """Bring a rectangle of the picture up to date: at once where that is quick."""
        session = self._desk.session
        assert session.focus_map is not None
        assert self._picture is not None
        labels = session.focus_map.labels[rect.slices]
        complete = self._detected is not None or bool(labels.all())
        quick = session.seam.kind == "hard" and not session.seam.tone_match and complete
        if quick and rect.width * rect.height <= _AT_ONCE:
            shown = shown_pixels(self._picture, rect)
            filled = _filled(labels, self._detected, rect)
            self._patch(rect, chosen(self.sources, filled, rect, out=shown))
            if self._building:
                self._add(rect)  # an older state of it may be on its way
        else:
            self._compose(rect)

    def _add(self, rect: Rect) -> None:
        """What depends on the labels of a rectangle is due."""
        rect = rect.grown(seam_reach(self._desk.session.seam)).intersected(self._whole())
        self._due = rect if self._due is None else self._due.united(rect)

    def image(self) -> Callable[[], ImageF32]:
        """What composes the whole picture, (H, W, C) float32, of the map as it is now."""
        session = self._desk.session
        assert session.stack is not None
        assert session.focus_map is not None
        stack, labels, seam = session.stack, session.focus_map.snapshot(), session.seam
        detected, compute = self._detected, self._compute()
        detector = self._desk.registry.get(DEFAULT_DETECTOR)

        def composed() -> ImageF32:
            images = [stack.pixels(index) for index in range(stack.k)]
            filled = _complete(labels, detected, images, detector, compute)[0]
            whole = Rect(0, 0, stack.size.width, stack.size.height)
            return compose_rect(images, filled, whole, seam=seam, compute=compute)

        return composed

    def abandon(self) -> None:
        """Forget everything: the set is being left."""
        self._stopped.set()
        self._stopped = threading.Event()
        if self._picture is not None:
            self._desk.notifier.emit(PictureDropped(COMPOSITE))
        self._picture = self._detected = self._due = None
        self._building = False
        self.sources = ()

    def _whole(self) -> Rect:
        stack = self._desk.session.stack
        assert stack is not None
        return Rect(0, 0, stack.size.width, stack.size.height)

    def _compute(self) -> Compute:
        stopped = self._stopped

        def check() -> None:
            if stopped.is_set():
                raise StopRequested

        return Compute(threads=self._desk.backend.threads, checkpoint=check)

    def _compose(self, rect: Rect) -> None:
        self._add(rect)
        if not self._building:
            self._begin()

    def _begin(self) -> None:
        """Compose what is due in the pool; the first time all of it, as a new picture."""
        session, stopped = self._desk.session, self._stopped
        rect, self._due = self._due, None
        if rect is None or session.stack is None or session.focus_map is None:
            return
        self._building = True
        first = self._picture is None
        rect = self._whole() if first else rect
        task = _composing(
            session.stack,
            session.focus_map.snapshot(),
            rect,
            seam=session.seam,
            detected=self._detected,
            detector=self._desk.registry.get(DEFAULT_DETECTOR),
            compute=self._compute(),
            whole=first,
        )

        def current() -> bool:
            return stopped is self._stopped

        def part(value: object) -> None:
            if current() and isinstance(value, tuple):
                self._patch(*value)

        def done(value: object) -> None:
            if current():
                self._on_composed(value)

        def failed(failure: object) -> None:
            if current():
                self._building = False
                self._desk.failing("the focus map is as it was")(failure)  # type: ignore[arg-type]

        self._desk.submit(task, done=done, failed=failed, part=part, urgent=not first)

    def _on_composed(self, value: object) -> None:
        self._building = False
        if isinstance(value, _Composed):
            self._detected = value.detected
            if value.picture is not None:
                self._picture = value.picture
                self._picture.set_stored(self._read)
                self._desk.notifier.emit(PictureReady(COMPOSITE, value.picture))
                if self._desk.session.shown == COMPOSITE:
                    self._view.show(COMPOSITE)
        if self._due is not None:
            self._begin()

    def _patch(self, rect: Rect, pixels: ImageU8) -> None:
        self._desk.notifier.emit(PicturePatched(COMPOSITE, rect, pixels))

    def _read(self, rect: Rect) -> PixelArray | None:
        """The true pixels, in the depth of the sources."""
        session = self._desk.session
        if session.stack is None or session.focus_map is None:
            return None
        reach = seam_reach(session.seam)
        near = rect.grown(reach).intersected(self._whole())
        labels = np.zeros(session.focus_map.labels.shape, session.focus_map.labels.dtype)
        labels[near.slices] = _filled(session.focus_map.labels[near.slices], self._detected, near)
        if not labels[rect.slices].all():
            return None
        images = [session.stack.pixels(index) for index in range(session.stack.k)]
        found = compose_rect(images, labels, rect, seam=session.seam, compute=Compute())
        return from_float(found, session.stack.depth)

    def _on_session_changed(self, change: object) -> None:
        """Without a map there is no composite."""
        if isinstance(change, MapChanged) and self._desk.session.focus_map is None:
            sources = self.sources
            self.abandon()
            self.sources = sources


@dataclass(frozen=True, eq=False)
class _Composed:
    """The detector's map, if it was needed, and the picture where it is a new one."""

    detected: LabelArray | None
    picture: Picture | None


def _composing(
    stack: SourceStack,
    labels: LabelArray,
    rect: Rect,
    *,
    seam: Seam,
    detected: LabelArray | None,
    detector: Method,
    compute: Compute,
    whole: bool,
) -> Task:
    """Compose `rect` part by part; each part is reported as (rect, display pixels), or all of
    them make a new picture."""

    def compose_all(report: Report) -> _Composed:
        images = [stack.pixels(index) for index in range(stack.k)]
        filled, found = _complete(labels, detected, images, detector, compute)
        shown = []
        for part in _parts(rect):
            pixels = compose_rect(images, filled, part, seam=seam, compute=compute)
            shown.append(tasks.display(stack, from_float(pixels, stack.depth)))
            if not whole:
                report((part, shown.pop()))
        return _Composed(found, Picture(np.concatenate(shown)) if whole else None)

    def task(report: Report) -> _Composed | None:
        try:
            return compose_all(report)
        except StopRequested:
            return None

    return task


def _parts(rect: Rect) -> Iterator[Rect]:
    rows = max(1, _PART // rect.width)
    for y in range(rect.y, rect.bottom, rows):
        yield Rect(rect.x, y, rect.width, min(rows, rect.bottom - y))


def _complete(
    labels: LabelArray,
    detected: LabelArray | None,
    images: Sequence[PixelArray],
    detector: Method,
    compute: Compute,
) -> tuple[LabelArray, LabelArray | None]:
    """Labels without unassigned pixels, and the detector's map if it is known."""
    if labels.all():
        return labels, detected
    if detected is None:
        found = detector.function(images, compute=compute, **detector.defaults())
        detected = np.asarray(found, labels.dtype)
    height, width = labels.shape
    return _filled(labels, detected, Rect(0, 0, width, height)), detected


def _filled(labels: LabelArray, detected: LabelArray | None, rect: Rect) -> LabelArray:
    """The labels of `rect`, those of the detector where they are unassigned."""
    if detected is None:
        return labels
    filled: LabelArray = np.where(labels == UNASSIGNED, detected[rect.slices], labels)
    return filled
