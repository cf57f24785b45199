"""The command train."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mfgui.app import devices
from mfgui.core.errors import INTERRUPTED, UsageError
from mfgui.files import atomic

SUFFIX = ".safetensors"
_VALIDATIONS = 40  # in the course of a training


def train(options: Namespace) -> int:
    """`mfgui train NETWORK`."""
    output: Path = options.output
    if output.suffix != SUFFIX:
        raise UsageError(f"{output}: weights are written as {SUFFIX}", hint=f"name it *{SUFFIX}")
    atomic.check_output(output)

    from mfgui.train import tasks

    tasks.resolved(options.network, dict(options.parameters))

    import torch

    from mfgui.train.data import Data
    from mfgui.train.task import Setting
    from mfgui.train.trainer import Plan, Progress, Trainer

    if options.threads is not None:
        torch.set_num_threads(options.threads)
    device = torch.device(devices.chosen(options.device).id)
    setting = Setting(device, half=options.precision == "half", seed=options.seed)
    data = Data.of_folders(options.data)
    task = tasks.make(options.network, setting, data, dict(options.parameters))
    interval = max(1, options.steps // _VALIDATIONS)
    plan = Plan(
        options.steps, options.rate, options.schedule, settle=options.settle, interval=interval
    )
    trainer = Trainer(task, plan, output, seed=options.seed)
    if not options.again and trainer.resume():
        print(f"goes on after step {trainer.progress.step}", file=sys.stderr)

    def watch(progress: Progress) -> None:
        row = progress.rows[-1]
        losses = "  ".join(f"{k} {v:.5g}" for k, v in row.items() if k not in ("step", "seconds"))
        print(f"step {progress.step}/{plan.total}  {losses}", file=sys.stderr, flush=True)

    with _asked_to_stop() as asked:
        trainer.run(watch, stopped=asked.is_set)
    if trainer.progress.step < plan.total:
        step = trainer.progress.step
        told = f"mfgui: stopped after step {step}; the same command goes on from there"
        print(told, file=sys.stderr)
        return INTERRUPTED
    facts = trainer.facts()
    print(f"{output}: {facts['best validation loss']}; end: {facts['end']}")
    return 0


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by the first Ctrl+C or a request to terminate; the second one interrupts at once."""
    asked = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    earlier = {number: signal.getsignal(number) for number in numbers}

    def ask(number: int, _frame: object) -> None:
        asked.set()
        signal.signal(number, earlier[signal.Signals(number)])

    for number in numbers:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
