"""MFF-GAN: a generator of fused luminance, and the discriminator of its Laplacian."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

WIDTH = 16
SIDE = 60  # of the patches that the discriminator looks at


class _Path(nn.Module):
    """The layers of one source: what it sees itself, and what the two exchange."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer1 = nn.Conv2d(1, width, 5, padding=2)
        self.layer2 = nn.Conv2d(width, width, 3, padding=1)
        self.exchange2 = nn.Conv2d(2 * width, width, 1)
        self.layer3 = nn.Conv2d(3 * width, width, 3, padding=1)
        self.exchange3 = nn.Conv2d(2 * width, width, 1)
        self.layer4 = nn.Conv2d(4 * width, width, 3, padding=1)


def _active(layer: nn.Conv2d, x: Tensor) -> Tensor:
    return nn.functional.leaky_relu(layer(x), 0.2, inplace=True)


class Generator(nn.Module):
    """Fused luminance of two images, each with a path of weights of its own.

    Zhang et al., MFF-GAN, Information Fusion 66, 2021. "near" is source 1, "far" source 2.
    """

    def __init__(self, *, width: int = WIDTH) -> None:
        super().__init__()
        self.near = _Path(width)
        self.far = _Path(width)
        self.out = nn.Conv2d(8 * width, 1, 1)

    def forward(self, near: Tensor, far: Tensor) -> Tensor:
        """(N, 1, H, W) in (-1, 1) from two of that shape and range, of any size."""
        paths: Sequence[_Path] = (self.near, self.far)
        first = [_active(path.layer1, x) for path, x in zip(paths, (near, far), strict=True)]
        second = [_active(path.layer2, x) for path, x in zip(paths, first, strict=True)]
        # What is joined is joined once: memory takes as long as the products.
        both = torch.cat(second, dim=1)
        given = [_active(path.exchange2, both) for path in paths]
        own = [torch.cat(parts, dim=1) for parts in zip(first, second, given, strict=True)]
        third = [_active(path.layer3, x) for path, x in zip(paths, own, strict=True)]
        both = torch.cat(third, dim=1)
        given = [_active(path.exchange3, both) for path in paths]
        own = [torch.cat(parts, dim=1) for parts in zip(first, second, third, given, strict=True)]
        fourth = [_active(path.layer4, x) for path, x in zip(paths, own, strict=True)]
        return torch.tanh(self._joined([*first, *second, *third, *fourth]))

    def _joined(self, parts: Sequence[Tensor]) -> Tensor:
        """`out` of the parts side by side, as the sum of what each gives."""
        given, total = 0, None
        for part in parts:
            weight = self.out.weight[:, given : given + part.shape[1]]
            given += part.shape[1]
            bias = self.out.bias if total is None else None
            found = nn.functional.conv2d(part, weight, bias)
            total = found if total is None else total.add_(found)
        return cast(Tensor, total)


class Discriminator(nn.Module):
    """Scores of absolute Laplacian maps of 60 x 60 pixels; 1 is real, 0 fused, without bounds.

    The paper leaves out the normalisation, the released program has it, always of the batch.
    """

    def __init__(self, *, width: int = 2 * WIDTH) -> None:
        super().__init__()
        widths = [1, width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
            layers.append(nn.Conv2d(inputs, outputs, 3, stride=2))
            if index:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers)
        self.linear = nn.Linear(2 * 2 * widths[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N,) scores of (N, 1, 60, 60)."""
        features = self.layers(x).permute(0, 2, 3, 1)  # flattened by rows, columns, channels
        return cast(Tensor, self.linear(features.flatten(1)).squeeze(1))
