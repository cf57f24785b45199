"""Losses of EDMF (Li et al., Sensors 24(22), 7287, 2024) and, as a choice, weights of MUFusion.

Images are (N, 1, H, W) tensors in [0, 1]: O is the fused image, I1 and I2 are the sources. Where
the paper prints sums of squares, these are means, so that neither patch nor batch weighs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from mfgui.train.filters import gaussian_means, laplacian

MASK_WINDOW = 11  # the paper gives none
_C1, _C2 = 0.01**2, 0.03**2
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Preset:
    """Weights of the terms, and which SSIM is meant.

    Attributes
    ----------
    pixel, gradient, structure : float
    scales : {"one", "five"}
        SSIM or MS-SSIM.
    agreement : {"mean", "sum"}
        Of the SSIM with the two sources, from which the shares of the memories come.
    """

    pixel: float
    gradient: float
    structure: float
    scales: Literal["one", "five"]
    agreement: Literal["mean", "sum"]


PRESETS = {
    "paper": Preset(1.0, 1.0, 1.0, "one", "mean"),
    "mufusion": Preset(1.0, 10.0, 10.0, "five", "sum"),
}


def spatial_frequency(x: Tensor) -> Tensor:
    """sqrt(RF^2 + CF^2) of each image, (N,): RF and CF are the root mean squares of the first
    differences along rows and along columns."""
    along_rows = x.diff(dim=-1).square().mean(dim=(1, 2, 3))
    along_columns = x.diff(dim=-2).square().mean(dim=(1, 2, 3))
    return (along_rows + along_columns).sqrt()


@torch.no_grad()
def masks(first: Tensor, second: Tensor) -> Pair:
    """M1 and M2 = 1 - M1: where the local spatial frequency of I1 is the greater; 1 or 0.

    The squares of the forward differences (0 in the last row and column) are averaged over
    11 x 11 pixels, zeros outside. Ties go to I2.
    """
    more = (_local_energy(first) > _local_energy(second)).to(first.dtype)
    return more, 1 - more


def _local_energy(x: Tensor) -> Tensor:
    energy = torch.zeros_like(x)
    energy[..., :, :-1] += x.diff(dim=-1).square()
    energy[..., :-1, :] += x.diff(dim=-2).square()
    return avg_pool2d(energy, MASK_WINDOW, stride=1, padding=MASK_WINDOW // 2)


def _structure(x: Tensor, y: Tensor) -> Pair:
    """Means over each image, (N,), of SSIM and of its second factor (contrast and structure)."""
    both = torch.cat([x, y, x * x, y * y, x * y])
    mean_x, mean_y, square_x, square_y, product = gaussian_means(both).chunk(5)
    covariance = product - mean_x * mean_y
    variances = square_x - mean_x.square() + square_y - mean_y.square()
    contrast = (2 * covariance + _C2) / (variances + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x.square() + mean_y.square() + _C1)
    return (luminance * contrast).mean(dim=(1, 2, 3)), contrast.mean(dim=(1, 2, 3))


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """SSIM of each pair of images, (N,); Gaussian window of 11 x 11, sigma 1.5, whole windows."""
    return _structure(x, y)[0]


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """MS-SSIM of five scales of each pair of images, (N,), as MUFusion's program takes it.

    prod_s ((v_s + 1) / 2)^w_s, where v_s is the mean of contrast and structure at scale s and of
    SSIM at the last; scales are halved by means of 2 x 2 pixels, windows shrink to small images.
    """
    value = x.new_ones(len(x))
    for scale, weight in enumerate(_SCALES):
        if scale:
            x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
        whole, contrast = _structure(x, y)
        last = scale == len(_SCALES) - 1
        value = value * ((whole if last else contrast) + 1).div(2).pow(weight)
    return value


def similarity(x: Tensor, y: Tensor, preset: Preset) -> Tensor:
    """SSIM or MS-SSIM of each pair of images, (N,)."""
    return ssim(x, y) if preset.scales == "one" else ms_ssim(x, y)


def agreement(fused: Tensor, sources: Pair, preset: Preset) -> Tensor:
    """S of each image, (N,): its similarity to the two sources, mean or sum; no gradient."""
    with torch.no_grad():
        first, second = (similarity(fused, source, preset) for source in sources)
    return (first + second) / (2 if preset.agreement == "mean" else 1)


def current(fused: Tensor, sources: Pair, shares: Pair, preset: Preset) -> Tensor:
    """L_current of each image, (N,): the weighted sum of

    sum_j mean((M_j (O - I_j))^2), sum_j mean((M_j L(O - I_j))^2), sum_j 1 - SSIM(M_j O, M_j I_j)
    """
    loss = fused.new_zeros(len(fused))
    for source, share in zip(sources, shares, strict=True):
        masked = similarity(share * fused, share * source, preset)
        loss = loss + _distance(fused - source, share, preset) + preset.structure * (1 - masked)
    return loss


def memory(fused: Tensor, remembered: Tensor, preset: Preset) -> Tensor:
    """L_mem of each image, (N,): mean((O - O_i)^2), mean(L(O - O_i)^2) and 1 - SSIM, weighted."""
    everywhere = fused.new_ones(())
    structure = preset.structure * (1 - similarity(fused, remembered, preset))
    return _distance(fused - remembered, everywhere, preset) + structure


def _distance(difference: Tensor, share: Tensor, preset: Preset) -> Tensor:
    pixel = (share * difference).square().mean(dim=(1, 2, 3))
    gradient = (share * laplacian(difference)).square().mean(dim=(1, 2, 3))
    return preset.pixel * pixel + preset.gradient * gradient


@dataclass(frozen=True, eq=False)
class Remembered:
    """Outputs O_i of an earlier epoch, (N, 1, H, W), and their agreements S_i, (N,)."""

    images: Tensor
    agreements: Tensor


@dataclass(frozen=True, eq=False)
class Total:
    """The loss, a number, and of each image its L_current, S and W, (N,), without gradient."""

    loss: Tensor
    current: Tensor
    agreement: Tensor
    weight: Tensor


def total(
    fused: Tensor, sources: Pair, shares: Pair, memories: Sequence[Remembered], preset: Preset
) -> Total:
    """Mean over the images of W L_current + sum_i W_i L_mem_i.

    W and W_i are the softmax of S and S_i, the agreements of O and O_i with the sources.
    """
    now = current(fused, sources, shares, preset)
    agreed = agreement(fused, sources, preset)
    weights = torch.softmax(torch.stack([agreed, *(past.agreements for past in memories)]), dim=0)
    loss = weights[0] * now
    for weight, past in zip(weights[1:], memories, strict=True):
        loss = loss + weight * memory(fused, past.images, preset)
    return Total(loss.mean(), now.detach(), agreed, weights[0])
