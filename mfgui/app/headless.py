"""The main job without a window: check outputs, read, run inline, write, report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mfgui import _startup
from mfgui.app import compiled, devices, fused_files
from mfgui.app.fused_files import Beside, Finish
from mfgui.app.prepare_job import (
    PHOTO,
    Preparing,
    alignment_entry,
    exposure_entry,
    notes,
    open_job,
    read_job,
)
from mfgui.app.prepare_progress import Teller
from mfgui.app.report import fuse_report, map_report, timings
from mfgui.app.requests import DEFAULT_METHOD, build_request
from mfgui.core.arrays import Depth, ImageF32, LabelArray
from mfgui.core.compute import Compute
from mfgui.core.errors import (
    InputError,
    MfguiError,
    OutOfMemoryError,
    OutputError,
    UsageError,
)
from mfgui.core.result import Result
from mfgui.core.stack import SourceStack
from mfgui.files import atomic, frames, images, maps, reports, spaces
from mfgui.jobs.events import Event, Failed, Finished, MapDetected, Progress, Stopped, Warned
from mfgui.jobs.gate import Gate
from mfgui.jobs.request import RunRequest
from mfgui.jobs.runner import execute, versions_of
from mfgui.methods import registry
from mfgui.methods.choice import DETECTOR_PREFIX
from mfgui.methods.registry import FUSING, MAPPING, Kind, Method, Value

Observe = Callable[[Event], None]
_NOTHING_SAID = Preparing()
_AS_IT_IS, _NOTHING_BESIDE = Finish(), Beside()
_DEEP = ("TIFF", "PNG")
_ERRORS: dict[int, type[MfguiError]] = {
    error.exit_code: error for error in (UsageError, InputError, OutOfMemoryError, OutputError)
}


class UnexpectedFailure(MfguiError):
    """A method failed in a way it should not; `details` is the traceback."""

    def __init__(self, what: str, *, details: str) -> None:
        super().__init__(what)
        self.details = details


@dataclass(frozen=True)
class Job:
    """What to do with which files.

    Attributes
    ----------
    sources : tuple of Path
        Images; a folder or a multi-page file stands for the images in it.
    output : Path
        The fused image, or the map of a detector.
    parameters : tuple of (name, text)
        As given; ``detector`` chooses the maker of the map.
    map_path, save_map, report : Path or None
        Map to use, where to write the map used and the report.
    white : float or None
        Value that counts as white.
    prepare : Preparing
        Whether and how the frames are brought together first, and within which memory.
    depth : str or None
        Of the fused image; None for that of the sources, and 16 bits of the photographer's
        method where the format holds them.
    finish : Finish
        Colour space and camera data of what is written.
    beside : Beside
        Depth, confidence and frames that are written, too.
    began : float
        `time.perf_counter()` from which the total time counts.
    """

    sources: tuple[Path, ...]
    output: Path
    method: str = DEFAULT_METHOD
    parameters: tuple[tuple[str, str], ...] = ()
    map_path: Path | None = None
    save_map: Path | None = None
    report: Path | None = None
    device: str = "auto"
    white: float | None = None
    prepare: Preparing = _NOTHING_SAID
    depth: Depth | None = None
    finish: Finish = _AS_IT_IS
    beside: Beside = _NOTHING_BESIDE
    began: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    `report` is the mapping described in the README; `notices` say what was adapted; `stopped`
    means that the run was interrupted and the best image so far was written.
    """

    report: Mapping[str, object]
    notices: tuple[str, ...]
    stopped: bool = False


def fuse(job: Job, *, observe: Observe, gate: Gate) -> Outcome:
    """Fuse the sources and write everything the job names.

    The fused image is written first, the report last.

    Raises
    ------
    MfguiError
        The first thing that is wrong; outputs are checked before anything is read.
    KeyboardInterrupt
        When `gate` was told to stop before there was an image.
    """
    known = registry.load()
    method = known.get(job.method, *FUSING)
    explicit = _explicit(job.parameters)
    if job.save_map is not None and job.map_path is None and not method.has_map:
        raise UsageError(f"{job.method} uses no map to save", hint="leave out --save-map")
    _check_fuse_outputs(job, method)
    device = devices.chosen(job.device).id
    threads = _startup.compute_threads(window=False)
    _startup.limit_opencv()
    clock = _Clock()
    opened = open_job(job.sources, job.prepare, method=job.method, white=job.white, threads=threads)
    images.check_holds(job.output, opened.files.size, channels=opened.files.plan.channels)
    teller = Teller(opened, job.method, observe=observe, threads=threads)
    stack = read_job(opened, compute=Compute(threads, checkpoint=gate.check), progress=teller)
    labels = None
    if job.map_path is not None:
        labels = maps.read_map(job.map_path, k=stack.k, size=stack.size)
    request = build_request(
        known,
        stack,
        method=job.method,
        explicit=explicit,
        labels=labels,
        start_image=_start_image(method, job, explicit),
        device=device,
        threads=threads,
    )
    request = replace(request, memory=opened.plan.rest)
    load = clock.lap()
    watcher = _run(request, observe=teller.fusing, gate=gate)
    result = watcher.finished()
    if result.state != "stopped":  # how long a part took says nothing about the whole
        teller.ended()
    clock.lap()
    written = _write_fused(job, stack, result)
    align = teller.aligning
    seconds = {"load": load - align, "align": align, **result.seconds, "save": clock.lap()}
    report = {
        **fuse_report(stack, result, seconds=timings(seconds, job.began)),
        "alignment": alignment_entry(stack),
        "exposure": exposure_entry(stack),
    }
    if job.report is not None:
        _write_report(job.report, report, after=job.output)
    told = (*opened.remarks, *_notices(stack, watcher), *written)
    return Outcome(report, told, stopped=result.state == "stopped")


def detect(job: Job, *, observe: Observe, gate: Gate) -> Outcome:
    """Detect the focus map of the sources and write it to `job.output`.

    Raises as `fuse` does.
    """
    known = registry.load()
    known.get(job.method, *MAPPING)
    _check_outputs(job, _map_outputs(job.output))
    device = devices.chosen(job.device).id
    _startup.limit_opencv()
    clock = _Clock()
    stack = _read(job)
    request = build_request(
        known,
        stack,
        method=job.method,
        explicit=_explicit(job.parameters),
        device=device,
        threads=_startup.compute_threads(window=False),
        map_only=True,
    )
    load = clock.lap()
    watcher = _run(request, observe=observe, gate=gate)
    labels = watcher.labels
    if labels is None:
        raise KeyboardInterrupt
    seconds = {"load": load, "map": clock.lap()}
    origin = {"detector": request.detector.name, "parameters": dict(request.parameters)}
    fused_files.write_map(job.output, labels, stack, {**origin, "versions": versions_of(request)})
    seconds["save"] = clock.lap()
    report = map_report(
        stack,
        labels,
        method=request.method.name,
        parameters=dict(request.parameters),
        seconds=timings(seconds, job.began),
        device=request.device,
        versions=versions_of(request),
    )
    return Outcome(report, _notices(stack, watcher))


class _Clock:
    """Wall-clock seconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        passed, self._last = now - self._last, now
        return passed


class _Watcher:
    """Keeps what a run says at its end and passes every event on."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self._end: Finished | Stopped | Failed | None = None
        self.labels: LabelArray | None = None
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, MapDetected):
            self.labels = event.labels
        elif isinstance(event, Warned):
            self.warnings.append(event.text)
        elif isinstance(event, Finished | Stopped | Failed):
            self._end = event
        self._observe(event)

    def check(self) -> None:
        """Raise what the run failed with."""
        end = self._end
        if isinstance(end, Failed):
            if end.details:
                raise UnexpectedFailure(end.what, details=end.details)
            raise _ERRORS.get(end.exit_code, MfguiError)(end.what, hint=end.hint)

    def finished(self) -> Result:
        """The result; KeyboardInterrupt when the run was stopped before there was one."""
        result = self._end.result if isinstance(self._end, Finished | Stopped) else None
        if result is None:
            raise KeyboardInterrupt
        return result


def _run(request: RunRequest, *, observe: Observe, gate: Gate) -> _Watcher:
    watcher = _Watcher(observe)
    if _uses_loops(request) and not compiled.ready():
        observe(Progress(request.run_id, compiled.NOTE, 0, 1))
        compiled.compile_here()
    execute(request, emit=watcher, gate=gate)
    watcher.check()
    return watcher


def _uses_loops(request: RunRequest) -> bool:
    """Whether the run calls loops that numba compiles."""
    method = request.method
    return method.needs_map or method.kind is Kind.DETECTOR


def _read(job: Job) -> SourceStack:
    chosen = frames.frames_in(job.sources)
    return images.open_set(chosen.images, white=job.white, remarks=frames.remarks(chosen)).load()


def _start_image(method: Method, job: Job, explicit: Mapping[str, Value]) -> ImageF32 | None:
    """The picture named by the parameter `start`, when it is a path."""
    parameter = next((p for p in method.parameters if p.name == "start"), None)
    if parameter is None or "start" not in explicit:
        return None
    value = str(explicit["start"])
    if not parameter.declared.path or value in parameter.declared.choices:
        return None
    path = Path(value)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists fails on impossible names
        words = " or ".join(parameter.declared.choices)
        raise UsageError(f"start={value}: there is no such file", hint=f"use {words} or a path")
    return images.read_image(path, white=job.white)


def _explicit(parameters: Sequence[tuple[str, str]]) -> dict[str, Value]:
    explicit: dict[str, Value] = {}
    for name, text in parameters:
        if name in explicit:
            raise UsageError(f"parameter {name} is given twice", hint="give it once")
        explicit[name] = text
    return explicit


def _map_outputs(path: Path) -> list[Path]:
    """The map file and what is written beside it."""
    if path.suffix.lower() != ".png":
        raise UsageError("a focus map is written as PNG", path=path, hint="use the suffix .png")
    return [path, *maps.companions(path)]


def _check_fuse_outputs(job: Job, method: Method) -> None:
    images.output_format(job.output)
    if job.finish.space is not None:
        spaces.checked(job.finish.space)
    job.beside.check(method)
    outputs = [job.output, *job.beside.paths]
    if job.save_map is not None:
        outputs += _map_outputs(job.save_map)
    if job.report is not None:
        outputs.append(job.report)
    _check_outputs(job, outputs)


def _check_outputs(job: Job, outputs: Sequence[Path]) -> None:
    inputs = [*job.sources]
    if job.map_path is not None:
        inputs.append(job.map_path)
    files = {"start", "weights", f"{DETECTOR_PREFIX}weights"}
    inputs += [Path(text) for name, text in job.parameters if name in files]
    seen: dict[Path, Path] = {}
    for path in outputs:
        atomic.check_output(path, inputs=inputs)
        twin = seen.setdefault(path.absolute(), path)
        if twin is not path:
            raise UsageError("two outputs have the same name", path=path, hint="rename one of them")


def _write_fused(job: Job, stack: SourceStack, result: Result) -> tuple[str, ...]:
    """Write everything but the report; what formats could not hold."""
    depth = job.depth or stack.depth
    if job.depth is None and job.method == PHOTO and images.output_format(job.output) in _DEEP:
        depth = "uint16"
    lost = fused_files.write_picture(job.output, stack, result, depth=depth, finish=job.finish)
    told = [f"{job.output.name}: {text}" for text in lost]
    if job.save_map is not None and result.labels is not None:
        made = result.provenance
        origin = {"detector": made.detector, "parameters": dict(made.parameters)}
        with fused_files.kept(job.output):
            fused_files.write_map(
                job.save_map, result.labels, stack, {**origin, "versions": dict(made.versions)}
            )
    with fused_files.kept(job.output):
        lost = fused_files.write_beside(job.beside, stack, result, job.finish)
    return (*told, *lost)


def _write_report(path: Path, report: Mapping[str, object], *, after: Path) -> None:
    with fused_files.kept(after):
        reports.write_json(path, report)


def _notices(stack: SourceStack, watcher: _Watcher) -> tuple[str, ...]:
    adapted = [f"{source.name}: {text}" for source in stack.sources for text in source.notices]
    return (*adapted, *notes(stack), *watcher.warnings)
