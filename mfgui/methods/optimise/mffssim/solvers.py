"""Ascent of Q, one generator per rule; each yielded state is a point where a run can end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfgui.core.arrays import ImageF32
from mfgui.methods.optimise.mffssim import rule_kernels
from mfgui.methods.optimise.mffssim.objective import Objective, Planes
from mfgui.methods.optimise.mffssim.region import Runs
from mfgui.methods.registry import Iterate

_SLACK = 1e-7  # rounding of Q that the guard lets pass
_HALVINGS = 10
_ADAM_PIXELS = 1_000_000


@dataclass(frozen=True)
class Limits:
    """When an ascent ends: whichever comes first.

    Attributes
    ----------
    iterations : int
        After this number of accepted steps.
    tolerance : float
        After a step that changes Q by less than this share of it; 0 never does.
    change : float
        After a step that changes the image by less than this, root mean square over the free
        pixels, white = 1; 0 never does. Only guarded ascents look at it.
    """

    iterations: int
    tolerance: float = 0.0
    change: float = 0.0

    def reached(self, iteration: int, gain: float, q: float, change: float = math.inf) -> bool:
        small = abs(gain) < self.tolerance * abs(q) or change < self.change
        return small or iteration >= self.iterations


def gradient(
    objective: Objective, image: ImageF32, *, limits: Limits, beta: float
) -> Iterator[Iterate]:
    """Plain ascent Y <- clamp(Y + beta G) with the sum gradient G (algorithm notes 1.3).

    Parameters
    ----------
    objective : Objective
    image : (H, W, C) float32
        Start, changed in place; every Iterate shows it.
    beta : float
        Step. Above 2 / curvature (2.7e-3 for three joint channels, 0.9e-3 for one) Q oscillates.

    Yields
    ------
    Iterate
        The start, then one per step; `gradient_norm` is that of the step that led there.
    """

    def rule(
        low: int, high: int, runs: Runs, y: ImageF32, out: ImageF32, g: Planes, d: Planes, u: float
    ) -> float:
        return float(rule_kernels.gradient(low, high, runs, y, out, g, u, beta))

    def move() -> float:
        return objective.update(image, image, rule)

    yield from _unguarded(objective, image, move, limits, beta)


def adam(objective: Objective, image: ImageF32, *, limits: Limits, lr: float) -> Iterator[Iterate]:
    """Adam on the loss of the released program, with its clamp to [0, 1] after each step.

    Moments 0.9 and 0.999, eps 1e-8, bias corrected, as in PyTorch. The loss is (1 - Q) / 2, a
    mean over pixels. Its gradients shrink with the size of the picture and would fall below eps
    for large photographs, so that from one megapixel on they are held at the size they have
    there.

    Two further images of memory (8 H W C bytes). For the parameters see `gradient`.
    """
    first, second = np.zeros_like(image), np.zeros_like(image)
    height, width, _ = image.shape
    to_loss = -0.5 / max(1, objective.terms) * max(1.0, height * width / _ADAM_PIXELS)
    count = 0

    def rule(
        low: int, high: int, runs: Runs, y: ImageF32, out: ImageF32, g: Planes, d: Planes, u: float
    ) -> float:
        rate, correction = lr / (1.0 - 0.9**count), math.sqrt(1.0 - 0.999**count)
        moments = (first, second, to_loss, rate, correction)
        return float(rule_kernels.adam(low, high, runs, y, out, g, u, *moments))

    def move() -> float:
        nonlocal count
        count += 1
        return objective.update(image, image, rule)

    yield from _unguarded(objective, image, move, limits, lr)


def _unguarded(
    objective: Objective, image: ImageF32, move: Callable[[], float], limits: Limits, step: float
) -> Iterator[Iterate]:
    q, read = objective.evaluate(image), partial(_same, image)
    yield Iterate(0, read, q, 0.0, 0.0, 1, objective.name, objective.window)
    for iteration in range(1, limits.iterations + 1):
        norm = move()
        before, q = q, objective.evaluate(image)
        evaluations = iteration + 1
        yield Iterate(iteration, read, q, step, norm, evaluations, objective.name, objective.window)
        if limits.reached(iteration, q - before, q):
            return


def preconditioned(
    objective: Objective,
    image: ImageF32,
    *,
    limits: Limits,
    accelerated: bool = True,
    jump: Callable[[ImageF32], None] | None = None,
    widen: Callable[[Objective, ImageF32], Objective | None] | None = None,
) -> Iterator[Iterate]:
    """Y <- clamp(Y + G / D): every pixel moves by its own curvature (algorithm notes 1.5).

    D holds the curvature of structure, 1 / b2, and of luminance, 1 / b1, of all patches that
    cover the pixel. `accelerated` adds Nesterov's momentum: each step goes on from the plain one
    by (t - 1) / t' of its distance from the plain step before, with t' = (1 + sqrt(1 + 4 t^2)) / 2
    from t = 1.

    Q never falls: a step with momentum that would lower it by more than 1e-7 is replaced by the
    plain one, and t starts anew; a plain one is halved up to ten times, then the ascent ends.
    `step` of an Iterate is the share of the full plain step, above 1 with momentum.

    `jump` may write a better image to the free pixels of its argument; when Q does not fall,
    that is the first step. `widen` may give an objective of the same Q with more free pixels,
    for the next step from an image.

    One further image of memory, two when accelerated; an accepted full step costs one
    evaluation and one update. For the parameters see `gradient`.
    """
    ascent = _Guarded(objective, image, accelerated=accelerated)
    yield ascent.state()
    if jump is not None and ascent.jump(jump):
        yield ascent.state()
    while ascent.iteration < limits.iterations:
        if widen is not None:
            ascent.widen(widen)
        before = ascent.q
        if not ascent.step():
            return
        yield ascent.state()
        if limits.reached(ascent.iteration, ascent.q - before, ascent.q, ascent.change):
            return


class _Guarded:
    """The state of a guarded ascent. `image` is always the last accepted one."""

    def __init__(self, objective: Objective, image: ImageF32, *, accelerated: bool) -> None:
        self._objective = objective
        self.image, self._trial = image, image.copy()
        self._plain = np.zeros_like(image) if accelerated else None
        self._changes: list[float] = []
        self._t = 1.0
        self.q = objective.evaluate(image)
        self.evaluations, self.iteration = 1, 0
        self.share = self.norm = self.change = 0.0

    def state(self) -> Iterate:
        return Iterate(
            self.iteration,
            partial(_same, self.image),
            self.q,
            self.share,
            self.norm,
            self.evaluations,
            self._objective.name,
            self._objective.window,
            lasting=True,
        )

    def step(self) -> bool:
        """Accept one step; False when none raises Q."""
        following = (1.0 + math.sqrt(1.0 + 4.0 * self._t**2)) / 2.0
        momentum = (self._t - 1.0) / following if self._plain is not None else 0.0
        self._t = following
        self._changes.clear()
        self.norm = self._objective.update(self.image, self._trial, self._rule(momentum))
        share, q = 1.0 + momentum, self._evaluate()
        if q < self.q - _SLACK and momentum > 0.0:
            self._t, share = 1.0, 1.0
            self._change_trial(self._take_plain)
            q = self._evaluate()
        while q < self.q - _SLACK and share > 0.5**_HALVINGS:
            self._t = 1.0
            share *= 0.5
            self._change_trial(self._halve)
            q = self._evaluate()
        if q < self.q - _SLACK:
            return False
        values = max(1, self._objective.region.count * self.image.shape[2])
        self.change = math.sqrt(math.fsum(self._changes) / values)
        self.image, self._trial = self._trial, self.image
        self.q, self.share = q, share
        self.iteration += 1
        return True

    def jump(self, write: Callable[[ImageF32], None]) -> bool:
        """Go to the image that `write` makes if Q does not fall."""
        write(self._trial)
        q = self._evaluate()
        if q < self.q:
            # The objective must hold what belongs to the image that is kept.
            self._trial[:] = self.image
            self._evaluate()
            return False
        self.image, self._trial = self._trial, self.image
        self.q, self.share = q, 1.0
        self.iteration += 1
        return True

    def widen(self, wider: Callable[[Objective, ImageF32], Objective | None]) -> None:
        """Go on with more free pixels where that is called for."""
        objective = wider(self._objective, self.image)
        if objective is None:
            return
        if self._plain is not None:
            # Pixels that were held stood still so far.
            for rows, columns in objective.region.beyond(self._objective.region):
                self._plain[rows, columns] = self.image[rows, columns]
        self._objective = objective
        self.q = objective.evaluate(self.image)
        self.evaluations += 1

    def _evaluate(self) -> float:
        self.evaluations += 1
        return self._objective.evaluate(self._trial)

    def _rule(self, momentum: float) -> Callable[..., float]:
        plain = self._plain

        def rule(
            low: int,
            high: int,
            runs: Runs,
            y: ImageF32,
            out: ImageF32,
            g: Planes,
            d: Planes,
            unit: float,
        ) -> float:
            squares = rule_kernels.preconditioned(low, high, runs, y, out, g, d, unit)
            if plain is not None:
                rule_kernels.carry_on(low, high, runs, plain, out, np.float32(momentum))
            self._changes.append(rule_kernels.change(low, high, runs, y, out))
            return float(squares)

        return rule

    def _change_trial(self, work: Callable[[int, int, Runs], None]) -> None:
        self._changes.clear()
        for strip in self._objective.region.pixels:
            rows = (strip.low, strip.high, strip.any)
            work(*rows)
            self._changes.append(rule_kernels.change(*rows, self.image, self._trial))

    def _take_plain(self, low: int, high: int, runs: Runs) -> None:
        rule_kernels.copy(low, high, runs, self._plain, self._trial)

    def _halve(self, low: int, high: int, runs: Runs) -> None:
        rule_kernels.halve(low, high, runs, self.image, self._trial)


def _same(image: ImageF32) -> ImageF32:
    return image
