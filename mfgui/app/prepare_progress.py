"""What is told while a stack is read, prepared and fused: what is odd about its files, stages, and
the time that is left."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mfgui.app.prepare import READING
from mfgui.app.prepare_job import Opened
from mfgui.app.prepare_time import FUSING, Forecast, expected, remember, remembered
from mfgui.jobs.events import Event, Expected, Progress, Warned

_RUN = 1  # the number of the run on the command line


class Teller:
    """Passes stages on as events, and learns how long they take.

    What headers tell of the files is told at once: it may be reason enough not to wait. The time
    that is left is told where frames are brought together or kept in files: other runs are over
    soon, or say it themselves.

    Parameters
    ----------
    method : str or None
        What fuses the frames in the end.
    observe : callable
        Takes the events.
    """

    def __init__(
        self,
        opened: Opened,
        method: str | None,
        *,
        observe: Callable[[Event], None],
        threads: int,
    ) -> None:
        self._observe = observe
        self._lock = threading.Lock()
        self._fusing = f"{FUSING} {method}"
        self._rates = remembered(threads=threads)
        size, k = opened.files.size, len(opened.files.infos)
        self._megapixels = size.pixels * k / 1e6
        stages = expected(size, k, opened.options, method=method, rates=self._rates)
        self._forecast = Forecast(stages)
        for text in opened.remarks:
            observe(Warned(_RUN, text))
        for info, notices in zip(opened.files.infos, opened.files.notices, strict=True):
            for text in notices:
                observe(Warned(_RUN, f"{info.name}: {text}"))
        self._long = not opened.options.nothing or not opened.plan.in_memory
        if self._long:
            observe(Expected(_RUN, self._forecast.total))

    @property
    def aligning(self) -> float:
        """Seconds that preparing took after reading."""
        seconds = self._forecast.seconds
        return sum(seconds[name] for name in seconds if name not in (READING, self._fusing))

    def __call__(self, stage: str, done: int, total: int) -> None:
        """The progress of reading and preparing; from any thread."""
        if self._long:
            self._observe(Progress(_RUN, stage, done, total))
        self._advance(stage, done, total)

    def fusing(self, event: Event) -> None:
        """An event of the method's run."""
        self._observe(event)
        if isinstance(event, Progress):
            self._advance(self._fusing, event.done, event.total)

    def ended(self) -> None:
        """All is done: remember for the next time how long it took."""
        self._advance(self._fusing, 1, 1)
        if self._long:
            remember(self._rates.learned(self._forecast.seconds, self._megapixels))

    def _advance(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            left = self._forecast.advance(stage, done, total)
        if self._long:
            self._observe(Expected(_RUN, left))
