"""Filters of the losses, as products with banded matrices.

On processors a convolution of one channel is slow, its backward pass above all: for patches of 128
pixels products with matrices were measured 5 to 20 times as fast, and they give the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

_WINDOW, _SIGMA = 11, 1.5


def laplacian(x: Tensor) -> Tensor:
    """Sum of the four neighbours less four times the pixel, zeros outside; of (N, 1, H, W)."""
    return _second_difference(x.shape[-2], x) @ x + x @ _second_difference(x.shape[-1], x)


def _second_difference(side: int, like: Tensor) -> Tensor:
    distance = _distances(side, side, like).abs()
    return (distance == 1).to(like.dtype) - 2 * (distance == 0).to(like.dtype)


def gaussian_means(x: Tensor) -> Tensor:
    """Means of (N, 1, H, W) over all windows that lie inside, weighted by a Gaussian of sigma 1.5.

    Windows have 11 x 11 pixels, or the side of the image where that is less.
    """
    return _windows(x.shape[-2], x) @ x @ _windows(x.shape[-1], x).T


def _windows(side: int, like: Tensor) -> Tensor:
    length = min(_WINDOW, side)
    places = _distances(side - length + 1, side, like)
    weights = torch.exp(-(places - (length - 1) / 2).square() / (2 * _SIGMA**2))
    weights = weights * ((places >= 0) & (places < length))
    return weights / weights.sum(dim=1, keepdim=True)


def _distances(rows: int, columns: int, like: Tensor) -> Tensor:
    """column - row, (rows, columns)."""
    index = torch.arange(max(rows, columns), dtype=like.dtype, device=like.device)
    return index[None, :columns] - index[:rows, None]
