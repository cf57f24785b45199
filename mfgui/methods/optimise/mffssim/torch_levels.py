"""Coarse to fine on a torch device: a first image from a solution of the reduced picture.

As on the processor: at the optimum every pixel is the weighted vote of the patches that cover
it, ``Y = (S[alpha] + sum_k S[beta_k] X_k) / -S[gamma]``. The sums change slowly across the
picture; they are taken from a smaller one, enlarged, and applied to the sources in full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as nn

from mfgui.core.arrays import Rect
from mfgui.methods.optimise.mffssim import torch_solvers
from mfgui.methods.optimise.mffssim.levels import SMALLEST, START, limits_of, reduction
from mfgui.methods.optimise.mffssim.torch_box import TorchBoxJoint
from mfgui.methods.optimise.mffssim.torch_device import DeviceMemory, StoredFrame
from mfgui.methods.optimise.mffssim.torch_terms import Tensor

_ROWS = 512  # of one step of the reduction and the enlargement, a multiple of every factor


def coarse_image(
    score: TorchBoxJoint, memory: DeviceMemory, out: Tensor, smallest: int = SMALLEST
) -> None:
    """Write the enlarged solution to the free pixels of `out`, (C, H, W).

    Where the votes do not add up to more than nothing, the pixel takes its own source.
    """
    factor = reduction(score.window, smallest)
    votes = _reduced_votes(score, memory, factor)

    def work(part: Rect) -> None:
        held = score.held(part)
        weights = [_enlarged(plane, part, factor, score.dtype) for plane in votes]
        x = torch.empty_like(weights[0], dtype=torch.float32)
        for channel in range(score.channels):
            mixed = weights[0].clone()
            for frame, weight in zip(score.frames, weights[1:], strict=True):
                mixed.addcmul_(weight, frame.load(channel, part.slices, x).to(score.dtype))
            to = out[channel][part.slices]
            mixed.clamp_(0.0, 1.0)
            if held is not None:
                torch.where(held, to, mixed, out=mixed)
            to.copy_(mixed)

    score.run_parts(work, score.free)


def _reduced_votes(score: TorchBoxJoint, memory: DeviceMemory, factor: int) -> list[Tensor]:
    """The constant and the weight of each source at every pixel of the reduced picture."""
    frames = [_reduced(score, k, memory, factor) for k in range(len(score.frames))]
    labels = score.labels[::factor, ::factor].contiguous()
    height, width = labels.shape
    shorter = min(height, width)
    side = min(2 * (score.window // factor // 2) + 1, shorter - 1 + shorter % 2)
    compute = score.compute
    small = TorchBoxJoint(
        frames, labels, window=side, memory=memory, compute=compute, dtype=score.dtype
    )
    at = torch_solvers.Standing(_composite(frames, labels, score.dtype))
    first = None
    if reduction(side, START) > 1:
        first = partial(coarse_image, small, memory, smallest=START)
    for _state in torch_solvers.preconditioned(small, at, limits=limits_of(factor), jump=first):
        compute.checkpoint()
    small.evaluate(at.image)
    constant, weights, total = small.vote_sums(Rect(0, 0, width, height))
    idle = total <= 0.0
    total.masked_fill_(idle, 1.0)
    votes = [constant.div_(total).masked_fill_(idle, 0.0)]
    for k, weight in enumerate(weights):
        votes.append(torch.where(idle, (labels == k + 1).to(score.dtype), weight.div_(total)))
    return votes


def _reduced(score: TorchBoxJoint, k: int, memory: DeviceMemory, factor: int) -> StoredFrame:
    """Means over factor x factor pixels of source k; beyond its border it goes on as it ends."""
    height, width = score.height, score.width
    size = (-(-height // factor), -(-width // factor))
    planes = memory.empty((score.channels, *size), torch.float32)
    for channel in range(score.channels):
        for low in range(0, height, _ROWS):
            score.compute.checkpoint()
            high = min(low + _ROWS, height)
            x = memory.empty((high - low, width), torch.float32)
            score.frames[k].load(channel, (slice(low, high), slice(0, width)), x)
            beyond = (0, -width % factor, 0, -(high - low) % factor)
            if any(beyond):
                x = nn.pad(x[None, None], beyond, mode="replicate")[0, 0]
            means = nn.avg_pool2d(x[None, None], factor)[0, 0]
            planes[channel, low // factor : -(-high // factor)].copy_(means)
    return StoredFrame(planes)


def _composite(frames: Sequence[StoredFrame], labels: Tensor, dtype: torch.dtype) -> Tensor:
    """The source that each label names; the mean of the sources where there is none."""
    image = torch.stack([frame.planes for frame in frames]).mean(dim=0)
    for k, frame in enumerate(frames, start=1):
        image = torch.where(labels == k, frame.planes, image)
    return image.to(dtype)


def _enlarged(plane: Tensor, part: Rect, factor: int, dtype: torch.dtype) -> Tensor:
    """A part of `plane` enlarged `factor` times, with linear interpolation."""
    for dim, (low, length) in enumerate(((part.y, part.height), (part.x, part.width))):
        position = torch.arange(low, low + length, dtype=torch.float32, device=plane.device)
        position = (position + 0.5) / factor - 0.5
        first = position.floor()
        share = (position - first).clamp_(0.0, 1.0).to(dtype)
        last = plane.shape[dim] - 1
        index = first.long()
        above, below = (plane.index_select(dim, (index + more).clamp_(0, last)) for more in (0, 1))
        share = share[:, None] if dim == 0 else share
        plane = above + (below - above) * share
    return plane
