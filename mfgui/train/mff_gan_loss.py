"""Losses of MFF-GAN (Zhang et al., Information Fusion 66, 2021).

Images are (N, 1, H, W) tensors in [-1, 1]; "near" is source 1, "far" source 2, F the fused image.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from mfgui.train.filters import laplacian

BETA1, BETA2 = 1.0, 5.0  # of intensities, of gradients
ALPHA = 10.0  # of the content beside the adversary
FUSED_LABELS = (0.0, 0.3)
REAL_LABELS = (0.7, 1.2)

_CORNER, _EDGE, _CENTRE = 0.0947, 0.1183, 0.1478
_LOW_PASS = (_CORNER, _EDGE, _CORNER, _EDGE, _CENTRE, _EDGE, _CORNER, _EDGE, _CORNER)


def low_pass(x: Tensor) -> Tensor:
    """A 3 x 3 kernel near a Gaussian of sigma 1.5, applied twice, zeros outside."""
    kernel = x.new_tensor(_LOW_PASS).view(1, 1, 3, 3)
    return conv2d(conv2d(x, kernel, padding=1), kernel, padding=1)


@torch.no_grad()
def decision(near: Tensor, far: Tensor) -> tuple[Tensor, Tensor]:
    """Which source is repeated at each pixel: S_near and S_far, 0 or 1, of sum 1.

    S_far = 1 where abs(far - LP(far)) > abs(near - LP(near)), strictly.
    """
    changed = (far - low_pass(far)).abs() > (near - low_pass(near)).abs()
    chosen = changed.to(near.dtype)
    return 1 - chosen, chosen


def content(
    fused: Tensor, near: Tensor, far: Tensor, shares: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """L_int and L_grad: sums over both sources I of mean(S (F - I)^2) and of mean(S L(F - I)^2).

    `shares` are S_near and S_far; tensors of one element weigh all pixels alike.
    """
    intensity = gradient = fused.new_zeros(())
    for source, share in zip((near, far), shares, strict=True):
        difference = fused - source
        intensity = intensity + (share * difference.square()).mean()
        # The Laplacian is linear: L(F) - L(I) = L(F - I).
        gradient = gradient + (share * laplacian(difference).square()).mean()
    return intensity, gradient


def joint_gradient(near: Tensor, far: Tensor) -> Tensor:
    """What the discriminator takes for real: max(abs(L(near)), abs(L(far)))."""
    return torch.maximum(laplacian(near).abs(), laplacian(far).abs())


def labels(rng: np.random.Generator, bounds: tuple[float, float], like: Tensor) -> Tensor:
    """Soft labels, drawn evenly within `bounds`, one for each score."""
    drawn = rng.uniform(*bounds, size=len(like)).astype(np.float32)
    return torch.from_numpy(drawn).to(like.device)


def adversarial(scores: Tensor, wanted: Tensor) -> Tensor:
    """mean((D - label)^2)."""
    return (scores - wanted).square().mean()
