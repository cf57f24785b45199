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
from mfgui.methods.optimise.mffssim.torch_device import DeviceMemory, download_image
from mfgui.methods.optimise.mffssim.torch_objective import Scores, Tensor, TorchObjective
from mfgui.methods.registry import Iterate

_SLACK = 1e-7  # rounding of Q that the guard lets pass
_HALVINGS = 10
_ADAM_PIXELS = 1_000_000

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
        torch.add(y, g, alpha=beta, out=out).clamp_(0.0, 1.0)

    yield from _unguarded(objective, at, lambda: step, limits, beta)


def adam(
    objective: TorchObjective, at: Standing, memory: DeviceMemory, *, limits: Limits, lr: float
) -> Iterator[Iterate]:
    """Adam on the loss of the released program; 8 bytes more per pixel and channel."""
    shape, dtype = tuple(at.image.shape), at.image.dtype
    first, second = memory.zeros(shape, dtype), memory.zeros(shape, dtype)
    pixels = shape[1] * shape[2]
    to_loss = -0.5 / max(1, objective.terms) * max(1.0, pixels / _ADAM_PIXELS)

    def stepper() -> Callable[[Cut, Tensor, Tensor, Tensor, Tensor], None]:
        count = at.iteration + 1
        root = math.sqrt(1.0 - 0.999**count)
        rate = lr / (1.0 - 0.9**count)

        def step(cut: Cut, y: Tensor, g: Tensor, _d: Tensor, out: Tensor) -> None:
            inner = (slice(None), *cut)
            m, v = first[inner], second[inner]
            g.mul_(to_loss)
            m.mul_(0.9).add_(g, alpha=0.1)
            v.mul_(0.999).addcmul_(g, g, value=0.001)
            torch.sqrt(v, out=g).div_(root).add_(1e-8)
            torch.addcdiv(y, m, g, value=-rate, out=out).clamp_(0.0, 1.0)

        return step

    yield from _unguarded(objective, at, stepper, limits, lr)


def _unguarded(
    objective: TorchObjective,
    at: Standing,
    stepper: Callable[[], Callable[[Cut, Tensor, Tensor, Tensor, Tensor], None]],
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
        if limits.reached(iteration, scores.q - before):
            return


def preconditioned(
    objective: TorchObjective, at: Standing, memory: DeviceMemory, *, limits: Limits
) -> Iterator[Iterate]:
    """Y <- clamp(Y + G / D), halved until Q does not fall by more than 1e-7 (notes 1.5)."""
    tiny = torch.finfo(torch.float32).tiny

    def full_step(_cut: Cut, y: Tensor, g: Tensor, d: Tensor, out: Tensor) -> None:
        # Where no patch counts, g and d are 0 and the pixel stays.
        torch.addcdiv(y, g, d.clamp_min_(tiny), out=out).clamp_(0.0, 1.0)

    trial = memory.empty(tuple(at.image.shape), at.image.dtype).copy_(at.image)
    scores, evaluations = objective.evaluate(at.image), 1
    yield _state(objective, at, scores, 0.0, evaluations, lasting=True)
    for iteration in range(1, limits.iterations + 1):
        objective.update(at.image, trial, full_step, curvature=True)
        share, before = 1.0, scores.q
        scores, evaluations = objective.evaluate(trial), evaluations + 1
        while scores.q < before - _SLACK and share > 0.5**_HALVINGS:
            share *= 0.5
            # Both lie in [0, 1], so half way between them does.
            trial.add_(at.image).mul_(0.5)
            scores, evaluations = objective.evaluate(trial), evaluations + 1
        if scores.q < before - _SLACK:
            return
        at.image, trial, at.iteration = trial, at.image, iteration
        yield _state(objective, at, scores, share, evaluations, lasting=True)
        if limits.reached(iteration, scores.q - before):
            return


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
