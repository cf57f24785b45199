"""Progress of a run on standard error: one line that renews itself, on a terminal only."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

from mfgui.jobs.events import Event, Expected, Iterated, Progress

_STEPS_BEFORE_ESTIMATE = 5
_COUNTED = ("reading", "moving frames", "writing")


class ProgressLine:
    """Shows stage, iteration, Q, elapsed and remaining time; silent when not on a terminal."""

    def __init__(
        self,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        interval: float = 0.1,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._interval = interval
        self._terminal = stream.isatty()
        self._began = clock()
        self._shown = -interval
        self._width = 0
        self._last_seconds = 0.0
        self._stage = self._text = self._left = ""
        self._done = 0
        self._durations: deque[float] = deque(maxlen=20)

    def __call__(self, event: Event) -> None:
        if not self._terminal:
            return
        if isinstance(event, Progress):
            # Frames that are done at the same time may be told in another order.
            if event.stage != self._stage or event.done >= self._done:
                self._stage, self._done, self._left = event.stage, event.done, ""
                self._text = _stage_text(event)
                self._show(self._text, urgent=event.done in (0, event.total))
        elif isinstance(event, Expected):
            self._left = f"  about {duration(event.seconds)} left"
            if self._text:
                self._show(self._text + self._left, urgent=False)
        elif isinstance(event, Iterated):
            self._show(self._step_text(event), urgent=event.iteration == 0)

    def clear(self) -> None:
        """Leave an empty line behind."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def _step_text(self, event: Iterated) -> str:
        if event.iteration > 0:
            self._durations.append(event.seconds - self._last_seconds)
        self._last_seconds = event.seconds
        text = f"iteration {event.iteration}/{event.total}  Q {event.q:.6f}"
        if len(self._durations) >= _STEPS_BEFORE_ESTIMATE and event.total:
            left = (event.total - event.iteration) * statistics.median(self._durations)
            return f"{text}  {self._elapsed()}  at most {duration(left)} left"
        return f"{text}  {self._elapsed()}"

    def _elapsed(self) -> str:
        return duration(self._clock() - self._began)

    def _show(self, text: str, *, urgent: bool) -> None:
        now = self._clock()
        if not urgent and now - self._shown < self._interval:
            return
        self._shown = now
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def _stage_text(event: Progress) -> str:
    """A stage and how far it is: in frames where there are few of them, else in percent."""
    if event.total <= 1:
        return event.stage
    if event.stage in _COUNTED:
        return f"{event.stage} {event.done} of {event.total}"
    return f"{event.stage} {100 * event.done // event.total} %"


def duration(seconds: float) -> str:
    """Seconds as a person reads them.

    >>> duration(4.2), duration(75), duration(3700)
    ('4.2 s', '1:15', '1:01:40')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
