"""MS-ResNet: the network that makes the focus map of MFF-SSIM's second variant."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

BLOCKS, WIDTH = 8, 128  # of the paper


class _Conv(nn.Module):
    """A 3 x 3 convolution over mirrored borders, without bias, at the published address."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.conv2d(x))


class _Head(nn.Module):
    def __init__(self, inputs: int, outputs: int, *, norm: bool) -> None:
        super().__init__()
        self.conv = _Conv(inputs, outputs)
        if norm:
            self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return torch.relu(self.norm(x)) if hasattr(self, "norm") else x


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = _Conv(width, width)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = _Conv(width, width)
        self.norm2 = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(x + self.norm2(self.conv2(inner)))


class MSResNet(nn.Module):
    """Focus map of two grey images by features of shared weights.

    Xu et al., IEEE Trans. Computational Imaging 6, 2020; names of parameters as in the published
    file ``block8_feat128.pth``.

    Parameters
    ----------
    blocks : int
        Residual blocks, 3 ... 10 in the paper's ablation.
    width : int
        Filters, 8 ... 256 in the paper's ablation.
    """

    def __init__(self, *, blocks: int = BLOCKS, width: int = WIDTH) -> None:
        super().__init__()
        self.conv0 = _Head(1, width, norm=True)
        self.main = nn.Sequential(*(_Block(width) for _ in range(blocks)))
        self.conv1 = _Head(2 * width, 1, norm=False)

    def logits(self, a: Tensor, b: Tensor) -> Tensor:
        """Before the sigmoid. Both images go through the shared branch as one batch: while
        training, its statistics are those of both."""
        features = self.main(self.conv0(torch.cat([a, b])))
        return cast(Tensor, self.conv1(torch.cat(features.chunk(2), dim=1)))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Probability that source A is the sharp one.

        Parameters
        ----------
        a, b : (N, 1, H, W)
            Grey in [0, 1]; both sides at least 2.

        Returns
        -------
        (N, 1, H, W) in (0, 1)
        """
        return torch.sigmoid(self.logits(a, b))
