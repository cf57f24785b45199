"""Ascent of Q, one generator per rule; each yielded state is a point where a run can end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from mfgui.methods.optimise.mffssim.objective import Image, Objective, Planes
from mfgui.methods.registry import Iterate

_SLACK = 1e-7  # rounding of Q that the guard lets pass
_HALVINGS = 10
_ADAM_PIXELS = 1_000_000


@dataclass(frozen=True)
class Limits:
    """When an ascent ends: after `iterations` accepted steps, or after a step that changes Q
    by less than `tolerance` (absolute; 0 never does)."""

    iterations: int
    tolerance: float = 0.0

    def reached(self, iteration: int, change: float) -> bool:
        return iteration >= self.iterations or abs(change) < self.tolerance


def gradient(
    objective: Objective, image: Image, *, limits: Limits, beta: float
) -> Iterator[Iterate]:
    """Plain ascent Y <- clamp(Y + beta G) with the sum gradient G (algorithm notes 1.3).

    Parameters
    ----------
    objective : Objective
    image : (H, W, C)
        Start, changed in place; every Iterate shows it.
    beta : float
        Step. Above 2 / curvature (2.7e-3 for three joint channels, 0.9e-3 for one) Q oscillates.

    Yields
    ------
    Iterate
        The start, then one per step; `gradient_norm` is that of the step that led there.
    """

    def step(low: int, high: int, y: Planes, g: Planes, d: Planes) -> None:
        g *= beta
        y += g
        np.clip(y, 0.0, 1.0, out=y)

    def move() -> float:
        return objective.update(image, image, step)

    yield from _unguarded(objective, image, move, limits, beta)


def adam(objective: Objective, image: Image, *, limits: Limits, lr: float) -> Iterator[Iterate]:
    """Adam on the loss of the released program, with its clamp to [0, 1] after each step.

    Moments 0.9 and 0.999, eps 1e-8, bias corrected, as in PyTorch. The loss is (1 - Q) / 2, a
    mean over pixels. Its gradients shrink with the size of the picture and would fall below eps
    for large photographs, so that from one megapixel on they are held at the size they have
    there.

    Two further images of memory (8 H W C bytes in float32). For the parameters see `gradient`.
    """
    first, second = (np.zeros(image.shape[2:] + image.shape[:2], image.dtype) for _ in range(2))
    height, width, _ = image.shape
    to_loss = -0.5 / max(1, objective.terms) * max(1.0, height * width / _ADAM_PIXELS)
    count = 0

    def step(low: int, high: int, y: Planes, g: Planes, d: Planes) -> None:
        m, v = first[:, low:high], second[:, low:high]
        g *= to_loss
        m *= 0.9
        m += 0.1 * g
        v *= 0.999
        v += 0.001 * (g * g)
        root = np.sqrt(v, out=g)
        root /= math.sqrt(1.0 - 0.999**count)
        root += 1e-8
        y -= (lr / (1.0 - 0.9**count)) * (m / root)
        np.clip(y, 0.0, 1.0, out=y)

    def move() -> float:
        nonlocal count
        count += 1
        return objective.update(image, image, step)

    yield from _unguarded(objective, image, move, limits, lr)


def _unguarded(
    objective: Objective, image: Image, move: Callable[[], float], limits: Limits, step: float
) -> Iterator[Iterate]:
    q = objective.evaluate(image)
    yield Iterate(0, partial(_same, image), q, 0.0, 0.0, 1, objective.name, objective.window)
    for iteration in range(1, limits.iterations + 1):
        norm = move()
        before, q = q, objective.evaluate(image)
        evaluations = iteration + 1
        yield Iterate(
            iteration,
            partial(_same, image),
            q,
            step,
            norm,
            evaluations,
            objective.name,
            objective.window,
        )
        if limits.reached(iteration, q - before):
            return


def preconditioned(objective: Objective, image: Image, *, limits: Limits) -> Iterator[Iterate]:
    """Y <- clamp(Y + G / D): every pixel moves by its own curvature (algorithm notes 1.5).

    D holds the curvature of structure, 1 / b2, and of luminance, 1 / b1, of all patches that
    cover the pixel. A step is accepted when Q does not fall by more than 1e-7; else it is
    halved, and after ten halvings the ascent ends. `step` of an Iterate is the share of the
    full step that was accepted.

    One further image of memory; an accepted full step costs one evaluation and one update.
    For the parameters see `gradient`.
    """

    def full_step(low: int, high: int, y: Planes, g: Planes, d: Planes) -> None:
        # Where no patch counts, g and d are 0 and the pixel stays.
        g /= np.maximum(d, np.finfo(np.float64).tiny, out=d)
        y += g
        np.clip(y, 0.0, 1.0, out=y)

    trial = np.empty_like(image)
    q, evaluations = objective.evaluate(image), 1
    name, window = objective.name, objective.window
    yield Iterate(0, partial(_same, image), q, 0.0, 0.0, evaluations, name, window, lasting=True)
    for iteration in range(1, limits.iterations + 1):
        norm = objective.update(image, trial, full_step, curvature=True)
        share, before = 1.0, q
        q, evaluations = objective.evaluate(trial), evaluations + 1
        while q < before - _SLACK and share > 0.5**_HALVINGS:
            share *= 0.5
            _halve(image, trial)
            q, evaluations = objective.evaluate(trial), evaluations + 1
        if q < before - _SLACK:
            return
        image, trial = trial, image
        read = partial(_same, image)
        yield Iterate(iteration, read, q, share, norm, evaluations, name, window, lasting=True)
        if limits.reached(iteration, q - before):
            return


def _same(image: Image) -> Image:
    return image


def _halve(image: Image, trial: Image) -> None:
    """Move `trial` half the way back to `image`; both lie in [0, 1], so the result does."""
    trial += image
    trial *= 0.5
