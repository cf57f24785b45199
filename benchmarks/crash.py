"""Kills a process at random moments while it edits, keeps and saves a session.

    python benchmarks/crash.py [--kills 50] [--seed 1] [--side 256]

Each time a process of its own paints one more number into the focus map, keeps it in the recovery
folder and every third time saves it, and says so once that is done; it is killed (SIGKILL) after a
random time. Then every session file and everything that is offered for recovery must open, hold a
sound result, and hold no older number than the last one that was said to be kept. The exit code is
1 when it is not so.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_BITS = 24
_SESSION = "work.mfgui"


@dataclass(frozen=True)
class Outcome:
    """One process that was killed.

    Attributes
    ----------
    kept : int
        The last number that was said to be kept or saved.
    found : int
        The newest number in the session file and in what is offered.
    """

    kept: int
    found: int
    problems: tuple[str, ...]


class _Inline:
    """A backend that does every task at once, in this thread."""

    threads = 1

    def __init__(self) -> None:
        from mfgui.jobs.pool import TaskEvent, TaskPool

        self.events: deque[TaskEvent] = deque()
        self._pool = TaskPool(emit=self.events.append)

    def submit_task(self, task: object, *, urgent: bool = False) -> int:
        del urgent
        ticket = self._pool.submit(task)  # type: ignore[arg-type]
        self._pool.close(1)
        self._pool.loop()
        return ticket


def work(folder: Path, side: int) -> None:
    """Edit, keep and save until killed."""
    from mfgui.app.controller import Controller
    from mfgui.app.settings import SettingsFile
    from mfgui.core.arrays import Rect
    from mfgui.core.edits import Edit
    from mfgui.methods.registry import load

    backend = _Inline()
    controller = Controller(
        registry=load(),
        backend=backend,  # type: ignore[arg-type]
        settings=SettingsFile(),
    )

    def settle() -> None:
        while backend.events:
            controller.handle(backend.events.popleft())

    controller.sets.open(_sources(folder, side))
    settle()
    controller.session.results[1] = _result(side)
    path = folder / _SESSION
    noise = np.random.default_rng(0)
    for number in range(1, 1 << _BITS):
        labels = _written(number)
        controller.edit.apply("Number", [Edit(Rect(0, 0, _BITS, 1), labels > 0, labels)])
        dab = Rect(int(noise.integers(side - 40)), int(noise.integers(2, side - 40)), 40, 30)
        mask = np.ones((30, 40), np.bool_)
        controller.edit.apply("Brush", [Edit(dab, mask, int(noise.integers(1, 3)))])
        controller.sessions.autosave.write()
        settle()
        _say(f"kept {number}")
        if number % 3 == 0:
            controller.sessions.save_as(path)
            settle()
            _say(f"kept {number}")


def kill_once(folder: Path, *, after: float, side: int) -> Outcome:
    """Start a process, kill it `after` seconds from its first word, and look at what is left."""
    environ = {**os.environ, "MFGUI_HOME": str(folder / "home")}
    process = subprocess.Popen(
        [sys.executable, __file__, "--work", str(folder), "--side", str(side)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )
    assert process.stdout is not None
    said = [process.stdout.readline()]
    timer = threading.Timer(after, lambda: process.send_signal(signal.SIGKILL))
    timer.start()
    rest, errors = process.communicate()
    timer.join()
    said += rest.splitlines()
    # A line that the kill has cut off was not said.
    kept = [int(line.split()[1]) for line in said if line.startswith("kept ")]
    if not kept or process.returncode != -signal.SIGKILL:
        return Outcome(0, 0, (f"the process ended by itself: {errors.strip()[-400:]}",))
    found, problems = _left(folder)
    if found < kept[-1]:
        problems = (*problems, f"number {kept[-1]} was kept, the newest found is {found}")
    return Outcome(kept[-1], found, problems)


def _left(folder: Path) -> tuple[int, tuple[str, ...]]:
    """The newest number that can be opened, and what cannot."""
    from mfgui.app.recovery import offers, read_offer
    from mfgui.core.errors import MfguiError
    from mfgui.files.sessions import read_session

    problems: list[str] = []
    found = [0]

    def look(read: object, name: str) -> None:
        try:
            stored = read()  # type: ignore[operator]
        except MfguiError as error:
            problems.append(str(error))
            return
        found.append(_read(stored.labels))
        if not np.array_equal(stored.results[1].image, _result(stored.labels.shape[0]).image):
            problems.append(f"{name}: the result is another one")

    if (folder / _SESSION).exists():
        look(lambda: read_session(folder / _SESSION), _SESSION)
    for offer in offers(folder / "home" / "recovery"):
        look(lambda offer=offer: read_offer(offer)[0], offer.folder.name)
    return max(found), tuple(problems)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _written(number: int) -> np.ndarray:
    bits = (number >> np.arange(_BITS)) & 1
    return (bits + 1).astype(np.uint8)[np.newaxis]


def _read(labels: np.ndarray) -> int:
    return int(((labels[0, :_BITS].astype(np.int64) - 1) << np.arange(_BITS)).sum())


def _result(side: int) -> object:
    from mfgui.core.result import Provenance, Result

    image = np.random.default_rng(side).random((side, side, 3), np.float32)
    made = Provenance("test", {}, (), "cpu", {})
    return Result("test", image, "uint8", None, -1, made, "done", {}, image, image)


def _sources(folder: Path, side: int) -> list[Path]:
    from mfgui.files.images import write_image

    paths = [folder / "1.png", folder / "2.png"]
    for seed, path in enumerate(paths):
        if not path.exists():
            image = np.random.default_rng(seed).random((side, side, 3), np.float32)
            write_image(path, image, depth="uint8", icc=None, exif=None)
    return paths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work, options.side)
        return 0
    moments = random.Random(options.seed)
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, options.kills + 1):
            place = Path(folder) / str(number)
            place.mkdir()
            after = moments.uniform(0.0, 0.4)
            outcome = kill_once(place, after=after, side=options.side)
            outcomes.append(outcome)
            print(f"{number:3}  killed after {after:.3f} s  kept {outcome.kept:4}", end="  ")
            print(f"found {outcome.found:4}  {'; '.join(outcome.problems) or 'all opens'}")
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    print(f"{len(outcomes)} killed, {wrong} with a loss or a file that does not open")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
