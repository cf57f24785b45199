"""What the pool does to align the frames of the open set, and to undo it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mfgui.app.align_choice import AlignChoice
from mfgui.app.prepare import ALIGNING, EQUALISING, MOVING, PrepareOptions, in_parallel, prepare
from mfgui.app.prepare_job import read_alignment
from mfgui.app.requests import build_request
from mfgui.app.tasks import LoadedSet, preview_of, source_pictures
from mfgui.core.alignment import StackAlignment
from mfgui.core.arrays import ImageF32, ImageU8, Rect, from_float
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import UsageError
from mfgui.core.exposure import StackExposure
from mfgui.core.pyramid import Picture
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.files.atomic import check_output
from mfgui.files.reports import write_json
from mfgui.jobs.events import Event, Finished
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.gate import Gate
from mfgui.jobs.pool import Report, Task
from mfgui.jobs.runner import execute
from mfgui.methods.align import (
    Proxy,
    align_proxies,
    excluded,
    proxy_of,
    reused,
    with_reference,
)
from mfgui.methods.align.warp import warp_frame
from mfgui.methods.registry import Registry

PHOTO = "photo"
_WORDS = {ALIGNING: "aligning", EQUALISING: "matching the light", MOVING: "moving frames"}
_LOOK = 700_000  # pixels: thirty of them are fused in seconds
_TOLD = 0.05  # seconds between two reports of one stage


@dataclass(frozen=True)
class Stage:
    """How far an alignment has come: `done` of `total` parts of what `name` says."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Known:
    """What is used again in place of measuring the frames.

    Attributes
    ----------
    light : StackExposure or None
        Against the reference of the alignment; None to match the light.
    unmatched : tuple of int
        Frames, from 0, whose light `light` does not tell.
    """

    alignment: StackAlignment = field(repr=False)
    light: StackExposure | None = field(default=None, repr=False)
    unmatched: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Fitted:
    """The frames were measured; they are not moved yet."""

    alignment: StackAlignment = field(repr=False)


@dataclass(frozen=True, eq=False)
class Aligned:
    """Other frames for the open set, and their mean, small."""

    loaded: LoadedSet
    average: Picture | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Look:
    """A small fused picture.

    Attributes
    ----------
    aligned : (h, w, C) uint8
        Of what the aligned frames will show.
    in_place : (h, w, C) uint8
        The same inside the reference frame as the camera gave it.
    """

    aligned: ImageU8 = field(repr=False)
    in_place: ImageU8 = field(repr=False)


def aligning(
    camera: SourceStack,
    choice: AlignChoice,
    *,
    given: Known | None,
    left_out: frozenset[int],
    compute: Compute,
) -> Task:
    """Measure the frames, bring them and their light together; None when it was stopped.

    Parameters
    ----------
    given : Known or None
        Is not measured then.
    left_out : frozenset of int
        Frames, from 0, that take no part.
    """

    def task(report: Report) -> Aligned | None:
        told = _Stages(report)
        try:
            measuring = replace(compute, progress=told.measured)
            known = given or Known(_fit(camera, choice, left_out, measuring))
            report(Fitted(known.alignment))
            options = PrepareOptions(
                exposure=choice.exposure,
                crop=choice.crop,
                alignment=known.alignment,
                light=known.light,
                unmatched=known.unmatched,
            )
            stack = prepare(camera, options, compute=compute, progress=told)
        except StopRequested:
            return None
        told("making small pictures", 0, 1)
        loaded = _loaded(stack, camera)
        return Aligned(loaded, _mean(loaded.pictures))

    return task


class _Stages:
    """Reports how far what is done has come, not oftener than anybody can see; from any thread."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._name = ""
        self._told = 0.0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        if name != self._name or done >= total or now - self._told > _TOLD:
            self._name, self._told = name, now
            self._report(Stage(_WORDS.get(name, name), done, total))

    def measured(self, done: int, total: int) -> None:
        """Progress of the measuring."""
        self(ALIGNING, done, total)


def _fit(
    camera: SourceStack,
    choice: AlignChoice,
    left_out: frozenset[int],
    compute: Compute,
) -> StackAlignment:
    """What is measured, without the frames that are left out."""
    reference = choice.reference - 1 if choice.reference else None
    fit = align_proxies(
        _proxies(camera, compute),
        model=choice.model,
        reference=reference,
        crop=choice.crop,
        compute=replace(compute, progress=_second_half(compute)),
    )
    if fit.reference in left_out:
        others = [frame for frame in fit.used if frame not in left_out]
        if not others:
            raise UsageError("all frames that fit are excluded", hint="use some of them again")
        fit = with_reference(fit, others[len(others) // 2])
    for frame in sorted(left_out.intersection(fit.used)):
        fit = excluded(fit, frame)
    return fit


def _proxies(camera: SourceStack, compute: Compute) -> list[Proxy]:
    done: list[int] = []

    def look(index: int) -> Proxy:
        compute.checkpoint()
        proxy = proxy_of(camera.pixels(index), compute=compute)
        done.append(index)
        compute.progress(len(done), 2 * camera.k)
        return proxy

    return in_parallel(look, range(camera.k), workers=compute.threads)


def _second_half(compute: Compute) -> Callable[[int, int], None]:
    return lambda done, total: compute.progress(total + done, 2 * total)


def as_it_was(camera: SourceStack) -> Task:
    """The frames as the camera gave them."""

    def task(_report: Report) -> Aligned:
        return Aligned(_loaded(camera, camera))

    return task


def looking(
    registry: Registry,
    shown: Sequence[Picture],
    camera: SourceStack,
    fit: StackAlignment,
    *,
    gate: Gate,
) -> Task:
    """Fuse the display pictures of the camera's frames by the photographer's method."""

    def task(_report: Report) -> Look | None:
        try:
            small = [preview_of(picture, most=_LOOK) for picture in shown]
            return _look(registry, small, camera, fit, gate)
        except StopRequested:
            return None

    return task


def saving(camera: SourceStack, fit: StackAlignment, path: Path) -> Task:
    """Write an alignment."""

    def task(_report: Report) -> None:
        check_output(path, inputs=[s.path for s in camera.sources if s.path is not None])
        write_json(path, fit.to_json())

    return task


def loading(camera: SourceStack, path: Path) -> Task:
    """Read an alignment for these frames."""

    def task(_report: Report) -> StackAlignment:
        found = read_alignment(path)
        return reused(found, camera.size, camera.k)

    return task


def _loaded(stack: SourceStack, camera: SourceStack) -> LoadedSet:
    paths = dict.fromkeys(source.path for source in camera.sources if source.path is not None)
    return LoadedSet(stack, source_pictures(stack), tuple(paths))


def _mean(pictures: Sequence[Picture]) -> Picture:
    """What all of them show on the whole, small: frames that do not fit make it double."""
    total: ImageF32 | None = None
    for picture in pictures:
        small = preview_of(picture).astype(np.float32)
        total = small if total is None else total + small
    assert total is not None
    return Picture(np.rint(total / len(pictures)).astype(np.uint8))


def _look(
    registry: Registry,
    shown: Sequence[ImageU8],
    camera: SourceStack,
    fit: StackAlignment,
    gate: Gate,
) -> Look | None:
    height, width = shown[0].shape[:2]
    factor = width / camera.size.width
    whole, compute = Rect(0, 0, width, height), Compute(checkpoint=gate.check)
    reference = shown[fit.reference]
    frames = [
        warp_frame(
            shown[index],
            fit.frames[index].transform.scaled(factor),
            rect=whole,
            reference=reference,
            compute=compute,
        )
        for index in fit.used
    ]
    fused = _fused(registry, frames, gate)
    if fused is None:
        return None
    crop = fit.crop
    left, top = round(crop.x * factor), round(crop.y * factor)
    right, bottom = round(crop.right * factor), round(crop.bottom * factor)
    kept = Rect(left, top, max(1, right - left), max(1, bottom - top)).intersected(whole)
    in_place = reference.copy()
    in_place[kept.slices] = fused[kept.slices]
    return Look(np.ascontiguousarray(fused[kept.slices]), in_place)


def _fused(registry: Registry, frames: Sequence[ImageU8], gate: Gate) -> ImageU8 | None:
    """The photographer's method on small frames; None where it cannot take them."""
    found: list[Result] = []

    def take(event: Event) -> None:
        if isinstance(event, Finished) and event.result is not None:
            found.append(event.result)

    request = build_request(registry, SourceStack.from_arrays(frames), method=PHOTO)
    execute(request, emit=take, gate=gate, frames=LiveFrames())
    gate.check()
    return from_float(found[0].image, "uint8") if found else None
