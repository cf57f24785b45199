"""One ascent of MFF-SSIM: which objective, which solver, which pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import levels, rule_kernels, solvers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian, gaussian_taps
from mfgui.methods.optimise.mffssim.objective import BoxJoint, Objective
from mfgui.methods.optimise.mffssim.region import Region
from mfgui.methods.optimise.mffssim.released import ReleasedGaussian
from mfgui.methods.registry import Iterate


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The parameters of an ascent; see `ms_lap` for their meaning.

    `half_width` is None when all pixels are free, "auto" for twice the reach of a window.
    """

    objective: str
    solver: str
    window: int
    iterations: int
    tolerance: float
    change: float
    half_width: int | str | None
    coarse: bool
    accelerated: bool
    beta: float
    lr: float

    @property
    def limits(self) -> solvers.Limits:
        return solvers.Limits(self.iterations, self.tolerance, self.change)


def ascend(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    *,
    plan: Plan,
    compute: Compute,
    is_composite: bool = False,
) -> Iterator[Iterate]:
    """States of the ascent from `image`, (H, W, C) float32, which is changed in place.

    Pixels that are not free are set to their source first; `is_composite` says that they are.
    """
    with RowWorkers(compute) as workers:
        score = _objective(images, labels, plan, workers)
        if not is_composite:
            _set_still_pixels(images, labels, image, score.region, workers)
        if plan.solver == "gradient":
            yield from solvers.gradient(score, image, limits=plan.limits, beta=plan.beta)
        elif plan.solver == "adam":
            yield from solvers.adam(score, image, limits=plan.limits, lr=plan.lr)
        else:
            jump = None
            if plan.coarse and isinstance(score, BoxJoint) and levels.reduction(plan.window) > 1:
                jump = partial(levels.coarse_image, score, images, labels)
            yield from solvers.preconditioned(
                score, image, limits=plan.limits, accelerated=plan.accelerated, jump=jump
            )


def _objective(
    images: Sequence[PixelArray], labels: LabelArray, plan: Plan, workers: RowWorkers
) -> Objective:
    if plan.objective == "gaussian" and plan.solver != "preconditioned":
        return ReleasedGaussian(images, labels, window=plan.window, workers=workers)
    kind = Gaussian if plan.objective == "gaussian" else BoxJoint
    reach = gaussian_taps(plan.window).size // 2 if kind is Gaussian else plan.window // 2
    half_width = 2 * reach if isinstance(plan.half_width, str) else plan.half_width
    return kind(images, labels, window=plan.window, workers=workers, half_width=half_width)


def _set_still_pixels(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    region: Region,
    workers: RowWorkers,
) -> None:
    """Give pixels that are not free the value of their source."""
    if region.count == labels.size:
        return
    composite = compose(images, labels, compute=workers.compute)
    for strip in region.pixels:
        rule_kernels.copy(strip.low, strip.high, strip.any, image, composite)
    image[:] = composite
