"""MFF-SSIM ascent on a torch device; imported only when the device is not the processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch

from mfgui.core.arrays import BoolMask, ImageF32, LabelArray, PixelArray
from mfgui.core.compute import Compute
from mfgui.methods.optimise.mffssim import torch_solvers
from mfgui.methods.optimise.mffssim.levels import reduction
from mfgui.methods.optimise.mffssim.solvers import Limits
from mfgui.methods.optimise.mffssim.torch_box import TorchBoxJoint
from mfgui.methods.optimise.mffssim.torch_device import (
    DeviceMemory,
    DeviceOutOfMemory,
    download_image,
    is_out_of_memory,
    upload_frame,
    upload_labels,
)
from mfgui.methods.optimise.mffssim.torch_gaussian import TorchGaussian, TorchReleasedGaussian
from mfgui.methods.optimise.mffssim.torch_levels import coarse_image
from mfgui.methods.optimise.mffssim.torch_objective import LEAST_ROWS, TorchObjective
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
    free: BoolMask | None = None,
    beta: float,
    lr: float,
    compute: Compute,
    accelerated: bool = True,
    coarse: bool = False,
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
        "box-joint" or "gaussian"; "preconditioned", "gradient" or "adam". The last two, with
        "gaussian", imitate the rounding of the released program.
    window : int
        Odd side length W, at most the shorter side.
    free : (H, W) bool, optional
        Pixels that may change. The others keep the value of `start`, which must be that of the
        source their label names.
    beta, lr : float
        Of "gradient" and "adam".
    accelerated : bool
        Whether "preconditioned" has momentum.
    coarse : bool
        Whether it starts from a solution of the reduced picture ("box-joint" only).
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
        if objective == "gaussian" and solver != "preconditioned":
            objective = "released-gaussian"
        score = objective_on(
            memory,
            images,
            labels,
            objective=objective,
            window=window,
            free=free,
            compute=compute,
            rows_per_tile=rows_per_tile,
            dtype=dtype,
            images_kept=1 if solver == "gradient" else 3,
        )
        at = Standing(score.keep(start))
        if solver == "gradient":
            yield from torch_solvers.gradient(score, at, limits=limits, beta=beta)
        elif solver == "adam":
            yield from torch_solvers.adam(score, at, limits=limits, lr=lr)
        else:
            jump = None
            if coarse and isinstance(score, TorchBoxJoint) and reduction(window) > 1:
                jump = partial(coarse_image, score, memory)
            yield from torch_solvers.preconditioned(
                score, at, limits=limits, accelerated=accelerated, jump=jump
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


def objective_on(
    memory: DeviceMemory,
    images: Sequence[PixelArray],
    labels: LabelArray,
    *,
    objective: str,
    window: int,
    compute: Compute,
    free: BoolMask | None = None,
    rows_per_tile: int | None = None,
    dtype: torch.dtype = torch.float32,
    images_kept: int = 3,
) -> TorchObjective:
    """Transfer sources and labels, and make the objective; for the parameters see `ascend`.

    `images_kept` is the number of pictures of floats that are going to be kept on the device.

    Raises
    ------
    DeviceOutOfMemory
        When what is kept leaves no room for the smallest part.
    """
    kinds = {"gaussian": TorchGaussian, "released-gaussian": TorchReleasedGaussian}
    kind: type[TorchObjective] = kinds.get(objective, TorchBoxJoint)
    share = 2 if dtype == torch.float64 else 1
    height, width, channels = images[0].shape
    planes = kind.planes_kept + (kind.planes_kept_per_channel + images_kept) * channels
    kept = sum(image.nbytes for image in images) + height * width * (2 + 4 * share * planes)
    row = share * kind.per_pixel * (width + 2 * window)
    rows = _rows_that_fit(memory, kept, row, 2 * window, height, compute)
    return kind(
        [upload_frame(image, memory, compute) for image in images],
        upload_labels(labels, len(images), memory, compute),
        window=window,
        memory=memory,
        compute=compute,
        free=free,
        dtype=dtype,
        rows_per_tile=min(rows, rows_per_tile or height),
    )


def _rows_that_fit(
    memory: DeviceMemory, kept: int, row: int, rim: int, height: int, compute: Compute
) -> int:
    """Rows that can be worked on at a time, with `rim` more around them, `row` bytes each."""
    usable = memory.usable_bytes()
    if usable is None:
        return height
    rows = min(height, (usable - kept) // row - rim)
    if rows < min(LEAST_ROWS, height):
        needed = (kept + row * (min(LEAST_ROWS, height) + rim)) / 1e9
        raise DeviceOutOfMemory(
            f"{memory.device} has {usable / 1e9:.2f} GB left; this picture needs {needed:.2f} GB"
        )
    if rows < height:
        compute.notice(f"Graphics memory is short; {memory.device} works in parts of {rows} rows.")
    return rows
