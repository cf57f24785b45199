"""Aligning the frames of the open set, and what is known of each frame's fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mfgui.app import align_tasks
from mfgui.app.align_choice import AlignChoice
from mfgui.app.align_look import FirstLooks
from mfgui.app.align_misfits import misfits
from mfgui.app.align_tasks import Aligned, Fitted, Known, Stage
from mfgui.app.chores import Chore, Chores
from mfgui.app.desk import Desk
from mfgui.app.prepare_light import against
from mfgui.app.session_parts import SessionParts
from mfgui.app.set_control import SetControl
from mfgui.app.view_control import ViewControl
from mfgui.core.alignment import StackAlignment
from mfgui.core.errors import MfguiError
from mfgui.core.events import (
    AlignmentChanged,
    Change,
    PictureReady,
    SetClosed,
    SetOpened,
)
from mfgui.core.events import Severity as S
from mfgui.core.exposure import StackExposure
from mfgui.core.stack import SourceStack
from mfgui.jobs.pool import TaskFailed
from mfgui.methods.align import excluded, included, repaired, with_reference

AVERAGE = "average"
"""Picture key of the mean of the aligned frames, small."""
_KEPT = "the frames are as they were"


@dataclass(eq=False)
class _Job:
    """An alignment under way."""

    chore: Chore
    camera: SourceStack
    choice: AlignChoice
    then: Callable[[], None]
    agreed: object
    with_look: bool
    fit: StackAlignment | None = None


class AlignControl:
    """Settings, fits, and the exchange of the camera's frames for aligned ones and back.

    Frames are counted from 0 as the camera gave them, those that are left out among them.

    Attributes
    ----------
    choice : AlignChoice
        For the next alignment.
    left_out : frozenset of int
        Frames that a person excluded before anything was measured.
    leaving : callable
        Calls what it is given once the map and the results of the present frames may go, which
        may need an answer; set by the window.
    """

    def __init__(self, desk: Desk, view: ViewControl, sets: SetControl, chores: Chores) -> None:
        self._desk = desk
        self._view = view
        self._sets = sets
        self._chores = chores
        self._job: _Job | None = None
        self._made_with: AlignChoice | None = None
        self.choice = AlignChoice.known(desk.settings.values.alignment)
        self.left_out: frozenset[int] = frozenset()
        self.leaving: Callable[[Callable[[], None]], None] = lambda go: go()
        self.looks = FirstLooks(desk, view, sets)
        self._exchanging = False
        desk.notifier.connect(self._take)

    # State

    @property
    def camera(self) -> SourceStack | None:
        """The frames as the camera gave them."""
        stack = self._desk.session.stack
        return stack if stack is None or stack.origin is None else stack.origin

    @property
    def alignment(self) -> StackAlignment | None:
        """Of the frames that are shown; while they are being aligned what was measured."""
        stack = self._desk.session.stack
        if self._job is not None and self._job.fit is not None:
            return self._job.fit
        return None if stack is None else stack.alignment

    @property
    def exposure(self) -> StackExposure | None:
        stack = self._desk.session.stack
        return None if stack is None else stack.exposure

    @property
    def busy(self) -> bool:
        """Whether frames are being aligned."""
        return self._job is not None

    @property
    def stale(self) -> bool:
        """Whether the frames are not what the settings ask for."""
        stack = self._desk.session.stack
        if stack is None:
            return False
        if stack.alignment is None:
            return bool(self.left_out) or not self.choice.nothing
        return self.choice != self._made_with

    def number_of(self, frame: int) -> int:
        """The number of a frame among the sources that are open, 0 when it is not."""
        stack = self._desk.session.stack
        if stack is None:
            return 0
        if stack.alignment is None:
            return frame + 1
        used = stack.alignment.used
        return used.index(frame) + 1 if frame in used else 0

    def choose(self, **changes: object) -> None:
        """Other settings from here on; they are used by the next alignment."""
        self.choice = replace(self.choice, **changes)  # type: ignore[arg-type]
        self._desk.settings.change(alignment=self.choice.kept())
        self._tell()

    # Aligning

    def align(
        self,
        *,
        then: Callable[[], None] = lambda: None,
        given: Known | None = None,
        with_look: bool = False,
    ) -> None:
        """Exchange the frames for aligned ones, once work that would be lost may go.

        Parameters
        ----------
        then : callable
            Called when the aligned frames are there.
        given : Known, optional
            Is not measured then.
        with_look : bool
            Show a small fused picture as soon as the frames are measured.
        """
        camera = self.camera
        if camera is None or self.busy:
            return

        def begin() -> None:
            if self.camera is camera and not self.busy:
                self._begin(camera, then, given, with_look)

        self.leaving(begin)

    def undo(self) -> None:
        """The frames as the camera gave them."""
        camera, stack = self.camera, self._desk.session.stack
        if camera is None or camera is stack or self.busy:
            return

        def begin() -> None:
            failed = self._desk.failing(_KEPT)
            self._desk.submit(align_tasks.as_it_was(camera), done=done, failed=failed)

        def done(value: object) -> None:
            if self._desk.session.stack is stack and not self.busy:
                self.looks.forget()
                self._exchange(value, None)

        self.leaving(begin)

    def exclude(self, frame: int) -> None:
        """Leave a frame out."""
        if self.alignment is None:
            self.left_out |= {frame}
            self._tell()
        else:
            self._change(lambda fit: excluded(fit, frame))

    def use_again(self, frame: int) -> None:
        """Let a frame take part that was left out."""
        if self.alignment is None:
            self.left_out -= {frame}
            self._tell()
        else:
            self._change(lambda fit: included(fit, frame), unmatched=(frame,))

    def repair(self, frame: int) -> None:
        """Take the transform of a frame from its neighbours."""
        self._change(lambda fit: repaired(fit, frame), unmatched=(frame,))

    def make_reference(self, frame: int) -> None:
        """Bring the others to this frame."""
        self.choice = replace(self.choice, reference=frame + 1)
        if self.alignment is None:
            self._tell()
        else:
            self._change(lambda fit: with_reference(fit, frame))

    def save(self, path: Path) -> None:
        """Write the alignment as a file."""
        camera, fit = self.camera, self.alignment
        if camera is None or fit is None:
            return

        def done(_nothing: object) -> None:
            self._desk.notice(S.INFO, f"saved {path.name}", details=str(path))

        failed = self._desk.failing("nothing was overwritten")
        self._desk.submit(align_tasks.saving(camera, fit, path), done=done, failed=failed)

    def load(self, path: Path) -> None:
        """Align the frames as a file says."""
        camera = self.camera
        if camera is None or self.busy:
            return

        def done(value: object) -> None:
            assert isinstance(value, StackAlignment)
            if self.camera is camera:
                self.align(given=Known(value))

        failed = self._desk.failing(_KEPT)
        self._desk.submit(align_tasks.loading(camera, path), done=done, failed=failed)

    def abandon(self) -> None:
        """The window closes: end what the pool does."""
        if self._job is not None:
            self._job.chore.gate.stop()

    def carried_by(self, parts: SessionParts) -> None:
        """Remember the settings in sessions; the alignment itself is among the frames there."""

        def restore(value: object) -> None:
            if not isinstance(value, dict):
                raise TypeError
            self.choice = AlignChoice.stored(value, k=0 if self.camera is None else self.camera.k)
            self._made_with = self.choice
            self._tell()

        parts.carry("alignment", lambda: self.choice.to_store(), restore)

    # The job

    def _change(
        self,
        change: Callable[[StackAlignment], StackAlignment],
        unmatched: tuple[int, ...] = (),
    ) -> None:
        """Align again by another fit of one frame, without measuring anew."""
        fit, light = self.alignment, self.exposure
        if fit is None or self.busy:
            return
        try:
            given = change(fit)
        except MfguiError as error:
            self._desk.notice(S.ERROR, str(error), _KEPT)
            return
        if light is not None and light.mode != self.choice.exposure:
            light = None
        elif light is not None and given.reference != fit.reference:
            light = against(light, given.reference)
        self.align(given=Known(given, light, unmatched))

    def _begin(
        self,
        camera: SourceStack,
        then: Callable[[], None],
        given: Known | None,
        with_look: bool,
    ) -> None:
        stack = self._desk.session.stack
        assert stack is not None
        chore = self._chores.begin("Align", stack)
        job = _Job(chore, camera, self.choice, then, self._work(), with_look)
        self._job = job
        self.looks.forget()
        task = align_tasks.aligning(
            camera,
            job.choice,
            given=given,
            left_out=self.left_out,
            compute=chore.compute,
        )
        self._desk.submit(
            task,
            done=lambda value: self._on_aligned(job, value),
            failed=lambda failure: self._on_failed(job, failure),
            part=lambda value: self._on_part(job, value),
        )
        self._tell()

    def _on_part(self, job: _Job, value: object) -> None:
        if job is not self._job:
            return
        if isinstance(value, Stage):
            job.chore.progress(value.name, value.done, value.total)
        elif isinstance(value, Fitted):
            job.fit = value.alignment
            self._tell()
            # Other pictures are aligned by another fit.
            if job.with_look and self._desk.session.stack is job.camera:
                self.looks.ask(job.chore, job.camera, value.alignment, lambda: job is self._job)

    def _on_aligned(self, job: _Job, value: object) -> None:
        if job is not self._job:
            return
        # Whoever has asked to stop gets no other frames, even if they were nearly there.
        if not isinstance(value, Aligned) or job.chore.gate.stopped:
            self._end(job, stopped=True)
            self._back()
            return

        def go() -> None:
            if self.camera is job.camera and job is self._job:
                self._end(job)
                self._exchange(value, job.choice)
                job.then()

        # Nobody is asked twice about the same work.
        if job.agreed == self._work():
            go()
        else:
            self.leaving(go)

    def _on_failed(self, job: _Job, failure: TaskFailed) -> None:
        if job is self._job:
            self._end(job, failed=str(failure.error))
            self._back()
            self._desk.failing(_KEPT)(failure)

    def _end(self, job: _Job, *, stopped: bool = False, failed: str = "") -> None:
        self._job = None
        job.chore.end(stopped=stopped, failed=failed)
        self._tell()

    def _back(self) -> None:
        """No frames come: those that were there are shown in place of a first look."""
        session = self._desk.session
        if session.shown == "live":
            self._view.show(f"source:{session.active_source}")

    def _exchange(self, value: object, choice: AlignChoice | None) -> None:
        """The frames of the open set are others from here on."""
        assert isinstance(value, Aligned)
        truth = self._desk.session.truth
        self._exchanging = True
        try:
            self._sets.exchange(value.loaded)
        finally:
            self._exchanging = False
        self._made_with = choice
        self.left_out = frozenset()
        if value.average is not None:
            self._desk.notifier.emit(PictureReady(AVERAGE, value.average))
        self._tell()
        self._tell_misfits()
        if truth is not None:
            what = f"the ground truth {truth.name} fits the frames as they were; it is put away"
            self._desk.notice(S.INFO, what, "load one that fits these frames")

    def _tell_misfits(self) -> None:
        camera, fit = self.camera, self.alignment
        notice = None if camera is None or fit is None else misfits(camera, fit, self.exposure)
        if notice is not None:
            self._desk.notifier.emit(notice)

    def _work(self) -> object:
        """Map and results as they are now, to be compared with those of a later moment."""
        session = self._desk.session
        revision = -1 if session.focus_map is None else session.focus_map.revision
        return revision, tuple(session.results)

    def _take(self, change: Change) -> None:
        if isinstance(change, SetOpened | SetClosed) and not self._exchanging:
            if self._job is not None:
                self._job.chore.gate.stop()
                self._job = None
            self.left_out = frozenset()
            self.looks.forget()
            self.choice = replace(self.choice, reference=0)
            self._made_with = self.choice
            self._tell()

    def _tell(self) -> None:
        self._desk.notifier.emit(AlignmentChanged())
