"""MFIF-GAN: a generator of focus maps, and the critic it is trained against."""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

BLOCKS, WIDTH = 9, 64  # of the paper
_REDUCTION = 16  # of squeeze and excitation
STRIDE = 4  # sides of pictures must be multiples of it


class _Squeeze(nn.Module):
    """Channels scaled by what their means tell (squeeze and excitation)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = max(1, width // _REDUCTION)
        self.fc = nn.Sequential(
            nn.Linear(width, inner, bias=False),
            nn.ReLU(),
            nn.Linear(inner, width, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x * self.fc(x.mean(dim=(2, 3)))[:, :, None, None])


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.se = _Squeeze(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(x + self.se(inner))


class _Line(nn.Module):
    """The encoder of one plane."""

    def __init__(self, blocks: int, width: int) -> None:
        super().__init__()
        wide, widest = 2 * width, 4 * width
        self.line = nn.Sequential(
            nn.Conv2d(1, width, 7, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, wide, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Conv2d(wide, widest, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(widest),
            nn.ReLU(),
            *(_Block(widest) for _ in range(blocks)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.line(x))


class Generator(nn.Module):
    """Focus map of two colour images.

    Wang et al., MFIF-GAN, Signal Processing: Image Communication 96, 2021; names of parameters
    as in the published ``110000-G.ckpt``.

    Parameters
    ----------
    blocks : int
        Residual blocks with squeeze and excitation.
    width : int
        Filters of the first layer; the two after it have twice and four times as many.
    """

    def __init__(self, *, blocks: int = BLOCKS, width: int = WIDTH) -> None:
        super().__init__()
        self.line1 = nn.Sequential(_Line(blocks, width))
        self.decode = nn.Sequential(
            nn.ConvTranspose2d(8 * width, 4 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Conv2d(2 * width, 1, 7, padding=3, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Probability that source A is the sharp one.

        Parameters
        ----------
        a, b : (N, 3, H, W)
            Colour in [-1, 1]; both sides multiples of 4.

        Returns
        -------
        (N, 1, H, W) in (0, 1)
        """
        count, channels, height, width = a.shape
        planes = torch.cat([a, b]).reshape(2 * count * channels, 1, height, width)
        # All planes of both images go through the one encoder, as a batch where its statistics
        # are those of the batch, or a graphics processor would wait.
        batch = len(planes) if self.training or planes.device.type != "cpu" else 1
        features = torch.cat([self.line1(part) for part in torch.split(planes, batch)])
        means = features.reshape(2 * count, channels, *features.shape[1:]).mean(dim=1)
        return cast(Tensor, self.decode(torch.cat(means.chunk(2), dim=1)))


class Discriminator(nn.Module):
    """Critic of a focus map beside its two images.

    As released a sigmoid ends it; the paper's is a critic without bounds. (The paper speaks of
    eight layers and one number, but gives neither sizes: these are the released seven.)
    """

    def __init__(
        self, *, width: int = WIDTH, variant: Literal["paper", "released"] = "released"
    ) -> None:
        super().__init__()
        wide, widest = 2 * width, 4 * width
        layers: list[nn.Module] = [
            nn.Conv2d(7, width, 4, stride=2, padding=2),
            nn.LeakyReLU(0.01),
            nn.Conv2d(width, wide, 4, stride=2, padding=1),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(0.01),
            nn.Conv2d(wide, widest, 4, stride=2, padding=1),
            nn.BatchNorm2d(widest),
            nn.LeakyReLU(0.01),
        ]
        for _ in range(3):
            layers += [
                nn.Conv2d(widest, widest, 4, stride=2, padding=2, bias=False),
                nn.BatchNorm2d(widest),
                nn.ReLU(),
            ]
        layers.append(nn.Conv2d(widest, 1, 4, padding=2))
        if variant == "released":
            layers.append(nn.Sigmoid())
        self.main = nn.Sequential(*layers)

    def forward(self, a: Tensor, b: Tensor, focus_map: Tensor) -> Tensor:
        """Scores, (N, 1, h, w), of maps (N, 1, H, W) for images (N, 3, H, W) in [-1, 1]."""
        return cast(Tensor, self.main(torch.cat([a, b, focus_map], dim=1)))
