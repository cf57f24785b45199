"""How long a stack will take: known before it begins, better known with every frame."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_low

from mfgui.app.prepare import ALIGNING, EQUALISING, MOVING, READING, PrepareOptions
from mfgui.core.arrays import Size
from mfgui.files.frame_cache import cache_folder

_log = logging.getLogger(__name__)

FUSING = "fusing"
_MEASURED = {
    READING: 0.012,
    ALIGNING: 0.035,
    EQUALISING: 0.003,
    MOVING: 0.045,
    f"{FUSING} photo": 0.05,
}
_METHOD = 0.2
_CORES = 2  # of the machine on which those were measured
_KEPT = 5  # runs; their median does not mind one or two while the machine had other work
_LEAST = 0.2  # s; shorter stages say nothing about longer ones


@dataclass(frozen=True)
class Rates:
    """Seconds per megapixel of a frame, by stage, in each of the last runs; for a method
    ``fusing NAME``."""

    known: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    threads: int = 1

    def seconds(self, stage: str, megapixels: float) -> float:
        """Of a stage over all frames together."""
        usual = _MEASURED.get(stage, _METHOD) * _CORES / self.threads
        # Of two runs the quicker one: what disturbs a run makes it longer.
        return median_low(self.known.get(stage) or (usual,)) * megapixels

    def learned(self, measured: Mapping[str, float], megapixels: float) -> Rates:
        """With the seconds that stages took."""
        known = dict(self.known)
        for stage, seconds in measured.items():
            if seconds >= _LEAST:
                known[stage] = (*known.get(stage, ()), seconds / megapixels)[-_KEPT:]
        return Rates(known, self.threads)


def remembered(*, threads: int, path: Path | None = None) -> Rates:
    """What earlier runs with as many threads have taught; nothing where there were none."""
    with suppress(OSError, ValueError, AttributeError):
        data = json.loads((path or _file()).read_text(encoding="utf-8"))
        known = data.get(str(threads), {})
        found = {str(stage): _good(rates) for stage, rates in known.items()}
        return Rates({stage: rates for stage, rates in found.items() if rates}, threads)
    return Rates(threads=threads)


def _good(rates: object) -> tuple[float, ...]:
    """Those that can be rates; earlier versions kept one."""
    several = rates if isinstance(rates, list) else [rates]
    numbers = [float(rate) for rate in several if isinstance(rate, int | float)]
    return tuple(rate for rate in numbers if 0 < rate < math.inf)[-_KEPT:]


def remember(rates: Rates, *, path: Path | None = None) -> None:
    """Keep rates for the next run; a failure is logged."""
    file = path or _file()
    data: dict[str, object] = {}
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        data = found if isinstance(found, dict) else {}
    data[str(rates.threads)] = dict(rates.known)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data), encoding="utf-8")
    except OSError as error:
        _log.warning("%s was not written: %s", file, error)


def expected(
    size: Size, k: int, options: PrepareOptions, *, method: str | None, rates: Rates
) -> dict[str, float]:
    """Seconds of every stage ahead, in order.

    Parameters
    ----------
    k : int
        Frames.
    method : str or None
        What fuses them; None for nothing.
    """
    stages = [READING]
    if not options.still and options.alignment is None:
        stages.append(ALIGNING)
    if options.exposure != "off":
        stages.append(EQUALISING)
    if not options.nothing:
        stages.append(MOVING)
    if method is not None:
        stages.append(f"{FUSING} {method}")
    megapixels = size.pixels * k / 1e6
    return {stage: rates.seconds(stage, megapixels) for stage in stages}


class Forecast:
    """The time that is left, corrected by the pace so far.

    Parameters
    ----------
    stages : mapping
        What `expected` gave.
    """

    def __init__(
        self, stages: Mapping[str, float], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stages = dict(stages)
        self._clock = clock
        self._stage = ""
        self._began = clock()
        self.seconds: dict[str, float] = {}
        """Of every stage that has begun, so far."""

    @property
    def total(self) -> float:
        """Seconds expected before the first stage began."""
        return sum(self._stages.values())

    def advance(self, stage: str, done: int, total: int) -> float:
        """Seconds left, now that `done` of `total` parts of a stage are done."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._began = stage, now
        share = min(1.0, done / max(1, total))
        self.seconds[stage] = now - self._began
        names = list(self._stages)
        ahead = names[names.index(stage) + 1 :] if stage in names else []
        expected = self._stages.get(stage, 0.0)
        passed = sum(self.seconds.values())
        due = sum(self._stages[name] for name in self.seconds if name in names and name != stage)
        due += share * expected
        pace = passed / due if share and due > 0 else 1.0
        return pace * ((1 - share) * expected + sum(self._stages[name] for name in ahead))


def _file() -> Path:
    return cache_folder() / "rates.json"
