"""The commands fuse, map and demo."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from mfgui import resources
from mfgui.app import compiled, devices, headless
from mfgui.app.headless import Job, Outcome
from mfgui.app.prepare_job import Preparing
from mfgui.cli.progress import ProgressLine, duration
from mfgui.core.arrays import Depth
from mfgui.core.errors import INTERRUPTED, OutputError, UsageError
from mfgui.files.reports import json_text
from mfgui.jobs.events import Event, Expected, Progress
from mfgui.jobs.gate import Gate

DEPTHS: dict[int | None, Depth | None] = {None: None, 8: "uint8", 16: "uint16"}


def fuse(options: Namespace) -> int:
    """`mfgui fuse`."""
    job = Job(
        sources=tuple(options.sources),
        output=options.output,
        method=options.method,
        parameters=tuple(options.parameters),
        map_path=options.map,
        save_map=options.save_map,
        report=options.report,
        device=options.device,
        white=options.white,
        prepare=preparing(options),
        depth=DEPTHS[options.depth],
        began=options.began,
    )
    return _carry_out(headless.fuse, job, as_json=options.json, describe=_fused_text)


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
    with watched() as observe, stopped_by_interrupt() as gate:
        outcome = work(job, observe=observe, gate=gate)
    for notice in outcome.notices:
        print(f"mfgui: note: {' '.join(notice.split())}", file=sys.stderr)
    print(json_text(outcome.report).rstrip() if as_json else describe(job, outcome))
    if outcome.stopped:
        print(f"mfgui: interrupted; the best image so far is in {job.output}", file=sys.stderr)
    return INTERRUPTED if outcome.stopped else 0


@contextmanager
def watched() -> Iterator[Callable[[Event], None]]:
    """What shows events on standard error while the block runs."""
    line = ProgressLine(sys.stderr)
    told = False

    def observe(event: Event) -> None:
        nonlocal told
        note = ""
        if isinstance(event, Progress) and event.stage == compiled.NOTE:
            note = compiled.NOTE
        elif isinstance(event, Expected) and not told:
            told = True
            note = f"this will take about {duration(event.seconds)}"
        if note:
            line.clear()
            print(f"mfgui: note: {note}", file=sys.stderr)
        line(event)

    try:
        yield observe
    finally:
        line.clear()


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
