"""A stack as the camera gave it made one whose frames fit each other: aligned, equally bright."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias, TypeVar

from mfgui.app.prepare_light import check_light, matched_too
from mfgui.app.prepare_memory import MemoryPlan, plan_memory
from mfgui.core.alignment import FrameFit, StackAlignment
from mfgui.core.arrays import PixelArray, Rect, Size
from mfgui.core.compute import Compute
from mfgui.core.errors import UsageError
from mfgui.core.exposure import StackExposure
from mfgui.core.stack import PixelStore, SourceStack
from mfgui.core.transforms import Transform
from mfgui.files.frame_cache import FrameCache

Align: TypeAlias = Literal["off", "auto", "translation", "similarity", "affine", "homography"]
Exposure: TypeAlias = Literal["off", "auto", "gain", "white-balance", "local"]
Crop: TypeAlias = Literal["common", "reference"]
Tell: TypeAlias = Callable[[str, int, int], None]
T = TypeVar("T")

READING, ALIGNING, EQUALISING, MOVING = "reading", "aligning", "exposure", "moving frames"


@dataclass(frozen=True)
class PrepareOptions:
    """How the frames of a stack are to be brought together.

    Attributes
    ----------
    align : str
        What frames may differ by, as for `mfgui.methods.align.align_frames`; "off" for frames
        that lie on each other already.
    exposure : str
        Mode of `mfgui.methods.exposure.match_exposure`.
    reference : int or None
        The frame, from 0, whose geometry and light are kept; None lets it be chosen.
    crop : str
        "common" keeps what all frames show, "reference" all of the reference frame.
    alignment : StackAlignment or None
        Used again instead of measuring; of as many frames of the same shape.
    excluded : tuple of int
        Frames, from 0, that take no part.
    light : StackExposure or None
        Used again with `alignment`, whose reference it is of, in place of `exposure`.
    unmatched : tuple of int
        Frames, from 0, whose light is not in `light`: only they are matched.
    """

    align: Align = "auto"
    exposure: Exposure = "auto"
    reference: int | None = None
    crop: Crop = "common"
    alignment: StackAlignment | None = None
    excluded: tuple[int, ...] = ()
    light: StackExposure | None = None
    unmatched: tuple[int, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether every frame is to be used as it is."""
        return self.still and self.exposure == "off" and not self.excluded

    @property
    def still(self) -> bool:
        """Whether no frame is to be moved."""
        return self.align == "off" and self.alignment is None


def _untold(_stage: str, _done: int, _total: int) -> None:
    """The progress of a preparation nobody watches."""


def prepare(
    stack: SourceStack,
    options: PrepareOptions,
    *,
    compute: Compute,
    cache: FrameCache | None = None,
    progress: Tell = _untold,
) -> SourceStack:
    """The frames of a stack that take part, moved onto the reference frame and equalised.

    Parameters
    ----------
    stack : SourceStack
        As the camera gave it.
    compute : Compute
        `memory` is the limit of the whole program, see `plan_memory`.
    cache : FrameCache, optional
        Where moved frames are kept when they do not fit into memory; by default the one of this
        person.
    progress : callable
        Takes a stage ("aligning", "exposure", "moving frames"), how many parts of it are done,
        and how many there are; from any thread.

    Returns
    -------
    SourceStack
        Of the same depth and channels, as large as what is kept; `alignment`, `exposure` and
        `origin` say where it comes from. The stack itself where nothing is asked for, and one of
        its very frames where none has to change.

    Raises
    ------
    UsageError
        Where frames do not fit each other, and for options that do not fit the stack.
    OutputError
        When the cache has no room for the frames; before they are moved.
    OutOfMemoryError
        When the limit is too small for frames of this size.
    StopRequested
        The stack is as it was, and its decoded frames are still there.
    """
    if options.nothing:
        return stack
    _check(stack, options)
    plan = plan_memory(
        stack.size, stack.channels, stack.depth, stack.k,
        limit=compute.memory, threads=compute.threads, moving=True,
    )  # fmt: skip
    fit, light = _measured(stack, options, compute, progress)
    whole = Rect(0, 0, stack.size.width, stack.size.height)
    if fit.still and light.neutral and fit.crop == whole and len(fit.used) == stack.k:
        return replace(stack, reference=fit.reference, alignment=fit, exposure=light)
    return _moved(stack, fit, light, plan, compute, cache, progress)


def _check(stack: SourceStack, options: PrepareOptions) -> None:
    for index in (*options.excluded, *(() if options.reference is None else (options.reference,))):
        if not 0 <= index < stack.k:
            raise UsageError(
                f"frame {index + 1}: there is no such frame", hint=f"use 1 to {stack.k}"
            )
    if stack.k - len(set(options.excluded)) < 2:
        raise UsageError("fewer than two frames are left", hint="exclude fewer")
    if options.reference in options.excluded:
        raise UsageError("the reference is among the excluded frames", hint="choose another one")
    if options.light is not None:
        check_light(options.light, stack)
        if options.alignment is None or options.reference not in (
            None,
            options.alignment.reference,
        ):
            raise UsageError("an exposure is used again with its alignment only")


def _measured(
    stack: SourceStack, options: PrepareOptions, compute: Compute, progress: Tell
) -> tuple[StackAlignment, StackExposure]:
    from mfgui.methods import align, exposure
    from mfgui.methods.exposure.proxies import Proxy as ExposureProxy

    def stage(name: str, done: int = 0, total: int = 1) -> Compute:
        progress(name, done, total)
        return replace(compute, progress=partial(progress, name))

    if options.light is not None:
        fit = _given(stack, options)
        told = replace(compute, progress=partial(progress, EQUALISING))
        return fit, matched_too(options.light, options.unmatched, stack, fit, told)
    wanted = options.align != "off" and options.alignment is None
    lit = options.exposure != "off"
    taken = tuple(index for index in range(stack.k) if index not in options.excluded)
    done: list[int] = []

    def look(index: int) -> tuple[align.Proxy | None, ExposureProxy | None]:
        compute.checkpoint()
        frame = stack.pixels(index)
        found = (
            align.proxy_of(frame, compute=compute) if wanted else None,
            exposure.proxy_of(frame) if lit else None,
        )
        done.append(index)
        progress(ALIGNING if wanted else EQUALISING, len(done), 2 * stack.k)
        return found

    looks = in_parallel(look, range(stack.k), workers=compute.threads) if wanted or lit else []
    if wanted:
        small = [proxy for proxy, _ in looks if proxy is not None]
        half = replace(compute, progress=_second_half(partial(progress, ALIGNING)))
        fit = align.align_proxies(
            [small[index] for index in taken],
            model=options.align,
            reference=None if options.reference is None else taken.index(options.reference),
            crop=options.crop,
            compute=half,
        )
        fit = _with_left_out(fit, taken, stack.k)
    else:
        fit = _given(stack, options)
    light = exposure.match_proxies(
        [proxy for _, proxy in looks if proxy is not None],
        fit,
        mode=options.exposure,
        compute=stage(EQUALISING) if lit else compute,
    )
    return fit, light


def _second_half(told: Callable[[int, int], None]) -> Callable[[int, int], None]:
    return lambda done, total: told(total + done, 2 * total)


def _with_left_out(fit: StackAlignment, taken: Sequence[int], k: int) -> StackAlignment:
    """The alignment of the frames `taken` as one of all k frames."""
    if len(taken) == k:
        return fit
    frames = [FrameFit(Transform.identity(), float("nan"), 1.0, "excluded", used=False)] * k
    for index, found in zip(taken, fit.frames, strict=True):
        frames[index] = found
    return replace(fit, reference=taken[fit.reference], frames=tuple(frames))


def _given(stack: SourceStack, options: PrepareOptions) -> StackAlignment:
    """The alignment that is used again, or that of frames that lie on each other."""
    from mfgui.methods import align

    if options.alignment is None:
        whole = Rect(0, 0, stack.size.width, stack.size.height)
        reference = stack.reference if options.reference is None else options.reference
        free = next(index for index in range(stack.k) if index not in options.excluded)
        frames = [
            FrameFit(Transform.identity(), 0.0, 1.0, "", index not in options.excluded)
            for index in range(stack.k)
        ]
        reference = free if reference in options.excluded else reference
        return StackAlignment(stack.size, reference, "off", tuple(frames), whole)
    fit = align.reused(options.alignment, stack.size, stack.k)
    if options.reference is not None and options.reference != fit.reference:
        fit = align.with_reference(fit, options.reference)
    for index in options.excluded:
        if fit.frames[index].used:
            fit = align.excluded(fit, index)
    return align.recropped(fit, options.crop) if options.crop == "reference" else fit


def _moved(
    stack: SourceStack,
    fit: StackAlignment,
    light: StackExposure,
    plan: MemoryPlan,
    compute: Compute,
    cache: FrameCache | None,
    progress: Tell,
) -> SourceStack:
    used, crop = fit.used, fit.crop
    size = Size(crop.width, crop.height)
    needed = len(used) * stack.frame_bytes * size.pixels // stack.size.pixels
    kept = cache or FrameCache()
    if not plan.in_memory:
        kept.check(needed)
    mover = partial(_move, stack, fit, light)
    each = replace(
        compute, threads=max(1, compute.threads // plan.movers), progress=lambda _done, _total: None
    )

    def frame(index: int) -> PixelArray:
        pixels = mover(index, each)
        # Of what lies in a file already nothing is copied.
        return pixels if plan.in_memory else kept.keep(pixels)

    store = PixelStore([partial(frame, index) for index in used], byte_budget=max(needed, 1))
    done: list[int] = []

    def work(place: int) -> None:
        compute.checkpoint()
        store.get(place)
        done.append(place)
        progress(MOVING, len(done), len(used))

    progress(MOVING, 0, len(used))
    in_parallel(work, range(len(used)), workers=plan.movers)
    sources = tuple(replace(stack.sources[index], size=size) for index in used)
    return SourceStack(
        sources, store, used.index(fit.reference), alignment=fit, exposure=light, origin=stack
    )


def _move(
    stack: SourceStack, fit: StackAlignment, light: StackExposure, index: int, compute: Compute
) -> PixelArray:
    from mfgui.methods.align.warp import warp_frame

    return warp_frame(
        stack.pixels(index),
        fit.frames[index].transform,
        rect=fit.crop,
        exposure=light.frames[index],
        reference=stack.pixels(fit.reference),
        compute=compute,
    )


def in_parallel(work: Callable[[int], T], items: Sequence[int], *, workers: int) -> list[T]:
    """Results in order; after a failure nothing more is begun, and the first one is raised."""
    if workers <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers, thread_name_prefix="mfgui-prepare") as pool:
        futures: list[Future[T]] = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done() and not future.cancelled():
                    future.result()
        finally:
            pool.shutdown(cancel_futures=True)
        return [future.result() for future in futures]
