"""Time actually spent on a set, for each tool."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

IDLE = 30.0  # seconds after the last input that still count
LOOKING = "inspect"


class WorkClock:
    """Counts while the window is active and the last input is at most `IDLE` seconds old.

    Parameters
    ----------
    now : callable
        Seconds that never run backwards.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tools: dict[str, float] = {}
        self._tool = LOOKING
        self._input: float | None = None  # None until there is input in an active window
        self._counted = 0.0

    def begin(self, tools: Mapping[str, float]) -> None:
        """Another set, on which `tools` have been used so long; the tool stays."""
        self._tools = dict(tools)
        if self._input is not None:
            self._input = self._counted = self._now()

    def touch(self) -> None:
        """Input: a key, the mouse, the stylus."""
        self._settle()
        self._input = self._counted = self._now()

    def use(self, tool: str) -> None:
        """The tool that the time from here on belongs to."""
        self._settle()
        self._tool = tool

    def pause(self) -> None:
        """The window is left; the next input goes on."""
        self._settle()
        self._input = None

    def tools(self) -> dict[str, float]:
        """Seconds spent with each tool, up to now."""
        self._settle()
        return dict(self._tools)

    def _settle(self) -> None:
        if self._input is None:
            return
        end = min(self._now(), self._input + IDLE)
        if end > self._counted:
            self._tools[self._tool] = self._tools.get(self._tool, 0.0) + end - self._counted
            self._counted = end
