"""What an optimiser went through: scalars of every step, and three images."""

from __future__ import annotations

import numpy as np

from mfgui.core.arrays import ImageF32
from mfgui.core.result import Curve
from mfgui.methods.registry import Iterate, copy_image


class Trace:
    """What an optimiser went through: scalars of every step, three images."""

    def __init__(self) -> None:
        self.q: list[float] = []
        self.step: list[float] = []
        self.gradient_norm: list[float] = []
        self.seconds: list[float] = []
        self.evaluations = 0
        self.objective = ""
        self.window: int | None = None
        self.stopped = False
        self._start: ImageF32 | None = None
        self._best: ImageF32 | None = None
        self._best_q = -np.inf
        self._last: Iterate | None = None

    @classmethod
    def of_image(cls, image: ImageF32) -> Trace:
        """The trace of a method without iterations."""
        trace = cls()
        image.flags.writeable = False
        trace._start = trace._best = image
        return trace

    def add(self, iterate: Iterate, seconds: float) -> None:
        self.q.append(iterate.q)
        self.step.append(iterate.step)
        self.gradient_norm.append(iterate.gradient_norm)
        self.seconds.append(seconds)
        self.evaluations = iterate.evaluations
        self.objective, self.window = iterate.objective, iterate.window
        self._last = iterate
        if self._start is None:
            self._start = self._best = copy_image(iterate.read())
            self._best_q = iterate.q
        elif iterate.lasting:
            self._best, self._best_q = None, iterate.q
        elif iterate.q > self._best_q:
            self._best_q = iterate.q
            if self._best is self._start or self._best is None:
                self._best = np.empty_like(iterate.image)
            np.copyto(self._best, iterate.image)

    def start(self) -> ImageF32:
        return _present(self._start)

    def best(self) -> ImageF32:
        if self._best is None:
            self._best = self.last()
        return _read_only(self._best)

    def last(self) -> ImageF32:
        if self._last is None:
            raise RuntimeError("the optimiser yielded no image")
        if self._last.lasting:
            return self._last.read()  # the generator has ended and leaves its buffer
        return copy_image(self._last.read())

    def ends_best(self) -> bool:
        """Whether the best image is also the one to keep."""
        return self.stopped or not self.q or self.q[-1] == self._best_q

    def shown_q(self) -> float | None:
        if not self.q:
            return None
        return float(self._best_q) if self.stopped else self.q[-1]

    def curve(self) -> Curve | None:
        if not self.q:
            return None
        columns = (self.q, self.step, self.gradient_norm, self.seconds)
        return Curve(self.objective, *(tuple(column) for column in columns))


def _present(image: ImageF32 | None) -> ImageF32:
    if image is None:
        raise RuntimeError("the optimiser yielded no image")
    return image


def _read_only(image: ImageF32) -> ImageF32:
    view = image.view()
    view.flags.writeable = False
    return view
