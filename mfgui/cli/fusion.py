"""The commands fuse, map and demo."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from mfgui import resources
from mfgui.app import compiled, devices, headless
from mfgui.app.fused_files import Beside, Finish, expanded
from mfgui.app.headless import Job, Outcome
from mfgui.app.prepare_job import Preparing
from mfgui.cli.progress import ProgressLine, duration
from mfgui.core.arrays import Depth
from mfgui.core.errors import INTERRUPTED, OutputError, UsageError
from mfgui.files.reports import json_text
from mfgui.jobs.events import Event, Expected, Progress, Warned
from mfgui.jobs.gate import Gate
from mfgui.methods import registry

DEPTHS: dict[int | None, Depth | None] = {None: None, 8: "uint8", 16: "uint16"}


def fuse(options: Namespace) -> int:
    """`mfgui fuse`."""
    name = _namer(options)
    job = Job(
        sources=tuple(options.sources),
        output=name(options.output),
        method=options.method,
        parameters=tuple(options.parameters),
        map_path=options.map,
        save_map=name(options.save_map),
        report=name(options.report),
        device=options.device,
        white=options.white,
        prepare=preparing(options),
        depth=DEPTHS[options.depth],
        finish=Finish(options.space, options.drop_location),
        beside=Beside(
            name(options.save_depth), name(options.save_confidence), name(options.save_layers)
        ),
        began=options.began,
    )
    return _carry_out(headless.fuse, job, as_json=options.json, describe=_fused_text)


def _namer(options: Namespace) -> Callable[[Any], Any]:
    """What fills in the template that the name of an output may be; None stays."""
    method = registry.load().get(options.method, *registry.FUSING)
    explicit = dict(options.parameters)

    def name(path: Path | None) -> Path | None:
        if path is None:
            return None
        return expanded(path, options.sources, method=method, explicit=explicit)

    return name


def preparing(options: Namespace) -> Preparing:
    """What the options of `parsing.add_together` and `parsing.add_room` ask for."""
    return Preparing(
        align=options.align,
        exposure=options.exposure,
        reference=options.align_reference,
        crop=options.crop,
        alignment=options.alignment,
        exclude=tuple(options.exclude),
        cache=options.cache,
        memory=options.memory,
    )


def detect(options: Namespace) -> int:
    """`mfgui map`."""
    job = Job(
        sources=tuple(options.sources),
        output=options.output,
        method=options.method,
        parameters=tuple(options.parameters),
        device=options.device,
        white=options.white,
        began=options.began,
    )
    return _carry_out(headless.detect, job, as_json=options.json, describe=_map_text)


def demo(options: Namespace) -> int:
    """`mfgui demo`: the sample pair in the window, or fused into files."""
    if not options.headless:
        for name, value in (("--out", options.out), ("--device", options.device)):
            if value is not None:
                hint = f"add --headless or leave out {name}"
                raise UsageError(f"{name} goes with --headless", hint=hint)
        from mfgui.cli.window import open_window

        return open_window(sample=True)
    device = devices.chosen(options.device or "auto").id
    folder = options.out or Path("mfgui-demo")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"the folder cannot be made ({error.strerror})", path=folder, hint="name another one"
        ) from error
    job = Job(
        sources=(resources.path("samples/pair/1.png"), resources.path("samples/pair/2.png")),
        output=folder / "fused.png",
        save_map=folder / "map.png",
        report=folder / "report.json",
        device=device,
        began=options.began,
    )
    return _carry_out(headless.fuse, job, as_json=False, describe=_fused_text)


def _carry_out(
    work: Callable[..., Outcome],
    job: Job,
    *,
    as_json: bool,
    describe: Callable[[Job, Outcome], str],
) -> int:
    with watched() as watch, stopped_by_interrupt() as gate:
        outcome = work(job, observe=watch, gate=gate)
    watch.tell(outcome.notices)
    print(json_text(outcome.report).rstrip() if as_json else describe(job, outcome))
    if outcome.stopped:
        print(f"mfgui: interrupted; the best image so far is in {job.output}", file=sys.stderr)
    return INTERRUPTED if outcome.stopped else 0


class Watch:
    """Shows events on standard error, and each note once."""

    def __init__(self) -> None:
        self.line = ProgressLine(sys.stderr)
        self._told: set[str] = set()
        self._expected = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress) and event.stage == compiled.NOTE:
            self.tell([compiled.NOTE])
        elif isinstance(event, Warned):
            self.tell([event.text])
        elif isinstance(event, Expected) and not self._expected:
            self._expected = True
            self.tell([f"this will take about {duration(event.seconds)}"])
        self.line(event)

    def tell(self, notes: Iterable[str]) -> None:
        """Print those that were not told before."""
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self.line.clear()
                print(f"mfgui: note: {' '.join(note.split())}", file=sys.stderr)


@contextmanager
def watched() -> Iterator[Watch]:
    """What shows events while the block runs."""
    watch = Watch()
    try:
        yield watch
    finally:
        watch.line.clear()


@contextmanager
def stopped_by_interrupt() -> Iterator[Gate]:
    """A gate that the first Ctrl+C tells to stop; the second one interrupts at once."""
    gate = Gate()
    if threading.current_thread() is not threading.main_thread():
        yield gate
        return

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if gate.stopped:
            raise KeyboardInterrupt
        gate.stop()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield gate
    finally:
        signal.signal(signal.SIGINT, before)


def _fused_text(job: Job, outcome: Outcome) -> str:
    report = outcome.report
    parts = [f"{report['width']} x {report['height']}", f"{report['k']} sources", job.method]
    if isinstance(report["q"], float):
        steps = report["iterations"]
        parts.append(f"Q {report['q']:.6f} after {steps} step{'' if steps == 1 else 's'}")
    seconds = report["seconds"]
    if isinstance(seconds, dict):
        parts.append(duration(seconds["total"]))
    return f"{job.output}: " + ", ".join(parts)


def _map_text(job: Job, outcome: Outcome) -> str:
    report = outcome.report
    shares = report["shares"] if isinstance(report["shares"], list) else []
    parts = [f"{report['width']} x {report['height']}", job.method]
    parts += [f"source {k} {100 * share:.1f} %" for k, share in enumerate(shares, 1)]
    return f"{job.output}: " + ", ".join(parts)
