"""From files to a prepared stack, as the command line and batches ask for it."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np

from mfgui.app.method_memory import shortage
from mfgui.app.prepare import READING, Align, Crop, Exposure, PrepareOptions, Tell, prepare
from mfgui.app.prepare_memory import MemoryPlan, plan_memory
from mfgui.core.alignment import StackAlignment
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import InputError, MfguiError, UsageError
from mfgui.core.stack import SourceStack
from mfgui.files import frames, images
from mfgui.files.frame_cache import FrameCache
from mfgui.files.inputs import open_input

PHOTO = "photo"  # the method whose frames are brought together unless it is said otherwise
_MOST_JSON = 16 << 20  # bytes


@dataclass(frozen=True)
class Preparing:
    """What is asked for; frames are counted from 1.

    Attributes
    ----------
    align, exposure : str or None
        As in `PrepareOptions`; None is "auto" for the photographer's method, else "off".
    reference : int or None
    crop : str
    alignment : Path or None
        A file that holds an alignment to be used again.
    exclude : tuple of int
        Frames that take no part.
    cache : Path or None
        Folder for frames that do not fit into memory.
    memory : float or None
        Limit in GB (1e9 bytes).
    """

    align: str | None = None
    exposure: str | None = None
    reference: int | None = None
    crop: str = "common"
    alignment: Path | None = None
    exclude: tuple[int, ...] = ()
    cache: Path | None = None
    memory: float | None = None

    def options(self, method: str | None) -> PrepareOptions:
        """For `prepare`, before a stack is to run through a method.

        Raises
        ------
        UsageError
            For unknown names, and options that contradict each other.
        InputError
            For a file that holds no alignment.
        """
        usual = "auto" if method == PHOTO else "off"
        align = _known("--align", self.align or usual, get_args(Align))
        exposure = _known("--exposure", self.exposure or usual, get_args(Exposure))
        crop = _known("--crop", self.crop, get_args(Crop))
        if self.alignment is not None and self.align is not None:
            raise UsageError(
                "--alignment and --align exclude each other", hint="leave one of them out"
            )
        found = None if self.alignment is None else read_alignment(self.alignment)
        return PrepareOptions(
            align=align,  # type: ignore[arg-type]
            exposure=exposure,  # type: ignore[arg-type]
            reference=None if self.reference is None else self.reference - 1,
            crop=crop,  # type: ignore[arg-type]
            alignment=found,
            excluded=tuple(sorted({number - 1 for number in self.exclude})),
        )


@dataclass(frozen=True)
class Opened:
    """Files whose headers were read, and what will be done with them; `remarks` are to be told
    before the work."""

    files: images.OpenedSet = field(repr=False)
    options: PrepareOptions
    plan: MemoryPlan
    cache: FrameCache
    remarks: tuple[str, ...] = ()


def open_job(
    sources: Sequence[Path],
    preparing: Preparing,
    *,
    method: str | None,
    white: float | None,
    threads: int,
) -> Opened:
    """Read headers, and check that memory and the cache suffice before any work.

    Raises
    ------
    MfguiError
        The first thing that is wrong.
    """
    options = preparing.options(method)
    chosen = frames.frames_in(sources)
    files = images.open_set(chosen.images, white=white)
    limit = None if preparing.memory is None else round(preparing.memory * 1e9)
    plan = plan_memory(
        files.size, files.plan.channels, files.plan.depth, len(files.infos),
        limit=limit, threads=threads, moving=not options.nothing,
    )  # fmt: skip
    cache = FrameCache(preparing.cache)
    if not plan.in_memory:
        cache.check(len(files.infos) * files.frame_bytes * (1 if options.nothing else 2))
    short = shortage(method, files.size, kept=plan.kept, limit=limit)
    remarks = (*frames.remarks(chosen), *((short,) if short else ()))
    return Opened(files, options, plan, cache, remarks)


def read_job(opened: Opened, *, compute: Compute, progress: Tell) -> SourceStack:
    """Decode the frames and prepare them.

    Raises
    ------
    MfguiError
        As `OpenedSet.load` and `prepare` say.
    KeyboardInterrupt
        When the checkpoint of `compute` asked to stop.
    """
    plan, k = opened.plan, len(opened.files.infos)
    compute = replace(compute, memory=plan.limit)
    try:
        progress(READING, 0, k)
        stack = opened.files.load(
            byte_budget=k * opened.files.frame_bytes if plan.in_memory else 0,
            cache=opened.cache,
            compute=replace(
                compute,
                threads=plan.decoders,
                progress=lambda done, total: progress(READING, done, total),
            ),
        )
        return prepare(
            stack, opened.options, compute=compute, cache=opened.cache, progress=progress
        )
    except StopRequested:
        raise KeyboardInterrupt from None


def read_alignment(path: Path) -> StackAlignment:
    """An alignment from a file that `mfgui align` or the window has written.

    Raises
    ------
    InputError
        If it cannot be read or holds something else.
    """
    with open_input(path) as file:
        text = file.read(_MOST_JSON)
    try:
        return StackAlignment.from_json(json.loads(text))
    except MfguiError as error:
        raise InputError(error.what, path=path, hint=error.hint) from error
    except (ValueError, RecursionError) as error:
        hint = "name the alignment.json that mfgui align has written"
        raise InputError("not the description of an alignment", path=path, hint=hint) from error


def fit_entries(stack: SourceStack) -> list[dict[str, object]]:
    """How every frame of the camera fits: JSON types, `residual` in pixels or null."""
    fit, camera = stack.alignment, stack.origin or stack
    if fit is None:
        return []

    return [
        {
            "number": index + 1,
            "name": camera.sources[index].name,
            "residual": frame.residual if math.isfinite(frame.residual) else None,
            "overlap": frame.overlap,
            "scale": math.sqrt(abs(np.linalg.det(frame.transform.matrix[:2, :2]))),
            "warning": frame.warning,
            "used": frame.used,
        }
        for index, frame in enumerate(fit.frames)
    ]


def alignment_entry(stack: SourceStack) -> dict[str, object] | None:
    """The entry "alignment" of a report; None for frames that were not aligned."""
    fit = stack.alignment
    if fit is None:
        return None
    crop = fit.crop
    return {
        "model": fit.model,
        "reference": fit.reference + 1,
        "crop": [crop.x, crop.y, crop.width, crop.height],
        "frames": fit_entries(stack),
    }


def exposure_entry(stack: SourceStack) -> dict[str, object] | None:
    """The entry "exposure" of a report; None for frames whose light was left as it was."""
    light, camera = stack.exposure, stack.origin or stack
    if light is None or light.mode == "off":
        return None
    frames = [
        {
            "name": source.name,
            "gains": list(frame.gains),
            "stops": frame.stops,
            "varies": frame.field is not None or bool(frame.tones),
            "warning": frame.warning,
        }
        for source, frame in zip(camera.sources, light.frames, strict=True)
    ]
    return {"mode": light.mode, "frames": frames}


def notes(stack: SourceStack) -> tuple[str, ...]:
    """What a person should know of frames that do not fit, one sentence each."""
    camera = stack.origin or stack
    fits = () if stack.alignment is None else stack.alignment.frames
    lights = () if stack.exposure is None else stack.exposure.frames
    found = []
    for source, fit, light in itertools.zip_longest(camera.sources, fits, lights):
        if fit is not None and fit.warning:
            left = "" if fit.used else ", left out"
            found.append(f"{source.name}: {fit.warning}{left}")
        if light is not None and light.warning:
            found.append(f"{source.name}: {light.warning}")
    return tuple(found)


def _known(option: str, value: str, names: Sequence[str]) -> str:
    if value not in names:
        raise UsageError(f"{option} {value}: not known", hint=f"use {', '.join(names)}")
    return value
