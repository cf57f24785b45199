"""One ascent of MFF-SSIM: which objective, which solver, which pixels."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray
from mfgui.core.compose import compose
from mfgui.core.compute import Compute
from mfgui.core.stripes import RowWorkers
from mfgui.methods.optimise.mffssim import levels, rule_kernels, solvers
from mfgui.methods.optimise.mffssim.gaussian import Gaussian, gaussian_taps
from mfgui.methods.optimise.mffssim.objective import BoxJoint
from mfgui.methods.optimise.mffssim.region import Region, find_region, grown, moving_cells
from mfgui.methods.optimise.mffssim.released import ReleasedGaussian
from mfgui.methods.registry import Iterate

_NEARLY_ALL = 0.7  # share of the picture beyond which a region is widened to all of it


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
    When the memory of ``compute.device`` does not suffice, the processor goes on from the last
    state, and a notice says so.
    """
    with RowWorkers(compute) as workers:
        region = _region(labels, len(images), plan, workers)
        if region is not None and not is_composite:
            _set_still_pixels(images, labels, image, region, workers)
        done = None
        if compute.device != "cpu":
            left = yield from _on_device(images, labels, image, plan, region, compute)
            if left is None:
                return
            image, done = left
        for state in _on_processor(images, labels, image, plan, region, workers, done):
            if done is None:
                yield state
            elif state.iteration:  # where it starts from has been yielded
                yield replace(state, iteration=state.iteration + done)


def _is_released(plan: Plan) -> bool:
    return plan.objective == "gaussian" and plan.solver != "preconditioned"


def _region(
    labels: LabelArray,
    count: int,
    plan: Plan,
    workers: RowWorkers,
    also: BoolMask | None = None,
) -> Region | None:
    """The active region; None for the released objective, which knows none."""
    if _is_released(plan):
        return None
    reach = _reach(plan)
    return find_region(
        labels,
        count,
        reach=reach,
        margin=reach if plan.objective == "box-joint" else 0,
        half_width=2 * reach if isinstance(plan.half_width, str) else plan.half_width,
        workers=workers,
        also=also,
    )


def _reach(plan: Plan) -> int:
    """Of a window from its centre."""
    return (
        plan.window // 2 if plan.objective == "box-joint" else gaussian_taps(plan.window).size // 2
    )


def _on_device(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    plan: Plan,
    region: Region | None,
    compute: Compute,
) -> Generator[Iterate, None, tuple[ImageF32, int | None] | None]:
    """The ascent in PyTorch; None, or where it had to stop: the image and its iteration, if
    there was one."""
    from mfgui.methods.optimise.mffssim import torch_backend

    reached = None
    try:
        states = torch_backend.ascend(
            images,
            labels,
            image,
            device=compute.device,
            objective=plan.objective,
            solver=plan.solver,
            window=plan.window,
            limits=plan.limits,
            free=None if region is None or plan.half_width is None else region.free,
            accelerated=plan.accelerated,
            coarse=plan.coarse,
            beta=plan.beta,
            lr=plan.lr,
            compute=compute,
        )
        for state in states:
            reached = state.iteration
            yield state
    except torch_backend.DeviceOutOfMemory as error:
        compute.notice(f"{error}; the processor goes on")
        left = image if error.image is None else np.array(error.image, np.float32)
        return left, reached
    return None


def _on_processor(
    images: Sequence[PixelArray],
    labels: LabelArray,
    image: ImageF32,
    plan: Plan,
    region: Region | None,
    workers: RowWorkers,
    done: int | None,
) -> Iterator[Iterate]:
    """The ascent in compiled loops, after `done` steps."""
    limits = replace(plan.limits, iterations=max(0, plan.iterations - (done or 0)))
    score: BoxJoint | Gaussian | ReleasedGaussian
    if region is None:
        score = ReleasedGaussian(images, labels, window=plan.window, workers=workers)
    else:
        kind = BoxJoint if plan.objective == "box-joint" else Gaussian
        score = kind(images, labels, window=plan.window, workers=workers, region=region)
    if plan.solver == "gradient":
        yield from solvers.gradient(score, image, limits=limits, beta=plan.beta)
    elif plan.solver == "adam":
        yield from solvers.adam(score, image, limits=limits, lr=plan.lr)
    else:
        jump = None
        if plan.coarse and isinstance(score, BoxJoint) and not done:
            jump = levels.jump(score, images, labels)
        widen = partial(_widened, images, labels, plan, workers)
        yield from solvers.preconditioned(
            score, image, limits=limits, accelerated=plan.accelerated, jump=jump, widen=widen
        )


def _widened(
    images: Sequence[PixelArray],
    labels: LabelArray,
    plan: Plan,
    workers: RowWorkers,
    score: BoxJoint | Gaussian,
    image: ImageF32,
) -> BoxJoint | Gaussian | None:
    """The objective with a wider region where pixels at the rim of the present one have drifted
    from their source; None where they have not, or where the half-width was set by hand."""
    region = score.region
    if not isinstance(plan.half_width, str) or region.count == labels.size:
        return None
    moving = moving_cells(region, images, labels, image)
    if not moving.any():
        return None
    # Where a drift has got so far it goes on: as far again costs less than many small rims.
    also = region.cells | grown(moving, 8 * _reach(plan))
    if np.count_nonzero(also) > _NEARLY_ALL * also.size:
        also[:] = True
    wider = _region(labels, len(images), plan, workers, also)
    assert wider is not None
    return score.widened(wider)


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
