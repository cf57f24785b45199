"""MFF-SSIM ascent on a torch device; imported only when the device is not the processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from mfgui.core.arrays import ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim import torch_solvers
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_box import TorchBoxJoint
from mfgui.methods.optimise.mffssim.torch_device import (
    DeviceMemory,
    DeviceOutOfMemory,
    download_image,
    is_out_of_memory,
)
from mfgui.methods.optimise.mffssim.torch_gaussian import TorchGaussian
from mfgui.methods.optimise.mffssim.torch_objective import TorchObjective
from mfgui.methods.optimise.mffssim.torch_solvers import Standing
from mfgui.methods.registry import Iterate

__all__ = ["DeviceOutOfMemory", "ascend"]


def ascend(
    images: Sequence[PixelArray],
    labels: LabelArray,
    start: ImageF32,
    *,
    device: str,
    objective: str,
    solver: str,
    window: int,
    limits: Limits,
    free: npt.NDArray[np.bool_] | None = None,
    beta: float,
    lr: float,
    compute: Compute,
    accelerated: bool = True,
    rows_per_tile: int | None = None,
    dtype: torch.dtype = torch.float32,
    memory: DeviceMemory | None = None,
) -> Iterator[Iterate]:
    """Ascent of Q from `start` on `device`; the states are those of the solvers of the CPU.

    Parameters
    ----------
    images : sequence of (H, W, C) uint8, uint16 or float32
        Sources as stored, source 1 first; transferred once.
    labels : (H, W) uint8 or uint16
        Focus map, 1 ... K; other values count for no source.
    start : (H, W, C) float32
        First image in [0, 1].
    device : str
        "cuda", "cuda:1", "mps", or "cpu" (torch's own, for tests).
    objective, solver : str
        "box-joint" or "gaussian"; "preconditioned", "gradient" or "adam".
    window : int
        Odd side length W, at most the shorter side.
    free : (H, W) bool, optional
        Pixels that may change. The others keep the value of `start`, which must be that of the
        source their label names.
    beta, lr : float
        Of "gradient" and "adam".
    accelerated : bool
        Whether "preconditioned" has momentum.
    rows_per_tile : int, optional
        Rows that are worked on at a time; as many as fit by default.
    dtype : torch.dtype
        float64 for reference, where the device has it.
    memory : DeviceMemory, optional
        Another source of memory.

    Yields
    ------
    Iterate
        State 0 is the start. `read` downloads the image when it is called.

    Raises
    ------
    DeviceOutOfMemory
        When even small parts do not fit. Carries the image so far.
    """
    memory = memory or DeviceMemory(torch.device(device))
    at: Standing | None = None
    try:
        kind: type[TorchObjective] = TorchGaussian if objective == "gaussian" else TorchBoxJoint
        score = kind(
            images,
            labels,
            window=window,
            memory=memory,
            compute=compute,
            free=free,
            dtype=dtype,
            rows_per_tile=rows_per_tile,
            images_kept=1 if solver == "gradient" else 3,
        )
        at = Standing(score.keep(start))
        if solver == "gradient":
            yield from torch_solvers.gradient(score, at, limits=limits, beta=beta)
        elif solver == "adam":
            yield from torch_solvers.adam(score, at, limits=limits, lr=lr)
        else:
            yield from torch_solvers.preconditioned(
                score, at, limits=limits, accelerated=accelerated
            )
    except (DeviceOutOfMemory, RuntimeError, MemoryError) as error:
        if not isinstance(error, DeviceOutOfMemory) and not is_out_of_memory(error):
            raise
        image = start if at is None else download_image(at.image)
        message = str(error)
        if not isinstance(error, DeviceOutOfMemory):
            message = f"{device} has too little memory for this picture"
        iteration = 0 if at is None else at.iteration
        raise DeviceOutOfMemory(message, image=image, iteration=iteration) from None
