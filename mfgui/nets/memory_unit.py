"""The U-like network of MUFusion and, with half the channels, of EDMF."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MUFUSION_WIDTH, EDMF_WIDTH = 32, 16
STRIDE = 2  # sides of pictures must be multiples of it
_SMALL = 128  # larger ones are not enlarged by matrices, whose cost grows with the side


class _Conv(nn.Sequential):
    """A 3 x 3 convolution; its weights lie at index 1, behind the mirroring, as published."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3, stride=stride))


class MemoryUnitNetwork(nn.Module):
    """Fused luminance of two images.

    MUFusion (Cheng, Xu and Wu, Information Fusion 92, 2023) with 32 and 64 channels, EDMF (Li et
    al., Sensors 24(22), 2024) with 16 and 32; names of parameters as in MUFusion's published
    ``Final.model``. The memory belongs to the training.
    """

    def __init__(self, *, width: int = EDMF_WIDTH) -> None:
        super().__init__()
        wide = 2 * width
        self.conv1 = _Conv(2, width)
        self.conv2 = _Conv(width, width)
        self.conv3 = _Conv(2 * width, wide, stride=2)
        self.conv4 = _Conv(wide, wide)
        self.conv5 = _Conv(2 * wide, wide)
        self.conv6 = _Conv(3 * wide, wide)
        self.conv66 = _Conv(wide, wide)
        self.conv55 = _Conv(2 * wide, wide)
        self.conv44 = _Conv(2 * wide, wide)
        self.conv33 = _Conv(2 * wide, wide)
        self.conv22 = _Conv(wide + width, width)
        self.conv11 = _Conv(2 * width, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(N, 1, H, W) in (-1, 1), nominally [0, 1], from two of that shape in [0, 1].

        Both sides are even and at least 4.
        """
        x1 = torch.relu(self.conv1(torch.cat([a, b], dim=1)))
        x2 = torch.relu(self.conv2(x1))
        x3 = torch.relu(self.conv3(torch.cat([x1, x2], dim=1)))
        x4 = torch.relu(self.conv4(x3))
        x5 = torch.relu(self.conv5(torch.cat([x3, x4], dim=1)))
        x6 = torch.relu(self.conv6(torch.cat([x3, x4, x5], dim=1)))
        y6 = torch.relu(self.conv66(x6))
        y5 = torch.relu(self.conv55(torch.cat([x5, y6], dim=1)))
        y4 = torch.relu(self.conv44(torch.cat([x4, y5], dim=1)))
        y3 = torch.relu(self.conv33(torch.cat([x3, y4], dim=1)))
        y2 = torch.relu(self.conv22(torch.cat([x2, _doubled(y3)], dim=1)))
        return torch.tanh(self.conv11(torch.cat([x1, y2], dim=1)))


def _doubled(x: Tensor) -> Tensor:
    """Bicubic enlargement of (N, C, H, W) to twice the sides."""
    if max(x.shape[-2:]) > _SMALL:
        return nn.functional.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)
    # On processors a training step of the network takes three quarters of the time with this.
    enlarged = _doubling(x.shape[-2], x) @ x @ _doubling(x.shape[-1], x).T
    return enlarged.contiguous(memory_format=torch.channels_last)


def _doubling(side: int, like: Tensor) -> Tensor:
    """The bicubic enlargement of columns of `side` numbers as a matrix, (2 side, side)."""
    columns = torch.eye(side, dtype=like.dtype, device=like.device)[None, None]
    matrix = nn.functional.interpolate(
        columns, scale_factor=(2.0, 1.0), mode="bicubic", align_corners=False
    )
    return matrix[0, 0]
