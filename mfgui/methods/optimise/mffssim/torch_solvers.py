"""Ascent of Q on a torch device, by the rules of `solvers`.

One number is waited for per step: the Q that the guard, the stop rule and the caller need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch

from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_device import download_image
from mfgui.methods.optimise.mffssim.torch_objective import Scores, Step, Tensor, TorchObjective
from mfgui.methods.registry import Iterate

_SLACK = 1e-7  # rounding of Q that the guard lets pass
_HALVINGS = 10
_ADAM_PIXELS = 1_000_000
_TINY = 1e-30

Cut = tuple[slice, slice]


@dataclass
class Standing:
    """Where an ascent stands: its image on the device, after `iteration` steps."""

    image: Tensor
    iteration: int = 0


def gradient(
    objective: TorchObjective, at: Standing, *, limits: Limits, beta: float
) -> Iterator[Iterate]:
    """Plain ascent Y <- clamp(Y + beta G) with the sum gradient G (algorithm notes 1.3)."""

    def step(_cut: Cut, y: Tensor, g: Tensor, _d: Tensor, out: Tensor) -> None:
        torch.add(y, g, alpha=beta * objective.unit, out=out).clamp_(0.0, 1.0)

    yield from _unguarded(objective, at, lambda: step, limits, beta)


def adam(
    objective: TorchObjective, at: Standing, *, limits: Limits, lr: float
) -> Iterator[Iterate]:
    """Adam on the loss of the released program; 8 bytes more per pixel and channel."""
    first, second = (objective.keep(at.image).zero_() for _ in range(2))
    pixels = objective.height * objective.width
    to_loss = -0.5 / max(1, objective.terms) * max(1.0, pixels / _ADAM_PIXELS)

    def stepper() -> Step:
        count = at.iteration + 1
        root = math.sqrt(1.0 - 0.999**count)
        rate = lr / (1.0 - 0.9**count)

        def step(cut: Cut, y: Tensor, g: Tensor, _d: Tensor, out: Tensor) -> None:
            inner = (slice(None), *cut)
            m, v = first[inner], second[inner]
            g.mul_(to_loss * objective.unit)
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            torch.sqrt(v, out=g).div_(root).add_(1e-8)
            torch.addcdiv(y, m, g, value=-rate, out=out).clamp_(0.0, 1.0)

        return step

    yield from _unguarded(objective, at, stepper, limits, lr)


def _unguarded(
    objective: TorchObjective,
    at: Standing,
    stepper: Callable[[], Step],
    limits: Limits,
    size: float,
) -> Iterator[Iterate]:
    scores = objective.evaluate(at.image)
    yield _state(objective, at, scores, 0.0, 1)
    for iteration in range(1, limits.iterations + 1):
        objective.update(at.image, at.image, stepper())
        at.iteration = iteration
        before, scores = scores.q, objective.evaluate(at.image)
        yield _state(objective, at, scores, size, iteration + 1)
        if limits.reached(iteration, scores.q - before, scores.q):
            return


def preconditioned(
    objective: TorchObjective,
    at: Standing,
    *,
    limits: Limits,
    accelerated: bool = True,
    jump: Callable[[Tensor], None] | None = None,
) -> Iterator[Iterate]:
    """Y <- clamp(Y + G / D) with momentum; Q never falls by more than 1e-7 (notes 1.5).

    Guard and momentum are those of the solver of the CPU. `jump` may write a better image to
    the free pixels of its argument; when Q does not fall, that is the first step.
    """
    ascent = _Guarded(objective, at, accelerated=accelerated)
    ascent.scores = objective.evaluate(at.image)
    yield _state(objective, at, ascent.scores, 0.0, 1, lasting=True)
    if jump is not None and ascent.jump(jump):
        yield _state(objective, at, ascent.scores, 1.0, ascent.evaluations, lasting=True)
    while at.iteration < limits.iterations:
        before = ascent.scores.q
        if not ascent.step(wants_change=limits.change > 0.0):
            return
        scores = ascent.scores
        yield _state(objective, at, scores, ascent.share, ascent.evaluations, lasting=True)
        if limits.reached(at.iteration, scores.q - before, scores.q, scores.change):
            return


class _Guarded:
    """The state of a guarded ascent; the image of `at` is always the last accepted one."""

    scores: Scores

    def __init__(self, objective: TorchObjective, at: Standing, *, accelerated: bool) -> None:
        self._objective, self._at = objective, at
        self._trial = objective.keep(at.image)
        self._plain = objective.keep(at.image) if accelerated else None
        self._t = self.share = 1.0
        self.evaluations = 1

    def step(self, *, wants_change: bool) -> bool:
        """Accept one step; False when none raises Q."""
        image, trial, least = self._at.image, self._trial, self.scores.q - _SLACK
        following = (1.0 + math.sqrt(1.0 + 4.0 * self._t**2)) / 2.0
        momentum = (self._t - 1.0) / following if self._plain is not None else 0.0
        self._t = following
        self._objective.update(image, trial, self._rule(momentum), curvature=True)
        share, scores = 1.0 + momentum, self._evaluate(wants_change)
        if scores.q < least and momentum > 0.0 and self._plain is not None:
            self._t, share = 1.0, 1.0
            trial.copy_(self._plain)
            scores = self._evaluate(wants_change)
        while scores.q < least and share > 0.5**_HALVINGS:
            self._t = 1.0
            share *= 0.5
            # Both lie in [0, 1], so half way between them does.
            trial.add_(image).mul_(0.5)
            scores = self._evaluate(wants_change)
        if scores.q < least:
            return False
        self.scores, self.share = scores, share
        self._at.image, self._trial = trial, image
        self._at.iteration += 1
        return True

    def jump(self, write: Callable[[Tensor], None]) -> bool:
        """Go to the image that `write` makes if Q does not fall."""
        image, trial = self._at.image, self._trial
        write(trial)
        scores = self._evaluate(wants_change=False)
        if scores.q < self.scores.q:
            trial.copy_(image)
            # The objective must hold what belongs to the image that is kept.
            self._evaluate(wants_change=False)
            return False
        self.scores, self.share = scores, 1.0
        self._at.image, self._trial = trial, image
        self._at.iteration += 1
        return True

    def _evaluate(self, wants_change: bool) -> Scores:
        self.evaluations += 1
        if wants_change:
            self._objective.measure_change(self._at.image, self._trial)
        return self._objective.evaluate(self._trial)

    def _rule(self, momentum: float) -> Step:
        plain = self._plain

        def full_step(cut: Cut, y: Tensor, g: Tensor, d: Tensor, out: Tensor) -> None:
            # Where no patch counts, g and d are 0 and the pixel stays.
            torch.addcdiv(y, g, d.clamp_min_(_TINY), out=out).clamp_(0.0, 1.0)
            if plain is None:
                return
            last = plain[(slice(None), *cut)]
            torch.sub(out, last, out=g)
            last.copy_(out)
            if momentum:
                out.add_(g, alpha=momentum).clamp_(0.0, 1.0)

        return full_step


def _state(
    objective: TorchObjective,
    at: Standing,
    scores: Scores,
    step: float,
    evaluations: int,
    *,
    lasting: bool = False,
) -> Iterate:
    norm = scores.gradient_norm if at.iteration else 0.0
    read = partial(download_image, at.image)
    name, window = objective.name, objective.window
    return Iterate(at.iteration, read, scores.q, step, norm, evaluations, name, window, lasting)
