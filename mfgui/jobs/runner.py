"""Carries out one request: focus map, then the method; speaks in events only."""

from __future__ import annotations

import importlib.metadata
import platform
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from mfgui import __version__
from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute, StopRequested
from mfgui.core.errors import MfguiError, OutOfMemoryError, is_out_of_memory
from mfgui.core.labels import UNASSIGNED
from mfgui.core.result import InputRecord, Provenance, Result, State
from mfgui.jobs.events import (
    Event,
    Failed,
    Finished,
    Iterated,
    MapDetected,
    Paused,
    Progress,
    Resumed,
    Started,
    Stopped,
    Warned,
)
from mfgui.jobs.frames import LiveFrames
from mfgui.jobs.gate import Gate
from mfgui.jobs.request import RunRequest
from mfgui.jobs.trace import Trace
from mfgui.methods.decision import Decision, decide
from mfgui.methods.learned.options import weights_digest
from mfgui.methods.optimise.mffssim.window import window_size
from mfgui.methods.registry import Iterate, Kind, Value

Emit = Callable[[Event], None]
_SCORED = 20_000_000  # pixels of all sources


def execute(
    request: RunRequest,
    *,
    emit: Emit,
    gate: Gate,
    frames: LiveFrames | None = None,
) -> None:
    """Run `request` in the calling thread; never raises for anything the run does.

    The last event is Finished, Stopped or Failed. When `gate` is told to stop the run ends at
    its next checkpoint; an unfinished step is discarded and the best image so far is the result.
    While `gate` is closed the run waits at a checkpoint with its state in memory.
    """
    run_id = request.run_id
    gate.listen(lambda held: emit(Paused(run_id) if held else Resumed(run_id)))
    emit(Started(run_id, request.name))
    try:
        _Run(request, emit, gate, frames).perform()
    except StopRequested:
        emit(Stopped(request.run_id, None))
    except MfguiError as error:
        where = f"{error.path}: " if error.path is not None else ""
        emit(Failed(request.run_id, where + error.what, error.hint, error.exit_code))
    except Exception as error:  # a worker must outlive any method
        if is_out_of_memory(error):
            hint = "close other programs or use smaller pictures"
            code = OutOfMemoryError.exit_code
            emit(Failed(request.run_id, "not enough memory for this run", hint, code))
            return
        what = f"{request.method.name} failed unexpectedly: {type(error).__name__}: {error}"
        details = traceback.format_exc()
        emit(Failed(request.run_id, what, "see the details", MfguiError.exit_code, details))


class _Run:
    """State of one execution."""

    def __init__(
        self, request: RunRequest, emit: Emit, gate: Gate, frames: LiveFrames | None
    ) -> None:
        self._request = request
        self._emit = emit
        self._frames = frames
        self._clock = gate.seconds
        self._checkpoint = gate.check
        self._compute = Compute(
            threads=request.threads,
            device=request.device,
            checkpoint=gate.check,
            notice=self._warn,
            progress=self._advance,
            memory=request.memory,
        )
        self._stage = ""
        self._share = -1
        self._seconds: dict[str, float] = {}

    def perform(self) -> None:
        request = self._request
        self._progress("reading", 0, 1)
        images = self._read()
        if request.map_only:
            self._detect(images)
            self._emit(Finished(request.run_id, None))
            return
        if request.method.kind is Kind.DECISION:
            result = self._decide(images)
        else:
            result = self._fuse(images)
        if result.state == "stopped":
            self._emit(Stopped(request.run_id, result))
        else:
            self._emit(Finished(request.run_id, result))

    def _decide(self, images: Sequence[PixelArray]) -> Result:
        """The map that the method makes, and its image by it."""
        decision = self._detect(images)
        assert isinstance(decision, Decision)
        began = self._clock()
        self._stage = self._request.method.title
        self._progress(self._stage, 0, 1)
        trace = Trace.of_image(decision.fuse())
        self._seconds["fuse"] = self._clock() - began
        result = self._result(images, decision.labels, trace)
        for plane in (decision.soft, *decision.aspects.values()):
            if plane is not None:
                plane.flags.writeable = False
        return replace(result, soft=decision.soft, front=decision.front, aspects=decision.aspects)

    def _fuse(self, images: Sequence[PixelArray]) -> Result:
        request = self._request
        labels = self._focus_map(images)
        began = self._clock()
        if request.method.kind is Kind.OPTIMISER:
            if labels is None:
                raise RuntimeError("an optimiser needs a focus map")
            trace = self._optimise(images, labels, began)
        else:
            self._stage = request.method.title
            self._progress(self._stage, 0, 1)
            image = request.method.function(
                images, labels, compute=self._compute, **dict(request.parameters)
            )
            trace = Trace.of_image(image)
        self._seconds["fuse"] = self._clock() - began
        return self._result(images, labels, trace)

    def _progress(self, stage: str, done: int, total: int) -> None:
        self._emit(Progress(self._request.run_id, stage, done, total))

    def _advance(self, done: int, total: int) -> None:
        """Pass on how far a method without iterations has come, a hundred times at most."""
        share = 100 * done // max(1, total)
        if share != self._share:
            self._share = share
            self._progress(self._stage, done, total)

    def _warn(self, text: str) -> None:
        self._emit(Warned(self._request.run_id, text))

    def _read(self) -> Sequence[PixelArray]:
        """The frames as they are stored; read again when looked at where not all can be kept."""
        stack = self._request.stack
        frames = stack.frames
        for index in range(stack.k):
            stack.pixels(index)
            self._checkpoint()
        return list(frames) if stack.store.complete else frames

    def _detect(self, images: Sequence[PixelArray]) -> Decision:
        """The map of the detector; `fuse` is that of a decision alone."""
        request = self._request
        began = self._clock()
        self._stage = "detecting"
        self._progress(self._stage, 0, 1)
        decision = decide(
            request.detector, images, compute=self._compute, **dict(request.detector_parameters)
        )
        decision.labels.flags.writeable = False
        self._seconds["map"] = self._clock() - began
        self._emit(MapDetected(request.run_id, request.detector.name, decision.labels))
        return decision

    def _focus_map(self, images: Sequence[PixelArray]) -> LabelArray | None:
        """The given map, completed by the detector where it is unassigned."""
        given = self._request.labels
        if given is None:
            return self._detect(images).labels if self._request.method.needs_map else None
        holes = given == UNASSIGNED
        if not holes.any():
            return given
        detected = self._detect(images).labels
        completed = np.where(holes, detected.astype(given.dtype), given)
        completed.flags.writeable = False
        share = 100.0 * np.count_nonzero(holes) / holes.size
        self._warn(
            f"{share:.1f} % of the map was unassigned and was filled by the detector "
            f"{self._request.detector.name}"
        )
        return completed

    def _optimise(self, images: Sequence[PixelArray], labels: LabelArray, began: float) -> Trace:
        request = self._request
        parameters = dict(request.parameters)
        total = int(parameters.get("iterations", 0))
        steps: Iterator[Iterate] = request.method.function(
            images,
            labels,
            compute=self._compute,
            start_image=request.start_image,
            **parameters,
        )
        trace = Trace()
        try:
            for iterate in steps:
                seconds = self._clock() - began
                trace.add(iterate, seconds)
                self._report_step(iterate, seconds, total)
                self._checkpoint()
        except StopRequested:
            if not trace.q:
                raise
            trace.stopped = True
        return trace

    def _report_step(self, iterate: Iterate, seconds: float, total: int) -> None:
        run_id = self._request.run_id
        if self._frames is not None:
            self._frames.offer(iterate.read, run_id=run_id, iteration=iterate.iteration)
        self._emit(
            Iterated(
                run_id,
                iterate.iteration,
                total,
                iterate.q,
                iterate.step,
                iterate.gradient_norm,
                seconds,
                iterate.objective,
            )
        )

    def _result(
        self, images: Sequence[PixelArray], labels: LabelArray | None, trace: Trace
    ) -> Result:
        request = self._request
        best = trace.best()
        image = best if trace.ends_best() else trace.last()
        window = trace.window or _default_window(request)
        state: State = "stopped" if trace.stopped else "done"
        return Result(
            name=request.name,
            image=image,
            depth=request.stack.depth,
            labels=labels,
            map_revision=request.map_revision,
            provenance=_provenance(request),
            state=state,
            seconds={"map": 0.0, **self._seconds},
            start=trace.start(),
            best=best,
            curve=trace.curve(),
            evaluations=trace.evaluations,
            q=trace.shown_q(),
            q_box=self._score(images, labels, image, trace, window),
            window=window,
        )

    def _score(
        self,
        images: Sequence[PixelArray],
        labels: LabelArray | None,
        image: ImageF32,
        trace: Trace,
        window: int | None,
    ) -> float | None:
        """Joint-channel box Q of the image that is kept, when it is known or may be computed."""
        if labels is None:
            return None
        # Imported here: the compiler of the loops takes half a second to load.
        from mfgui.methods.optimise.mffssim.objective import BoxJoint, q_box

        if trace.objective == BoxJoint.name:
            return trace.shown_q()
        if window is None or trace.stopped:
            return None  # after a stop nobody waits for another evaluation
        if self._request.method.kind is Kind.DECISION and labels.size * len(images) > _SCORED:
            return None  # it would take longer than the method itself
        try:
            return q_box(images, labels, image, window=window, compute=self._compute)
        except StopRequested:
            return None  # the result is complete; only this figure is missing


def _default_window(request: RunRequest) -> int | None:
    """Window in which a method without one of its own is scored."""
    size = request.stack.size
    window = window_size("released", size)
    return window if window <= min(size.width, size.height) else None


def _provenance(request: RunRequest) -> Provenance:
    inputs = tuple(
        InputRecord(source.name, "" if source.path is None else str(source.path), source.sha256)
        for source in request.stack.sources
    )
    return Provenance(
        method=request.method.name,
        parameters={**dict(request.parameters), **_detector_settings(request)},
        inputs=inputs,
        device=request.device,
        versions=versions_of(request),
        detector=request.detector.name if request.method.has_map else None,
        map_from=request.map_from,
        start_from=request.start_from,
    )


def _detector_settings(request: RunRequest) -> dict[str, Value]:
    """What the detector was asked for beside its defaults and the settings of the method."""
    if not request.method.needs_map:
        return {}
    expected = {**request.detector.defaults(), **dict(request.parameters)}
    return {
        f"detector.{name}": value
        for name, value in request.detector_parameters
        if value != expected[name]
    }


def versions_of(request: RunRequest) -> dict[str, str]:
    """Versions that decide the numbers of a run, and the SHA-256 of the weights that it uses."""
    used = [(request.method, request.parameters)]
    if request.method.needs_map:
        used.append((request.detector, request.detector_parameters))
    networks = [(method.network, dict(values)) for method, values in used if method.network]
    found = versions(request.device, torch=bool(networks))
    for network, values in networks:
        digest = weights_digest(network, str(values["weights"]))
        found[f"{network} weights"] = f"sha256:{digest}"
    return found


def versions(device: str = "cpu", *, torch: bool = False) -> dict[str, str]:
    """Versions that decide the numbers of a run on `device`, which may use torch on any."""
    found = {"mfgui": __version__, "python": platform.python_version()}
    packages = ["numpy", "opencv-python-headless", "numba"]
    for name in [*packages, "torch"] if torch or device != "cpu" else packages:
        found[name] = importlib.metadata.version(name)
    return found
